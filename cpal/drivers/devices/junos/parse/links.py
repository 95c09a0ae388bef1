"""Junos: aggregated interfaces. Source: Junos XML API Operational Developer Reference, `lacp-interface-information`."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.interfaces import INTERFACES
from cpal.drivers.devices.junos.parse.rpc import rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.xml import number, text
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.state import Status

AGGREGATE = re.compile(r"ae\d+")
MEMBER_FAMILY = "aenet"
"""The family of a logical interface that is a member: it says the aggregate's own."""
ACTOR = "Actor"
BUNDLED = "Collecting distributing"
"""The state of LACP's multiplexer in which a member carries traffic. Source: IEEE 802.1AX, 6.4.15."""


def lags() -> Asking[tuple[Lag, ...]]:
    """The aggregated interfaces, with their members. One of which LACP says nothing is static."""
    ports, lacp = yield (INTERFACES, rpc("get-lacp-interface-information", optional=True))
    physical = list(ports.iter("physical-interface"))
    members: dict[str, list[str]] = {}
    for port in physical:
        for family in port.findall("logical-interface/address-family"):
            if text(family, "address-family-name") == MEMBER_FAMILY:
                name = (text(family, "ae-bundle-name") or "").partition(".")[0]
                inside = members.setdefault(name, [])
                inside += [each for each in (text(port, "name"),) if each and each not in inside]
    spoken = [] if lacp is None else list(lacp.iter("lacp-interface-information"))
    told = {text(each, "lag-lacp-header/aggregate-name"): each for each in spoken}
    named = [(text(port, "name") or "", port) for port in physical]
    return tuple(
        _lag(name, port, told.get(name), members.get(name, []))
        for name, port in named if AGGREGATE.fullmatch(name)
    )  # fmt: skip


def _lag(name: str, port: Element, lacp: Element | None, members: list[str]) -> Lag:
    states = {} if lacp is None else {text(each, "name"): each for each in lacp.findall("lag-lacp-protocol")}
    inside = dict.fromkeys([*members, *(each for each in states if each)])
    return Lag(
        name=name,
        oper_status=Status.UP if text(port, "oper-status") == "up" else Status.DOWN,
        mode=LagMode.STATIC if lacp is None else _mode(lacp),
        min_links=number(port, "minimum-links-in-aggregate"),
        members=tuple(_member(each, states.get(each)) for each in inside),
    )


def _mode(lacp: Element) -> LagMode | None:
    own = (each for each in lacp.findall("lag-lacp-state") if text(each, "lacp-role") == ACTOR)
    told = {text(each, "lacp-activity") for each in own}
    return LagMode.ACTIVE if "Active" in told else LagMode.PASSIVE if "Passive" in told else None


def _member(name: str, told: Element | None) -> LagMember:
    state = text(told, "lacp-mux-state")
    return LagMember(interface=name, bundled=None if state is None else state == BUNDLED, state=state)
