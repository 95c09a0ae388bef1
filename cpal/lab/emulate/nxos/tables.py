"""Tables and rows as NX-API has them."""

from __future__ import annotations

from typing import Any

Shown = tuple[dict[str, Any] | None, str | None]
"""What a `show` command says: as data, where it can be, and as text, where it can be."""


def table(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A table with its rows; one row alone is the row itself, not a list of it; nothing where there is none."""
    return {f"TABLE_{name}": {f"ROW_{name}": rows[0] if len(rows) == 1 else rows}} if rows else {}
