"""The how-to of several servers on one store, followed to the letter: two machines, PostgreSQL, OVN's databases."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from tests.integration.ovn.central import central
from tests.source import ROOT
from tests.support.cloud import free_ports
from tests.support.followed import Reader, environment
from tests.support.postgresql import USER, postgresql

USUAL_PORTS = (9696, 5000)


def test_it_can_be_followed(tmp_path: Path) -> None:
    with central(tmp_path / "central") as place, postgresql() as database:
        places = {
            "db.example.org": quote(str(database.directory), safe=""),
            "tcp:192.0.2.20:6641": place.site.server.endpoint,
            "tcp:192.0.2.20:6642": place.southbound.endpoint,
            "192.0.2.11": "127.0.0.11",
            "192.0.2.12": "127.0.0.12",
        }
        plain = environment(tmp_path / "home", "openstack")
        plain |= {"PGHOST": str(database.directory), "PGUSER": USER}
        ports = dict(zip(USUAL_PORTS, free_ports(len(USUAL_PORTS)), strict=True))
        reader = Reader(tmp_path, plain, ports, places)
        try:
            reader.follow((ROOT / "docs/howto/several-servers.md").read_text(encoding="utf-8"))
        finally:
            reader.close()
        assert {"admin-openrc.json"} == {path.name for path in tmp_path.glob("home*/*.json")}
        assert not list(tmp_path.glob("home*/*.db")), "all is on the server"
