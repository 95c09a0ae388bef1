"""Network, Subnet and Port: the virtual layer 2 and its addresses.

Names and semantics: OpenStack Networking API v2.0, resources `networks`, `segments`, `subnets`, `ports` and the
extensions `provider`, `multi-provider`, `vlan-transparent`, `external-net`, `net-mtu`, `port-security`,
`dns-integration`, `allowed-address-pairs`, `extra_dhcp_opt`, `binding`, `binding-extended`. A field that a person may
leave out has a value that says so (named below); `core.allocate` replaces it, and what it chose is stored.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import NAMESPACE_OID, uuid5

from msgspec import DecodeError, json
from msgspec.structs import replace

from cpal.model.record import Part, Record

OVERLAY_TYPES = ("geneve", "vxlan", "nvgre", "stt")
PHYSICAL_TYPES = ("vlan", "flat")
NETWORK_TYPES = (*OVERLAY_TYPES, *PHYSICAL_TYPES)
IPV6_MODES = ("slaac", "dhcpv6-stateful", "dhcpv6-stateless")

ROUTER_INTERFACE = "network:router_interface"
DHCP_SERVER = "network:dhcp"
ROUTER_GATEWAY = "network:router_gateway"
DISTRIBUTED = "network:distributed"
"""The owner of a port that is at each host for itself: where a metadata agent answers. Source: Networking API."""
FLOATING_IP_OWNER = "network:floatingip"
INSTANCE_OWNER = "compute:cpal"
ZONE = "nova"
"""The one availability zone, as OVN deployments show it."""

NORMAL = "normal"
"""The type of an interface that a port is plugged by where it does not say another: into the host's switch."""
HANDED_THROUGH = ("direct", "macvtap", "baremetal", "direct-physical")
"""The types of interfaces whose packets go past the host's switch. Source: Networking API, extension binding."""
VNIC_TYPES = (
    NORMAL, *HANDED_THROUGH, "virtio-forwarder", "smart-nic", "vdpa", "remote-managed", "accelerator-direct",
    "accelerator-direct-physical",
)  # fmt: skip
"""The types of interfaces that a port can be plugged by. Source: likewise."""
CAPABILITIES, SWITCHDEV = "capabilities", "switchdev"
"""What a binding's profile calls the abilities of a network card, and that of being a port of the host's switch."""
AUTO = "auto"
"""The route target of which each leaf makes one of its AS and the VNI."""
MIGRATING_TO = "migrating_to"
"""What a binding's profile calls the host that an instance is being moved to while it runs. Source: Compute API."""
DHCP_DISABLED = "dhcp_disabled"
"""The extra option by which Neutron turns DHCP off for a port: `true` or `false`."""


class SegmentNotes(Part, frozen=True, gc=False):
    """What a segment is called; its `id` "" is one that follows from its network's."""

    id: str = ""
    name: str = ""
    description: str = ""


class Segment(Part, frozen=True, gc=False):
    """The part of a network that is on one physical network. Left out: `network_type` "", `segmentation_id` None."""

    physical_network: str
    network_type: str = ""
    segmentation_id: int | None = None
    id: str = ""
    name: str = ""
    description: str = ""

    @property
    def notes(self) -> SegmentNotes:
        """What it is called."""
        return SegmentNotes(self.id, self.name, self.description)

    @property
    def words(self) -> str:
        """How it is carried: `vlan 43 on rack2`, `geneve 7`."""
        number = "" if self.segmentation_id is None else f" {self.segmentation_id}"
        return f"{self.network_type}{number}" + (f" on {self.physical_network}" if self.physical_network else "")


class Network(Record, frozen=True, kw_only=True, gc=False, tag="network"):
    """A layer-2 broadcast domain.

    A project network lives on an overlay segment (`segmentation_id` is its VNI); a provider network is flat or a VLAN
    on the named `physical_network`. Left out: `network_type` "", `segmentation_id` None, `mtu` 0 (in bytes of the IP
    packet). That is its first segment, of which `segment_notes` tells; `more_segments` are others, each on a physical
    network of its own, which somebody outside joins. `is_default` is the external network for those who name none;
    `qos_policy_id` "" or the QoS policy of those of its ports that have none.

    On the leaves of a fabric that bridge by VLANs an overlay network is `fabric_vlan`; 0 where no such fabric realises
    it. `leaves` are those that have it though no port of theirs is in it. `route_target` is that of its routes there,
    both ways; "" is one that follows from its VNI, `auto` one that each leaf makes of its AS and that. One that is
    `vlan_transparent` carries the VLAN tags of its ports' machines.
    """

    kind: ClassVar[str] = "network"
    admin_state_up: bool = True
    network_type: str = ""
    physical_network: str = ""
    segmentation_id: int | None = None
    shared: bool = False
    external: bool = False
    is_default: bool = False
    mtu: int = 0
    port_security_enabled: bool = True
    dns_domain: str = ""
    availability_zone_hints: tuple[str, ...] = ()
    qos_policy_id: str = ""
    more_segments: tuple[Segment, ...] = ()
    segment_notes: SegmentNotes = SegmentNotes()
    fabric_vlan: int = 0
    leaves: tuple[str, ...] = ()
    route_target: str = ""
    vlan_transparent: bool = False

    @property
    def switch_vlan(self) -> int | None:
        """The VLAN that it is on a switch; None where it is none there."""
        return (self.segmentation_id if self.network_type == "vlan" else self.fabric_vlan) or None

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All its segments, with their ids, the first one first."""
        notes = self.segment_notes
        own = Segment(
            self.physical_network, self.network_type, self.segmentation_id,
            notes.id or str(uuid5(NAMESPACE_OID, f"segment {self.id}")), notes.name, notes.description,
        )  # fmt: skip
        return (own, *(self._identified(each) for each in self.more_segments)) if self.more_segments else (own,)

    def _identified(self, segment: Segment) -> Segment:
        named = f"segment {self.id} {segment.physical_network}"
        return segment if segment.id else replace(segment, id=str(uuid5(NAMESPACE_OID, named)))

    @property
    def physical_networks(self) -> tuple[str, ...]:
        """The physical networks that it is on; none, if it is an overlay network."""
        if not self.physical_network:
            return ()
        return (self.physical_network, *(each.physical_network for each in self.more_segments))


class AllocationPool(Part, frozen=True, gc=False):
    """Addresses from `start` to `end`, both included, that ports may get without asking."""

    start: str
    end: str


class HostRoute(Part, frozen=True, gc=False):
    """A route that DHCP tells hosts (RFC 3442), or that a router has: `destination` prefix via `nexthop`."""

    destination: str
    nexthop: str


class Subnet(Record, frozen=True, kw_only=True, gc=False, tag="subnet"):
    """A prefix on a network.

    `service_types` are the roles of the ports that get addresses of it without asking; () is any. `physical_network`
    is that of the one segment of its network that it is on, "" all: then its addresses are for ports on hosts there.

    Left out: `cidr` "", `gateway_ip` "" (the first address; None is *no gateway*), `allocation_pools` None (all host
    addresses but the gateway). `subnetpool_id` is the pool that the prefix came from; "" is none.
    """

    kind: ClassVar[str] = "subnet"
    network_id: str
    cidr: str = ""
    gateway_ip: str | None = ""
    allocation_pools: tuple[AllocationPool, ...] | None = None
    enable_dhcp: bool = True
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    ipv6_address_mode: str = ""
    ipv6_ra_mode: str = ""
    subnetpool_id: str = ""
    service_types: tuple[str, ...] = ()
    physical_network: str = ""

    @property
    def ip_version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.cidr else 4

    def is_for(self, device_owner: str) -> bool:
        """Whether ports of a role get addresses of it; those of DHCP servers where it has DHCP, whatever it is for."""
        if not self.service_types or device_owner in self.service_types:
            return True
        return device_owner == DHCP_SERVER and self.enable_dhcp

    @property
    def serves_dhcp(self) -> bool:
        """Whether DHCP has anything to say in it: SLAAC needs no server."""
        return self.enable_dhcp and (self.ip_version == 4 or self.ipv6_address_mode.startswith("dhcpv6"))


class FixedIP(Part, frozen=True, gc=False):
    """An address of a port; `ip_address` "" asks for one from the subnet's pools."""

    subnet_id: str
    ip_address: str = ""


class AddressPair(Part, frozen=True, gc=False):
    """An address or prefix that a port may also use; `mac_address` "" is the port's own."""

    ip_address: str
    mac_address: str = ""


class DhcpOption(Part, frozen=True, gc=False):
    """A DHCP option for one port, by its name (`ntp-server`) or number, for IPv4 or IPv6."""

    opt_name: str
    opt_value: str
    ip_version: int = 4


class Binding(Part, frozen=True, gc=False):
    """A host to which a port can be moved: its name, and by what it is plugged there, and the `profile` for whom."""

    host: str
    profile: str = ""
    vnic_type: str = NORMAL


def card_capabilities(profile: str) -> list[object]:
    """What the network card can do that a binding's profile is of; nothing where it says none, or is no profile."""
    try:
        told = json.decode(profile) if profile else None
    except DecodeError:
        told = None
    found = told.get(CAPABILITIES) if isinstance(told, dict) else None
    return found if isinstance(found, list) else []


class Port(Record, frozen=True, kw_only=True, gc=False, tag="port"):
    """An attachment to a network.

    `device_id` is what it belongs to (an instance, a router) and `device_owner` in which role; `host_id` the name of
    the hypervisor it is bound to; `binding_profile` a JSON object for whoever plugs it there, or "", and `vnic_type` by
    what kind of interface (`VNIC_TYPES`); `bindings` other
    hypervisors, where nothing is plugged until one of them becomes `host_id`. While `is_deferred`, its addresses are
    not chosen: which of them there are depends on the host, and it has none. Left out: `mac_address` "", `fixed_ips`
    None (one per address family of the network), `security_groups` None (the project's default group),
    `port_security_enabled` None (as the network), `qos_policy_id` "" (the network's), `trusted` None (whoever plugs
    it is told nothing of that). `dns_domain` is one that a DNS service outside may know it in; OVN has its network's.
    """

    kind: ClassVar[str] = "port"
    network_id: str
    mac_address: str = ""
    fixed_ips: tuple[FixedIP, ...] | None = None
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    security_groups: tuple[str, ...] | None = None
    port_security_enabled: bool | None = None
    admin_state_up: bool = True
    device_id: str = ""
    device_owner: str = ""
    host_id: str = ""
    dns_name: str = ""
    extra_dhcp_opts: tuple[DhcpOption, ...] = ()
    binding_profile: str = ""
    qos_policy_id: str = ""
    bindings: tuple[Binding, ...] = ()
    is_deferred: bool = False
    trusted: bool | None = None
    dns_domain: str = ""
    vnic_type: str = NORMAL

    @property
    def is_handed_through(self) -> bool:
        """Whether its packets go past the host's switch: hardware hands its interface through to the machine.

        It is then on its network's physical network, and no switch of a hypervisor filters what it sends and gets.
        """
        return self.vnic_type in HANDED_THROUGH and SWITCHDEV not in card_capabilities(self.binding_profile)

    @property
    def is_filtered(self) -> bool:
        """Whether anything filters what it sends and gets."""
        return bool(self.port_security_enabled) and not self.is_handed_through

    @property
    def addresses(self) -> tuple[str, ...]:
        """The fixed addresses, in order."""
        return tuple(fixed.ip_address for fixed in self.fixed_ips or ())
