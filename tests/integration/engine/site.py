"""A Northbound database behind a real ovsdb-server, and two worlds that an engine may be asked to make there."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cpal.model.estate import Change, Estate
from cpal.model.network import Network
from cpal.model.record import Record
from cpal.model.target import Project, Target
from tests.support.ovsdb_server import OvsdbServer, running
from tests.support.world import EGRESS, World, allow

SCHEMA = "/usr/share/ovn/ovn-nb.ovsschema"
DATABASE = "OVN_Northbound"
SEQUENCE_COLUMNS = ("nb_cfg", "nb_cfg_timestamp", "sb_cfg", "sb_cfg_timestamp", "hv_cfg", "hv_cfg_timestamp")
"""Columns of NB_Global that only count how often somebody asked."""

Tables = dict[str, list[dict[str, Any]]]


GLOBAL = "NB_Global"


class Northbound:
    """A private Northbound database, looked at and written with OVN's own tools, which know nothing of cpal."""

    def __init__(self, server: OvsdbServer) -> None:
        self.server = server

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return self.server.endpoint

    def nbctl(self, words: str) -> str:
        """What ovn-nbctl prints."""
        command = ["ovn-nbctl", "--no-leader-only", f"--db={self.endpoint}", *shlex.split(words)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def transact(self, *operations: dict[str, Any]) -> None:
        """Do something that ovn-nbctl has no word for."""
        words = json.dumps([DATABASE, *operations])
        done = subprocess.run(
            ["ovsdb-client", "transact", self.endpoint, words], check=True, capture_output=True, text=True
        )
        assert "error" not in done.stdout, done.stdout

    def tables(self) -> Tables:
        """Every row of every table."""
        return tables_in(self.server.dump(DATABASE))

    def rows(self, owner: str) -> int:
        """How many rows carry the tag of the store `owner`."""
        return sum(owner in json.dumps(row) for name, rows in self.tables().items() for row in rows if name != GLOBAL)


def tables_in(dump: str) -> Tables:
    """The tables of `ovsdb-client --format=json dump`, rows and set columns in a fixed order."""
    found = {}
    for line in dump.splitlines():
        table = json.loads(line)
        rows = [dict(zip(table["headings"], map(_ordered, row), strict=True)) for row in table["data"]]
        found[table["caption"].removesuffix(" table")] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def _ordered(value: Any) -> Any:
    """A column's value with the members of a set or map sorted."""
    if isinstance(value, list) and len(value) == 2 and value[0] in ("set", "map"):
        return [value[0], sorted(value[1], key=json.dumps)]
    return value


def without_cells(tables: Tables) -> Tables:
    """The tables less what says which revision is applied, and less sequence numbers."""
    found = dict(tables)
    rows = []
    for row in tables[GLOBAL]:
        kept = {column: value for column, value in row.items() if column not in SEQUENCE_COLUMNS}
        cells = [cell for cell in row["external_ids"][1] if not cell[0].startswith("cpal:")]
        rows.append({**kept, "external_ids": ["map", cells]})
    found[GLOBAL] = rows
    return found


@contextmanager
def northbound(directory: Path) -> Iterator[Northbound]:
    """A new, empty database."""
    with running(OvsdbServer(SCHEMA, directory)) as server:
        found = Northbound(server)
        found.nbctl("init")
        yield found


def world(endpoint: str) -> World:
    """A target with two hosts, and nothing on it."""
    found = World("hv1", "hv2", physical_networks=("physnet1",))
    target = found.records[next(key for key in found.records if key.kind == "target")]
    assert isinstance(target, Target)
    found.add(replace(target, endpoints={"northbound": endpoint}))
    return found


def small(endpoint: str) -> World:
    """One project with one network and two instances whose group lets web traffic in."""
    found = world(endpoint)
    red = found.project("red")
    web = found.network(red, "web", "10.0.1.0/24")
    group = found.group(red, "web", *EGRESS, allow("ingress", "tcp", 80))
    for number in (1, 2):
        found.instance(red, f"web{number}", web, groups=(group,), host=f"hv{number}")
    return found


def town(endpoint: str, name: str) -> World:
    """One of two worlds, `spring` and `autumn`, that share records, differ in fields and each have some of their own.

    Both hold routers, groups that refer to each other, floating IPs and three networks.
    """
    autumn = name == "autumn"
    found = world(endpoint)
    red = found.project("red")
    public = found.network(red, "public", external=True, physical_network="physnet1")
    found.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    networks = [_network(found, red, number, autumn) for number in (1, 2, 3)]
    joined = [found.subnets(network)[0] for network in (networks[1:] if autumn else networks[:2])]
    found.router(red, "edge", *joined, gateway=public, enable_snat=not autumn)
    front = found.group(red, "front", *EGRESS, allow("ingress", "tcp", 8080 if autumn else 80))
    back = found.group(red, "back", *EGRESS, allow("ingress", "tcp", 5432, remote_group_id=front))
    for number in range(4 if autumn else 0, 12 if autumn else 9):
        place = networks[(number + autumn) % 3]
        groups = (front, back) if number % 2 else (back,)
        ports = found.instance(red, f"vm{number}", place, groups=groups, host=f"hv{number % 2 + 1}")
        if place.id in {subnet.network_id for subnet in joined} and number % 3 == 1:
            found.floating_ip(red, public, ports[0])
    return found


def _network(found: World, project: Project, number: int, autumn: bool) -> Network:
    network = found.network(project, f"net{number}", f"10.0.{number}.0/24", mtu=1300 if autumn else 1400)
    if number == 3 and autumn:
        found.subnet(network, "fd00:3::/64", ipv6_address_mode="slaac", ipv6_ra_mode="slaac")
    return network


def towards(estate: Estate, wanted: World) -> list[Change]:
    """What makes an estate the world."""
    return estate.changes_to(wanted.estate())


def shape(estate: Estate) -> dict[str, Record]:
    """The estate's records by key, to compare."""
    return {str(record.key): record for record in estate.records()}


def another_port(found: World, number: int) -> World:
    """The world with one more instance on the network `web` of project `red`."""
    project = found.records[next(key for key in found.records if key.kind == "project")]
    assert isinstance(project, Project)
    network = next(network for network in found.every(Network) if network.name == "web")
    found.instance(project, f"more{number}", network, host="hv1")
    return found
