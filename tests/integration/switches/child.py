"""`cpal`, killed at a step of a joint commit: its words are the step and those of `cpal`."""

from __future__ import annotations

import os
import signal
import sys

from cpal.drivers.devices.switch import SwitchBackend
from cpal.engine.joint import Joint
from cpal.faces.cli.main import program

STEPS: dict[str, tuple[type, str]] = {
    "commit": (SwitchBackend, "commit_confirmed"),
    "verify": (SwitchBackend, "verify"),
    "confirm": (Joint, "confirm"),
}
"""What is not entered any more: before anything runs, while it runs unconfirmed, and once it is decided."""


def entered(*_: object, **__: object) -> None:
    """Have this process killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Run it; see `tests.support.warm`."""
    setattr(*STEPS[sys.argv[1]], entered)
    program(sys.argv[2:])
    return 0
