"""What must hold for access lists, and for the interfaces that ask them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.model.acl import FORWARDING_ACTIONS, Acl, AclEntry
from cpal.model.checks.values import prefix_problems
from cpal.model.checks.words import Problem
from cpal.model.estate import Estate
from cpal.model.security import ICMP, TCP, UDP, protocol_number
from cpal.model.switch import Interface

SEQUENCE_IDS = (1, 2**31 - 1)
"""The least and the greatest number of an entry. Source: what every make takes; Cisco's IOS takes the fewest."""
_NAME = re.compile(r"(?!(?:standard|extended)$)[A-Za-z][\w.-]*", re.ASCII)


def _name(estate: Estate, acl: Acl) -> Iterator[Problem]:
    if not _NAME.fullmatch(acl.name):
        why = f"{acl.name!r} is no name of an access list"
        yield Problem("name", why, "one word that begins with a letter, other than standard and extended")


def _entries(estate: Estate, acl: Acl) -> Iterator[Problem]:
    if not acl.entries:
        yield Problem("entries", "has none: makes differ in what an empty list lets through", "write at least one")
    numbers: set[int] = set()
    said: dict[str, int] = {}
    for entry in acl.entries:
        problems = [_at(entry, problem) for problem in _entry(entry)]
        yield from problems
        number = entry.sequence_id
        if number in numbers:
            yield Problem("entries", f"has entry {number} twice", "give each a sequence_id of its own")
        numbers.add(number)
        same = number if problems else said.setdefault(entry.words, number)
        if same != number:
            yield Problem("entries", f"entry {number} says what entry {same} says", "leave one of them out")


def _at(entry: AclEntry, problem: Problem) -> Problem:
    why = f"entry {entry.sequence_id}: {problem.field} {problem.problem}"
    return Problem("entries", why, problem.remedy)


def _entry(entry: AclEntry) -> Iterator[Problem]:
    low, high = SEQUENCE_IDS
    if not low <= entry.sequence_id <= high:
        yield Problem("sequence_id", "is out of range", f"a number from {low} to {high}")
    if entry.forwarding_action not in FORWARDING_ACTIONS:
        why = f"{entry.forwarding_action!r} is none"
        yield Problem("forwarding_action", why, f"one of {', '.join(FORWARDING_ACTIONS)}")
    for field in ("source_address", "destination_address"):
        if text := getattr(entry, field):
            yield from prefix_problems(field, text, 4)
    try:
        number = protocol_number(entry.protocol, 4)
    except ValueError:
        yield Problem("protocol", f"{entry.protocol!r} is none", "a name such as tcp, or a number from 1 to 255")
        return
    if number == 0:
        yield Problem("protocol", "0 is what switches say for any", "leave it out, or write one from 1 to 255")
    yield from _of_protocol(entry, number)


def _of_protocol(entry: AclEntry, number: int | None) -> Iterator[Problem]:
    for field in ("source_port", "destination_port"):
        ports = getattr(entry, field)
        if ports is not None and number not in (TCP, UDP):
            yield Problem(field, "is of tcp and udp alone", "write protocol: tcp or udp, or leave it out")
        if ports is not None and not 0 <= ports.start <= ports.end <= 65535:
            yield Problem(field, f"{ports.start}-{ports.end} is no range of ports", "from 0 to 65535")
    for field in ("icmp_type", "icmp_code"):
        value = getattr(entry, field)
        if value is not None and number != ICMP:
            yield Problem(field, "is of icmp alone", "write protocol: icmp, or leave it out")
        if value is not None and not 0 <= value <= 255:
            yield Problem(field, f"{value} is out of range", "a number from 0 to 255")
    if entry.icmp_code is not None and entry.icmp_type is None:
        yield Problem("icmp_code", "is a code of no type", "write icmp_type too")


LIST_CHECKS = (_name, _entries)


def bound_problems(estate: Estate, interface: Interface) -> Iterator[Problem]:
    """What is wrong with the access lists that an interface asks: they must be declared on its device."""
    there = {acl.name for acl in estate.find("acl.device", interface.device)}
    for field in ("ingress_acl", "egress_acl"):
        name = getattr(interface, field)
        if name and name not in there:
            why = f"there is no access list {name} on {interface.device}"
            yield Problem(field, why, f"declare it with {interface.device} among its devices, or leave it out")
