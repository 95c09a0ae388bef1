"""IOS: routes of IPv6. Source: Cisco IOS IPv6 Command Reference, `show ipv6 route`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.ios.parse.names import port
from cpal.drivers.devices.parse.values import ip, is_ip
from cpal.model.device.route import Route

ENTRY = re.compile(
    r"^ {0,3}(?P<code>[A-Za-z]+\d?) +(?P<prefix>[\dA-Fa-f:.]*:[\dA-Fa-f:.]*/\d+) \[(\d+)/(\d+)\](?:, tag (\d+))?"
)
"""The code of a route, its prefix, its distance, metric and tag; next hops stand in lines of their own."""
HOP = re.compile(r"^ +via (?P<first>[^\s,]+)(?:, (?P<second>[^,]+?))?(?:, .+)?\s*$")
"""An address, with its interface or another VRF, or an interface alone: `receive` and `directly connected` say so."""
PROTOCOLS = (
    ("LC", "local"), ("L", "local"), ("C", "connected"), ("S", "static"), ("U", "static"), ("B", "bgp"), ("R", "rip"),
    ("H", "nhrp"), ("O", "ospf"), ("I", "isis"), ("ND", "nd"), ("DCE", "nd"), ("D", "eigrp"), ("EX", "eigrp"),
    ("l", "lisp"),
)  # fmt: skip
"""What codes begin with, and the protocol that says so: the longest that fits counts."""
STATES = ("receive", "directly connected", "indirectly connected")
"""Words in the place of an interface."""


def ipv6_routes(vrf: str | None, text: str) -> Iterator[Route]:
    """The routes of a table.

    Raises:
        ValueError: a next hop is in no form that is known.
    """
    entry: re.Match[str] | None = None
    for line in text.splitlines():
        if found := ENTRY.match(line):
            entry = found
        elif entry and line.lstrip().startswith("via "):
            yield _route(vrf, entry, line)


def _route(vrf: str | None, entry: re.Match[str], line: str) -> Route:
    hop = HOP.match(line)
    if hop is None:
        raise ValueError(f"a next hop is in no form that is known: {line.strip()}")
    first, _, _ = hop["first"].partition("%")
    address = ip(first) if is_ip(first) else None
    name = None if hop["second"] in STATES else hop["second"]
    return Route(
        prefix=_prefix(entry["prefix"]),
        protocol=_protocol(entry["code"]),
        vrf=vrf,
        active=True,
        next_hop=address,
        interface=port(name) if name and address else None if address else port(first),
        preference=int(entry[3]),
        metric=int(entry[4]),
        tag=int(entry[5]) if entry[5] else None,
    )


def _prefix(told: str) -> str:
    address, _, length = told.partition("/")
    return f"{ip(address)}/{length}"


def _protocol(code: str) -> str:
    fitting = [(len(start), protocol) for start, protocol in PROTOCOLS if code.startswith(start)]
    return max(fitting)[1] if fitting else code
