"""Documents of what an estate holds, which declare the same records again.

Everything stored is written, except what follows from the rest: implied records, ids, where ports of instances are
bound. A record is nested where its name is the one that nesting gives, and written apart otherwise; one without a name,
or with one that others have too, is written by its id. Whether a reference is found again is asked of `Names` itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import yaml
from msgspec import NODEFAULT
from msgspec.structs import fields

from cpal.faces.documents.names import Names, Owner, is_id
from cpal.faces.documents.ports import GATEWAY_PORT
from cpal.faces.documents.rules import ICMP_NAMES, ICMPV6_NAMES
from cpal.faces.documents.shapes import Shape, name_problem
from cpal.faces.documents.table_forwarding import LONE_FORWARDING
from cpal.faces.documents.table_networks import (
    FLOATING_IP,
    INSTANCE,
    INSTANCE_PORT,
    LONE_SUBNET,
    NETWORK,
    PORT,
    ROUTER,
    SUBNET,
    TRUNK,
)
from cpal.faces.documents.table_qos import LONE_RULES, QOS_POLICY, RULE_FIELDS
from cpal.faces.documents.table_security import ADDRESS_GROUP, DEFAULT_RULE, LOG, LONE_RULE, SECURITY_GROUP
from cpal.faces.documents.table_switches import (
    ACL_SHAPE,
    BGP_SHAPE,
    CLASSIFIER_SHAPE,
    INTERFACE_SHAPE,
    LAG_SHAPE,
    MLAG_SHAPE,
    NTP_SERVER_SHAPE,
    OSPF_SHAPE,
    ROUTE_SHAPE,
    STP_SHAPE,
    SYSLOG_SERVER_SHAPE,
    VLAN_SHAPE,
    VRF_SHAPE,
)
from cpal.faces.documents.table_targets import HOST_SHAPE, OUTSIDE_HOST, TARGET
from cpal.model.acl import Acl
from cpal.model.address import masked
from cpal.model.bgp import Bgp
from cpal.model.classifier import Classifier
from cpal.model.default_rules import PARENT, DefaultSecurityGroupRule
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.mlag import Mlag
from cpal.model.network import (
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    AddressPair,
    AllocationPool,
    Network,
    Port,
    Subnet,
)
from cpal.model.ospf import Ospf
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QosPolicy
from cpal.model.record import IMPLIED, Key, Part, Record
from cpal.model.router import FloatingIP, MoreGateway, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.switch import Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Placement, Project, Range, Target
from cpal.model.trunk import Trunk

Written = dict[str, Any]
"""A mapping of a document."""
WIDTH = 120
_UNUSED = UUID(int=0)


class _Part(NamedTuple):
    """The records of one project and stack, by type."""

    owner: Owner
    records: dict[type[Record], list[Any]]

    def has(self, record: Record) -> bool:
        """Whether a record of the estate is one of the part's."""
        return (record.project_id, record.stack) == (self.owner.project_id, self.owner.stack)


def dump(estate: Estate, stack: str | None = None, project: str | None = None) -> str:
    """YAML documents, one per project and stack, of all the estate or of one stack or project by name."""
    writer = _Writer(estate)
    documents = [writer.document(part) for part in _parts(estate, stack, project)]
    return yaml.dump_all(
        documents, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None
    )


def _parts(estate: Estate, stack: str | None, project: str | None) -> list[_Part]:
    projects = {each.id: each.name for each in estate.all(Project)}
    found: defaultdict[tuple[str, str, str], defaultdict[type[Record], list[Any]]] = defaultdict(_by_type)
    for record in estate.records():
        name = projects.get(record.project_id, "")
        skipped = record.stack == IMPLIED or isinstance(record, Project | Placement)
        if not skipped and stack in (None, record.stack) and project in (None, name):
            found[name, record.project_id, record.stack][type(record)].append(record)
    for by_type in found.values():
        for records in by_type.values():
            records.sort(key=lambda record: (record.name, record.id))
    return [_Part(Owner(*key), by_type) for key, by_type in sorted(found.items(), key=lambda each: each[0])]


def _by_type() -> defaultdict[type[Record], list[Any]]:
    return defaultdict(list)


class _Writer:
    """Records as mappings, with names for ids."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.names = Names(estate, _UNUSED, ())

    def document(self, part: _Part) -> Written:
        """The document of the records of one project and stack."""
        nested: set[str] = set()
        sections: dict[str, Any] = {
            "networks": {self.key(n): self.network(part, n, nested) for n in part.records[Network]},
            "subnets": self._rest(part, Subnet, LONE_SUBNET, nested),
            "address_groups": self._rest(part, AddressGroup, ADDRESS_GROUP, nested),
            "security_groups": {self.key(g): self.group(part, g, nested) for g in part.records[SecurityGroup]},
            "security_group_rules": [
                {"security_group": self.name("security_group", r.security_group_id, part.owner)} | self.rule(part, r)
                for r in part.records[SecurityGroupRule]
                if r.id not in nested
            ],
            "default_security_group_rules": sorted(
                (
                    self.ranged(self.fields(DEFAULT_RULE, each, part.owner, leave=_RANGES), each)
                    for each in part.records[DefaultSecurityGroupRule]
                ),
                key=str,
            ),
            "qos_policies": {self.key(p): self.policy(part, p, nested) for p in part.records[QosPolicy]},
            **{
                section: [self.fields(shape, rule, part.owner) for rule in part.records[kind] if rule.id not in nested]
                for section, (kind, shape) in LONE_RULES.items()
            },
            "routers": {self.key(r): self.router(part, r, nested) for r in part.records[Router]},
            "instances": {self.key(i): self.instance(part, i, nested) for i in part.records[Instance]},
            "ports": {self.key(p): self.port(part, p) for p in part.records[Port] if p.id not in nested},
            "trunks": self._rest(part, Trunk, TRUNK, nested),
            "logs": self._rest(part, Log, LOG, nested),
            "floating_ips": {self.key(f): self.floating(part, f, nested) for f in part.records[FloatingIP]},
            "port_forwardings": [
                {"floating_ip": self.name("floating_ip", f.floatingip_id, part.owner)} | self.forwarding(part, f)
                for f in part.records[PortForwarding]
                if f.id not in nested
            ],
            "vlans": self._rest(part, Vlan, VLAN_SHAPE, nested),
            "vrfs": self._rest(part, Vrf, VRF_SHAPE, nested),
            "routes": self._rest(part, Route, ROUTE_SHAPE, nested),
            "ntp_servers": self._rest(part, NtpServer, NTP_SERVER_SHAPE, nested),
            "syslog_servers": self._rest(part, SyslogServer, SYSLOG_SERVER_SHAPE, nested),
            "ospf_processes": self._rest(part, Ospf, OSPF_SHAPE, nested),
            "acls": self._rest(part, Acl, ACL_SHAPE, nested),
            "bgp": self._rest(part, Bgp, BGP_SHAPE, nested),
            "classifiers": self._rest(part, Classifier, CLASSIFIER_SHAPE, nested),
            "lags": self._rest(part, Lag, LAG_SHAPE, nested),
            "mlags": self._rest(part, Mlag, MLAG_SHAPE, nested),
            "spanning_trees": self._rest(part, Stp, STP_SHAPE, nested),
            "interfaces": self._rest(part, Interface, INTERFACE_SHAPE, nested),
            "targets": self._rest(part, Target, TARGET, nested),
            "hosts": self._rest(part, Host, HOST_SHAPE, nested),
            "outside_hosts": self._rest(part, OutsideHost, OUTSIDE_HOST, nested),
        }
        return self._heading(part.owner) | {section: said for section, said in sections.items() if said}

    def _heading(self, owner: Owner) -> Written:
        project = self.estate.get(Project, owner.project_id)
        heading: Written = {}
        if project is not None:
            described = {"name": project.name, "description": project.description}
            heading["project"] = described if project.description else project.name
        return heading | ({"stack": owner.stack} if owner.stack not in ("", owner.project) else {})

    def _rest(self, part: _Part, kind: type[Record], shape: Shape, nested: set[str]) -> Written:
        return {
            self.key(record): self.fields(shape, record, part.owner)
            for record in part.records[kind]
            if record.id not in nested
        }

    def _by_name(self, index: str, value: str) -> list[Any]:
        return sorted(self.estate.find(index, value), key=lambda record: (record.name, record.id))

    # Names

    def key(self, record: Record) -> str:
        """What a record is written under: its name, or its id where that is not one that nothing else has."""
        owner = Owner("", record.project_id, "")
        usable = record.name and not is_id(record.name) and not name_problem(record.name)
        same = self.names.stored(record.kind, owner, record.name)
        return record.name if usable and len(same) == 1 else record.id

    def name(self, kind: str, id: str, owner: Owner) -> str:
        """The shortest name by which a document of the owner finds a record."""
        record = self.estate.by_key(Key(kind, id))
        if record is None or not record.name:
            return id
        project = self.estate.get(Project, record.project_id)
        short = record.name.rpartition("/")[2] if kind == "subnet" else record.name
        for candidate in (short, record.name, f"{project.name if project else ''}/{record.name}"):
            if not is_id(candidate) and self.names.find(kind, candidate, owner) == [id]:
                return candidate
        return id

    # Fields

    def fields(self, shape: Shape, record: Record, owner: Owner, leave: Iterable[str] = ()) -> Written:
        """The fields of a record that its shape has, but those left to others, as far as they are not the default."""
        defaults = _defaults(type(record))
        written: Written = {}
        for field in shape.fields:
            value = getattr(record, field.name, NODEFAULT)
            if field.name in leave or value is NODEFAULT or field.name not in defaults:
                continue
            if value != defaults[field.name]:
                written.setdefault(field.written, self.value(field.name, value, owner))
        return written

    def value(self, field: str, value: Any, owner: Owner) -> Any:
        """A value as documents have it."""
        if field in _REFERENCES and value != PARENT:
            kind = _REFERENCES[field]
            if isinstance(value, tuple):
                return [self.name(kind, id, owner) for id in value]
            return self.name(kind, value, owner)
        if field == "fixed_ips":
            return [self._fixed(fixed.subnet_id, fixed.ip_address, owner) for fixed in value]
        if field == "sub_ports":
            return [{"port": self.name("port", each.port_id, owner), "segmentation_id": each.segmentation_id}
                    for each in value]  # fmt: skip
        if isinstance(value, tuple):
            return [_part(each) for each in value]
        if isinstance(value, dict):
            return {name: _part(each) for name, each in sorted(value.items())}
        return "none" if value is None else _part(value)

    def _fixed(self, subnet_id: str, ip: str, owner: Owner) -> Written:
        return {"subnet": self.name("subnet", subnet_id, owner)} | ({"ip_address": ip} if ip else {})

    # Networks and groups

    def network(self, part: _Part, network: Network, nested: set[str]) -> Written:
        """A network with the subnets that are called after it."""
        carried = {
            "network_type": network.network_type,
            "physical_network": network.physical_network,
            "segmentation_id": network.segmentation_id,
        }
        provider = {key: value for key, value in carried.items() if value not in ("", None)}
        written = self.fields(NETWORK, network, part.owner, leave=carried)
        subnets = {}
        for subnet in self._by_name("subnet.network", network.id):
            short = _short(network, subnet)
            if short and part.has(subnet) and self.key(network) == network.name and self.key(subnet) == subnet.name:
                subnets[short] = self.fields(SUBNET, subnet, part.owner)
                nested.add(subnet.id)
        alone = not network.physical_network and not network.external
        return (
            written | ({"provider": provider} if provider else {}) | ({"subnets": subnets} if subnets or alone else {})
        )

    def group(self, part: _Part, group: SecurityGroup, nested: set[str]) -> Written:
        """A security group with its rules."""
        rules = [rule for rule in self.estate.find("rule.group", group.id) if part.has(rule)]
        nested |= {rule.id for rule in rules}
        written = self.fields(SECURITY_GROUP, group, part.owner)
        if not any(rule.direction == "egress" for rule in rules):
            written["default_egress"] = False
        said = sorted((self.rule(part, rule) for rule in rules), key=str)
        return written | ({"rules": said} if said else {})

    def rule(self, part: _Part, rule: SecurityGroupRule) -> Written:
        """A rule, with the shorthands for ports and ICMP types."""
        written = self.fields(LONE_RULE, rule, part.owner, leave=(*_RANGES, "security_group_id", "ethertype"))
        implied = "IPv6" if ":" in rule.remote_ip_prefix or rule.protocol in ICMPV6_NAMES else "IPv4"
        if rule.ethertype != implied:
            written["ethertype"] = rule.ethertype
        return self.ranged(written, rule)

    def ranged(self, written: Written, rule: SecurityGroupRule | DefaultSecurityGroupRule) -> Written:
        """What is written of a rule with its ports, or its ICMP type and code, and its prefix without host bits."""
        if rule.remote_ip_prefix:
            written[LONE_RULE.by_name["remote_ip_prefix"].written] = masked(rule.remote_ip_prefix)
        low, high = rule.port_range_min, rule.port_range_max
        if rule.protocol in ICMP_NAMES:
            said: Written = {"icmp_type": low, "icmp_code": high}
        elif low is not None and high is not None:
            said = {"port": low if low == high else f"{low}-{high}"}
        else:
            said = {"port_range_min": low, "port_range_max": high}
        return written | {key: value for key, value in said.items() if value is not None}

    def floating(self, part: _Part, floating: FloatingIP, nested: set[str]) -> Written:
        """A floating IP with its port forwardings."""
        forwardings = self.estate.find("port_forwarding.floating_ip", floating.id)
        mine = [forwarding for forwarding in forwardings if part.has(forwarding)]
        nested |= {forwarding.id for forwarding in mine}
        said = sorted((self.forwarding(part, forwarding) for forwarding in mine), key=str)
        written = self.fields(FLOATING_IP, floating, part.owner)
        return written | ({"port_forwardings": said} if said else {})

    def forwarding(self, part: _Part, forwarding: PortForwarding) -> Written:
        """A port forwarding, one port by its number."""
        ranges = ("external_port_range", "internal_port_range")
        written = self.fields(LONE_FORWARDING, forwarding, part.owner, leave=(*ranges, "floatingip_id"))
        for field in ranges:
            ports: Range = getattr(forwarding, field)
            said = ports.start if ports.start == ports.end else _part(ports)
            written[LONE_FORWARDING.by_name[field].written] = said
        return written

    def policy(self, part: _Part, policy: QosPolicy, nested: set[str]) -> Written:
        """A QoS policy with its rules."""
        written = self.fields(QOS_POLICY, policy, part.owner)
        for field, kind in RULE_FIELDS.items():
            rules = [rule for rule in self.estate.find(f"{kind.kind}.policy", policy.id) if part.has(rule)]
            nested |= {rule.id for rule in rules}
            _, lone = LONE_RULES[f"qos_{field}"]
            said = [self.fields(lone, rule, part.owner, leave=("qos_policy_id",)) for rule in rules]
            written |= {field: sorted(said, key=str)} if said else {}
        return written

    # Routers, instances, ports

    def router(self, part: _Part, router: Router, nested: set[str]) -> Written:
        """A router with the interfaces and the gateway port that are called after it."""
        written = self.fields(ROUTER, router, part.owner, leave=("external_gateway_info", "more_gateways"))
        ports = [p for p in self._by_name("port.device", router.id) if part.has(p) and _plain_router_port(p)]
        interfaces = []
        for port in ports if self.key(router) == router.name else ():
            subnet = self._only_subnet(port)
            if port.device_owner == ROUTER_INTERFACE and subnet and port.name == f"{router.name}:{subnet.name}":
                fixed = self._fixed(subnet.id, port.addresses[0], part.owner)
                interfaces.append(fixed | self.fields(PORT, port, part.owner, leave=_ROUTER_PORT))
                nested.add(port.id)
        if interfaces:
            written["interfaces"] = interfaces
        gateway = router.external_gateway_info
        if gateway is not None:
            said: Written = {"network": self.name("network", gateway.network_id, part.owner)}
            said |= {} if gateway.enable_snat else {"enable_snat": False}
            if gateway.qos_policy_id:
                said["qos_policy"] = self.name("qos_policy", gateway.qos_policy_id, part.owner)
            for port in ports:
                if port.device_owner == ROUTER_GATEWAY and port.name == f"{router.name}:{GATEWAY_PORT}":
                    said |= self._gateway_port(part, port)
                    nested.add(port.id)
            written["external_gateway"] = said
        if router.more_gateways:
            own = {port.name: port for port in ports if port.device_owner == ROUTER_GATEWAY}
            written["more_gateways"] = [
                self._more_gateway(part, each, own.get(f"{router.name}:{GATEWAY_PORT}-{place}"), nested)
                for place, each in enumerate(router.more_gateways, 2)
            ]
        return written

    def _more_gateway(self, part: _Part, gateway: MoreGateway, port: Port | None, nested: set[str]) -> Written:
        """A further gateway: with its port, where that is called after it, else naming it."""
        said = {"network": self.name("network", gateway.network_id, part.owner)}
        if port is None or port.id != gateway.port_id:
            return said | {"port": self.name("port", gateway.port_id, part.owner)}
        nested.add(port.id)
        return said | self._gateway_port(part, port)

    def _gateway_port(self, part: _Part, port: Port) -> Written:
        said = self.fields(PORT, port, part.owner, leave=_ROUTER_PORT)
        if port.fixed_ips is not None:
            said["external_fixed_ips"] = self.value("fixed_ips", port.fixed_ips, part.owner)
        return said

    def _only_subnet(self, port: Port) -> Subnet | None:
        fixed = port.fixed_ips or ()
        return self.estate.get(Subnet, fixed[0].subnet_id) if len(fixed) == 1 else None

    def instance(self, part: _Part, instance: Instance, nested: set[str]) -> Written:
        """An instance, with its ports if they are called after it."""
        written = self.fields(INSTANCE, instance, part.owner)
        ports = [p for p in self._by_name("port.device", instance.id) if p.device_owner == INSTANCE_OWNER]
        prefix = f"{instance.name}:"
        several = len(ports) > 1
        fitting = self.key(instance) == instance.name and all(
            part.has(port)
            and port.host_id == instance.host
            and self.key(port) == port.name
            and (port.name.startswith(prefix) and not name_problem(port.name[len(prefix) :]) if several
                 else port.name == instance.name)
            for port in ports
        )  # fmt: skip
        if not fitting or not ports:
            return written | {"networks": []}
        nested |= {port.id for port in ports}
        said = {port.name[len(prefix) :]: self._instance_port(part, port) for port in ports}
        return written | {"ports": dict(sorted(said.items())) if several else list(said.values())}

    def _instance_port(self, part: _Part, port: Port) -> Written:
        network = {"network": self.name("network", port.network_id, part.owner)}
        return network | self.fields(INSTANCE_PORT, port, part.owner, leave=("network_id", *_undecided(port)))

    def port(self, part: _Part, port: Port) -> Written:
        """A port that is written apart."""
        device: Written = {}
        leave: tuple[str, ...] = ()
        for kind, record, role in (("instance", Instance, INSTANCE_OWNER), ("router", Router, ROUTER_INTERFACE)):
            found = self.estate.get(record, port.device_id)
            if isinstance(found, Instance | Router):
                device[kind] = self.name(kind, port.device_id, part.owner)
                leave = ("device_id", *(("device_owner",) if port.device_owner == role else ()))
                bound = isinstance(found, Instance) and port.host_id == found.host
                leave += ("host_id",) if bound and port.device_owner == INSTANCE_OWNER else ()
        return device | self.fields(PORT, port, part.owner, (*leave, *_undecided(port)))


def _undecided(port: Port) -> tuple[str, ...]:
    """The fields that say nothing yet of a port whose addresses wait for its host."""
    return ("fixed_ips",) if port.is_deferred else ()


_RANGES = ("port_range_min", "port_range_max")
_REFERENCES = {
    "network_id": "network",
    "networks": "network",
    "floating_network_id": "network",
    "security_groups": "security_group",
    "port_id": "port",
    "remote_group_id": "security_group",
    "remote_address_group_id": "address_group",
    "qos_policy_id": "qos_policy",
    "internal_port_id": "port",
    "floatingip_id": "floating_ip",
    "resource_id": "security_group",
    "target_id": "port",
}
"""Fields that hold ids, and of what."""
_ROUTER_PORT = ("network_id", "fixed_ips", "security_groups", "port_security_enabled", "device_id", "device_owner")
"""What follows for a router's port from where it is written."""


def _plain_router_port(port: Port) -> bool:
    """Whether nothing about a router's port needs it to be written apart."""
    extras = (port.allowed_address_pairs, port.extra_dhcp_opts, port.dns_name, port.host_id, port.security_groups)
    return not any(extras) and port.security_groups == () and port.port_security_enabled is False


def _short(network: Network, subnet: Subnet) -> str:
    """What a subnet is called in its network, or "" if not after it."""
    if subnet.name == network.name:
        return subnet.name
    prefix = f"{network.name}/"
    short = subnet.name[len(prefix) :] if network.name and subnet.name.startswith(prefix) else ""
    return "" if name_problem(short) or short == network.name else short


@cache
def _defaults(kind: type[Part]) -> dict[str, Any]:
    """The value of each field that leaving it out gives; NODEFAULT where it cannot be left out."""
    return {
        field.name: field.default_factory() if callable(field.default_factory) else field.default
        for field in fields(kind)
    }


def _part(value: Any) -> Any:
    if isinstance(value, Range) and value.start == value.end:
        return value.start
    if isinstance(value, AllocationPool | Range):
        return f"{value.start}-{value.end}"
    if isinstance(value, AddressPair) and not value.mac_address:
        return value.ip_address
    if isinstance(value, Part):
        defaults = _defaults(type(value))
        return {name: _part(said) for name, default in defaults.items() if (said := getattr(value, name)) != default}
    return value
