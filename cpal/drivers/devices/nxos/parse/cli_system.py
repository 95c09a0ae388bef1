"""NX-OS over SSH: what its configuration tells: users, SNMP, and the configuration itself."""

from __future__ import annotations

import re
from typing import Any

from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.sanitized import CISCO, sanitized
from cpal.drivers.devices.parse.values import ip
from cpal.model.device.system import Config, NtpAssociation, NtpServer, Snmp, SnmpCommunity, User

SHOW_RUNNING = Ask("show running-config", TEXT)
ROLES = {"network-admin": 15, "network-operator": 5}
"""The predefined roles as privilege levels. Source: Cisco NX-OS Security Configuration Guide, RBAC."""
USER = re.compile(r"^username (\S+)\s+(.*?)\s*$", re.MULTILINE)
NOT_TOLD = re.compile(r"^!Command: show .*$|^!Time:.*\d{4}\s*$|Startup config saved at:.*$", re.MULTILINE)
"""Lines of a configuration that are about the answer, not of it."""


def users() -> Asking[tuple[User, ...]]:
    """Who may log in: a user has several lines, and of several roles the highest level."""
    (text,) = yield (SHOW_RUNNING,)
    found: dict[str, dict[str, Any]] = {}
    for name, rest in USER.findall(text):
        fields = found.setdefault(name, {"ssh_keys": ()})
        if password := re.match(r"password \d+ (\S+)", rest):
            fields["password_hash"] = password[1]
        if key := re.match(r"sshkey (ssh-\S+ .+)$", rest):
            fields["ssh_keys"] = (*fields["ssh_keys"], key[1])
        if role := re.search(r"\brole (\S+)", rest):
            level = _level(role[1])
            if "role" not in fields or (level or 0) > (fields["level"] or 0):
                fields.update(role=role[1], level=level)
    return tuple(User(name=name, **fields) for name, fields in found.items())


def _level(role: str) -> int | None:
    return int(role.rpartition("-")[2]) if role.startswith("priv") else ROLES.get(role)


def snmp_information() -> Asking[Snmp]:
    """Where the device says it is, and its communities."""
    (text,) = yield (SHOW_RUNNING,)
    found: dict[str, dict[str, str]] = {}
    for name, word, value in re.findall(r"^snmp-server community (\S+) (group|use-\S+) +(\S+)", text, re.MULTILINE):
        found.setdefault(name, {})["mode" if word == "group" else "acl"] = value
    return Snmp(
        contact=_value("contact", text),
        location=_value("location", text),
        communities=tuple(SnmpCommunity(name=name, **fields) for name, fields in found.items()),
    )


def _value(word: str, text: str) -> str | None:
    found = re.search(rf"^snmp-server {word} (.*)$", text, re.MULTILINE)
    return found[1].strip() or None if found else None


NTP_PEER = re.compile(r"^\s*([0-9a-fA-F]*[.:][0-9a-fA-F.:]*)\s+(Server|Peer)\b", re.MULTILINE)
NTP_STATUS = re.compile(
    r"^\s*([*+=-]?)\s*([0-9a-fA-F]*[.:][0-9a-fA-F.:]*)\s+\S+\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)(?:\s+\S+)?\s*$",
    re.MULTILINE,
)
"""Mode and address of a peer, the device's own address, stratum, poll, reach, delay, and the VRF."""


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """Servers and peers that the clock is set by."""
    (text,) = yield (Ask("show ntp peers", TEXT),)
    return tuple(
        NtpServer(address=ip(address), association_type=kind.upper()) for address, kind in NTP_PEER.findall(text)
    )


def ntp_stats() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server and peer; NX-OS counts their delay in seconds."""
    (text,) = yield (Ask("show ntp peer-status", TEXT),)
    return tuple(
        NtpAssociation(
            remote=ip(address),
            synchronized=mode == "*",
            stratum=int(stratum),
            poll=int(poll),
            reachability=int(reach),
            delay_ms=float(delay) * 1000,
        )
        for mode, address, stratum, poll, reach, delay in NTP_STATUS.findall(text)
    )


def config(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The running and the startup configuration, without the lines that are about the answer."""
    asks = {"running": SHOW_RUNNING, "startup": Ask("show startup-config", TEXT)}
    fields = [field for field in asks if only in ("", field)]
    replies = yield tuple(asks[field] for field in fields)
    found = {field: NOT_TOLD.sub("", reply).strip() for field, reply in zip(fields, replies, strict=True)}
    return Config(**{field: sanitized(each, CISCO) if without_secrets else each for field, each in found.items()})
