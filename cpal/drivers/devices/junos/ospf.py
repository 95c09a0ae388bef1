"""What a Junos configuration says of OSPF, as rows, and how that is written. Pure.

A process is `protocols ospf`, of the device or of a routing instance, and has no number: rows have it as the first. It
speaks on units, each listed in its area with what is said of it there. Its router ID is that of all protocols.

Other routes it announces by policies of export. One is cpal's, `cpal-ospf` or in a VRF `cpal-ospf-VRF`, with a term for
each protocol of which all routes are accepted: they are external ones of type 2, as nothing else is said of them.

Source: Junos OS OSPF User Guide; CLI Reference, "area", "interface (Protocols OSPF)", "interface-type", "passive
(Protocols OSPF)", "metric (Protocols OSPF Interface)", "export (Protocols OSPF)", "router-id".
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.junos import export_policies
from cpal.drivers.devices.junos.export_policies import ACCEPT
from cpal.drivers.devices.junos.reading import is_logical
from cpal.drivers.devices.junos.services import interface_of, unit_of, vrfs
from cpal.drivers.devices.junos.text import value
from cpal.drivers.devices.junos.vlans import INSTANCES
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_ospf import (
    ALL,
    AREA,
    COST,
    NETWORK_TYPE,
    OSPF,
    OSPF_IN_VRF,
    PASSIVE,
    PASSIVE_DEFAULT,
    REDISTRIBUTE,
    ROUTER_ID_OF_ALL,
    of,
)
from cpal.drivers.devices.render_switch import INTERFACE, device_of, key_of, parts_of
from cpal.errors import Rejected
from cpal.model.ospf import BGP, BROADCAST, CONNECTED, POINT_TO_POINT, STATIC

PROCESS = 1
"""The number that rows have for a process."""
_DEFAULTS = {of(table, PASSIVE_DEFAULT) for table in (OSPF, OSPF_IN_VRF)}
_REDISTRIBUTED = {of(table, REDISTRIBUTE) for table in (OSPF, OSPF_IN_VRF)}
TABLES = frozenset(
    {OSPF, OSPF_IN_VRF, *_DEFAULTS, *_REDISTRIBUTED, ROUTER_ID_OF_ALL, AREA, COST, NETWORK_TYPE, PASSIVE}
)
"""The tables that are read and written here."""
_PROTOCOL, _OPTIONS = ("protocols", "ospf"), ("routing-options",)
_ROUTER_ID, _METRIC, _TYPE, _PASSIVE = "router-id", "metric", "interface-type", "passive"
_TYPES = {"p2p": POINT_TO_POINT}
_WRITTEN = {said: word for word, said in _TYPES.items()}
_ASKED = {CONNECTED: export_policies.CONNECTED, STATIC: "static", BGP: "bgp"}
"""What is redistributed, as a term calls it and asks for it."""
_TERMS = {f"term {asked}": what for what, asked in _ASKED.items()}


def is_default(row: Row) -> bool:
    """Whether a setting is what it is without being configured."""
    return row.key.table in _DEFAULTS or (row.key.table == NETWORK_TYPE and row.columns.get(VALUE) == BROADCAST)


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of OSPF of a device."""
    every = [("", tree), *vrfs(tree)]
    found = [row for vrf, instance in every for row in _of_instance(instance, device, vrf)]
    found += [row for vrf, _ in every for row in _redistributed(tree, device, vrf)]
    return {row.key: row for row in found}


def _redistributed(tree: Tree, device: str, vrf: str) -> Iterator[Row]:
    """What a process announces by cpal's policy; of a term that others changed, all that it says."""
    table, about = OSPF_IN_VRF if vrf else OSPF, (PROCESS, *filter(None, [vrf]))
    within = key_of(table, device, *about)
    above = (INSTANCES, vrf) if vrf else ()
    for line, said in export_policies.terms(tree, (*above, *_PROTOCOL), _policy(above)):
        if (what := _TERMS.get(line)) is not None:
            is_plain = said == {f"from protocol {_ASKED[what]}", ACCEPT}
            key = key_of(of(table, REDISTRIBUTE), device, *about, what)
            yield Row(key, {VALUE: ALL if is_plain else ", ".join(sorted(said))}, (), within)


def _policy(above: Path) -> str:
    return export_policies.name_of("ospf", above)


def _of_instance(instance: Tree, device: str, vrf: str) -> Iterator[Row]:
    table, about = OSPF_IN_VRF if vrf else OSPF, (PROCESS, *filter(None, [vrf]))
    process = section(instance, _PROTOCOL)
    if process is not None:
        yield Row(key_of(table, device, *about))
    if (router_id := value(section(instance, _OPTIONS) or {}, _ROUTER_ID)) is not None:
        yield Row(key_of(ROUTER_ID_OF_ALL, device, *about[1:]), {VALUE: router_id})
    for line, area in (process or {}).items():
        for speaker, below in area.items() if line.startswith("area ") else ():
            port = interface_of(speaker.removeprefix("interface "))
            if speaker.startswith("interface ") and port is not None:
                within = key_of(INTERFACE, device, port) if is_logical(port) else None
                for name, said in _settings(line.removeprefix("area "), below):
                    parts = about if name == AREA else about[1:]
                    yield Row(key_of(name, device, port, *parts), {VALUE: said}, (), within)


def _settings(area: str, speaker: Tree) -> Iterator[tuple[str, Value]]:
    yield AREA, area
    if (metric := value(speaker, _METRIC)) is not None:
        yield COST, int(metric)
    kind = value(speaker, _TYPE)
    yield NETWORK_TYPE, BROADCAST if kind is None else _TYPES.get(kind, kind)
    if _PASSIVE in speaker:
        yield PASSIVE, True


def write(tree: Tree, row: Row) -> None:
    """Have a tree say what a row says.

    Raises:
        Rejected: it belongs into a VRF that is not there.
    """
    above, said = _above(row), row.columns.get(VALUE)
    if above and above[1] not in dict(vrfs(tree)):
        why = f"the switch has no VRF {above[1]!r}"
        raise Rejected(why, key=device_of(row.key), remedy="declare it, or configure it there")
    if row.key.table in (OSPF, OSPF_IN_VRF):
        put(tree, (*above, *_PROTOCOL))
    elif row.key.table == ROUTER_ID_OF_ALL:
        _put_value(put(tree, (*above, *_OPTIONS)), _ROUTER_ID, said)
    elif row.key.table == AREA:
        _move(tree, (*above, *_PROTOCOL), _speaker(row), f"area {said}")
    elif row.key.table in _REDISTRIBUTED:
        _drop_term(tree, row)
        term = _ASKED[parts_of(row.key)[-1]]
        export_policies.write_term(tree, _policy(above), f"term {term}", (f"from protocol {term}",), _TERMS)
        put(tree, (*above, *_PROTOCOL))
        export_policies.settle(tree, (*above, *_PROTOCOL), _policy(above))
    elif row.key.table not in _DEFAULTS:
        _tell(tree, _path_of_speaker(tree, row), row)


def _tell(tree: Tree, path: Path | None, row: Row) -> None:
    """Have an interface say what a row says, where it is in an area."""
    said = row.columns[VALUE]
    if path is None:
        return
    below = put(tree, path)
    if row.key.table == COST:
        _put_value(below, _METRIC, said)
    elif row.key.table == PASSIVE:
        below.setdefault(_PASSIVE, {})
    else:
        _put_value(below, _TYPE, None if said == BROADCAST else _WRITTEN.get(str(said), str(said)))


def _drop_term(tree: Tree, row: Row) -> None:
    """Have cpal's policy say nothing of what a row redistributes."""
    drop(tree, (*export_policies.policy(_policy(_above(row))), f"term {_ASKED[parts_of(row.key)[-1]]}"))


def _move(tree: Tree, process: Path, speaker: str, area: str) -> None:
    """Have an interface in an area, with all that is said of it where it was."""
    held: Tree = {}
    for line in list(section(tree, process) or {}):
        found = section(tree, (*process, line, speaker))
        if found is not None and line != area:
            held = found
            drop(tree, (*process, line, speaker))
            _drop_empty(tree, (*process, line))
    put(tree, (*process, area)).setdefault(speaker, held)


def erase(tree: Tree, before: Tree, row: Row) -> None:
    """Have a tree say nothing of a row, with the sections that are empty without it and were not `before`."""
    table, above = row.key.table, _above(row)
    if table in (OSPF, OSPF_IN_VRF):
        path: Path = (*above, *_PROTOCOL)
        drop(tree, path)
    elif table == ROUTER_ID_OF_ALL:
        path = (*above, *_OPTIONS, f"{_ROUTER_ID} {row.columns[VALUE]}")
        drop(tree, path)
    elif table in _REDISTRIBUTED:
        _drop_term(tree, row)
        export_policies.settle(tree, (*above, *_PROTOCOL), _policy(above))
        if section(before, export_policies.OPTIONS) != {}:
            _drop_empty(tree, export_policies.OPTIONS)
        return
    else:
        found = _path_of_speaker(tree, row)
        if found is None or table in _DEFAULTS:
            return
        path = found
        if table == AREA:
            drop(tree, path)
        else:
            _put_value(section(tree, path) or {}, {COST: _METRIC, NETWORK_TYPE: _TYPE, PASSIVE: _PASSIVE}[table], None)
            return
    for depth in range(len(path) - 1, len(above), -1):
        if section(before, path[:depth]) != {}:
            _drop_empty(tree, path[:depth])


def _above(row: Row) -> Path:
    """The routing instance that a row is of; nothing for the device itself."""
    table, parts = row.key.table, parts_of(row.key)
    vrf = parts[2:] if table == AREA else parts if table == ROUTER_ID_OF_ALL else parts[1:]
    vrf = parts[1:-1] if table in _REDISTRIBUTED else vrf
    return (INSTANCES, vrf[0]) if vrf else ()


def _speaker(row: Row) -> str:
    return f"interface {unit_of(parts_of(row.key)[0])}"


def _path_of_speaker(tree: Tree, row: Row) -> Path | None:
    """Where an interface stands in its process, or None where it is in no area of that."""
    process, speaker = (*_above(row), *_PROTOCOL), _speaker(row)
    areas = (line for line, below in (section(tree, process) or {}).items() if speaker in below)
    area = next(areas, None)
    return None if area is None else (*process, area, speaker)


def _put_value(below: Tree, word: str, said: Value | None) -> None:
    """Have a section say a value, or none."""
    for line in [line for line in below if line == word or line.startswith(f"{word} ")]:
        del below[line]
    if said is not None:
        below[f"{word} {said}"] = {}


def _drop_empty(tree: Tree, path: Path) -> None:
    if section(tree, path) == {}:
        drop(tree, path)
