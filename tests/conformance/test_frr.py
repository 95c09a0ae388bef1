"""FRR does what every driver must do, on real leaves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase
from hypothesis import strategies as st

from cpal.model.estate import Estate
from tests.conformance.backend import BackendConformance
from tests.conformance.frr_site import FrrSite
from tests.support.estates import valid_estates


@pytest.fixture(scope="module")
def site() -> Iterator[FrrSite]:
    """Two leaves and a spine between them, with nothing on them."""
    if os.geteuid() != 0:
        pytest.skip("leaves are made of network namespaces, which need root")
    if not Path("/usr/lib/frr/zebra").exists():
        pytest.skip("FRR is not installed (package frr)")
    directory = Path(tempfile.mkdtemp(prefix="cpal-frr-"))
    site = FrrSite(directory / "lab")
    try:
        yield site
    finally:
        site.lab.down()
        shutil.rmtree(directory)


class TestFrrBackend(BackendConformance):
    """FRR as the distribution has it. An example takes two seconds, so that failing ones are not made smaller."""

    examples = 4
    phases = (Phase.reuse, Phase.generate)

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """Small ones: a leaf takes a process for each word."""
        return valid_estates(projects=2, instances=2, driver="frr")
