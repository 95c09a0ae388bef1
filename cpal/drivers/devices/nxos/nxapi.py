"""NX-API as a transport: commands as JSON-RPC over HTTPS. Source: Cisco Nexus 9000 programmability guide, "NX-API CLI".

A request holds many commands, and the device stops at the first that it refuses; so those that may be refused go by
themselves.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cpal.drivers.devices.http import JsonApi
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Questions
from cpal.errors import Rejected

PATH = "/ins"
REMEDY = "is NX-API on? (`feature nxapi`)"
METHODS = {JSON: "cli", TEXT: "cli_ascii"}
KIND = "application/json-rpc"
REFUSALS = (400, 500)
"""Statuses of an answer that says what was refused."""


class _Reply(msgspec.Struct):
    """A reply of JSON-RPC to one command; nothing where the command says nothing."""

    jsonrpc: Literal["2.0"]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Nxapi:
    """A switch that answers over NX-API. `run` gives what the device itself says, in its own words."""

    def __init__(self, login: Login) -> None:
        self._api = JsonApi(login, PATH, "NX-API", REMEDY)

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, in as few requests as can be."""
        sure = [ask for ask in asks if not ask.optional]
        found = dict(zip(sure, await self._call([(ask.text, ask.form) for ask in sure]), strict=True))
        for ask in asks:
            if ask.optional:
                found[ask] = await self._optional(ask)
        return tuple(found[ask] for ask in asks)

    async def _optional(self, ask: Ask) -> Any:
        try:
            return (await self._call([(ask.text, ask.form)]))[0]
        except Rejected:
            return None

    async def run(self, *commands: str, form: str = JSON) -> list[Any]:
        """What the device answers to commands: decoded JSON, empty where it says nothing, or text.

        All are of one session of its command line, so a command of configuration goes on where the last one left off.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Rejected: it refuses a command; those before it are done.
            Unreadable: it is not NX-API.
        """
        return await self._call([(command, form) for command in commands])

    async def _call(self, commands: list[tuple[str, str]]) -> list[Any]:
        if not commands:
            return []
        calls = [
            {"jsonrpc": "2.0", "method": METHODS[form], "params": {"cmd": text, "version": 1}, "id": number}
            for number, (text, form) in enumerate(commands)
        ]
        reply: list[_Reply] | _Reply = await self._api.post(calls, KIND, REFUSALS, list[_Reply] | _Reply)
        told = reply if isinstance(reply, list) else [reply]
        for each, (text, _) in zip(told, commands, strict=False):
            if each.error is not None:
                raise Rejected(_why(text, each.error), key=self._api.key)
        if len(told) != len(commands):
            raise self._api.stranger(f"{len(told)} answers to {len(commands)} commands")
        return [_said(each.result or {}, form) for each, (_, form) in zip(told, commands, strict=True)]

    async def close(self) -> None:
        """End the connection."""
        await self._api.close()


def _said(result: dict[str, Any], form: str) -> Any:
    return result.get("msg", "") if form == TEXT else result.get("body", {})


def _why(command: str, error: dict[str, Any]) -> str:
    data = error.get("data")
    said = data.get("msg", "") if isinstance(data, dict) else ""
    return f"NX-OS refuses {command!r}: {said.strip() or error.get('message', 'no reason given')}"
