"""A lab of two leaves and a spine for a module, and a store for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.lab.lab import Lab
from tests.integration.leaves.bench import Leaves


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Two leaves and a spine between them."""
    if os.geteuid() != 0:
        pytest.skip("leaves are made of network namespaces, which need root")
    if not Path("/usr/lib/frr/zebra").exists():
        pytest.skip("FRR is not installed (package frr)")
    directory = Path(tempfile.mkdtemp(prefix="cpal-leaves-"))
    lab = Lab(directory / "lab")
    lab.up_fabric(spines=1, leaves=2, underlay="numbered")
    yield lab
    lab.down()
    shutil.rmtree(directory)


@pytest.fixture
def leaves(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Leaves:
    """The leaves, of which no store knows anything."""
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    found = Leaves(lab, tmp_path)
    found.wipe()
    return found
