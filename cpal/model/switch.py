"""Vlan and Interface: what a switch is to have, declared for a device by its name among a target's endpoints.

Words: OpenConfig's (openconfig-vlan, openconfig-interfaces, openconfig-if-ethernet).
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record

ACCESS, TRUNK, ROUTED = "access", "trunk", "routed"
MODES = (ACCESS, TRUNK, ROUTED)


class Vlan(Record, frozen=True, kw_only=True, gc=False, tag="vlan"):
    """A VLAN on some devices, under its number and this record's name. Source: openconfig-vlan, `vlan/config`."""

    kind: ClassVar[str] = "vlan"
    vlan_id: int
    devices: tuple[str, ...] = ()


class Interface(Record, frozen=True, kw_only=True, gc=False, tag="interface"):
    """An interface of a device, called `DEVICE/INTERFACE`; what is not said of it stays as it is there.

    Left out: `description` "", `enabled` None, `mtu` 0 (in bytes of the packet), `mode` "", `vlan` 0. As `access` it is
    untagged in `vlan`, or in the VLAN of its one network; as `trunk` it carries `vlans` and those of its networks, all
    of them where it names none, with `vlan` untagged; `routed` it is no port of the switch, and has `addresses` with
    prefix length. Source: openconfig-vlan, `switched-vlan/config`; openconfig-interfaces, `interface/config`.
    """

    kind: ClassVar[str] = "interface"
    enabled: bool | None = None
    mtu: int = 0
    mode: str = ""
    vlan: int = 0
    vlans: tuple[int, ...] = ()
    networks: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        """The device that it is of."""
        return self.name.partition("/")[0]

    @property
    def port(self) -> str:
        """What the device calls it."""
        return self.name.partition("/")[2]
