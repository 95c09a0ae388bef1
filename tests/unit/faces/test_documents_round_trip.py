"""Documents written of an estate declare that estate again: applying them changes nothing."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given, settings
from msgspec.structs import replace

from cpal.core.complete import complete
from cpal.core.stack import stack_changes
from cpal.faces.documents.declaring import declare
from cpal.faces.documents.reading import parse
from cpal.faces.documents.writing import dump
from cpal.model.check import check
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Port, Subnet
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.router import FloatingIP, FloatingPort, Router
from cpal.model.target import Placement, Project
from tests.support.estates import valid_estates
from tests.support.world import NAMESPACE, World

ADMIN = "admin-stack"


def stacked(estate: Estate) -> Estate:
    """The estate as if documents had made it: every record of its project's stack, projects implied."""
    names = {project.id: project.name for project in estate.all(Project)}

    def owned(record: Record) -> Record:
        stack = IMPLIED if isinstance(record, Project) else names.get(record.project_id, ADMIN)
        return replace(record, stack=stack)

    declared = [owned(record) for record in estate.records() if not isinstance(record, Placement)]
    return EMPTY.replace(Change(None, record) for record in complete(declared, EMPTY))


def conventional(estate: Estate) -> Estate:
    """The estate with subnets, ports and floating IPs called as documents call those that are nested."""
    names = {record.key: record.name for record in estate.records()}
    for subnet in estate.all(Subnet):
        names[subnet.key] = f"{names[Key('network', subnet.network_id)]}/v{subnet.ip_version}"
    for port in estate.all(Port):
        names[port.key] = _port_name(estate, names, port)
    for floating in estate.all(FloatingIP):
        names[floating.key] = names[Key("port", floating.port_id)] if floating.port_id else ""
    return EMPTY.replace(Change(None, replace(record, name=names[record.key])) for record in estate.records())


def _port_name(estate: Estate, names: dict[Key, str], port: Port) -> str:
    if port.device_owner == ROUTER_GATEWAY:
        router = estate.get(Router, port.device_id)
        places = {each.port_id: f"-{place}" for place, each in enumerate(router.more_gateways, 2)} if router else {}
        return names[Key("router", port.device_id)] + ":gateway" + places.get(port.id, "")
    if port.device_owner == ROUTER_INTERFACE:
        subnet = (port.fixed_ips or ())[0].subnet_id
        return names[Key("router", port.device_id)] + ":" + names[Key("subnet", subnet)]
    if not port.device_id:
        return port.name
    several = len(estate.ids("port.device", port.device_id)) > 1
    instance = names[Key("instance", port.device_id)]
    return f"{instance}:{names[Key('network', port.network_id)]}" if several else instance


ESTATES = valid_estates() | valid_estates().map(conventional)


@given(ESTATES)
@settings(max_examples=60)
def test_applying_what_was_written_of_an_estate_changes_nothing(estate: Estate) -> None:
    estate = stacked(estate)
    declaration = declare(parse({"dump": dump(estate)}), estate, NAMESPACE)
    assert stack_changes(declaration.records, declaration.stacks, estate) == []


@given(ESTATES)
@settings(max_examples=60)
def test_what_was_written_of_an_estate_declares_its_like_in_an_empty_one(estate: Estate) -> None:
    text = dump(stacked(estate))
    declaration = declare(parse({"dump": text}), EMPTY, NAMESPACE)
    like = EMPTY.replace(stack_changes(declaration.records, declaration.stacks, EMPTY))
    assert check(like) == ()
    assert dump(like) == text


@given(ESTATES)
@settings(max_examples=60)
def test_a_project_is_written_alone(estate: Estate) -> None:
    estate = stacked(estate)
    declaration = declare(parse({"dump": dump(estate, project="red")}), estate, NAMESPACE)
    assert set(declaration.stacks) <= {"red"}
    assert stack_changes(declaration.records, declaration.stacks, estate) == []


def test_what_the_port_of_a_floating_ip_is_called_is_written_and_read_again() -> None:
    world = World()
    admin = world.project("admin")
    public = world.network(admin, "public", "203.0.113.0/24", physical_network="physnet1", external=True)
    called = FloatingPort(str(UUID(int=7)), "fa:16:3e:00:00:09", "nine", "a note", False, ("blue",))
    world.add(replace(world.floating_ip(admin, public), floating_port=called))
    estate = stacked(world.estate())
    declaration = declare(parse({"dump": dump(estate)}), EMPTY, NAMESPACE)
    assert [each.floating_port for each in declaration.records if isinstance(each, FloatingIP)] == [called]


def test_a_port_whose_addresses_wait_for_its_host_waits_for_it_again() -> None:
    world = World()
    admin = world.project("admin")
    floor = world.network(admin, "floor", physical_network="physnet1", segmentation_id=42)
    world.subnet(floor, "192.0.2.0/24", physical_network="physnet1")
    world.port(admin, "early", floor, fixed_ips=(), is_deferred=True)
    estate = stacked(world.estate())
    declaration = declare(parse({"dump": dump(estate)}), estate, NAMESPACE)
    assert stack_changes(declaration.records, declaration.stacks, estate) == []
    assert [port.is_deferred for port in estate.all(Port)] == [True]
