"""Leaves that run FRR in a lab, and hands on them: iproute2 and vtysh, which know nothing of cpal."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cpal.core.rows import Row
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.lab.lab import Lab
from cpal.model.target import Target
from tests.support.estates import HOSTS

LEAVES = dict(zip(HOSTS, ("leaf1", "leaf2"), strict=True))
"""The lab's machine behind each host of the estates."""
VOLATILE = ("forward_delay_timer", "hello_timer", "tcn_timer", "topology_change_timer", "gc_timer", "message_age_timer",
            "hold_timer", "ifindex", "link_index", "valid_life_time", "preferred_life_time", "operstate")  # fmt: skip
"""What the kernel says that is not configuration."""


NFT_SETS: dict[str, Callable[[list[str]], tuple[str, str]]] = {
    "filter": lambda words: ("secured", words[1]),
    "filter.sources": lambda words: (f"sources{6 if ':' in words[3] else 4}", " . ".join(words[1:])),
    "filter.groups": lambda words: (f"m_{words[2][2:]}", words[1]),
    "address_set.addresses": lambda words: (words[1], words[2]),
}
"""The set of nftables that a row is an element of, and the element, from the words of its name after the leaf's."""


class FrrSite:
    """Two leaves; `editable` and `nameable` as `tests.conformance.backend.Site` says."""

    editable = frozenset({
        "vrf", "bridge", "vxlan", "bgp_vrf", "evpn", "vrf.routes", "bridge.addresses",
        "filter", "filter.sources", "filter.groups", "group.rules", "address_set.addresses",
    })  # fmt: skip
    nameable = frozenset({"vrf", "vxlan"})

    def __init__(self, directory: Path) -> None:
        self.lab = Lab(directory)
        self.lab.up_fabric(spines=1, leaves=2)

    async def connect(self, owner: str) -> FrrBackend:
        """A connection for the store `owner`."""
        endpoints = {host: f"file:{self.lab.directory / leaf}" for host, leaf in LEAVES.items()}
        return await FrrBackend.connect(Target(id="site", name="site", driver="frr", endpoints=endpoints), owner)

    def shell(self, leaf: str, *lines: str) -> str:
        """What a shell on the leaf prints."""
        done = self.lab.run(leaf, ["sh", "-ec", "\n".join(lines)])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def vtysh(self, leaf: str, *lines: str) -> str:
        """What vtysh prints."""
        return self.shell(leaf, " ".join(["vtysh", *(f"-c '{line}'" for line in lines)]))

    def wipe(self) -> None:
        """Make the leaves as they were."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._wipe, LEAVES.values()))

    def _wipe(self, leaf: str) -> None:
        told = self.shell(leaf, "ls /run/netns", "echo @", "ip -br link show type vxlan | cut -d' ' -f1", "echo @",
                          "vtysh -c 'show running-config'")  # fmt: skip
        spaces, devices, running = (part.splitlines() for part in told.split("@\n", 2))
        vrfs = _vrfs(running)
        vnis = [line.split()[1] for line in running if line.startswith("  vni ")]
        instances = [line for line in running if line.startswith("router bgp ")]
        unmapped = [line for vrf, vni in vrfs.items() if vni for line in (f"vrf {vrf}", f"no vni {vni}", "exit-vrf")]
        if unmapped:
            self.vtysh(leaf, "configure terminal", *unmapped)
        lines = [f"no {line}" for line in instances if " vrf " in line]
        if vnis:
            own = next(line for line in instances if " vrf " not in line)
            lines += [own, "address-family l2vpn evpn", *(f"no vni {vni}" for vni in vnis)]
        if lines:
            self._until_taken(leaf, lines)
        gone = [line for name in spaces for line in (_tunnels_gone(name), f"ip netns delete {name}")]
        gone += [f"ip link del {name}" for name in devices]
        self.shell(leaf, *gone, "rm -rf /run/frr/cpal", "nft flush ruleset")
        if vrfs:
            self._until_taken(leaf, [f"no vrf {vrf}" for vrf in vrfs])

    def _until_taken(self, leaf: str, lines: list[str]) -> None:
        """Configure, again until a daemon has heard of what another was told."""
        for _ in range(50):
            words = " ".join(["vtysh", *(f"-c '{line}'" for line in ("configure terminal", *lines))])
            said = self.lab.run(leaf, ["sh", "-c", words]).stdout
            if "%" not in said:
                return
        raise AssertionError(said)

    def edit(self, row: Row) -> None:
        """Change a column of a row by hand."""
        host, *words = row.key.name.split()
        leaf, table = LEAVES[host], row.key.table
        if table == "vrf":
            value = int(not row.columns["forwarding"])
            self.shell(leaf, f"nsenter --net=/run/netns/{words[0]} sysctl -qw net.ipv4.ip_forward={value}")
        elif table == "bridge":
            self.shell(leaf, f"ip -n {words[0]} link set {words[1]} down")
        elif table == "vxlan":
            self.shell(leaf, f"ip -n {self._place(leaf, words[0])} link set {words[0]} mtu 1234")
        elif table == "bgp_vrf":
            asn = self._asn(leaf)
            self.vtysh(leaf, "configure terminal", f"router bgp {asn} vrf {words[0]}", "bgp router-id 192.0.2.99")
        elif table == "evpn":
            lines = (f"router bgp {self._asn(leaf)}", "address-family l2vpn evpn", f"vni {words[0]}")
            self.vtysh(leaf, "configure terminal", *lines, "route-target import 64999:99")
        elif table == "filter":
            self.nft(leaf, words[0], "flush chain bridge cpal from_arp")
        elif table == "group.rules":
            chain, handle = self._rule(leaf, words)
            comment = f'comment "{words[2]}"'
            self.nft(leaf, words[0], f"replace rule bridge cpal {chain} handle {handle} tcp dport 9 accept {comment}")
        else:
            self.remove(row)

    def remove(self, row: Row) -> None:
        """Delete a row by hand, with all that it contains."""
        host, *words = row.key.name.split()
        leaf, table = LEAVES[host], row.key.table
        if table == "vrf":
            self.shell(leaf, f"ip netns delete {words[0]}")
        elif table == "bridge":
            self.shell(leaf, f"ip -n {words[0]} link delete {words[1]}")
        elif table == "vxlan":
            self.shell(leaf, f"ip -n {self._place(leaf, words[0])} link delete {words[0]}")
        elif table == "bridge.addresses":
            self.shell(leaf, f"ip -n {words[0]} address delete {words[2]} dev {words[1]}")
        elif table == "evpn":
            lines = (f"router bgp {self._asn(leaf)}", "address-family l2vpn evpn", f"no vni {words[0]}")
            self.vtysh(leaf, "configure terminal", *lines)
        elif table in NFT_SETS:
            name, element = NFT_SETS[table](words)
            self.nft(leaf, words[0], f"delete element bridge cpal {name} {{ {element} }}")
        elif table == "group.rules":
            chain, handle = self._rule(leaf, words)
            self.nft(leaf, words[0], f"delete rule bridge cpal {chain} handle {handle}")
        elif table == "vrf.routes":
            family = "ipv6" if ":" in words[1] else "ip"
            self.vtysh(leaf, "configure terminal", f"vrf {words[0]}", f"no {family} route {words[1]} {words[2]}")
        else:
            vni = row.columns.get("vni")
            if vni:
                self.vtysh(leaf, "configure terminal", f"vrf {words[0]}", f"no vni {vni}")
            self._until_taken(leaf, [f"no router bgp {self._asn(leaf)} vrf {words[0]}"])

    def nft(self, leaf: str, space: str, command: str) -> str:
        """What nft prints of a VRF's namespace, or of the leaf's own ("")."""
        inside = f"nsenter --net=/run/netns/{space} " if space else ""
        return self.shell(leaf, f"{inside}nft -a -f - <<'END'\n{command}\nEND")

    def _rule(self, leaf: str, words: list[str]) -> tuple[str, str]:
        """The chain that a rule of a group is in, and its handle there."""
        for chain in (f"{words[1]}_{way}{version}" for way in ("ingress", "egress") for version in (4, 6)):
            for line in self.nft(leaf, words[0], f"list chain bridge cpal {chain}").splitlines():
                if f'comment "{words[2]}"' in line:
                    return chain, line.rpartition(" ")[2]
        raise AssertionError(f"no rule {words[2]} on {leaf}")

    def squat(self, row: Row) -> None:
        """Make a row of that name by hand."""
        host, *words = row.key.name.split()
        if row.key.table == "vrf":
            self.shell(LEAVES[host], f"ip netns add {words[0]}")
            self._until_noticed(LEAVES[host], words[0])
        else:
            self.shell(LEAVES[host], f"ip link add {words[0]} type vxlan id 77 dstport 4789 local 10.255.1.1")

    def add_foreign(self) -> None:
        """What somebody made with ip and vtysh: a namespace with a bridge in it, a tunnel, a VRF in FRR, a route."""
        for leaf in LEAVES.values():
            if "foreign" in self.shell(leaf, "ls /run/netns").split():
                continue
            self.shell(leaf, "ip netns add foreign", "ip -n foreign link add fbr type bridge",
                       "ip -n foreign address add 192.0.2.1/24 dev fbr",
                       "ip link add fvx type vxlan id 99 dstport 4789 local 10.255.1.1")  # fmt: skip
            for space in ("", *self.shell(leaf, "ls /run/netns").split()):
                self.nft(leaf, space, "add table bridge theirs { chain watch { counter; }; }")
            self._until_noticed(leaf, "foreign")
            asn = self._asn(leaf)
            lines = (f"router bgp {asn} vrf foreign", "bgp router-id 192.0.2.1", "exit")
            self.vtysh(leaf, "configure terminal", *lines, "vrf foreign", "ip route 198.51.100.0/24 192.0.2.2")

    def _until_noticed(self, leaf: str, space: str) -> None:
        """Wait until zebra has noticed a namespace, and so its configuration has a VRF of that name."""
        while f"vrf {space} id" not in self.vtysh(leaf, "show vrf"):
            continue

    def dump(self) -> dict[str, Any]:
        """All that the leaves' kernels and daemons are configured to."""
        with ThreadPoolExecutor() as pool:
            return dict(zip(LEAVES.values(), pool.map(self._dump, LEAVES.values()), strict=True))

    def foreign(self) -> dict[str, Any]:
        """What of it `add_foreign` made."""
        found = {}
        for leaf, (spaces, running, filters) in self.dump().items():
            tunnel = [link for link in spaces[""] if link["ifname"] == "fvx"]
            blocks = running.split("!\n")
            theirs = [name for name, text in filters.items() if "table bridge theirs" in text]
            found[leaf] = (spaces.get("foreign"), tunnel, [block for block in blocks if " foreign" in block], theirs)
        return found

    def _dump(self, leaf: str) -> tuple[dict[str, Any], str, dict[str, str]]:
        spaces: dict[str, Any] = {"": json.loads(self.shell(leaf, "ip -d -j address"))}
        for name in self.shell(leaf, "ls /run/netns").split():
            spaces[name] = json.loads(self.shell(leaf, f"ip -n {name} -d -j address"))
        lines = self.vtysh(leaf, "show running-config").splitlines(keepends=True)
        running = "".join(line for line in lines if not line.startswith(" netns "))  # zebra writes it when it finds one
        filters = {name: self.nft(leaf, name, "list ruleset") for name in spaces}
        return {name: [_still(link) for link in links] for name, links in spaces.items()}, running, filters

    def _place(self, leaf: str, device: str) -> str:
        """The namespace that a device is in."""
        for name in self.shell(leaf, "ls /run/netns").split():
            if device in self.shell(leaf, f"ip -n {name} -br link | cut -d' ' -f1").replace("@", "\n").split():
                return name
        raise AssertionError(f"no {device} on {leaf}")

    def _asn(self, leaf: str) -> str:
        return str(json.loads(self.vtysh(leaf, "show bgp vrf default summary json"))["ipv4Unicast"]["as"])


def _tunnels_gone(space: str) -> str:
    """What deletes the VXLAN devices of a namespace now: the kernel cleans up later what is deleted with it, and until
    then lets no other have their VNIs."""
    found = f"$(ip -n {space} -br link show type vxlan | cut -d' ' -f1 | cut -d@ -f1)"
    return f"for device in {found}; do ip -n {space} link delete $device; done"


def _vrfs(running: list[str]) -> dict[str, str]:
    """The VRFs that FRR is configured with, each with its VNI or ""."""
    found: dict[str, str] = {}
    current = ""
    for line in running:
        if line.startswith("vrf "):
            current = line.split()[1]
            found[current] = ""
        elif line.startswith(" vni ") and current:
            found[current] = line.split()[1]
        elif not line.startswith(" "):
            current = ""
    return found


def _still(value: Any) -> Any:
    """What a kernel says, without what changes by itself."""
    if isinstance(value, dict):
        kept = {key: _still(each) for key, each in value.items() if key not in VOLATILE}
        if "addr_info" in kept:
            kept["addr_info"] = [entry for entry in kept["addr_info"] if entry["scope"] != "link"]
            kept["flags"] = [flag for flag in kept["flags"] if flag == "UP"]
        return kept
    return [_still(each) for each in value] if isinstance(value, list) else value
