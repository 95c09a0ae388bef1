"""From documents to declared records: names resolved, ids given, shorthands written out, every fault found.

Theory. Things are identified before they are made, each kind after those that its names depend on, so that the order of
keys, documents and files does not matter: networks, groups, routers and instances; then subnets, which belong to
networks; then ports, which belong to instances and routers; then floating IPs, which lead to ports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from cpal.errors import Fault, Faults
from cpal.faces.documents.making import Making, Thing, in_order
from cpal.faces.documents.names import GLOBAL, Owner, is_id
from cpal.faces.documents.ports import make_gateway, make_instance_ports, make_interfaces, make_lone_port
from cpal.faces.documents.reading import Document, Documents
from cpal.faces.documents.rules import make_rule, make_rules
from cpal.faces.documents.shapes import Item, Reference
from cpal.model.checks.words import noun
from cpal.model.estate import KINDS, Estate
from cpal.model.instance import Instance
from cpal.model.network import ROUTER_GATEWAY, Network, Subnet
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.router import ExternalGateway, FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroup
from cpal.model.target import Host, OutsideHost, Project, Target

SECTIONS = {
    "network": "networks",
    "address_group": "address_groups",
    "security_group": "security_groups",
    "router": "routers",
    "instance": "instances",
    "target": "targets",
    "host": "hosts",
    "outside_host": "outside_hosts",
    "subnet": "subnets",
    "port": "ports",
    "floating_ip": "floating_ips",
}
"""Where each kind of named record is written."""
INDEPENDENT = ("network", "address_group", "security_group", "router", "instance", "target", "host", "outside_host")
"""Kinds whose names depend on no other record's."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What documents declare.

    `places` says where: `file:line:column` by key and field, "" for the record as a whole. `stacks` are those that the
    documents are the whole of, also when they declare nothing of one any more.
    """

    records: tuple[Record, ...]
    places: Mapping[tuple[Key, str], str]
    stacks: tuple[str, ...]


def declare(documents: Documents, estate: Estate, namespace: UUID, stack: str | None = None) -> Declaration:
    """The records that the documents declare, given the accepted estate and the store's secret namespace.

    `stack` is the stack of documents that name none, in place of their project's name. What was left out stays left
    out, for `core.complete`.

    Raises:
        Faults: everything that is wrong with the documents, each with its place.
    """
    if not documents.whole:
        raise Faults(tuple(sorted(set(documents.faults), key=_by_place)))
    stacks = {document.stack or stack or document.project for document in documents.documents}
    sources = {id(document.sections.source): document.sections.source for document in documents.documents}
    for source in sources.values():
        source.faults.clear()
    work = _Declaring(documents, Making(estate, namespace, stacks), stack)
    work.run()
    faults = [*documents.faults, *(fault for source in sources.values() for fault in source.faults)]
    if faults:
        raise Faults(tuple(sorted(set(faults), key=_by_place)))
    records = sorted(work.making.records.values(), key=lambda record: (_ORDER[record.kind], record.name, record.id))
    return Declaration(tuple(records), work.making.places, tuple(sorted(stacks)))


def locate(fault: Fault, declaration: Declaration) -> Fault:
    """The fault with the place where its record's field was written, or else its record; as it is where neither was."""
    key = Key(*fault.record) if fault.record else _called(fault, declaration)
    fields = _ALSO_AT.get(fault.field, (fault.field,))
    places = (declaration.places.get((key, field)) for field in (*fields, "") if key)
    place = next((place for place in places if place), "")
    return replace(fault, place=place) if place and not fault.place else fault


_ALSO_AT = {"address": ("fixed_ips", "floating_ip_address", "addresses"), "interfaces": ("interfaces", "fixed_ips")}
"""Where a field of a fault is written, when it is no field of a record."""


def _called(fault: Fault, declaration: Declaration) -> Key | None:
    """The record that a fault calls by kind and name, if just one declared record is called so."""
    found = [each.key for each in declaration.records if each.name and f'{noun(each.kind)} "{each.name}"' == fault.key]
    return found[0] if len(found) == 1 else None


def _by_place(fault: Fault) -> tuple[str, int, int, str]:
    file, line, column = fault.place.rsplit(":", 2) if fault.place else ("", "0", "0")
    return file, int(line), int(column), str(fault)


class _Declaring:
    """One declaration: the things of all documents, by kind, on their way to records."""

    def __init__(self, documents: Documents, making: Making, stack: str | None) -> None:
        self.making = making
        self.names = making.names
        self.documents = [(document, self._owner(document, stack)) for document in documents.documents]
        self.things: dict[str, list[Thing]] = {}
        self.faulty = bool(documents.faults)

    def _owner(self, document: Document, stack: str | None) -> Owner:
        project_id = self.names.project_id(document.project)
        return Owner(document.project, project_id, document.stack or stack or document.project)

    def run(self) -> None:
        """Identify and make everything, in the order that names depend on each other."""
        for kind in INDEPENDENT:
            self.things[kind] = list(self._identified(kind))
        self._projects()
        self._share_networks()
        self._networks()
        for kind, record in _PLAIN.items():
            for thing in self.things[kind]:
                self.making.put(record, thing, self.making.values(record, thing.item, thing.owner))
        self._targets()
        self._rules()
        self._ports()
        self._floating_ips()

    def _written(self, kind: str) -> list[Thing]:
        """The things of a section of all documents, those first that are renamed and take what was another's name."""
        found = [
            Thing(owner, name, item)
            for document, owner in self.documents
            for name, item in document.named(SECTIONS[kind]).items()
        ]
        return in_order(found, lambda thing: self.names.exists(kind, thing.owner, thing.name))

    def _identified(self, kind: str) -> Iterator[Thing]:
        """The things of a section of all documents, with their ids; those declared twice once."""
        for owner, name, item, _ in self._written(kind):
            if self.names.declared_twice(kind, owner, name, item):
                continue
            if is_id(name):
                yield Thing(owner, self.names.adopt(kind, owner, name, item), item, name)
            else:
                id = self.names.identify(kind, owner, name, item, was=item.get("was", ""))
                yield Thing(owner, name, item, id)

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

    def _share_networks(self) -> None:
        for thing in self.things["network"]:
            if thing.item.get("shared") or thing.item.get("external"):
                self.names.share("network", thing.name, thing.id)

    def _networks(self) -> None:
        for thing in self.things["network"]:
            values = self.making.values(Network, thing.item, thing.owner)
            provider: Item | None = thing.item.get("provider")
            for field, value in (provider.values if provider else {}).items():
                if thing.item.has(field):
                    thing.item.fault(field, "is in provider too", "keep one of them")
                values[field] = value
            record = self.making.put(Network, thing, values)
            for field in provider.nodes if provider else ():
                self.making.place(record, field, provider or thing.item, field)
            self._nested_subnets(thing, values)
        for thing in self._identified("subnet"):
            reference: Reference | None = thing.item.get("network_id")
            network_id = reference and self.making.resolve(thing.item, "network", reference, thing.owner)
            self._subnet(thing, network_id)

    def _nested_subnets(self, network: Thing, values: dict[str, Any]) -> None:
        """Make the subnets that are written in a network, and the one that it has for having none."""
        item = network.item
        said: dict[str, Item] = item.get("subnets") or {}
        provider = bool(values.get("physical_network")) or bool(values.get("external"))
        alone = not item.has("cidr") and not item.has("subnets") and not provider
        if item.has("cidr") or alone:
            called = network.name or network.id
            self._nested_subnet(network, called, item, {"cidr": item.get("cidr", "")})
        for short, subnet in said.items():
            self._nested_subnet(network, short, subnet, None)

    def _nested_subnet(self, network: Thing, short: str, item: Item, values: dict[str, Any] | None) -> None:
        stored = self.making.estate.get(Network, network.id)
        called = network.name or network.id
        name = short if short == called else f"{called}/{short}"
        was = item.get("was", short) if values is None else called
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

    def _subnet(self, subnet: Thing, network_id: str | None, values: dict[str, Any] | None = None) -> None:
        said = self.making.values(Subnet, subnet.item, subnet.owner) if values is None else values
        said.pop("network_id", None)
        self.making.put(Subnet, subnet, {**said, "network_id": network_id})

    # Groups and targets

    def _rules(self) -> None:
        for thing in self.things["security_group"]:
            make_rules(self.making, thing)
        for document, owner in self.documents:
            for item in document.listed("security_group_rules"):
                reference: Reference | None = item.get("security_group_id")
                if reference is not None:
                    group_id = self.making.resolve(item, "security_group", reference, owner)
                    make_rule(self.making, owner, group_id, item)

    def _targets(self) -> None:
        for thing in self.things["target"]:
            values = self.making.values(Target, thing.item, thing.owner)
            if "endpoints" in values:
                said = values["endpoints"].items()
                values["endpoints"] = {k: ",".join(v) if isinstance(v, tuple) else v for k, v in sorted(said)}
            if "vlan_ranges" in values:
                values["vlan_ranges"] = dict(sorted(values["vlan_ranges"].items()))
            self.making.put(Target, thing, values)

    # Ports, routers, instances, floating IPs

    def _ports(self) -> None:
        lone = list(self._identified("port"))
        apart = self._devices_of(lone)
        for thing in lone:
            make_lone_port(self.making, thing)
        for thing in self.things["router"]:
            self._router(thing, ("router", thing.id, ROUTER_GATEWAY) in apart)
        for thing in self.things["instance"]:
            self.making.put(Instance, thing, self.making.values(Instance, thing.item, thing.owner))
            make_instance_ports(self.making, thing, alone=("instance", thing.id, "") not in apart)

    def _devices_of(self, ports: list[Thing]) -> set[tuple[str, str, str]]:
        """Kind, id and role of what ports that are written apart belong to; an instance's role is ""."""
        found = set()
        for thing in ports:
            for kind in ("instance", "router"):
                reference: Reference | None = thing.item.get(kind)
                for id in self.names.find(kind, reference.name, thing.owner) if reference else ():
                    found.add((kind, id, thing.item.get("device_owner", "") if kind == "router" else ""))
        return found

    def _router(self, thing: Thing, gateway_apart: bool) -> None:
        values = self.making.values(Router, thing.item, thing.owner)
        gateway: Item | None = values.pop("external_gateway_info", None)
        reference: Reference | None = gateway.get("network_id") if gateway else None
        if gateway is not None and reference is not None:
            network_id = self.making.resolve(gateway, "network", reference, thing.owner)
            if network_id is not None:
                snat = gateway.get("enable_snat", True)
                values["external_gateway_info"] = ExternalGateway(network_id, snat)
        self.making.put(Router, thing, values)
        make_interfaces(self.making, thing)
        make_gateway(self.making, thing, gateway_apart)

    def _floating_ips(self) -> None:
        for thing in self._identified("floating_ip"):
            if self._waits_for_instance(thing):
                continue
            values = self.making.values(FloatingIP, thing.item, thing.owner)
            if not thing.item.has("port_id") or values.get("port_id") is not None:
                self.making.put(FloatingIP, thing, values)

    def _waits_for_instance(self, floating: Thing) -> bool:
        """Whether its port is missing because there is something wrong with the instance that should have it."""
        reference: Reference | None = floating.item.get("port_id")
        if reference is None or self.names.find("port", reference.name, floating.owner):
            return False
        instance = reference.name.partition(":")[0]
        things = (thing for thing in self.things["instance"] if thing.name == instance)
        return any(
            self.faulty or thing.item.source.faults
            for thing in things
            if thing.owner.project_id == floating.owner.project_id
        )


_PLAIN: dict[str, type[Record]] = {
    "address_group": AddressGroup,
    "security_group": SecurityGroup,
    "host": Host,
    "outside_host": OutsideHost,
}
"""Kinds whose records are what their items say, and no more."""
_OWNED_SECTIONS = (*(section for kind, section in SECTIONS.items() if kind not in GLOBAL), "security_group_rules")
"""Sections whose records belong to the document's project."""
_ORDER = {kind: index for index, kind in enumerate(KINDS)}
