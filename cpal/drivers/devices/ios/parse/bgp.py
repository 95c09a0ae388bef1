"""IOS: BGP sessions. Source: text of `show bgp all summary` and `show bgp AFI SAFI neighbors`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cpal.drivers.devices.ios.parse.names import first, number
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, ip, seconds
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor

FAMILIES = {
    "ipv4 unicast": "IPV4_UNICAST",
    "ipv4 multicast": "IPV4_MULTICAST",
    "ipv6 unicast": "IPV6_UNICAST",
    "ipv6 multicast": "IPV6_MULTICAST",
    "vpnv4 unicast": "L3VPN_IPV4_UNICAST",
    "vpnv6 unicast": "L3VPN_IPV6_UNICAST",
    "ipv4 mdt": "IPV4_MDT",
}
OTHERS = {"l2vpn e-vpn": ("l2vpn evpn", "L2VPN_EVPN"), "l2vpn vpls": ("l2vpn vpls", "L2VPN_VPLS")}
"""Families that are asked about where the summary has them: in which words, and the name of each."""
OF_ALL_VRFS = ("vpnv4 unicast", "vpnv6 unicast", "ipv4 mdt")
NEIGHBORS = tuple(
    Ask(f"show bgp {family}{' all' if family in OF_ALL_VRFS else ''} neighbors", TEXT, optional=True)
    for family in FAMILIES
)
NOT_RUNNING = re.compile(r"Invalid input|BGP not active")
ADDRESS = r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+"
SUMMARY = re.compile(r"^For address family: (.+?)\s*$", re.MULTILINE)
LINE = re.compile(
    rf"^\*?({ADDRESS})\s+\d+\s+([\d.]+)\s+\d+\s+\d+\s+\d+\s+\d+\s+(\d+)\s+(\S+)\s+(\S+(?: \(\w+\))?)", re.MULTILINE
)
"""A neighbour in the summary; behind a long address the line is broken."""
NO_ROUTER = "0.0.0.0"
NEIGHBOR = re.compile(r"^(?=BGP neighbor is )", re.MULTILINE)
HEAD = re.compile(rf"BGP neighbor is \*?({ADDRESS}),\s+(?:vrf (\S+),\s+)?remote AS ([\d.]+)")


class Listed(NamedTuple):
    """A neighbour's line in the summary of a family.

    Its address as it is spelled there, its AS, messages queued to it, how long it is in its state, and prefixes or the
    state.
    """

    spelled: str
    local_as: int
    peer_as: int
    queued_out: int
    age_s: int | None
    state: str


class Told(NamedTuple):
    """What the text of a neighbour says: its VRF, its name, and of each family the prefixes sent and accepted."""

    vrf: str | None
    address: str
    description: str | None
    router_id: str | None
    state: str
    families: dict[str, tuple[int | None, int | None, int | None]]


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF; nothing where BGP does not run."""
    (summary,) = yield (Ask("show bgp all summary", TEXT),)
    if NOT_RUNNING.search(summary):
        return ()
    lines = dict(listed(summary))
    more = dict.fromkeys(OTHERS[family][0] for family, _ in lines if family in OTHERS)
    texts = yield (*NEIGHBORS, *(Ask(f"show bgp {words} neighbors", TEXT, optional=True) for words in more))
    own_id = first(r"router identifier ([\d.]+),", summary)
    found: dict[str | None, dict[str, BgpNeighbor]] = {}
    for text in texts:
        for told in _told(text or ""):
            peers = found.setdefault(told.vrf, {})
            for family, prefixes in told.families.items():
                line = lines.get((family, told.address))
                if line is not None:
                    _add(peers, told, family, prefixes, line)
    return tuple(
        BgpInstance(vrf=vrf, router_id=own_id, neighbors=tuple(peers.values())) for vrf, peers in found.items()
    )


def listed(summary: str) -> Iterator[tuple[tuple[str, str], Listed]]:
    """The neighbours of a summary by family and address."""
    _, *parts = SUMMARY.split(summary)
    for family, section in zip(parts[::2], parts[1::2], strict=True):
        local = first(r"local AS number ([\d.]+)", section)
        whole = re.sub(rf"^(\*?{ADDRESS})\s*\n", r"\1 ", section, flags=re.MULTILINE)
        for address, peer_as, queued, age, state in LINE.findall(whole):
            since = seconds(age)
            age_s = None if since is None else int(since)
            line = Listed(address, as_number(local or 0), as_number(peer_as), int(queued), age_s, state)
            yield (family.lower(), ip(address)), line


def router_id(text: str) -> str | None:
    """The router id of a neighbour; it is all zeros until the neighbour tells it."""
    told = first(r"remote router ID ([\d.]+)", text)
    return None if told == NO_ROUTER else told


def _told(text: str) -> Iterator[Told]:
    for section in NEIGHBOR.split(text):
        head = HEAD.match(section)
        if head:
            before, *parts = re.split(r"^\s+For address family: (.+?)\s*$", section, flags=re.MULTILINE)
            yield Told(
                vrf=head[2],
                address=ip(head[1]),
                description=first(r"^\s+Description: (.+)$", before),
                router_id=router_id(before),
                state=first(r"BGP state = (\w+)", before) or "",
                families={
                    family.lower(): _prefixes(part) for family, part in zip(parts[::2], parts[1::2], strict=True)
                },
            )


def _prefixes(part: str) -> tuple[int | None, int | None, int | None]:
    """Prefixes sent, accepted, and received before the policy, which IOS knows where it keeps them."""
    return (
        number(r"Prefixes Current:\s+(\d+)", part),
        number(r"Prefixes Current:\s+\d+\s+(\d+)", part),
        number(r"Saved \(soft-reconfig\):\s+\S+\s+(\d+)", part),
    )


def _add(
    peers: dict[str, BgpNeighbor],
    told: Told,
    family: str,
    prefixes: tuple[int | None, int | None, int | None],
    line: Listed,
) -> None:
    """Add a family to the session that it is of."""
    known = peers.get(told.address)
    name = FAMILIES.get(family) or (OTHERS[family][1] if family in OTHERS else family.upper().replace(" ", "_"))
    if known is not None and any(each.name == name for each in known.afi_safis):
        return
    up = told.state == "Established"
    sent, accepted, received = prefixes
    if accepted is None and line.state.isdigit():
        accepted = int(line.state)
    if not up:
        sent = received = None
    added = AfiSafi(name=name, sent=sent, accepted=accepted if up or line.state.isdigit() else None, received=received)
    ages = [age for age in (known.established_s if known else None, line.age_s if up else None) if age is not None]
    peers[told.address] = BgpNeighbor(
        address=told.address,
        enabled="(Admin)" not in line.state,
        up=up,
        session_state=told.state,
        local_as=line.local_as,
        peer_as=line.peer_as,
        router_id=told.router_id,
        description=told.description,
        established_s=max(ages) if ages else None,
        afi_safis=(*(known.afi_safis if known else ()), added),
    )
