"""OSPF on devices: processes, and the interfaces that they speak on.

Words: OpenConfig's (openconfig-ospfv2, `ospfv2`) and those of RFC 2328.
"""

from __future__ import annotations

import ipaddress
from typing import ClassVar

from cpal.model.record import Part, Record

BROADCAST, POINT_TO_POINT = "broadcast", "point-to-point"
NETWORK_TYPES = (BROADCAST, POINT_TO_POINT)
CONNECTED, STATIC, BGP = "connected", "static", "bgp"
REDISTRIBUTED = (CONNECTED, STATIC, BGP)


def area_id(text: str) -> str:
    """The one form of an area's id, which is dotted: `0.0.0.10` of `10`. Source: RFC 2328, appendix C.2.

    Raises:
        ValueError: it is neither a number of 32 bits nor dotted.
    """
    return str(ipaddress.IPv4Address(int(text) if text.isascii() and text.isdecimal() else text))


class OspfInterface(Part, frozen=True, kw_only=True, gc=False):
    """An interface that a process speaks on, by the device's name for it, in an area (`area_id`).

    Left out: `cost` None follows from its bandwidth, `network_type` "" from what it is, `passive` None from the
    process. A passive one is announced, and forms no adjacency. Source: openconfig-ospfv2-area-interface,
    `interface/config`; RFC 2328, appendix C.3.
    """

    interface: str
    area: str
    cost: int | None = None
    network_type: str = ""
    passive: bool | None = None

    @property
    def words(self) -> str:
        """What it says, for people."""
        said = [self.interface, "area", self.area, self.network_type]
        said += ["cost", str(self.cost)] if self.cost is not None else []
        said += [] if self.passive is None else ["passive"] if self.passive else ["not passive"]
        return " ".join(filter(None, said))


class Ospf(Record, frozen=True, kw_only=True, gc=False, tag="ospf"):
    """The OSPFv2 process of a device in `vrf` ("" the default): one in each.

    `process` is the number that the device knows it by. Left out, `router_id` "" and `maximum_paths` None are as the
    device has them. Interfaces are passive of which nothing else is said where `passive_default` says so. Source:
    openconfig-ospfv2-global, `global/config`; RFC 2328, appendix C.1.
    """

    kind: ClassVar[str] = "ospf"
    device: str
    vrf: str = ""
    process: int = 1
    router_id: str = ""
    passive_default: bool = False
    redistribute: tuple[str, ...] = ()
    maximum_paths: int | None = None
    interfaces: tuple[OspfInterface, ...] = ()

    @property
    def devices(self) -> tuple[str, ...]:
        """Its device, as those of a record that may be on several."""
        return (self.device,)
