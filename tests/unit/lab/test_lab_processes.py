"""Only the right process is ever ended, whatever it is called and whatever happens to its pid."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cpal.errors import Failed, Missing, TimedOut
from cpal.lab.layout import Layout, base_environment
from cpal.lab.pids import record, recorded, start_time
from cpal.lab.processes import Process, end, find, run, start_detached, until


@contextmanager
def sleeper(
    layout: Layout, program: str = "sleep", role: str = "r"
) -> Iterator[tuple[subprocess.Popen[bytes], Process]]:
    """A process that sleeps, marked as the lab's, and how the lab sees it."""
    with subprocess.Popen([program, "60"], env=layout.environment(role)) as process:
        try:
            # Popen hears that the program was started before the kernel has set out its environment.
            until(lambda: any(each.pid == process.pid for each in find(layout)), 30, program)
            [found] = [each for each in find(layout) if each.pid == process.pid]
            yield process, found
        finally:
            process.kill()


def test_a_marked_process_is_found_and_ended(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    with sleeper(layout, role="hv1/x") as (process, found):
        assert found.role == "hv1/x"
        assert process.pid not in {each.pid for each in find(Layout.of(tmp_path / "another"))}
        end([found])
        assert process.wait() == -signal.SIGTERM
        assert find(layout) == []
        end([found])


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    argv = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]
    environment = Layout.of(tmp_path).environment("deaf")
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        end([Process(process.pid, start_time(process.pid), "deaf", "")], grace_s=0.1)
        assert process.wait() == -signal.SIGKILL


def test_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    with sleeper(Layout.of(tmp_path)) as (process, found):
        end([replace(found, started=found.started - 1)])
        assert process.poll() is None


def test_a_record_names_a_process_only_while_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "x.started"
    assert recorded(file) is None
    with subprocess.Popen(["sleep", "60"]) as process:
        record(file, process.pid)
        assert recorded(file) == process.pid
        later = file.read_text().split()
        process.kill()
        until(lambda: recorded(file) is None, 5, "the end of a process that nobody has waited for")
    file.write_text(f"{later[0]} {int(later[1]) + 1}")
    assert recorded(file) is None


@pytest.mark.parametrize("name", ["a) b (c", "1 2 3 4 5", ") R 1 1"])
def test_a_start_time_is_read_whatever_the_program_is_called(tmp_path: Path, name: str) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    program = tmp_path / name
    shutil.copy(sleep, program)
    with sleeper(Layout.of(tmp_path), str(program)) as (process, found):
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        assert stat.startswith(f"{process.pid} ({name}) ")
        twenty_second = stat.removeprefix(f"{process.pid} ({name}) ").split()[22 - 3]
        assert found.started == start_time(process.pid) == int(twenty_second)


def test_what_a_tool_says_is_in_the_fault(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="exit code 3: no luck"):
        run(["sh", "-c", "echo no luck >&2; exit 3"], base_environment())
    with pytest.raises(Missing, match="no such program"):
        run(["no-such-program"], base_environment())
    with pytest.raises(TimedOut):
        run(["sleep", "5"], base_environment(), timeout_s=0.05)
    with pytest.raises(Failed, match="exit code 4 at its start: no luck"):
        start_detached(["sh", "-c", "echo no luck; exit 4"], base_environment(), tmp_path / "log")
    with pytest.raises(Missing, match="install the Debian package ovn-central"):
        start_detached(["ovn-northd"], {"PATH": str(tmp_path)}, tmp_path / "log")


def test_waiting_ends_with_the_fault_of_what_did_not_come() -> None:
    until(lambda: True, 0, "now")
    with pytest.raises(TimedOut, match="the moon"):
        until(lambda: False, 0.05, "the moon")
