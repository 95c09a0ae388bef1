"""FRR's running configuration as trees, and what of it the fabric is told by. Pure.

Each daemon has a configuration of its own; all of them are one tree, in which each stands below its daemon's name.
Below `KNOWN` stand the VRFs and the network interfaces that there are, and how zebra begins what it says of these where
they are, of which no daemon is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpal.drivers.devices.frr.writing import DIALECT
from cpal.drivers.devices.parse.tree import Tree, parsed

ZEBRA, STATICD, OSPFD, BGPD = "zebra", "staticd", "ospfd", "bgpd"
DAEMONS = (ZEBRA, STATICD, OSPFD, BGPD)
"""FRR's daemons of which cpal knows what they are told, in the order in which they are."""
KNOWN = "known"
PROCESS = 1
"""The number that the tree has for a process of OSPF, which FRR gives none."""
_PLAIN, _NUMBERED = re.compile(r"^router ospf(?= vrf |$)"), re.compile(rf"^((?:no )?router ospf) {PROCESS}\b")
HERE = "here: "
"""What stands before a section of an interface there, which is in the VRF that it says."""
EVPN_FAMILY = "address-family l2vpn evpn"
IP_FAMILIES = ("ipv4", "ipv6")
_ROUTES = ("ip route ", "ipv6 route ")


class Vrf(NamedTuple):
    """What is configured of a VRF, as far as it is cpal's: columns of the row, and its static routes."""

    columns: dict[str, str | int | bool]
    routes: tuple[tuple[str, str], ...]
    has_bgp: bool


class Running(NamedTuple):
    """What a leaf's daemons say of themselves."""

    asn: str
    vrfs: Mapping[str, Vrf]
    targets: Mapping[int, str]
    """The route targets of layer-2 VNIs."""
    vnis: Mapping[str, int]
    """The layer-3 VNI of each VRF that has one."""


NOTHING = Running("", {}, {}, {})
"""Of a leaf that was not asked."""


def forest(texts: Mapping[str, str], vrfs: Iterable[str] = (), interfaces: Iterable[str] = ()) -> Tree:
    """The tree of what each daemon is configured to, with the VRFs and network interfaces that there are.

    `interfaces` are the sections that zebra has of interfaces, in the VRFs where these are.
    """
    found = {daemon: parsed(texts[daemon], DIALECT) for daemon in DAEMONS if daemon in texts}
    if OSPFD in found:
        found[OSPFD] = {_PLAIN.sub(f"router ospf {PROCESS}", line): below for line, below in found[OSPFD].items()}
    of_zebra, sections = _vrfs(found.get(ZEBRA, {})), [*interfaces]
    known = {f"vrf {name}" for name in (*vrfs, *of_zebra)} | {line.partition(" vrf ")[0] for line in sections}
    known |= {f"{HERE}{line}" for line in sections}
    return {**found, KNOWN: {line: {} for line in sorted(known)}}


def told(line: str) -> str:
    """A line of the tree as a daemon is told it."""
    return _NUMBERED.sub(r"\1", line)


def running(tree: Tree) -> Running:
    """What a tree of all daemons says."""
    vrfs_of_zebra, routes, bgp = _vrfs(tree.get(ZEBRA, {})), _vrfs(tree.get(STATICD, {})), tree.get(BGPD, {})
    instances = {line.partition(" vrf ")[2]: block for line, block in bgp.items() if line.startswith("router bgp ")}
    asn = next((line.split()[2] for line in bgp if line.startswith("router bgp ")), "")
    vnis = {name: int(vni) for name, block in vrfs_of_zebra.items() for vni in _values(block, "vni ")}
    names = {*vrfs_of_zebra, *routes, *instances} - {""}
    return Running(
        asn,
        {name: _vrf(instances.get(name), vnis.get(name), routes.get(name, {})) for name in names},
        dict(_targets_of_vnis(instances.get("", {}).get(EVPN_FAMILY, {}))),
        vnis,
    )


def _vrfs(root: Tree) -> dict[str, Tree]:
    return {line.removeprefix("vrf "): block for line, block in root.items() if line.startswith("vrf ")}


def _vrf(instance: Tree | None, vni: int | None, routes: Tree) -> Vrf:
    columns: dict[str, str | int | bool] = {"vni": vni} if vni else {}
    block = instance or {}
    for router_id in _values(block, "bgp router-id "):
        columns["router_id"] = router_id
    evpn = block.get(EVPN_FAMILY, {})
    if target := _target(evpn):
        columns["route_target"] = target
    if instance is not None and not _tells_all(block, evpn, bool(vni)):
        columns["silent"] = True
    return Vrf(columns, tuple(_routes(routes)), instance is not None)


def _tells_all(block: Tree, evpn: Tree, stretched: bool) -> bool:
    """Whether an instance tells others of all that is in its VRF."""
    for family in IP_FAMILIES:
        told = block.get(f"address-family {family} unicast", {})
        if not {"redistribute connected", "redistribute static"} <= told.keys():
            return False
        if stretched and f"advertise {family} unicast" not in evpn:
            return False
    return True


def _targets_of_vnis(evpn: Tree) -> Iterator[tuple[int, str]]:
    for vni in _values(evpn, "vni "):
        if target := _target(evpn[f"vni {vni}"]):
            yield int(vni), target


def _target(block: Tree) -> str:
    """The route targets of a block: what is imported and exported alike, or both apart by a slash."""
    both = _values(block, "route-target both ")
    imports = sorted({*both, *_values(block, "route-target import ")})
    exports = sorted({*both, *_values(block, "route-target export ")})
    return ",".join(imports) if imports == exports else f"{','.join(imports)}/{','.join(exports)}"


def _values(block: Tree, start: str) -> list[str]:
    return [line.removeprefix(start) for line in block if line.startswith(start)]


def _routes(block: Tree) -> Iterator[tuple[str, str]]:
    for line in block:
        for start in _ROUTES:
            if line.startswith(start):
                prefix, _, nexthop = line.removeprefix(start).partition(" ")
                yield prefix, nexthop
