"""From access lists to what switches should hold, in no make's words, and back. Pure.

An entry is a row of its list, under its number, and says `AclEntry.words`; one that no record can say is there in the
words of the device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cpal.core.rows import VALUE, Row, RowKey, Table
from cpal.drivers.devices.render_switch import (
    EGRESS_ACL,
    INGRESS_ACL,
    Fields,
    device_of,
    key_of,
    parts_of,
    setting_table,
)
from cpal.model.acl import ANY, Acl, AclEntry
from cpal.model.target import Range

ACL, ACL_ENTRIES = "acl", "acl.entries"
TABLES: Mapping[str, Table] = {
    ACL: Table(frozenset(), 17, "access list"),
    ACL_ENTRIES: setting_table(ACL_ENTRIES, 18, "entry of an access list"),
}
_END = r"(\S+)(?: port (\d+)(?:-(\d+))?)?"
_WORDS = re.compile(rf"(accept|drop) (\S+) from {_END} to {_END}(?: type (\d+))?(?: code (\d+))?")


def acl_rows(device: str, record: Acl) -> Iterator[Row]:
    """An access list of a device."""
    within = key_of(ACL, device, record.name)
    yield Row(within, {}, (record.key,))
    for entry in record.entries:
        key = key_of(ACL_ENTRIES, device, record.name, entry.sequence_id)
        yield Row(key, {VALUE: entry.words}, (record.key,), within)


def entry_of(number: int, words: str) -> AclEntry | None:
    """The other way round: the entry that says these words; None where no record can."""
    found = _WORDS.fullmatch(words)
    if found is None:
        return None
    action, protocol, source, low, high, destination, first, last, icmp_type, icmp_code = found.groups()
    return AclEntry(
        sequence_id=number,
        forwarding_action=action,
        protocol=_unless_any(protocol),
        source_address=_unless_any(source),
        source_port=_ports(low, high),
        destination_address=_unless_any(destination),
        destination_port=_ports(first, last),
        icmp_type=int(icmp_type) if icmp_type else None,
        icmp_code=int(icmp_code) if icmp_code else None,
    )


def _unless_any(word: str) -> str:
    return "" if word == ANY else word


def _ports(low: str | None, high: str | None) -> Range | None:
    return Range(int(low), int(high or low)) if low else None


def lists_said_by(rows: Mapping[RowKey, Row]) -> tuple[tuple[Fields, ...], list[RowKey]]:
    """The access lists of rows; and those that no record can say, with where interfaces ask them.

    Lists of one name that say the same are one record; others are said of the first device, and left out.
    """
    said: dict[tuple[str, str], list[AclEntry | None]] = {}
    for key in sorted(rows):
        if key.table == ACL:
            said[device_of(key), parts_of(key)[0]] = []
    for key in sorted(rows):
        if key.table == ACL_ENTRIES and (entries := said.get((device_of(key), parts_of(key)[0]))) is not None:
            number = parts_of(key)[1]
            entries.append(entry_of(int(number), str(rows[key].columns[VALUE])) if number.isdecimal() else None)
    found: dict[str, tuple[list[AclEntry | None], list[str]]] = {}
    kept: set[tuple[str, str]] = set()
    for (device, name), entries in said.items():
        entries.sort(key=lambda entry: entry.sequence_id if entry else 0)
        same, devices = found.setdefault(name, (entries, []))
        if entries and None not in entries and same == entries:
            devices.append(device)
            kept.add((device, name))
        elif not devices:
            del found[name]
    records = tuple(
        Fields("acl", {"name": name, "entries": tuple(entries), "devices": tuple(devices)})
        for name, (entries, devices) in sorted(found.items())
    )
    return records, [key for key in sorted(rows) if (of := _list_of(key, rows[key])) and of not in kept]


def _list_of(key: RowKey, row: Row) -> tuple[str, str] | None:
    """The device and the list that a row is of as a whole; None for what is of none."""
    if key.table == ACL:
        return device_of(key), parts_of(key)[0]
    if key.table in (INGRESS_ACL, EGRESS_ACL):
        return device_of(key), str(row.columns[VALUE])
    return None
