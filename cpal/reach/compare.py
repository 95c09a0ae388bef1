"""What a change opens and closes: the flows that become possible, and those that no longer are.

Theory. Endpoints are taken in classes: those that are alike before and alike after (`classes`). Where a change is
large, one pair stands for all pairs of two classes, with their number; a small one is told pair by pair. Pairs of
classes that the change leaves alone are not asked at all. What is too much work even so is said to be unproved, never
guessed. An endpoint is the same before and after by its port, so that a new name opens nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import chain, product
from typing import NamedTuple

from msgspec.structs import replace

from cpal.model.estate import Estate
from cpal.model.network import Port
from cpal.reach.classes import Classes
from cpal.reach.flow import Endpoint, Service, Verdict
from cpal.reach.names import endpoints
from cpal.reach.path import Node
from cpal.reach.predict import addresses_of, flows_between, forwarded_between, forwarded_to, judge_flows, nodes_of
from cpal.reach.services import services

MOST_PORTS = 5_000
"""How many ports an estate may have for its changes to be asked after."""
MOST_PAIRS = 5_000
"""How many pairs of classes are asked."""
MOST_EACH = 500
"""How many pairs of endpoints are told one by one; of more, one pair stands for those alike."""


class Difference(NamedTuple):
    """What opens and closes; each verdict stands for `count` flows like it. `unproved` says why not known, or ""."""

    opened: tuple[Verdict, ...] = ()
    closed: tuple[Verdict, ...] = ()
    unproved: str = ""


class _End(NamedTuple):
    """An endpoint before and after; either may not be there."""

    key: str
    before: Endpoint | None
    after: Endpoint | None
    things: frozenset[str]
    """Itself, its instance and its addresses: with who has one of these in common, it is not like any other pair."""


class _Class(NamedTuple):
    """Endpoints that are alike before and alike after, and whether the change touches them."""

    members: list[_End]
    touched: bool


def difference(
    before: Estate,
    after: Estate,
    most_ports: int = MOST_PORTS,
    most_pairs: int = MOST_PAIRS,
    most_each: int = MOST_EACH,
) -> Difference:
    """The flows that are possible in one of two estates only, for the services worth asking in either."""
    ports = max(before.count(Port), after.count(Port))
    if ports > most_ports:
        return Difference(unproved=f"{ports} ports are more than the {most_ports} that are compared")
    classes = _classes(before, after)
    pairs = [(s, d) for s, d in product(classes, classes) if s.touched or d.touched]
    if len(pairs) > most_pairs:
        return Difference(unproved=f"{len(pairs)} kinds of pairs change, more than the {most_pairs} that are compared")
    asked = services(before, after)
    sides = _Side(before, nodes_of(before)), _Side(after, nodes_of(after))
    few = sum(len(source.members) * len(destination.members) for source, destination in pairs) <= most_each
    found = [_compare(*sides, _pairs(source, destination, few), asked) for source, destination in pairs]
    return Difference(
        tuple(verdict for opened, _ in found for verdict in opened),
        tuple(verdict for _, closed in found for verdict in closed),
    )


def _classes(before: Estate, after: Estate) -> list[_Class]:
    old, new = Classes(before), Classes(after)
    found: dict[Hashable, _Class] = {}
    for end in _ends(before, after):
        likeness = old.likeness(end.before) if end.before else None
        then = new.likeness(end.after) if end.after else None
        moves = end.before and end.after and not _same_addresses(before, after, end.before, end.after)
        kind = (end.key,) if moves else (likeness, then)
        found.setdefault(kind, _Class([], bool(moves) or likeness != then)).members.append(end)
    return list(found.values())


def _ends(before: Estate, after: Estate) -> list[_End]:
    old = {_key(end): end for end in endpoints(before)}
    new = {_key(end): end for end in endpoints(after)}
    ends = []
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        both = [end for end in (one, other) if end is not None]
        things = {thing for end in both for thing in (*end.addresses, end.instance_id)} - {""}
        ends.append(_End(key, one, other, frozenset(things | {key})))
    return ends


def _key(end: Endpoint) -> str:
    return end.port_id or f"outside {end.name}"


def _same_addresses(before: Estate, after: Estate, one: Endpoint, other: Endpoint) -> bool:
    met = [(addresses_of(estate, end), forwarded_to(estate, end)) for estate, end in ((before, one), (after, other))]
    return met[0] == met[1]


class _Side(NamedTuple):
    """One of the two estates, with its nodes by name."""

    estate: Estate
    nodes: Mapping[str, Node]


def _compare(
    before: _Side, after: _Side, pairs: Iterable[tuple[_End, _End, int]], asked: tuple[Service, ...]
) -> tuple[list[Verdict], list[Verdict]]:
    """What opens and what closes between these pairs, each of which stands for a number of them."""
    opened, closed = [], []
    for s, d, count in pairs:
        old, new = _reachable(before, s.before, d.before, asked), _reachable(after, s.after, d.after, asked)
        opened += [replace(new[key], count=count) for key in sorted(new.keys() - old.keys())]
        closed += [replace(old[key], count=count) for key in sorted(old.keys() - new.keys())]
    return opened, closed


def _pairs(source: _Class, destination: _Class, each: bool) -> Iterable[tuple[_End, _End, int]]:
    """The pairs to ask from one class to another: each, or those that stand for all."""
    if each:
        return ((s, d, 1) for s, d in product(source.members, destination.members))
    return _representatives(source.members, destination.members)


def _representatives(sources: list[_End], destinations: list[_End]) -> Iterator[tuple[_End, _End, int]]:
    """One pair for all that share nothing, with their number; each pair with a common address or instance by itself."""
    having: dict[str, list[_End]] = defaultdict(list)
    for end in destinations:
        for thing in end.things:
            having[thing].append(end)
    close = {(s.key, d.key): (s, d) for s in sources for thing in s.things for d in having.get(thing, ())}
    apart = next(((s, d) for s, d in product(sources, destinations) if (s.key, d.key) not in close), None)
    if apart:
        yield (*apart, len(sources) * len(destinations) - len(close))
    yield from ((s, d, 1) for s, d in close.values())


def _reachable(
    side: _Side, source: Endpoint | None, destination: Endpoint | None, asked: tuple[Service, ...]
) -> dict[tuple[str, Service], Verdict]:
    if source is None or destination is None:
        return {}
    flows = chain(
        flows_between(side.estate, source, destination, asked), forwarded_between(side.estate, source, destination)
    )
    verdicts = judge_flows(side.estate, side.nodes, flows)
    return {(v.flow.address, v.flow.service): v for v in verdicts if v.reachable}
