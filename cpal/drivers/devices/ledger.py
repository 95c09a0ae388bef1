"""Which settings of devices are cpal's: kept beside the store, since a switch has no place for a tag.

A ledger is never intent: it says what was last applied, so that what others configured is told from it. Before a
change it also says what is about to be; whichever of both the devices hold is what happened. It keeps what went with
settings that were cpal's, for when they come back; as that may have secrets, only its owner may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from cpal.core.rows import VALUE, Row, RowKey
from cpal.errors import Disk, Unreadable
from cpal.model.record import Key
from cpal.whole_file import write_private


class Entry(msgspec.Struct, frozen=True):
    """A row: its key, what it says, for which records, and what it is in; `more` are columns of other names."""

    key: RowKey
    value: bool | int | str | None
    because: tuple[Key, ...]
    within: RowKey | None
    more: dict[str, bool | int | str] = {}


class Lost(msgspec.Struct, frozen=True):
    """What went with rows of a device and was not cpal's, each line with those that it stood below: see `lost`.

    Once the rows are there again these lines are `lacking`, and `surplus` are there instead. They may have secrets.
    `orders` are sections in which the order of lines counts, each with the lines that stood there, in that order.
    """

    device: str
    entries: tuple[Entry, ...]
    lacking: tuple[tuple[str, ...], ...] = ()
    surplus: tuple[tuple[str, ...], ...] = ()
    orders: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()


class Applied(msgspec.Struct, frozen=True):
    """Rows as they were applied, with the revision and the version of the rules.

    `made` are states of devices that are so since cpal wanted them: what was so before stays when it is not wanted.
    `lost` is what went with rows that were cpal's.
    """

    revision: int = 0
    version: int = 0
    entries: tuple[Entry, ...] = ()
    made: tuple[RowKey, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def rows(self) -> dict[RowKey, Row]:
        """The rows by their keys."""
        return {each.key: row_of(each) for each in self.entries}


def applied(
    rows: Iterable[Row], revision: int, version: int, made: Iterable[RowKey] = (), lost: Iterable[Lost] = ()
) -> Applied:
    """Rows as they are applied by a revision."""
    return Applied(revision, version, tuple(map(entry, rows)), tuple(made), tuple(lost))


def row_of(entry: Entry) -> Row:
    """The row of an entry."""
    columns = {**entry.more, **({} if entry.value is None else {VALUE: entry.value})}
    return Row(entry.key, columns, entry.because, entry.within)  # type: ignore[arg-type]  # a scalar is a value


def entry(row: Row) -> Entry:
    """The entry of a row."""
    more = {name: value for name, value in row.columns.items() if name != VALUE}
    return Entry(row.key, row.columns.get(VALUE), row.because, row.within, more)  # type: ignore[arg-type]  # of settings


class Pages(msgspec.Struct, frozen=True):
    """What was applied, and what is about to be."""

    applied: Applied = Applied()
    pending: Applied | None = None


class Ledger:
    """The ledger of one target, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Pages:
        """What it says; nothing where there is none yet.

        Raises:
            Unreadable: the file is none of ours.
            Disk: it cannot be read.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Pages)
        except FileNotFoundError:
            return Pages()
        except msgspec.MsgspecError as error:
            raise Unreadable(f"this is no ledger: {error}", key=str(self.path)) from error
        except OSError as error:
            raise Disk(f"the ledger cannot be read: {error}", key=str(self.path)) from error

    def begin(self, held: Applied, wanted: Applied) -> None:
        """Say what is about to be, before any device is touched; `held` is what is ours and there now.

        What a process that died was about to do is then either `held` or not so.

        Raises:
            Unreadable, Disk: as `read`; it cannot be written.
        """
        pages = self.read()
        self._write(Pages(pages.applied if pages.pending is None else held, wanted))

    def done(self) -> None:
        """What was about to be is so. Raises: Unreadable, Disk."""
        pages = self.read()
        if pages.pending is not None:
            self._write(Pages(pages.pending))

    def undone(self) -> None:
        """What was about to be is not so. Raises: Unreadable, Disk."""
        pages = self.read()
        if pages.pending is not None:
            self._write(Pages(pages.applied))

    def _write(self, pages: Pages) -> None:
        write_private(self.path, msgspec.json.encode(pages), "the ledger")


def owned(pages: Pages) -> Mapping[RowKey, Row]:
    """Every row that is ours, or is about to be, or was until now."""
    return pages.applied.rows | (pages.pending.rows if pages.pending else {})


def made(pages: Pages) -> frozenset[RowKey]:
    """The states of devices that are so since cpal wanted them."""
    return frozenset(pages.applied.made + (pages.pending.made if pages.pending else ()))
