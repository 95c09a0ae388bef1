"""Estates in a few words, for tests: each method adds completed records, whose ids follow from their names."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, TypeVar
from uuid import UUID, uuid5

from msgspec.structs import replace

from cpal.model.address import eui64, span, text_of
from cpal.model.address_scope import AddressScope
from cpal.model.claims import claims_of, said_of_template
from cpal.model.default_rules import DefaultSecurityGroupRule
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.network import (
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    AllocationPool,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Subnet,
)
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule, QosPolicy, QosRule
from cpal.model.rbac import SHARED, RbacPolicy
from cpal.model.record import Key, Record
from cpal.model.router import ExternalGateway, FloatingIP, MoreGateway, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.target import Host, OutsideHost, Placement, Project, Range, Target
from cpal.model.trunk import Subport, Trunk

NAMESPACE = UUID("6a7c1f0e-51a5-4c0f-9c39-2f5d3a1f8e11")
AUTOCONFIGURED = ("slaac", "dhcpv6-stateless")

R = TypeVar("R", bound=Record)


@cache
def id_of(*words: str) -> str:
    """The id of what these words name: the same in every world."""
    return str(uuid5(NAMESPACE, " ".join(words)))


def mac_of(id: str) -> str:
    """A unicast, locally administered MAC address that follows from an id."""
    return "02:" + hashlib.blake2b(id.encode(), digest_size=5).digest().hex(":")


class World:
    """A growing set of records, by key. `estate()` is the Estate of them."""

    def __init__(
        self, *hosts: str, physical_networks: tuple[str, ...] = ("physnet1", "physnet2"), driver: str = "ovn"
    ) -> None:
        self.records: dict[Key, Record] = {}
        self.vni, self.router_vni = 1000, 5000
        self.driver = driver
        hosts = hosts or ("hv1", "hv2")
        endpoints = {} if driver == "ovn" else {name: f"file:/run/{name}" for name in hosts}
        self.add(Target(id=id_of("target", "lab"), name="lab", driver=driver, endpoints=endpoints))
        for number, name in enumerate(hosts, start=11):
            place: dict[str, Any] = {"target": "lab", "physical_networks": physical_networks}
            self.add(Host(id=id_of("host", name), name=name, underlay_address=f"172.31.0.{number}", **place))

    def host(self, name: str, *physical_networks: str) -> Host:
        """A further host, on its own physical networks."""
        return self.add(Host(id=id_of("host", name), name=name, target="lab", physical_networks=physical_networks))

    def add(self, record: R) -> R:
        """The record, now in the world (in place of one with the same key)."""
        self.records[record.key] = record
        return record

    def estate(self) -> Estate:
        """The estate of all records."""
        return EMPTY.replace(Change(None, record) for record in self.records.values())

    def every(self, kind: type[R]) -> list[R]:
        """The records of a type, in the order they came."""
        return [record for record in self.records.values() if isinstance(record, kind)]

    def project(self, name: str) -> Project:
        """A project."""
        return self.add(Project(id=id_of("project", name), name=name))

    def network(self, project: Project, name: str, *cidrs: str, **fields: Any) -> Network:
        """A network, on an overlay unless it names a physical network, with a subnet for each prefix."""
        physical, vlan = fields.get("physical_network", ""), fields.get("segmentation_id")
        if not physical:
            self.vni += 1
            fields = {"network_type": "geneve", "segmentation_id": self.vni, "mtu": 1400, **fields}
        else:
            fields = {"network_type": "flat" if vlan is None else "vlan", "mtu": 1500, **fields}
        network = self.add(Network(**self._own(project, "network", name), **fields))
        for cidr in cidrs:
            self.subnet(network, cidr)
        return network

    def subnet(self, network: Network, cidr: str, **fields: Any) -> Subnet:
        """A subnet, called after its network and prefix, with the first address as gateway."""
        inside = span(cidr)
        fields = {"gateway_ip": text_of(inside.first + 1, inside.version), **fields}
        if fields.get("allocation_pools") is None:
            start, end = inside.first + 10, min(inside.first + 110, inside.last - 1)
            pool = AllocationPool(text_of(start, inside.version), text_of(end, inside.version))
            fields["allocation_pools"] = (pool,)
        owner = Project(id=network.project_id, name=network.stack)
        return self.add(
            Subnet(network_id=network.id, cidr=cidr, **self._own(owner, "subnet", f"{network.name} {cidr}"), **fields)
        )

    def subnets(self, network: Network) -> list[Subnet]:
        """The network's subnets."""
        return [subnet for subnet in self.every(Subnet) if subnet.network_id == network.id]

    def group(self, project: Project, name: str, *rules: dict[str, Any], stateful: bool = True) -> SecurityGroup:
        """A security group with rules, each given by its fields (see `allow`)."""
        group = self.add(SecurityGroup(**self._own(project, "security_group", name), stateful=stateful))
        for rule in rules:
            self.rule(group, **rule)
        return group

    def rule(self, group: SecurityGroup, **fields: Any) -> SecurityGroupRule:
        """A rule of a group; saying the same again gives the same rule."""
        fields = {key: value.id if isinstance(value, Record) else value for key, value in fields.items()}
        rule = SecurityGroupRule(id="", project_id=group.project_id, security_group_id=group.id, **fields)
        return self.add(replace(rule, id=id_of(*(claim.value for claim in claims_of(rule)))))

    def template(self, **fields: Any) -> DefaultSecurityGroupRule:
        """A template of a rule, of no project; saying the same again gives the same template."""
        template = DefaultSecurityGroupRule(id="", stack="site", **fields)
        return self.add(replace(template, id=id_of("template", said_of_template(template))))

    def address_group(self, project: Project, name: str, *addresses: str) -> AddressGroup:
        """An address group."""
        return self.add(AddressGroup(**self._own(project, "address_group", name), addresses=addresses))

    def address_scope(self, project: Project, name: str, ip_version: int = 4, **fields: Any) -> AddressScope:
        """An address scope."""
        return self.add(AddressScope(**self._own(project, "address_scope", name), ip_version=ip_version, **fields))

    def log(self, project: Project, name: str, **fields: Any) -> Log:
        """A log, of all groups of the project unless `fields` name a group or a port."""
        return self.add(Log(**self._own(project, "log", name), **fields))

    def granted(self, record: Record, project: Project, action: str = SHARED) -> RbacPolicy:
        """The policy that shares a record with a project."""
        return self.add(
            RbacPolicy(
                id=id_of("rbac_policy", record.id, action, project.id),
                project_id=record.project_id,
                object_type=record.kind,
                object_id=record.id,
                action=action,
                target_project=project.id,
            )
        )

    def qos_policy(
        self, project: Project, name: str, *rules: tuple[type[QosRule], int, str], **fields: Any
    ) -> QosPolicy:
        """A QoS policy with rules, each given by its type, its number and its direction ("" for a mark)."""
        policy = self.add(QosPolicy(**self._own(project, "qos_policy", name), **fields))
        for kind, number, direction in rules:
            self.qos_rule(
                policy, kind, **{RULE_NUMBERS[kind]: number}, **({"direction": direction} if direction else {})
            )
        return policy

    def qos_rule(self, policy: QosPolicy, kind: type[QosRule], **fields: Any) -> QosRule:
        """A rule of a QoS policy; one about the same is in its place."""
        rule = kind(id="", project_id=policy.project_id, stack=policy.stack, qos_policy_id=policy.id, **fields)
        return self.add(replace(rule, id=id_of(*(claim.value for claim in claims_of(rule)))))

    def subnet_pool(self, project: Project, name: str, *prefixes: str, **fields: Any) -> SubnetPool:
        """A pool of prefixes, which gives a /24 to who names no length."""
        lengths = {"min_prefixlen": 8, "max_prefixlen": 32, "default_prefixlen": 24}
        owned = self._own(project, "subnet_pool", name)
        return self.add(SubnetPool(**owned, prefixes=prefixes, **{**lengths, **fields}))

    def instance(
        self, project: Project, name: str, *networks: Network, groups: tuple[SecurityGroup, ...] = (),
        host: str = "hv1", **fields: Any,
    ) -> list[Port]:  # fmt: skip
        """The ports of a new instance, one on each network, with an address of each of its families."""
        instance = self.add(Instance(**self._own(project, "instance", name), host=host))
        owner: dict[str, Any] = {"device_id": instance.id, "device_owner": INSTANCE_OWNER, "host_id": host}
        return [self.port(project, f"{name}-{net.name}", net, groups=groups, **owner, **fields) for net in networks]

    def port(
        self, project: Project, name: str, network: Network, *addresses: str, subnets: list[Subnet] | None = None,
        groups: tuple[SecurityGroup, ...] = (), **fields: Any,
    ) -> Port:  # fmt: skip
        """A port with an address in each subnet, or just with the given addresses."""
        own = self._own(project, "port", name)
        mac = fields.pop("mac_address", "") or mac_of(own["id"])
        subnets = self.subnets(network) if subnets is None else subnets
        if addresses:
            fixed = tuple(FixedIP(self._holding(network, ip).id, ip) for ip in addresses)
        else:
            fixed = tuple(FixedIP(subnet.id, self.free_address(subnet, mac)) for subnet in subnets)
        fields = {"port_security_enabled": True, "fixed_ips": fixed, **fields}
        groups_of = tuple(group.id for group in groups) if fields["port_security_enabled"] else ()
        return self.add(Port(network_id=network.id, mac_address=mac, security_groups=groups_of, **own, **fields))

    def _holding(self, network: Network, ip: str) -> Subnet:
        value, version = (int(part) for part in _number_and_version(ip))
        for subnet in self.subnets(network):
            inside = span(subnet.cidr)
            if inside.version == version and inside.first <= value <= inside.last:
                return subnet
        raise LookupError(f"{ip} is in no subnet of {network.name}")

    def free_address(self, subnet: Subnet, mac: str = "") -> str:
        """The lowest address of the subnet's pools that nothing has; where hosts configure themselves, that one."""
        if mac and subnet.ipv6_address_mode in AUTOCONFIGURED:
            return eui64(subnet.cidr, mac)
        taken = {(port.network_id, ip) for port in self.every(Port) for ip in port.addresses}
        taken |= {(floating.floating_network_id, floating.floating_ip_address) for floating in self.every(FloatingIP)}
        value, version = _number_and_version((subnet.allocation_pools or ())[0].start)
        while (subnet.network_id, text_of(value, version)) in taken:
            value += 1
        return text_of(value, version)

    def trunk(self, project: Project, name: str, port: Port, vlans: dict[int, Port], **fields: Any) -> Trunk:
        """A trunk of a port, with a subport in each VLAN."""
        sub_ports = tuple(Subport(each.id, vlan) for vlan, each in vlans.items())
        return self.add(Trunk(**self._own(project, "trunk", name), port_id=port.id, sub_ports=sub_ports, **fields))

    def router(
        self, project: Project, name: str, *subnets: Subnet, gateway: Network | None = None, enable_snat: bool = True,
        routes: tuple[tuple[str, str], ...] = (), **fields: Any,
    ) -> Router:  # fmt: skip
        """A router with an interface on each subnet (at its gateway address where that is free) and a gateway."""
        external = ExternalGateway(gateway.id, enable_snat) if gateway else None
        own = self._own(project, "router", name)
        if self.driver != "ovn":
            self.router_vni += 1
            fields = {"vni": self.router_vni, **fields}
        router = self.add(
            Router(external_gateway_info=external, routes=tuple(HostRoute(*r) for r in routes), **own, **fields)
        )
        for subnet in subnets:
            self.interface(router, subnet)
        if gateway:
            self.gateway(router, gateway)
        return router

    def gateway(self, router: Router, network: Network) -> Port:
        """A router's port on an external network, placed on every host."""
        port: dict[str, Any] = {
            "device_id": router.id,
            "device_owner": ROUTER_GATEWAY,
            "port_security_enabled": False,
        }
        hosts = tuple(host.name for host in self.every(Host))
        self.add(Placement(id=id_of("gateway", router.id), role="gateway", subject_id=router.id, hosts=hosts))
        owner = Project(id=router.project_id, name=router.stack)
        return self.port(owner, f"{router.name}-gateway", network, **port)

    def more_gateway(self, router: Router, network: Network) -> Port:
        """A further gateway of a router, placed on every host, the last one first."""
        owner = Project(id=router.project_id, name=router.stack)
        held: dict[str, Any] = {"device_owner": ROUTER_GATEWAY, "port_security_enabled": False}
        place = len(router.more_gateways) + 2
        port = self.port(owner, f"{router.name}-gateway-{place}", network, device_id=router.id, **held)
        hosts = tuple(host.name for host in self.every(Host))[::-1]
        placement = Placement(id=id_of("gateway", port.id), role="gateway", subject_id=router.id, hosts=hosts)
        self.add(replace(placement, port_id=port.id))
        self.add(replace(router, more_gateways=(*router.more_gateways, MoreGateway(network.id, port.id))))
        return port

    def interface(self, router: Router, subnet: Subnet, ip: str = "") -> Port:
        """A router's interface on a subnet."""
        taken = {(port.network_id, held) for port in self.every(Port) for held in port.addresses}
        gateway = subnet.gateway_ip or ""
        free = gateway if gateway and (subnet.network_id, gateway) not in taken else self.free_address(subnet)
        network = self.records[Key("network", subnet.network_id)]
        assert isinstance(network, Network)
        owner = Project(id=router.project_id, name=router.stack)
        fixed = (FixedIP(subnet.id, ip or free),)
        port: dict[str, Any] = {
            "device_id": router.id,
            "device_owner": ROUTER_INTERFACE,
            "port_security_enabled": False,
        }
        return self.port(owner, f"{router.name} on {subnet.name}", network, fixed_ips=fixed, **port)

    def floating_ip(self, project: Project, network: Network, port: Port | None = None, ip: str = "") -> FloatingIP:
        """A floating IP of an external network, for the port's first IPv4 address."""
        subnet = next(subnet for subnet in self.subnets(network) if subnet.ip_version == 4)
        address = ip or self.free_address(subnet)
        fixed = next(held for held in port.addresses if ":" not in held) if port else ""
        return self.add(
            FloatingIP(
                id=id_of("floating_ip", project.name, network.name, address),
                project_id=project.id,
                floating_network_id=network.id,
                floating_ip_address=address,
                port_id=port.id if port else "",
                fixed_ip_address=fixed,
            )
        )

    def port_forwarding(
        self, floating: FloatingIP, port: Port, external: int, internal: int, protocol: str = "tcp", number: int = 1
    ) -> PortForwarding:
        """So many ports of a floating IP, from one on, that lead to as many of a port's first IPv4 address."""
        ranges: dict[str, Any] = {f"{side}_port_range": Range(first, first + number - 1)
                  for side, first in (("external", external), ("internal", internal))}  # fmt: skip
        return self.add(
            PortForwarding(
                id=id_of("port_forwarding", floating.id, protocol, str(external)), project_id=floating.project_id,
                floatingip_id=floating.id, protocol=protocol, internal_port_id=port.id,
                internal_ip_address=next(ip for ip in port.addresses if ":" not in ip), **ranges,
            )
        )  # fmt: skip

    def outside(self, name: str, physical_network: str, *addresses: str, **fields: Any) -> OutsideHost:
        """A host outside, on a physical network."""
        id = id_of("outside_host", name)
        fields = {"physical_network": physical_network, "addresses": addresses, "mac_address": mac_of(id), **fields}
        return self.add(OutsideHost(id=id, name=name, target="lab", **fields))

    def _own(self, project: Project, kind: str, name: str) -> dict[str, Any]:
        return {"id": id_of(kind, project.name, name), "name": name, "project_id": project.id, "stack": project.name}


def _number_and_version(ip: str) -> tuple[int, int]:
    inside = span(ip)
    return inside.first, inside.version


RULE_NUMBERS: dict[type[QosRule], str] = {
    QosBandwidthLimitRule: "max_kbps", QosDscpMarkingRule: "dscp_mark", QosMinimumBandwidthRule: "min_kbps",
}  # fmt: skip
"""The field that holds the number of a rule of a QoS policy."""


def allow(
    direction: str, protocol: str = "", low: int | None = None, high: int | None = None, **fields: Any
) -> dict[str, Any]:
    """The fields of a rule; one port when `high` is left out. ICMP's type and code are `low` and `high`."""
    one = low if high is None and protocol not in ("icmp", "icmpv6") else high
    return {"direction": direction, "protocol": protocol, "port_range_min": low, "port_range_max": one, **fields}


EGRESS = (allow("egress"), allow("egress", ethertype="IPv6"))
"""Everything out."""
EVERYTHING = (*EGRESS, allow("ingress"), allow("ingress", ethertype="IPv6"))
"""Everything out and in."""
