"""Devices over SSH, by a real sshd: a Linux host by key and by agent, directly and through a jump host."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from collections.abc import Iterator

import pytest
from pyroute2 import IPRoute

import cpal
from cpal.engine.credentials import PASSWORD
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import Rejected, TimedOut, Unauthenticated, Unreachable, Unreadable
from cpal.model.device.entry import Entry
from tests.support.sshd import Host, agent, sshd

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sshd lets only root in as another session")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An sshd of this machine that lets keys in, and no password."""
    with sshd(tmp_path_factory.mktemp("sshd")) as found:
        yield found


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
    with agent(host.directory / "agent.socket", host.directory / "user") as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        with cpal.device("linux://agent") as known:
            assert known.facts.vendor == "Linux"


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
