"""Rows that Neutron made, as the rows that we would make in their place.

Theory. The realisation is Neutron's own, so that a row of Neutron's stands for one of ours: what differs are names,
tags and details. `Adopting` reads the whole database and gives each row that is nobody's (of no cpal store) the key
that we would give it: mostly its name or Neutron's tags say which, of routes and source NAT their content does. A row
with a key that is wanted can be adopted: it keeps its UUID, and so its datapath or port in the Southbound database.

What is left over goes with the adoption: rows inside an adopted row (Neutron regards all that is in there as its own,
and so do we) and rows with Neutron's tags that nothing wants. All else stays others', such as load balancers.

Source: neutron.common.ovn.utils and constants (names, keys of external_ids), as of Neutron 29; ovn-nb(5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cpal.core.rows import Row, RowKey
from cpal.drivers.ovn.observe import Reading, Record
from cpal.drivers.ovn.render.forwarding import FORWARDING
from cpal.drivers.ovn.render.names import DROP_GROUP, PREFIX
from cpal.drivers.ovn.render.security import DROP_ROW, drop_acl_name
from cpal.drivers.ovn.tables import SWITCH_PORT
from cpal.drivers.ovn.tags import OWNER, Tags

NEUTRON = "neutron-"
"""What the names of Neutron's switches and routers start with."""
NEUTRON_DROP_GROUP = "neutron_pg_drop"
TAG = "neutron:"
"""What the keys start with that Neutron puts into `external_ids`."""
LEADS_TO = "network_name"
"""The option that says to which physical network a localnet port is the way."""
RULE, FLOATING_IP = "neutron:security_group_rule_id", "neutron:fip_id"

Content = tuple[object, ...]
"""What tells one row from others of its table and place where no name does."""


def is_neutrons(record: Record) -> bool:
    """Whether a row carries Neutron's tags, or one of its names."""
    name = getattr(record, "name", None) or ""  # a filter need not have one
    return name.startswith((NEUTRON, NEUTRON_DROP_GROUP)) or any(key.startswith(TAG) for key in record.external_ids)


def _by_name(record: Record, within: RowKey | None) -> str:
    return str(record.name)


def _by_id(record: Record, within: RowKey | None) -> str:
    return str(record.name).removeprefix(NEUTRON).removeprefix(PREFIX)


def _group(record: Record, within: RowKey | None) -> str:
    return DROP_GROUP if record.name == NEUTRON_DROP_GROUP else str(record.name)


def _address_set(record: Record, within: RowKey | None) -> str:
    """`ag_ID_ip4` is our `as_ip4_ID`."""
    name = str(record.name)
    kind, _, rest = name.partition("_")
    id, _, version = rest.rpartition("_")
    return f"as_{version}_{id}" if kind == "ag" and version in ("ip4", "ip6") else name


def _filter(record: Record, within: RowKey | None) -> str:
    rule = record.external_ids.get(RULE, "")
    if rule or within != DROP_ROW:
        return str(rule)
    return drop_acl_name(record.direction, record.match.replace(f"@{NEUTRON_DROP_GROUP}", f"@{DROP_GROUP}"))


def _dhcp(record: Record, within: RowKey | None) -> str:
    subnet, port = (record.external_ids.get(key, "") for key in ("subnet_id", "port_id"))
    return f"{port} v{6 if ':' in record.cidr else 4}" if port else str(subnet)


def _dns(record: Record, within: RowKey | None) -> str:
    return str(record.external_ids.get("ls_name", "")).removeprefix(NEUTRON)


def _nat(record: Record, within: RowKey | None) -> str:
    return str(record.external_ids.get(FLOATING_IP, ""))


def _nameless(record: Record, within: RowKey | None) -> str:
    return ""


NAMES: Mapping[str, Callable[[Record, RowKey | None], str]] = {
    "Address_Set": _address_set,
    "Port_Group": _group,
    "ACL": _filter,
    "DHCP_Options": _dhcp,
    "DNS": _dns,
    "Logical_Switch": _by_id,
    "Logical_Router": _by_id,
    "Logical_Router_Port": _by_name,
    "Gateway_Chassis": _by_name,
    SWITCH_PORT: _by_name,
    "BFD": _nameless,
    "Logical_Router_Static_Route": _nameless,
    "QoS": _nameless,
    "Load_Balancer": _by_name,
    "NAT": _nat,
}
"""The name that we would give a row of Neutron's, by table; "" where it says none."""

CONTENT: Mapping[str, tuple[str, ...]] = {
    "NAT": ("type", "logical_ip"), "Logical_Router_Static_Route": ("ip_prefix", "nexthop"),
    "QoS": ("direction", "match"), "BFD": ("logical_port", "dst_ip"),
}  # fmt: skip
"""The columns by which a row without a name is known in its place."""


class Adopting(Reading):
    """Reads the rows of everyone: `unowned` are those of nobody that could be adopted, or would be left over."""

    def __init__(self, tags: Tags, wanted: Mapping[RowKey, Row]) -> None:
        super().__init__(tags, wanted)
        self._wanted = wanted
        self._content = {_content(row): key for key, row in wanted.items() if key.table in CONTENT}
        ways = ((row.within, _leads_to(row), key) for key, row in wanted.items() if key.table == SWITCH_PORT)
        self._ways = {(within, physical): key for within, physical, key in ways if physical is not None}
        self._nobodys: set[RowKey] = set()

    def _identify(self, table: str, record: Record, within: RowKey | None) -> RowKey | None:
        owner = record.external_ids.get(OWNER)
        if owner == self.tags.owner:
            return super()._identify(table, record, within)
        if owner is None and table in NAMES:
            key = self._key(table, record, within)
            if key in self._wanted and key not in self.uuids:
                self._nobodys.add(key)
                return key
            if self._is_left(table, record, within):
                self._nobodys.add(left := RowKey(table, f"of Neutron {record._uuid}"))
                return left
        return None

    def _key(self, table: str, record: Record, within: RowKey | None) -> RowKey:
        """The key that we would give the row; of one without a name, that of the row wanted with its content.

        Neutron names the way to each physical network by a segment, we the first by the network: there is one to each.
        """
        if table == SWITCH_PORT and record.type == "localnet":
            return self._ways.get((within, record.options.get(LEADS_TO)), RowKey(table, record.name))
        name = NAMES[table](record, within)
        if not name and table in CONTENT:
            content = (table, within, *(record[column] for column in CONTENT[table]))
            return self._content.get(content, RowKey(table, name))
        return RowKey(table, name)

    def _is_left(self, table: str, record: Record, within: RowKey | None) -> bool:
        if table == "Load_Balancer" and not record.name.startswith(FORWARDING):
            return False  # Octavia's, which tags its own as Neutron does
        return within in self._nobodys or (is_neutrons(record) and (within is None or within in self.rows))

    def _put(self, row: Row) -> None:
        if row.key in self._nobodys:
            self.unowned[row.key] = row
        else:
            super()._put(row)

    def _holder(self, key: RowKey) -> Row | None:
        return self.rows.get(key) or (self.unowned.get(key) if key in self._wanted else None)


class Comparing(Adopting):
    """The same, with the members of what is left over too: they may be those of a row that Neutron has in parts."""

    def _holder(self, key: RowKey) -> Row | None:
        return self.rows.get(key) or self.unowned.get(key)


def _leads_to(row: Row) -> str | int | None:
    """The physical network that a switch port is the way to."""
    options = row.columns.get("options")
    return options.get(LEADS_TO) if isinstance(options, dict) else None


def _content(row: Row) -> Content:
    return (row.key.table, row.within, *(row.columns.get(column) for column in CONTENT[row.key.table]))
