"""Settings of a device as lines of its configuration, both ways, by a make's table. Pure.

A setting stands for a table of rows (`render_switch`). Its section and its line are patterns: `{0}` is the first word
that the row is about, `{1}` the next (`{address}`, where it is one), `{value}` what the row says. Where a setting has
choices, each value has its line, or None where the device shows nothing; the first that is there counts. `absent` is
what holds where there is no line, in a section that is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.commands import NO
from cpal.drivers.devices.parse.tree import Path, Tree, drop, numbers, put, spans
from cpal.drivers.devices.render_switch import key_of, parts_of

Convert = Callable[[str], Value]


def whole(text: str) -> Value:
    """A number."""
    return int(text)


def vlans(text: str) -> Value:
    """Numbers, in one form; a word as it is."""
    return spans(tuple(numbers(text))) if text[:1].isdigit() else text


class Setting:
    """How one setting is written: see above."""

    def __init__(
        self,
        table: str,
        section: str,
        line: str = "",
        convert: Convert = str,
        choices: Mapping[Value, str | None] | None = None,
        absent: Value | Callable[[Sequence[str]], Value] | None = None,
        holds: Callable[[str], bool] = lambda about: True,
        within: str = "",
    ) -> None:
        self.table, self.section, self.line, self.convert = table, section, line, convert
        self.choices = choices or {}
        self._absent = absent if choices is None else next((v for v, line in choices.items() if line is None), None)
        self.holds, self.within = holds, within

    @cached_property
    def of_section(self) -> re.Pattern[str]:
        """What its section looks like."""
        return _pattern(self.section)

    @cached_property
    def of_line(self) -> re.Pattern[str]:
        """What its line looks like."""
        return _pattern(self.line.replace("{value}", "{number}") if self.convert is whole else self.line)

    def path(self, parts: Sequence[str]) -> Path:
        """Its section, for a row about these."""
        return (_filled(self.section, parts, ""),)

    def absent(self, parts: Sequence[str]) -> Value | None:
        """What holds where no line says anything, or None where nothing does."""
        return self._absent(parts) if callable(self._absent) else self._absent

    def is_absent(self, row: Row) -> bool:
        """Whether a row says what holds where no line says anything."""
        value = row.columns.get(VALUE)
        return value is not None and value == self.absent(parts_of(row.key))

    def write(self, tree: Tree, row: Row) -> None:
        """Have the tree say what a row says."""
        section = put(tree, self.path(parts_of(row.key)))
        if not self.line and not self.choices:
            return
        self.erase(tree, row)
        value = row.columns.get(VALUE)
        if self.choices:
            line = self.choices[value]  # type: ignore[index]  # a scalar of the table
        else:
            line = None if self.is_absent(row) else _filled(self.line, parts_of(row.key), value)
        if line is not None:
            section[line] = {}

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say nothing of it."""
        path, parts = self.path(parts_of(row.key)), parts_of(row.key)
        if not self.line and not self.choices:
            drop(tree, path)
            return
        section = tree.get(path[0], {})
        for line in list(section):
            if line in self.choices.values() or (self.line and self._is_of(line, parts)):
                del section[line]

    def _is_of(self, line: str, parts: Sequence[str]) -> bool:
        found = self.of_line.fullmatch(line)
        groups = {name: value for name, value in (found.groupdict() if found else {}).items() if name != "value"}
        return found is not None and all(value == parts[int(name[1:])] for name, value in groups.items())

    def read(self, device: str, about: tuple[str, ...], section: Tree) -> Iterator[Row]:
        """The rows that a section says."""
        if not self.holds(about[0]):
            return
        within = key_of(self.within, device, about[0]) if self.within else None
        if not self.line and not self.choices:
            yield Row(key_of(self.table, device, *about), {}, ())
            return
        found = list(self._values(section))
        absent = self.absent(about)
        if not found and absent is not None:
            found = [((), absent)]
        for more, value in found[:1] if self.choices else found:
            yield Row(key_of(self.table, device, *about, *more), {VALUE: value}, (), within)

    def _values(self, section: Tree) -> Iterator[tuple[tuple[str, ...], Value]]:
        for value, line in self.choices.items():
            if line is not None and line in section:
                yield (), value
        for line in section if self.line else ():
            if found := self.of_line.fullmatch(line):
                groups = found.groupdict()
                more = tuple(groups[name] for name in sorted(groups) if name not in ("value", "p0"))
                yield more, self.convert(groups.get("value") or more[-1])


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", text)
    return re.compile("".join(_group(part) if part.startswith("{") else re.escape(part) for part in parts))


def _group(slot: str) -> str:
    if slot == "{address}":
        return r"(?P<p1>[\d.]+/\d+)"
    if slot == "{number}":
        return r"(?P<value>\d+)"
    return "(?P<value>.+)" if slot == "{value}" else rf"(?P<p{slot[1:-1]}>\S+)"


def _filled(text: str, parts: Sequence[str], value: Any) -> str:
    words = {**{str(n): part for n, part in enumerate(parts)}, "value": str(value), "address": parts[-1]}
    return re.sub(r"\{(\w+)\}", lambda slot: words[slot[1]], text)


def rows_of(tree: Tree, device: str, settings: Sequence[Setting]) -> dict[RowKey, Row]:
    """Every row that a configuration says of a device."""
    found: dict[RowKey, Row] = {}
    by_section: dict[str, list[Setting]] = {}
    for setting in settings:
        by_section.setdefault(setting.section, []).append(setting)
    patterns = [(_pattern(section), mine) for section, mine in by_section.items()]
    for line, below in tree.items():
        if line.startswith(NO):
            continue
        for pattern, mine in patterns:
            if matched := pattern.fullmatch(line):
                about = tuple(matched[name] for name in sorted(matched.groupdict()))
                rows = (row for setting in mine for row in setting.read(device, about, below))
                found.update((row.key, row) for row in rows)
    return {key: _contained(row, found) for key, row in found.items()}


def _contained(row: Row, found: Mapping[RowKey, Row]) -> Row:
    """The row, within another only where that is one too."""
    return row if row.within is None or row.within in found else replace(row, within=None)
