"""A Neutron as it was recorded once: its API answered again, its rows in a real Northbound database with northd."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.ovn.central import Central, central
from tests.support.cloud import TIMEOUT_S, Server
from tests.support.recorded import Recorded, load, recorded
from tests.support.warm import program


@dataclass
class Peer:
    """The recorded Neutron, and cpal beside it with a store of its own."""

    api: Recorded
    place: Central
    server: Server

    @property
    def endpoints(self) -> list[str]:
        """The words that say where its databases are."""
        return [f"--northbound={self.place.site.server.endpoint}", f"--southbound={self.place.southbound.endpoint}"]

    def cpal(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """What cpal says; it must end with that code."""
        done = subprocess.run(
            [program("cpal"), *words], env={**self.server.environment, **self.api.environment}, capture_output=True,
            text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def take_over(self) -> dict[str, Any]:
        """Import it; what cpal says it did."""
        done = self.cpal("import", "neutron", *self.endpoints, "--yes", "--format=json")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def rows(self, table: str) -> dict[str, dict[str, Any]]:
        """The rows of a table of the Northbound database, whole, by UUID."""
        where = {"op": "select", "table": table, "where": []}
        [result] = self.place.site.server.transact("OVN_Northbound", where)
        return {row["_uuid"][1]: row for row in result["rows"]}


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    """A recorded Neutron of one's own."""
    with central(tmp_path / "central") as place, recorded() as api:
        place.wait()
        load(place)
        place.wait()
        yield Peer(api, place, Server(tmp_path / "home", tmp_path / "serve.log"))
