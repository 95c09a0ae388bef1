"""NX-API: NX-OS's command line over HTTP, as JSON-RPC 2.0 and as Cisco's own `ins_api` messages.

Source: Cisco Nexus 9000 NX-OS programmability guide, "NX-API CLI".
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.faults import Drop, Reboot, Refusal
from cpal.lab.emulate.listener import Answer, Asked, basic
from cpal.lab.emulate.nxos.cli import CommandError, Output, Storage, Terminal
from cpal.lab.emulate.nxos.configuration import knows, serves_nxapi

PATH = "/ins"


class Nxapi:
    """The API of one device."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.storage = Storage(device)
        device.on_boot = self.storage.forget

    def serves(self) -> bool:
        """Whether the device answers: it is up, and NX-API is switched on in its running configuration."""
        return not self.device.down and serves_nxapi(self.device.running)

    async def answer(self, asked: Asked) -> Answer:
        """Answer a request.

        Raises:
            Drop: the connection is to be cut.
        """
        if self.device.delay_s:
            await asyncio.sleep(self.device.delay_s)
        if asked.path.rstrip("/") != PATH or asked.method != "POST":
            return Answer(404, b"Not Found\n", "text/plain")
        named = basic(asked)
        if named is None or not knows(self.device.running, *named):
            return Answer(401, b"Unauthorized\n", "text/plain", (("WWW-Authenticate", 'Basic realm="Secure Zone"'),))
        try:
            body = msgspec.json.decode(asked.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _json(400, {"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None})
        if isinstance(body, dict) and isinstance(body.get("ins_api"), dict):
            return await self._ins_api(body["ins_api"])
        return await self._json_rpc(body)

    async def _json_rpc(self, body: Any) -> Answer:
        """A call, or several that share a terminal, in order; what follows one that failed is not done."""
        calls = body if isinstance(body, list) else [body]
        terminal = Terminal(self.device, self.storage)
        answers: list[dict[str, Any]] = []
        for call in calls:
            found = await self._call(terminal, call)
            answers.append(found)
            if "error" in found:
                status = 400 if found["error"]["code"] in (-32700, -32600) else 500
                return _json(status, answers if isinstance(body, list) else found)
        return _json(200, answers if isinstance(body, list) else answers[0])

    async def _call(self, terminal: Terminal, call: Any) -> dict[str, Any]:
        id = call.get("id") if isinstance(call, dict) else None
        params = call.get("params") if isinstance(call, dict) else None
        if not isinstance(params, dict) or not isinstance(params.get("cmd"), str) or call.get("jsonrpc") != "2.0":
            return {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": id}
        method = call.get("method")
        if method not in ("cli", "cli_ascii"):
            return {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": id}
        try:
            output = await self._run(terminal, params["cmd"])
        except CommandError as error:
            failure = {"code": -32602, "message": "Invalid params", "data": {"msg": str(error)}}
            return {"jsonrpc": "2.0", "error": failure, "id": id}
        if method == "cli_ascii":
            return {"jsonrpc": "2.0", "result": {"msg": output.text or ""}, "id": id}
        body = output.data if output.data is not None else {}
        return {"jsonrpc": "2.0", "result": {"body": body} if body else None, "id": id}

    async def _ins_api(self, asked: dict[str, Any]) -> Answer:
        """Cisco's own form: commands between ` ;`, an output for each."""
        kind = str(asked.get("type"))
        terminal = Terminal(self.device, self.storage)
        outputs: list[dict[str, Any]] = []
        for line in str(asked.get("input", "")).split(" ;"):
            try:
                output = await self._run(terminal, line.strip())
            except CommandError as error:
                outputs.append({"input": line, "clierror": str(error), "msg": "Input CLI command error", "code": "400"})
                if kind == "cli_conf":
                    break
                continue
            text = kind.endswith("ascii") or kind == "cli_conf"
            said: Any = (output.text or "") if text else (output.data or {})
            outputs.append({"input": line, "body": said, "msg": "Success", "code": "200"})
        found = outputs[0] if len(outputs) == 1 else outputs
        about = {"type": kind, "version": "1.0", "sid": "eoc", "outputs": {"output": found}}
        return _json(200, {"ins_api": about})

    async def _run(self, terminal: Terminal, line: str) -> Output:
        faults, boots = self.device.faults, self.device.boots
        try:
            await faults.strike(line, "before")
            found = terminal.run(line)
            await faults.strike(line, "after")
        except Refusal as refused:
            raise CommandError(str(refused)) from refused
        except Reboot:
            self.device.reboot()
            raise
        if self.device.boots != boots or self.device.down:
            raise Drop
        return found


def _json(status: int, content: Any) -> Answer:
    return Answer(status, msgspec.json.encode(content), "application/json-rpc")
