"""A fabric whose leaves run FRR, as a backend.

Theory. A leaf has no transactions, and several leaves have none in common. So an apply takes the turn at every leaf,
looks at all of them, and only where nothing moved changes them, side by side: each with a watchdog beside it, which
takes the change back by itself unless it is confirmed in time (`watchdog`). When one refuses, all are brought back to
what was seen before. What is confirmed is what a leaf starts with from then on (`kept`), with the revision; the
fabric's is the least of its leaves'.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from cpal.core.driver import (
    NO_ROWS,
    HostStatus,
    PortStatus,
    Seen,
    TunnelKeys,
)
from cpal.core.rows import Action, Op, Row, RowKey, is_same, rows_after
from cpal.drivers.devices.confirmed import ConfirmedBackend
from cpal.drivers.devices.frr.editing import Edited, edited
from cpal.drivers.devices.frr.leaf import LeafConnection
from cpal.drivers.devices.frr.make import MAKE, RULES, is_setting
from cpal.drivers.devices.frr.observe import LeafState
from cpal.drivers.devices.frr.render.names import FILTERS, PORT, VXLAN
from cpal.drivers.devices.frr.settled import missing_at
from cpal.drivers.devices.frr.tables import VERSION
from cpal.drivers.devices.parse.sanitized import without_secrets
from cpal.errors import Busy, CpalError, Invalid, Moved, NotOwned, Partial, Rejected, TimedOut, Unavailable, Unsupported
from cpal.model.network import Port
from cpal.model.target import Target

_POLL_S = 0.05


class Change(NamedTuple):
    """A change in steps: whom it leaves out, its revision, its ops by leaf, and what the leaves were before it."""

    turns: ExitStack
    revision: int
    ops: Mapping[str, Sequence[Op]]
    states: Mapping[str, LeafState]
    before: Seen


class FrrBackend(ConfirmedBackend):
    """The leaves of one target, for the store `owner`."""

    rules = RULES
    word = "leaves"
    apply_timeout_s = 60.0

    def __init__(self, target: Target, owner: str, leaves: Sequence[LeafConnection]) -> None:
        super().__init__()
        self.target = target
        self.leaves = {leaf.name: leaf for leaf in leaves}
        self._change: Change | None = None
        self._statuses: Mapping[str, PortStatus] | None = None
        self._states: dict[str, LeafState] = {}

    @classmethod
    async def connect(cls, target: Target, owner: str) -> FrrBackend:
        """The backend of a target, whose endpoints name each leaf's directory.

        Raises:
            Invalid: the target names no leaf, or one otherwise than by file:DIRECTORY.
            Unreachable, TimedOut: a leaf does not answer.
        """
        backend = cls(target, owner, [LeafConnection(name, _directory(target, name), owner) for name in _names(target)])
        await asyncio.gather(*(asyncio.to_thread(leaf.check) for leaf in backend.leaves.values()))
        return backend

    async def close(self) -> None:
        """There is no connection to let go of."""

    async def observe_adoptable(self, wanted: Mapping[RowKey, Row]) -> Seen:
        """The same, with what others, or another store, have there that is wanted. Raises: Unreachable, TimedOut."""
        states = await self._observe()
        seen = _seen(states, wanted)
        self._known = seen.rows
        takes = {key: row for key, row in _unowned(states).items() if key in wanted}
        unowned = {key: row for key, row in takes.items() if key in seen.foreign or not is_setting(key)}
        return seen._replace(unowned=unowned, foreign={k: w for k, w in seen.foreign.items() if k not in unowned})

    async def held(self) -> tuple[dict[RowKey, Row], dict[RowKey, Row], dict[RowKey, str]]:
        """All rows that there are, those of them that are not cpal's, and what others call theirs.

        Raises: Unreachable, TimedOut.
        """
        states = await self._observe()
        mine = _unowned(states)
        names = {key: name for state in states.values() for key, (_, name) in state.names.places.items()}
        return {**_seen(states, NO_ROWS).rows, **mine}, mine, names

    # ------------------------------------------------------------------------------------------ a change in steps

    async def prepare(self, ops: Sequence[Op], seen: Seen, revision: int) -> tuple[str, ...]:
        """The leaves that the ops touch, once all leaves are ours to change and as seen: `core.driver.Backend`.

        What a dead process left unconfirmed is taken back first.

        Raises: as `apply`; nothing was done.
        """
        by_leaf = self._by_leaf(ops)
        turns = ExitStack()
        try:
            for name in sorted(self.leaves):
                await asyncio.to_thread(turns.enter_context, self.leaves[name].turn())
            await asyncio.gather(*(asyncio.to_thread(leaf.restore) for leaf in self.leaves.values()))
            states = await self._observe()
            before = _seen(states, NO_ROWS)
            _refuse_moved(ops, before, _unowned(states))
            self._refuse_waiting(ops)
            _refuse_without_nft(ops, states)
            for name, mine in by_leaf.items():
                _edited(states[name], mine)
        except BaseException:
            turns.close()
            raise
        self._change = Change(turns, revision, by_leaf, states, before)
        self._applied = {}
        return tuple(sorted(by_leaf))

    def _refuse_waiting(self, ops: Iterable[Op]) -> None:
        """What another store may yet take back is not taken over."""
        for name in {_leaf(op.key) for op in ops if op.action is Action.ADOPT}:
            if self.leaves[name].waits_for_another():
                remedy = "confirm or revert that one first; nothing was changed"
                raise Busy("a change of another store waits there to be confirmed", key=name, remedy=remedy)

    def _by_leaf(self, ops: Iterable[Op]) -> dict[str, list[Op]]:
        by_leaf: dict[str, list[Op]] = {}
        for op in ops:
            by_leaf.setdefault(_leaf(op.key), []).append(op)
        for name in by_leaf:
            if name not in self.leaves:
                raise Rejected("the target has no such leaf", key=name, remedy="name it among the target's endpoints")
        return by_leaf

    async def commit_confirmed(self, devices: Collection[str], timeout_s: float) -> None:
        """Change these leaves side by side, each with a watchdog: `core.driver.Backend`.

        Raises:
            Rejected, Unreachable, TimedOut: the first fault, once all have ended.
        """
        change = self._change
        assert change is not None, "nothing is prepared"
        ops = [op for name in devices for op in change.ops[name]]
        self._applied |= {op.key: op.after for op in ops}
        await _all_ended(
            asyncio.to_thread(
                self.leaves[name].commit, change.ops[name], change.states[name], change.revision, timeout_s
            )
            for name in sorted(devices)
        )

    async def confirm(self, revision: int) -> None:
        """Keep what the leaves have, also when they start again: `core.driver.Backend`.

        Raises:
            Moved: a watchdog has brought a leaf back; the others have confirmed.
            Unreachable, TimedOut, Rejected: of a leaf; the others have confirmed.
        """
        change, self._change = self._change, None
        with change.turns if change else self._all_turns():
            rows = rows_after(change.before.rows, [op for ops in change.ops.values() for op in ops]) if change else None
            changed = set(change.ops if change else self.leaves)
            self._known = None
            await _all_ended(
                asyncio.to_thread(self._confirm_at, name, rows, revision, name in changed)
                for name in sorted(self.leaves)
            )
        self._known = rows

    def _confirm_at(self, name: str, rows: Mapping[RowKey, Row] | None, revision: int, changed: bool) -> None:
        """Of a leaf whose rows nobody knows any more, those that it has, whether or not they wait."""
        leaf = self.leaves[name]
        held = leaf.observe().rows if rows is None else {k: row for k, row in rows.items() if _leaf(k) == name}
        if not leaf.confirm(held.values(), revision, VERSION, waiting=changed and rows is not None):
            remedy = "`cpal apply` brings it in order"
            raise Moved("its watchdog has brought it back: it was not confirmed in time", key=name, remedy=remedy)
        if changed:
            leaf.save()

    async def revert(self, revision: int) -> None:
        """Bring back every leaf that waits to be confirmed: `core.driver.Backend`.

        Raises:
            Partial: one could not be; its watchdog goes on trying.
        """
        change, self._change = self._change, None
        self._known = None
        with change.turns if change else self._all_turns():
            try:
                await _all_ended(asyncio.to_thread(leaf.restore) for leaf in self.leaves.values())
            except CpalError as worse:
                remedy = "its watchdog brings it back once it answers; or `cpal apply` does"
                raise Partial(f"it could not be brought back: {worse.message}", key=worse.key, remedy=remedy) from worse

    async def unconfirmed(self) -> Mapping[str, int]:
        """The leaves that wait to be confirmed, each with the revision."""
        found = {name: leaf.unconfirmed() for name, leaf in self.leaves.items()}
        return {name: pending.revision for name, pending in found.items() if pending is not None}

    def _all_turns(self) -> ExitStack:
        turns = ExitStack()
        try:
            for name in sorted(self.leaves):
                turns.enter_context(self.leaves[name].turn())
        except BaseException:
            turns.close()
            raise
        return turns

    async def commands(self, ops: Sequence[Op]) -> Mapping[str, Sequence[str]]:
        """What the daemons of leaves are told of which settings change; what a fabric needs is not known before.

        Raises Unsupported: a leaf cannot be told.
        """
        _refuse_without_nft(ops, self._states)
        by_leaf = self._by_leaf(ops)
        by_leaf = {name: mine for name, mine in by_leaf.items() if any(is_setting(op.key) for op in mine)}
        return {name: self._lines(name, mine) for name, mine in by_leaf.items() if name in self._states}

    def _lines(self, name: str, ops: Sequence[Op]) -> list[str]:
        """Without secrets of others that are put back."""
        before, after = self._states[name].tree, _edited(self._states[name], ops)
        known = {line for _, lines in MAKE.told(before, after.without) for line in lines}
        every = [line for _, lines in MAKE.told(before, after.tree) for line in lines]
        return [line if line in known else without_secrets(line) for line in every]

    async def settled(self, timeout_s: float) -> None:
        """Return when each leaf knows whom to send to, for each of its VNIs. Raises: TimedOut, Unreachable."""
        deadline = time.monotonic() + timeout_s
        states = await self._observe()
        while True:
            late = [
                words
                for name, leaf in self.leaves.items()
                for words in await asyncio.to_thread(missing_at, leaf, states[name], states)
            ]
            if not late:
                return
            if time.monotonic() > deadline:
                remedy = "see what `vtysh -c 'show bgp l2vpn evpn'` says there"
                raise TimedOut(f"after {timeout_s:g} s: {'; '.join(late)}", key=self.target.name, remedy=remedy)
            await asyncio.sleep(_POLL_S)

    async def ports(self) -> Mapping[str, PortStatus]:
        """The status of each port by its id: ACTIVE where a cable is in. Raises: Unreachable, TimedOut."""
        found = {}
        for name, state in (await self._observe()).items():
            for key, row in state.rows.items():
                if key.table == PORT and any(each.kind == Port.kind for each in row.because[:1]):
                    up = key.name.split()[1] in state.up and "bridge" in row.columns
                    found[row.because[0].id] = PortStatus("ACTIVE" if up else "DOWN", name)
        return found

    async def changed_ports(self) -> Mapping[str, bool]:
        """The ports whose status differs from when this was last asked, each with whether it is down."""
        now, before = await self.ports(), self._statuses
        self._statuses = now
        ids = now.keys() | (before or {}).keys()
        changed = [id for id in ids if before is None or now.get(id) != before.get(id)]
        return {id: before is not None and id in now and now[id].status == "DOWN" for id in changed}

    async def hosts(self) -> Mapping[str, HostStatus]:
        """The leaves that answer, by name."""
        found = {}
        for name, leaf in self.leaves.items():
            try:
                await asyncio.to_thread(leaf.ask, "bgpd", "show bgp router json")
            except Unavailable:
                found[name] = HostStatus(name, "", {}, {}, alive=False)
            else:
                found[name] = HostStatus(name, "", {}, {}, heard_at=time.time(), alive=True)
        return found

    async def vnis_of_others(self) -> Mapping[int, str]:
        """The VNIs of VXLAN devices that are not ours, with words for whose. Raises: Unreachable, TimedOut."""
        foreign = _seen(await self._observe(), NO_ROWS).foreign
        return {
            int(key.name.rpartition("vx")[2]): f"{key}, {whose}"
            for key, whose in foreign.items()
            if key.table == VXLAN and key.name.rpartition("vx")[2].isdecimal()
        }

    async def keys(self) -> TunnelKeys:
        """The records behind the VNIs on the wire. Raises: Unreachable, TimedOut."""
        rows = _seen(await self._observe(), NO_ROWS).rows.values()
        vxlan = [row for row in rows if row.key.table == VXLAN and row.because]
        return TunnelKeys({int(str(row.columns["vni"])): row.because[0].id for row in vxlan}, {})

    async def _look(self, known: Mapping[RowKey, Row]) -> Seen:
        return _seen(await self._observe(), known)

    async def _observe(self) -> dict[str, LeafState]:
        names = sorted(self.leaves)
        found = await asyncio.gather(*(asyncio.to_thread(self.leaves[name].observe) for name in names))
        self._states = dict(zip(names, found, strict=True))
        return self._states


def _names(target: Target) -> list[str]:
    if not target.endpoints:
        raise Invalid("it names no leaf", key=f'target "{target.name}"', field="endpoints",
                      remedy="write LEAF: file:DIRECTORY for each, the directory of its daemons' sockets")  # fmt: skip
    return sorted(target.endpoints)


def _directory(target: Target, leaf: str) -> Path:
    scheme, _, place = target.endpoints[leaf].partition(":")
    if scheme != "file" or not place:
        raise Invalid(f"{target.endpoints[leaf]!r} leads to no leaf", key=f'target "{target.name}"', field="endpoints",
                      remedy="write file:DIRECTORY, the directory of its daemons' sockets")  # fmt: skip
    return Path(place)


async def _all_ended(work: Iterable[Awaitable[None]]) -> None:
    """Let all work end; raise the first fault then."""
    faults = [found for found in await asyncio.gather(*work, return_exceptions=True) if found is not None]
    if faults:
        raise faults[0]


def _edited(state: LeafState, ops: Sequence[Op]) -> Edited:
    return edited(state.name, state.tree, ops, state.rows, state.lost)


def _leaf(key: RowKey) -> str:
    return key.name.partition(" ")[0]


def _seen(states: Mapping[str, LeafState], known: Mapping[RowKey, Row]) -> Seen:
    """What all leaves hold; the revision is the least that was applied at one."""
    rows: dict[RowKey, Row] = {}
    foreign: dict[RowKey, str] = {}
    for state in states.values():
        for key, row in state.rows.items():
            same = known.get(key)
            rows[key] = same if same is not None and is_same(same, row) else row
        foreign |= state.foreign
    marks = [(state.revision, state.version) for state in states.values()]
    return Seen(rows, foreign, min(mark[0] for mark in marks), max(mark[1] for mark in marks))


def _unowned(states: Mapping[str, LeafState]) -> dict[RowKey, Row]:
    """The rows of others, at all leaves."""
    return {key: row for state in states.values() for key, row in state.unowned.items()}


def _refuse_moved(ops: Iterable[Op], now: Seen, unowned: Mapping[RowKey, Row]) -> None:
    for op in ops:
        if op.before is None and op.key in now.foreign:
            raise NotOwned("it is there and is not cpal's", key=str(op.key), seen=now.foreign[op.key])
        current = (unowned if op.action is Action.ADOPT else now.rows).get(op.key)
        if not is_same(current, op.before):
            raise Moved("it changed since it was seen", key=str(op.key), remedy="plan again; nothing was changed")


def _refuse_without_nft(ops: Iterable[Op], states: Mapping[str, LeafState]) -> None:
    for op in ops:
        state = states.get(_leaf(op.key)) if op.key.table in FILTERS else None
        if state is not None and not state.has_nft:
            why = "it has no nft, with which packets are filtered at its ports"
            remedy = "install nftables there, or set port_security_enabled to false; nothing was changed"
            raise Unsupported(why, key=state.name, remedy=remedy)
