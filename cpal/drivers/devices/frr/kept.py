"""What a leaf keeps on its disk: what it starts with, and a change that waits to be confirmed. Bytes and back.

A leaf starts with what FRR keeps itself (`frr.conf`) and with what is kept here of Linux, of which a switch has no
configuration: the rows that are ours, as they were when they were last confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from cpal.core.rows import Row, RowKey, Value
from cpal.drivers.devices.frr.render.names import ROUTE
from cpal.drivers.devices.ledger import Lost
from cpal.model.record import Key
from cpal.whole_file import write_whole


class Reference(msgspec.Struct, frozen=True):
    """A column's value that is another row."""

    table: str
    name: str


class KeptRow(msgspec.Struct, frozen=True):
    """A row as it is written: references in columns are told apart from words."""

    key: RowKey
    columns: dict[str, bool | int | float | str | Reference]
    because: tuple[Key, ...] = ()
    within: RowKey | None = None


class Startup(msgspec.Struct, frozen=True):
    """What a leaf starts with: the rows of a store, of which revision, by which version of the rules.

    `lost` is what others wrote and went with rows, for when these come back.
    """

    revision: int
    version: int
    rows: tuple[KeptRow, ...] = ()
    lost: tuple[Lost, ...] = ()


class Pending(msgspec.Struct, frozen=True):
    """A change that is not confirmed: of which revision, what it changed from, and the watchdog's word and process.

    `former` are the tags that rows had which it takes over, or lets go of. `settings` are those that are ours once it
    is confirmed, and `lost` what is to be kept then; `theirs` are settings as others have them whom it takes them from.
    """

    revision: int
    word: str
    rows: tuple[KeptRow, ...]
    watchdog: int = 0
    former: tuple[tuple[RowKey, str], ...] = ()
    settings: tuple[KeptRow, ...] = ()
    theirs: tuple[KeptRow, ...] = ()
    lost: tuple[Lost, ...] = ()


K = TypeVar("K", Startup, Pending)


def kept(rows: Iterable[Row]) -> tuple[KeptRow, ...]:
    """Rows to be written."""
    return tuple(
        KeptRow(row.key, {name: _written(value) for name, value in row.columns.items()}, row.because, row.within)
        for row in rows
    )


def rows_of(found: Iterable[KeptRow]) -> dict[RowKey, Row]:
    """The rows that were written."""
    every = (each if each.key.table != _OLD_ROUTE or each.within is None else _renamed(each) for each in found)
    return {each.key: Row(each.key, _columns(each), each.because, each.within) for each in every}


_OLD_ROUTE = "route"
"""How the static routes of routers were called before version 4 of the rules; those of devices are in no VRF's row."""


def _renamed(each: KeptRow) -> KeptRow:
    return msgspec.structs.replace(each, key=RowKey(ROUTE, each.key.name))


def load(path: Path, kind: type[K]) -> K | None:
    """What is in a file; None where there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None


def store(path: Path, what: Startup | Pending) -> None:
    """Write a file whole, which may have secrets of others in it: a killed write leaves the old one."""
    write(path, msgspec.json.encode(what).decode(), 0o600)


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole, or have none where there is nothing to say."""
    if not text:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode(), "what a leaf keeps", mode)


def _written(value: Value) -> bool | int | float | str | Reference:
    if isinstance(value, RowKey):
        return Reference(*value)
    assert isinstance(value, bool | int | float | str)
    return value


def _columns(each: KeptRow) -> dict[str, Value]:
    found: Mapping[str, Value | Reference] = each.columns
    return {n: RowKey(v.table, v.name) if isinstance(v, Reference) else v for n, v in found.items()}
