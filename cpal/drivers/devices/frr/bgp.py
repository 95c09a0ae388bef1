"""How FRR writes BGP: an instance for the device, and one for each VRF, of the same AS. Pure.

A neighbour goes with every line about it. An instance that is made here tells neighbours of other ASes what it has
(`no bgp ebgp-requires-policy`), as other makes do; of one that others made, that is theirs to say.

Source: FRR user manual, "BGP", and the sections "VRF" and "Require policy on EBGP" of it; FRR, bgpd/bgp_vty.c,
`bgp_config_write`, for what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cpal.core.rows import Row, Value
from cpal.drivers.devices.bgp_settings import further, unsaid
from cpal.drivers.devices.frr.configuration import BGPD
from cpal.drivers.devices.parse.tree import Path, Tree, copied, put, section
from cpal.drivers.devices.render_bgp import (
    BGP,
    CLIENTS,
    DESCRIPTION,
    LEARNED,
    MULTIHOP,
    NEIGHBORS,
    NETWORKS,
    PATHS,
    ROUTER_ID,
    SELF,
    SILENT,
    SOURCE,
    Shape,
    in_vrf,
    of,
)
from cpal.drivers.devices.render_switch import parts_of
from cpal.drivers.devices.settings import Setting, asn, whole
from cpal.drivers.devices.words import BgpWords
from cpal.model.bgp import EVPN
from cpal.model.of_device import IPV4, IPV6

WORDS = BgpWords(range(1, 255 + 1), hops=range(2, 255 + 1))
"""How far it goes: so many paths as it uses by itself it does not show, nor one hop."""
SHAPE = Shape(speaks_ipv4=True, extends=True)
"""What FRR has where makes differ."""
OPEN, CLOSED = "no bgp ebgp-requires-policy", "bgp ebgp-requires-policy"
_DATACENTER = "frr defaults datacenter"
"""What it says of itself where an instance is open unless it is said otherwise."""
_OWN, _OF_VRF = f"{BGPD} / router bgp *", f"{BGPD} / router bgp * vrf {{0}}"
_SECTIONS = {
    IPV4: "address-family ipv4 unicast",
    IPV6: "address-family ipv6 unicast",
    EVPN: "address-family l2vpn evpn",
}
_NEIGHBOR = "neighbor {0}"
_SPEAKS, _SILENT = re.compile(r"neighbor \S+ activate"), re.compile(r"no neighbor \S+ activate")
_INSTANCE = re.compile(r"router bgp (\d+)(?: vrf (\S+))?")


class _InVrf(Setting):
    """A setting of a VRF's instance, which is made in the AS of the device."""

    def path(self, tree: Tree, parts: Sequence[str]) -> Path | None:
        """Its section; None where there is no AS."""
        found = super().path(tree, parts)
        own = next((line for line in tree.get(BGPD, {}) if (said := _INSTANCE.fullmatch(line)) and not said[2]), "")
        if found is not None or not own:
            return found
        return Setting(self.table, self.section.replace("router bgp *", own)).path(tree, parts)


class _Neighbor(Setting):
    """That there is a neighbour."""

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say nothing of it, nor anything about it."""
        _forget(tree, self.path(tree, parts_of(row.key)), parts_of(row.key)[-1])


class _NeighborInVrf(_InVrf):
    """The same in a VRF."""

    def erase(self, tree: Tree, row: Row) -> None:
        """As of the device."""
        _forget(tree, self.path(tree, parts_of(row.key)), parts_of(row.key)[-1])


def _forget(tree: Tree, path: Path | None, address: str) -> None:
    instance = section(tree, path) if path is not None else None
    for family, line in list(_about(instance or {}, address)):
        del family[line]


def _about(instance: Tree, address: str) -> Iterator[tuple[Tree, str]]:
    """Every line about a neighbour, with the section that it is in."""
    for family in (instance, *instance.values()):
        yield from ((family, line) for line in family if line.removeprefix("no ").startswith(f"neighbor {address} "))


def _both(
    table: str, line: str, family: str = "", kinds: tuple[type[Setting], type[Setting]] = (Setting, _InVrf), **how: Any
) -> Iterator[Setting]:
    """A setting of the device's instance, and of a VRF's, in the section of a family or in none."""
    own, of_vrf = (" / ".join(filter(None, (each, _SECTIONS.get(family, "")))) for each in (_OWN, _OF_VRF))
    hollow = 1 if family else 0
    yield kinds[0](table, own, line, hollow=hollow, **how)
    yield kinds[1](in_vrf(table), of_vrf, further(line), hollow=hollow, **how)


def _of_family(family: str, address: str) -> Iterator[Setting]:
    yield from _both(of(family, NEIGHBORS), f"{_NEIGHBOR} activate", family)
    yield from _both(of(family, CLIENTS), f"{_NEIGHBOR} route-reflector-client", family)
    if address:
        yield from _both(of(family, SELF), f"{_NEIGHBOR} next-hop-self", family)
        yield from _both(of(family, NETWORKS), f"network {{0:{address}}}", family)
        yield from _both(of(family, LEARNED), "redistribute {0}", family)
        yield from _both(of(family, PATHS), "maximum-paths {value}", family, convert=whole)


SETTINGS = (
    Setting(BGP, BGPD, "router bgp {value:number}", convert=asn, shared=lambda _, below: bool(below.keys() - {OPEN})),
    *_both(ROUTER_ID, "bgp router-id {value}"),
    *_both(NEIGHBORS, f"{_NEIGHBOR} remote-as {{value}}", kinds=(_Neighbor, _NeighborInVrf), convert=asn),
    *_both(DESCRIPTION, f"{_NEIGHBOR} description {{value}}"),
    *_both(SOURCE, f"{_NEIGHBOR} update-source {{value}}"),
    *_both(MULTIHOP, f"{_NEIGHBOR} ebgp-multihop {{value}}", convert=whole),
    *_of_family(IPV4, "prefix4"),
    *_of_family(IPV6, "prefix6"),
    *_of_family(EVPN, ""),
    *_both(SILENT, f"no {_NEIGHBOR} activate", IPV4),
)
"""How FRR writes each setting of BGP."""


def implied(tree: Tree, device: str) -> Iterator[Row]:
    """With whom an instance speaks of IPv4, or does not, as no line says."""
    for line, below in tree.get(BGPD, {}).items():
        if found := _INSTANCE.fullmatch(line):
            are_silent = "no bgp default ipv4-unicast" in below
            yield from unsaid(device, found[2] or "", below, are_silent, _SECTIONS[IPV4])


def is_shut(tree: Tree, vrf: str, neighbor: Value) -> bool:
    """Whether an instance that there is tells a neighbour of that AS only what a policy of others lets pass."""
    of_bgpd = tree.get(BGPD, {})
    for line, below in of_bgpd.items():
        found = _INSTANCE.fullmatch(line)
        if found and (found[2] or "") == vrf:
            is_open = CLOSED not in below and (OPEN in below or _DATACENTER in of_bgpd)
            return not is_open and neighbor != int(found[1])
    return False


def with_gone(before: Tree, after: Tree) -> Tree:
    """What bgpd is configured to, without what goes by itself with neighbours that go."""
    found = copied(before)
    for line, instance in found.items():
        for held in list(instance):
            words = held.split()
            gone = held not in after.get(line, {held: {}}) and words[0] == "neighbor" and words[2:3] == ["remote-as"]
            if gone and not any(_about(after[line], words[1])):
                _forget(instance, (), words[1])
                instance[held] = {}
    return found


def settle(before: Tree, after: Tree) -> None:
    """Have instances that come about be open, such go of which nothing is said any more, and none say the usual."""
    held, wanted = before.get(BGPD, {}), after.get(BGPD, {})
    for line in [line for line in wanted if _INSTANCE.fullmatch(line)]:
        if line not in held:
            put(wanted, (line, OPEN))
        elif " vrf " in line and held[line].keys() - {OPEN} and not wanted[line].keys() - {OPEN}:
            del wanted[line]
    for line in [line for line in wanted if _INSTANCE.fullmatch(line)]:
        usual = _SILENT if "no bgp default ipv4-unicast" in wanted[line] else _SPEAKS
        known, ipv4 = held.get(line, {}), wanted[line].get(_SECTIONS[IPV4], {})
        shown = known.get(_SECTIONS[IPV4], {})
        for each in [each for each in ipv4 if usual.fullmatch(each) and each not in shown]:
            del ipv4[each]
        if _DATACENTER in wanted and OPEN not in known:
            wanted[line].pop(OPEN, None)
