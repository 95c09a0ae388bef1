"""Leaves of a lab that FRR runs on, as netlab configures them: its scripts are run there.

Source: netlab.tools; what it renders for a device `frr` are shell scripts and lines for vtysh.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from tests.scenario.stage import Stage

TOPOLOGY = """
provider: clab
defaults.device: frr
module: [vlan, bgp, evpn, vxlan]
evpn: { session: [ebgp], as: 65000 }
vlans:
  v10: { mode: irb }
  v20: { mode: bridge }
nodes:
  s1: { bgp.as: 65001 }
  s2: { bgp.as: 65002 }
  h1: { device: linux, module: [] }
  h2: { device: linux, module: [] }
  h3: { device: linux, module: [] }
  h4: { device: linux, module: [] }
links:
- s1-s2
- s1: { vlan.access: v10 }
  h1:
- s2: { vlan.access: v10 }
  h2:
- s1: { vlan.access: v20 }
  h3:
- s2: { vlan.access: v20 }
  h4:
"""
"""Two leaves with a link between them, and a host of each of two VLANs at each: without trunks and VRFs, which the
kernel here has no devices for."""
LEAVES = {"leaf1": "s1", "leaf2": "s2"}
HOSTS = {"h1": ("leaf1", "eth2"), "h2": ("leaf2", "eth2"), "h3": ("leaf1", "eth3"), "h4": ("leaf2", "eth3")}
"""Each host's leaf and port there; their addresses are netlab's."""
ADDRESSES = {"h1": "172.16.0.3/24", "h2": "172.16.0.4/24", "h3": "172.16.1.5/24", "h4": "172.16.1.6/24"}
_APART = "for place in /tmp ~root /var/log; do mount -t tmpfs tmpfs $place; done; exec bash -e"
"""Scripts write to the machine's files, which are to stay as they are."""


class Leaves:
    """The leaves of a lab with what netlab cables, and hosts that end with them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.hosts = {name: subprocess.Popen(["unshare", "--net", "sleep", "600"]) for name in HOSTS}
        self._script("leaf1", f"ip link add eth1 type veth peer name eth1 netns {self._zebra('leaf2')}")
        for name, (leaf, port) in HOSTS.items():
            self._script(leaf, f"ip link add {port} type veth peer name eth1 netns {self.hosts[name].pid}")
            self._at(name, "ip", "address", "add", ADDRESSES[name], "dev", "eth1")
            self._at(name, "ip", "link", "set", "eth1", "up")

    def close(self) -> None:
        """End the hosts."""
        for process in self.hosts.values():
            process.kill()
            process.wait()

    def configure(self, parts: Mapping[str, Mapping[str, str]]) -> None:
        """Run what netlab rendered, in its order, on leaves that speak no BGP yet."""
        for leaf, node in LEAVES.items():
            said = self.stage.run(leaf, "vtysh", "-c", "show running-config")
            own = next(line for line in said.splitlines() if line.startswith("router bgp "))
            self.stage.run(leaf, "vtysh", "-c", "configure terminal", "-c", f"no {own}")
            for part in parts[node].values():
                lines = [line for line in part.splitlines() if not line.startswith("log file")]
                text = "\n".join(lines) + "\n"
                self._script(leaf, text if "vtysh" not in lines[0] else f"vtysh -f /dev/stdin <<'END'\n{text}END\n")

    def ping(self, name: str, address: str, *words: str) -> str:
        """What ping says on a host, which gets an answer."""
        done = self._at(name, "ping", "-q", "-w", "20", *(words or ("-c", "1")), address)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def lost(self, name: str, address: str) -> bool:
        """Whether a host gets no answer."""
        return self._at(name, "ping", "-q", "-c", "1", "-W", "0.2", address).returncode != 0

    def _at(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        inside = ["nsenter", f"--target={self.hosts[name].pid}", "--net", *words]
        return subprocess.run(inside, capture_output=True, text=True, check=False)

    def _zebra(self, leaf: str) -> str:
        return (self.stage.lab.directory / leaf / "zebra.pid").read_text().strip()

    def _script(self, leaf: str, text: str) -> None:
        inside = ["nsenter", f"--target={self._zebra(leaf)}", "--net", "--mount", "--uts", "unshare", "--mount"]
        done = subprocess.run([*inside, "sh", "-ec", _APART], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
