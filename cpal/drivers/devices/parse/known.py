"""Which answers are known. Pure.

A parser takes out of an answer what it finds, so that an answer of which it knows nothing would read as an empty table:
a server of logins that refuses the command, a device that is busy, a release that says it in other words, an answer to
another question. So a make has tables of how each of its questions is answered, and what has none of it in it is no
answer. Nothing at all is one: no text, an object or an element without members.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from xml.etree import ElementTree

from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking, Getter

Known = Mapping[str, str]
"""By how a question begins, `*` for any words of it, what is in every answer to it; the longest that fits holds.

Of a text it is a pattern. Of JSON and XML it is a path of names with `/` between them, or several with `|` between;
`*` stands for any name, or for the rest of one. The first name of JSON is one of the object's own members, that of XML
an element anywhere. A path that ends early, at what has no members, is there too: a table without rows.
"""
WRAPPERS = frozenset(
    ("rpc-reply", "data", "configuration", "cli", "multi-routing-engine-results", "multi-routing-engine-item")
)
"""Elements around an answer, which say nothing by themselves."""
NAMING = ("banner", "re-name")
"""Elements that name who answers."""
SAYING = ("output", "message")
"""Elements with what a device says in words in the place of an answer."""
NOTICE = re.compile(r"(?i)\b(?:not?|none|isn't)\b")
"""Such words where there is nothing to show: `BGP is not running`, `No entries`."""


def known_only(getters: Mapping[str, Getter], texts: Known, trees: Known | None = None) -> dict[str, Getter]:
    """The getters, which raise ValueError over an answer that is none to its question; `trees` are of JSON and XML."""
    return {name: _known_only(getter, texts, trees or {}) for name, getter in getters.items()}


def _known_only(getter: Getter, texts: Known, trees: Known) -> Getter:
    @functools.wraps(getter)
    def asking(**words: Any) -> Asking[Any]:
        inner = getter(**words)
        try:
            asked = next(inner)
            while True:
                answers = yield asked
                for ask, answer in zip(asked, answers, strict=True):
                    _refuse_unknown(ask, answer, texts if ask.form == TEXT else trees)
                asked = inner.send(answers)
        except StopIteration as end:
            return end.value

    return asking


def expected(ask: Ask, known: Known) -> str | None:
    """What is in every answer to a question; None where the table does not say."""
    fitting = [question for question in known if fnmatchcase(ask.text, f"{question}*")]
    return known[max(fitting, key=len)] if fitting else None


def _refuse_unknown(ask: Ask, answer: Any, known: Known) -> None:
    wanted = None if answer is None else expected(ask, known)
    is_known = _is_known_text if ask.form == TEXT else _is_known_tree
    if wanted is not None and not is_known(answer, wanted):
        raise ValueError(f"{ask.text!r} is answered otherwise: {_said(answer)[:80]!r}")


def _is_known_text(answer: str, pattern: str) -> bool:
    return not answer.strip() or re.search(pattern, answer, re.MULTILINE) is not None


def _is_known_tree(answer: Any, wanted: str) -> bool:
    paths = [path.split("/") for path in wanted.split("|")]
    if isinstance(answer, ElementTree.Element):
        return _says_nothing(answer) or any(
            _leads(each, rest) for name, *rest in paths for each in answer.iter() if fnmatchcase(each.tag, name)
        )
    return any(_leads(answer, path) for path in paths)


def _leads(node: Any, path: Sequence[str]) -> bool:
    """Whether a path of names is in a node, or ends early at what has no members."""
    if isinstance(node, list):
        return not node or any(_leads(each, path) for each in node)
    members = _members(node)
    if not path or members is None:
        return not path
    name, *rest = path
    found = [each for key, each in members if fnmatchcase(key, name)]
    telling = [each for each in found if _members(each) != []]
    return not members or (bool(found) and not telling) or any(_leads(each, rest) for each in telling)


def _members(node: Any) -> list[tuple[str, Any]] | None:
    """What a node has in it, each with its name; None of what can have nothing in it."""
    if isinstance(node, dict):
        return list(node.items())
    if isinstance(node, ElementTree.Element):
        return [(each.tag, each) for each in node] if len(node) or not (node.text or "").strip() else None
    return [] if node in ("", None, []) else None


def _says_nothing(answer: ElementTree.Element) -> bool:
    """Whether elements say nothing, or in words that there is nothing."""
    return all(
        each.tag in NAMING
        or (each.tag in WRAPPERS and not (each.text or "").strip())
        or (each.tag in SAYING and NOTICE.search(each.text or "") is not None)
        for each in answer.iter()
    )


def _said(answer: Any) -> str:
    """The first line of an answer, or the names that it begins with."""
    if isinstance(answer, ElementTree.Element):
        words: Iterable[str] = (" ".join([f"<{each.tag}>", *(each.text or "").split()]) for each in answer.iter())
        return " ".join(words)
    return answer.strip().split("\n")[0].strip() if isinstance(answer, str) else str(answer)
