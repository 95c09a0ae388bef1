"""Requests that schemathesis makes of the OpenAPI document, sent to a real server: good ones, and ones against it.

Ids in what is generated are mostly those of things that are there, so that requests come to what they are about.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.result import Ok, Result
from schemathesis.schemas import APIOperation

from tests.support.cloud import Answer, Caller, Cloud

Operation = APIOperation[Any, Any, Any, Any]
LATEST_S = 10.0
"""How long an answer may take."""
KIND_OF = {
    "network_id": "networks", "floating_network_id": "networks", "subnet_id": "subnets", "port_id": "ports",
    "security_group_id": "security-groups", "remote_group_id": "security-groups",
    "remote_address_group_id": "address-groups", "device_id": "routers",
}  # fmt: skip
KNOWN = 0.8
"""How often an id is of something that is there."""
VARIANTS = 6
"""How many requests are made of one that was generated: generating takes longer than answering."""
DROPPED = 0.15
"""How often a part of a body is left out in a variant."""
RENEW = 200
"""After how many requests it is looked again at what is there."""
COLLECTIONS = (*dict.fromkeys(KIND_OF.values()), "floatingips", "security-group-rules")


class Fuzz:
    """A run against a cloud, by two callers; `statuses` counts the answers by operation and status."""

    def __init__(self, site: Cloud, number: int) -> None:
        self.site = site
        self.callers: Sequence[Caller] = (site.administrator, site.member("fuzz"))
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.sent = 0
        self._chance = random.Random(number)
        self._ids: dict[str, list[str]] = {}
        self._seed = number
        prepare(site, self.callers[1])

    def run(self, requests: int, after: Callable[[int], None] = lambda sent: None) -> None:
        """Send so many requests; `after` is told how many were, now and then.

        Raises:
            AssertionError: an answer says that the server failed, or is late, with the request made small.
        """
        document = self.callers[0].call("GET", "/openapi.json").body
        operations = [_sound(found) for found in schemathesis.openapi.from_dict(document).get_all_operations()]
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        cases = st.one_of([each.as_strategy(mode) for each in operations for mode in modes if _can_be(each, mode)])

        @seed(self._seed)
        @settings(
            max_examples=max(1, requests // VARIANTS), database=None, deadline=None, phases=[Phase.generate],
            verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        @given(cases)
        def check(case: Case[Any]) -> None:
            for variant in range(VARIANTS):
                if self.sent % RENEW == 0:
                    self._look()
                    after(self.sent)
                self.sent += 1
                self._check(case, whole=variant == 0)

        check()

    def _look(self) -> None:
        caller = self.callers[1]
        self._ids = {each: [found["id"] for found in caller.list(each)] for each in (*COLLECTIONS, "routers")}
        for collection in ("networks", "security-groups"):  # room for more
            for id in self._ids[collection][20:]:
                caller.call("DELETE", f"/v2.0/{collection}/{id}")

    def _check(self, case: Case[Any], whole: bool) -> None:
        method, path, body, raw = case.method, self._path(case), case.body, None
        if isinstance(body, NotSet):
            body = None
        elif isinstance(body, bytes | str):
            raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        else:
            body = self._known(body, whole=whole)
        caller = self._chance.choice(self.callers)
        started = time.monotonic()
        answer = caller.call(method, path, body, raw=raw)
        took_s = time.monotonic() - started
        self.statuses[f"{method} {case.path}", answer.status] += 1
        assert answer.status < 500, (method, path, body, answer)
        assert took_s < LATEST_S, (method, path, body, took_s)
        assert answer.status < 400 or _tells_why(answer), (method, path, body, answer)

    def _path(self, case: Case[Any]) -> str:
        """The path, with ids of what is there, and the query."""
        values = dict(case.path_parameters or {})
        known = self._ids.get(case.path.split("/")[2])
        if known and "id" in values and self._chance.random() < KNOWN:
            values["id"] = self._chance.choice(known)
        path = case.path
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", quote(_written(value), safe=""))
        pairs = [
            (key, _written(each))
            for key, value in (case.query or {}).items()
            for each in (value if isinstance(value, list) else [value])
        ]
        query = urlencode(pairs, errors="replace")
        return f"{path}?{query[:50_000]}" if query else path

    def _known(self, value: Any, key: str = "", whole: bool = True) -> Any:
        """The same with ids of what is there, and with parts left out if it need not be whole."""
        if isinstance(value, dict):
            kept = [name for name in value if whole or self._chance.random() >= DROPPED]
            return {name: self._known(value[name], name, whole) for name in kept}
        if isinstance(value, list):
            key = "security_group_id" if key == "security_groups" else key
            return [self._known(each, key, whole) for each in value]
        known = self._ids.get(KIND_OF.get(key, ""))
        if known and isinstance(value, str) and self._chance.random() < KNOWN:
            return self._chance.choice(known)
        return value


def _sound(found: Result[Operation, InvalidSchema]) -> Operation:
    assert isinstance(found, Ok), found
    return found.ok()


def _can_be(operation: Operation, mode: GenerationMode) -> bool:
    """Whether there are requests of that kind: what takes neither body nor query has nothing to get wrong."""
    return mode is GenerationMode.POSITIVE or bool(operation.body or operation.query)


def _written(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return text.encode("utf-8", "replace").decode()


def _tells_why(answer: Answer) -> bool:
    return isinstance(answer.body, dict) and ("NeutronError" in answer.body or "error" in answer.body)


def prepare(site: Cloud, caller: Caller) -> None:
    """Things to ask about: one of each kind, and limits that let many more be made."""
    site.administrator.put(f"quotas/{caller.project_id}", {"quota": {"network": 60, "port": 300, "subnet": 100}})
    network = caller.post("networks", name="fuzzed")["id"]
    subnet = caller.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")["id"]
    router = caller.post("routers", name="fuzzed")["id"]
    caller.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    caller.post("ports", network_id=network)
    caller.post("address-groups", name="fuzzed", addresses=["192.0.2.0/24"])
    group = caller.post("security-groups", name="fuzzed")["id"]
    caller.post("security-group-rules", security_group_id=group, direction="ingress", protocol="tcp")
