"""The names of rows, derived from the ids of records.

OVN reads a bare UUID given as a switch's or router's name as the identity of a row, hence the prefix. Names of port
groups and address sets must match `[a-zA-Z_.][a-zA-Z_.0-9]*` (ovn-nb(5), Port_Group, Address_Set).
"""

from __future__ import annotations

from functools import lru_cache

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.model.record import Key

PREFIX = "cpal-"
"""What the name of each switch and router starts with."""
DROP_GROUP = "cpal_pg_drop"
"""The port group of all ports with port security."""
REQUESTED_KEY = "requested-tnl-key"
"""The option by which a switch or router asks for its tunnel key: the VNI on the wire."""
NAME = "cpal:name"
"""The key in `external_ids` that holds the record's name, for people who read the database."""
SHARED = 100_000
"""How many names that many rows refer to are kept, so that all refer to the same object."""

Columns = dict[str, Value]

_new_key = tuple.__new__
"""Makes a RowKey at half the cost: every port needs several."""


@lru_cache(maxsize=SHARED)
def switch(network_id: str) -> RowKey:
    """The switch of a network."""
    return RowKey("Logical_Switch", network_id)


def switch_port(port_id: str) -> RowKey:
    """The switch port of a port."""
    return _new_key(RowKey, ("Logical_Switch_Port", port_id))


def localnet(id: str) -> RowKey:
    """The switch port that leads to a physical network, of a network's first segment or of another by its id."""
    return RowKey("Logical_Switch_Port", f"provnet-{id}")


def router(router_id: str) -> RowKey:
    """The logical router of a router."""
    return RowKey("Logical_Router", router_id)


def router_port(port_id: str) -> RowKey:
    """The router's side of a port."""
    return RowKey("Logical_Router_Port", f"lrp-{port_id}")


def answering(port_id: str) -> RowKey:
    """The hosts that answer a port."""
    return RowKey("HA_Chassis_Group", f"answering-{port_id}")


def chassis_redirect(port_id: str) -> str:
    """The name of a gateway's port where its gateway is active. Source: ovn-architecture(7), Gateway Routers."""
    return f"cr-{router_port(port_id).name}"


@lru_cache(maxsize=SHARED)
def dhcp(subnet_id: str) -> RowKey:
    """What DHCP says in a subnet."""
    return RowKey("DHCP_Options", subnet_id)


def port_dhcp(port_id: str, ip_version: int) -> RowKey:
    """What DHCP says to one port."""
    return RowKey("DHCP_Options", f"{port_id} v{ip_version}")


def dns(network_id: str) -> RowKey:
    """The names that are known in a network."""
    return RowKey("DNS", network_id)


@lru_cache(maxsize=SHARED)
def group(group_id: str) -> RowKey:
    """The port group of a security group."""
    return RowKey("Port_Group", "pg_" + group_id.replace("-", "_"))


@lru_cache(maxsize=SHARED)
def group_record(group_id: str) -> Key:
    """The record of a security group."""
    return Key("security_group", group_id)


def address_set(address_group_id: str, ip_version: int) -> RowKey:
    """The addresses of one IP version in an address group."""
    return RowKey("Address_Set", f"as_ip{ip_version}_" + address_group_id.replace("-", "_"))


def edge(table: str, within: RowKey, member: RowKey, because: tuple[Key, ...], columns: Columns | None = None) -> Row:
    """The membership of a row in a set column of another; `table` names both.

    Edges of one member may share their `columns`, which hold nothing but it.
    """
    return Row(_new_key(RowKey, (table, f"{within[1]} {member[1]}")), columns or {VALUE: member}, because, within)


def external_ids(name: str) -> dict[str, dict[str, str]]:
    """The shared column of a row made for a record with this name."""
    return {"external_ids": {NAME: name}} if name else {}
