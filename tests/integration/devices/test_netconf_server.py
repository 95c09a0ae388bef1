"""The transport of NETCONF against a real server, netconfd of yuma123, behind a real sshd: both ways of framing.

It is no network device, so nothing of a make's data is seen here.
"""

from __future__ import annotations

import asyncio
import getpass
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cpal.drivers.devices.login import Login
from cpal.drivers.devices.netconf import CHUNKED, Netconf
from cpal.errors import Rejected, Unreachable, Unreadable
from tests.support.emulated import until
from tests.support.sshd import Host, sshd

T = TypeVar("T")
MODULE = "http://netconfcentral.org/ns/toaster"
RUNNING = "<get-config><source><running/></source></get-config>"
TOASTER = f"<config><toaster xmlns='{MODULE}'/></config>"
EDIT = f"<edit-config><target><candidate/></target>{TOASTER}</edit-config>"


@pytest.fixture(scope="module", params=["netconf1.0", "netconf1.1"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A server of one version of the protocol."""
    directory = tmp_path_factory.mktemp("netconfd")
    command = f'netconf "/usr/sbin/netconf-subsystem --ncxserver-sockname={{port}}@{directory}/socket"'
    with sshd(directory, command) as host:
        words = (
            "--module=toaster", "--target=candidate", "--no-startup", "--access-control=off", f"--port={host.port}",
            f"--ncxserver-sockname={directory}/socket", f"--protocols={request.param}", f"--log={directory}/log",
        )  # fmt: skip
        daemon = subprocess.Popen(["netconfd", *words], cwd=directory, stdout=subprocess.DEVNULL)
        try:
            until((directory / "socket").exists)
            yield host
        finally:
            daemon.terminate()
            daemon.wait()


def talk(server: Host, wanted: Callable[[Netconf], Coroutine[Any, Any, T]], make: str = MODULE) -> T:
    """What is got in a session."""

    async def session() -> T:
        login = Login("box", "near", getpass.getuser(), ssh_config=(str(server.directory / "config"),), timeout_s=20)
        netconf = Netconf(login, make)
        try:
            return await wanted(netconf)
        finally:
            await netconf.close()

    return asyncio.run(session())


def test_what_is_asked_at_once_is_answered_in_order(server: Host, request: pytest.FixtureRequest) -> None:
    async def wanted(netconf: Netconf) -> None:
        [state] = await netconf.run("<get/>")
        found = await netconf.call(*[RUNNING, "<bake/>"] * 10)
        assert [isinstance(each, Rejected) for each in found] == [False, True] * 10
        assert (CHUNKED in netconf.capabilities) == request.node.callspec.params["server"].endswith("1.1")
        assert netconf.session_id.isdigit()
        modules = {each.text for each in state.iterfind("data/modules-state/module/name")}
        assert {"toaster", "ietf-netconf-monitoring"} <= modules

    talk(server, wanted)


def test_what_is_refused_says_why_and_harms_no_other(server: Host) -> None:
    async def wanted(netconf: Netconf) -> None:
        edited, refused, unknown, dropped = await netconf.call(
            EDIT, "<lock><target><candidate/></target></lock>", "<bake/>", "<discard-changes/>"
        )
        assert not isinstance(edited, Rejected)
        assert isinstance(refused, Rejected)
        assert refused.message == "the device refuses: candidate cannot be locked, discard-changes needed"
        assert isinstance(unknown, Rejected)
        assert "bake" in unknown.message
        assert dropped.find("ok") is not None  # type: ignore[union-attr]  # it was not refused
        with pytest.raises(Rejected, match="bake"):
            await netconf.run(RUNNING, "<bake/>")

    talk(server, wanted)


def test_what_is_committed_for_a_while_goes_with_the_session(server: Host) -> None:
    async def began(netconf: Netconf) -> None:
        await netconf.run("<lock><target><candidate/></target></lock>", EDIT, "<commit><confirmed/></commit>")
        assert (await netconf.run(RUNNING))[0].find("data/toaster") is not None

    async def after(netconf: Netconf) -> bool:
        return (await netconf.run(RUNNING))[0].find("data/toaster") is None

    talk(server, began)
    until(lambda: talk(server, after))


def test_a_session_that_the_server_ends_is_begun_anew(server: Host) -> None:
    async def wanted(netconf: Netconf) -> None:
        await netconf.run(RUNNING)
        first = netconf.session_id

        async def kill(other: Netconf) -> None:
            await other.run(f"<kill-session><session-id>{first}</session-id></kill-session>")

        await asyncio.to_thread(talk, server, kill)
        with pytest.raises(Unreachable):
            await netconf.run(RUNNING)
        await netconf.run(RUNNING)
        assert netconf.session_id != first

    talk(server, wanted)


def test_a_server_of_another_make_is_told_apart(server: Host) -> None:
    async def wanted(netconf: Netconf) -> None:
        await netconf.run(RUNNING)

    with pytest.raises(Unreadable, match="it is no juniper"):
        talk(server, wanted, "juniper")


def test_an_sshd_without_netconf_says_so(tmp_path: Path) -> None:
    async def wanted(netconf: Netconf) -> None:
        await netconf.run(RUNNING)

    with sshd(tmp_path) as plain, pytest.raises(Unreadable, match="it lets in over SSH, but speaks no NETCONF"):
        talk(plain, wanted)
