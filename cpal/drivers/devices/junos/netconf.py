"""Junos over NETCONF: RPCs, parts of the configuration, and commands as text.

Source: Junos XML API Operational Developer Reference, `<command>`; Junos XML Management Protocol Developer Guide,
`<get-configuration>`.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from cpal.drivers.devices.login import Login
from cpal.drivers.devices.netconf import Netconf
from cpal.drivers.devices.parse.asking import TEXT, Ask, Questions
from cpal.errors import Rejected

MAKE = "juniper"
"""What one of its capabilities has in it."""
COMMANDS = ("show ", "request ")


class JunosNetconf:
    """A switch or router that answers over NETCONF. `run` gives what is answered to RPCs, as XML."""

    def __init__(self, login: Login) -> None:
        self.session = Netconf(login, MAKE)

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, all asked at once."""
        live = [ask for ask in asks if _rpc(ask)]
        found = dict(zip(live, await self.session.call(*map(_rpc, live)), strict=True))
        return tuple(_answer(ask, found.get(ask)) for ask in asks)

    async def run(self, *rpcs: str) -> list[Element]:
        """What is answered to each RPC, as `<get-system-information/>`, or to a command, as text within `output`.

        Raises:
            Rejected: it refuses one of them; the others are done.
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: it is no Junos.
        """
        return await self.session.run(*(_rpc(Ask(rpc)) for rpc in rpcs))

    async def close(self) -> None:
        """End the session."""
        await self.session.close()


def _rpc(ask: Ask) -> str:
    """The RPC that asks a question; empty for one that only recordings answer."""
    if ask.text.startswith("<configuration>"):
        return f'<get-configuration database="committed">{ask.text}</get-configuration>'
    if ask.text.startswith("<"):
        return ask.text
    return f'<command format="text">{ask.text}</command>' if ask.text.startswith(COMMANDS) else ""


def _answer(ask: Ask, reply: Element | Rejected | None) -> Any:
    """What a getter is told: what is in the reply, the reply itself where nothing is, None for what is not known.

    Raises:
        Rejected: the device refuses what it must know.
    """
    if reply is None:
        return None
    if isinstance(reply, Rejected):
        if ask.optional:
            return None
        raise reply
    if ask.form == TEXT:
        return "".join(reply.itertext())
    return next(iter(reply), reply)
