"""A session on a lab of its own, for the tests of a module; and a look at it with tools that know nothing of cpal."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from cpal.core.plan import Plan
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from cpal.faces.verify import ProbeResult
from cpal.lab.records import Status
from cpal.model.instance import Instance
from cpal.model.network import Port
from cpal.model.target import Project

NORTHBOUND = "OVN_Northbound"
GLOBAL = "NB_Global"
SEQUENCE_COLUMNS = ("nb_cfg", "nb_cfg_timestamp", "sb_cfg", "sb_cfg_timestamp", "hv_cfg", "hv_cfg_timestamp")
"""Columns of NB_Global that only count how often somebody asked."""

STATUS = {"Logical_Switch_Port": ("up",)}
"""Columns that northd writes when it comes to it."""

Tables = dict[str, list[dict[str, Any]]]


class Stage:
    """A session with its lab up. `home` is its state directory."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.session = Session(home)
        self.lab = self.session.lab

    # ------------------------------------------------------------------------------------------ doing

    def plan(self, text: str) -> Plan:
        """What applying documents would change."""
        return self.session.plan(self.session.declare(parse({"scenario.yaml": text})))

    def apply(self, *texts: str) -> Plan:
        """Apply documents as one set, and wait until the hypervisors follow; the plan."""
        plan = self.plan("\n---\n".join(texts))
        self.session.apply(plan)
        return plan

    def destroy(self, *stacks: str) -> None:
        """Take stacks away."""
        self.session.apply(self.session.plan_destroy(stacks))

    def repair(self) -> None:
        """Apply what is declared already."""
        self.session.apply(self.session.plan())

    # ------------------------------------------------------------------------------------------ looking

    def run(self, name: str, *argv: str) -> str:
        """What a command prints on a machine of the lab; it must succeed."""
        done = self.lab.run(name, argv)
        assert done.exit_code == 0, (argv, done.stdout, done.stderr)
        return done.stdout.strip()

    def nbctl(self, *argv: str) -> str:
        """What ovn-nbctl prints."""
        return self.run("central", "ovn-nbctl", *argv)

    def tables(self) -> Tables:
        """Every row of the Northbound database, sets and maps in a fixed order, less what only counts and tells."""
        endpoint = self.lab.endpoints.northbound
        return _tables(self.run("central", "ovsdb-client", "--format=json", "dump", endpoint, NORTHBOUND))

    def disagreements(self) -> list[ProbeResult]:
        """The flows in which packets do not do what is predicted, or tell nothing."""
        results = self.session.verify()
        assert results
        wrong = [result for result in results if not result.agrees]
        for result in wrong:
            print(result)
        return wrong

    def flow(self, source: str, destination: str, protocol: str, address: str = "") -> bool:
        """What real packets show of one flow, predicted the same."""
        found = [
            result
            for result in self.session.verify()
            if (result.source, result.destination, result.protocol) == (source, destination, protocol)
            and address in ("", result.address)
        ]
        assert len(found) == 1, found
        assert found[0].agrees, found[0]
        return found[0].predicted

    def port(self, project: str, instance: str, network: str = "") -> Port:
        """An instance's port (of several the one on a network)."""
        estate = self.session.estate
        [owner] = [found for found in estate.all(Project) if found.name == project]
        [machine] = [found for found in estate.all(Instance) if (found.project_id, found.name) == (owner.id, instance)]
        ports: list[Port] = estate.find("port.device", machine.id)
        [port] = [found for found in ports if network in ("", found.name)]
        return port

    def mac(self, project: str, instance: str) -> str:
        """The MAC address of an instance's one port."""
        return self.port(project, instance).mac_address


def _tables(dump: str) -> Tables:
    found = {}
    for line in dump.splitlines():
        table = json.loads(line)
        name = table["caption"].removesuffix(" table")
        rows = [dict(zip(table["headings"], map(_ordered, row), strict=True)) for row in table["data"]]
        rows = [_without_cells(row) for row in rows] if name == GLOBAL else rows
        rows = [{column: value for column, value in row.items() if column not in STATUS.get(name, ())} for row in rows]
        found[name] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def _ordered(value: Any) -> Any:
    """A column's value with the members of a set or map sorted."""
    if isinstance(value, list) and len(value) == 2 and value[0] in ("set", "map"):
        return [value[0], sorted(value[1], key=json.dumps)]
    return value


def _without_cells(row: dict[str, Any]) -> dict[str, Any]:
    """The row of NB_Global less sequence numbers and what says which revision is applied."""
    kept = {column: value for column, value in row.items() if column not in SEQUENCE_COLUMNS}
    cells = [cell for cell in row["external_ids"][1] if not cell[0].startswith("cpal:")]
    return {**kept, "external_ids": ["map", cells]}


def stage(hypervisors: int = 2) -> AbstractContextManager[Stage]:
    """A stage with its lab up; taken down and removed whatever happens."""
    return _stage(lambda session: session.lab_up(hypervisors))


def fabric_stage(spines: int, leaves: int) -> AbstractContextManager[Stage]:
    """The same on a fabric that runs FRR."""
    return _stage(lambda session: session.fabric_up(spines, leaves))


def campus_stage(spines: int, leaves: int, hypervisors: int) -> AbstractContextManager[Stage]:
    """The same with hypervisors behind leaves."""
    return _stage(lambda session: session.fabric_up(spines, leaves, hypervisors=hypervisors))


@contextmanager
def _stage(bring_up: Callable[[Session], Status]) -> Iterator[Stage]:
    home = Path(tempfile.mkdtemp(prefix="cpal-"))
    found = Stage(home)
    try:
        bring_up(found.session)
        yield found
    finally:
        found.lab.down()
        found.session.close()
        shutil.rmtree(home)
