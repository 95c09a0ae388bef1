"""The tables of the Northbound database that cpal keeps, as data.

Rank. What is filtered exists after what filters it: address sets, groups and rules come first, ports later, and a
port's membership in its groups is applied in the same transaction as the port. Deletion is the reverse.

`external_ids` is shared: only its keys that start with `cpal:` are ours. All other columns named here are wholly ours
in the rows we own; columns not named are whoever's. Of a router's port `ha_chassis_group` is never set, and so cleared:
it would count more than the gateway hosts.

Source: ovn-nb(5).
"""

from __future__ import annotations

from collections.abc import Mapping

from cpal.core.rows import VALUE, Table

VERSION = 4
"""To be raised when the same records give other rows than before."""
SHARED_COLUMN = "external_ids"
"""The column that holds our tags beside what others file there."""
SWITCH_PORT = "Logical_Switch_Port"
"""The table of the ports of switches."""


def _table(columns: str, rank: int, word: str, **within: str) -> Table:
    return Table(frozenset({*columns.split(), SHARED_COLUMN}), rank, word, within)


def _edge(rank: int, word: str, **within: str) -> Table:
    return Table(frozenset({VALUE}), rank, word, within, edge=True)


TABLES: Mapping[str, Table] = {
    "Address_Set": _table("name", 10, "address set"),
    "Address_Set.addresses": _edge(11, "address of a set", Address_Set="addresses"),
    "Meter": _table("name unit fair", 8, "meter"),
    "Meter_Band": _table("action rate burst_size", 9, "band of a meter", Meter="bands"),
    "Port_Group": _table("name", 12, "port group"),
    "ACL": _table(
        "priority direction match action options tier log name severity meter", 13, "filter rule", Port_Group="acls"
    ),
    "DHCP_Options": _table("cidr options", 20, "DHCP options"),
    "DNS": _table("", 21, "DNS zone"),
    "Logical_Switch": _table("name other_config", 30, "logical switch"),
    "Logical_Switch.dns_records": _edge(31, "DNS zone of a switch", Logical_Switch="dns_records"),
    "Logical_Router": _table("name enabled options", 32, "logical router"),
    "Logical_Router_Port": _table(
        "name mac networks enabled options ipv6_ra_configs ha_chassis_group",
        33,
        "router port",
        Logical_Router="ports",
    ),
    "Gateway_Chassis": _table("name chassis_name priority", 34, "gateway host", Logical_Router_Port="gateway_chassis"),
    "HA_Chassis_Group": _table("name", 35, "group of hosts"),
    "HA_Chassis": _table("chassis_name priority", 36, "host of a group", HA_Chassis_Group="ha_chassis"),
    "Logical_Switch_Port": _table(
        "name type options addresses port_security enabled parent_name tag dhcpv4_options dhcpv6_options"
        " ha_chassis_group",
        40,
        "switch port",
        Logical_Switch="ports",
    ),
    "QoS": _table("priority direction match action bandwidth", 43, "QoS rule", Logical_Switch="qos_rules"),
    "Port_Group.ports": _edge(41, "member of a port group", Port_Group="ports"),
    "DNS.records": _edge(42, "DNS record", DNS="records"),
    "Load_Balancer": _table("name protocol", 48, "load balancer"),
    "Load_Balancer.vips": _edge(49, "forwarded port", Load_Balancer="vips"),
    "Logical_Switch.load_balancer": _edge(49, "load balancer of a switch", Logical_Switch="load_balancer"),
    "Logical_Router.load_balancer": _edge(49, "load balancer of a router", Logical_Router="load_balancer"),
    "BFD": _table("logical_port dst_ip", 49, "BFD session"),
    "Logical_Router_Static_Route": _table(
        "ip_prefix nexthop output_port policy route_table bfd", 50, "route", Logical_Router="static_routes"
    ),
    "NAT": _table(
        "type external_ip logical_ip external_mac logical_port external_port_range gateway_port options",
        51,
        "address translation",
        Logical_Router="nat",
    ),
}
"""Every table that rows may be rendered in; the columns are those a hand edit of which is drift."""

EDGES = frozenset(name for name, table in TABLES.items() if table.edge)
"""The tables of edges."""
EDGE_MEMBERS: Mapping[str, str] = {
    "Logical_Switch.dns_records": "DNS",
    "Port_Group.ports": "Logical_Switch_Port",
    "Logical_Switch.load_balancer": "Load_Balancer",
    "Logical_Router.load_balancer": "Load_Balancer",
}
"""The tables that edges to other rows lead to."""
