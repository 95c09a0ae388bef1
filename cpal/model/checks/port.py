"""What must hold for ports and instances. Source: Networking API v2.0, resource ports and its extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import msgspec

from cpal.model.address import address, eui64, ipv4_number, number, span
from cpal.model.checks.qos import policy_of_port_problems
from cpal.model.checks.values import (
    MAX_NAME,
    address_problems,
    domain_problems,
    host_numbers,
    is_mac,
    mac_problems,
    outside_hosts,
    prefix_problems,
)
from cpal.model.checks.words import (
    FOREIGN,
    INEFFECTIVE,
    Problem,
    called,
    called_fully,
    missing,
    not_completed,
    project_name,
    sure,
)
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.network import (
    DHCP_DISABLED,
    INSTANCE_OWNER,
    NORMAL,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    VNIC_TYPES,
    FixedIP,
    Network,
    Port,
    Subnet,
)
from cpal.model.record import Claim
from cpal.model.router import Router
from cpal.model.security import SecurityGroup
from cpal.model.sharing import is_shared
from cpal.model.target import Host, Project

ROUTER_PORTS = (ROUTER_INTERFACE, ROUTER_GATEWAY)
MAX_OPTION_NAME = 64


def _network(estate: Estate, port: Port) -> Iterable[Problem]:
    """A gateway's network is its router's to check."""
    network = estate.get(Network, port.network_id)
    if network is None:
        return (missing("network_id", "network", port.network_id),)
    if network.project_id == port.project_id or network.shared or port.device_owner == ROUTER_GATEWAY:
        return ()
    if is_shared(estate, network, port.project_id):
        return ()
    problem = f"{called_fully(estate, network)} is not shared with project {project_name(estate, port.project_id)}"
    return (Problem("network_id", problem, "use one of its own, or share it", FOREIGN),)


def _mac_address(estate: Estate, port: Port) -> Iterable[Problem]:
    return mac_problems("mac_address", port.mac_address) if port.mac_address else (not_completed("mac_address"),)


def _fixed_ips(estate: Estate, port: Port) -> Iterable[Problem]:
    if port.fixed_ips is None:
        return (not_completed("fixed_ips"),)
    if len(port.fixed_ips) == 1:
        return _fixed_ip(estate, port, port.fixed_ips[0])
    return _several_fixed_ips(estate, port)


def _several_fixed_ips(estate: Estate, port: Port) -> Iterator[Problem]:
    for fixed in port.fixed_ips or ():
        yield from sure(_fixed_ip(estate, port, fixed))
    if len(set(port.addresses)) < len(port.addresses):
        yield Problem("fixed_ips", "names one address twice", "leave the repetition out")


def _fixed_ip(estate: Estate, port: Port, fixed: FixedIP) -> Iterator[Problem]:
    subnet = estate.get(Subnet, fixed.subnet_id)
    if subnet is None:
        yield missing("fixed_ips", "subnet", fixed.subnet_id)
        return
    if subnet.network_id != port.network_id:
        yield Problem(
            "fixed_ips", f"{called_fully(estate, subnet)} is on another network", "name a subnet of its network"
        )
    if not fixed.ip_address:
        yield not_completed("fixed_ips")
        return
    version = subnet.ip_version
    value = ipv4_number(fixed.ip_address) if version == 4 else None
    if value is None:
        problems = list(address_problems("fixed_ips", fixed.ip_address, version))
        if problems:
            yield from problems
            return
        value = number(fixed.ip_address)
    try:
        inside = span(subnet.cidr)
    except ValueError:
        return
    if fixed.ip_address == subnet.gateway_ip and port.device_owner == ROUTER_INTERFACE and not _link_local(subnet):
        return  # whether it can be the gateway's address is the subnet's to check
    if not inside.first <= value <= inside.last:
        yield Problem(
            "fixed_ips", f"{fixed.ip_address} is outside {subnet.cidr}", "choose an address inside the subnet"
        )
    elif reserved := outside_hosts(subnet.cidr, value):
        yield Problem("fixed_ips", f"{fixed.ip_address} is the {reserved} address of {subnet.cidr}", "choose another")
    if fixed.ip_address == subnet.gateway_ip and port.device_owner != ROUTER_INTERFACE:
        what = f"{fixed.ip_address} is the gateway of {called(estate, subnet)}"
        yield Problem("fixed_ips", what, "choose another address", INEFFECTIVE)  # an API may give it to a router later
    if version == 6:
        yield from _autoconfigured(port, subnet, fixed)


def _link_local(subnet: Subnet) -> bool:
    """Whether the gateway's address is rightly outside the prefix."""
    return bool(subnet.gateway_ip) and address(subnet.gateway_ip or "").is_link_local


def _autoconfigured(port: Port, subnet: Subnet, fixed: FixedIP) -> Iterator[Problem]:
    """Where hosts make their own address, only that one is theirs. Source: RFC 4862, section 5.5.3."""
    if subnet.ipv6_address_mode not in ("slaac", "dhcpv6-stateless") or port.device_owner in ROUTER_PORTS:
        return
    if not port.mac_address or not subnet.cidr.endswith("/64") or any(mac_problems("", port.mac_address)):
        return
    wanted = eui64(subnet.cidr, port.mac_address)
    if fixed.ip_address != wanted:
        yield Problem("fixed_ips", f"{fixed.ip_address} is not what the port configures for itself in {subnet.cidr}",
                      f"leave it out, or write {wanted}")  # fmt: skip


def _security_groups(estate: Estate, port: Port) -> Iterator[Problem]:
    if port.security_groups is None:
        yield not_completed("security_groups")
    for id in port.security_groups or ():
        group = estate.get(SecurityGroup, id)
        if group is None:
            yield missing("security_groups", "security_group", id)
        elif group.project_id != port.project_id and not is_shared(estate, group, port.project_id):
            yield Problem("security_groups", f"{called_fully(estate, group)} belongs to another project",
                          "use a group of the port's project", FOREIGN)  # fmt: skip


def _port_security(estate: Estate, port: Port) -> Iterable[Problem]:
    if port.port_security_enabled is None:
        return (not_completed("port_security_enabled"),)
    return () if port.port_security_enabled else _without_port_security(port)


def _without_port_security(port: Port) -> Iterator[Problem]:
    for field in ("security_groups", "allowed_address_pairs"):
        if getattr(port, field):
            yield Problem(field, "has no effect while port security is off", "leave it out, or switch port security on")


def _allowed_address_pairs(estate: Estate, port: Port) -> Iterable[Problem]:
    return _address_pairs(port) if port.allowed_address_pairs else ()


def _address_pairs(port: Port) -> Iterator[Problem]:
    for pair in port.allowed_address_pairs:
        yield from prefix_problems("allowed_address_pairs", pair.ip_address)
        if pair.mac_address:
            yield from mac_problems("allowed_address_pairs", pair.mac_address)
    given = [(pair.ip_address, pair.mac_address or port.mac_address) for pair in port.allowed_address_pairs]
    if len(set(given)) < len(given):
        yield Problem("allowed_address_pairs", "names one pair twice", "leave the repetition out")


def _device(estate: Estate, port: Port) -> Iterable[Problem]:
    return _instance_or_router(estate, port) if port.device_id or port.device_owner else ()


def _instance_or_router(estate: Estate, port: Port) -> Iterator[Problem]:
    if port.device_owner == INSTANCE_OWNER:
        instance = estate.get(Instance, port.device_id)
        if instance is None:
            yield missing("device_id", "instance", port.device_id)
        elif instance.project_id != port.project_id:
            yield Problem(
                "device_id",
                f"{called_fully(estate, instance)} belongs to another project",
                "use one of its own",
                FOREIGN,
            )
        elif instance.host != port.host_id:
            yield Problem("host_id", f"{port.host_id or 'none'} is not where {called(estate, instance)} runs",
                          f"write {instance.host}" if instance.host else "leave it out")  # fmt: skip
    elif port.device_owner in ROUTER_PORTS:
        yield from _router_port(estate, port)


def _router_port(estate: Estate, port: Port) -> Iterator[Problem]:
    router = estate.get(Router, port.device_id)
    if router is None:
        yield missing("device_id", "router", port.device_id)
        return
    if port.project_id and router.project_id != port.project_id:
        yield Problem(
            "device_id",
            f"{called_fully(estate, router)} belongs to another project",
            "use a router of its own",
            FOREIGN,
        )
    if port.device_owner == ROUTER_GATEWAY and port.network_id not in router.external_networks:
        yield Problem("network_id", f"{called_fully(estate, router)} has no gateway there",
                      "set the router's external gateway; its port follows")  # fmt: skip
    if not port.fixed_ips and port.fixed_ips is not None:
        yield from sure(_without_address(estate, port))
    if len(port.fixed_ips or ()) > 1 and port.device_owner == ROUTER_INTERFACE:
        yield from _advertisements(estate, port)


def _without_address(estate: Estate, port: Port) -> Iterator[Problem]:
    """Whether there is a subnet at all for a gateway is its router's to check."""
    if port.device_owner == ROUTER_INTERFACE or estate.ids("subnet.network", port.network_id):
        yield Problem("fixed_ips", "a router's port needs an address", "name a subnet of the network")


def _advertisements(estate: Estate, port: Port) -> Iterator[Problem]:
    six = [subnet for subnet in _subnets(estate, port) if subnet.ip_version == 6]
    for one, other in combinations(six, 2):
        if field := _unlike(one, other):
            subnets = f"{called(estate, one)} and {called(estate, other)}"
            yield Problem("fixed_ips", f"{subnets} differ in {field}, and a router's port sends one advertisement",
                          "make them alike, or join each with a port of its own")  # fmt: skip


def _unlike(one: Subnet, other: Subnet) -> str:
    """The field in which two subnets want unlike advertisements, else "".

    One advertisement speaks for all prefixes of its port: its flags M and O and the name servers that it tells are
    those of the link. Source: RFC 4861, section 4.2; RFC 8106, section 5.1.
    """
    if one.ipv6_ra_mode != other.ipv6_ra_mode:
        return "ipv6_ra_mode"
    alone = one.ipv6_ra_mode and not (one.serves_dhcp or other.serves_dhcp)
    return "dns_nameservers" if alone and one.dns_nameservers != other.dns_nameservers else ""


def _dns_name(estate: Estate, port: Port) -> Iterable[Problem]:
    return domain_problems("dns_name", port.dns_name) if port.dns_name else ()


def _dns_domain(estate: Estate, port: Port) -> Iterable[Problem]:
    return domain_problems("dns_domain", port.dns_domain) if port.dns_domain else ()


def _binding_profile(estate: Estate, port: Port) -> Iterable[Problem]:
    return _profile("binding_profile", port.binding_profile)


def _vnic_type(estate: Estate, port: Port) -> Iterable[Problem]:
    return _known_type("vnic_type", port.vnic_type)


def _known_type(field: str, vnic_type: str) -> Iterable[Problem]:
    known = vnic_type in VNIC_TYPES
    return (
        ()
        if known
        else (Problem(field, f"{vnic_type!r} is no kind of interface", f"write one of {', '.join(VNIC_TYPES)}"),)
    )


def _profile(field: str, profile: str) -> Iterable[Problem]:
    if not profile:
        return ()
    try:
        found = msgspec.json.decode(profile)
    except msgspec.DecodeError:
        found = None
    return () if isinstance(found, dict) else (Problem(field, "is no JSON object", 'write {"key": 1}'),)


def _segments(estate: Estate, port: Port) -> Iterator[Problem]:
    """What is wrong with a port whose addresses are of one segment: it has to be there, as routers are not."""
    places = {name for subnet in _subnets(estate, port) if (name := subnet.physical_network)}
    if not places:
        return
    if port.device_owner in ROUTER_PORTS:
        yield Problem("fixed_ips", "a router is on hosts of every segment, and the subnet on one",
                      "route between segments outside")  # fmt: skip
        return
    if len(places) > 1:
        yield Problem("fixed_ips", f"the addresses are of several segments: {', '.join(sorted(places))}",
                      "name addresses of one segment")  # fmt: skip
    key = estate.holder(Claim("name", f"host {port.host_id}")) if port.host_id else None
    host = estate.get(Host, key.id) if key else None
    for place in sorted(places.difference(host.physical_networks) if host else ()):
        yield Problem("fixed_ips", f"host {port.host_id} is not on {place}, where the addresses are",
                      "choose another host, or other addresses")  # fmt: skip


def _bindings(estate: Estate, port: Port) -> Iterator[Problem]:
    """What is wrong with the hosts that a port can be moved to; an instance of our own takes its ports along itself."""
    if not port.bindings:
        return
    hosts = [port.host_id, *(binding.host for binding in port.bindings)]
    if "" in hosts[1:]:
        yield Problem("bindings", "one names no host", "name it")
    if len(set(hosts)) < len(hosts):
        yield Problem("bindings", "names one host twice, or the one where the port is", "leave the repetition out")
    if port.device_owner == INSTANCE_OWNER:
        yield Problem("bindings", "the port is where its instance runs", "leave them out, and move the instance")
    for binding in port.bindings:
        yield from _profile("bindings", binding.profile)
        yield from _known_type("bindings", binding.vnic_type)


def _extra_dhcp_opts(estate: Estate, port: Port) -> Iterable[Problem]:
    return _told_options(estate, port) if port.extra_dhcp_opts else ()


def _told_options(estate: Estate, port: Port) -> Iterator[Problem]:
    yield from sure(_dhcp_options(port))
    yield from _unheard_options(estate, port)


def _dhcp_options(port: Port) -> Iterator[Problem]:
    for option in port.extra_dhcp_opts:
        if not option.opt_name.strip():
            yield Problem("extra_dhcp_opts", "an option has no name", "name it, such as ntp-server, or give its number")
        elif len(option.opt_name) > MAX_OPTION_NAME:
            yield Problem(
                "extra_dhcp_opts", f"the name {option.opt_name!r} is too long", f"at most {MAX_OPTION_NAME} characters"
            )
        if not option.opt_value or len(option.opt_value.encode()) > MAX_NAME:
            yield Problem(
                "extra_dhcp_opts", f"{option.opt_name} needs a value of 1 to {MAX_NAME} bytes", "shorten or add it"
            )
        if option.ip_version not in (4, 6):
            yield Problem("extra_dhcp_opts", f"{option.opt_name} is for IPv{option.ip_version}", "write 4 or 6")
    given = [(option.opt_name, option.ip_version) for option in port.extra_dhcp_opts]
    if len(set(given)) < len(given):
        yield Problem("extra_dhcp_opts", "names one option twice", "leave the repetition out")


def _unheard_options(estate: Estate, port: Port) -> Iterator[Problem]:
    """The options that no DHCP server tells the port. That it has no DHCP is true of it anyway."""
    router = port.device_owner in ROUTER_PORTS
    served = set() if router else {subnet.ip_version for subnet in _subnets(estate, port) if subnet.serves_dhcp}
    for option in port.extra_dhcp_opts:
        if option.ip_version not in served and option.opt_name != DHCP_DISABLED:
            why = "a router's port asks none" if router else f"none of its subnets has DHCP for IPv{option.ip_version}"
            remedy = "leave it out" if router else "leave it out, or give the port a subnet with DHCP"
            yield Problem("extra_dhcp_opts", f"nothing tells the port {option.opt_name}: {why}", remedy, INEFFECTIVE)


def _subnets(estate: Estate, port: Port) -> list[Subnet]:
    found = (estate.get(Subnet, fixed.subnet_id) for fixed in port.fixed_ips or ())
    return [subnet for subnet in found if subnet is not None]


def is_plain(estate: Estate, port: Port) -> bool:
    """Whether a glance shows that nothing is wrong with the port: one IPv4 address, no more than groups beside it.

    Most ports of a large estate are such. False says nothing: then each of `PORT_CHECKS` has to look.

    Raises:
        NotKnown: it would have to say what is not known.
    """
    if (
        port.dns_name
        or port.dns_domain
        or port.vnic_type != NORMAL
        or port.description
        or port.allowed_address_pairs
        or port.extra_dhcp_opts
        or port.binding_profile
        or port.bindings
        or port.qos_policy_id
        or port.device_owner in _OWNERS_TO_CHECK
        or port.port_security_enabled is not True
        or len(port.name) > MAX_NAME
    ):
        return False
    project_id = port.project_id
    network = estate.get(Network, port.network_id)
    if network is None or network.project_id != project_id or not is_mac(port.mac_address):
        return False
    for group_id in port.security_groups or ():
        group = estate.get(SecurityGroup, group_id)
        if group is None or group.project_id != project_id:
            return False
    return _has_plain_address(estate, port) and (not project_id or estate.get(Project, project_id) is not None)


def _has_plain_address(estate: Estate, port: Port) -> bool:
    if port.fixed_ips is None or port.security_groups is None or len(port.fixed_ips) != 1:
        return False
    fixed = port.fixed_ips[0]
    subnet = estate.get(Subnet, fixed.subnet_id)
    if subnet is None or subnet.network_id != port.network_id or fixed.ip_address == subnet.gateway_ip:
        return False
    if subnet.physical_network:
        return False
    number = ipv4_number(fixed.ip_address)
    return number is not None and number in host_numbers(subnet.cidr)


_OWNERS_TO_CHECK = (INSTANCE_OWNER, *ROUTER_PORTS)

PORT_CHECKS = (
    _network,
    _mac_address,
    _fixed_ips,
    _security_groups,
    _port_security,
    _allowed_address_pairs,
    _device,
    _dns_name,
    _dns_domain,
    _extra_dhcp_opts,
    _binding_profile,
    _vnic_type,
    _bindings,
    _segments,
    policy_of_port_problems,
)
"""What can be wrong with a port. The common case does no more than look-ups: no scan of its network."""


def instance_problems(estate: Estate, instance: Instance) -> Iterator[Problem]:
    """What is wrong with an instance: the host it runs on."""
    if instance.host and estate.holder(Claim("name", f"host {instance.host}")) is None:
        yield missing("host", "host", instance.host)
