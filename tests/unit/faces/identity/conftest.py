"""A service of its own for each test, and one for all that only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.identity import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A fresh identity service."""
    made = Cloud(tmp_path / "identity")
    yield made
    made.identity.close()


@pytest.fixture(scope="module")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An identity service that the tests of a module share."""
    made = Cloud(tmp_path_factory.mktemp("identity"))
    yield made
    made.identity.close()
