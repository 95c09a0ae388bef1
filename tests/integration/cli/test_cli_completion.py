"""TAB in real, interactive shells: verbs, kinds, flags, files and the names that there are."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cpal.faces.cli import names
from tests.integration.cli.conftest import Cpal
from tests.support.postgresql import Postgresql, postgresql
from tests.support.terminal import Terminal

TIMEOUT_S = 20.0

START = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
PREPARE = {
    "bash": 'source ./script; keep() { printf %s "$READLINE_LINE" >typed.new; mv typed.new typed; }; '
    "bind -x '\"\\C-t\": keep'",
    "zsh": "autoload -U compinit; compinit -u -D; source ./script; "
    'keep() { print -rn -- "$BUFFER" >typed.new; mv typed.new typed }; zle -N keep; bindkey "^T" keep',
    "fish": "source ./script; function keep; commandline >typed.new; mv typed.new typed; end; bind \\ct keep",
}
"""What makes a shell complete cpal, and write what was typed so far into the file `typed` when Ctrl-T is."""


class Shell:
    """An interactive shell that completes."""

    def __init__(self, name: str, path: str, cpal: Cpal) -> None:
        self.name = name
        self._directory = cpal.directory
        cpal.write("script", cpal("completion", name).out)
        environment = {**cpal.environment, "TERM": "xterm", "HOME": str(cpal.directory)}
        self._terminal = Terminal([path, *START[name]], environment, cpal.directory)
        self._terminal.type(f"{PREPARE[name]}\r")
        self._terminal.type("touch ready\r")
        self._await("ready")

    def complete(self, typed: str) -> str:
        """What stands on the line after TAB, without blanks at its end."""
        self._terminal.type(f"{typed}\t")
        self._terminal.type("\x14")
        line = self._await("typed")
        self._terminal.type("\x15")
        return line.rstrip()

    def close(self) -> None:
        """End it."""
        self._terminal.close()

    def _await(self, name: str) -> str:
        file = self._directory / name
        give_up_at = time.monotonic() + TIMEOUT_S
        while not file.exists():
            assert time.monotonic() < give_up_at, f"{name} did not come:\n{self._terminal.shown()}"
            time.sleep(0.01)
            self._terminal.drain()
        text = file.read_text(encoding="utf-8")
        file.unlink()
        return text


@pytest.fixture(params=list(START))
def shell(request: pytest.FixtureRequest, groups: Cpal, shell_path: Callable[[str], str]) -> Iterator[Shell]:
    """Each shell in turn, with two projects' security groups to complete."""
    groups.write("estate.yaml", "project: shop\n")
    found = Shell(request.param, shell_path(request.param), groups)
    yield found
    found.close()


CASES = {
    "cpal pl": "cpal plan",
    "cpal lab st": "cpal lab status",
    "cpal get floa": "cpal get floating-ips",
    "cpal show address-g": "cpal show address-group",
    "cpal show address-group off": "cpal show address-group offices",
    "cpal show address-group red/": "cpal show address-group red/offices",
    "cpal show security-group b": "cpal show security-group blue/",
    "cpal show security-group blue/": "cpal show security-group blue/web",
    "cpal get address_groups off": "cpal get address_groups offices",
    "cpal delete address-group o": "cpal delete address-group offices",
    "cpal plan --exi": "cpal plan --exit-code",
    "cpal plan est": "cpal plan estate.yaml",
    "cpal plan estate.yaml --format js": "cpal plan estate.yaml --format json",
    "cpal create network --net": "cpal create network --network-type",
    "cpal create network n --network-type vx": "cpal create network n --network-type vxlan",
    "cpal create network n --project=bl": "cpal create network n --project=blue",
    "cpal create security-group-rule --security-group blue/": (
        "cpal create security-group-rule --security-group blue/web"
    ),
    "cpal create security-group-rule --remote-address-group o": (
        "cpal create security-group-rule --remote-address-group offices"
    ),
    "cpal create port p --security-groups x,red/": "cpal create port p --security-groups x,red/web",
    "cpal completion z": "cpal completion zsh",
}


def test_tab_completes(shell: Shell) -> None:
    got = {typed: shell.complete(typed) for typed in CASES}
    wanted = dict(CASES)
    for typed in ("cpal plan estate.yaml --format js", "cpal show security-group b"):
        assert got[typed].startswith(wanted[typed]), "json and jsonl begin alike; project/ leads on"
        got[typed] = wanted[typed]
    assert got == wanted


def test_tab_offers_what_was_made_since(shell: Shell, groups: Cpal) -> None:
    groups("create", "address-group", "warehouse", "--project", "blue", "--addresses", "192.0.2.9")
    assert shell.complete("cpal show address-group w") == "cpal show address-group warehouse"
    groups("delete", "address-group", "warehouse", "--yes")
    assert shell.complete("cpal show address-group w") == "cpal show address-group w"


def test_tab_makes_the_names_again_when_they_are_gone_or_stale(shell: Shell, groups: Cpal) -> None:
    (groups.home / "names").unlink()
    assert shell.complete("cpal show address-group off") == "cpal show address-group offices"
    stamp = groups.home / "names" / "stamp"
    before = stamp.stat().st_mtime_ns
    (groups.home / "store.db").touch()
    assert shell.complete("cpal show address-group off") == "cpal show address-group offices"
    assert (groups.home / "names" / "stamp").stat().st_mtime_ns > before


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A PostgreSQL server."""
    with postgresql() as found:
        yield found


@pytest.mark.parametrize("name", list(START))
def test_tab_completes_names_of_a_store_on_a_server(
    name: str, cpal: Cpal, shell_path: Callable[[str], str], server: Postgresql
) -> None:
    """Made on another machine, made and deleted on this one, and while the server is away."""
    elsewhere = Cpal(cpal.home / "elsewhere", cpal.directory)
    cpal.environment["CPAL_STORE"] = elsewhere.environment["CPAL_STORE"] = server.create(name)
    until = cpal.home / "names" / "until"
    make = ("create", "address-group", "--project", "red", "--addresses", "192.0.2.9")
    elsewhere("create", "project", "red")
    elsewhere(*make, "warehouse")
    shell = Shell(name, shell_path(name), cpal)
    try:
        assert shell.complete("cpal show address-group w") == "cpal show address-group warehouse"
        elsewhere(*make, "xylophones")
        until.write_text("0\n")  # as when time has passed
        assert shell.complete("cpal show address-group x") == "cpal show address-group xylophones"
        cpal("delete", "address-group", "xylophones", "--yes")
        assert shell.complete("cpal show address-group x") == "cpal show address-group x"
        server.stop()
        until.write_text("0\n")
        assert shell.complete("cpal show address-group w") == "cpal show address-group warehouse"
        assert int(until.read_text()) > 0
    finally:
        shell.close()
        server.start()


def test_names_of_a_file_are_not_those_of_a_server(groups: Cpal, server: Postgresql) -> None:
    groups.environment["CPAL_STORE"] = server.create("names")
    groups("create", "project", "green")
    assert (groups.home / "names" / "project" / "_").read_text() == "green\n"
    del groups.environment["CPAL_STORE"]
    groups("get", "projects")
    assert "red" in (groups.home / "names" / "project" / "_").read_text()


def test_a_name_is_never_run(shell: Shell, groups: Cpal) -> None:
    name = "z$(touch pwned)`touch pwned`; touch pwned"
    groups("create", "address-group", name, "--project", "red", "--addresses", "192.0.2.1")
    completed = shell.complete("cpal show address-group z")
    if shell.name == "bash":
        shell.complete("cpal --x]$(touch pwned) --a[$(touch pwned)]=")
    assert not (groups.directory / "pwned").exists()
    assert completed.startswith("cpal show address-group z")
    command = f"printf '%s\\n' {completed.removeprefix('cpal')}"
    done = subprocess.run([shell.name, "-c", command], capture_output=True, text=True, check=True, cwd=groups.directory)
    assert done.stdout.splitlines()[-1] == name
    assert not (groups.directory / "pwned").exists()


def test_many_names_are_offered_by_their_beginnings(shell: Shell, groups: Cpal) -> None:
    shutil.rmtree(groups.home / "names", ignore_errors=True)
    pairs = [("red", f"host{n:04}") for n in range(3000)]
    kind = groups.home / "names" / "address_group"
    (groups.home / "names").resolve().joinpath("address_group").mkdir(exist_ok=True)
    for prefix, lines in names.candidates({"address_group": pairs})["address_group"].items():
        (kind / names.file_of(prefix)).write_text("".join(f"{line}\n" for line in lines))
    (groups.home / "names" / "stamp").touch()
    assert shell.complete("cpal show address-group host271") == "cpal show address-group host271"
    assert shell.complete("cpal show address-group host2713") == "cpal show address-group host2713"
    assert shell.complete("cpal show address-group hos") == "cpal show address-group host"


def test_without_a_store_only_words_are_completed(cpal: Cpal, shell_path: Callable[[str], str]) -> None:
    bash = Shell("bash", shell_path("bash"), cpal)
    try:
        assert bash.complete("cpal show network x") == "cpal show network x"
        assert bash.complete("cpal lab ex") == "cpal lab exec"
    finally:
        bash.close()
    assert not (cpal.home / "names").exists()


def test_the_bare_interpreter_loads_nothing_of_cpal(groups: Cpal) -> None:
    script = str(Path(names.__file__).resolve())
    (groups.home / "names").unlink()
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", script, str(groups.home)], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert (groups.home / "names" / "stamp").exists()
    assert not any(word in done.stderr for word in ("cpal.", "msgspec", "click", "asyncio"))
