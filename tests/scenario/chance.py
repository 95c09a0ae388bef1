"""Estates at random for real packets: records as a person would declare them, a function of a seed alone.

They hold what is hard and what people do: projects with the same prefixes, dual stack, provider networks where the
lab's hosts outside are, routers with and without SNAT and routers behind routers, floating IPs, groups of every sort,
ports that are down, insecure or have addresses to spare, instances with several ports. What a draw makes impossible
(`check` says so) is left out again, so that what is applied is valid.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from cpal.core.stack import stack_changes
from cpal.model.check import check_changes
from cpal.model.estate import Change, Estate
from cpal.model.instance import Instance
from cpal.model.network import (
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    AddressPair,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Subnet,
)
from cpal.model.record import Key, Record
from cpal.model.router import ExternalGateway, FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.target import Project

ADMIN = "admin"
STACKS = (ADMIN, "red", "blue")
HOSTS = ("hv1", "hv2")
CIDRS = ("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24")
CIDRS6 = ("fd00:1::/64", "fd00:2::/64", "fd00:3::/64")
TRANSIT = "10.0.9.0/24"
NETWORKS = ("web", "db", "app")
PREFIXES = {
    4: ("0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "10.0.2.2", "10.0.1.3/32", "203.0.113.0/24", "198.51.100.0/25"),
    6: ("::/0", "fd00:1::/64", "fd00::/16", "2001:db8:113::/64", "2001:db8:100::fe"),
}
PROTOCOLS: tuple[tuple[str, int | None, int | None], ...] = (
    ("", None, None), ("", None, None), ("", None, None), ("", None, None), ("tcp", None, None),
    ("tcp", 80, 80), ("tcp", 8000, 8010), ("6", 22, 22),
    ("tcp", 1, 65535), ("udp", None, None), ("udp", 53, 53), ("17", 5000, 5002), ("udp", 1, 65535),
    ("icmp", None, None), ("icmp", 8, None), ("icmp", 8, 0), ("icmp", 13, 0), ("icmp", 0, None), ("icmp", 3, 4),
    ("47", None, None), ("132", None, None), ("sctp", 36412, 36412), ("esp", None, None), ("112", None, None),
)  # fmt: skip
PROTOCOLS6: tuple[tuple[str, int | None, int | None], ...] = (
    ("ipv6-icmp", None, None), ("icmpv6", 128, 0), ("58", 128, None), ("icmp", 129, None), ("1", None, None),
)  # fmt: skip
"""Further ones in IPv6, where the word icmp and number 1 mean ICMPv6 too."""
MODES = ("", "slaac", "slaac", "dhcpv6-stateful", "dhcpv6-stateless")
PAIRS = (
    (AddressPair("10.0.9.0/24"),),
    (AddressPair("10.0.0.0/8"), AddressPair("fd00::/16")),
    (AddressPair("192.0.2.77", "02:00:00:00:77:77"),),
)

R = TypeVar("R", bound=Record)


class Chance:
    """Draws of one seed, and the records drawn so far, by key."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.records: dict[Key, Record] = {}

    def often(self, of_a_hundred: int) -> bool:
        """True as often as that."""
        return self.random.randrange(100) < of_a_hundred

    def some(self, values: Collection[Any], of_a_hundred: int) -> list[Any]:
        """Each of the values, as often as that, in their order."""
        return [value for value in values if self.often(of_a_hundred)]

    def add(self, kind: type[R], project: Project | None, name: str, **fields: Any) -> R:
        """A record with a name and what else is given."""
        owner = project.name if project else name
        own: dict[str, Any] = {"stack": owner, "project_id": project.id} if project else {"stack": owner}
        record = kind(id=self.id(f"{kind.__name__} {owner} {name}"), name=name, **own, **fields)
        self.records[record.key] = record
        return record

    def id(self, words: str) -> str:
        """The id of what these words name in this draw."""
        return str(uuid5(NAMESPACE_URL, f"{self.seed} {words}"))

    def every(self, kind: type[R], project: Project | None = None) -> list[R]:
        """The records of a type (of a project) in the order they were drawn."""
        found = [record for record in self.records.values() if isinstance(record, kind)]
        return [record for record in found if project is None or record.project_id == project.id]


def draw(seed: int) -> list[Record]:
    """The records of a seed, not yet completed; some of them may be impossible."""
    chance = Chance(seed)
    external, shared = _provider(chance)
    names = ["red", "blue"][: 2 if chance.often(75) else 1]
    for name in names:
        _project(chance, chance.add(Project, None, name), external, shared)
    return list(chance.records.values())


def changes_for(records: list[Record], estate: Estate) -> list[Change]:
    """What makes the estate hold these records instead of what was drawn before, less what is wrong among them."""
    records = list(records)
    while True:
        changes = stack_changes(records, STACKS, estate)
        faults = check_changes(estate.replace(changes), changes)
        wrong = {Key(*fault.record) for fault in faults if fault.record}
        if not wrong:
            return changes
        kept = [record for record in records if record.key not in wrong]
        assert len(kept) < len(records), faults
        records = kept


# ------------------------------------------------------------------------------------------------- provider networks


def _provider(chance: Chance) -> tuple[list[Network], list[Network]]:
    """External networks and shared networks where the hosts outside are, some both."""
    admin = chance.add(Project, None, ADMIN)
    flat: dict[str, Any] = {"network_type": "flat", "physical_network": "physnet1"}
    vlan: dict[str, Any] = {"network_type": "vlan", "physical_network": "physnet1", "segmentation_id": 42}
    networks = []
    if chance.often(85):
        external = chance.often(90)
        networks.append(_physical(chance, admin, "public", external, "203.0.113", "2001:db8:113", flat))
    if chance.often(60):
        networks.append(_physical(chance, admin, "legacy", chance.often(50), "198.51.100", "2001:db8:100", vlan))
    return [n for n in networks if n.external], [n for n in networks if n.shared]


def _physical(
    chance: Chance, admin: Project, name: str, external: bool, four: str, six: str, fields: dict[str, Any]
) -> Network:
    shared = not external or chance.often(40)
    network = chance.add(
        Network, admin, name, external=external, shared=shared, admin_state_up=chance.often(97), **fields
    )
    chance.add(
        Subnet, admin, name, network_id=network.id, cidr=f"{four}.0/24", gateway_ip=f"{four}.254",
        enable_dhcp=chance.often(50),
    )  # fmt: skip
    if chance.often(40):
        chance.add(
            Subnet, admin, f"{name}6", network_id=network.id, cidr=f"{six}::/64", gateway_ip=f"{six}::fe",
            enable_dhcp=False,
        )  # fmt: skip
    return network


# ------------------------------------------------------------------------------------------------- projects


def _project(chance: Chance, project: Project, external: list[Network], shared: list[Network]) -> None:
    networks = [_network(chance, project, i) for i in range(chance.random.randint(1, 3))]
    _routers(chance, project, networks, external)
    groups = _groups(chance, project)
    for i in range(chance.random.randint(1, 4)):
        _instance(chance, project, f"vm{i}", networks + chance.some(shared, 50), groups)
    _floating_ips(chance, project, external)


def _network(chance: Chance, project: Project, i: int) -> Network:
    fields: dict[str, Any] = {"network_type": "vlan"} if chance.often(15) else {}
    if chance.often(8):
        fields["port_security_enabled"] = False
    name = NETWORKS[i]
    network = chance.add(Network, project, name, admin_state_up=chance.often(96), **fields)
    families = chance.random.choice(("4", "4", "46", "46", "46", "6"))
    if "4" in families:
        gateway: dict[str, Any] = {"gateway_ip": None} if chance.often(12) else {}
        if chance.often(15):
            gateway = {"gateway_ip": CIDRS[i].replace("0/24", "200")}
        chance.add(Subnet, project, name, network_id=network.id, cidr=CIDRS[i], enable_dhcp=chance.often(80), **gateway)
    if "6" in families:
        mode = chance.random.choice(MODES)
        chance.add(
            Subnet, project, f"{name}6", network_id=network.id, cidr=CIDRS6[i], ipv6_address_mode=mode,
            ipv6_ra_mode=mode,
        )  # fmt: skip
    return network


# ------------------------------------------------------------------------------------------------- routers


def _routers(chance: Chance, project: Project, networks: list[Network], external: list[Network]) -> None:
    """No router, one that joins most subnets, or a second one behind a transit network with routes between them."""
    if chance.often(8):
        return
    subnets = [s for s in chance.every(Subnet, project) if s.cidr != TRANSIT]
    edge = _router(chance, project, "edge", external)
    last = networks[-1].id
    behind = [s for s in subnets if s.network_id == last] if len(networks) > 1 and chance.often(45) else []
    for subnet in subnets:
        if subnet not in behind and chance.often(85):
            _interface(chance, edge, subnet)
    if behind:
        _second_router(chance, project, edge, behind, external)


def _router(chance: Chance, project: Project, name: str, external: list[Network]) -> Router:
    fields: dict[str, Any] = {}
    gateway = chance.random.choice(external) if external and chance.often(85) else None
    if gateway:
        fields["external_gateway_info"] = ExternalGateway(gateway.id, enable_snat=chance.often(65))
    router = chance.add(Router, project, name, distributed=chance.often(40), admin_state_up=chance.often(96), **fields)
    if gateway:
        chance.add(
            Port, project, f"{name} gateway", network_id=gateway.id, device_id=router.id, device_owner=ROUTER_GATEWAY
        )
    return router


def _interface(chance: Chance, router: Router, subnet: Subnet, ip: str = "") -> None:
    project = Project(id=router.project_id, name=router.stack)
    chance.add(
        Port, project, f"{router.name} on {subnet.name}", network_id=subnet.network_id, device_id=router.id,
        device_owner=ROUTER_INTERFACE, fixed_ips=(FixedIP(subnet.id, ip),), admin_state_up=chance.often(97),
    )  # fmt: skip


def _second_router(
    chance: Chance, project: Project, edge: Router, behind: list[Subnet], external: list[Network]
) -> None:
    """A router for the subnets behind, on a network between it and the first, and static routes, most of them."""
    transit = chance.add(Network, project, "transit")
    between = chance.add(Subnet, project, "transit", network_id=transit.id, cidr=TRANSIT)
    inner = _router(chance, project, "inner", external if chance.often(25) else [])
    _interface(chance, edge, between, "10.0.9.1")
    _interface(chance, inner, between, "10.0.9.2")
    for subnet in behind:
        _interface(chance, inner, subnet)
    there = tuple(HostRoute(subnet.cidr, "10.0.9.2") for subnet in behind if ":" not in subnet.cidr)
    back = (HostRoute(chance.random.choice(("0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24")), "10.0.9.1"),)
    if chance.often(90):
        _with(chance, edge, routes=there)
    if chance.often(90):
        _with(chance, inner, routes=back)


def _with(chance: Chance, router: Router, routes: tuple[HostRoute, ...]) -> None:
    fields = {name: getattr(router, name) for name in router.__struct_fields__}
    changed = Router(**(fields | {"routes": routes}))
    chance.records[changed.key] = changed


# ------------------------------------------------------------------------------------------------- groups


def _groups(chance: Chance, project: Project) -> list[SecurityGroup]:
    prefixes = [*PREFIXES[4][1:], *PREFIXES[6][1:]]
    trusted = chance.add(AddressGroup, project, "trusted", addresses=tuple(chance.some(prefixes, 40)))
    groups = [
        chance.add(SecurityGroup, project, f"g{i}", stateful=chance.often(75))
        for i in range(chance.random.randint(1, 3))
    ]
    for group in groups:
        if chance.often(80):
            for ethertype in ("IPv4", "IPv6"):
                _rule(chance, project, group, direction="egress", ethertype=ethertype)
        for _ in range(chance.random.randint(0, 5)):
            _random_rule(chance, project, group, groups, trusted)
    return groups


def _random_rule(
    chance: Chance, project: Project, group: SecurityGroup, groups: list[SecurityGroup], trusted: AddressGroup
) -> None:
    version = 6 if chance.often(35) else 4
    protocol, low, high = chance.random.choice(PROTOCOLS + PROTOCOLS6 if version == 6 else PROTOCOLS)
    fields: dict[str, Any] = {"protocol": protocol, "port_range_min": low, "port_range_max": high}
    remote = chance.random.choice(("", "", "", "prefix", "group", "address group"))
    if remote == "prefix":
        fields["remote_ip_prefix"] = chance.random.choice(PREFIXES[version])
    elif remote == "group":
        fields["remote_group_id"] = chance.random.choice(groups).id
    elif remote == "address group":
        fields["remote_address_group_id"] = trusted.id
    direction = "egress" if chance.often(25) else "ingress"
    _rule(chance, project, group, direction=direction, ethertype=f"IPv{version}", **fields)


def _rule(chance: Chance, project: Project, group: SecurityGroup, **fields: Any) -> None:
    rule = SecurityGroupRule(
        id=chance.id(f"rule {group.id} {sorted(fields.items())}"), project_id=project.id, stack=project.name,
        security_group_id=group.id, **fields,
    )  # fmt: skip
    chance.records[rule.key] = rule


# ------------------------------------------------------------------------------------------------- instances


def _instance(
    chance: Chance, project: Project, name: str, networks: list[Network], groups: list[SecurityGroup]
) -> None:
    instance = chance.add(Instance, project, name, host=chance.random.choice((*HOSTS, "")))
    count = min(len(networks), 2 if chance.often(20) else 1)
    for network in chance.random.sample(networks, count):
        fields: dict[str, Any] = {"security_groups": tuple(group.id for group in chance.some(groups, 75))}
        if chance.often(10):
            fields = {"port_security_enabled": False, "security_groups": ()}
        elif chance.often(15):
            del fields["security_groups"]
        if "security_groups" in fields and fields["security_groups"] and chance.often(15):
            fields["allowed_address_pairs"] = chance.random.choice(PAIRS)
        chance.add(
            Port, project, f"{name} {network.name}", network_id=network.id, device_id=instance.id,
            device_owner=INSTANCE_OWNER, admin_state_up=chance.often(95), **fields,
        )  # fmt: skip


def _floating_ips(chance: Chance, project: Project, external: list[Network]) -> None:
    ports = [port for port in chance.every(Port, project) if port.device_owner == INSTANCE_OWNER]
    for network in external:
        for port in chance.some(ports, 35):
            chance.add(
                FloatingIP, project, f"{port.name} on {network.name}", floating_network_id=network.id, port_id=port.id
            )


__all__ = ["STACKS", "changes_for", "draw"]
