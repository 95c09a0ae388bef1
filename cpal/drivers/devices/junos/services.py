"""What a Junos configuration says of VRFs, static routes and servers, and how that is written. Pure.

A VRF is a routing instance, of the type `virtual-router` where cpal makes it: it routes IPv4 and IPv6, and is exported
nowhere. Its interfaces are units, listed in it. Routes of IPv6 stand in the table they are for. A server is there once,
and its VRF is one of its settings.

Source: Junos OS "Routing Instances", "Static Routes", "Network Time Protocol", "System Log Explorer"; CLI Reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import VALUE, Row, RowKey
from cpal.drivers.devices.junos.reading import LOGICAL, PHYSICAL, is_logical
from cpal.drivers.devices.junos.text import value, values
from cpal.drivers.devices.junos.vlans import INSTANCES, UNIT
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_device import NTP, ROUTES, SYSLOG, VRF, VRF_NTP, VRF_ROUTES, VRF_SYSLOG
from cpal.drivers.devices.render_switch import INTERFACE, INTERFACE_VRF, device_of, key_of, parts_of
from cpal.errors import Rejected

SERVICES = frozenset({VRF, INTERFACE_VRF, ROUTES, VRF_ROUTES, NTP, VRF_NTP, SYSLOG, VRF_SYSLOG})
"""The tables that are read and written here."""
_VRFS = ("virtual-router", "vrf")
"""The types of an instance that is a VRF."""
_INSTANCE = "routing-instance"
_SERVERS = {NTP: (("system", "ntp"), "server"), SYSLOG: (("system", "syslog"), "host")}
_IN_VRF = {NTP: VRF_NTP, SYSLOG: VRF_SYSLOG}
_DEFAULT = {other: table for table, other in _IN_VRF.items()}


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of these of a device."""
    found = [*_routes(tree, device, ""), *_servers(tree, device)]
    for name, instance in vrfs(tree):
        found.append(Row(key_of(VRF, device, name)))
        found += _routes(instance, device, name)
        for unit in values(instance, "interface"):
            if (port := interface_of(unit)) is not None:
                within = key_of(INTERFACE, device, port) if is_logical(port) else None
                found.append(Row(key_of(INTERFACE_VRF, device, port), {VALUE: name}, (), within))
    return {row.key: row for row in found}


def vrfs(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The instances that are VRFs, by their names."""
    instances = tree.get(INSTANCES, {})
    return ((name, below) for name, below in instances.items() if value(below, "instance-type") in _VRFS)


def _routes(tree: Tree, device: str, vrf: str) -> Iterator[Row]:
    for family in ("4", "6"):
        for line, below in (section(tree, _static(vrf, family)) or {}).items():
            destination = line.removeprefix("route ")
            for nexthop in values(below, "next-hop") if line.startswith("route ") else ():
                words = (destination, nexthop)
                key = key_of(VRF_ROUTES, device, vrf, *words) if vrf else key_of(ROUTES, device, *words)
                yield Row(key, {VALUE: nexthop})


def _servers(tree: Tree, device: str) -> Iterator[Row]:
    for table, (above, word) in _SERVERS.items():
        for line, below in (section(tree, above) or {}).items():
            if line.startswith(f"{word} "):
                address, vrf = line.removeprefix(f"{word} "), value(below, _INSTANCE)
                key = key_of(_IN_VRF[table], device, vrf, address) if vrf else key_of(table, device, address)
                yield Row(key, {VALUE: address})


def write(tree: Tree, row: Row) -> None:
    """Have a tree say what a row says.

    Raises:
        Rejected: it belongs into a VRF that is not there.
    """
    path = _path(row)
    if path[0] == INSTANCES and row.key.table != VRF and path[1] not in dict(vrfs(tree)):
        why = f"the switch has no VRF {path[1]!r}"
        raise Rejected(why, key=device_of(row.key), remedy="declare it, or configure it there")
    if row.key.table == INTERFACE_VRF:
        _take_out(tree, path[-1])
    if row.key.table in (ROUTES, VRF_ROUTES):
        _insert(put(tree, path[:-1]), path[-1])
        return
    below = put(tree, path)
    if row.key.table == VRF and value(below, "instance-type") is None:
        below["instance-type virtual-router"] = {}
    if row.key.table in (SYSLOG, VRF_SYSLOG) and all(line.startswith(_INSTANCE) for line in below):
        below["any any"] = {}
    if row.key.table in _DEFAULT:
        below[f"{_INSTANCE} {parts_of(row.key)[0]}"] = {}


def _insert(route: Tree, nexthop: str) -> None:
    """Have a next hop in a route, before those that are greater, so that the order follows from what is to be."""
    held = list(route.items())
    at = next((n for n, (line, _) in enumerate(held) if line.startswith("next-hop ") and line > nexthop), len(held))
    if nexthop not in route:
        route.clear()
        route.update((*held[:at], (nexthop, {}), *held[at:]))


def erase(tree: Tree, before: Tree, row: Row) -> None:
    """Have a tree say nothing of a row, with the sections that are empty without it and were not `before`."""
    path = _path(row)
    if row.key.table == INTERFACE_VRF:
        _take_out(tree, path[-1])
    else:
        drop(tree, path)
    if row.key.table in (ROUTES, VRF_ROUTES) and not values(section(tree, path[:-1]) or {}, "next-hop"):
        drop(tree, path[:-1])
    for depth in range(len(path) - 1, 0, -1):
        if section(tree, path[:depth]) == {} and section(before, path[:depth]) != {}:
            drop(tree, path[:depth])


def _take_out(tree: Tree, line: str) -> None:
    for _, instance in vrfs(tree):
        instance.pop(line, None)


def _path(row: Row) -> Path:
    """Where a row stands."""
    table, parts = row.key.table, parts_of(row.key)
    if table == VRF:
        return INSTANCES, parts[0]
    if table == INTERFACE_VRF:
        return INSTANCES, str(row.columns[VALUE]), f"interface {unit_of(parts[0])}"
    if table in (ROUTES, VRF_ROUTES):
        vrf = parts[0] if table == VRF_ROUTES else ""
        destination, nexthop = parts[-2:]
        static = _static(vrf, "6" if ":" in destination else "4")
        above = (INSTANCES, vrf) if vrf else ()
        return (*above, *static, f"route {destination}", f"next-hop {nexthop}")
    above, word = _SERVERS[_DEFAULT.get(table, table)]
    return (*above, f"{word} {parts[-1]}")


def _static(vrf: str, family: str) -> Path:
    """Where the routes of a family stand, in what has them."""
    if family == "4":
        return "routing-options", "static"
    return "routing-options", f"rib {vrf}.inet6.0" if vrf else "rib inet6.0", "static"


def unit_of(interface: str) -> str:
    """The unit by which an instance lists an interface."""
    return interface if LOGICAL.fullmatch(interface) else f"{interface}.{UNIT.removeprefix('unit ')}"


def interface_of(unit: str) -> str | None:
    """The interface that a unit is of, where records tell of it."""
    physical, _, number = unit.partition(".")
    if LOGICAL.fullmatch(unit):
        return unit
    return physical if number == "0" and PHYSICAL.fullmatch(physical) else None
