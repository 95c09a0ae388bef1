"""A fabric's machine as processes: a holder that keeps its namespaces, and FRR's daemons in them.

A machine has a network namespace (by name, as all of a lab), a host name and a mount namespace, in which /run and
/etc/frr are its own. So FRR finds its files where it always does, `vtysh` on the machine speaks to its daemons, and
/run/netns holds the machine's own VRFs alone: with `zebra -n` each network namespace there is a VRF, which works on any
kernel, and would take every namespace of the whole machine for one. Source: zebra(8), `--vrfwnetns`.

The holder keeps both while daemons come and go; with it goes all that was in them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cpal.errors import Unreachable

from .. import pids
from ..ground import entry
from ..layout import Layout
from ..namespaces import STEP
from ..processes import Process, run, start_detached
from .topology import Fabric, Node, configuration, physical_ports

HOLDER = "holder"
DAEMONS = {"spine": ("zebra", "bgpd", "ospfd"), "leaf": ("zebra", "bgpd", "staticd", "ospfd")}
"""FRR's daemons by role, in the order in which they start."""
PROGRAMS = Path("/usr/lib/frr")
PHYSICAL_NETWORKS = "physical-networks.json"
"""The file that says which of a leaf's ports lead to which physical network."""

_HOLD = """
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/frr
mount --bind "$0" /run/frr
mount --bind "$0/etc" /etc/frr
mount -t sysfs sysfs /sys 2>/dev/null || true
hostname "$1"
setsid sleep infinity </dev/null >/dev/null 2>&1 &
echo $!
"""
_LOAD = 'vtysh -b -d "$0" >>/run/frr/startup.log 2>&1 || true'
_KERNEL = {
    "net.ipv4.ip_forward": 1,
    "net.ipv6.conf.all.forwarding": 1,
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
    "net.ipv4.fib_multipath_hash_policy": 1,
}
"""A router forwards, takes asymmetric ways, and spreads flows. Source: Linux, ip-sysctl.rst."""


@dataclass(frozen=True)
class FrrDaemon:
    """A process of a machine, by the name people use (`leaf1/bgpd`)."""

    name: str
    node: str
    argv: tuple[str, ...]

    def record(self, layout: Layout) -> Path:
        """The file that names the process which was seen to serve."""
        return layout.node(self.node) / f"{self.name.rpartition('/')[2]}.started"

    def is_served_by(self, layout: Layout, process: Process) -> bool:
        """Whether `process` is this one, in its right place, and was seen to serve."""
        if (process.role, process.namespace) != (self.name, self.node):
            return False
        return pids.recorded(self.record(layout)) == process.pid

    def start(self, layout: Layout) -> None:
        """Start it; FRR's daemons detach themselves once they serve, and are then told their part of `frr.conf`.

        They do not read it themselves: each would take lines for its own that are another's. What one refuses is in
        the log: it is of namespaces that a machine which starts anew does not have yet. Source: vtysh(1), `-b`.

        Raises:
            Missing, TimedOut, Failed: it does not start.
        """
        directory = layout.node(self.node)
        if self.name.endswith(f"/{HOLDER}"):
            _start_holder(layout, self)
            return
        log = directory / "startup.log"
        program = self.name.rpartition("/")[2]
        words = [*inside(layout, self.node), *self.argv]
        start_detached(words, layout.environment(self.name, self.node), log)
        run([*inside(layout, self.node), "sh", "-c", _LOAD, program], layout.environment(STEP, self.node))
        pids.record(self.record(layout), int((directory / f"{program}.pid").read_text()))


def daemons(node: Node) -> tuple[FrrDaemon, ...]:
    """The processes of a machine, in the order in which they start."""
    found = [FrrDaemon(f"{node.name}/{HOLDER}", node.name, ())]
    for program in DAEMONS[node.role]:
        words = [str(PROGRAMS / program), "--daemon", "-F", "datacenter", "-A", "127.0.0.1"]
        words += ["--log", f"file:/run/frr/{program}.log", "--log-level", "notifications"]
        words += ["--vrfwnetns"] if program == "zebra" and node.role == "leaf" else []
        found.append(FrrDaemon(f"{node.name}/{program}", node.name, tuple(words)))
    return tuple(found)


def prepare(layout: Layout, fabric: Fabric, node: Node) -> None:
    """A machine's files: where its daemons write, what they start with, which ports lead outside."""
    directory = layout.node(node.name)
    (directory / "etc").mkdir(parents=True, exist_ok=True)
    (directory / "etc" / "vtysh.conf").touch()
    file = directory / "etc" / "frr.conf"
    if not file.exists():
        file.write_text(configuration(fabric, node))
    (directory / PHYSICAL_NETWORKS).write_text(json.dumps(physical_ports(layout, fabric, node)))
    for path in (directory, directory / "etc", *(directory / "etc").iterdir()):
        shutil.chown(path, "frr", "frr")


def settle_kernel(layout: Layout, node: Node, interfaces: Sequence[str]) -> None:
    """What a router's kernel is told, and its cables brought up."""
    lines = ["ip link set lo up", *(f"sysctl -qw {key}={value}" for key, value in _KERNEL.items())]
    lines += [f"ip link set {name} up" for name in interfaces]
    words = [*inside(layout, node.name), "sh", "-ec", "\n".join(lines)]
    run(words, layout.environment(STEP, node.name))


def raise_outside_ports(layout: Layout, fabric: Fabric, node: Node) -> None:
    """Bring up the ports that lead outside, those that are in no VRF."""
    ports = [port for vlans in physical_ports(layout, fabric, node).values() for port in vlans.values()]
    lines = [f"[ ! -e /proc/sys/net/ipv4/conf/{port} ] || ip link set {port} addrgenmode none up" for port in ports]
    if lines:
        run([*inside(layout, node.name), "sh", "-ec", "\n".join(lines)], layout.environment(STEP, node.name))


def inside(layout: Layout, name: str) -> list[str]:
    """The words before a command that make it run on a machine. Raises Unreachable: its holder is dead."""
    pid = pids.recorded(layout.node(name) / f"{HOLDER}.started")
    if pid is None:
        raise Unreachable("the machine does not run", key=name, remedy="run: cpal lab up")
    return [*entry(layout), "nsenter", f"--target={pid}", "--net", "--mount", "--uts", "--"]


def _start_holder(layout: Layout, daemon: FrrDaemon) -> None:
    directory = layout.node(daemon.node)
    words = [*entry(layout), "nsenter", f"--net={layout.namespace_path(daemon.node)}"]
    words += ["unshare", "--mount", "--uts", "sh", "-ec", _HOLD, str(directory), daemon.node]
    pid = run(words, layout.environment(daemon.name, daemon.node))
    pids.record(daemon.record(layout), int(pid))
