"""IOS: ARP, neighbour discovery, MAC addresses, LLDP. Source: text of each command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.ios.parse.names import first, port, spelled
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.lldp import capabilities
from cpal.drivers.devices.parse.values import ip, mac
from cpal.errors import Invalid
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor

MINUTE = 60
MAC = r"[0-9a-fA-F]{1,4}\.[0-9a-fA-F]{1,4}\.[0-9a-fA-F]{1,4}"
ARP = re.compile(rf"^Internet\s+([\d.]+)\s+(\d+|-)\s+({MAC})\s+\S+(?:\s+(\S+))?\s*$", re.MULTILINE)
ND = re.compile(rf"^([0-9A-Fa-f:]+)\s+(\d+|-)\s+({MAC}|-)\s+(\S+)\s+(\S+)\s*$", re.MULTILINE)


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours; IOS counts their age in minutes."""
    (text,) = yield (Ask("show arp | exclude Incomplete", TEXT),)
    return tuple(
        Neighbor(
            ip=ip(address), link_layer_address=mac(told), interface=port(name) if name else None, age_s=_minutes(age)
        )
        for address, age, told, name in ARP.findall(text)
    )


def _minutes(age: str) -> float | None:
    return float(age) * MINUTE if age.isdigit() else None


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv6 neighbours; IOS counts their age in minutes."""
    (text,) = yield (Ask("show ipv6 neighbors", TEXT),)
    return tuple(
        Neighbor(
            ip=ip(address),
            link_layer_address=None if told == "-" else mac(told),
            interface=port(name),
            spelled=spelled(name),
            age_s=_minutes(age),
            state=state,
        )
        for address, age, told, state, name in ND.findall(text)
    )


STATIC = ("self", "static", "system")
OF_THE_DEVICE = re.compile(r"(?i)cpu|.*(router|switch)")
MARKS = r"[\s*RSD#]*"
"""What stands before a VLAN: primary, of the router, secure, duplicate, of the fabric; several with blanks between."""
FORMATS = (
    # Destination Address  Address Type  VLAN  Destination Port
    re.compile(rf"^(?P<mac>{MAC})\s+(?P<type>\S+)\s+(?P<vlan>\d+)\s+(?P<ports>\S+)\s*$"),
    # vlan   mac address     type    learn     age              ports
    re.compile(
        rf"^{MARKS}(?P<vlan>\d+|---|N/A)\s+(?P<mac>{MAC})\s+(?P<type>\S+)\s+(?:Yes|No)\s+\S+(?:\s+(?P<ports>\S.*?))?\s*$"
    ),
    # vlan   mac address     type        protocols               port
    re.compile(
        rf"^{MARKS}(?P<vlan>\d+|---|All)\s+(?P<mac>{MAC})\s+(?P<type>\S+)\s+[a-z][a-z,]*\s+(?P<ports>[A-Z]\S*)\s*$"
    ),
    # the same of a routed port, which has no VLAN
    re.compile(rf"^\s*(?P<routed>[A-Z][a-z]\S*\d)\s+(?P<mac>{MAC})\s+(?P<type>\S+)(?:\s+\S+)?\s+(?P<ports>\S+)\s*$"),
    # Vlan    Mac Address       Type        Ports
    re.compile(rf"^{MARKS}(?P<vlan>\d+|---|All)\s+(?P<mac>{MAC})\s+(?P<type>\S+)(?:\s+(?P<ports>\S.*?))?\s*$"),
)
"""Lines of the table on each platform."""
CONTINUED = re.compile(r"^\s{32,}(\S.*?)\s*$")
ADDRESS = re.compile(MAC)


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses, learned and set: one entry for each interface of one.

    A Catalyst 6500 tells the table of each of its forwarding engines: what several hold is told once.
    """
    (text,) = yield (Ask("show mac address-table", TEXT),)
    return tuple(dict.fromkeys(_mac_entries(text)))


def _mac_entries(text: str) -> Iterator[MacEntry]:
    last: dict[str, str | None] = {}
    for line in text.splitlines():
        found = next((match for pattern in FORMATS if (match := pattern.match(line))), None)
        if found:
            last = found.groupdict()
            ports = last.get("routed") or last.get("ports") or ""
        elif last and (more := CONTINUED.match(line)):
            ports = more[1]
        elif ADDRESS.search(line):
            raise ValueError(f"a line of the table is in no form that is known: {line.strip()}")
        else:
            continue
        for name in re.split(r"[,\s]+", ports.strip(", ")):
            yield _mac_entry(last, name)


def _mac_entry(told: dict[str, str | None], name: str) -> MacEntry:
    static = (told["type"] or "").lower() in STATIC
    vlan = told.get("vlan") or ""
    own = not name or (static and bool(OF_THE_DEVICE.match(name)))
    return MacEntry(
        mac_address=mac(told["mac"] or ""),
        interface=None if own else port(name),
        spelled=None if own else spelled(name),
        vlan=int(vlan) if vlan.isdigit() else None,
        static=static,
        active=True,
    )


LOCAL_INTERFACE = r"^Local Int(?:er)?f(?:ace)?[ \t]*[:-]"
LOCAL = re.compile(r"^.{20}(\S+)\s+\d+\s+\S*\s", re.MULTILINE)
"""A line of the brief table: the neighbour's name fills 20 columns, without a blank behind a long one."""


def lldp_neighbors_detail() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours; older releases tell the local interface in the brief table only, in the same order."""
    (text,) = yield (Ask("show lldp neighbors detail", TEXT),)
    sections = _lldp_sections(text)
    names = [first(rf"{LOCAL_INTERFACE}\s+(\S+)", section) for section in sections]
    if sections and not names[0]:
        (brief,) = yield (Ask("show lldp neighbors", TEXT),)
        names = [name for name in LOCAL.findall(brief.partition("Device ID")[2]) if re.search(r"\d", name)]
        if len(names) != len(sections):
            raise Invalid("neighbours came or went between two commands", wanted=len(sections), seen=len(names))
    return tuple(_lldp_neighbor(section, name or "") for section, name in zip(sections, names, strict=True))


def _lldp_sections(text: str) -> list[str]:
    """The text of each neighbour: from its local interface on, or from its chassis where that is not told."""
    starts = f"(?={LOCAL_INTERFACE})" if re.search(LOCAL_INTERFACE, text, re.MULTILINE) else r"^(?=Chassis id)"
    return [part for part in re.split(starts, text, flags=re.MULTILINE) if re.search("^Chassis id", part, re.MULTILINE)]


def _value(word: str, section: str) -> str | None:
    found = first(rf"^{word}[ \t]*[:-][ \t]+(\S.*)$", section)
    return None if found is None or "not advertised" in found else found


def _lldp_neighbor(section: str, name: str) -> LldpNeighbor:
    chassis = _value("Chassis id", section)
    description = re.search(r"^System Description:[ \t]*\n(.*?)\n\s*\n", f"{section}\n\n", re.MULTILINE | re.DOTALL)
    whole = (
        description[1].split("\nTime remaining")[0].strip() if description else _value("System Description", section)
    )
    return LldpNeighbor(
        interface=port(name),
        chassis_id=mac(chassis) if chassis and ADDRESS.fullmatch(chassis) else chassis,
        port_id=_value("Port id", section),
        port_description=_value("Port Description", section),
        system_name=_value("System Name", section),
        system_description=whole or None,
        capabilities=capabilities(_value("System Capabilities", section)),
        enabled_capabilities=capabilities(_value("Enabled Capabilities", section)),
    )
