"""What must hold for multi-chassis link aggregation: of each device, and of the two that are a pair.

Theory. A domain's name may serve several pairs, and so may addresses. So two devices are known to be a pair only where
one names an address of the other, and of no third that is of the same domain (`_peers`). What a pair must agree on is
said at the one that comes first by name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from cpal.model.checks.values import address_problems, interface_problems
from cpal.model.checks.words import Problem
from cpal.model.estate import Estate
from cpal.model.mlag import Mlag
from cpal.model.switch import WITHOUT_LACP, Interface, Lag

MLAG_NUMBERS = (1, 4096)
"""The least and the greatest number of a LAG in its pair. Source: what makes take; NX-OS takes the most."""
_WORDS = ("domain", "local_interface", "peer_link", "keepalive_vrf")
_ADDRESSES = ("peer_address", "keepalive_destination", "keepalive_source")
_OF_KEEPALIVE = ("keepalive_source", "keepalive_vrf")


def _said(estate: Estate, mlag: Mlag) -> Iterator[Problem]:
    for field in _WORDS:
        value = getattr(mlag, field)
        if value and len(value.split()) != 1:
            yield Problem(field, f"{value!r} is not one word", "write it as the device shows it")
    if not mlag.domain:
        yield Problem("domain", "is of no domain", "name it: both devices of a pair are of the same")
    for field in _ADDRESSES:
        if value := getattr(mlag, field):
            yield from address_problems(field, value)
    for field in _OF_KEEPALIVE if not mlag.keepalive_destination else ():
        if getattr(mlag, field):
            yield Problem(field, "is of a keepalive that goes nowhere", "write keepalive_destination, or leave it out")
    if mlag.keepalive_source and mlag.keepalive_source == mlag.keepalive_destination:
        yield Problem("keepalive_source", "is the address that it goes to", "write this device's own")


def _device(estate: Estate, mlag: Mlag) -> Iterator[Problem]:
    if not estate.ids("target.endpoint", mlag.name):
        yield Problem("name", f"there is no target that has a device {mlag.name}", "name it as its device")


def _peer_link(estate: Estate, mlag: Mlag) -> Iterator[Problem]:
    """The LAG between the two, which leads to nobody else."""
    if not mlag.peer_link:
        return
    lag = _lags(estate, mlag.device).get(mlag.peer_link)
    if lag is None:
        estate.nothing_more("lag.device", mlag.device)
        why = f"there is no LAG {mlag.peer_link} on {mlag.device}"
        yield Problem("peer_link", why, f"declare it as lag {mlag.device}/{mlag.peer_link}, or leave it out")
    elif lag.mlag:
        why = f"{mlag.peer_link} is MLAG {lag.mlag}, which leads to others"
        yield Problem("peer_link", why, "leave mlag out of that LAG, or name another one here")
    interface = _interfaces(estate, mlag.device).get(mlag.peer_link)
    if interface is not None and interface.edge_port is not None:
        yield Problem("peer_link", f"{mlag.peer_link} leads to a switch", "leave edge_port out of that interface")


def _own_address(estate: Estate, mlag: Mlag) -> Iterator[Problem]:
    """The other's address is not this device's, and is reached from its local interface."""
    own = _local(estate, mlag)
    if not own or not mlag.peer_address or [*address_problems("", mlag.peer_address)]:
        return
    peer = ipaddress.ip_address(mlag.peer_address)
    if peer in [each.ip for each in own]:
        yield Problem("peer_address", f"{peer} is this device's own", "write that of the other device")
    elif not any(peer in each.network for each in own):
        why = f"{peer} is in no network of {mlag.local_interface}"
        yield Problem("peer_address", why, f"write one of {' or '.join(str(each.network) for each in own)}")


def _agreed(estate: Estate, mlag: Mlag) -> Iterator[Problem]:
    """What the two of a pair say of each other, and of the LAGs that are one."""
    peer = _peer(estate, mlag)
    if peer is None:
        return
    for field, own in (("peer_address", _own(estate, mlag)), ("keepalive_destination", {mlag.keepalive_source} - {""})):
        named = getattr(peer, field)
        if getattr(mlag, field) and named and own and named not in own:
            why = f"{peer.device}, which it names, names {named}, which is none of its own"
            yield Problem(field, why, f"write {' or '.join(sorted(own))} at {peer.device}, or name another one here")
    if mlag.device < peer.device:
        yield from _same_lags(estate, mlag.device, peer.device)


def _same_lags(estate: Estate, one: str, other: str) -> Iterator[Problem]:
    theirs = {lag.mlag: lag for lag in _lags(estate, other).values() if lag.mlag}
    for lag in _lags(estate, one).values():
        same = theirs.get(lag.mlag)
        if same is None:
            continue
        if (lag.lacp_mode == WITHOUT_LACP) is not (same.lacp_mode == WITHOUT_LACP):
            why = f"MLAG {lag.mlag} is {lag.name} and {same.name}, of which one speaks LACP"
            yield Problem("domain", why, "set lacp_mode alike in both")
        here, there = _interfaces(estate, one).get(lag.own_name), _interfaces(estate, other).get(same.own_name)
        for field in ("mode", "vlan") if here is not None and there is not None else ():
            mine, its = getattr(here, field), getattr(there, field)
            if mine and its and mine != its:
                why = f"MLAG {lag.mlag} is {lag.name} and {same.name}, whose {field} differs: {mine} and {its}"
                yield Problem("domain", why, f"set {field} alike in both interfaces")


def lag_problems(estate: Estate, lag: Lag) -> Iterator[Problem]:
    """What is wrong with the number that a LAG has in its pair."""
    low, high = MLAG_NUMBERS
    if lag.mlag and not low <= lag.mlag <= high:
        yield Problem("mlag", f"{lag.mlag} is out of range", f"a number from {low} to {high}")
    if lag.mlag and not estate.ids("mlag.device", lag.device):
        yield Problem("mlag", f"{lag.device} is in no pair", f"declare mlag {lag.device}, or leave it out")


def _peer(estate: Estate, mlag: Mlag) -> Mlag | None:
    """The other one of its pair, where that is known."""
    others: list[Mlag] = [each for each in estate.find("mlag.domain", mlag.domain) if each.id != mlag.id]
    found = [each for each in others if _names(estate, mlag, each)]
    if len(found) != 1:
        return None
    estate.nothing_more("mlag.domain", mlag.domain)
    return found[0]


def _names(estate: Estate, mlag: Mlag, other: Mlag) -> bool:
    """Whether one names an address of the other."""
    is_asked = bool(mlag.keepalive_destination) and mlag.keepalive_destination == other.keepalive_source
    return is_asked or mlag.peer_address in _own(estate, other)


def _own(estate: Estate, mlag: Mlag) -> set[str]:
    """The addresses of its local interface, as far as they are declared."""
    return {str(each.ip) for each in _local(estate, mlag)}


def _local(estate: Estate, mlag: Mlag) -> list[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    interface = _interfaces(estate, mlag.device).get(mlag.local_interface) if mlag.local_interface else None
    said = interface.addresses if interface is not None else ()
    return [ipaddress.ip_interface(each) for each in said if not [*interface_problems("", each)]]


def _lags(estate: Estate, device: str) -> dict[str, Lag]:
    return {lag.own_name: lag for lag in estate.find("lag.device", device)}


def _interfaces(estate: Estate, device: str) -> dict[str, Interface]:
    return {each.port: each for each in estate.find("interface.device", device)}


MLAG_CHECKS = (_said, _device, _peer_link, _own_address, _agreed)
