"""A request and a response as values: what a handler gets and gives, without sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cpal.errors import Invalid


class Request(NamedTuple):
    """A request, read to its end.

    `path` is decoded, `query` in the order given, `headers` by lower-case name; `origin` is the `scheme://host[:port]`
    by which the client reached the server, `client` its address; `id` names the request in logs and in the answer.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = {}
    body: bytes = b""
    origin: str = ""
    id: str = ""
    client: str = ""

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Invalid: it is not JSON, or nested too deeply.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid(f"the body is not JSON: {error}", remedy="send a JSON object") from error


class Response(NamedTuple):
    """A response: status, body, headers by name."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Request], Awaitable[Response]]
"""What answers requests."""

JSON = ("Content-Type", "application/json")


def json_response(status: int, content: Any, *headers: tuple[str, str]) -> Response:
    """A response with a JSON body."""
    return Response(status, msgspec.json.encode(content), (JSON, *headers))
