"""Switches of one make, as a backend.

Theory. A switch is read whole: its running configuration becomes a tree, the tree rows (`settings`). Ops are done to a
copy of the tree, and what leads from the one tree to the other are the commands (`commands`). So only what ops name is
ever touched, and all of them are taken together or none.

A change goes to a candidate at each device, then runs with a timer that takes it back, and is saved once it is
confirmed. Which settings are cpal's stands in the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from msgspec.structs import replace

from cpal.core.driver import (
    NO_ROWS,
    HostStatus,
    PortStatus,
    Seen,
    TunnelKeys,
)
from cpal.core.driver import Rules as DriverRules
from cpal.core.rows import Action, Op, Row, RowKey, is_same, rows_after
from cpal.drivers.devices.confirmed import ConfirmedBackend
from cpal.drivers.devices.fabric_said import FabricWords
from cpal.drivers.devices.ledger import Applied, Ledger, Lost, applied, made, owned
from cpal.drivers.devices.lost import Restored, left_of, lost, restored
from cpal.drivers.devices.make import refuse_left_without_vrf
from cpal.drivers.devices.parse.sanitized import without_secrets, without_secrets_of
from cpal.drivers.devices.parse.tree import Path, Tree
from cpal.drivers.devices.render_device import is_of_section
from cpal.drivers.devices.render_evpn import is_anyones
from cpal.drivers.devices.render_switch import ROUTING, device_of, key_of, routes
from cpal.errors import CpalError, Moved, NotOwned, Partial, Rejected
from cpal.model.target import Target

T = TypeVar("T")
BY_HAND = "it was configured there without cpal"
_MEND = "it went with what comes back: configure there what it needs; nothing was changed"


class Switch(Protocol):
    """A device, from outside it.

    All raise Unreachable, TimedOut, Unauthenticated; what changes something also Rejected.
    """

    async def running(self) -> str:
        """Its running configuration."""

    async def prepare(self, name: str, commands: Sequence[str]) -> None:
        """Have a candidate of that name, in which the commands were done; nothing that runs is changed."""

    async def commit(self, name: str, timeout_s: float) -> None:
        """Run a candidate; it is taken back after so many seconds, or when the device starts again."""

    async def confirm(self, name: str) -> None:
        """Keep what runs, also when the device starts again."""

    async def abort(self, name: str) -> None:
        """Forget a candidate; take it back where it runs."""

    async def candidates(self) -> Mapping[str, bool]:
        """The candidates there are, with whether each runs and waits for its confirmation."""

    async def close(self) -> None:
        """End the connection."""


class Writing(Protocol):
    """How a make writes its configuration, and what is done to it. Pure."""

    @property
    def rules(self) -> DriverRules:
        """What core needs."""

    def tree(self, text: str) -> Tree:
        """The tree of a configuration."""

    @property
    def lag(self) -> str:
        """How the interface of a LAG is called, before its number."""

    @property
    def tells_trunks(self) -> bool:
        """Whether an edge port that is a trunk is written as one."""

    @property
    def fabric(self) -> FabricWords | None:
        """How what its leaves have of a fabric is said; None of one that has no leaves."""

    def rows(self, tree: Tree, device: str) -> dict[RowKey, Row]:
        """Every row that a configuration says of a device."""

    def is_default(self, row: Row) -> bool:
        """Whether a setting is what it is without being configured."""

    def is_shared(self, key: RowKey) -> bool:
        """Whether a setting need not be cpal's to be wanted as well."""

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Mapping[RowKey, Row]) -> Tree:
        """The tree once the ops are done, of which device they are; `ours` are the rows that are cpal's before.

        Raises:
            Conflict: what others configured is in the way.
        """

    def lines(self, before: Tree, after: Tree) -> list[str]:
        """What is typed to make one tree into the other."""

    def is_ordered(self, line: str) -> bool:
        """Whether the order of a line among others of its kind counts."""


@dataclass
class Change:
    """A change that is prepared: the ops of each device, the rows before it.

    `theirs` are the rows in whose place are others' lines, `back` the lines that are put back at each device.
    """

    revision: int
    ops: Mapping[str, list[Op]]
    before: Mapping[RowKey, Row]
    theirs: Collection[RowKey]
    back: Mapping[str, Sequence[Path]]


class SwitchBackend(ConfirmedBackend):
    """The switches of one target, for the store `owner`."""

    def __init__(
        self, make: Writing, target: Target, owner: str, devices: Mapping[str, Switch], ledger: Ledger
    ) -> None:
        super().__init__()
        self.rules = make.rules
        self.make, self.target, self.ledger = make, target, ledger
        self.devices = dict(devices)
        self._prefix = f"cpal-{owner[:8]}-"
        self._read: Mapping[str, Tree] = {}
        self._lost: tuple[Lost, ...] = ()
        self._change: Change | None = None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._at_all(self.devices, lambda device: device.close())

    # ------------------------------------------------------------------------------------------ what they hold

    async def observe_adoptable(self, wanted: Mapping[RowKey, Row]) -> Seen:
        """The same, with what others configured and is wanted. Raises: Unreachable, TimedOut."""
        held = self._rows(await self._trees())
        seen = self._seen(held, wanted)
        self._known = seen.rows
        unowned = {key: held[key] for key in seen.foreign if key in wanted}
        return seen._replace(unowned=unowned, foreign={k: w for k, w in seen.foreign.items() if k not in unowned})

    async def held(self) -> tuple[dict[RowKey, Row], dict[RowKey, Row]]:
        """All that there is, also what holds without being configured, and what of it is not cpal's.

        Raises: Unreachable, TimedOut.
        """
        ours, held = owned(self.ledger.read()), self._rows(await self._trees())
        return held, {key: row for key, row in held.items() if key not in ours}

    async def _look(self, known: Mapping[RowKey, Row]) -> Seen:
        return self._seen(self._rows(await self._trees()), known)

    async def _trees(self) -> Mapping[str, Tree]:
        texts = await self._at_all(self.devices, lambda device: device.running())
        self._read = {name: self.make.tree(text) for name, text in texts.items()}
        return self._read

    def _rows(self, trees: Mapping[str, Tree]) -> dict[RowKey, Row]:
        """All that devices hold, whoever configured it; what is ours and as it is without being configured is there."""
        found = {key: row for name, tree in trees.items() for key, row in self.make.rows(tree, name).items()}
        for key, row in owned(self.ledger.read()).items():
            if key not in found and self.make.is_default(row) and (row.within is None or row.within in found):
                found[key] = row
        return found

    def _seen(self, held: Mapping[RowKey, Row], known: Mapping[RowKey, Row]) -> Seen:
        """What of all that devices hold is cpal's, and what is not."""
        pages = self.ledger.read()
        ours = owned(pages)
        mine = {**ours} | {key: row for key, row in held.items() if key not in ours and self._is_in_owned(row)}
        rows = {key: _recognised(row, known.get(key), mine[key]) for key, row in held.items() if key in mine}
        rows |= {key: row for key, row in known.items() if key in held and key not in mine and _does(held[key], row)}
        others = {key: row for key, row in held.items() if key not in rows and not self.make.is_shared(key)}
        foreign = {key: BY_HAND for key, row in others.items() if not self.is_default(row)}
        said = pages.applied
        if pages.pending is not None and all(is_same(rows.get(key), row) for key, row in pages.pending.rows.items()):
            said = pages.pending
        self._lost = said.lost
        return Seen(rows, foreign, said.revision, said.version)

    def _is_in_owned(self, row: Row) -> bool:
        """Whether others' setting is of a section that the target owns, and so counts as cpal's.

        One that is as it is without being configured goes with what it is in, where that is of such a section too.
        """
        owned = self.target.owned
        goes_along = row.within is not None and is_of_section(row.within, owned)
        return is_of_section(row.key, owned) and (goes_along or not self.is_default(row))

    # ------------------------------------------------------------------------------------------ a change

    async def prepare(self, ops: Sequence[Op], seen: Seen, revision: int) -> tuple[str, ...]:
        """The devices that the ops change, each with a candidate that it found valid: `core.driver.Backend`.

        What a dead process left unconfirmed is taken back first.

        Raises: as `apply`; nothing was done.
        """
        by_device = self._by_device(ops)
        await self._at_all(self.devices, self._clear)
        trees = await self._trees()
        held = self._rows(trees)
        before, own = self._seen(held, seen.rows), self._seen(held, NO_ROWS).rows
        self._refuse_moved(ops, before, held)
        edited = {name: self._edited(trees[name], mine) for name, mine in by_device.items()}
        todo = {name: lines for name, each in edited.items() if (lines := self.make.lines(trees[name], each.tree))}
        theirs = {key for each in edited.values() for key in each.theirs}
        back = {name: each.back for name, each in edited.items()}
        self._change = Change(revision, by_device, before.rows, theirs, back)
        ours = made(self.ledger.read())
        after = rows_after(own, [op for op in ops if op.key not in theirs]).values()
        made_now = self._made(ours, held, {**trees, **{name: each.tree for name, each in edited.items()}})
        gone = [each for name, mine in by_device.items() for each in self._goes(name, trees[name], edited[name], mine)]
        self.ledger.begin(
            applied(own.values(), before.revision, before.version, ours, self._lost),
            self._left(applied(after, revision, self.rules.version, made_now, left_of(self._lost, ops, gone)), ops),
        )
        try:
            await self._at_each(
                {
                    name: self._quiet(name, self.devices[name].prepare(self._name(revision), lines))
                    for name, lines in todo.items()
                }
            )
        except BaseException:
            await self.revert(revision)
            raise
        self._applied = {}
        return tuple(sorted(todo))

    async def commands(self, ops: Sequence[Op]) -> Mapping[str, Sequence[str]]:
        """What the ops are in each device's own words, as it was last read; without secrets that are put back."""
        return {name: self._commands(self._read.get(name, {}), mine) for name, mine in self._by_device(ops).items()}

    def _commands(self, tree: Tree, ops: Sequence[Op]) -> list[str]:
        edited = self._edited(tree, ops)
        known = {*self.make.lines(tree, edited.without)}
        return [each if each in known else without_secrets(each) for each in self.make.lines(tree, edited.tree)]

    def _edited(self, tree: Tree, ops: Sequence[Op]) -> Restored:
        """The tree of a device once the ops are done, with what went with the same rows before."""
        device, done, pages = device_of(ops[0].key), self._done(ops), self.ledger.read()
        refuse_left_without_vrf(done, owned(pages))
        mine = [loss for loss in self._lost if loss.device == device]
        read = partial(self.make.rows, device=device)
        return restored(self.make.edited(tree, done, owned(pages)), ops, mine, read, self.make.is_default)

    def _done(self, ops: Sequence[Op]) -> list[Op]:
        """The ops that do something: without those that let go, or take away what was on before cpal wanted it."""
        ours = made(self.ledger.read())
        doing = (op for op in ops if op.action is not Action.RELEASE)
        return [op for op in doing if op.after is not None or op.key.table != ROUTING or op.key in ours]

    def _left(self, applied: Applied, ops: Iterable[Op]) -> Applied:
        """What is applied once the ops let go: nothing is kept of a device that has nothing of cpal's any more."""
        let_go = {op.key for op in ops if op.action is Action.RELEASE}
        ours = {device_of(each.key) for each in applied.entries}
        free = {device_of(key) for key in let_go} - ours
        return replace(
            applied,
            made=tuple(key for key in applied.made if key not in let_go),
            lost=tuple(loss for loss in applied.lost if loss.device not in free),
        )

    def _goes(self, name: str, before: Tree, edited: Restored, ops: Sequence[Op]) -> list[Lost]:
        """What goes at a device with what the ops take away, and would not come back by their inverse."""
        ours = rows_after(owned(self.ledger.read()), ops)
        edit, read = partial(self.make.edited, ours=ours), partial(self.make.rows, device=name)
        return lost(name, before, edited.tree, self._done(ops), self.rules.tables, edit, read, self.make.is_ordered)

    def _made(self, before: Collection[RowKey], held: Mapping[RowKey, Row], trees: Mapping[str, Tree]) -> set[RowKey]:
        """The devices that route since cpal wanted it, and will once their trees are these."""
        routing = {name: key_of(ROUTING, name) for name in trees}
        known = {name: key for name, key in routing.items() if key in before or not routes(held, name)}
        return {key for name, key in known.items() if routes(self.make.rows(trees[name], name), name)}

    def _by_device(self, ops: Iterable[Op]) -> dict[str, list[Op]]:
        found: dict[str, list[Op]] = {}
        for op in ops:
            found.setdefault(device_of(op.key), []).append(op)
        for name in found.keys() - self.devices.keys():
            raise Rejected("the target has no such device", key=name, remedy="name it among the target's endpoints")
        return found

    async def commit_confirmed(self, devices: Collection[str], timeout_s: float) -> None:
        """Run the candidates of these devices, each with its timer: `core.driver.Backend`.

        Raises:
            Rejected, Unreachable, TimedOut: the first fault, once all have ended.
        """
        change = self._change
        assert change is not None, "nothing is prepared"
        ops = [op for name in devices for op in change.ops[name]]
        self._applied |= {op.key: op.after for op in ops if op.key not in change.theirs}
        name = self._name(change.revision)
        await self._at_each({at: self._quiet(at, self.devices[at].commit(name, timeout_s)) for at in devices})

    async def _quiet(self, device: str, work: Awaitable[None]) -> None:
        """Do it at a device; what that refuses is said without the secrets that are put back there."""
        try:
            await work
        except Rejected as error:
            lines = [line for *_, line in self._change.back[device]] if self._change else []
            if (said := without_secrets_of(lines, error.message)) == error.message:
                raise
            raise Rejected(said, key=error.key, remedy=_MEND) from None

    def is_default(self, row: Row) -> bool:
        """Whether a setting is what it is without being configured."""
        return self.make.is_default(row)

    def may_stay(self, row: Row) -> bool:
        """Whether what a row says may hold also where nothing of cpal's says it."""
        return self.make.is_default(row) or self.make.is_shared(row.key)

    async def confirm(self, revision: int) -> None:
        """Keep what the devices run, and save it: `core.driver.Backend`.

        Raises:
            Moved: a device has gone back to what it was; the others have confirmed.
            Unreachable, TimedOut, Rejected: of a device; the others have confirmed.
        """
        change, self._change = self._change, None
        self._known = None
        name = self._name(revision)
        candidates = await self._at_all(self.devices, lambda device: device.candidates())
        waiting = [each for each, held in candidates.items() if held.get(name, False)]
        await self._at_all(waiting, lambda device: device.confirm(name))
        pages = self.ledger.read()
        if pages.pending is not None and pages.pending.revision == revision:
            held = self._rows(await self._trees())
            lost = [key for key, row in pages.pending.rows.items() if not is_same(held.get(key), row)]
            if lost and change is None:
                self.ledger.undone()
            else:
                self.ledger.done()
            if lost:
                why = "it has gone back to what it was: it was not confirmed in time"
                raise Moved(why, key=device_of(lost[0]), remedy="`cpal apply` brings it in order")
        if change is not None:
            self._known = rows_after(change.before, [op for ops in change.ops.values() for op in ops])

    async def revert(self, revision: int) -> None:
        """Take back what is prepared, or runs unconfirmed, at every device: `core.driver.Backend`.

        Raises:
            Partial: one could not be brought back; its timer still may.
        """
        self._change, self._known, self._applied = None, None, {}
        try:
            await self._at_all(self.devices, self._clear)
        except CpalError as worse:
            remedy = "its timer brings it back; then `cpal apply`"
            raise Partial(f"it could not be brought back: {worse.message}", key=worse.key, remedy=remedy) from worse
        self.ledger.undone()

    async def unconfirmed(self) -> Mapping[str, int]:
        """The devices that wait to be confirmed, each with the revision. Raises: Unreachable, TimedOut."""
        found = await self._at_all(self.devices, self._revision_waiting)
        return {name: revision for name, revision in found.items() if revision is not None}

    def _name(self, revision: int) -> str:
        return f"{self._prefix}{revision}"

    async def _clear(self, device: Switch) -> None:
        for name in await device.candidates():
            if name.startswith(self._prefix):
                try:
                    await device.abort(name)
                except (Rejected, Moved):
                    if name in await device.candidates():  # else its timer was faster, and took it back
                        raise

    async def _revision_waiting(self, device: Switch) -> int | None:
        names = [name for name, waits in (await device.candidates()).items() if waits and name.startswith(self._prefix)]
        return next((int(name.removeprefix(self._prefix)) for name in names), None)

    def _refuse_moved(self, ops: Iterable[Op], now: Seen, held: Mapping[RowKey, Row]) -> None:
        for op in ops:
            current = held.get(op.key) if op.action == "adopt" else now.rows.get(op.key)
            if op.before is None and op.key in now.foreign:
                raise NotOwned("it is there and is not cpal's", key=str(op.key), seen=now.foreign[op.key])
            if not is_same(current, op.before):
                raise Moved("it changed since it was seen", key=str(op.key), remedy="plan again; nothing was changed")

    async def _at_all(self, names: Iterable[str], ask: Callable[[Switch], Awaitable[T]]) -> dict[str, T]:
        """What each of these devices gives, side by side; raise the first fault once all have ended."""
        return await self._at_each({name: ask(self.devices[name]) for name in names})

    async def _at_each(self, work: Mapping[str, Awaitable[T]]) -> dict[str, T]:
        ordered = sorted(work)
        found = await asyncio.gather(*(work[name] for name in ordered), return_exceptions=True)
        for name, each in zip(ordered, found, strict=True):
            if isinstance(each, CpalError) and not each.key.startswith(name):
                each.key = f"{name} ({each.key})" if each.key else name
            if isinstance(each, BaseException):
                raise each
        return dict(zip(ordered, found, strict=True))  # type: ignore[arg-type]  # no fault is among them

    # ------------------------------------------------------------------------------------------ for others

    async def settled(self, timeout_s: float) -> None:
        """What runs is in effect."""

    async def ports(self) -> Mapping[str, PortStatus]:
        """None: instances are plugged in elsewhere."""
        return {}

    async def changed_ports(self) -> Mapping[str, bool]:
        """None."""
        return {}

    async def hosts(self) -> Mapping[str, HostStatus]:
        """None: a switch is no hypervisor."""
        return {}

    async def vnis_of_others(self) -> Mapping[int, str]:
        """None: no VNI is asked for here."""
        return {}

    async def keys(self) -> TunnelKeys:
        """None."""
        return TunnelKeys({}, {})


def _does(held: Row, wanted: Row) -> bool:
    """Whether what others configured does in the place of what is wanted."""
    return is_anyones(wanted) and not is_same(held, wanted)


def _recognised(row: Row, known: Row | None, ours: Row) -> Row:
    if known is not None and is_same(known, row):
        return known
    return Row(row.key, row.columns, ours.because, row.within)
