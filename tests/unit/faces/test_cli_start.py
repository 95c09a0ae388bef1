"""The program starts with little: help, version and a wrong word load no engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "asyncio",
    "cpal.engine",
    "cpal.model",
    "cpal.lab",
    "immutables",
    "msgspec",
    "numba",
    "numpy",
    "pyarrow",
    "pyroute2",
    "rich",
    "sqlite3",
    "yaml",
)


def loaded_by(words: list[str]) -> set[str]:
    """The modules that a run of the program loads."""
    script = (
        "import sys\nfrom cpal.faces.cli.main import run\ncode = run(sys.argv[1:])\n"
        "print('MODULES', *sys.modules, file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    return set(done.stderr.rpartition("MODULES")[2].split())


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["frobnicate"], []])
def test_what_answers_by_itself_loads_no_engine(words: list[str]) -> None:
    loaded = loaded_by(words)
    assert "cpal.faces.cli.main" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_what_only_reads_the_store_loads_no_driver_and_nothing_of_people_and_for_a_pipe_no_rich() -> None:
    loaded = loaded_by(["history"])
    assert "cpal.engine.store" in loaded
    assert [
        name for name in ("cpal.drivers.ovn", "cpal.ovsdb", "jwt", "argon2", "cryptography", "rich") if name in loaded
    ] == []
    assert [name for name in loaded if name.endswith(".target") and name.startswith("cpal.drivers.")] == []
