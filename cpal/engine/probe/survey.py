"""What the kernel says of a place before anything is sent: its interface, its addresses, its routes."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from .namespace import Namespaces
from .place import Place

SETTLE_S = 3.0
"""How long duplicate address detection may take: a second of delay, one of waiting (RFC 4862), and a margin."""

_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_IFA_F_TENTATIVE, _IFA_F_DADFAILED = 0x40, 0x08
_RTM_F_FIB_MATCH = 0x2000
NUD_UNANSWERED = 0x01 | 0x20
"""Incomplete or failed. Source: linux/neighbour.h."""
_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EINVAL, errno.EACCES)
_POLL_S = 0.05


class Route(NamedTuple):
    """How a place would send to an address: the next hops to resolve, and the source address; or why it cannot."""

    next_hops: tuple[str, ...] = ()
    source: str = ""
    obstacle: str = ""


class Ground(NamedTuple):
    """A place as found. `problem` is why it cannot be used ("" when it can), `unready` why an address cannot.

    `interface_index` and `hardware_address` are its interface's; `addresses` are all of its namespace; `routes` by
    destination; `silent_loopback` when listeners cannot be reached from within, for the loopback interface is down;
    `several` when more interfaces are up, so that the kernel may send replies by another one.
    """

    problem: str = ""
    interface_index: int = 0
    hardware_address: bytes = b""
    addresses: frozenset[str] = frozenset()
    unready: Mapping[str, str] = {}
    routes: Mapping[str, Route] = {}
    silent_loopback: bool = False
    several: bool = False


def survey(spaces: Namespaces, place: Place, destinations: Iterable[str], deadline: float) -> Ground:
    """The place as the kernel describes it, once duplicate address detection is over or `deadline` has passed.

    `deadline` is a value of time.monotonic(). Raises Denied.
    """
    try:
        spaces.enter(place.namespace)
    except OSError as fault:
        return Ground(f"no network namespace {place.namespace} ({_words(fault)})")
    with IPRoute() as netlink:
        links = {link.get("ifname"): link for link in netlink.get_links()}
        link: Any = links.get(place.interface)
        if problem := _link_problem(place, link):
            return Ground(problem)
        unready, present = _addresses(netlink, place, deadline)
        usable = [address for address in place.addresses if address not in unready]
        return Ground(
            interface_index=link["index"],
            hardware_address=bytes.fromhex((link.get("address") or "").replace(":", "")),
            addresses=frozenset(present),
            unready=unready,
            routes={to: _route(netlink, spaces, place, link["index"], to, usable) for to in destinations},
            silent_loopback=not links["lo"]["flags"] & _IFF_UP,
            several=sum(1 for each in links.values() if each["flags"] & _IFF_UP and each.get("ifname") != "lo") > 1,
        )


def _link_problem(place: Place, link: Any) -> str:
    if link is None:
        return f"no interface {place.interface} in {place.namespace}"
    if not link["flags"] & _IFF_UP:
        return f"the interface {place.interface} is down"
    return "" if link["flags"] & _IFF_LOWER_UP else f"the interface {place.interface} has no carrier"


def _addresses(netlink: Any, place: Place, deadline: float) -> tuple[dict[str, str], set[str]]:
    """Why each unusable address of the place is so, and all addresses of the namespace."""
    while True:
        flags = {entry.get("local") or entry.get("address"): _flags(entry) for entry in netlink.get_addr()}
        waiting = any(
            flags.get(address, 0) & _IFA_F_TENTATIVE and not flags[address] & _IFA_F_DADFAILED
            for address in place.addresses
        )
        if not waiting or time.monotonic() > deadline:
            break
        time.sleep(_POLL_S)
    problems = {address: _address_problem(address, flags) for address in place.addresses}
    return {address: problem for address, problem in problems.items() if problem}, set(flags)


def _flags(entry: Any) -> int:
    """All flags: IFA_FLAGS where the kernel tells it, else the eight of the header."""
    return int(entry.get("IFA_FLAGS") or entry["flags"])


def _address_problem(address: str, flags: Mapping[str, int]) -> str:
    if address not in flags:
        return f"{address} is not configured"
    if flags[address] & _IFA_F_DADFAILED:
        return f"{address} is in use elsewhere (duplicate address detection failed)"
    return f"{address} is still tentative" if flags[address] & _IFA_F_TENTATIVE else ""


def _route(netlink: Any, spaces: Namespaces, place: Place, index: int, to: str, usable: list[str]) -> Route:
    """The route to an address by the place's interface.

    Asked with RTM_F_FIB_MATCH: without it, the kernel answers for an interface that has no IPv4 route by taking every
    address for a neighbour.
    """
    try:
        answers = list(netlink.route("get", dst=to, oif=index, flags=_RTM_F_FIB_MATCH))
    except NetlinkError as fault:
        if fault.code not in _NO_ROUTE:
            raise
        return Route(obstacle=f"no route to {to} by {place.interface}")
    hops = [hop for answer in answers for hop in next_hops(answer)]
    chosen = _chosen_source(spaces, place, to, index)
    same_version = [address for address in usable if (":" in address) == (":" in to)]
    return Route(tuple(hops) or (to,), chosen if chosen in usable else (same_version or [""])[0])


def unresolved(spaces: Namespaces, place: Place, interface_index: int) -> set[str]:
    """The neighbours that the place's kernel has asked for, so far in vain. Raises Denied."""
    spaces.enter(place.namespace)
    with IPRoute() as netlink:
        entries = list(netlink.get_neighbours(ifindex=interface_index))
    return {str(entry.get("NDA_DST")) for entry in entries if entry["state"] & NUD_UNANSWERED}


def no_way_back(spaces: Namespaces, namespace: str, to: Iterable[str], silent: set[str]) -> str:
    """Why a namespace could send a reply to none of the addresses, or ""; `silent` are neighbours that do not answer.

    Raises Denied.
    """
    spaces.enter(namespace)
    lost = []
    with IPRoute() as netlink:
        for address in to:
            try:
                hops = [hop for answer in netlink.route("get", dst=address) for hop in next_hops(answer) or [address]]
            except NetlinkError as fault:
                if fault.code not in _NO_ROUTE:
                    raise
                lost.append(address)
            else:
                return f"it asked for {hops[0]} to reply by, and nobody answered" if silent.issuperset(hops) else ""
    return f"there is no route back to {', '.join(sorted(lost))}" if lost else ""


def next_hops(answer: Any) -> list[str]:
    """The next hops of a route as netlink tells it."""
    gateways = [answer.get("RTA_GATEWAY"), *((answer.get("RTA_VIA") or {}).get("addr"),)]
    gateways += [hop.get("RTA_GATEWAY") for hop in answer.get("RTA_MULTIPATH") or ()]
    return [gateway for gateway in gateways if gateway]


def _chosen_source(spaces: Namespaces, place: Place, to: str, index: int) -> str:
    """The source address that the kernel would choose: connect(2) of a UDP socket sends nothing."""
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with spaces.socket(place.namespace, family, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, place.interface.encode())
        try:
            asking.connect(socket_address(to, 9, index))
        except OSError:
            return ""
        return str(asking.getsockname()[0])


def socket_address(address: str, port: int, interface_index: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """What the socket calls take; a link-local IPv6 address is one of an interface."""
    if ":" not in address:
        return address, port
    return address, port, 0, interface_index if address.lower().startswith("fe80:") else 0


def _words(fault: OSError) -> str:
    return (fault.strerror or str(fault)).lower()
