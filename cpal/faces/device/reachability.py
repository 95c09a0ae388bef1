"""Who reaches whom, as devices found it out by themselves: a row for each device, a column for each destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cpal.errors import CpalError
from cpal.model.device.ping import Ping

Cell = Ping | CpalError
"""What a device found, or what went wrong when it was asked."""


@dataclass(frozen=True)
class Reachability:
    """What each device found of each destination; as text it is a table."""

    destinations: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]

    def __getitem__(self, pair: tuple[str, str]) -> Cell:
        """What a device found of a destination: `found["leaf1", "leaf2"]`."""
        device, destination = pair
        return self.cells[device][destination]

    @property
    def failures(self) -> dict[tuple[str, str], CpalError]:
        """What went wrong, by device and destination."""
        return {
            (device, destination): cell
            for device, row in self.cells.items()
            for destination, cell in row.items()
            if isinstance(cell, CpalError)
        }

    @property
    def unreached(self) -> tuple[tuple[str, str], ...]:
        """The pairs of device and destination of which nothing came back."""
        return tuple(
            (device, destination)
            for device, row in self.cells.items()
            for destination, cell in row.items()
            if isinstance(cell, Ping) and not cell.reachable
        )

    def __str__(self) -> str:
        rows = [("", *self.destinations)]
        rows += [(name, *(_word(row[each]) for each in self.destinations)) for name, row in self.cells.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
        )


def _word(cell: Cell) -> str:
    """The mean round trip, or how much was lost, that none was sent, or that the device could not be asked."""
    if isinstance(cell, CpalError):
        return "not asked"
    if not cell.sent:
        return "not sent"
    lost = cell.loss_percent or 0.0
    if not cell.reachable:
        return "lost"
    if lost:
        return f"{lost:.0f} % lost"
    return "yes" if cell.rtt_avg_ms is None else f"{cell.rtt_avg_ms:.2f} ms"
