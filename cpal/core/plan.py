"""The plan: what would change, at which target, in which order, why, and who could then reach whom.

A plan is a value. `fingerprint` digests each op with the rows it touches and needs as they were seen: applying a plan
that was saved means making it again from its record changes and refusing unless revision and fingerprint agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

from cpal.core.diff import Why, check_rows, diff
from cpal.core.driver import Cannot, Rules, Seen
from cpal.core.rows import Action, Op, Row, RowKey
from cpal.errors import Fault, Faults, NotOwned
from cpal.model.estate import KINDS, AnyRecord, Change, Estate
from cpal.model.network import OVERLAY_TYPES, Network
from cpal.model.record import Key, Part, Record
from cpal.model.target import Project, Target
from cpal.reach.flow import Verdict


class RecordChange(Part, frozen=True, gc=False):
    """One record before and after, as it travels in a saved plan."""

    before: AnyRecord | None
    after: AnyRecord | None


class TargetPlan(Part, frozen=True, gc=False):
    """The ops at one target, in a safe order, and the rows they need as they were seen: what they rest on.

    `commands` is what they are in the own words of each device, where devices have such.
    """

    target: str
    ops: tuple[Op, ...]
    needs: tuple[Row, ...] = ()
    commands: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A digest of the ops, with the rows as seen, and of the rows they need; their order says nothing."""
        encode = msgspec.msgpack.Encoder(order="deterministic").encode
        digest = hashlib.blake2b(digest_size=16)
        for op in sorted(self.ops, key=lambda op: op.key):
            digest.update(encode((op.action, _contents(op.before), _contents(op.after))))
        for row in sorted(self.needs, key=_key_of):
            digest.update(encode(_contents(row)))
        return digest.hexdigest()

    def rests_on_the_same(self, other: TargetPlan) -> bool:
        """Whether the other plan makes the same changes to the same rows, and needs the same."""
        if len(self.ops) != len(other.ops) or self._needed() != other._needed():
            return False
        others = {op.key: op for op in other.ops}
        return all(op.key in others and _same_change(op, others[op.key]) for op in self.ops)

    def _needed(self) -> dict[RowKey, tuple[object, ...]]:
        return {row.key: _contents(row) for row in self.needs}


def _key_of(row: Row) -> RowKey:
    return row.key


def _contents(row: Row | None) -> tuple[object, ...]:
    """What a row is, without for whom: a reader knows less of that than a renderer."""
    return () if row is None else (row.key, row.columns, row.within)


def _same_change(one: Op, other: Op) -> bool:
    return one == other or (
        one.action is other.action
        and _contents(one.before) == _contents(other.before)
        and _contents(one.after) == _contents(other.after)
    )


Handover = Literal["", "adopt", "release"]
"""Whether rows change hands: those of others that stand for what is wanted become ours, or ours that are not wanted any
more become nobody's, and stay as they are."""


class Plan(Part, frozen=True, gc=False):
    """What would change.

    `revision` is the accepted revision it starts from; `changes` what becomes of records; `targets` the ops; `opens`
    and `closes` the flows that become possible and impossible, `unproved` why they are not known (else "").
    `abandoned` are targets that go and do not answer: what was made there stays. `handover` is whether rows change
    hands.
    """

    revision: int
    changes: tuple[Change, ...]
    targets: tuple[TargetPlan, ...]
    opens: tuple[Verdict, ...] = ()
    closes: tuple[Verdict, ...] = ()
    unproved: str = ""
    abandoned: tuple[str, ...] = ()
    handover: Handover = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes and not any(target.ops for target in self.targets)


class SavedPlan(Part, frozen=True, gc=False):
    """A plan on disk: enough to make it again and to know whether it is still the same."""

    revision: int
    changes: tuple[RecordChange, ...]
    fingerprints: dict[str, str]


def save(plan: Plan) -> bytes:
    """The plan as JSON that `restore` reads."""
    changes = tuple(RecordChange(before, after) for before, after in plan.changes)  # type: ignore[arg-type]  # tagged
    saved = SavedPlan(plan.revision, changes, {target.target: target.fingerprint for target in plan.targets})
    return msgspec.json.encode(saved)


def restore(data: bytes) -> SavedPlan:
    """The plan that `save` wrote.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError: not a saved plan.
    """
    return msgspec.json.decode(data, type=SavedPlan)


Caused = Mapping[RowKey, tuple[Row | None, Row | None]]
"""The rows that the plan's record changes make different, before and after: what else differs at a target is drift."""


def plan_target(
    target: Target, wanted: Mapping[RowKey, Row], seen: Seen, rules: Rules, why: Reasons, caused: Caused
) -> TargetPlan:
    """The ops that make the target hold the rows wanted.

    Raises:
        NotOwned: a wanted row exists there and is not cpal's.
        Broken: the driver broke its contract.
    """
    ops = diff(wanted, seen.rows, rules.tables, why.given(caused), seen.unowned)
    return _planned(target, ops, check_rows(_made(ops), wanted, rules.tables), seen)


def plan_rows(target: Target, caused: Caused, seen: Seen, rules: Rules, why: Reasons) -> TargetPlan:
    """As `plan_target`, for the rows caused alone: the plan of one change into a large estate that is in step."""
    rows = seen.rows
    wanted = {key: row for key, (_, row) in caused.items() if row is not None}
    held = {key: row for key in caused if (row := rows.get(key)) is not None}
    ops = diff(wanted, held, rules.tables, why.of_caused)
    needed = check_rows(_made(ops), wanted, rules.tables, lambda key: key in rows and key not in caused)
    return _planned(target, ops, needed, seen)


def _made(ops: Iterable[Op]) -> list[Row]:
    return [op.after for op in ops if op.after is not None]


def _planned(target: Target, ops: list[Op], needed: Iterable[RowKey], seen: Seen) -> TargetPlan:
    refuse_foreign(ops, seen)
    needs = [row for key in needed if (row := seen.rows.get(key)) is not None]
    return TargetPlan(target.name, tuple(ops), tuple(needs))


def released(plan: TargetPlan) -> TargetPlan:
    """The plan in which what would go is let go of, and stays."""
    ops = (_let_go(op) if op.action is Action.DELETE and not op.reason.startswith(DRIFT) else op for op in plan.ops)
    return replace(plan, ops=tuple(ops))


def _let_go(op: Op) -> Op:
    return replace(op, action=Action.RELEASE)


def refuse_foreign(ops: Iterable[Op], seen: Seen) -> None:
    """Refuse to make rows that others hold under the same name.

    Raises:
        NotOwned: naming the row and whose it is.
    """
    for op in ops if seen.foreign else ():
        if op.action is Action.CREATE and op.key in seen.foreign:
            raise NotOwned(
                f"it exists at the target and is not cpal's ({seen.foreign[op.key]}); wanted because {op.reason}",
                key=str(op.key),
                remedy="remove or rename it there: cpal does not touch what it does not own",
            )


DRIFT = "drift: "
"""How the reason of an op begins that no changed record is behind."""


class Reasons:
    """Why each row changes, in the user's words: from the record that changed, else drift at the target."""

    def __init__(self, changes: Iterable[Change], estate: Estate) -> None:
        self._estate = estate
        self._changes = {change.key: change for change in changes}
        self._words: dict[Key, str] = {}
        self._owners: dict[tuple[str, str], str] = {}

    def given(self, caused: Caused) -> Why:
        """What gives the reason for an op, when the record changes are behind the rows `caused` and no others."""

        def why(before: Row | None, after: Row | None) -> str:
            row = before if after is None else after
            if row is None or row.key not in caused:
                return self._drift(before, after)
            return self.of_caused(before, after)

        return why

    def of_caused(self, before: Row | None, after: Row | None) -> str:
        """The reason for an op of a row that the record changes are behind."""
        row = before if after is None else after
        for key in row.because if row is not None else ():
            words = self._words.get(key)
            if words is not None:
                return words
            change = self._changes.get(key)
            if change is not None:
                return self._words.setdefault(key, self._reason(change))
        return "follows from other changes of this plan"

    def _drift(self, before: Row | None, after: Row | None) -> str:
        if after is None:
            return DRIFT + "nothing declared needs it"
        if before is not None:
            return DRIFT + _difference(before, after)
        subject = next((self._estate.by_key(key) for key in after.because if key.kind in KINDS), None)
        who = label(subject, self._estate) if subject else "everything that is filtered"
        return f"{DRIFT}{who} needs it, and it is not at the target"

    def _reason(self, change: Change) -> str:
        before, after = change
        if before is None and after is not None:
            return f"{self._label(after)} is new"
        if after is None and before is not None:
            return f"{self._label(before)} is deleted"
        if before is None or after is None:
            raise ValueError("a change needs a record before or after")
        return f"{self._label(after)} changes {', '.join(changed_fields(before, after))}"

    def _label(self, record: Record) -> str:
        """As `label`, from the words that records of one kind and project share."""
        shared = (record.kind, record.project_id)
        owner = self._owners.get(shared)
        if owner is None:
            owner = self._owners[shared] = _owner(record, self._estate)
        return owner + (record.name or record.id)


def changed_fields(before: Record, after: Record) -> list[str]:
    """The names of the fields in which two records of one type differ."""
    return [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]


def label(record: Record, estate: Estate) -> str:
    """What a person calls the record: kind, project and name; a record without a name by its id."""
    return _owner(record, estate) + (record.name or record.id)


def _owner(record: Record, estate: Estate) -> str:
    """What comes before the name: the kind, and the project where there is one."""
    project = estate.get(Project, record.project_id)
    kind = record.kind.replace("_", " ")
    return f"{kind} {project.name}/" if project else f"{kind} "


def _difference(before: Row, after: Row) -> str:
    columns = sorted(before.columns.keys() | after.columns.keys())
    parts = []
    for column in columns:
        was, should = before.columns.get(column), after.columns.get(column)
        if was != should:
            parts.append(f"{column} is {_show(was)}, should be {_show(should)}")
    return "; ".join(parts) or "it is in the wrong place"


def _show(value: object) -> str:
    return "not set" if value is None else str(value)


def refuse_unsupported(records: Iterable[Record], target: Target, rules: Rules, estate: Estate) -> tuple[Fault, ...]:
    """What of the records the target cannot hold, each with the sentence why."""
    faults = []
    for record in records:
        for cannot in _refused(record, target, rules, estate):
            problem = f"target {target.name} ({rules.name}) cannot hold it: {cannot.why}"
            cause = "ineffective" if cannot.harmless else "invalid"
            who = label(record, estate)
            faults.append(Fault(problem, who, cannot.field, "", cannot.remedy, record.key, cause))
    return tuple(faults)


def _refused(record: Record, target: Target, rules: Rules, estate: Estate) -> Iterator[Cannot]:
    capability = rules.capability
    if record.kind in capability.refuse:
        yield from capability.refuse[record.kind](target, record)
    if record.kind in capability.refuse_together:
        yield from capability.refuse_together[record.kind](target, record, estate)


def refuse_taken_vnis(
    changes: Iterable[Change], target: Target, others: Mapping[int, str], estate: Estate
) -> Iterator[Fault]:
    """The faults of networks that get a VNI which somebody else has at the target."""
    for before, after in changes:
        if not isinstance(after, Network) or after.network_type not in OVERLAY_TYPES:
            continue
        vni = after.segmentation_id
        if vni is not None and vni in others and not (isinstance(before, Network) and before.segmentation_id == vni):
            problem = f"VNI {vni} is asked for at target {target.name} by {others[vni]}"
            remedy = "choose another, or leave it out"
            yield Fault(problem, key=label(after, estate), field="segmentation_id", remedy=remedy, record=after.key)


def raise_faults(faults: Iterable[Fault]) -> None:
    """Raise all faults as one error, if there are any.

    Raises:
        Faults: there are.
    """
    found = tuple(faults)
    if found:
        raise Faults(found)
