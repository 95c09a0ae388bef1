"""Secrets are references: canaries in a target's key are found nowhere but in the key. Source: docs/design, rule 11."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cpal, Done
from tests.support.ovsdb_server import OvsdbServer, port_of, running
from tests.support.pki import authority

CANARY = "canary-7f3d9e51-sings-in-the-key"
DOCUMENT = """
project: shop
targets:
  dc: {{driver: ovn, credential: "file:{pki}", endpoints: {{northbound: "{endpoint}", southbound: "{endpoint}"}}}}
networks:
  web: {{cidr: 10.0.1.0/24}}
"""


class Secrets:
    """What must stay where it is: a line beside the key in its file, and a line of the key itself."""

    def __init__(self, key: Path) -> None:
        body = [line for line in key.read_text().splitlines() if not line.startswith("-----")]
        key.write_text(f"{CANARY}\n{key.read_text()}")
        self.words = [CANARY.encode(), body[1].encode()]

    def inside(self, data: bytes) -> list[bytes]:
        """Which of them are in it."""
        return [word for word in self.words if word in data]

    def files(self, *folders: Path) -> list[Path]:
        """The files in these folders with any of them in."""
        files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
        return [file for file in files if self.inside(file.read_bytes())]


@contextmanager
def arguments() -> Iterator[set[bytes]]:
    """The command lines of all processes of the machine, seen again and again while the body runs."""
    found: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    found.add(entry.read_bytes())
                except OSError:
                    continue  # it has just ended
            over.wait(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    """A directory with a key, its certificate and their authority."""
    authority(tmp_path / "pki", "cpal")
    return tmp_path / "pki"


@pytest.fixture
def server(pki: Path, tmp_path: Path) -> Iterator[OvsdbServer]:
    """A Northbound database that speaks TLS."""
    options = [f"--private-key={pki}/key.pem", f"--certificate={pki}/cert.pem", f"--ca-cert={pki}/ca.pem"]
    found = OvsdbServer("/usr/share/ovn/ovn-nb.ovsschema", tmp_path / "db", ["pssl:0:127.0.0.1"], options)
    with running(found):
        yield found


def everything_said(cpal: Cpal, document: str) -> Iterator[Done]:
    """What the program prints on the way of a document to the target and after, with as much as it ever tells."""
    yield cpal("plan", document, "--detail")
    yield cpal("plan", document, "--format", "json", "--out", "plan.json")
    yield cpal("apply", "plan.json", "--yes", "--detail")
    for words in (
        ("set", "network", "web", "--mtu", "1300", "--format", "json"),
        ("diff", "0", "--detail"),
        ("diff", "0", "--format", "json"),
        ("history", "--format", "json"),
        ("get", "targets", "--format", "json"),
        ("show", "target", "dc"),
        ("undo", "--yes", "--detail"),
    ):
        yield cpal(*words)
    exported = cpal("export")
    cpal.write("exported.yaml", exported.out)
    yield exported
    yield cpal("backup", "copy.db")


def faults_said(cpal: Cpal, server: OvsdbServer, pki: Path) -> Iterator[Done]:
    """What it prints when the key does not do: one that is damaged, one that is not there, and nobody to show it to."""
    sound = (pki / "key.pem").read_text()
    (pki / "key.pem").write_text(sound.replace("-----END", "----END"))
    yield cpal("plan", "--format", "json", code=None)
    yield cpal("plan", code=None)
    (pki / "key.pem").rename(pki / "away.pem")
    yield cpal("plan", code=None)
    (pki / "away.pem").rename(pki / "key.pem")
    (pki / "key.pem").write_text(sound)
    server.kill()
    yield cpal("plan", "--format", "json", code=10)


def test_a_canary_in_a_key_is_heard_nowhere_else(cpal: Cpal, server: OvsdbServer, pki: Path) -> None:
    secrets = Secrets(pki / "key.pem")
    endpoint = f"ssl:127.0.0.1:{port_of(server)}"
    document = cpal.write("dc.yaml", DOCUMENT.format(pki=pki, endpoint=endpoint))
    cpal.environment["CPAL_DEBUG"] = "1"
    with arguments() as seen:
        said = [*everything_said(cpal, document), *faults_said(cpal, server, pki)]
    assert [done.code for done in said[-4:]] == [3, 3, 3, 10], [done.err for done in said[-4:]]
    for done in said:
        assert secrets.inside((done.out + done.err).encode()) == []
    assert f"file:{pki}" in said[0].out + said[1].out, "the reference is told"
    assert [line for line in seen if b"plan.json" in line], "its own command lines were seen"
    assert [line for line in seen if secrets.inside(line)] == []
    files = {file.name for file in (cpal.home, cpal.directory) for file in file.rglob("*")}
    assert {"store.db", "plan.json", "copy.db", "exported.yaml", "ovsdb.db", "ovsdb.log"} <= files
    assert secrets.files(cpal.home, cpal.directory) == [pki / "key.pem"], "there, and so it would be found elsewhere"
