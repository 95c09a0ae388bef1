"""The unit for systemd starts the program with words that it knows, as nobody in particular."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from cpal.faces.cli.serve import serve
from tests.source import ROOT

UNIT = ROOT / "examples" / "cpal-serve.service"


@pytest.fixture
def service() -> dict[str, str]:
    """What the unit says of its process."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units have capitals
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return dict(parser["Service"])


def test_its_command_is_one_that_the_program_takes(service: dict[str, str]) -> None:
    program, verb, *words = shlex.split(service["ExecStart"])
    assert (Path(program).name, verb) == ("cpal", "serve")
    with serve.make_context("serve", words) as context:
        assert context.params["networking"].startswith("127.0.0.1:")


def test_its_state_is_its_own(service: dict[str, str]) -> None:
    assert service["Environment"] == f"CPAL_HOME=/var/lib/{service['StateDirectory']}"
    assert (service["StateDirectoryMode"], service["UMask"]) == ("0700", "0077")
    assert service["User"] != "root"
    assert service["CapabilityBoundingSet"] == ""


def test_systemd_has_nothing_to_say_about_it(tmp_path: Path) -> None:
    """Where systemd is not installed, the tests above are what there is."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/usr/local/bin/cpal", "/bin/true"), encoding="utf-8")
    done = subprocess.run([analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert UNIT.name not in done.stderr, done.stderr
