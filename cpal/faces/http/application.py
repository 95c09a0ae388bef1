"""The ASGI shell around a handler: reads a request to its end, within limits, and sends what the handler answers.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from cpal.faces.drawn_id import drawn_id
from cpal.faces.http.log import ABOUT
from cpal.faces.http.message import Handler, Request, Response, json_response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_BODY = 8 * 1024 * 1024
"""The largest body that is read, in bytes."""
MAX_QUERY = 60 * 1024
"""The longest query string that is read, in bytes: some fifteen hundred ids. The parser takes no URL beyond 64 KiB."""
REQUEST_ID = "X-Openstack-Request-Id"
_GLOBAL_ID = re.compile(rb"req-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""The id of another service's request that this one is part of, in the header of that name.

Source: https://docs.openstack.org/oslo.middleware/latest/reference/api.html#oslo_middleware.request_id
"""

log = logging.getLogger(__name__)


class _Gone(Exception):
    """The client went away before its request had come."""


class _TooLarge(Exception):
    """More was sent than is read."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def application(handle: Handler, name: str) -> Application:
    """The ASGI application that answers with `handle`; `name` is what its log lines say."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        id = f"req-{drawn_id()}"
        try:
            response = await _answered(handle, scope, receive, id)
        except _Gone:
            return
        if log.isEnabledFor(logging.INFO):
            _log_answered(name, scope, response.status, (time.perf_counter() - started) * 1e3, id)
        await _send(send, response, id, scope["method"] == "HEAD")

    return app


def _log_answered(name: str, scope: Message, status: int, took_ms: float, id: str) -> None:
    """Write the line for a request: sentence and values."""
    about = {
        "api": name,
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "status": int(status),
        "took_ms": round(took_ms, 1),
        "client": _client(scope),
        **_ids(scope, id),
    }
    said = (name, scope["method"], scope["path"], status, took_ms, id)
    log.info("%s %s %s %d %.1f ms %s", *said, extra={ABOUT: about})


def _ids(scope: Message, id: str) -> dict[str, str]:
    """The ids that a request has: its own, and that of the request of another service that it is part of."""
    sent = dict(scope["headers"]).get(REQUEST_ID.lower().encode(), b"")
    return {"request_id": id} | ({"global_request_id": sent.decode()} if _GLOBAL_ID.fullmatch(sent) else {})


def _client(scope: Message) -> str:
    return str((scope.get("client") or ("",))[0])


async def _answered(handle: Handler, scope: Message, receive: Receive, id: str) -> Response:
    try:
        return await handle(await _request(scope, receive, id))
    except _TooLarge as error:
        content = {"code": error.status, "title": error.status.phrase, "message": str(error)}
        return json_response(error.status, {"error": content})
    except _Gone:
        raise
    except Exception:  # whatever a handler missed is ours; the client gets an answer, the log the rest
        log.exception("%s: %s %s failed", id, scope["method"], scope["path"], extra={ABOUT: _ids(scope, id)})
        message = f"the server failed; its log has more under {id}"
        return json_response(500, {"error": {"code": 500, "title": "Internal Server Error", "message": message}})


async def _request(scope: Message, receive: Receive, id: str) -> Request:
    query = scope["query_string"]
    if len(query) > MAX_QUERY:
        raise _TooLarge(HTTPStatus.REQUEST_URI_TOO_LONG, f"a query of at most {MAX_QUERY} bytes is read")
    headers = {name.decode("latin-1"): value.decode("latin-1").rstrip(" \t") for name, value in scope["headers"]}
    if int(headers.get("content-length", 0)) > MAX_BODY:
        raise _too_large()
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else (),
        headers=headers,
        body=await _body(receive),
        origin=f"{scope['scheme']}://{headers.get('host') or _address(scope)}",
        id=id,
        client=_client(scope),
    )


def _address(scope: Message) -> str:
    host, port = scope.get("server") or ("localhost", None)
    return f"{host}:{port}" if port else str(host)


def _too_large() -> _TooLarge:
    return _TooLarge(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of at most {MAX_BODY} bytes is read")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _send(send: Send, response: Response, id: str, head: bool) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers += [(b"Content-Length", str(len(response.body)).encode()), (REQUEST_ID.encode(), id.encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})
