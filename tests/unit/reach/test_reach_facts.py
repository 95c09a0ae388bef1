"""Small estates judged by hand: each fact about who reaches whom is a case, with the sentence that says it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cpal.errors import NotFound
from cpal.model.check import check
from cpal.model.estate import Estate
from cpal.model.network import AddressPair, FixedIP, HostRoute, Network, Port, Subnet
from cpal.model.router import Router
from cpal.model.security import SecurityGroup
from cpal.model.target import Host, Placement, Project
from cpal.reach.flow import Flow, Service
from cpal.reach.names import endpoints
from cpal.reach.predict import explain, predict, verdict
from cpal.reach.services import echo, services
from tests.support.world import EGRESS, EVERYTHING, World, allow

PING, PING6 = echo(4), echo(6)
WEB, DATABASE = Service(4, 6, 80), Service(4, 6, 5432)
DNS = Service(4, 17, 53)
GRE = Service(4, 47)


def asked(
    world: World | Estate, source: str, destination: str, address: str, service: Service = PING
) -> tuple[bool, str]:
    """Whether the flow is there, and why."""
    estate = world.estate() if isinstance(world, World) else world
    assert check(estate) == ()
    found = verdict(estate, Flow(source, destination, address, service))
    return found.reachable, found.reason


def pair(*rules: dict[str, object], stateful: bool = True) -> World:
    """Two instances of project red on one network, each with the same one group."""
    world = World("hv1", "hv2")
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24", "fd00:1::/64")
    group = world.group(red, "web", *rules, stateful=stateful)
    world.instance(red, "a", web, groups=(group,))
    world.instance(red, "b", web, groups=(group,), host="hv2")
    return world


def networks_of(world: World, *names: str) -> list[Network]:
    return [next(network for network in world.every(Network) if network.name == name) for name in names]


def port_of(world: World, name: str) -> Port:
    return next(port for port in world.every(Port) if port.name == name)


def with_public(world: World) -> Network:
    """The external network, on a flat segment, whose gateway is a host outside with an address behind it."""
    public = world.network(world.project("admin"), "public", external=True, shared=True, physical_network="physnet1")
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    world.outside("internet", "physnet1", "203.0.113.254/24", loopbacks=("198.51.100.7",))
    return public


def routed(enable_snat: bool = True) -> tuple[World, Network]:
    """Red's a on web and b on db, everything allowed, behind one router with a gateway."""
    world = World("hv1", "hv2")
    public = with_public(world)
    red = world.project("red")
    web, db = world.network(red, "web", "10.0.1.0/24"), world.network(red, "db", "10.0.2.0/24")
    group = world.group(red, "all", *EVERYTHING)
    world.instance(red, "a", web, groups=(group,))
    world.instance(red, "b", db, groups=(group,), host="hv2")
    world.router(red, "edge", *world.subnets(web), *world.subnets(db), gateway=public, enable_snat=enable_snat)
    return world, public


def two_ways_out(second: str = "other") -> tuple[World, Router]:
    """The same with a second gateway: on another network, whose gateway is another host outside, or on the same."""
    world, _ = routed()
    admin = world.project("admin")
    other = world.network(admin, "other", external=True, physical_network="physnet1", segmentation_id=42)
    world.subnet(other, "192.0.2.0/24", gateway_ip="192.0.2.254", enable_dhcp=False)
    world.outside("elsewhere", "physnet1", "192.0.2.254/24", segmentation_id=42, loopbacks=("198.18.0.7",))
    [edge] = world.every(Router)
    world.more_gateway(edge, networks_of(world, second)[0])
    [edge] = world.every(Router)
    return world, edge


# Security groups


def test_what_no_rule_allows_in_is_denied() -> None:
    assert asked(pair(*EGRESS), "red/a", "red/b", "10.0.1.11", WEB) == (
        False, "no ingress rule of security group web allows tcp/80 from 10.0.1.10",
    )  # fmt: skip


def test_what_no_rule_allows_out_is_denied() -> None:
    world = pair(allow("ingress"))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB) == (
        False, "no egress rule of security group web allows tcp/80 to 10.0.1.11",
    )  # fmt: skip


def test_a_stateful_group_needs_no_rule_for_the_reply() -> None:
    world = pair(*EGRESS, allow("ingress", "tcp", 80))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB) == (
        True, "allowed by egress rules of web and ingress rules of web",
    )  # fmt: skip
    assert not asked(world, "red/a", "red/b", "10.0.1.11", DATABASE)[0]


def test_a_stateless_group_needs_a_rule_for_the_reply() -> None:
    world = pair(*EGRESS, allow("ingress", "tcp", 80), stateful=False)
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB) == (
        False, "security group web is stateless, and no ingress rule allows the reply of tcp/80",
    )  # fmt: skip
    world = pair(*EGRESS, allow("ingress", "tcp", 1, 65535), stateful=False)
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB)[0]


def test_a_stateless_group_lets_a_protocol_arrive_that_needs_no_reply() -> None:
    world = pair(*EGRESS, allow("ingress", "gre"), stateful=False)
    assert asked(world, "red/a", "red/b", "10.0.1.11", GRE)[0]


def test_a_stateless_ping_needs_the_echo_reply_allowed() -> None:
    assert not asked(pair(*EGRESS, allow("ingress", "icmp", 8), stateful=False), "red/a", "red/b", "10.0.1.11")[0]
    assert asked(pair(*EGRESS, allow("ingress", "icmp"), stateful=False), "red/a", "red/b", "10.0.1.11")[0]
    both = (allow("ingress", "icmp", 8), allow("ingress", "icmp", 0))
    assert asked(pair(*EGRESS, *both, stateful=False), "red/a", "red/b", "10.0.1.11")[0]


def test_a_stateless_rule_wins_over_a_stateful_one_so_that_the_reply_is_not_known() -> None:
    """The sender's stateless egress rule keeps the connection out of tracking; its stateful group admits no SYN-ACK."""
    world = pair(*EGRESS, allow("ingress", "tcp", 80))
    red = world.project("red")
    quick = world.group(red, "quick", allow("egress", "tcp", 80), stateful=False)
    a = port_of(world, "a-web")
    world.add(replace(a, security_groups=(*(a.security_groups or ()), quick.id)))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB) == (
        False, "security groups quick, web is stateless, and no ingress rule allows the reply of tcp/80",
    )  # fmt: skip


def test_icmp_type_and_code_are_matched() -> None:
    world = pair(*EGRESS, allow("ingress", "icmp", 8, 0))
    assert asked(world, "red/a", "red/b", "10.0.1.11", PING)[0]
    assert not asked(world, "red/a", "red/b", "10.0.1.11", Service(4, 1, 13))[0]
    assert not asked(world, "red/a", "red/b", "10.0.1.11", Service(4, 1, 8, 5))[0]


def test_the_families_have_rules_of_their_own() -> None:
    world = pair(*EGRESS, allow("ingress", "icmp", ethertype="IPv6"))
    assert asked(world, "red/a", "red/b", "fd00:1::b", PING6)[0]
    assert not asked(world, "red/a", "red/b", "10.0.1.11", PING)[0]


def test_a_port_with_security_and_no_group_is_cut_off_both_ways() -> None:
    world = pair(*EVERYTHING)
    world.add(replace(port_of(world, "b-web"), security_groups=()))
    reason = "red/b has port security and no security group"
    assert asked(world, "red/a", "red/b", "10.0.1.11") == (False, reason)
    assert asked(world, "red/b", "red/a", "10.0.1.10") == (False, reason)


def test_a_port_without_port_security_is_not_filtered() -> None:
    world = pair()
    for name in ("a-web", "b-web"):
        world.add(replace(port_of(world, name), security_groups=(), port_security_enabled=False))
    assert asked(world, "red/a", "red/b", "10.0.1.11") == (True, "nothing filters it")


def test_a_port_that_hardware_hands_through_is_not_filtered() -> None:
    world = pair()
    assert not asked(world, "red/a", "red/b", "10.0.1.11")[0]
    for name in ("a-web", "b-web"):
        world.add(replace(port_of(world, name), vnic_type="direct"))
    assert asked(world, "red/a", "red/b", "10.0.1.11") == (True, "nothing filters it")
    offloaded = '{"capabilities":["switchdev"]}'
    world.add(replace(port_of(world, "b-web"), binding_profile=offloaded))
    assert not asked(world, "red/a", "red/b", "10.0.1.11")[0]


def test_a_remote_prefix_is_matched_against_the_sender() -> None:
    world = pair(*EGRESS, allow("ingress", "tcp", 80, remote_ip_prefix="10.0.1.10/32"))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB)[0]
    assert not asked(world, "red/b", "red/a", "10.0.1.10", WEB)[0]


def test_an_egress_remote_is_matched_against_the_destination() -> None:
    world = pair(allow("egress", remote_ip_prefix="10.0.1.11/32"), allow("ingress"))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB)[0]
    assert not asked(world, "red/b", "red/a", "10.0.1.10", WEB)[0]


def test_an_address_group_is_its_prefixes() -> None:
    world = pair(*EGRESS)
    red = world.project("red")
    office = world.address_group(red, "office", "10.0.1.10/32")
    world.rule(world.every(SecurityGroup)[0], **allow("ingress", remote_address_group_id=office))
    assert asked(world, "red/a", "red/b", "10.0.1.11")[0]
    assert not asked(world, "red/b", "red/a", "10.0.1.10")[0]


def test_a_remote_group_is_its_members_addresses() -> None:
    world = pair(*EGRESS)
    red = world.project("red")
    web = world.every(SecurityGroup)[0]
    clients = world.group(red, "clients", *EGRESS)
    world.rule(web, **allow("ingress", "tcp", 80, remote_group_id=clients))
    assert not asked(world, "red/a", "red/b", "10.0.1.11", WEB)[0]
    a = port_of(world, "a-web")
    world.add(replace(a, security_groups=(web.id, clients.id)))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB)[0]


def test_a_remote_group_is_matched_by_address_whoever_sends_from_it() -> None:
    """A member on another network with the sender's address lends it membership: OVN matches address sets."""
    world = pair(*EGRESS)
    red = world.project("red")
    clients = world.group(red, "clients", *EGRESS)
    world.rule(world.every(SecurityGroup)[0], **allow("ingress", "tcp", 80, remote_group_id=clients))
    elsewhere = world.network(red, "elsewhere", "10.0.1.0/24")
    world.instance(red, "c", elsewhere, groups=(clients,))
    assert asked(world, "red/a", "red/b", "10.0.1.11", WEB)[0]


# Layer 2


def test_two_networks_without_a_router_are_apart() -> None:
    world = pair(*EVERYTHING)
    red = world.project("red")
    other = world.network(red, "other", "10.0.9.0/24")
    world.instance(red, "c", other, groups=(world.every(SecurityGroup)[0],))
    assert asked(world, "red/a", "red/c", "10.0.9.10") == (
        False, "no route to 10.0.9.10: there is no router at 10.0.1.1 on network web",
    )  # fmt: skip


def test_an_address_belongs_to_whoever_has_it_on_the_senders_network() -> None:
    world = pair(*EVERYTHING)
    blue = world.project("blue")
    app = world.network(blue, "app", "10.0.1.0/24")
    world.instance(blue, "x", app, groups=(world.group(blue, "all", *EVERYTHING),))
    assert asked(world, "red/b", "blue/x", "10.0.1.10") == (False, "10.0.1.10 leads to red/a, not to blue/x")
    assert asked(world, "red/a", "blue/x", "10.0.1.10") == (False, "10.0.1.10 is an address of red/a itself")


@pytest.mark.parametrize("end", ["a-web", "b-web"])
def test_a_port_that_is_down_neither_sends_nor_receives(end: str) -> None:
    world = pair(*EVERYTHING)
    world.add(replace(port_of(world, end), admin_state_up=False))
    reason = f"red/{end[0]} is administratively down"
    assert asked(world, "red/a", "red/b", "10.0.1.11") == (False, reason)
    assert asked(world, "red/b", "red/a", "10.0.1.10") == (False, reason)


def test_a_network_that_is_down_carries_nothing() -> None:
    world = pair(*EVERYTHING)
    world.add(replace(world.every(Network)[0], admin_state_up=False))
    assert asked(world, "red/a", "red/b", "10.0.1.11") == (False, "network web is administratively down")


def test_an_instance_on_no_host_is_not_there() -> None:
    world = pair(*EVERYTHING)
    red = world.project("red")
    world.instance(red, "c", world.every(Network)[0], groups=(world.every(SecurityGroup)[0],), host="")
    assert asked(world, "red/a", "red/c", "10.0.1.12") == (False, "red/c is on no host")


def test_an_instance_does_not_forward() -> None:
    world = pair(*EVERYTHING)
    web = world.every(Network)[0]
    subnet = world.subnets(web)[0]
    world.add(replace(subnet, host_routes=(HostRoute("10.9.0.0/16", "10.0.1.11"),)))
    red = world.project("red")
    far = world.network(red, "far", "10.9.0.0/24")
    world.instance(red, "c", far, groups=(world.every(SecurityGroup)[0],))
    assert asked(world, "red/a", "red/c", "10.9.0.10") == (
        False, "no route: 10.0.1.11 is red/b, which does not forward",
    )  # fmt: skip


def test_an_allowed_address_pair_gives_nobody_an_address() -> None:
    world = pair(*EVERYTHING)
    world.add(replace(port_of(world, "b-web"), allowed_address_pairs=(AddressPair("10.0.1.50"),)))
    assert asked(world, "red/a", "red/b", "10.0.1.50") == (False, "nobody has 10.0.1.50 on network web")


# Layer 3


def test_a_router_joins_its_subnets() -> None:
    world, _ = routed()
    assert asked(world, "red/a", "red/b", "10.0.2.10", WEB)[0]
    assert explain(world.estate(), Flow("red/a", "red/b", "10.0.2.10", WEB)) == (
        "red/a sends to its gateway 10.0.1.1",
        "router edge sends it to network db",
        "red/b gets it",
        "allowed by egress rules of all and ingress rules of all",
    )


def test_a_router_that_is_down_carries_nothing() -> None:
    world, _ = routed()
    world.add(replace(world.every(Router)[0], admin_state_up=False))
    assert asked(world, "red/a", "red/b", "10.0.2.10") == (False, "router edge is administratively down")


def test_a_routers_interface_that_is_down_carries_nothing() -> None:
    world, _ = routed()
    world.add(replace(port_of(world, "edge on db 10.0.2.0/24"), admin_state_up=False))
    down = "an interface of router edge is administratively down"
    assert asked(world, "red/a", "red/b", "10.0.2.10") == (False, down)
    assert asked(world, "red/b", "red/a", "10.0.1.10") == (False, down)


def test_without_a_gateway_a_subnet_leads_nowhere_else() -> None:
    world, _ = routed()
    subnet = next(subnet for subnet in world.subnets(networks_of(world, "web")[0]))
    world.add(replace(subnet, gateway_ip=None))
    assert asked(world, "red/a", "red/b", "10.0.2.10") == (False, "no route: red/a has no gateway towards 10.0.2.10")
    assert asked(world, "red/b", "red/a", "10.0.1.10") == (
        False, "the reply gets lost: no route: red/a has no gateway towards 10.0.2.10",
    )  # fmt: skip
    assert asked(world, "red/b", "red/a", "10.0.1.10", GRE)[0], "what needs no reply still arrives"


def chained(*, back: bool) -> World:
    """Red's a on web behind router edge, and c on far behind router inner, which meet on the network transit."""
    world = World("hv1", "hv2")
    red = world.project("red")
    web, far = world.network(red, "web", "10.0.1.0/24"), world.network(red, "far", "10.0.3.0/24")
    transit = world.network(red, "transit", "10.0.2.0/24")
    group = world.group(red, "all", *EVERYTHING)
    world.instance(red, "a", web, groups=(group,))
    world.instance(red, "c", far, groups=(group,))
    public = with_public(world)
    world.router(red, "edge", *world.subnets(web), *world.subnets(transit), gateway=public,
                 routes=(("10.0.3.0/24", "10.0.2.2"),))  # fmt: skip
    inner = world.router(red, "inner", *world.subnets(far), routes=(("0.0.0.0/0", "10.0.2.1"),) if back else ())
    world.interface(inner, world.subnets(transit)[0], "10.0.2.2")
    return world


def test_static_routes_lead_through_a_second_router() -> None:
    assert asked(chained(back=True), "red/a", "red/c", "10.0.3.10")[0]


def test_a_second_router_without_a_route_back_loses_the_reply() -> None:
    world = chained(back=False)
    assert asked(world, "red/a", "red/c", "10.0.3.10") == (
        False, "the reply gets lost: no route: router inner knows no way to 10.0.1.10",
    )  # fmt: skip
    assert asked(world, "red/a", "red/c", "10.0.3.10", GRE)[0]
    assert asked(world, "red/c", "red/a", "10.0.1.10", GRE) == (
        False,
        "no route: router inner knows no way to 10.0.1.10",
    )


def test_source_translation_is_for_the_routers_own_subnets() -> None:
    world = chained(back=True)
    assert asked(world, "red/a", "internet", "203.0.113.254")[0]
    assert asked(world, "red/c", "internet", "203.0.113.254") == (
        False, "the reply gets lost: no route: internet outside knows no way to 10.0.3.10",
    )  # fmt: skip


def test_the_longest_prefix_wins() -> None:
    """A static route for half of a connected subnet takes that half elsewhere."""
    world = chained(back=True)
    edge = next(router for router in world.every(Router) if router.name == "edge")
    world.add(replace(edge, routes=(*edge.routes, HostRoute("10.0.1.0/25", "10.0.2.2"))))
    assert asked(world, "red/c", "red/a", "10.0.1.10") == (False, "10.0.1.10 goes round in circles between routers")


def shared(*, back: tuple[tuple[str, str], ...] = (("10.0.1.0/24", "10.0.2.1"),)) -> World:
    """As `chained`, with two routers between transit and far, of which `back` are the routes of the second one."""
    world = chained(back=True)
    [transit, far] = networks_of(world, "transit", "far")
    other = world.router(
        next(project for project in world.every(Project) if project.name == "red"), "other", routes=back
    )
    world.interface(other, world.subnets(transit)[0], "10.0.2.3")
    world.interface(other, world.subnets(far)[0], "10.0.3.3")
    edge = next(router for router in world.every(Router) if router.name == "edge")
    world.add(replace(edge, routes=(*edge.routes, HostRoute("10.0.3.0/24", "10.0.2.3"))))
    return world


def test_of_several_next_hops_each_has_to_lead_there() -> None:
    assert asked(shared(), "red/a", "red/c", "10.0.3.10")[0]
    world = shared()
    other = next(router for router in world.every(Router) if router.name == "other")
    world.add(replace(other, admin_state_up=False))
    assert asked(world, "red/a", "red/c", "10.0.3.10") == (False, "router other is administratively down")
    assert asked(world, "red/c", "red/a", "10.0.1.10", GRE)[0], "its gateway is the other one"


def test_routers_that_share_among_each_other_go_round_in_circles() -> None:
    """Some packets of it would, and that ends for sure however many routers share."""
    world = shared(back=(("10.0.9.0/24", "10.0.2.1"),))
    for name, hops in (("edge", ("10.0.2.2", "10.0.2.3")), ("inner", ("10.0.2.1", "10.0.2.3"))):
        router = next(router for router in world.every(Router) if router.name == name)
        world.add(replace(router, routes=tuple(HostRoute("198.51.100.0/24", hop) for hop in hops)))
    world.outside("far away", "physnet2", "198.51.100.7/24")
    assert asked(world, "red/a", "far away", "198.51.100.7") == (
        False, "198.51.100.7 goes round in circles between routers",
    )  # fmt: skip


def test_ipv6_hosts_follow_whoever_advertises() -> None:
    world = World("hv1", "hv2")
    red = world.project("red")
    group = world.group(red, "all", *EVERYTHING)
    ends = []
    for name, cidr in (("one", "fd00:1::/64"), ("two", "fd00:2::/64")):
        network = world.network(red, name)
        ends.append(world.subnet(network, cidr, ipv6_ra_mode="slaac", ipv6_address_mode="slaac", gateway_ip=None))
        world.instance(red, name, network, groups=(group,))
    two = port_of(world, "two-two").addresses[0]
    assert not asked(world, "red/one", "red/two", two, PING6)[0]
    world.router(red, "edge", *ends)
    assert asked(world, "red/one", "red/two", two, PING6)[0]


# The world outside


def test_source_translation_brings_replies_back() -> None:
    world, _ = routed()
    assert asked(world, "red/a", "internet", "203.0.113.254", WEB)[0]
    assert asked(world, "red/a", "internet", "198.51.100.7", DNS)[0]


def test_without_source_translation_the_world_has_no_way_back() -> None:
    world, _ = routed(enable_snat=False)
    assert asked(world, "red/a", "internet", "203.0.113.254", WEB) == (
        False, "the reply gets lost: no route: internet outside knows no way to 10.0.1.10",
    )  # fmt: skip
    assert asked(world, "red/a", "internet", "203.0.113.254", GRE)[0]


def test_everything_leaves_by_the_first_gateway_and_what_is_on_the_network_of_another_by_that_one() -> None:
    world, edge = two_ways_out()
    assert asked(world, "red/a", "internet", "198.51.100.7", WEB)[0]
    assert asked(world, "red/a", "elsewhere", "192.0.2.254", WEB)[0]
    assert asked(world, "red/a", "elsewhere", "198.18.0.7", WEB) == (
        False, "no route: internet outside does not lead to 198.18.0.7",
    )  # fmt: skip
    world.add(replace(edge, enable_default_route_ecmp=True))
    assert asked(world, "red/a", "internet", "198.51.100.7", WEB) == (
        False, "no route: elsewhere outside does not lead to 198.51.100.7",
    )  # fmt: skip


def test_a_floating_ip_is_answered_by_the_gateway_on_its_network_alone() -> None:
    world, _ = two_ways_out()
    other = next(network for network in networks_of(world, "other"))
    floating = world.floating_ip(world.project("red"), other, port_of(world, "a-web"))
    assert asked(world, "elsewhere", "red/a", floating.floating_ip_address, WEB)[0]
    assert asked(world, "red/a", "internet", "198.51.100.7", WEB)[0], "it leaves as the first gateway"


def test_of_two_gateways_on_one_network_the_first_is_expected_to_lead_to_what_is_there() -> None:
    """OVN says nothing of which."""
    world, _ = two_ways_out("public")
    floating = world.floating_ip(world.project("red"), networks_of(world, "public")[0], port_of(world, "a-web"))
    assert asked(world, "internet", "red/a", floating.floating_ip_address, WEB)[0]
    world.add(replace(port_of(world, "edge-gateway-2"), admin_state_up=False))
    assert asked(world, "red/b", "internet", "203.0.113.254", WEB) == (
        False, "an interface of router edge is administratively down",
    ), "half of what is sent there may go by it"  # fmt: skip


def test_without_an_external_gateway_there_is_no_way_out() -> None:
    world = pair(*EVERYTHING)
    with_public(world)
    red = world.project("red")
    world.router(red, "edge", *(s for s in world.subnets(networks_of(world, "web")[0]) if s.ip_version == 4))
    assert asked(world, "red/a", "internet", "203.0.113.254") == (
        False, "no route: router edge knows no way to 203.0.113.254",
    )  # fmt: skip


def test_the_world_does_not_know_inner_addresses() -> None:
    world, _ = routed()
    assert asked(world, "internet", "red/a", "10.0.1.10") == (
        False, "no route: internet outside knows no way to 10.0.1.10",
    )  # fmt: skip


def test_a_floating_ip_leads_in_and_names_its_port_on_the_way_out() -> None:
    world, public = routed(enable_snat=False)
    red = world.project("red")
    world.floating_ip(red, public, port_of(world, "a-web"), "203.0.113.50")
    assert asked(world, "internet", "red/a", "203.0.113.50", WEB)[0]
    assert asked(world, "red/a", "internet", "198.51.100.7", WEB)[0], "translated even where SNAT is off"


def test_a_floating_ip_that_is_not_associated_leads_nowhere() -> None:
    world, public = routed()
    world.floating_ip(world.project("red"), public, None, "203.0.113.50")
    assert asked(world, "internet", "red/a", "203.0.113.50") == (False, "floating IP 203.0.113.50 leads to no port")


def test_rules_see_the_sender_as_translated() -> None:
    """b's floating IP is asked by a, whom the router translates: to b, a is the router's outer address."""
    world, public = routed()
    red = world.project("red")
    world.floating_ip(red, public, port_of(world, "b-db"), "203.0.113.50")
    outer = port_of(world, "edge-gateway").addresses[0]
    picky = world.group(red, "picky", *EGRESS, allow("ingress", "tcp", 80, remote_ip_prefix=f"{outer}/32"))
    world.add(replace(port_of(world, "b-db"), security_groups=(picky.id,)))
    assert asked(world, "red/a", "red/b", "203.0.113.50", WEB)[0]
    assert not asked(world, "red/a", "red/b", "10.0.2.10", WEB)[0]
    world.floating_ip(red, public, port_of(world, "a-web"), "203.0.113.51")
    assert asked(world, "red/a", "red/b", "203.0.113.50", WEB) == (
        False, "no ingress rule of security group picky allows tcp/80 from 203.0.113.51",
    )  # fmt: skip


def test_an_egress_rule_sees_the_floating_ip_that_was_asked() -> None:
    world, public = routed()
    red = world.project("red")
    world.floating_ip(red, public, port_of(world, "b-db"), "203.0.113.50")
    only = world.group(red, "only", allow("egress", remote_ip_prefix="203.0.113.50/32"))
    world.add(replace(port_of(world, "a-web"), security_groups=(only.id,)))
    assert asked(world, "red/a", "red/b", "203.0.113.50", WEB)[0]
    assert not asked(world, "red/a", "red/b", "10.0.2.10", WEB)[0]


def test_a_floating_ip_asked_from_inside_needs_translation_for_the_reply() -> None:
    """Without SNAT the reply goes straight from b to a, from an address that a did not ask."""
    world, public = routed(enable_snat=False)
    red = world.project("red")
    world.floating_ip(red, public, port_of(world, "b-db"), "203.0.113.50")
    assert asked(world, "red/a", "red/b", "203.0.113.50", WEB) == (
        False, "the reply comes from 10.0.2.10, not from 203.0.113.50 that was asked",
    )  # fmt: skip
    world.floating_ip(red, public, port_of(world, "a-web"), "203.0.113.51")
    assert asked(world, "red/a", "red/b", "203.0.113.50", WEB)[0]


def test_projects_meet_at_floating_ips_alone() -> None:
    world, public = routed()
    blue = world.project("blue")
    app = world.network(blue, "app", "10.0.1.0/24")
    (x,) = world.instance(blue, "x", app, groups=(world.group(blue, "all", *EVERYTHING),))
    world.router(blue, "exit", *world.subnets(app), gateway=public)
    assert not asked(world, "red/b", "blue/x", "10.0.1.10")[0]
    world.floating_ip(blue, public, x, "203.0.113.60")
    assert asked(world, "red/a", "blue/x", "203.0.113.60", WEB)[0], "both have 10.0.1.10; translation keeps them apart"
    assert asked(world, "red/b", "blue/x", "203.0.113.60", WEB)[0]
    assert not asked(world, "blue/x", "red/b", "10.0.2.10", WEB)[0]


def test_a_gateway_that_no_host_carries_leads_nowhere() -> None:
    world, _ = routed()
    placement = world.every(Placement)[0]
    world.add(replace(placement, hosts=()))
    assert asked(world, "red/a", "internet", "203.0.113.254") == (False, "no host carries the gateway of router edge")
    assert asked(world, "red/a", "red/b", "10.0.2.10")[0], "inside, no gateway is needed"


def test_a_gateway_is_carried_by_a_host_on_the_physical_network() -> None:
    world, _ = routed()
    hosts = {host.name: host for host in world.every(Host)}
    world.add(replace(hosts["hv1"], physical_networks=("physnet2",)))
    assert asked(world, "red/a", "internet", "203.0.113.254")[0], "the second host of the placement takes over"
    world.add(replace(world.every(Placement)[0], hosts=("hv1",)))
    assert not asked(world, "red/a", "internet", "203.0.113.254")[0]


# Provider networks


def provider(*, vlan: int | None = 100) -> World:
    """Instances of red on a shared provider network, with a host outside in the same VLAN and one untagged."""
    world = World("hv1", "hv2")
    legacy = world.network(world.project("admin"), "legacy", "192.0.2.0/24", shared=True, physical_network="physnet2",
                           segmentation_id=vlan)  # fmt: skip
    world.outside("mainframe", "physnet2", "192.0.2.200/24", segmentation_id=100)
    world.outside("stranger", "physnet2", "192.0.2.201/24")
    red = world.project("red")
    group = world.group(red, "all", *EVERYTHING)
    world.instance(red, "a", legacy, groups=(group,))
    world.instance(red, "b", legacy, groups=(group,), host="hv2")
    return world


def test_an_instance_on_a_provider_network_meets_the_hosts_of_its_vlan_both_ways() -> None:
    world = provider()
    assert asked(world, "red/a", "mainframe", "192.0.2.200")[0]
    assert asked(world, "mainframe", "red/a", "192.0.2.10", WEB)[0]
    assert asked(world, "red/a", "stranger", "192.0.2.201") == (False, "nobody has 192.0.2.201 on network legacy")
    assert not asked(world, "stranger", "red/a", "192.0.2.10")[0]


def test_an_instance_on_a_flat_network_meets_the_untagged() -> None:
    world = provider(vlan=None)
    assert asked(world, "stranger", "red/a", "192.0.2.10")[0]
    assert not asked(world, "mainframe", "red/a", "192.0.2.10")[0]


def test_a_host_that_is_not_on_the_physical_network_is_cut_off_from_it() -> None:
    world = provider()
    hosts = {host.name: host for host in world.every(Host)}
    world.add(replace(hosts["hv2"], physical_networks=("physnet1",)))
    cut = "host hv2 is not on physical network physnet2"
    assert asked(world, "red/b", "mainframe", "192.0.2.200") == (False, cut)
    assert asked(world, "red/a", "red/b", "192.0.2.11") == (False, cut)
    world.instance(world.project("red"), "c", networks_of(world, "legacy")[0],
                   groups=(world.every(SecurityGroup)[0],), host="hv2")  # fmt: skip
    assert asked(world, "red/c", "red/b", "192.0.2.11")[0], "on one host, no physical network is needed"


def test_an_instance_on_the_external_network_is_on_link_with_routers_and_floating_ips() -> None:
    world, public = routed()
    red = world.project("red")
    world.instance(red, "c", public, groups=(next(g for g in world.every(SecurityGroup)),))
    world.floating_ip(red, public, port_of(world, "b-db"), "203.0.113.50")
    own = port_of(world, "c-public").addresses[0]
    assert asked(world, "red/a", "red/c", own, WEB)[0]
    assert asked(world, "red/c", "red/b", "203.0.113.50", WEB)[0]
    assert asked(world, "red/c", "red/b", "10.0.2.10") == (
        False, "no route: internet outside does not lead to 10.0.2.10",
    )  # fmt: skip


# Words


def test_endpoints_are_called_by_project_and_instance_and_port_where_there_are_several() -> None:
    world = pair(*EVERYTHING)
    red = world.project("red")
    other = world.network(red, "other", "10.0.9.0/24")
    world.instance(red, "c", world.every(Network)[0], other, groups=(world.every(SecurityGroup)[0],))
    with_public(world)
    names = [end.name for end in endpoints(world.estate())]
    assert names == ["internet", "red/a", "red/b", "red/c:c-other", "red/c:c-web"]


def test_there_are_no_flows_within_an_instance_nor_between_hosts_outside() -> None:
    world = provider()
    red = world.project("red")
    other = world.network(red, "other", "10.0.9.0/24")
    world.instance(red, "c", world.every(Network)[0], other, groups=(world.every(SecurityGroup)[0],))
    pairs = {(found.flow.source, found.flow.destination) for found in predict(world.estate())}
    assert ("red/c:c-other", "red/c:c-legacy") not in pairs
    assert ("mainframe", "stranger") not in pairs
    assert ("mainframe", "red/c:c-legacy") in pairs


def test_an_unknown_endpoint_is_said() -> None:
    with pytest.raises(NotFound, match="there is no endpoint red/z"):
        verdict(pair().estate(), Flow("red/a", "red/z", "10.0.1.11", PING))


def test_services_are_what_rules_name_at_both_ends_of_ranges_and_what_none_names() -> None:
    world = pair(
        *EGRESS,
        allow("ingress", "tcp", 8000, 8100),
        allow("ingress", "udp"),
        allow("ingress", "icmp", 13),
        allow("ingress", "icmp", 0),
        allow("ingress", "gre"),
        allow("ingress", "51", ethertype="IPv6"),
        allow("ingress", "tcp", 443, ethertype="IPv6"),
        allow("ingress", "icmp", 128, ethertype="IPv6"),
        allow("ingress", "tcp", 7777, 7780),
    )
    assert [(service.ip_version, str(service)) for service in services(world.estate())] == [
        (4, "icmp"),
        (4, "icmp/13"),
        (4, "tcp/7777"),
        (4, "tcp/7780"),
        (4, "tcp/7781"),
        (4, "tcp/8000"),
        (4, "tcp/8100"),
        (4, "udp/7781"),
        (4, "47"),
        (6, "tcp/443"),
        (6, "tcp/7781"),
        (6, "udp/7781"),
        (6, "icmpv6"),
    ]


def test_an_estate_without_rules_still_asks_for_something() -> None:
    assert [str(service) for service in services(pair().estate())] == ["icmp", "tcp/7777", "tcp/7777", "icmpv6"]


def test_a_router_takes_what_comes_from_its_own_address_for_forged() -> None:
    """Red sends untranslated from the address that blue's router has; it would do from any other."""
    world = World("hv1", "hv2")
    public = with_public(world)
    red, blue = world.project("red"), world.project("blue")
    for project in (red, blue):
        group = world.group(project, "open", *EVERYTHING)
        network = world.network(project, "web", "10.0.1.0/24")
        [subnet] = world.subnets(network)
        own = "10.0.1.1" if project is blue else "10.0.1.254"
        router = world.router(project, "edge", gateway=public, enable_snat=False)
        world.interface(router, subnet, own)
        for name, address in (("low", "10.0.1.1"), ("high", "10.0.1.20")):
            if project is red or address != own:
                fixed = (FixedIP(subnet.id, address),)
                world.instance(project, name, network, groups=(group,), fixed_ips=fixed)
    [red_subnet] = [s for s in world.every(Subnet) if s.project_id == red.id]
    world.add(replace(red_subnet, gateway_ip="10.0.1.254"))
    floating = world.floating_ip(
        blue, public, next(p for p in world.every(Port) if p.project_id == blue.id and "high" in p.name)
    )
    reached, _ = asked(world, "red/high", "blue/high", floating.floating_ip_address, GRE)
    assert reached
    reached, reason = asked(world, "red/low", "blue/high", floating.floating_ip_address, GRE)
    assert (reached, reason) == (
        False, "10.0.1.1 is an address of router edge itself, which takes the packet for forged"
    )  # fmt: skip
