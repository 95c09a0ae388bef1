"""Statements of Junos written into a configuration: along their words, section by section, or taken away again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cpal.lab.emulate.grammar import Match, Rule, Rules
from cpal.lab.emulate.junos.schema import schema
from cpal.lab.emulate.tree import Node, identity

NOT_FOUND = "statement not found"
_LOGICAL = re.compile(r"([a-z]+-?[\d/:]*)\.(\d+)")


class Wrong(Exception):
    """A statement that is not taken: where it stands, the word that is wrong, and what is said of it."""

    def __init__(self, path: Sequence[str], word: str, message: str = "syntax error") -> None:
        super().__init__(message)
        self.path = tuple(path)
        self.word = word
        self.message = message


class Place:
    """A section, what may stand in it, and the words that lead to it."""

    __slots__ = ("node", "path", "rule", "rules")

    def __init__(self, node: Node, rules: Rules, path: tuple[str, ...] = (), rule: Rule | None = None) -> None:
        self.node = node
        self.rules = rules
        self.path = path
        self.rule = rule


def top(root: Node) -> Place:
    """The whole of a configuration."""
    if root.below is None:
        root.below = {}
    return Place(root, schema())


def lead(rules: Rules, words: Sequence[str]) -> Match | None:
    """The statement that words begin with: the longest one. What no rule takes is left out at once."""
    number = len(words)
    while number:
        found = rules.match(words[:number])
        if isinstance(found, Match):
            return found
        number = min(number - 1, found.at)
    return None


def steps(place: Place, words: Sequence[str]) -> Iterator[tuple[Rules, Match]]:
    """The statements that words go through, each in the one before.

    Raises:
        Wrong: a word that nobody knows there.
    """
    rules, path, rest = place.rules, place.path, list(words)
    units = place.rule is not None and "units" in place.rule.flags
    while rest:
        if units and (logical := _LOGICAL.fullmatch(rest[0])):
            rest[:1] = [logical[1], "unit", logical[2]]
        found = lead(rules, rest)
        if found is None:
            raise Wrong(path, rest[0])
        yield rules, found
        rest = rest[len(found.words) :]
        path = (*path, *found.words)
        if rest and found.rule.below is None:
            raise Wrong(path, rest[0])
        units = "units" in found.rule.flags
        rules = found.rule.below or rules


def write(place: Place, words: Sequence[str]) -> Place:
    """Write a statement; the section that it leads to.

    Raises:
        Wrong: it is none.
    """
    node, path = place.node, place.path
    rules, rule = place.rules, place.rule
    for _, found in list(steps(place, words)):
        node = put(node, found)
        path = (*path, *found.words)
        rule, rules = found.rule, found.rule.below or rules
    return Place(node, rules, path, rule)


def put(node: Node, match: Match) -> Node:
    """Keep a statement, in the order that Junos shows; what is ordered by its writer stays in that order."""
    known = (node.below or {}).get(identity(match))
    made = node.put(match)
    if match.rule.below is not None and match.rule.tokens[-1].startswith("<"):
        made.flags = made.flags | {"entry"}
    if made is not known and match.rule.flags & {"ordered", "list"} and known is None:
        last = max((each.order[1] for each in (node.below or {}).values() if each.order[0] == match.rule.order and
                    isinstance(each.order[1], int)), default=0)  # fmt: skip
        made.order = (match.rule.order, int(str(last)) + 1, match.rule.rank, ())
    elif known is not None and made is not known:
        made.order = known.order
    return made


def erase(place: Place, words: Sequence[str], missing_is_wrong: bool = False) -> None:
    """Take a statement away, and the sections that are empty without it.

    Raises:
        Wrong: it is none, or it is not there where that matters.
    """
    trail: list[tuple[Node, Node]] = []
    node = place.node
    taken = list(steps_partly(place, words))
    for match, whole in taken:
        matching = node.matching(match.words) if whole else _begun(node, match)
        if not matching:
            if missing_is_wrong:
                raise Wrong(place.path, " ".join(words), NOT_FOUND)
            return
        if (match, whole) == taken[-1]:
            for key in matching:
                node.drop(key)
        else:
            assert node.below is not None
            child = node.below[matching[0]]
            trail.append((node, child))
            node = child
    for parent, child in reversed(trail):
        prune(parent, child)


def move(place: Place, words: Sequence[str]) -> None:
    """Have an entry of a list stand before or behind another: `... term A before term B`.

    Raises:
        Wrong: it is no entry whose place counts, or one of both is not there.
    """
    at = next((n for n, each in enumerate(words) if each in ("before", "after")), 0)
    named, other = list(words[:at]), list(words[at + 1 :])
    node, found = place.node, [each for _, each in steps(place, named)]
    for match in found[:-1]:
        keys = node.matching(match.words)
        if not keys:
            raise Wrong(place.path, " ".join(named), NOT_FOUND)
        node = (node.below or {})[keys[0]]
    entries = [each for each in node.children() if "ordered" in each.flags]
    mine = [each for each in entries if found and each.words == found[-1].words]
    theirs = [each for each in entries if each.words == tuple(other)]
    if not mine or not theirs:
        raise Wrong(place.path, " ".join(other if mine else named), NOT_FOUND)
    entries.remove(mine[0])
    entries.insert(entries.index(theirs[0]) + (words[at] == "after"), mine[0])
    for number, each in enumerate(entries, start=1):
        each.order = (each.order[0], number, *each.order[2:])


def _begun(node: Node, match: Match) -> list[tuple[str, ...]]:
    return [key for key, child in (node.below or {}).items() if child.words[: len(match.words)] == match.words]


def steps_partly(place: Place, words: Sequence[str]) -> Iterator[tuple[Match, bool]]:
    """The statements that words go through, of which the last may be named by its first words only."""
    try:
        for _, found in list(steps(place, words)):
            yield found, True
    except Wrong:
        for n in range(len(words) - 1, -1, -1):
            try:
                done = list(steps(place, words[:n]))
            except Wrong:
                continue
            rules = done[-1][1].rule.below if done else place.rules
            partial = rules.match(tuple(words[n:]), partly=True) if rules else None
            if isinstance(partial, Match):
                yield from ((found, True) for _, found in done)
                yield partial, False
                return
        raise


def prune(parent: Node, child: Node) -> None:
    """Take a section away that is empty and means nothing by itself."""
    if child.below == {} and "presence" not in child.flags and not is_entry(child):
        for key, node in list((parent.below or {}).items()):
            if node is child:
                parent.drop(key)


def is_entry(node: Node) -> bool:
    """Whether a section is an entry of a list, which stays without anything below it."""
    return "entry" in node.flags


def tidy(node: Node) -> None:
    """Take away all sections that are empty and mean nothing by themselves."""
    for child in list((node.below or {}).values()):
        if child.below is not None:
            tidy(child)
            prune(node, child)
