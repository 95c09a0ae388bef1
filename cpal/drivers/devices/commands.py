"""The commands that lead from one configuration to another, by a make's table of rules. Pure.

Theory. What is in one tree and not in the other is added, or taken away by its `no`. Four things a make must say:

    values       which lines hold one value each, so that the new one takes the place of the old: `hostname a` and
                 `hostname b` say one thing. What two lines say the same of is their *identity*.
    definitions  which lines others refer to: they and what is in them are there before those, and go after them; where
                 there is one of a kind at most, `~`, the old one goes before the new one comes
    resets       which lines a device forgets when another one changes
    ordered      which lines of a section are in an order that matters: one that is to stand elsewhere leaves, and comes
                 again behind those that it is to follow

Words of a rule: `*` is any word of the identity, `Ethernet*` one that begins so, `#` a number, `=` a word that is
value, `=...` all further words, which are value too; `/` stands between a section and the line in it. After `~` the old
line is to be negated before the new one is taken; after `!` what negates it has its value too. A rule stands before
those that are less particular.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from cpal.drivers.devices.parse.tree import Path, Tree

NO = "no "
Identity = tuple[str, ...]
_Pattern = tuple[str, ...]


class Rule(NamedTuple):
    """A line: the patterns of the sections that it is in, and its own; whether an old one must go before a new one.

    `whole` is whether it is negated with its value.
    """

    sections: tuple[_Pattern, ...]
    line: _Pattern
    clashes: bool = False
    whole: bool = False


class Rules(NamedTuple):
    """What the commands of a make follow; every part is made by `rules`."""

    values: tuple[Rule, ...]
    permanent: tuple[Rule, ...]
    """Sections that cannot go: they are emptied instead."""
    definitions: tuple[Rule, ...]
    first: tuple[Rule, ...]
    """Lines that stand at the beginning of their section."""
    resets: tuple[tuple[Rule, tuple[str, ...]], ...]
    """A line, and how those begin that are forgotten when it changes."""
    defaults: tuple[Rule, ...] = ()
    """Lines whose `no` would be kept as a line of its own: `default` takes them away."""
    end: str = "exit"
    """What leaves a section."""
    ordered: tuple[Rule, ...] = ()
    opening: tuple[Rule, ...] = ()
    """Lines after which the device is in a section, also where nothing is to be in it, and where the lines of the
    section around it mean something else."""


def rules(text: str) -> tuple[Rule, ...]:
    """The rules of a text, one a line."""
    return tuple(_rule(line) for line in text.splitlines() if line.strip())


def _rule(line: str) -> Rule:
    *sections, last = [tuple(part.split()) for part in line.lstrip("~!").split(" / ")]
    return Rule(tuple(sections), last, line.startswith("~"), line.startswith("!"))


def commands(before: Tree, after: Tree, rules: Rules) -> list[str]:
    """What is typed in configuration mode to make one tree into the other; a text follows its line after a newline."""
    work = _Work(rules)
    gone = [line for line in before if line not in after]
    new = [line for line in after if line not in before]
    replaced = _replaced((), gone, new, rules)
    leaving = [line for line in gone if line not in replaced]
    last = [line for line in leaving if work.place((), line) is not None and not _is_in_the_way(line, new, rules)]
    for line in reversed(leaving):
        if line not in last:
            work.take((), line, before[line])
    staying = sorted((line for line in before if line in after), key=lambda line: work.place((), line) is not None)
    for line in staying:
        work.take_within((line,), before[line], after[line])
    made = sorted(after, key=lambda line: (work.place((), line) is None, work.place((), line) or 0))
    for line in made:
        if line not in before:
            work.make((), line, after[line], line in replaced.values())
        else:
            work.make_within((line,), before[line], after[line])
    for line in sorted(last, key=lambda line: work.place((), line) or 0, reverse=True):
        work.take((), line, before[line])
    return work.said


class _Work:
    """Commands as they come about, and the sections that they are in."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.said: list[str] = []
        self._at: Path = ()

    def place(self, above: Path, line: str) -> int | None:
        """How early a definition is to be there; None for a line that is none."""
        found = _found(self.rules.definitions, above, line)
        return None if found is None else self.rules.definitions.index(found)

    def take(self, above: Path, line: str, below: Mapping[str, Tree]) -> None:
        """Take a line away; a section that cannot go is emptied."""
        if _found(self.rules.permanent, above, line) is None:
            self._say(above, negated(above, line, self.rules))
            return
        for each in reversed(list(below)):
            self.take((*above, line), each, below[each])

    def take_within(self, path: Path, before: Tree, after: Tree) -> None:
        """Take away what is in a section and is not to be."""
        gone = [line for line in before if line not in after]
        replaced = _replaced(path, gone, [line for line in after if line not in before], self.rules)
        moved = _moved(path, before, after, self.rules)
        leaving = [line for line in reversed(before) if line in moved or (line not in after and line not in replaced)]
        last = [line for line in leaving if self.place(path, line) is not None]
        for line in leaving:
            if line not in last:
                self.take(path, line, before[line])
        for line, below in before.items():
            if below and line in after and line not in moved:
                self.take_within((*path, line), below, after[line])
        for line in last:
            self.take(path, line, before[line])

    def make_within(self, path: Path, before: Tree, after: Tree) -> None:
        """Add to a section what is missing, and what the device forgets on the way."""
        forgotten = _forgotten(path, before, after, self.rules) | _moved(path, before, after, self.rules)
        gone = [line for line in before if line not in after]
        new = [line for line in after if line not in before]
        replacing = set(_replaced(path, gone, new, self.rules).values())
        for line in self._in_order(path, after):
            if line not in before or line in forgotten:
                self.make(path, line, after[line], line in replacing)
            else:
                self.make_within((*path, line), before[line], after[line])

    def make(self, above: Path, line: str, below: Tree, replaces: bool = False) -> None:
        """Add a line with all that is below it."""
        self._say(above, line)
        if below or _found(self.rules.opening, above, line) is not None:
            self._at = (*above, line.partition("\n")[0])
            for each in self._in_order((*above, line), below):
                self.make((*above, line), each, below[each])

    def _in_order(self, above: Path, below: Iterable[str]) -> Sequence[str]:
        def rank(line: str) -> int:
            found = _found(self.rules.first, above, line)
            return len(self.rules.first) if found is None else self.rules.first.index(found)

        return sorted(below, key=rank)

    def _say(self, above: Path, command: str) -> None:
        shared = 0
        while shared < min(len(above), len(self._at)) and above[shared] == self._at[shared]:
            shared += 1
        self.said += [self.rules.end] * (len(self._at) - shared)
        self.said += above[shared:]
        self.said.append(command)
        self._at = above


def negated(above: Path, line: str, rules: Rules) -> str:
    """What takes a line away."""
    words = line.partition("\n")[0]
    if _found(rules.defaults, above, words) is not None:
        return f"default {words.removeprefix(NO)}"
    if words.startswith(NO):
        return words.removeprefix(NO)
    found = _found(rules.values, above, words)
    if found is None or found.whole:
        return NO + words
    start = next((n for n, word in enumerate(found.line) if word.startswith("=")), len(found.line))
    only_values = all(word.startswith("=") for word in found.line[start:])
    return NO + (" ".join(words.split()[:start]) if only_values else words)


def identity(above: Path, line: str, rules: Rules) -> Identity | None:
    """What a line says something of, or None where all of it says which line it is."""
    positive = line.partition("\n")[0].removeprefix(NO)
    found = _found(rules.values, above, positive)
    if found is not None:
        words = positive.split()
        return (str(rules.values.index(found)), *(w for w, p in zip(words, found.line, strict=False) if p[0] != "="))
    return ("", positive)


def _replaced(above: Path, gone: Sequence[str], new: Sequence[str], rules: Rules) -> dict[str, str]:
    """The lines whose place a new one takes, with that."""
    if not gone or not new:
        return {}
    by_identity = {identity(above, line, rules): line for line in new}
    found = {}
    for line in gone:
        other = by_identity.get(identity(above, line, rules))
        rule = _found(rules.values, above, line)
        if other is not None and not (rule is not None and rule.clashes):
            found[line] = other
    return found


def _is_in_the_way(line: str, new: Sequence[str], rules: Rules) -> bool:
    """Whether a definition must go before a new one comes."""
    rule = _found(rules.definitions, (), line)
    return rule is not None and rule.clashes and any(_found(rules.definitions, (), other) is rule for other in new)


def _moved(path: Path, before: Tree, after: Tree, rules: Rules) -> set[str]:
    """The lines whose place among others that are in order is another one than before."""

    def in_order(tree: Tree) -> list[str]:
        lines = [line for line in tree if _found(rules.ordered, path, line) is not None]
        return [line for line in lines if _found(rules.permanent, path, line) is None]

    if not rules.ordered or not any(_in_sections(rule, path) for rule in rules.ordered):
        return set()
    held, wanted = [line for line in in_order(before) if line in after], in_order(after)
    same = next((n for n, (one, other) in enumerate(zip(held, wanted, strict=False)) if one != other), len(held))
    return {*held[same:]} & {*wanted}


def _forgotten(path: Path, before: Tree, after: Tree, rules: Rules) -> set[str]:
    """The lines of `after` that a device forgets while the section becomes so."""
    found: set[str] = set()
    for rule, starts in rules.resets:
        if not _in_sections(rule, path):
            continue
        changed = [line for line in {*before} ^ {*after} if _matches(rule.line, line)]
        if changed:
            found |= {line for line in after if line.startswith(starts)}
    return found


def _found(table: tuple[Rule, ...], above: Path, line: str) -> Rule | None:
    return _lookup(table, above, line)


@lru_cache(maxsize=1 << 14)
def _lookup(table: tuple[Rule, ...], above: Path, line: str) -> Rule | None:
    return next((rule for rule in table if _in_sections(rule, above) and _matches(rule.line, line)), None)


def _in_sections(rule: Rule, above: Path) -> bool:
    return len(rule.sections) == len(above) and all(map(_matches, rule.sections, above))


def _matches(pattern: _Pattern, line: str) -> bool:
    words = line.partition("\n")[0].removeprefix(NO).split()
    for at, token in enumerate(pattern):
        if token == "=...":
            return True
        if at == len(words) or not _is(token, words[at]):
            return False
    return len(words) == len(pattern)


def _is(token: str, word: str) -> bool:
    if token.endswith("*"):
        return word.startswith(token[:-1])
    return token == "=" or token == word or (token == "#" and word.isdecimal())


def resets(text: str) -> tuple[tuple[Rule, tuple[str, ...]], ...]:
    """The resets of a text: a rule, `:`, and the beginnings of lines with commas between them."""
    return tuple(_reset(*line.split(" : ")) for line in text.splitlines() if line.strip())


def _reset(rule: str, starts: str) -> tuple[Rule, tuple[str, ...]]:
    return _rule(rule), tuple(start.strip() for start in starts.split(","))


def entered(said: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each command with the text that follows it, or ""."""
    for command in said:
        words, _, text = command.partition("\n")
        yield words, text
