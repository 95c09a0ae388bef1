"""Files that become the running configuration, whole or in part, and the other way round; what would change by it."""

from __future__ import annotations

import time

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios import changes
from cpal.lab.emulate.ios.configuration import Problem, has_archive, lines, read
from cpal.lab.emulate.ios.files import RUNNING, STARTUP, Files
from cpal.lab.emulate.ios.rollback import NONE_PENDING, TURN_ON, Rollback
from cpal.lab.emulate.tree import Node, rendered

MOST_ARCHIVED = 10


class Replacing:
    """What one who is logged in does with whole configurations."""

    def __init__(self, device: Device, files: Files, rollback: Rollback, user: str) -> None:
        self._device = device
        self._files = files
        self._rollback = rollback
        self._user = user

    def copy(self, source: str, target: str) -> str:
        """Copy a file; one that goes to the running configuration is added to it, line by line.

        Raises:
            FileError: there is no such file, or it cannot be written.
        """
        content = self._files.content(source)
        if target in RUNNING:
            problems = read(self._device, self._device.running, content.decode(errors="replace"))
            self._device.on_change()
            said = "".join(f"{problem.line}\n{problem.said}\n" for problem in problems)
            return f"{said}{len(content)} bytes copied in 0.100 secs ({len(content) * 10} bytes/sec)\n"
        if target in STARTUP:
            if source in RUNNING:
                self._device.save()
            else:
                self._device.startup = self._files.tree(source).copy()
            return "Building configuration...\n[OK]\n"
        self._files.keep(target, content)
        return f"\n{len(content)} bytes copied in 0.100 secs ({len(content) * 10} bytes/sec)\n"

    def replace(self, name: str, minutes: int | None, or_restore: bool) -> str:
        """Make a file the running configuration; with a timer that takes it back, or not at all if a line is wrong.

        Raises:
            FileError: there is no such file.
            RollbackError: a change is pending already.
        """
        if (minutes is not None or or_restore) and not has_archive(self._device.running):
            return TURN_ON
        text = self._files.text(name)
        wanted = Node()
        problems = read(self._device, wanted, text)
        if not wanted.has("hostname") and not wanted.has("version"):
            return f"%The input file is not a valid config file: {name}\n"
        if problems and or_restore:
            return f"{_failed(problems)}The original configuration has been successfully restored.\n"
        if minutes is not None:
            self._rollback.begin(self._user, minutes)
        self._device.run(wanted)
        return _failed(problems) if problems else "\nTotal number of passes: 1\nRollback Done\n"

    def differences(self, before: str, after: str) -> str:
        """What changes from one file to another.

        Raises:
            FileError: there is no such file.
        """
        return changes.contextual(self._files.tree(before), self._files.tree(after))

    def commands(self, name: str) -> str:
        """What a file would change, were it added to the running configuration.

        Raises:
            FileError: there is no such file.
        """
        merged = self._device.running.copy()
        problems = read(self._device, merged, self._files.text(name))
        return changes.commands(self._device.running, merged, [problem.line for problem in problems])

    def of_interface(self, name: str) -> str:
        """`show running-config interface`."""
        found = self._device.running.find("interface", name)
        if found is None:
            return "% Invalid input detected at '^' marker.\n"
        text = "\n".join([found.line, *(f" {line}" for line in rendered(found, 1)), "end"])
        return f"Building configuration...\n\nCurrent configuration : {len(text)} bytes\n!\n{text}\n\n"

    def archive(self) -> str:
        """`archive config`: a copy of the running configuration, with the next number."""
        self._files.keep(f"{self._path()}-{len(self._archived()) + 1}", "\n".join(lines(self._device.running)).encode())
        return ""

    def archives(self) -> str:
        """`show archive`."""
        if not has_archive(self._device.running):
            return "Archive feature not enabled\n"
        held = self._archived()
        rows = "".join(f"   {number:<8} {name}\n" for number, name in enumerate(held, 1))
        return (
            f"The maximum archive configurations allowed is {MOST_ARCHIVED}.\n"
            f"There are currently {len(held)} archive configurations saved.\n"
            f"The next archive file will be named {self._path()}-{len(held) + 1}\n Archive #  Name\n{rows}"
        )

    def timer(self) -> str:
        """`show archive config rollback timer`."""
        pending = self._rollback.pending
        if pending is None:
            return NONE_PENDING
        at = time.strftime("%H:%M:%S UTC %a %b %d %Y", time.gmtime(pending.since))
        return (
            f"Time configured(or reconfigured): {at}\nTimer type: absolute timer\n"
            f"Timer value: {pending.minutes} min\nUser: {pending.user}\n"
        )

    def _path(self) -> str:
        section = self._device.running.find("archive")
        return (section.value("path") if section else None) or "flash:archive"

    def _archived(self) -> list[str]:
        return self._files.beginning(f"{self._path()}-")


def _failed(problems: list[Problem]) -> str:
    stars = "*" * 8
    listed = "".join(f"{problem.line}\n" for problem in problems)
    return (
        "\nRollback aborted after 5 passes\nThe following commands are failed to apply to the IOS image.\n"
        f"{stars}\n{listed}{stars}\n"
    )
