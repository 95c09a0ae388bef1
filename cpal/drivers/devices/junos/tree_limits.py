"""What a switch that runs Junos cannot hold of spanning trees: the sentences why not. Pure.

Source: Junos OS Spanning-Tree Protocols User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.junos.reading import is_port
from cpal.drivers.devices.junos.trees import MOST_INSTANCE
from cpal.model.estate import Estate
from cpal.model.switch import MSTP, NO_TREE, RAPID_PVST, Interface, Stp
from cpal.model.target import Target

_WITHIN = "Junos has that within the protocol, which runs because of it"
_SWITCHED = "Junos has a port in spanning trees only where it is one of the switch"
_INSTANCES = f"Junos has instances up to {MOST_INSTANCE}"


def refuse_trees(target: Target, record: Stp, estate: Estate) -> Iterator[Cannot]:
    """Priorities are of the protocol that runs, which is declared."""
    devices = [device for device in record.devices if device in target.endpoints]
    for field, mode in (("vlans", RAPID_PVST), ("instances", MSTP)):
        for device in devices if getattr(record, field) else ():
            if _mode(estate, device) != mode:
                yield Cannot(field, f"{device} is not declared to speak {mode}: {_WITHIN}", f"declare mode: {mode}")
    if devices and any(instance > MOST_INSTANCE for instance in record.instances):
        yield Cannot("instances", _INSTANCES, "number them otherwise")


def refuse_edge_port(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """A port is at the edge of the trees of a protocol, which is declared."""
    if not record.edge_port or record.device not in target.endpoints or not is_port(record.port):
        return
    if not record.mode:
        yield Cannot("edge_port", _SWITCHED, "set mode to access or trunk")
    if _mode(estate, record.device) in ("", NO_TREE):
        why = f"{record.device} is not declared to speak in spanning trees: {_WITHIN}"
        yield Cannot("edge_port", why, "declare its mode, as spanning_trees")


def _mode(estate: Estate, device: str) -> str:
    """The mode that is declared of a device, or nothing."""
    trees: list[Stp] = estate.find("stp.device", device)
    return next((each.mode for each in trees if each.mode), "")


LIMITS = (
    Limit("stp", "vlans", f"where {RAPID_PVST} is declared of the device: {_WITHIN}"),
    Limit("stp", "instances", f"where {MSTP} is declared of the device: {_WITHIN}; {_INSTANCES}"),
    Limit("interface", "edge_port", f"where a mode is declared of the device: {_WITHIN}; {_SWITCHED}"),
)
"""For `Capability.limits`."""
