"""NX-OS: rows of its JSON tables, and the names of its interfaces.

`TABLE_x` holds `ROW_x`, and either is a list or, where there is one, the thing itself; names of both have a suffix on
some platforms (`ROW_psinfo_n3k`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

SHORT = (
    (re.compile(r"(?i)eth(?:ernet)?(?=\d)"), "Ethernet"),
    (re.compile(r"(?i)po(?:rt-channel)?(?=\d)"), "port-channel"),
    (re.compile(r"(?i)lo(?:opback)?(?=\d)"), "loopback"),
    (re.compile(r"(?i)vl(?:an)?(?=\d)"), "Vlan"),
    (re.compile(r"(?i)tu(?:nnel)?(?=\d)"), "Tunnel"),
)
DEFAULT = "default"
RANGE = re.compile(r"(.*?)(\d+)-(\d+)")


def rows(of: Any, table: str, row: str) -> list[Any]:
    """The rows of a table, none where it is not there."""
    return [each for found in _all(_find(of, table)) for each in _all(_find(found, row))]


def _find(of: Any, name: str) -> Any:
    return next((value for key, value in of.items() if key.startswith(name)), None) if isinstance(of, dict) else None


def _all(found: Any) -> Iterator[Any]:
    if isinstance(found, list):
        yield from found
    elif found:
        yield found


def port(name: str) -> str:
    """An interface's whole name, as NX-OS writes it where it does not cut it short: Ethernet1/1, port-channel1."""
    name = name.strip()
    for pattern, whole in SHORT:
        if found := pattern.match(name):
            return whole + name[found.end() :]
    return name


def ports(told: str | list[str]) -> tuple[str, ...]:
    """Interfaces of a list with commas and ranges: `Ethernet1/1-3,port-channel12`."""
    text = ",".join(told) if isinstance(told, list) else told
    return tuple(port(name) for each in text.split(",") if each.strip() for name in _range(each.strip()))


def _range(text: str) -> list[str]:
    found = RANGE.fullmatch(text)
    return [f"{found[1]}{n}" for n in range(int(found[2]), int(found[3]) + 1)] if found else [text]


def text_or_none(value: Any) -> str | None:
    """A value of a row as text, None for an empty one."""
    return str(value).strip() or None if value is not None else None


def vrf_or_none(told: str | None) -> str | None:
    """The name of a VRF, None for that of the default one."""
    return None if told == DEFAULT else told
