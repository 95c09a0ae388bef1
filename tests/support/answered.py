"""Requests with the answers that a Networking API gave to them, a line each, and their repetition against another.

    red POST networks {"network": {"name": "web"}} = web -> 201
    blue GET networks/{web} -> 404 NetworkNotFound
    admin POST qos/policies/{p}/packet_rate_limit_rules {...} -> 201 | 404 HTTPNotFound packets
    red DELETE routers/{r} -> 409 RouterInUse: Router {r} has ports still attached: {i}

Who asks (a project with its role, `red-reader`; else its member), the method, the path below `/v2.0`, the body, the
name by which later lines know the id, the status and the type of the fault; in some files its message too, with names
for ids. Behind a bar stands what cpal answers where that is something else, and which reason it has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.cloud import Answer, Caller, Cloud

_LINE = re.compile(
    r"(?P<who>\S+) (?P<method>[A-Z]+) (?P<path>\S+)(?: (?P<body>[\[{\"].*?))?(?: = (?P<name>\w+))?"
    r" -> (?P<there>\d+(?: \w+(?:: .*?)?)?)(?: \| (?P<here>\d+(?: \w+)?) (?P<why>[a-z]+))?"
)
_NAMED = re.compile(r"\{(\w+)\}")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")


class Asked(NamedTuple):
    """A request, what the other API answered, and what cpal does instead and why, if something else."""

    who: str
    method: str
    path: str
    body: Any
    name: str
    there: str
    here: str
    why: str
    line: str

    def answered(self, answer: str) -> str:
        """The line, with this answer of the other API."""
        asked, _, rest = self.line.rpartition(" -> ")
        _, bar, here = rest.partition(" | ")
        return f"{asked} -> {answer}{bar}{here}"


def read(path: Path) -> Iterator[Asked]:
    """The requests of a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            found = _LINE.fullmatch(line)
            assert found is not None, line
            body = json.loads(found["body"]) if found["body"] else None
            there, here = found["there"], found["here"] or found["there"]
            yield Asked(found["who"], found["method"], found["path"], body, found["name"] or "", there, here,
                        found["why"] or "", line)  # fmt: skip


def answers(site: Cloud, asked: Iterable[Asked], in_full: bool = False) -> Iterator[str]:
    """What a cloud answers to one request after another: status and type of the fault; `in_full` what it says too."""
    callers: dict[str, Caller] = {}
    ids: dict[str, str] = {}
    for each in asked:
        if each.who not in callers:
            project, _, role = each.who.partition("-")
            caller = site.administrator if project == "admin" else site.with_role(project, role or "member")
            callers[each.who] = caller
            ids.setdefault(f"project_{project}", caller.project_id)
        path, body = _filled(each.path, ids), _filled(each.body, ids)
        answer = callers[each.who].call(each.method, f"/v2.0/{path}", body)
        if each.name and answer.status < 300:
            ids |= _ids(each.name, answer)
        yield _told(answer) + (_said(answer, ids) if in_full else "")


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _NAMED.sub(lambda found: ids.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    return {key: _filled(each, ids) for key, each in value.items()} if isinstance(value, dict) else value


def _ids(name: str, answer: Answer) -> dict[str, str]:
    """The id of what an answer shows, by its name; of an interface its port's; of several by the name and a number."""
    if "port_id" in answer.body:
        return {name: answer.body["port_id"]}
    (shown,) = answer.body.values()
    if isinstance(shown, list):
        return {f"{name}{number}": each["id"] for number, each in enumerate(shown)}
    return {name: shown["id"]}


def _said(answer: Answer, ids: dict[str, str]) -> str:
    """What a fault says, with names for ids, and a mark for those that have none."""
    if not isinstance(answer.body, dict) or "NeutronError" not in answer.body:
        return ""
    names = {id: f"{{{name}}}" for name, id in ids.items()}
    message = _ID.sub(lambda found: names.get(found[0], "{}"), answer.body["NeutronError"]["message"])
    return f": {message}".replace("\n", " ")


def _told(answer: Answer) -> str:
    fault = answer.body.get("NeutronError") if isinstance(answer.body, dict) else None
    return f"{answer.status} {fault['type']}" if fault else str(answer.status)
