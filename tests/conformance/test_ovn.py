"""OVN does what every driver must do, on a real ovsdb-server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.backend import BackendConformance
from tests.conformance.ovn_site import OvnSite
from tests.support.ovsdb_server import running

SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OvnSite]:
    """An empty Northbound database."""
    if not SCHEMA.exists():
        pytest.skip("OVN's Northbound schema is not installed (package ovn-common)")
    site = OvnSite(SCHEMA, tmp_path_factory.mktemp("nb"))
    with running(site.server):
        yield site


class TestOvnBackend(BackendConformance):
    """The Northbound schema of the installed OVN."""
