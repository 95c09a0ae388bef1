"""A cloud for the tests of a file that leave it as good as they found it; each works in projects of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import Cloud, cloud


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud that the tests of a file share."""
    with cloud(tmp_path_factory.mktemp("cloud")) as found:
        yield found


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud for one test, which may break it."""
    with cloud(tmp_path) as found:
        yield found
