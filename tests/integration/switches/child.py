"""`cpal`, killed at a step of a joint commit: python -m tests.integration.switches.child STEP WORDS..."""

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


if __name__ == "__main__":
    setattr(*STEPS[sys.argv[1]], entered)
    program(sys.argv[2:])
