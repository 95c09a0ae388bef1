"""The records being made from documents, with the place of each field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import fields

from cpal.core.complete import default_group
from cpal.faces.documents.names import Names, Owner
from cpal.faces.documents.shapes import Item, Reference
from cpal.model.address import contains
from cpal.model.claims import claims_of
from cpal.model.estate import Estate
from cpal.model.network import Network, Subnet
from cpal.model.record import Claim, Key, Record
from cpal.model.target import Host, OutsideHost, Target

DEFAULT_GROUP = "default"
"""The security group that every project has without declaring it."""
_EVERYWHERE: tuple[type[Record], ...] = (Target, Host, OutsideHost)
"""Types of records that no project owns."""


class Thing(NamedTuple):
    """A declared item with its owner, its name, and its id once that is known."""

    owner: Owner
    name: str
    item: Item
    id: str = ""


class Places(Mapping[tuple[Key, str], str]):
    """Where each field of each record was written, `file:line:column` by key and field, "" for the record as a whole.

    It keeps the items and makes the texts when asked, since of a thousand places hardly one is ever read.
    """

    def __init__(self) -> None:
        self.items_of: dict[Key, Item] = {}
        self.elsewhere: dict[tuple[Key, str], tuple[Item, str]] = {}

    def __getitem__(self, where: tuple[Key, str]) -> str:
        key, field = where
        item, written = self.elsewhere.get(where) or (self.items_of[key], field)
        return item.source.place(item.nodes[written] if written else item.place)

    def __iter__(self) -> Iterator[tuple[Key, str]]:
        for key, item in self.items_of.items():
            yield from ((key, field) for field in ("", *item.nodes))
        yield from (where for where in self.elsewhere if where[1] not in self.items_of[where[0]].nodes)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Making:
    """What has been made so far. `names` resolves; `records` and `places` are the result."""

    def __init__(self, estate: Estate, namespace: UUID, stacks: Iterable[str]) -> None:
        self.estate = estate
        self.names = Names(estate, namespace, frozenset(stacks))
        self.records: dict[Key, Record] = {}
        self.places = Places()
        self.rules: dict[Claim, str] = {}
        """Where each rule was declared, by what it says."""
        self._stored_rules: dict[str, dict[Claim, str]] = {}
        self._networks: dict[str, list[str]] = {}
        self._filed = False
        self._declared_subnets: defaultdict[str, list[Subnet]] = defaultdict(list)
        self._subnets: dict[str, list[tuple[str, Subnet]]] = {}

    def put(self, kind: type[Record], thing: Thing, values: dict[str, Any]) -> Record | None:
        """Make a record, unless something it must have is missing, which is a fault already."""
        item, owner = thing.item, thing.owner
        if any(values.get(field) is None for field in _needed(kind)):
            return None
        project_id = "" if kind in _EVERYWHERE else owner.project_id
        record = kind(
            id=thing.id,
            name=thing.name,
            project_id=project_id,
            stack=owner.stack,
            **values,
        )
        key = record.key
        self.records[key] = record
        self.places.items_of[key] = item
        return record

    def place(self, record: Record | None, field: str, item: Item, written: str) -> None:
        """Say that a field of a record is where an item has another key."""
        if record is not None and item.has(written):
            self.places.elsewhere[record.key, field] = (item, written)

    def values(self, kind: type[Record], item: Item, owner: Owner) -> dict[str, Any]:
        """The values of an item that are fields of the record type, references resolved."""
        known = kind.__struct_fields__
        return {
            field: self.resolved(item, field, value, owner) for field, value in item.values.items() if field in known
        }

    def resolved(self, item: Item, field: str, value: Any, owner: Owner) -> Any:
        """The value with references, alone or in a tuple, replaced by what they stand for."""
        if isinstance(value, Reference):
            return self.resolve(item, item.written(field), value, owner)
        if isinstance(value, tuple) and any(isinstance(each, Reference) for each in value):
            found = [self.resolve(item, f"{item.written(field)}[{i}]", each, owner) for i, each in enumerate(value)]
            return tuple(each for each in found if each is not None)
        return value

    def resolve(self, item: Item, key: str, reference: Reference, owner: Owner) -> str | None:
        """What a reference is stored as; a project's default group is made when it is first named."""
        if reference.kind == "security_group" and reference.name == DEFAULT_GROUP:
            found = self.names.find(reference.kind, reference.name, owner)
            return found[0] if len(found) == 1 else self._default_group(owner)
        return self.names.resolve(item, key, reference, owner)

    def _default_group(self, owner: Owner) -> str:
        group, rules = default_group(owner.project_id)
        for record in (group, *rules):
            self.records[record.key] = record
        return group.id

    def subnet_of(self, network_id: str, ip: str) -> Subnet | None:
        """The subnet of the network that holds the address, or None."""
        subnets = (subnet for _, subnet in self.subnets_of(network_id))
        return next((subnet for subnet in subnets if subnet.cidr and contains(subnet.cidr, ip)), None)

    def subnets_of(self, network_id: str) -> list[tuple[str, Subnet]]:
        """Short name and record of each subnet that the network will have, by name. For use once subnets are made."""
        if not self._filed:
            self._filed = True
            for record in self.records.values():
                if isinstance(record, Subnet):
                    self._declared_subnets[record.network_id].append(self._as_known(record))
        if network_id not in self._subnets:
            mine = self._declared_subnets[network_id]
            ids = {subnet.id for subnet in mine}
            stored = self.estate.find("subnet.network", network_id)
            mine = mine + [subnet for subnet in stored if subnet.id not in ids and self.names.stays(subnet)]
            mine.sort(key=lambda subnet: (subnet.name, subnet.id))
            self._subnets[network_id] = [(subnet.name.rpartition("/")[2], subnet) for subnet in mine]
        return self._subnets[network_id]

    def subnet(self, id: str) -> Subnet | None:
        """The subnet with this id as far as it is known, declared or stored."""
        declared = self.records.get(Key("subnet", id))
        return self._as_known(declared) if isinstance(declared, Subnet) else self.estate.get(Subnet, id)

    def networks_of(self, project_id: str) -> list[str]:
        """The ids of the networks a project declares, or else has. For use once networks are made."""
        if project_id not in self._networks:
            declared = [record for record in self.records.values() if isinstance(record, Network)]
            mine = [network.id for network in declared if network.project_id == project_id]
            stored = (network for network in self.estate.all(Network) if network.project_id == project_id)
            self._networks[project_id] = mine or [network.id for network in stored if self.names.stays(network)]
        return self._networks[project_id]

    def stored_rules(self, group_id: str) -> dict[Claim, str]:
        """The ids of the stored rules of a group, by what they say."""
        if group_id not in self._stored_rules:
            stored = self.estate.find("rule.group", group_id)
            self._stored_rules[group_id] = {claims_of(rule)[0]: rule.id for rule in stored}
        return self._stored_rules[group_id]

    def _as_known(self, subnet: Subnet) -> Subnet:
        """The declared subnet; where it says no prefix, the stored one, which was chosen."""
        stored = self.estate.get(Subnet, subnet.id)
        return stored if stored is not None and not subnet.cidr else subnet


@cache
def _needed(kind: type[Record]) -> tuple[str, ...]:
    """The fields that a record of the type must have beside its id."""
    return tuple(field.name for field in fields(kind) if field.required and field.name != "id")


def in_order(things: Iterable[Thing], stored: Callable[[Thing], bool]) -> list[Thing]:
    """The things, those first that are renamed from what is stored: they take their old record before others can."""
    return sorted(things, key=lambda thing: not (thing.item.has("was") and not stored(thing)))
