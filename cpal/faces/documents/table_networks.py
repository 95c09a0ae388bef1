"""What documents may say of networks, subnets, ports, routers, instances and floating IPs."""

from __future__ import annotations

from cpal.faces.documents import scalars
from cpal.faces.documents.scalars import choice, integer, number_choice, text, truth
from cpal.faces.documents.shapes import Either, Field, ListOf, MapOf, Nested, PortsOf, ReferenceTo, Shape, Whole
from cpal.faces.documents.table_bindings import BINDING, PLUGGING
from cpal.faces.documents.table_fields import DESCRIPTION, NAMED, NOTES, UP, pair
from cpal.faces.documents.table_forwarding import FORWARDING
from cpal.faces.documents.table_qos import policy_field
from cpal.model.instance import Instance
from cpal.model.network import (
    IPV6_MODES,
    NETWORK_TYPES,
    PHYSICAL_TYPES,
    ZONE,
    AddressPair,
    AllocationPool,
    DhcpOption,
    HostRoute,
    Network,
    Port,
    Segment,
    SegmentNotes,
    Subnet,
)
from cpal.model.router import FloatingIP, FloatingPort, Router
from cpal.model.trunk import Trunk

ZONES = Field("availability_zone_hints", ListOf(choice(ZONE)), "The zones that it is to be in; there is one.", "any")
SEGMENT = integer(1, 2**24 - 1)

ROUTE = pair(
    "route",
    Field("destination", scalars.PREFIX, "The prefix that is reached.", required=True),
    Field("nexthop", scalars.ADDRESS, "The address that packets are sent to.", required=True),
    "A static route.",
    HostRoute,
)
POOL = pair(
    "allocation_pool",
    Field("start", scalars.ADDRESS, "The first address.", required=True),
    Field("end", scalars.ADDRESS, "The last address, included.", required=True),
    "Addresses that ports may get without asking.",
    AllocationPool,
)
FIXED_IP = Shape(
    "fixed_ip",
    "An address of a port; a plain word is an address or the name of a subnet.",
    (
        Field("subnet_id", ReferenceTo("subnet"), "The subnet.", "the one that holds the address", key="subnet",
              aliases=("subnet_id",)),
        Field("ip_address", scalars.ADDRESS, "The address.", "one from the subnet's pools"),
    ),
    word=lambda word: "ip_address" if scalars.is_address(word) else "subnet_id",
)  # fmt: skip
ADDRESS_PAIR = Shape(
    "address_pair",
    "An address or prefix that a port may use beside its own.",
    (
        Field("ip_address", scalars.ADDRESS_OR_PREFIX, "The address or prefix.", required=True),
        Field("mac_address", scalars.MAC, "The MAC address it is used with.", "the port's own"),
    ),
    AddressPair,
    word=lambda word: "ip_address",
)
DHCP_OPTION = Shape(
    "dhcp_option",
    "A DHCP option for one port.",
    (
        Field("opt_name", text("an option's name or number"), "Its name (ntp-server) or number.", required=True),
        Field("opt_value", text("the option's value", 1024), "Its value.", required=True),
        Field("ip_version", number_choice(4, 6), "For DHCP or DHCPv6."),
    ),
    DhcpOption,
)
SUBNET_FIELDS = (
    Field("cidr", scalars.PREFIX, "The prefix.", "a /24 of 10.0.0.0/8 that the project does not use yet"),
    Field(
        "gateway_ip",
        scalars.GATEWAY,
        "The address of the router that hosts use; none for a subnet without one.",
        "the first address of the prefix",
    ),
    Field(
        "allocation_pools",
        ListOf(Either(scalars.POOL, Whole(POOL))),
        "Addresses that ports may get without asking, as 10.0.1.10-10.0.1.99.",
        "all host addresses but the gateway",
    ),
    Field("enable_dhcp", truth(), "Whether hosts are told their addresses by DHCP."),
    Field("dns_nameservers", ListOf(scalars.ADDRESS), "Name servers that DHCP tells hosts.", "none"),
    Field("host_routes", ListOf(Whole(ROUTE)), "Routes that DHCP tells hosts.", "none"),
    Field("ipv6_address_mode", choice(*IPV6_MODES), "How hosts get their IPv6 addresses.", "not by cpal: set by hand"),
    Field(
        "service_types",
        ListOf(text("a role of ports, such as network:floatingip")),
        "The roles of the ports that get addresses of it without asking.",
        "any",
    ),
    Field(
        "physical_network",
        text("a physical network"),
        "The one segment of its network that it is on, so that only ports on hosts there get addresses of it.",
        "all: whoever joins the segments outside does so for this subnet",
    ),
    Field("ipv6_ra_mode", choice(*IPV6_MODES), "What routers advertise for IPv6.", "routers advertise nothing"),
)
SUBNET = Shape("subnet", "A prefix on the network around it.", (*NAMED, *SUBNET_FIELDS), Subnet)
NETWORK_REFERENCE = Field(
    "network_id", ReferenceTo("network"), "The network.", key="network", aliases=("network_id",), required=True
)
LONE_SUBNET = Shape(
    "lone_subnet", "A prefix on a network that is named.", (NETWORK_REFERENCE, *NAMED, *SUBNET_FIELDS), Subnet
)

_TYPE = Field(
    "network_type",
    choice(*NETWORK_TYPES),
    "How it is carried.",
    "flat or vlan with a physical_network, else the target's encapsulation (geneve)",
)
_PHYSICAL = Field(
    "physical_network", text("a physical network"), "The physical network it is on.", "none: an overlay network"
)
_SEGMENT = Field(
    "segmentation_id", SEGMENT, "Its VNI, or VLAN id (1 to 4094).", "the lowest that is free, chosen once and kept"
)
PROVIDER = Shape("provider", "How a network is carried.", (_TYPE, _PHYSICAL, _SEGMENT))
_CALLED = (
    Field("id", text("a UUID", 36), "Its id in the API.", "one that follows from the network's"),
    Field("name", text("a name", 255), "What it is called.", "nothing"),
    DESCRIPTION,
)
FURTHER_SEGMENT = Shape(
    "segment",
    "The part of a network that is on a further physical network; a plain word is that.",
    (
        Field("physical_network", text("a physical network"), "The physical network it is on.", required=True),
        Field("network_type", choice(*PHYSICAL_TYPES), "How it is carried.", "vlan with a segmentation_id, else flat"),
        Field("segmentation_id", integer(1, 4094), "Its VLAN id.", "the lowest that is free, chosen once and kept"),
        *_CALLED,
    ),
    Segment,
    word=lambda word: "physical_network",
)
SEGMENT_NOTES = Shape("segment_notes", "What a network's first segment is called in the API.", _CALLED, SegmentNotes)


def _flat(each: Field) -> Field:
    return Field(each.name, each.type, each.description, each.default, key=f"provider:{each.name}")


FABRIC_VLAN = Field(
    "fabric_vlan",
    integer(1, 4094),
    "Its VLAN on leaves of a fabric that bridge by VLANs.",
    "chosen in such a fabric, and kept",
)
ROUTE_TARGET = Field(
    "route_target",
    text("a route target", 64),
    "The route target of its routes on leaves of a fabric, both ways; auto is one of each leaf's AS and the VNI.",
    "one that follows from its VNI",
)
NETWORK = Shape(
    "network",
    "A layer-2 broadcast domain.",
    (
        *NAMED,
        Field(
            "cidr",
            scalars.PREFIX,
            "Shorthand for one subnet with this prefix, named as the network.",
            "without cidr and subnets, a project network gets one subnet named as itself with a free /24; "
            "a provider or external network gets none",
        ),
        Field("subnets", MapOf(Nested(SUBNET)), "Its subnets by name, unique on the network.", "see cidr"),
        Field("provider", Nested(PROVIDER), "How it is carried.", "an overlay network of the target's encapsulation"),
        _flat(_TYPE),
        _flat(_PHYSICAL),
        _flat(_SEGMENT),
        FABRIC_VLAN,
        Field(
            "leaves",
            ListOf(ReferenceTo("host")),
            "Leaves of a fabric that have it though no port of theirs is in it.",
            "none",
        ),
        ROUTE_TARGET,
        Field(
            "more_segments",
            ListOf(Whole(FURTHER_SEGMENT)),
            "Further physical networks that it is on, joined outside; a host is on one of them at most.",
            "none",
        ),
        Field("segment_notes", Whole(SEGMENT_NOTES), "What its first segment is called in the API.", "nothing"),
        Field(
            "external",
            truth(),
            "Whether routers may have gateways, and floating IPs addresses, on it.",
            aliases=("router:external",),
        ),
        Field("shared", truth(), "Whether other projects may use it."),
        Field(
            "mtu",
            integer(68, 65535),
            "Size of the largest IP packet in bytes.",
            "as much as the target's underlay carries: 1442 with Geneve over IPv4 at 1500",
        ),
        Field("port_security_enabled", truth(), "Whether its ports are held to their addresses and groups."),
        ZONES,
        Field("dns_domain", text("a domain"), "The domain in which its ports have names.", "none: ports have no names"),
        Field("vlan_transparent", truth(), "Whether it carries the VLAN tags of its ports' machines."),
        policy_field("The QoS policy of its ports that have none.", "none"),
        UP,
    ),
    Network,
)

PORT_FIELDS = (
    Field("mac_address", scalars.MAC, "Its MAC address.", "02:c0:... drawn once and kept"),
    Field(
        "fixed_ips",
        ListOf(Nested(FIXED_IP)),
        "Its addresses; [] for none.",
        "one of each address family that the network has",
    ),
    Field("ip_address", scalars.ADDRESS, "Shorthand for fixed_ips with this one address.", "see fixed_ips"),
    Field("allowed_address_pairs", ListOf(Whole(ADDRESS_PAIR)), "Further addresses that it may use.", "none"),
    Field(
        "security_groups",
        ListOf(ReferenceTo("security_group")),
        "Who may talk to it; [] for nobody.",
        "the project's group default: everything out, and in from members of it",
    ),
    Field("port_security_enabled", truth(), "Whether it is held to its addresses and groups.", "as the network"),
    Field("dns_name", text("a host name", 63), "Its name in the network's domain.", "the instance's name"),
    Field("dns_domain", text("a domain"), "Its domain for a DNS service outside, which cpal does not tell.", "none"),
    Field("extra_dhcp_opts", ListOf(Whole(DHCP_OPTION)), "DHCP options for it alone.", "none"),
    *PLUGGING,
    policy_field("Its QoS policy.", "the network's"),
)
FLOATING_NETWORK = Field(
    "floating_network_id",
    ReferenceTo("network"),
    "The external network.",
    key="network",
    aliases=("floating_network_id",),
    required=True,
)
FLOATING_PORT = Shape(
    "floating_port",
    "What the port that stands for a floating IP on the external network is called in the API.",
    (
        Field("id", text("a UUID", 36), "Its id in the API.", "one that follows from the floating IP's"),
        Field("mac_address", scalars.MAC, "Its MAC address.", "one that follows from the floating IP's id"),
        Field("name", text("a name", 255), "What it is called.", "nothing"),
        *NOTES,
        UP,
    ),
    FloatingPort,
)
FLOATING_POLICY = policy_field("Its QoS policy.", "the external network's")
FLOATING_NAMES = (
    Field("dns_name", text("a host name"), "Its name for a DNS service outside, which cpal does not tell.", "none"),
    Field("dns_domain", text("a domain"), "The domain of that name.", "none"),
)
FLOATING_ROUTER = Field(
    "router_id",
    ReferenceTo("router"),
    "The router that translates it; its gateway is on the external network.",
    "the one between the port's subnet and that network; of several, the subnet's gateway",
    key="router",
    aliases=("router_id",),
)
FLOATING_SHORTHAND = Shape(
    "floating_ip_of_port",
    "A floating IP for the port around it; a plain word is its external network.",
    (
        FLOATING_NETWORK,
        *NOTES,
        Field("floating_ip_address", scalars.ADDRESS, "The external address.", "one from the network's pools"),
        Field("fixed_ip_address", scalars.ADDRESS, "The inner address.", "the port's first IPv4 address"),
        FLOATING_ROUTER,
        FLOATING_POLICY,
        *FLOATING_NAMES,
    ),
    FloatingIP,
    word=lambda word: "floating_network_id",
)
FLOATING = Field("floating_ip", Nested(FLOATING_SHORTHAND), "A floating IP for it, by external network.", "none")
INSTANCE_PORT = Shape(
    "instance_port",
    "A port of the instance around it; a plain word is its network.",
    (
        NETWORK_REFERENCE,
        *NOTES,
        Field("short", text("a name"), "Its name on the instance, in a list.", "the network's name", key="name"),
        *PORT_FIELDS,
        FLOATING,
        UP,
    ),
    Port,
    word=lambda word: "network_id",
)
HOST = Field("host_id", ReferenceTo("host"), "The hypervisor it is bound to.", "where its instance runs", key="host",
             aliases=("host_id", "binding:host_id"))  # fmt: skip
PORT = Shape(
    "port",
    "An attachment to a network that is written apart from its instance.",
    (
        NETWORK_REFERENCE,
        *NAMED,
        Field("instance", ReferenceTo("instance"), "The instance it belongs to.", "none"),
        Field("router", ReferenceTo("router"), "The router it is an interface of.", "none"),
        Field("device_id", text("an id"), "What it belongs to, by id.", "none"),
        Field("device_owner", text("a role"), "In which role.", "as instance or router say, else none"),
        HOST,
        Field("bindings", ListOf(Whole(BINDING)), "Other hypervisors, to which the API can move it.", "none"),
        *PORT_FIELDS,
        FLOATING,
        UP,
    ),
    Port,
)

SUBPORT = Shape(
    "subport",
    "A port that a trunk carries in a VLAN.",
    (
        Field("port_id", ReferenceTo("port"), "The port, which is written apart.", key="port", aliases=("port_id",),
              required=True),
        Field("segmentation_id", integer(1, 4094), "The VLAN in which the machine at the trunk has it.",
              aliases=("vlan",), required=True),
    ),
)  # fmt: skip
TRUNK = Shape(
    "trunk",
    "A port that carries the traffic of others beside its own, each in a VLAN.",
    (
        Field("port_id", ReferenceTo("port"), "The port: an instance's name, or instance:network.", key="port",
              aliases=("port_id",), required=True),
        *NAMED,
        Field("sub_ports", ListOf(Nested(SUBPORT)), "The ports that it carries.", "none", aliases=("subports",)),
        Field("admin_state_up", truth(), "Whether the API may change its subports."),
    ),
    Trunk,
)  # fmt: skip

INTERFACE = Shape(
    "interface",
    "An interface of a router; a plain word is a subnet, or a network for all of its subnets.",
    (
        Field("subnet_id", ReferenceTo("subnet"), "The subnet, or a network for all of its subnets.",
              key="subnet", aliases=("network", "subnet_id"), required=True),
        *NOTES,
        Field("ip_address", scalars.ADDRESS, "The router's address.", "the subnet's gateway_ip"),
        Field("mac_address", scalars.MAC, "Its MAC address.", "02:c0:... drawn once and kept"),
        UP,
    ),
    Port,
    word=lambda word: "subnet_id",
)  # fmt: skip
EXTERNAL_GATEWAY = Shape(
    "external_gateway",
    "A router's way out; a plain word is an external network.",
    (
        NETWORK_REFERENCE,
        *NOTES,
        Field("enable_snat", truth(), "Whether inner sources are translated to the router's address.", "true"),
        Field("ip_address", scalars.ADDRESS, "The router's address there.", "one from the network's pools"),
        Field(
            "external_fixed_ips",
            ListOf(Nested(FIXED_IP)),
            "The router's addresses there, where it has several.",
            "one of each address family that the network has",
        ),
        Field("mac_address", scalars.MAC, "Its MAC address.", "02:c0:... drawn once and kept"),
        policy_field("The QoS policy of what passes it.", "the external network's"),
        UP,
    ),
    Port,
    word=lambda word: "network_id",
)
MORE_GATEWAY = Shape(
    "more_gateway",
    "A further way out of a router; a plain word is an external network.",
    (
        NETWORK_REFERENCE,
        *NOTES,
        *(EXTERNAL_GATEWAY.by_name[name] for name in ("ip_address", "external_fixed_ips", "mac_address")),
        Field("port_id", ReferenceTo("port"), "Its port, where that is written apart, by its name.", "one of its own",
              key="port", aliases=("port_id",)),
        UP,
    ),
    Port,
    word=lambda word: "network_id",
)  # fmt: skip
ROUTER = Shape(
    "router",
    "A virtual router.",
    (
        *NAMED,
        Field("interfaces", ListOf(Nested(INTERFACE)), "The subnets it joins.", "none"),
        Field(
            "external_gateway_info",
            Nested(EXTERNAL_GATEWAY),
            "Its way out.",
            "none",
            key="external_gateway",
            aliases=("external_gateway_info",),
        ),
        Field(
            "more_gateways",
            ListOf(Nested(MORE_GATEWAY)),
            "Its further ways out.",
            "none",
            aliases=("more_external_gateways",),
        ),
        Field("enable_default_route_ecmp", truth(), "Whether it sends by all its ways out in turn, not by the first."),
        Field("enable_default_route_bfd", truth(), "Whether it sends by those only whose next hop answers, by BFD."),
        Field("routes", ListOf(Whole(ROUTE)), "Static routes.", "none"),
        ZONES,
        Field("distributed", truth(), "Whether floating IPs are translated where the instance runs."),
        Field("vni", integer(1, 2**24 - 1), "The VNI of its VRF.", "chosen in a fabric, and kept"),
        FABRIC_VLAN,
        Field("vrf", text("a name", 32), "What leaves of a fabric call its VRF.", "vrf and its VNI"),
        ROUTE_TARGET,
        Field(
            "export_policy",
            text("a name", 64),
            "The policy or route map by which its VRF says its routes, which leaves have already.",
            "one that cpal makes",
        ),
        UP,
    ),
    Router,
)

INSTANCE = Shape(
    "instance",
    "A workload. With one port, the port's fields can be written here.",
    (
        *NAMED,
        Field("host", ReferenceTo("host"), "The hypervisor it runs on.", "the one with the fewest, chosen once"),
        Field("image", text("an image"), "What runs."),
        Field("network_id", ReferenceTo("network"), "The network of its one port.",
              "the project's network, if it has just one", key="network", aliases=("network_id",)),
        Field("networks", ListOf(Nested(INSTANCE_PORT)), "The networks it is on, a port each; [] for none.",
              "see network"),
        Field("ports", PortsOf(INSTANCE_PORT), "Its ports, as a list or by name.", "see network"),
        *PORT_FIELDS,
        FLOATING,
    ),
    Instance,
)  # fmt: skip
FLOATING_IP = Shape(
    "floating_ip",
    "An external address translated, one to one, to a port's address, or port by port to several.",
    (
        FLOATING_NETWORK,
        *NAMED,
        Field("floating_ip_address", scalars.ADDRESS, "The external address.", "one from the network's pools"),
        Field("port_id", ReferenceTo("port"), "The port: an instance's name, or instance:network.",
              "none: not associated", key="port", aliases=("port_id",)),
        Field("fixed_ip_address", scalars.ADDRESS, "The inner address.", "the port's first IPv4 address"),
        FLOATING_ROUTER,
        FLOATING_POLICY,
        *FLOATING_NAMES,
        Field("floating_port", Whole(FLOATING_PORT), "What its own port is called in the API.", "nothing"),
        Field("port_forwardings", ListOf(Nested(FORWARDING)), "Ports of it that lead inside, without port.", "none"),
    ),
    FloatingIP,
)  # fmt: skip
