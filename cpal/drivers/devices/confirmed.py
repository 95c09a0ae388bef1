"""What backends of devices have in common that commit confirmed: switches of any make, and leaves that run FRR.

Theory. Such a backend says how its devices are looked at, and does the steps of a change (`core.driver.Backend`:
prepare, commit confirmed, verify, confirm, revert). An apply is all of them in a row, and is only confirmed once it was
seen to be there. Nobody else keeps intent at such devices, and there are no hypervisors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, NoReturn

from cpal.core.diff import diff
from cpal.core.driver import NO_ROWS, Difference, Gateways, HostStatus, Rules, Seen, TunnelNames
from cpal.core.rows import Op, Row, RowKey, are_the_very, is_same, rows_after
from cpal.errors import CpalError, Partial, Rejected, Unverified


class ConfirmedBackend(ABC):
    """Devices of one target that commit confirmed."""

    rules: Rules
    word: ClassVar[str] = "devices"
    """What its devices are called."""
    apply_timeout_s: ClassVar[float] = 120.0
    """How long after an apply's change a device goes back by itself when cpal, which confirms at once, dies."""

    def __init__(self) -> None:
        self._known: Mapping[RowKey, Row] | None = None
        self._applied: dict[RowKey, Row | None] = {}

    @abstractmethod
    async def _look(self, known: Mapping[RowKey, Row]) -> Seen:
        """What the devices hold now. Raises: Unreachable, TimedOut."""

    @abstractmethod
    async def prepare(self, ops: Sequence[Op], seen: Seen, revision: int) -> tuple[str, ...]:
        """As `core.driver.Backend`."""

    @abstractmethod
    async def commit_confirmed(self, devices: Collection[str], timeout_s: float) -> None:
        """As `core.driver.Backend`; what it makes is in `_applied`."""

    @abstractmethod
    async def confirm(self, revision: int) -> None:
        """As `core.driver.Backend`."""

    @abstractmethod
    async def revert(self, revision: int) -> None:
        """As `core.driver.Backend`."""

    def may_stay(self, row: Row) -> bool:
        """Whether what a row says may hold also where nothing of cpal's says it."""
        return False

    # ------------------------------------------------------------------------------------------ what they hold

    async def observe(self, known: Mapping[RowKey, Row] = NO_ROWS) -> Seen:
        """The rows held now; one that is as in `known` is that very object. Raises: Unreachable, TimedOut."""
        seen = await self._look(known)
        self._known = seen.rows
        return seen

    def remembered(self) -> Seen | None:
        """Nothing: a device tells nobody that it was changed."""
        return None

    async def recall(self) -> Seen | None:
        """The rows held now, if they are as last seen or applied; else None. Raises: Unreachable, TimedOut."""
        if self._known is None:
            return None
        seen = await self._look(self._known)
        return seen if are_the_very(seen.rows, self._known) else None

    async def look(self) -> bool:
        """No rows are left to see: what `recall` gives was just read."""
        return False

    def has_commands(self, ops: Sequence[Op]) -> bool:
        """Whether `commands` has anything to say of the ops."""
        return bool(ops)

    async def follow(self, ops: Sequence[Op], since: int, until: int) -> bool:
        """Take it that another process of this store did these ops: see `core.driver.Backend.follow`.

        Raises:
            Unreachable, TimedOut: a device does not answer.
        """
        known = self._known
        if known is None or not all(is_same(known.get(op.key), op.before) for op in ops):
            return False
        expected = rows_after(known, ops)
        seen = await self._look(expected)
        if not since <= seen.revision <= until or not are_the_very(seen.rows, expected):
            return False
        self._known, self._applied = seen.rows, {}
        return True

    # ------------------------------------------------------------------------------------------ a change

    async def apply(self, ops: Sequence[Op], seen: Seen, revision: int, keep_turn: bool = False) -> None:
        """Make the ops true if the rows they touch are still as seen, at all devices or at none.

        Raises:
            Moved: a row changed since it was seen; nothing was done.
            NotOwned: something of others is in the way; nothing was done.
            Busy: somebody else is writing there; nothing was done.
            Rejected: a device refused, or does not have what it took; all are as before.
            Partial: a device refused or was lost, and some could not be brought back; their timers still may.
            Unreachable, TimedOut: nothing was done.
        """
        devices = await self.prepare(ops, seen, revision)
        try:
            await self.commit_confirmed(devices, self.apply_timeout_s)
            await self.verify()
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
        raise Rejected(error.message, key=error.key, remedy=f"all {self.word} are as before") from error

    async def verify(self) -> None:
        """Return when all that the last change made is seen there. Raises: Unverified, Unreachable, TimedOut."""
        if not self._applied:
            return
        rows = (await self._look(NO_ROWS)).rows
        for key, wanted in self._applied.items():
            held = rows.get(key)
            if not is_same(held, wanted) and not (wanted is None and held is not None and self.may_stay(held)):
                raise Unverified("it is not as applied", key=str(key), remedy="see `cpal plan`")

    async def release(self, kept: bytes, revision: int) -> None:
        """Take away all that is ours. Raises: as `apply`."""
        seen = await self.observe()
        await self.apply(diff({}, seen.rows, self.rules.tables), seen, revision)

    async def keepsake(self, ops: Sequence[Op], older: bytes) -> bytes:
        """Nothing: what is adopted is as it was, and stays when it is released."""
        return older

    async def give_turn(self) -> None:  # noqa: B027  there is nothing to do, and that is the answer
        """The turn ends with each apply."""

    # ------------------------------------------------------------------------------------------ for others

    async def differences(self, wanted: Mapping[RowKey, Row]) -> list[Difference]:
        """None: nobody else keeps intent here."""
        return []

    async def gateways_of_others(self) -> Gateways:
        """None."""
        return Gateways({}, frozenset())

    async def hosts_of_others(self) -> Sequence[HostStatus]:
        """None."""
        return ()

    async def tunnel_names(self) -> TunnelNames:
        """None: devices know numbers alone; what they are called is the estate's."""
        return TunnelNames({}, {})
