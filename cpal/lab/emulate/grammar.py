"""Which lines a make's configuration knows: a text, compiled into rules.

A line of the text is a rule, and the rules indented below it are what may stand in the section that it opens:

    hostname = <word>                 what follows `=` does not say which line it is: a new one replaces the old
    route-map =<name> (in|out)        nor does a single `=<slot>`
    interface <interface>             a section, one for each interface
       description = <rest>
       shutdown                       `no shutdown` takes it away
       no switchport                  `no` is what is kept, and `switchport` takes it away
       ip address <prefix> secondary  no `=`: the whole line says which it is, so that there may be several
       ip [<vrf>] (a|b)               words that may be left out, and words of which one is there
       mtu = <mtu> {flag}             a flag for the editor or the make
    policy <name> {with class rest}   a section that has a line of itself
       class <name> {in order}        lines that stay in the order in which they were written
    peer-address = <ip> {exact}       a `no` of it takes no longer line away that begins so
    @peer                             the lines of the part with this name

Rules are kept in their order, which is the order in which a device shows its lines. Rules that begin with the same word
and slot (`neighbor <peer> ...`) are shown together, one peer after the other.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cpal.lab.emulate.words import Slot

_TOKEN = re.compile(r"\{[^}]*\}|[\[\]()|]|=?<[^>]*>|=|[^\s\[\]()|=<{]+")


@dataclass(eq=False)
class Rule:
    """One form of a line: literal words and `<slots>`, which of them say which line it is, what may stand below."""

    tokens: tuple[str, ...]
    identity: tuple[int, ...]
    order: int
    """Where its line of the grammar is, or the first of those shown together with it."""
    rank: int
    """Where its own line is."""
    shared: int = 0
    """How many leading words are the same in the rules shown together with this one."""
    flags: frozenset[str] = frozenset()
    below: Rules | None = None

    @property
    def head(self) -> int:
        """How many words a `no` must have at least: to the first slot of the identity, or all its literal words.

        Of a list those before its values: without any, all of them are meant.
        """
        slots = [n for n in self.identity if self.tokens[n].startswith("<")]
        values = [n for n in range(len(self.tokens)) if n not in self.identity]
        return min([n + ("list" not in self.flags) for n in slots] + values, default=len(self.tokens))


class Match(NamedTuple):
    """Words that are a line: its rule, and the words as the device shows them, one for each token."""

    rule: Rule
    words: tuple[str, ...]


class Refusal(NamedTuple):
    """Words that are no line: the position of the first that none of the rules knows; the end if more must come.

    It is `ambiguous` where the word there is cut so short that several are meant by it.
    """

    at: int
    ambiguous: bool = False


@dataclass(eq=False)
class Rules:
    """What may stand in one section; `slots` are those of the make."""

    slots: Mapping[str, Slot]
    abbreviated: bool = False
    """Whether literal words may be cut short."""
    by_first: dict[str, list[Rule]] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        """One more form."""
        self.by_first.setdefault(rule.tokens[0], []).append(rule)

    def match(self, words: Sequence[str], partly: bool = False) -> Match | Refusal:
        """The line that words are; `partly` takes those that go as far as a `no` must.

        Devices hear the same lines again and again, so it is remembered what they are: rules do not change once made.
        """
        return _match(self, tuple(words), partly)

    def _match(self, words: tuple[str, ...], partly: bool) -> Match | Refusal:
        whole = self._whole(words) if self.abbreviated else words
        if isinstance(whole, Refusal):
            return whole
        furthest, begun = 0, None
        for rule in self._candidates(whole[0]):
            shown, at, reached = self._walk(rule, whole)
            if at == len(words) and reached == len(rule.tokens):
                return Match(rule, tuple(shown))
            if partly and begun is None and at == len(words) and reached >= rule.head:
                begun = Match(rule, tuple(shown))
            furthest = max(furthest, at)
        return begun or Refusal(furthest)

    def _candidates(self, first: str) -> Iterator[Rule]:
        yield from self.by_first.get(first.lower(), ())
        for token, rules in self.by_first.items():
            if token.startswith("<"):
                yield from rules

    def _walk(self, rule: Rule, words: Sequence[str]) -> tuple[list[str], int, int]:
        """What is shown for the words as far as the rule takes them; the words and the tokens that were taken."""
        shown: list[str] = []
        at = 0
        for reached, token in enumerate(rule.tokens):
            if at == len(words):
                return shown, at, reached
            taken = self._taken(token, words, at)
            if taken is None:
                return shown, at, reached
            at += taken[0]
            shown.append(taken[1])
        return shown, at, len(rule.tokens)

    def _taken(self, token: str, words: Sequence[str], at: int) -> tuple[int, str] | None:
        if token.startswith("<"):
            return self.slots[token[1:-1]](words, at)
        return (1, token) if words[at].lower() == token else None

    def _whole(self, words: Sequence[str]) -> list[str] | Refusal:
        """The words, with those spelled out that were cut short: refused where several may be meant by one."""
        whole = list(words)
        alive = {0: [(rule, 0) for rules in self.by_first.values() for rule in rules]}
        for at, word in enumerate(words):
            here = [(rule, n) for rule, n in alive.pop(at, []) if n < len(rule.tokens)]
            literal = {rule.tokens[n] for rule, n in here if _literal(rule.tokens[n]).startswith(word.lower())}
            meant = literal & {word.lower()} or literal
            if len(meant) > 1:
                return Refusal(at, ambiguous=True)
            whole[at] = next(iter(meant), word)
            for rule, n in here:
                taken = self._taken(rule.tokens[n], whole if _literal(rule.tokens[n]) else words, at)
                if taken:
                    alive.setdefault(at + taken[0], []).append((rule, n + 1))
        return whole


_match = functools.lru_cache(maxsize=10_000)(Rules._match)


def _literal(token: str) -> str:
    """The token, where it is a word and no slot."""
    return "" if token.startswith("<") else token


def compiled(
    text: str, slots: Mapping[str, Slot], parts: Mapping[str, str] | None = None, abbreviated: bool = False
) -> Rules:
    """The rules of a grammar, with the parts that it names; words may be cut short where it says so."""
    top = Rules(slots, abbreviated)
    stack: list[tuple[int, list[Rules]]] = [(-1, [top])]
    for order, line in enumerate(_lines(text, parts or {})):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        while stack[-1][0] >= indent:
            stack.pop()
        forms = list(_forms(line, order))
        for rules in stack[-1][1]:
            for form in forms:
                rules.add(form)
        stack.append((indent, [_below(form, slots, abbreviated) for form in forms]))
    _prune(top)
    return top


def _lines(text: str, parts: Mapping[str, str]) -> Iterator[str]:
    for line in text.splitlines():
        margin, at, name = line.partition("@")
        if at and not margin.strip():
            yield from (margin + each for each in _lines(parts[name], parts))
        else:
            yield line


def _below(form: Rule, slots: Mapping[str, Slot], abbreviated: bool) -> Rules:
    form.below = Rules(slots, abbreviated)
    return form.below


def _prune(rules: Rules) -> None:
    """A rule with nothing below it opens no section, unless it is flagged `section`; say what is shown together."""
    every = sorted((rule for found in rules.by_first.values() for rule in found), key=lambda rule: rule.order)
    start: Rule | None = None
    for rule in every:
        grouped = len(rule.tokens) > 2 and rule.tokens[1].startswith("<") and not rule.tokens[0].startswith("<")
        if grouped and start is not None and start.tokens[:2] == rule.tokens[:2]:
            rule.order, rule.shared = start.order, 2
        elif grouped:
            start, rule.shared = rule, 2
        if rule.below is not None and rule.below.by_first:
            _prune(rule.below)
        elif "section" not in rule.flags:
            rule.below = None


def _forms(line: str, order: int) -> Iterator[Rule]:
    flags = frozenset(found.strip("{}") for found in re.findall(r"\{[^}]*\}", line))
    tokens = [token for token in _TOKEN.findall(line) if not token.startswith("{")]
    for form in _expanded(tokens):
        plain = [token for token in form if token != "="]
        end = form.index("=") if "=" in form else len(form)
        identity = tuple(n for n, token in enumerate(plain[:end]) if not token.startswith("="))
        yield Rule(tuple(token.removeprefix("=") for token in plain), identity, order, order, flags=flags)


def _expanded(tokens: list[str]) -> Iterator[tuple[str, ...]]:
    """Each form that brackets stand for."""
    for at, token in enumerate(tokens):
        if token in ("[", "("):
            end = _closing(tokens, at)
            for choice in _choices(tokens[at + 1 : end], optional=token == "["):
                for tail in _expanded(tokens[end + 1 :]):
                    yield (*tokens[:at], *choice, *tail)
            return
    yield tuple(tokens)


def _closing(tokens: list[str], at: int) -> int:
    depth = 0
    for n in range(at, len(tokens)):
        depth += (tokens[n] in ("[", "(")) - (tokens[n] in ("]", ")"))
        if depth == 0:
            return n
    raise ValueError(f"a bracket of {' '.join(tokens)!r} is not closed")


def _choices(tokens: list[str], optional: bool) -> Iterator[tuple[str, ...]]:
    depth, start = 0, 0
    for n, token in enumerate([*tokens, "|"]):
        depth += (token in ("[", "(")) - (token in ("]", ")"))
        if token == "|" and depth == 0:
            yield from _expanded(tokens[start:n])
            start = n + 1
    if optional:
        yield ()
