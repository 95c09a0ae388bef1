"""Command lines applied to a configuration: modes, `no` and `default`, ranges.

A line that the mode does not know is tried in the modes around it, as the devices do: `interface Ethernet1` may be
written inside `router bgp`. Source: EOS user manual, "Command modes"; Cisco IOS configuration fundamentals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from cpal.lab.emulate.grammar import Match, Refusal, Rule, Rules
from cpal.lab.emulate.tree import Identity, Node, identity
from cpal.lab.emulate.words import expanded

Special = Callable[[Node, Match, bool, Rules], None]
"""What a line does that is not simply kept: it gets the section, the match, whether it was negated, the rules there."""


class Refused(Exception):
    """A line that is not taken: the position of the first word that nobody knows, past the end if more must come.

    `reason` says what else is wrong with a line that is known; it is `ambiguous` where that word may mean several.
    """

    def __init__(self, at: int, words: tuple[str, ...], reason: str = "", ambiguous: bool = False) -> None:
        super().__init__(reason or " ".join(words))
        self.at = at
        self.words = words
        self.reason = reason
        self.ambiguous = ambiguous


@dataclass
class Mode:
    """A section that is open: several at once after a range."""

    rules: Rules
    nodes: list[Node]
    words: tuple[str, ...] = ()


@dataclass
class Editor:
    """One who types lines into a configuration."""

    rules: Rules
    root: Node
    special: Mapping[str, Special] = field(default_factory=dict)
    clash: Callable[[Node, Match], str] = lambda held, wanted: f"{held.line} is there already"
    """What is said of a section that can be there once, and is there already as another one."""
    known: Callable[[Match], bool] = lambda match: True
    """Whether a line that the grammar has is known here and now: on some makes it needs a feature that is on."""
    wrong: Callable[[Match], str] = lambda match: ""
    """What is wrong with a line here and now, as the make says it; "" nothing."""
    modes: list[Mode] = field(default_factory=list)
    permanent: frozenset[Identity] = frozenset()
    """Sections that are emptied, never taken away."""
    notes: list[str] = field(default_factory=list)
    """What the device has to say of lines that it took."""
    leaving: set[str] = field(default_factory=set)
    """What was deleted, and is not to be made anew at once."""

    def __post_init__(self) -> None:
        if self.root.below is None:
            self.root.below = {}
        self.modes = [Mode(self.rules, [self.root])]

    def have(self, interfaces: Collection[str]) -> None:
        """Give each of these interfaces its section, where it has none, which is emptied and never taken away."""
        self.permanent |= {("interface", name) for name in interfaces}
        for name in interfaces:
            if ("interface", name) not in (self.root.below or {}):
                self.type(f"interface {name}")
                self.leave()

    @property
    def mode(self) -> Mode:
        """Where the next line goes."""
        return self.modes[-1]

    def leave(self) -> bool:
        """Leave the innermost section; whether one was open."""
        if len(self.modes) == 1:
            return False
        self.modes.pop()
        return True

    def type(self, line: str, text: str | None = None) -> None:
        """Apply one line; `text` is what follows one such as `banner login`.

        Raises:
            Refused: no mode knows it.
        """
        words = tuple(line.split())
        if not words or words[0].startswith("!"):
            return
        first: Refused | None = None
        for depth in range(len(self.modes), 0, -1):
            try:
                self._in_mode(depth, words, text)
                return
            except Refused as refused:
                if refused.reason or refused.ambiguous:
                    raise
                first = first or refused
        assert first
        raise first

    def _in_mode(self, depth: int, words: tuple[str, ...], text: str | None) -> None:
        mode = self.modes[depth - 1]
        negated = words[0].lower() in ("no", "default") and len(words) > 1
        found = mode.rules.match(words)
        if isinstance(found, Match) and not self.known(found):
            raise Refused(0, words)
        reasons = filter(None, map(self.wrong, _split(found))) if isinstance(found, Match) else iter(())
        if reason := next(reasons, ""):
            raise Refused(0, words, reason)
        if isinstance(found, Match):
            self._keep(depth, found, text)
        elif found.ambiguous and not negated:
            raise Refused(found.at, words, ambiguous=True)
        elif negated:
            self._take_away(depth, words[1:], words[0].lower() == "default")
        elif isinstance(opposite := mode.rules.match(("no", *words)), Match):
            self._close_after(depth)
            for node in mode.nodes:
                node.drop(identity(opposite))
        else:
            raise Refused(max(found.at, _reached(opposite) - 1), words)

    def _keep(self, depth: int, found: Match, text: str | None) -> None:
        mode = self.modes[depth - 1]
        self._close_after(depth)
        opened: list[Node] = []
        for node in mode.nodes:
            for each in _split(found):
                special = self._special(each)
                if special:
                    special(node, each, False, mode.rules)
                elif (held := node.held(each)) is not None:
                    raise Refused(0, found.words, self.clash(held, each))
                else:
                    self._drop_opposite(mode.rules, node, each)
                    opened.append(node.put(each))
        for node in opened:
            _complete(node, found.rule)
            node.text = text if text is not None else node.text
        if found.rule.below is not None:
            self.modes.append(Mode(found.rule.below, opened, found.words))

    def _drop_opposite(self, rules: Rules, node: Node, match: Match) -> None:
        """Take away what a line is the opposite of, where the grammar keeps the two under different names."""
        if match.words[0] != "no" and "no" in rules.by_first:
            opposite = rules.match(("no", *" ".join(match.words).split()))
            if isinstance(opposite, Match) and identity(opposite) != identity(match):
                node.drop(identity(opposite))

    def _take_away(self, depth: int, words: tuple[str, ...], default: bool) -> None:
        mode = self.modes[depth - 1]
        found = mode.rules.match(words, partly=True)
        if isinstance(found, Refusal):
            opposite = mode.rules.match(("no", *words), partly=True)
            if not (default and isinstance(opposite, Match)):
                raise Refused(found.at + 1, ("no", *words), ambiguous=found.ambiguous)
            found = Match(opposite.rule, opposite.words[1:])
        if "whole" in found.rule.flags and len(found.words) < len(found.rule.tokens):
            raise Refused(len(words) + 1, ("no", *words))
        self._close_after(depth)
        for node in mode.nodes:
            for each in _split(found):
                special = self._special(each)
                if special:
                    special(node, each, True, mode.rules)
                else:
                    self._drop(node, each)

    def _drop(self, node: Node, match: Match) -> None:
        gone = node.matching(match.words)
        if "exact" in match.rule.flags or (not gone and len(match.words) == len(match.rule.tokens)):
            gone = [identity(match)]
        for key in gone:
            if node is self.root and key in self.permanent and node.below and key in node.below:
                node.below[key].below = {}
            else:
                node.drop(key)

    def _special(self, match: Match) -> Special | None:
        return next((self.special[flag] for flag in match.rule.flags if flag in self.special), None)

    def _close_after(self, depth: int) -> None:
        del self.modes[depth:]


def _complete(node: Node, rule: Rule) -> None:
    """Have a section what it has of itself."""
    for flag in rule.flags:
        words = flag.removeprefix("with ").split() if flag.startswith("with ") else []
        match = rule.below.match(words) if words and rule.below is not None else None
        if isinstance(match, Match):
            node.put(match)


def _reached(found: Match | Refusal) -> int:
    return found.at if isinstance(found, Refusal) else 0


_RANGED = re.compile(r"([A-Za-z-]*(?:\d+/)*)(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)")


def _split(match: Match) -> Iterator[Match]:
    """The match of a line that stands for several: `interface Ethernet1-4`, `vlan 10,20`."""
    last = _RANGED.fullmatch(match.words[-1]) if "each" in match.rule.flags and match.words else None
    if last is None:
        yield match
        return
    for number in expanded(last[2]):
        yield Match(match.rule, (*match.words[:-1], f"{last[1]}{number}"))
