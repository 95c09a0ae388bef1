"""What was read of several targets as one document: a name stands for one thing, whichever devices have it. Pure.

Theory. Networks and routers are one on the leaves of all makes. So what is left out of one at the leaves of a make is
left out of it at all, and what was read becomes records once more, until no make leaves out more than the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from cpal.drivers.devices.fabric_said import GATEWAY, ROUTER, Barred
from cpal.engine.switches import Read
from cpal.model.classifier import Classifier
from cpal.model.estate import KINDS, Change, Estate
from cpal.model.record import Record
from cpal.model.switch import ON_DEVICES, Interface, placed_by

_OF_SEVERAL = tuple(KINDS[kind] for kind in ON_DEVICES if placed_by(kind) == "devices")
"""The records that name the devices they are on."""
_ASKED = {"ingress_acl": "acl", "egress_acl": "acl", "ingress_classifier": "classifier"}
"""The fields of an interface that name such a record, each with the kind of it."""

Gone = set[tuple[str, str, str]]
"""Kind, device and name of what is left out."""
_EVERYWHERE = (GATEWAY, ROUTER)
"""What is at all leaves or at none."""


class Whole(NamedTuple):
    """The estate with what was read of all targets, and sentences on what it leaves out."""

    estate: Estate
    left_out: list[str]


def whole(reads: Sequence[Read], own: dict[str, Any], estate: Estate) -> Whole:
    """What was read, beside what an estate has; each record has its `own` fields too, and so has a new target."""
    barred: Barred = {}
    while True:
        after, left_out, more = estate, list[str](), Barred()
        for each in reads:
            found = each.taken(own, after, barred)
            target = replace(found.target, stack=own["stack"]) if each.asked.is_new else found.target
            records, apart = together(found.records, after)
            after = after.replace([Change(after.by_key(record.key), record) for record in (target, *records)])
            left_out += [*found.left_out, *apart]
            more |= {at: why for at, why in found.barred.items() if at[0] in _EVERYWHERE and at not in barred}
        if not more or len(reads) == 1:
            return Whole(after, list(dict.fromkeys(left_out)))
        barred |= more


def together(records: Iterable[Any], estate: Estate) -> tuple[list[Record], list[str]]:
    """Records that were read, beside what is declared already, and sentences on what that leaves out.

    What is declared in the same stack, and says the same of other devices, is one with it. What only has a name that is
    taken is left out, and no interface asks for it.
    """
    there: Iterable[Any] = (other for kind in _OF_SEVERAL for other in estate.all(kind))
    taken = {(other.kind, other.project_id, other.name): other for other in there}
    found: list[Record] = []
    left_out: list[str] = []
    gone: Gone = set()
    for record in sorted(records, key=lambda each: _ORDER.get(each.kind, 0)):
        other = taken.get((record.kind, record.project_id, record.name))
        if why := _why_not(record, other, gone):
            gone |= {(record.kind, device, record.name) for device in record.devices}
            word = record.kind.replace("_", " ")
            left_out.append(f"{word} {record.name} of {', '.join(record.devices)} is left as it is: {why}")
        elif isinstance(record, Interface):
            found.append(_without(record, gone))
        elif other is not None:
            found.append(replace(other, devices=(*other.devices, *record.devices)))
        else:
            found.append(record)
    return found, left_out


_ORDER = {"acl": -1, "classifier": 1, "interface": 2}
"""What others ask for comes before them."""


def _why_not(record: Any, other: Any, gone: Gone) -> str:
    """Why a record cannot be declared beside another of its name, or without what was left out."""
    if other is not None and _said(other) != _said(record):
        return f"its name is that of another, on {', '.join(other.devices)}"
    asked = {term.acl for term in record.terms if term.acl} if isinstance(record, Classifier) else set()
    lost = sorted(name for kind, device, name in gone if kind == "acl" and device in record.devices and name in asked)
    return f"so is the access list {lost[0]}, which it asks" if lost else ""


def _said(record: Any) -> Record:
    """What a record says, whichever devices it is on."""
    said: Record = replace(record, id="", devices=())
    return said


def _without(interface: Interface, gone: Gone) -> Interface:
    """An interface that asks for nothing that was left out."""
    lost = [field for field, kind in _ASKED.items() if (kind, interface.device, getattr(interface, field)) in gone]
    return replace(interface, **dict.fromkeys(lost, "")) if lost else interface
