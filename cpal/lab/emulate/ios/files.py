"""The files of an IOS device: its flash, and the two configurations that have names there."""

from __future__ import annotations

import hashlib
import time

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios.configuration import factory, lines, read, shown
from cpal.lab.emulate.tree import Node

SIZE = 2_142_715_904
"""How large the flash is, in bytes."""
RUNNING = ("running-config", "system:running-config", "system:/running-config")
STARTUP = ("startup-config", "nvram:startup-config", "nvram:/startup-config")


class FileError(Exception):
    """What cannot be done with a file, in IOS's words."""


class Files:
    """The flash of one device, which a reboot leaves as it is."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._flash: dict[str, tuple[bytes, float]] = {}

    def keep(self, name: str, content: bytes) -> None:
        """Write a file.

        Raises:
            FileError: it is to be where nothing can be written.
        """
        if not _is_flash(name):
            raise FileError(f"%Error opening {name} (Read-only file system)\n")
        if sum(len(each) for each, _ in self._flash.values()) + len(content) > SIZE:
            raise FileError(f"%Error writing {name} (No space left on device)\n")
        self._flash[_plain(name)] = content, time.time()

    def content(self, name: str) -> bytes:
        """What is in a file.

        Raises:
            FileError: there is none.
        """
        if name in RUNNING:
            return self.running().encode()
        if name in STARTUP and self._device.startup is not None:
            return self.startup().encode()
        if name.startswith("null:"):
            return b""
        found = self._flash.get(_plain(name)) if _is_flash(name) else None
        if found is None:
            raise FileError(f"%Error opening {name} (No such file or directory)\n")
        return found[0]

    def text(self, name: str) -> str:
        """What is in a file, as text.

        Raises:
            FileError: there is none.
        """
        return self.content(name).decode(errors="replace")

    def running(self) -> str:
        """The running configuration."""
        return shown(self._device.running)

    def startup(self) -> str:
        """The startup configuration; empty where there is none."""
        return "" if self._device.startup is None else "\n".join(lines(self._device.startup)) + "\n"

    def tree(self, name: str) -> Node:
        """A file as a whole configuration, without the lines that are none.

        Raises:
            FileError: there is none.
        """
        if name in RUNNING:
            return self._device.running
        if name in STARTUP:
            return self._device.startup or factory(self._device)
        root = Node()
        read(self._device, root, self.text(name))
        return root

    def delete(self, name: str) -> None:
        """Take a file away.

        Raises:
            FileError: there is none.
        """
        if self._flash.pop(_plain(name), None) is None:
            raise FileError(f"%Error deleting {name} (No such file or directory)\n")

    def beginning(self, start: str) -> list[str]:
        """The names of the files that begin so."""
        return [f"flash:{name}" for name in self._flash if name.startswith(_plain(start))]

    def digest(self, name: str) -> str:
        """What `verify /md5` says.

        Raises:
            FileError: there is none.
        """
        found = hashlib.md5(self.content(name), usedforsecurity=False).hexdigest()
        return f".MD5 of {name} Done!\nverify /md5 ({name}) = {found}\n\n"

    def listed(self, where: str) -> str:
        """What `dir` says.

        Raises:
            FileError: there is no such file.
        """
        wanted = _plain(where)
        if not _is_flash(where) or (wanted and wanted not in self._flash):
            raise FileError(f"%Error opening {where} (No such file or directory)\n")
        rows = ""
        for number, (name, (content, at)) in enumerate(self._flash.items(), 1):
            if wanted in ("", name):
                when = time.strftime("%b %d %Y %H:%M:%S +00:00", time.gmtime(at))
                rows += f"{number:>5}  -rw-  {len(content):>10}  {when}  {name}\n"
        free = SIZE - sum(len(content) for content, _ in self._flash.values())
        place = where if wanted else "flash:/"
        return f"Directory of {place}\n\n{rows}\n{SIZE} bytes total ({free} bytes free)\n"


def _is_flash(name: str) -> bool:
    return ":" not in name or name.startswith(("flash:", "flash0:", "bootflash:"))


def _plain(name: str) -> str:
    return name.rpartition(":")[2].strip("/")
