"""Frames from end to end: each is learned from, forwarded, counted, or refused with a name.

A frame goes where its destination was last heard; one for a group, or for somebody unknown, to every remote of the
other ends. Remotes of one end reach each other by themselves, so nothing goes back to the end that it came from.
"""

from __future__ import annotations

import selectors
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cpal.engine.gateway.ends import Arrived, Sockets, opened_end
from cpal.engine.gateway.setting import Setting
from cpal.errors import WireError
from cpal.model.record import Part
from cpal.wire.learning import Learned

POLL_S = 0.2
"""How soon it ends when it is told to."""


class Flow(NamedTuple):
    """What is counted together: a network's frames from one end to another."""

    source: str
    destination: str
    network: int


class Counted(Part, frozen=True):
    """A line of the counters: frames and bytes of a network (its place in the setting) from one end to another."""

    source: str
    destination: str
    network: int
    source_vni: int
    destination_vni: int
    frames: int
    bytes: int


class Refused(Part, frozen=True):
    """How often an end refused something, by its name in `cpal.wire.carry.REFUSALS` or `cpal.wire.faults.FAULTS`."""

    end: str
    refusal: str
    count: int


class Gateway:
    """A gateway for a setting: `run` it until `stop`.

    Raises:
        Denied, Failed, Missing: an end's sockets cannot be had.
    """

    def __init__(self, setting: Setting, clock: Callable[[], float] = time.monotonic) -> None:
        self.setting = setting
        self._clock = clock
        self._ends: dict[str, Sockets] = {}
        self._networks = {(end, vni): at for at, network in enumerate(setting.networks) for end, vni in network.items()}
        self._learned: Learned[tuple[str, str]] = Learned()
        self._frames: Counter[Flow] = Counter()
        self._bytes: Counter[Flow] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._stopped = False
        try:
            for name, end in setting.ends.items():
                self._ends[name] = opened_end(end)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the sockets."""
        for sockets in self._ends.values():
            sockets.close()

    def stop(self) -> None:
        """Have `run` end."""
        self._stopped = True

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Carry frames until stopped; `tick` is called now and then."""
        with selectors.DefaultSelector() as selector:
            for name, sockets in self._ends.items():
                selector.register(sockets.reading, selectors.EVENT_READ, name)
            while not self._stopped:
                for key, _ in selector.select(POLL_S):
                    for arrived in self._ends[key.data].receive():
                        self.take(key.data, arrived)
                tick()

    def take(self, end: str, arrived: Arrived) -> None:
        """Carry what arrived at an end, or count why not."""
        carried = arrived.carried
        if arrived.remote not in self.setting.ends[end].remotes:
            self._refused[end, "stranger"] += 1
        elif carried is None:
            self._refused[end, arrived.refusal] += 1
        elif (network := self._networks.get((end, carried.vni))) is None:
            self._refused[end, "vni-unmapped"] += 1
        else:
            self._forward(end, arrived.remote, network, carried.frame)

    def _forward(self, end: str, remote: str, network: int, frame: bytes) -> None:
        now = self._clock()
        self._learned.hear(network, frame[6:12], (end, remote), now)
        known = self._learned.find(network, frame[:6], now)
        if known is not None and known[0] == end:
            self._refused[end, "same-end"] += 1
            return
        for other, address in self._everywhere(end, network) if known is None else (known,):
            try:
                self._ends[other].send(address, self.setting.networks[network][other], frame)
            except WireError as error:
                self._refused[other, error.key] += 1
            else:
                self._frames[Flow(end, other, network)] += 1
                self._bytes[Flow(end, other, network)] += len(frame)

    def _everywhere(self, end: str, network: int) -> Iterator[tuple[str, str]]:
        for other in self.setting.networks[network]:
            for remote in self.setting.ends[other].remotes if other != end else ():
                yield other, remote

    def counters(self) -> list[Counted]:
        """What was carried."""
        numbers = self.setting.networks
        return [
            Counted(
                *flow,
                numbers[flow.network][flow.source],
                numbers[flow.network][flow.destination],
                frames,
                self._bytes[flow],
            )
            for flow, frames in sorted(self._frames.items())
        ]

    def refusals(self) -> list[Refused]:
        """What was not."""
        return [Refused(end, name, count) for (end, name), count in sorted(self._refused.items())]
