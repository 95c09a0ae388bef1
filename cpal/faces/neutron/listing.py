"""Lists: filters, sorting, pages and fields, on what is shown.

Source: Networking API v2.0, "Filtering and column selection", "Pagination", "Sorting".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from cpal.faces.neutron.attribute import TENANT, Attributes
from cpal.faces.neutron.fault import bad_request, inconvertible
from cpal.faces.neutron.values import Inconvertible, Type, boolean, said

Shown = dict[str, Any]
Pairs = Sequence[tuple[str, str]]

_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
MOST = 1_000_000


class Listing(NamedTuple):
    """What a query asks of a list."""

    filters: dict[str, list[str]]
    fields: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...]
    limit: int
    marker: str
    reverse: bool

    @property
    def is_plain(self) -> bool:
        """Whether all of everything is asked for, in any order."""
        return not (self.filters or self.fields or self.sort or self.limit or self.reverse)


def parsed(query: Pairs, attributes: Attributes, known: Collection[str] = ()) -> Listing:
    """What a query asks. `known` are filters beyond the attributes.

    Raises:
        ApiFault: it cannot be.
    """
    values: dict[str, list[str]] = {}
    for key, value in query:
        values.setdefault(key, []).append(value)
    sort = _sort(values.pop("sort_key", []), values.pop("sort_dir", []), attributes)
    limit, marker = _number(values.pop("limit", ["0"])[-1]), values.pop("marker", [""])[-1]
    marker = marker if limit else ""  # as Neutron: what is not cut into pages has no place in it
    reverse = values.pop("page_reverse", ["false"])[-1].lower() == "true"
    fields = tuple(values.pop("fields", []))
    filtered = (key for key, attribute in attributes.items() if attribute.filtered)
    allowed = {*filtered, *TENANT, *known, *(_TAGS if "tags" in attributes else ())}
    filters = {key: found for key, found in values.items() if key in allowed}
    unknown = [said(key) for key in values if key not in allowed]
    if unknown:
        raise bad_request(f"{unknown} is invalid attribute for filtering")
    for key, found in filters.items():
        if key in attributes and key not in known:
            filters[key] = [_converted(attributes[key].type, value) for value in found]
    return Listing(filters, fields, sort, limit, marker, reverse)


def _converted(type: Type, value: str) -> str:
    """A value as it is shown, where it can be one of the attribute's.

    Raises:
        ApiFault: it is none of the type.
    """
    try:
        return str(type(value)) if value else value
    except Inconvertible as error:
        raise inconvertible(f"{error}.") from None
    except ValueError:
        return value  # no attribute is equal to it


def _number(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        message = f"Bad limit request: Limit must be an integer 0 or greater and not '{said(text)}'."
        raise bad_request(message, "BadRequest")
    return min(number, MOST)


def _sort(keys: list[str], directions: list[str], attributes: Attributes) -> tuple[tuple[str, bool], ...]:
    """What to sort by, and whether the other way round: each key with its direction, as Neutron wants it."""
    keys, directions = [key for key in keys if key], [direction for direction in directions if direction]
    if len(keys) != len(directions):
        raise bad_request("The number of sort_keys and sort_dirs must be same")
    known = {*TENANT, *(key for key, each in attributes.items() if each.visible and each.filtered and each.sorts)}
    if strange := [said(key) for key in keys if key not in known]:
        raise bad_request(f"{strange} is invalid attribute for sort_keys")
    if strange := [said(direction) for direction in directions if direction not in ("asc", "desc")]:
        raise bad_request(f"{strange} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
    return tuple((key, direction == "desc") for key, direction in zip(keys, directions, strict=True))


Predicate = Callable[[Shown], bool]


def matching(listing: Listing, special: dict[str, Callable[[Shown, list[str]], bool]]) -> Predicate:
    """Whether something shown passes every filter; `special` are filters that are no comparison of an attribute."""
    checks = [_check(key, values, special) for key, values in listing.filters.items()]
    return lambda shown: all(check(shown) for check in checks)


def _check(key: str, values: list[str], special: dict[str, Callable[[Shown, list[str]], bool]]) -> Predicate:
    if key in special:
        return lambda shown: special[key](shown, values)
    if key in _TAGS:
        return lambda shown: _tagged(shown.get("tags", ()), key, values)
    return lambda shown: _equal(shown.get(key), values)


def _tagged(tags: Sequence[str], how: str, values: Sequence[str]) -> bool:
    asked = {tag for value in values for tag in value.split(",")}
    found = bool(asked & set(tags)) if "any" in how else asked <= set(tags)
    return not found if how.startswith("not") else found


def _equal(value: Any, asked: Sequence[str]) -> bool:
    if isinstance(value, bool):
        return any(_is(value, each) for each in asked)
    if value is None:
        return any(each in ("None", "null") for each in asked)
    return str(value) in asked


def _is(value: bool, word: str) -> bool:
    try:
        return boolean(word) is value
    except ValueError:
        return False


def arranged(found: list[Shown], listing: Listing) -> list[Shown]:
    """In the order asked; by id where pages are asked for and nothing else says."""
    keys = [*listing.sort]
    if listing.limit:
        keys += [("id", False)] if all(key != "id" for key, _ in keys) else []
    for key, descending in reversed(keys):
        found = sorted(found, key=lambda shown: _rank(shown.get(key)), reverse=descending)  # used at once
    return found


def _rank(value: Any) -> tuple[int, Any]:
    """An order of values of any type; what is not there comes first."""
    if value is None:
        return (0, "")
    return (1, value) if isinstance(value, int | float) else (2, str(value))


def page(found: list[Shown], listing: Listing) -> list[Shown]:
    """The page asked for; the marker is among what was found, though it need not pass the filters, or nothing is."""
    at = next((n for n, shown in enumerate(found) if shown["id"] == listing.marker), -1)
    if listing.marker and at < 0:
        return []
    if listing.reverse and not listing.limit:
        return found[::-1]  # as Neutron, which turns round what it reads and then only pages
    if listing.reverse:
        end = at if listing.marker else len(found)
        start = max(0, end - listing.limit)
    else:
        start = at + 1
        end = min(len(found), start + listing.limit) if listing.limit else len(found)
    return found[start:end]


def links(base: str, query: Pairs, page: list[Shown], listing: Listing) -> list[dict[str, str]]:
    """The links to the pages before and after; behind a full page there is one, though it may be empty.

    Source: Networking API v2.0, "Pagination"; Neutron links so.
    """
    rest = [(key, value) for key, value in query if key not in ("marker", "page_reverse")]
    first, last = (page[0]["id"], page[-1]["id"]) if page else ("", "")

    def link(rel: str, marker: str, *more: tuple[str, str]) -> dict[str, str]:
        asked = [*rest, *([("marker", marker)] if marker else []), *more]
        return {"rel": rel, "href": f"{base}?{urlencode(asked, quote_via=quote)}"}

    found = []
    full = len(page) >= listing.limit
    if full or listing.reverse:
        found.append(link("next", last))
    if full or not listing.reverse:
        found.append(link("previous", first, ("page_reverse", "True")))
    return found


def listed(key: str, items: Sequence[Any], url: str, query: Pairs, page: list[Shown], listing: Listing) -> Shown:
    """The body of an answer: what is told of a page, and the links to those beside it where pages are asked for."""
    found = links(url, query, page, listing) if listing.limit else []
    return {key: items, **({f"{key}_links": found} if found else {})}


def picked(shown: Shown, fields: Sequence[str], hidden: Collection[str] = ()) -> Shown:
    """The fields asked for, all if none are, but those that are `hidden`."""
    if fields:
        return {key: shown[key] for key in shown if key in fields and key not in hidden}
    return {key: value for key, value in shown.items() if key not in hidden} if hidden else shown
