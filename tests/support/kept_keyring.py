"""A keyring for tests, as a plug-in of the library keyring: passwords in the file that CPAL_TEST_KEYRING names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class KeptKeyring(KeyringBackend):
    """Passwords by service and user; a file that is not there is a keyring that is locked."""

    priority = 1

    def _file(self) -> Path:
        file = Path(os.environ["CPAL_TEST_KEYRING"])
        if not file.exists():
            raise KeyringLocked("nobody unlocked it")
        return file

    def get_password(self, service: str, username: str) -> str | None:
        """The password, or None."""
        found: dict[str, str] = json.loads(self._file().read_text(encoding="utf-8"))
        return found.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password."""
        file = self._file()
        found = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**found, f"{service}/{username}": password}), encoding="utf-8")
