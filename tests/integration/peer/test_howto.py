"""The how-to of taking over from Neutron, followed to the letter beside the recorded one."""

from __future__ import annotations

from pathlib import Path

from cpal.faces.session import Session
from cpal.model.network import Network
from tests.integration.peer.conftest import Peer
from tests.source import ROOT
from tests.support.cloud import free_ports
from tests.support.followed import Reader, environment

USUAL_PORTS = (9696, 5000)


def test_it_can_be_followed_and_leaves_neutrons_rows(peer: Peer, tmp_path: Path) -> None:
    before = peer.rows("Logical_Switch")
    places = {"NB": peer.place.site.server.endpoint, "SB": peer.place.southbound.endpoint}
    plain = environment(peer.server.home)
    ports = dict(zip(USUAL_PORTS, free_ports(len(USUAL_PORTS)), strict=True))
    reader = Reader(tmp_path, {**plain, **places, **peer.api.environment}, ports)
    try:
        reader.follow((ROOT / "docs/howto/take-over-from-neutron.md").read_text(encoding="utf-8"))
    finally:
        reader.close()
    assert peer.rows("Logical_Switch").keys() == before.keys()
    with Session(peer.server.home) as session:
        assert session.estate.count(Network) == 0
