"""A recording as a transport: a folder with a file for each answer that a device gave.

The layout is that of NAPALM's test data: a file is named after what was asked, with every character that is neither
letter nor number replaced, and cut after some 150 characters. So names are compared with such characters left out.
"""

from __future__ import annotations

import re
from pathlib import Path

from cpal.drivers.devices.asked import Answer
from cpal.drivers.devices.parse.asking import Ask
from cpal.errors import NotFound

EXPECTED = "expected_result.json"
CUT = 100
"""A name of so many characters or more may have been cut."""


def answers(folder: Path) -> Answer:
    """Who answers from the files of a folder.

    Raises:
        NotFound: no such folder; on asking: it holds no answer, and the question is not optional.
    """
    if not folder.is_dir():
        raise NotFound("no such recording", key=str(folder), remedy="name a folder with a recorded case")
    files = {
        _squeezed(file.stem): file for file in sorted(folder.iterdir()) if file.is_file() and file.name != EXPECTED
    }

    def answer(ask: Ask) -> str | None:
        wanted = _squeezed(ask.recorded or ask.text)
        file = files.get(wanted) or next((files[name] for name in files if _is_cut(name, wanted)), None)
        if file is not None:
            return file.read_text(encoding="utf-8", errors="replace")
        if ask.optional:
            return None
        raise NotFound(f"the recording holds no answer to {ask.text!r}", key=str(folder))

    return answer


def _squeezed(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "", name)


def _is_cut(name: str, wanted: str) -> bool:
    return len(name) >= CUT and wanted.startswith(name)
