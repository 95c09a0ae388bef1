"""What the rows of a Neutron say otherwise than its records want, and what the Southbound database lacks of them. Pure.

Theory. The rows wanted are those that we would render; the rows seen are Neutron's by the same keys (`adopt`). Only
what both realisations say alike is compared (`COMPARED`), in a form that forgets the ways in which they differ without
meaning: names, the order of sets, defaults written out. What we have and Neutron does not is not missed (`OURS_ALONE`).

    missing        a row that a record wants is not in the Northbound database
    differs        it is there and says something else
    stale          a row of Neutron's that no record wants
    member         a set lacks a member, or has one too many
    no datapath    northd has not made it so in the Southbound database

Source: Neutron 29, neutron/plugins/ml2/drivers/ovn (what it renders); ovn-nb(5); ovn-sb(5), Datapath_Binding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from msgspec.structs import replace

from cpal.core.driver import Difference
from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.ovn.adopt import NEUTRON_DROP_GROUP
from cpal.drivers.ovn.render import names
from cpal.drivers.ovn.render.forwarding import FORWARDING
from cpal.drivers.ovn.render.names import DROP_GROUP
from cpal.drivers.ovn.tables import TABLES
from cpal.model.record import Key

SYNC = "neutron-ovn-db-sync-util with --ovn-neutron_sync_mode repair makes it anew"
AGAIN = "take the port out of the group and put it back: openstack port unset, then set --security-group"
NORTHD = "see whether ovn-northd runs, and what its log says"
LOOK = "delete it (ovn-nbctl), or let neutron-ovn-db-sync-util with --ovn-neutron_sync_mode repair do so"

OURS_ALONE = re.compile(rf"{DROP_GROUP} dhcp")
"""ACLs of the drop group that Neutron has in another way or not at all."""
_SETS = re.compile(r"as_ip([46])_(\w+)")
ONE_OF_RANGE = re.compile(rf"({FORWARDING}[0-9a-f-]{{36}}-[a-z]+)-[0-9]+")
"""The name of a load balancer of one port of a range, with that of those without."""
_UNASKED = ("server_mac", "server_id", "lease_time")
"""DHCP options whose values each draws or configures for itself."""

EVERYWHERE = "0.0.0.0/0"

Facts = Mapping[RowKey, Row]
Whole = Set[tuple[RowKey | None, Value | None]]
"""The routers, each with an address, that translate all that leaves them to it."""


def _words(value: Any) -> frozenset[frozenset[str]]:
    """Addresses, each entry as the set of its words: what a port without address may send from is said in two ways."""
    entries = (entry for entry in value or () if not entry.startswith("VRRP"))
    return frozenset(frozenset(entry.split()) - {"0.0.0.0"} for entry in entries)


def _enabled(value: Any) -> bool:
    return value is not False


def _match(value: Any) -> str:
    """A match with the names that we give groups and address sets."""
    text = str(value).replace(f"@{NEUTRON_DROP_GROUP}", f"@{DROP_GROUP}")
    return _SETS.sub(lambda found: f"ag_{found[2]}_ip{found[1]}", text)


def _dhcp(value: Any) -> frozenset[tuple[str, frozenset[str]]]:
    """DHCP options, the values of lists as sets."""
    options = (value or {}).items()
    return frozenset((key, frozenset(re.split(r"[{}, ]+", text))) for key, text in options if key not in _UNASKED)


def _same(value: Any) -> Any:
    return value


COMPARED: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "ACL": {"direction": _same, "match": _match, "action": _same},
    "DHCP_Options": {"cidr": _same, "options": _dhcp},
    "Logical_Router": {"enabled": _enabled},
    "Logical_Router_Port": {"mac": _same, "networks": frozenset},
    "Logical_Switch_Port": {
        "addresses": _words, "port_security": _words, "enabled": _enabled, "dhcpv4_options": _same,
        "dhcpv6_options": _same, "parent_name": _same, "tag": _same,
    },
    "QoS": {"action": _same, "bandwidth": _same},
    "NAT": {"type": _same, "external_ip": _same, "logical_ip": _same},
}  # fmt: skip
"""The columns that are compared, and in which form."""


def differences(
    wanted: Facts, seen: Facts, held: Facts, uuids: Mapping[RowKey, str], datapaths: frozenset[str]
) -> list[Difference]:
    """All of them; `seen` are the rows by the keys that we would give them, `held` edges, `datapaths` UUIDs of rows."""
    seen, held = _gathered(seen, held)
    whole = {(row.within, row.columns.get("external_ip")) for row in seen.values() if _translates_all(row)}
    found = [each for row in wanted.values() for each in _of_wanted(row, seen, held, whole)]
    parts = {row.within for row in wanted.values() if _is_covered(row, whole)}
    found += [
        _stale(row)
        for key, row in seen.items()
        if key not in wanted and not (row.within in parts and _translates_all(row))
    ]
    more = (row for key, row in held.items() if key not in wanted and row.within in wanted)
    found += [_too_many(row) for row in more if not _is_beside_gateway(row, wanted)]
    for key in seen.keys() & wanted.keys():
        if key.table in ("Logical_Switch", "Logical_Router") and uuids[key] not in datapaths:
            why = f"the {TABLES[key.table].word} has no datapath"
            found.append(Difference("no datapath", _record(wanted[key]), "", "there", "", why, NORTHD))
    return sorted(found)


def _gathered(seen: Facts, held: Facts) -> tuple[Facts, Facts]:
    """The rows and edges with the load balancers of a range of ports, of which Neutron has one for each, as one."""
    ours = {
        key: RowKey(key.table, found[1])
        for key, row in seen.items()
        if key.table == "Load_Balancer" and (found := ONE_OF_RANGE.fullmatch(str(row.columns.get("name"))))
    }
    rows = {ours.get(key, key): row for key, row in seen.items()}
    edges = (_gathered_edge(row, ours) for row in held.values()) if ours else held.values()
    return rows, {row.key: row for row in edges}


def _gathered_edge(row: Row, ours: Mapping[RowKey, RowKey]) -> Row:
    value = row.columns[VALUE]
    within = ours.get(row.within) if row.within is not None else None
    if within is not None and isinstance(value, tuple):
        key = RowKey(row.key.table, f"{within.name} {value[0]}")
        return replace(row, key=key, within=within)
    if isinstance(value, RowKey) and value in ours and row.within is not None:
        return names.edge(row.key.table, row.within, ours[value], row.because)
    return row


def _of_wanted(row: Row, seen: Facts, held: Facts, whole: Whole) -> Iterator[Difference]:
    key, table = row.key, row.key.table
    if TABLES[table].edge:
        if key not in held and row.within in seen and _is_told(row, seen):
            yield _too_few(row)
    elif key in seen:
        yield from _between(row, seen[key])
    elif not (_is_ours_alone(row, whole) or (row.within is not None and row.within not in seen)):
        word = TABLES[table].word
        yield Difference("missing", _record(row), word, "wanted", f"no {word}", "", SYNC)


_OURS_ALONE = ("DNS", "Gateway_Chassis", "HA_Chassis_Group", "HA_Chassis")


def _is_ours_alone(row: Row, whole: Whole) -> bool:
    """Whether Neutron needs no such row: it makes DNS rows when there is a name, and translates all with one row."""
    table, name = row.key
    if table in _OURS_ALONE or (table == "ACL" and OURS_ALONE.match(name)):
        return True
    return _is_covered(row, whole)


def _translates_all(row: Row) -> bool:
    """Whether it is the one row by which Neutron translates all that leaves a router."""
    return row.key.table == "NAT" and (row.columns.get("type"), row.columns.get("logical_ip")) == ("snat", EVERYWHERE)


def _is_covered(row: Row, whole: Whole) -> bool:
    """Whether such a row of its router does what this one is to do for one network."""
    is_source_nat = row.key.table == "NAT" and row.columns.get("type") == "snat"
    return is_source_nat and (row.within, row.columns.get("external_ip")) in whole


def _is_beside_gateway(row: Row, wanted: Facts) -> bool:
    """Whether it is a router's load balancer at the network of its gateway, as of Neutron while no host has that."""
    if row.key.table != "Logical_Switch.load_balancer":
        return False
    of = [each for each in wanted.values() if each.key.table == "Logical_Router.load_balancer"]
    routers = {each.within for each in of if each.columns[VALUE] == row.columns[VALUE]}
    ports = {key.name for key, each in wanted.items() if key.table == "Logical_Router_Port" and each.within in routers}
    return any(
        key.table == "Logical_Switch_Port" and each.within == row.within and _router_port(each) in ports
        for key, each in wanted.items()
    )


def _router_port(row: Row) -> str:
    """The router's port that a switch's leads to, by name."""
    options = row.columns.get("options")
    return str(options.get("router-port", "")) if isinstance(options, dict) else ""


def _is_told(row: Row, seen: Facts) -> bool:
    """Whether Neutron would have such a member: not a DNS row where there are no names; not what is missing itself."""
    value = row.columns[VALUE]
    return row.key.table != "Logical_Switch.dns_records" and (not isinstance(value, RowKey) or value in seen)


def _between(row: Row, other: Row) -> Iterator[Difference]:
    for column, form in COMPARED.get(row.key.table, {}).items():
        mine, theirs = row.columns.get(column), other.columns.get(column)
        if column == "options":
            mine, theirs = _alike(mine, theirs)
        if form(mine) != form(theirs):
            word = f"{TABLES[row.key.table].word}: {column}"
            yield Difference("differs", _record(row), word, _text(mine), _text(theirs), "", SYNC)


def _alike(mine: Any, theirs: Any) -> tuple[Any, Any]:
    """DHCP options without name servers, where the record names none: Neutron's own resolver is told then."""
    if "dns_server" in (mine or {}):
        return mine, theirs
    return mine, {key: value for key, value in (theirs or {}).items() if key != "dns_server"}


def _stale(row: Row) -> Difference:
    columns = row.columns
    what = columns.get("name") or columns.get("match") or columns.get("external_ip") or columns.get("ip_prefix")
    word = TABLES[row.key.table].word
    return Difference("stale", Key("", str(what or columns.get("cidr", ""))), word, "nothing", f"a {word}", "", LOOK)


def _too_few(row: Row) -> Difference:
    return _member(row, "wanted", "not in it")


def _too_many(row: Row) -> Difference:
    return _member(row, "not wanted", "in it")


def _member(row: Row, api: str, northbound: str) -> Difference:
    value = row.columns[VALUE]
    member = value.name if isinstance(value, RowKey) else _text(value)
    holder = row.within.name if row.within is not None else ""
    word = f"{TABLES[row.key.table].word} {holder}"
    remedy = AGAIN if row.key.table == "Port_Group.ports" else SYNC
    return Difference("member", _of_member(row, member), word, f"{member} {api}", f"{member} {northbound}", "", remedy)


def _of_member(row: Row, member: str) -> Key:
    return Key("port", member) if row.key.table == "Port_Group.ports" else _record(row)


def _record(row: Row) -> Key:
    return row.because[0] if row.because else Key("", row.key.name)


def _text(value: Value | Iterable[str] | None) -> str:
    if value is None or value == ():
        return "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{key}={text}" for key, text in sorted(value.items()))
    if isinstance(value, RowKey):
        return value.name
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
