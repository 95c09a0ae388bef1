"""A file system that is full, as people meet it: the store's, the output's, that of a file they named.

Each little file system is a tmpfs in a mount namespace of its own: nobody else sees it, and it goes with its processes.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.integration.cli.conftest import PROGRAM, Cpal
from tests.support.emulated import emulated
from tests.support.warm import program

PAGE = 4096
SCRIPT = """
set -u
mount -t tmpfs -o size=1m none "$LITTLE"
{before}
head -c 2000000 /dev/zero >"$LITTLE/fill" 2>/dev/null
truncate --size "-$FREE" "$LITTLE/fill"
{on_full} >"$OUT" 2>"$ERR"
echo "code $?"
rm "$LITTLE/fill"
{after}
"""


def on_little_disk(
    cpal: Cpal, little: Path, on_full: str, before: str = "", after: str = "", free: int = 0
) -> tuple[int, str, str]:
    """The exit code of a shell command on a file system with `free` bytes left, its errors, and what `after` prints."""
    names = {"LITTLE": str(little), "FREE": str(free), "OUT": "/dev/null", "ERR": str(cpal.directory / "err")}
    script = SCRIPT.format(before=before, on_full=on_full, after=after).replace("cpal ", '"$@" ')
    wrap = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "bash", "-c", script, "bash"]
    done = subprocess.run(
        [*wrap, program("cpal")], cwd=cpal.directory, env={**cpal.environment, **names}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    first, _, rest = done.stdout.partition("\n")
    return int(first.removeprefix("code ")), (cpal.directory / "err").read_text(encoding="utf-8"), rest


@pytest.mark.parametrize("pages", [0, 4, 8, 9, 12, 20, 60])
def test_a_full_disk_under_the_store_is_said_and_nothing_is_half_done(cpal: Cpal, pages: int) -> None:
    """However little is left: either it is done, or it is said that the store has no space, and the next run sees to it
    that it is not.

    8 pages are what SQLite needs to open the store, so that with 8 the lock finds none.
    """
    code, error, after = on_little_disk(
        cpal, cpal.home, "cpal create project zz", before="cpal history 2>/dev/null", free=pages * PAGE,
        after="cpal plan >/dev/null 2>&1; cpal get projects --format jsonl; echo; cpal history --format csv",
    )  # fmt: skip
    projects, _, log = f"\n{after}".partition("\n\n")
    there = [json.loads(line)["name"] for line in projects.splitlines() if line]
    assert "proposed" not in log
    if code == 0:
        assert there == ["zz"]
        return
    assert (code, there) == (14, []), error
    assert str(cpal.home) in error, "it names the file"
    assert "free space" in error
    assert "output" not in error
    assert "fault of cpal" not in error


def test_with_no_space_at_all_it_is_refused_and_with_enough_it_is_done(cpal: Cpal) -> None:
    """What makes the test above one: both outcomes occur."""
    both = [on_little_disk(cpal, cpal.home, "cpal create project zz", free=free)[0] for free in (0, 100 * PAGE)]
    assert both == [14, 0]


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ("plan --out {}/plan.json", "plan.json"),
        ("backup {}/copy.db", "copy.db"),
        ("init {}/cpal.yaml", "cpal.yaml"),
    ],
)
def test_a_file_that_finds_no_space_is_named_and_not_left_in_pieces(groups: Cpal, words: str, file: str) -> None:
    little = groups.directory / "little"
    little.mkdir()
    code, error, left = on_little_disk(groups, little, f"cpal {words.format(little)}", after=f"ls {little}")
    assert code == 14
    assert f"{little}/{file}" in error
    assert "fault of cpal" not in error
    assert left.split() == []


def test_an_import_whose_document_finds_no_space_takes_nothing_over(cpal: Cpal) -> None:
    little = cpal.directory / "little"
    little.mkdir()
    cpal.environment["CPAL_DEVICE_PASSWORD"] = PASSWORD
    with emulated(Wanted("eos", "leaf1", plain=True)) as running:
        address = f"leaf1=eos+http://{USER}@127.0.0.1:{running['leaf1'].port}"
        words = f"cpal import --device {address} --output {little}/taken.yaml -y"
        code, error, left = on_little_disk(cpal, little, words, after=f"ls -A {little}; cpal get targets 2>&1")
        assert code == 14, error
        assert f"{little}/taken.yaml" in error
        assert "taken.yaml" not in left
        assert "there are no targets" in left
        code, error, left = on_little_disk(cpal, little, words, free=9 * PAGE, after=f"cat {little}/taken.yaml")
        assert code == 0, error
        assert "endpoints" in left


def test_a_lab_that_finds_no_space_says_so(cpal: Cpal) -> None:
    code, error, after = on_little_disk(cpal, cpal.home, "cpal lab up -q", after="cpal lab down; cpal lab status")
    assert code == 14, error
    assert str(cpal.home) in error
    assert "lab down" in after


def test_output_that_finds_no_space_is_said(cpal: Cpal) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:  # Source: full(4)
        done = subprocess.run(
            [*PROGRAM, "schema"], stdout=full, stderr=subprocess.PIPE, text=True, env=cpal.environment, check=False
        )
    assert done.returncode == 14
    assert "the output cannot be written: no space is left" in done.stderr
    assert "fault of cpal" not in done.stderr
