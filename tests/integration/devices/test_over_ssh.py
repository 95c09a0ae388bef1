"""Devices over SSH, by a real sshd: a Linux host by key and by agent, directly and through a jump host."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from pyroute2 import IPRoute

import cpal
from cpal.engine.credentials import PASSWORD
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import Rejected, TimedOut, Unauthenticated, Unreachable, Unreadable
from cpal.model.device.entry import Entry
from tests.support.emulated import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sshd lets only root in as another session")


class Host(NamedTuple):
    """An sshd: where it listens, and the directory of keys and configurations."""

    port: int
    directory: Path


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An sshd of this machine that lets one key in, and no password."""
    directory = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (directory / "authorized").write_text((directory / "user.pub").read_text())
    (directory / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {directory}/host\nAuthorizedKeysFile {directory}/authorized\n"
        f"PidFile {directory}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
    )
    key = " ".join((directory / "host.pub").read_text().split()[:2])
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}\n")
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
        yield Host(port, directory)
    finally:
        daemon.terminate()
        daemon.wait()


@pytest.fixture(autouse=True)
def configured(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration of SSH is the test's; there is no password, and no agent."""
    monkeypatch.setenv(CONFIGURATION, str(host.directory / "config"))
    monkeypatch.delenv(PASSWORD, raising=False)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.mark.parametrize("name", ["near", "far"])
def test_a_host_tells_over_ssh_what_netlink_says(name: str) -> None:
    with cpal.device(f"linux://{name}") as host, IPRoute() as netlink:
        assert host.facts.hostname == socket.gethostname()
        before = {link.get("ifname"): link.get("mtu") for link in netlink.get_links()}
        told_of, names = {each.name: each.mtu for each in host.interfaces.values()}, host.facts.interfaces
        links = before.items() & {(link.get("ifname"), link.get("mtu")) for link in netlink.get_links()}
        assert links <= told_of.items()
        assert {name for name, _ in links} <= set(names)
        told = {
            (each.name, found.ip)
            for each in host.addresses.values()
            for found in (*(each.ipv4 or ()), *(each.ipv6 or ()))
        }
        assert {("lo", "127.0.0.1"), ("lo", "::1")} <= told
        assert {found for _, found in told} >= {address.get("address") for address in netlink.get_addr(label="eth0")}
        assert {each.next_hop for each in host.routes("0.0.0.0/0")} == {
            route.get("gateway") for route in netlink.get_default_routes(family=socket.AF_INET)
        }
        assert host.native.run("echo", stdin="") == "\n"


def test_the_jump_host_is_gone_through(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (host.directory / "config").read_text()
    (host.directory / "elsewhere").write_text(text.replace("ProxyJump near", "ProxyJump nobody@127.0.0.1:1"))
    monkeypatch.setenv(CONFIGURATION, str(host.directory / "elsewhere"))
    with cpal.device("linux://far") as far, pytest.raises(Unreachable, match="Connection refused"):
        _ = far.facts


def test_a_key_of_the_agent_lets_in_and_no_key_does_not(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    with cpal.device("linux://agent") as stranger, pytest.raises(Unauthenticated, match="does not let"):
        _ = stranger.facts
    place = host.directory / "agent.socket"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        until(place.exists)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        subprocess.run(["ssh-add", "-q", str(host.directory / "user")], check=True)
        with cpal.device("linux://agent") as known:
            assert known.facts.vendor == "Linux"
    finally:
        agent.terminate()
        agent.wait()


def test_a_command_that_fails_or_does_not_end(host: Host) -> None:
    with cpal.device("linux://near") as near:
        with pytest.raises(Rejected, match="No such file"):
            near.native.run("ls /nowhere")
        assert near.facts.vendor == "Linux"
    with cpal.device("linux://near", timeout_s=1) as near, pytest.raises(TimedOut):
        near.native.run("sleep 60")
    with cpal.device("linux+local://here", timeout_s=1) as here, pytest.raises(TimedOut, match="has not ended"):
        here.native.run("sleep 60")


def test_a_host_without_netconf_is_said_to_speak_none(host: Host) -> None:
    with cpal.device("junos://near") as near, pytest.raises(Unreadable, match=r"speaks no NETCONF.*and NETCONF on\?"):
        _ = near.facts


def test_what_is_typed_to_try_by_hand_goes_where_cpal_went(host: Host) -> None:
    entry = Entry(name="leaf1", driver="linux", host="127.0.0.1", port=1, user="root")
    with cpal.device(entry) as gone, pytest.raises(Unreachable) as told:
        _ = gone.facts
    [command] = str(told.value).split("`")[1::2]
    tried = subprocess.run(shlex.split(command), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert "connect to host 127.0.0.1 port 1: Connection refused" in tried.stderr
