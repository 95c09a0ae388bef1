"""The identity service as a process of its own, and the clients that people use against it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from openstack.connection import Connection

from cpal.faces.identity import openrc
from tests.support.warm import program

TIMEOUT_S = 60


class Service(NamedTuple):
    """A running service: its directory, its environment for clients, its log so far."""

    home: Path
    variables: dict[str, str]
    log: Path

    def openstack(self, *words: str, **variables: str) -> str:
        """What the `openstack` program prints.

        Raises:
            CalledProcessError: it fails.
        """
        plain = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environment = {**plain, **self.variables, **variables}
        done = subprocess.run(
            [program("openstack"), *words], env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
        return done.stdout.strip()

    def connection(self) -> Connection:
        """openstacksdk, signed in as the administrator."""
        auth = {
            "auth_url": self.variables["OS_AUTH_URL"],
            "username": "admin",
            "password": self.variables["OS_PASSWORD"],
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        return Connection(auth=auth, region_name="RegionOne", identity_api_version="3")


@contextmanager
def serving(home: Path, lifetime_s: int = 3600) -> Iterator[Service]:
    """A service in a directory, until the block ends; its tokens hold so long."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    log = home.with_suffix(".log")
    command = [program("tests.integration.identity.running"), str(home), str(port), str(lifetime_s)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n", log.read_text()
            yield Service(home, openrc.read(home), log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(TIMEOUT_S)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that the tests of a module share."""
    with serving(tmp_path_factory.mktemp("identity") / "home") as running:
        yield running
