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
from typing import NamedTuple, NoReturn

from cpal.core.diff import diff
from cpal.core.driver import (
    NO_ROWS,
    Difference,
    Gateways,
    HostStatus,
    PortStatus,
    Rules,
    Seen,
    TunnelKeys,
    TunnelNames,
)
from cpal.core.rows import Op, Row, RowKey, are_the_very, is_same, rows_after
from cpal.drivers.devices.frr.capability import CAPABILITY
from cpal.drivers.devices.frr.leaf import LeafConnection
from cpal.drivers.devices.frr.observe import LeafState
from cpal.drivers.devices.frr.render import DRIVER, RENDER
from cpal.drivers.devices.frr.render.names import PORT, VXLAN
from cpal.drivers.devices.frr.settled import missing_at
from cpal.drivers.devices.frr.tables import TABLES, VERSION
from cpal.errors import CpalError, Invalid, Moved, NotOwned, Partial, Rejected, TimedOut, Unavailable, Unverified
from cpal.model.target import Target

RULES = Rules(DRIVER, CAPABILITY, TABLES, RENDER, (), VERSION)
"""The pure half."""
APPLY_TIMEOUT_S = 60.0
"""How long after its change a leaf goes back by itself when cpal, which confirms at once, dies on the way."""
_POLL_S = 0.05


class Change(NamedTuple):
    """A change in steps: whom it leaves out, its revision, its ops by leaf, and what the leaves were before it."""

    turns: ExitStack
    revision: int
    ops: Mapping[str, Sequence[Op]]
    states: Mapping[str, LeafState]
    before: Seen


class FrrBackend:
    """The leaves of one target, for the store `owner`."""

    rules = RULES

    def __init__(self, target: Target, owner: str, leaves: Sequence[LeafConnection]) -> None:
        self.target = target
        self.leaves = {leaf.name: leaf for leaf in leaves}
        self._known: Mapping[RowKey, Row] | None = None
        self._applied: dict[RowKey, Row | None] = {}
        self._change: Change | None = None
        self._statuses: Mapping[str, PortStatus] | None = None

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

    async def observe(self, known: Mapping[RowKey, Row] = NO_ROWS) -> Seen:
        """The rows held now; one that is as in `known` is that very object. Raises: Unreachable, TimedOut."""
        seen = _seen(await self._observe(), known)
        self._known = seen.rows
        return seen

    async def observe_adoptable(self, wanted: Mapping[RowKey, Row]) -> Seen:
        """The same: what others configured is never taken over. Raises: Unreachable, TimedOut."""
        return await self.observe(wanted)

    async def recall(self, at_once: bool = False) -> Seen | None:
        """The rows held now, if they are as last seen or applied; else None. Raises: Unreachable, TimedOut."""
        if self._known is None:
            return None
        seen = _seen(await self._observe(), self._known)
        return seen if are_the_very(seen.rows, self._known) else None

    async def follow(self, ops: Sequence[Op], since: int, until: int) -> bool:
        """Take it that another process of this store did these ops: see `core.driver.Backend.follow`.

        Raises:
            Unreachable, TimedOut: a leaf does not answer.
        """
        known = self._known
        if known is None or not all(is_same(known.get(op.key), op.before) for op in ops):
            return False
        expected = rows_after(known, ops)
        seen = _seen(await self._observe(), expected)
        if not since <= seen.revision <= until or not are_the_very(seen.rows, expected):
            return False
        self._known, self._applied = seen.rows, {}
        return True

    async def apply(self, ops: Sequence[Op], seen: Seen, revision: int, keep_turn: bool = False) -> None:
        """Make the ops true if the rows they touch are still as seen; remember `revision` at every leaf.

        Raises:
            Moved: a row changed since it was seen; nothing was done.
            NotOwned: something of others is in the way; nothing was done.
            Busy: another process is writing there; nothing was done.
            Rejected: a leaf refused, and all are as before.
            Partial: a leaf refused or was lost, and some could not be brought back.
            Unreachable, TimedOut: nothing was done.
        """
        leaves = await self.prepare(ops, seen, revision)
        try:
            await self.commit_confirmed(leaves, APPLY_TIMEOUT_S)
        except CpalError as error:
            await self._give_up(error, revision)
        except BaseException:
            await self.revert(revision)
            raise
        await self.confirm(revision)

    async def _give_up(self, error: CpalError, revision: int) -> NoReturn:
        try:
            await self.revert(revision)
        except Partial as worse:
            raise Partial(f"{error.message}; and {worse.message}", key=error.key, remedy=worse.remedy) from error
        raise Rejected(error.message, key=error.key, remedy="all leaves are as before") from error

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
            _refuse_moved(ops, before)
        except BaseException:
            turns.close()
            raise
        self._change = Change(turns, revision, by_leaf, states, before)
        self._applied = {}
        return tuple(sorted(by_leaf))

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

    async def keepsake(self, ops: Sequence[Op], older: bytes) -> bytes:
        """Nothing: nothing is ever taken from others."""
        return older

    async def release(self, kept: bytes, revision: int) -> None:
        """Take away all that is ours. Raises: as `apply`."""
        seen = await self.observe()
        await self.apply(diff({}, seen.rows, TABLES), seen, revision)

    async def give_turn(self) -> None:
        """The turn ends with each apply."""

    async def verify(self) -> None:
        """Return when all that the last apply made is seen there. Raises: Unverified, Unreachable, TimedOut."""
        rows = _seen(await self._observe(), NO_ROWS).rows if self._applied else NO_ROWS
        for key, wanted in self._applied.items():
            if not is_same(rows.get(key), wanted):
                raise Unverified("it is not as applied", key=str(key), remedy="see `cpal plan`")
        self._applied = {}

    async def commands(self, ops: Sequence[Op]) -> Mapping[str, Sequence[str]]:
        """None: what a leaf is told is not known before it is."""
        return {}

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
                if key.table == PORT and row.because:
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

    async def differences(self, wanted: Mapping[RowKey, Row]) -> list[Difference]:
        """None: nobody else keeps intent here."""
        return []

    async def gateways_of_others(self) -> Gateways:
        """None."""
        return Gateways({}, frozenset())

    async def hosts_of_others(self) -> Sequence[HostStatus]:
        """None."""
        return ()

    async def keys(self) -> TunnelKeys:
        """The records behind the VNIs on the wire. Raises: Unreachable, TimedOut."""
        rows = _seen(await self._observe(), NO_ROWS).rows.values()
        vxlan = [row for row in rows if row.key.table == VXLAN and row.because]
        return TunnelKeys({int(str(row.columns["vni"])): row.because[0].id for row in vxlan}, {})

    async def tunnel_names(self) -> TunnelNames:
        """None: a leaf knows numbers alone, what they are called is the estate's."""
        return TunnelNames({}, {})

    async def _observe(self) -> dict[str, LeafState]:
        names = sorted(self.leaves)
        found = await asyncio.gather(*(asyncio.to_thread(self.leaves[name].observe) for name in names))
        return dict(zip(names, found, strict=True))


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


def _refuse_moved(ops: Iterable[Op], now: Seen) -> None:
    for op in ops:
        if op.before is None and op.key in now.foreign:
            raise NotOwned("it is there and is not cpal's", key=str(op.key), seen=now.foreign[op.key])
        if not is_same(now.rows.get(op.key), op.before):
            raise Moved("it changed since it was seen", key=str(op.key), remedy="plan again; nothing was changed")
