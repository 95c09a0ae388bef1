"""Everything that is wrong with a proposal, of whatever step, and nothing that only follows."""

from __future__ import annotations

from msgspec.structs import replace

from cpal.core.proposal import Proposal, faults_of
from cpal.core.stack import propose_records, propose_stacks
from cpal.drivers.ovn.backend import RULES
from cpal.engine.targets import rules_of
from cpal.errors import Fault
from cpal.model.estate import Estate
from cpal.model.network import AllocationPool, DhcpOption, Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.security import SecurityGroupRule
from cpal.model.target import Target
from tests.support.world import World, allow, id_of


def town() -> World:
    """A valid world of stack red, on a network of stack admin."""
    world = World("hv1")
    world.network(world.project("admin"), "lan", "10.5.0.0/24", shared=True)
    red = world.project("red")
    web = world.network(red, "web", "10.0.1.0/24")
    group = world.group(red, "front", allow("ingress", "tcp", 80))
    world.instance(red, "web1", web, groups=(group,))
    return world


def told(proposal: Proposal, estate: Estate) -> list[tuple[str, str]]:
    """Which record and field is at fault."""
    after = estate.replace(proposal.changes)
    return sorted((fault.key, fault.field) for fault in faults_of(proposal, after, lambda target: RULES))


def changed(*records: Record) -> list[tuple[str, str]]:
    """The faults of the world when records are changed or added."""
    estate = town().estate()
    return told(propose_records(records, (), estate), estate)


def test_pools_checks_and_targets_tell_their_faults_together() -> None:
    world = town()
    web = next(network for network in world.every(Network) if network.name == "web")
    subnet = next(subnet for subnet in world.every(Subnet) if subnet.network_id == web.id)
    port = world.every(Port)[0]
    full = replace(subnet, allocation_pools=(AllocationPool("10.0.1.10", "10.0.1.10"),))
    option = replace(port, extra_dhcp_opts=(DhcpOption("nonsense", "x"),))
    more = Port(id=id_of("more"), name="more", project_id=web.project_id, stack="red", network_id=web.id)
    wide = replace(web, mtu=9000)
    assert changed(full, option, more, wide) == [
        ('network "web"', "mtu"), ('port "more"', "fixed_ips"), ("port red/web1-web", "extra_dhcp_opts"),
    ]  # fmt: skip


def test_what_is_found_wrong_is_not_asked_of_the_target() -> None:
    """Whether OVN matches the ports of a protocol that there is not is no question."""
    rule = next(rule for rule in town().every(SecurityGroupRule) if rule.protocol == "tcp")
    assert [field for _, field in changed(replace(rule, protocol="tpc"))] == ["protocol"]


def test_a_target_that_no_driver_knows_is_a_fault() -> None:
    estate = town().estate()
    target = next(estate.all(Target))
    for wrong, field in ((replace(target, driver="ovm"), "driver"), (replace(target, credential="x"), "credential")):
        proposal = propose_records([wrong], (), estate)
        [fault] = faults_of(proposal, estate.replace(proposal.changes), rules_of)
        assert (fault.key, fault.field, fault.record) == ('target "lab"', field, target.key)
        assert fault.remedy


def test_what_another_stack_made_is_a_fault_beside_others() -> None:
    world = town()
    mine = [record for record in world.records.values() if record.stack == "red"]
    lan = next(network for network in world.every(Network) if network.name == "lan")
    taken = [
        replace(lan, stack="red", mtu=9000),
        *(replace(r, mtu=9000) if isinstance(r, Network) else r for r in mine),
    ]
    estate = world.estate()
    assert told(propose_stacks(taken, ["red"], estate), estate) == [('network "lan"', ""), ('network "web"', "mtu")]


class Anything:
    """What was not read and may declare anything."""

    def may_hold(self, index: str, words: object) -> bool:
        """Whether it may."""
        return True


def test_what_may_still_be_declared_is_not_missed_when_it_goes() -> None:
    """A network that another stack needs cannot go; but whether it goes is not known when not all was read."""
    world = town()
    lan = next(network for network in world.every(Network) if network.name == "lan")
    port = world.every(Port)[0]
    subnet = next(subnet for subnet in world.every(Subnet) if subnet.network_id == lan.id)
    user = replace(
        port, id=id_of("user"), name="user", network_id=lan.id, mac_address="02:00:00:00:00:01", fixed_ips=()
    )
    world.add(user)
    estate = world.estate()
    assert told(propose_stacks([], ["admin"], estate), estate) == [
        ('network "lan"', ""),
    ], subnet
    broken = (Fault("is not YAML"),)
    assert told(propose_stacks([], ["admin"], estate, broken, Anything()), estate) == [("", "")]
