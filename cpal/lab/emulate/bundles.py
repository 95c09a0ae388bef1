"""Aggregates of a device with the ports in them, for what makes show of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cpal.lab.emulate.interface import Interface

ON = "on"
"""How ports are bundled that speak no protocol; the other modes are those of LACP."""


class Bundle(NamedTuple):
    """An aggregate: its interface, its number, how its ports speak (`active`, `passive` or `on`), and the ports."""

    interface: Interface
    number: str
    mode: str
    members: tuple[Interface, ...]


def bundles(interfaces: Sequence[Interface]) -> Iterator[Bundle]:
    """The aggregates among interfaces, those without a port too."""
    for each in interfaces:
        if each.kind == each.AGGREGATE and "." not in each.name:
            members = tuple(port for port in interfaces if port.member_of == each.name)
            words = [(port.section.value("channel-group") or "").split() for port in members]
            mode = next((said[-1] for said in words if "mode" in said), ON)
            yield Bundle(each, each.name.removeprefix(each.AGGREGATE), mode, members)
