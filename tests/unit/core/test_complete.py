"""What completion decides, case by case."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cpal.core.complete import complete, complete_known
from cpal.core.stack import record_changes, stack_changes
from cpal.errors import Faults
from cpal.model.check import check
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.instance import Instance
from cpal.model.network import INSTANCE_OWNER, ROUTER_GATEWAY, AllocationPool, FixedIP, Network, Port, Subnet
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.router import ExternalGateway, MoreGateway, Router
from cpal.model.security import SecurityGroup
from cpal.model.target import Host, Placement, Project, Range, Target
from cpal.model.unknown import UNKNOWN, without
from tests.support.world import id_of

RED = Project(id=id_of("project", "red"), name="red", stack=IMPLIED)
TARGET = Target(id=id_of("target"), name="dc", driver="ovn", vlan_ranges={"physnet1": Range(100, 101)}, stack="dc")
HV1, HV2 = (
    Host(id=id_of("host", name), name=name, target="dc", physical_networks=("physnet1",), stack="dc")
    for name in ("hv1", "hv2")
)
WEB = Network(id=id_of("network", "web"), name="web", project_id=RED.id, stack="red")
WEB4 = Subnet(
    id=id_of("subnet", "web"), name="web", project_id=RED.id, stack="red", network_id=WEB.id, cidr="10.0.1.0/24"
)


def estate(*records: Record) -> Estate:
    return EMPTY.replace(Change(None, record) for record in complete(records, EMPTY))


def port(name: str, **fields: object) -> Port:
    return Port(id=id_of("port", name), name=name, project_id=RED.id, stack="red", network_id=WEB.id, **fields)  # type: ignore[arg-type]  # fields of Port


def test_an_overlay_network_gets_the_encapsulation_the_first_vni_and_the_mtu_that_is_left() -> None:
    network = estate(RED, TARGET, WEB).get(Network, WEB.id)
    assert network is not None
    assert (network.network_type, network.segmentation_id, network.mtu) == ("geneve", 1001, 1500 - 58)


def test_vxlan_over_ovn_numbers_within_twelve_bits() -> None:
    network = estate(RED, replace(TARGET, encap="vxlan"), WEB).get(Network, WEB.id)
    assert network is not None
    assert (network.network_type, network.segmentation_id, network.mtu) == ("vxlan", 1, 1450)


def test_nvgre_numbers_from_where_its_segments_begin() -> None:
    """RFC 7637, section 3.2: the VSIDs below 0x1000 and the last one are not for use."""
    network = estate(RED, TARGET, replace(WEB, network_type="nvgre")).get(Network, WEB.id)
    assert network is not None
    assert (network.segmentation_id, network.mtu) == (4096, 1500 - 42)
    with pytest.raises(Faults, match=r"no VNI is left.*vni_range"):
        estate(RED, replace(TARGET, vni_range=Range(7, 9)), replace(WEB, network_type="nvgre"))


def test_vlans_run_out_with_words() -> None:
    vlans = [replace(WEB, id=id_of("vlan", str(n)), name=f"vlan{n}", network_type="vlan") for n in range(3)]
    assert sorted(n.segmentation_id or 0 for n in estate(RED, TARGET, *vlans[:2]).all(Network)) == [100, 101]
    with pytest.raises(Faults, match=r"no VLAN id is left on physnet1.*vlan_ranges"):
        estate(RED, TARGET, *vlans)


def test_vnis_run_out_with_words() -> None:
    small = replace(TARGET, vni_range=Range(7, 7))
    with pytest.raises(Faults, match=r"no VNI is left from 7 to 7.*vni_range"):
        estate(RED, small, WEB, replace(WEB, id=id_of("network", "db"), name="db"))


def test_a_subnet_without_cidr_gets_the_next_free_24_of_its_project() -> None:
    first, second = (replace(WEB4, id=id_of("subnet", name), name=name, cidr="") for name in ("a", "b"))
    taken = replace(WEB4, cidr="10.0.0.0/23")
    cidrs = {subnet.name: subnet.cidr for subnet in estate(RED, WEB, taken, first, second).all(Subnet)}
    assert cidrs == {"web": "10.0.0.0/23", "a": "10.0.2.0/24", "b": "10.0.3.0/24"}


def test_the_gateway_is_the_first_address_and_the_pools_are_the_rest() -> None:
    subnet = estate(RED, WEB, replace(WEB4, gateway_ip="10.0.1.100")).get(Subnet, WEB4.id)
    assert subnet is not None
    assert subnet.allocation_pools == (
        AllocationPool("10.0.1.1", "10.0.1.99"),
        AllocationPool("10.0.1.101", "10.0.1.254"),
    )
    default = estate(RED, WEB, WEB4).get(Subnet, WEB4.id)
    assert default is not None
    assert default.gateway_ip == "10.0.1.1"


def test_an_explicit_address_wins_over_one_that_another_port_had() -> None:
    before = estate(RED, WEB, WEB4, port("first"))
    had = next(before.all(Port)).addresses[0]
    wish = port("second", fixed_ips=(FixedIP(WEB4.id, had),))
    after = before.replace(record_changes([port("first"), wish], (), before))
    assert {found.name: found.addresses for found in after.all(Port)} == {"first": ("10.0.1.3",), "second": (had,)}


def test_a_second_address_in_a_subnet_is_another_one_and_then_both_stay() -> None:
    before = estate(RED, WEB, WEB4, port("p"))
    first = FixedIP(WEB4.id, "10.0.1.2")
    more = before.replace(record_changes([port("p", fixed_ips=(first, FixedIP(WEB4.id)))], (), before))
    assert next(more.all(Port)).addresses == ("10.0.1.2", "10.0.1.3")
    again = more.replace(record_changes([port("p", fixed_ips=(FixedIP(WEB4.id), FixedIP(WEB4.id)))], (), more))
    assert next(again.all(Port)).addresses == ("10.0.1.2", "10.0.1.3")


def test_a_new_record_does_not_get_what_another_had() -> None:
    before = estate(RED, TARGET, WEB, WEB4, port("web1"))
    app = replace(WEB, id=id_of("network", "app"), name="app")
    after = before.replace(record_changes([app, WEB, WEB4, port("a"), port("web1")], (), before))
    assert {found.name: found.segmentation_id for found in after.all(Network)} == {"web": 1001, "app": 1002}
    assert {found.name: found.addresses for found in after.all(Port)} == {"web1": ("10.0.1.2",), "a": ("10.0.1.3",)}


def test_a_port_that_asks_for_another_address_in_its_subnet_keeps_the_one_it_has() -> None:
    before = estate(RED, TARGET, WEB, WEB4, port("first"))
    wish = port("first", fixed_ips=(FixedIP(WEB4.id), FixedIP(WEB4.id)))
    (after,) = before.replace(stack_changes([RED, WEB, WEB4, wish], ["red"], before)).all(Port)
    assert after.addresses == ("10.0.1.2", "10.0.1.3")
    given = port("first", fixed_ips=(FixedIP(WEB4.id, "10.0.1.2"), FixedIP(WEB4.id)))
    (after,) = before.replace(stack_changes([RED, WEB, WEB4, given], ["red"], before)).all(Port)
    assert after.addresses == ("10.0.1.2", "10.0.1.3")


def test_addresses_come_from_the_subnets_that_are_for_the_port_s_role() -> None:
    other = replace(WEB4, id=id_of("subnet", "other"), name="other", cidr="10.0.2.0/24")
    nova = replace(WEB4, service_types=("compute:nova",))
    found = estate(RED, TARGET, WEB, nova, other, port("any"), port("vm", device_owner="compute:nova"))
    assert {each.name: each.addresses for each in found.all(Port)} == {"any": ("10.0.2.2",), "vm": ("10.0.1.2",)}
    with pytest.raises(Faults, match=r"none of its network's subnets is for ports without a role"):
        estate(RED, TARGET, WEB, nova, port("any"))


def test_addresses_run_out_with_words_and_one_that_is_given_back_is_found() -> None:
    tiny = replace(WEB4, cidr="10.0.1.0/30")
    full = estate(RED, WEB, tiny, port("only"))
    with pytest.raises(Faults, match=r'subnet "web" \(10.0.1.0/30\) has no free address'):
        record_changes([port("more")], (), full)
    swapped = full.replace(record_changes([port("more")], [Key("port", id_of("port", "only"))], full))
    assert [found.addresses for found in swapped.all(Port)] == [("10.0.1.2",)]


def test_ports_without_groups_join_the_projects_default_group_which_goes_with_the_last() -> None:
    declared = [RED, WEB, WEB4, port("web1")]
    first = EMPTY.replace(stack_changes(declared, ["red"], EMPTY))
    (group,) = first.all(SecurityGroup)
    assert (group.name, group.stack) == ("default", IMPLIED)
    assert next(first.all(Port)).security_groups == (group.id,)
    none = first.replace(stack_changes([RED, WEB, WEB4, port("web1", security_groups=())], ["red"], first))
    assert none.count(SecurityGroup) == 0
    assert list(first.replace(stack_changes([], ["red"], first)).records()) == []


def test_an_instance_keeps_its_host_and_new_ones_go_where_fewest_are() -> None:
    def instance(name: str) -> Instance:
        return Instance(id=id_of("instance", name), name=name, project_id=RED.id, stack="red")

    one = estate(RED, TARGET, HV1, HV2, instance("b"))
    two = one.replace(record_changes([instance("a"), instance("b")], (), one))
    assert {found.name: found.host for found in two.all(Instance)} == {"b": "hv1", "a": "hv2"}


def test_an_instances_port_is_bound_where_the_instance_runs() -> None:
    instance = Instance(id=id_of("instance", "i"), name="i", project_id=RED.id, host="hv2")
    bound = port("i", device_id=instance.id, device_owner=INSTANCE_OWNER)
    assert next(estate(RED, TARGET, HV1, HV2, WEB, WEB4, instance, bound).all(Port)).host_id == "hv2"


def test_a_gateway_moves_only_when_its_host_goes() -> None:
    public = Network(
        id=id_of("network", "public"), name="public", project_id=RED.id, external=True, physical_network="physnet1"
    )
    router = Router(id=id_of("router"), name="r", project_id=RED.id, external_gateway_info=ExternalGateway(public.id))
    both = estate(RED, TARGET, HV1, HV2, public, router)
    placed = next(both.all(Placement)).hosts
    assert sorted(placed) == ["hv1", "hv2"]
    again = both.replace(record_changes([router], (), both))
    assert next(again.all(Placement)).hosts == placed
    gone = both.replace(stack_changes([TARGET, HV1], ["dc"], both))
    assert next(gone.all(Placement)).hosts == ("hv1",)


def test_each_of_several_gateways_is_placed_on_its_own_and_stays_there_whichever_is_the_first() -> None:
    public = Network(
        id=id_of("network", "public"), name="public", project_id=RED.id, external=True, physical_network="physnet1"
    )
    held = {"device_id": id_of("router"), "device_owner": ROUTER_GATEWAY, "fixed_ips": ()}
    ports = [replace(port(name, **held, port_security_enabled=False), network_id=public.id) for name in ("one", "two")]
    first, second = (MoreGateway(public.id, each.id) for each in ports)
    router = Router(id=id_of("router"), name="r", project_id=RED.id, external_gateway_info=ExternalGateway(public.id))
    one = replace(router, more_gateways=(second,))
    both = estate(RED, TARGET, HV1, HV2, public, one, *ports)

    def placed(found: Estate) -> dict[str, tuple[str, ...]]:
        return {each.port_id: each.hosts for each in found.all(Placement)}

    hosts = placed(both)
    assert {each[0] for each in hosts.values()} == {"hv1", "hv2"}
    swapped = both.replace(record_changes([replace(router, more_gateways=(first,))], (), both))
    assert placed(swapped) == {
        "": hosts[second.port_id],
        first.port_id: hosts[""],
        second.port_id: hosts[second.port_id],
    }
    left = next(each for each in swapped.all(Placement) if each.port_id == second.port_id)
    assert [fault.field for fault in check(swapped) if fault.cause != "ineffective"] == ["port_id"]
    settled = swapped.replace([Change(left, None)])
    assert {fault.cause for fault in check(settled)} == {"ineffective"}, "the network has no subnet"


def test_what_another_stack_made_is_not_this_stacks_to_change() -> None:
    theirs = estate(RED, replace(WEB, stack="other"))
    with pytest.raises(Faults, match='network "web": was made by stack other'):
        stack_changes([RED, replace(WEB, mtu=1400)], ["red"], theirs)


def test_every_record_that_a_pool_has_nothing_for_is_named_and_all_others_are_completed() -> None:
    tiny = replace(WEB4, cidr="10.0.1.0/30")
    db = replace(WEB, id=id_of("network", "db"), name="db")
    small = replace(TARGET, vni_range=Range(7, 7))
    done = complete_known([RED, small, WEB, tiny, db, port("a"), port("b"), port("c")], EMPTY)
    assert [(fault.key, fault.field, fault.cause) for fault in done.faults] == [
        ('network "web"', "segmentation_id", "exhausted"),
        ('port "b"', "fixed_ips", "exhausted"),
        ('port "c"', "fixed_ips", "exhausted"),
    ]
    assert {record.name for record in done.partly.values()} == {"web", "b", "c"}
    assert {record.name: record.addresses for record in done.records if isinstance(record, Port)} == {
        "a": ("10.0.1.2",), "b": ("",), "c": ("",)
    }  # fmt: skip
    assert {record.name: record.mtu for record in done.records if isinstance(record, Network)} == dict.fromkeys(
        ("web", "db"), 1500 - 58
    )


def test_nothing_is_drawn_from_what_is_not_known_or_wrong_in_itself() -> None:
    wrong = replace(WEB4, allocation_pools=(AllocationPool("10.0.9.2", "10.0.9.2"),))
    for subnet in (wrong, without(WEB4, "cidr"), without(WEB4, "allocation_pools"), without(WEB4, "network_id")):
        done = complete_known([RED, TARGET, WEB, subnet, port("a"), port("b")], EMPTY)
        assert done.faults == ()
        assert {record.name for record in done.partly.values()} >= {"a", "b"}
    target = replace(TARGET, underlay_mtu=600)
    partly = complete_known([RED, target, WEB], EMPTY).partly
    assert [record.mtu is UNKNOWN for record in partly.values() if isinstance(record, Network)] == [True]


def test_a_pool_in_which_nothing_is_left_is_not_searched_for_each_port() -> None:
    """Searched each time, 4000 addresses and 3000 ports would take minutes."""
    wide = replace(WEB4, cidr="10.0.0.0/20")
    done = complete_known([RED, TARGET, WEB, wide, *(port(f"port{number:04}") for number in range(7093))], EMPTY)
    assert len(done.faults) == 3000
