"""What a command of EOS says: as data, where it can be, and as text, where it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Text = str | Callable[[], str] | None
"""A text, or what makes it where it is wanted."""
Shown = tuple[dict[str, Any] | None, Text]
"""Data in the fields that eAPI has, and text; None is what the command does not have."""


class Output(NamedTuple):
    """What a command says."""

    data: dict[str, Any] | None = None
    said: Text = None

    @property
    def text(self) -> str | None:
        """It as text."""
        return self.said() if callable(self.said) else self.said
