"""What an operator wants of a server: is it alive, is it ready, how does it fare, and a bound on what one client takes.

Health and metrics are answered by a listener of their own, without tokens; `/healthcheck`, OpenStack's usual path, by
every API too. Source: Prometheus exposition format; RFC 6585, section 4 (429).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from cpal.faces.http.message import Handler, Request, Response, json_response

HEALTH = "/healthcheck"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds of the histogram of response times, in seconds."""
MOST_CLIENTS = 10_000
"""How many clients are counted apart."""

State = Callable[[], Mapping[str, str]]
"""What stands in the way of being ready, by what it is about: empty when nothing does."""


class Operations:
    """The counters of one server. `state` says what is wrong; `requests_s` bounds each client address, 0 does not."""

    def __init__(self, state: State, gauges: Callable[[], Mapping[str, float]], requests_s: float = 0.0) -> None:
        self._state = state
        self._gauges = gauges
        self._requests_s = requests_s
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._found: dict[tuple[str, str, int], tuple[Histogram, Counter]] = {}
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "cpal_http_requests", "Requests answered.", ("api", "method", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "cpal_http_request_seconds",
            "Seconds to answer.",
            ("api", "method"),
            buckets=BUCKETS,
            registry=self.registry,
        )

    def around(self, handle: Handler, api: str) -> Handler:
        """The handler, counted and bounded."""

        async def counted(request: Request) -> Response:
            if request.path == HEALTH:
                return self.health()
            started, status = time.perf_counter(), 500  # which is what is answered where the handler fails
            try:
                bounded = self._requests_s and not self._may(request.client)
                response = _too_many(1 / self._requests_s) if bounded else await handle(request)
                status = response.status
            finally:
                seconds, requests = self._counters(api, request.method, status)
                seconds.observe(time.perf_counter() - started)
                requests.inc()
            return response

        return counted

    def _counters(self, api: str, method: str, status: int) -> tuple[Histogram, Counter]:
        """What counts such requests; to find it by its labels takes several times as long as to count."""
        key = (api, method, status)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = (self._seconds.labels(api, method), self._requests.labels(api, method, status))
        return found

    async def handle(self, request: Request) -> Response:
        """Answer an operator: `/healthz`, `/readyz`, `/metrics`."""
        if request.method not in ("GET", "HEAD"):
            return Response(405)
        if request.path == "/healthz":
            return Response(200, b"alive\n", (TEXT,))
        if request.path in ("/readyz", HEALTH):
            return self.health()
        if request.path == "/metrics":
            return Response(200, self._metrics(), (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),))
        return Response(404)

    def health(self) -> Response:
        """Whether the server can do all that it is for, and what stands in the way."""
        wrong = self._state()
        return json_response(503 if wrong else 200, {"ready": not wrong, "wrong": wrong})

    def _metrics(self) -> bytes:
        gauges = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in self._gauges().items())
        return generate_latest(self.registry) + gauges.encode()

    def _may(self, client: str) -> bool:
        """Whether a client may ask now: a bucket of one second's requests, at least one, filled as time goes."""
        now, most = time.monotonic(), max(1.0, self._requests_s)
        left, at = self._clients.pop(client, (most, now))
        left = min(most, left + (now - at) * self._requests_s)
        may = left >= 1  # who is refused spends nothing: else who asks too often would never be answered
        self._clients[client] = (left - may, now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return may


TEXT = ("Content-Type", "text/plain; charset=utf-8")


def _too_many(wait_s: float) -> Response:
    message = "too many requests from this address"
    body = {"error": {"code": 429, "title": "Too Many Requests", "message": message}}
    return json_response(429, body, ("Retry-After", str(max(1, round(wait_s)))))
