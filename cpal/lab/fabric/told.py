"""What the process is told that emulates switches beside a fabric, and what it tells: files in a directory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..records import EmulatedSwitch


class Told(msgspec.Struct):
    """What is emulated: makes, and how many spines there are; where the switches and the control interface listen."""

    makes: tuple[str, ...]
    spines: int
    switches: tuple[EmulatedSwitch, ...] = ()
    ports: dict[str, int] = {}
    control: int = 0


def told_file(directory: Path) -> Path:
    """The file that says what is emulated."""
    return directory / "emulated.json"


def ready_file(directory: Path) -> Path:
    """The file that is there when all listen."""
    return directory / "ready"
