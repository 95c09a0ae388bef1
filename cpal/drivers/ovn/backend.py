"""OVN as a backend: the Northbound database to write, the Southbound database for what became of it."""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

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
from cpal.core.rows import Op, Row, RowKey
from cpal.drivers.ovn import batch, gateways, settled, version
from cpal.drivers.ovn.adopt import Adopting, Comparing
from cpal.drivers.ovn.apply import LOCK_TIMEOUT_S, Apply
from cpal.drivers.ovn.capability import CAPABILITY
from cpal.drivers.ovn.drift import differences
from cpal.drivers.ovn.guards import held
from cpal.drivers.ovn.observe import Observation, Reader
from cpal.drivers.ovn.pulse import Pulse
from cpal.drivers.ovn.release import Rows, kept_rows, merged, read_rows, release_ops
from cpal.drivers.ovn.render import RENDER, SINGLETONS
from cpal.drivers.ovn.rounds import Round
from cpal.drivers.ovn.status import ChassisStatus, Southbound
from cpal.drivers.ovn.tables import TABLES, VERSION
from cpal.drivers.ovn.tags import Tags
from cpal.drivers.ovn.watch import Watch
from cpal.drivers.ovn.wire import Wire
from cpal.errors import Invalid, Moved, Unavailable, Unreachable
from cpal.model.target import Target
from cpal.ovsdb import ops as ovsdb
from cpal.ovsdb.client import Client
from cpal.ovsdb.endpoint import Tls
from cpal.ovsdb.schema import Schema

RULES = Rules("ovn", CAPABILITY, TABLES, RENDER, SINGLETONS, VERSION)
"""The pure half."""

RECONCILE_S = 60.0
"""The age, in seconds, at which rows are read anew: an event that was lost must not hide for ever."""
LONGEST_UNSEEN_S = 600.0
"""The same where a write waits for it: a server looks at them sooner, a few at a time."""


class OvnBackend:
    """An open connection to one OVN, for the store `owner`."""

    rules = RULES

    def __init__(self, target: Target, owner: str, northbound: Client, tls: Tls | None = None) -> None:
        self.target = target
        self._tags = Tags(owner)
        self._northbound = northbound
        self._tls = tls
        self._southbound: Southbound | None = None
        self._southbound_wanted = asyncio.Lock()
        self._pulse = Pulse()
        self._reader: tuple[Schema, Reader] | None = None
        self._observed: Observation | None = None
        self._observed_at = 0.0
        self._applied: Apply | None = None
        self._prepared: tuple[Sequence[Op], Seen, int] | None = None
        self._watch: Watch | None = None
        self._round: Round | None = None
        self._turn = asyncio.Lock()
        self.lock_timeout_s = LOCK_TIMEOUT_S

    @classmethod
    async def connect(cls, target: Target, owner: str, tls: Tls | None = None) -> OvnBackend:
        """The backend of a target. The Southbound database is connected when status is first asked for.

        `tls` is what `ssl:` endpoints need.

        Raises:
            Invalid: the target names no Northbound endpoint, or a malformed one.
            Unreachable, TimedOut: it does not answer.
        """
        client = await Client.connect(_endpoint(target, "northbound"), "OVN_Northbound", tls)
        return cls(target, owner, client, tls)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._northbound.close()
        if self._southbound is not None:
            await self._southbound.close()

    async def observe(self, known: Mapping[RowKey, Row] = NO_ROWS) -> Seen:
        """The rows held now; one that is as in `known` is that very object. Raises: Unreachable, TimedOut."""
        return (await self._observe(known)).seen

    async def observe_adoptable(self, wanted: Mapping[RowKey, Row]) -> Seen:
        """The same, with the rows of others that stand for one wanted. Raises: Unreachable, TimedOut."""
        return await self._observe_others(Adopting(self._tags, wanted), wanted)

    async def _observe_others(self, reading: Adopting, wanted: Mapping[RowKey, Row]) -> Seen:
        await self._observe(wanted)
        reader = self._read_by()
        foreign = (await self._watching()).foreign()
        results = await self._northbound.transact(reader.request_all())
        self._observed = reader.read_by(reading, results, foreign)
        return self._observed.seen

    async def recall(self) -> Seen | None:
        """The rows as last observed and then applied; None where others touched one. Raises: Unreachable, TimedOut.

        What was observed too long ago must be observed again: an event that was lost must not hide. The applied
        revision is asked for, since its answer comes after the news of all that was committed before.
        """
        if self._observed is None or time.monotonic() - self._observed_at > RECONCILE_S:
            return None
        reader = self._read_by()
        [result] = await self._northbound.transact([reader.request_revision()])
        if reader.read_revision(result) != self._observed.seen.revision:
            return None
        return self.remembered()

    def remembered(self) -> Seen | None:
        """The same, of what is known already: see `core.driver.Backend.remembered`."""
        known, watch = self._observed, self._watch
        if known is None or watch is None or watch.tripwire.tripped:
            return None
        if time.monotonic() - self._observed_at > LONGEST_UNSEEN_S:
            return None
        return known.seen._replace(foreign=watch.foreign())

    async def look(self) -> bool:
        """See whether a few of the rows remembered are so: see `core.driver.Backend.look`.

        Raises:
            Moved: one is not.
            Unreachable, TimedOut: the target does not answer.
        """
        async with self._turn:
            known, watch = self._observed, self._watch
            if known is None or watch is None or watch.tripwire.tripped:
                raise Moved("others were there", key=self.target.name, remedy="plan again")
            if self._round is None or self._round.rows is not known.seen.rows:
                self._round = Round(known.seen.rows)
            try:
                more = await self._round.step(self._northbound, self._read_by(), known)
            except Moved:
                if not watch.tripwire.tripped:  # what was told of can be another server's, which `follow` sees
                    self._observed = None
                raise
            if not more:
                self._observed_at, self._round = time.monotonic(), None
            return more

    async def follow(self, ops: Sequence[Op], since: int, until: int) -> bool:
        """Take it that another process of this store did these ops: see `core.driver.Backend.follow`.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """
        async with self._turn:
            known, watch = self._observed, self._watch
            if known is None or watch is None or not known.has(op.before for op in ops):
                return False
            reader = self._read_by()
            made = {op.key: self._tags.uuid(op.key) for op in ops if op.before is None}
            wire = Wire(self._northbound.schema, self._tags, ChainMap(made, known.uuids), ops)
            try:
                checks = [check.operation for check in held(ops, wire)]
                *_, result = await self._northbound.transact([*checks, reader.request_revision()])
            except Moved:
                return False
            revision = reader.read_revision(result)
            if not since <= revision <= until or known is not self._observed:
                return False
            self._applied = None
            self._note(known, wire, ops, revision)
            return not watch.tripwire.tripped

    async def apply(self, ops: Sequence[Op], seen: Seen, revision: int, keep_turn: bool = False) -> None:
        """Make the ops true if the rows they touch are still as seen; remember `revision` at the target.

        Raises:
            Moved: a row changed since it was seen; nothing was done.
            NotOwned: a row of others is in the way; nothing was done.
            Busy: another process is writing for this store; nothing was done.
            Rejected: the database refused; nothing was done.
            Partial: the connection was lost on the way, or a later one of several transactions failed.
            Unreachable, TimedOut: nothing was done.
        """
        async with self._turn:
            apply, known = await self._begun(ops, keep_turn)
            if len(ops) > batch.MOST_OPS:
                await self._look_away()
            await apply.run(revision)
            self._applied = apply
            self._note(known, apply.wire, ops, revision)

    async def _begun(self, ops: Sequence[Op], keep_turn: bool) -> tuple[Apply, Observation]:
        known = self._observed or await self._observe()
        unowned, initialised = known.seen.unowned, known.initialised
        wait_s = self.lock_timeout_s
        return Apply(self._northbound, self._tags, known.uuids, initialised, ops, unowned, wait_s, keep_turn), known

    async def prepare(self, ops: Sequence[Op], seen: Seen, revision: int) -> tuple[str, ...]:
        """One device, "", once the lock is ours and all is as seen. Raises: as `apply`; nothing was done."""
        async with self._turn:
            apply, _ = await self._begun(ops, keep_turn=True)
            try:
                await apply.check()
            except BaseException:
                await self._unlock()
                raise
        self._prepared = ops, seen, revision
        return ("",)

    async def commit_confirmed(self, devices: Collection[str], timeout_s: float) -> None:
        """Do what was prepared, in a transaction that no timer takes back. Raises: as `apply`."""
        if devices:
            assert self._prepared is not None, "nothing is prepared"
            await self.apply(*self._prepared, keep_turn=True)

    async def confirm(self, revision: int) -> None:
        """Let others write: what was done stays."""
        self._prepared = None
        await self.give_turn()

    async def revert(self, revision: int) -> None:
        """Let others write: what was done is taken back by whoever renders what was accepted."""
        self._prepared = self._applied = None
        await self.give_turn()

    async def unconfirmed(self) -> Mapping[str, int]:
        """None: a transaction waits for nobody."""
        return {}

    def _note(self, known: Observation, wire: Wire, ops: Sequence[Op], revision: int) -> None:
        """Note that of the rows known, those of the ops are as these left them."""
        touched = wire.touched  # while the rows that go have their UUIDs still
        known.uuids.update(wire.made)
        for key in wire.deleted:
            known.uuids.pop(key, None)
        seen = Seen(_after(known.seen.rows, ops), known.seen.foreign, revision, VERSION)
        self._observed = Observation(seen, known.uuids, initialised=True)
        if self._watch is not None:
            self._watch.tripwire.forgive(touched)

    async def keepsake(self, ops: Sequence[Op], older: bytes) -> bytes:
        """The rows that the ops take from others, whole, for `release`; `older` is what was kept before, or nothing.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """
        known = self._observed or await self._observe()
        taken = [known.uuids[op.before.key] for op in ops if op.before and op.before.key in known.seen.unowned]
        rows = kept_rows(await self._all_rows(), taken)
        return msgspec.json.encode(merged(msgspec.json.decode(older), rows) if older else rows)

    async def release(self, kept: bytes, revision: int) -> None:
        """Give back what was adopted, as a keepsake says it was, and take away all else that is ours.

        Raises:
            Moved: somebody changed something meanwhile; nothing was done.
            Busy, Rejected, Partial, Unreachable, TimedOut: as `apply`.
        """
        async with self._turn:
            seen = await self._observe()
            owned: dict[str, list[str]] = {}
            for key, uuid in seen.uuids.items():
                owned.setdefault(key.table, []).append(uuid)
            apply = Apply(self._northbound, self._tags, seen.uuids, True, (), lock_timeout_s=self.lock_timeout_s)
            before = msgspec.json.decode(kept)
            await apply.replace(
                lambda now: release_ops(self._northbound.schema, before, now, owned), self._all_rows, revision
            )
            self._observed = self._applied = None

    async def _all_rows(self) -> Rows:
        schema = self._northbound.schema
        tables = [name for name, table in TABLES.items() if not table.edge]
        results = await self._northbound.transact([ovsdb.select(schema.table(name), []) for name in tables])
        return read_rows(tables, [result.rows for result in results])

    async def give_turn(self) -> None:
        """Give back the lock that an apply kept."""
        async with self._turn:
            await self._unlock()

    async def _unlock(self) -> None:
        if self._northbound.held(self._tags.lock) is not None:
            with suppress(Unavailable):  # a connection that is gone has unlocked already
                await self._northbound.unlock(self._tags.lock)

    async def verify(self) -> None:
        """Return when it is seen that all that the last apply made is there.

        Raises:
            Unverified: naming the first row that is not as applied.
            Unreachable, TimedOut: the target does not answer.
        """
        if self._applied is not None:
            await self._applied.verify()
            self._applied = None

    def has_commands(self, ops: Sequence[Op]) -> bool:
        """Whether `commands` has to ask which OVN runs there."""
        return any(version.newer(ops))

    async def commands(self, ops: Sequence[Op]) -> Mapping[str, Sequence[str]]:
        """None: rows are what the databases hold. Raises: Unsupported, this OVN is too old; Unreachable, TimedOut."""
        await version.refuse(self._northbound, ops)
        return {}

    async def settled(self, timeout_s: float) -> None:
        """Return when northd, and each chassis that carries a port, has realised what was applied so far.

        A gateway that may be on several chassis counts as realised when one has claimed it and each has realised that:
        the claim comes after BFD is up there, about a second later than the rest with OVN's default intervals. Other
        chassis may see BFD come up later still, drop what is for the gateway until then, and claim it if they come
        before: the Southbound database does not say.

        Raises:
            TimedOut: naming who lags.
            Unreachable: a database does not answer.
        """
        await settled.when_realised(self._northbound, await self._status(), await self._gateways(), timeout_s)

    async def up(self, port_ids: Iterable[str], timeout_s: float) -> None:
        """Return when these ports are ACTIVE. Raises: TimedOut, naming those that are not; Unreachable."""
        await settled.when_active(await self._status(), frozenset(port_ids), timeout_s, self.target.name)

    async def ports(self) -> Mapping[str, PortStatus]:
        """The status of each port by its id, as monitored, and read anew now and then.

        Raises:
            Unreachable, TimedOut: the Southbound database does not answer.
        """
        southbound = await self._status()
        await southbound.keep_fresh()
        return southbound.ports()

    async def changed_ports(self) -> Mapping[str, bool]:
        """The ports whose status may have changed since this was last asked, each with whether it was seen to be down.

        When it is asked first, all.

        Where the status was read anew, all are among them: what was missed shows.

        Raises:
            Unreachable, TimedOut: the Southbound database does not answer.
        """
        await self.ports()
        return (await self._status()).changed_ports()

    async def vnis_of_others(self) -> Mapping[int, str]:
        """The VNIs that switches and routers of others ask for, with words for whose. Raises: Unreachable, TimedOut."""
        reader = self._read_by()
        return reader.read_keys(await self._northbound.transact(reader.request_keys()))

    async def differences(self, wanted: Mapping[RowKey, Row]) -> list[Difference]:
        """What Neutron's rows say otherwise than these, or are not realised. Raises: Unreachable, TimedOut."""
        seen = await self._observe_others(Comparing(self._tags, wanted), wanted)
        assert self._observed is not None
        edges = {key: row for key, row in seen.rows.items() if TABLES[key.table].edge}
        return differences(wanted, seen.unowned, edges, self._observed.uuids, (await self._status()).datapaths())

    async def gateways_of_others(self) -> Gateways:
        """Where others have put gateways. Raises: Unreachable, TimedOut."""
        schema = self._northbound.schema
        return gateways.read(schema, await self._northbound.transact(gateways.request(schema)))

    async def hosts_of_others(self) -> list[HostStatus]:
        """The chassis that have registered, as hosts. Raises: Unreachable, TimedOut."""
        return [_host(chassis) for chassis in await self.chassis()]

    async def keys(self) -> TunnelKeys:
        """The names behind the numbers in tunnel headers. Raises: Unreachable, TimedOut."""
        return (await self._status()).keys()

    async def tunnel_names(self) -> TunnelNames:
        """What people call what is behind them, asked for now. Raises: Unreachable, TimedOut."""
        return await (await self._status()).names()

    async def hosts(self) -> Mapping[str, HostStatus]:
        """The hypervisors that have registered, by name; to hear of them is why the sequence number counts up.

        Raises:
            Unreachable, TimedOut: a database does not answer.
        """
        southbound = await self._status()
        if self._pulse.is_due(time.monotonic()):
            self._pulse.sent(await settled.next_sequence(self._northbound), time.monotonic())
        due = self._pulse.due(time.monotonic())
        return {chassis.name: _host(chassis, chassis.realised >= due) for chassis in southbound.chassis()}

    async def chassis(self) -> list[ChassisStatus]:
        """The hypervisors that have registered. Raises: Unreachable, TimedOut."""
        return (await self._status()).chassis()

    async def reconcile(self) -> None:
        """Read the status anew, whatever the monitor said. Raises: Unreachable, TimedOut."""
        await (await self._status()).reconcile()

    async def _gateways(self) -> frozenset[str]:
        """The names of our router ports that a chassis is to claim."""
        return settled.gateways((self._observed or await self._observe()).seen.rows)

    async def _observe(self, known: Mapping[RowKey, Row] = NO_ROWS) -> Observation:
        """Read once more where the connection broke meanwhile; to begin with, one was waited for already."""
        self._observed = self._applied = None  # a large database must not be held twice
        reader = self._read_by()
        watch = await self._watching()
        watch.tripwire.clear()
        was_connected = self._northbound.connected
        try:
            results = await self._northbound.transact(reader.request())
        except Unreachable:
            if not was_connected:
                raise
            results = await self._northbound.transact(reader.request())
        self._observed = reader.read(results, known, watch.foreign())
        self._observed_at = time.monotonic()
        return self._observed

    async def _watching(self) -> Watch:
        if self._watch is None:
            self._watch = await Watch.begin(self._northbound, self._read_by())
        return self._watch

    async def _look_away(self) -> None:
        """Watch no more until all is observed again: of many rows at once it costs the server a third more to tell."""
        watch, self._watch = self._watch, None
        if watch is not None:
            await watch.end(self._northbound)

    def _read_by(self) -> Reader:
        """The reader for the schema that the server has now."""
        schema = self._northbound.schema
        if self._reader is None or self._reader[0] is not schema:
            self._reader = schema, Reader(schema, self._tags)
        return self._reader[1]

    async def _status(self) -> Southbound:
        async with self._southbound_wanted:
            if self._southbound is None:
                self._southbound = await Southbound.connect(_endpoint(self.target, "southbound"), self._tls)
            return self._southbound


def _after(rows: Mapping[RowKey, Row], ops: Iterable[Op]) -> Mapping[RowKey, Row]:
    """The rows after the ops: the same mapping, changed, since a large one must not be held twice."""
    held = rows if type(rows) is dict else dict(rows)
    for op in ops:
        if op.after is None:
            held.pop(op.key, None)
        else:
            held[op.after.key] = op.after
    return held


def _endpoint(target: Target, role: str) -> str:
    endpoint = target.endpoints.get(role, "")
    if not endpoint:
        raise Invalid(
            f"an OVN target needs the endpoint of its {role} database",
            key=f'target "{target.name}"',
            field="endpoints",
            remedy=f"add {role}: unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT",
        )
    return endpoint


def _host(of: ChassisStatus, alive: bool | None = None) -> HostStatus:
    """A chassis as a hypervisor."""
    return HostStatus(of.name, of.host_name, of.encaps, of.bridges, of.gateway, of.heard_at, alive)
