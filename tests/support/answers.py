"""What getters make of answers that a test holds as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cpal.engine.recordings import replay


def told(folder: Path, driver: str, getter: str, answers: dict[str, str], **words: Any) -> Any:
    """The typed value that a getter makes of answers, each under the name of its file."""
    for name, text in answers.items():
        (folder / name).write_text(text, encoding="utf-8")
    return replay(driver, getter, folder, words).value
