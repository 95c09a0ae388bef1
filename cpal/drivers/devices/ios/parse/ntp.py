"""IOS: servers of the clock, and how it does with them. Source: text of each command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.model.device.system import NtpAssociation, NtpServer

SERVER = re.compile(r"^ntp server (?:vrf (\S+) )?(\S+)(.*)$", re.MULTILINE)
ASSOCIATION = re.compile(
    r"^\s*([*#+\-~x ]*)([\d.]+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s*$",
    re.MULTILINE,
)


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """Servers that the clock is set by, as configured."""
    (text,) = yield (Ask("show run | include ntp server", TEXT),)
    return tuple(_server(*found) for found in SERVER.findall(text))


def _server(vrf: str, address: str, options: str) -> NtpServer:
    version, key = re.search(r"\bversion (\d)", options), re.search(r"\bkey (\d+)", options)
    return NtpServer(
        address=address,
        vrf=vrf or None,
        iburst="iburst" in options.split(),
        prefer="prefer" in options.split(),
        version=int(version[1]) if version else None,
        key_id=int(key[1]) if key else None,
    )


def ntp_peers() -> Asking[tuple[NtpServer, ...]]:
    """Everybody that the clock is set with: IOS does not tell peers from servers here."""
    found = yield from ntp_stats()
    return tuple(NtpServer(address=each.remote, association_type="PEER") for each in found)


def ntp_stats() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server."""
    (text,) = yield (Ask("show ntp associations", TEXT),)
    return tuple(_associations(text))


def _associations(text: str) -> Iterator[NtpAssociation]:
    for found in ASSOCIATION.finditer(text):
        marks, remote, reference, stratum, when, poll, reach, delay, offset, dispersion = found.groups()
        yield NtpAssociation(
            remote=remote,
            reference_id=reference,
            synchronized="*" in marks,
            stratum=int(stratum),
            when=when,
            poll=int(poll),
            reachability=int(reach),
            delay_ms=float(delay),
            offset_ms=float(offset),
            jitter_ms=float(dispersion),
        )
