"""What the doctor says of one thing."""

from __future__ import annotations

from typing import Literal

from cpal.model.record import Part

Level = Literal["ok", "note", "problem"]
CHECKS = ("mesh", "mtu", "offload", "checksum", "vni")
"""What is looked at, in the order in which it is told."""


class Finding(Part, frozen=True):
    """One finding: which check, how bad, on which hypervisor, what it is, how that is known, and what mends it.

    A note is nothing to mend, or nothing that must be.
    """

    check: str
    level: Level
    host: str
    message: str
    evidence: str
    remedy: str = ""
