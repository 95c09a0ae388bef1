"""A Junos configuration as a tree, from its text, and the commands between two trees. Pure.

Theory. The text nests by curly brackets: a section is its words with what is below it, any other statement its words
alone. A list `members [ a b ]` is several statements of one, in its order. Words are quoted where they must, so that a
line of the tree is what follows `set` on the way to it.

What leads from one tree to another is `delete` of the outermost that is gone, but never of all `interfaces`, then
`set` of every innermost that is new. A statement that holds one value takes the place of the old by itself. Values of a
list keep the order in which they were written, so that a list that does not only grow at its end is written anew; terms
are sections, and moved by `insert`.

Source: Junos OS CLI User Guide, "set", "delete", "insert", "Use of quotation marks"; of `insert` in a text of `set`
statements, PyEZ's pull request 791.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cpal.drivers.devices.parse.tree import Path, Tree

_TOKEN = re.compile(r'/\*.*?\*/|#[^\n]*|"(?:[^"\\]|\\.)*"|[{};\[\]]|[^\s{};\[\]"]+', re.S)
_PLAIN = re.compile(r"[\w.:/@+*,=^~%-]+")
ONE_VALUE = frozenset(
    {
        "description",
        "interface-mode",
        "l3-interface",
        "mtu",
        "native-vlan-id",
        "vlan-id",
        "host-name",
        "speed",
        "device-count",
        "interface-type",
        "metric",
        "router-id",
        "802.3ad",
        "autonomous-system",
        "peer-as",
        "local-address",
        "cluster",
        "ttl",
    }
)
"""Statements that hold one value each: a new one takes the place of the old."""
LISTS = frozenset({"members", "next-hop", "term", "export", "route-filter"})
"""Statements whose values are a list, in an order that counts."""
MOVED = "term"
"""Of these, that whose values are sections, and are moved as they are."""


def parsed(text: str) -> Tree:
    """The tree of a configuration.

    Raises:
        ValueError: brackets that do not match.
    """
    root: Tree = {}
    sections = [root]
    words: list[str] = []
    values: list[str] | None = None
    for token in _tokens(text):
        if token == "[":
            values = []
        elif token == "{":
            sections.append(sections[-1].setdefault(" ".join(words), {}))
            words = []
        elif token in (";", "}"):
            for line in _statements(words, values):
                sections[-1].setdefault(line, {})
            words, values = [], None
            if token == "}":
                sections.pop()
                if not sections:
                    raise ValueError("a section ends that did not begin")
        elif token != "]":
            (words if values is None else values).append(quoted(unquoted(token)))
    if len(sections) > 1:
        raise ValueError("a section does not end")
    return root


_ENTRIES = {"static": "route", "ntp": "server", "syslog": "host"}
"""What is listed in these sections: with one setting it is shown in one line, which is a section all the same."""
_OF_TERMS = ("from", "then")
"""The sections of a term, which are shown so as well."""


def opened(tree: Mapping[str, Tree], above: str = "") -> Tree:
    """The tree in which each entry of a list, and each part of a term, is a section, also of one setting."""
    found: Tree = {}
    for line, below in tree.items():
        words = line.split(" ", 2)
        is_entry = len(words) == 3 and words[0] == _ENTRIES.get(above)
        path: Path = (" ".join(words[:2]), words[2]) if is_entry else (line,)
        if words[0] in _OF_TERMS and above.startswith(("term ", "policy-statement ")):
            path = (words[0], *filter(None, [line.partition(" ")[2]]))
        inside = found
        for each in path:
            inside = inside.setdefault(each, {})
        inside.update(opened(below, line))
    return found


def _tokens(text: str) -> Iterator[str]:
    return (token for token in _TOKEN.findall(text) if not token.startswith(("#", "/*")))


def _statements(words: Sequence[str], values: Sequence[str] | None) -> list[str]:
    if values is not None:
        return [" ".join((*words, value)) for value in values]
    return [" ".join(words)] if words else []


def unquoted(word: str) -> str:
    """A word without its quotation marks."""
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def quoted(word: str) -> str:
    """A word as it is typed: in quotation marks where it must."""
    return word if _PLAIN.fullmatch(word) else '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(section: Mapping[str, Tree], word: str) -> str | None:
    """What a statement of a section holds, or None where it is not there."""
    found = next((line for line in section if line.startswith(f"{word} ")), None)
    return None if found is None else unquoted(found.removeprefix(f"{word} "))


def values(section: Mapping[str, Tree], word: str) -> list[str]:
    """The values of a list in a section."""
    return [unquoted(line.removeprefix(f"{word} ")) for line in section if line.startswith(f"{word} ")]


def statements(section: Mapping[str, Tree]) -> set[str]:
    """The statements of a section, each in one line, however they are nested."""
    return {
        " ".join(filter(None, (line, more))) for line, below in section.items() for more in (statements(below) or {""})
    }


def commands(before: Tree, after: Tree) -> list[str]:
    """What is typed to make one tree into the other."""
    return [
        *(f"delete {' '.join(path)}" for path in _gone(before, after, ())),
        *(f"set {' '.join(path)}" for path in _new(before, after, ())),
        *(f"insert {' '.join(path)} before {behind}" for path, behind in _moved(before, after, ())),
    ]


def _gone(before: Tree, after: Tree, above: Path) -> Iterator[Path]:
    anew = _written_anew(before, after)
    for line, below in before.items():
        word = line.partition(" ")[0]
        if word in anew:
            yield (*above, line)
        elif line in after or (below and not above):
            yield from _gone(below, after.get(line, {}), (*above, line))
        elif word in ONE_VALUE and not below:
            if value(after, word) is None:
                yield (*above, word)
        else:
            yield (*above, line)


def _new(before: Tree, after: Tree, above: Path) -> Iterator[Path]:
    anew = _written_anew(before, after)
    for line, below in after.items():
        if line not in before or line.partition(" ")[0] in anew:
            yield from _innermost(below, (*above, line))
        elif before[line] and not below:
            yield (*above, line)  # what is emptied may go with the last that was in it
        else:
            yield from _new(before[line], below, (*above, line))


def _moved(before: Tree, after: Tree, above: Path) -> Iterator[tuple[Path, str]]:
    """The terms that are to stand before another, once those that are new stand behind those that stay."""
    wanted = _terms(after)
    now = [line for line in before if line in wanted] + [line for line in wanted if line not in before]
    for place, line in enumerate(wanted):
        if now[place] != line:
            yield (*above, line), now[place]
            now.remove(line)
            now.insert(place, line)
    for line, below in after.items():
        if below and before.get(line):
            yield from _moved(before[line], below, (*above, line))


def _terms(tree: Tree) -> list[str]:
    return [line for line in tree if line.startswith(f"{MOVED} ")]


def _innermost(tree: Tree, path: Path) -> Iterator[Path]:
    if not tree:
        yield path
    for line, below in tree.items():
        yield from _innermost(below, (*path, line))


def _written_anew(before: Tree, after: Tree) -> list[str]:
    """The lists of a section that become others than what is left of them with more at the end."""
    found = []
    for word in sorted(LISTS - {MOVED}):
        old, new = values(before, word), values(after, word)
        if old and new and new != [each for each in old if each in new] + [each for each in new if each not in old]:
            found.append(word)
    return found
