"""Emulated devices in a thread of their own, so that clients that block can be tried on them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx

from cpal.errors import CpalError
from cpal.lab.emulate.control import control
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.fleet import PASSWORD, USER, Emulated, Fleet, Wanted, fleet

T = TypeVar("T")
PATIENCE_S = 30.0
"""How long something that must happen is waited for."""


class Running:
    """A fleet that runs; what touches a device is done in its own loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, found: Fleet, control_url: str) -> None:
        self.loop = loop
        self.fleet = found
        self.control_url = control_url

    def __getitem__(self, name: str) -> Emulated:
        return self.fleet.devices[name]

    def do(self, name: str, action: Callable[[Device], T]) -> T:
        """What an action on a device gives."""

        async def act() -> T:
            return action(self[name].device)

        return asyncio.run_coroutine_threadsafe(act(), self.loop).result(PATIENCE_S)

    def order(self, name: str, what: str, **body: Any) -> dict[str, Any]:
        """What the control interface answers to an order."""
        answer = httpx.post(f"{self.control_url}/devices/{name}/{what}", json=body)
        found: dict[str, Any] = answer.json()
        assert answer.status_code == 200, found
        return found


@contextlib.contextmanager
def emulated(*wanted: Wanted) -> Iterator[Running]:
    """Devices that are emulated while the context lasts."""
    ready: list[Running] = []
    failed: list[CpalError] = []
    begun, end = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with fleet(wanted) as found:
            listener = control(found, "127.0.0.1", 0)
            listener.open()
            ready.append(Running(asyncio.get_running_loop(), found, f"http://127.0.0.1:{listener.port}"))
            begun.set()
            await end.wait()
            listener.end()

    def main() -> None:
        try:
            asyncio.run(run())
        except CpalError as error:
            failed.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=main)
    thread.start()
    assert begun.wait(PATIENCE_S)
    if failed:
        thread.join()
        raise failed[0]
    try:
        yield ready[0]
    finally:
        ready[0].loop.call_soon_threadsafe(end.set)
        thread.join(PATIENCE_S)


def until(is_so: Callable[[], T]) -> T:
    """Wait until something is so; what it was then."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(httpx.TransportError):
            if found := is_so():
                return found
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Eapi:
    """A client of eAPI that knows nothing but JSON-RPC. Source: Arista EOS, "Command API"."""

    def __init__(self, url: str, user: str = USER, password: str = PASSWORD) -> None:
        self._client = httpx.Client(base_url=url, auth=(user, password), verify=False, timeout=PATIENCE_S)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def call(self, *commands: Any, form: str = "json") -> dict[str, Any]:
        """The whole answer to commands."""
        params = {"version": 1, "cmds": commands, "format": form}
        answer = self._client.post(
            "/command-api", json={"jsonrpc": "2.0", "method": "runCmds", "params": params, "id": 7}
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["id"] == 7
        return found

    def run(self, *commands: Any) -> list[dict[str, Any]]:
        """What commands give, as data."""
        found = self.call(*commands)
        assert "error" not in found, found
        result: list[dict[str, Any]] = found["result"]
        return result

    def text(self, command: str) -> str:
        """What a command prints."""
        found = self.call(command, form="text")
        assert "error" not in found, found
        return str(found["result"][0]["output"])

    def refusal(self, *commands: Any) -> tuple[int, str]:
        """The code and the reason with which commands are refused."""
        error = self.call(*commands)["error"]
        return error["code"], error["data"][-1]["errors"][0]


class Nxapi:
    """A client of NX-API that knows nothing but JSON-RPC. Source: Cisco Nexus programmability guide."""

    def __init__(self, url: str, user: str = USER, password: str = PASSWORD) -> None:
        self._client = httpx.Client(base_url=url, auth=(user, password), verify=False, timeout=PATIENCE_S)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def call(self, *commands: str, method: str = "cli") -> list[dict[str, Any]]:
        """What each command came to."""
        body = [{"jsonrpc": "2.0", "method": method, "params": {"cmd": command, "version": 1}, "id": n}
                for n, command in enumerate(commands)]  # fmt: skip
        found: list[dict[str, Any]] = self._client.post("/ins", json=body).json()
        return found

    def body(self, command: str) -> dict[str, Any]:
        """What a `show` command gives, as data."""
        (found,) = self.call(command)
        body: dict[str, Any] = found["result"]["body"]
        return body

    def text(self, command: str) -> str:
        """What a command prints."""
        (found,) = self.call(command, method="cli_ascii")
        return str(found["result"]["msg"])

    def configure(self, *lines: str) -> None:
        """Configure lines, all of which are taken."""
        assert [each for each in self.call(*lines) if "error" in each] == []
