"""From what a document set declares to the changes it makes: create, change and delete within its own stacks only."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cpal.core.complete import complete
from cpal.errors import Fault, Faults
from cpal.model.estate import Change, Estate
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.security import SecurityGroup
from cpal.model.target import Placement, Project


def stack_changes(declared: Iterable[Record], stacks: Collection[str], estate: Estate) -> list[Change]:
    """What makes the estate hold the declared records, and nothing else, of these stacks.

    What was left out is completed; records that others imply come and go with them. Faults of the result are not
    looked for here.

    Raises:
        Faults: a record is declared that another stack holds.
        Exhausted: a pool has nothing left.
    """
    declared = list(declared)
    _refuse_foreign(declared, stacks, estate)
    keys = {record.key for record in declared}
    gone = [record for record in estate.records() if record.stack in stacks and record.key not in keys]
    dropped = {record.key for record in gone if not isinstance(record, Placement)}
    completed = complete(_without_known_implied(declared, estate), estate, dropped)
    kept = {record.key for record in completed}
    changes = [Change(estate.by_key(record.key), record) for record in completed]
    changes = [change for change in changes if change.before != change.after]
    changes += [Change(record, None) for record in gone if record.key not in kept]
    return changes + _idle_implied(changes, estate)


def record_changes(records: Iterable[Record], removed: Iterable[Key], estate: Estate) -> list[Change]:
    """What creates or changes these records and removes others, whatever stack they are of.

    Raises:
        Exhausted: a pool has nothing left.
    """
    dropped = [record for key in removed if (record := estate.by_key(key)) is not None]
    completed = complete(records, estate, [record.key for record in dropped])
    changes = [Change(estate.by_key(record.key), record) for record in completed]
    changes = [change for change in changes if change.before != change.after]
    changes += [Change(record, None) for record in dropped]
    return changes + _idle_implied(changes, estate)


def _refuse_foreign(declared: list[Record], stacks: Collection[str], estate: Estate) -> None:
    faults = []
    for record in declared:
        before = estate.by_key(record.key)
        if before is not None and before.stack not in stacks and before.stack != IMPLIED and before != record:
            owner = f"stack {before.stack}" if before.stack else "a single command or an API"
            faults.append(
                Fault(
                    f"was made by {owner} and is not this stack's to change",
                    key=f'{record.kind} "{record.name}"',
                    remedy="leave it out here, or delete it there first",
                )
            )
    if faults:
        raise Faults(tuple(faults))


def _without_known_implied(declared: list[Record], estate: Estate) -> list[Record]:
    return [record for record in declared if record.stack != IMPLIED or estate.by_key(record.key) is None]


def _idle_implied(changes: list[Change], estate: Estate) -> list[Change]:
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
    return bool(estate.ids("port.security_group", group.id)) or any(rule.stack != IMPLIED for rule in rules)
