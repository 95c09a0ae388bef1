"""What `cpal get WORD --device` lists: which getter tells it, and what of it people see in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from cpal.errors import Invalid
from cpal.faces.cli.output import Column, Object, column

Rows = Callable[[Any], Iterable[Object]]
MEBI = 1 << 20


def _each(value: Any) -> Iterable[Object]:
    """A value as one object, or several as one each."""
    return [msgspec.to_builtins(each) for each in (value if isinstance(value, tuple) else (value,))]


def _sessions(value: Any) -> Iterable[Object]:
    """BGP sessions, each with its VRF."""
    return [{"vrf": each.vrf, **msgspec.to_builtins(peer)} for each in value for peer in each.neighbors]


def _if_any(value: Any) -> Iterable[Object]:
    """A value as one object, or none."""
    return [] if value is None else _each(value)


def _vnis(value: Any) -> Iterable[Object]:
    """The VNIs of a device's part in VXLAN fabrics."""
    return [msgspec.to_builtins(each) for each in value.vnis]


def _prefixes(family: str) -> Column:
    """Addresses of a family as prefixes."""

    def cell(found: Object) -> list[str]:
        return [f"{each['ip']}/{each['prefix_length']}" for each in found[family] or ()]

    return Column(family, cell)


def _names(field: str, of: str, heading: str = "") -> Column:
    """Of the members of a list, one field, under a heading of its own where the list's does not say what it is."""
    return Column(heading or field.replace("_", " "), lambda found: [each[of] for each in found[field] or ()])


def _warmth(found: Object) -> list[str]:
    """Each sensor with its degrees, and those that are too warm marked so."""
    told = found["temperatures"] or ()
    return [f"{each['name']} {_number(each['celsius'])}{' ALARM' if each['alarm'] else ''}" for each in told]


def _wellness(field: str) -> Column:
    """Parts by their names, those that are not well marked so."""

    def cell(found: Object) -> list[str]:
        return [each["name"] + (" FAILED" if each["ok"] is False else "") for each in found[field] or ()]

    return Column(field.replace("_", " "), cell)


def _load(found: Object) -> list[str]:
    return [_number(each["usage_percent"]) for each in found["cpus"] or ()]


def _memory(found: Object) -> list[str]:
    """How much of each memory is used, in MiB."""
    told = [each for each in found["memories"] or () if each["used"] is not None]
    whole = ((each, each["physical"] or each["used"] + (each["free"] or 0)) for each in told)
    return [f"{each['used'] // MEBI}/{size // MEBI}" for each, size in whole]


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


class Word(NamedTuple):
    """What a word lists: the getter, the field that names what it finds, the columns of a table, and its objects."""

    getter: str
    key: str
    columns: tuple[Column, ...]
    rows: Rows = _each
    things: str = ""
    """What people call what it lists, where the word is not that."""


def _word(getter: str, *fields: str | Column, rows: Rows = _each, things: str = "") -> Word:
    """A word; its first field is what it finds by name."""
    columns = tuple(each if isinstance(each, Column) else column(each) for each in fields)
    first = fields[0]
    return Word(getter, first if isinstance(first, str) else first.heading, columns, rows, things)


ROUTES, PING = "routes", "ping"
OF_DESTINATIONS = (ROUTES, PING)
"""The words that ask of prefixes or addresses, where the others find by name."""
EVERYWHERE = [{"destination": whole, "longer": True} for whole in ("0.0.0.0/0", "::/0")]
"""What asks for all routes of IPv4 and of IPv6, where none is named."""


def questions(word: str, names: Sequence[str]) -> list[Mapping[str, Any]]:
    """What a word asks a device, one after another, where these destinations or names are wanted.

    Raises:
        Invalid: it asks of a destination, and none is named.
    """
    if word not in OF_DESTINATIONS:
        return [{}]
    if not names and word == PING:
        raise Invalid("say to where", key=word, remedy=f"as in: cpal get {word} 192.0.2.1 --device ...")
    return [{"destination": name} for name in names] or [*EVERYWHERE]


DEVICE_WORDS: dict[str, Word] = {
    "facts": _word("facts", "hostname", "vendor", "model", "serial_number", "os_version", "uptime_s"),
    "interfaces": _word(
        "interfaces", "name", "admin_status", "oper_status", "speed_bps", "mtu", "mac_address", "description"
    ),
    "counters": _word("interfaces_counters", "interface", "in_octets", "out_octets", "in_errors", "out_errors"),
    "addresses": _word("interfaces_ip", "name", "vrf", _prefixes("ipv4"), _prefixes("ipv6")),
    "vlans": _word(
        "vlans",
        "id",
        "name",
        "interfaces",
    ),
    "vrfs": _word(
        "network_instances",
        "name",
        "type",
        "route_distinguisher",
        "interfaces",
    ),
    ROUTES: _word(
        "route_to",
        "prefix",
        "vrf",
        "protocol",
        "active",
        "next_hop",
        "interface",
        "preference",
        "metric",
        "tag",
        "age_s",
    ),
    PING: _word("ping", "destination", "sent", "received", "rtt_min_ms", "rtt_avg_ms", "rtt_max_ms", "error"),
    "bgp": _word(
        "bgp_neighbors",
        "address",
        "vrf",
        "peer_as",
        "session_state",
        "established_s",
        rows=_sessions,
        things="BGP sessions",
    ),
    "macs": _word(
        "mac_address_table",
        "mac_address",
        "vlan",
        "interface",
        "static",
        things="MAC addresses",
    ),
    "arp": _word(
        "arp_table",
        "ip",
        "link_layer_address",
        "interface",
        "vrf",
        "age_s",
        things="neighbours of IPv4",
    ),
    "nd": _word(
        "ipv6_neighbors_table",
        "ip",
        "link_layer_address",
        "interface",
        "vrf",
        "state",
        "age_s",
        things="neighbours of IPv6",
    ),
    "evpn": _word(
        "evpn",
        "vni",
        "kind",
        "up",
        "vrf",
        "vlan",
        "interface",
        "local_vtep",
        "remote_vteps",
        "route_distinguisher",
        rows=_vnis,
        things="VNIs",
    ),
    "lags": _word(
        "lags",
        "name",
        "oper_status",
        "mode",
        _names("members", "interface"),
    ),
    "mlag": _word(
        "mlag",
        "domain",
        "state",
        "role",
        "peer_up",
        "consistent",
        "peer_link",
        _names("interfaces", "name"),
        rows=_if_any,
        things="pairs of MLAG or vPC",
    ),
    "spanning-tree": _word(
        "spanning_tree",
        "name",
        "protocol",
        "is_root",
        "root_port",
        "root_cost",
        _names("ports", "interface"),
        things="spanning trees",
    ),
    "qos": _word(
        "qos",
        "interface",
        "trust",
        "input_policy",
        "output_policy",
        _names("queues", "name"),
        _names("policers", "name"),
        things="queues and policies",
    ),
    "neighbors": _word(
        "lldp_neighbors_detail",
        "interface",
        "system_name",
        "port_id",
        "chassis_id",
        things="neighbours of LLDP",
    ),
    "optics": _word(
        "optics",
        "interface",
        "connector_type",
        "serial_number",
        _names("channels", "input_power_dbm", "input dbm"),
        _names("channels", "output_power_dbm", "output dbm"),
        things="transceivers",
    ),
    "environment": _word(
        "environment",
        Column("celsius", _warmth),
        _wellness("power_supplies"),
        _wellness("fans"),
        Column("cpu %", _load),
        Column("memory MiB", _memory),
    ),
    "users": _word("users", "name", "role", "level"),
    "ntp": _word(
        "ntp_servers",
        "address",
        "association_type",
        "vrf",
        "prefer",
        things="NTP servers",
    ),
    "snmp": _word("snmp_information", "chassis_id", "contact", "location", _names("communities", "name")),
}
"""Every word, in the order in which help lists them."""
