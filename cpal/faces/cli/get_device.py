"""`cpal get WORD --device`: what devices say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from cpal.engine.devices import Done
from cpal.errors import EXIT_CODES, CpalError, Invalid
from cpal.faces.cli.device_words import DEVICE_WORDS, OF_DESTINATIONS, Word, questions
from cpal.faces.cli.output import Column, Object, column, print_list
from cpal.faces.cli.screen import progress
from cpal.faces.device.devices import Devices, at, inventory_file, named


class Chosen(NamedTuple):
    """Which devices are asked and how: addresses and patterns, conditions, the inventory, a limit for each of them."""

    patterns: Sequence[str]
    where: Sequence[str]
    inventory: str
    timeout_s: float | None


def list_of_devices(
    word: str, chosen: Chosen, names: Sequence[str], form: str, columns: str, home: Path
) -> int:  # fmt: skip
    """Print what devices say, all asked at once; what fails is named, and the rest is printed nevertheless."""
    wanted = DEVICE_WORDS[word]
    asked = questions(word, names)
    devices = _chosen(chosen, home)
    rows: list[Object] = []
    faults: dict[str, CpalError] = {}
    for words in asked:
        with progress(f"asking {len(devices)} devices") as report:
            told = devices.tell(wanted.getter, timeout_s=chosen.timeout_s, done=counting(report, len(devices)), **words)
        faults |= told.failures
        for name, value in told.values.items():
            rows += [{"device": name, **row} for row in _found(wanted, value, () if word in OF_DESTINATIONS else names)]
    empty = f"there are no {wanted.things or word}" if len(faults) < len(devices) else ""
    print_list(rows, _columns(columns, wanted, rows, devices), form, empty)
    for fault in faults.values():
        click.echo(f"error: {fault}", err=True)
    return EXIT_CODES[type(next(iter(faults.values())))] if faults else 0


def _chosen(chosen: Chosen, home: Path) -> Devices:
    entries = named(chosen.patterns, inventory_file(home, chosen.inventory))
    conditions = dict(_condition(each) for each in chosen.where)
    return Devices(entries, home).where(**conditions)


def _condition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Invalid("that is no condition", key=f"--where {text}", remedy="write tags.region=east or vendor=arista")
    return name.replace(".", "__"), value


def counting(report: Any, total: int) -> Done:
    """Reports how many have told."""
    count = 0

    def done(_: object) -> None:
        nonlocal count
        count += 1
        report(f"{count} of {total}")

    return done


def _columns(wanted: str, word: Word, rows: Sequence[Object], devices: Devices) -> Sequence[Column]:
    """The columns that are wanted, by dotted paths into what each row holds or into its device's tags.

    Raises:
        Invalid: no row has it.
    """
    if not wanted:
        return (column("device"), *word.columns)
    found = []
    for path in wanted.split(","):
        parts = path.strip().split(".")
        known = {key for row in rows for key in row} | {"device", "tags"}
        if rows and parts[0] not in known:
            raise Invalid("no row has it", key=f"--columns {path}", remedy=f"there are {', '.join(sorted(known))}")
        found.append(Column(path.strip(), _cell(parts, devices)))
    return found


def _cell(parts: list[str], devices: Devices) -> Any:
    def cell(row: Object) -> object:
        if parts[0] == "tags":
            return at(devices.entries[row["device"]].tags, parts[1:])
        return at(row, parts)

    return cell


def _found(wanted: Word, told: Any, names: Sequence[str]) -> Iterable[Object]:
    """The objects that are wanted, or those that are named."""
    return [row for row in wanted.rows(told) if not names or str(row.get(wanted.key)) in names]
