"""IOS: what interfaces trust, their policies, and the queues and policers that these make.

Source: text of `show policy-map interface`; Catalyst Quality of Service Configuration Guides, `mls qos trust`.
A class of an output policy that has a queue is told with it; one of a policy inside a class is called after both, as in
`class-default/VOICE`. Priority classes share a queue, which has no class's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.ios.parse.names import is_refused, number, port
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.attached import Words, attached, joined
from cpal.model.device.qos import Policer, QosInterface, Queue

INTERFACE = re.compile(r"^ ?([A-Za-z][\w-]*\d[\d/.:]*) *$", re.MULTILINE)
POLICY = re.compile(r"^\s+Service-policy (input|output): (\S+) *$", re.MULTILINE)
PART = re.compile(r"^( +)(Class-map: (\S+).*|queue stats for (all priority classes):) *$", re.MULTILINE)
COUNTED = re.compile(r"depth/total drops/no-buffer drops\) (\d+)/(\d+)/\d+")
SENT = re.compile(r"\(pkts output/bytes output\) (\d+)/(\d+)")
OF_A_SWITCH = re.compile(r"^\s+\((bytes output|pkts output)\) (\d+)\s*$", re.MULTILINE)
"""What Catalysts count, each in a line; what they drop is told too, in packets or in octets, by release."""
SWITCHED = {"bytes output": "sent_octets", "pkts output": "sent_pkts"}
POLICED = re.compile(r"^\s+police:\s*$(.*)", re.MULTILINE | re.DOTALL)
RATE = r"^\s+(?:cir|rate) (\d+) bps"
BY_COLOUR = re.compile(r"^\s+(conformed|exceeded|violated) (?:(\d+) packets, )?(\d+) bytes;", re.MULTILINE)
COLOURS = {"conformed": "conforming", "exceeded": "exceeding", "violated": "violating"}
TRUST: Words = {"trust": re.compile(r"^\s+mls qos trust (cos|dscp|ip-precedence)\s*$", re.MULTILINE)}
IN_OCTETS = re.compile(r"queue limit \d+ bytes")
SCHEDULERS = (
    ("shape average", r"shape \(average\) cir (\d+)", 1),
    ("bandwidth", r"bandwidth (?:\d+% \()?(\d+) kbps", 1000),
)
"""How a queue is served, by a pattern of what says its rate, in units of so many bit/s."""
OUTPUT = "output"


def qos() -> Asking[tuple[QosInterface, ...]]:
    """The interfaces that have a policy, or that are told what to trust."""
    text, configuration = yield (
        Ask("show policy-map interface", TEXT, optional=True), Ask("show running-config", TEXT, optional=True),
    )  # fmt: skip
    trusting = attached("" if is_refused(configuration) else configuration, TRUST)
    return joined(trusting, _interfaces("" if is_refused(text) else text))


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
            policers=tuple(each for way, _, classes in said for each in _policers(classes, way)),
        )


def _classes(text: str) -> Iterator[tuple[str, str, bool]]:
    """The classes of a policy, and of those in its classes, which stand further to the right: path, text, priority."""
    _, *parts = PART.split(text)
    within: list[tuple[int, str]] = []
    for indent, name, shared, told in zip(parts[::5], parts[2::5], parts[3::5], parts[4::5], strict=True):
        within = [each for each in within if each[0] < len(indent)]
        path = "/".join([*(each for _, each in within), name or shared])
        if name:
            within.append((len(indent), name))
        yield path, told, not name or "priority level" in told


def _queues(text: str) -> Iterator[Queue]:
    for path, told, is_priority in _classes(text):
        rates = ((word, number(pattern, told), unit) for word, pattern, unit in SCHEDULERS)
        scheduler, rate, unit = next((each for each in rates if each[1] is not None), (None, None, 1))
        if counts := _counts(told):
            yield Queue(
                name=path,
                scheduler="priority" if is_priority else scheduler,
                rate_bps=None if rate is None else rate * unit,
                **counts,
            )


def _counts(told: str) -> dict[str, int]:
    """What a queue counted; nothing of a class without one."""
    if counted := COUNTED.search(told):
        sent = SENT.search(told)
        waiting = "queued_octets" if IN_OCTETS.search(told) else "queued_pkts"
        out = {"sent_pkts": int(sent[1]), "sent_octets": int(sent[2])} if sent else {}
        return {waiting: int(counted[1]), "dropped_pkts": int(counted[2]), **out}
    return {SWITCHED[word]: int(count) for word, count in OF_A_SWITCH.findall(told)}


def _policers(text: str, way: str) -> Iterator[Policer]:
    for path, told, _ in _classes(text):
        policed = POLICED.search(told)
        counts: dict[str, Any] = {}
        for word, packets, octets in BY_COLOUR.findall(policed[1] if policed else ""):
            counts[f"{COLOURS[word]}_pkts"] = int(packets) if packets else None
            counts[f"{COLOURS[word]}_octets"] = int(octets)
        if policed:
            yield Policer(name=path, output=way == OUTPUT, rate_bps=number(RATE, policed[1]), **counts)
