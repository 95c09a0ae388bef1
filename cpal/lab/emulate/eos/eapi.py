"""eAPI: EOS's command line as JSON-RPC 2.0 over HTTP.

Source: Arista EOS, "Command API"; JSON-RPC 2.0.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.eos.cli import Terminal
from cpal.lab.emulate.eos.configuration import factory, knows, serves_eapi
from cpal.lab.emulate.eos.failure import CommandError
from cpal.lab.emulate.eos.output import Output
from cpal.lab.emulate.eos.sessions import Sessions
from cpal.lab.emulate.faults import Drop, Reboot, Refusal
from cpal.lab.emulate.listener import Answer, Asked, basic

VERSION = "4.30.4M"
PATH = "/command-api"
PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602
KINDS = {
    1000: "could not run command",
    1001: "Command is not permitted",
    1002: "invalid command",
    1003: "unconverted command",
}
"""What eAPI calls a failure, by its code."""


class Malformed(Exception):
    """A request that is none, with JSON-RPC's code."""

    def __init__(self, code: int, message: str, id: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.id = id


class Eapi:
    """The API of one device."""

    factory = staticmethod(factory)

    def __init__(self, device: Device) -> None:
        self.device = device
        self.sessions = Sessions(device)
        device.on_boot = self.sessions.forget

    def serves(self) -> bool:
        """Whether the device answers: it is up, and eAPI is switched on in its running configuration."""
        return not self.device.down and serves_eapi(self.device.running)

    async def answer(self, asked: Asked) -> Answer:
        """Answer a request.

        Raises:
            Drop: the connection is to be cut.
        """
        if self.device.delay_s:
            await asyncio.sleep(self.device.delay_s)
        if asked.path.rstrip("/") != PATH:
            return Answer(404, b"404 Not Found\n", "text/plain")
        if asked.method != "POST":
            return Answer(405, b"405 Method Not Allowed\n", "text/plain", (("Allow", "POST"),))
        named = basic(asked)
        if named is None or not knows(self.device.running, *named):
            said = b"Unable to authenticate user: Bad username/password combination"
            return Answer(401, said, "text/plain", (("WWW-Authenticate", 'Basic realm="COMMAND_API_AUTH"'),))
        try:
            found = await self._called(asked.body, named[0])
        except Malformed as error:
            found = {"jsonrpc": "2.0", "id": error.id, "error": {"code": error.code, "message": str(error)}}
        return Answer(200, msgspec.json.encode(found))

    async def _called(self, body: bytes, user: str) -> dict[str, Any]:
        id, params = _request(body)
        done: list[dict[str, Any]] = []
        terminal = Terminal(self.device, self.sessions, user)
        commands = [_command(each, id) for each in params["cmds"]]
        as_text = params.get("format", "json") == "text"
        for number, (line, text) in enumerate(commands, 1):
            try:
                done.append(await self._run(terminal, line, text, as_text))
            except CommandError as error:
                what = f"CLI command {number} of {len(commands)} '{line}' failed: {KINDS[error.code]}"
                failure = {"code": error.code, "message": what, "data": [*done, {"errors": [error.error]}]}
                return {"jsonrpc": "2.0", "id": id, "error": failure}
        return {"jsonrpc": "2.0", "id": id, "result": done}

    async def _run(self, terminal: Terminal, line: str, text: str | None, as_text: bool) -> dict[str, Any]:
        faults, boots = self.device.faults, self.device.boots
        try:
            await faults.strike(line, "before")
            found = _formed(terminal.run(line, text), as_text)
            await faults.strike(line, "after")
        except Refusal as refused:
            raise CommandError(str(refused), 1000) from refused
        except Reboot:
            self.device.reboot()
            raise
        if self.device.boots != boots or self.device.down:
            raise Drop
        return found


def _formed(output: Output, as_text: bool) -> dict[str, Any]:
    if as_text:
        if output.text is None:
            raise CommandError("this emulator answers the command as JSON only", 1000)
        return {"output": output.text}
    if output.data is None:
        raise CommandError("Command cannot be used over the API at this time. To see ASCII output, set format='text' "
                           "in your request", 1003)  # fmt: skip
    return output.data


def _request(body: bytes) -> tuple[Any, dict[str, Any]]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(PARSE, "Parse error") from error
    if not isinstance(found, dict):
        raise Malformed(REQUEST, "Invalid request")
    id = found.get("id")
    if found.get("jsonrpc") != "2.0":
        raise Malformed(REQUEST, "Invalid request", id)
    if found.get("method") != "runCmds":
        raise Malformed(METHOD, f"Method {found.get('method')!r} not found", id)
    params = found.get("params")
    if not isinstance(params, dict) or not isinstance(params.get("cmds"), list):
        raise Malformed(PARAMS, "Invalid params: 'cmds' must be a list of commands", id)
    if params.get("version") not in (1, "latest"):
        raise Malformed(PARAMS, "Invalid params: 'version' is 1 or \"latest\"", id)
    if params.get("format", "json") not in ("json", "text", None):
        raise Malformed(PARAMS, "Invalid params: 'format' is json or text", id)
    return id, params


def _command(given: Any, id: Any) -> tuple[str, str | None]:
    """A command, and what is typed after it."""
    if isinstance(given, dict) and isinstance(given.get("cmd"), str):
        return given["cmd"], given.get("input")
    if isinstance(given, str):
        return given, None
    raise Malformed(PARAMS, "Invalid params: a command is a string, or an object with 'cmd'", id)
