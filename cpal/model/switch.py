"""What a device is to have, declared for it by its name among a target's endpoints: VLANs, interfaces, VRFs, static
routes, and the servers that it asks and tells.

Words: OpenConfig's (openconfig-vlan, openconfig-interfaces, openconfig-if-ethernet, openconfig-network-instance,
openconfig-local-routing, openconfig-system).
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record

ACCESS, TRUNK, ROUTED = "access", "trunk", "routed"
MODES = (ACCESS, TRUNK, ROUTED)
IPV4, IPV6 = "ipv4", "ipv6"
ADDRESS_FAMILIES = (IPV4, IPV6)


class Vlan(Record, frozen=True, kw_only=True, gc=False, tag="vlan"):
    """A VLAN on some devices, under its number and this record's name. Source: openconfig-vlan, `vlan/config`."""

    kind: ClassVar[str] = "vlan"
    vlan_id: int
    devices: tuple[str, ...] = ()


class Vrf(Record, frozen=True, kw_only=True, gc=False, tag="vrf"):
    """A VRF on some devices, under this record's name, which routes `address_families`.

    Source: openconfig-network-instance, type L3VRF, `config/enabled-address-families`.
    """

    kind: ClassVar[str] = "vrf"
    address_families: tuple[str, ...] = (IPV4,)
    devices: tuple[str, ...] = ()


class Route(Record, frozen=True, kw_only=True, gc=False, tag="route"):
    """A static route of some devices, in `vrf` ("" the default). Source: openconfig-local-routing, `static-routes`."""

    kind: ClassVar[str] = "route"
    destination: str
    nexthop: str
    vrf: str = ""
    devices: tuple[str, ...] = ()


class NtpServer(Record, frozen=True, kw_only=True, gc=False, tag="ntp_server"):
    """A server that devices take the time from, through `vrf` ("" the default). Source: openconfig-system, `ntp`."""

    kind: ClassVar[str] = "ntp_server"
    address: str
    vrf: str = ""
    devices: tuple[str, ...] = ()


class SyslogServer(Record, frozen=True, kw_only=True, gc=False, tag="syslog_server"):
    """A server that devices log to, through `vrf` ("" the default). Source: openconfig-system, `remote-servers`."""

    kind: ClassVar[str] = "syslog_server"
    address: str
    vrf: str = ""
    devices: tuple[str, ...] = ()


OnDevices = Vlan | Vrf | Route | NtpServer | SyslogServer
"""What is on the devices that it names."""
ON_DEVICES = ("vlan", "vrf", "route", "ntp_server", "syslog_server")
"""Their kinds."""


class Interface(Record, frozen=True, kw_only=True, gc=False, tag="interface"):
    """An interface of a device, called `DEVICE/INTERFACE`; what is not said of it stays as it is there.

    Left out: `description` "", `enabled` None, `mtu` 0 (in bytes of the packet), `mode` "", `vlan` 0. As `access` it is
    untagged in `vlan`, or in the VLAN of its one network; as `trunk` it carries `vlans` and those of its networks, all
    of them where it names none, with `vlan` untagged; `routed` it is no port of the switch, and has `addresses` with
    prefix length, in `vrf` ("" the one it is in). Source: openconfig-vlan, `switched-vlan/config`;
    openconfig-interfaces, `interface/config`.
    """

    kind: ClassVar[str] = "interface"
    enabled: bool | None = None
    mtu: int = 0
    mode: str = ""
    vlan: int = 0
    vlans: tuple[int, ...] = ()
    networks: tuple[str, ...] = ()
    vrf: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        """The device that it is of."""
        return self.name.partition("/")[0]

    @property
    def port(self) -> str:
        """What the device calls it."""
        return self.name.partition("/")[2]
