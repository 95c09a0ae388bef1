"""From what is declared of devices one by one to what they should hold, in no make's words: VRFs, static routes, the
servers that they ask and tell, LAGs and pairs that share them, spanning trees, access lists and BGP. Pure.

What is in the default VRF and what is in another are tables of their own, as makes write them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from cpal.core.driver import Render
from cpal.core.rows import VALUE, Row, RowKey, Table, Value
from cpal.core.view import View
from cpal.drivers.devices import render_acl, render_bgp, render_classifier, render_mlag, render_ospf, render_route
from cpal.drivers.devices.parse.tree import numbers, spans
from cpal.drivers.devices.render_acl import ACL, ACL_ENTRIES, acl_rows, lists_said_by
from cpal.drivers.devices.render_classifier import classifier_rows, classifiers_said_by
from cpal.drivers.devices.render_mlag import DOMAIN, LAG_MLAG, mlag_rows, pairs_said_by
from cpal.drivers.devices.render_switch import (
    EGRESS_ACL,
    INGRESS_ACL,
    INGRESS_CLASSIFIER,
    INTERFACE,
    ROUTING,
    VLAN,
    VLAN_NAME,
    Fields,
    device_of,
    is_at,
    key_of,
    lone_table,
    parts_of,
)
from cpal.model.mlag import Mlag
from cpal.model.of_device import IPV4, IPV6
from cpal.model.switch import (
    BRIDGE_PRIORITIES,
    BRIDGE_PRIORITY,
    RSTP,
    TREE_MODES,
    Interface,
    Lag,
    NtpServer,
    OnDevices,
    Route,
    Stp,
    SyslogServer,
    Vrf,
)

VRF, VRF_IPV4, VRF_IPV6 = "vrf", "vrf.ipv4", "vrf.ipv6"
_FAMILIES = {IPV4: VRF_IPV4, IPV6: VRF_IPV6}
ROUTES, VRF_ROUTES = "route", "route.in_vrf"
NTP, VRF_NTP = "ntp_server", "ntp_server.in_vrf"
SYSLOG, VRF_SYSLOG = "syslog_server", "syslog_server.in_vrf"
MEMBERS = "lag.members"
TREE_MODE, TREE_PRIORITY, TREE_VLANS, TREE_INSTANCES = "stp.mode", "stp.priority", "stp.vlans", "stp.instances"


def edge_table(table: str, rank: int, word: str) -> Table:
    """The table of one of several `WITHIN.COLUMN`."""
    within, _, column = table.partition(".")
    return Table(frozenset({VALUE}), rank, word, {within: column}, edge=True)


TABLES: Mapping[str, Table] = {
    ROUTING: lone_table(9, "routing between interfaces"),
    VRF: Table(frozenset(), 15, "VRF"),
    VRF_IPV4: edge_table(VRF_IPV4, 16, "IPv4 routing of a VRF"),
    VRF_IPV6: edge_table(VRF_IPV6, 16, "IPv6 routing of a VRF"),
    ROUTES: lone_table(54, "static route"),
    VRF_ROUTES: lone_table(54, "static route of a VRF"),
    NTP: lone_table(60, "NTP server"),
    VRF_NTP: lone_table(60, "NTP server in a VRF"),
    SYSLOG: lone_table(61, "syslog server"),
    VRF_SYSLOG: lone_table(61, "syslog server in a VRF"),
    MEMBERS: lone_table(40, "member of a LAG"),
    TREE_MODE: lone_table(12, "spanning tree protocol"),
    TREE_PRIORITY: lone_table(13, "priority in the spanning tree"),
    TREE_VLANS: lone_table(13, "VLANs with a priority in their spanning trees"),
    TREE_INSTANCES: lone_table(13, "instances with a priority in their spanning trees"),
    **render_acl.TABLES,
    **render_mlag.TABLES,
    **render_ospf.TABLES,
    **render_bgp.TABLES,
    **render_classifier.TABLES,
}
"""The tables of what is declared of devices one by one, beyond VLANs and interfaces."""


def rendering(driver: str, lag: str = "", keepalive_vrf: str = "") -> Mapping[str, Render]:
    """What each kind of record gives at the devices of a make.

    It calls a LAG `lag` and a number, and has the keepalive of a pair in `keepalive_vrf` where nobody says so.
    """

    def at_each(rows: Callable[[str, Any], Iterator[Row]]) -> Render:
        def render(view: View, record: OnDevices) -> list[Row]:
            return [row for device in record.devices if is_at(view, device, driver) for row in rows(device, record)]

        return render

    def of_lag(view: View, record: Lag) -> list[Row]:
        return list(_lag(view, record, lag)) if is_at(view, record.device, driver) else []

    def of_pair(view: View, record: Mlag) -> list[Row]:
        return list(mlag_rows(record, keepalive_vrf)) if is_at(view, record.device, driver) else []

    return {
        "lag": of_lag,
        "mlag": of_pair,
        "acl": at_each(acl_rows),
        "classifier": at_each(classifier_rows),
        "vrf": at_each(_vrf),
        "route": at_each(_route),
        "ntp_server": at_each(_ntp_server),
        "syslog_server": at_each(_syslog_server),
        "stp": at_each(_stp),
    }


def _vrf(device: str, record: Vrf) -> Iterator[Row]:
    vrf = key_of(VRF, device, record.name)
    yield Row(vrf, {}, (record.key,))
    for family in dict.fromkeys(record.address_families):
        yield Row(RowKey(_FAMILIES[family], vrf.name), {VALUE: record.name}, (record.key,), vrf)


def _route(device: str, record: Route) -> Iterator[Row]:
    row = _in_vrf(ROUTES, VRF_ROUTES, device, record, record.destination, record.nexthop)
    yield Row(row.key, {VALUE: render_route.value_of(record)}, row.because)


def _ntp_server(device: str, record: NtpServer) -> Iterator[Row]:
    yield _in_vrf(NTP, VRF_NTP, device, record, record.address)


def _syslog_server(device: str, record: SyslogServer) -> Iterator[Row]:
    yield _in_vrf(SYSLOG, VRF_SYSLOG, device, record, record.address)


def _stp(device: str, record: Stp) -> Iterator[Row]:
    """The mode, and the priority: of VLANs and instances, those that have it."""
    if record.mode:
        yield Row(key_of(TREE_MODE, device), {VALUE: record.mode}, (record.key,))
    if record.priority is None:
        return
    if trees := record.vlans or record.instances:
        key = key_of(TREE_VLANS if record.vlans else TREE_INSTANCES, device, record.priority)
        yield Row(key, {VALUE: spans(trees)}, (record.key,))
    else:
        yield Row(key_of(TREE_PRIORITY, device), {VALUE: record.priority}, (record.key,))


def _in_vrf(default: str, other: str, device: str, record: Route | NtpServer | SyslogServer, *words: str) -> Row:
    key = key_of(other, device, record.vrf, *words) if record.vrf else key_of(default, device, *words)
    return Row(key, {VALUE: words[-1]}, (record.key,))


def _lag(view: View, record: Lag, prefix: str) -> Iterator[Row]:
    """Its members, and its interface where no record of its own says more of that."""
    interfaces: list[Interface] = view.find("interface.device", record.device)
    if not any(each.name == record.name for each in interfaces):
        yield Row(key_of(INTERFACE, record.device, record.own_name), {}, (record.key,))
    for member in dict.fromkeys(record.members):
        key = key_of(MEMBERS, record.device, member, record.own_name.removeprefix(prefix))
        yield Row(key, {VALUE: record.lacp_mode}, (record.key,))
    if record.mlag:
        yield Row(key_of(LAG_MLAG, record.device, record.own_name), {VALUE: record.mlag}, (record.key,))


_KIND_OF = {
    VLAN: "vlan", VLAN_NAME: "vlan", VRF: "vrf", VRF_IPV4: "vrf", VRF_IPV6: "vrf", ROUTES: "route", VRF_ROUTES: "route",
    ACL: "acl", ACL_ENTRIES: "acl", INGRESS_ACL: "acl", EGRESS_ACL: "acl", NTP: "ntp_server", VRF_NTP: "ntp_server",
    SYSLOG: "syslog_server", VRF_SYSLOG: "syslog_server", MEMBERS: "lag",
    **dict.fromkeys(render_classifier.TABLES, "classifier"), INGRESS_CLASSIFIER: "classifier",
    **dict.fromkeys(render_mlag.TABLES, "mlag"), LAG_MLAG: "lag",
    **dict.fromkeys(render_ospf.TABLES.keys() - {render_ospf.ROUTER_ID_OF_ALL}, "ospf"),
    **dict.fromkeys((TREE_MODE, TREE_PRIORITY, TREE_VLANS, TREE_INSTANCES), "stp"),
}  # fmt: skip
"""The kind of record that a setting is of."""


def kind_of(table: str) -> str:
    """The kind of record that the rows of a table are of; "" for what is of an interface or a network."""
    return "bgp" if render_bgp.is_of_bgp(table) else _KIND_OF.get(table, "")


def is_of_section(key: RowKey, kinds: Collection[str]) -> bool:
    """Whether a setting is one of a section that is cpal's as a whole; VLAN 1 is the device's."""
    kind = kind_of(key.table)
    return kind in kinds and (kind != "vlan" or parts_of(key)[0] != "1")


_OF_ALL_VRFS = ("route", "ntp_server", "syslog_server")
"""Kinds whose tables are two: of the default VRF, and of the others."""


class Said(NamedTuple):
    """What rows say, as fields of records, and what of the rows no such record can say."""

    found: tuple[Fields, ...]
    left_out: list[RowKey]


def said_by(rows: Mapping[RowKey, Row], is_default: Callable[[Row], bool], lag: str = "") -> Said:
    """The other way round: the fields of records that give these rows; what several devices have is one record.

    A VRF that does not route the same everywhere is said of those that are like the first. A LAG is called `lag` and
    its number.
    """
    found: dict[tuple[str, tuple[str, ...], str], list[RowKey]] = {}
    for key in sorted(rows):
        parts = parts_of(key)
        if key.table == VRF:
            families = ",".join(family for family, table in _FAMILIES.items() if RowKey(table, key.name) in rows)
            found.setdefault(("vrf", parts, families), []).append(key)
        elif (kind := kind_of(key.table)) in _OF_ALL_VRFS:
            vrf, words = (parts[0], parts[1:]) if key.table.endswith(".in_vrf") else ("", parts)
            more = () if kind != "route" else (str(rows[key].columns[VALUE]),)
            found.setdefault((kind, (*words, *more), vrf), []).append(key)
    said: dict[tuple[str, str], Fields] = {}
    left_out: list[RowKey] = []
    for (kind, words, vrf), keys in found.items():
        name, fields = _name(kind, words, vrf), _said(kind, words, vrf)
        if (kind, name) in said or fields is None:
            left_out += keys
        else:
            devices = tuple(map(device_of, keys))
            said[kind, name] = Fields(kind, {"name": name, "devices": devices, **fields})
    lags = _lags(rows, lag)
    trees = _trees({key: row for key, row in rows.items() if kind_of(key.table) == "stp" and not is_default(row)})
    pairs = Said(*pairs_said_by(rows, lag))
    lists = Said(*lists_said_by(rows))
    declared = {(device, fields["name"]) for _, fields in lists.found for device in fields["devices"]}
    processes = Said(*render_ospf.processes_said_by(rows, is_default))
    marking = Said(*classifiers_said_by(rows, declared))
    of_kinds = (lags, pairs, trees, lists, Said(*render_bgp.said_by(rows)), processes, marking)
    for each in of_kinds:
        left_out += each.left_out
    return Said((*said.values(), *(fields for each in of_kinds for fields in each.found)), left_out)


def _lags(rows: Mapping[RowKey, Row], lag: str) -> Said:
    """The LAGs of the members there are; a member that speaks otherwise than the first is left out."""
    found: dict[str, dict[str, Any]] = {}
    left_out = []
    for key in sorted(key for key in rows if key.table == MEMBERS):
        (member, number), mode = parts_of(key), rows[key].columns[VALUE]
        name = f"{device_of(key)}/{lag}{number}"
        fields = found.setdefault(name, {"name": name, "members": (), "lacp_mode": mode})
        if fields["lacp_mode"] == mode:
            fields["members"] += (member,)
        else:
            left_out.append(key)
    for key in sorted(key for key in rows if key.table == LAG_MLAG):
        device, of = device_of(key), found.get("/".join((device_of(key), *parts_of(key))))
        if of is not None and key_of(DOMAIN, device) in rows:
            of["mlag"] = rows[key].columns[VALUE]
        else:
            left_out.append(key)
    return Said(tuple(Fields("lag", fields) for fields in found.values()), left_out)


def _trees(rows: Mapping[RowKey, Row]) -> Said:
    """What is set of spanning trees; that of several devices in one record. Modes and priorities are told apart."""
    found: dict[str, dict[str, Any]] = {}
    left_out = []
    for key in sorted(rows):
        device, value = device_of(key), rows[key].columns[VALUE]
        mode = rows.get(key_of(TREE_MODE, device))
        if (fields := _fields_of_tree(key, value, mode)) is None:
            left_out.append(key)
        elif key.table == TREE_MODE and value == RSTP and key_of(TREE_PRIORITY, device) in rows:
            continue  # said with the priority
        else:
            found.setdefault(_name_of_tree(fields), {**fields, "devices": ()})["devices"] += (device,)
    return Said(tuple(Fields("stp", {"name": name, **fields}) for name, fields in found.items()), left_out)


def _fields_of_tree(key: RowKey, value: Value, mode: Row | None) -> dict[str, Any] | None:
    """What a row says of spanning trees, as fields; None where no record can say it."""
    if key.table == TREE_MODE:
        return {"mode": value} if value in TREE_MODES else None
    if key.table == TREE_PRIORITY:
        is_of_rstp = mode is not None and mode.columns[VALUE] == RSTP and value in BRIDGE_PRIORITIES
        return {"mode": RSTP, "priority": value} if is_of_rstp else None
    priority = int(parts_of(key)[0])
    if priority not in BRIDGE_PRIORITIES or priority == BRIDGE_PRIORITY:
        return None
    return {"priority": priority, _TREES[key.table]: tuple(numbers(str(value)))}


_TREES = {TREE_VLANS: "vlans", TREE_INSTANCES: "instances"}
"""The field that names the trees."""


def _name_of_tree(fields: Mapping[str, Any]) -> str:
    trees = [f"{field} {spans(fields[field])}" for field in _TREES.values() if field in fields]
    priority = [f"priority {fields['priority']}"] if "priority" in fields else []
    return " ".join((*filter(None, [fields.get("mode")]), *trees, *priority))


def _name(kind: str, words: tuple[str, ...], vrf: str) -> str:
    return words[0] if kind == "vrf" else " ".join(filter(None, (vrf, *words[:2])))


def _said(kind: str, words: tuple[str, ...], vrf: str) -> dict[str, Any] | None:
    """The fields of a record; None where no record can say it."""
    if kind == "vrf":
        return {"address_families": tuple(filter(None, vrf.split(",")))}
    where = {"vrf": vrf} if vrf else {}
    if kind == "route":
        fields = render_route.fields_of(words[2])
        return None if fields is None else {"destination": words[0], **fields, **where}
    return {"address": words[0], **where}
