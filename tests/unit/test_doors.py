"""The doors of the repository: what installs, what locks, and what CI refuses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.source import ROOT

pytest_plugins = ["pytester"]

LOCKS = ("requirements.lock", "requirements-dev.lock")
PACKAGE_LINE = re.compile(r"[a-z0-9][a-z0-9.+-]+ +\S+ +# \S.*")


def wanted(extra: str) -> set[str]:
    """Normalised names of the packages that pyproject asks for, with an extra or without."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    words = [*project["dependencies"], *project["optional-dependencies"].get(extra, [])]
    return {re.sub(r"[_.]", "-", re.split(r"[^\w.-]", word)[0]).lower() for word in words}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_each_package_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if not entry.startswith("#")]
    assert all(re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert "://" not in text
    assert "-index" not in text
    extra = "dev" if "dev" in lock else ""
    assert wanted(extra) <= {entry.partition("==")[0] for entry in entries}


def test_both_locks_agree() -> None:
    texts = [(ROOT / lock).read_text(encoding="utf-8") for lock in LOCKS]
    pins = [set(re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE)) for text in texts]
    assert pins[0] <= pins[1]


def test_each_debian_package_says_its_program_and_why() -> None:
    lines = (ROOT / "tools" / "packages.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#") and not PACKAGE_LINE.fullmatch(line)] == []


@pytest.mark.parametrize(
    "script",
    ["tools/install", "tools/install-packages", "tools/lock", "tools/demo", ".ci/run", "tests/suites/install"],
)
def test_a_script_parses_and_is_executable(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / script], capture_output=True, check=False).stderr == b""


def test_make_help_names_every_door() -> None:
    doors = set(
        re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    )
    shown = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in shown.splitlines() if line.startswith("  make ")} == doors


SKIPPERS = """
import pytest

@pytest.fixture
def late():
    pytest.skip("in a fixture")

@pytest.mark.skip(reason="by mark")
def test_marked(): pass

def test_inside(): pytest.skip("inside")

def test_fixture(late): pass

@pytest.mark.xfail
def test_expected(): assert False

def test_runs(): pass
"""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A little project of tests under this repository's conftest."""
    shutil.copy(ROOT / "tests" / "conftest.py", pytester.path)
    monkeypatch.delenv("CI", raising=False)
    return pytester


def test_a_skip_is_a_skip_at_a_desk(inner: pytest.Pytester) -> None:
    inner.makepyfile(SKIPPERS)
    inner.runpytest_subprocess().assert_outcomes(passed=1, skipped=3, xfailed=1)


def test_a_skip_is_a_failure_in_ci(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    inner.makepyfile(SKIPPERS)
    monkeypatch.setenv("CI", "true")
    inner.runpytest_subprocess().assert_outcomes(passed=1, failed=2, errors=2)  # errors: skipped in set-up


def test_a_module_that_skips_itself_is_a_failure_in_ci(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    inner.makepyfile("import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass")
    monkeypatch.setenv("CI", "true")
    inner.runpytest_subprocess().assert_outcomes(errors=1)


def test_no_test_sees_a_users_state(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CPAL_HOME", str(tmp_path))
    inner.makepyfile(
        f"""
        import os, pathlib, pytest

        @pytest.fixture(scope="session")
        def early(): return os.environ["CPAL_HOME"]

        def test_one(early, cpal_home):
            assert {str(tmp_path)!r} not in (early, os.environ["CPAL_HOME"])
            assert os.environ["CPAL_HOME"] == str(cpal_home)
            assert len(str(cpal_home)) < 60
            (cpal_home / "left").touch()

        def test_two(cpal_home): assert not list(cpal_home.iterdir())
        """
    )
    inner.runpytest_subprocess().assert_outcomes(passed=2)
    assert list(tmp_path.iterdir()) == []
