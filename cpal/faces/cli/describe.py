"""Records as the objects that `get` and `show` print: the API's fields, ids with readable names beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from cpal.core.driver import PortStatus
from cpal.model.carrying import carrier
from cpal.model.default_rules import PARENT, DefaultSecurityGroupRule
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.network import OVERLAY_TYPES, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import (
    EGRESS,
    QOS_RULES,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
    QosRule,
    direction_of,
)
from cpal.model.record import Key, Record
from cpal.model.router import FloatingIP, Router, gateway_ports
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.target import Placement, Project
from cpal.model.trunk import Trunk

Object = dict[str, Any]
Live = Mapping[str, PortStatus] | None
"""The status of ports by id; None when the targets do not answer."""

NO_VNIS: Mapping[str, int] = {}

API_NAMES: dict[str, dict[str, str]] = {
    "network": {
        "network_type": "provider:network_type",
        "physical_network": "provider:physical_network",
        "segmentation_id": "provider:segmentation_id",
        "external": "router:external",
    },
    "port": {"host_id": "binding:host_id"},
}
"""Fields whose name in the API has a prefix: they are given under both. Source: Networking API v2.0, extensions."""

REFERENCES: dict[str, str] = {
    "project_id": "project", "network_id": "network", "port_id": "port",
    "floating_network_id": "network", "security_group_id": "security_group", "remote_group_id": "security_group",
    "remote_address_group_id": "address_group", "security_groups": "security_group",
    "subnetpool_id": "subnet_pool", "address_scope_id": "address_scope", "qos_policy_id": "qos_policy",
    "floatingip_id": "floating_ip", "internal_port_id": "port", "resource_id": "security_group", "target_id": "port",
}  # fmt: skip
"""Fields that hold ids, and the kind of what they lead to."""


def plain(value: Any) -> Any:
    """A value of a record as JSON has it, with every field of its parts."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return value


class Describer:
    """Objects of the records of one estate; `live` is what the targets say of its ports, `vnis` of its networks."""

    def __init__(self, estate: Estate, live: Live = None, vnis: Mapping[str, int] = NO_VNIS) -> None:
        self.estate = estate
        self.live = live
        self.vnis = vnis

    @cached_property
    def owned(self) -> Counter[str]:
        """How many records each project owns, by its id."""
        return Counter(record.project_id for record in self.estate.records())

    def name(self, kind: str, id: str) -> str:
        """What a person calls the record with this id: `project/name`, and the id itself where there is none."""
        record = self.estate.by_key(Key(kind, id)) if id else None
        return self.title(record) if record else id

    def title(self, record: Record) -> str:
        """What a person calls the record: `project/name`; without a name, its id."""
        project = self.estate.get(Project, record.project_id)
        name = record.name or record.id
        return f"{project.name}/{name}" if project else name

    def object(self, record: Record) -> Object:
        """The record with all of its fields, and what a person or script wants to know beside them."""
        found: Object = {"id": record.id, "name": record.name}
        project = self.estate.get(Project, record.project_id)
        if record.kind != "project":
            found["project"] = project.name if project else ""
        for field in record.__struct_fields__:
            found.setdefault(field, plain(getattr(record, field)))
            self._add_readable(found, field)
        for field, api_name in API_NAMES.get(record.kind, {}).items():
            found[api_name] = found[field]
        extra = _EXTRA.get(type(record))
        return {**found, **extra(self, record)} if extra else found

    def objects(self, records: Iterable[Record]) -> list[Object]:
        """Objects by project and name."""
        return sorted(
            map(self.object, records), key=lambda found: (found.get("project", ""), found["name"], found["id"])
        )

    def _add_readable(self, found: Object, field: str) -> None:
        kind, value = REFERENCES.get(field), found[field]
        if kind is None or field == "project_id":
            return
        if isinstance(value, list):
            found[f"{field.removesuffix('s')}_names"] = [self.short(kind, each) for each in value]
        elif field.endswith("_id"):
            found[field.removesuffix("_id")] = self.short(kind, value) if value else ""

    def short(self, kind: str, id: str) -> str:
        """The name alone of what an id leads to; the id where there is nothing."""
        record = self.estate.by_key(Key(kind, id))
        return (record.name or record.id) if record else id

    def device(self, port: Port) -> str:
        """The name of what a port belongs to; "" for nothing."""
        id = carrier(self.estate, port).device_id
        owner = self.estate.get(Instance, id) or self.estate.get(Router, id)
        return owner.name if owner else id

    def status(self, port: Port) -> str | None:
        """What the target says of a port, which may not have come to it yet; None when it does not answer."""
        if self.live is None:
            return None
        found = self.live.get(port.id)
        return found.status if found else "BUILD" if carrier(self.estate, port).host_id else "DOWN"


def _network(describer: Describer, network: Network) -> Object:
    subnets: list[Subnet] = describer.estate.find("subnet.network", network.id)
    return {
        "subnets": [subnet.id for subnet in subnets],
        "subnet_names": [subnet.name for subnet in subnets],
        "cidrs": [subnet.cidr for subnet in subnets],
        "ports": len(describer.estate.ids("port.network", network.id)),
        "live_vni": describer.vnis.get(network.id) if network.network_type in OVERLAY_TYPES else None,
    }


def _subnet(describer: Describer, subnet: Subnet) -> Object:
    return {"ip_version": subnet.ip_version}


def _port(describer: Describer, port: Port) -> Object:
    live = describer.live.get(port.id) if describer.live is not None else None
    return {
        "device": describer.device(port),
        "host": carrier(describer.estate, port).host_id,
        "addresses": list(port.addresses),
        "floating_ips": [f.floating_ip_address for f in describer.estate.find("floating_ip.port", port.id)],
        "status": describer.status(port),
        "live_host": live.host if live else None,
    }


def _trunk(describer: Describer, trunk: Trunk) -> Object:
    return {"subports": [f"{describer.short('port', each.port_id)}:{each.segmentation_id}" for each in trunk.sub_ports]}


def _router(describer: Describer, router: Router) -> Object:
    ports: list[Port] = describer.estate.find("port.device", router.id)
    gateway = router.external_gateway_info
    inner = [port for port in ports if port.device_owner == "network:router_interface"]
    outer = gateway_ports(router, ports)
    hosts = [host for placement in describer.estate.find("placement.subject", router.id) for host in placement.hosts]
    more = [describer.name("network", each.network_id) for each in router.more_gateways]
    return {
        "interfaces": [
            {"port_id": port.id, "network": describer.short("network", port.network_id), "ip_address": address}
            for port in inner
            for address in port.addresses
        ],
        "external_network": describer.name("network", gateway.network_id) if gateway else "",
        **({"more_external_networks": more} if more else {}),
        "external_addresses": [address for port in outer for address in port.addresses],
        "gateway_hosts": list(dict.fromkeys(hosts)),
    }


def _floating_ip(describer: Describer, floating: FloatingIP) -> Object:
    port = describer.estate.get(Port, floating.port_id)
    return {"device": describer.device(port) if port else ""}


def _security_group(describer: Describer, group: SecurityGroup) -> Object:
    rules = describer.estate.find("rule.group", group.id)
    return {
        "security_group_rules": [describer.object(rule) for rule in rules],
        "rules": joined_families(rule_words(rule, describer) for rule in rules),
        "ports": len(describer.estate.ids("port.security_group", group.id)),
    }


def joined_families(rules: Iterable[str]) -> list[str]:
    """Rules in words; those that are there for both address families are told once, without the family."""
    families: dict[str, list[str]] = {}
    for words in rules:
        what, _, family = words.rpartition(" ")
        families.setdefault(what, []).append(family)
    return sorted(what if len(found) > 1 else f"{what} {found[0]}" for what, found in families.items())


def _rule(describer: Describer, rule: SecurityGroupRule) -> Object:
    return {"words": rule_words(rule, describer)}


def _address_group(describer: Describer, group: AddressGroup) -> Object:
    rules: list[SecurityGroupRule] = describer.estate.find("rule.remote_address_group", group.id)
    return {"used_by": sorted({describer.short("security_group", rule.security_group_id) for rule in rules})}


def _qos_policy(describer: Describer, policy: QosPolicy) -> Object:
    rules = [rule for kind in QOS_RULES for rule in describer.estate.find(f"{kind.kind}.policy", policy.id)]
    users = sum(len(describer.estate.ids(f"{kind}.qos_policy", policy.id)) for kind in QOS_KINDS)
    return {"rules": [qos_words(rule) for rule in rules], "used_by": users}


QOS_KINDS = ("network", "port", "floating_ip", "router")
"""The kinds of record that have a QoS policy."""


def qos_words(rule: QosRule) -> str:
    """A rule in a few words: `out at most 1000 kbit/s`."""
    way = "out" if direction_of(rule) == EGRESS else "in"
    if isinstance(rule, QosDscpMarkingRule):
        return f"{way} marked {rule.dscp_mark}"
    if isinstance(rule, QosMinimumBandwidthRule):
        return f"{way} at least {rule.min_kbps} kbit/s"
    burst = f" and bursts of {rule.max_burst_kbps} kbit" if rule.max_burst_kbps else ""
    return f"{way} at most {rule.max_kbps} kbit/s{burst}"


def _instance(describer: Describer, instance: Instance) -> Object:
    ports: list[Port] = describer.estate.find("port.device", instance.id)
    return {
        "ports": [port.id for port in ports],
        "networks": [describer.short("network", port.network_id) for port in ports],
        "addresses": [address for port in ports for address in port.addresses],
        "floating_ips": [
            found.floating_ip_address for port in ports for found in describer.estate.find("floating_ip.port", port.id)
        ],
        "status": _joint_status(describer.status(port) for port in ports),
    }


def _port_forwarding(describer: Describer, forwarding: PortForwarding) -> Object:
    floating = describer.estate.get(FloatingIP, forwarding.floatingip_id)
    port = describer.estate.get(Port, forwarding.internal_port_id)
    return {
        "words": forwarding_words(forwarding),
        "floating_ip_address": floating.floating_ip_address if floating else None,
        "device": describer.device(port) if port else None,
    }


def forwarding_words(forwarding: PortForwarding) -> str:
    """A port forwarding in a few words: `tcp/2222 to 10.0.1.11:22`."""
    outer, inner = (
        str(ports.start) if ports.start == ports.end else f"{ports.start}-{ports.end}"
        for ports in (forwarding.external_port_range, forwarding.internal_port_range)
    )
    return f"{forwarding.protocol}/{outer} to {forwarding.internal_ip_address}:{inner}"


def _joint_status(found: Iterable[str | None]) -> str | None:
    """The status of several ports: the one that is least done."""
    each = set(found)
    if None in each:
        return None
    return next((status for status in ("DOWN", "BUILD", "ACTIVE") if status in each), None)


def _placement(describer: Describer, placement: Placement) -> Object:
    router = describer.estate.get(Router, placement.subject_id)
    network_id = router.gateway_networks.get(placement.port_id, "") if router else ""
    network = describer.name("network", network_id) if network_id else ""
    return {"subject": describer.name("router", placement.subject_id), "network": network}


def _project(describer: Describer, project: Project) -> Object:
    return {"records": describer.owned[project.id]}


_EXTRA: dict[type[Record], Callable[[Describer, Any], Object]] = {
    Network: _network,
    Subnet: _subnet,
    Port: _port,
    Trunk: _trunk,
    Router: _router,
    FloatingIP: _floating_ip,
    PortForwarding: _port_forwarding,
    SecurityGroup: _security_group,
    SecurityGroupRule: _rule,
    AddressGroup: _address_group,
    QosPolicy: _qos_policy,
    Instance: _instance,
    Placement: _placement,
    Project: _project,
}
"""What is said of a record beyond its own fields."""


Said = SecurityGroupRule | DefaultSecurityGroupRule
"""What says what a direction may carry."""


def rule_words(rule: Said, describer: Describer) -> str:
    """A rule in a few words: `in tcp/80 from anywhere (IPv4)`."""
    inward = rule.direction == "ingress"
    remote = _remote_words(rule, describer) or "anywhere"
    what = rule.protocol + _range_words(rule) if rule.protocol else "anything"
    return f"{'in' if inward else 'out'} {what} {'from' if inward else 'to'} {remote} ({rule.ethertype})"


def _remote_words(rule: Said, describer: Describer) -> str:
    if rule.remote_group_id == PARENT:
        return "its own group"
    if rule.remote_group_id:
        return f"group {describer.short('security_group', rule.remote_group_id)}"
    if rule.remote_address_group_id:
        return f"addresses {describer.short('address_group', rule.remote_address_group_id)}"
    return rule.remote_ip_prefix


def _range_words(rule: Said) -> str:
    low, high = rule.port_range_min, rule.port_range_max
    if low is None:
        return ""
    return f"/{low}" if high in (None, low) else f"/{low}-{high}"
