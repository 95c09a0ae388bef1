"""What a change opens and closes, judged by hand; and that too much work is said, not guessed."""

from __future__ import annotations

from msgspec.structs import replace

from cpal.model.estate import EMPTY, Estate
from cpal.model.network import Network, Port
from cpal.model.security import SecurityGroup
from cpal.reach.compare import difference
from cpal.reach.flow import Verdict
from tests.support.world import EGRESS, World, allow


def town() -> World:
    """Red's a, b and c on one network with the group g, which lets nothing in."""
    world = World("hv1")
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    group = world.group(red, "g", *EGRESS)
    for name in "abc":
        world.instance(red, name, web, groups=(group,))
    return world


def said(verdicts: tuple[Verdict, ...]) -> list[tuple[str, int]]:
    return sorted((f"{v.flow.source} -> {v.flow.destination} {v.flow.service}", v.count) for v in verdicts)


def group_of(world: World) -> SecurityGroup:
    return world.every(SecurityGroup)[0]


def change(world: World, before: Estate) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    found = difference(before, world.estate())
    assert found.unproved == ""
    return said(found.opened), said(found.closed)


def test_a_change_of_few_pairs_names_each() -> None:
    world = town()
    before = world.estate()
    world.rule(group_of(world), **allow("ingress", "tcp", 80))
    opened, closed = change(world, before)
    assert opened == [(f"red/{one} -> red/{other} tcp/80", 1) for one in "abc" for other in "abc" if one != other]
    assert closed == []


def test_one_verdict_stands_for_all_pairs_that_are_alike_where_there_are_many() -> None:
    world = town()
    before = world.estate()
    world.rule(group_of(world), **allow("ingress", "tcp", 80))
    found = difference(before, world.estate(), most_each=8)
    ((flow, count),) = said(found.opened)
    assert flow.endswith("tcp/80")
    assert count == 6, "each of three reaches the two others"
    assert found.closed == ()


def test_a_rule_for_one_address_opens_what_that_one_sends() -> None:
    world = town()
    before = world.estate()
    world.rule(group_of(world), **allow("ingress", "tcp", 80, remote_ip_prefix="10.0.1.10/32"))
    opened, _ = change(world, before)
    assert {flow.partition(" ")[0] for flow, _ in opened} == {"red/a"}
    assert sum(count for _, count in opened) == 2


def test_who_lends_its_address_to_a_group_opens_flows_of_a_port_that_did_not_change() -> None:
    """Elsewhere a port with a's address becomes a member of the group that a rule of g admits."""
    world = town()
    red = world.project("red")
    clients = world.group(red, "clients", *EGRESS)
    world.rule(group_of(world), **allow("ingress", "tcp", 80, remote_group_id=clients))
    elsewhere = world.network(red, "elsewhere", "10.0.1.0/24")
    (twin,) = world.instance(red, "twin", elsewhere, groups=(world.group(red, "none"),))
    before = world.estate()
    world.add(replace(twin, security_groups=(clients.id,)))
    opened, closed = change(world, before)
    assert {flow.partition(" ")[0] for flow, _ in opened} == {"red/a"}
    assert sum(count for _, count in opened) == 2
    assert closed == []


def test_an_address_that_moves_closes_the_old_and_opens_the_new() -> None:
    world = town()
    world.rule(group_of(world), **allow("ingress", "tcp", 80))
    before = world.estate()
    a = next(port for port in world.every(Port) if port.name == "a-web")
    world.add(replace(a, fixed_ips=(replace((a.fixed_ips or ())[0], ip_address="10.0.1.99"),)))
    found = difference(before, world.estate())
    assert {v.flow.address for v in found.opened} == {"10.0.1.99"}
    assert {v.flow.address for v in found.closed} == {"10.0.1.10"}
    assert sum(v.count for v in found.opened) == sum(v.count for v in found.closed) == 2


def test_a_first_estate_opens_all_that_it_allows() -> None:
    world = town()
    world.rule(group_of(world), **allow("ingress", "tcp", 80))
    found = difference(EMPTY, world.estate())
    assert sum(v.count for v in found.opened) == 6
    assert found.closed == ()


def test_a_network_that_goes_down_closes_all_on_it() -> None:
    world = town()
    world.rule(group_of(world), **allow("ingress", "tcp", 80))
    before = world.estate()
    world.add(replace(world.every(Network)[0], admin_state_up=False))
    opened, closed = change(world, before)
    assert opened == []
    assert sum(count for _, count in closed) == 6


def test_too_many_ports_or_kinds_of_pairs_are_said_to_be_unproved() -> None:
    world = town()
    before = world.estate()
    world.rule(group_of(world), **allow("ingress", "tcp", 80))
    after = world.estate()
    assert difference(before, after, most_ports=2).unproved == "3 ports are more than the 2 that are compared"
    found = difference(EMPTY, after, most_pairs=0)
    assert (found.opened, found.closed) == ((), ())
    assert found.unproved == "1 kinds of pairs change, more than the 0 that are compared"


def test_many_new_endpoints_that_are_alike_are_one_kind() -> None:
    world = World("hv1")
    red = world.project("red")
    web = world.network(red, "web", "10.0.0.0/16")
    group = world.group(red, "g", *EGRESS, allow("ingress", "tcp", 80))
    for number in range(150):
        world.instance(red, f"i{number}", web, groups=(group,))
    for found in (difference(EMPTY, world.estate()).opened, difference(world.estate(), EMPTY).closed):
        ((flow, count),) = said(found)
        assert flow.endswith("tcp/80")
        assert count == 150 * 149
