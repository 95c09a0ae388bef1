"""The program as people and scripts run it: a process of its own, with a state directory of its own.

`PROGRAM` starts it anew, for what the start or the process itself has to do with; a call of `cpal` is a fork.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.ovsdb_server import OvsdbServer, running
from tests.support.warm import program

PROGRAM = [sys.executable, "-m", "cpal.faces.cli.main"]
ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 120


@dataclass(frozen=True)
class Done:
    """What a run of the program left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, decoded."""
        return json.loads(self.out)


class Cpal:
    """The program in a directory, with a state of its own."""

    def __init__(self, home: Path, directory: Path) -> None:
        self.home = home
        self.directory = directory
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CPAL_DEBUG")}
        self.environment = {**kept, "CPAL_HOME": str(home), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}

    def __call__(self, *words: str, stdin: str = "", code: int | None = 0) -> Done:
        """Run it; `code` is the exit code that it must have, None for any."""
        done = subprocess.run(
            [program("cpal"), *words], cwd=self.directory, env=self.environment, input=stdin, capture_output=True,
            text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, (
            f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        """A file in its directory; its name."""
        (self.directory / name).write_text(text, encoding="utf-8")
        return name


@pytest.fixture
def cpal(cpal_home: Path, tmp_path: Path) -> Cpal:
    """The program, with an empty state."""
    return Cpal(cpal_home, tmp_path)


@pytest.fixture(scope="session")
def groups_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with two projects that have security groups of one name, and an address group."""
    home = tmp_path_factory.mktemp("groups")
    cpal = Cpal(home, home)
    for project in ("red", "blue"):
        cpal("create", "project", project)
        cpal("create", "security-group", "web", "--project", project)
    cpal("create", "address-group", "offices", "--project", "red", "--addresses", "192.0.2.0/24,198.51.100.7")
    return home


@pytest.fixture
def groups(cpal: Cpal, groups_home: Path) -> Cpal:
    """The program, with a copy of that state."""
    shutil.copytree(groups_home, cpal.home, symlinks=True, dirs_exist_ok=True)
    return cpal


@dataclass(frozen=True)
class Central:
    """OVN's databases, without anything that works on them."""

    northbound: OvsdbServer
    southbound: OvsdbServer

    @property
    def document(self) -> str:
        """The document that declares them as a target with two hypervisors."""
        return (
            "project: admin\nstack: site\ntargets:\n  site:\n    driver: ovn\n    endpoints:\n"
            f"      northbound: {self.northbound.endpoint}\n      southbound: {self.southbound.endpoint}\n"
            "hosts:\n  hv1: {target: site, physical_networks: [physnet1]}\n  hv2: {target: site}\n"
        )

    def transact(self, *operations: dict[str, Any]) -> list[Any]:
        """Do something in the Northbound database behind cpal's back."""
        words = json.dumps(["OVN_Northbound", *operations])
        command = ["ovsdb-client", "transact", self.northbound.endpoint, words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return list(json.loads(done.stdout))


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    """Private databases of OVN."""
    schemas = [Path("/usr/share/ovn", name) for name in ("ovn-nb.ovsschema", "ovn-sb.ovsschema")]
    north, south = (OvsdbServer(schema, tmp_path / schema.stem) for schema in schemas)
    with running(north), running(south):
        yield Central(north, south)


@pytest.fixture
def site(cpal: Cpal, central: Central) -> Cpal:
    """The program, with those databases as its target."""
    cpal("apply", cpal.write("site.yaml", central.document))
    return cpal


@pytest.fixture
def shell_path() -> Callable[[str], str]:
    """Where a shell is; skips without."""

    def found(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed (package {name})")
        return path

    return found
