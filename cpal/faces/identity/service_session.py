"""Requests to other services of a cloud, as the service user: it signs in when it has to, and again when that ended.

Source: https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import NamedTuple

import httpx

from cpal.errors import Denied, Invalid, NotFound, Unreachable
from cpal.faces.identity.service_user import ServiceUser
from cpal.faces.identity.token_body import Service, token_of

TIMEOUT_S = 20.0
"""How long a service may take to answer."""
MOST_CONNECTIONS = 32
EARLY_S = 30.0
"""How long before its end a token is let go."""
INTERFACES = ("internal", "public")
"""Whose endpoints are used, best first."""


class _Signed(NamedTuple):
    """A token of the service user, until when it is used (seconds since the epoch), and the services it lists."""

    token: str
    until: float
    catalogue: list[Service]


class ServiceSession:
    """Requests as a service user of the Keystone at `auth_url`. To be used in one event loop.

    Raises:
        Invalid: the URL is none, or the authority's file cannot be read.
    """

    def __init__(self, auth_url: str, user: ServiceUser) -> None:
        self.auth_url = versioned(auth_url)
        self._user = user
        self._signed: _Signed | None = None
        self._signing = asyncio.Lock()
        limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
        self._client = httpx.AsyncClient(
            verify=_trusted(user.authority), timeout=TIMEOUT_S, limits=limits, trust_env=False
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def request(
        self, method: str, url: str, content: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The answer of a service.

        Raises:
            Unreachable: it does not answer, or Keystone does not.
            Denied: Keystone does not know the service user, or the service does not take its token.
        """
        for _ in range(2):
            signed = await self._sign_in()
            response = await self._send(method, url, content, {**(headers or {}), "X-Auth-Token": signed.token})
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return response
            if self._signed is signed:
                self._signed = None
        raise Denied("the service user's token is refused there", key=url, remedy="see that it has a role, and which")

    async def endpoint(self, type: str) -> str:
        """Where the catalogue says that a type of service is, without a slash at the end.

        Raises:
            NotFound: it names none.
            Unreachable, Denied: Keystone does not answer, or does not know the service user.
        """
        signed = await self._sign_in()
        found = {
            endpoint.interface: endpoint.url.rstrip("/")
            for service in signed.catalogue
            for endpoint in service.endpoints
            if service.type == type and self._user.region in ("", endpoint.region)
        }
        for interface in INTERFACES:
            if interface in found:
                return found[interface]
        self._signed = None  # it may be added: the next token lists it
        raise NotFound(f"the catalogue has no endpoint of type {type}", key=self.auth_url)

    async def _sign_in(self) -> _Signed:
        async with self._signing:
            if self._signed is None or self._signed.until < time.time():
                self._signed = await self._fresh()
            return self._signed

    async def _fresh(self) -> _Signed:
        response = await self._send("POST", f"{self.auth_url}/auth/tokens", self._user.auth, {})
        if 400 <= response.status_code < 500:
            raise Denied(
                f"Keystone does not sign the service user in ({response.status_code})",
                key=self.auth_url,
                remedy="mend its credentials",
            )
        token = token_of(response, httpx.codes.CREATED)
        return _Signed(response.headers.get("X-Subject-Token", ""), token.ends_at - EARLY_S, token.catalog)

    async def _send(self, method: str, url: str, content: object, headers: Mapping[str, str]) -> httpx.Response:
        try:
            return await self._client.request(method, url, json=content, headers=dict(headers))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = str(error) or type(error).__name__
            raise Unreachable(f"no answer: {said}", key=url.partition("?")[0], remedy="see whether it runs") from error


def versioned(auth_url: str) -> str:
    """The URL of Keystone's API, which ends in /v3.

    Raises:
        Invalid: it is no URL.
    """
    plain = auth_url.rstrip("/")
    if not plain.startswith(("http://", "https://")):
        raise Invalid(f"{auth_url!r} is no URL of a Keystone", remedy="write http://HOST:5000/v3")
    return plain if plain.endswith("/v3") else f"{plain}/v3"


def _trusted(authority: str) -> ssl.SSLContext | bool:
    try:
        return ssl.create_default_context(cafile=authority) if authority else True
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"it cannot be read: {error}", key=authority, field="OS_CACERT") from error
