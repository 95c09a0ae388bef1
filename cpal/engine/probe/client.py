"""Clients: send what an attempt asks for, again while nobody answers, and hear the answers.

Every try is fresh: a TCP try is a new connection from a new port, an echo has a new identifier, beside the earlier
ones; the first that is answered decides. Starts are paced, for the switches under test may be small.
"""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial

from cpal.reach.flow import Service

from .attempt import ECHO_REPLY, Attempt, Way
from .loop import READ, WRITE, Loop
from .namespace import Namespaces
from .packet import TOKEN_LENGTH, answer_prefix, frame_port, packet, source_port, token, token_number
from .place import Place
from .sighting import ETHERTYPES, Carried, Sighting
from .survey import socket_address
from .trace import Book, Trace, finished

TRIES = 3
"""How often a silent attempt is made, evenly over its time."""

STARTS_PER_SECOND = 2000
"""Half of what two hypervisors with the userspace datapath of OVS were measured to bear without a wrong answer."""

CONTROLS_PER_SECOND = 10_000
"""What a listener is asked from within its namespace crosses no switch."""

MOST_UNDERWAY = 1500
_PUMP_S = 0.004
_LONGEST_BURST_S = 0.02
_LONGEST_NAME = 512


class Clients:
    """The asking side of a run."""

    def __init__(
        self,
        loop: Loop,
        spaces: Namespaces,
        book: Book,
        prefix: bytes,
        places: Mapping[str, tuple[Place, int]],
        is_occupied: Callable[[Attempt], bool],
        ended: Callable[[], None],
    ) -> None:
        """`places`: each endpoint's place and the index of its interface; `ended` is called as each attempt ends."""
        self._loop = loop
        self._spaces = spaces
        self._book = book
        self._prefix = prefix
        self._places = places
        self._is_occupied = is_occupied
        self._sockets: dict[int, list[socket.socket]] = {}
        self._raw: dict[tuple[str, int], socket.socket] = {}
        self._ended = ended

    def run(self, attempts: Iterable[Attempt], timeout_s: float, *, starts_per_second: int = STARTS_PER_SECOND) -> None:
        """Make all attempts; each ends when it is answered or `timeout_s` after its start. Raises Stopped."""
        waiting = deque(attempts)
        self._pump(waiting, timeout_s, starts_per_second, time.monotonic() - _PUMP_S)
        self._loop.run(lambda: not waiting and not self._sockets)

    def close(self) -> None:
        """Close what is shared between attempts."""
        for sock in self._raw.values():
            sock.close()

    def review(self, number: int) -> None:
        """End the attempt if the evidence that has come in is all there can be."""
        attempt = self._book.attempts[number]
        if number in self._sockets and finished(attempt, self._book.traces[number], self._is_occupied(attempt)):
            self._end(number)

    def _pump(self, waiting: deque[Attempt], timeout_s: float, rate: int, last: float) -> None:
        """Start what is due since `last` at `rate` a second, and the rest later."""
        now = time.monotonic()
        for _ in range(min(round((now - last) * rate), round(_LONGEST_BURST_S * rate))):
            if waiting and len(self._sockets) < MOST_UNDERWAY:
                self._begin(waiting.popleft(), timeout_s)
        if waiting:
            self._loop.after(_PUMP_S, partial(self._pump, waiting, timeout_s, rate, now))

    def _begin(self, attempt: Attempt, timeout_s: float) -> None:
        self._sockets[attempt.number] = []
        self._loop.after(timeout_s, partial(self._end, attempt.number))
        for turn in range(1, TRIES):
            self._loop.after(timeout_s * turn / TRIES, partial(self._try, attempt))
        self._try(attempt)

    def _end(self, number: int) -> None:
        sockets = self._sockets.pop(number, None)
        if sockets is None:
            return
        self._ended()
        for sock in sockets:
            self._loop.close(sock)

    def _try(self, attempt: Attempt) -> None:
        if attempt.number not in self._sockets:
            return
        trace = self._book.traces[attempt.number]
        trace.sent += 1
        try:
            _TRIES[attempt.way](self, attempt, trace)
        except OSError as fault:
            trace.failures.add(_words(fault))

    def _try_stream(self, attempt: Attempt, trace: Trace) -> None:
        sock = self._open(attempt, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._loop.watch(sock, WRITE, partial(self._connected, sock, attempt, trace))
        fault = sock.connect_ex(self._target(attempt))
        if fault != errno.EINPROGRESS and fault:
            raise OSError(fault, errno.errorcode.get(fault, str(fault)).lower())

    def _connected(self, sock: socket.socket, attempt: Attempt, trace: Trace) -> None:
        fault = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if fault:
            self._broken(sock, attempt, trace, OSError(fault, ""))
            return
        trace.connected = True
        if not self._is_occupied(attempt):
            self._loop.watch(sock, READ, partial(self._heard, sock, attempt, trace))
            try:
                sock.send(token(self._prefix, attempt.number))
            except OSError as error:
                self._broken(sock, attempt, trace, error)
        self.review(attempt.number)

    def _try_datagram(self, attempt: Attempt, trace: Trace) -> None:
        if not self._sockets[attempt.number]:
            sock = self._open(attempt, socket.SOCK_DGRAM)
            sock.connect(self._target(attempt))
            self._loop.watch(sock, READ, partial(self._heard, sock, attempt, trace))
        self._sockets[attempt.number][0].send(token(self._prefix, attempt.number))

    def _heard(self, sock: socket.socket, attempt: Attempt, trace: Trace) -> None:
        try:
            answer = sock.recv(TOKEN_LENGTH + _LONGEST_NAME)
        except BlockingIOError:
            return
        except OSError as fault:
            self._broken(sock, attempt, trace, fault)
            return
        if token_number(answer, answer_prefix(self._prefix)) == attempt.number:
            trace.answered_by.add(answer[TOKEN_LENGTH:].decode(errors="replace"))
        elif not answer and attempt.way is Way.STREAM:
            self._loop.close(sock)
        self.review(attempt.number)

    def _broken(self, sock: socket.socket, attempt: Attempt, trace: Trace, fault: OSError) -> None:
        """A reset ends a TCP attempt. The witness knows better about ICMP errors, and who sent them."""
        if attempt.way is Way.STREAM:
            self._loop.close(sock)
            if fault.errno in (errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE):
                trace.refused = trace.refused or "the connection was reset"
        elif fault.errno != errno.ECONNREFUSED:
            trace.failures.add(_words(fault))
        self.review(attempt.number)

    def _try_packet(self, attempt: Attempt, trace: Trace) -> None:
        flow = attempt.flow
        turn = trace.sent - 1
        data = packet(flow.service, attempt.source_address, flow.address, self._prefix, attempt.number, turn)
        self._book.port(attempt, source_port(attempt.number))
        place, interface_index = self._places[flow.source]
        sock = self._raw_socket(flow.source, place, flow.service.ip_version)
        sock.sendto(data, socket_address(flow.address, 0, interface_index))

    def _raw_socket(self, endpoint: str, place: Place, version: int) -> socket.socket:
        """The socket for packets with a header of our own; IPPROTO_RAW receives nothing. Source: raw(7), ipv6(7)."""
        key = endpoint, version
        if key not in self._raw:
            family = socket.AF_INET6 if version == 6 else socket.AF_INET
            sock = self._spaces.socket(place.namespace, family, socket.SOCK_RAW, socket.IPPROTO_RAW)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, place.interface.encode())
            self._raw[key] = sock
        return self._raw[key]

    def reply(self, endpoint: str, seen: Sighting) -> None:
        """Answer an echo request at an endpoint with several interfaces by the one it came in, as a lone one would be.

        What the kernel there does is the business of its routing table: it may answer by another interface.
        """
        if not isinstance(seen, Carried) or seen.reply or seen.number not in self._book.attempts:
            return
        attempt = self._book.attempts[seen.number]
        if attempt.way is not Way.ECHO or endpoint != attempt.flow.destination:
            return
        version, protocol = attempt.flow.service.ip_version, attempt.flow.service.protocol
        place, interface_index = self._places[endpoint]
        answer = Service(version, protocol, ECHO_REPLY[protocol], 0)
        data = packet(answer, seen.destination, seen.source, self._prefix, attempt.number, seen.turn)
        with suppress(OSError):  # no way back: then nobody hears of it, as without us
            self._raw_socket(endpoint, place, version).sendto(data, socket_address(seen.source, 0, interface_index))

    def _try_frame(self, attempt: Attempt, trace: Trace) -> None:
        """A packet socket writes the Ethernet header, from the interface's own MAC address. Source: packet(7)."""
        flow, version = attempt.flow, attempt.flow.service.ip_version
        data = packet(flow.service, attempt.source_address, flow.address, self._prefix, attempt.number)
        self._book.port(attempt, frame_port(attempt.number))
        place, _ = self._places[flow.source]
        key = flow.source, 0
        if key not in self._raw:
            self._raw[key] = self._spaces.socket(place.namespace, socket.AF_PACKET, socket.SOCK_DGRAM)
        self._raw[key].sendto(data, (place.interface, ETHERTYPES[version], 0, 0, attempt.hop.hardware_address))

    def _open(self, attempt: Attempt, kind: int) -> socket.socket:
        """A socket at the attempt's source, bound there, that ends with the attempt."""
        place, interface_index = self._places[attempt.flow.source]
        family = socket.AF_INET6 if attempt.flow.service.ip_version == 6 else socket.AF_INET
        sock = self._spaces.socket(place.namespace, family, kind)
        self._sockets[attempt.number].append(sock)
        if not attempt.control:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, place.interface.encode())
        sock.bind(socket_address(attempt.source_address, 0, interface_index))
        self._book.port(attempt, sock.getsockname()[1])
        return sock

    def _target(self, attempt: Attempt) -> tuple[str, int] | tuple[str, int, int, int]:
        flow = attempt.flow
        return socket_address(flow.address, flow.service.port or 0, self._places[flow.source][1])


_TRIES: dict[Way, Callable[[Clients, Attempt, Trace], None]] = {
    Way.STREAM: Clients._try_stream,
    Way.DATAGRAM: Clients._try_datagram,
    Way.ECHO: Clients._try_packet,
    Way.ONEWAY: Clients._try_packet,
    Way.FRAME: Clients._try_frame,
}


def _words(fault: OSError) -> str:
    return (fault.strerror or errno.errorcode.get(fault.errno or 0, str(fault))).lower()
