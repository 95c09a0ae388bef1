"""The MAC address of a place's default gateway, as its kernel knows it: where a frame goes that leaves the wire."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from pyroute2 import IPRoute

from .namespace import Namespaces
from .place import Place
from .survey import NUD_UNANSWERED, next_hops, socket_address

ANSWER_S = 0.5
"""How long gateways may take to say their MAC address."""

_DISCARD = 9
_POLL_S = 0.02
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class Seat(NamedTuple):
    """A place, and the index of its interface."""

    place: Place
    interface_index: int


class Gateway(NamedTuple):
    """A next hop of a default route: its address and, once it said so, its MAC address."""

    address: str
    hardware_address: bytes = b""


def gateways(spaces: Namespaces, seats: Iterable[Seat]) -> dict[Seat, dict[int, Gateway]]:
    """The default gateway of each seat, by IP version; none where it has none or nobody answers for it. Raises Denied.

    Whatever is not in a neighbour table yet is asked for by the kernel, since each is sent an empty datagram.
    """
    waiting = {seat: dict(_default(spaces, seat)) for seat in seats}
    found: dict[Seat, dict[int, Gateway]] = {seat: {} for seat in waiting}
    for seat, hops in waiting.items():
        _ask(spaces, seat, hops.values())
    deadline = time.monotonic() + ANSWER_S
    while any(waiting.values()):
        for seat, hops in waiting.items():
            for version, known in _resolved(spaces, seat, hops).items():
                found[seat][version] = known
                del hops[version]
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_S)
    return found


def _default(spaces: Namespaces, seat: Seat) -> Iterator[tuple[int, str]]:
    """The address of each IP version's default gateway."""
    spaces.enter(seat.place.namespace)
    with IPRoute() as netlink:
        for version, family in _FAMILIES.items():
            routes: list[Any] = list(netlink.get_routes(family=family))
            default = [r for r in routes if not r["dst_len"] and r.get("RTA_OIF") == seat.interface_index]
            default.sort(key=lambda route: route.get("RTA_PRIORITY") or 0)
            hops = [hop for route in default for hop in next_hops(route)]
            if hops:
                yield version, hops[0]


def _ask(spaces: Namespaces, seat: Seat, hops: Iterable[str]) -> None:
    for hop in hops:
        family = _FAMILIES[6 if ":" in hop else 4]
        with spaces.socket(seat.place.namespace, family, socket.SOCK_DGRAM) as sock, suppress(OSError):
            # the kernel has asked in vain a moment ago: then it stays without an answer
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, seat.place.interface.encode())
            sock.sendto(b"", socket_address(hop, _DISCARD, seat.interface_index))


def _resolved(spaces: Namespaces, seat: Seat, hops: dict[int, str]) -> dict[int, Gateway]:
    """Those of the hops that the kernel knows the MAC address of."""
    if not hops:
        return {}
    spaces.enter(seat.place.namespace)
    known: dict[str, bytes] = {}
    with IPRoute() as netlink:
        for entry in netlink.get_neighbours(ifindex=seat.interface_index):
            said = entry.get("NDA_LLADDR") or ""
            if said and not entry["state"] & NUD_UNANSWERED:
                known[str(entry.get("NDA_DST"))] = bytes.fromhex(said.replace(":", ""))
    return {version: Gateway(hop, known[hop]) for version, hop in hops.items() if hop in known}
