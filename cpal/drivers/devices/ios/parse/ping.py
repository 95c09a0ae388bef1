"""IOS: echoes, of which it tells the sums only. Source: Cisco IOS command reference, `ping`; recorded answers."""

from __future__ import annotations

import re

from cpal.drivers.devices.parse.ping import SIZE, Echoes, asked_as
from cpal.model.device.ping import Ping

RATE = re.compile(
    r"^Success rate is \d+ percent \((\d+)/(\d+)\)(?:, round-trip min/avg/max = (\d+)/(\d+)/(\d+) ms)?", re.MULTILINE
)
UNSENT = re.compile(r"^% ?(.*)$", re.MULTILINE)


def _command(wanted: Echoes) -> str:
    """`ping [vrf V] A timeout T size S repeat N [source A]`."""
    vrf = f"vrf {wanted.vrf} " if wanted.vrf else ""
    source = f" source {wanted.source}" if wanted.source else ""
    return f"ping {vrf}{wanted.destination} timeout {wanted.wait_s} size {SIZE} repeat {wanted.times}{source}"


def _read(text: str, wanted: Echoes) -> Ping:
    rate, unsent = RATE.search(text), UNSENT.search(text)
    if rate is None and unsent is None:
        raise ValueError("neither a success rate nor why there is none")
    received, sent, *times = rate.groups() if rate else ("0", "0", None, None, None)
    least, mean, most = (None if each is None else float(each) for each in times)
    return Ping(
        destination=wanted.destination, source=wanted.source, vrf=wanted.vrf, sent=int(sent), received=int(received),
        rtt_min_ms=least, rtt_avg_ms=mean, rtt_max_ms=most, error=unsent[1].strip() if unsent else None,
    )  # fmt: skip


ping = asked_as(_command, _read)
