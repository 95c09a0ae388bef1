"""Echoes: what a device is told to send, and what the programs of BSD and of Linux print of it.

Source: ping(8) of iputils, which EOS runs too; recordings and command references of NX-OS for the form of BSD.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.errors import Invalid
from cpal.model.device.ping import COUNT, WAIT_S, EchoAnswer, Ping

SIZE = 100
"""How long echoes are, as the make counts it."""
MOST = 1000
INTERVAL_S = 0.2
"""How often Linux sends one: the shortest that anybody may ask for. Source: ping(8), `-i`."""
NO_REPLY, UNABLE = 1, 2
"""How the program of Linux ends when nothing came back, and when it could send nothing; both are answers."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:%-]*")
"""What a word is that is typed into a command."""

REPLY = re.compile(
    r"^\d+ bytes from (?:\S+ \()?(?P<address>[0-9A-Fa-f.:]+?)\)?:? .*?icmp_seq=\d+(?!.*\(DUP!\))"
    r"(?:.*?time[=<](?P<time>[\d.]+) ms)?",
    re.MULTILINE,
)
FAILURE = re.compile(
    r"^(?:From (?:\S+ \()?(?P<linux>[0-9A-Fa-f.:]+)\)?:? icmp_seq=\d+|\d+ bytes from (?P<bsd>[0-9A-Fa-f.:]+):)"
    r" (?P<error>[A-Z][^\n=]*)$",
    re.MULTILINE,
)
TOTALS = re.compile(r"^(\d+) packets transmitted, (\d+) (?:packets )?received", re.MULTILINE)
TIMES = re.compile(r"min/avg/max(?:/\w+)? = ([\d.]+)/([\d.]+)/([\d.]+)(?:/([\d.]+))? ms")
UNSENT = re.compile(r"^((?:connect|bind): .*|ping6?: .*|% Invalid host/interface .*)$", re.MULTILINE)


class Echoes(NamedTuple):
    """What a device is told to send; `version` is that of its addresses, 4 for a name."""

    destination: str
    source: str | None
    vrf: str | None
    times: int
    wait_s: int
    version: int


def echoes(destination: str, source: str | None, vrf: str | None, count: int, wait_s: int) -> Echoes:
    """What a device is to send, checked: every word goes into a command.

    Raises:
        Invalid: a word that is no address or name, a number out of its range.
    """
    for key, word in (("destination", destination), ("source", source), ("vrf", vrf)):
        if word is not None and not NAME.fullmatch(word):
            raise Invalid(f"{word!r} is no address and no name", key=key, remedy="write it as in 192.0.2.1 or leaf1")
    for key, number in (("count", count), ("wait_s", wait_s)):
        if not 1 <= number <= MOST:
            raise Invalid(f"{number} is not between 1 and {MOST}", key=key, remedy=f"as in {key}=5")
    try:
        version = ipaddress.ip_address(destination).version
    except ValueError:
        version = 4
    return Echoes(destination, source, vrf, count, wait_s, version)


def asked_as(command: Callable[[Echoes], str], read: Callable[[str, Echoes], Ping]) -> Callable[..., Asking[Ping]]:
    """The getter of a make: the command that sends echoes, and what is read of its text."""

    def ping(
        destination: str, source: str | None = None, vrf: str | None = None, count: int = COUNT, wait_s: int = WAIT_S
    ) -> Asking[Ping]:
        """Send echoes to a destination, and tell what came back. Raises Invalid for what cannot be typed."""
        wanted = echoes(destination, source, vrf, count, wait_s)
        (text,) = yield (Ask(command(wanted), TEXT),)
        return read(text, wanted)

    return ping


def program(wanted: Echoes, inside: str = "") -> str:
    """The command of a Linux host, run by the words `inside` where the echoes are to leave."""
    source = ("-I", wanted.source) if wanted.source else ()
    limits = ("-c", str(wanted.times), "-W", str(wanted.wait_s), "-i", str(INTERVAL_S))
    line = shlex.join((*inside.split(), "ping", "-n", *limits, *source, wanted.destination))
    return f"{line} 2>&1 || test $? -eq {NO_REPLY} -o $? -eq {UNABLE}"


def printed(text: str, wanted: Echoes) -> Ping:
    """What a program `ping` printed.

    Raises:
        ValueError: neither how many came back, nor why none was sent.
    """
    totals, times, unsent = TOTALS.search(text), TIMES.search(text), UNSENT.search(text)
    if totals is None and unsent is None:
        raise ValueError("neither packets transmitted nor why there are none")
    least, mean, most, deviation = times.groups() if times else (None,) * 4
    return Ping(
        destination=wanted.destination,
        source=wanted.source,
        vrf=wanted.vrf,
        sent=int(totals[1]) if totals else 0,
        received=int(totals[2]) if totals else 0,
        rtt_min_ms=_ms(least),
        rtt_avg_ms=_ms(mean),
        rtt_max_ms=_ms(most),
        rtt_deviation_ms=_ms(deviation),
        answers=tuple(_answers(text)),
        error=unsent[1].strip() if unsent else None,
    )


def _answers(text: str) -> Iterator[EchoAnswer]:
    for line in text.splitlines():
        failure = FAILURE.match(line)
        if failure is not None:
            yield EchoAnswer(address=failure["linux"] or failure["bsd"], error=failure["error"].strip())
        elif (reply := REPLY.match(line)) is not None:
            yield EchoAnswer(address=reply["address"], rtt_ms=_ms(reply["time"]))


def _ms(told: str | None) -> float | None:
    return None if told is None else float(told)
