"""A session: everything cpal does, on one store, as plain calls. What `import cpal` gives, and what the CLI is made of.

import cpal
with cpal.Session() as session:
    plan = session.plan(session.load("examples/two-tenants.yaml"))
    session.apply(plan)
    print(all(result.agrees for result in session.verify()))
"""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cpal.core.driver import HostStatus, PortStatus, TunnelKeys, TunnelNames
from cpal.core.plan import Handover, Plan, raise_faults
from cpal.core.stack import propose_records, propose_stacks, stack_changes
from cpal.engine.adoption import INVERSE, refuse_undo
from cpal.engine.history import undo_changes
from cpal.engine.joint import AT_ONCE, Rollout
from cpal.engine.places import home_directory
from cpal.engine.run import Engine, Outcome
from cpal.engine.sites import targets_of
from cpal.engine.store import Revision
from cpal.errors import Moved, NotFound, Unreachable
from cpal.faces import saved_plan
from cpal.faces.labs import LAB, check_hosts_stay, check_pluggable, lab_records, undoable, workloads_of
from cpal.lab.records import Status
from cpal.model.estate import Change, Estate
from cpal.model.network import Network, Port
from cpal.model.record import Key, Record
from cpal.model.target import Target

if TYPE_CHECKING:
    from cpal.engine.doctor.finding import Finding
    from cpal.faces.documents.declaring import Declaration
    from cpal.faces.documents.reading import Documents
    from cpal.faces.peer.peer import Peer
    from cpal.faces.switches import Taken
    from cpal.faces.verify import ProbeResult
    from cpal.lab.fabric.topology import Underlay
    from cpal.lab.lab import Lab

Report = Callable[[str], None]
SETTLE_S = 20.0
"""How long an apply to a lab waits, in seconds, for the hypervisors to realise it."""


def silent(_: str) -> None:
    """Progress that nobody asked for."""


class Session:
    """cpal on one store.

    `home` is the directory of the store and of the lab (default: `CPAL_HOME`, else under `~/.local/state`). Use it as a
    context manager, or call `close`. Every call raises an error of `cpal.errors` that says what to do.
    """

    def __init__(self, home: Path | str | None = None) -> None:
        self.home = Path(home) if home else home_directory()
        self._runner = asyncio.Runner()
        self._engine = Engine(self.home)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the targets and the store."""
        self._runner.run(self._engine.close())
        self._runner.close()

    @property
    def estate(self) -> Estate:
        """The accepted records."""
        return self._engine.estate

    @cached_property
    def lab(self) -> Lab:
        """The lab of this home, whether it runs or not."""
        # lazy: to look and to plan, nobody needs it
        from cpal.lab.lab import Lab

        return Lab(self.home / "lab")

    # Declaring

    def load(self, *paths: Path | str | Mapping[str, Any]) -> Declaration:
        """What YAML files (or directories of them, or mappings) declare, names resolved against the estate.

        What is wrong with them is in its `faults`, and told by `plan` with all else that is wrong.
        """
        # lazy: what has no documents, such as `cpal get`, does not wait for what reads them
        from cpal.faces.documents.reading import load

        return self.declare(load(paths))

    def declare(self, documents: Documents) -> Declaration:
        """What parsed documents declare; see `load`."""
        # lazy: as in `load`
        from cpal.faces.documents.declaring import declare

        self._catch_up()
        return declare(documents, self.estate, self._engine.store.namespace)

    # Planning

    def plan(self, declaration: Declaration | None = None, prove: bool = True, handover: Handover = "") -> Plan:
        """What applying a declaration would change, or repairing drift; see `Engine.plan` for a `handover`.

        Raises:
            Faults: everything that is wrong with the documents and with what would come of them, each with
                file:line:column, in that order.
            NotFound, NotOwned, Unreachable: see `Engine.plan`.
        """
        if declaration is None:
            self._catch_up()
            return self.plan_changes(())
        # lazy: as in `load`
        from cpal.faces.documents.telling import told

        self._catch_up()
        records = declaration.records
        proposal = propose_stacks(
            records,
            declaration.stacks,
            self.estate,
            declaration.faults,
            declaration.unread,
            self._held_by_others(records),
        )
        raise_faults(told(self._engine.faults(proposal), declaration))
        if handover:
            return self._runner.run(self._engine.plan(proposal.changes, prove=False, handover=handover))
        return self.plan_changes(proposal.changes, prove)

    def read_switches(self, words: Sequence[str], stack: str) -> Taken:
        """What switches have and is not declared yet, as a document that is a stack.

        Raises:
            NotFound, Invalid, Conflict: see `switches.asked_for`; the stack is there already; the make is only read.
            Unreachable, TimedOut, Unauthenticated: a switch does not answer.
        """
        # lazy: only an import reads switches
        from cpal.faces.switches import taken_from

        self._catch_up()
        return self._runner.run(taken_from(self._engine, words, stack))

    def plan_records(self, records: Iterable[Record], removed: Iterable[Key] = ()) -> Plan:
        """What creating or changing these records, and removing others, would change.

        Raises:
            Faults: everything that is wrong with what would come of it.
        """
        self._catch_up()
        records = tuple(records)
        proposal = propose_records(records, removed, self.estate, self._held_by_others(records))
        raise_faults(self._engine.faults(proposal))
        return self.plan_changes(proposal.changes)

    @cached_property
    def peer(self) -> Peer:
        """What is done beside a running Neutron, and to take over from it."""
        # lazy: only that needs the tables of the Networking API
        from cpal.faces.peer.peer import Peer

        return Peer(self._engine, self._runner, self.home)

    def plan_release(self, words: Sequence[str]) -> Plan:
        """What handing devices back would change: they are sent nothing, and keep all that they have.

        Raises:
            NotFound: no target has such a device, or nothing is declared on any.
            Faults: something else needs what is on them.
            Conflict: see `Engine.plan`.
        """
        # lazy: only this verb needs it
        from cpal.faces.switches import released

        self._catch_up()
        return self.plan_changes(released(self.estate, words), prove=False, handover="release")

    def _held_by_others(self, records: Iterable[Record]) -> frozenset[int]:
        """The VNIs that new networks cannot have; the targets are asked only where there are networks."""
        listed = list(records)
        if not any(isinstance(record, Network) for record in listed):
            return frozenset()
        return self._runner.run(self._engine.status.vnis_of_others(listed))

    def plan_destroy(self, stacks: Collection[str]) -> Plan:
        """What taking away everything of these stacks would change.

        Raises:
            NotFound: no record is of such a stack.
            Referenced: something of another stack still needs it.
        """
        self._catch_up()
        known = self.stacks()
        for stack in stacks:
            if stack not in known:
                raise NotFound(
                    f"there is no stack {stack!r}", remedy=f"there are: {', '.join(sorted(known)) or 'none'}"
                )
        return self.plan_changes(stack_changes((), stacks, self.estate))

    def plan_undo(self, number: int | None = None) -> Plan:
        """What taking back a revision (default: the last accepted one) would change.

        What was taken over is let go of, and stays where it is; what was let go of is taken over.

        Raises:
            Faults: later revisions changed the same things.
            Conflict: it is what a lab says of itself.
            NotFound: there is nothing to take back.
            Unsupported: rows of a database changed hands by it.
        """
        self._catch_up()
        number = self.estate.revision if number is None else number
        if not number or self._engine.store.revision(number).state != "accepted":
            raise NotFound(f"revision {number} was never accepted", remedy="see `cpal history`")
        store = self._engine.store
        changes = undo_changes(undoable(store.changes(number)), self.estate)
        plan = self.plan_changes(changes, handover=INVERSE[store.handover(number)])
        refuse_undo(plan, targets_of(self.estate, self.estate.replace(changes)))
        return plan

    def _catch_up(self) -> None:
        """Plan on what is accepted now: also by other processes, or by one that died before it could say so."""
        self._runner.run(self._engine.catch_up())

    def plan_changes(self, changes: Sequence[Change], prove: bool = True, handover: Handover = "") -> Plan:
        """What these changes of records would change."""
        try:
            return self._runner.run(self._engine.plan(changes, prove, handover))
        except Unreachable as error:
            lab = self.lab.status()
            if lab.state == "up" or not self.lab.endpoints.northbound.endswith(error.key.removeprefix("unix:")):
                raise
            raise Unreachable(f"the lab is {lab.state}", key=error.key, remedy="run `cpal lab up`") from error

    def save(self, plan: Plan, path: Path) -> None:
        """Write a plan to a file that `restore` reads.

        Raises:
            Disk: it cannot be written.
        """
        saved_plan.write(plan, path)

    def restore(self, path: Path) -> Plan:
        """A saved plan, made again.

        Raises:
            Invalid: not a saved plan, or it cannot be read.
            Moved: the estate or a target changed since it was saved.
        """
        saved = saved_plan.read(path)
        self._catch_up()
        if saved.revision != self.estate.revision:
            raise Moved(f"the estate is at revision {self.estate.revision}, the plan was made at {saved.revision}",
                        key=str(path), remedy="plan again; nothing was changed")  # fmt: skip
        plan = self.plan_changes([Change(change.before, change.after) for change in saved.changes])
        if {target.target: target.fingerprint for target in plan.targets} != saved.fingerprints:
            raise Moved("a target changed since the plan", key=str(path), remedy="plan again; nothing was changed")
        return plan

    # Applying and looking

    def apply(
        self, plan: Plan, words: str = "", report: Report = silent, rollout: Rollout = AT_ONCE, probe: bool = False
    ) -> Outcome:
        """Make a plan true; where the lab is up, its workloads too.

        To `probe` is to send packets after each wave, and to take all back unless they do what is predicted.

        Raises:
            Moved, Partial, Unverified, Unsupported, Busy: see `Engine.apply`.
        """
        if probe:
            # lazy: only probing needs netlink, which takes a quarter of a second to import
            from cpal.faces.verify import check

            after = self.estate.replace(plan.changes)
            rollout = rollout._replace(probe=partial(check, self.estate, after, self.lab, report), settle_s=SETTLE_S)
        outcome = self._runner.run(self._engine.apply(plan, getpass.getuser(), words, report, rollout))
        self._plug_and_settle(report)
        return outcome

    def _plug_and_settle(self, report: Report) -> None:
        if self.plug_workloads(report):
            report("waiting until their hosts have them")
            self.settled(SETTLE_S)

    def settled(self, timeout_s: float) -> None:
        """Return when the targets' hosts have realised what was applied.

        In the lab they also have when they may send to each gateway: which of its hosts carries it may change until
        then, so they are asked once more.

        Raises:
            TimedOut: they have not yet, and which; what was applied stays applied.
        """
        self._runner.run(self._engine.status.settled(timeout_s))
        if self.lab.tunnels_ready(timeout_s):
            self._runner.run(self._engine.status.settled(timeout_s))

    def plug_workloads(self, report: Report = silent) -> bool:
        """Make the lab's workloads those that the estate wants; whether there is a lab."""
        status = self.lab.status()
        if status.state == "down":
            return False
        hypervisors = frozenset(hypervisor.name for hypervisor in status.hypervisors)
        wanted = workloads_of(self.estate, hypervisors, self.lab.asked())
        if wanted != sorted(status.workloads, key=lambda workload: workload.name):
            report("plugging workloads")
            self.lab.reconcile(wanted, report)
        return True

    def plug_ports(self, ports: Sequence[Port], report: Report = silent) -> None:
        """Plug ports that belong to no instance, such as those of an API, on the hypervisors that they are bound to.

        They stay plugged while they are there, until `unplug_ports`; called again, it follows what became of them.

        Raises:
            Unreachable: the lab is down.
            Conflict, Invalid, NotFound: see `check_pluggable`; nothing was changed.
            TimedOut: they are plugged, but some have not all of their addresses yet.
        """
        for port in ports:
            check_pluggable(port, self.estate, self.lab.hypervisors)
        for port in ports:
            self.lab.ask(port.id)
        self._plug_and_settle(report)

    def unplug_ports(self, port_ids: Sequence[str], report: Report = silent) -> None:
        """Take away what `plug_ports` made, also of ports that are gone.

        Raises:
            NotFound: one was not asked for; nothing was changed.
        """
        for port_id in port_ids:
            if port_id not in self.lab.asked():
                raise NotFound("nobody asked for this port to be plugged", key=port_id, remedy="see `cpal lab status`")
        for port_id in port_ids:
            self.lab.let_go(port_id)
        self.plug_workloads(report)

    def observe(self) -> dict[str, PortStatus]:
        """The status of each port at its target, by port id: what the backend really says."""
        return self._runner.run(self._engine.status.ports())

    def verify(self, report: Report = silent) -> list[ProbeResult]:
        """Every flow that the estate speaks of, predicted and probed with real packets in the lab.

        Raises:
            Unreachable: the lab is down.
            Denied: not privileged to send packets there.
        """
        # lazy: only probing needs netlink, which takes a quarter of a second to import
        from cpal.faces.verify import verify

        return verify(self.estate, self.lab, report)

    def examine_overlay(self, report: Report = silent) -> list[Finding]:
        """What is wrong with the tunnels between hypervisors, and what is not, each with its evidence.

        Raises:
            NotFound: no hypervisor has registered.
            Unreachable, TimedOut: a target does not answer.
        """
        # lazy: only this verb needs it
        from cpal.faces.doctor import examine_overlay

        self._catch_up()
        hosts, seen = self._runner.run(self._engine.status.hosts()), self._runner.run(self._engine.status.hosts_seen())
        return examine_overlay(self.estate, hosts, seen, self.tunnel_keys(), self.lab, report)

    def tunnel_keys(self) -> TunnelKeys:
        """The names behind the numbers in tunnel headers: what it takes to read a capture of the underlay."""
        return self._runner.run(self._engine.status.tunnel_keys())

    def tunnels_of(self, target: Target) -> tuple[TunnelKeys, TunnelNames, Sequence[HostStatus]]:
        """What is behind the numbers in a target's tunnel headers, what people call it, and its hypervisors."""
        return self._runner.run(self._engine.status.tunnels_of(target))

    def stacks(self) -> dict[str, int]:
        """The stacks there are, with the number of their records."""
        found: dict[str, int] = {}
        for record in self.estate.records():
            if record.stack and not record.stack.startswith("("):
                found[record.stack] = found.get(record.stack, 0) + 1
        return found

    def history(self) -> list[Revision]:
        """The log of revisions, oldest first."""
        return self._engine.store.revisions()

    def changes(self, before: int, after: int | None = None) -> list[Change]:
        """What differs between two accepted revisions (default: to the last)."""
        store = self._engine.store
        newer = self.estate if after is None else store.estate_at(after)
        return store.estate_at(before).changes_to(newer)

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the store, with its whole history, and of what is kept beside it.

        Raises:
            Disk: it cannot be written.
        """
        # lazy: only a backup needs what is beside the store
        from cpal.faces.backing_up import back_up

        back_up(self._engine.store, self.home, path)

    def restore_backup(self, path: Path, what_if: bool = False) -> int:
        """Make what `backup` wrote the store, which must be empty; its last accepted revision. `what_if` only checks.

        Raises:
            Conflict, NotFound, Invalid, Broken, Disk: see `backing_up.put_back`.
        """
        # lazy: as in `backup`
        from cpal.faces.backing_up import put_back

        revision = put_back(self._engine.store, self.home, path, what_if)
        self._engine.estate = self._engine.store.estate()
        return revision

    # The lab

    def lab_up(self, hypervisors: int = 2, encap: str = "geneve", report: Report = silent) -> Status:
        """Bring the lab up, or heal it, and make it a target.

        Raises:
            Conflict: instances are on more hypervisors than these.
        """
        self._catch_up()
        check_hosts_stay([found.name for found in self.lab.hypervisors_after(hypervisors)], self.estate)
        status = self.lab.up(hypervisors, encap, report)  # type: ignore[arg-type]  # Lab.up refuses what it does not know
        self._declare_lab(status, report)
        return status

    def fabric_up(
        self, spines: int = 2, leaves: int = 4, underlay: Underlay = "unnumbered", report: Report = silent,
        emulated: tuple[str, ...] = (), hypervisors: int = 0,
    ) -> Status:  # fmt: skip
        """Bring a fabric of machines that run FRR up as the lab, or heal it, and make it a target; hypervisors too.

        Switches of makes in `emulated` are in no target. Raises Conflict: the lab is another, or has fewer hosts.
        """
        # lazy: as `lab`
        from cpal.lab.fabric.topology import Fabric

        self._catch_up()
        check_hosts_stay(Fabric(spines, leaves, hypervisors=hypervisors).host_names, self.estate)
        status = self.lab.up_fabric(spines, leaves, underlay, report, emulated, hypervisors)
        self._declare_lab(status, report)
        return status

    def _declare_lab(self, status: Status, report: Report) -> None:
        records = lab_records(self.lab, status.encapsulation, self._engine.store.namespace)
        changes = stack_changes(records, [LAB], self.estate)
        if changes:
            self._runner.run(self._engine.apply(self.plan_changes(changes), getpass.getuser(), "lab up", report))

    def lab_down(self, report: Report = silent) -> None:
        """Take the lab away; what was declared stays, and comes back with the next `lab_up` and `apply`."""
        self.lab.down(report)
