"""The estate that benchmarks plan: networks, groups and ports in proportion, declared without addresses."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from msgspec.structs import replace

from cpal.model.network import Network, Port, Subnet
from cpal.model.record import IMPLIED, Record
from cpal.model.security import SecurityGroup, SecurityGroupRule
from cpal.model.target import Host, Project, Target

NAMESPACE = UUID("7f1d0a52-9a07-4a0e-8f0c-5a1b2c3d4e5f")
STACK = "bench"


def id_of(name: str) -> str:
    """The id of a thing of the benchmark."""
    return str(uuid5(NAMESPACE, name))


PROJECT = id_of("project")


def declared(ports: int, networks: int = 50, groups: int = 200) -> Iterator[Record]:
    """Records of `ports` ports spread over the networks and groups; each group has five rules, one by remote group."""
    yield Project(id=PROJECT, name="bench", stack=IMPLIED)
    yield Target(id=id_of("target"), name="bench", driver="ovn", stack=STACK)
    for number in range(4):
        yield Host(id=id_of(f"host {number}"), name=f"hv{number}", target="bench", stack=STACK)
    for number in range(networks):
        network = Network(id=id_of(f"network {number}"), name=f"net{number}", project_id=PROJECT, stack=STACK)
        yield network
        yield Subnet(
            id=id_of(f"subnet {number}"), name=f"net{number}", project_id=PROJECT, stack=STACK,
            network_id=network.id, cidr=f"10.{number}.0.0/16",
        )  # fmt: skip
    for number in range(groups):
        yield SecurityGroup(id=id_of(f"group {number}"), name=f"group{number}", project_id=PROJECT, stack=STACK)
        yield from _rules(number, groups)
    for number in range(ports):
        yield port(number, networks, groups)


def port(number: int, networks: int = 50, groups: int = 200) -> Port:
    """The port of this number, as declared."""
    return Port(
        id=id_of(f"port {number}"), name=f"port{number}", project_id=PROJECT, stack=STACK,
        network_id=id_of(f"network {number % networks}"), security_groups=(id_of(f"group {number % groups}"),),
        host_id=f"hv{number % 4}",
    )  # fmt: skip


def _rules(number: int, groups: int) -> Iterator[SecurityGroupRule]:
    group, neighbour = id_of(f"group {number}"), id_of(f"group {(number + 1) % groups}")
    base = SecurityGroupRule(id="", project_id=PROJECT, stack=STACK, security_group_id=group, direction="ingress")
    rules = (
        replace(base, direction="egress"),
        replace(base, direction="egress", ethertype="IPv6"),
        replace(base, protocol="tcp", port_range_min=22, port_range_max=22),
        replace(base, protocol="icmp"),
        replace(base, protocol="tcp", port_range_min=80, port_range_max=90, remote_group_id=neighbour),
    )
    for at, rule in enumerate(rules):
        yield replace(rule, id=id_of(f"rule {number} {at}"))
