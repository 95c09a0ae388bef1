"""Packets seen at both ends of a tunnel: which left and arrived, and which vanished between.

Theory. A packet is the same at both ends if its outer addresses and all that is behind the outer headers are. The ends
are listened to apart, so it may be told of as arrived before it is told of as sent; it has vanished when it was sent
and nobody told of its arrival for some time. Inner TCP data is not one packet on both sides: network cards cut large
segments on the way out, and the kernel joins those that come in. Of it the bytes of each direction are compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

from cpal.errors import WireError
from cpal.wire import ethernet, ip, tcp
from cpal.wire.dissect import Packet, Tunnel

PATIENCE_NS = 2_000_000_000
"""How long an arrival is waited for."""
MOST = 100_000
"""Packets that are waited for at most; then the oldest is given up without a verdict."""

Told = TypeVar("Told")


class Way(NamedTuple):
    """Counts of packets from one end to another; bytes are those of inner TCP."""

    left: int = 0
    arrived: int = 0
    vanished: int = 0
    bytes_left: int = 0
    bytes_arrived: int = 0


class _Sighting(Generic[Told]):
    """A packet that was seen at one end, until it is seen at the other."""

    def __init__(self, key: Hashable, since_ns: int, way: tuple[str, str], told: Told) -> None:
        self.key = key
        self.since_ns = since_ns
        self.way = way
        self.told = told
        self.is_met = False


class _End(Generic[Told]):
    """What was seen at one end, oldest first, and by what it is known."""

    def __init__(self) -> None:
        self._all: deque[_Sighting[Told]] = deque()
        self._by_key: dict[Hashable, deque[_Sighting[Told]]] = {}

    def add(self, sighting: _Sighting[Told]) -> None:
        self._all.append(sighting)
        self._by_key.setdefault(sighting.key, deque()).append(sighting)

    def meet(self, key: Hashable) -> bool:
        """Whether such a packet was waiting; the oldest waits no longer."""
        alike = self._by_key.get(key)
        if not alike:
            return False
        self._leave(alike).is_met = True
        return True

    def _leave(self, alike: deque[_Sighting[Told]]) -> _Sighting[Told]:
        first = alike.popleft()
        if not alike:
            del self._by_key[first.key]
        return first

    def overdue(self, before_ns: int) -> Iterator[_Sighting[Told]]:
        """Those that nobody met and that began to wait before; of too many the oldest are given up without a word."""
        while self._all and (self._all[0].since_ns <= before_ns or self._all[0].is_met or len(self._all) > MOST):
            first = self._all.popleft()
            if not first.is_met:
                self._leave(self._by_key[first.key])
                if first.since_ns <= before_ns:
                    yield first


class Sightings(Generic[Told]):
    """What was seen; `told` is what the caller wants back of a packet that vanished. It has no clock."""

    def __init__(self, patience_ns: int = PATIENCE_NS) -> None:
        self._patience_ns = patience_ns
        self._sent: _End[Told] = _End()
        self._arrived: _End[Told] = _End()
        self._ways: dict[tuple[str, str], Way] = {}

    def add(self, packet: Packet, at: str, way: tuple[str, str], told: Told, now_ns: int) -> None:
        """A packet was seen at one of the ends of its way."""
        is_sender, size = at == way[0], tcp_size(packet)
        if size:
            self._count(way, **{"bytes_left" if is_sender else "bytes_arrived": size})
            return
        self._count(way, **{"left" if is_sender else "arrived": 1})
        here, there = (self._sent, self._arrived) if is_sender else (self._arrived, self._sent)
        key = (way, identity(packet))
        if not there.meet(key):
            here.add(_Sighting(key, now_ns, way, told))

    def vanished(self, now_ns: int) -> Iterator[Told]:
        """Packets that have been waited for long enough, each told once."""
        before_ns = now_ns - self._patience_ns
        for _ in self._arrived.overdue(before_ns):
            pass  # nobody saw it leave: listening began between, or a card sent it by itself
        for lost in self._sent.overdue(before_ns):
            self._count(lost.way, vanished=1)
            yield lost.told

    def ways(self) -> dict[tuple[str, str], Way]:
        """The counts by sender and receiver."""
        return dict(self._ways)

    def _count(self, way: tuple[str, str], **more: int) -> None:
        known = self._ways.get(way, Way())
        self._ways[way] = known._replace(**{name: getattr(known, name) + more[name] for name in more})


def identity(packet: Packet) -> Hashable:
    """What is the same of a packet at both ends of its outermost tunnel."""
    first = packet.tunnels[0]
    return first.packet.source, first.packet.destination, hash(_behind(first))


def _behind(tunnel: Tunnel) -> bytes:
    """What is behind the outer headers: UDP's checksum and IP's may be written by the network card."""
    return tunnel.datagram.payload if tunnel.datagram is not None else tunnel.packet.payload


def tcp_size(packet: Packet) -> int:
    """Bytes of a packet's inner TCP data."""
    if packet.inner is None or packet.inner.protocol != ip.TCP or packet.ethertype != ethernet.TEB:
        return 0
    try:
        inner = ip.decode(ethernet.decode(packet.payload).payload)
        return len(tcp.decode(inner.payload).payload)
    except WireError:
        return 0
