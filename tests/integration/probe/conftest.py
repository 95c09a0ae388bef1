"""Where the prober's tests take place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.probe.ground import Ground, hosts


@pytest.fixture
def ground() -> Iterator[Ground]:
    """Three hosts around a router that lets everything pass."""
    with hosts("a", "b", "c") as made:
        yield made
