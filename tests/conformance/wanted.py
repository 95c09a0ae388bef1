"""The rows that an estate wants of a driver, rendered from nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.core.driver import Rules
from cpal.core.rows import Row, RowKey
from cpal.core.view import Rendering
from cpal.model.estate import EMPTY, Estate


def wanted(rules: Rules, estate: Estate) -> dict[RowKey, Row]:
    """A full rendering."""
    rendering = Rendering(rules.render, rules.singletons)
    rendering.accept(rendering.propose(estate, EMPTY.changes_to(estate)))
    return rendering.rows


def contents(rows: Mapping[RowKey, Row]) -> dict[RowKey, Any]:
    """What makes rows equal: columns and place, not the reasons."""
    return {key: (row.columns, row.within) for key, row in rows.items()}
