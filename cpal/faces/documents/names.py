"""Names and what they stand for: ids that stay, and references that resolve or say what is near.

Theory. A record that a document declares keeps the id of the record of that kind, project and name in the estate, or of
the one that `was` names, or of the one that is alike (the port of the same instance on the same network). Otherwise its
id is drawn from kind, project and name in the store's secret namespace, and, should a renamed record hold that already,
from the name with a count. So an id never changes while a record lives, and equal documents give equal ids.

A reference is looked up in the documents' project first: among what is declared, then among what is stored and stays;
then among networks that other projects share; then as `project/name`; then as an id. Where it stands for nothing, that
is a fault unless what it stands for may be declared in what could not be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple
from uuid import UUID, uuid5

from cpal.faces.documents.shapes import Item, Reference
from cpal.faces.documents.unread import WRITTEN_UNDER, Unread
from cpal.model.checks.words import noun
from cpal.model.estate import Estate
from cpal.model.network import Network, Subnet
from cpal.model.rbac import EVERYONE
from cpal.model.record import Key, Record
from cpal.model.target import Host, OutsideHost, Project, Target

GLOBAL = frozenset(kind.kind for kind in (Project, Target, Host, OutsideHost))
"""Kinds whose names are unique everywhere, not in a project."""
BY_NAME = frozenset(("target", "host"))
"""Kinds that records refer to by name, not by id."""
MANY = 2000
"""Beyond so many names, only those that begin alike are searched for a near one."""
SHOWN = 6
"""How many names a message lists."""


class Owner(NamedTuple):
    """Whom a declared record belongs to."""

    project: str
    project_id: str
    stack: str


class Names:
    """What every name stands for: of declared records as they are identified, and of stored ones."""

    def __init__(self, estate: Estate, namespace: UUID, stacks: Collection[str], unread: Unread | None = None) -> None:
        self.unread = Unread() if unread is None else unread
        self.doubted: list[Item] = []
        """Items that have the name of another, so that it is not known which is meant by it."""
        self._estate = estate
        self._namespace = namespace
        self._stacks = frozenset(stacks)
        self._stored: defaultdict[tuple[str, str], defaultdict[str, list[Record]]] = defaultdict(_lists)
        for record in estate.records():
            self._stored[record.kind, record.project_id][record.name].append(record)
        self._declared: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._short: defaultdict[tuple[str, str], defaultdict[str, list[str]]] = defaultdict(_lists_of_ids)
        self._visible: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(_lists_of_ids)
        self._items: dict[tuple[str, str, str], Item] = {}
        self._claimed: set[Key] = set()
        self._projects: dict[str, str] = {}
        self._open_to_all()

    def project_id(self, name: str) -> str:
        """The id of a project, stored or not."""
        if name not in self._projects:
            stored = self._stored["project", ""].get(name)
            self._projects[name] = stored[0].id if stored else str(uuid5(self._namespace, f"project//{name}"))
        return self._projects[name]

    # Declaring

    def identify(
        self,
        kind: str,
        owner: Owner,
        name: str,
        item: Item,
        was: str = "",
        alike: Iterable[Record] = (),
        fits: Callable[[Record], bool] = bool,
    ) -> str:
        """The id of a declared record; `alike` are stored ones that it may be whatever their name.

        A stored record of the name, or of the name that it `was`, is the same where it `fits`.
        """
        where = (kind, "" if kind in GLOBAL else owner.project_id)
        if self.declared_twice(kind, owner, name, item):
            return self._declared[where][name]
        stored = self._stored[where]
        candidates = [*stored.get(name, ()), *(stored.get(was, ()) if was else ()), *alike]
        same = next((each for each in candidates if each.key not in self._claimed and fits(each)), None)
        id = same.id if same else self._drawn(kind, owner, name)
        self._claimed.add(Key(kind, id))
        self._declared[where][name] = id
        self._items[*where, name] = item
        return id

    def declared_twice(self, kind: str, owner: Owner, name: str, item: Item) -> bool:
        """Whether the name was declared before, which is a fault of the item."""
        where = (kind, "" if kind in GLOBAL else owner.project_id)
        if name not in self._declared[where]:
            return False
        first = self._items[*where, name]
        item.fault("", f'{noun(kind)} "{name}" is declared twice', f"the first is at {first.source.place(first.place)}")
        self.doubted.append(first)
        for each in (first, item):
            self.unread.add_node(each.key, each.place)
        self.unread.add_nameless(WRITTEN_UNDER.get(kind, (kind,))[0])
        return True

    def adopt(self, kind: str, owner: Owner, id: str, item: Item) -> str:
        """The name of a record that a document names by its id: the stored one, or none."""
        stored = self._estate.by_key(Key(kind, id))
        name = stored.name if stored else ""
        where = (kind, "" if kind in GLOBAL else owner.project_id)
        self._claimed.add(Key(kind, id))
        self._declared[where][id] = id
        self._items[*where, id] = item
        return name

    def exists(self, kind: str, owner: Owner, name: str) -> bool:
        """Whether a record of the name is stored already."""
        return name in self._stored[kind, "" if kind in GLOBAL else owner.project_id]

    def stored(self, kind: str, owner: Owner, name: str) -> list[Record]:
        """The stored records of a name in the owner's project."""
        return self._stored[kind, "" if kind in GLOBAL else owner.project_id].get(name, [])

    def shorten(self, owner: Owner, short: str, id: str) -> None:
        """Let a subnet be called by its short name as well."""
        self._short["subnet", owner.project_id][short].append(id)

    def share(self, kind: str, name: str, id: str) -> None:
        """Let every project call a network, or a subnet of one, by its name."""
        self._visible[kind][name].append(id)

    def draw(self, kind: str, owner: Owner, words: str) -> str:
        """An id for what has no name, from what it says."""
        id = self._drawn(kind, owner, words)
        self._claimed.add(Key(kind, id))
        return id

    def claim(self, key: Key) -> bool:
        """Take a stored record as declared; False when it was already."""
        if key in self._claimed:
            return False
        self._claimed.add(key)
        return True

    def stays(self, record: Record) -> bool:
        """Whether a stored record will still be there: declared again, or of another stack."""
        return record.stack not in self._stacks or record.key in self._claimed

    def _drawn(self, kind: str, owner: Owner, name: str) -> str:
        project = "" if kind in GLOBAL else owner.project
        words = f"{kind}/{project}/{name}"
        id, count = str(uuid5(self._namespace, words)), 1
        while (key := Key(kind, id)) in self._claimed or self._estate.by_key(key) is not None:
            count += 1
            id = str(uuid5(self._namespace, f"{words} {count}"))
        return id

    # Resolving

    def resolve(self, item: Item, key: str, reference: Reference, owner: Owner) -> str | None:
        """What a reference is stored as: an id, or the name of a host or target; None, with a fault, when nothing.

        `key` is what the item has it under, for the message.
        """
        found = self.find(reference.kind, reference.name, owner)
        if len(found) == 1:
            return reference.name if reference.kind in BY_NAME else found[0]
        if found:
            item.source.fault(reference.node, item.key, key, *self._ambiguous(reference, found))
        else:
            self.refuse_dangling(item, key, reference, owner)
        return None

    def refuse_dangling(self, item: Item, key: str, reference: Reference, owner: Owner, also: str = "") -> None:
        """Note that a name stands for nothing of its kind, nor of another it might be; unless that was not read."""
        kinds = (reference.kind, also) if also else (reference.kind,)
        if not any(self.unread.may_declare(kind, reference.name) for kind in kinds):
            item.source.fault(reference.node, item.key, key, *self._dangling(reference, owner, also))

    def find(self, kind: str, name: str, owner: Owner) -> list[str]:
        """The ids that a name may stand for."""
        if kind in GLOBAL:
            return self._within(kind, "", name)
        found = self._within(kind, owner.project_id, name) or self._visible[kind].get(name, [])
        if not found and "/" in name:
            project, _, rest = name.partition("/")
            found = self._within(kind, self.project_id(project), rest)
        if not found and (stored := self._estate.by_key(Key(kind, name))) and self.stays(stored):
            found = [name]
        return sorted(set(found))

    def _dangling(self, reference: Reference, owner: Owner, also: str) -> tuple[str, str]:
        kind, name = reference.kind, reference.name
        known = sorted({*self._known(kind, owner), *(self._known(also, owner) if also else ())})
        searched = known if len(known) < MANY else [each for each in known if each[:2] == name[:2]]
        near = get_close_matches(name, searched, 1)
        if near:
            remedy = f"did you mean {near[0]}?"
        elif known:
            more = " ..." if len(known) > SHOWN else ""
            remedy = f"there are {', '.join(known[:SHOWN])}{more}"
        else:
            remedy = _NONE_KNOWN.get(kind, f"declare it under {kind}s")
        return f'there is no {noun(kind)}{f" or {noun(also)}" if also else ""} "{name}"', remedy

    def _ambiguous(self, reference: Reference, found: list[str]) -> tuple[str, str]:
        kind, names = reference.kind, []
        projects = {id: name for name, id in self._projects.items()}
        for id in found:
            where = next((w for w, ids in self._declared.items() if w[0] == kind and id in ids.values()), None)
            stored = self._estate.by_key(Key(kind, id))
            project_id = where[1] if where else (stored.project_id if stored else "")
            owner = self._estate.get(Project, project_id)
            project = owner.name if owner else projects.get(project_id, "")
            name = next((n for n, other in self._declared[where].items() if other == id), "") if where else ""
            names.append(f"{project}/{name or (stored.name if stored else reference.name)}")
        listed = sorted(names) if len(set(names)) == len(names) else found
        return f'"{reference.name}" may be {" or ".join(listed)}', "write which"

    def _within(self, kind: str, project_id: str, name: str) -> list[str]:
        where = (kind, project_id)
        declared = self._declared.get(where)
        if declared and name in declared:
            return [declared[name]]
        stored = self._stored.get(where)
        exact = [each.id for each in stored.get(name, ()) if self.stays(each)] if stored and name else []
        return exact or (self._short[where].get(name, []) if kind == "subnet" else [])

    def _known(self, kind: str, owner: Owner) -> Iterator[str]:
        where = (kind, "" if kind in GLOBAL else owner.project_id)
        stored = (name for name, found in self._stored[where].items() if any(map(self.stays, found)))
        names = {*self._declared[where], *stored, *self._visible[kind]} - {""}
        if kind == "subnet":
            names |= set(self._short[where])
        return iter(names)

    def _open_to_all(self) -> None:
        """File the stored networks that other projects may use, their subnets, and subnets' short names."""
        for network in self._estate.all(Network):
            if (network.shared or network.external) and network.stack not in self._stacks:
                self.share("network", network.name, network.id)
                for subnet in self._estate.find("subnet.network", network.id):
                    self._share_subnet(subnet)
        for policy in self._estate.find("qos_policy.open", EVERYONE):
            if policy.stack not in self._stacks:
                self.share("qos_policy", policy.name, policy.id)
        for subnet in self._estate.all(Subnet):
            if subnet.stack not in self._stacks and "/" in subnet.name:
                self._short["subnet", subnet.project_id][subnet.name.rpartition("/")[2]].append(subnet.id)

    def _share_subnet(self, subnet: Subnet) -> None:
        if subnet.stack not in self._stacks:
            for name in {subnet.name, subnet.name.rpartition("/")[2]}:
                self.share("subnet", name, subnet.id)


_NONE_KNOWN = {
    "host": "no hypervisors are known; `cpal lab up` brings some up, or declare it under hosts",
    "target": "no targets are known; `cpal lab up` makes one, or declare it under targets",
    "security_group": "declare it under security_groups",
    "address_group": "declare it under address_groups",
    "qos_policy": "declare it under qos_policies",
    "subnet": "declare it under its network",
    "port": "declare an instance of that name, or a port under ports",
}


def _lists() -> defaultdict[str, list[Record]]:
    return defaultdict(list)


def _lists_of_ids() -> defaultdict[str, list[str]]:
    return defaultdict(list)


def is_id(name: str) -> bool:
    """Whether a name is a UUID in its usual form: such a key names a record by its id."""
    try:
        return len(name) == 36 and str(UUID(name)) == name
    except ValueError:
        return False
