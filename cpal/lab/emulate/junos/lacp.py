"""What an emulated Junos device tells of its aggregated interfaces. Source: Junos XML API operational reference."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.junos import state
from cpal.lab.emulate.junos.checks import lag_of
from cpal.lab.emulate.junos.configuration import below
from cpal.lab.emulate.junos.xml import built, fields


def information(device: Device, rpc: Element) -> Element:
    """The aggregates that speak LACP, whose partners answer on every cable that is in."""
    found = built("lacp-interface-information-list")
    ports = state.interfaces(device)
    for each in ports:
        lacp = below(each.section, ("aggregated-ether-options",), ("lacp",)) if each.section else None
        if lacp is None:
            continue
        activity = "Active" if lacp.has("active") else "Passive"
        entry = built("lacp-interface-information", built("lag-lacp-header", *fields(aggregate_name=each.name)))
        members = [port for port in ports if port.section is not None and lag_of(port.section) == each.name]
        for port in members:
            entry.append(_state(port.name, "Actor", activity, port.up))
            entry.append(_state(port.name, "Partner", "Active" if port.up else "Passive", port.up))
        entry.extend(_protocol(port.name, port.up) for port in members)
        found.append(entry)
    return found


def _state(name: str, role: str, activity: str, up: bool) -> Element:
    yes, no = ("Yes", "No") if up else ("No", "Yes")
    return built(
        "lag-lacp-state",
        *fields(
            name=name, lacp_role=role, lacp_expired="No", lacp_defaulted=no, lacp_distributing=yes,
            lacp_collecting=yes, lacp_synchronization=yes, lacp_aggregation="Yes", lacp_timeout="Fast",
            lacp_activity=activity,
        ),
    )  # fmt: skip


def _protocol(name: str, up: bool) -> Element:
    return built(
        "lag-lacp-protocol",
        *fields(
            name=name, lacp_receive_state="Current" if up else "Port disabled",
            lacp_transmit_state="Fast periodic" if up else "No periodic",
            lacp_mux_state="Collecting distributing" if up else "Detached",
        ),
    )  # fmt: skip


def membership(port: state.Physical, terse: bool) -> list[Element]:
    """The logical interface that a member of an aggregate has, though none is configured; none of other interfaces."""
    name = lag_of(port.section) if port.section is not None else ""
    if not name:
        return []
    unit = built("logical-interface", *fields(name=f"{port.name}.0"))
    if terse:
        word = "up" if port.up else "down"
        unit.extend(fields(admin_status="up" if port.enabled else "down", oper_status=word))
    else:
        unit.append(built("if-config-flags", built("iff-up" if port.enabled else "iff-down")))
    unit.append(built("address-family", *fields(address_family_name="aenet", ae_bundle_name=f"{name}.0")))
    return [unit]
