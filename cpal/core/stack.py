"""From what a document set declares to the changes it makes: create, change and delete within its own stacks only.

Either way to change records ends in a `Proposal`; for callers that know what they declare, in its changes alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cpal.core.complete import Completion, complete_known
from cpal.core.proposal import Proposal
from cpal.errors import Fault
from cpal.model.checks.words import noun
from cpal.model.doubts import Doubts, Unread
from cpal.model.estate import Change, Estate
from cpal.model.network import Port
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.security import SecurityGroup
from cpal.model.target import Placement, Project
from cpal.model.unknown import UNKNOWN, without


def stack_changes(declared: Iterable[Record], stacks: Collection[str], estate: Estate) -> list[Change]:
    """The changes that `propose_stacks` proposes.

    Raises:
        Faults: a record is declared that another stack holds, or a pool has nothing left; all of it.
    """
    return list(propose_stacks(declared, stacks, estate).sound().changes)


def record_changes(records: Iterable[Record], removed: Iterable[Key], estate: Estate) -> list[Change]:
    """The changes that `propose_records` proposes.

    Raises:
        Faults: a pool has nothing left, for each record that wants of it.
    """
    return list(propose_records(records, removed, estate).sound().changes)


def propose_stacks(
    declared: Iterable[Record],
    stacks: Collection[str],
    estate: Estate,
    faults: tuple[Fault, ...] = (),
    unread: Unread | None = None,
    vnis_of_others: Collection[int] = (),
) -> Proposal:
    """What makes the estate hold the declared records, and nothing else, of these stacks.

    What was left out is completed; records that others imply come and go with them. `faults` are those that the
    declared records have already, `unread` what was declared and could not be read; `vnis_of_others` are not drawn.
    """
    mine, foreign = _apart(declared, stacks, estate)
    keys = {record.key for record in mine}
    gone = [record for record in estate.records() if record.stack in stacks and record.key not in keys]
    dropped = {record.key for record in gone if not isinstance(record, Placement)}
    done = complete_known(_without_known_implied(mine, estate), estate, dropped, unread, vnis_of_others)
    return _proposal(done, gone, estate, (*faults, *foreign), unread)


def propose_records(
    records: Iterable[Record],
    removed: Iterable[Key],
    estate: Estate,
    vnis_of_others: Collection[int] = (),
    keep_idle: bool = False,
) -> Proposal:
    """What creates or changes these records and removes others, whatever stack they are of.

    What others implied goes with the last of them, unless it is to be kept: to know takes a look at the whole estate.
    """
    gone = [record for key in removed if (record := estate.by_key(key)) is not None]
    dropped = [record.key for record in gone]
    done = complete_known(records, estate, dropped, vnis_of_others=vnis_of_others)
    return _proposal(done, gone, estate, keep_idle=keep_idle)


def _proposal(
    done: Completion,
    gone: list[Record],
    estate: Estate,
    faults: tuple[Fault, ...] = (),
    unread: Unread | None = None,
    keep_idle: bool = False,
) -> Proposal:
    kept = {record.key for record in done.records}
    changes = [Change(estate.by_key(record.key), record) for record in done.records]
    changes = [change for change in changes if change.before != change.after]
    gone += _no_longer_placed(changes, estate)
    gone = [*{record.key: record for each in gone for record in (each, *_going_with(each, estate))}.values()]
    left = [Change(record, None) for record in gone if record.key not in kept]
    left += [] if keep_idle else _idle_implied([*changes, *left], estate)
    going = tuple(change.before for change in left if change.before is not None) if unread else ()
    return Proposal((*changes, *left), (*faults, *done.faults), Doubts(done.partly, going, unread))


def _going_with(record: Record, estate: Estate) -> list[Record]:
    """What goes with a record: the policies that grant others something on it, and where it is placed."""
    granted: list[Record] = estate.find("rbac_policy.object", record.id)
    return [*granted, *estate.find("placement.subject", record.id)] if isinstance(record, Port) else granted


def _no_longer_placed(changes: Iterable[Change], estate: Estate) -> list[Record]:
    """Where ports were placed that need it no longer."""
    return [
        placement
        for change in changes
        if isinstance(change.before, Port) and change.before.is_handed_through
        and isinstance(change.after, Port) and not change.after.is_handed_through
        for placement in estate.find("placement.subject", change.before.id)
    ]  # fmt: skip


def _apart(declared: Iterable[Record], stacks: Collection[str], estate: Estate) -> tuple[list[Record], list[Fault]]:
    """The declared records, and the faults of those that other stacks made; how these will be is not known."""
    records, faults = [], []
    for record in declared:
        before = estate.by_key(record.key)
        others = before is not None and before.stack not in stacks and before.stack != IMPLIED
        said = _said_otherwise(before, record) if before is not None and others else []
        if before is not None and said:
            faults.append(_foreign(before, record))
        records.append(without(record, *(name for name in said if name not in Record.__struct_fields__)))
    return records, faults


def _said_otherwise(before: Record, record: Record) -> list[str]:
    """The fields that a record says otherwise than the one before, as far as it is known."""
    names = (name for name in record.__struct_fields__ if getattr(record, name) is not UNKNOWN)
    return [name for name in names if getattr(before, name) != getattr(record, name)]


def _foreign(before: Record, record: Record) -> Fault:
    owner = f"stack {before.stack}" if before.stack else "a single command or an API"
    return Fault(
        f"was made by {owner} and is not this stack's to change",
        key=f'{noun(record.kind)} "{record.name}"',
        remedy="leave it out here, or delete it there first",
        record=record.key,
    )


def _without_known_implied(declared: list[Record], estate: Estate) -> list[Record]:
    return [record for record in declared if record.stack != IMPLIED or estate.by_key(record.key) is None]


def _idle_implied(changes: Sequence[Change], estate: Estate) -> list[Change]:
    """Deletions of implied groups that no port uses any more, and of implied projects that own nothing any more."""
    if all(before is None for before, _ in changes):
        return []
    after = estate.replace(changes)
    groups = [group for group in after.all(SecurityGroup) if group.stack == IMPLIED and not _in_use(group, after)]
    idle: list[Record] = [*groups]
    for group in groups:
        idle += after.find("rule.group", group.id)
    idle_keys = {record.key for record in idle}
    owners = {record.project_id for record in after.records() if record.key not in idle_keys}
    idle += [project for project in after.all(Project) if project.stack == IMPLIED and project.id not in owners]
    known = {record.key: record for record in idle if estate.by_key(record.key) is not None}
    changing = {change.key for change in changes}
    return [Change(record, None) for key, record in known.items() if key not in changing]


def _in_use(group: SecurityGroup, estate: Estate) -> bool:
    rules = estate.find("rule.remote_group", group.id)
    used = any(estate.ids(index, group.id) for index in ("port.security_group", "log.group"))
    return used or any(rule.stack != IMPLIED for rule in rules)
