"""VLANs and their ports."""

from __future__ import annotations

from cpal.model.device.state import State


class Vlan(State, frozen=True, kw_only=True):
    """A VLAN and the interfaces in it. Source: openconfig-vlan `/vlans/vlan/state` and `members`.

    `id` is 1 to 4094 (IEEE 802.1Q), or None where the device has a VLAN without a tag.
    """

    id: int | None
    name: str | None = None
    interfaces: tuple[str, ...] = ()
