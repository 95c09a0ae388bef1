"""Which answers are known. Pure.

A parser of text takes out of it what it finds, so that a text of which it knows nothing would read as an empty table: a
server of logins that refuses the command, a device that is busy, a release that says it in other words. So a make has a
table of how each of its questions is answered, and what has none of it in it is no answer. Nothing at all is one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking, Getter

Known = Mapping[str, str]
"""By how a question begins, a pattern of what is in every answer to it; the longest that fits holds."""


def known_only(getters: Mapping[str, Getter], known: Known) -> dict[str, Getter]:
    """The getters, which raise ValueError over an answer that is none to its question."""
    return {name: _known_only(getter, known) for name, getter in getters.items()}


def _known_only(getter: Getter, known: Known) -> Getter:
    @functools.wraps(getter)
    def asking(**words: Any) -> Asking[Any]:
        inner = getter(**words)
        try:
            asked = next(inner)
            while True:
                answers = yield asked
                for ask, answer in zip(asked, answers, strict=True):
                    _refuse_unknown(ask, answer, known)
                asked = inner.send(answers)
        except StopIteration as end:
            return end.value

    return asking


def _refuse_unknown(ask: Ask, answer: Any, known: Known) -> None:
    if ask.form != TEXT or not isinstance(answer, str) or not answer.strip():
        return
    fitting = [question for question in known if ask.text.startswith(question)]
    if fitting and not re.search(known[max(fitting, key=len)], answer, re.MULTILINE):
        raise ValueError(f"{ask.text!r} is answered otherwise: {answer.split(chr(10))[0].strip()[:80]!r}")
