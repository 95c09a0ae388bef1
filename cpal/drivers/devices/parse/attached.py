"""What interfaces are configured to trust and to do to packets, in configurations that are lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cpal.model.device.qos import QosInterface

SECTION = re.compile(r"^interface (\S.*?)[ \t]*\n((?:[ \t]+\S.*(?:\n|\Z))*)", re.MULTILINE)
UNTRUSTED = "none"
Words = Mapping[str, re.Pattern[str]]
"""By field of `QosInterface`, the line of an interface that says it; its group is the value, `none` where it is not."""


def attached(configuration: str, words: Words) -> tuple[QosInterface, ...]:
    """The interfaces that are told what to trust, or that a policy is attached to."""
    found = []
    for name, section in SECTION.findall(configuration):
        lines = {field: pattern.search(section) for field, pattern in words.items()}
        said: dict[str, Any] = {field: line[1] or UNTRUSTED for field, line in lines.items() if line}
        if said:
            found.append(QosInterface(interface=name, **said))
    return tuple(found)


def joined(configured: Iterable[QosInterface], counted: Iterable[QosInterface]) -> tuple[QosInterface, ...]:
    """What is configured of interfaces, and what they counted: where both say the same of one, the latter counts."""
    found = {each.interface: each for each in configured}
    for each in counted:
        known = found.get(each.interface, each)
        told = {name: value for name, value in msgspec.structs.asdict(each).items() if value not in (None, ())}
        found[each.interface] = msgspec.structs.replace(known, **told)
    return tuple(found.values())
