"""Which columns a table of each kind has, for people; programs get every field."""

from __future__ import annotations

from msgspec import convert

from cpal.faces.cli.output import Column, Object, column
from cpal.model.acl import AclEntry
from cpal.model.bgp import BgpNeighbor
from cpal.model.classifier import ClassifierTerm
from cpal.model.ospf import OspfInterface


def _segment(found: Object) -> object:
    segment, live = found["segmentation_id"], found["live_vni"]
    if live not in (None, segment):
        return f"{segment} ({live} on the wire)"
    return "" if segment is None else segment


def _where(found: Object) -> str:
    return " ".join(filter(None, (str(found["network_type"]), str(found["physical_network"]))))


_RIGHTS = (("external", "external"), ("default", "is_default"), ("shared", "shared"))


def _rights(found: Object) -> str:
    return ", ".join(word for word, field in _RIGHTS if found[field])


def _pool_rights(found: Object) -> str:
    return ", ".join(word for word, field in _RIGHTS if found.get(field))


def _pools(found: Object) -> list[str]:
    return [f"{pool['start']}-{pool['end']}" for pool in found["allocation_pools"] or ()]


def _interfaces(found: Object) -> list[str]:
    return [f"{each['network']} {each['ip_address']}" for each in found["interfaces"]]


def _gateway(found: Object) -> str:
    gateway = found["external_gateway_info"]
    if not gateway:
        return ""
    snat = "" if gateway["enable_snat"] else " without SNAT"
    networks = " ".join((found["external_network"], *found.get("more_external_networks", ())))
    return f"{networks} {' '.join(found['external_addresses'])}{snat}"


def _range(found: Object) -> str:
    low, high = found["port_range_min"], found["port_range_max"]
    return "" if low is None else str(low) if high in (None, low) else f"{low}-{high}"


def _remote(found: Object) -> str:
    return str(found["remote_group"] or found["remote_address_group"] or found["remote_ip_prefix"] or "anyone")


def _lengths(found: Object) -> str:
    return f"/{found['min_prefixlen']} to /{found['max_prefixlen']}, by itself /{found['default_prefixlen']}"


def _vlan(found: Object) -> object:
    return "untagged" if found["segmentation_id"] is None else found["segmentation_id"]


def _entries(found: Object) -> list[str]:
    entries = convert(found["entries"], tuple[AclEntry, ...])
    return [f"{each.sequence_id} {each.words}" for each in entries]


def _speakers(found: Object) -> list[str]:
    return [each.words for each in convert(found["interfaces"], tuple[OspfInterface, ...])]


def _neighbors(found: Object) -> list[str]:
    return [each.words for each in convert(found["neighbors"], tuple[BgpNeighbor, ...])]


def _terms(found: Object) -> list[str]:
    return [each.words for each in convert(found["terms"], tuple[ClassifierTerm, ...])]


def _limits(found: Object) -> list[str]:
    return [f"{name} {'unlimited' if limit < 0 else limit}" for name, limit in found["limits"].items()]


PROJECT, NAME = column("project"), column("name")

COLUMNS: dict[str, tuple[Column, ...]] = {
    "project": (NAME, column("records"), column("description")),
    "network": (
        PROJECT, NAME, Column("type", _where), Column("segment", _segment), column("mtu", "MTU"),
        column("cidrs", "subnets"), column("ports"), Column("", _rights),
    ),
    "subnet": (
        PROJECT, NAME, column("network"), column("cidr"), column("gateway_ip", "gateway"), Column("pools", _pools),
        column("enable_dhcp", "DHCP"),
    ),
    "port": (
        PROJECT, NAME, column("network"), column("addresses"), column("mac_address", "MAC"), column("device"),
        column("host"), column("status"),
    ),
    "trunk": (PROJECT, NAME, column("port"), column("subports")),
    "router": (PROJECT, NAME, Column("interfaces", _interfaces), Column("gateway", _gateway), column("gateway_hosts")),
    "floating_ip": (
        PROJECT, NAME, column("floating_ip_address", "address"), column("device", "for"),
        column("fixed_ip_address", "inner address"), column("floating_network", "network"),
    ),
    "port_forwarding": (
        PROJECT, column("floating_ip_address", "address"), column("words", "what"), column("device", "for"),
        column("id"),
    ),
    "security_group": (PROJECT, NAME, column("stateful"), column("rules"), column("ports")),
    "security_group_rule": (
        PROJECT, column("security_group", "group"), column("direction"), column("ethertype"), column("protocol"),
        Column("ports", _range), Column("remote", _remote), column("id"),
    ),
    "default_security_group_rule": (
        column("direction"), column("ethertype"), column("protocol"), Column("ports", _range),
        Column("remote", _remote), column("used_in_default_sg", "in default"),
        column("used_in_non_default_sg", "in others"), column("id"),
    ),
    "address_group": (PROJECT, NAME, column("addresses"), column("used_by")),
    "qos_policy": (PROJECT, NAME, column("rules"), column("used_by"), Column("", _pool_rights)),
    "qos_bandwidth_limit_rule": (
        PROJECT, column("qos_policy", "policy"), column("direction"), column("max_kbps", "kbit/s"),
        column("max_burst_kbps", "burst kbit"), column("id"),
    ),
    "qos_dscp_marking_rule": (PROJECT, column("qos_policy", "policy"), column("dscp_mark", "mark"), column("id")),
    "qos_minimum_bandwidth_rule": (
        PROJECT, column("qos_policy", "policy"), column("direction"), column("min_kbps", "kbit/s"), column("id"),
    ),
    "subnet_pool": (PROJECT, NAME, column("prefixes"), Column("gives", _lengths), Column("", _pool_rights)),
    "address_scope": (PROJECT, NAME, column("ip_version", "IP version"), column("shared")),
    "log": (
        PROJECT, NAME, column("event"), column("resource", "group"), column("target", "port"), column("enabled"),
    ),
    "rbac_policy": (
        PROJECT, column("object_type", "kind"), column("object_id", "of"), column("action"),
        column("target_project", "for"), column("id"),
    ),
    "instance": (
        PROJECT, NAME, column("host"), column("networks"), column("addresses"), column("floating_ips", "floating IPs"),
        column("status"),
    ),
    "vlan": (PROJECT, NAME, column("vlan_id", "VLAN"), column("devices")),
    "vrf": (PROJECT, NAME, column("devices")),
    "route": (PROJECT, NAME, column("destination"), column("nexthop"), column("vrf", "VRF"), column("devices")),
    "ntp_server": (PROJECT, NAME, column("address"), column("vrf", "VRF"), column("devices")),
    "syslog_server": (PROJECT, NAME, column("address"), column("vrf", "VRF"), column("devices")),
    "stp": (
        PROJECT, NAME, column("mode"), column("priority"), column("vlans", "VLANs"), column("instances"),
        column("devices"),
    ),
    "ospf": (
        PROJECT, NAME, column("device"), column("vrf", "VRF"), column("process"), column("router_id", "router ID"),
        Column("interfaces", _speakers),
    ),
    "acl": (PROJECT, NAME, Column("entries", _entries), column("devices")),
    "bgp": (
        PROJECT, NAME, column("asn", "AS"), column("router_id"), Column("neighbors", _neighbors), column("networks"),
    ),
    "classifier": (PROJECT, NAME, Column("terms", _terms), column("devices")),
    "lag": (PROJECT, NAME, column("members"), column("lacp_mode", "LACP"), column("mlag", "MLAG")),
    "mlag": (
        PROJECT, NAME, column("domain"), column("peer_link"), column("peer_address"),
        column("keepalive_destination"),
    ),
    "interface": (
        PROJECT, NAME, column("mode"), column("vlan"), column("vlans"), column("networks"), column("addresses"),
    ),
    "target": (NAME, column("driver"), column("encap"), column("endpoints")),
    "host": (NAME, column("target"), column("underlay_address"), column("physical_networks"), column("gateway")),
    "outside_host": (
        NAME, column("target"), column("physical_network"), Column("VLAN", _vlan), column("addresses"),
        column("loopbacks"),
    ),
    "placement": (PROJECT, column("role"), column("subject"), column("network"), column("hosts")),
    "quota": (PROJECT, Column("limits", _limits)),
    "stack": (NAME, column("records")),
}  # fmt: skip
