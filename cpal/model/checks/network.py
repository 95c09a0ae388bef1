"""What must hold for networks and subnets. Source: Networking API v2.0; RFC 7637, section 3.2 for NVGRE's VSIDs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from cpal.model.address import number, prefix, span
from cpal.model.checks.values import address_problems, domain_problems, outside_hosts, prefix_problems
from cpal.model.checks.words import (
    FOREIGN,
    INEFFECTIVE,
    INVALID,
    Problem,
    called,
    called_fully,
    missing,
    not_completed,
    sure,
)
from cpal.model.estate import Estate
from cpal.model.network import (
    AUTO,
    IPV6_MODES,
    NETWORK_TYPES,
    OVERLAY_TYPES,
    PHYSICAL_TYPES,
    ZONE,
    Network,
    Segment,
    Subnet,
)
from cpal.model.record import Claim
from cpal.model.router import Router
from cpal.model.target import Host, Target

MIN_MTU, MIN_MTU_IPV6, MAX_MTU = 68, 1280, 65535
"""In bytes of the IP packet. Source: RFC 791, RFC 8200 section 5."""
SEGMENTATION_IDS = {
    "vlan": (1, 4094),
    "geneve": (1, 2**24 - 1),
    "vxlan": (1, 2**24 - 1),
    "stt": (1, 2**24 - 1),
    "nvgre": (0x1000, 0xFFFFFE),
}
"""The lowest and highest segmentation id of each type. Source: IEEE 802.1Q; RFC 8926, RFC 7348, RFC 7637."""
SLAAC_LENGTH = 64


def segment_problems(estate: Estate, network: Network) -> Iterator[Problem]:
    """What is wrong with a network's type and segment."""
    if not network.network_type:
        yield not_completed("network_type")
    elif network.network_type not in NETWORK_TYPES:
        yield Problem(
            "network_type", f"there is no type {network.network_type!r}", f"one of {', '.join(NETWORK_TYPES)}"
        )
    else:
        yield from sure(_physical_network(estate, network))
        yield from sure(_segmentation_id(network))


def fabric_vlan_problems(vlan: int) -> Iterator[Problem]:
    """What is wrong with a VLAN on leaves; 0 is none."""
    low, high = SEGMENTATION_IDS["vlan"]
    if vlan and not low <= vlan <= high:
        yield Problem("fabric_vlan", f"{vlan} is out of range for vlan", f"a number from {low} to {high}")


def _fabric_vlan(estate: Estate, network: Network) -> Iterator[Problem]:
    yield from fabric_vlan_problems(network.fabric_vlan)
    if network.fabric_vlan and network.network_type in PHYSICAL_TYPES:
        yield Problem("fabric_vlan", f"a {network.network_type} network is the VLAN that it says", "leave it out")


def route_target_problems(text: str) -> Iterator[Problem]:
    """What is wrong with a route target; "" is none. Source: RFC 4360, section 4."""
    if text not in ("", AUTO) and not _ROUTE_TARGET.fullmatch(text):
        yield Problem("route_target", f"{text!r} is no route target", "write it as 65000:10, or 192.0.2.1:10")


_ROUTE_TARGET = re.compile(r"(\d{1,10}|\d{1,3}(\.\d{1,3}){3}):\d{1,10}")


def _route_target(estate: Estate, network: Network) -> Iterator[Problem]:
    yield from route_target_problems(network.route_target)


def _leaves(estate: Estate, network: Network) -> Iterator[Problem]:
    """Those that are said to have it are leaves, which their target reaches by name."""
    for name in network.leaves:
        if estate.holder(Claim("name", f"host {name}")) is None:
            yield missing("leaves", "host", name)
        elif not estate.ids("target.endpoint", name):
            yield Problem("leaves", f"{name} is no leaf of a fabric", "leave it out: its ports say what it has")
    yield from _named_twice("leaves", network.leaves)


def more_segments_problems(estate: Estate, network: Network) -> Iterator[Problem]:
    """What is wrong with a network's further segments: each is on a physical network, and a host is on one of them."""
    if not network.more_segments:
        return
    if network.network_type in OVERLAY_TYPES:
        yield Problem("more_segments", f"a {network.network_type} network is one segment, which reaches every host by "
                      "tunnels", "leave them out, or put the network on a physical network")  # fmt: skip
    for segment in network.more_segments:
        yield from sure(_further(estate, segment))
    for physical, times in Counter(network.physical_networks).items():
        if times > 1:
            yield Problem("more_segments", f"{times} segments are on {physical!r}, of which a host serves one",
                          "leave one, or make a network for each")  # fmt: skip
    yield from sure(_between(estate, network))


def _further(estate: Estate, segment: Segment) -> Iterator[Problem]:
    if segment.network_type not in PHYSICAL_TYPES:
        problem = f"a further segment is on a physical network, which {segment.network_type!r} is not"
        yield Problem("more_segments", problem, f"one of {', '.join(PHYSICAL_TYPES)}")
        return
    for found in (*_physical_network(estate, segment), *_segmentation_id(segment)):
        yield found._replace(field="more_segments")


def _between(estate: Estate, network: Network) -> Iterator[Problem]:
    """The hosts on several of a network's physical networks, of which one alone would carry its traffic."""
    for host in estate.all(Host):
        both = sorted(set(network.physical_networks).intersection(host.physical_networks))
        if len(both) > 1:
            yield Problem("more_segments", f"host {host.name} is on {' and '.join(both)}, and serves one segment of a "
                          "network", "leave one of the segments, or take the host off the other")  # fmt: skip


def _physical_network(estate: Estate, network: Network | Segment) -> Iterator[Problem]:
    kind, physical = network.network_type, network.physical_network
    if kind in OVERLAY_TYPES and physical:
        yield Problem(
            "physical_network", f"a {kind} network is on no physical network", "leave it out, or use type vlan"
        )
    if kind not in OVERLAY_TYPES and not physical:
        yield Problem("physical_network", f"a {kind} network needs the name of a physical network", "name one")
    elif physical and estate.count(Host) and not estate.ids("host.physical_network", physical):
        known = sorted({name for host in estate.all(Host) for name in host.physical_networks})
        yield Problem("physical_network", f"no host is on a physical network {physical!r}",
                      f"one of {', '.join(known)}" if known else "name it at the hosts that are on it")  # fmt: skip


def _segmentation_id(network: Network | Segment) -> Iterator[Problem]:
    kind, id = network.network_type, network.segmentation_id
    if kind == "flat":
        if id is not None:
            yield Problem("segmentation_id", "a flat network has none", "leave it out, or use type vlan")
    elif id is None:
        yield not_completed("segmentation_id")
    else:
        low, high = SEGMENTATION_IDS[kind]
        if not low <= id <= high:
            yield Problem("segmentation_id", f"{id} is out of range for {kind}", f"a number from {low} to {high}")


def mtu_problems(estate: Estate, network: Network) -> Iterator[Problem]:
    """What is wrong with a network's MTU."""
    if not network.mtu:
        yield not_completed("mtu")
        return
    if not 0 < network.mtu <= MAX_MTU:
        yield Problem("mtu", f"{network.mtu} is out of range", f"a number from {MIN_MTU} to {MAX_MTU}")
        return
    yield from sure(_mtu_for_subnets(estate, network))
    yield from sure(_mtu_on_underlay(estate, network))


def _mtu_for_subnets(estate: Estate, network: Network) -> Iterator[Problem]:
    subnets = estate.find("subnet.network", network.id) if network.mtu < MIN_MTU_IPV6 else ()
    for version, least in ((4, MIN_MTU), (6, MIN_MTU_IPV6)):
        found = [subnet for subnet in subnets if subnet.ip_version == version]
        if found and network.mtu < least:
            yield Problem("mtu", f"{network.mtu} is too small for the IPv{version} of {called(estate, found[0])}",
                          f"at least {least}")  # fmt: skip


def _mtu_on_underlay(estate: Estate, network: Network) -> Iterator[Problem]:
    if network.network_type in OVERLAY_TYPES:
        limit = max((target.overlay_mtu(network.network_type) for target in estate.all(Target)), default=MAX_MTU)
        if network.mtu > limit:
            estate.no_others(Target)
            yield Problem(
                "mtu", f"{network.mtu} does not fit into {network.network_type} on the underlay", f"at most {limit}"
            )


def dns_domain_problems(estate: Estate, network: Network) -> Iterable[Problem]:
    """What is wrong with a network's domain."""
    return domain_problems("dns_domain", network.dns_domain) if network.dns_domain else ()


def network_of_subnet_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with the network that a subnet is on."""
    network = estate.get(Network, subnet.network_id)
    if network is None:
        yield missing("network_id", "network", subnet.network_id)
    elif network.project_id != subnet.project_id:
        yield Problem("network_id", f"{called_fully(estate, network)} belongs to another project",
                      "declare the subnet where its network is", FOREIGN)  # fmt: skip


def prefix_of_subnet_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with a subnet's prefix, gateway and pools, and with those of its network's subnets that overlap."""
    problems = list(address_plan_problems(subnet))
    yield from problems
    if not any(problem.field == "cidr" for problem in problems):
        yield from sure(_overlaps(estate, subnet))


def address_plan_problems(subnet: Subnet) -> Iterator[Problem]:
    """What is wrong, in itself, with the prefix of a subnet and with what its addresses are for."""
    if not subnet.cidr:
        yield not_completed("cidr")
        return
    problems = list(_cidr(subnet))
    yield from problems
    if not problems:
        yield from sure(_dhcp(subnet))
        yield from sure(_gateway(subnet))
        yield from sure(_pools(subnet))


def _cidr(subnet: Subnet) -> Iterator[Problem]:
    problems = list(prefix_problems("cidr", subnet.cidr))
    yield from problems
    if problems:
        return
    if "/" not in subnet.cidr:
        yield Problem(
            "cidr", f"{subnet.cidr} has no prefix length", f"write {prefix(subnet.cidr)}, or a shorter prefix"
        )
        return
    network = prefix(subnet.cidr)
    for wrong, kind in (
        (network.prefixlen == 0, "the whole address space"),
        (network.is_multicast, "multicast"),
        (network.is_loopback, "loopback"),
        (network.version == 6 and network.is_link_local, "link-local"),
    ):
        if wrong:
            yield Problem("cidr", f"{subnet.cidr} is {kind}", "choose a unicast prefix, such as 10.0.1.0/24")


def _dhcp(subnet: Subnet) -> Iterator[Problem]:
    if subnet.enable_dhcp and prefix(subnet.cidr).num_addresses <= 2:
        yield Problem("enable_dhcp", f"{subnet.cidr} has no room for DHCP", "switch DHCP off, or use a shorter prefix")


def _gateway(subnet: Subnet) -> Iterator[Problem]:
    gateway = subnet.gateway_ip
    if gateway == "":
        yield not_completed("gateway_ip")
    if not gateway:
        return
    problems = list(address_problems("gateway_ip", gateway, subnet.ip_version))
    yield from problems
    if problems or (subnet.ip_version == 6 and prefix(gateway).is_link_local):
        return
    inside, value = span(subnet.cidr), number(gateway)
    if inside.version == 6 and value == inside.first:
        return  # every router there has it (RFC 4291, section 2.6.1), and Neutron takes it where none is asked for
    if not inside.first <= value <= inside.last:
        yield Problem("gateway_ip", f"{gateway} is outside {subnet.cidr}", "choose an address inside the subnet")
    elif reserved := outside_hosts(subnet.cidr, value):
        yield Problem("gateway_ip", f"{gateway} is the {reserved} address of {subnet.cidr}", "choose a host's address")


def _pools(subnet: Subnet) -> Iterator[Problem]:
    if subnet.allocation_pools is None:
        yield not_completed("allocation_pools")
        return
    seen: list[tuple[int, int, str]] = []
    for pool in subnet.allocation_pools:
        words = f"{pool.start}-{pool.end}"
        problems = [
            p for end in (pool.start, pool.end) for p in address_problems("allocation_pools", end, subnet.ip_version)
        ]
        yield from problems
        if problems:
            continue
        low, high = number(pool.start), number(pool.end)
        yield from _pool(subnet, words, low, high)
        for other_low, other_high, other in seen:
            if low <= other_high and other_low <= high:
                yield Problem("allocation_pools", f"{words} overlaps {other}", "keep the pools apart")
        seen.append((low, high, words))


def _pool(subnet: Subnet, words: str, low: int, high: int) -> Iterator[Problem]:
    inside = span(subnet.cidr)
    if low > high:
        yield Problem("allocation_pools", f"{words} ends before it starts", "write the lower address first")
    elif low < inside.first or high > inside.last:
        yield Problem("allocation_pools", f"{words} is not inside {subnet.cidr}", "keep the pool inside the subnet")
    elif reserved := outside_hosts(subnet.cidr, low) or outside_hosts(subnet.cidr, high):
        yield Problem("allocation_pools", f"{words} holds the {reserved} address", "leave that address out")
    gateway = subnet.gateway_ip
    if gateway and not any(address_problems("", gateway, subnet.ip_version)) and low <= number(gateway) <= high:
        yield Problem("allocation_pools", f"{words} holds the gateway {gateway}", "leave that address out")


def _overlaps(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """Each pair is reported once, at the subnet with the greater id."""
    for other in estate.find("subnet.network", subnet.network_id):
        if other.id < subnet.id:
            yield from sure(_overlap(estate, subnet, other))


def _overlap(estate: Estate, subnet: Subnet, other: Subnet) -> Iterator[Problem]:
    if overlap(subnet.cidr, other.cidr):
        yield Problem("cidr", f"{subnet.cidr} overlaps {other.cidr} of {called(estate, other)} on the same network",
                      "choose another prefix")  # fmt: skip


def overlap(one: str, other: str) -> bool:
    """Whether two prefixes share an address; a prefix that is none overlaps nothing."""
    try:
        mine, theirs = span(one), span(other)
    except ValueError:
        return False
    return mine.version == theirs.version and mine.first <= theirs.last and theirs.first <= mine.last


def segment_of_subnet_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with the segment that a subnet is on. Source: Networking API, routed provider networks."""
    network = estate.get(Network, subnet.network_id)
    if network is None:
        return
    others = [each for each in estate.find("subnet.network", subnet.network_id) if each.id < subnet.id]
    if any(bool(each.physical_network) != bool(subnet.physical_network) for each in others):
        yield Problem("physical_network", "of the subnets of its network some are on one segment and some on all",
                      "name one in each of them, or in none")  # fmt: skip
    if not subnet.physical_network:
        return
    if subnet.physical_network not in network.physical_networks:
        yield Problem("physical_network", f"{called_fully(estate, network)} is not on {subnet.physical_network!r}",
                      "name one that its network is on")  # fmt: skip
    if network.external:
        yield Problem("physical_network", "addresses of an external network are for routers, which are on no segment "
                      "alone", "leave it out, or make the network not external")  # fmt: skip


def dns_nameservers_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with a subnet's name servers."""
    for server in subnet.dns_nameservers:
        yield from address_problems("dns_nameservers", server, subnet.ip_version)
    yield from _named_twice("dns_nameservers", subnet.dns_nameservers)


def host_routes_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with the routes that a subnet's hosts are told."""
    for route in subnet.host_routes:
        yield from prefix_problems("host_routes", route.destination, subnet.ip_version)
        yield from address_problems("host_routes", route.nexthop, subnet.ip_version)
    yield from _named_twice("host_routes", subnet.host_routes)


def _named_twice(field: str, values: tuple[object, ...]) -> Iterator[Problem]:
    if len(set(values)) < len(values):
        yield Problem(field, "names one thing twice", "leave the repetition out")


def ipv6_mode_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with a subnet's IPv6 modes."""
    modes = {"ipv6_ra_mode": subnet.ipv6_ra_mode, "ipv6_address_mode": subnet.ipv6_address_mode}
    given = {field: mode for field, mode in modes.items() if mode}
    for field, mode in given.items():
        if subnet.ip_version == 4:
            yield Problem(field, "an IPv4 subnet has none", "leave it out")
        elif mode not in IPV6_MODES:
            yield Problem(field, f"there is no mode {mode!r}", f"one of {', '.join(IPV6_MODES)}")
        elif not subnet.enable_dhcp:
            yield Problem(field, "needs enable_dhcp, which also governs router advertisements", "switch enable_dhcp on")
        elif mode != "dhcpv6-stateful" and not subnet.cidr.endswith(f"/{SLAAC_LENGTH}"):
            yield Problem(field, f"{mode} needs a /{SLAAC_LENGTH} and {subnet.cidr} is none", "use a /64", INVALID)
    if len(set(given.values())) > 1:
        yield Problem("ipv6_address_mode", f"does not go with ipv6_ra_mode {subnet.ipv6_ra_mode}",
                      "make both the same, or leave one out")  # fmt: skip


def default_problems(estate: Estate, network: Network) -> Iterator[Problem]:
    """What is wrong with a network that is the default of external ones."""
    if network.is_default and not network.external:
        yield Problem("is_default", "the network is not external", "make it external, or not the default")


def service_types_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with the roles that a subnet is for."""
    for role in subnet.service_types:
        if not role.startswith(("network:", "neutron:", "compute:")):
            what, remedy = f"{role!r} is no role of ports", "write one such as network:floatingip"
            yield Problem("service_types", what, remedy, INEFFECTIVE)
    yield from _named_twice("service_types", subnet.service_types)


def zone_problems(estate: Estate, record: Network | Router) -> Iterator[Problem]:
    """What is wrong with the zones that something is to be in."""
    for zone in record.availability_zone_hints:
        if zone != ZONE:
            yield Problem("availability_zone_hints", f"there is no availability zone {zone!r}", f"write {ZONE}")


def transparency_problems(estate: Estate, network: Network) -> Iterator[Problem]:
    """What is wrong with carrying tags of guests. Source: ovn-nb(5), Logical_Switch `vlan-passthru`."""
    if network.vlan_transparent and any(segment.network_type == "flat" for segment in network.segments):
        what = "on a flat network the frames of other VLANs there would pass too"
        yield Problem("vlan_transparent", what, "make it a VLAN or an overlay network, or leave it out")


NETWORK_CHECKS = (
    _fabric_vlan,
    _route_target,
    _leaves,
    segment_problems,
    more_segments_problems,
    mtu_problems,
    dns_domain_problems,
    default_problems,
    zone_problems,
    transparency_problems,
)
SUBNET_CHECKS = (
    network_of_subnet_problems,
    segment_of_subnet_problems,
    prefix_of_subnet_problems,
    dns_nameservers_problems,
    host_routes_problems,
    ipv6_mode_problems,
    service_types_problems,
)
"""The checks of each kind; one that needs what is not known keeps no other from being made."""
