"""Virtual environments for programs that would pin what cpal's own tests need, each from a lock of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.source import ROOT


def installed(name: str) -> Path:
    """The environment of `tests/suites/NAME.lock`, installed where it is not."""
    done = subprocess.run([ROOT / "tests/suites/install", name], check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.strip())
