"""Private ovsdb-server processes for tests: own database, own socket, nothing of the system's.

    with ovsdb_server("/usr/share/ovn/ovn-nb.ovsschema", tmp_path) as endpoint:
        client = await Client.connect(endpoint, "OVN_Northbound")

`OvsdbServer` can do more: other remotes, be killed and started again on the same database.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

START_TIMEOUT_S = 20.0


class OvsdbServer:
    """One server process for one database file in a directory of its own.

    `endpoint` is its unix socket, `raft_address` where other servers of a cluster may find it; `remotes` are more of
    ovsdb-server's `--remote`s; `options` go to it as they are. The sockets lie in a short directory beside, since a
    unix path may have only 107 characters.
    """

    def __init__(
        self, schema: str | Path, directory: str | Path, remotes: Sequence[str] = (), options: Sequence[str] = ()
    ) -> None:
        self.directory = Path(directory)
        self.schema = Path(schema)
        self.database = self.directory / "ovsdb.db"
        self._sockets = Path(tempfile.mkdtemp(prefix="cpal-ovsdb-"))
        self.endpoint = f"unix:{self._sockets}/db.sock"
        self.raft_address = f"unix:{self._sockets}/raft"
        self.control = self._sockets / "control"
        self._remotes = [f"punix:{self._sockets}/db.sock", *remotes]
        self._options = list(options)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return (self.directory / "ovsdb.log").read_text()

    def start(self) -> None:
        """Start it, on the database there is or a new one, and return when it listens."""
        if not self.database.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            subprocess.run(["ovsdb-tool", "create", self.database, self.schema], check=True)
        Path(f"{self.database}.~lock~").unlink(missing_ok=True)
        for old in self._sockets.iterdir():
            old.unlink()
        with (self.directory / "ovsdb.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await_socket()

    def _command(self) -> list[str]:
        remotes = [f"--remote={remote}" for remote in self._remotes]
        unixctl = f"--unixctl={self.control}"
        return ["ovsdb-server", "--no-chdir", unixctl, *remotes, *self._options, str(self.database)]

    def _await_socket(self) -> None:
        assert self._process is not None
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not (self._sockets / "db.sock").exists() or not self.control.exists():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise AssertionError(f"ovsdb-server did not start:\n{self.log}")
            time.sleep(0.002)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it by a signal, by default one it cannot catch."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stop it from running, its sockets open."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End it and remove its sockets."""
        self.kill()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def transact(self, database: str, *ops: object) -> list[Any]:
        """What the server answers to a transaction, in OVSDB's JSON. Source: RFC 7047, section 4.1.3."""
        request = {"method": "transact", "params": [database, *ops], "id": 1}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(START_TIMEOUT_S)
            connection.connect(self.endpoint.removeprefix("unix:"))
            connection.sendall(json.dumps(request).encode())
            data, answer = b"", None
            while answer is None:
                data += connection.recv(1 << 20)
                with suppress(ValueError):
                    answer = json.loads(data)
        results: list[Any] = answer["result"]
        return results

    def dump(self, database: str, *table_and_columns: str) -> str:
        """What `ovsdb-client dump` says, as JSON."""
        command = ["ovsdb-client", "--format=json", "dump", self.endpoint, database, *table_and_columns]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def running(server: OvsdbServer) -> Iterator[OvsdbServer]:
    """The server, started; ended and cleaned up after."""
    try:
        require_ovsdb()
        server.start()
        yield server
    finally:
        server.close()


@contextmanager
def ovsdb_server(schema_path: str | Path, directory: str | Path) -> Iterator[str]:
    """The endpoint of a private server with an empty database of that schema; files in `directory`."""
    with running(OvsdbServer(schema_path, directory)) as server:
        yield server.endpoint


def require_ovsdb() -> None:
    """Skip the test where ovsdb-server is not installed."""
    if shutil.which("ovsdb-server") is None or shutil.which("ovsdb-tool") is None:
        pytest.skip("ovsdb-server is not installed (package openvswitch-switch)")


def port_of(server: OvsdbServer) -> int:
    """The TCP port that the kernel chose for the server, as its log tells."""
    match = re.search(r"0:[^ ]*: listening on port (\d+)", server.log)
    assert match, server.log
    return int(match[1])
