"""A configuration: lines in order, each with the lines below it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from cpal.lab.emulate.grammar import Match
from cpal.lab.emulate.words import natural

Identity = tuple[str, ...]
"""What says which line it is, among those of its section: its first words, without `no`."""


class Node:
    """A line, and those below it by what says which they are."""

    __slots__ = ("below", "flags", "order", "text", "words")

    def __init__(
        self, words: tuple[str, ...] = (), order: tuple[object, ...] = (), flags: frozenset[str] = frozenset()
    ):
        self.words = words
        self.order = order
        self.flags = flags
        self.below: dict[Identity, Node] | None = None
        self.text: str | None = None
        """What follows a line such as `banner login`, to its end mark."""

    @property
    def line(self) -> str:
        """The line as it is shown."""
        return " ".join(self.words)

    def copy(self) -> Node:
        """The line and all below it, once more."""
        found = Node(self.words, self.order, self.flags)
        found.text = self.text
        if self.below is not None:
            found.below = {key: node.copy() for key, node in self.below.items()}
        return found

    def children(self) -> Iterator[Node]:
        """The lines below, in the order in which a device shows them."""
        return iter(sorted((self.below or {}).values(), key=_ordered))

    def each(self, *start: str) -> Iterator[Node]:
        """The lines below that begin with these words, in order."""
        return iter(sorted(self._beginning(start), key=_ordered))

    def find(self, *start: str) -> Node | None:
        """The first line below that begins with these words."""
        found = self._beginning(start)
        return min(found, key=_ordered) if found else None

    def has(self, *start: str) -> bool:
        """Whether a line below begins with these words."""
        return bool(self._beginning(start))

    def _beginning(self, start: tuple[str, ...]) -> list[Node]:
        if not self.below:
            return []
        length = len(start)
        return [node for node in self.below.values() if node.words[:length] == start]

    def value(self, *start: str) -> str | None:
        """What follows these words in the first line below that begins with them."""
        node = self.find(*start) if self.below else None
        return " ".join(node.words[len(start) :]) if node else None

    def held(self, match: Match) -> Node | None:
        """The section that stands where the one of a match can not: `router bgp 1` while there is `router bgp 2`."""
        node = (self.below or {}).get(identity(match)) if match.rule.below is not None else None
        return node if node is not None and node.words != match.words else None

    def put(self, match: Match) -> Node:
        """The line of a match, which takes the place of the one that was there; a section is kept as it is."""
        if self.below is None:
            self.below = {}
        key = identity(match)
        node = self.below.get(key)
        if node is None or match.rule.below is None:
            order = (match.rule.order, self._last()) if "in order" in match.rule.flags else _order(match)
            node = self.below[key] = Node(match.words, order, match.rule.flags)
            node.below = {} if match.rule.below is not None else None
        return node

    def _last(self) -> int:
        """A place behind all that are in the order in which they were written."""
        return 1 + max((int(str(node.order[1])) for node in self.children() if "in order" in node.flags), default=0)

    def matching(self, words: tuple[str, ...]) -> list[Identity]:
        """What says which lines below begin with these words, `no` or not."""
        return [key for key, node in (self.below or {}).items() if _positive(node.words)[: len(words)] == words]

    def drop(self, key: Identity) -> None:
        """Take away the line that this says."""
        if self.below is not None:
            self.below.pop(key, None)


def _ordered(node: Node) -> tuple[object, ...]:
    return node.order


def identity(match: Match) -> Identity:
    """What says which line a match is."""
    return _positive(tuple(match.words[n] for n in match.rule.identity if n < len(match.words)))


def _positive(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if words[:1] == ("no",) else words


def _order(match: Match) -> tuple[object, ...]:
    rule, words = match.rule, match.words
    return (rule.order, natural(" ".join(words[: rule.shared])), rule.rank, natural(" ".join(words)))


def rendered(node: Node, indent: int, mark: str = "!", end: str = "EOF") -> Iterator[str]:
    """The lines below a node as text, as Arista's and Cisco's show them.

    A mark stands between sections, an end behind a text; a rule's flag `ends LINE` puts that line behind its section.
    """
    yield from _rendered(node, indent, 0, mark, end)


def _rendered(node: Node, indent: int, depth: int, mark: str, end: str) -> Iterator[str]:
    before: Node | None = None
    margin = " " * indent * depth
    for child in node.children():
        if before is not None and _apart(before, child, depth):
            yield margin + mark
        yield margin + child.line
        if child.text is not None:
            yield from child.text.splitlines()
            yield end
        yield from _rendered(child, indent, depth + 1, mark, end)
        yield from (margin + flag.removeprefix("ends ") for flag in child.flags if flag.startswith("ends "))
        before = child


def _apart(before: Node, node: Node, depth: int) -> bool:
    """Whether a mark is shown between two lines of a section."""
    if node.below is not None or before.below is not None or node.text is not None or before.text is not None:
        return "close" not in node.flags
    return depth == 0 and before.words[:1] != node.words[:1]


def difference(before: list[str], after: list[str], names: tuple[str, str], context: int = 3) -> list[str]:
    """What changed between two texts, as `diff -u` says it."""
    return list(unified_diff(before, after, *names, lineterm="", n=context))
