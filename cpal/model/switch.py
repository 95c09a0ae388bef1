"""What a device is to have, declared for it by its name among a target's endpoints: VLANs, interfaces, LAGs, VRFs,
static routes, spanning trees, and the servers that it asks and tells.

Words: OpenConfig's (openconfig-vlan, openconfig-interfaces, openconfig-if-ethernet, openconfig-if-aggregate,
openconfig-lacp, openconfig-spanning-tree, openconfig-network-instance, openconfig-local-routing, openconfig-system).
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.acl import Acl
from cpal.model.bgp import Bgp
from cpal.model.classifier import Classifier
from cpal.model.mlag import Mlag
from cpal.model.of_device import IPV4, OfDevice
from cpal.model.ospf import Ospf
from cpal.model.record import Record

ACCESS, TRUNK, ROUTED = "access", "trunk", "routed"
MODES = (ACCESS, TRUNK, ROUTED)
ACTIVE, PASSIVE, WITHOUT_LACP = "active", "passive", "on"
LACP_MODES = (ACTIVE, PASSIVE, WITHOUT_LACP)
RSTP, MSTP, RAPID_PVST, NO_TREE = "rstp", "mstp", "rapid-pvst", "none"
TREE_MODES = (RSTP, MSTP, RAPID_PVST, NO_TREE)
BRIDGE_PRIORITIES, BRIDGE_PRIORITY = range(0, 61441, 4096), 32768
"""What a bridge may have, and what it has of itself. Source: IEEE 802.1Q, table 13-3."""


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
    """A static route of some devices, in `vrf` ("" the default).

    `preference` is its administrative distance, None for what the device gives it: of several routes to a prefix, that
    with the least is taken. `tag` is what protocols that announce it can go by; `label` a word by which devices
    show it, "" for none. Source: openconfig-local-routing, `static-routes`: `preference`, `set-tag`, `description`.
    """

    kind: ClassVar[str] = "route"
    destination: str
    nexthop: str
    preference: int | None = None
    tag: int | None = None
    label: str = ""
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


class Stp(Record, frozen=True, kw_only=True, gc=False, tag="stp"):
    """Of the spanning trees of some devices: which protocol speaks (`mode`), and the priority of the bridge in some.

    The priority is that in `vlans` (of rapid-pvst), in `instances` (of mstp), or in the one tree of rstp, where `mode`
    says that. A device may have several of these records; what none says, `mode` "" and `priority` None, stays as it is
    there. Source: openconfig-spanning-tree, `global/config/enabled-protocol`, `bridge-priority` of `rstp`, of an
    `mst-instance` and of a `vlan`.
    """

    kind: ClassVar[str] = "stp"
    mode: str = ""
    priority: int | None = None
    vlans: tuple[int, ...] = ()
    instances: tuple[int, ...] = ()
    devices: tuple[str, ...] = ()


class Lag(OfDevice, frozen=True, kw_only=True, gc=False, tag="lag"):
    """A link aggregation group of a device, called `DEVICE/INTERFACE` as the interface that it makes of `members`.

    What else that interface is, an `Interface` of the same name says. The members speak LACP with the other side as
    `lacp_mode` says; `on` they do without. With that of the other device of the pair that has the same number `mlag`,
    it is one LAG; 0 is none. Source: openconfig-if-aggregate, `aggregation/config`, `aggregate-id`; openconfig-lacp,
    `lacp-mode`.
    """

    kind: ClassVar[str] = "lag"
    members: tuple[str, ...] = ()
    lacp_mode: str = ACTIVE
    mlag: int = 0


OnDevices = Vlan | Vrf | Route | NtpServer | SyslogServer | Lag | Mlag | Stp | Acl | Ospf | Bgp | Classifier
"""What is on the devices that it names."""
ON_DEVICES = (
    "vlan",
    "vrf",
    "route",
    "ntp_server",
    "syslog_server",
    "lag",
    "mlag",
    "stp",
    "acl",
    "ospf",
    "bgp",
    "classifier",
)
"""Their kinds."""


def placed_by(kind: str) -> str:
    """The field that says on which devices a record of one of these kinds is."""
    return {"lag": "name", "mlag": "name", "bgp": "name", "ospf": "device"}.get(kind, "devices")


class Interface(OfDevice, frozen=True, kw_only=True, gc=False, tag="interface"):
    """An interface of a device, called `DEVICE/INTERFACE`; what is not said of it stays as it is there.

    Left out: `description` "", `enabled` None, `mtu` 0 (in bytes of the packet), `mode` "", `vlan` 0. As `access` it is
    untagged in `vlan`, or in the VLAN of its one network; as `trunk` it carries `vlans` and those of its networks, all
    of them where it names none, with `vlan` untagged; `routed` it is no port of the switch, and has `addresses` with
    prefix length, in `vrf` ("" the one it is in). What comes in and goes out there is asked of the access lists that
    `ingress_acl` and `egress_acl` name; `ingress_classifier` marks what comes in. An `edge_port` leads to no bridge,
    and forwards at once; with `bpdu_guard` it is switched off when one speaks there. Source: openconfig-vlan,
    `switched-vlan/config`; openconfig-interfaces, `interface/config`; openconfig-acl, `interfaces`; openconfig-qos,
    `input/classifiers`; openconfig-spanning-tree, `interfaces/interface/config`.
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
    ingress_acl: str = ""
    egress_acl: str = ""
    ingress_classifier: str = ""
    edge_port: bool | None = None
    bpdu_guard: bool | None = None

    @property
    def port(self) -> str:
        """What the device calls it."""
        return self.own_name
