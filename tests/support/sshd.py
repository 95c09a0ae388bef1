"""A real sshd of this machine, that lets a key of the test's in."""

from __future__ import annotations

import getpass
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.emulated import until


class Host(NamedTuple):
    """An sshd: where it listens, and the directory of keys and configurations.

    `user` is a key that it lets in, `closed` another with the passphrase `open sesame`; `host` is its own key, which
    `authority` signed for 127.0.0.1. `config` is a configuration of SSH that leads there.
    """

    port: int
    directory: Path

    def key(self, name: str) -> str:
        """A public key, as it stands in a file of known hosts."""
        return " ".join((self.directory / f"{name}.pub").read_text().split()[:2])

    @property
    def named(self) -> str:
        """Itself in a file of known hosts."""
        return f"[127.0.0.1]:{self.port}"


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> None:
    """Make a pair of keys."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path)], check=True)


@contextmanager
def sshd(directory: Path, subsystem: str = "") -> Iterator[Host]:
    """It runs; with a subsystem, by its name and the command, in which `{port}` is where it listens."""
    for name in ("host", "user", "authority"):
        make_key(directory / name)
    make_key(directory / "closed", passphrase="open sesame")
    signed = ["-s", str(directory / "authority"), "-I", "host", "-h", "-n", "127.0.0.1", str(directory / "host.pub")]
    subprocess.run(["ssh-keygen", "-q", *signed], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Host(port, directory)
    (directory / "authorized").write_text(f"{found.key('user')}\n{found.key('closed')}\n")
    (directory / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {directory}/host\nHostCertificate {directory}/host-cert.pub\n"
        f"AuthorizedKeysFile {directory}/authorized\nPidFile {directory}/pid\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin yes\nMaxAuthTries 3\n"
        + (f"Subsystem {subsystem.format(port=port)}\n" if subsystem else "")
    )
    (directory / "known_hosts").write_text(f"{found.named} {found.key('host')}\n")
    common = f"  UserKnownHostsFile {directory}/known_hosts\n  User {getpass.getuser()}\n  Port {port}\n"
    (directory / "config").write_text(
        f"Host near\n  HostName 127.0.0.1\n  IdentityFile {directory}/user\n{common}"
        f"Host far\n  HostName 127.0.0.1\n  IdentityFile {directory}/user\n  ProxyJump near\n{common}"
        f"Host agent\n  HostName 127.0.0.1\n{common}"
    )
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    daemon = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(directory / "sshd_config")])
    try:
        until(lambda: _listens(port))
        yield found
    finally:
        daemon.terminate()
        daemon.wait()


@contextmanager
def agent(place: Path, *keys: Path) -> Iterator[str]:
    """An agent that has these keys, which have no passphrase; where it listens."""
    daemon = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        until(place.exists)
        for key in keys:
            subprocess.run(["ssh-add", "-q", str(key)], check=True, env={"SSH_AUTH_SOCK": str(place)})
        yield str(place)
    finally:
        daemon.terminate()
        daemon.wait()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
