"""A private PostgreSQL server for tests: own cluster, own socket, nothing of the system's, nothing kept on the disk.

with postgresql(tmp_path) as server:
    store = Store(PostgresqlDatabase(server.address("one"), "cpal"))
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"
"""Who it runs as: a PostgreSQL server refuses to be root's. Debian's package makes this user."""
TIMEOUT_S = 30.0
SETTINGS = ("listen_addresses=", "fsync=off", "autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "jit=off")
"""No network, and no work for a life that is longer than the tests'. Source: postgres(1), runtime-config.html"""


class Postgresql:
    """A server on a socket in a directory of its own, which lets everybody in who gets there."""

    def __init__(self) -> None:
        [self._programs] = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
        self.directory = Path(tempfile.mkdtemp(prefix="cpal-postgresql-"))
        self._process: subprocess.Popen[bytes] | None = None
        owner = pwd.getpwnam(USER)
        os.chown(self.directory, owner.pw_uid, owner.pw_gid)
        self.directory.chmod(0o755)
        self._run(
            "initdb",
            "--no-sync",
            "--pgdata=data",
            "--auth=trust",
            f"--username={USER}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )

    def address(self, database: str) -> str:
        """The address of a database there."""
        return f"postgresql://{USER}@/{database}?host={self.directory}"

    def create(self, database: str) -> str:
        """A new database; its address."""
        self.psql("postgres", f'CREATE DATABASE "{database}"')
        return self.address(database)

    def psql(self, database: str, statement: str) -> str:
        """What psql prints for a statement."""
        words = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", f"--dbname={self.address(database)}"]
        done = subprocess.run([*words, "--command", statement], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> None:
        """Start it, and return when it answers."""
        words = ["postgres", "-D", "data", "-k", str(self.directory), *(f"--{each}" for each in SETTINGS)]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._as_user(*words), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + TIMEOUT_S
        while subprocess.run(["pg_isready", "-q", "-h", str(self.directory)], check=False).returncode:
            said = (self.directory / "log").read_text()
            assert self._process.poll() is None, f"PostgreSQL ended:\n{said}"
            assert time.monotonic() < deadline, f"PostgreSQL is not ready:\n{said}"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, sessions and all; what was committed is there at the next start."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # postgres(1): fast shutdown
            self._process.wait(TIMEOUT_S)
            self._process = None

    def close(self) -> None:
        """End it and forget all."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _as_user(self, program: str, *words: str) -> list[str]:
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        return [*as_user, str(self._programs / program), *words]

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(self._as_user(program, *words), cwd=self.directory, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """A running server."""
    server = Postgresql()
    try:
        server.start()
        yield server
    finally:
        server.close()
