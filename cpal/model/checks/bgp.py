"""What must hold for BGP of devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cpal.model.bgp import EVPN, FAMILIES, REDISTRIBUTED, Bgp, BgpNeighbor
from cpal.model.checks.switch import DEFAULT_VRF, device_problems
from cpal.model.checks.values import address_problems, is_of_one, prefix_problems
from cpal.model.checks.words import Problem, called
from cpal.model.estate import Estate
from cpal.model.switch import Interface

ASNS = (1, 2**32 - 1)
"""The least and the greatest number of an AS. Source: RFC 6793; RFC 7607 of 0."""
HOPS = (1, 255)
"""How many hops away a neighbour in another AS may be. Source: the time to live of RFC 791."""
PATHS = (1, 256)
"""How many paths there may be to one prefix; makes take fewer."""


def _name(estate: Estate, bgp: Bgp) -> Iterator[Problem]:
    if len(bgp.name.split()) != 1 or (bgp.name.endswith("/") or bgp.vrf == DEFAULT_VRF or "/" in bgp.vrf):
        yield Problem(
            "name", f"{bgp.name!r} is no device with BGP", "write it as leaf1, or leaf1/VRF in one of its VRFs"
        )
    else:
        yield from device_problems(estate, "name", bgp.device)


def _one_as(estate: Estate, bgp: Bgp) -> Iterator[Problem]:
    yield from _within("asn", bgp.asn, ASNS)
    others = [each for each in estate.find("bgp.device", bgp.device) if each.id != bgp.id and each.asn != bgp.asn]
    if others:
        other = min(others, key=lambda each: each.name)
        why = f"{called(estate, other)} says that {bgp.device} is in AS {other.asn}"
        yield Problem("asn", why, "a device is in one AS: write the same in both")


def _of_all(estate: Estate, bgp: Bgp) -> Iterator[Problem]:
    if bgp.router_id:
        yield from address_problems("router_id", bgp.router_id, 4)
    if bgp.router_id == "0.0.0.0":
        yield Problem("router_id", "0.0.0.0 is that of no router", "write another one, or leave it out")
    if bgp.maximum_paths:
        yield from _within("maximum_paths", bgp.maximum_paths, PATHS)
    for prefix in bgp.networks:
        if "/" not in prefix:
            yield Problem(
                "networks", f"{prefix!r} is not a prefix", "write an address and a length, such as 10.0.1.0/24"
            )
        else:
            yield from prefix_problems("networks", prefix)
    for each in bgp.redistribute:
        if each not in REDISTRIBUTED:
            yield Problem("redistribute", f"there is no {each!r} to be told", f"of {' and '.join(REDISTRIBUTED)}")
    yield from _repeated("networks", bgp.networks)
    yield from _repeated("redistribute", bgp.redistribute)


def _neighbors(estate: Estate, bgp: Bgp) -> Iterator[Problem]:
    yield from _repeated("neighbors", [neighbor.address for neighbor in bgp.neighbors])
    interfaces: list[Interface] = estate.find("interface.device", bgp.device)
    here = {address: each for each in interfaces if each.vrf == bgp.vrf for address in each.addresses}
    own = {address.partition("/")[0]: each.own_name for address, each in here.items()}
    for neighbor in bgp.neighbors:
        of_itself = _is_itself(bgp.device, neighbor.address, own)
        for problem in (*of_itself, *_neighbor(bgp, neighbor), *_families(bgp, neighbor)):
            field = f"{problem.field} of {neighbor.address}"
            yield Problem("neighbors", f"{field}: {problem.problem}", problem.remedy, problem.cause)


def _neighbor(bgp: Bgp, neighbor: BgpNeighbor) -> Iterator[Problem]:
    wrong = [*address_problems("address", neighbor.address)]
    yield from wrong
    if not wrong and not is_of_one(neighbor.address):
        yield Problem("address", f"{neighbor.address} is the address of no device", "write one that the neighbour has")
    yield from _within("remote_asn", neighbor.remote_asn, ASNS)
    if neighbor.description != " ".join(neighbor.description.split()):
        yield Problem("description", "devices keep one line, with single spaces", "write it so")
    if neighbor.update_source and len(neighbor.update_source.split()) != 1:
        yield Problem("update_source", f"{neighbor.update_source!r} is no interface", "write it as the device shows it")
    if neighbor.ebgp_multihop:
        yield from _within("ebgp_multihop", neighbor.ebgp_multihop, HOPS)
    if neighbor.ebgp_multihop and neighbor.remote_asn == bgp.asn:
        yield Problem("ebgp_multihop", "it is said of neighbours in other ASes", "leave it out")
    if neighbor.route_reflector_client and neighbor.remote_asn != bgp.asn:
        yield Problem("route_reflector_client", f"clients are in AS {bgp.asn} themselves", "leave it out")


def _is_itself(device: str, address: str, own: Mapping[str, str]) -> Iterator[Problem]:
    if address in own:
        yield Problem("address", f"{device} has it itself, at {own[address]}", "write the neighbour's")


def _families(bgp: Bgp, neighbor: BgpNeighbor) -> Iterator[Problem]:
    if not neighbor.families:
        yield Problem("families", "there is none to speak of", f"name some of {', '.join(FAMILIES)}")
    for family in neighbor.families:
        if family not in FAMILIES:
            yield Problem("families", f"there is no family {family!r}", f"of {', '.join(FAMILIES)}")
    yield from _repeated("families", neighbor.families)
    if EVPN in neighbor.families and bgp.vrf:
        yield Problem("families", "evpn is spoken in the default VRF", f"declare it of {bgp.device}")
    if neighbor.next_hop_self and set(neighbor.families) <= {EVPN}:
        yield Problem("next_hop_self", "it is said of ipv4 and ipv6", "leave it out, or name one of those families")


def _within(field: str, number: int, bounds: tuple[int, int]) -> Iterator[Problem]:
    low, high = bounds
    if not low <= number <= high:
        yield Problem(field, f"{number} is out of range", f"a number from {low} to {high}")


def _repeated(field: str, words: Sequence[str]) -> Iterator[Problem]:
    for word in sorted({word for word in words if words.count(word) > 1}):
        yield Problem(field, f"names {word} twice", "leave the repetition out")


BGP_CHECKS = (_name, _one_as, _of_all, _neighbors)
