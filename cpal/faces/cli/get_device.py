"""`cpal get WORD --device`: what devices say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from cpal.engine.blocking import wait
from cpal.engine.devices import entry_of, tell_all
from cpal.errors import EXIT_CODES, CpalError, Invalid
from cpal.faces.cli.device_words import DEVICE_WORDS, ROUTES, Word
from cpal.faces.cli.output import Object, column, print_list


def list_of_devices(word: str, addresses: Sequence[str], names: Sequence[str], form: str) -> int:
    """Print what devices say, all asked at once; what fails is named, and the rest is printed nevertheless."""
    wanted = DEVICE_WORDS[word]
    asked = [{"destination": name} for name in names] if word == ROUTES else [{}]
    if not asked:
        raise Invalid("say to which prefix", key=word, remedy=f"as in: cpal get {word} 192.0.2.0/24 --device ...")
    entries = [entry_of(address) for address in addresses]
    rows: list[Object] = []
    faults: list[CpalError] = []
    for words in asked:
        for told in wait(tell_all(entries, wanted.getter, words)):
            if told.fault is not None:
                faults.append(told.fault)
            else:
                found = _found(wanted, told.value, () if word == ROUTES else names)
                rows += [{"device": told.entry.name, **row} for row in found]
    print_list(rows, (column("device"), *wanted.columns), form, f"there are no {word}")
    for fault in faults:
        click.echo(f"error: {fault}", err=True)
    return EXIT_CODES[type(faults[0])] if faults else 0


def _found(wanted: Word, told: Any, names: Sequence[str]) -> list[Object]:
    """The objects that are wanted, or those that are named."""
    return [row for row in wanted.rows(told) if not names or str(row.get(wanted.key)) in names]
