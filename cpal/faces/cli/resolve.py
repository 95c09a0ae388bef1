"""From a word of the command line to the one record that it means."""

from __future__ import annotations

from difflib import get_close_matches

import click

from cpal.errors import Invalid, NotFound
from cpal.faces.cli.describe import Describer
from cpal.faces.cli.kinds import KINDS, Kind, kind_called
from cpal.model.estate import KINDS as TYPES
from cpal.model.estate import Estate
from cpal.model.network import Port
from cpal.model.record import Record
from cpal.model.router import FloatingIP

SHORTEST_ID = 4
"""Characters of an id that may stand for all of it."""
MOST_CANDIDATES = 12


class KindType(click.ParamType[Kind]):
    """A word for a kind of things: singular or plural, with `-` or `_`."""

    name = "kind"

    def __init__(self, plural: bool) -> None:
        self.offered = tuple(kind.plural_flag if plural else kind.flag for kind in KINDS.values())
        """What TAB offers; all the other words are understood too."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Kind:
        """The kind."""
        if isinstance(value, Kind):
            return value
        found = kind_called(str(value))
        if found is None:
            words = [word for kind in KINDS.values() for word in (kind.flag, kind.plural_flag)]
            near = get_close_matches(str(value), words, 1)
            known = ", ".join(kind.plural_flag for kind in KINDS.values())
            self.fail(
                f"there is no kind {value!r}; " + (f"did you mean {near[0]!r}?" if near else f"known are {known}")
            )
        return found


def find(word: str, kind: Kind, estate: Estate) -> Record:
    """The record of a kind that a word means: its name, `project/name`, id, or the beginning of its id.

    A floating IP goes by its address too, a port by its addresses.

    Raises:
        NotFound: nothing is called so; says what comes near.
        Invalid: several are; says which.
    """
    records = list(estate.all(TYPES[kind.name]))
    describer = Describer(estate)
    found = _called(word, records, describer)
    if len(found) == 1:
        return found[0]
    if found:
        candidates = sorted(_distinct(record, found, describer) for record in found)
        more = f" and {len(candidates) - MOST_CANDIDATES} more" if len(candidates) > MOST_CANDIDATES else ""
        raise Invalid(
            f"{len(found)} {kind.plural.replace('_', ' ')} are called so",
            key=word,
            remedy=f"say which: {', '.join(candidates[:MOST_CANDIDATES])}{more}",
        )
    raise NotFound(f"there is no {kind.words} {word!r}", remedy=_near(word, records, describer, kind))


def _called(word: str, records: list[Record], describer: Describer) -> list[Record]:
    """The records that a word means, by the first way in which it means any."""
    exact = [record for record in records if record.id == word]
    project, slash, name = word.partition("/")
    whole = [r for r in records if slash and r.name == name and describer.short("project", r.project_id) == project]
    named = [record for record in records if record.name == word]
    addressed = [record for record in records if word in _addresses(record)]
    begun = [r for r in records if len(word) >= SHORTEST_ID and r.id.startswith(word.lower())]
    return exact or whole or named or addressed or begun


def _addresses(record: Record) -> tuple[str, ...]:
    if isinstance(record, FloatingIP):
        return (record.floating_ip_address,)
    return record.addresses if isinstance(record, Port) else ()


def _distinct(record: Record, among: list[Record], describer: Describer) -> str:
    """What tells a record from the others: `project/name`, or its id where that does not."""
    title = describer.title(record)
    return title if sum(describer.title(other) == title for other in among) == 1 else record.id


def _near(word: str, records: list[Record], describer: Describer, kind: Kind) -> str:
    names = {describer.title(record) for record in records} | {record.name for record in records if record.name}
    near = get_close_matches(word, sorted(names), 3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"list them with: cpal get {kind.plural_flag}" if records else f"there is no {kind.words} at all"
