"""A device's configuration as a tree of lines, and what of two trees differs. Pure.

A line that is indented more than the one before it belongs to that one. What is the same twice in one section is there
once. A text that follows its line up to an end mark (a banner) is part of the line. So a tree says what a device is
configured to do and nothing of how it was typed: `parsed` of `printed` is the tree again.

How a make writes is a `Dialect`, which is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cpal.errors import Unreadable

Tree = dict[str, "Tree"]
"""The lines of a section in their order, each with the lines below it."""
Path = tuple[str, ...]
"""A line with those that it is below, the outermost first."""


class Dialect(NamedTuple):
    """How a make writes its configuration.

    `comment` begins a line that says nothing, and `noise` are lines that do so too. `texts` are the lines after which a
    text follows: a pattern whose group `end`, if it has one, is the mark that ends it, and else `text_end` is.
    `ranges` are sections that stand for several: a pattern whose group `ids` is `1,3-5`. `joined` are lines in no
    section of which several may say of such lists what one would say of all. `whole` is what every configuration has
    that a device shows: a text without it is none, as where the device says that this user may not see it.
    """

    indent: int = 3
    comment: str = "!"
    noise: frozenset[str] = frozenset({"end", "exit"})
    texts: re.Pattern[str] | None = None
    text_end: str = ""
    ranges: re.Pattern[str] | None = None
    joined: re.Pattern[str] | None = None
    whole: re.Pattern[str] = re.compile("")


def shown(text: str, dialect: Dialect) -> str:
    """A configuration that a device shows: what it lacks is taken for not configured.

    Raises:
        Unreadable: it is none, or not to its end.
    """
    if dialect.whole.search(text):
        return text
    said = next((line.strip() for line in text.splitlines() if line.strip()), "")
    raise Unreadable(
        f"what it shows is no whole configuration: {said[:80]!r}",
        remedy="may this user see it with `show running-config`? Nothing was changed",
    )


def parsed(text: str, dialect: Dialect) -> Tree:
    """The tree of a configuration."""
    root: Tree = {}
    sections: list[tuple[int, list[Tree]]] = [(-1, [root])]
    lines = iter(text.splitlines())
    comment, noise, texts, ranges = dialect.comment, dialect.noise, dialect.texts, dialect.ranges
    for line in lines:
        words = line.strip()
        if not words or words in noise or words.startswith(comment):
            continue
        indent = len(line) - len(line.lstrip())
        while sections[-1][0] >= indent:
            sections.pop()
        above = sections[-1][1]
        if texts is not None and (found := texts.fullmatch(words)):
            words = "\n".join([words, *_text(lines, found.groupdict().get("end") or dialect.text_end)])
        if ranges is not None and (found := ranges.fullmatch(words)):
            start, end = found.span("ids")
            names = [f"{words[:start]}{id}{words[end:]}" for id in numbers(found["ids"])]
            sections.append((indent, [tree.setdefault(name, {}) for tree in above for name in names]))
        else:
            sections.append((indent, [tree.setdefault(words, {}) for tree in above]))
    return root if dialect.joined is None else _joined(root, dialect.joined)


def _joined(tree: Tree, pattern: re.Pattern[str]) -> Tree:
    """The tree, in which one line says what several do of several lists."""
    lists: dict[tuple[str, str], tuple[int, ...]] = {}
    found: Tree = {}
    for line, below in tree.items():
        if matched := pattern.fullmatch(line):
            start, end = matched.span("ids")
            around = line[:start], line[end:]
            found.pop(spans(lists.get(around, ())).join(around), None)
            lists[around] = (*lists.get(around, ()), *numbers(matched["ids"]))
            found[spans(lists[around]).join(around)] = below
        else:
            found[line] = below
    return found


def _text(lines: Iterator[str], end: str) -> Iterator[str]:
    for line in lines:
        yield line
        if line.strip() == end:
            return


def printed(tree: Mapping[str, Tree], dialect: Dialect) -> str:
    """A tree as the text of a configuration."""
    return "".join(f"{line}\n" for line in _printed(tree, 0, dialect.indent))


def _printed(tree: Mapping[str, Tree], depth: int, indent: int) -> Iterator[str]:
    for line, below in tree.items():
        yield " " * (indent * depth) + line
        if below:
            yield from _printed(below, depth + 1, indent)


def copied(tree: Mapping[str, Tree]) -> Tree:
    """The tree once more."""
    return {line: copied(below) for line, below in tree.items()}


def section(tree: Tree, path: Path) -> Tree | None:
    """What is below a line, or None where it is not there."""
    found: Tree | None = tree
    for line in path:
        if found is None:
            return None
        found = found.get(line)
    return found


def put(tree: Tree, path: Path) -> Tree:
    """What is below a line, which is there from now on."""
    for line in path:
        tree = tree.setdefault(line, {})
    return tree


def drop(tree: Tree, path: Path) -> None:
    """Take a line away, with all that is below it."""
    above = section(tree, path[:-1])
    if above is not None:
        above.pop(path[-1], None)


def lines_of(tree: Mapping[str, Tree], above: Path = ()) -> Iterator[Path]:
    """Every line with those that it is below, in order."""
    for line, below in tree.items():
        path = (*above, line)
        yield path
        yield from lines_of(below, path)


def numbers(text: str) -> list[int]:
    """The numbers that `1,3-5` stands for, in order.

    Raises:
        ValueError: it stands for none.
    """
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    return found


def spans(numbers: tuple[int, ...]) -> str:
    """Numbers as `1,3-5`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)
