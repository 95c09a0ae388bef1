"""Packets of the underlay as they pass: tcpdump on every hypervisor at once, here or by ssh, read and named together.

tcpdump listens on the links that tunnels leave by, and writes to its standard output; nothing is
installed there and nothing is left. What it writes is read here as it comes.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, NamedTuple

from cpal.engine.doctor.facts import Run, ask
from cpal.errors import Failed, Unreachable, WireError
from cpal.faces.captures import Object, Part, objects
from cpal.wire import columns, columns_numpy, geneve, pcap, stt, vxlan
from cpal.wire.capture import Capture
from cpal.wire.dissect import Packet
from cpal.wire.records import Record

FILTER = (
    f"udp port {geneve.PORT} or udp port {vxlan.PORT} or udp port {vxlan.LINUX_PORT} or udp port {vxlan.GPE_PORT} "
    f"or ip proto 47 or ip6 proto 47 or tcp port {stt.PORT}"
)
"""What may be in a tunnel, as pcap-filter(7) says it."""
GUARDED = (
    'exec 3>&2 2>/dev/null 4>&1 1>/dev/null; tcpdump "$@" 1>&4 2>&3 3>&- 4>&- & pid=$!; '
    "exec 3>&- 4>&-; cat; kill $pid; wait $pid"
)
"""A shell's words that run tcpdump until their input ends, as it does when who listens goes or the connection breaks:
no tcpdump is left behind on a quiet link, where it would write nothing and so never notice. Only tcpdump holds the
output, so that it ends with tcpdump."""
READY = "listening on"
STEP_S = 0.25
"""How often who reads is woken where nothing comes."""
READ = 1 << 18
END_S = 5.0

Words = Callable[[str, Sequence[str]], list[str]]
"""The words that run a command on a hypervisor, by its name."""


class Seen(NamedTuple):
    """A packet that passed: at which hypervisor, what the file would say of it, what it is, and as an object."""

    host: str
    record: Record
    packet: Packet
    told: Object


class Tap:
    """A tcpdump on a hypervisor, and what of its output is not a whole packet yet."""

    def __init__(self, host: str, argv: Sequence[str]) -> None:
        self.host = host
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self._capture = Capture(pcap.index)
        self._count = 0

    @property
    def out(self) -> IO[bytes]:
        """Its output."""
        if self.process.stdout is None:
            raise Failed("tcpdump has no output", key=self.host)
        return self.process.stdout

    def wait_ready(self) -> None:
        """Return when it listens. Raises: Failed: it does not."""
        said = []
        for line in self.process.stderr or ():
            said.append(line.decode(errors="replace").strip())
            if READY in said[-1]:
                return
        remedy = "it needs tcpdump there, and who may capture (root, or CAP_NET_RAW)"
        raise Failed(f"tcpdump does not capture: {said[-1] if said else 'it ended'}", key=self.host, remedy=remedy)

    def read(self) -> Iterator[Seen] | None:
        """The packets that are whole with what came; None at the end."""
        data = os.read(self.out.fileno(), READ)
        return self._seen(data) if data else None

    def _seen(self, data: bytes) -> Iterator[Seen]:
        try:
            piece = self._capture.feed(data)
        except WireError as error:
            raise Failed(f"what tcpdump writes cannot be read: {error}", key=self.host) from error
        part = Part(self._count + 1, columns.batch(piece.data, piece.found, columns_numpy.ENGINE))
        self._count += len(piece.found.starts)
        records = piece.found.records(piece.data)
        for number, (record, told) in enumerate(zip(records, objects(part), strict=True)):
            yield Seen(self.host, record, part.batch.packet(number), told)

    def close(self) -> None:
        """End it: first by the end of its input, which reaches it wherever it is."""
        try:
            self.process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


def links(hosts: Iterable[str], run: Run) -> list[tuple[str, str]]:
    """By hypervisor, the links that its tunnels leave by: where that is a bridge of its switch, the cards in it.

    Raises:
        Unreachable: a hypervisor does not answer, or none of its tunnels says where it leaves.
    """
    found = []
    for host in hosts:
        names = list(ask(host, run).egress())
        if not names:
            remedy = "cpal doctor overlay says what is wrong with its tunnels"
            raise Unreachable("none of its tunnels says by which link it leaves", key=host, remedy=remedy)
        found += [(host, name) for name in names]
    return found


def listening(
    places: Iterable[tuple[str, str]], words: Words, stop: Callable[[], bool]
) -> Generator[Seen | None, None, None]:
    """The packets that pass on links of hypervisors, until `stop` says so; None now and then, when none passes.

    Raises:
        Failed: tcpdump does not capture on one of them.
    """
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for host, link in places:
            options = ["-i", link, "-n", "-s", "0", "-U", "--immediate-mode", "-w", "-", FILTER]
            tap = Tap(host, words(host, ["sh", "-c", GUARDED, "tcpdump", *options]))
            stack.callback(tap.close)
            tap.wait_ready()
            waiting.register(tap.out, selectors.EVENT_READ, tap)
        yield None
        while not stop() and waiting.get_map():
            for key, _ in waiting.select(STEP_S):
                packets = key.data.read()
                if packets is None:
                    waiting.unregister(key.fileobj)
                else:
                    yield from packets
            yield None


def after(seconds: float | None) -> Callable[[], bool]:
    """What says when so many seconds are over; never without."""
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: end is not None and time.monotonic() >= end
