"""Cables between workloads and leaves: a leaf's port is put where the leaf was told that it belongs."""

from __future__ import annotations

from collections.abc import Iterable

from cpal.drivers.devices.frr.leaf_port import assigned, move_lines

from .. import namespaces
from ..layout import Layout
from ..namespaces import STEP
from ..plugs import Plug
from ..processes import run
from .nodes import inside


def attach(layout: Layout, leaf: str, group: list[Plug]) -> None:
    """Put the leaf's ends of cables to where the leaf was told; those of which it was not stay down."""
    lines = []
    for plug in group:
        place = assigned(layout.node(leaf), plug.tap)
        if place is not None:
            lines += move_lines(plug.tap, "", place)
    run([*inside(layout, leaf), "sh", "-ec", "\n".join(lines)], layout.environment(STEP, leaf))


def served(layout: Layout, plug: Plug, deadline: float) -> bool:
    """Whether the leaf was told of the port."""
    return assigned(layout.node(plug.hypervisor), plug.tap) is not None


def detach(layout: Layout, group: Iterable[Plug]) -> None:
    """Cut cables, at the workload's end: the leaf's may be in any VRF."""
    alive = namespaces.present(layout)
    for plug in group:
        if plug.workload in alive:
            namespaces.cut(layout, plug.workload, [plug.name])
