"""What a Junos configuration says of VLANs and interfaces, as rows. Pure.

Theory. An interface of the model is two things here: the physical one, which has description, MTU and `disable`, and
its unit 0, which has the rest; an interface that exists only as a unit (`irb.10`, `lo0.0`) is that unit. A port of the
switch is a unit with `family ethernet-switching`, a routed one a unit with `family inet` or `inet6`; never with both.

How VLANs are named is `vlans`'s, and trunks of several units are `tagged`'s.

An MTU is that of the packet. Junos counts the Ethernet header too, except within a family.

Source: Junos OS "Ethernet Switching User Guide" (ELS), "Interfaces Fundamentals".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.junos import tagged
from cpal.drivers.devices.junos.render_leaf import MAC
from cpal.drivers.devices.junos.text import value, values
from cpal.drivers.devices.junos.vlans import INTERFACES, SWITCHING, UNIT, Vlans
from cpal.drivers.devices.parse.tree import Path, Tree
from cpal.drivers.devices.render_switch import (
    ACCESS_VLAN,
    ADDRESS,
    DESCRIPTION,
    ENABLED,
    INTERFACE,
    MODE,
    MTU,
    NATIVE_VLAN,
    TRUNK_VLANS,
    VLAN,
    VLAN_NAME,
    key_of,
    parts_of,
)
from cpal.model.switch import ACCESS, ROUTED, TRUNK

PORTS = re.compile(r"(ge|xe|et)-\d+/\d+/\d+(:\d+)?|ae\d+")
PHYSICAL = re.compile(rf"{PORTS.pattern}|fxp\d+|em\d+|me\d+|vme")
LOGICAL = re.compile(r"(irb|lo0)\.\d+")
BUNDLE = re.compile(r"ae\d+")
INET, INET6 = "family inet", "family inet6"
DISABLED = "disable"
IRB = "irb."
USUAL_MTU = 1500
"""Of the packets of an `irb` interface of which nobody says another."""


def is_logical(name: str) -> bool:
    """Whether an interface is there only by being configured."""
    return bool(LOGICAL.fullmatch(name) or BUNDLE.fullmatch(name))


def is_port(name: str) -> bool:
    """Whether an interface may be a port of the switch."""
    return bool(PORTS.fullmatch(name))


def is_default(row: Row) -> bool:
    """Whether a setting is what it is without being configured."""
    said = row.columns.get(VALUE)
    is_mtu = row.key.table == MTU and said == USUAL_MTU and parts_of(row.key)[0].startswith(IRB)
    return is_mtu or (row.key.table == ENABLED and said is True) or (row.key.table == ACCESS_VLAN and said == 1)


def own_path(name: str) -> Path:
    """The section of an interface: of a unit, where it is one."""
    if LOGICAL.fullmatch(name):
        physical, _, unit = name.partition(".")
        return INTERFACES, physical, f"unit {unit}"
    return INTERFACES, name


def unit_path(name: str) -> Path:
    """The section of the unit that has the addresses and VLANs of an interface."""
    path = own_path(name)
    return path if LOGICAL.fullmatch(name) else (*path, UNIT)


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of a device."""
    known = Vlans(tree)
    found: dict[RowKey, Row] = {}
    for number, path in known.paths.items():
        vlan, name = key_of(VLAN, device, number), key_of(VLAN_NAME, device, number)
        found |= {vlan: Row(vlan), name: Row(name, {VALUE: path[-1]}, (), vlan)}
    for physical, below in tree.get(INTERFACES, {}).items():
        if PHYSICAL.fullmatch(physical):
            found |= _of_interface(device, physical, below, below.get(UNIT, {}), known)
        for line, unit in below.items():
            logical = f"{physical}.{line.removeprefix('unit ')}"
            if LOGICAL.fullmatch(logical):
                found |= _of_interface(device, logical, unit, unit, known)
    return found


def _of_interface(device: str, name: str, own: Tree, unit: Tree, known: Vlans) -> dict[RowKey, Row]:
    within = key_of(INTERFACE, device, name) if is_logical(name) else None
    rows = [Row(within)] if within else []
    for table, said in _settings(name, own, unit, known):
        rows.append(Row(key_of(table, device, name), {VALUE: said}, (), within))
    for family in (INET, INET6):
        for address in values(unit.get(family, {}), "address"):
            rows.append(Row(key_of(ADDRESS, device, name, address), {VALUE: address}, (), within))
    return {row.key: row for row in rows}


def _settings(name: str, own: Tree, unit: Tree, known: Vlans) -> Iterator[tuple[str, Value]]:
    if (text := value(own, "description")) is not None:
        yield DESCRIPTION, text
    yield ENABLED, DISABLED not in own
    mtu = value(own.get(INET, {}) if LOGICAL.fullmatch(name) else own, "mtu")
    if mtu is not None:
        yield MTU, int(mtu) - (0 if LOGICAL.fullmatch(name) else tagged.overhead(own))
    elif name.startswith(IRB):
        yield MTU, USUAL_MTU
    if LOGICAL.fullmatch(name) and (mac := value(own, "mac")) is not None:
        yield MAC, mac.lower()
    if is_port(name):
        yield from _switching(name, own, unit, known)


def _switching(name: str, own: Tree, unit: Tree, known: Vlans) -> Iterator[tuple[str, Value]]:
    if (native := value(own, "native-vlan-id")) is not None:
        yield NATIVE_VLAN, int(native)
    if (carried := tagged.said(name, own, known)) is not None:
        yield MODE, TRUNK
        yield TRUNK_VLANS, carried
        return
    family = unit.get(SWITCHING)
    if family is None:
        if INET in unit or INET6 in unit:
            yield MODE, ROUTED
        return
    members = values(family.get("vlan", {}), "members")
    if value(family, "interface-mode") == TRUNK:
        yield MODE, TRUNK
        if members:
            yield TRUNK_VLANS, tagged.said_of_one(known.said(members), known)
        return
    yield MODE, ACCESS
    said = known.said(members) if members else "1"
    yield ACCESS_VLAN, int(said) if said.isdecimal() else said
