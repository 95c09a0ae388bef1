"""Which machine is where, learned from the frames it sends. Source: IEEE 802.1Q, section 8.7. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

P = TypeVar("P", bound=Hashable)
AGEING_S = 300.0
"""How long a machine is known after it was last heard. Source: IEEE 802.1Q, table 8-6."""
MOST = 65_536
"""How many are known at most: the one that was heard least recently goes."""


class _Heard(NamedTuple, Generic[P]):
    place: P
    at_s: float


class Learned(Generic[P]):
    """Places by network and MAC address. It has no clock: who asks says what time it is, in seconds."""

    def __init__(self, most: int = MOST, ageing_s: float = AGEING_S) -> None:
        self._most = most
        self._ageing_s = ageing_s
        self._heard: OrderedDict[tuple[int, bytes], _Heard[P]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heard)

    def hear(self, network: int, mac: bytes, place: P, now_s: float) -> None:
        """Note that a machine sent something from there; a group's address is nobody's."""
        if is_group(mac):
            return
        self._heard[network, mac] = _Heard(place, now_s)
        self._heard.move_to_end((network, mac))
        if len(self._heard) > self._most:
            self._heard.popitem(last=False)

    def find(self, network: int, mac: bytes, now_s: float) -> P | None:
        """Where a machine is; None where that is not known (any more), or for a group."""
        heard = self._heard.get((network, mac))
        return heard.place if heard is not None and now_s - heard.at_s < self._ageing_s else None


def is_group(mac: bytes) -> bool:
    """Whether an address is that of a group: multicast or broadcast. Source: IEEE 802, section 8.2."""
    return bool(mac[0] & 1)
