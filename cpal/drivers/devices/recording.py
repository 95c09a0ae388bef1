"""A recording as a transport: a folder with a file for each answer that a device gave.

The layout is that of NAPALM's test data: a file is named after what was asked, with every character that is neither
letter nor number replaced, and cut after some 150 characters. So names are compared with such characters left out.
Where a command was recorded in two forms (`show_vrf.json`, `show_vrf.text`), the one that is asked for answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cpal.drivers.devices.asked import Transport, decoded
from cpal.drivers.devices.parse.asking import Ask, Questions
from cpal.errors import NotFound

EXPECTED = "expected_result.json"
CUT = 140
"""A name of so many characters or more may have been cut."""

LONGEST_NAME = 256


def answers(folder: Path) -> Transport:
    """Who answers from the files of a folder; raises as `texts` does."""
    answer = texts(folder)

    def answer_all(asks: Questions) -> tuple[Any, ...]:
        return tuple(decoded(ask, answer(ask)) for ask in asks)

    return answer_all


def texts(folder: Path) -> Callable[[Ask], str | None]:
    """What a folder holds as the answer to a question, as it was recorded; None where it holds none.

    Raises:
        NotFound: no such folder; on asking: it holds no answer, and the question is not optional.
    """
    if not folder.is_dir():
        raise NotFound("no such recording", key=str(folder), remedy="name a folder with a recorded case")
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name != EXPECTED]

    def answer(ask: Ask) -> str | None:
        wanted = _squeezed(ask.recorded or ask.text)
        found = [file for file in files if _squeezed(file.stem) == wanted] or [
            file for file in files if len(file.stem) >= CUT and wanted.startswith(_squeezed(file.stem))
        ]
        file = max(found, key=lambda each: each.suffix.startswith(f".{ask.form}"), default=None)
        if file is not None:
            return _text(file)
        if ask.optional:
            return None
        raise NotFound(f"the recording holds no answer to {ask.text!r}", key=str(folder))

    return answer


def _squeezed(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "", name)


def _text(file: Path) -> str:
    """The text of a file; one that holds the name of its neighbour was a link to it."""
    text = file.read_text(encoding="utf-8", errors="replace")
    linked = len(text) < LONGEST_NAME and "/" not in text and "\n" not in text and text and file.parent / text
    return linked.read_text(encoding="utf-8", errors="replace") if linked and linked.is_file() else text
