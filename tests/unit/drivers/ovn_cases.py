"""Small estates, each of which shows one thing that OVN is asked to do. The rows expected are in tests/golden/ovn."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cpal.model.network import (
    DISTRIBUTED,
    ROUTER_INTERFACE,
    AddressPair,
    Binding,
    DhcpOption,
    FixedIP,
    HostRoute,
    Segment,
)
from cpal.model.qos import QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule
from cpal.model.router import ExternalGateway, FloatingPort, Router
from cpal.model.target import Host, Placement
from tests.support.world import EGRESS, World, allow, id_of, mac_of

Case = Callable[[World], None]


def plain_network(world: World) -> None:
    """A geneve network with one subnet and one port without security; one that carries the tags of its machines."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    world.instance(red, "vm1", web, port_security_enabled=False)
    world.network(red, "tagged", vlan_transparent=True)


def dhcp_options(world: World) -> None:
    """A DNS domain, servers, host routes; a subnet without gateway; one without DHCP; a port with its own options."""
    red = world.project("red")
    web = world.network(red, "web", dns_domain="red.example.")
    routes = (HostRoute("192.0.2.0/24", "10.0.1.9"),)
    world.subnet(web, "10.0.1.0/24", dns_nameservers=("10.0.1.2", "10.0.1.3"), host_routes=routes)
    world.instance(red, "named", web, dns_name="named")
    extra = (DhcpOption("ntp-server", "10.0.1.4,10.0.1.5"), DhcpOption("67", "boot.img"), DhcpOption("mtu", "1300"))
    world.instance(red, "extra", web, extra_dhcp_opts=extra)
    world.instance(red, "silent", web, extra_dhcp_opts=(DhcpOption("dhcp_disabled", "true"),))
    island = world.network(red, "island")
    world.subnet(island, "10.0.2.0/24", gateway_ip=None)
    quiet = world.network(red, "quiet")
    world.subnet(quiet, "10.0.3.0/24", enable_dhcp=False)
    world.instance(red, "still", quiet)


def ipv6_modes(world: World) -> None:
    """SLAAC, DHCPv6 stateful and stateless, each on a router that advertises it; and no mode at all."""
    red = world.project("red")
    subnets = []
    for number, mode in enumerate(("slaac", "dhcpv6-stateful", "dhcpv6-stateless", "")):
        domain = "corp." if mode == "dhcpv6-stateless" else "red.example."
        network = world.network(red, mode or "static", dns_domain=domain)
        subnets.append(
            world.subnet(
                network,
                f"fd00:{number}::/64",
                ipv6_ra_mode=mode,
                ipv6_address_mode=mode,
                dns_nameservers=("fd00::53", "fd00::54"),
            )
        )
        world.instance(red, f"vm{number}", network)
    world.router(red, "edge", *subnets)


def two_prefixes_on_one_port(world: World) -> None:
    """A router's port with a name, on a subnet that DHCPv6 tells its name servers and on one that only it can tell."""
    red = world.project("red")
    web = world.network(red, "web")
    told = world.subnet(
        web, "fd00:1::/64", ipv6_ra_mode="dhcpv6-stateless", ipv6_address_mode="dhcpv6-stateless",
        dns_nameservers=("fd00::53", "fd00::54"),
    )  # fmt: skip
    untold = world.subnet(web, "fd00:2::/64", ipv6_ra_mode="dhcpv6-stateless", dns_nameservers=("fd00::55",))
    edge = world.router(red, "edge")
    fixed = (FixedIP(told.id, "fd00:1::1"), FixedIP(untold.id, "fd00:2::1"))
    world.port(
        red, "edge on web", web, fixed_ips=fixed, device_id=edge.id, device_owner=ROUTER_INTERFACE,
        port_security_enabled=False, dns_name="gateway",
    )  # fmt: skip


def port_security(world: World) -> None:
    """Allowed address pairs with and without a MAC, a prefix, no address at all, ports that are down."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24", "fd00:1::/64")
    pairs = (
        AddressPair("10.0.1.200"),
        AddressPair("10.9.0.0/16"),
        AddressPair("10.0.1.201", "02:00:5e:00:01:01"),
        AddressPair("10.0.1.202", "02:00:5e:00:01:01"),
    )
    world.instance(red, "pairs", web, allowed_address_pairs=pairs)
    world.port(red, "bare", web, fixed_ips=())
    world.port(red, "bare-pair", web, fixed_ips=(), allowed_address_pairs=(AddressPair("0.0.0.0/0"),))
    world.instance(red, "down", web, admin_state_up=False)
    off = world.network(red, "off", "10.0.2.0/24", admin_state_up=False)
    world.instance(red, "dark", off)
    world.port(red, "pretender", web, device_owner="network:router_interface", device_id="nobody")


def moving(world: World) -> None:
    """A port that is being moved to another host, one that could be, and one that is not told anything new."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    for name, profile, bindings in (
        ("moving", '{"migrating_to":"hv2"}', (Binding("hv2"),)),
        ("ready", "", (Binding("hv2", '{"a":1}'),)),
        ("moved", '{"migrating_to":"hv1"}', ()),
    ):
        world.port(red, name, web, host_id="hv1", binding_profile=profile, bindings=bindings)


def handed_through(world: World) -> None:
    """Ports whose interfaces hardware hands past the switch of their host, and others that it does not."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    for name, more in (
        ("metal", {"vnic_type": "baremetal", "port_security_enabled": False}),
        ("offloaded", {"vnic_type": "direct", "binding_profile": '{"capabilities":["switchdev"]}', "host_id": "hv2"}),
        ("forwarded", {"vnic_type": "virtio-forwarder", "host_id": "hv1"}),
        ("managed", {"vnic_type": "remote-managed", "host_id": "hv1"}),
    ):
        world.port(red, name, web, **more)
    answered = world.port(red, "vf", web, vnic_type="direct", host_id="hv1")
    hosts = tuple(host.name for host in world.every(Host))
    world.add(Placement(id=id_of("answering", answered.id), role="answering", subject_id=answered.id, hosts=hosts))


def security_groups(world: World) -> None:
    """Rules of every form, stateful and stateless, remote groups and address groups."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    friends = world.address_group(red, "friends", "192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32")
    world.address_group(red, "nobody")
    front = world.group(red, "front", *EGRESS)
    back = world.group(red, "back", stateful=False)
    for fields in (
        allow("ingress", "tcp", 80),
        allow("ingress", "tcp", 8000, 8100),
        allow("ingress", "udp"),
        allow("ingress", "sctp", 36412),
        allow("ingress", "icmp", 8, 0),
        allow("ingress", "icmp", 8),
        allow("ingress", "icmp", ethertype="IPv6"),
        allow("ingress", "icmpv6", 128, ethertype="IPv6"),
        allow("ingress", "gre"),
        allow("ingress", "115"),
        allow("egress", "tcp", 443, remote_ip_prefix="203.0.113.0/24"),
        allow("ingress", remote_address_group_id=friends),
        allow("egress", ethertype="IPv6", remote_address_group_id=friends),
        allow("ingress", "tcp", 22, remote_group_id=front),
    ):
        world.rule(front, **fields)
    world.rule(back, **allow("ingress", "tcp", 5432, remote_group_id=front))
    world.instance(red, "both", web, groups=(front, back))
    world.instance(red, "alone", web)


def provider_networks(world: World) -> None:
    """A flat and a VLAN network on physical networks, a port on each."""
    admin = world.project("admin")
    public = world.network(admin, "public", "203.0.113.0/24", physical_network="physnet1", external=True)
    legacy = world.network(admin, "legacy", "192.0.2.0/24", physical_network="physnet2", segmentation_id=42)
    world.instance(admin, "vm", public, legacy)


def several_segments(world: World) -> None:
    """A network on the physical networks of three racks, each in its own way; one has an id of its own."""
    admin = world.project("admin")
    for rack in ("rack2", "rack3"):
        world.host(f"{rack}-hv", rack)
    more = (Segment("rack2", "vlan", 43), Segment("rack3", "flat", id=id_of("segment", "rack3")))
    floor = world.network(
        admin, "floor", "192.0.2.0/24", physical_network="physnet1", segmentation_id=42, more_segments=more
    )
    world.instance(admin, "vm", floor)


def router_with_gateway(world: World) -> None:
    """An inner network and a VLAN, an external gateway on two hosts, SNAT, a floating IP, a static route."""
    admin, red = world.project("admin"), world.project("red")
    public = world.network(admin, "public", physical_network="physnet1", external=True)
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    world.subnet(public, "2001:db8:f::/64", gateway_ip="2001:db8:f::fe", enable_dhcp=False)
    legacy = world.network(admin, "legacy", "192.0.2.0/24", physical_network="physnet2", segmentation_id=42)
    web = world.network(red, "web", "10.0.1.0/24", "fd00:1::/64")
    vm = world.instance(red, "vm", web)[0]
    routes = (("172.16.0.0/12", "10.0.1.9"),)
    world.router(red, "edge", *world.subnets(web), *world.subnets(legacy), gateway=public, routes=routes)
    world.floating_ip(red, public, vm)
    world.floating_ip(red, public)


def several_gateways(world: World) -> None:
    """Two ways out by one network and one by another, default routes by all with BFD, SNAT, a floating IP at each."""
    admin, red = world.project("admin"), world.project("red")
    publics = []
    for number, name in ((113, "public"), (112, "elsewhere")):
        public = world.network(admin, name, external=True, physical_network=f"physnet{number - 111}")
        world.subnet(public, f"203.0.{number}.0/24", gateway_ip=f"203.0.{number}.254", enable_dhcp=False)
        publics.append(public)
    web = world.network(red, "web", "10.0.1.0/24")
    edge = world.router(
        red, "edge", *world.subnets(web), gateway=publics[0], enable_default_route_ecmp=True,
        enable_default_route_bfd=True,
    )  # fmt: skip
    for public in reversed(publics):
        world.more_gateway(next(each for each in world.every(Router) if each.id == edge.id), public)
    for number, public in enumerate(publics):
        world.floating_ip(red, public, world.instance(red, f"vm{number}", web)[0])
    calm = world.router(red, "calm", gateway=publics[0])
    world.more_gateway(calm, publics[1])


def distributed_router(world: World) -> None:
    """Floating IPs where their ports are, one with a MAC address of its own; no SNAT; a router that is down."""
    admin, red = world.project("admin"), world.project("red")
    public = world.network(admin, "public", physical_network="physnet1", external=True)
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    web = world.network(red, "web", "10.0.1.0/24")
    vm = world.instance(red, "vm", web)[0]
    edge = world.router(red, "edge", *world.subnets(web), gateway=public, enable_snat=False)
    world.add(replace(edge, distributed=True))
    world.floating_ip(red, public, vm)
    floating = world.floating_ip(red, public, world.instance(red, "kept", web)[0])
    world.add(replace(floating, floating_port=FloatingPort(mac_address="fa:16:3e:00:00:09")))
    world.router(red, "off", admin_state_up=False)


def default_route_elsewhere(world: World) -> None:
    """A static route to everywhere stands in place of the one to the external gateway, for its IP version alone."""
    admin, red = world.project("admin"), world.project("red")
    public = world.network(admin, "public", physical_network="physnet1", external=True)
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    world.subnet(public, "2001:db8:f::/64", gateway_ip="2001:db8:f::fe", enable_dhcp=False)
    web = world.network(red, "web", "10.0.1.0/24", "fd00:1::/64")
    routes = (("0.0.0.0/0", "10.0.1.9"),)
    world.router(red, "edge", *world.subnets(web), gateway=public, routes=routes)


def qos_policies(world: World) -> None:
    """Limits, marks and a guarantee: of ports, of a network, of a gateway, of floating IPs here and there."""
    admin, red = world.project("admin"), world.project("red")
    public = world.network(admin, "public", physical_network="physnet1", external=True)
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    both = ((QosBandwidthLimitRule, 1000, "egress"), (QosBandwidthLimitRule, 2000, "ingress"))
    slow = world.qos_policy(red, "slow", *both, (QosDscpMarkingRule, 26, ""))
    marked = world.qos_policy(red, "marked", (QosDscpMarkingRule, 46, ""))
    bursty = world.qos_policy(red, "bursty")
    world.qos_rule(bursty, QosBandwidthLimitRule, max_kbps=500, max_burst_kbps=800)
    world.qos_rule(bursty, QosMinimumBandwidthRule, min_kbps=300)
    web = world.network(red, "web", "10.0.1.0/24", qos_policy_id=slow.id)
    (vm,) = world.instance(red, "vm", web)
    world.port(red, "metadata", web, device_owner=DISTRIBUTED, port_security_enabled=False)
    world.instance(red, "own", web, qos_policy_id=marked.id)
    wire = world.network(red, "wire", "192.0.2.0/24", physical_network="physnet2", segmentation_id=42)
    world.instance(red, "sure", wire, qos_policy_id=bursty.id)
    edge = world.router(red, "edge", *world.subnets(web), gateway=public)
    world.add(replace(edge, external_gateway_info=ExternalGateway(public.id, qos_policy_id=slow.id)))
    world.add(replace(world.floating_ip(red, public, vm), qos_policy_id=marked.id))
    app = world.network(red, "app", "10.0.2.0/24")
    (far,) = world.instance(red, "far", app)
    world.router(red, "spread", *world.subnets(app), gateway=public, distributed=True)
    world.add(replace(world.floating_ip(red, public, far), qos_policy_id=slow.id))


def trunk(world: World) -> None:
    """A firewall's port with its own network untagged and two others in VLANs."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    inner = [world.network(red, name, cidr) for name, cidr in (("dmz", "10.0.2.0/24"), ("lan", "10.0.3.0/24"))]
    (vm,) = world.instance(red, "firewall", web)
    subports = {100 + i: world.port(red, f"in-{network.name}", network) for i, network in enumerate(inner)}
    world.trunk(red, "carrier", vm, subports)


def metadata(world: World) -> None:
    """A port at which an agent answers for the metadata service, at each host; DHCP tells the way to it."""
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24", "10.0.2.0/24")
    first, _ = world.subnets(web)
    port = world.instance(red, "vm", web)[0]
    fixed_ips = (FixedIP(first.id, "10.0.1.2"),)
    world.add(
        replace(port, id=id_of("metadata"), name="", mac_address=mac_of("metadata"), fixed_ips=fixed_ips,
                device_owner=DISTRIBUTED, device_id="ovnmeta", security_groups=(), port_security_enabled=False)
    )  # fmt: skip


def port_forwardings(world: World) -> None:
    """One port, a range, and UDP, of a floating IP to two ports, behind a router with two networks; a QoS policy."""
    admin, red = world.project("admin"), world.project("red")
    public = world.network(admin, "public", physical_network="physnet1", external=True)
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    web, db = world.network(red, "web", "10.0.1.0/24"), world.network(red, "db", "10.0.2.0/24")
    world.router(red, "edge", *world.subnets(web), *world.subnets(db), gateway=public)
    marked = world.qos_policy(red, "marked", (QosDscpMarkingRule, 46, ""))
    shared = world.add(replace(world.floating_ip(red, public), qos_policy_id=marked.id))
    (front,) = world.instance(red, "front", web)
    (back,) = world.instance(red, "back", db)
    world.port_forwarding(shared, front, 443, 8443)
    world.port_forwarding(shared, back, 5000, 6000, number=3)
    world.port_forwarding(shared, back, 53, 53, "udp")


def logs(world: World) -> None:
    """All of one group, drops of those of a port, what passes in a project; of two logs one, and one that is off."""
    red, blue = world.project("red"), world.project("blue")
    web = world.network(red, "web", "10.0.1.0/24")
    front, back = (world.group(red, name, allow("ingress", "tcp", 80)) for name in ("front", "back"))
    port = world.instance(red, "vm", web, groups=(back,))[0]
    world.group(blue, "open", allow("ingress", "udp", 53), stateful=False)
    world.log(red, "of front", resource_id=front.id)
    world.log(red, "of vm", target_id=port.id, event="DROP")
    world.log(blue, "passes", event="ACCEPT")
    world.log(blue, "off", enabled=False)


CASES: dict[str, Case] = {
    case.__name__: case
    for case in (
        plain_network,
        dhcp_options,
        ipv6_modes,
        two_prefixes_on_one_port,
        port_security,
        moving,
        handed_through,
        security_groups,
        provider_networks,
        several_segments,
        router_with_gateway,
        several_gateways,
        distributed_router,
        default_route_elsewhere,
        qos_policies,
        trunk,
        metadata,
        port_forwardings,
        logs,
    )
}
