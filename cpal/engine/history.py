"""Undo: the changes that take a revision back, refused where later ones changed the same fields."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cpal.core.plan import changed_fields, label
from cpal.errors import Fault, Faults
from cpal.model.estate import Change, Estate
from cpal.model.record import Record


def undo_changes(done: Iterable[Change], estate: Estate) -> list[Change]:
    """What takes `done` back in the estate as it is now.

    Raises:
        Faults: later revisions changed the same things; names each.
    """
    changes, faults = [], []
    for before, after in done:
        subject = after or before
        if subject is None:
            continue
        now = estate.by_key(subject.key)
        if now == before:
            continue
        problem = _obstacle(before, after, now)
        if problem:
            remedy = "undo the later revisions first, or declare what you want"
            faults.append(Fault(problem, key=label(subject, estate), remedy=remedy))
        else:
            changes.append(Change(now, _taken_back(before, after, now)))
    if faults:
        raise Faults(tuple(faults))
    return changes


def _obstacle(before: Record | None, after: Record | None, now: Record | None) -> str:
    if after is None:
        return "" if now is None else "it was made again since"
    if now is None:
        return "it was deleted since"
    fields = changed_fields(after, now) if before is None else changed_fields(before, after)
    later = [name for name in fields if getattr(now, name) != getattr(after, name)]
    return f"{', '.join(later)} changed since" if later else ""


def _taken_back(before: Record | None, after: Record | None, now: Record | None) -> Record | None:
    if before is None or after is None or now is None:
        return before
    fields = {name: getattr(before, name) for name in changed_fields(before, after)}
    return msgspec.structs.replace(now, **fields)
