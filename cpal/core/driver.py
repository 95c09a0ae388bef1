"""What a driver is: capability and tables as data, one pure render, and two verbs at the backend.

A driver never says how to create, change or delete a kind of thing. It renders rows, observes rows and applies ops.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from cpal.core.rows import Op, Row, RowKey, Table
from cpal.core.view import View
from cpal.model.estate import Estate
from cpal.model.record import Key, Part
from cpal.model.target import Target

Render = Callable[[View, Any], Iterable[Row]]
"""From the estate as a record sees it, and the record, to the rows that the backend should hold because of it."""


class Cannot(NamedTuple):
    """What a target cannot hold: the field, and the sentence why not."""

    field: str
    why: str
    remedy: str
    harmless: bool = False
    """Whether the target goes on without it: then just nothing comes of the setting."""


class Limit(NamedTuple):
    """What of a kind a driver cannot hold, or not always, in general words: for whoever asks before declaring.

    `never` is whether no such record can be held at all.
    """

    kind: str
    field: str
    why: str
    never: bool = False


Commit = Literal["transaction", "confirmed", "stepwise"]
"""How a driver commits.

    transaction   all ops at once or none; there is no timer, and what is to be taken back is rendered from the
                  accepted intent, by whoever runs then: cpal itself, or the guard that it leaves beside the store
    confirmed     the change runs, and a timer at each device, or beside it, takes it back by itself, unless it is
                  confirmed in time; nothing survives a restart of the device before that
    stepwise      one op after another, and no timer: it is taken back when cpal returns, and not before
"""


class Capability(NamedTuple):
    """What a driver can hold.

    `refuse` maps a kind to a function that names what of such a record the target cannot hold; a kind that is missing
    is not realised there at all. `refuse_together` does the same of a record among the others. `evidence` is how it is
    tested; `limits` tells of each field that the functions may refuse.
    """

    refuse: Mapping[str, Callable[[Target, Any], Iterable[Cannot]]]
    commit: Commit
    evidence: str
    refuse_together: Mapping[str, Callable[[Target, Any, Estate], Iterable[Cannot]]] = {}
    limits: tuple[Limit, ...] = ()
    keeps_unbound: bool = False
    """Whether it keeps ports that are on no host yet, and their networks, where other targets do not."""


class Rules(NamedTuple):
    """The pure half of a driver: what core needs to plan for it."""

    name: str
    capability: Capability
    tables: Mapping[str, Table]
    render: Mapping[str, Render]
    singletons: tuple[Key, ...] = ()
    """Derived keys that are always rendered: rows that many records share. Their kind has an entry in `render`."""
    version: int = 1
    """Grows when the same records give other rows than before: an older program then leaves the target alone."""


class Seen(NamedTuple):
    """What a backend holds: cpal's own rows (`because` from their tags), rows of others, and the applied revision.

    `version` is that of the rules by which the rows were last rendered, 0 when nothing says.
    """

    rows: Mapping[RowKey, Row]
    foreign: Mapping[RowKey, str]
    """Rows that are not cpal's, with words for whose they are."""
    revision: int
    version: int = 0
    unowned: Mapping[RowKey, Row] = {}
    """Rows of others that could be adopted, by the keys that they would have; only where it was asked for."""


NO_ROWS: Mapping[RowKey, Row] = {}


class PortStatus(Part, frozen=True, gc=False):
    """What a backend says of a port: `status` ACTIVE, DOWN or BUILD, and the host that really claims it."""

    status: str
    host: str = ""


class HostStatus(NamedTuple):
    """A hypervisor as its backend sees it: its name there and outside, and when it was last heard of.

    `encaps` are its tunnel endpoints by type, `bridges` its bridges by physical network; `gateway` says whether it is
    marked as one for gateways. `alive` is whether it keeps up, None where it was not asked; `heard_at` is in seconds
    since the epoch, 0 where that is not known.
    """

    name: str
    host_name: str
    encaps: Mapping[str, str]
    bridges: Mapping[str, str]
    gateway: bool = False
    heard_at: float = 0.0
    alive: bool | None = None

    @property
    def physical_networks(self) -> tuple[str, ...]:
        """Those that it has a bridge for."""
        return tuple(sorted(self.bridges))


class Difference(NamedTuple):
    """One thing that somebody else's records, rows and backend say differently."""

    kind: str
    """What is wrong, in a word or two."""
    record: Key
    """What it is about; of no kind where only a row is known."""
    what: str
    """The row, or what of it, in the user's words."""
    api: str
    intended: str
    """What the database of intent says."""
    real: str
    """What became of it, where that is known."""
    remedy: str


class Gateways(NamedTuple):
    """Decisions of somebody else who realises routers at a backend."""

    hosts: Mapping[str, tuple[str, ...]]
    """The hosts of each gateway of a router by the id of its port, the best first."""
    distributed: frozenset[str]
    """The routers whose floating IPs are translated at the hosts of their ports."""


class TunnelKeys(NamedTuple):
    """The names behind the numbers in tunnel headers."""

    networks: Mapping[int, str]
    """VNI to the id of the network or router; one that is not cpal's has the backend's name."""
    ports: Mapping[tuple[int, int], str]
    """(VNI, port key) to the port's name at the backend: for a network's port the port's id."""


class TunnelName(NamedTuple):
    """What people call a network or port; the id of its project where the backend knows it."""

    name: str
    project_id: str = ""


class TunnelNames(NamedTuple):
    """What people call what is behind the numbers, whoever made it, as far as the backend knows."""

    networks: Mapping[int, TunnelName]
    ports: Mapping[tuple[int, int], TunnelName]
    """By VNI and port key; groups of ports that packets go to all at once are among them."""


class Backend(Protocol):
    """The half of a driver that talks: an open connection to one target."""

    rules: Rules

    async def observe(self, known: Mapping[RowKey, Row] = NO_ROWS) -> Seen:
        """The rows held now; one that is as in `known` is that very object, so that an estate is not held twice.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def observe_adoptable(self, wanted: Mapping[RowKey, Row]) -> Seen:
        """The same, with the rows of others that stand for one wanted, and those that would be left over beside them.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def recall(self) -> Seen | None:
        """The rows held now, where they are known without reading them: as last observed and then applied.

        None where somebody else changed one since, or may have.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    def remembered(self) -> Seen | None:
        """The same without asking: it may miss what is on its way, which an apply that touches the same rows meets."""

    async def look(self) -> bool:
        """See whether the next few of the rows that `recall` gives are held so, of all in turn; whether more are left.

        What takes long is so divided that nobody waits for it.

        Raises:
            Moved: one is not: the rows must be observed.
            Unreachable, TimedOut: the target does not answer.
        """

    async def follow(self, ops: Sequence[Op], since: int, until: int) -> bool:
        """Take it that another process of the same store did these ops, the last that changed anything at `since`.

        False where the target does not carry a revision from that one to `until`, or where anybody touched more: then
        the rows must be observed.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def apply(self, ops: Sequence[Op], seen: Seen, revision: int, keep_turn: bool = False) -> None:
        """Make the ops true if and only if the rows they touch are still as seen; remember `revision` at the target.

        `keep_turn` leaves others out until the next apply, or `give_turn`.

        Raises:
            Moved: a row changed since it was seen; nothing was done.
            Partial: the connection was lost on the way; the message says what is known.
            Rejected: the backend refused; nothing was done.
        """

    async def keepsake(self, ops: Sequence[Op], older: bytes) -> bytes:
        """What the ops take from others, as it is before, for `release`; `older` is what was kept before, or nothing.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def release(self, kept: bytes, revision: int) -> None:
        """Give back what was adopted, as a keepsake says it was, and take away all else that is ours.

        Raises: as `apply`.
        """

    async def give_turn(self) -> None:
        """Let others write, whom an apply that kept its turn left out."""

    async def prepare(self, ops: Sequence[Op], seen: Seen, revision: int) -> tuple[str, ...]:
        """Begin a change in steps: the devices that `commit_confirmed` is then to be called with, of a database "".

        Whoever else writes is left out until `confirm` or `revert`. Where the device has a candidate, the ops are in
        it and were found valid; nothing that runs is changed.

        Raises:
            Moved, NotOwned, Busy, Rejected, Unreachable, TimedOut: as `apply`; nothing was done, all is let go of.
        """

    async def commit_confirmed(self, devices: Collection[str], timeout_s: float) -> None:
        """Make what was prepared run at these devices, side by side. May be called again with others.

        Of a driver whose commit is `confirmed`, each goes back by itself to what it ran and would start with, unless
        it is confirmed within `timeout_s` of its own change; the others do not know of a time.

        Raises:
            CpalError: a device refused or was lost; the caller reverts, all of it.
        """

    async def verify(self) -> None:
        """Return when it is seen that all that the last apply, or the change in steps so far, made is there.

        Raises:
            Unverified: naming a row that is not as applied.
            Unreachable, TimedOut: the target does not answer.
        """

    async def confirm(self, revision: int) -> None:
        """Keep what runs, also when a device starts again; remember `revision`; let others write.

        Also what another process committed for this revision and did not live to confirm. To do it twice does no harm.

        Raises:
            Moved: a device has gone back to what it was before; the others have confirmed.
            Unreachable, TimedOut: a device does not answer; the others have confirmed.
        """

    async def revert(self, revision: int) -> None:
        """Take back what was committed for this revision and not confirmed, and what is prepared; let others write.

        Of a driver whose commit is `confirmed`, also what another process left; of others it only lets go, and whoever
        asks renders the accepted intent. To do it twice does no harm.

        Raises:
            Partial: a device could not be brought back, and which; its timer still may.
        """

    async def unconfirmed(self) -> Mapping[str, int]:
        """The devices that wait for a confirmation, each with the revision that it is of.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    def has_commands(self, ops: Sequence[Op]) -> bool:
        """Whether `commands` has anything to say of the ops, or to ask: else they are none, and are not refused."""

    async def commands(self, ops: Sequence[Op]) -> Mapping[str, Sequence[str]]:
        """What the ops are in the own words of each device, as it was last observed.

        None where rows are the target's own words.

        Raises:
            Unsupported: the target runs a release that is too old for one of them, and would take it for another.
            Unreachable, TimedOut: the target does not answer.
        """

    async def settled(self, timeout_s: float) -> None:
        """Return when the backend's hosts have realised what was applied.

        Raises:
            TimedOut: they have not, and which.
        """

    async def ports(self) -> Mapping[str, PortStatus]:
        """The status of each port by its id."""

    async def changed_ports(self) -> Mapping[str, bool]:
        """The ports whose status may have changed since this was last asked, each with whether it was seen to be down.

        When it is asked first, all.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def hosts(self) -> Mapping[str, HostStatus]:
        """The hypervisors that have registered, by name; each is asked whether it keeps up.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def vnis_of_others(self) -> Mapping[int, str]:
        """The VNIs that rows of others ask for, with words for whose they are.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """

    async def differences(self, wanted: Mapping[RowKey, Row]) -> list[Difference]:
        """What others' rows say otherwise than these, or are not realised. Raises: Unreachable, TimedOut."""

    async def gateways_of_others(self) -> Gateways:
        """Where others have put gateways. Raises: Unreachable, TimedOut."""

    async def hosts_of_others(self) -> Sequence[HostStatus]:
        """The same in order, and nothing is written to ask them. Raises: Unreachable, TimedOut."""

    async def keys(self) -> TunnelKeys:
        """The names behind the numbers in tunnel headers."""

    async def tunnel_names(self) -> TunnelNames:
        """What people call what is behind them, asked for now. Raises: Unreachable, TimedOut."""

    async def close(self) -> None:
        """Let go of the connection."""
