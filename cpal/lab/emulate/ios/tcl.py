"""Enough of IOS's TCL shell to write a file: `puts [open "flash:NAME" w+] {` ... `}`.

Source: Cisco IOS scripting with TCL configuration guide.
"""

from __future__ import annotations

import re

from cpal.lab.emulate.ios.files import Files

_PUTS = re.compile(r'\s*puts\s+\[open\s+"([^"]+)"\s+w\+?\]\s+\{(.*)', re.S)


class Tcl:
    """A TCL shell: files are written when it ends."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._typed: list[str] = []
        self._written: list[tuple[str, bytes]] = []

    @property
    def open(self) -> bool:
        """Whether a brace is open, so that more must come."""
        text = "\n".join(self._typed)
        return text.count("{") > text.count("}")

    def type(self, line: str) -> bool:
        """Take a line; whether it was the last.

        Raises:
            FileError: a file is to be where nothing can be written.
        """
        if not self._typed and line.strip() in ("tclquit", "exit"):
            for name, content in self._written:
                self._files.keep(name, content)
            return True
        self._typed.append(line)
        if not self.open:
            found = _PUTS.fullmatch("\n".join(self._typed))
            if found:
                self._written.append((found[1], (found[2].rpartition("}")[0] + "\n").encode()))
            self._typed.clear()
        return False
