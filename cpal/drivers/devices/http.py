"""APIs of devices over HTTP and HTTPS: one POST of JSON at a time, and what can go wrong on the way."""

from __future__ import annotations

import functools
import os
import ssl
from typing import Any

import httpx

from cpal.drivers.devices.login import Login
from cpal.errors import CpalError, TimedOut, Unauthenticated, Unreachable, Unreadable


class JsonApi:
    """A device's API at one path; `title` is what people call it, `remedy` how it is switched on."""

    def __init__(self, login: Login, path: str, title: str, remedy: str) -> None:
        if login.password is None:
            raise Unauthenticated("no password is known for it", key=login.name, remedy=NO_PASSWORD)
        self.url = login.url()
        self._path, self._title, self._remedy = path, title, remedy
        self._client = httpx.AsyncClient(
            base_url=self.url, auth=(login.user, login.password), timeout=login.timeout_s, trust_env=False,
            verify=False if login.way == "http" else trust(login.trusted or os.environ.get("SSL_CERT_FILE", "")),
        )  # fmt: skip

    async def post(self, body: Any, kind: str = "application/json", refusals: tuple[int, ...] = ()) -> Any:
        """The JSON that is answered to a JSON; `refusals` are statuses in which an answer says what was refused.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: it is no such API.
        """
        try:
            response = await self._client.post(self._path, json=body, headers={"Content-Type": kind})
        except httpx.HTTPError as error:
            raise self._fault(error) from error
        if response.status_code in (401, 403):
            raise Unauthenticated("the device does not know this user with this password", key=self.url)
        try:
            return (response if response.status_code in refusals else response.raise_for_status()).json()
        except (httpx.HTTPStatusError, ValueError) as error:
            raise self.stranger(str(error)) from error

    def stranger(self, why: str) -> Unreadable:
        """The fault that what answers is no such API."""
        remedy = "is it a device of that make?"
        return Unreadable(f"this is not {self._title}: {why}", key=self.url, remedy=remedy)

    async def close(self) -> None:
        """End the connection."""
        await self._client.aclose()

    def _fault(self, error: httpx.HTTPError) -> CpalError:
        if isinstance(error, httpx.TimeoutException):
            return TimedOut("the device does not answer in time", key=self.url)
        remedy = self._remedy
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            remedy = "its certificate is not trusted: name what to trust in a file, in SSL_CERT_FILE"
        return Unreachable(f"the device does not answer: {error or type(error).__name__}", key=self.url, remedy=remedy)


NO_PASSWORD = "set CPAL_DEVICE_PASSWORD, or name where it is kept in the inventory"


@functools.lru_cache(maxsize=16)
def trust(file: str) -> ssl.SSLContext:
    """TLS that trusts the authorities in a file, or those of the machine; made once, for it takes its time.

    Raises:
        Unreachable: the file holds none.
    """
    try:
        return ssl.create_default_context(cafile=file or None)
    except (OSError, ssl.SSLError) as error:
        raise Unreachable(
            f"no certificates can be read from it: {error}", key=file, remedy="see SSL_CERT_FILE"
        ) from error
