"""Whom cpal trusts over SSH, and which keys let it in, by a real sshd: what OpenSSH's own client does there as well."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import cpal
from cpal.engine.credentials import PASSWORD
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import CpalError, Invalid, Unauthenticated, Unreachable
from cpal.faces.device.inventory import read
from cpal.model.device.entry import Entry
from tests.support.sshd import Host, agent, make_key, sshd

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sshd lets only root in as another session")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An sshd."""
    with sshd(tmp_path_factory.mktemp("sshd")) as found:
        make_key(found.directory / "other")
        make_key(found.directory / "ecdsa", kind="ecdsa")
        yield found


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A file of known hosts."""
    return tmp_path / "known_hosts"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no password, and no agent."""
    monkeypatch.delenv(PASSWORD, raising=False)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def told(host: Host, known: Path, said: str = "", key: str = "user") -> tuple[str | CpalError, bool]:
    """What a device that the configuration leads to is, or why not; and whether OpenSSH's client gets there."""
    config = known.parent / "config"
    identity = f"  IdentityFile {host.directory / key}\n" if key else ""
    knows = "" if "KnownHostsFile" in said else f"  UserKnownHostsFile {known}\n"
    config.write_text(f"Host leaf\n  HostName 127.0.0.1\n  Port {host.port}\n{identity}{knows}{said}")
    words = ["ssh", "-F", str(config), "-o", "BatchMode=yes", "root@leaf", "true"]
    by_hand = subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    with pytest.MonkeyPatch.context() as here:
        here.setenv(CONFIGURATION, str(config))
        with cpal.device("linux://root@leaf") as leaf:
            try:
                return str(leaf.facts.vendor), by_hand
            except CpalError as error:
                return error, by_hand


LINES = {
    "its key": "{named} {host}",
    "its authority": "@cert-authority {named} {authority}",
    "its key, and others": "leaf9 {other}\n# a remark\n\n{named} {host}",
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("hashed", [False, True])
def test_a_host_that_is_known_is_trusted(host: Host, known: Path, line: str, hashed: bool) -> None:
    keys = {name: host.key(name) for name in ("host", "authority", "other")}
    known.write_text(LINES[line].format(named=host.named, **keys) + "\n")
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, stderr=subprocess.DEVNULL)
    assert told(host, known) == ("Linux", True)


REFUSED = {
    "another key": ("{named} {other}", "another one than before"),
    "another type of key": ("{named} {ecdsa}", "another one than before"),
    "another authority": ("@cert-authority * {other}", "no authority that is known signed"),
    "nobody": ("", "its host key is not known"),
    "another host": ("leaf9 {host}", "its host key is not known"),
    "a key that is revoked": ("{named} {host}\n@revoked * {host}", "is not trusted"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_host_that_is_not_is_refused(host: Host, known: Path, what: str) -> None:
    lines, why = REFUSED[what]
    keys = {name: host.key(name) for name in ("host", "other", "ecdsa")}
    known.write_text(lines.format(named=host.named, **keys) + "\n")
    refused, by_hand = told(host, known)
    assert (type(refused), by_hand) == (Unreachable, False)
    assert why in str(refused)


@pytest.mark.parametrize("hashed", [False, True])
def test_the_words_that_a_refusal_names_accept_the_host(host: Host, known: Path, hashed: bool) -> None:
    known.write_text(f"{host.named} {host.key('other')}\n")
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, stderr=subprocess.DEVNULL)
    refused, _ = told(host, known)
    for command in str(refused).split("`")[1::2]:
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    assert told(host, known) == ("Linux", True)


def test_where_no_file_is_named_nobody_is_known(host: Host, known: Path) -> None:
    known.write_text(f"{host.named} {host.key('host')}\n")
    refused, by_hand = told(host, known, "  UserKnownHostsFile none\n  GlobalKnownHostsFile none\n")
    assert (type(refused), by_hand) == (Unreachable, False)
    assert told(host, known, f"  UserKnownHostsFile none\n  GlobalKnownHostsFile {known}\n") == ("Linux", True)


@pytest.mark.parametrize(
    "command",
    [
        "ssh -F {config} -W %h:%p near 2>/dev/null",
        "sh -c 'echo noise >&2; exec ssh -F {config} -W %h:%p near'",
    ],
)
def test_a_proxy_command_goes_through_a_shell_and_may_say_things(host: Host, known: Path, command: str) -> None:
    known.write_text(f"{host.named} {host.key('host')}\n")
    words = command.format(config=host.directory / "config")
    assert told(host, known, f"  ProxyCommand {words}\n") == ("Linux", True)


def test_a_proxy_command_that_is_not_there_is_a_way_that_ends(host: Host, known: Path) -> None:
    refused, by_hand = told(host, known, "  ProxyCommand nosuchprogram %h %p\n")
    assert (type(refused), by_hand) == (Unreachable, False)
    assert "does `ssh" in str(refused)


HOP = """\
  UserKnownHostsFile {known}
  ProxyJump hop
Host hop
  HostName 127.0.0.1
  Port {port}
  User root
  IdentityFile {key}
{more}"""


def hop(host: Host, known: Path, more: str) -> str:
    """What leads to the host through itself, of which something more is said."""
    return HOP.format(known=known, port=host.port, key=host.directory / "user", more=more)


def test_a_jump_host_is_trusted_and_reached_as_any_other(host: Host, known: Path) -> None:
    known.write_text(f"{host.named} {host.key('host')}\n")
    trusted = f"  UserKnownHostsFile {known}\n"
    assert told(host, known, hop(host, known, trusted)) == ("Linux", True)
    words = f"  ProxyCommand ssh -F {host.directory}/config -W %h:%p near 2>/dev/null\n"
    assert told(host, known, hop(host, known, trusted + words)) == ("Linux", True)
    for nobody in ("none", "/dev/null"):
        refused, by_hand = told(host, known, hop(host, known, f"  UserKnownHostsFile {nobody}\n"))
        assert (type(refused), by_hand) == (Unreachable, False)
        assert "leaf: jump host hop: its host key is not known" in str(refused)
    config = known.parent / "config"
    config.write_text(f"{config.read_text()}{trusted}  ProxyJump hop\n")
    refused = asked(Entry(name="leaf", driver="linux", host="leaf", user="root", ssh_config=(str(config),)))
    assert isinstance(refused, Invalid)
    assert "jump hosts lead to each other" in str(refused)


def test_what_is_behind_a_jump_host_is_accepted_by_hand(host: Host, known: Path) -> None:
    known.write_text("")
    trusted = known.parent / "trusted"
    trusted.write_text(f"{host.named} {host.key('host')}\n")
    refused, by_hand = told(host, known, hop(host, known, f"  UserKnownHostsFile {trusted}\n"))
    assert (type(refused), by_hand) == (Unreachable, False)
    assert f"to accept it: `ssh -F {known.parent}/config root@leaf`" in str(refused)


def test_a_key_that_is_encrypted_is_named_and_taken_from_the_agent(
    host: Host, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.write_text(f"{host.named} {host.key('host')}\n")
    refused, by_hand = told(host, known, key="closed")
    assert (type(refused), by_hand) == (Unauthenticated, False)
    assert f"`ssh-add {host.directory / 'closed'}`" in str(refused)
    script = known.parent / "askpass"
    script.write_text("#!/bin/sh\necho open sesame\n")
    script.chmod(0o700)
    with agent(known.parent / "agent") as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        asking = {**os.environ, "SSH_ASKPASS": str(script), "SSH_ASKPASS_REQUIRE": "force"}
        subprocess.run(["ssh-add", "-q", str(host.directory / "closed")], check=True, env=asking)
        assert told(host, known, key="closed") == ("Linux", True)


def test_more_keys_than_a_device_takes_are_too_many(host: Host, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known.write_text(f"{host.named} {host.key('host')}\n")
    keys = [known.parent / f"key{n}" for n in range(4)]
    for key in keys:
        make_key(key)
    with agent(known.parent / "agent", *keys, host.directory / "user") as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        refused, by_hand = told(host, known, key="")
        assert (type(refused), by_hand) == (Unauthenticated, False)
        assert "IdentitiesOnly yes" in str(refused)
        assert told(host, known, "  IdentitiesOnly yes\n", key="user.pub") == ("Linux", True)


def asked(entry: Entry) -> str | CpalError:
    """What a device of an inventory is, or why not."""
    with cpal.device(entry) as leaf:
        try:
            return str(leaf.facts.vendor)
        except CpalError as error:
            return error


def test_an_inventory_names_the_key(host: Host, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIGURATION, str(host.directory / "config"))
    hosts = known.parent / "hosts.yml"
    hosts.write_text(
        f"all: {{hosts: {{agent: {{ansible_connection: ssh, ansible_port: {host.port}, ansible_user: root, "
        f"ansible_ssh_private_key_file: {host.directory}/user}}}}}}\n"
    )
    [entry] = read(hosts)
    assert asked(entry) == "Linux"
    closed = asked(Entry(name="leaf", driver="linux", host="agent", keys=(f"{host.directory}/closed",)))
    assert isinstance(closed, Unauthenticated)
    assert "ssh-add" in str(closed)
    for file, why in (("nowhere", "No such file"), ("config", "is none")):
        refused = asked(Entry(name="leaf", driver="linux", host="agent", keys=(f"{host.directory}/{file}",)))
        assert isinstance(refused, Invalid)
        assert why in str(refused)
