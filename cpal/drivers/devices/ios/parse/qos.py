"""IOS: policies of interfaces and the queues that they make. Source: text of `show policy-map interface`.

A class of an output policy that has a queue is told with it; one of a policy inside a class is called after both, as in
`class-default/VOICE`. Priority classes share a queue, which has no class's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.ios.parse.names import is_refused, number, port
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.model.device.qos import QosInterface, Queue

INTERFACE = re.compile(r"^ ?([A-Za-z][\w-]*\d[\d/.:]*) *$", re.MULTILINE)
POLICY = re.compile(r"^\s+Service-policy (input|output): (\S+) *$", re.MULTILINE)
PART = re.compile(r"^( +)(Class-map: (\S+).*|queue stats for (all priority classes):) *$", re.MULTILINE)
COUNTED = re.compile(r"depth/total drops/no-buffer drops\) (\d+)/(\d+)/\d+")
SENT = re.compile(r"\(pkts output/bytes output\) (\d+)/(\d+)")
IN_OCTETS = re.compile(r"queue limit \d+ bytes")
SCHEDULERS = (
    ("shape average", r"shape \(average\) cir (\d+)", 1),
    ("bandwidth", r"bandwidth (?:\d+% \()?(\d+) kbps", 1000),
)
"""How a queue is served, by a pattern of what says its rate, in units of so many bit/s."""
OUTPUT = "output"


def qos() -> Asking[tuple[QosInterface, ...]]:
    """The interfaces that have a policy."""
    (text,) = yield (Ask("show policy-map interface", TEXT, optional=True),)
    return tuple(_interfaces("" if is_refused(text) else text))


def _interfaces(text: str) -> Iterator[QosInterface]:
    _, *parts = INTERFACE.split(text)
    for name, told in zip(parts[::2], parts[1::2], strict=True):
        _, *policies = POLICY.split(told)
        said = list(zip(policies[::3], policies[1::3], policies[2::3], strict=True))
        named = {way: policy for way, policy, _ in said}
        yield QosInterface(
            interface=port(name),
            input_policy=named.get("input"),
            output_policy=named.get(OUTPUT),
            queues=tuple(queue for way, _, classes in said if way == OUTPUT for queue in _queues(classes)),
        )


def _queues(text: str) -> Iterator[Queue]:
    """The queues of a policy, and of those in its classes, which stand further to the right."""
    _, *parts = PART.split(text)
    within: list[tuple[int, str]] = []
    for indent, name, shared, told in zip(parts[::5], parts[2::5], parts[3::5], parts[4::5], strict=True):
        within = [each for each in within if each[0] < len(indent)]
        path = "/".join([*(each for _, each in within), name or shared])
        if name:
            within.append((len(indent), name))
        if counted := COUNTED.search(told):
            yield _queue(path, told, counted, is_priority=not name or "priority level" in told)


def _queue(path: str, told: str, counted: re.Match[str], is_priority: bool) -> Queue:
    sent = SENT.search(told)
    waiting = "queued_octets" if IN_OCTETS.search(told) else "queued_pkts"
    rates = ((word, number(pattern, told), unit) for word, pattern, unit in SCHEDULERS)
    scheduler, rate, unit = next((each for each in rates if each[1] is not None), (None, None, 1))
    counts: dict[str, Any] = {waiting: int(counted[1])}
    return Queue(
        name=path,
        scheduler="priority" if is_priority else scheduler,
        rate_bps=None if rate is None else rate * unit,
        sent_pkts=int(sent[1]) if sent else None,
        sent_octets=int(sent[2]) if sent else None,
        dropped_pkts=int(counted[2]),
        **counts,
    )
