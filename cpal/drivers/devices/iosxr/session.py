"""IOS-XR over NETCONF: subtrees of its YANG models. Source: RFC 6241, 6.2 (subtree filter), 7.1 and 7.7."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from cpal.drivers.devices.login import Login
from cpal.drivers.devices.netconf import Netconf
from cpal.drivers.devices.parse.asking import Ask, Questions
from cpal.errors import Rejected

MAKE = "Cisco-IOS-XR"
"""What one of its capabilities has in it."""
CONFIGURED = "__running"
"""How questions about the configuration end, in the names that recordings have for them."""


class XrNetconf:
    """A router that answers over NETCONF. `run` gives what is answered to RPCs, as XML."""

    def __init__(self, login: Login) -> None:
        self.session = Netconf(login, MAKE)

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, all asked at once."""
        replies = await self.session.call(*map(_rpc, asks))
        return tuple(_answer(ask, reply) for ask, reply in zip(asks, replies, strict=True))

    async def run(self, *rpcs: str) -> list[Element]:
        """What is answered to each RPC.

        Raises:
            Rejected: it refuses one of them; the others are done.
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: it is no IOS-XR.
        """
        return await self.session.run(*rpcs)

    async def close(self) -> None:
        """End the session."""
        await self.session.close()


def _rpc(ask: Ask) -> str:
    tree, of, store = ask.text.partition(" of ")
    inside = f'<filter type="subtree">{tree}</filter>'
    if of or ask.recorded.endswith(CONFIGURED):
        return f"<get-config><source><{store or 'running'}/></source>{inside}</get-config>"
    return f"<get>{inside}</get>"


def _answer(ask: Ask, reply: Element | Rejected) -> Any:
    if isinstance(reply, Rejected):
        if ask.optional:
            return None
        raise reply
    return reply
