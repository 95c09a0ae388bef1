"""Security groups at leaves: what a port may send from, and what the groups it is in admit.

Theory. A leaf keeps no connections, so each packet is asked by itself: out of a workload where it comes in by the
port, into it where it leaves by the port, whether it is bridged or routed in between. Each VRF where a port is
filtered has the groups of its ports, once, and the addresses that their rules name, as sets: one more port in a group
is one more row. What a row says is in the words of nftables, as it lists them.

ARP and Neighbor Discovery are not subject to rules, as on hypervisors; who sends them is. IPv6 link-local addresses of
a port's MAC addresses are its own, where it has an IPv6 address.

Source: Networking API, security-group-rules, `allowed-address-pairs`; nft(8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.devices import render_fabric as fabric
from cpal.drivers.devices.frr.render.names import (
    DRIVER,
    MEMBER,
    RULE,
    SET_ADDRESS,
    SOURCE,
    address_set_key,
    filter_key,
    group_key,
    port_name,
    vrf_key,
)
from cpal.drivers.devices.render_fabric import Leaf
from cpal.model.address import eui64, version_of
from cpal.model.network import Network, Port
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

LINK_LOCAL = "fe80::/64"
UNSPECIFIED = "0.0.0.0"
"""What a port sends from that has no address yet."""
_WITH_PORTS = {TCP: "tcp", UDP: "udp", SCTP: "sctp", 33: "dccp", 136: "udplite"}
_MESSAGES = {ICMP: "icmp", ICMPV6: "icmpv6"}
_REMOTE = {"ingress": "saddr", "egress": "daddr"}
Place = tuple[str, str]
"""A leaf, and a VRF of it."""


def of_port(view: View, leaf: Leaf, record: Port, network: Network) -> Iterator[Row]:
    """The filter of an access port that has port security."""
    if not record.port_security_enabled:
        return
    vrf = fabric.vrf_of(view, network)
    key, because = filter_key(leaf.name, vrf, port_name(record.id)), (record.key, network.key)
    yield Row(key, {}, because, vrf_key(leaf.name, vrf))
    for source in _sources(record):
        yield Row(RowKey(SOURCE, f"{key.name} {source}"), {VALUE: source}, because, key)
    for id in record.security_groups or ():
        group = group_key(leaf.name, vrf, id)
        edge = RowKey(MEMBER, f"{key.name} {group.name.split()[2]}")
        yield Row(edge, {VALUE: group}, (record.key, Key("security_group", id)), key)


def _sources(record: Port) -> Iterator[str]:
    """Each MAC address that a port may send from, with a prefix that it may use there."""
    allowed: dict[str, list[str]] = {record.mac_address: list(record.addresses)}
    for pair in record.allowed_address_pairs:
        allowed.setdefault(pair.mac_address or record.mac_address, []).append(pair.ip_address)
    for mac, prefixes in allowed.items():
        if any(version_of(each) == 6 for each in prefixes):
            prefixes.append(eui64(LINK_LOCAL, mac))
        for prefix in apart(prefixes or [UNSPECIFIED]):
            yield f"{mac} {prefix}"


def apart(prefixes: Iterable[str]) -> list[str]:
    """The prefixes that are in none of the others: a set of nftables has no address twice."""
    networks = {ip_network(each, strict=False) for each in prefixes}
    found: list[IPv4Network | IPv6Network] = []
    for each in sorted(networks, key=lambda each: (each.version, each.network_address.packed, each.prefixlen)):
        if not found or each.version != found[-1].version or each.network_address not in found[-1]:
            found.append(each)
    return [written(each) for each in found]


def written(network: IPv4Network | IPv6Network) -> str:
    """A prefix as nftables has it: one address by itself."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def group(view: View, record: SecurityGroup) -> Iterator[Row]:
    """A security group in each VRF where one of its ports is, and its ports' addresses where a rule names them."""
    rules: list[SecurityGroupRule] = view.find("rule.group", record.id)
    for leaf, vrf in _places(view, record.id):
        key = group_key(leaf, vrf, record.id)
        yield Row(key, {}, (record.key,), vrf_key(leaf, vrf))
        for rule in rules:
            yield _rule(leaf, vrf, key, rule, record)
    members: list[Port] = view.find("port.security_group", record.id)
    addresses = [address for port in members for address in port.addresses]
    yield from _sets(view, record, view.find("rule.remote_group", record.id), addresses)


def address_group(view: View, record: AddressGroup) -> Iterator[Row]:
    """The addresses of a group, where a rule names it."""
    yield from _sets(view, record, view.find("rule.remote_address_group", record.id), record.addresses)


def _places(view: View, group_id: str) -> list[Place]:
    """Where ports of a group are filtered."""
    found: set[Place] = set()
    for port in view.find("port.security_group", group_id):
        secured = port.port_security_enabled and fabric.is_access(port)
        leaf = fabric.leaf_named(view, port.host_id, DRIVER) if secured else None
        network = view.get(Network, port.network_id) if leaf else None
        if leaf and network:
            found.add((leaf.name, fabric.vrf_of(view, network)))
    return sorted(found)


def _rule(leaf: str, vrf: str, within: RowKey, record: SecurityGroupRule, of: SecurityGroup) -> Row:
    words: list[str] = []
    needs: tuple[RowKey, ...] = ()
    family, way = "ip6" if record.ip_version == 6 else "ip", _REMOTE[record.direction]
    named = record.remote_group_id or record.remote_address_group_id
    if named:
        remote = address_set_key(leaf, vrf, named, record.ip_version)
        words, needs = [f"{family} {way} @{remote.name.split()[2]}"], (remote,)
    elif record.remote_ip_prefix:
        words = [f"{family} {way} {written(ip_network(record.normalized_cidr))}"]
    text = " ".join([*words, *_protocol(record), "accept"])
    columns: dict[str, Value] = {"direction": record.direction, "ethertype": record.ethertype, "rule": text}
    return Row(RowKey(RULE, f"{within.name} {record.id}"), columns, (record.key, of.key), within, needs)


def _protocol(record: SecurityGroupRule) -> list[str]:
    number = protocol_number(record.protocol, record.ip_version)
    low, high = record.port_range_min, record.port_range_max
    if number is None:
        return []
    if number in _WITH_PORTS and (low, high) != (None, None):
        first, last = low or 0, 65535 if high is None else high
        return [f"{_WITH_PORTS[number]} dport {first}" + (f"-{last}" if last != first else "")]
    if number == (ICMPV6 if record.ip_version == 6 else ICMP) and (low, high) != (None, None):
        fields = (("type", low), ("code", high))
        return [f"{_MESSAGES[number]} {field} {value}" for field, value in fields if value is not None]
    return [f"meta l4proto {number}"]


def _sets(
    view: View, record: SecurityGroup | AddressGroup, rules: Iterable[SecurityGroupRule], addresses: Iterable[str]
) -> Iterator[Row]:  # fmt: skip
    """What the addresses are, of each IP version and in each VRF that a rule asks for."""
    asked = {(*place, rule.ip_version) for rule in rules for place in _places(view, rule.security_group_id)}
    of_version = {version: apart(each for each in addresses if version_of(each) == version) for version in (4, 6)}
    for leaf, vrf, version in sorted(asked):
        key = address_set_key(leaf, vrf, record.id, version)
        yield Row(key, {}, (record.key,), vrf_key(leaf, vrf))
        for prefix in of_version[version]:
            yield Row(RowKey(SET_ADDRESS, f"{key.name} {prefix}"), {VALUE: prefix}, (record.key,), key)
