"""NX-OS over SSH: its command line."""

from __future__ import annotations

from cpal.drivers.devices.login import Login
from cpal.drivers.devices.terminal import NXOS, Terminal


class NxosTerminal(Terminal):
    """A switch's command line. `run` types commands, `configure` lines of configuration."""

    def __init__(self, login: Login) -> None:
        super().__init__(login, NXOS)
