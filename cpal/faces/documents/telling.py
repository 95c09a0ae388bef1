"""Faults as a person is told them: each with its place, once, in the order of the documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cpal.errors import Fault
from cpal.faces.documents.declaring import Declaration
from cpal.model.checks.words import noun
from cpal.model.record import Key

MOST_OF_A_POOL = 10
"""How many of those that an exhausted pool has nothing for are told apart; the others are counted."""


def told(faults: Iterable[Fault], declaration: Declaration) -> tuple[Fault, ...]:
    """The faults of a declaration and of what would come of it, as a person is told them.

    They are in order of file, line and column; those of records that no document declares come last.
    """
    found = {replace(placed, record=None): placed for fault in faults if (placed := locate(fault, declaration))}
    return tuple(_grouped(sorted(found.values(), key=_by_place)))


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


def _by_place(fault: Fault) -> tuple[bool, str, int, int, str]:
    file, line, column = fault.place.rsplit(":", 2) if fault.place else ("", "0", "0")
    return not fault.place, file, int(line), int(column), str(fault)


def _grouped(faults: list[Fault]) -> Iterator[Fault]:
    """The faults, of which many that a pool has nothing for are one."""
    pools: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.cause == "exhausted":
            pools.setdefault(fault.problem, []).append(fault)
    for fault in faults:
        wanting = pools.get(fault.problem, []) if fault.cause == "exhausted" else []
        others = len(wanting) - MOST_OF_A_POOL
        if others < 2 or fault in wanting[:MOST_OF_A_POOL]:
            yield fault
        elif fault is wanting[MOST_OF_A_POOL]:
            yield replace(fault, key=f"{fault.key} and {others - 1} more", field="")
