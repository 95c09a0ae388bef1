"""From documents to declared records: names resolved, ids given, shorthands written out, every fault found.

Theory. Things are identified before they are made, each kind after those that its names depend on, so that the order of
keys, documents and files does not matter: networks, groups, routers and instances; then subnets, which belong to
networks; then ports, which belong to instances and routers; then floating IPs, which lead to ports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cpal.errors import Fault
from cpal.faces.documents.forwardings import make_forwarding, make_forwardings
from cpal.faces.documents.making import Making, Thing, in_order
from cpal.faces.documents.names import GLOBAL, Owner, is_id
from cpal.faces.documents.ports import (
    gateways_apart,
    make_gateway,
    make_instance_ports,
    make_interfaces,
    make_lone_port,
    make_more_gateways,
)
from cpal.faces.documents.qos_rules import make_qos_rule, make_qos_rules
from cpal.faces.documents.reading import Document, Documents
from cpal.faces.documents.rules import make_default_rule, make_rule, make_rules
from cpal.faces.documents.shapes import Item, Reference
from cpal.faces.documents.table_networks import PROVIDER, SUBNET_FIELDS
from cpal.faces.documents.table_qos import LONE_RULES
from cpal.faces.documents.unread import Unread
from cpal.model.acl import Acl
from cpal.model.bgp import Bgp
from cpal.model.classifier import Classifier
from cpal.model.estate import KINDS, Estate
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.mlag import Mlag
from cpal.model.network import ROUTER_GATEWAY, Network, Subnet
from cpal.model.ospf import Ospf
from cpal.model.qos import QosPolicy
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.router import ExternalGateway, FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroup
from cpal.model.switch import Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Project, Target
from cpal.model.trunk import Subport, Trunk
from cpal.model.unknown import UNKNOWN

SECTIONS = {
    "network": "networks",
    "address_group": "address_groups",
    "security_group": "security_groups",
    "qos_policy": "qos_policies",
    "router": "routers",
    "instance": "instances",
    "target": "targets",
    "host": "hosts",
    "outside_host": "outside_hosts",
    "subnet": "subnets",
    "port": "ports",
    "trunk": "trunks",
    "log": "logs",
    "floating_ip": "floating_ips",
    "vlan": "vlans",
    "vrf": "vrfs",
    "interface": "interfaces",
    "route": "routes",
    "ntp_server": "ntp_servers",
    "syslog_server": "syslog_servers",
    "lag": "lags",
    "mlag": "mlags",
    "stp": "spanning_trees",
    "acl": "acls",
    "ospf": "ospf_processes",
    "bgp": "bgp",
    "classifier": "classifiers",
}
"""Where each kind of named record is written."""
INDEPENDENT = (
    "network", "address_group", "security_group", "qos_policy", "router", "instance", "target", "host", "outside_host",
    "vlan", "vrf", "interface", "route", "ntp_server", "syslog_server", "lag", "mlag", "stp", "acl",
    "ospf", "bgp", "classifier",
)  # fmt: skip
"""Kinds whose names depend on no other record's."""
SHARED_BY = {"network": ("shared", "external"), "qos_policy": ("shared",)}
"""Kinds that all projects may name, and the fields of which one says so."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What documents declare.

    `places` says where: `file:line:column` by key and field, "" for the record as a whole. `stacks` are those that the
    documents are the whole of, also when they declare nothing of one any more. `faults` is what is wrong with the
    documents, each with its place; only where there are none, all of the records is known, and `unread` is empty.
    """

    records: tuple[Record, ...]
    places: Mapping[tuple[Key, str], str]
    stacks: tuple[str, ...]
    faults: tuple[Fault, ...]
    unread: Unread


def declare(documents: Documents, estate: Estate, namespace: UUID, stack: str | None = None) -> Declaration:
    """The records that the documents declare, given the accepted estate and the store's secret namespace.

    `stack` is the stack of documents that name none, in place of their project's name. What was left out stays left
    out, for `core.complete`.
    """
    stacks = {document.stack or stack or document.project for document in documents.documents}
    sources = {id(document.sections.source): document.sections.source for document in documents.documents}
    for source in sources.values():
        source.faults.clear()
    unread = documents.unread.copy()
    work = _Declaring(documents, Making(estate, namespace, stacks, unread), stack)
    work.run()
    faults = [*documents.faults, *(fault for source in sources.values() for fault in source.faults)]
    records = sorted(work.making.records.values(), key=lambda record: (_ORDER[record.kind], record.name, record.id))
    return Declaration(tuple(records), work.making.places, tuple(sorted(stacks)), tuple(faults), unread)


class _Declaring:
    """One declaration: the things of all documents, by kind, on their way to records."""

    def __init__(self, documents: Documents, making: Making, stack: str | None) -> None:
        self.making = making
        self.names = making.names
        self.documents = [(document, self._owner(document, stack)) for document in documents.documents]
        self.things: dict[str, list[Thing]] = {}

    def _owner(self, document: Document, stack: str | None) -> Owner:
        project_id = self.names.project_id(document.project)
        return Owner(document.project, project_id, document.stack or stack or document.project)

    def run(self) -> None:
        """Identify and make everything, in the order that names depend on each other."""
        for kind in INDEPENDENT:
            self.things[kind] = self._identified(kind)
        self._projects()
        self._share()
        self._networks()
        for kind, record in _PLAIN.items():
            for thing in self.things[kind]:
                self.making.put(record, thing, self.making.values(record, thing.item, thing.owner))
        self._targets()
        self._rules()
        self._ports()
        self._trunks()
        for thing in self._identified("log"):
            self.making.put(Log, thing, self.making.values(Log, thing.item, thing.owner))
        self._floating_ips()

    def _written(self, kind: str) -> list[Thing]:
        """The things of a section of all documents, those first that are renamed and take what was another's name."""
        found = [
            Thing(owner, name, item)
            for document, owner in self.documents
            for name, item in document.named(SECTIONS[kind]).items()
        ]
        return in_order(found, lambda thing: self.names.exists(kind, thing.owner, thing.name))

    def _identified(self, kind: str) -> list[Thing]:
        """The things of a section of all documents, with their ids; those declared twice once, and not for sure."""
        found = []
        for owner, name, item, _ in self._written(kind):
            if item.has("was") and item.unsure("was"):
                self.making.unread.add_word(SECTIONS[kind], name)
            if self.names.declared_twice(kind, owner, name, item):
                continue
            if is_id(name):
                found.append(Thing(owner, self.names.adopt(kind, owner, name, item), item, name))
            else:
                identity = self.names.identify(kind, owner, name, item, was=item.get("was", ""))
                found.append(Thing(owner, name, item, identity))
        doubted = {id(item) for item in self.names.doubted}
        return [each._replace(item=each.item.forgotten()) if id(each.item) in doubted else each for each in found]

    def _projects(self) -> None:
        """Make the projects that are not there yet, or whose description changes."""
        for document, owner in self.documents:
            said = document.project_description
            stored = self.making.estate.get(Project, owner.project_id)
            if stored is not None and (said is None or stored.description == said):
                continue
            if stored is None and all(document.sections.get(section) in (None, {}, ()) for section in _OWNED_SECTIONS):
                continue
            known = self.making.records.get(Key("project", owner.project_id))
            if isinstance(known, Project) and known.description and said not in (None, known.description):
                document.sections.fault("project", "has another description elsewhere", "keep one of them")
            description = said or (known.description if known else "")
            stack = stored.stack if stored else IMPLIED
            record = Project(id=owner.project_id, name=document.project, stack=stack, description=description)
            self.making.records[record.key] = record
            item = document.sections
            self.making.places.items_of[record.key] = item

    # Networks and subnets

    def _share(self) -> None:
        for kind, fields in SHARED_BY.items():
            for thing in self.things[kind]:
                if any(thing.item.get(field) or thing.item.unsure(field) for field in fields):
                    self.names.share(kind, thing.name, thing.id)

    def _networks(self) -> None:
        for thing in self.things["network"]:
            values = self.making.values(Network, thing.item, thing.owner)
            provider: Item | None = thing.item.get("provider")
            if thing.item.has("provider"):
                values |= _provided(thing.item, provider)
            record = self.making.put(Network, thing, values)
            for field in provider.nodes if provider else ():
                self.making.place(record, field, provider or thing.item, field)
            self._nested_subnets(thing, values)
        for thing in self._identified("subnet"):
            network_id = self.making.resolve(thing.item, "network", thing.item.get("network_id"), thing.owner)
            self._subnet(thing, network_id)

    def _nested_subnets(self, network: Thing, values: dict[str, Any]) -> None:
        """Make the subnets that are written in a network, and the one that it has for having none."""
        item, called = network.item, network.name or network.id
        said: dict[str, Item] = item.get("subnets") or {}
        own = _own_prefix(item, values)
        if own is not None:
            unknown = dict.fromkeys((each.name for each in SUBNET_FIELDS), UNKNOWN) if item.vague else {}
            self._nested_subnet(network, called, item, unknown | {"cidr": own})
        if item.has("subnets") and item.unsure("subnets"):
            self.making.unread.add_word("subnets", called)
        for short, subnet in said.items():
            self._nested_subnet(network, short, subnet, None)

    def _nested_subnet(self, network: Thing, short: str, item: Item, values: dict[str, Any] | None) -> None:
        stored = self.making.estate.get(Network, network.id)
        called = network.name or network.id
        name = short if short == called else f"{called}/{short}"
        was = item.get("was", short) if values is None else called
        if item.has("was") and item.unsure("was"):
            self.making.unread.add_word("subnets", name)
        before = ""
        if stored is not None:
            before = stored.name if was in (called, stored.name) else f"{stored.name}/{was}"

        def fits(record: Record) -> bool:
            return isinstance(record, Subnet) and record.network_id == network.id

        id = self.names.identify("subnet", network.owner, name, item, was=before, fits=fits)
        subnet = Thing(network.owner, name, item, id)
        if name != short:
            self.names.shorten(network.owner, short, id)
        if network.item.get("shared") or network.item.get("external"):
            for word in {name, short}:
                self.names.share("subnet", word, id)
        self._subnet(subnet, network.id, values)

    def _subnet(self, subnet: Thing, network_id: str, values: dict[str, Any] | None = None) -> None:
        said = self.making.values(Subnet, subnet.item, subnet.owner) if values is None else values
        said.pop("network_id", None)
        self.making.put(Subnet, subnet, {**said, "network_id": network_id})

    # Groups and targets

    def _rules(self) -> None:
        for document, owner in self.documents:
            for item in document.listed("default_security_group_rules"):
                make_default_rule(self.making, owner, item)
        for thing in self.things["security_group"]:
            make_rules(self.making, thing)
        for document, owner in self.documents:
            for item in document.listed("security_group_rules"):
                group_id = self.making.resolve(item, "security_group", item.get("security_group_id"), owner)
                make_rule(self.making, owner, group_id, item)
        for thing in self.things["qos_policy"]:
            make_qos_rules(self.making, thing)
        for document, owner in self.documents:
            for section, (kind, _) in LONE_RULES.items():
                for item in document.listed(section):
                    policy_id = self.making.resolve(item, "qos_policy", item.get("qos_policy_id"), owner)
                    make_qos_rule(self.making, owner, kind, policy_id, item)

    def _targets(self) -> None:
        for thing in self.things["target"]:
            values = self.making.values(Target, thing.item, thing.owner)
            for field, value in values.items():
                if isinstance(value, dict):
                    ordered = sorted(value.items())
                    values[field] = {k: ",".join(v) if isinstance(v, tuple) else v for k, v in ordered}
            self.making.put(Target, thing, values)

    # Ports, routers, instances, floating IPs

    def _ports(self) -> None:
        lone = self._identified("port")
        apart = self._devices_of(lone)
        for thing in lone:
            make_lone_port(self.making, thing)
        for thing in self.things["router"]:
            self._router(thing, apart.get(("router", thing.id, ROUTER_GATEWAY), set()))
        for thing in self.things["instance"]:
            self.making.put(Instance, thing, self.making.values(Instance, thing.item, thing.owner))
            make_instance_ports(self.making, thing, _is_alone(thing, apart))

    def _devices_of(self, ports: list[Thing]) -> dict[tuple[str, str, str], set[str]]:
        """Kind, id and role of what ports that are written apart belong to, with the ids of the ports.

        An instance's role is "", and the id is "" where it is not known whose a port is.
        """
        found = defaultdict[tuple[str, str, str], set[str]](set)
        for thing in ports:
            for kind in ("instance", "router"):
                reference: Reference | None = thing.item.get(kind)
                ids = self.names.find(kind, reference.name, thing.owner) if reference else []
                for id in ids or ([""] if thing.item.has(kind) or thing.item.vague else []):
                    found[kind, id, thing.item.get("device_owner", "") if kind == "router" else ""].add(thing.id)
        return found

    def _router(self, thing: Thing, gateways: set[str]) -> None:
        """Make a router with its ports, but those of `gateways`, which are written apart."""
        values = self.making.values(Router, thing.item, thing.owner)
        gateway: Item | None = thing.item.get("external_gateway_info")
        if gateway is not None:
            network_id = self.making.resolve(gateway, "network", gateway.get("network_id"), thing.owner)
            policy_id = self._policy_of(gateway, thing.owner)
            known = ExternalGateway(network_id, gateway.get("enable_snat", True), policy_id)
            unknown = network_id is UNKNOWN or policy_id is UNKNOWN
            values["external_gateway_info"] = UNKNOWN if unknown else known
        if values.get("more_gateways") is not UNKNOWN:
            values["more_gateways"] = make_more_gateways(self.making, thing)
        self.making.put(Router, thing, values)
        make_interfaces(self.making, thing)
        make_gateway(self.making, thing, bool(gateways - gateways_apart(self.making, thing)))

    def _policy_of(self, item: Item, owner: Owner) -> Any:
        """The id of the QoS policy that an item names, "" where it names none."""
        if not item.has("qos_policy_id"):
            return ""
        return self.making.resolve(item, item.written("qos_policy_id"), item.get("qos_policy_id"), owner)

    def _trunks(self) -> None:
        for thing in self._identified("trunk"):
            values = self.making.values(Trunk, thing.item, thing.owner)
            if "sub_ports" in thing.item.values:
                values["sub_ports"] = self._subports(thing)
            self.making.put(Trunk, thing, values)

    def _subports(self, trunk: Thing) -> Any:
        """The subports of a trunk; UNKNOWN, where not all of them are known."""
        items: tuple[Item, ...] = trunk.item.get("sub_ports")
        found = [self.making.values(Subport, each, trunk.owner) for each in items]
        known = all(each.known for each in items) and all(values["port_id"] is not UNKNOWN for values in found)
        return tuple(Subport(**values) for values in found) if known else UNKNOWN

    def _floating_ips(self) -> None:
        for thing in self._identified("floating_ip"):
            self.making.put(FloatingIP, thing, self.making.values(FloatingIP, thing.item, thing.owner))
            make_forwardings(self.making, thing)
        for document, owner in self.documents:
            for item in document.listed("port_forwardings"):
                floating_id = self.making.resolve(item, "floating_ip", item.get("floatingip_id"), owner)
                make_forwarding(self.making, owner, floating_id, item)


def _is_alone(instance: Thing, apart: Collection[tuple[str, str, str]]) -> Any:
    """Whether no port that is written apart belongs to an instance."""
    if ("instance", instance.id, "") in apart:
        return False
    return UNKNOWN if ("instance", "", "") in apart else True


def _provided(network: Item, provider: Item | None) -> dict[str, Any]:
    """What the item `provider` of a network says, where the network does not say it too."""
    found: dict[str, Any] = {}
    for field in PROVIDER.by_name:
        said = provider is not None and provider.has(field)
        if network.has(field) and said:
            network.fault(field, "is in provider too", "keep one of them")
        if said or (not network.has(field) and (provider is None or provider.vague)):
            found[field] = UNKNOWN if provider is None or network.has(field) else provider.get(field, UNKNOWN)
    return found


def _own_prefix(network: Item, values: dict[str, Any]) -> Any:
    """The prefix of the subnet that a network has by itself: "" where it is to be chosen, None for no such subnet."""
    if network.has("cidr"):
        return network.get("cidr", UNKNOWN)
    if network.unsure("subnets"):
        return UNKNOWN
    provider = (values.get("physical_network"), values.get("external"))
    if network.has("subnets") or any(each is not UNKNOWN and each for each in provider):
        return None
    return UNKNOWN if any(each is UNKNOWN for each in provider) else ""


_PLAIN: dict[str, type[Record]] = {
    "address_group": AddressGroup,
    "security_group": SecurityGroup,
    "qos_policy": QosPolicy,
    "host": Host,
    "outside_host": OutsideHost,
    "vlan": Vlan,
    "vrf": Vrf,
    "interface": Interface,
    "route": Route,
    "ntp_server": NtpServer,
    "syslog_server": SyslogServer,
    "lag": Lag,
    "mlag": Mlag,
    "stp": Stp,
    "acl": Acl,
    "ospf": Ospf,
    "bgp": Bgp,
    "classifier": Classifier,
}
"""Kinds whose records are what their items say, and no more."""
_OWNED_SECTIONS = (
    *(section for kind, section in SECTIONS.items() if kind not in GLOBAL), "security_group_rules", "port_forwardings",
    *LONE_RULES,
)  # fmt: skip
"""Sections whose records belong to the document's project."""
_ORDER = {kind: index for index, kind in enumerate(KINDS)}
