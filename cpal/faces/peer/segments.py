"""The segments of a Neutron's networks, as far as ours can have the same. Pure.

A network with one segment says in its own attributes how that is carried, one with several in a list, and neither says
their ids: those are in the collection of segments, where the extension is there.

Source: Networking API v2.0, networks (extension multi-provider), segments (extension segment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cpal.faces.peer.cloud import Item, Reading
from cpal.model.network import PHYSICAL_TYPES, Segment

_CARRIED = ("physical_network", "network_type", "segmentation_id")
_BY = "provider:"
"""What stands before the names of how a segment is carried, in a network."""


def by_network(reading: Reading) -> dict[str, list[Item]]:
    """The members of the collection of segments, by the id of their network."""
    found: dict[str, list[Item]] = {}
    for item in reading.all("segments"):
        found.setdefault(item["network_id"], []).append(item)
    return found


def told(network: Item, numbered: Sequence[Item]) -> tuple[Segment, ...]:
    """All segments of a network in its order, with the ids of the members that are carried so, "" where none is."""
    known = {_carried(each, ""): each for each in numbered}
    several: Sequence[Item] = network.get("segments") or (network,)
    return tuple(_segment(carried, known.get(carried, {})) for carried in (_carried(each, _BY) for each in several))


def _carried(item: Item, prefix: str) -> tuple[Any, ...]:
    return tuple(item.get(prefix + name) for name in _CARRIED)


def _segment(carried: tuple[Any, ...], numbered: Mapping[str, Any]) -> Segment:
    physical, kind, number = carried
    notes = {name: numbered.get(name) or "" for name in ("id", "name", "description")}
    return Segment(physical or "", kind or "", number, **notes)


def held(found: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Those that our network has: all, if there is one, or each is on a physical network of its own; else the first."""
    physical = {each.physical_network for each in found if each.network_type in PHYSICAL_TYPES}
    return found if len(found) in (1, len(physical)) else found[:1]
