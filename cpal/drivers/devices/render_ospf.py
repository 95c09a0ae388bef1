"""From OSPF processes to what switches should hold, in no make's words, and back. Pure.

A process is a row, and each of its settings. That of the default VRF and that of another are tables of their own, as
makes write them apart: a row of the other is about the process and its VRF. What an interface says is about it, and
about the process and the VRF too, where a make names these there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from cpal.core.driver import Render
from cpal.core.rows import VALUE, Row, RowKey, Table, Value
from cpal.core.view import View
from cpal.drivers.devices.render_switch import (
    AS,
    INTERFACE,
    INTERFACE_VRF,
    MODE,
    Fields,
    device_of,
    is_at,
    key_of,
    parts_of,
    routes,
    routing,
    setting_table,
)
from cpal.model.bgp import Bgp
from cpal.model.ospf import BGP, CONNECTED, NETWORK_TYPES, REDISTRIBUTED, Ospf, OspfInterface, area_id
from cpal.model.switch import ACCESS, TRUNK

OSPF, OSPF_IN_VRF = "ospf", "ospf_in_vrf"
ROUTER_ID, PASSIVE_DEFAULT, PATHS = "router_id", "passive_default", "maximum_paths"
REDISTRIBUTE, PASSIVE_INTERFACES = "redistribute", "passive_interfaces"
AREA, COST, NETWORK_TYPE, PASSIVE = (
    "interface.ospf_area", "interface.ospf_cost", "interface.ospf_network_type", "interface.ospf_passive",
)  # fmt: skip
ROUTER_ID_OF_ALL = "router_id"
"""The router ID of all protocols, of a device or of a VRF, where a make has no other."""
DIRECT = "direct"
"""What NX-OS calls routes to what is connected."""
ALL = "all"
"""What is redistributed of which no line picks some."""
_WORDS = {
    ROUTER_ID: "router ID of an OSPF process",
    PASSIVE_DEFAULT: "whether interfaces of an OSPF process are passive",
    PATHS: "paths of an OSPF process",
}
_EDGES = {
    REDISTRIBUTE: "routes that an OSPF process announces",
    PASSIVE_INTERFACES: "passive interface of an OSPF process",
}


def of(table: str, setting: str) -> str:
    """The table of a setting of a process, in the default VRF or in another."""
    return f"{table}.{setting}"


TABLES: Mapping[str, Table] = {
    OSPF: Table(frozenset(), 50, "OSPF process"),
    OSPF_IN_VRF: Table(frozenset(), 51, "OSPF process in a VRF", {OSPF: "vrfs"}),
    **{
        of(table, name): Table(frozenset({VALUE}), 52, word, {table: name}, edge=name in _EDGES)
        for table in (OSPF, OSPF_IN_VRF)
        for name, word in {**_WORDS, **_EDGES}.items()
    },
    ROUTER_ID_OF_ALL: Table(frozenset({VALUE}), 49, "router ID"),
    AREA: setting_table(AREA, 53, "OSPF area of an interface"),
    COST: setting_table(COST, 54, "OSPF cost of an interface"),
    NETWORK_TYPE: setting_table(NETWORK_TYPE, 54, "OSPF network type of an interface"),
    PASSIVE: setting_table(PASSIVE, 54, "whether an interface is passive in OSPF"),
}
"""Every table that these rows may be rendered in."""


class Manner(NamedTuple):
    """Where a make says what of OSPF."""

    names_process: bool = False
    """Whether an interface names the process that it is of."""
    names_vrf: bool = False
    """Whether what is said of an interface stands in the VRF of the process."""
    tells_passive: bool = False
    """Whether an interface says that it is passive; else its process does."""
    shares_router_id: bool = False
    """Whether its router ID is that of all protocols."""
    routes_when_told: bool = False
    """Whether its switches route only when they are told to."""
    nests_vrfs: bool = False
    """Whether what is in a VRF stands in the process of its number."""
    connected: str = CONNECTED
    """What its switches call routes to what is connected."""
    names_as: bool = False
    """Whether BGP's routes are redistributed by the number of the AS."""
    route_map: Callable[[View, str], Iterator[RowKey]] = lambda view, device: iter(())
    """The route map that routes are redistributed through, where nothing else makes it at a device."""


def rendering(driver: str, manner: Manner, is_logical: Callable[[str], bool]) -> Mapping[str, Render]:
    """What a process gives for a make, on which interfaces exist only by being configured if `is_logical`."""

    def render(view: View, record: Ospf) -> list[Row]:
        if not is_at(view, record.device, driver):
            return []
        within = [
            key_of(INTERFACE, record.device, each.interface) if is_logical(each.interface) else None
            for each in record.interfaces
        ]
        rows = [*_process(view, record, manner), *(routing(view, record) if manner.routes_when_told else ())]
        for each, interface in zip(record.interfaces, within, strict=True):
            rows += _interface(record, each, manner, interface)
        return rows

    return {"ospf": render}


def _process(view: View, record: Ospf, manner: Manner) -> Iterator[Row]:
    table, because = OSPF_IN_VRF if record.vrf else OSPF, (record.key,)
    about = (record.process, *filter(None, [record.vrf]))
    key, outer = key_of(table, record.device, *about), None
    if record.vrf and manner.nests_vrfs:
        outer = key_of(OSPF, record.device, record.process)
        if _is_first(view, record, lambda other: other.process == record.process):
            yield Row(outer, {}, because)
    yield Row(key, {}, because, outer)

    def row(setting: str, value: Value, *more: str) -> Row:
        return Row(key_of(of(table, setting), record.device, *about, *more), {VALUE: value}, because, key)

    yield row(PASSIVE_DEFAULT, record.passive_default)
    if record.router_id and manner.shares_router_id:
        shared = key_of(ROUTER_ID_OF_ALL, record.device, *about[1:])
        yield Row(shared, {VALUE: record.router_id}, because)
    elif record.router_id:
        yield row(ROUTER_ID, record.router_id)
    if record.maximum_paths is not None:
        yield row(PATHS, record.maximum_paths)
    for each in record.redistribute:
        number = _asn(view, record.device) if each == BGP and manner.names_as else ALL
        if number:
            yield row(REDISTRIBUTE, number, manner.connected if each == CONNECTED else each)
    if record.redistribute and _is_first(view, record, lambda other: bool(other.redistribute)):
        yield from (Row(key, {}, because) for key in manner.route_map(view, record.device))
    for speaker in record.interfaces if not manner.tells_passive else ():
        if speaker.passive not in (None, record.passive_default):
            yield row(PASSIVE_INTERFACES, speaker.passive, speaker.interface)


def _is_first(view: View, record: Ospf, is_like: Callable[[Ospf], bool]) -> bool:
    """Whether a process is the first of those like it on the device, and so makes what they share."""
    others: list[Ospf] = view.find("ospf.device", record.device)
    return min(filter(is_like, others), key=lambda each: (each.vrf, each.id)).id == record.id


def _asn(view: View, device: str) -> str:
    """The number of a device's AS; "" where none is declared."""
    every: list[Bgp] = view.find("bgp.device", device)
    return str(min(each.asn for each in every)) if every else ""


def _interface(record: Ospf, each: OspfInterface, manner: Manner, within: RowKey | None) -> Iterator[Row]:
    vrf = [record.vrf] if record.vrf and manner.names_vrf else []
    process = [record.process] if manner.names_process else []

    def row(table: str, value: Value, *about: object) -> Row:
        key = key_of(table, record.device, each.interface, *about, *vrf)
        return Row(key, {VALUE: value}, (record.key,), within)

    yield row(AREA, area_id(each.area), *process)
    if each.cost is not None:
        yield row(COST, each.cost)
    if each.network_type:
        yield row(NETWORK_TYPE, each.network_type)
    if manner.tells_passive and each.passive not in (None, record.passive_default):
        yield row(PASSIVE, each.passive)


class _Found:
    """What is found of processes: the fields of each by device and VRF, and of each interface."""

    def __init__(self, rows: Mapping[RowKey, Row], is_default: Callable[[Row], bool]) -> None:
        self.rows = {key: row for key, row in sorted(rows.items()) if key.table in TABLES and not is_default(row)}
        self.all = rows
        self.processes: dict[tuple[str, str], dict[str, Any]] = {}
        self.speakers: dict[tuple[str, str], dict[str, Any]] = {}
        self.left_out: list[RowKey] = []
        self._around = self._only_around()

    def _only_around(self) -> set[tuple[str, str]]:
        """The processes, by device and number, of which nothing is said but what is in VRFs."""
        around, said = set[tuple[str, str]](), set[tuple[str, str]]()
        for key in self.rows:
            device, about = device_of(key), parts_of(key)
            if key.table == OSPF_IN_VRF:
                around.add((device, about[0]))
            elif key.table.startswith(f"{OSPF}."):
                said.add((device, about[0]))
            elif key.table == AREA and key_of(INTERFACE_VRF, device, about[0]) not in self.all:
                said.add((device, "".join(about[1:])))
        return around - said

    def read(self) -> None:
        """Go through the rows: what is there first, then what is said of it."""
        for tables, note in (
            ((OSPF, OSPF_IN_VRF), self._note_process),
            ((AREA,), self._note_area),
            (TABLES.keys() - {OSPF, OSPF_IN_VRF, AREA}, self._note_setting),
        ):
            for key, row in self.rows.items():
                if key.table in tables and not note(key, row):
                    self.left_out.append(key)

    def _note_process(self, key: RowKey, row: Row) -> bool:
        """Of several in one VRF, the first is said; of one that has no number, nothing."""
        number, vrf = (*parts_of(key), "")[:2]
        if key.table == OSPF and (device_of(key), number) in self._around:
            return True
        if not number.isdecimal() or not (vrf or routes(self.all, device_of(key))):
            return False
        if (device_of(key), vrf) in self.processes:
            return False
        fields = {"device": device_of(key), "vrf": vrf, "process": int(number)}
        self.processes[device_of(key), vrf] = fields
        return True

    def _note_area(self, key: RowKey, row: Row) -> bool:
        device, (port, *number) = device_of(key), parts_of(key)
        mode, there = (self.all.get(key_of(table, device, port)) for table in (MODE, INTERFACE_VRF))
        if mode is not None and mode.columns[VALUE] in (ACCESS, TRUNK):
            return False
        vrf = str(there.columns[VALUE]) if there is not None else ""
        process = self.processes.get((device, vrf))
        if process is None or (device, port) in self.speakers:
            return False
        if number not in ([], [vrf], [str(process["process"])], [str(process["process"]), vrf]):
            return False
        fields = {"interface": port, "area": row.columns[VALUE]}
        self.speakers[device, port] = fields
        process.setdefault("interfaces", []).append(fields)
        return True

    def _note_setting(self, key: RowKey, row: Row) -> bool:
        device, about, value = device_of(key), parts_of(key), row.columns[VALUE]
        table, _, setting = key.table.partition(".")
        if table == INTERFACE:
            return _tell(self.speakers.get((device, about[0])), _SAID_THERE[key.table], value)
        if table == ROUTER_ID_OF_ALL:
            self.processes.get((device, "".join(about)), {})[ROUTER_ID] = value
            return True
        vrf = about[1] if table == OSPF_IN_VRF else ""
        process = self.processes.get((device, vrf))
        if process is None or str(process["process"]) != about[0]:
            return False
        if setting == PASSIVE_INTERFACES:
            return _tell(self.speakers.get((device, about[-1])), "passive", value)
        if setting == REDISTRIBUTE:
            word = CONNECTED if about[-1] == DIRECT else about[-1]
            number = self.all.get(key_of(AS, device))
            is_all = value == ALL or (number is not None and value == str(number.columns[VALUE]))
            process[setting] = (*process.get(setting, ()), *([word] if is_all and word in REDISTRIBUTED else []))
            return is_all and word in REDISTRIBUTED
        process[setting] = value
        return True


_SAID_THERE = {COST: "cost", NETWORK_TYPE: "network_type", PASSIVE: "passive"}


def _tell(speaker: dict[str, Any] | None, field: str, value: Value) -> bool:
    """Note what is said of an interface; whether any record can say it."""
    if speaker is None or (field == "network_type" and value not in NETWORK_TYPES):
        return False
    speaker[field] = value
    return True


def processes_said_by(
    rows: Mapping[RowKey, Row], is_default: Callable[[Row], bool]
) -> tuple[tuple[Fields, ...], list[RowKey]]:
    """The processes of rows, and what of the rows no record can say."""
    found = _Found(rows, is_default)
    found.read()
    records = []
    for (device, vrf), fields in sorted(found.processes.items()):
        speakers = tuple(OspfInterface(**each) for each in fields.pop("interfaces", ()))
        records.append(
            Fields("ospf", {"name": " ".join(filter(None, (device, vrf))), **fields, "interfaces": speakers})
        )
    return tuple(records), found.left_out
