"""Whose validity a change can end: the records that look up what changed, found by index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cpal.model.acl import Acl
from cpal.model.address_scope import AddressScope
from cpal.model.bgp import Bgp
from cpal.model.classifier import Classifier
from cpal.model.estate import INDEXES, REFERENCES_TO, Estate, places_of
from cpal.model.instance import Instance
from cpal.model.mlag import Mlag
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QOS_RULES, QosBandwidthLimitRule, QosMinimumBandwidthRule, QosPolicy, QosRule
from cpal.model.rbac import ACTIONS, RbacPolicy
from cpal.model.record import Claim, Key, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroup
from cpal.model.subnet_pool import SubnetPool
from cpal.model.switch import ON_DEVICES, Interface, Lag
from cpal.model.target import Host, OutsideHost, Project, Target
from cpal.model.trunk import Trunk


def needed_by(estate: Estate, record: Record) -> list[Record]:
    """The records of the estate that refer to `record`, which is deleted from it, in the order of their names."""
    if isinstance(record, Host | Target) and estate.holder(Claim("name", f"{record.kind} {record.name}")) is not None:
        return []
    keys = set(_referrers(estate, record))
    users = [found for key in keys if (found := estate.by_key(key)) is not None]
    return sorted(users, key=lambda user: (user.kind, user.name, user.id))


def _referrers(estate: Estate, record: Record) -> Iterator[Key]:
    for index in REFERENCES_TO[record.kind]:
        yield from _filed(estate, index, record.id)
    if record.kind in ACTIONS:
        yield from _filed(estate, "rbac_policy.object", record.id)
    if isinstance(record, Instance | Router):
        yield from _filed(estate, "port.device", record.id)
        yield from _filed(estate, "placement.subject", record.id)
    elif isinstance(record, Host):
        yield from _filed(estate, "instance.host", record.name)
        yield from _filed(estate, "placement.host", record.name)
    elif isinstance(record, Target):
        yield from (host.key for host in estate.all(Host) if host.target == record.name)
        yield from (host.key for host in estate.all(OutsideHost) if host.target == record.name)
        yield from _on_devices(estate, record)
    elif isinstance(record, Project):
        yield from (other.key for other in estate.records() if other.project_id == record.id)


def _on_devices(estate: Estate, target: Target) -> Iterator[Key]:
    """What is declared for the devices of a target."""
    for device in target.endpoints:
        for kind in (*ON_DEVICES, Interface.kind):
            yield from _filed(estate, f"{kind}.device", device)


def _filed(estate: Estate, index: str, value: str) -> Iterator[Key]:
    kind = INDEXES[index].kind
    for id in estate.ids(index, value):
        yield Key(kind, id)


def dependents(estate: Estate, before: Record | None, after: Record | None) -> Iterable[Key]:
    """The keys of other records whose faults the change of one record may have altered; `estate` is the one after."""
    find = _DEPENDENTS.get(type(before if after is None else after))
    return find(estate, before, after) if find else ()


def _changed(before: Record | None, after: Record | None, *fields: str) -> bool:
    """Whether the record was there before and is not, or is with another value in one of the fields."""
    if before is None:
        return False
    return after is None or any(getattr(before, field) != getattr(after, field) for field in fields)


def _network(estate: Estate, before: Network | None, after: Network | None) -> Iterator[Key]:
    id = (after or before).id  # type: ignore[union-attr]  # one of both is there
    if _changed(before, after, "project_id", "shared", "external"):
        for index in ("subnet.network", "port.network", "router.gateway"):
            yield from _filed(estate, index, id)
        yield from _floating(estate, "floating_ip.network", id)
    if before is not None and _changed(before, after, "network_type"):
        yield from _filed(estate, "port.network", id)
    if before is not None and _changed(before, after, "mtu") and estate.count(Trunk):
        for port_id in estate.ids("port.network", id):
            yield from _trunks(estate, port_id)
    if before is not None and _changed(before, after, *_OF_SEGMENTS, "external"):
        yield from _filed(estate, "subnet.routed", id)
    if before is None or _changed(before, after, *_OF_SEGMENTS):
        yield from _outside(estate, after)
    if before is not None and _changed(before, after, *_OF_SEGMENTS):
        yield from _filed(estate, "interface.network", before.id)


_OF_SEGMENTS = ("physical_network", "segmentation_id", "network_type", "more_segments")


def _qos_policy(estate: Estate, before: QosPolicy | None, after: QosPolicy | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, "project_id", "shared"):
        yield from _under_policy(estate, before.id)


def _under_policy(estate: Estate, policy_id: str) -> Iterator[Key]:
    """Those that name a QoS policy."""
    for index in QOS_USERS:
        yield from _filed(estate, index, policy_id)


def _qos_rule(estate: Estate, before: QosRule | None, after: QosRule | None) -> Iterator[Key]:
    """A guarantee is not for everything; a limit bounds the guarantees beside it."""
    for rule in (before, after):
        if isinstance(rule, QosBandwidthLimitRule):
            yield from _filed(estate, f"{QosMinimumBandwidthRule.kind}.policy", rule.qos_policy_id)
    if isinstance(after, QosMinimumBandwidthRule) and (before is None or _changed(before, after, "qos_policy_id")):
        yield from _under_policy(estate, after.qos_policy_id)


def _subnet(estate: Estate, before: Subnet | None, after: Subnet | None) -> Iterator[Key]:
    if after is not None and after.physical_network and estate.count(Trunk):
        for port_id in estate.ids("port.network", after.network_id):
            yield from _trunks(estate, port_id)
    for network_id in {r.network_id for r in (before, after) if r is not None}:
        yield Key("network", network_id)
        yield from _filed(estate, "subnet.network", network_id)
        if _changed(before, after, "cidr", "gateway_ip", "network_id"):
            yield from _floating(estate, "floating_ip.network", network_id)
            yield from _filed(estate, "router.gateway", network_id)
    if before is None:
        return
    if _changed(before, after, *_OF_SUBNET):
        for id in estate.ids("port.subnet", before.id):
            yield from _port_and_router(estate, id)
    elif _changed(before, after, "ipv6_ra_mode", "dns_nameservers"):
        yield from _filed(estate, "port.routed_subnet", before.id)


_OF_SUBNET = ("cidr", "gateway_ip", "network_id", "ipv6_address_mode", "enable_dhcp", "physical_network")


def _subnet_pool(estate: Estate, before: SubnetPool | None, after: SubnetPool | None) -> Iterator[Key]:
    """Each pair of pools that overlap in a scope is reported once, at either: so all of the scope are asked."""
    if before is not None and _changed(before, after, "prefixes"):
        yield from _filed(estate, "subnet.pool", before.id)
    if after is not None and after.address_scope_id and (before is None or _changed(before, after, *_OF_SCOPE)):
        yield from _filed(estate, "subnet_pool.scope", after.address_scope_id)


_OF_SCOPE = ("prefixes", "address_scope_id")


def _address_scope(estate: Estate, before: AddressScope | None, after: AddressScope | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, "ip_version"):
        yield from _filed(estate, "subnet_pool.scope", before.id)


def _port_and_router(estate: Estate, id: str) -> Iterator[Key]:
    yield Key("port", id)
    port = estate.get(Port, id)
    if port is not None and port.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        yield Key("router", port.device_id)


def _port(estate: Estate, before: Port | None, after: Port | None) -> Iterable[Key]:
    if before is None and after is not None and after.device_owner not in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        network = estate.get(Network, after.network_id)
        return _outside(estate, network) if network is not None and network.physical_network else ()
    return _port_that_others_use(estate, before, after)


def _port_that_others_use(estate: Estate, before: Port | None, after: Port | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, *_OF_TRUNK):
        yield from _trunks(estate, before.id)
    if before is not None and _changed(before, after, "fixed_ips", "project_id", "network_id"):
        yield from _floating(estate, "floating_ip.port", before.id)
    for port in (before, after):
        if port is None or port.device_owner not in (ROUTER_INTERFACE, ROUTER_GATEWAY):
            continue
        yield Key("router", port.device_id)
        if port is before and _changed(before, after, "fixed_ips", "device_owner", "device_id"):
            yield from _floating_through(estate, port)
    if after is not None:
        yield from _outside(estate, estate.get(Network, after.network_id))


_OF_TRUNK = ("project_id", "network_id", "device_id", "device_owner", "host_id")
"""What a trunk asks of its ports."""


def _trunks(estate: Estate, port_id: str) -> Iterator[Key]:
    for index in ("trunk.port", "trunk.subport"):
        yield from _filed(estate, index, port_id)


def _floating_through(estate: Estate, interface: Port) -> Iterator[Key]:
    """The floating IPs that came in through a router's port: those of the external networks of its gateways."""
    router = estate.get(Router, interface.device_id)
    for network_id in router.external_networks if router is not None else ():
        yield from _floating(estate, "floating_ip.network", network_id)


def _router(estate: Estate, before: Router | None, after: Router | None) -> Iterator[Key]:
    if before is None or not _changed(before, after, "project_id", "external_gateway_info", "more_gateways"):
        return
    yield from _filed(estate, "port.device", before.id)
    yield from _filed(estate, "placement.subject", before.id)
    for network_id in before.external_networks:
        yield from _floating(estate, "floating_ip.network", network_id)


def _floating_ip(estate: Estate, before: FloatingIP | None, after: FloatingIP | None) -> Iterator[Key]:
    if before is not None:
        yield from _filed(estate, "port_forwarding.floating_ip", before.id)
    if after is not None and after.port_id:
        yield from _filed(estate, "port_forwarding.port", after.port_id)
    if after is not None:
        yield from _outside(estate, estate.get(Network, after.floating_network_id))


def _floating(estate: Estate, index: str, value: str) -> Iterator[Key]:
    """Floating IPs, with their port forwardings; of a port, those too that lead to it."""
    for id in estate.ids(index, value):
        yield Key("floating_ip", id)
        yield from _filed(estate, "port_forwarding.floating_ip", id)
    if index == "floating_ip.port":
        yield from _filed(estate, "port_forwarding.port", value)


def _port_forwarding(estate: Estate, before: PortForwarding | None, after: PortForwarding | None) -> Iterator[Key]:
    """The floating IP, which then leads to no port as a whole, and its others, which are to be behind one router."""
    for forwarding in (before, after):
        if forwarding is not None:
            yield Key("floating_ip", forwarding.floatingip_id)
            yield from _filed(estate, "port_forwarding.floating_ip", forwarding.floatingip_id)


def _outside(estate: Estate, network: Network | None) -> Iterator[Key]:
    """The hosts outside that are on the network's own segments, and so share its addresses."""
    for place in places_of(network) if network is not None else ():
        yield from _filed(estate, "outside_host.segment", place)


def _owned(*indexes: str) -> Callable[[Estate, Any, Any], Iterator[Key]]:
    """Dependents of a record that others may use only when they are of its project."""

    def find(estate: Estate, before: Record | None, after: Record | None) -> Iterator[Key]:
        if before is not None and _changed(before, after, "project_id"):
            for index in indexes:
                yield from _filed(estate, index, before.id)

    return find


def _instance(estate: Estate, before: Instance | None, after: Instance | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, "project_id", "host"):
        yield from _filed(estate, "port.device", before.id)
        yield from _filed(estate, "placement.subject", before.id)


def _host(estate: Estate, before: Host | None, after: Host | None) -> Iterator[Key]:
    """A first host, too, matters: only since there is one are physical networks known."""
    if before is not None and _changed(before, after, "name"):
        yield from _filed(estate, "network.leaf", before.name)
        yield from _filed(estate, "instance.host", before.name)
        yield from _filed(estate, "placement.host", before.name)
    if before is None or _changed(before, after, "physical_networks"):
        yield from (network.key for network in estate.all(Network) if network.physical_network)
    if before is None or _changed(before, after, "physical_networks", "name"):
        for network in estate.all(Network):
            for subnet_id in estate.ids("subnet.routed", network.id):
                yield from _filed(estate, "port.subnet", subnet_id)


def _target(estate: Estate, before: Target | None, after: Target | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, "name"):
        yield from (host.key for host in estate.all(Host))
        yield from (host.key for host in estate.all(OutsideHost))
    if before is not None and _changed(before, after, "endpoints"):
        yield from _on_devices(estate, before)
    yield from (network.key for network in estate.all(Network))


def _project(estate: Estate, before: Project | None, after: Project | None) -> Iterator[Key]:
    if before is not None and after is None:
        yield from (record.key for record in estate.records() if record.project_id == before.id)


QOS_USERS = ("network.qos_policy", "port.qos_policy", "floating_ip.qos_policy", "router.qos_policy")
"""Where those are filed who name a QoS policy."""
_USES = {
    "network": ("port.network",),
    "qos_policy": QOS_USERS,
    "security_group": ("port.security_group", "rule.remote_group", "default_rule.remote_group"),
    "address_group": ("rule.remote_address_group", "default_rule.remote_address_group"),
}
"""Where those are filed who may use a thing because a policy grants it."""


def _rbac_policy(estate: Estate, before: RbacPolicy | None, after: RbacPolicy | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, "object_id", "object_type", "action", "target_project"):
        for index in _USES.get(before.object_type, ()):
            yield from _filed(estate, index, before.object_id)


def _named_on_devices(*indexes: str) -> Callable[[Estate, Any, Any], Iterator[Key]]:
    """Dependents of what others of the same devices name."""

    def find(estate: Estate, before: Acl | Classifier | None, after: Acl | Classifier | None) -> Iterator[Key]:
        if before is not None and _changed(before, after, "name", "devices"):
            for device in before.devices:
                for index in indexes:
                    yield from _filed(estate, index, device)

    return find


def _of_pair(
    estate: Estate, before: Interface | Lag | Mlag | None, after: Interface | Lag | Mlag | None
) -> Iterator[Key]:
    """The devices of the domain, one of which is changed or has what is."""
    for record in (before, after):
        if record is None:
            continue
        of_device: list[Mlag] = [record] if isinstance(record, Mlag) else estate.find("mlag.device", record.device)
        for mlag in of_device:
            yield from _filed(estate, "mlag.domain", mlag.domain)
        if isinstance(record, Mlag):
            yield from _filed(estate, "lag.device", record.device)


def _interface(estate: Estate, before: Interface | None, after: Interface | None) -> Iterator[Key]:
    """What is paired with its device, and the OSPF processes of that: they ask what mode and VRF it has."""
    yield from _of_pair(estate, before, after)
    for each in (before, after):
        if each is not None and (before is None or _changed(before, after, "name", "mode", "vrf")):
            yield from _filed(estate, "ospf.device", each.device)


def _bgp(estate: Estate, before: Bgp | None, after: Bgp | None) -> Iterator[Key]:
    if before is not None and _changed(before, after, "name", "asn"):
        yield from _filed(estate, "bgp.device", before.device)


_DEPENDENTS: dict[type, Callable[[Estate, Any, Any], Iterable[Key]]] = {
    Project: _project,
    Acl: _named_on_devices("interface.device", "classifier.device"),
    Classifier: _named_on_devices("interface.device"),
    **dict.fromkeys((Lag, Mlag), _of_pair),
    Interface: _interface,
    Bgp: _bgp,
    Target: _target,
    Host: _host,
    Network: _network,
    Subnet: _subnet,
    AddressScope: _address_scope,
    SubnetPool: _subnet_pool,
    SecurityGroup: _owned("port.security_group", "rule.group", "rule.remote_group"),
    AddressGroup: _owned("rule.remote_address_group"),
    Router: _router,
    Instance: _instance,
    Port: _port,
    FloatingIP: _floating_ip,
    PortForwarding: _port_forwarding,
    RbacPolicy: _rbac_policy,
    QosPolicy: _qos_policy,
    **dict.fromkeys(QOS_RULES, _qos_rule),
}
