"""NVUE as a transport: what there is at paths of its REST API, as the system is now (`rev=operational`).

Source: NVIDIA, Cumulus Linux User Guide, "NVUE API".
"""

from __future__ import annotations

from typing import Any

from cpal.drivers.devices.http import JsonApi
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import Questions
from cpal.errors import Rejected

PORT = 8765
ROOT = "/nvue_v1"
OPERATIONAL = "rev=operational"
"""What is, and not what is configured: without it, some paths tell the one and some the other."""
REMEDY = "is the API on? (`nv set system api state enabled`; before 5.6 it is switched on in nginx)"


class Nvue:
    """A switch that answers over NVUE's REST API. `run` gives what is at paths."""

    def __init__(self, login: Login) -> None:
        self._api = JsonApi(login, ROOT, "NVUE", REMEDY, PORT)

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, which are paths below the API's root."""
        found = []
        for ask in asks:
            told = await self._api.get(f"{ROOT}{ask.text}?{OPERATIONAL}")
            if told is None and not ask.optional:
                raise self._nothing(ask.text)
            found.append(told)
        return tuple(found)

    async def run(self, *paths: str) -> list[Any]:
        """What there is at paths below the API's root, such as `/interface/swp1`.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Rejected: there is nothing at a path.
            Unreadable: it is not NVUE.
        """
        found = []
        for path in paths:
            told = await self._api.get(f"{ROOT}{path}{'&' if '?' in path else '?'}{OPERATIONAL}")
            if told is None:
                raise self._nothing(path)
            found.append(told)
        return found

    def _nothing(self, path: str) -> Rejected:
        return Rejected(f"NVUE has nothing at {path}", key=self._api.key)

    async def close(self) -> None:
        """End the connection."""
        await self._api.close()
