"""What an answer looks like: one thing, many, with links, filtered and paged.

Source: https://docs.openstack.org/api-ref/identity/v3/#what-s-new-in-version-3-0 (collections and links)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from cpal.faces.http.message import Response, json_response
from cpal.faces.identity.faults import invalid_field
from cpal.faces.identity.kinds import PROJECT, Entity, Kind
from cpal.faces.identity.realm import Call

VARY = ("Vary", "X-Auth-Token")
NOTHING = Response(204, b"", (VARY,))
"""Done, and nothing to say of it."""
HIDDEN = frozenset(("role_ids", "access_rule_ids"))
"""What is kept of things but not shown."""

COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__, "startswith": str.startswith, "endswith": str.endswith,
}  # fmt: skip
"""What a filter NAME__WORD compares by; before each, `i` has it take no account of case."""
TAG_FILTERS: Mapping[str, Callable[[frozenset[str], frozenset[str]], bool]] = {
    "tags": frozenset.issuperset,
    "tags-any": lambda has, asked: not has.isdisjoint(asked),
    "not-tags": lambda has, asked: not has.issuperset(asked),
    "not-tags-any": frozenset.isdisjoint,
}
"""What is asked of the tags that a project has: all, any, not all, none of those named."""


def new_id() -> str:
    """An id for a new thing: 32 hexadecimal digits, as Keystone's."""
    return uuid4().hex


def answer(content: Any, status: int = 200) -> Response:
    """A response that says this."""
    return json_response(status, content, VARY)


def shown(call: Call, kind: Kind, entity: Entity) -> Entity:
    """A thing as the API shows it, with the link to itself."""
    plain = {name: value for name, value in entity.items() if name not in HIDDEN}
    return {**plain, "links": {"self": f"{call.base}/{kind.plural}/{entity['id']}"}}


def one(call: Call, kind: Kind, entity: Entity, status: int = 200) -> Response:
    """A response with one thing."""
    return answer({kind.name: shown(call, kind, entity)}, status)


def many(call: Call, kind: Kind, entities: Iterable[Entity]) -> Response:
    """A response with those things that the query asks for."""
    found = page(call, [each for each in entities if wanted(call, kind, each)])
    return collection(call, kind.plural, [shown(call, kind, each) for each in found])


def collection(call: Call, name: str, content: Sequence[Any]) -> Response:
    """A response with a list under a name."""
    links = {"self": f"{call.request.origin}{call.request.path}", "previous": None, "next": None}
    return answer({name: content, "links": links})


def wanted(call: Call, kind: Kind, entity: Entity) -> bool:
    """Whether a thing is as the query says."""
    return all(_is_as(kind, entity, name, value) for name, value in call.request.query if value != "")


def _is_as(kind: Kind, entity: Entity, asked: str, value: str) -> bool:
    """Whether a thing is as one filter says; what is no filter says nothing.

    Source: https://docs.openstack.org/api-ref/identity/v3/#filtering
    """
    if asked in TAG_FILTERS and kind is PROJECT:
        return TAG_FILTERS[asked](frozenset(entity["tags"]), frozenset(value.split(",")))
    name, _, comparison = asked.partition("__")
    if name not in kind.filters:
        return True
    if not comparison:
        return same(entity.get(name), value)
    kept = entity.get(name)
    if comparison.startswith("i"):
        kept, value, comparison = str(kept).lower(), value.lower(), comparison.removeprefix("i")
    compare = COMPARISONS.get(comparison)
    return compare is None or (isinstance(kept, str) and compare(kept, value))


def same(kept: object, asked: str) -> bool:
    """Whether a value is the one that a query says; a query's words for yes and no are many."""
    if isinstance(kept, bool):
        return kept == (asked.lower() not in ("0", "false", "no", "off"))
    return kept == asked


def page(call: Call, entities: list[Entity]) -> list[Entity]:
    """Those after the `marker` of the query, `limit` at most.

    Raises:
        Invalid: the limit is not a number.
    """
    query = call.query
    if marker := query.get("marker"):
        ids = [each["id"] for each in entities]
        entities = entities[ids.index(marker) + 1 :] if marker in ids else []
    limit = query.get("limit")
    if not limit:
        return entities
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10):
        raise invalid_field("limit", "it is not a number")
    return entities[: int(limit)] if int(limit) else entities
