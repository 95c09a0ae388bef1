"""The topology as boxes and lines on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import HEAVY, ROUNDED, Box
from rich.cells import cell_len
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text
from rich.tree import Tree

from cpal.faces.cli.nodes import Member, Node, cells
from cpal.faces.cli.output import aligned
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
    return _box(node, facts, "", HEAVY, "cyan")


def _network(node: Node, detail: bool) -> RenderableType:
    members = node.members if detail else node.members[:MOST_MEMBERS]
    lines = [_member(*each) for each in zip(members, aligned([cells(member)[:4] for member in members]), strict=True)]
    if len(members) < len(node.members):
        lines.append(Text(f"… and {len(node.members) - len(members)} more (--detail)", style="dim"))
    return _box(node, Text("\n").join(lines), "  ".join(node.facts), ROUNDED, "blue")


def _member(member: Member, line: str) -> Text:
    return Text.assemble(_dot(member), "  ", line)


def _box(node: Node, inside: Text, below: str, lines: Box, colour: str) -> Panel:
    """A box as wide as the longest of its name, what is in it, and what is said below it."""
    widest = max(cell_len(text) for text in (*inside.plain.splitlines(), f"  {node.name}  ", f"  {below}  "))
    return Panel(
        inside,
        box=lines,
        width=widest + 4,
        title=Text(f" {node.name} ", style=f"bold {colour}"),
        title_align="left",
        subtitle=Text(f" {below} ", style="dim") if below else None,
        subtitle_align="left",
        border_style=colour,
    )


def _dot(member: Member) -> tuple[str, str]:
    if member.outside:
        return "◇", "magenta"
    return ("●", "green") if member.status == "ACTIVE" else ("○", "red" if member.status else "dim")
