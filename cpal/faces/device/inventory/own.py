"""cpal's own inventory: `defaults`, `groups` and `devices`.

What a device says of itself goes before what its groups say, in their order, and that before the defaults; tags of all
are merged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpal.engine.credentials import is_reference
from cpal.engine.devices import LIVE, entry_of
from cpal.errors import CpalError
from cpal.faces.documents.source import WORDS, Mapping, Node, Scalar, Sequence, Source
from cpal.faces.documents.source import Entry as Written
from cpal.model.device.entry import Entry

SECTIONS = ("defaults", "groups", "devices")
Fields = dict[str, Any]
_NUMBER = "a whole number from 1 to 65535"
_SECONDS = "a number of seconds above 0"
REFERENCE = "write env:NAME, file:PATH, keyring:SERVICE/USER or vault:FILE#KEY; a secret itself belongs nowhere here"


def devices(source: Source, entries: dict[str, Written]) -> tuple[Entry, ...]:
    """The devices; faults are noted in the source."""
    for name, each in entries.items():
        if name not in SECTIONS:
            source.fault(each.name, name, "", "no section is called so", f"there are {', '.join(SECTIONS)}")
    defaults = _fields(source, entries["defaults"].value, "defaults") if "defaults" in entries else {}
    groups = {name: _fields(source, each.value, f"groups.{name}") for name, each in _below(source, entries, "groups")}
    found = []
    for name, each in _below(source, entries, "devices"):
        own = _fields(source, each.value, f"devices.{name}")
        for group in own.get("groups", ()):
            if group not in groups:
                known = f"there are {', '.join(groups)}" if groups else "declare it below `groups`"
                source.fault(each.name, f"devices.{name}", "groups", f"there is no group {group!r}", known)
        layers = [defaults, *(groups.get(group, {}) for group in reversed(own.get("groups", ()))), own]
        device = _device(source, each.name, name, layers)
        if device is not None:
            found.append(device)
    return tuple(found)


def _below(source: Source, entries: dict[str, Written], section: str) -> list[tuple[str, Written]]:
    if section not in entries:
        return []
    node = entries[section].value
    if isinstance(node, Scalar) and node.is_null:
        return []
    if not isinstance(node, Mapping):
        source.fault(node, section, "", f"is {WORDS[type(node)]}", "write a name and a mapping for each")
        return []
    return list(source.entries(node, section).items())


def _device(source: Source, place: Scalar, name: str, layers: list[Fields]) -> Entry | None:
    """The device that layers of fields make, later ones before earlier."""
    fields = {key: value for layer in layers for key, value in layer.items()}
    fields["tags"] = {key: value for layer in layers for key, value in layer.get("tags", {}).items()}
    if "driver" not in fields:
        source.fault(place, f"devices.{name}", "driver", "nobody says what it speaks", f"one of {', '.join(LIVE)}")
        return None
    fields.setdefault("host", name)
    return Entry(name=name, **fields)


def _fields(source: Source, node: Node, key: str) -> Fields:
    """What is said of a device, or of many; an address alone says where it is and what it speaks."""
    if isinstance(node, Scalar):
        return {} if node.is_null else _address(source, node, key)
    if not isinstance(node, Mapping):
        source.fault(node, key, "", f"is {WORDS[type(node)]}", "write a mapping, or an address as eos://admin@leaf1")
        return {}
    found: Fields = {}
    for name, each in source.entries(node, key).items():
        if name == "address":
            found |= _address(source, each.value, key) if isinstance(each.value, Scalar) else {}
        elif name in FIELDS:
            read = FIELDS[name](source, each.value, key, name)
            if read is not None:
                found[name] = read
        else:
            source.fault(each.name, key, name, "no field is called so", f"there are address, {', '.join(FIELDS)}")
    return found


def _address(source: Source, node: Scalar, key: str) -> Fields:
    try:
        found = entry_of(node.text)
    except CpalError as error:
        source.fault(node, key, "address", error.message, error.remedy)
        return {}
    said = {"driver": found.driver, "host": found.host, "user": found.user, "port": found.port}
    return {name: value for name, value in {**said, "way": found.way, "path": found.path}.items() if value}


def _text(source: Source, node: Node, key: str, name: str) -> str | None:
    if isinstance(node, Scalar) and not node.is_null:
        return node.text
    source.fault(
        node, key, name, f"is {WORDS[type(node)] if not isinstance(node, Scalar) else 'empty'}", "write a text"
    )
    return None


def _driver(source: Source, node: Node, key: str, name: str) -> str | None:
    text = _text(source, node, key, name)
    if text is not None and text.replace("-", "_") not in LIVE:
        source.fault(node, key, name, f"no live driver is called {text!r}", f"there are {', '.join(LIVE)}")
    return text and text.replace("-", "_")


def _port(source: Source, node: Node, key: str, name: str) -> int | None:
    text = node.text if isinstance(node, Scalar) else ""
    if text.isdecimal() and 0 < int(text) < 1 << 16:
        return int(text)
    source.fault(node, key, name, f"is not {_NUMBER}")
    return None


def _seconds(source: Source, node: Node, key: str, name: str) -> float | None:
    try:
        found = float(node.text) if isinstance(node, Scalar) else 0.0
    except ValueError:
        found = 0.0
    if 0 < found < float("inf"):
        return found
    source.fault(node, key, name, f"is not {_SECONDS}")
    return None


def _reference(source: Source, node: Node, key: str, name: str) -> str | None:
    """A reference to a secret; what is none is not repeated, for it may be the secret."""
    if isinstance(node, Scalar) and is_reference(node.text):
        return node.text
    source.fault(node, key, name, "is no reference to a secret", REFERENCE)
    return None


def _texts(source: Source, node: Node, key: str, name: str) -> tuple[str, ...] | None:
    items = node.items if isinstance(node, Sequence) else [node]
    found = [_text(source, each, key, name) for each in items]
    return tuple(each for each in found if each is not None)


def _tags(source: Source, node: Node, key: str, name: str) -> dict[str, Any] | None:
    if isinstance(node, Mapping):
        return {tag: plain(source, each.value, key) for tag, each in source.entries(node, f"{key}.{name}").items()}
    source.fault(node, key, name, f"is {WORDS[type(node)]}", "write a mapping of tags")
    return None


def plain(source: Source, node: Node, key: str) -> Any:
    """A node as it was written: texts, lists and mappings of them."""
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if isinstance(node, Sequence):
        return [plain(source, each, key) for each in node.items]
    return {name: plain(source, each.value, key) for name, each in source.entries(node, key).items()}


FIELDS: dict[str, Callable[[Source, Node, str, str], Any]] = {
    "driver": _driver, "host": _text, "user": _text, "port": _port, "way": _text, "path": _text,
    "password": _reference, "enable_password": _reference, "timeout_s": _seconds, "ssh_config": _texts,
    "trusted": _text, "keys": _texts, "tags": _tags, "groups": _texts,
}  # fmt: skip
"""What may be said of a device, and how it is read; `address` says several of them at once."""
