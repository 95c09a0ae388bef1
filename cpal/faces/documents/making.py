"""The records being made from documents, with the place of each field.

Whatever is declared is made, also where something is wrong with it: what was not understood, and what names nothing, is
UNKNOWN in the record (`model.unknown`). So what refers to it is no fault, and later steps find what else is wrong.
"""

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
from cpal.faces.documents.unread import Unread
from cpal.model.address import contains
from cpal.model.claims import claims_of
from cpal.model.default_rules import DefaultSecurityGroupRule, rules_of_default
from cpal.model.estate import Estate
from cpal.model.network import Network, Subnet
from cpal.model.record import Claim, Key, Part, Record
from cpal.model.target import Host, OutsideHost, Target
from cpal.model.unknown import UNKNOWN

DEFAULT_GROUP = "default"
"""The security group that every project has without declaring it."""
_EVERYWHERE: tuple[type[Record], ...] = (Target, Host, OutsideHost, DefaultSecurityGroupRule)
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

    def __init__(self, estate: Estate, namespace: UUID, stacks: Iterable[str], unread: Unread) -> None:
        self.estate = estate
        self.unread = unread
        self.names = Names(estate, namespace, frozenset(stacks), unread)
        self.records: dict[Key, Record] = {}
        self.places = Places()
        self.rules: dict[Claim, str] = {}
        """Where each rule was declared, by what it says."""
        self._stored_rules: dict[str, dict[Claim, str]] = {}
        self._networks: dict[str, list[str]] = {}
        self._filed = False
        self._declared_subnets: defaultdict[str, list[Subnet]] = defaultdict(list)
        self._subnets_anywhere = False
        self._subnets: dict[str, list[tuple[str, Subnet]]] = {}

    def put(self, kind: type[Record], thing: Thing, values: dict[str, Any]) -> Record:
        """Make a record; what it must have and was left out is a fault already, and not known."""
        item, owner = thing.item, thing.owner
        values = {**dict.fromkeys(_needed(kind), UNKNOWN), **values}
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

    def place(self, record: Record, field: str, item: Item, written: str) -> None:
        """Say that a field of a record is where an item has another key."""
        if item.has(written):
            self.places.elsewhere[record.key, field] = (item, written)

    def values(self, kind: type[Part], item: Item, owner: Owner) -> dict[str, Any]:
        """The values of an item that are fields of the record type, references resolved."""
        known = kind.__struct_fields__
        found = {
            field: self.resolved(item, field, value, owner) for field, value in item.values.items() if field in known
        }
        if not item.known:
            found |= {field: UNKNOWN for field in known if field in item.shape.by_name and item.unsure(field)}
        return found

    def resolved(self, item: Item, field: str, value: Any, owner: Owner) -> Any:
        """The value with references, alone or in a tuple, replaced by what they stand for, if all do."""
        if isinstance(value, Reference):
            return self.resolve(item, item.written(field), value, owner)
        if isinstance(value, tuple) and any(isinstance(each, Reference) for each in value):
            found = [self.resolve(item, f"{item.written(field)}[{i}]", each, owner) for i, each in enumerate(value)]
            return UNKNOWN if any(each is UNKNOWN for each in found) else tuple(found)
        return value

    def resolve(self, item: Item, key: str, reference: Reference | None, owner: Owner) -> Any:
        """What a reference is stored as; UNKNOWN where there is none, or where it stands for nothing, which is a fault.

        A project's default group is made when it is first named.
        """
        if reference is None:
            return UNKNOWN
        if reference.kind == "security_group" and reference.name == DEFAULT_GROUP:
            groups = self.names.find(reference.kind, reference.name, owner)
            return groups[0] if len(groups) == 1 else self._default_group(owner)
        found = self.names.resolve(item, key, reference, owner)
        return UNKNOWN if found is None else found

    def _default_group(self, owner: Owner) -> str:
        group = default_group(owner.project_id)
        declared = [each for each in self.records.values() if isinstance(each, DefaultSecurityGroupRule)]
        kept = {each.id: each for each in (*self.estate.all(DefaultSecurityGroupRule), *declared)}
        for record in (group, *rules_of_default(kept.values(), group)):
            self.records[record.key] = record
        return group.id

    def subnet_of(self, network_id: str, ip: str) -> Subnet | None:
        """The subnet of the network that holds the address, or None.

        Raises:
            NotKnown: it is not known what its subnets hold.
        """
        subnets = (subnet for _, subnet in self.subnets_of(network_id))
        return next((subnet for subnet in subnets if subnet.cidr and contains(subnet.cidr, ip)), None)

    def subnets_of(self, network_id: str) -> list[tuple[str, Subnet]]:
        """Short name and record of each subnet that the network will have, by name. For use once subnets are made."""
        if not self._filed:
            self._file_subnets()
        if network_id not in self._subnets:
            mine = self._declared_subnets[network_id]
            ids = {subnet.id for subnet in mine}
            stored = self.estate.find("subnet.network", network_id)
            mine = mine + [subnet for subnet in stored if subnet.id not in ids and self.names.stays(subnet)]
            mine.sort(key=lambda subnet: (subnet.name, subnet.id))
            self._subnets[network_id] = [(subnet.name.rpartition("/")[2], subnet) for subnet in mine]
        return self._subnets[network_id]

    def may_have_more_subnets(self, network_id: str) -> bool:
        """Whether there may be subnets of the network that are not known."""
        record = self.records.get(Key("network", network_id)) or self.estate.get(Network, network_id)
        words = (network_id, record.name) if record else (network_id,)
        return self._subnets_anywhere or self.unread.may_hold("subnet.network", words)

    def _file_subnets(self) -> None:
        self._filed = True
        for record in self.records.values():
            if isinstance(record, Subnet) and record.network_id is UNKNOWN:
                self._subnets_anywhere = True
            elif isinstance(record, Subnet):
                self._declared_subnets[record.network_id].append(self._as_known(record))

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
        left_out = subnet.cidr is not UNKNOWN and not subnet.cidr
        return stored if stored is not None and left_out else subnet


@cache
def _needed(kind: type[Record]) -> tuple[str, ...]:
    """The fields that a record of the type must have beside its id."""
    return tuple(field.name for field in fields(kind) if field.required and field.name != "id")


def in_order(things: Iterable[Thing], stored: Callable[[Thing], bool]) -> list[Thing]:
    """The things, those first that are renamed from what is stored: they take their old record before others can."""
    return sorted(things, key=lambda thing: not (thing.item.has("was") and not stored(thing)))
