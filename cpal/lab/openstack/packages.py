"""What comes from elsewhere: a package of Debian's, and the services as Python packages, from a lock file."""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from cpal.errors import Missing
from cpal.lab.layout import base_environment
from cpal.lab.processes import run

LOCK = Path(__file__).with_name("requirements.lock")
INSTALLER = Path(__file__).parents[3] / "tools" / "install-packages"
"""What installs packages of Debian's without starting their services, in a checkout."""
TIMEOUT_S = 1800.0


def place() -> Path:
    """Where the services are installed: of each lock file once, for every cloud of this user."""
    cache = os.environ.get("XDG_CACHE_HOME")
    home = Path(cache) if cache else Path.home() / ".cache"
    pins = [line for line in LOCK.read_bytes().splitlines() if not line.startswith(b"#")]
    return home / "cpal-openstack" / sha256(b"\n".join(pins)).hexdigest()[:12]


def has_program(program: str) -> bool:
    """Whether a program is there."""
    return shutil.which(program, path=base_environment()["PATH"]) is not None


def install_debian(package: str) -> None:
    """Install a package, where that can be done without starting its service.

    Raises:
        Missing: it has to be done by hand.
        Failed: it cannot be installed.
    """
    if os.geteuid() != 0 or not INSTALLER.is_file():
        raise Missing("no such package", key=package, remedy=f"install it, and let its service not start: {package}")
    run([str(INSTALLER), package], base_environment(), timeout_s=TIMEOUT_S)


def is_installed(venv: Path) -> bool:
    """Whether the services are installed."""
    return (venv / "installed").exists()


def install_python(venv: Path) -> None:
    """Install the services as the lock file says.

    Raises:
        Failed: pip's last words.
    """
    environment = {**os.environ, **base_environment()}
    run([sys.executable, "-m", "venv", "--clear", str(venv)], environment, timeout_s=TIMEOUT_S)
    words = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r"]
    run(["nice", str(venv / "bin/python"), *words, str(LOCK)], environment, timeout_s=TIMEOUT_S)
    (venv / "installed").touch()
