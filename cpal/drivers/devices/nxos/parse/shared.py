"""NX-OS over either transport: LLDP, whose JSON differs between releases, and so is read from text; counters."""

from __future__ import annotations

import re
from typing import Any

from cpal.drivers.devices.nxos.parse.tables import port, rows, vrf_or_none
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.lldp import capabilities
from cpal.drivers.devices.parse.values import ip, mac, seconds
from cpal.model.device.interface import Counters
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor

DOTTED = re.compile(r"[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}")
NOT_TOLD = ("not advertised", "null")


def lldp_neighbors_detail() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, with all that they tell."""
    (text,) = yield (Ask("show lldp neighbors detail", TEXT),)
    sections = re.split(r"^(?=Chassis id)", text, flags=re.MULTILINE)
    return tuple(_neighbor(section) for section in sections if section.startswith("Chassis id"))


def _value(word: str, section: str) -> str | None:
    found = re.search(rf"^{word}:[ \t]+(\S.*?)\s*$", section, re.MULTILINE)
    return None if found is None or found[1] in NOT_TOLD else found[1]


def _neighbor(section: str) -> LldpNeighbor:
    chassis = _value("Chassis id", section)
    return LldpNeighbor(
        interface=port(_value("Local Port id", section) or ""),
        chassis_id=mac(chassis) if chassis and DOTTED.fullmatch(chassis) else chassis,
        port_id=_value("Port id", section),
        port_description=_value("Port Description", section),
        system_name=_value("System Name", section),
        system_description=_value("System Description", section),
        capabilities=capabilities(_value("System Capabilities", section)),
        enabled_capabilities=capabilities(_value("Enabled Capabilities", section)),
    )


ND = re.compile(
    r"^([\da-fA-F:.]*:[\da-fA-F:.]*)\s+(\S+)\s+([\da-f]{4}\.[\da-f]{4}\.[\da-f]{4})\s+\d+\s+\S+\s+([A-Za-z]\S*)",
    re.MULTILINE,
)
"""An address, behind which the line may be broken, its age, MAC address, preference, source and interface."""
UNRESOLVED = "0000.0000.0000"


def ipv6_neighbors_table(suffix: str = "") -> Asking[tuple[Neighbor, ...]]:
    """IPv6 neighbours of every VRF; in which they are, their interfaces tell."""
    text, members = yield (
        Ask("show ipv6 neighbor vrf all", TEXT, optional=True),
        Ask(f"show vrf interface{suffix}", JSON, optional=True),
    )
    vrf_of = {each["if_name"]: vrf_or_none(each["vrf_name"]) for each in rows(members, "TABLE_if", "ROW_if")}
    return tuple(
        Neighbor(
            ip=ip(address),
            link_layer_address=None if told == UNRESOLVED else mac(told),
            interface=port(name),
            vrf=vrf_of.get(port(name)),
            age_s=seconds(age),
        )
        for address, age, told, name in ND.findall(text or "")
    )


def interfaces_counters_ssh() -> Asking[tuple[Counters, ...]]:
    """Counters of interfaces, over SSH."""
    detailed, state = yield (
        Ask("show interface counters detailed | json", JSON, optional=True), Ask("show interface | json", JSON),
    )  # fmt: skip
    more = {each["interface"]: each for each in rows(detailed, "TABLE_interface", "ROW_interface")}
    found = rows(state, "TABLE_interface", "ROW_interface")
    return tuple(_counters({**each, **more.get(each["interface"], {})}) for each in found if _counts(each["interface"]))


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """Counters of interfaces, over NX-API."""
    (reply,) = yield (Ask("show interface", JSON),)
    found = rows(reply, "TABLE_interface", "ROW_interface")
    return tuple(_counters(each) for each in found if _counts(each["interface"]))


def _counts(name: str) -> bool:
    """Whether an interface of that name has counters of its own."""
    return name.startswith(("Ether", "port-channel", "mgmt"))


def _counters(told: dict[str, Any]) -> Counters:
    def count(*names: str) -> int | None:
        return next((int(told[name]) for name in names if name in told), None)

    return Counters(
        interface=told["interface"],
        in_octets=count("eth_inbytes", "mgmt_in_bytes", "vdc_lvl_in_bytes"),
        in_unicast_pkts=count("eth_inucast", "vdc_lvl_in_ucast"),
        in_multicast_pkts=count("eth_inmcast", "mgmt_in_mcast", "vdc_lvl_in_mcast"),
        in_broadcast_pkts=count("eth_inbcast", "vdc_lvl_in_bcast"),
        in_discards=count("eth_indiscard"),
        in_errors=count("eth_inerr"),
        out_octets=count("eth_outbytes", "mgmt_out_bytes", "vdc_lvl_out_bytes"),
        out_unicast_pkts=count("eth_outucast", "vdc_lvl_out_ucast"),
        out_multicast_pkts=count("eth_outmcast", "mgmt_out_mcast", "vdc_lvl_out_mcast"),
        out_broadcast_pkts=count("eth_outbcast", "vdc_lvl_out_bcast"),
        out_discards=count("eth_outdiscard"),
        out_errors=count("eth_outerr"),
    )


BEHIND = re.compile(r"(nve\d+)\(([\d.]+)\)")
"""A tunnel interface with the other end of the tunnel."""
OF_THE_DEVICE = re.compile(r"(?i)cpu|.*(router|switch)")
DROPPED = "drop"


def mac_entry(
    vlan: str, address: str, name: str, *, static: bool, active: bool = True, spelled: str | None = None
) -> MacEntry:
    """An address of the table with one of its interfaces; what is dropped, or is the device's own, is at none."""
    tunnel = BEHIND.fullmatch(name)
    nowhere = not name or name.lower() == DROPPED or (static and OF_THE_DEVICE.match(name))
    return MacEntry(
        mac_address=mac(address),
        interface=tunnel[1] if tunnel else None if nowhere else port(name),
        spelled=spelled,
        remote_vtep=tunnel[2] if tunnel else None,
        vlan=(int(vlan) or None) if vlan.isdigit() else None,
        static=static,
        active=active,
    )
