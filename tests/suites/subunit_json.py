"""Subunit on standard input, as JSON on standard output: status and reason (or traceback) of each test by its name.

Run by the Python that tempest is installed for. Source: https://github.com/testing-cabal/subunit
"""

from __future__ import annotations

import json
import sys
from typing import Any

import subunit
import testtools

REASONS = ("reason", "traceback")


class Outcomes(testtools.StreamResult):  # type: ignore[misc]  # no types where tempest is not installed
    """The last status of each test, and what was said about it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, str]] = {}
        self._said: dict[str, bytes] = {}

    def status(self, test_id: str | None = None, test_status: str | None = None, **rest: Any) -> None:
        """Take in an event."""
        if test_id is None:
            return
        if rest.get("file_name") in REASONS:
            self._said[test_id] = self._said.get(test_id, b"") + bytes(rest.get("file_bytes") or b"")
        if test_status not in (None, "inprogress", "exists"):
            self.found[test_id] = (str(test_status), "")

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Status and reason by test."""
        said = {name: text.decode(errors="replace") for name, text in self._said.items()}
        return {name: (status, said.get(name, "")) for name, (status, _) in self.found.items()}


if __name__ == "__main__":
    outcomes = Outcomes()
    subunit.ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name="stdout").run(outcomes)
    json.dump(outcomes.outcomes(), sys.stdout)
