"""What must hold for OSPF processes, and for the interfaces that they speak on."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.values import address_problems
from cpal.model.checks.words import Problem
from cpal.model.estate import Estate
from cpal.model.ospf import NETWORK_TYPES, REDISTRIBUTED, Ospf, OspfInterface, area_id
from cpal.model.switch import ACCESS, TRUNK, Interface

PROCESSES = (1, 65535)
"""The least and the greatest number of a process. Source: what every make that numbers them takes."""
COSTS = (1, 65535)
"""The least and the greatest cost of an interface. Source: RFC 2328, appendix C.3."""
MAXIMUM_PATHS = (1, 128)
"""How few and how many paths of the same cost are used. Source: what makes take; some take fewer."""


def _process(estate: Estate, ospf: Ospf) -> Iterator[Problem]:
    yield from _range("process", ospf.process, PROCESSES)
    if ospf.maximum_paths is not None:
        yield from _range("maximum_paths", ospf.maximum_paths, MAXIMUM_PATHS)
    if ospf.router_id:
        yield from address_problems("router_id", ospf.router_id, 4)
    if ospf.router_id == "0.0.0.0":
        yield Problem("router_id", "0.0.0.0 is that of no router", "write another one, or leave it out")
    for each in ospf.redistribute:
        if each not in REDISTRIBUTED:
            yield Problem("redistribute", f"{each!r} is nothing to redistribute", f"of {', '.join(REDISTRIBUTED)}")
    if len(set(ospf.redistribute)) < len(ospf.redistribute):
        yield Problem("redistribute", "names one twice", "leave the repetition out")


def _interfaces(estate: Estate, ospf: Ospf) -> Iterator[Problem]:
    declared = {each.own_name: each for each in estate.find("interface.device", ospf.device)}
    known: set[str] = set()
    for each in ospf.interfaces:
        found = (*_named(ospf, each), *_area(each), *_tuned(each), *_placed(ospf, declared.get(each.interface)))
        for problem in found:
            yield Problem("interfaces", f"{each.interface}: {problem.field} {problem.problem}", problem.remedy)
        if each.interface in known:
            yield Problem("interfaces", f"names {each.interface} twice", "an interface is in one area: leave one out")
        known.add(each.interface)


def _named(ospf: Ospf, each: OspfInterface) -> Iterator[Problem]:
    name = each.interface.removeprefix(f"{ospf.device}/")
    if len(name.split()) != 1 or name != each.interface:
        yield Problem("interface", f"{each.interface!r} is none", f"write it as {ospf.device} shows it")


def _area(each: OspfInterface) -> Iterator[Problem]:
    try:
        area_id(each.area)
    except ValueError:
        yield Problem("area", f"{each.area!r} is none", "write a number, or it dotted: 0, or 0.0.0.0")


def _tuned(each: OspfInterface) -> Iterator[Problem]:
    if each.cost is not None:
        yield from _range("cost", each.cost, COSTS)
    if each.network_type not in ("", *NETWORK_TYPES):
        yield Problem("network_type", f"{each.network_type!r} is none", f"one of {', '.join(NETWORK_TYPES)}")


def _placed(ospf: Ospf, declared: Interface | None) -> Iterator[Problem]:
    """An interface routes, and is in the process's VRF."""
    if declared is not None and declared.mode in (ACCESS, TRUNK):
        yield Problem("interface", "is declared as a port of the switch", "set its mode to routed, or leave it out")
    vrf = declared.vrf if declared is not None else ""
    if vrf and vrf != ospf.vrf:
        where = f"VRF {ospf.vrf}" if ospf.vrf else "the default VRF"
        yield Problem("interface", f"is declared in VRF {vrf}, and the process is in {where}", "leave it out")
    elif vrf != ospf.vrf:
        remedy = f"declare it with vrf: {ospf.vrf}, or leave it out"
        yield Problem("interface", f"is not declared in VRF {ospf.vrf}, which the process is in", remedy)


def _range(field: str, number: int, bounds: tuple[int, int]) -> Iterator[Problem]:
    low, high = bounds
    if not low <= number <= high:
        yield Problem(field, f"{number} is out of range", f"a number from {low} to {high}")


PROCESS_CHECKS = (_process, _interfaces)
