"""eAPI as a transport: commands as JSON-RPC over HTTPS. Source: Arista Command API Guide, `runCmds`.

All commands of one form go in one request, which the device stops at the first that it refuses; so those that may be
refused go by themselves.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cpal.drivers.devices.http import JsonApi
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Questions
from cpal.errors import Rejected

PATH = "/command-api"
REMEDY = "is eAPI on? (`management api http-commands`)"
ENABLE = "enable"
Command = str | dict[str, str]
"""A command, or one with what is typed into it: `{"cmd": ..., "input": ...}`."""


class _Refusal(msgspec.Struct):
    """Why a command was refused."""

    message: str = "refused"


class _Reply(msgspec.Struct):
    """A reply of JSON-RPC: an object for each command, or a refusal."""

    result: list[dict[str, Any]] | None = None
    error: _Refusal | None = None


class Eapi:
    """A switch that answers over eAPI. `run` gives what the device itself says, in its own words."""

    def __init__(self, login: Login) -> None:
        self._api = JsonApi(login, PATH, "eAPI", REMEDY)
        self._enable: Command = {"cmd": ENABLE, "input": login.enable_password} if login.enable_password else ENABLE

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, in as few requests as can be."""
        answers: dict[Ask, Any] = {}
        for form in (JSON, TEXT):
            sure = [ask for ask in asks if ask.form == form and not ask.optional]
            answers.update(zip(sure, await self.run(*(ask.text for ask in sure), form=form), strict=True))
        for ask in asks:
            if ask.optional:
                answers[ask] = await self._optional(ask)
        return tuple(answers[ask] for ask in asks)

    async def _optional(self, ask: Ask) -> Any:
        try:
            return (await self.run(ask.text, form=ask.form))[0]
        except Rejected:
            return None

    async def run(self, *commands: Command, form: str = JSON) -> list[Any]:
        """What the device answers to commands: decoded JSON, or text. All are of one session of its command line.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Rejected: it refuses a command; those before it are done.
            Unreadable: it is not eAPI.
        """
        if not commands:
            return []
        params = {"version": 1, "cmds": [self._enable, *commands], "format": form}
        asked = {"jsonrpc": "2.0", "method": "runCmds", "params": params, "id": "cpal"}
        reply: _Reply = await self._api.post(asked, form=_Reply)
        if reply.error is not None:
            raise Rejected(reply.error.message, key=self._api.key)
        if reply.result is None:
            raise self._api.stranger("no answer of JSON-RPC")
        result: list[Any] = reply.result[1:]
        if len(result) != len(commands):
            raise self._api.stranger(f"{len(result)} answers to {len(commands)} commands")
        if form == TEXT and not all("output" in each for each in result):
            raise self._api.stranger("an answer without its text")
        return [each["output"] for each in result] if form == TEXT else result

    async def close(self) -> None:
        """End the connection."""
        await self._api.close()
