"""The topology as boxes and lines on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import HEAVY, ROUNDED
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from cpal.faces.cli.nodes import Member, Node, cells
from cpal.faces.cli.screen import console

MOST_MEMBERS = 16
"""Ends drawn in one network, unless all are asked for."""


def draw(roots: Iterable[Node], detail: bool) -> None:
    """Print each tree; `detail` draws every end."""
    screen = console()
    for root in roots:
        screen.print(_tree(root, detail))


def _tree(node: Node, detail: bool) -> Tree:
    tree = Tree(_network(node, detail) if node.kind == "network" else _router(node), guide_style="dim")
    tree.children.extend(_tree(child, detail) for child in node.children)
    return tree


def _router(node: Node) -> RenderableType:
    facts = Text("  ".join(node.facts) or "routes between its networks", style="dim")
    title = Text(f" {node.name} ", style="bold cyan")
    return Panel.fit(facts, title=title, title_align="left", box=HEAVY, border_style="cyan")


def _network(node: Node, detail: bool) -> RenderableType:
    title = Text(f" {node.name} ", style="bold")
    facts = Text(f" {'  '.join(node.facts)} ", style="dim")
    inside = _members(node.members, detail) if node.members else Text("")
    return Panel.fit(
        inside, title=title, title_align="left", subtitle=facts, subtitle_align="left", box=ROUNDED, border_style="blue"
    )


def _members(members: tuple[Member, ...], detail: bool) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    shown = members if detail else members[:MOST_MEMBERS]
    for member in shown:
        grid.add_row(_dot(member), *(Text(cell) for cell in cells(member)[:4]))
    if len(shown) < len(members):
        grid.add_row("", Text(f"… and {len(members) - len(shown)} more (--detail)", style="dim"))
    return grid


def _dot(member: Member) -> Text:
    if member.outside:
        return Text("◇", style="magenta")
    return Text("●", style="green") if member.status == "ACTIVE" else Text("○", style="red" if member.status else "dim")
