"""Writing the Northbound database: ops become transactions that happen to what was seen, or not at all.

    lock      one writer for each store; every transaction asserts it
    guards    whatever is touched or needed is as it was seen, else Moved and nothing is done
    cells     NB_Global says how far an apply is; its last transaction writes the revision
    order     a part is sent while the one before is under way, and guards that it was done
    loss      after a lost reply the lock is asked for again (so the old session is over), then the cell tells whether
              the transaction happened

Source: RFC 7047 sections 4.1.8 and 5.2; ovsdb-server(7) section 5.2.1 (chosen UUIDs).
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from secrets import token_hex

from cpal.core.rows import Op, RowKey
from cpal.drivers.ovn.batch import OTHERS_INSIDE, Batch, split
from cpal.drivers.ovn.guards import GONE, Guard, guards, held
from cpal.drivers.ovn.release import Rows
from cpal.drivers.ovn.tables import SHARED_COLUMN, VERSION
from cpal.drivers.ovn.tags import OWNER, Tags
from cpal.drivers.ovn.wire import Wire
from cpal.errors import (
    Busy,
    CpalError,
    Moved,
    NotOwned,
    Partial,
    Rejected,
    TimedOut,
    Unavailable,
    Unreachable,
    Unverified,
)
from cpal.ovsdb import ops as ovsdb
from cpal.ovsdb.client import Client
from cpal.ovsdb.lock import Lock
from cpal.ovsdb.results import OpFault
from cpal.ovsdb.rows import RowCodec

LOCK_TIMEOUT_S = 10.0
"""How long another apply of the same store is waited for."""

UNDER_WAY = 2
"""How many transactions the server may have, so that it need not wait for the next to arrive."""

YIELD_OPS = 250
"""How many ops are written before the connection may send and receive."""

OUT_OF_ORDER = "the transaction before it was not done"
"""What is wrong when a part would be done without the one before."""

_INDEX = re.compile(r'multiple rows in "(\w+)" table to have identical values \("?([^")]*)"?\)')


class Apply:
    """One apply: `existing` are the UUIDs of the rows observed, `initialised` whether NB_Global has its row.

    `unowned` are those of the rows that are not ours yet.

    The lock is kept afterwards where the turn is; whoever keeps it gives it back.
    """

    def __init__(
        self,
        client: Client,
        tags: Tags,
        existing: Mapping[RowKey, str],
        initialised: bool,
        ops: Sequence[Op],
        unowned: Collection[RowKey] = (),
        lock_timeout_s: float = LOCK_TIMEOUT_S,
        keep_turn: bool = False,
    ) -> None:
        self.wire = Wire(client.schema, tags, existing, ops, unowned)
        self._token = token_hex(16)
        self._client = client
        self._tags = tags
        self._initialised = initialised
        self._ops = ops
        self._lock: Lock | None = None
        self._lock_timeout_s = lock_timeout_s
        self._keep_turn = keep_turn

    async def run(self, revision: int) -> None:
        """Do it. Raises as `core.driver.Backend.apply`."""
        parts = split(self._ops, self.wire)
        checks = guards(parts, self.wire)
        await self._take_turn()
        try:
            if len(parts) == 1:
                await self._transact(await self._whole(parts[0], checks[0], 1, revision), 1)
            else:
                await self._run_parts(parts, checks, revision)
        finally:
            if not self._keep_turn:
                await self._give_turn()

    async def _run_parts(self, parts: Sequence[Sequence[Op]], checks: Sequence[Sequence[Guard]], revision: int) -> None:
        """Do one part after another, each written and sent while those before it are under way."""
        under_way: deque[asyncio.Task[None]] = deque()
        try:
            for number, part in enumerate(parts, start=1):
                guarded = [*self._in_order(number), *checks[number - 1]]
                batch = await self._whole(part, guarded, number, revision if number == len(parts) else None)
                while len(under_way) == UNDER_WAY:
                    await under_way[0]
                    under_way.popleft()
                under_way.append(asyncio.create_task(self._commit(batch, number, len(parts))))
                await asyncio.sleep(0)
            self.wire.work_out()  # while the server works
            for task in under_way:
                await task
        finally:
            await _ended(under_way)

    async def check(self) -> None:
        """Take the lock, which is kept, and see that the ops could be done now. Raises as `run`; nothing is done."""
        [checks, *_] = guards(split(self._ops, self.wire), self.wire)
        await self._take_turn()
        if checks:
            try:
                await self._client.transact([check.operation for check in checks])
            except Moved as fault:
                raise await self._explained(fault, dict(enumerate(checks))) from fault

    async def replace(
        self,
        ops_of: Callable[[Rows], list[ovsdb.Op]],
        read: Callable[[], Awaitable[Rows]],
        revision: int,
    ) -> None:
        """Do operations that follow from all rows as they are, in one transaction, and leave the revision's number.

        Raises: as `run`.
        """
        await self._take_turn()
        try:
            batch = Batch(self.wire)
            batch.operations += ops_of(await read())
            batch.finish(self._cells(1, revision))
            await self._transact(batch, 1)
        finally:
            await self._give_turn()

    async def verify(self) -> None:
        """See that all of it is there, by what `self.wire` knows of rows made and gone.

        Raises:
            Unverified: naming the first row that is not as applied.
        """
        checks = list(held(self._ops, self.wire))
        if not checks:
            return
        try:
            await self._client.transact([check.operation for check in checks])
        except Moved as fault:
            found = await self._explained(fault, dict(enumerate(checks)))
            raise Unverified(found.message, key=found.key, field=found.field, wanted=found.wanted, seen=found.seen,
                             remedy="somebody else may be writing there; see `cpal plan`") from fault  # fmt: skip

    async def _whole(self, part: Sequence[Op], checks: Sequence[Guard], number: int, revision: int | None) -> Batch:
        """A part as a transaction, written while the one before is under way: so let that be sent now and then."""
        batch = Batch(self.wire)
        batch.require(checks)
        for place, op in enumerate(part, start=1):
            batch.add(op)
            if place % YIELD_OPS == 0:
                await asyncio.sleep(0)
        batch.finish(self._cells(number, revision))
        return batch

    async def _commit(self, batch: Batch, number: int, of: int) -> None:
        try:
            await self._transact(batch, number)
        except CpalError as fault:
            if number == 1:
                raise
            raise Partial(
                f"{number - 1} of {of} transactions are done, then: {fault}", key=fault.key, remedy="run it again"
            ) from fault

    async def _transact(self, batch: Batch, number: int) -> None:
        try:
            await self._client.transact(batch.operations)
        except (Moved, Rejected) as fault:
            raise await self._explained(fault, batch.subjects) from fault
        except (Unreachable, TimedOut) as fault:
            if not await self._happened(number, fault):
                raise type(fault)(
                    "the connection was lost before the change was made; nothing of it was done",
                    key=fault.key or self._client.database,
                    remedy="try again",
                ) from fault

    # ------------------------------------------------------------------------------------------ the lock

    async def _take_turn(self) -> None:
        self._lock = self._client.held(self._tags.lock)
        if self._lock is not None:
            return
        self._lock = await self._client.lock(self._tags.lock)
        try:
            await self._acquired(self._lock)
        except BaseException:
            await self._give_turn()
            raise

    async def _acquired(self, lock: Lock) -> None:
        try:
            async with asyncio.timeout(self._lock_timeout_s):
                await lock.acquired()
        except TimeoutError:
            raise Busy(
                f"another process has been writing for more than {self._lock_timeout_s:g} s",
                key=self._client.database,
                remedy="try again when it is done",
            ) from None

    async def _give_turn(self) -> None:
        """Unlock; a connection that is gone has unlocked already."""
        try:
            await self._client.unlock(self._tags.lock)
        except Unavailable:
            return

    # ------------------------------------------------------------------------------------------ the cells

    def _progress(self, number: int) -> str:
        return f"{self._token} {number}"

    def _in_order(self, number: int) -> list[Guard]:
        """That the transaction before is done: this one is sent before that one's reply has come."""
        if number == 1:
            return []
        table = self._client.schema.table("NB_Global")
        cell = {self._tags.progress_cell: self._progress(number - 1)}
        before = [ovsdb.condition(table, SHARED_COLUMN, "includes", cell)]
        done = ovsdb.wait(table, before, columns=("_uuid",), until="!=")
        return [Guard(done, RowKey("NB_Global", "cpal"), OUT_OF_ORDER)]

    def _cells(self, number: int, revision: int | None) -> list[ovsdb.Op]:
        table = self._client.schema.table("NB_Global")
        cells = {self._tags.progress_cell: self._progress(number)}
        if revision is not None:
            cells[self._tags.revision_cell] = str(revision)
            cells[self._tags.version_cell] = str(VERSION)
        if number == 1 and not self._initialised:
            return [ovsdb.insert(table, {SHARED_COLUMN: cells})]
        keys = ovsdb.exclude_keys(table, SHARED_COLUMN, cells)
        return [ovsdb.mutate(table, [], keys, ovsdb.include(table, SHARED_COLUMN, cells))]

    async def _happened(self, number: int, fault: CpalError) -> bool:
        """Whether a transaction whose reply was lost was done."""
        try:
            assert self._lock is not None
            await self._acquired(self._lock)
            table = self._client.schema.table("NB_Global")
            result = await self._client.transact([ovsdb.select(table, [], (SHARED_COLUMN,))])
        except (Unavailable, Busy) as silence:
            raise Partial(
                f"the connection was lost and it is not known whether the transaction was done: {fault.message}",
                key=self._client.database,
                remedy="run it again when the target answers",
            ) from silence
        found = RowCodec(table, (SHARED_COLUMN,)).rows(result[0].rows)
        cell = found[0][SHARED_COLUMN].get(self._tags.progress_cell, "") if found else ""
        token, _, done = cell.partition(" ")
        return token == self._token and int(done) >= number

    # ------------------------------------------------------------------------------------------ faults

    async def _explained(self, fault: CpalError, subjects: Mapping[int, Guard]) -> CpalError:
        """The fault in terms of the row it is about; `subjects` says that of an operation by its place."""
        seen = fault.seen
        if not isinstance(seen, OpFault):
            return fault
        subject = subjects.get(seen.index)
        if subject is not None and seen.error == "timed out":
            return await self._moved(subject)
        if subject is not None and seen.error == "duplicate uuid":
            return await self._duplicate(subject)
        taken = _INDEX.search(seen.details)
        if taken:
            return NotOwned(
                "a row of that name was made at the target meanwhile, and it is not cpal's",
                key=f"{taken[1]} {taken[2]}",
                remedy="remove or rename it there; nothing was changed",
            )
        return fault

    async def _moved(self, guard: Guard) -> CpalError:
        if guard.problem == OTHERS_INSIDE:
            return NotOwned(OTHERS_INSIDE, key=str(guard.row), remedy="remove them first; nothing was changed")
        if guard.problem == OUT_OF_ORDER:
            return _gone_by(guard)
        wanted = guard.operation["rows"][0]
        table = self.wire.table(guard.row)
        codec = RowCodec(table, guard.operation["columns"])
        select = ovsdb.select(table, ovsdb.row(self.wire.uuid(guard.row)), ("_uuid", *codec.columns))
        found = codec.rows((await self._client.transact([select]))[0].rows)
        if not found:
            return _gone_by(guard._replace(problem=GONE))
        for column in codec.columns:
            if table.encode_value(column, found[0][column]) != wanted[column]:
                return _gone_by(guard, column, wanted[column], found[0][column])
        return _gone_by(guard)

    async def _duplicate(self, subject: Guard) -> CpalError:
        table = self.wire.table(subject.row)
        codec = RowCodec(table, (SHARED_COLUMN,))
        select = ovsdb.select(table, ovsdb.row(self.wire.uuid(subject.row)), ("_uuid", SHARED_COLUMN))
        found = codec.rows((await self._client.transact([select]))[0].rows)
        if found and found[0][SHARED_COLUMN].get(OWNER) == self._tags.owner:
            return _gone_by(subject._replace(problem="it was made meanwhile"))
        return NotOwned(
            f"cpal made it once and its tags were taken away (row {self.wire.uuid(subject.row)})",
            key=str(subject.row),
            remedy="delete that row; nothing was changed",
        )


async def _ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Let nothing go on after us."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _gone_by(guard: Guard, column: str = "", wanted: object = None, seen: object = None) -> Moved:
    return Moved(
        guard.problem,
        key=str(guard.row),
        field=column,
        wanted=wanted,
        seen=seen,
        remedy="plan again; nothing was changed",
    )
