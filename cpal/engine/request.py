"""A request to write: what it wants, what that comes to on an estate, and who is told of it."""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cpal.core.plan import raise_faults
from cpal.core.proposal import Proposal, faults_of
from cpal.engine.store import Age, Entry
from cpal.engine.targets import rules_of
from cpal.errors import LENIENT
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.record import Key

Ages = Mapping[Key, Age]
"""How old each record is."""


class AgesAfter(ChainMap[Key, Age]):
    """Ages of which some are newer than others: each record is asked for, and seldom all."""

    def __init__(self, newer: Ages, known: Ages) -> None:
        super().__init__(newer, known)  # type: ignore[arg-type]  # both are only read

    def get(self, key: Key, default: Any = None) -> Any:
        """The age of a record, or `default`; several times as fast as one that looks twice at each."""
        for each in self.maps:
            if (found := each.get(key)) is not None:
                return found
        return default


Decide = Callable[[Estate, Ages, Collection[int]], Proposal]
"""What a request wants, of the estate as it is when its turn comes, of the ages of its records, and of the VNIs that
others have at the targets.

Raises an error of `cpal.errors` where it cannot be.
"""


class Written(NamedTuple):
    """What a request led to: the estate right after it, and the ages of the records that it made or changed."""

    estate: Estate
    ages: Ages


NOTHING = Written(EMPTY, {})


@dataclass(slots=True)
class Request:
    """What somebody wants written; with `draws_vni`, it may draw VNIs."""

    decide: Decide
    actor: str
    words: str
    draws_vni: bool
    written: Written = NOTHING
    _done: asyncio.Future[Written] | None = None

    def answer(self) -> asyncio.Future[Written]:
        """What it comes to."""
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def end(self, error: Exception | None = None) -> None:
        """Tell who waits, once, what was written, or why nothing was.

        An error knows the frames that it came through, and those know this request. If it still knew the answer, which
        knows the error, nothing of that would go before a collection of cycles, which a server hardly ever makes.
        """
        done, self._done = self._done, None
        if done is None or done.done():
            return
        if error is None:
            done.set_result(self.written)
        else:
            done.set_exception(error)


def decided(request: Request, estate: Estate, ages: Ages, vnis: Collection[int]) -> tuple[Entry, Written]:
    """A request's changes as an entry of the log, and what they lead to."""
    proposal = request.decide(estate, ages, vnis)
    after = estate.replace(proposal.changes)
    if faults := faults_of(proposal, after, rules_of):
        raise_faults(fault for fault in faults if fault.cause not in LENIENT)
    entry = Entry(proposal.changes, request.actor, request.words, time.time())
    return entry, Written(after, dict(aged(entry, ages)))


def aged(entry: Entry, ages: Ages) -> Iterator[tuple[Key, Age]]:
    """The ages of the records that an entry makes or changes, after it."""
    for change in entry.changes:
        if change.after is not None:
            known = ages.get(change.key) if change.before is not None else None
            made, times = (known.created_at, known.changes) if known else (entry.at, 0)
            yield change.key, Age(made, entry.at, times + 1)


def merged(changes: Sequence[Change]) -> list[Change]:
    """One change for each record that changes, however often."""
    found: dict[Key, Change] = {}
    for change in changes:
        known = found.get(change.key)
        found[change.key] = change if known is None else Change(known.before, change.after)
    return [change for change in found.values() if change.before is not change.after]
