"""A document that is followed to the letter: its commands run in one shell, in order, and what it shows must come.

    a line `$ command` of an indented block   is run; a line that ends with a backslash goes on in the next
    the lines below it                        must be printed, in this order; between them there may be others
    `...`                                     stands for any lines, and at a line's end for the rest of it
    a fenced block after "... into `NAME`:"   is written to that file

`cpal serve` and `cpal lab emulate` are terminals of their own: one goes on until the document starts another, as after
a Ctrl-C, or ends. At another address a server is one of another machine: it has a state directory of its own, and those
at other addresses go on.
Ids, MAC addresses, times and column widths may differ. A command fails exactly where what is shown is an error.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.warm import program

TIMEOUT_S = 60.0
SERVERS = {"cpal serve": "networking at", "cpal lab emulate": "Ctrl-C ends it"}
"""Commands that go on in the foreground, and what each says once it is ready."""
LOOPBACK = "127.0.0.1"
_INTO = re.compile(r"into `([^`]+)`:\n\n```\w*\n(.*?)^```$", re.M | re.S)
_ERROR = re.compile(r"^(error:|Failed to |\w+Exception:|No \w+ found|curl: )", re.M)
_VARIES = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b"), "MAC"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\S*)"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{6}\b"), "TIME"),
    (re.compile(r"\.\d{4,5} > "), ".PORT > "),
    (re.compile(r"\bid \d+, seq \d+"), "id, seq"),
    (re.compile(r"\bicmp_seq=\d+"), "icmp_seq"),
    (re.compile(r"\btime[= ][\d.]+ ?ms"), "time"),
    (re.compile(r"[ \t]+|-{2,}"), " "),
)


@dataclass
class Step:
    """A command and what a document shows of it; or a file to write, with its text."""

    line: int
    command: str = ""
    shown: list[str] = field(default_factory=list)
    file: str = ""
    text: str = ""

    @property
    def fails(self) -> bool:
        """Whether the document shows an error."""
        return bool(_ERROR.search("\n".join(self.shown)))


def steps(document: str) -> list[Step]:
    """What a document has a reader do, in order."""
    written = [
        Step(document.count("\n", 0, found.start()) + 1, file=found[1], text=found[2])
        for found in _INTO.finditer(document)
    ]
    return sorted([*written, *_commands(_FENCED.sub(_blank, document))], key=lambda step: step.line)


_FENCED = re.compile(r"^```.*?^```$", re.M | re.S)


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _commands(document: str) -> Iterator[Step]:
    step: Step | None = None
    for number, line in enumerate(document.splitlines(), 1):
        if not line.startswith("    "):
            if step:
                yield step
            step = None
        elif line.startswith("    $ "):
            if step:
                yield step
            step = Step(number, line[6:])
        elif step and step.command.endswith("\\"):
            step.command += "\n" + line[4:]
        elif step:
            step.shown.append(line[4:])
    if step:
        yield step


class Reader:
    """One who follows documents in a directory, with an environment.

    `ports` are used instead of the usual ones, and `places` instead of those that the document names.
    """

    def __init__(
        self, directory: Path, environment: Mapping[str, str], ports: Mapping[int, int], places: Mapping[str, str] = {}
    ) -> None:
        self._directory = directory
        self._ports = ports
        self._places = places
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {**environment, "COLUMNS": "120", "LC_ALL": "C.UTF-8"}
        self._shell = subprocess.Popen(
            ["bash", "--norc"], cwd=directory, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1,
        )  # fmt: skip

    def close(self) -> None:
        """End the server, as by Ctrl-C, and the shell."""
        for host in list(self._servers):
            self._stop(host)
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.close()
        self._shell.wait(TIMEOUT_S)
        self._shell.stdout.close()

    def follow(self, document: str) -> None:
        """Do all that a document says, and see what it shows."""
        for step in steps(document):
            if step.file:
                (self._directory / step.file).write_text(self._elsewhere(step.text), encoding="utf-8")
            elif kind := next((kind for kind in SERVERS if step.command.startswith(kind)), ""):
                self._serve(step, kind)
            else:
                code, said = self.run(step.command)
                assert (code != 0) is step.fails, f"line {step.line}: $ {step.command}\nended with {code}:\n{said}"
                check(step, said)

    def run(self, command: str) -> tuple[int, str]:
        """How a command ends, and what it prints, with the usual ports."""
        code, said = self._run(self._elsewhere(command))
        return code, self._usual(said)

    def _run(self, command: str) -> tuple[int, str]:
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{command}\nended=$?; echo; echo =ended= $ended\n")
        said = ""
        for line in self._shell.stdout:
            if line.startswith("=ended= "):
                return int(line.split()[1]), said.removesuffix("\n")
            said += line
        raise AssertionError(f"the shell ended at: {command}\n{said}")

    def _serve(self, step: Step, kind: str) -> None:
        words = shlex.split(self._elsewhere(step.command.replace("\\\n", "")))
        told = re.search(r"--networking[ =]([\d.]+):", " ".join(words))
        host = told[1] if told else LOOPBACK
        self._stop(host)
        for name, usual in (("networking", 9696), ("identity", 5000)) if kind == "cpal serve" else ():
            if f"--{name}" not in words:
                words += [f"--{name}={host}:{self._ports[usual]}"]
        log = self._log(host)
        with log.open("wb") as file:
            server = subprocess.Popen(words, cwd=self._directory, env=self._at(host), stdout=file, stderr=file)
        self._servers[host] = server
        deadline = time.monotonic() + TIMEOUT_S
        while SERVERS[kind] not in (said := log.read_text(encoding="utf-8")):
            assert server.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        check(step, self._usual(said))

    def _at(self, host: str) -> dict[str, str]:
        """The environment of a machine: what the shell has that is cpal's, and, on another one, another directory."""
        _, said = self._run("env")
        own = dict(line.split("=", 1) for line in said.splitlines() if line.startswith("CPAL_"))
        others = [other for other in self._servers if other != host]
        return {**self._environment, **own, "CPAL_HOME": own["CPAL_HOME"] + (f".{host}" if others else "")}

    def _log(self, host: str) -> Path:
        return self._directory / f"server-{host}.log"

    def _stop(self, host: str) -> None:
        if server := self._servers.pop(host, None):
            server.send_signal(signal.SIGINT)
            assert server.wait(TIMEOUT_S) in (0, 130), self._log(host).read_text(encoding="utf-8")

    def _elsewhere(self, text: str) -> str:
        for place, used in self._places.items():
            text = text.replace(place, used)
        for usual, port in self._ports.items():
            text = re.sub(rf"(:|port[ =]|control ){usual}\b", rf"\g<1>{port}", text)
        return text

    def _usual(self, text: str) -> str:
        for place, used in self._places.items():
            text = text.replace(used, place)
        for usual, port in self._ports.items():
            text = re.sub(rf":{port}\b", f":{usual}", text)
        return text


def check(step: Step, said: str) -> None:
    """Raise AssertionError unless what was said has what the document shows."""
    lines = iter([plain(line) for line in said.splitlines()])
    for shown in step.shown:
        wanted = plain(shown)
        if wanted == "...":
            continue
        start = wanted.removesuffix("...")
        assert any(line == wanted or (start != wanted and line.startswith(start)) for line in lines), (
            f"line {step.line}: $ {step.command}\ndid not print: {shown}\nbut:\n{said}"
        )


def plain(line: str) -> str:
    """A line without what differs each time."""
    for pattern, word in _VARIES:
        line = pattern.sub(word, line)
    return line.strip()


def environment(home: Path, *names: str) -> dict[str, str]:
    """The environment of a reader: no credentials, a state directory, and in PATH `cpal` and such other programs."""
    paths = [*(Path(program(name)).parent for name in ("cpal", *names)), Path(sys.executable).parent]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return {**plain, "CPAL_HOME": str(home), "PATH": os.pathsep.join([*map(str, paths), os.environ["PATH"]])}
