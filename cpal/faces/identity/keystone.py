"""Tokens of a real Keystone: it is asked what each is worth, and the answer holds for some seconds.

    known       what was heard lately of a token: also that it is none, so that a client that insists asks once
    asked       questions under way: of many requests with one token, one asks
    Keystone    GET /v3/auth/tokens, with the service user's token

A token that Keystone revokes ends here CACHE_S later at most, with what was heard of it; one that expires, at once.
A request that a service makes on a user's behalf shows the service's token too: the user's may then have expired
meanwhile, as long as Keystone allows (its `allow_expired_window`).

Source: https://docs.openstack.org/api-ref/identity/v3/#validate-and-show-information-for-token, and
https://docs.openstack.org/keystonemiddleware/latest/middlewarearchitecture.html (service tokens).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple

import httpx
from msgspec.structs import replace

from cpal.errors import CpalError, Denied, Unauthenticated, Unavailable, Unreachable
from cpal.faces.identity.access_rules import HEADER
from cpal.faces.identity.context import SERVICE_ROLE, Context
from cpal.faces.identity.service_session import ServiceSession
from cpal.faces.identity.token_body import token_of

CACHE_S = 10.0
"""How long an answer holds, in seconds."""
MOST_KNOWN = 10_000
"""How many answers are kept."""
RULES_KEPT = dict((HEADER,))
UNKNOWN = (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST)


class _Question(NamedTuple):
    """Which token, by its digest, and whether one that has expired may do."""

    digest: bytes
    expired_too: bool


class _Known(NamedTuple):
    """What was heard of a token, None that it is none; `until` by the monotonic clock."""

    context: Context | None
    until: float


class Keystone:
    """The tokens of a Keystone, which `session` asks."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self.url = session.auth_url
        self._known: OrderedDict[_Question, _Known] = OrderedDict()
        self._asked: dict[_Question, asyncio.Task[Context | None]] = {}
        self.silence = ""
        """Why it could not be asked the last time; empty when it could."""

    async def context(self, token: str, service_token: str = "") -> Context:
        """On whose behalf the bearer of the token asks; `service_token` is that of the service that asks for it.

        Raises:
            Unauthenticated: one of them is unknown, expired or revoked.
            Unavailable: Keystone does not answer, or not to the service user.
        """
        if not service_token:
            return await self._heard(token, expired_too=False)
        service = await self._heard(service_token, expired_too=False)
        context = await self._heard(token, expired_too=SERVICE_ROLE in service.roles)
        return replace(context, service_roles=service.roles)

    async def _heard(self, token: str, expired_too: bool) -> Context:
        question = _Question(sha256(token.encode()).digest(), expired_too)
        known = self._known.get(question)
        if known is not None and known.until > time.monotonic():
            context = known.context
        else:
            context = await asyncio.shield(self._asking(question, token))
        if context is None or (context.expires_at < time.time() and not expired_too):
            raise Unauthenticated("the token is unknown, expired or revoked", remedy="sign in again")
        return context

    def _asking(self, question: _Question, token: str) -> asyncio.Task[Context | None]:
        task = self._asked.get(question)
        if task is None:
            task = self._asked[question] = asyncio.create_task(self._ask(question, token))
            task.add_done_callback(lambda _: self._asked.pop(question))
        return task

    async def _ask(self, question: _Question, token: str) -> Context | None:
        try:
            context = await self._validated(token, question.expired_too)
        except Unavailable as error:
            self.silence = str(error)
            raise _silent(error) from error
        self.silence = ""
        self._known.pop(question, None)
        self._known[question] = _Known(context, time.monotonic() + CACHE_S)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return context

    async def _validated(self, token: str, expired_too: bool) -> Context | None:
        if not token.isascii():
            return None
        url = f"{self._session.auth_url}/auth/tokens?nocatalog" + ("&allow_expired=1" if expired_too else "")
        response = await self._session.request("GET", url, headers={"X-Subject-Token": token, **RULES_KEPT})
        if response.status_code in UNKNOWN:
            return None
        if response.status_code == httpx.codes.FORBIDDEN:
            raise Denied(
                "the service user may not look at tokens",
                key=self._session.auth_url,
                remedy=f"give it the role {SERVICE_ROLE} or admin in its project",
            )
        return token_of(response, httpx.codes.OK).context


def _silent(error: Unavailable) -> CpalError:
    """What is told to who asked: that the token was not judged. What is wrong is in it, without any credential."""
    return Unreachable(
        f"Keystone is temporarily unavailable, so the token could not be judged: {error.message}",
        key=error.key,
        remedy="try again later",
    )
