"""A disk that is full: reads work, writes are refused and leave nothing, the operator is told, and room is enough."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import Caller, Cloud, cloud, free_ports
from tests.support.load import soon

SIZE_MB = 40


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Where a cloud is, whose state is on a small disk."""
    if os.geteuid() != 0:
        pytest.skip("a disk is mounted, which needs root")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0700", "tmpfs", str(home)], check=True)
    yield tmp_path
    subprocess.run(["umount", str(home)], check=True)


def filled(directory: Path) -> Path:
    """A file that leaves no room."""
    found = directory / "filler"
    with found.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return found
    raise AssertionError("the disk has no end")


def test_a_full_disk_refuses_writes_and_says_so_until_there_is_room(small: Path) -> None:
    [operations] = free_ports(1)
    with cloud(small, f"--operations=127.0.0.1:{operations}") as site:
        ready = Caller(f"http://127.0.0.1:{operations}", "", site._opened)
        before = site.administrator.post("networks", name="before")
        assert ready.call("GET", "/readyz").status == 200
        filler = filled(small / "home")
        refused(site, ready)
        filler.unlink()
        after = site.administrator.post("networks", name="after")
        soon(lambda: ready.call("GET", "/readyz").status == 200, "it is not ready though there is room")
        assert {each["id"] for each in site.administrator.list("networks")} == {before["id"], after["id"]}
        assert site.ops() == []


def refused(site: Cloud, ready: Caller) -> None:
    """Nothing can be kept: reads work, writes do not, and the place of the state is said in the log alone."""
    answers = [site.administrator.call("POST", "/v2.0/networks", {"network": {"name": "x" * 200}}) for _ in range(3)]
    assert [(each.status, each.fault) for each in answers] == [(507, "Disk")] * 3
    home = str(site.server.home)
    assert not any(home in str(each.body) for each in answers)
    said = site.server.log.read_text()
    assert said.count("POST /v2.0/networks: ") == 3
    assert home in said
    assert [each["name"] for each in site.administrator.list("networks")] == ["before"]
    answer = ready.call("GET", "/readyz")
    assert (answer.status, answer.body["ready"], list(answer.body["wrong"])) == (503, False, ["disk"])
