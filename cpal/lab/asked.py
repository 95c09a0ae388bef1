"""Ports that somebody asked the lab to plug, one by one: those that belong to no instance that it knows.

An empty file for each, made and removed at once, so that a killed run leaves the old or the new state.
"""

from __future__ import annotations

from .layout import Layout


def asked(layout: Layout) -> frozenset[str]:
    """The ids of the ports."""
    folder = layout.asked
    return frozenset(file.name for file in folder.iterdir()) if folder.is_dir() else frozenset()


def ask(layout: Layout, port_id: str) -> None:
    """Have a port plugged from the next reconciliation on."""
    layout.asked.mkdir(exist_ok=True)
    (layout.asked / port_id).touch()


def let_go(layout: Layout, port_id: str) -> None:
    """Have it plugged no longer."""
    (layout.asked / port_id).unlink(missing_ok=True)
