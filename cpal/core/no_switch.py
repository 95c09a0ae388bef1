"""What a driver that has no switches says of the records that are a switch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cpal.core.driver import Cannot, Limit
from cpal.model.switch import ON_DEVICES, Interface, OnDevices, placed_by
from cpal.model.target import Target

_WHY = "it is no switch whose settings are declared one by one"
_REMEDY = "declare networks, and the hosts and ports that they are for"


def _on_devices(target: Target, record: OnDevices) -> Iterator[Cannot]:
    """Of other targets' switches, their driver speaks."""
    for device in record.devices:
        if device in target.endpoints:
            yield Cannot(placed_by(record.kind), f"{device}: {_WHY}", _REMEDY)


def _interface(target: Target, record: Interface) -> Iterator[Cannot]:
    if record.device in target.endpoints:
        yield Cannot("name", f"{record.device}: {_WHY}", _REMEDY)


def refuse_owned(target: Target, record: Target) -> Iterator[Cannot]:
    """Only switches have sections that others fill."""
    if record.id == target.id and record.owned:
        yield Cannot("owned", _WHY, "leave it out")


REFUSE: Mapping[str, Callable[[Target, Any], Iterator[Cannot]]] = {
    **dict.fromkeys(ON_DEVICES, _on_devices),
    "interface": _interface,
}
"""For `Capability.refuse`."""
LIMITS = (
    Limit("target", "owned", _WHY),
    *(Limit(kind, placed_by(kind), _WHY, never=True) for kind in ON_DEVICES),
    Limit("interface", "name", _WHY, never=True),
)
"""For `Capability.limits`."""
