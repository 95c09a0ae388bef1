"""What each record claims: things that one record at most may hold. A pure function of the record alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpal.model.acl import Acl
from cpal.model.bgp import Bgp
from cpal.model.classifier import Classifier
from cpal.model.default_rules import DefaultSecurityGroupRule, rule_of
from cpal.model.mlag import Mlag
from cpal.model.network import OVERLAY_TYPES, Network, Port, Segment, SegmentNotes
from cpal.model.ospf import Ospf
from cpal.model.port_forwarding import NO_PORTS, PortForwarding
from cpal.model.qos import QOS_RULES, QosPolicy, QosRule, direction_of
from cpal.model.rbac import RbacPolicy, grant
from cpal.model.record import Claim, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import SecurityGroup, SecurityGroupRule, protocol_number
from cpal.model.subnet_pool import SubnetPool
from cpal.model.switch import Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Placement, Project, Target
from cpal.model.trunk import Trunk, trunk_claim

FABRIC_VLAN = "VLAN of the fabric"
"""The space of the VLANs that overlay networks and VRFs have on leaves."""
EVERYWHERE = ("0.0.0.0/0", "::/0")
"""The prefixes of anyone: a remote that is one of them says no more than none."""


def claims_of(record: Record) -> list[Claim]:
    """What `record` claims: names, addresses, MACs, VNIs, VLANs, decisions."""
    claims = _CLAIMS.get(type(record), _nothing)(record)
    name = _name_claim(record)
    return [*claims, name] if name else claims


def _nothing(record: Record) -> list[Claim]:
    return []


def _name_claim(record: Record) -> Claim | None:
    """A name is unique in its project where documents refer by it; of hosts, targets and projects, everywhere."""
    if not record.name:
        return None
    if type(record) in _NAMED_EVERYWHERE:
        return Claim("name", f"{record.kind} {record.name}")
    if record.stack:
        return Claim("name", f"{record.kind} {record.name} in project {record.project_id}")
    return None


def _network(network: Network) -> list[Claim]:
    usual = [default_claim("external network")] if network.is_default else []
    claims = [*usual, *_segment(network), *_fabric_vlan(network)]
    for segment in network.more_segments:
        claims += _segment(segment)
    named: list[Segment | SegmentNotes] = [network.segment_notes, *network.more_segments]
    return [*claims, *(Claim("segment", each.id) for each in named if each.id)]


def _segment(segment: Network | Segment) -> list[Claim]:
    if segment.network_type == "flat":
        return [Claim("flat", segment.physical_network)]
    if segment.segmentation_id is None:
        return []
    if segment.network_type == "vlan":
        return [vlan_claim(segment.physical_network, segment.segmentation_id)]
    return [Claim("vni", str(segment.segmentation_id))] if segment.network_type in OVERLAY_TYPES else []


def _router(router: Router) -> list[Claim]:
    vni = [Claim("vni", str(router.vni))] if router.vni else []
    return [*vni, *_fabric_vlan(router), *([Claim("VRF of leaves", router.vrf)] if router.vrf else ())]


def _fabric_vlan(record: Network | Router) -> list[Claim]:
    return [Claim(FABRIC_VLAN, str(record.fabric_vlan))] if record.fabric_vlan else []


def _port(port: Port) -> list[Claim]:
    network = port.network_id
    claims = [address_claim(network, fixed.ip_address) for fixed in port.fixed_ips or () if fixed.ip_address]
    if port.mac_address:
        claims.append(mac_claim(network, port.mac_address))
    if port.dns_name:
        claims.append(Claim("dns name", f"{network} {port.dns_name.rstrip('.').lower()}"))
    return claims


def _trunk(trunk: Trunk) -> list[Claim]:
    ports = (trunk.port_id, *(subport.port_id for subport in trunk.sub_ports))
    return [trunk_claim(id) for id in dict.fromkeys(ports)]


def _floating_ip(floating: FloatingIP) -> list[Claim]:
    claims = [mac_claim(floating.floating_network_id, floating.mac_address)]
    if floating.floating_port.id:
        claims.append(Claim("floating port", floating.floating_port.id))
    if floating.floating_ip_address:
        claims.append(address_claim(floating.floating_network_id, floating.floating_ip_address))
    if floating.port_id:
        claims.append(Claim("floating IP of", f"{floating.port_id} {floating.fixed_ip_address}"))
    return claims


def _port_forwarding(forwarding: PortForwarding) -> list[Claim]:
    """Each port of the floating IP, and each port that one leads to."""
    outer, inner = forwarding.external_port_range, forwarding.internal_port_range
    what, to = (
        f"{forwarding.floatingip_id} {forwarding.protocol}",
        f"{forwarding.internal_port_id} {forwarding.protocol}",
    )
    ranges = [(outer, "forwarded port", what)]
    if forwarding.internal_ip_address:
        ranges.append((inner, "forwarding to", f"{to} {forwarding.internal_ip_address}"))
    return [Claim(space, f"{of} {port}") for ports, space, of in ranges if ports != NO_PORTS
            for port in range(ports.start, ports.end + 1)]  # fmt: skip


def _rule(rule: SecurityGroupRule) -> list[Claim]:
    """What a rule says, however it is said, as Neutron compares rules: `tcp` is 6, and 0.0.0.0/0 is anyone."""
    prefix = "" if rule.remote_ip_prefix in EVERYWHERE else rule.remote_ip_prefix
    what = (
        rule.security_group_id, rule.direction, rule.ethertype, _protocol(rule), rule.port_range_min,
        rule.port_range_max, prefix, rule.remote_group_id, rule.remote_address_group_id,
    )  # fmt: skip
    return [Claim("rule", " ".join("-" if part in ("", None) else str(part) for part in what))]


def default_rule_claims(template: DefaultSecurityGroupRule) -> list[Claim]:
    """What a template claims: no kind of group gets the same rule of two."""
    said = said_of_template(template)
    uses = {"default": template.used_in_default_sg, "other": template.used_in_non_default_sg}
    return [Claim("default rule", f"{use} {said}") for use, used in uses.items() if used]


def said_of_template(template: DefaultSecurityGroupRule) -> str:
    """What the rules of a template say, however it is said."""
    [said] = _rule(rule_of(template, _SOME_GROUP))
    return said.value


_SOME_GROUP = SecurityGroup(id="00000000-0000-0000-0000-000000000000")


def _protocol(rule: SecurityGroupRule) -> str | int | None:
    """The number of the rule's protocol; a name that is none, for checks to find, stays as it is."""
    try:
        return protocol_number(rule.protocol, rule.ip_version)
    except ValueError:
        return rule.protocol


def _placement(placement: Placement) -> list[Claim]:
    return [Claim("placement", f"{placement.role} {placement.port_id or placement.subject_id}")]


def _subnet_pool(pool: SubnetPool) -> list[Claim]:
    return [default_claim(f"IPv{pool.ip_version} subnet pool")] if pool.is_default else []


def _qos_policy(policy: QosPolicy) -> list[Claim]:
    return [default_claim(f"QoS policy of {policy.project_id}")] if policy.is_default else []


def _qos_rule(rule: QosRule) -> list[Claim]:
    return [Claim("QoS rule", f"{rule.qos_policy_id} {rule.kind} {direction_of(rule)}")]


def _rbac_policy(policy: RbacPolicy) -> list[Claim]:
    return [grant(policy.object_id, policy.action, policy.target_project)]


def _vlan(vlan: Vlan) -> list[Claim]:
    return [Claim("VLAN of a device", f"{device} {vlan.vlan_id}") for device in dict.fromkeys(vlan.devices)]


def _vrf(vrf: Vrf) -> list[Claim]:
    return [Claim("VRF of a device", f"{device} {vrf.name}") for device in dict.fromkeys(vrf.devices)]


def _route(route: Route) -> list[Claim]:
    said = f"{route.vrf or 'default'} {route.destination} {route.nexthop}"
    return [Claim("route of a device", f"{device} {said}") for device in dict.fromkeys(route.devices)]


def _server(server: NtpServer | SyslogServer) -> list[Claim]:
    said = f"{server.kind} {server.vrf or 'default'} {server.address}"
    return [Claim("server of a device", f"{device} {said}") for device in dict.fromkeys(server.devices)]


def _acl(acl: Acl) -> list[Claim]:
    return [Claim("access list of a device", f"{device} {acl.name}") for device in dict.fromkeys(acl.devices)]


def _ospf(ospf: Ospf) -> list[Claim]:
    return [Claim("OSPF process of a VRF", f"{ospf.device} {ospf.vrf or 'default'}")]


def _classifier(classifier: Classifier) -> list[Claim]:
    devices = dict.fromkeys(classifier.devices)
    named = [Claim("classifier of a device", f"{device} {classifier.name}") for device in devices]
    ids = dict.fromkeys(term.id for term in classifier.terms)
    return [*named, *(Claim("class of a device", f"{device} {id}") for device in devices for id in ids)]


def _lag(lag: Lag) -> list[Claim]:
    members = [Claim("LAG of an interface", f"{lag.device} {member}") for member in dict.fromkeys(lag.members)]
    return [*members, Claim("MLAG of a device", f"{lag.device} {lag.mlag}")] if lag.mlag else members


def _stp(stp: Stp) -> list[Claim]:
    trees = "vlans" if stp.vlans else "instances" if stp.instances else "tree"
    said = [("mode of spanning trees", "mode")] if stp.mode else []
    said += [("priority in spanning trees", f"{trees} {stp.priority}")] if stp.priority is not None else []
    return [Claim(space, f"{device} {each}") for device in dict.fromkeys(stp.devices) for space, each in said]


def vlan_claim(physical_network: str, vlan: int) -> Claim:
    """The claim on a VLAN of a physical network."""
    return Claim("vlan", f"{physical_network} {vlan}")


def default_claim(what: str) -> Claim:
    """The claim to be what is used by those who name none: the external network, a subnet pool, a QoS policy."""
    return Claim("default", what)


def address_claim(network_id: str, ip_address: str) -> Claim:
    """The claim on an address in a network."""
    return Claim("address", f"{network_id} {ip_address}")


def mac_claim(network_id: str, mac_address: str) -> Claim:
    """The claim on a MAC address in a network."""
    return Claim("mac", f"{network_id} {mac_address}")


_CLAIMS: dict[type[Record], Callable[[Any], list[Claim]]] = {
    Network: _network,
    Router: _router,
    Port: _port,
    Trunk: _trunk,
    FloatingIP: _floating_ip,
    PortForwarding: _port_forwarding,
    SecurityGroupRule: _rule,
    DefaultSecurityGroupRule: default_rule_claims,
    Placement: _placement,
    SubnetPool: _subnet_pool,
    RbacPolicy: _rbac_policy,
    QosPolicy: _qos_policy,
    Vlan: _vlan,
    Vrf: _vrf,
    Route: _route,
    NtpServer: _server,
    SyslogServer: _server,
    Lag: _lag,
    Stp: _stp,
    Acl: _acl,
    Ospf: _ospf,
    Classifier: _classifier,
    **dict.fromkeys(QOS_RULES, _qos_rule),
}
_NAMED_EVERYWHERE = {Project, Target, Host, OutsideHost, Interface, Lag, Mlag, Bgp}
