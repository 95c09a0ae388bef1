"""What a plan says of a record in one line: where a new one stands, how a changed one differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cpal.core.plan import changed_fields
from cpal.faces.cli.describe import (
    REFERENCES,
    Describer,
    forwarding_words,
    joined_families,
    plain,
    qos_words,
    rule_words,
)
from cpal.faces.cli.output import cell
from cpal.model.acl import Acl, AclEntry
from cpal.model.address_scope import AddressScope
from cpal.model.bgp import Bgp
from cpal.model.carrying import carrier
from cpal.model.classifier import Classifier
from cpal.model.default_rules import DefaultSecurityGroupRule
from cpal.model.instance import Instance
from cpal.model.log import ACCEPT, ALL, DROP, Log
from cpal.model.mlag import Mlag
from cpal.model.network import OVERLAY_TYPES, ROUTER_GATEWAY, Network, Port, Subnet
from cpal.model.ospf import Ospf
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QOS_RULES, QosPolicy, QosRule
from cpal.model.quota import Quota
from cpal.model.rbac import EVERYONE, RbacPolicy
from cpal.model.record import IMPLIED, Record
from cpal.model.router import FloatingIP, Router, gateway_ports
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.switch import WITHOUT_LACP, Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Placement, Project, Target
from cpal.model.trunk import Trunk

MOST_RULES = 6
"""How many rules of a new group are told on its line."""


def summary(record: Record, describer: Describer) -> str:
    """A record in a few words, as it stands in the describer's estate."""
    return ", ".join(filter(None, _SUMMARIES[type(record)](record, describer)))


def difference(before: Record, after: Record, old: Describer, new: Describer) -> str:
    """How a record changes: `security_groups: web -> web, db`."""
    fields = changed_fields(before, after)
    return "; ".join(f"{field}: {' -> '.join(_values(before, after, field, old, new))}" for field in fields)


def _values(before: Record, after: Record, field: str, old: Describer, new: Describer) -> tuple[str, str]:
    """A field of both; of a list whose members have words of their own, those that are not in the other."""
    was, will = (_members(getattr(record, field)) for record in (before, after))
    gone, come = ([each for each in some if each not in others] for some, others in ((was, will), (will, was)))
    if gone or come:
        return ", ".join(gone) or "none", ", ".join(come) or "none"
    return _value(before, field, old), _value(after, field, new)


def _members(value: object) -> list[str]:
    """The members of a list in words, where they have any."""
    members = value if isinstance(value, tuple) else ()
    return [_entry(each) if isinstance(each, AclEntry) else each.words for each in members if hasattr(each, "words")]


def _entry(entry: AclEntry) -> str:
    return f"{entry.sequence_id} {entry.words}"


def _value(record: Record, field: str, describer: Describer) -> str:
    value = getattr(record, field)
    kind = REFERENCES.get(field)
    if kind and isinstance(value, str):
        return (describer.short(kind, value) if value else "") or "none"
    if kind and value is not None:
        return ", ".join(describer.short(kind, each) for each in value) or "none"
    if field == "device_id":
        return describer.device(record) if isinstance(record, Port) and value else "none"
    if field == "fixed_ips":
        return ", ".join(fixed.ip_address for fixed in value or ()) or "none"
    if _members(value):
        return ", ".join(_members(value))
    if field == "external_gateway_info":
        return _gateway_words(value, describer) if value else "none"
    if field == "more_gateways":
        return ", ".join(describer.short("network", each.network_id) for each in value) or "none"
    return cell(plain(value)) or "none"


def _gateway_words(gateway: Any, describer: Describer) -> str:
    snat = "with SNAT" if gateway.enable_snat else "without SNAT"
    policy = f" under {describer.short('qos_policy', gateway.qos_policy_id)}" if gateway.qos_policy_id else ""
    return f"{describer.short('network', gateway.network_id)} {snat}{policy}"


def _network(network: Network, describer: Describer) -> Iterable[str]:
    yield network.network_type
    if network.physical_network:
        yield f"on {network.physical_network}"
    if network.segmentation_id is not None:
        yield f"{'VNI' if network.network_type in OVERLAY_TYPES else 'VLAN'} {network.segmentation_id}"
    yield f"VLAN {network.fabric_vlan} on leaves" if network.fabric_vlan else ""
    yield from (f"and {segment.words}" for segment in network.more_segments)
    yield f"MTU {network.mtu}" if network.mtu else ""
    yield "carries guests' VLAN tags" if network.vlan_transparent else ""
    yield "external" if network.external else ""
    yield "shared" if network.shared else ""
    yield "" if network.port_security_enabled else "no port security"
    yield "" if network.admin_state_up else "administratively down"


def _subnet(subnet: Subnet, describer: Describer) -> Iterable[str]:
    yield subnet.cidr
    yield f"on {describer.short('network', subnet.network_id)}"
    yield f"at {subnet.physical_network}" if subnet.physical_network else ""
    yield f"gateway {subnet.gateway_ip}" if subnet.gateway_ip else "no gateway"
    if subnet.ip_version == 6:
        yield subnet.ipv6_address_mode or subnet.ipv6_ra_mode
    elif subnet.enable_dhcp:
        yield "DHCP"
    yield f"name servers {' '.join(subnet.dns_nameservers)}" if subnet.dns_nameservers else ""


def _port(port: Port, describer: Describer) -> Iterable[str]:
    yield f"{describer.short('network', port.network_id)} {' '.join(port.addresses)}".rstrip()
    device = describer.device(port)
    yield f"of {device}" if device else ""
    host = carrier(describer.estate, port).host_id
    yield f"on {host}" if host else ""
    groups = [describer.short("security_group", id) for id in port.security_groups or ()]
    yield f"groups {' '.join(groups)}" if groups else ""
    yield (
        "no port security"
        if port.port_security_enabled is False and not port.device_owner.startswith("network:")
        else ""
    )


def _trunk(trunk: Trunk, describer: Describer) -> Iterable[str]:
    yield f"of {describer.short('port', trunk.port_id)}"
    for subport in trunk.sub_ports:
        yield f"{describer.short('port', subport.port_id)} in VLAN {subport.segmentation_id}"


def _router(router: Router, describer: Describer) -> Iterable[str]:
    ports: list[Port] = describer.estate.find("port.device", router.id)
    inner = [port for port in ports if port.device_owner != ROUTER_GATEWAY]
    for port in (*inner, *gateway_ports(router, ports)):
        where = f"{describer.short('network', port.network_id)} {' '.join(port.addresses)}".rstrip()
        if port.device_owner == ROUTER_GATEWAY:
            snat = router.external_gateway_info is not None and router.external_gateway_info.enable_snat
            yield f"out through {where} {'with SNAT' if snat else 'without SNAT'}"
        else:
            yield f"joins {where}"
    yield "sends by all ways out in turn" if router.enable_default_route_ecmp else ""
    yield "asks next hops by BFD" if router.enable_default_route_bfd else ""
    for route in router.routes:
        yield f"{route.destination} via {route.nexthop}"


def _floating_ip(floating: FloatingIP, describer: Describer) -> Iterable[str]:
    port = describer.estate.get(Port, floating.port_id)
    yield floating.floating_ip_address if floating.name else ""
    forwardings = [] if port else describer.estate.find("port_forwarding.floating_ip", floating.id)
    if port:
        yield f"for {describer.device(port) or describer.title(port)} {floating.fixed_ip_address}"
    yield from (forwarding_words(forwarding) for forwarding in forwardings[:MOST_RULES])
    if len(forwardings) > MOST_RULES:
        yield f"and {len(forwardings) - MOST_RULES} more ports"
    yield "" if port or forwardings else "not in use"
    yield f"from {describer.short('network', floating.floating_network_id)}"


def _security_group(group: SecurityGroup, describer: Describer) -> Iterable[str]:
    if not group.stateful:
        yield "stateless"
    rules = joined_families(rule_words(rule, describer) for rule in describer.estate.find("rule.group", group.id))
    yield from rules[:MOST_RULES]
    if len(rules) > MOST_RULES:
        yield f"and {len(rules) - MOST_RULES} more rules"


def _template(template: DefaultSecurityGroupRule, describer: Describer) -> Iterable[str]:
    yield rule_words(template, describer)
    uses = {"default groups": template.used_in_default_sg, "others": template.used_in_non_default_sg}
    yield f"in {' and '.join(use for use, used in uses.items() if used) or 'no groups'}"


def _rule(rule: SecurityGroupRule, describer: Describer) -> Iterable[str]:
    yield rule_words(rule, describer)


def _address_group(group: AddressGroup, describer: Describer) -> Iterable[str]:
    yield " ".join(group.addresses)


def _port_forwarding(forwarding: PortForwarding, describer: Describer) -> Iterable[str]:
    yield forwarding_words(forwarding)


def _qos_policy(policy: QosPolicy, describer: Describer) -> Iterable[str]:
    for kind in QOS_RULES:
        yield from (qos_words(rule) for rule in describer.estate.find(f"{kind.kind}.policy", policy.id))
    yield "the default" if policy.is_default else ""
    yield "shared" if policy.shared else ""


def _qos_rule(rule: QosRule, describer: Describer) -> Iterable[str]:
    yield qos_words(rule)


def _address_scope(scope: AddressScope, describer: Describer) -> Iterable[str]:
    yield f"IPv{scope.ip_version}"
    yield "shared" if scope.shared else ""


def _log(log: Log, describer: Describer) -> Iterable[str]:
    yield {ACCEPT: "what passes", DROP: "what is dropped", ALL: "what passes and what is dropped"}[log.event]
    yield f"of {describer.short('security_group', log.resource_id)}" if log.resource_id else ""
    yield f"at {describer.short('port', log.target_id)}" if log.target_id else ""
    yield "" if log.enabled else "disabled"


def _rbac_policy(policy: RbacPolicy, describer: Describer) -> Iterable[str]:
    yield f"{policy.action} of {describer.short(policy.object_type, policy.object_id)}"
    target = policy.target_project
    yield f"for {'everyone' if target == EVERYONE else describer.short('project', target)}"


def _subnet_pool(pool: SubnetPool, describer: Describer) -> Iterable[str]:
    yield " ".join(pool.prefixes)
    yield f"in {describer.short('address_scope', pool.address_scope_id)}" if pool.address_scope_id else ""
    yield f"gives /{pool.min_prefixlen} to /{pool.max_prefixlen}"
    yield f"the default for IPv{pool.ip_version}" if pool.is_default else ""
    yield "shared" if pool.shared else ""


def _instance(instance: Instance, describer: Describer) -> Iterable[str]:
    yield f"on {instance.host}" if instance.host else "on no host yet"
    ports: list[Port] = describer.estate.find("port.device", instance.id)
    for port in sorted(ports, key=lambda port: port.name):
        yield f"{describer.short('network', port.network_id)} {' '.join(port.addresses)}".rstrip()
    groups = {describer.short("security_group", id) for port in ports for id in port.security_groups or ()}
    yield f"groups {' '.join(sorted(groups))}" if groups else ""


def _target(target: Target, describer: Describer) -> Iterable[str]:
    yield target.driver
    yield from target.endpoints.values()


def _host(host: Host, describer: Describer) -> Iterable[str]:
    yield f"at {host.target}"
    yield f"on {' '.join(host.physical_networks)}" if host.physical_networks else ""


def _outside_host(host: OutsideHost, describer: Describer) -> Iterable[str]:
    vlan = f" VLAN {host.segmentation_id}" if host.segmentation_id is not None else ""
    yield f"on {host.physical_network}{vlan}"
    yield " ".join(host.addresses)


def _vlan(vlan: Vlan, describer: Describer) -> Iterable[str]:
    yield f"VLAN {vlan.vlan_id}"
    yield f"on {' '.join(vlan.devices)}"


def _vrf(vrf: Vrf, describer: Describer) -> Iterable[str]:
    yield f"on {' '.join(vrf.devices)}"


def _route(route: Route, describer: Describer) -> Iterable[str]:
    yield f"{route.destination} via {route.nexthop}"
    yield f"in VRF {route.vrf}" if route.vrf else ""
    yield f"on {' '.join(route.devices)}"


def _server(server: NtpServer | SyslogServer, describer: Describer) -> Iterable[str]:
    yield server.address
    yield f"in VRF {server.vrf}" if server.vrf else ""
    yield f"on {' '.join(server.devices)}"


def _lag(lag: Lag, describer: Describer) -> Iterable[str]:
    yield f"of {' '.join(lag.members)}"
    yield f"LACP {lag.lacp_mode}" if lag.lacp_mode != WITHOUT_LACP else "without LACP"
    yield f"MLAG {lag.mlag}" if lag.mlag else ""


def _mlag(mlag: Mlag, describer: Describer) -> Iterable[str]:
    yield f"of domain {mlag.domain}"
    yield f"peer {mlag.peer_address}" if mlag.peer_address else ""
    yield f"by {mlag.peer_link}" if mlag.peer_link else ""
    yield f"keepalive to {mlag.keepalive_destination}" if mlag.keepalive_destination else ""


def _stp(stp: Stp, describer: Describer) -> Iterable[str]:
    yield stp.mode
    yield f"priority {stp.priority}" if stp.priority is not None else ""
    yield f"in VLANs {' '.join(map(str, stp.vlans))}" if stp.vlans else ""
    yield f"in instances {' '.join(map(str, stp.instances))}" if stp.instances else ""
    yield f"on {' '.join(stp.devices)}"


def _acl(acl: Acl, describer: Describer) -> Iterable[str]:
    yield from map(_entry, acl.entries)
    yield f"on {' '.join(acl.devices)}"


def _ospf(ospf: Ospf, describer: Describer) -> Iterable[str]:
    yield f"process {ospf.process} of {ospf.device}"
    yield f"in VRF {ospf.vrf}" if ospf.vrf else ""
    yield f"router ID {ospf.router_id}" if ospf.router_id else ""
    yield "passive by default" if ospf.passive_default else ""
    yield f"redistributes {' '.join(ospf.redistribute)}" if ospf.redistribute else ""
    yield f"{ospf.maximum_paths} paths at most" if ospf.maximum_paths is not None else ""
    yield from (each.words for each in ospf.interfaces)


def _bgp(bgp: Bgp, describer: Describer) -> Iterable[str]:
    yield f"AS {bgp.asn}"
    yield f"as {bgp.router_id}" if bgp.router_id else ""
    yield from (f"with {each.words}" for each in bgp.neighbors)
    yield f"tells {' '.join((*bgp.networks, *bgp.redistribute))}" if bgp.networks or bgp.redistribute else ""
    yield f"{bgp.maximum_paths} paths" if bgp.maximum_paths else ""


def _classifier(classifier: Classifier, describer: Describer) -> Iterable[str]:
    yield from (term.words for term in classifier.terms)
    yield f"on {' '.join(classifier.devices)}"


def _interface(interface: Interface, describer: Describer) -> Iterable[str]:
    yield interface.mode
    yield {True: "enabled", False: "disabled", None: ""}[interface.enabled]
    yield f"VLAN {interface.vlan}" if interface.vlan else ""
    yield f"VLANs {' '.join(map(str, interface.vlans))}" if interface.vlans else ""
    yield from (describer.short("network", id) for id in interface.networks)
    yield {True: "edge port", False: "no edge port", None: ""}[interface.edge_port]
    yield {True: "with BPDU guard", False: "without BPDU guard", None: ""}[interface.bpdu_guard]
    yield f"in VRF {interface.vrf}" if interface.vrf else ""
    yield from interface.addresses
    yield f"ingress access list {interface.ingress_acl}" if interface.ingress_acl else ""
    yield f"egress access list {interface.egress_acl}" if interface.egress_acl else ""
    yield f"ingress classifier {interface.ingress_classifier}" if interface.ingress_classifier else ""


def _placement(placement: Placement, describer: Describer) -> Iterable[str]:
    router = describer.estate.get(Router, placement.subject_id)
    networks = router.gateway_networks if router else {}
    where = f" on {describer.short('network', networks[placement.port_id])}" if len(networks) > 1 else ""
    yield f"{placement.role} of {describer.name('router', placement.subject_id)}{where}"
    yield f"on {' '.join(placement.hosts)}" if placement.hosts else "on no host"


def _project(project: Project, describer: Describer) -> Iterable[str]:
    yield "" if project.stack == IMPLIED else project.description


def _quota(quota: Quota, describer: Describer) -> Iterable[str]:
    yield from (f"{name} {limit}" for name, limit in quota.limits.items())


_SUMMARIES: dict[type[Record], Callable[[Any, Describer], Iterable[str]]] = {
    Project: _project,
    Target: _target,
    Host: _host,
    OutsideHost: _outside_host,
    Vlan: _vlan,
    Vrf: _vrf,
    Route: _route,
    NtpServer: _server,
    SyslogServer: _server,
    Lag: _lag,
    Mlag: _mlag,
    Stp: _stp,
    Acl: _acl,
    Ospf: _ospf,
    Bgp: _bgp,
    Classifier: _classifier,
    Interface: _interface,
    AddressScope: _address_scope,
    Log: _log,
    SubnetPool: _subnet_pool,
    Network: _network,
    Subnet: _subnet,
    AddressGroup: _address_group,
    SecurityGroup: _security_group,
    SecurityGroupRule: _rule,
    DefaultSecurityGroupRule: _template,
    Router: _router,
    Instance: _instance,
    Port: _port,
    Trunk: _trunk,
    FloatingIP: _floating_ip,
    PortForwarding: _port_forwarding,
    Placement: _placement,
    Quota: _quota,
    RbacPolicy: _rbac_policy,
    QosPolicy: _qos_policy,
    **dict.fromkeys(QOS_RULES, _qos_rule),
}
