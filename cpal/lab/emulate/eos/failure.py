"""What a command of EOS fails with."""

from __future__ import annotations


class CommandError(Exception):
    """A command that is not done, in EOS's words; `code` is eAPI's."""

    def __init__(self, error: str, code: int = 1002) -> None:
        super().__init__(error)
        self.error = error
        self.code = code
