"""IOS and IOS-XE over SSH: their command line."""

from __future__ import annotations

from cpal.drivers.devices.login import Login
from cpal.drivers.devices.terminal import IOS, Terminal


class IosTerminal(Terminal):
    """A device's command line. `run` types commands, `configure` lines of configuration."""

    def __init__(self, login: Login) -> None:
        super().__init__(login, IOS)
