"""A lab: a private OVN deployment of several hypervisors on one machine, or a fabric of spines and leaves."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from cpal.errors import Broken, Conflict, Disk, Invalid, TimedOut, Unreachable

from . import asked, bring_up, daemons, dhcp, ground, namespaces, plugs, requirements, tunnels, workloads
from .bring_up import State
from .fabric import bring_up as fabrics
from .fabric.emulated import Emulators
from .fabric.topology import MAX_LEAVES, MAX_SPINES, Fabric, Underlay
from .layout import MAX_HYPERVISORS, PHYSICAL_NETWORK, TOP_OF_RACK, UNDERLAY, Layout, not_found
from .processes import Process, end, find
from .records import (
    DaemonStatus,
    Datapath,
    Encapsulation,
    Endpoints,
    FabricStatus,
    Finished,
    Hypervisor,
    InterfaceAddress,
    OutsideHost,
    Reconciled,
    Status,
    Workload,
)
from .running import exec_words, finish

_POLL_S = 0.02
_NO_PLACE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS))
"""What says that a file system takes no more."""


def _silent(_: str) -> None:
    """Progress that nobody asked for."""


class Lab:
    """The lab in `directory`, whether it runs or not; making this object does nothing to it.

    Any number of processes may hold one: those that change the lab take turns. All that is known of it is in the
    directory, in the names of its network namespaces and in its processes' environment.
    """

    def __init__(self, directory: Path) -> None:
        self._layout = Layout.of(directory)

    @property
    def directory(self) -> Path:
        """Where everything of the lab is."""
        return self._layout.directory

    @property
    def endpoints(self) -> Endpoints:
        """Where OVN's databases listen when the lab is up."""
        return self._layout.endpoints

    @property
    def hypervisors(self) -> tuple[Hypervisor, ...]:
        """The lab's hypervisors; of a fabric, its leaves. Raises Unreachable when it is down."""
        return self._hosts(self._state())

    def hypervisors_after(self, hypervisors: int) -> tuple[Hypervisor, ...]:
        """The hypervisors that there would be after `up` with so many: none goes away."""
        there = len(self.hypervisors) if self._layout.state.exists() else 0
        return self._layout.hypervisors(max(there, hypervisors))

    @property
    def outside_hosts(self) -> tuple[OutsideHost, ...]:
        """The machines beyond the estate: on the flat network, and in VLAN 42."""
        return self._layout.outside_hosts

    def up(
        self,
        hypervisors: int = 2,
        encap: Encapsulation = "geneve",
        report: Callable[[str], None] = _silent,
        *,
        datapath: Datapath | None = None,
    ) -> Status:
        """Bring the lab up with at least `hypervisors`, or heal it; on one that runs well, nothing changes.

        `datapath` left out is the kernel's where it can be used, else the userspace one; a lab keeps what it has.

        Raises:
            Invalid: no such number or encapsulation. Conflict: it runs with another encapsulation, or the directory
            holds something else. Denied: neither root nor allowed what a lab without root needs. Missing: a program or
            kernel feature. Failed, TimedOut: a daemon did not start; `up` again goes on from there, `down` takes all
            away.
        """
        if not 1 <= hypervisors <= MAX_HYPERVISORS:
            raise Invalid(f"1 to {MAX_HYPERVISORS} hypervisors", field="hypervisors", seen=hypervisors)
        ground.check(self._layout, "up")
        requirements.check()
        if encap not in requirements.TUNNEL_MODULES:
            known = ", ".join(requirements.TUNNEL_MODULES)
            raise Invalid(f"no such encapsulation, there are: {known}", field="encap", seen=encap)
        with self._locked(create=True):
            if not self._is_ours():
                raise Conflict("the directory holds something that is not a lab", key=str(self.directory))
            state = self._next_state(hypervisors, encap, datapath or requirements.best_datapath(encap))
            self._write(state)
            bring_up.Lifting(self._layout, state, report).run()
        return self.status()

    def up_fabric(
        self, spines: int = 2, leaves: int = 4, underlay: Underlay = "unnumbered",
        report: Callable[[str], None] = _silent, emulated: tuple[str, ...] = (), hypervisors: int = 0,
    ) -> Status:  # fmt: skip
        """Bring a fabric of machines that run FRR up, or heal it; on one that runs well, nothing changes.

        Beside it, a switch of each make in `emulated` is emulated, which forwards nothing. With `hypervisors`, there is
        an OVN as well, whose physical network the fabric is: each is behind a leaf.

        Raises:
            Invalid: no such numbers, or a hypervisor without a leaf.
            Conflict: the lab runs as something else, or the directory holds something else.
            Denied: not root. Missing: a program or kernel feature.
            Failed, TimedOut: a daemon did not start; again goes on from there, `down` takes all away.
        """
        for field, asked_for, most in (("spines", spines, MAX_SPINES), ("leaves", leaves, MAX_LEAVES)):
            if not 1 <= asked_for <= most:
                raise Invalid(f"1 to {most} {field}", field=field, seen=asked_for)
        if not 0 <= hypervisors < leaves:
            remedy = "add leaves: each hypervisor is behind one of its own, and the first leads outside"
            raise Invalid(f"{hypervisors} hypervisors behind {leaves} leaves", field="hypervisors", remedy=remedy)
        ground.check(self._layout, "up")
        ground.check_root("up --fabric frr")
        requirements.check_fabric()
        if hypervisors:
            requirements.check()
        with self._locked(create=True):
            if not self._is_ours():
                raise Conflict("the directory holds something that is not a lab", key=str(self.directory))
            fabric = Fabric(spines, leaves, underlay, emulated, hypervisors)
            self._refuse_otherwise(fabric)
            encap: Encapsulation = "geneve" if hypervisors else "vxlan"
            datapath = requirements.best_datapath(encap) if hypervisors else "system"
            state = State(hypervisors=hypervisors, encapsulation=encap, datapath=datapath, fabric=fabric)
            self._write(state)
            fabrics.lift(self._layout, fabric, report)
            if hypervisors:
                bring_up.Lifting(self._layout, state, report).run()
        return self.status()

    def down(self, report: Callable[[str], None] = _silent) -> None:
        """Take everything of the lab away: processes, namespaces, directory. Nothing to do is fine.

        Raises Denied (it is another user's), Failed (a process does not die).
        """
        ground.check(self._layout, "down")
        with self._locked():
            report("stop workloads and daemons")
            daemons.distrust(self._layout)
            while processes := [process for process in find(self._layout) if process.role != ground.HOLDER]:
                daemons.stop_all(processes)
            report("delete namespaces and files")
            namespaces.delete(self._layout)
            ground.forget_holder(self._layout)
            end(find(self._layout))
            self._remove_directory()

    def status(self) -> Status:
        """What of the lab is there now. Raises Denied: it is another user's, who alone can tell whether it runs."""
        directory = str(self.directory)
        try:
            state = self._state()
        except Unreachable:
            return Status(directory=directory, state="down")
        ground.check(self._layout, "status")
        serving = self._serving(state)
        missing = [name for name, process in serving.items() if process is None] + self._lost_namespaces()
        return Status(
            directory=directory,
            state="broken" if missing else "up",
            encapsulation=state.encapsulation,
            datapath=state.datapath,
            endpoints=self.endpoints if state.hypervisors else None,
            fabric=self._fabric_status(state),
            hypervisors=self._hosts(state),
            outside_hosts=self.outside_hosts,
            workloads=tuple(plugs.plugged(self._layout).values()),
            daemons=tuple(
                DaemonStatus(name=name, pid=process.pid if process else None) for name, process in serving.items()
            ),
            missing=tuple(missing),
        )

    def reconcile(self, wanted: Iterable[Workload], report: Callable[[str], None] = _silent) -> Reconciled:
        """Make the lab's workloads exactly those in `wanted`: plug, change and unplug what differs.

        Waits until OVN serves new plugs and they have the addresses they ask for. A workload that changes keeps its
        namespace and the processes in it.

        Raises:
            Unreachable: the lab is down or broken. Invalid, AlreadyTaken, NotFound: something in `wanted` cannot be.
            In all these cases nothing was changed. TimedOut: all is plugged, but the named workloads have no address
            yet; their clients go on asking.
        """
        ground.check(self._layout, "reconcile")
        with self._locked():
            names = [hypervisor.name for hypervisor in self.hypervisors]
            self._check_whole()
            return workloads.reconcile(self._layout, names, tuple(wanted), report)

    def asked(self) -> frozenset[str]:
        """The ids of the ports that somebody asked to plug, which belong to no instance."""
        return asked.asked(self._layout)

    def ask(self, port_id: str) -> None:
        """Have a port among the `asked`, so that the next `reconcile` is told of it. Raises Unreachable (down)."""
        with self._locked():
            self._state()
            asked.ask(self._layout, port_id)

    def let_go(self, port_id: str) -> None:
        """Have it there no longer."""
        with self._locked():
            asked.let_go(self._layout, port_id)

    def tunnels_ready(self, timeout_s: float) -> bool:
        """Return when hypervisors may send to each other where OVN watches the tunnel; False where it watches none.

        It watches those to the hosts of a gateway that has several; what is changed must have been realised before. A
        hypervisor with a dead daemon is not waited for.

        Raises:
            TimedOut: naming who may not yet send to whom.
        """
        with self._locked():
            status = self.status()
            if not status.endpoints:
                return False
            broken = {name.partition("/")[0] for name in status.missing}
            there = self._layout.hypervisors(self._state().hypervisors)
            whole = [hypervisor for hypervisor in there if hypervisor.name not in broken]
            deadline = time.monotonic() + timeout_s
            while not all((found := tunnels.watched(self._layout, whole)).values()):
                if time.monotonic() > deadline:
                    late = ", ".join(sorted(name for name, may_send in found.items() if not may_send))
                    raise TimedOut(
                        f"tunnels to the hosts of gateways are not up after {timeout_s:g} s",
                        key=late,
                        remedy="see what ovs-appctl bfd/show says there",
                    )
                time.sleep(_POLL_S)
            return bool(found)

    def addresses(self, name: str) -> tuple[InterfaceAddress, ...]:
        """What the kernel says that `name` (workload, outside host, node) has now. Raises Unreachable, NotFound."""
        self._check_name(name)
        return namespaces.addresses(self._layout, name)

    def lease(self, name: str, interface: str = "eth0", version: int = 4) -> dict[str, str]:
        """The options that the workload's DHCP client last received, as it calls them; empty without a lease.

        For version 4 udhcpc's names (ip, router, dns, mtu, staticroutes, ...), for 6 dhclient's (new_ip6_address, ...).
        """
        self._check_name(name)
        return dhcp.lease(self._layout.workload(name), interface, version)

    def namespace_path(self, name: str) -> Path:
        """The file that stands for the network namespace of `name` (workload, outside host, node)."""
        return self._layout.namespace_path(name)

    def exec_argv(self, name: str, argv: Sequence[str]) -> list[str]:
        """The words that run `argv` as on the machine `name`: its network, its /sys, its resolv.conf.

        `name` is a workload, an outside host, `tor`, `underlay`, a hypervisor (where ovs-vsctl, ovs-appctl, ... find
        its daemons), or `central` (where ovn-nbctl and ovn-sbctl do). Raises Unreachable, NotFound.
        """
        ground.check(self._layout, "exec")
        self._check_name(name)
        return exec_words(self._layout, name, argv)

    def run(self, name: str, argv: Sequence[str], timeout_s: float = 30.0, stdin: str = "") -> Finished:
        """Run `argv` on the machine `name` to its end. Raises as `exec_argv`; TimedOut, after killing it."""
        return finish(self.exec_argv(name, argv), timeout_s, stdin)

    def kill(self, daemon: str) -> None:
        """Kill (SIGKILL) a daemon by name, such as `nb` or `hv1/ovn-controller`. Raises NotFound (not running)."""
        serving = self._serving(self._state())
        process = serving.get(daemon)
        if process is None:
            raise not_found(daemon, [name for name, process in serving.items() if process is not None])
        end([process], grace_s=0)

    def start(self, daemon: str) -> None:
        """Start a dead daemon again. Raises NotFound (no such daemon), Conflict (it runs)."""
        with self._locked():
            state = self._state()
            serving = self._serving(state)
            if daemon not in serving:
                raise not_found(daemon, list(serving))
            if serving[daemon] is not None:
                raise Conflict("runs already", key=daemon)
            if state.fabric and daemon in fabrics.table(state.fabric):
                fabrics.table(state.fabric)[daemon].start(self._layout)
            else:
                bring_up.start(self._layout, state, daemon)

    def _hosts(self, state: State) -> tuple[Hypervisor, ...]:
        """Where workloads are: hypervisors, or leaves."""
        there = self._layout.hypervisors(state.hypervisors)
        if state.fabric is None:
            return there
        return there + tuple(
            Hypervisor(
                name=leaf.name,
                underlay_address=leaf.loopback,
                namespace=self._layout.namespace(leaf.name),
                physical_networks=(PHYSICAL_NETWORK,),
            )
            for leaf in state.fabric.leaf_nodes
        )

    def _fabric_status(self, state: State) -> FabricStatus | None:
        if state.fabric is None:
            return None
        spines = tuple(node.name for node in state.fabric.nodes if node.role == "spine")
        endpoints = {leaf.name: f"file:{self._layout.node(leaf.name)}" for leaf in state.fabric.leaf_nodes}
        emulated = Emulators(state.fabric.emulated, state.fabric.spines).switches(self._layout)
        return FabricStatus(
            make="frr", underlay=state.fabric.underlay, spines=spines, endpoints=endpoints, emulated=emulated
        )

    def _serving(self, state: State) -> Mapping[str, Process | None]:
        """Every daemon that should run, by name, with the process that serves it."""
        leaves = fabrics.serving(self._layout, state.fabric) if state.fabric else {}
        return {**leaves, **bring_up.serving(self._layout, state)} if state.hypervisors else leaves

    def _refuse_otherwise(self, fabric: Fabric) -> None:
        """Raise Conflict where the lab runs as anything but this fabric."""
        try:
            now = self._state()
        except Unreachable:
            return
        if now.fabric != fabric:
            runs = now.fabric and (
                f"{now.fabric.spines} spines, {now.fabric.leaves} leaves, {now.fabric.underlay}, "
                f"{now.fabric.hypervisors} hypervisors"
            )
            if now.fabric and now.fabric.emulated:
                runs = f"{runs}, emulated {', '.join(now.fabric.emulated)}"
            raise Conflict(f"the lab runs with {runs or 'OVN'}", key=str(self.directory), remedy="run: cpal lab down")

    def _fixed_names(self) -> list[str]:
        hosts = [host.name for host in self.outside_hosts]
        state = self._state()
        machines = [node.name for node in state.fabric.nodes] if state.fabric else []
        if state.hypervisors:
            virtual = (hypervisor.name for hypervisor in self._layout.hypervisors(state.hypervisors))
            machines += ["central", TOP_OF_RACK, UNDERLAY, *virtual]
        return machines + hosts

    def _lost_namespaces(self) -> list[str]:
        """Names of the nodes and outside hosts whose network namespace is gone."""
        return sorted(set(self._fixed_names()) - namespaces.present(self._layout) - {"central"})

    def _check_whole(self) -> None:
        """Raise Unreachable when something of the lab is dead, which `up` would heal."""
        if missing := self.status().missing:
            raise Unreachable(f"the lab is broken: {', '.join(missing)} dead", remedy="run: cpal lab up")

    def _check_name(self, name: str) -> None:
        """Raise Unreachable when the lab is down, NotFound when it has no `name`."""
        fixed = self._fixed_names()
        if name in namespaces.present(self._layout) or (name == "central" and name in fixed):
            return
        known = [*fixed, *sorted(plugs.plugged(self._layout))]
        if name in known:
            raise Unreachable("its network namespace is gone", key=name, remedy="run: cpal lab up")
        raise not_found(name, known)

    def _state(self) -> State:
        try:
            return msgspec.json.decode(self._layout.state.read_bytes(), type=State)
        except (FileNotFoundError, NotADirectoryError):
            raise Unreachable("the lab is not up", key=str(self.directory), remedy="run: cpal lab up") from None
        except msgspec.DecodeError as fault:
            raise Broken(f"its state cannot be read: {fault}", key=str(self._layout.state)) from fault

    def _write(self, state: State) -> None:
        try:
            self._layout.fresh_state.write_bytes(msgspec.json.encode(state))
            self._layout.fresh_state.rename(self._layout.state)
        except OSError as fault:
            raise Disk(str(fault), key=str(self._layout.state)) from fault

    def _next_state(self, hypervisors: int, encap: Encapsulation, datapath: Datapath) -> State:
        """What is wanted, given what is there: hypervisors are only added, the encapsulation stays."""
        try:
            now = self._state()
        except Unreachable:
            return State(hypervisors=hypervisors, encapsulation=encap, datapath=datapath)
        if now.fabric:
            raise Conflict("the lab is a fabric", key=str(self.directory), remedy="run: cpal lab down")
        if now.encapsulation != encap:
            raise Conflict(
                f"the lab runs with {now.encapsulation}",
                key=str(self.directory),
                wanted=encap,
                remedy="run: cpal lab down",
            )
        return msgspec.structs.replace(now, hypervisors=max(now.hypervisors, hypervisors))

    def _is_ours(self) -> bool:
        """Whether the directory is a lab's, or empty but for a state that was being written."""
        return self._layout.state.exists() or set(self.directory.iterdir()) <= {self._layout.fresh_state}

    def _remove_directory(self) -> None:
        """Remove the directory if it is a lab's; the state goes last, so that it stays one until the end."""
        if not self.directory.is_dir() or not self._is_ours():
            return
        for path in self.directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != self._layout.state:
                path.unlink()
        self._layout.state.unlink(missing_ok=True)
        self.directory.rmdir()

    @contextmanager
    def _locked(self, *, create: bool = False) -> Iterator[None]:
        """Hold the lab's lock, waiting for whoever has it: a lock on its directory, which `create` makes.

        A lab that is not there needs none. Raises Conflict (the path is a file), Disk (it cannot be made, or what the
        body writes cannot be written).
        """
        while True:
            if create:
                self._make_directory()
            try:
                fd = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                yield
                return
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                if self._is_directory(fd):
                    with self._space():
                        yield
                    return
            finally:
                os.close(fd)

    @contextmanager
    def _space(self) -> Iterator[None]:
        """Raises Disk where the body finds no place to write."""
        try:
            yield
        except OSError as fault:
            if fault.errno not in _NO_PLACE:
                raise
            raise Disk(str(fault), key=str(self.directory), remedy="free space, then do it again") from fault

    def _make_directory(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise Conflict("is a file, not a directory", key=str(self.directory)) from None
        except OSError as fault:
            raise Disk(str(fault), key=str(self.directory)) from fault

    def _is_directory(self, fd: int) -> bool:
        """Whether `fd` still is the lab's directory: whoever had the lock may have taken the lab down."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(fd), self.directory.stat())
        return False
