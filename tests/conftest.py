"""What every test stands on: a private state directory, the sample corpora, and no skip where CI looks.

* `CPAL_HOME` is always a fresh temporary directory, so that no test touches a user's state. Its path is short, because
  unix sockets (108 bytes, unix(7)) may live in it.
* `corpora` is the directory of captures and configurations to test against (`CPAL_CORPORA`, else `shared/corpora`
  beside the checkout).
* Temporary files are in memory, where there is room and `TMPDIR` says nothing else: tests make, sync and delete tens of
  thousands, for which disks take up to half of the tests' time. They are gone when the tests have ended.
* With `CI=true` a skipped or expected failure is a failure: what CI does not run is not tested. What hypothesis draws
  is the same in each run there, so that a run tells of the change and not of its luck; elsewhere it goes on to search.
* The tests of a file run in one worker, in their order (`--dist loadfile`): what they share is there once, and what
  they leave behind meets nobody else's.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

SKIPS_ALLOWED_IN_CI: frozenset[str] = frozenset()
"""Ids of tests that CI may skip: none."""

settings.register_profile("cpal", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("cpal"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "cpal")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""How much of the memory must be free for temporary files, in bytes: many times what the tests have there at once."""

_home = pytest.StashKey[Path]()
_in_memory = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes what golden tests expect instead of comparing with it: read it before committing."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected files under tests/golden")


def pytest_configure(config: pytest.Config) -> None:
    """Point CPAL_HOME away from the user's state, and TMPDIR to memory, before any fixture of any scope can run."""
    if "TMPDIR" not in os.environ and memory_has_room():
        config.stash[_in_memory] = Path(tempfile.mkdtemp(prefix="", dir=MEMORY))
        config.stash[_in_memory].chmod(0o1777)
        os.environ["TMPDIR"] = tempfile.tempdir = str(config.stash[_in_memory])
        config.option.basetemp = config.option.basetemp or config.stash[_in_memory] / "t"
    config.stash[_home] = Path(tempfile.mkdtemp(prefix="cpal-"))
    os.environ["CPAL_HOME"] = str(config.stash[_home])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the tests left in their state directories."""
    shutil.rmtree(config.stash[_home], ignore_errors=True)
    if _in_memory in config.stash:
        shutil.rmtree(config.stash[_in_memory], ignore_errors=True)


def memory_has_room() -> bool:
    """Whether temporary files and programs can be in memory. Source: statvfs(3); shm_overview(7)."""
    try:
        found = os.statvfs(MEMORY)
    except OSError:
        return False
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= ROOM and os.access(MEMORY, os.W_OK)


def pytest_collection_finish() -> None:
    """Look for garbage no more among what was collected, which stays: half a million objects."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that did not run to its end is a failure in CI."""
    report = yield
    return refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself is a failure in CI."""
    report = yield
    return refuse_skip(report)


def refuse_skip(report: Report) -> Report:
    """The report, failed if it says skipped and CI looks."""
    if os.environ.get("CI") == "true" and report.skipped and report.nodeid not in SKIPS_ALLOWED_IN_CI:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} did not run: {reason}. With CI=true nothing may be skipped."
        report.__dict__.pop("wasxfail", None)
    return report


@pytest.fixture(autouse=True)
def cpal_home(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> Iterator[Path]:
    """A fresh state directory for this test, which CPAL_HOME names."""
    home = Path(tempfile.mkdtemp(prefix="", dir=pytestconfig.stash[_home]))
    monkeypatch.setenv("CPAL_HOME", str(home))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The directory of captures and configurations to test against."""
    folder = Path(os.environ.get("CPAL_CORPORA", ROOT.parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}; name them with CPAL_CORPORA")
    return folder
