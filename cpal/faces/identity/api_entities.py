"""Create, show, list, change and remove: what most kinds of things have in common."""

from __future__ import annotations

from collections.abc import Callable

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, collection, many, new_id, one
from cpal.faces.identity.faults import ASSUMED, invalid_field
from cpal.faces.identity.kinds import DOMAIN, Entity, Kind, check
from cpal.faces.identity.realm import Action, Call, Realm

Completion = Callable[[Realm, Call, Entity], Entity]
"""What decides what a new or changed thing leaves open, and refuses what cannot be."""


def as_it_is(realm: Realm, call: Call, entity: Entity) -> Entity:
    """The thing: nothing is left open."""
    return entity


def asked(call: Call, kind: Kind) -> Entity:
    """The new thing that a body asks for, checked.

    Raises:
        Invalid: it cannot be.
    """
    content = check(kind.fields, call.content(kind.name), kind.required)
    content.pop("links", None)
    return {**kind.defaults, **content, "id": new_id()}


def changed(call: Call, kind: Kind, entity: Entity) -> Entity:
    """A thing as a body wants it, checked.

    Raises:
        Invalid: it cannot be.
    """
    content = check(kind.fields, call.content(kind.name))
    content.pop("links", None)
    for name in ("id", *kind.fixed):
        if name in content and content[name] != entity.get(name):
            raise invalid_field("", f"Cannot change {kind.name} {name}. {ASSUMED}")
    return {**entity, **content}


def in_a_domain(realm: Realm, call: Call, entity: Entity) -> Entity:
    """A thing that belongs to a domain: the one it names, else its maker's, else the default one.

    Raises:
        NotFound: there is no such domain.
    """
    domain = entity.get("domain_id") or call.caller.context.domain_id or "default"
    realm.entities.get(DOMAIN, domain)
    return {**entity, "domain_id": domain}


def creation(kind: Kind, complete: Completion = as_it_is) -> Action:
    """What makes a thing."""

    async def create(realm: Realm, call: Call) -> Response:
        entity = complete(realm, call, asked(call, kind))
        return one(call, kind, realm.entities.add(kind, entity), 201)

    return create


def listing(kind: Kind) -> Action:
    """What lists things."""

    async def list_all(realm: Realm, call: Call) -> Response:
        return many(call, kind, realm.entities.all(kind))

    return list_all


def showing(kind: Kind) -> Action:
    """What shows a thing."""

    async def show(realm: Realm, call: Call) -> Response:
        return one(call, kind, realm.entities.get(kind, named(call, kind)))

    return show


def change(kind: Kind, complete: Completion = as_it_is) -> Action:
    """What changes a thing."""

    async def update(realm: Realm, call: Call) -> Response:
        entity = complete(realm, call, changed(call, kind, realm.entities.get(kind, named(call, kind))))
        return one(call, kind, realm.entities.put(kind, entity))

    return update


def removal(kind: Kind) -> Action:
    """What removes a thing."""

    async def remove(realm: Realm, call: Call) -> Response:
        realm.entities.get(kind, named(call, kind))
        realm.entities.drop(kind, named(call, kind))
        return NOTHING

    return remove


def empty(name: str) -> Action:
    """What lists things of which there are none."""

    async def list_none(realm: Realm, call: Call) -> Response:
        return collection(call, name, ())

    return list_none


def named(call: Call, kind: Kind) -> str:
    """The id in the path."""
    return call.names[f"{kind.name}_id"]
