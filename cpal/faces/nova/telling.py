"""How Nova is told: what a request says, and what its answer means for each notice.

Source: Compute API reference, os-server-external-events: 200 all were taken, 207 not all, 404 no server is known; of
each event 200 taken, 404 no such server, 422 the server is on no host yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from cpal.errors import Denied, Unreachable
from cpal.faces.identity.service_session import ServiceSession
from cpal.faces.nova.events import CHANGED, DELETED
from cpal.faces.nova.outbox import Notice

CATALOGUE = "catalogue"
"""The word that stands for where the catalogue says that Nova is."""
PATH = "/os-server-external-events"
WITHOUT_STATUS = (CHANGED, DELETED)
"""Events that are said without a status."""


class Fate(Enum):
    """What becomes of a notice: heard, to be told later, or never to be taken."""

    HEARD = "heard"
    LATER = "later"
    REFUSED = "refused"


_FATES = {200: Fate.HEARD, 422: Fate.LATER}


class _Told(Struct, frozen=True):
    server_uuid: str = ""
    name: str = ""
    tag: str = ""
    code: int = 200


class _Answer(Struct, frozen=True):
    events: list[_Told] = []


class Nova:
    """The Nova at a URL, or where the catalogue says that it is."""

    def __init__(self, session: ServiceSession, url: str) -> None:
        self._session = session
        self._url = "" if url == CATALOGUE else url.rstrip("/")

    async def tell(self, notices: Sequence[Notice]) -> list[Fate]:
        """Tell Nova, at most one notice a port; what became of each.

        Raises:
            Unavailable: it does not answer, or not to the service user.
            NotFound: the catalogue names none.
        """
        url = (self._url or await self._session.endpoint("compute")) + PATH
        response = await self._session.request("POST", url, {"events": [_said(notice) for notice in notices]})
        status = response.status_code
        if status in (httpx.codes.OK, httpx.codes.MULTI_STATUS):
            return _fates(response, notices)
        if status == httpx.codes.NOT_FOUND and b"itemNotFound" in response.content:
            return [Fate.REFUSED] * len(notices)
        if status == httpx.codes.BAD_REQUEST and len(notices) == 1:
            return [Fate.REFUSED]
        if status == httpx.codes.BAD_REQUEST:
            return [fate for notice in notices for fate in await self.tell([notice])]
        if status == httpx.codes.FORBIDDEN:
            raise Denied("the service user may not tell Nova", key=url, remedy="give it the role service or admin")
        raise Unreachable(f"it answered {status}", key=url, remedy="see its log")


def _said(notice: Notice) -> dict[str, Any]:
    port, server, name = notice.event
    status = {} if name in WITHOUT_STATUS else {"status": "completed"}
    return {"name": name, "server_uuid": server, "tag": port, **status}


def _fates(response: httpx.Response, notices: Sequence[Notice]) -> list[Fate]:
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except ValueError as error:
        raise Unreachable(f"what it answers cannot be read: {error}", key=str(response.url)) from error
    codes = {(each.server_uuid, each.name, each.tag): each.code for each in answer.events}
    found = [codes.get((each.event.server, each.event.name, each.event.port), 200) for each in notices]
    return [_FATES.get(code, Fate.REFUSED) for code in found]
