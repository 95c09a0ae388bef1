"""LLDP's capabilities as the letters that Cisco's devices write. Source: IEEE 802.1AB, table 8-4."""

from __future__ import annotations

LETTERS = {
    "O": "other", "P": "repeater", "B": "bridge", "W": "wlan-access-point", "R": "router", "T": "telephone",
    "C": "docsis-cable-device", "S": "station", "N/A": "other",
}  # fmt: skip


def capabilities(told: str | None) -> tuple[str, ...] | None:
    """The capabilities of letters with commas between; None for none."""
    return None if told is None else tuple(sorted(LETTERS[each.strip().upper()] for each in told.split(",")))
