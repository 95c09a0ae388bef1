"""A call of a warm program is what a start of it would be: given the same, ended alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.warm import program, worker

NAMESPACES = ("mnt", "net")


def main() -> int:
    """The program that is kept warm here: it tells what it was given, waits, listens, or fails."""
    if sys.argv[1] == "wait":
        print("waiting", os.getpid(), flush=True)
        signal.pause()
    if sys.argv[1] == "listen":
        signal.signal(signal.SIGINT, lambda *_: sys.exit(4))
        print("listening", flush=True)
        signal.pause()
    if sys.argv[1] == "fail":
        raise ValueError(sys.argv[1])
    places = [str(Path(f"/proc/self/ns/{name}").readlink()) for name in NAMESPACES]
    print(json.dumps([sys.argv[1:], os.environ.get("SAID"), str(Path.cwd()), sys.stdin.read(), places]))
    return 3


def called(*words: str) -> list[str]:
    """The command that calls it."""
    return [program(__name__), *words]


def test_it_has_its_words_environment_directory_and_input_and_its_code_comes_back(tmp_path: Path) -> None:
    done = subprocess.run(
        called("tell", "a b"), env={"SAID": "so"}, cwd=tmp_path, input="typed", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)[:4] == [["tell", "a b"], "so", str(tmp_path), "typed"]
    assert (done.returncode, done.stderr) == (3, "")


def test_what_it_raises_is_told_as_at_any_program_s_end() -> None:
    done = subprocess.run(called("fail"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "ValueError: fail")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it(number: signal.Signals) -> None:
    with subprocess.Popen(called("wait"), stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline().startswith(b"waiting ")
        process.send_signal(number)
        assert process.stdout.read() == b"", "it holds the other end no more"
        assert process.wait() == -number


def test_who_does_the_work_may_be_killed_itself_and_is_gone_when_the_command_is() -> None:
    with subprocess.Popen(called("wait"), stdout=subprocess.PIPE) as process:
        assert process.stdout
        _, pid = process.stdout.readline().split()
        assert worker(process.pid) == int(pid)
        os.kill(int(pid), signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not Path(f"/proc/{int(pid)}").exists()


def test_it_may_listen_to_a_signal_that_was_ignored_where_it_is_called() -> None:
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *called("listen")]
    with subprocess.Popen(ignoring, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"listening\n"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 4


def test_it_is_in_the_namespaces_that_it_is_called_from() -> None:
    if os.geteuid() != 0:
        pytest.skip("namespaces of one's own without a user's need root")
    tell = f'readlink {" ".join(f"/proc/self/ns/{name}" for name in NAMESPACES)}; exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-c", tell, "sh", *called("tell")], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    *places, told = done.stdout.splitlines()
    assert json.loads(told)[-1] == places
    assert places != [str(Path(f"/proc/self/ns/{name}").readlink()) for name in NAMESPACES]
