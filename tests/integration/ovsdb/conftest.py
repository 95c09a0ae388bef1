"""A private Northbound database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ovsdb_server import OvsdbServer, running

NB_SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OvsdbServer]:
    """A running server, listening on TCP too."""
    if not NB_SCHEMA.exists():
        pytest.skip("no Northbound schema (package ovn-common)")
    with running(OvsdbServer(NB_SCHEMA, tmp_path, ["ptcp:0:127.0.0.1"])) as started:
        yield started
