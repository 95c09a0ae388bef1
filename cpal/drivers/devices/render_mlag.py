"""From what is declared of pairs of switches (MLAG, vPC) to what they should hold, in no make's words, and back. Pure.

A device has one domain, of which each setting is a row; the number of a LAG in its pair is one of that LAG.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cpal.core.rows import VALUE, Row, RowKey, Table, Value
from cpal.drivers.devices.render_switch import Fields, device_of, key_of, lone_table, parts_of
from cpal.model.mlag import Mlag

DOMAIN, LOCAL_INTERFACE, PEER_ADDRESS = "mlag.domain", "mlag.local_interface", "mlag.peer_address"
PEER_LINK, KEEPALIVE = "mlag.peer_link", "mlag.keepalive"
LAG_MLAG = "lag.mlag"


TABLES: Mapping[str, Table] = {
    DOMAIN: lone_table(42, "MLAG domain"),
    LOCAL_INTERFACE: lone_table(43, "local interface of MLAG"),
    PEER_ADDRESS: lone_table(44, "address of the MLAG peer"),
    KEEPALIVE: lone_table(45, "keepalive of MLAG"),
    PEER_LINK: lone_table(46, "peer link of MLAG"),
    LAG_MLAG: lone_table(47, "MLAG of a LAG"),
}
_PLAIN = {"domain": DOMAIN, "local_interface": LOCAL_INTERFACE, "peer_address": PEER_ADDRESS}
"""The settings that are as the record has them."""


def mlag_rows(record: Mlag, usual_vrf: str) -> Iterator[Row]:
    """What a device is in its pair; `usual_vrf` is the VRF that the make's keepalive is in where nobody says so."""
    device, because = record.device, (record.key,)
    for field, table in _PLAIN.items():
        if value := getattr(record, field):
            yield Row(key_of(table, device), {VALUE: value}, because)
    if record.keepalive_destination:
        vrf = "" if record.keepalive_vrf == usual_vrf else record.keepalive_vrf
        yield Row(
            key_of(KEEPALIVE, device),
            {VALUE: keepalive(record.keepalive_destination, record.keepalive_source, vrf)},
            because,
        )
    if record.peer_link:
        yield Row(key_of(PEER_LINK, device, record.peer_link), {VALUE: record.peer_link}, because)


def keepalive(destination: str, source: str, vrf: str) -> str:
    """A keepalive in one form; an unusual VRF alone is named."""
    return " ".join((destination, *(["source", source] if source else []), *(["vrf", vrf] if vrf else [])))


def keepalive_without(usual_vrf: str, text: str) -> Value:
    """A keepalive as a device says it, which may say the usual VRF too; with further words it is as it stands."""
    words = text.split()
    options = dict(zip(words[1::2], words[2::2], strict=False))
    if len(words) % 2 == 0 or not options.keys() <= {"source", "vrf"} or len(options) * 2 + 1 != len(words):
        return " ".join(words)
    vrf = options.get("vrf", "")
    return keepalive(words[0], options.get("source", ""), "" if vrf == usual_vrf else vrf)


def pairs_said_by(rows: Mapping[RowKey, Row], lag: str) -> tuple[tuple[Fields, ...], list[RowKey]]:
    """The other way round: the fields of each device that has a domain; and what of it no record can say.

    A peer link is said where it is a LAG, which is called `lag` and its number and has members.
    """
    found: dict[str, dict[str, Any]] = {}
    left_out: list[RowKey] = []
    for key in sorted(rows):
        if key.table == DOMAIN:
            found[device_of(key)] = {"name": device_of(key), "domain": rows[key].columns[VALUE]}
    for key in sorted(rows):
        fields = _fields(key, str(rows[key].columns.get(VALUE)), rows, lag)
        if key.table in TABLES and key.table not in (DOMAIN, LAG_MLAG):
            if fields and device_of(key) in found:
                found[device_of(key)] |= fields
            else:
                left_out.append(key)
    return tuple(Fields("mlag", fields) for fields in found.values()), left_out


def _fields(key: RowKey, value: str, rows: Mapping[RowKey, Row], lag: str) -> dict[str, Any]:
    """The fields that a row says; none where no record can say it."""
    if key.table == PEER_LINK:
        number = value.removeprefix(lag)
        has_members = any(
            each.table == "lag.members" and device_of(each) == device_of(key) and parts_of(each)[1] == number
            for each in rows
        )
        return {"peer_link": value} if has_members else {}
    if key.table == KEEPALIVE:
        words = value.split()
        options = dict(zip(words[1::2], words[2::2], strict=False))
        if not options.keys() <= {"source", "vrf"} or len(options) * 2 + 1 != len(words):
            return {}
        return {"keepalive_destination": words[0], **{f"keepalive_{name}": word for name, word in options.items()}}
    return next(({field: value} for field, table in _PLAIN.items() if table == key.table), {})
