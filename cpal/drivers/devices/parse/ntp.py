"""The table of ntpq(8), as devices that run ntpd show it: `show ntp associations`."""

from __future__ import annotations

import re

from cpal.model.device.system import NtpAssociation

LINE = re.compile(
    r"^\s?([+*x-])?([\w.+:-]+)\s+([\w.]+)(?:[ \t]+(?!\d+\s)[\w-]+)?\s+(\d{1,2})\s+([-\w])\s+([\dhdm-]+)\s+(\d+)\s+(\d+)"
    r"\s+([\d.]+)\s+([+\d.-]+)\s+([\d.]+)(?:[ \t]+[\d.]+){0,2}\s*$",
    re.MULTILINE,
)
"""A line of the table. Newer Junos tells authentication before the stratum, and root delay and dispersion last."""


def associations(text: str) -> tuple[NtpAssociation, ...]:
    """How the clock does with each server of the table."""
    return tuple(_association(*found.groups()) for found in LINE.finditer(text))


def _association(mark: str | None, remote: str, reference: str, stratum: str, kind: str, *rest: str) -> NtpAssociation:
    when, poll, reach, delay, offset, jitter = rest
    return NtpAssociation(
        remote=remote,
        reference_id=reference,
        synchronized=mark == "*",
        stratum=int(stratum),
        type=kind,
        when=when,
        poll=int(poll),
        reachability=int(reach),
        delay_ms=float(delay),
        offset_ms=float(offset),
        jitter_ms=float(jitter),
    )
