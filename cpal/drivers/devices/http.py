"""APIs of devices over HTTP and HTTPS: one request at a time, whose answer is JSON, and what can go wrong on the way.

A general client costs more CPU than all the rest where hundreds of devices are asked at once. What devices need is
little: a connection that is kept, a name and a password, JSON there and back. So that is here, on a parser in C.
Nothing is ever sent twice: a lost answer may be that to a command which was done. Source: RFC 9110, RFC 9112.
"""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
from base64 import b64encode
from typing import Any, NamedTuple

import httptools
import msgspec

from cpal.drivers.devices.login import Login
from cpal.errors import CpalError, TimedOut, Unauthenticated, Unreachable, Unreadable


class Answer(NamedTuple):
    """An answer of HTTP: its status, and what it holds."""

    status: int
    body: bytes


class _Conversation(asyncio.Protocol):
    """A connection on which one request at a time is answered; the loop and the parser call it."""

    def __init__(self) -> None:
        self.open = True
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """The answer to a request, when it is there."""
        assert self._transport
        self._parser, self._body = httptools.HttpResponseParser(self), []
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        self.open = False
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what a stream has
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or EOFError("it closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.open = self._parser.should_keep_alive()
        if self._answer and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))
        if not self.open:
            self.close()

    def _fail(self, error: Exception) -> None:
        self.open = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)


class JsonApi:
    """A device's API at one path; `title` is what people call it, `remedy` how it is switched on, `port` its own."""

    def __init__(self, login: Login, path: str, title: str, remedy: str, port: int = 0) -> None:
        if login.password is None:
            raise Unauthenticated("no password is known for it", key=login.name, remedy=NO_PASSWORD)
        url = login.url()
        self.key = url if login.name in url else f"{login.name} at {url}"
        """What errors call the device: as people do, and where it is asked."""
        self._login, self._title, self._remedy = login, title, remedy
        plain = login.way == "http"
        self._tls = None if plain else trust(login.trusted or os.environ.get("SSL_CERT_FILE", ""))
        self._path = path
        self._port = login.port or port or (80 if plain else 443)
        secret = b64encode(f"{login.user}:{login.password}".encode()).decode()
        host = url.partition("://")[2]
        self._head = f"Host: {host}\r\nAuthorization: Basic {secret}\r\nAccept: */*\r\n"
        self._conversation: _Conversation | None = None
        self._turn = asyncio.Lock()

    async def post(
        self, body: Any, kind: str = "application/json", refusals: tuple[int, ...] = (), form: Any = Any
    ) -> Any:
        """The JSON that is answered to a JSON, as what the type `form` says.

        `refusals` are statuses in which an answer says what was refused.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: it is no such API.
        """
        content = msgspec.json.encode(body)
        of_body = f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        head = f"POST {self._path} HTTP/1.1\r\n{self._head}{of_body}"
        return self._decoded(await self._answer(head.encode() + content), refusals, form)

    async def get(self, target: str) -> Any:
        """The JSON that there is at a target (RFC 9112, section 3.2); None where there is nothing.

        Raises: as `post`.
        """
        answer = await self._answer(f"GET {target} HTTP/1.1\r\n{self._head}\r\n".encode())
        return None if answer.status == ABSENT else self._decoded(answer)

    async def _answer(self, request: bytes) -> Answer:
        async with self._turn:
            try:
                async with asyncio.timeout(self._login.timeout_s):
                    answer = await self._exchange(request)
            except BaseException as error:
                await self.close()  # what comes late must not be taken for the answer to something else
                if isinstance(error, OSError | EOFError | httptools.HttpParserError):
                    raise self._fault(error) from error
                raise
        if answer.status in (401, 403):
            raise Unauthenticated(
                f"the device does not know {self._login.user} with this password", key=self.key, remedy=WRONG_PASSWORD
            )
        return answer

    def _decoded(self, answer: Answer, refusals: tuple[int, ...] = (), form: Any = Any) -> Any:
        if answer.status not in (200, *refusals):
            raise self.stranger(f"it answers with status {answer.status}")
        try:
            return msgspec.json.decode(answer.body, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self.stranger(str(error)) from error

    async def _exchange(self, request: bytes) -> Answer:
        if self._conversation is None or not self._conversation.open:
            await self.close()
            loop = asyncio.get_running_loop()
            _, self._conversation = await loop.create_connection(
                _Conversation, self._login.host, self._port, ssl=self._tls
            )
        return await self._conversation.ask(request)

    def stranger(self, why: str) -> Unreadable:
        """The fault that what answers is no such API."""
        remedy = "is it a device of that make?"
        return Unreadable(f"this is not {self._title}: {why}", key=self.key, remedy=remedy)

    async def close(self) -> None:
        """End the connection."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()

    def _fault(self, error: Exception) -> CpalError:
        if isinstance(error, TimeoutError):
            return TimedOut("the device does not answer in time", key=self.key)
        if isinstance(error, httptools.HttpParserError):
            return self.stranger(f"it speaks no HTTP ({error})")
        remedy = self._remedy
        if isinstance(error, ssl.SSLCertVerificationError):
            remedy = "its certificate is not trusted: name what to trust in a file, in SSL_CERT_FILE"
        return Unreachable(f"the device does not answer: {error or type(error).__name__}", key=self.key, remedy=remedy)


ABSENT = 404
WRONG_PASSWORD = "see CPAL_DEVICE_PASSWORD, and what the inventory says of its password"
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
