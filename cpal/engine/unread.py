"""Answers that no parser knows, kept as a recording, so that they can be read again once a parser does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cpal.drivers.devices.asked import Heard
from cpal.drivers.devices.parse.asking import JSON, XML, Ask
from cpal.errors import Unreadable
from cpal.whole_file import write_private

FOLDER = "unread"
LONGEST_NAME = 140
ENDS = {JSON: "json", XML: "xml"}


def kept(home: Path | None, device: str, driver: str, getter: str, heard: Heard, fault: Unreadable) -> Unreadable:
    """The fault, with the folder in which the device's answers are now; without a home nothing is written.

    Raises:
        Disk: they cannot be written.
    """
    if home is None or not heard:
        return fault
    folder = home / FOLDER / _name(device) / getter
    for ask, answer in heard:
        if answer is not None:
            file = folder / f"{_name(ask.recorded or ask.text)}.{ENDS.get(ask.form, 'txt')}"
            write_private(file, _text(ask, answer).encode(), "an answer that no parser knows")
    remedy = f"it is kept, not guessed at: see `cpal replay {driver} {getter} {folder}`, and report it"
    return Unreadable(fault.message, key=f"{device}: {fault.key}", remedy=remedy)


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", text).strip("_.")[:LONGEST_NAME] or "_"


def _text(ask: Ask, answer: Any) -> str:
    if ask.form == XML:
        return ElementTree.tostring(answer, encoding="unicode")
    return json.dumps(answer) if ask.form == JSON else str(answer)
