"""`make demo` and the example script, as a person meets them: processes of their own, and what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.lab.lab import Lab
from tests.integration.lab.conftest import left_behind, prefix_of
from tests.source import ROOT
from tests.support.terminal import Terminal

COLUMNS = 120


class Shown:
    """A demonstration that was shown: what was on the terminal, and where the lab that it leaves is."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "CPAL_HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        terminal = Terminal([str(ROOT / "tools" / "demo")], self.environment, ROOT, COLUMNS)
        try:
            self.code = terminal.finish()
            self.text = terminal.shown().replace("\r\n", "\n")
        finally:
            terminal.close()

    def part(self, command: str) -> str:
        """What was shown of one step."""
        _, _, after = self.text.partition(f"\n$ cpal {command}\n")
        return re.split(r"\n\$ cpal |\nOne packet of the underlay", after)[0]

    def shell(self, line: str) -> str:
        """What a line prints that a person copies from the end of the demonstration."""
        done = subprocess.run(
            ["bash", "-euc", line], cwd=ROOT, env=self.environment, input="y\n", capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def demo() -> Iterator[Shown]:
    """The demonstration, once."""
    home = Path(tempfile.mkdtemp(prefix="cpal-"))
    lab = Lab(home / "lab")
    try:
        yield Shown(home)
    finally:
        lab.down()
        assert left_behind(lab.directory, prefix_of(lab)) == []
        shutil.rmtree(home)


def test_it_shows_each_step_and_fits_the_terminal(demo: Shown) -> None:
    assert demo.code == 0, demo.text
    steps = re.findall(r"^\$ cpal (.*)$", demo.text, re.MULTILINE)
    document = "examples/two-tenants.yaml"
    assert steps == ["lab up --hypervisors 2", f"plan {document}", f"apply {document} --yes", "topology", "probe"]
    lines = [line for line in demo.text.splitlines() if "\r" not in line and "━━━━" not in line]
    assert max(map(len, lines)) <= COLUMNS


def test_the_plan_is_in_plain_words(demo: Shown) -> None:
    plan = demo.part("plan examples/two-tenants.yaml")
    assert re.search(
        r"^  \+ network +blue/app +geneve, VNI \d+, MTU 1442  \(examples/two-tenants\.yaml:\d+\)$", plan, re.M
    )
    assert re.search(r"^ops at lab: (\d+) rows \(\1 create\)$", plan, re.M)
    assert re.search(r"^  red/web1 -> red/db1  tcp/5432$", plan, re.M)
    assert re.search(r"^Done: revision 2, \d+ rows at lab\.$", demo.part("apply examples/two-tenants.yaml --yes"), re.M)


def test_the_topology_has_both_tenants_and_what_is_outside(demo: Shown) -> None:
    picture = demo.part("topology")
    for words in ("admin/public", "red/edge", "red/web", "red/db", "blue/app", "outside-flat"):
        assert words in picture
    assert re.search(r"web1  10\.0\.1\.\d+ .*hv1  floating 203\.0\.113\.\d+", picture)
    assert re.search(r"app2  10\.0\.1\.\d+ +hv2", picture)


def test_the_matrix_sets_predicted_beside_probed(demo: Shown) -> None:
    probe = demo.part("probe")
    assert "protocols that get through, predicted/observed" in probe
    [app1] = re.findall(r"^blue/app1 +(\S.*)$", probe.partition("from   ")[0], re.M)
    assert re.fullmatch(r"(\d+)/\1( +·)+ *", app1), "its own network alone, and there all that was tried"
    rows = re.findall(r"^(\S+) +(\S+) [0-9a-f.:]+ +(\S.*?) {2,}(\S.*?) *$", probe, re.M)
    assert len(rows) > 15
    assert [row for row in rows if row[2] != row[3]] == []
    assert re.search(r"^All \d+ flows are as predicted\.$", probe, re.M)


def test_a_geneve_packet_is_told_with_its_names(demo: Shown) -> None:
    packet = demo.text.partition("One packet of the underlay, with its names\n")[2]
    told = dict(re.findall(r"^  (UDP|Geneve|option) +(.*)$", packet, re.M))
    assert re.match(r"\d+ -> 6081 ", told["UDP"])
    names = re.fullmatch(r"VNI \d+ = network (red|blue)/\w+", told["Geneve"])
    assert names is not None
    assert re.search(rf"from port {names[1]}/\w+ \(key \d+\) to port {names[1]}/\w+ \(key \d+\)", told["option"])
    assert re.match(r"  IPv4 +hv\d 172\.31\.0\.1\d -> hv\d 172\.31\.0\.1\d\n", packet)


def test_what_it_says_to_try_next_works_and_so_does_taking_it_down(demo: Shown) -> None:
    """In the order in which it stands there, so that the last leaves no lab; the script of Python is tried between."""
    said = demo.text.partition("Try next:\n")[2]
    ports, ping, plan, undo = (line.strip() for line in said.partition("Take it all down:\n")[0].strip().splitlines())
    assert "ACTIVE" in demo.shell(re.split("  +", ports)[0])
    assert "3 received" in demo.shell(re.split("  +", ping)[0])
    assert "Nothing to do" in demo.shell(plan.partition(", then ")[2])
    assert "Done: revision 3" in demo.shell(re.split("  +", undo)[0])
    _the_script_does_in_ten_lines_what_the_demo_does(demo)
    demo.shell(said.partition("Take it all down:\n")[2].strip())
    assert not (demo.home / "lab").exists()


def _the_script_does_in_ten_lines_what_the_demo_does(demo: Shown) -> None:
    script = ROOT / "examples" / "two_tenants.py"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith(('"""', "import "))]) <= 10
    program = demo.shell(f"{sys.executable} {script.relative_to(ROOT)}")
    changed, proved = program.splitlines()
    assert re.fullmatch(r"(?!0 )\d+ records change, (?!0 )\d+ flows open, 0 close", changed)
    flows = re.search(r"All (\d+) flows are as predicted", demo.text)
    assert flows is not None
    assert proved == f"{flows[1]} of {flows[1]} flows are as predicted"
