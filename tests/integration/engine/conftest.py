"""A Northbound database for each test."""

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
