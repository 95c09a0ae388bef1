"""The how-tos of the OpenStack face, followed to the letter: `openstack`, `cpal serve`, real packets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.faces.session import Session
from cpal.lab.lab import Lab
from cpal.model.network import Network, Port
from cpal.model.router import FloatingIP, Router
from tests.integration.lab.conftest import left_behind, prefix_of
from tests.source import ROOT
from tests.support.cloud import free_ports
from tests.support.followed import Reader, environment

HOWTOS = (
    "openstack-serve",
    "provider-and-tenant-networks",
    "flat-network",
    "vlan-provider-network",
    "routers-and-agents",
    "limits-and-forwarded-ports",
    "log-filtered-packets",
    "trunks",
)
USUAL_PORTS = (9696, 5000, 9697)


@pytest.fixture
def home() -> Iterator[Path]:
    """A state directory, whose lab leaves nothing behind."""
    if os.geteuid() != 0:
        pytest.skip("a lab is made of network namespaces, which need root")
    found = Path(tempfile.mkdtemp(prefix="cpal-"))
    lab = Lab(found / "lab")
    try:
        yield found
    finally:
        lab.down()
        assert left_behind(lab.directory, prefix_of(lab)) == []
        shutil.rmtree(found)


@pytest.mark.parametrize("howto", HOWTOS)
def test_a_howto_can_be_followed_and_leaves_nothing(howto: str, home: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    ports = dict(zip(USUAL_PORTS, free_ports(len(USUAL_PORTS)), strict=True))
    reader = Reader(tmp_path, environment(home, "openstack"), ports)
    try:
        reader.follow((ROOT / "docs" / "howto" / f"{howto}.md").read_text(encoding="utf-8"))
    finally:
        reader.close()
    with Session(home) as session:
        assert [record for kind in (Network, Port, Router, FloatingIP) for record in session.estate.all(kind)] == []
        assert session.lab.asked() == frozenset()
        assert session.plan().empty
