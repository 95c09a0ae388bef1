"""What a driver that has no switches says of the records that are a switch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cpal.core.driver import Cannot, Limit
from cpal.model.switch import Interface, Vlan
from cpal.model.target import Target

_WHY = "it is no switch whose VLANs and interfaces are declared one by one"
_REMEDY = "declare networks, and the hosts and ports that they are for"


def _vlan(target: Target, record: Vlan) -> Iterator[Cannot]:
    """Of other targets' switches, their driver speaks."""
    for device in record.devices:
        if device in target.endpoints:
            yield Cannot("devices", f"{device}: {_WHY}", _REMEDY)


def _interface(target: Target, record: Interface) -> Iterator[Cannot]:
    if record.device in target.endpoints:
        yield Cannot("name", f"{record.device}: {_WHY}", _REMEDY)


REFUSE: Mapping[str, Callable[[Target, Any], Iterator[Cannot]]] = {"vlan": _vlan, "interface": _interface}
"""For `Capability.refuse`."""
LIMITS = (Limit("vlan", "devices", _WHY, never=True), Limit("interface", "name", _WHY, never=True))
"""For `Capability.limits`."""
