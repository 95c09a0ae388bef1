"""What is known of each attempt while packets fly: a Trace each, and the Book that files sightings under them.

A sighting names its attempt by a token, or by a source port at its sender. A TCP SYN has no room for a token: the SYN
that leaves tells its sequence number, which it keeps through every translation of addresses, and by which its arrival
is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cpal.model.security import TCP

from .attempt import Attempt, Way
from .sighting import Asked, Began, Carried, Control, Refused, Sighting, Told


@dataclass(slots=True)
class Trace:
    """The evidence about one attempt.

    `left` counts packets seen leaving the source, `arrived` holds the endpoints that got one, `came_from` the addresses
    that the destination was asked from (as translated on the way), `answered_by` the names that listeners gave,
    `echoed_by` the addresses that echo replies came from, `refused` an ICMP error or reset in words, `failures` what
    the source's kernel said instead of sending.
    """

    sent: int = 0
    left: int = 0
    arrived: set[str] = field(default_factory=set)
    came_from: set[str] = field(default_factory=set)
    answered_by: set[str] = field(default_factory=set)
    refused: str = ""
    connected: bool = False
    echoed_by: set[str] = field(default_factory=set)
    reply_left: bool = False
    failures: set[str] = field(default_factory=set)


class Book:
    """Every attempt's trace, and how a sighting finds its attempt."""

    def __init__(self) -> None:
        self.attempts: dict[int, Attempt] = {}
        self.traces: dict[int, Trace] = {}
        self.asked: dict[str, set[str]] = defaultdict(set)
        self.told: dict[str, set[str]] = defaultdict(set)
        self.controls: set[int] = set()
        self._ports: dict[tuple[str, int, int, int], int] = {}
        self._sequences: dict[int, int] = {}
        self._syns: list[tuple[str, int]] = []

    def enter(self, attempts: Iterable[Attempt]) -> None:
        """Begin a trace for each attempt."""
        for attempt in attempts:
            self.attempts[attempt.number] = attempt
            self.traces[attempt.number] = Trace()

    def port(self, attempt: Attempt, source_port: int) -> None:
        """Remember that packets of `attempt` have this source port."""
        service = attempt.flow.service
        self._ports[attempt.flow.source, service.ip_version, service.protocol, source_port] = attempt.number

    def left(self, endpoint: str, seen: Sighting) -> int | None:
        """File what left `endpoint`; the attempt that it is about, if any."""
        match seen:
            case Control(number=number):
                self.controls.add(number)
            case Asked(target=target):
                self.asked[endpoint].add(target)
            case Began(version=version, source_port=port, sequence=sequence):
                found = self._ports.get((endpoint, version, TCP, port))
                if found is not None:
                    self._sequences[sequence] = found
                    self.traces[found].left += 1
                    return found
            case Carried(number=number) if number in self.traces:
                if seen.reply:
                    self.traces[number].reply_left = True
                elif endpoint == self.attempts[number].flow.source:
                    self.traces[number].left += 1
                return number
        return None

    def arrived(self, endpoint: str, addresses: Iterable[str], seen: Sighting) -> int | None:
        """File what arrived at `endpoint`, which has `addresses`; the attempt that it is about, if any."""
        match seen:
            case Told(target=target):
                self.told[endpoint].add(target)
            case Began() if seen.destination in addresses:
                self._syns.append((endpoint, seen.sequence))
            case Refused():
                return self._refused(endpoint, seen)
            case Carried(number=number) if number in self.traces and seen.destination in addresses:
                if not seen.reply:
                    self.traces[number].arrived.add(endpoint)
                    if endpoint == self.attempts[number].flow.destination:
                        self.traces[number].came_from.add(seen.source)
                elif endpoint == self.attempts[number].flow.source:
                    self.traces[number].echoed_by.add(seen.source)
                return number
        return None

    def _refused(self, endpoint: str, seen: Refused) -> int | None:
        port = seen.source_port
        number = seen.number if port is None else self._ports.get((endpoint, seen.version, seen.protocol, port), -1)
        attempt = self.attempts.get(number)
        if attempt is None or attempt.flow.source != endpoint or attempt.flow.service.protocol != seen.protocol:
            return None
        self.traces[number].refused = f"{seen.sender} said: {seen.said}"
        return number

    def settle(self) -> None:
        """File the SYNs that arrived, now that it is known which left."""
        for endpoint, sequence in self._syns:
            number = self._sequences.get(sequence)
            if number is not None:
                self.traces[number].arrived.add(endpoint)
        self._syns.clear()


def finished(attempt: Attempt, trace: Trace, occupied: bool) -> bool:
    """Whether nothing more is to be learned; `occupied` when another process listens where our listener should."""
    if trace.refused or trace.answered_by:
        return True
    match attempt.way:
        case Way.ECHO:
            return attempt.flow.address in trace.echoed_by
        case Way.ONEWAY | Way.FRAME:
            return attempt.flow.destination in trace.arrived
        case Way.STREAM:
            return occupied and trace.connected
        case Way.DATAGRAM:
            return occupied and attempt.flow.destination in trace.arrived
