"""Moments as Keystone writes them: `2026-01-01T00:00:00.000000Z`. Inside they are seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def written(seconds: float) -> str:
    """A moment as the API shows it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> float:
    """The moment of a text; one without an offset is UTC.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
