"""Settings of a device as lines of its configuration, both ways, by a make's table. Pure.

A setting stands for a table of rows (`render_switch`). Its section and its line are patterns: `{0}` is the first word
that the row is about, `{1}` the next, `{value}` what the row says. A slot may say what its word looks like:
`{1:prefix4}` (`SLOTS`). A section within others is `OUTER / INNER`; "" is none: the line stands at the top. A `*` there
is a word that only the device knows, as the number of its AS in `router bgp *`: such a section is never made, only
found; so is that of a setting which is `found`. Of several lines with a bar between them, that is written whose slots
take the words. `holds` says of which rows a setting is, by their first word, and `where` in which sections it is read;
its row is `within` that of another table which is about the first `words_within` of its words.

Where a setting has choices, each value has its line, or None where the device shows nothing; the first that is there
counts. `absent` is what holds where there is no line, in a section that is there; a line that says just that is left
as it is. A section that is there only by what is in it (`hollow`, so many levels of it) goes with its last line. A line
that others use as well is `shared`: it need not be cpal's, what is in it stays when its value changes, and it stays
itself while others need it, as `shared` tells of the configuration and of what is in the line.
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
from cpal.drivers.devices.parse.tree import section as section_of
from cpal.drivers.devices.render_switch import device_of, key_of, parts_of
from cpal.errors import Rejected

Convert = Callable[[str], Value]


def whole(text: str) -> Value:
    """A number."""
    return int(text)


def asn(text: str) -> Value:
    """The number of an AS, also where it is written as two. Source: RFC 5396. A word as it is."""
    high, _, low = text.rpartition(".")
    return (int(high or 0) << 16) + int(low) if re.fullmatch(r"\d+(\.\d+)?", text) else text


def vlans(text: str) -> Value:
    """Numbers, in one form; a word as it is."""
    return spans(tuple(numbers(text))) if text[:1].isdigit() else text


def mac(text: str) -> Value:
    """A MAC address, with colons."""
    digits = re.sub(r"[.:-]", "", text).lower()
    return ":".join(digits[n : n + 2] for n in range(0, 12, 2))


SLOTS: Mapping[str, str] = {
    "": r"\S+",
    "number": r"\d+",
    "prefix4": r"[\d.]+/\d+",
    "prefix6": r"[\da-fA-F:.]*:[\da-fA-F:.]*/\d+",
    "ip4": r"\d+\.\d+\.\d+\.\d+",
    "mode": r"(?: mode \w+)?",
    "ip6": r"[\da-fA-F:.]*:[\da-fA-F:.]*",
    "no": r"(?:no )?",
    "more": r"(?: .+)?",
    "interface": r"(?!default$)\S+",
    "vrf": r"(?!default(?:\s|$))\S+",
}
"""What the word of a slot may look like."""


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
        words_within: int = 1,
        found: bool = False,
        where: Callable[[Tree], bool] = lambda section: True,
        say: Callable[[Value], object] = str,
        hollow: int = 0,
        shared: Callable[[Tree, Tree], bool] | None = None,
    ) -> None:
        self.table, self.section, self.convert, self.say = table, section, convert, say
        self.lines = tuple(filter(None, line.split(" | ")))
        self.levels = tuple(filter(None, section.split(" / ")))
        self.choices = choices or {}
        unsaid = next((value for value, line in self.choices.items() if line is None), None)
        self._absent = unsaid if absent is None else absent
        self.holds, self._is_found, self._where = holds, found, where
        self.within, self._words_within = within, words_within
        self.shared, self._hollow = shared, hollow

    @property
    def sides(self) -> tuple[Setting, ...]:
        """The settings that it is: itself."""
        return (self,)

    @cached_property
    def of_lines(self) -> tuple[re.Pattern[str], ...]:
        """What its line may look like."""
        value = "{value:number}" if self.convert is whole else "{value}"
        return tuple(_pattern(line.replace("{value}", value)) for line in self.lines)

    @property
    def is_section(self) -> bool:
        """Whether it is that a section is there."""
        return not self.lines and not self.choices

    def path(self, tree: Tree, parts: Sequence[str]) -> Path | None:
        """Its section in a tree, for a row about these; None where the device lacks one that it must have."""
        found: list[str] = []
        inside: Tree | None = tree
        for level in self.levels:
            wanted = _filled(level, parts, "")
            if "*" in level:
                pattern = _pattern(wanted)
                wanted = next((line for line in inside or {} if pattern.fullmatch(line)), "")
                if not wanted:
                    return None
            found.append(wanted)
            inside = inside.get(wanted) if inside is not None else None
        return None if self._is_found and inside is None else tuple(found)

    def absent(self, parts: Sequence[str]) -> Value | None:
        """What holds where no line says anything, or None where nothing does."""
        return self._absent(parts) if callable(self._absent) else self._absent

    def is_absent(self, row: Row) -> bool:
        """Whether a row says what holds where no line says anything."""
        value = row.columns.get(VALUE)
        return value is not None and value == self.absent(parts_of(row.key))

    def write(self, tree: Tree, row: Row) -> None:
        """Have the tree say what a row says; a line that says it in other words is left as it is.

        What stands in a line that is a section too stays, also where that says something else than before.

        Raises:
            Rejected: it belongs into a section that only others make, and there is none.
        """
        parts = parts_of(row.key)
        path = self.path(tree, parts)
        if path is None:
            start = next((level for level in self.levels if "*" in level), self.levels[0])
            section = _filled(start, parts, "").rstrip(" *")
            remedy = "configure it there: it is the underlay's, which is not cpal's"
            if self._is_found:
                remedy = "declare it, or configure it there"
            raise Rejected(f"the switch has no section {section!r}", key=device_of(row.key), remedy=remedy)
        below = put(tree, path)
        if self.is_section or any(self._says(line, row) for line in below):
            return
        line = self._line(row)
        inside = next((within for held, within in below.items() if held == line or self._of(held, parts)), {})
        self._drop_lines(below, parts)
        for other in self.choices.values():
            if other is not None and other != self.choices[row.columns[VALUE]]:
                below.pop(other, None)
        if line is not None:
            below[line] = inside

    def _line(self, row: Row) -> str | None:
        """What says it; None where no line does."""
        parts, value = parts_of(row.key), row.columns.get(VALUE)
        if self.is_absent(row):
            return None
        if self.choices:
            return self.choices[value]  # type: ignore[index]  # a scalar of the table
        said = "" if value is None else self.say(value)
        lines = [_filled(line, parts, said) for line in self.lines]
        return next(line for line, pattern in zip(lines, self.of_lines, strict=True) if pattern.fullmatch(line))

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say nothing of it."""
        parts = parts_of(row.key)
        path = self.path(tree, parts)
        if path is None:
            return
        if self.is_section:
            drop(tree, path)
        elif (below := section_of(tree, path)) is not None:
            self._drop_lines(below, parts, tree)
        for depth in range(self._hollow):
            if section_of(tree, path[: len(path) - depth]) == {}:
                drop(tree, path[: len(path) - depth])

    def other(self, tree: Tree, row: Row) -> str:
        """The line that says something else than a row, or ""."""
        parts = parts_of(row.key)
        path = self.path(tree, parts)
        lines = section_of(tree, path) if path is not None else None
        return next((line for line in lines or {} if self._of(line, parts) and not self._says(line, row)), "")

    def _drop_lines(self, below: Tree, parts: Sequence[str], whole: Tree | None = None) -> None:
        """Take what says it out of a section; but not what others need, where that is in the `whole` of it."""
        usual = self.absent(parts)
        said = {line for value, line in self.choices.items() if value != usual}
        for line in list(below):
            is_needed = whole is not None and self.shared is not None and self.shared(whole, below[line])
            if (line in said or self._of(line, parts)) and not is_needed:
                del below[line]

    def _says(self, line: str, row: Row) -> bool:
        found = self._of(line, parts_of(row.key))
        if found is None:
            return False
        value = found.groupdict().get("value")
        return value is None or self.convert(value) == row.columns.get(VALUE)

    def _of(self, line: str, parts: Sequence[str]) -> re.Match[str] | None:
        """What a line says, where it is about these."""
        for pattern in self.of_lines:
            if found := pattern.fullmatch(line):
                words = {int(name[1:]): word for name, word in found.groupdict().items() if name != "value"}
                return found if all(word == parts[n] for n, word in words.items()) else None
        return None

    def read(self, device: str, about: tuple[str, ...], section: Tree) -> Iterator[Row]:
        """The rows that a section says."""
        if not self._where(section) or (about and not self.holds(about[0])):
            return
        if self.is_section:
            yield self._row(device, about, {})
            return
        found = list(self._values(section, about))
        absent = self.absent(about)
        if not found and absent is not None:
            found = [((), absent)]
        for more, value in found[:1] if self.choices else found:
            yield self._row(device, (*about, *more), {VALUE: value})

    def _row(self, device: str, parts: tuple[str, ...], columns: dict[str, Value]) -> Row:
        within = key_of(self.within, device, *parts[: self._words_within]) if self.within else None
        return Row(key_of(self.table, device, *parts), columns, (), within)

    def _values(self, section: Tree, about: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
        for value, line in self.choices.items():
            if line is not None and line in section:
                yield (), value
        for line in section if self.lines else ():
            for pattern in self.of_lines:
                if found := pattern.fullmatch(line):
                    groups = found.groupdict()
                    value = groups.pop("value", None)
                    more = tuple(groups[f"p{n}"] for n in range(len(about), len(about) + len(groups)))
                    yield more, self.convert(value if value is not None else (*about, *more)[-1])
                    break


class OfTwo(Setting):
    """A setting that stands in one section or in another, by what it is about."""

    def __init__(self, one: Setting, other: Setting, is_other: Callable[[Sequence[str]], bool]) -> None:
        super().__init__(one.table, one.section)
        self._one, self._other, self._is_other = one, other, is_other

    @property
    def sides(self) -> tuple[Setting, ...]:
        """Both."""
        return self._one, self._other

    def _side(self, row: Row) -> Setting:
        return self._other if self._is_other(parts_of(row.key)) else self._one

    def is_absent(self, row: Row) -> bool:
        """Whether a row says what holds where no line says anything."""
        return self._side(row).is_absent(row)

    def write(self, tree: Tree, row: Row) -> None:
        """Have the tree say what a row says. Raises Rejected: as its side does."""
        self._side(row).write(tree, row)

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say nothing of it."""
        self._side(row).erase(tree, row)


class OfFamily(OfTwo):
    """A setting that stands in one section about an IPv4 address, and in another about one of IPv6: its last word."""

    def __init__(self, ipv4: Setting, ipv6: Setting) -> None:
        super().__init__(ipv4, ipv6, lambda parts: ":" in parts[-1])


class Directed(Setting):
    """A setting whose word at `direction` is import or export; a line may say `both`, and stands for one of each."""

    def __init__(self, table: str, section: str, line: str, direction: int, within: str) -> None:
        super().__init__(table, section, line, within=within)
        self._direction = direction

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say nothing of it; what a line says of both directions stays for the other."""
        parts = parts_of(row.key)
        path = self.path(tree, parts)
        below = section_of(tree, path) if path is not None else None
        [other] = [each for each in DIRECTIONS if each != parts[self._direction]]
        for line in [line for line in below or {} if BOTH in line and self._of(line, parts)]:
            put(tree, (*(path or ()), line.replace(BOTH, f" {other} ", 1)))
        super().erase(tree, row)

    def _of(self, line: str, parts: Sequence[str]) -> re.Match[str] | None:
        return super()._of(line.replace(BOTH, f" {parts[self._direction]} ", 1), parts)

    def _values(self, section: Tree, about: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
        for line in section:
            ways = [line.replace(BOTH, f" {way} ", 1) for way in DIRECTIONS] if BOTH in line else [line]
            yield from super()._values({way: {} for way in ways}, about)


BOTH, DIRECTIONS = " both ", ("import", "export")


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\}|\*)", text)
    return re.compile("".join(map(_group, parts)))


def _group(part: str) -> str:
    if part == "*":
        return r"\S+"
    if not part.startswith("{"):
        return re.escape(part)
    name, _, kind = part[1:-1].partition(":")
    if name == "value":
        return f"(?P<value>{SLOTS[kind] if kind else '.+'})"
    return f"(?P<p{name}>{SLOTS[kind]})"


def _filled(text: str, parts: Sequence[str], value: Any) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", lambda slot: str(value) if slot[1] == "value" else parts[int(slot[1])], text)


def rows_of(tree: Tree, device: str, settings: Sequence[Setting]) -> dict[RowKey, Row]:
    """Every row that a configuration says of a device."""
    found: dict[RowKey, Row] = {}
    by_section: dict[tuple[str, ...], list[Setting]] = {}
    for setting in (side for each in settings for side in each.sides):
        by_section.setdefault(setting.levels, []).append(setting)
    for levels, mine in by_section.items():
        for about, below in _sections(tree, [_pattern(level) for level in levels]):
            rows = (row for setting in mine for row in setting.read(device, about, below))
            found.update((row.key, row) for row in rows)
    return {key: _contained(row, found) for key, row in found.items()}


def _sections(tree: Tree, levels: Sequence[re.Pattern[str]]) -> Iterator[tuple[tuple[str, ...], Tree]]:
    """The sections that lines lead to, each with what its slots are."""
    if not levels:
        yield (), tree
        return
    for line, below in tree.items():
        if not line.startswith(NO) and (matched := levels[0].fullmatch(line)):
            words = matched.groupdict()
            about = tuple(words[name] for name in sorted(words))
            yield from ((about + more, found) for more, found in _sections(below, levels[1:]))


def _contained(row: Row, found: Mapping[RowKey, Row]) -> Row:
    """The row, within another only where that is one too."""
    return row if row.within is None or row.within in found else replace(row, within=None)
