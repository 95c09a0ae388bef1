"""A Northbound database for each test, and less patience with one that is dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engine.site import Northbound, northbound


@pytest.fixture
def nb(tmp_path: Path) -> Iterator[Northbound]:
    """A new, empty Northbound database."""
    with northbound(tmp_path / "nb") as found:
        yield found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for a database that the test knows to be dead, and for a lock that is not given."""
    monkeypatch.setattr("cpal.ovsdb.client.RECONNECT_S", 0.5)
    monkeypatch.setattr("cpal.drivers.ovn.backend.LOCK_TIMEOUT_S", 0.2)
