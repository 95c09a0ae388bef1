"""A run of the prober, from flows to observations. Read `_Run.observe` top to bottom."""

from __future__ import annotations

import itertools
import resource
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

import msgspec

from cpal.reach.flow import Flow

from .attempt import Attempt, Landings, Spot, Way, interleave, spots, way_of
from .client import CONTROLS_PER_SECOND, Clients
from .gateway import Seat, gateways
from .listener import Listeners
from .loop import READ, Loop
from .namespace import Namespaces
from .packet import NUMBERS, new_prefix
from .place import Observation, Place
from .prospect import Prospects, Site, keeps, listened, prospects
from .survey import SETTLE_S, no_way_back, survey, unresolved
from .trace import Book
from .verdict import Circumstances, Claim, claim, claim_of_frames
from .witness import Witness

NONE_ELSEWHERE: Landings = {}
"""Every flow comes to where it is sent."""
TIMEOUT_S = 1.5
"""How long an attempt may stay silent; by then it was made three times."""

Report = Callable[[int, int], None]
"""Told how many attempts are done, and of how many."""

_REPORT_EVERY_S = 0.05
_LINGER_S = 0.03


def probe(
    flows: Sequence[Flow],
    places: Mapping[str, Place],
    report: Report | None = None,
    timeout_s: float = TIMEOUT_S,
    landings: Landings = NONE_ELSEWHERE,
) -> list[Observation]:
    """What real packets show of each flow, in the order of `flows`.

    `places` says where each endpoint lives, by its name; those that no flow names may answer too, and are told apart.
    `landings` says where flows come to whose ports are forwarded.
    `report` is called in the caller's thread. Nothing that was opened stays open.

    Raises:
        Denied: not privileged to enter a namespace or to make a raw socket.
        Exhausted: too many open files.
    """
    stop, progress = threading.Event(), _Progress()
    with _open_files(), ThreadPoolExecutor(1, "cpal-probe") as executor:
        future = executor.submit(_observe, flows, places, landings, timeout_s, stop, progress)
        try:
            while not future.done():
                wait([future], _REPORT_EVERY_S)
                if report:
                    report(progress.done, progress.total)
        except BaseException:
            stop.set()
            raise
    return future.result()


@dataclass(slots=True)
class _Progress:
    done: int = 0
    total: int = 0

    def step(self) -> None:
        self.done += 1


@contextmanager
def _open_files() -> Iterator[None]:
    """As many open files as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _observe(
    flows: Sequence[Flow],
    places: Mapping[str, Place],
    landings: Landings,
    timeout_s: float,
    stop: threading.Event,
    progress: _Progress,
) -> list[Observation]:
    """What `probe` does in a thread of its own, which moves from namespace to namespace."""
    with Namespaces() as spaces, Loop(stop) as loop:
        return _Run(spaces, loop, _sites(spaces, flows, places), landings, progress).observe(flows, timeout_s)


def _sites(spaces: Namespaces, flows: Sequence[Flow], places: Mapping[str, Place]) -> dict[str, Site]:
    """Every place as found."""
    destinations = defaultdict(set)
    for flow in flows:
        destinations[flow.source].add(flow.address)
    deadline = time.monotonic() + SETTLE_S
    sites = {}
    for name, given in places.items():
        place = msgspec.structs.replace(given, addresses=tuple(str(ip_address(each)) for each in given.addresses))
        sites[name] = Site(place, survey(spaces, place, destinations[name], deadline))
    return _with_gateways(spaces, flows, sites)


def _with_gateways(spaces: Namespaces, flows: Sequence[Flow], sites: dict[str, Site]) -> dict[str, Site]:
    """The sites, with the gateways of those that must send below their kernel."""
    named = {flow.source for flow in flows if flow.source in sites and keeps(flow, sites)}
    seats = {name: Seat(sites[name].place, sites[name].ground.interface_index) for name in named}
    found = gateways(spaces, seats.values())
    return sites | {name: sites[name]._replace(gateways=found[seat]) for name, seat in seats.items()}


class _Run:
    """One run: what it has opened, and what has been seen."""

    def __init__(
        self, spaces: Namespaces, loop: Loop, sites: Mapping[str, Site], landings: Landings, progress: _Progress
    ) -> None:
        self._spaces = spaces
        self._loop = loop
        self._sites = {name: site for name, site in sites.items() if not site.ground.problem}
        self._all_sites = sites
        self._landings = landings
        self._progress = progress
        self._prefix = new_prefix(secrets.token_bytes(8))
        self._numbers = itertools.count(secrets.randbelow(NUMBERS))
        self._book = Book()
        self._witnesses: dict[str, Witness] = {}
        self._unresolved: dict[str, set[str]] = {}
        self._sent_frames: dict[str, list[int]] = defaultdict(list)
        self._proofs: dict[Spot, list[int]] = defaultdict(list)
        self._listeners = Listeners(loop, spaces, self._prefix)
        seats = {name: (site.place, site.ground.interface_index) for name, site in self._sites.items()}
        self._clients = Clients(loop, spaces, self._book, self._prefix, seats, self._is_occupied, progress.step)

    def observe(self, flows: Sequence[Flow], timeout_s: float) -> list[Observation]:
        """Open, prove, try, prove again, judge."""
        found = prospects(flows, self._all_sites, self._numbers)
        self._book.enter(found.every())
        to_try = found.to_try()
        try:
            self._watch()
            self._listen(found)
            to_prove = self._provable(found)
            self._progress.total = len(to_try) + 2 * len(to_prove)
            self._prove(to_prove, timeout_s)
            self._clients.run(interleave(to_try), timeout_s)
            self._prove(to_prove, timeout_s)
            self._linger()
            self._book.settle()
            return [self._observation(flow, position, found) for position, flow in enumerate(flows)]
        finally:
            self._close()

    def _watch(self) -> None:
        """Open a witness at every place."""
        for name, site in self._sites.items():
            witness = self._witnesses[name] = Witness(self._spaces, site.place, site.ground.hardware_address)
            self._loop.watch(witness.socket, READ, partial(self._look, name, witness))

    def _look(self, name: str, witness: Witness) -> None:
        addresses = self._sites[name].ground.addresses
        for outgoing, seen in witness.seen(self._prefix):
            number = self._book.left(name, seen) if outgoing else self._book.arrived(name, addresses, seen)
            if number is None:
                continue
            if not outgoing and self._sites[name].ground.several:
                self._clients.reply(name, seen)
            self._clients.review(number)

    def _listen(self, found: Prospects) -> None:
        """Open a listener for every service in question at every place: who gets what was meant for another tells."""
        addresses = {name: site.ready(4) + site.ready(6) for name, site in self._sites.items()}
        asked = {attempt.flow.service for attempt in found.every()}
        for spot in spots(asked | {landing.service for landing in self._landings.values()}, addresses):
            site = self._sites[spot.endpoint]
            self._listeners.open(spot, site.place, site.ground)

    def _provable(self, found: Prospects) -> list[Spot]:
        wanted = {spot for attempt in found.every() for spot in self._listened(attempt.flow)}
        return sorted(wanted - self._listeners.occupied - self._listeners.failed.keys())

    def _prove(self, to_prove: Iterable[Spot], timeout_s: float) -> None:
        """Ask each listener from within its namespace, and have each witness see a frame."""
        controls = []
        for spot in to_prove:
            flow = Flow(spot.endpoint, spot.endpoint, spot.address, spot.service)
            controls.append(Attempt(next(self._numbers), flow, way_of(spot.service), spot.address, control=True))
            self._proofs[spot].append(controls[-1].number)
        for name, witness in self._witnesses.items():
            self._sent_frames[name].append(next(self._numbers))
            witness.control(self._prefix, self._sent_frames[name][-1])
        self._book.enter(controls)
        self._clients.run(controls, timeout_s, starts_per_second=CONTROLS_PER_SECOND)

    def _linger(self) -> None:
        """Let the witnesses see what is still in flight."""
        over = threading.Event()
        self._loop.after(_LINGER_S, over.set)
        self._loop.run(over.is_set)

    def _observation(self, flow: Flow, position: int, found: Prospects) -> Observation:
        if position in found.unknown:
            return Observation(flow, None, found.unknown[position])
        if position in found.frames:
            claims = [self._claim(frame, "") for frame in found.frames[position]]
            return Observation(flow, *claim_of_frames(claims, flow))
        return Observation(flow, *self._claim(found.attempts[position], found.unroutable.get(position, "")))

    def _claim(self, attempt: Attempt, unroutable: str) -> Claim:
        return claim(attempt, self._book.traces[attempt.number], self._circumstances(attempt, unroutable))

    def _circumstances(self, attempt: Attempt, unroutable: str) -> Circumstances:
        flow = attempt.flow
        frame = attempt.way is Way.FRAME
        hops = () if frame else self._sites[flow.source].ground.routes[flow.address].next_hops
        silent = () if self._book.traces[attempt.number].left or not hops else self._silent(flow.source)
        return Circumstances(
            unproven=self._unproven_witness(flow.destination) or self._unproven_listener(flow),
            occupied=self._is_occupied(attempt),
            unroutable=unroutable,
            one_way=self._one_way(attempt),
            unanswered=next((hop for hop in hops if hop in silent), ""),
            blind_source=self._witnesses[flow.source].lost(),
            blind_destination=self._witnesses[flow.destination].lost(),
        )

    def _silent(self, name: str) -> set[str]:
        """The next hops that an endpoint asked for in vain: as its witness saw it, or before, as its kernel knows."""
        if name not in self._unresolved:
            site = self._sites[name]
            self._unresolved[name] = unresolved(self._spaces, site.place, site.ground.interface_index)
        return self._unresolved[name] | (self._book.asked[name] - self._book.told[name])

    def _one_way(self, attempt: Attempt) -> str:
        """Why the destination's kernel could not reply to an echo request that it got, or ""."""
        trace, destination = self._book.traces[attempt.number], attempt.flow.destination
        if attempt.way is not Way.ECHO or destination not in trace.arrived or trace.reply_left:
            return ""
        if trace.came_from and trace.came_from <= self._sites[destination].ground.addresses:
            return f"it came from {', '.join(sorted(trace.came_from))}, which {destination} has itself"
        site, silent = self._sites[destination], self._silent(destination)
        return no_way_back(self._spaces, site.place.namespace, trace.came_from, silent)

    def _is_occupied(self, attempt: Attempt) -> bool:
        """Whether another process holds the port that the attempt is for."""
        occupied = self._listeners.occupied
        return bool(occupied) and not occupied.isdisjoint(self._listened(attempt.flow))

    def _listened(self, flow: Flow) -> list[Spot]:
        return listened(flow, self._sites, self._landings)

    def _unproven_witness(self, name: str) -> str:
        proven = self._book.controls.issuperset(self._sent_frames[name])
        return "" if proven else f"the witness of {name} did not see all of its own frames"

    def _unproven_listener(self, flow: Flow) -> str:
        for spot in self._listened(flow):
            where = f"the listener of {spot.endpoint} on {spot.address} {spot.service}"
            if spot in self._listeners.failed:
                return f"{where} could not be opened: {self._listeners.failed[spot]}"
            if not all(spot.endpoint in self._book.traces[number].answered_by for number in self._proofs[spot]):
                lo = "; its loopback interface is down" if self._sites[spot.endpoint].ground.silent_loopback else ""
                return f"{where} did not answer from within its own namespace{lo}"
        return ""

    def _close(self) -> None:
        self._clients.close()
        for witness in self._witnesses.values():
            witness.close()
