"""Random valid estates of completed records, and random valid next ones, for properties.

`valid_estates()` draws small worlds that hold what is hard: projects with the same prefixes, dual stack, each way to
get an address, DNS names and what DHCP tells, routers with and without SNAT or gateway, distributed ones, a router
behind a router, floating IPs, groups with remote groups and address groups, stateless groups, provider networks and
hosts outside, trunks. Ids follow from names, so that two drawn estates share records.

What is drawn costs by the draw: fields that go together are drawn as one of a few, and a strategy is made once.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.model.check import check, check_changes
from cpal.model.default_rules import INITIAL, PARENT, DefaultSecurityGroupRule
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.instance import Instance
from cpal.model.log import EVENTS, Log
from cpal.model.network import (
    DHCP_DISABLED,
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    AddressPair,
    Binding,
    DhcpOption,
    HostRoute,
    Network,
    Port,
    Segment,
    Subnet,
)
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import (
    QOS_RULES,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
    QosRule,
)
from cpal.model.record import Key, Record
from cpal.model.router import ExternalGateway, FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.target import Host, OutsideHost, Placement, Project, Range, Target
from cpal.model.trunk import Subport, Trunk
from tests.support.drawing import among, one, some
from tests.support.switch_estates import MAKES, switch_estates
from tests.support.world import EGRESS, World, allow, id_of

HOSTS = ("hv1", "hv2")
CIDRS = ("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24")
CIDRS6 = ("fd00:1::/64", "fd00:2::/64", "fd00:3::/64")
NETWORKS = ("web", "db", "app")
PREFIXES = ("0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "10.0.1.11/32", "10.0.2.11/32", "203.0.113.0/24")
MOSTLY = st.sampled_from((True,) * 14 + (False,))
OFTEN = st.sampled_from((True,) * 3 + (False,))
PREFIXES6 = ("::/0", "fd00:1::/64", "fd00:2::/64", "2001:db8:f::/64")
SOME_PREFIXES = st.sets(st.sampled_from(PREFIXES + PREFIXES6), max_size=3)
DOMAINS = ("", "", "shop.example.", "Lab.Example")
SERVERS, SERVERS6 = ("10.0.0.53", "10.0.0.54"), ("fd00::53", "fd00::54")
SUBNETS: tuple[dict[str, Any], ...] = (
    {"enable_dhcp": False},
    {"enable_dhcp": False},
    {},
    {},
    {"dns_nameservers": SERVERS, "service_types": ("compute:cpal",)},
    {"dns_nameservers": SERVERS[:1], "host_routes": (HostRoute("198.51.100.0/24", "10.0.1.9"),)},
)
"""What IPv4 subnets say beside their prefix."""
SUBNET_FIELDS = st.sampled_from(SUBNETS)
SUBNETS6: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "", ()), ("", "", ()), ("slaac", "slaac", ()), ("slaac", "slaac", SERVERS6[:1]), ("slaac", "", SERVERS6[1:]),
    ("dhcpv6-stateful", "dhcpv6-stateful", SERVERS6), ("dhcpv6-stateless", "dhcpv6-stateless", SERVERS6[:1]),
    ("", "dhcpv6-stateful", ()), ("dhcpv6-stateless", "", ()),
)  # fmt: skip
"""Who advertises IPv6 subnets, who gives addresses there, and which name servers are told."""
OPTIONS: tuple[tuple[DhcpOption, ...], ...] = (
    (), (), (),
    (DhcpOption("mtu", "1300"), DhcpOption("ntp-server", "10.0.0.5,10.0.0.6"), DhcpOption("24", "corp", 6)),
    (DhcpOption(DHCP_DISABLED, "true"), DhcpOption("dns-server", "fd00::55", 6)),
    (DhcpOption(DHCP_DISABLED, "true", 6), DhcpOption("domain-name", "own.example")),
    (DhcpOption(DHCP_DISABLED, "false"),),
)  # fmt: skip
"""DHCP options of one port; it gets those that its subnets can tell it."""
QOS: tuple[tuple[tuple[type[QosRule], int, str], ...], ...] = (
    (), ((QosBandwidthLimitRule, 1000, "egress"),), ((QosDscpMarkingRule, 26, ""),),
    ((QosBandwidthLimitRule, 2000, "egress"), (QosBandwidthLimitRule, 300, "ingress"), (QosDscpMarkingRule, 0, "")),
)  # fmt: skip
"""The rules of QoS policies."""
TEMPLATES: tuple[dict[str, Any], ...] = (
    allow("ingress", "icmp"),
    allow("ingress", "tcp", 22, remote_ip_prefix="192.0.2.0/24", used_in_default_sg=True),
    allow("ingress", "udp", remote_group_id=PARENT, used_in_default_sg=True, used_in_non_default_sg=False),
)
"""Templates of rules beside those that Neutron starts with."""
SOME_TEMPLATES = st.lists(st.sampled_from(TEMPLATES), max_size=2, unique_by=str)
PLACES = (HOSTS, HOSTS, HOSTS[::-1], HOSTS[1:], ())
"""Where gateways are placed."""


@st.composite
def valid_estates(draw: st.DrawFn, projects: int = 2, instances: int = 3, driver: str = "ovn") -> Estate:
    """Estates with nothing wrong, of up to so many projects and instances in each, for a target of this driver."""
    world = World(*HOSTS, driver=driver)
    public, shared = _provider(draw, world)
    _templates(draw, world)
    for name in ("red", "blue")[: draw(st.integers(1, projects))]:
        _project(draw, world, world.project(name), public, shared, instances)
    estate = world.estate()
    assert check(estate) == (), check(estate)
    return estate


def _provider(draw: st.DrawFn, world: World) -> tuple[Network, Network | None]:
    """The external network on a flat segment, and perhaps a shared VLAN, with hosts outside on both."""
    admin = world.project("admin")
    fields = {"external": True, "shared": draw(st.booleans()), "physical_network": "physnet1"}
    public = world.network(admin, "public", **fields)
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    if draw(st.booleans()):
        world.subnet(public, "2001:db8:f::/64", gateway_ip="2001:db8:f::fe", enable_dhcp=False)
    world.outside("internet", "physnet1", "203.0.113.254/24", "2001:db8:f::fe/64", loopbacks=("198.51.100.7",))
    if not draw(st.booleans()):
        return public, None
    more = (Segment("rack2", "vlan", 101, name="rack 2"),) if draw(st.booleans()) else ()
    if more:
        world.host("rack2-hv", "rack2")
        world.outside("printer", "rack2", "192.0.2.201/24", segmentation_id=101)
    shared = world.network(
        admin, "legacy", "192.0.2.0/24", shared=True, physical_network="physnet2", segmentation_id=100,
        more_segments=more, external=draw(st.booleans()),
    )  # fmt: skip
    world.outside("mainframe", "physnet2", "192.0.2.200/24", segmentation_id=100)
    return public, shared


def _templates(draw: st.DrawFn, world: World) -> None:
    """Templates of rules, one of which may take away what Neutron starts with."""
    for fields in draw(SOME_TEMPLATES):
        world.template(**fields)
    if draw(st.booleans()):
        gone = next(iter(INITIAL.values()))
        world.add(replace(gone, stack="site", used_in_default_sg=False, used_in_non_default_sg=False))


def _project(
    draw: st.DrawFn, world: World, project: Project, public: Network, shared: Network | None, instances: int
) -> None:
    policies = _qos_policies(draw, world, project)
    networks = [_network(draw, world, project, i, policies) for i in range(draw(st.integers(1, len(NETWORKS))))]
    _routers(draw, world, project, networks, public)
    _gateway_policy(draw, world, project, policies)
    _more_gateways(draw, world, project, [public, *([shared] if shared and shared.external else [])])
    groups = _groups(draw, world, project)
    usable = [*networks, *([shared] if shared else []), *([public] if public.shared else [])]
    for i in range(draw(st.integers(1, instances))):
        _instances(draw, world, project, f"vm{i}", usable, groups, policies)
    if draw(st.booleans()):
        _trunk(draw, world, project, networks)
    if draw(st.booleans()):
        _logs(draw, world, project, groups)
    _floating_ips(draw, world, project, public, policies)


def _qos_policies(draw: st.DrawFn, world: World, project: Project) -> list[str]:
    """The ids of QoS policies that anything may have, and "" for none: mostly that."""
    fields = {"shared": draw(st.booleans()), "is_default": draw(st.booleans())}
    rules = draw(among(QOS))
    return ["", "", "", world.qos_policy(project, "limited", *rules, **fields).id]


def _more_gateways(draw: st.DrawFn, world: World, project: Project, external: list[Network]) -> None:
    """Further gateways of some routers that have one, and how those send by several."""
    for router in world.every(Router):
        if router.project_id == project.id and router.external_gateway_info is not None and draw(st.booleans()):
            world.more_gateway(router, draw(st.sampled_from(external)))
            [after] = [each for each in world.every(Router) if each.id == router.id]
            world.add(replace(after, enable_default_route_ecmp=draw(st.booleans())))


def _gateway_policy(draw: st.DrawFn, world: World, project: Project, policies: list[str]) -> None:
    for router in world.every(Router):
        gateway = router.external_gateway_info
        if router.project_id == project.id and gateway is not None:
            policy_id = one(draw, policies)
            world.add(replace(router, external_gateway_info=replace(gateway, qos_policy_id=policy_id)))


def _trunk(draw: st.DrawFn, world: World, project: Project, networks: list[Network]) -> None:
    """A trunk of an instance's port, with none to three subports that hold addresses, and a port that is free."""
    mine = [port for port in world.every(Port) if port.project_id == project.id and port.device_owner == INSTANCE_OWNER]
    inner = [world.port(project, f"sub{i}", one(draw, networks)) for i in range(draw(st.integers(1, 4)))]
    vlans = dict(zip((100, 4094, 1), inner[1:], strict=False))
    world.trunk(project, "carrier", one(draw, mine), vlans, admin_state_up=draw(MOSTLY))


def _logs(draw: st.DrawFn, world: World, project: Project, groups: list[SecurityGroup]) -> None:
    """One or two logs: of a group, of a port, of all of the project."""
    ports = [port.id for port in world.every(Port) if port.project_id == project.id and port.security_groups]
    for name in ("told", "also")[: draw(st.integers(1, 2))]:
        what = {"resource_id": (draw(st.sampled_from(groups)).id,), "target_id": tuple(ports[:1]), "": ()}
        field = draw(among(tuple(what)))
        said = {field: what[field][0]} if what[field] else {}
        world.log(project, name, event=draw(among(EVENTS)), enabled=draw(OFTEN), **said)


def _network(draw: st.DrawFn, world: World, project: Project, i: int, policies: list[str]) -> Network:
    fields = {"admin_state_up": draw(MOSTLY), "qos_policy_id": one(draw, policies)}
    network = world.network(project, NETWORKS[i], dns_domain=draw(among(DOMAINS)), **fields)
    families = draw(among(("4", "46", "46", "6")))
    if "4" in families:
        world.subnet(network, CIDRS[i], **draw(SUBNET_FIELDS))
    if "6" in families:
        ra_mode, address_mode, servers = draw(among(SUBNETS6))
        modes = {"ipv6_address_mode": address_mode, "ipv6_ra_mode": ra_mode}
        world.subnet(network, CIDRS6[i], dns_nameservers=servers, **modes)
    return network


def _routers(draw: st.DrawFn, world: World, project: Project, networks: list[Network], public: Network) -> None:
    """No router, one that joins some subnets, or a second one behind it on the last network, with routes both ways."""
    subnets = [subnet for network in networks for subnet in world.subnets(network)]
    joined = [subnet for subnet in subnets if draw(OFTEN)]
    how_many = draw(among((1, 1, 2, 2, 0)))
    if not how_many or not joined:
        return
    gateway = public if draw(OFTEN) else None
    fields: dict[str, Any] = {
        "gateway": gateway,
        "enable_snat": draw(st.booleans()),
        "admin_state_up": draw(MOSTLY),
        "distributed": draw(st.booleans()),
    }
    transit = [subnet for subnet in joined if subnet.network_id == networks[-1].id and subnet.ip_version == 4]
    behind = [subnet for subnet in subnets if subnet not in joined and subnet.network_id != networks[-1].id]
    behind = [subnet for subnet in behind if subnet.ip_version == 4]
    front = world.router(project, "edge", *joined, **fields)
    if gateway:
        placement = next(placed for placed in world.every(Placement) if placed.subject_id == front.id)
        world.add(replace(placement, hosts=draw(among(PLACES))))
    if how_many == 1 or not transit or not behind:
        return
    back = world.router(project, "inner", *behind)
    inner = world.interface(back, transit[0])
    routes = tuple((subnet.cidr, inner.addresses[0]) for subnet in behind)
    edge_ip = transit[0].gateway_ip or ""
    world.add(replace(front, routes=tuple(HostRoute(*route) for route in routes)))
    if draw(st.booleans()):
        world.add(replace(back, routes=(HostRoute("0.0.0.0/0", edge_ip),)))


def _groups(draw: st.DrawFn, world: World, project: Project) -> list[SecurityGroup]:
    trusted = world.address_group(project, "trusted", *draw(SOME_PREFIXES))
    groups = []
    for i in range(draw(st.integers(1, 3))):
        rules = EGRESS if draw(MOSTLY) else ()
        groups.append(world.group(project, f"g{i}", *rules, stateful=draw(OFTEN)))
    for group in groups:
        for _ in range(draw(st.integers(0, 3))):
            world.rule(group, **_rule(draw, groups, trusted))
    return groups


def _rule(draw: st.DrawFn, groups: list[SecurityGroup], trusted: Record) -> dict[str, Any]:
    """The fields of a rule whose remote is anyone, one of the groups, the address group, or a prefix."""
    ethertype = draw(among(("IPv4", "IPv4", "IPv6")))
    protocol, low, high = draw(among(_PROTOCOLS))
    fields = allow(draw(among(("ingress", "ingress", "egress"))), protocol, low, high, ethertype=ethertype)
    remote = draw(among(("", "prefix", "group", "address group")))
    if remote == "prefix":
        fields["remote_ip_prefix"] = draw(among(PREFIXES6 if ethertype == "IPv6" else PREFIXES))
    elif remote == "group":
        fields["remote_group_id"] = one(draw, groups)
    elif remote == "address group":
        fields["remote_address_group_id"] = trusted
    return fields


_PROTOCOLS: tuple[tuple[str, int | None, int | None], ...] = (
    ("", None, None), ("tcp", None, None), ("tcp", 80, 80), ("tcp", 8000, 8100), ("6", 22, 22), ("tcp", 22, 22),
    ("udp", 53, 53), ("icmp", None, None), ("icmp", 8, None), ("icmp", 8, 0), ("sctp", 36412, 36412),
    ("gre", None, None),
)  # fmt: skip


def _instances(
    draw: st.DrawFn, world: World, project: Project, name: str, networks: list[Network], groups: list[SecurityGroup],
    policies: list[str],
) -> None:  # fmt: skip
    """An instance, or a few that differ in name and address alone."""
    joined = [networks[i] for i in draw(some(tuple(range(len(networks))), 1, 2))]
    mine = tuple(groups[i] for i in draw(some(tuple(range(len(groups))))))
    mine = mine or (groups[0],) if draw(MOSTLY) else ()
    secured, host, up = draw(MOSTLY), draw(among(HOSTS)), draw(MOSTLY)
    pairs = draw(among(((), (), (), (AddressPair("10.0.9.0/24"),), (AddressPair("192.0.2.77"),))))
    policy_id = one(draw, [*policies, *_guarantee(world, project, joined)])
    fields = {
        "port_security_enabled": secured,
        "allowed_address_pairs": pairs if secured else (),
        "qos_policy_id": policy_id,
    }
    known, options = draw(among(("", "", "Host-", "host-"))), draw(among(OPTIONS))
    for twin in ("", "b", "c")[: draw(st.integers(1, 3))]:
        dns_name = f"{known}{project.name}-{name}{twin}" if known else ""
        ports = world.instance(
            project, name + twin, *joined, groups=mine, host=host, admin_state_up=up, dns_name=dns_name, **fields
        )
        for port in ports if options else ():
            world.add(replace(port, extra_dhcp_opts=_heard(world, port, options)))


def _guarantee(world: World, project: Project, networks: list[Network]) -> list[str]:
    """The id of a policy that guarantees bandwidth, for ports that are all on physical networks."""
    if not all(network.physical_network for network in networks):
        return []
    return [world.qos_policy(project, "guaranteed", (QosMinimumBandwidthRule, 100, "egress")).id]


def _heard(world: World, port: Port, options: tuple[DhcpOption, ...]) -> tuple[DhcpOption, ...]:
    """The options that a DHCP server can tell the port, or that say that none does."""
    subnets = (world.records[Key("subnet", fixed.subnet_id)] for fixed in port.fixed_ips or ())
    served = {subnet.ip_version for subnet in subnets if isinstance(subnet, Subnet) and subnet.serves_dhcp}
    return tuple(option for option in options if option.ip_version in served or option.opt_name == DHCP_DISABLED)


def _floating_ips(
    draw: st.DrawFn, world: World, project: Project, public: Network, policies: list[str]
) -> None:  # fmt: skip
    if not draw(OFTEN):
        world.floating_ip(project, public)
    estate = world.estate()
    for port in world.every(Port):
        role = INSTANCE_OWNER if port.device_id else ""
        if port.project_id != project.id or port.device_owner != role or not draw(st.booleans()):
            continue
        if any(":" not in ip for ip in port.addresses):
            floating = world.floating_ip(project, public, port)
            floating = world.add(replace(floating, qos_policy_id=one(draw, policies)))
            estate = _with_if_right(world, estate, floating)
    _forwardings(draw, world, project, public, estate)


def _with_if_right(world: World, estate: Estate, record: Record) -> Estate:
    """The world's estate with a record more; where that is wrong, the record leaves the world again."""
    changes = [Change(None, record)]
    after = estate.replace(changes)
    if not check_changes(after, changes):
        return after
    del world.records[record.key]
    return estate


def _forwardings(draw: st.DrawFn, world: World, project: Project, public: Network, estate: Estate) -> None:
    """Ports of a floating IP, one or a few, to ports that have none and are behind one router."""
    if not draw(st.booleans()):
        return
    if any(router.more_gateways for router in world.every(Router) if router.project_id == project.id):
        return  # OVN forwards none there
    floating = world.floating_ip(project, public)
    estate = estate.replace([Change(None, floating)])
    for number, port in enumerate(world.every(Port)):
        if port.project_id != project.id or port.device_owner != INSTANCE_OWNER or not draw(OFTEN):
            continue
        if any(":" not in ip for ip in port.addresses):
            kind, many = draw(among((("tcp", 1), ("tcp", 3), ("udp", 1))))
            forwarding = world.port_forwarding(floating, port, 8000 + 10 * number, 80, kind, many)
            estate = _with_if_right(world, estate, forwarding)


def settle(records: dict[Key, Record]) -> Estate:
    """A valid estate of the records, less those that are at fault or need what is not there."""
    estate = EMPTY.replace(Change(None, record) for record in records.values())
    while faults := check(estate):
        wrong = {Key(*fault.record) for fault in faults if fault.record}
        estate = estate.replace([Change(estate.by_key(key), None) for key in sorted(wrong)])
    return estate


@st.composite
def estate_changes(draw: st.DrawFn, estate: Estate) -> list[Change]:
    """The changes from a valid estate to another valid one: small edits, or a whole other estate."""
    driver = next((target.driver for target in estate.all(Target)), "ovn")
    if driver in MAKES:
        return estate.changes_to(draw(switch_estates(driver)))
    if draw(st.integers(0, 4)) == 0:
        return estate.changes_to(draw(valid_estates(driver=driver)))
    return estate.changes_to(settle(draw(edits(estate))))


@st.composite
def edits(draw: st.DrawFn, estate: Estate) -> dict[Key, Record]:
    """The estate's records after one to three edits, each of one record: valid or not."""
    records = {record.key: record for record in estate.records()}
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(among(EDITED))
        record = records[one(draw, sorted(key for key in records if key.kind == kind) or sorted(records))]
        action = draw(among(("edit", "edit", "edit", "delete", "copy")))
        if action == "delete":
            del records[record.key]
        elif action == "copy":
            copy = replace(record, id=draw(st.uuids()).hex, name=f"{record.name} copy")
            records[copy.key] = copy
        else:
            edited = _edit(draw, record, estate)
            records[record.key] = edited
            if isinstance(edited, Router) and edited.external_gateway_info is not None:
                _gateway_port(records, edited, edited.external_gateway_info)
    return records


def _gateway_port(records: dict[Key, Record], router: Router, gateway: ExternalGateway) -> None:
    """Give a router that has a gateway now a port there, as completion would."""
    network = records.get(Key("network", gateway.network_id))
    ports = (port for port in records.values() if isinstance(port, Port))
    if isinstance(network, Network) and not any(
        port.device_id == router.id and port.device_owner == ROUTER_GATEWAY for port in ports
    ):
        world = World(*HOSTS)
        world.records = records
        world.gateway(router, network)


def _edit(draw: st.DrawFn, record: Record, estate: Estate) -> Record:
    choices = dict(_EDITS.get(type(record), {}))
    if isinstance(record, Network | Port | SecurityGroupRule | FloatingIP | Router | Trunk):
        choices |= _references(record, estate)
    words = {"description": ("", "something said"), "name": ("renamed", "web")}
    fields = [*sorted(choices) * 2, *words]
    field = one(draw, fields)
    values = [value for value in (choices | words)[field] if value != getattr(record, field)]
    edited = replace(record, **{field: one(draw, values or [getattr(record, field)])})
    return _associated(edited, estate) if isinstance(edited, FloatingIP) and field == "port_id" else edited


def _associated(floating: FloatingIP, estate: Estate) -> FloatingIP:
    """The floating IP for the first IPv4 address of its port."""
    port = estate.get(Port, floating.port_id)
    return replace(floating, fixed_ip_address=next((ip for ip in port.addresses if ":" not in ip), "") if port else "")


def _references(
    record: Network | Port | SecurityGroupRule | FloatingIP | Router | Trunk, estate: Estate
) -> dict[str, tuple[Any, ...]]:
    policies = ("", *sorted(policy.id for policy in estate.all(QosPolicy)))
    if isinstance(record, Network):
        return {"qos_policy_id": policies}
    if isinstance(record, Trunk):
        ids = sorted(port.id for port in estate.all(Port) if port.project_id == record.project_id)
        one, more = (tuple(Subport(id, vlan) for id, vlan in zip(ids, vlans, strict=False)) for vlans in ((7,), (7, 8)))
        return {"port_id": tuple(ids), "sub_ports": ((), record.sub_ports[:1], one, more)}
    if isinstance(record, Router):
        external = sorted(network.id for network in estate.all(Network) if network.external)
        gateways = (
            ExternalGateway(id, snat, policy) for id in external for snat in (True, False) for policy in policies
        )
        routes = dict.fromkeys(("enable_default_route_ecmp", "enable_default_route_bfd"), (True, False))
        return {"external_gateway_info": (None, *gateways), **routes}
    groups = sorted(group.id for group in estate.all(SecurityGroup) if group.project_id == record.project_id)
    if isinstance(record, Port):
        return {"security_groups": ((), tuple(groups), *((id,) for id in groups)), "qos_policy_id": policies}
    if isinstance(record, SecurityGroupRule):
        return {"remote_group_id": ("", *groups)}
    ports = sorted((p for p in estate.all(Port) if p.project_id == record.project_id), key=lambda port: port.id)
    return {"port_id": ("", *(port.id for port in ports)), "qos_policy_id": policies}


EDITED = (
    *("port",) * 3, *("subnet",) * 2, *("router",) * 2, *("security_group_rule",) * 2, "network", "security_group",
    "address_group", "floating_ip", "port_forwarding", "trunk", "log", "default_security_group_rule", "placement",
    "instance", "host", "qos_policy", *(kind.kind for kind in QOS_RULES), "any",
)  # fmt: skip
"""Kinds of record that are edited, the oftener the more that can happen to them."""
_EDITS: dict[type[Record], dict[str, tuple[Any, ...]]] = {
    Network: {"admin_state_up": (True, False), "mtu": (1280, 1400, 600), "shared": (True, False),
              "external": (True, False), "segmentation_id": (1001, 1002, 77, None), "dns_domain": DOMAINS,
              "more_segments": ((), (Segment("physnet2", "vlan", 77),), (Segment("rack2", "flat"),))},
    Subnet: {"cidr": ("10.0.1.0/24", "10.0.2.0/24", "10.0.0.0/16"), "gateway_ip": (None, "10.0.1.1", "10.0.1.11"),
             "enable_dhcp": (True, False), "ipv6_address_mode": ("", "slaac", "dhcpv6-stateful"),
             "ipv6_ra_mode": ("", "slaac", "dhcpv6-stateful"), "dns_nameservers": ((), SERVERS, SERVERS6, SERVERS6[:1]),
             "physical_network": ("", "physnet2", "rack2"),
             "host_routes": ((), (HostRoute("192.0.2.0/24", "10.0.1.9"),), (HostRoute("0.0.0.0/0", "10.0.1.8"),))},
    Port: {"admin_state_up": (True, False), "port_security_enabled": (True, False),
           "allowed_address_pairs": ((), (AddressPair("10.0.0.0/8"),)), "host_id": ("hv1", "hv2"),
           "mac_address": ("02:00:00:00:00:01", "02:00:00:00:00:02"), "fixed_ips": ((),),
           "bindings": ((), (Binding("hv1"),), (Binding("hv2", "{}"),)),
           "dns_name": ("", "web", "WEB", "db."), "extra_dhcp_opts": OPTIONS},
    DefaultSecurityGroupRule: {"used_in_default_sg": (True, False), "used_in_non_default_sg": (True, False),
                               "protocol": ("", "tcp", "icmp", "udp"), "remote_group_id": ("", PARENT, "gone")},
    Trunk: {"admin_state_up": (True, False)},
    Log: {"event": EVENTS, "enabled": (True, False), "resource_id": ("",), "target_id": ("",)},
    Router: {"admin_state_up": (True, False), "routes": ((),), "distributed": (True, False)},
    FloatingIP: {"floating_ip_address": ("203.0.113.80", "203.0.113.81", "203.0.113.254", "10.0.1.10")},
    PortForwarding: {"protocol": ("tcp", "udp", "icmp"), "internal_ip_address": ("10.0.1.11", "10.0.2.11"),
                     "external_port_range": (Range(8000, 8000), Range(80, 82), Range(9, 8)),
                     "internal_port_range": (Range(80, 80), Range(80, 82), Range(0, 0))},
    SecurityGroup: {"stateful": (True, False)},
    AddressGroup: {"addresses": ((), PREFIXES[1:2], PREFIXES[2:], PREFIXES6, (*PREFIXES6[1:2], *PREFIXES[2:3]))},
    Placement: {"hosts": (*PLACES[1:], ("hv3",)), "role": ("gateway", "spectator")},
    SecurityGroupRule: {"direction": ("ingress", "egress"), "ethertype": ("IPv4", "IPv6"),
                        "protocol": ("", "tcp", "icmp", "6", "1"), "port_range_min": (None, 80),
                        "port_range_max": (None, 80, 90), "remote_ip_prefix": ("", "10.0.0.0/8", "10.0.1.11/32")},
    QosPolicy: {"shared": (True, False), "is_default": (True, False)},
    QosBandwidthLimitRule: {"max_kbps": (1, 50, 4000, -1), "max_burst_kbps": (0, 800),
                            "direction": ("egress", "ingress", "up")},
    QosDscpMarkingRule: {"dscp_mark": (0, 8, 46, 7)},
    QosMinimumBandwidthRule: {"min_kbps": (1, 100, 3000), "qos_policy_id": (id_of("qos_policy", "red", "limited"),)},
    Host: {"physical_networks": ((), ("physnet1",), ("physnet1", "physnet2"))},
    Instance: {"host": ("hv1", "hv2", "hv3", "")},
    OutsideHost: {"addresses": (("203.0.113.10/24",), ("203.0.113.254/24",), ()), "loopbacks": ((), ("198.51.100.7",))},
}  # fmt: skip
"""For each kind of record, what its fields may become: right values and wrong ones."""
