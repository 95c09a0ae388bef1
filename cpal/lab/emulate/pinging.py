"""The command `ping`: its words, and what the programs of Linux and of BSD print. Answers come at once, also lost ones.

Source: ping(8) of iputils, which EOS runs; recorded answers of NX-OS; the makes' command references for the ranges.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cpal.lab.emulate.device import Address, Device
from cpal.lab.emulate.echo import RTT_MS, Echo, Outcome, echo

HEADER = 8
"""Bytes of the header of ICMP. Source: RFC 792."""
IP_HEADER = {4: 20, 6: 40}
"""Bytes of the header of IP. Source: RFC 791, RFC 8200."""
TTL = 64


class Asked(NamedTuple):
    """What a `ping` asks for; a destination that is no address is None: no emulator asks a name server."""

    word: str
    destination: Address | None
    source: Address | None
    vrf: str
    times: int
    size: int
    timeout: int


class Misspelt(Exception):
    """Words that are no `ping`; `at` says which is the first that is wrong."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


Ranges = Mapping[str, tuple[str, int, int]]
"""What a make calls each number: its field, its least and its greatest value."""


def asked(words: Sequence[str], ranges: Ranges, default_size: int) -> Asked:
    """What the words after `ping` ask for.

    Raises:
        Misspelt: a word that the make does not know there.
    """
    at, vrf = 0, ""
    if words[:1] == ["vrf"]:
        vrf, at = _at(words, 1), 2
    word = _at(words, at)
    values: dict[str, str] = {}
    at += 1
    while at < len(words):
        key = words[at]
        if key not in ranges and key not in ("source", "vrf"):
            raise Misspelt(at)
        value = _at(words, at + 1)
        field, least, most = ranges.get(key, (key, 0, 0))
        if field in values or (key in ranges and not (value.isdecimal() and least <= int(value) <= most)):
            raise Misspelt(at + 1)
        values[field] = value
        at += 2
    source = _address(values["source"]) if "source" in values else None
    if "source" in values and source is None:
        raise Misspelt(words.index("source") + 1)
    return Asked(
        word, _address(word), source, values.get("vrf", vrf), int(values.get("times", 5)),
        int(values.get("size", default_size)), int(values.get("timeout", 2)),
    )  # fmt: skip


def _at(words: Sequence[str], at: int) -> str:
    if at >= len(words):
        raise Misspelt(at)
    return words[at]


def _address(word: str) -> Address | None:
    try:
        return ipaddress.ip_address(word)
    except ValueError:
        return None


def outcome(device: Device, wanted: Asked) -> Echo:
    """What becomes of the echoes; those to a name arrive nowhere."""
    if wanted.destination is None:
        return Echo(Outcome.NO_ROUTE)
    return echo(device, wanted.destination, wanted.source, wanted.vrf)


def linux(wanted: Asked, found: Echo) -> str:
    """What the program of Linux prints; a size counts the header of IP."""
    if found.outcome is Outcome.NO_ROUTE:
        return f"ping: {wanted.word}: Name or service not known\n" if wanted.destination is None else UNREACHABLE
    if found.outcome is Outcome.NO_SOURCE:
        return "bind: Cannot assign requested address\n"
    version = wanted.destination.version if wanted.destination else 4
    payload = wanted.size - IP_HEADER[version] - HEADER
    replied = found.outcome is Outcome.ANSWERED
    lines = [f"PING {wanted.word} ({wanted.destination}) {payload}({wanted.size}) bytes of data."]
    for number in range(1, wanted.times + 1) if replied else ():
        lines.append(
            f"{payload + HEADER} bytes from {wanted.destination}: icmp_seq={number} ttl={TTL} time={RTT_MS:.2f} ms"
        )
    received, lost = (wanted.times, 0) if replied else (0, 100)
    lines += ["", f"--- {wanted.word} ping statistics ---"]
    lines.append(f"{wanted.times} packets transmitted, {received} received, {lost}% packet loss, time {wanted.times}ms")
    if replied:
        lines.append(f"rtt min/avg/max/mdev = {RTT_MS:.3f}/{RTT_MS:.3f}/{RTT_MS:.3f}/0.000 ms")
    return "\n".join([*lines, ""])


UNREACHABLE = "connect: Network is unreachable\n"


def bsd(wanted: Asked, found: Echo) -> str:
    """What the program of NX-OS prints; a size counts what is in the echo."""
    lines = [f"PING {wanted.word} ({wanted.destination}): {wanted.size} data bytes"]
    replied = found.outcome is Outcome.ANSWERED
    for number in range(wanted.times):
        if found.outcome is Outcome.NO_ROUTE:
            lines.append(f"ping: sendto {wanted.destination} {wanted.size + HEADER} chars, No route to host")
        lines.append(
            f"{wanted.size + HEADER} bytes from {wanted.destination}: icmp_seq={number} ttl={TTL} time={RTT_MS:g} ms"
            if replied else f"Request {number} timed out"
        )  # fmt: skip
    received, lost = (wanted.times, "0.00") if replied else (0, "100.00")
    lines += ["", f"--- {wanted.word} ping statistics ---"]
    lines.append(f"{wanted.times} packets transmitted, {received} packets received, {lost}% packet loss")
    if replied:
        lines.append(f"round-trip min/avg/max = {RTT_MS:g}/{RTT_MS:g}/{RTT_MS:g} ms")
    return "\n".join([*lines, ""])
