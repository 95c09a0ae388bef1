"""A proposal: changes of records, and all that is wrong with them, found before anything is done about them.

Theory. Faults are found in steps: in what was written, in what its names stand for, in what pools have left, in the
estate that would come of it, in what the targets can hold. Each step goes on with what the one before could make out;
what is faulty (what an API lets pass is not) is not known to the next (`model.unknown`, `model.doubts`). So one run
finds everything that is wrong, and nothing that only follows from something else that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from cpal.core.driver import Rules
from cpal.core.plan import label, refuse_unsupported
from cpal.core.realise import Keeps, Places, concerned
from cpal.errors import LENIENT, Fault, Faults, Invalid
from cpal.model.check import check_changes
from cpal.model.doubts import SURE, Doubts, as_known
from cpal.model.estate import Change, Estate
from cpal.model.record import Record
from cpal.model.target import Target
from cpal.model.unknown import NotKnown


@dataclass(frozen=True, slots=True)
class Proposal:
    """Changes, the faults that are known before the estate after them is looked at, and what of it is in doubt."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...] = ()
    doubts: Doubts = SURE

    def sound(self) -> Proposal:
        """The same, in which nothing is wrong so far.

        Raises:
            Faults: something is.
        """
        if self.faults:
            raise Faults(self.faults)
        return self


def faults_of(proposal: Proposal, after: Estate, rules_of: Callable[[Target], Rules]) -> tuple[Fault, ...]:
    """Everything that is wrong with a proposal; `after` is the estate after its changes.

    `rules_of` gives what a target's driver can hold, and raises Invalid where there is none. A record that stays as it
    is, and only is a revision older, was good enough before.
    """
    changes = [change for change in proposal.changes if change.before is not change.after]
    found = check_changes(after, changes, proposal.doubts)
    doubts = proposal.doubts
    if found:
        doubts = doubts.with_faulty((fault for fault in found if fault.cause not in LENIENT), after)
    unsupported = tuple(_unsupported(changes, after, doubts, rules_of))
    second = _second_targets(changes, after) if any(type(change.after) is Target for change in changes) else ()
    return (*proposal.faults, *found, *unsupported, *second)


def _second_targets(changes: Iterable[Change], after: Estate) -> Iterator[Fault]:
    """An estate is not divided between targets of one driver, each would get all of it: so a second one is refused."""
    new = {change.key for change in changes if change.before is None and isinstance(change.after, Target)}
    if not new:
        return
    known = sorted(after.all(Target), key=lambda target: (target.key in new, target.name))
    for target in known:
        first = next(other for other in known if other.driver == target.driver)
        if target.key in new and first is not target:
            problem = f"there is a target with this driver already, {first.name}"
            remedy = "leave one out, or give each a store of its own (CPAL_HOME)"
            yield Fault(problem, key=label(target, after), field="driver", remedy=remedy, record=target.key)


def _unsupported(
    changes: Iterable[Change], after: Estate, doubts: Doubts, rules_of: Callable[[Target], Rules]
) -> Iterator[Fault]:
    """What the targets that realise the changed records cannot hold of them; of all records, where a target changes."""
    known, targets = as_known(after, doubts), sorted(after.all(Target), key=lambda target: target.id)
    places = Places(after, keeps_unbound(rules_of)) if len(targets) > 1 else None
    made = concerned(changes, after) if places else [change.after for change in changes if change.after]
    if any(type(record) is Target for record in made):
        made = list(after.records())
    if known is after and not places:
        records = [(record, record) for record in made]
    else:
        records = [(record, found) for record in made if (found := known.by_key(record.key)) is not None]
    yield from places.faults(made) if places else ()
    for told in targets:
        target = known.get(Target, told.id)
        if target is not None:
            mine = [found for record, found in records if places is None or told.name in places.judged(record)]
            yield from _refused([[record] for record in mine] if doubts else [mine], target, rules_of, after)


def keeps_unbound(rules_of: Callable[[Target], Rules]) -> Keeps:
    """Whether a target keeps what is on no host, by its driver; not one of which there is no driver."""

    def keeps(target: Target) -> bool:
        with suppress(Invalid, NotKnown):
            return rules_of(target).capability.keeps_unbound
        return False

    return keeps


def _refused(
    portions: list[list[Record]], target: Target, rules_of: Callable[[Target], Rules], estate: Estate
) -> Iterator[Fault]:
    """What a target cannot hold; a portion of the records of which it takes what is not known to say so is left out."""
    try:
        rules = rules_of(target)
    except NotKnown:
        return
    except Invalid as wrong:
        yield Fault(wrong.message, wrong.key, wrong.field, "", wrong.remedy, target.key)
        return
    for records in portions:
        with suppress(NotKnown):
            yield from refuse_unsupported(records, target, rules, estate)
