"""Who reaches whom, as a square on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cpal.faces.cli.screen import console


class Cell(NamedTuple):
    """How many protocols get through from one end to another, predicted and observed."""

    predicted: int = 0
    observed: int = 0
    agrees: bool = True

    def plus(self, predicted: int, observed: int, agrees: bool) -> Cell:
        """With those by another address."""
        return Cell(self.predicted + predicted, self.observed + observed, self.agrees and agrees)


def draw(ends: Sequence[str], headings: Sequence[str], cells: Mapping[tuple[str, str], Cell]) -> None:
    """Print the square: a row for each source, a column for each destination."""
    title = "protocols that get through, predicted/observed"
    table = Table(
        box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False, show_edge=False
    )
    table.add_column("from \\ to", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="center", no_wrap=True)
    for source in ends:
        table.add_row(source, *(_mark(cells.get((source, destination))) for destination in ends))
    screen = console()
    screen.print(table)
    screen.print()


def _mark(cell: Cell | None) -> Text:
    if cell is None:
        return Text("", style="dim")
    words = f"{cell.predicted}/{cell.observed}"
    if not cell.agrees:
        return Text(words, style="bold red")
    return Text(words, style="green") if cell.predicted else Text("·", style="dim")
