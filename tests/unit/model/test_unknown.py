"""What is not known answers nothing, and checks of an estate of which not all is known say only what is sure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from cpal.errors import Fault
from cpal.model.check import check_changes
from cpal.model.claims import claims_of
from cpal.model.doubts import Doubts
from cpal.model.estate import EMPTY, Change
from cpal.model.network import AddressPair, FixedIP, HostRoute, Network, Port, Subnet
from cpal.model.record import Key, Record
from cpal.model.router import Router
from cpal.model.target import Host, Target
from cpal.model.unknown import UNKNOWN, NotKnown, filled, is_known, left_out, without
from tests.support.world import World, id_of

QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "is it true": bool,
    "what text": str,
    "what number": int,
    "how long": len,
    "what is in it": list,
    "what is it made of": lambda value: value.start,
    "in a format": lambda value: f"{value}",
    "equal": lambda value: value == "x",
    "equal, from the other side": lambda value: ["x"].index(value),
    "not equal": lambda value: value != 1,
    "less": lambda value: value < 1,
    "at most": lambda value: value <= 1,
    "holds": lambda value: "x" in value,
    "is one of": lambda value: value in ("x", "y"),
    "a key": lambda value: {}.get(value),
    "left out": left_out,
    "sum": lambda value: 1 + value,
    "difference": lambda value: value - 1,
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_what_is_not_known_answers_nothing(question: Callable[[Any], Any]) -> None:
    with pytest.raises(NotKnown):
        question(UNKNOWN)


def town() -> World:
    """A valid world: two subnets on a router with a gateway, and an instance on each."""
    world = World("hv1")
    admin, red = world.project("admin"), world.project("red")
    public = world.network(admin, "public", "203.0.113.0/24", external=True, physical_network="physnet1")
    web, db = world.network(red, "web", "10.0.1.0/24"), world.network(red, "db", "10.0.2.0/24")
    (web1,) = world.instance(red, "web1", web)
    world.instance(red, "db1", db)
    world.router(red, "edge", *world.subnets(web), *world.subnets(db), gateway=public)
    world.floating_ip(red, public, web1)
    return world


def faults(world: World, *partly: Record, gone: Iterable[Record] = (), unread: Any = None) -> set[tuple[str, str]]:
    """Name and field of the faults of a world of which some records are partly known, and some may yet be there."""
    for each in gone:
        del world.records[each.key]
    for each in partly:
        world.add(filled(each))
    after = world.estate()
    doubts = Doubts({record.key: record for record in partly}, tuple(gone), unread)
    changes = [Change(None, record) for record in after.records()] + [Change(record, None) for record in gone]
    found: tuple[Fault, ...] = check_changes(after, changes, doubts)
    named = {Key(*fault.record): fault.field for fault in found if fault.record}
    return {(record.name, field) for key, field in named.items() if (record := after.by_key(key))}


def the(world: World, kind: type[Any], name: str) -> Any:
    """The record of a type and name."""
    return next(record for record in world.every(kind) if record.name == name)


@pytest.mark.parametrize("kind", [Network, Subnet, Port, Router, Target, Host])
def test_where_a_field_is_not_known_nothing_is_wrong_with_that_nor_because_of_it(kind: type[Record]) -> None:
    names = set(kind.__struct_fields__) - set(Record.__struct_fields__)
    for record in town().every(kind):
        for name in sorted(names):
            assert faults(town(), without(record, name)) == set(), (record.name, name)
        assert faults(town(), without(record, *names)) == set(), record.name


def test_what_is_filled_in_claims_nothing_that_others_have() -> None:
    records = [
        filled(without(record, *(set(record.__struct_fields__) - set(Record.__struct_fields__))))
        for record in town().records.values()
    ]
    assert all(map(is_known, records))
    assert EMPTY.replace(Change(None, record) for record in records).collisions == ()


def test_an_address_that_is_not_known_leaves_its_subnet_known() -> None:
    port = the(town(), Port, "web1-web")
    partly = replace(port, fixed_ips=(FixedIP(port.fixed_ips[0].subnet_id, UNKNOWN),))
    assert not is_known(partly)
    assert filled(partly).fixed_ips == (FixedIP(port.fixed_ips[0].subnet_id, ""),)
    assert not [claim for claim in claims_of(filled(partly)) if claim.space == "address"]
    assert faults(town(), partly) == set()


def test_what_else_is_wrong_is_found() -> None:
    world = town()
    subnet = the(world, Subnet, "web 10.0.1.0/24")
    world.add(replace(the(world, Port, "web1-web"), allowed_address_pairs=(AddressPair("ten"),)))
    world.add(
        replace(the(world, Port, "db1-db"), fixed_ips=(FixedIP(id_of("subnet", "red", "db 10.0.2.0/24"), "9.9.9.9"),))
    )
    network = replace(the(world, Network, "web"), dns_domain="a..b")
    found = faults(world, without(subnet, "cidr"), without(network, "mtu"))
    assert found == {("web1-web", "allowed_address_pairs"), ("db1-db", "fixed_ips"), ("web", "dns_domain")}


def test_what_may_yet_be_there_is_not_missed() -> None:
    for name in ("hv1",):
        world = town()
        assert faults(world, gone=[the(world, Host, name)]) == set()
    world = town()
    interfaces = [port for port in world.every(Port) if port.name.startswith("edge on")]
    assert faults(world, gone=interfaces) == set()
    world = town()
    world.add(replace(the(world, Router, "edge"), routes=(HostRoute("10.9.0.0/16", "10.0.1.9"),)))
    assert faults(world, gone=[port for port in interfaces if "web" in port.name]) == set()


class Mentions:
    """Something that was not read and may declare what is filed in an index under a name."""

    def __init__(self, index: str, *words: str) -> None:
        self.sought = (index, words)

    def may_hold(self, index: str, words: Iterable[str]) -> bool:
        """Whether that is it."""
        named = list(words)
        return index == self.sought[0] and (not named or not set(named).isdisjoint(self.sought[1]))


@pytest.mark.parametrize(
    ("unread", "missed"),
    [
        (Mentions("port.device", "edge"), False),
        (Mentions("port.device", "back"), True),
        (Mentions("port.network", "edge"), True),
    ],
)
def test_what_is_mentioned_where_nobody_could_read_may_be_there(unread: Mentions, missed: bool) -> None:
    world = town()
    world.add(replace(the(world, Router, "edge"), routes=(HostRoute("10.9.0.0/16", "10.77.0.9"),)))
    assert faults(world, unread=unread) == ({("edge", "routes")} if missed else set())
