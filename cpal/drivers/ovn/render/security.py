"""Security groups: port groups, address sets and ACLs.

Theory. All ports with port security are members of one group whose ACLs drop IP both ways (priority 1000). What a
security group's rule allows is an ACL in that group's own port group, above that. So a port without any group is
cut off, and one more member is one more edge, whatever the number of rules. The Networking API lets a port ask for its
own address whatever its groups say, and lets none answer as a DHCP server (its reference implementation,
`iptables_firewall`): two pairs of ACLs of the drop group. ARP and Neighbor Discovery are not subject to ACLs in OVN.

Match strings and priorities are Neutron's. Source: ovn-nb(5), ACL, Port_Group, Address_Set; ovn-sb(5), Logical_Flow.
"""

from __future__ import annotations

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import log, names
from cpal.model.address import version_of
from cpal.model.record import Key
from cpal.model.security import (
    ICMP,
    ICMPV6,
    SCTP,
    TCP,
    UDP,
    AddressGroup,
    SecurityGroup,
    SecurityGroupRule,
    protocol_number,
)

DROP = Key("port_security", "default")
"""The derived key of the drop group."""
DROP_ROW = RowKey("Port_Group", names.DROP_GROUP)

PRIORITY_DROP, PRIORITY_LOG_DROP, PRIORITY_ALLOW, PRIORITY_SPOOF = 1000, 1001, 1002, 1003
FROM, TO = "from-lport", "to-lport"
"""Directions of an ACL, as OVN calls them: out of a workload and into it."""
_DIRECTIONS = {"ingress": (TO, "outport", "src"), "egress": (FROM, "inport", "dst")}
_TRANSPORTS = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}
_DROP_ACLS = (
    ("drop from-lport", PRIORITY_DROP, FROM, "inport == @{} && ip", "drop"),
    ("drop to-lport", PRIORITY_DROP, TO, "outport == @{} && ip", "drop"),
    ("dhcpv4 client", PRIORITY_ALLOW, FROM, "inport == @{} && ip4 && udp.src == 68 && udp.dst == 67", "allow"),
    (
        "dhcpv6 client",
        PRIORITY_ALLOW,
        "from-lport",
        "inport == @{} && ip6 && udp.src == 546 && udp.dst == 547",
        "allow",
    ),
    ("dhcpv4 server", PRIORITY_SPOOF, FROM, "inport == @{} && ip4 && udp.src == 67 && udp.dst == 68", "drop"),
    ("dhcpv6 server", PRIORITY_SPOOF, FROM, "inport == @{} && ip6 && udp.src == 547 && udp.dst == 546", "drop"),
)


def drop_group(view: View, key: Key) -> list[Row]:
    """The group of all ports with port security, as long as there is one."""
    if not view.exists("port.secured", "yes"):
        return []
    rows = [Row(DROP_ROW, {"name": names.DROP_GROUP}, (key,))]
    for name, priority, direction, match, action in _DROP_ACLS:
        columns: dict[str, Value] = {
            "priority": priority,
            "direction": direction,
            "match": match.format(names.DROP_GROUP),
            "action": action,
        }
        rows.append(Row(RowKey("ACL", f"{names.DROP_GROUP} {name}"), columns, (key,), within=DROP_ROW))
    return rows


def drop_acl_name(direction: str, match: str) -> str:
    """The name of that ACL of the drop group, "" where it is none."""
    found = (name for name, _, to, text, _ in _DROP_ACLS if (to, text.format(names.DROP_GROUP)) == (direction, match))
    return next((f"{names.DROP_GROUP} {name}" for name in found), "")


def group(view: View, record: SecurityGroup) -> list[Row]:
    """The port group of a security group; its members are edges that the ports render. Drops that are told are here."""
    key = names.group(record.id)
    found = [Row(key, {"name": key.name, **names.external_ids(record.name)}, (record.key,))]
    told = log.of_dropped(view, record)
    for direction, port in ((FROM, "inport"), (TO, "outport")) if told is not None else ():
        columns: dict[str, Value] = {
            "priority": PRIORITY_LOG_DROP,
            "direction": direction,
            "match": f"{port} == @{key.name} && ip",
            "action": "drop",
            **log.columns(told),
        }
        because = (told.key, record.key) if told is not None else ()
        found.append(Row(RowKey("ACL", f"{record.id} drop {direction}"), columns, because, key, (log.METER,)))
    return found


def rule(view: View, record: SecurityGroupRule) -> list[Row]:
    """The ACL of a rule."""
    group = view.get(SecurityGroup, record.security_group_id)
    if group is None:
        return []
    within = names.group(group.id)
    direction, port, _ = _DIRECTIONS[record.direction]
    told = log.of_passed(view, group)
    columns: dict[str, Value] = {
        "priority": PRIORITY_ALLOW,
        "direction": direction,
        "match": " && ".join((f"{port} == @{within.name}", *_match(record))),
        "action": "allow-related" if group.stateful else "allow-stateless",
        **log.columns(told),
    }
    because: tuple[Key, ...] = (record.key, group.key)
    needs = _remotes(record)
    if told is not None:
        because, needs = (*because, told.key), (*needs, log.METER)
    return [Row(RowKey("ACL", record.id), columns, because, within, needs)]


def _match(record: SecurityGroupRule) -> list[str]:
    version = f"ip{record.ip_version}"
    remote = f"{version}.{_DIRECTIONS[record.direction][2]}"
    terms = [version]
    if record.remote_ip_prefix:
        terms.append(f"{remote} == {record.normalized_cidr}")
    if record.remote_group_id:
        terms.append(f"{remote} == ${names.group(record.remote_group_id).name}_{version}")
    if record.remote_address_group_id:
        terms.append(f"{remote} == ${names.address_set(record.remote_address_group_id, record.ip_version).name}")
    return terms + _protocol(record)


def _protocol(record: SecurityGroupRule) -> list[str]:
    number = protocol_number(record.protocol, record.ip_version)
    low, high = record.port_range_min, record.port_range_max
    if number is None:
        return []
    if number in _TRANSPORTS:
        name = _TRANSPORTS[number]
        if low is not None and low == high:
            return [name, f"{name}.dst == {low}"]
        bounds = ((">=", low), ("<=", high))
        return [name, *(f"{name}.dst {sign} {bound}" for sign, bound in bounds if bound is not None)]
    if number == (ICMP if record.ip_version == 4 else ICMPV6):
        name = f"icmp{record.ip_version}"
        fields = (("type", low), ("code", high))
        return [name, *(f"{name}.{field} == {value}" for field, value in fields if value is not None)]
    return [f"ip.proto == {number}"]


def _remotes(record: SecurityGroupRule) -> tuple[RowKey, ...]:
    """The rows whose addresses the match names."""
    if record.remote_group_id:
        return (names.group(record.remote_group_id),)
    if record.remote_address_group_id:
        return (names.address_set(record.remote_address_group_id, record.ip_version),)
    return ()


def address_group(view: View, record: AddressGroup) -> list[Row]:
    """The address sets of an address group, one for each IP version, and their members.

    Both are always there, because a rule whose address set is missing is no rule to OVN.
    """
    because = (record.key,)
    rows = []
    for version in (4, 6):
        key = names.address_set(record.id, version)
        rows.append(Row(key, {"name": key.name, **names.external_ids(record.name)}, because))
        for address in dict.fromkeys(record.addresses):
            if version_of(address) == version:
                edge = RowKey("Address_Set.addresses", f"{key.name} {address}")
                rows.append(Row(edge, {VALUE: address}, because, within=key))
    return rows
