"""What switches can hold of records that are declared of devices one by one, where a make writes them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.mlag_limits import limits_of_pairs, refuse_pair
from cpal.drivers.devices.ospf_limits import limits_of_ospf, refuse_ospf
from cpal.drivers.devices.render_route import FIELDS, LABEL
from cpal.drivers.devices.words import Words, listed
from cpal.model.bgp import Bgp
from cpal.model.of_device import IPV4, IPV6
from cpal.model.switch import Lag, Route, Stp, Vrf
from cpal.model.target import Target


def refuse_on_devices(words: Words) -> Mapping[str, Callable[[Target, Any], Iterator[Cannot]]]:
    """For `Capability.refuse`."""
    return {kind: partial(refuse, words) for kind, refuse in _REFUSE.items() if kind in words.settings}


def limits_on_devices(words: Words) -> tuple[Limit, ...]:
    """For `Capability.limits`."""
    return tuple(limit for kind, limits in _LIMITS.items() if kind in words.settings for limit in limits(words))


def _lag(words: Words, target: Target, record: Lag) -> Iterator[Cannot]:
    if record.device not in target.endpoints:
        return
    number = record.own_name.removeprefix(words.lag)
    if number == record.own_name or not number.isdecimal() or number != str(int(number)):
        yield Cannot("name", f"{record.own_name!r} is no LAG of {words.title}", f"write {words.lag} with its number")
    elif int(number) < words.least_lag or (words.most_lag is not None and int(number) > words.most_lag):
        yield Cannot("name", _of_numbers(words), "choose another number")
    if record.mlag and (words.pairing is None or record.mlag > words.pairing.largest):
        yield Cannot("mlag", _of_mlag(words), "leave it out" if words.pairing is None else "choose another number")
    for member in record.members:
        if not words.is_port(member) or words.is_logical(member):
            yield Cannot("members", f"{member} is no port of {words.title} that a LAG may have", "leave it out")


def _of_numbers(words: Words) -> str:
    to = f" to {words.most_lag}" if words.most_lag is not None else ""
    return f"{words.title} numbers LAGs from {words.least_lag}{to}"


def _of_mlag(words: Words) -> str:
    if words.pairing is None:
        return f"no pairs of switches are written to {words.title} yet"
    return f"{words.title} takes numbers to {words.pairing.largest}"


def _stp(words: Words, target: Target, record: Stp) -> Iterator[Cannot]:
    if record.mode and record.mode not in words.tree_modes and {*record.devices} & target.endpoints.keys():
        why = f"{words.title} has no spanning tree mode {record.mode}"
        yield Cannot("mode", why, f"write {listed(words.tree_modes, 'or')}")


def _route(words: Words, target: Target, record: Route) -> Iterator[Cannot]:
    if not {*record.devices} & target.endpoints.keys():
        return
    for field in FIELDS:
        if getattr(record, field) not in (None, "") and field not in words.of_routes:
            yield Cannot(field, _of_routes(words, field), "leave it out")


def _of_routes(words: Words, field: str) -> str:
    if field == LABEL and words.of_routes:
        return f"{words.title} has no names of static routes"
    return f"the {field} of a static route is not written to {words.title} yet"


def _limits_of_routes(words: Words) -> tuple[Limit, ...]:
    return tuple(Limit("route", each, _of_routes(words, each)) for each in FIELDS if each not in words.of_routes)


def _bgp(words: Words, target: Target, record: Bgp) -> Iterator[Cannot]:
    if record.device not in target.endpoints:
        return
    if record.maximum_paths and record.maximum_paths not in words.bgp.paths:
        yield Cannot("maximum_paths", _of_paths(words), "choose one that it takes")
    for neighbor in record.neighbors:
        if neighbor.update_source and not words.is_interface(neighbor.update_source):
            why = f"update_source of {neighbor.address}: {words.title} has no interface {neighbor.update_source!r}"
            yield Cannot("neighbors", why, f"write it as {words.title} shows it")
        if words.bgp.description is not None and len(neighbor.description) > words.bgp.description:
            why = f"description of {neighbor.address}: {_of_descriptions(words)}"
            yield Cannot("neighbors", why, "write less")
        if neighbor.ebgp_multihop and neighbor.ebgp_multihop not in words.bgp.hops:
            yield Cannot("neighbors", f"ebgp_multihop of {neighbor.address}: {_of_hops(words)}", "leave it out")
        own = IPV6 if ":" in neighbor.address else IPV4
        if record.vrf and words.bgp.own_family_in_vrfs and neighbor.families != (own,):
            why = f"families of {neighbor.address}: {_of_families(words)}"
            yield Cannot("neighbors", why, f"write [{own}]")


def _vrf(words: Words, target: Target, record: Vrf) -> Iterator[Cannot]:
    if not {*record.devices} & target.endpoints.keys():
        return
    if record.name in words.own_vrfs:
        remedy = "leave it out: what is in a VRF may name it all the same"
        yield Cannot("name", _own_vrfs(words), remedy)
    if words.vrf_name is not None and len(record.name) > words.vrf_name:
        yield Cannot("name", _of_vrf_names(words), "call it something shorter")


def _own_vrfs(words: Words) -> str:
    several = "VRFs" if len(words.own_vrfs) > 1 else "VRF"
    return f"{words.title} has the {several} {listed(tuple(words.own_vrfs), 'and')} by itself"


def _of_vrf_names(words: Words) -> str:
    return f"{words.title} takes {words.vrf_name} characters"


def _limits_of_vrfs(words: Words) -> tuple[Limit, ...]:
    return (
        *([Limit("vrf", "name", _own_vrfs(words))] if words.own_vrfs else []),
        *([Limit("vrf", "name", _of_vrf_names(words))] if words.vrf_name is not None else []),
    )


def _of_descriptions(words: Words) -> str:
    return f"{words.title} takes {words.bgp.description} characters"


def _of_hops(words: Words) -> str:
    hops = words.bgp.hops
    return f"{words.title} takes {min(hops)} to {max(hops)} hops"


def _of_families(words: Words) -> str:
    return f"in a VRF {words.title} speaks with a neighbour of the family of its address alone"


def _of_paths(words: Words) -> str:
    takes = words.bgp.paths
    several = f"up to {takes[-1]}" if isinstance(takes, range) else listed(tuple(map(str, takes)), "or")
    return f"{words.title} takes {several}"


def _limits_of_bgp(words: Words) -> tuple[Limit, ...]:
    return (
        *([Limit("bgp", "neighbors", f"description: {_of_descriptions(words)}")] if words.bgp.description else []),
        *([Limit("bgp", "neighbors", _of_families(words))] if words.bgp.own_family_in_vrfs else []),
        *([Limit("bgp", "neighbors", f"ebgp_multihop: {_of_hops(words)}")] if min(words.bgp.hops) > 1 else []),
        Limit("bgp", "maximum_paths", _of_paths(words)),
        Limit("bgp", "neighbors", f"an update_source is an interface as {words.title} shows it"),
    )


def _limits_of_trees(words: Words) -> tuple[Limit, ...]:
    return (Limit("stp", "mode", f"{words.title} has {listed(words.tree_modes, 'and')}"),)


def _limits_of_lags(words: Words) -> tuple[Limit, ...]:
    ports = tuple(name for name in words.ports if not words.is_logical(name))
    return (
        Limit("lag", "name", f"{words.lag} with its number: {_of_numbers(words)}"),
        Limit("lag", "members", f"only {listed(ports, 'and')} are members"),
        Limit("lag", "mlag", _of_mlag(words)),
    )


_REFUSE: Mapping[str, Callable[[Words, Target, Any], Iterator[Cannot]]] = {
    "lag": _lag,
    "mlag": refuse_pair,
    "stp": _stp,
    "route": _route,
    "ospf": refuse_ospf,
    "bgp": _bgp,
    "vrf": _vrf,
}
_LIMITS: Mapping[str, Callable[[Words], tuple[Limit, ...]]] = {
    "lag": _limits_of_lags,
    "mlag": limits_of_pairs,
    "stp": _limits_of_trees,
    "route": _limits_of_routes,
    "ospf": limits_of_ospf,
    "bgp": _limits_of_bgp,
    "vrf": _limits_of_vrfs,
}
