"""VLANs and their ports, both ways."""

from __future__ import annotations

from collections.abc import Iterable

from cpal.model.device.state import State


class Vlan(State, frozen=True, kw_only=True):
    """A VLAN and the interfaces in it. Source: openconfig-vlan `/vlans/vlan/state` and `members`.

    `id` is 1 to 4094 (IEEE 802.1Q), or None where the device has a VLAN without a tag.
    """

    id: int | None
    name: str | None = None
    interfaces: tuple[str, ...] = ()


def vlans_by_interface(vlans: Iterable[Vlan]) -> dict[str, tuple[int, ...]]:
    """The tags of the VLANs that each interface is in, in ascending order: the same facts from the port's side."""
    found: dict[str, set[int]] = {}
    for vlan in vlans:
        if vlan.id is not None:
            for name in vlan.interfaces:
                found.setdefault(name, set()).add(vlan.id)
    return {name: tuple(sorted(ids)) for name, ids in found.items()}
