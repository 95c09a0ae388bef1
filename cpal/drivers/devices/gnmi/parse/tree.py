"""Trees of OpenConfig as gNMI's targets answer them, in one form, and the values in them. Pure.

Targets answer a question with one value or with one for each leaf, at the path that was asked or further down, and with
or without the names of YANG's modules. A value stands for the node at its path; some targets wrap it into that node's
name once more. So what comes is put where it belongs in one tree, without names of modules, and the tree is the answer.

Source: gNMI specification, 2.2 and 3.3; RFC 7951 (JSON of YANG); openconfig-types `ieeefloat32`, `timeticks64`.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

ELEMENT = re.compile(r"/?([^/\[\]]+)((?:\[[^=\]]+=(?:\\.|[^\]\\])*\])*)")
KEY = re.compile(r"\[([^=\]]+)=((?:\\.|[^\]\\])*)\]")
NANOSECONDS = 1e9


class Element(NamedTuple):
    """A step of a path: a node's name, with its module's where it is known, and which entry of a list it is."""

    name: str
    keys: tuple[tuple[str, str], ...] = ()


Path = tuple[Element, ...]


def path_of(text: str) -> Path:
    r"""The path of `/openconfig-interfaces:interfaces/interface[name=Ethernet1/1]`; `\]` is a bracket in a key.

    Raises:
        ValueError: not a path.
    """
    found, at = [], 0
    while at < len(text.rstrip("/")):
        step = ELEMENT.match(text, at)
        if step is None:
            raise ValueError(f"{text!r} is no path: see from {text[at:]!r} on")
        keys = tuple((name, re.sub(r"\\(.)", r"\1", value)) for name, value in KEY.findall(step[2]))
        found.append(Element(step[1], keys))
        at = step.end()
    return tuple(found)


def plain(value: Any) -> Any:
    """A value whose members are called without their modules."""
    if isinstance(value, dict):
        return {name.rpartition(":")[2]: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def answer(asked: Path, updates: Iterable[tuple[Path, Any]]) -> Any:
    """What is at the path that was asked, of all that came; an empty node where nothing came."""
    root: dict[str, Any] = {}
    for path, value in updates:
        _put(root, path or asked, plain(value))
    node: Any = root
    for step in asked:
        node = _entry(node, step) if isinstance(node, dict) else {}
    return node


def _put(node: dict[str, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        node = _entry(node, step)
    last = path[-1]
    name = last.name.rpartition(":")[2]
    if isinstance(value, dict) and set(value) == {name}:
        value = value[name]
        if last.keys and isinstance(value, list):
            value = value[0] if value else {}
    if isinstance(value, dict):
        _merge(_entry(node, last), value)
    else:
        node[name] = value


def _merge(node: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(node.get(name), dict):
            _merge(node[name], value)
        else:
            node[name] = value


def _entry(node: dict[str, Any], step: Element) -> dict[str, Any]:
    """The node, or the entry of the list, that a step leads to; made where it is not there."""
    name = step.name.rpartition(":")[2]
    if not step.keys:
        found: dict[str, Any] = node.setdefault(name, {})
        return found
    entries: list[dict[str, Any]] = node.setdefault(name, [])
    for each in entries:
        if all(str(each.get(key)) == value for key, value in step.keys):
            return each
    entries.append(dict(step.keys))
    return entries[-1]


def below(node: Any, *names: str) -> dict[str, Any]:
    """The node at these names; an empty one where there is none."""
    for name in names:
        node = (node or {}).get(name)
    return node or {}


def entries(node: Any, *names: str) -> list[dict[str, Any]]:
    """The entries of the list at these names; none where there is none."""
    *way, last = names
    return list(below(node, *way).get(last) or ())


def state(node: Any, *names: str) -> dict[str, Any]:
    """What the node at these names is, else what it is configured to be."""
    found = below(node, *names)
    return {**below(found, "config"), **below(found, "state")}


def word(value: Any) -> str | None:
    """The name of an identity or enumeration, without its module; None for none."""
    return str(value).rpartition(":")[2] if value not in (None, "") else None


def text(value: Any) -> str | None:
    """A text; None for none, or for an empty one."""
    return None if value is None else str(value).strip() or None


def number(value: Any) -> int | None:
    """An integer, also a long one, which JSON has as text. Source: RFC 7951, 6.1."""
    return None if value in (None, "") else int(value)


def real(value: Any) -> float | None:
    """A number with a fraction: JSON's, a text, or four octets of a float in base64."""
    if value in (None, ""):
        return None
    try:
        return float(value)
    except ValueError:
        found: float = struct.unpack(">f", b64decode(value, validate=True))[0]
        return round(found, 4)


def moment(value: Any) -> float | None:
    """Seconds since 1970, of nanoseconds; None for none, and for 0, which is none."""
    return (number(value) or 0) / NANOSECONDS or None


def flag(value: Any) -> bool | None:
    """A truth value; some targets write it as text."""
    return None if value is None else str(value).lower() == "true"
