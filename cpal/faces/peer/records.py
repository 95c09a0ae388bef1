"""From what a Neutron's API says to records: every id, name and value as it is there. Pure.

A thing that is shared with everyone is so by a policy with an id in Neutron; that policy is kept, and says it here too.
The port of a floating IP (`network:floatingip`) stands for the address, which the floating IP holds here, with what
the port is called. The gateway of a router is a port as any other.

Source: Networking API v2.0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from cpal.faces.neutron.allowance import quota_id
from cpal.faces.peer import segments
from cpal.faces.peer.cloud import Item, Reading
from cpal.model.address_scope import AddressScope
from cpal.model.default_rules import INITIAL, DefaultSecurityGroupRule
from cpal.model.network import (
    FLOATING_IP_OWNER,
    NORMAL,
    ROUTER_GATEWAY,
    AddressPair,
    AllocationPool,
    DhcpOption,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Subnet,
)
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule, QosPolicy
from cpal.model.quota import DEFAULT_LIMITS, Quota
from cpal.model.rbac import ACTIONS, EVERYONE, SHARED, RbacPolicy
from cpal.model.record import Record
from cpal.model.router import ExternalGateway, FloatingIP, FloatingPort, MoreGateway, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.target import Project, Range
from cpal.model.trunk import SUBPORT_OWNER, Subport, Trunk

KIND_OF = {"subnetpool": "subnet_pool"}
"""Our word for a type of object that a policy is about, where it is another."""


def records_of(reading: Reading, distributed: frozenset[str] = frozenset()) -> list[Record]:
    """The records that say what was read; `distributed` are the routers whose floating IPs are at the hosts."""
    shared = frozenset(each["object_id"] for each in reading.all("rbac_policies") if _is_for_everyone(each))
    numbered = segments.by_network(reading)
    found: list[Record] = [_network(each, shared, numbered.get(each["id"], ())) for each in reading.all("networks")]
    places = {each["id"]: each["physical_network"] for each in reading.all("segments")}
    found += [_subnet(each, places.get(each.get("segment_id")) or "") for each in reading.all("subnets")]
    found += [_port(each) for each in reading.all("ports") if each["device_owner"] != FLOATING_IP_OWNER]
    outer = _outer_ports(reading)
    found += [_router(each, outer[each["id"]], each["id"] in distributed) for each in reading.all("routers")]
    own = {each["device_id"]: each for each in reading.all("ports") if each["device_owner"] == FLOATING_IP_OWNER}
    found += [_floating_ip(each, own.get(each["id"])) for each in reading.all("floatingips")]
    found += map(_forwarding, reading.all("port_forwardings"))
    for group in reading.all("security_groups"):
        found.append(_group(group))
        found += [_rule(rule, group) for rule in group["security_group_rules"]]
    found += _templates(reading)
    found += map(_address_group, reading.all("address_groups"))
    found += [_scope(each, shared) for each in reading.all("address_scopes")]
    found += [_pool(each, shared) for each in reading.all("subnetpools")]
    for policy in reading.all("policies"):
        found.append(_qos_policy(policy, shared))
        found += [QOS_RULES[rule["type"]](rule, policy) for rule in policy["rules"] if rule["type"] in QOS_RULES]
    found += map(_trunk, reading.all("trunks"))
    found += [_policy(each) for each in reading.all("rbac_policies") if policy_kind(each)]
    projects = sorted({record.project_id for record in found} - {""})
    found += _quotas(reading, projects)
    return [*_projects(reading, projects), *found]


def _is_for_everyone(policy: Item) -> bool:
    return policy["action"] == SHARED and _target(policy) == EVERYONE


def policy_kind(policy: Item) -> str:
    """The kind of record that a policy is about, "" where we have no such policies."""
    kind = KIND_OF.get(policy["object_type"], str(policy["object_type"]))
    return kind if policy["action"] in ACTIONS.get(kind, ()) else ""


def _owned(item: Item) -> dict[str, Any]:
    """What every record has."""
    return {
        "id": item["id"],
        "name": item.get("name") or "",
        "project_id": item.get("project_id") or "",
        "description": item.get("description") or "",
        "tags": tuple(item.get("tags") or ()),
    }


def _network(item: Item, shared: frozenset[str], numbered: Sequence[Item]) -> Network:
    first, *more = segments.held(segments.told(item, numbered))
    return Network(
        **_owned(item),
        admin_state_up=item["admin_state_up"],
        network_type=first.network_type,
        physical_network=first.physical_network,
        segmentation_id=first.segmentation_id,
        segment_notes=first.notes,
        more_segments=tuple(more),
        shared=item["shared"] and item["id"] not in shared,
        external=item.get("router:external", False),
        is_default=bool(item.get("is_default")),
        mtu=item.get("mtu") or 0,
        port_security_enabled=item.get("port_security_enabled", True),
        dns_domain=item.get("dns_domain") or "",
        vlan_transparent=bool(item.get("vlan_transparent")),
        qos_policy_id=item.get("qos_policy_id") or "",
    )


def _subnet(item: Item, physical_network: str) -> Subnet:
    return Subnet(
        **_owned(item),
        network_id=item["network_id"],
        cidr=item["cidr"],
        gateway_ip=item["gateway_ip"],
        allocation_pools=tuple(AllocationPool(pool["start"], pool["end"]) for pool in item["allocation_pools"]),
        enable_dhcp=item["enable_dhcp"],
        dns_nameservers=tuple(item["dns_nameservers"]),
        host_routes=_routes(item["host_routes"]),
        ipv6_address_mode=item["ipv6_address_mode"] or "",
        ipv6_ra_mode=item["ipv6_ra_mode"] or "",
        subnetpool_id=item["subnetpool_id"] or "",
        service_types=tuple(item.get("service_types") or ()),
        physical_network=physical_network,
    )


def _routes(given: list[Mapping[str, str]]) -> tuple[HostRoute, ...]:
    return tuple(HostRoute(route["destination"], route["nexthop"]) for route in given)


def _port(item: Item) -> Port:
    return Port(
        **_owned(item),
        network_id=item["network_id"],
        mac_address=item["mac_address"],
        fixed_ips=tuple(FixedIP(fixed["subnet_id"], fixed["ip_address"]) for fixed in item["fixed_ips"]),
        allowed_address_pairs=tuple(
            AddressPair(pair["ip_address"], "" if pair["mac_address"] == item["mac_address"] else pair["mac_address"])
            for pair in item.get("allowed_address_pairs", ())
        ),
        security_groups=tuple(item.get("security_groups", ())),
        port_security_enabled=item.get("port_security_enabled", True),
        admin_state_up=item["admin_state_up"],
        device_id=item["device_id"],
        device_owner="" if item["device_owner"] == SUBPORT_OWNER else item["device_owner"],
        host_id="" if item["device_owner"].startswith("network:router_") else item.get("binding:host_id") or "",
        dns_name=item.get("dns_name") or "",
        dns_domain=item.get("dns_domain") or "",
        qos_policy_id=item.get("qos_policy_id") or "",
        binding_profile=_profile(item),
        vnic_type=item.get("binding:vnic_type") or NORMAL,
        trusted=item.get("trusted"),
        extra_dhcp_opts=tuple(
            DhcpOption(each["opt_name"], each["opt_value"], each["ip_version"])
            for each in item.get("extra_dhcp_opts", ())
        ),
    )


def _profile(item: Item) -> str:
    """What whoever plugs a port is told, less what repeats that it is trusted and, of a subport, its trunk."""
    repeated = ("parent_name", "tag") if item["device_owner"] == SUBPORT_OWNER else ()
    if item.get("trusted") is not None:
        repeated = (*repeated, "trusted")
    told = {key: value for key, value in (item.get("binding:profile") or {}).items() if key not in repeated}
    return msgspec.json.encode(told, order="sorted").decode() if told else ""


def _outer_ports(reading: Reading) -> Mapping[str, list[Item]]:
    """The ports of the gateways of each router."""
    found = defaultdict[str, list[Item]](list)
    for port in reading.all("ports"):
        if port["device_owner"] == ROUTER_GATEWAY:
            found[port["device_id"]].append(port)
    return found


def _more_gateways(item: Item, ports: list[Item]) -> tuple[MoreGateway, ...]:
    """The gateways of a router but the first, each with the port that has its addresses."""
    by_addresses = {_addresses(port["fixed_ips"]): port for port in ports}
    more = (item.get("external_gateways") or ())[1:]
    found = (by_addresses.get(_addresses(each["external_fixed_ips"])) for each in more)
    return tuple(MoreGateway(port["network_id"], port["id"]) for port in found if port is not None)


def _addresses(fixed_ips: Iterable[Mapping[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((each["subnet_id"], each["ip_address"]) for each in fixed_ips)


def _router(item: Item, ports: list[Item], distributed: bool) -> Router:
    info = item.get("external_gateway_info")
    return Router(
        **_owned(item),
        admin_state_up=item["admin_state_up"],
        external_gateway_info=_gateway(info) if info else None,
        more_gateways=_more_gateways(item, ports),
        enable_default_route_ecmp=bool(item.get("enable_default_route_ecmp")),
        enable_default_route_bfd=bool(item.get("enable_default_route_bfd")),
        routes=_routes(item.get("routes", [])),
        distributed=distributed or bool(item.get("distributed")),
    )


def _gateway(info: Mapping[str, Any]) -> ExternalGateway:
    return ExternalGateway(info["network_id"], info.get("enable_snat", True), info.get("qos_policy_id") or "")


def _floating_ip(item: Item, own: Item | None) -> FloatingIP:
    return FloatingIP(
        **_owned(item),
        floating_network_id=item["floating_network_id"],
        floating_ip_address=item["floating_ip_address"],
        port_id=item["port_id"] or "",
        fixed_ip_address=item["fixed_ip_address"] or "",
        qos_policy_id=item.get("qos_policy_id") or "",
        router_id=(item["port_id"] and item.get("router_id")) or "",
        floating_port=_floating_port(own) if own is not None else FloatingPort(),
        dns_name=item.get("dns_name") or "",
        dns_domain=item.get("dns_domain") or "",
    )


def _floating_port(item: Item) -> FloatingPort:
    called = {name: value for name, value in _owned(item).items() if name != "project_id"}
    return FloatingPort(**called, mac_address=item["mac_address"], admin_state_up=item["admin_state_up"])


def _forwarding(item: Item) -> PortForwarding:
    """A port forwarding; it is its floating IP's."""
    return PortForwarding(
        **_owned(item),
        floatingip_id=item["floatingip_id"],
        protocol=item["protocol"],
        external_port_range=_ports(item, "external"),
        internal_port_id=item["internal_port_id"],
        internal_port_range=_ports(item, "internal"),
        internal_ip_address=item["internal_ip_address"],
    )


def _ports(item: Item, side: str) -> Range:
    """The ports of a side: a Neutron without ranges tells of one port."""
    first, _, last = str(item.get(f"{side}_port_range") or item[f"{side}_port"]).partition(":")
    return Range(int(first), int(last or first))


def _group(item: Item) -> SecurityGroup:
    return SecurityGroup(**_owned(item), stateful=item.get("stateful", True))


def _rule(item: Item, group: Item) -> SecurityGroupRule:
    """A rule; it is its group's, whoever made it."""
    return SecurityGroupRule(
        **{**_owned(item), "project_id": group["project_id"]},
        security_group_id=item["security_group_id"],
        **_said(item),
    )


def _said(item: Item) -> dict[str, Any]:
    """What a rule, or a template of one, lets pass."""
    prefix = item["remote_ip_prefix"]
    return {
        "direction": item["direction"],
        "ethertype": item["ethertype"],
        "protocol": item["protocol"] or "",
        "port_range_min": item["port_range_min"],
        "port_range_max": item["port_range_max"],
        "remote_ip_prefix": prefix or "",
        "remote_group_id": item["remote_group_id"] or "",
        "remote_address_group_id": item.get("remote_address_group_id") or "",
    }


def _template(item: Item) -> DefaultSecurityGroupRule:
    return DefaultSecurityGroupRule(
        id=item["id"],
        description=item.get("description") or "",
        used_in_default_sg=item["used_in_default_sg"],
        used_in_non_default_sg=item["used_in_non_default_sg"],
        **_said(item),
    )


def _templates(reading: Reading) -> list[DefaultSecurityGroupRule]:
    """The templates, where they are other ones than those that are there without a record, which are used no more."""
    given = [_template(each) for each in reading.all("default_security_group_rules")]
    if not given or {_meaning(each) for each in given} == {_meaning(each) for each in INITIAL.values()}:
        return []
    unused = {"used_in_default_sg": False, "used_in_non_default_sg": False}
    return [*(replace(each, **unused) for each in INITIAL.values()), *given]


def _meaning(template: DefaultSecurityGroupRule) -> DefaultSecurityGroupRule:
    return replace(template, id="", description="")


def _address_group(item: Item) -> AddressGroup:
    return AddressGroup(**_owned(item), addresses=tuple(item["addresses"]))


def _scope(item: Item, shared: frozenset[str]) -> AddressScope:
    return AddressScope(
        **_owned(item), ip_version=item["ip_version"], shared=item["shared"] and item["id"] not in shared
    )


def _pool(item: Item, shared: frozenset[str]) -> SubnetPool:
    return SubnetPool(
        **_owned(item),
        prefixes=tuple(item["prefixes"]),
        min_prefixlen=int(item["min_prefixlen"]),
        max_prefixlen=int(item["max_prefixlen"]),
        default_prefixlen=int(item["default_prefixlen"]),
        default_quota=item["default_quota"],
        address_scope_id=item["address_scope_id"] or "",
        shared=item["shared"] and item["id"] not in shared,
        is_default=bool(item["is_default"]),
    )


def _trunk(item: Item) -> Trunk:
    """A trunk; that ports are its subports is said here alone."""
    subports = (
        Subport(each["port_id"], each["segmentation_id"], each["segmentation_type"]) for each in item["sub_ports"]
    )
    return Trunk(
        **_owned(item), port_id=item["port_id"], sub_ports=tuple(subports), admin_state_up=item["admin_state_up"]
    )


def _qos_policy(item: Item, shared: frozenset[str]) -> QosPolicy:
    return QosPolicy(
        **_owned(item),
        shared=item["shared"] and item["id"] not in shared,
        is_default=bool(item.get("is_default")),
    )


def _limit(item: Item, policy: Item) -> Record:
    burst = item.get("max_burst_kbps") or 0
    limits = {"max_kbps": item["max_kbps"], "max_burst_kbps": burst, "direction": item["direction"]}
    return QosBandwidthLimitRule(**_ruling(item, policy), **limits)


def _mark(item: Item, policy: Item) -> Record:
    return QosDscpMarkingRule(**_ruling(item, policy), dscp_mark=item["dscp_mark"])


def _guarantee(item: Item, policy: Item) -> Record:
    return QosMinimumBandwidthRule(**_ruling(item, policy), min_kbps=item["min_kbps"], direction=item["direction"])


def _ruling(item: Item, policy: Item) -> dict[str, Any]:
    return {"id": item["id"], "project_id": policy["project_id"] or "", "qos_policy_id": policy["id"]}


QOS_RULES: Mapping[str, Callable[[Item, Item], Record]] = {
    "bandwidth_limit": _limit, "dscp_marking": _mark, "minimum_bandwidth": _guarantee,
}  # fmt: skip
"""What makes the record of a rule of a QoS policy, by the rule's type."""


def _policy(item: Item) -> RbacPolicy:
    return RbacPolicy(
        **_owned(item),
        object_type=policy_kind(item),
        object_id=item["object_id"],
        action=item["action"],
        target_project=_target(item),
    )


def _target(policy: Item) -> str:
    return str(policy.get("target_project") or policy["target_tenant"])


def _quotas(reading: Reading, projects: list[str]) -> Iterator[Quota]:
    """The limits of each project where they are not our usual ones, be they its own or Neutron's usual."""
    own = {each["project_id"]: each for each in reading.all("quotas")}
    for project_id in projects:
        given = {**reading.default_limits, **own.get(project_id, {})}
        limits = {name: given[name] for name, usual in DEFAULT_LIMITS.items() if given.get(name, usual) != usual}
        if limits:
            yield Quota(id=quota_id(project_id), project_id=project_id, limits=limits)


def _projects(reading: Reading, ids: list[str]) -> Iterator[Project]:
    """The projects by their names; where two have the same, with a part of the id."""
    taken: set[str] = set()
    for id in ids:
        name = reading.projects.get(id, id)
        if name in taken:
            name = f"{name}-{id[:8]}"
        taken.add(name)
        yield Project(id=id, name=name)
