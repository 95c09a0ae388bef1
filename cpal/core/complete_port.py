"""Completing ports and floating IPs: MAC address, addresses, groups, where they are bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from msgspec.structs import replace

from cpal.core.allocate import mac_addresses
from cpal.core.reserve import Work
from cpal.errors import Exhausted
from cpal.model.address import contains, eui64
from cpal.model.claims import address_claim, mac_claim
from cpal.model.instance import Instance
from cpal.model.network import (
    FLOATING_IP_OWNER,
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    FixedIP,
    Network,
    Port,
    Subnet,
)
from cpal.model.port_forwarding import NO_PORTS, PortForwarding
from cpal.model.record import Claim, Key
from cpal.model.router import FloatingIP
from cpal.model.unknown import UNKNOWN

MAC_ATTEMPTS = 64
"""Draws from 2^32 MAC addresses before giving up."""


def complete_port(work: Work, port: Port, default_group: Callable[[str], str]) -> Port:
    """The port with MAC address, addresses, security and host; `default_group` gives a project's group id."""
    if port.port_security_enabled is None or port.security_groups is None:
        port = work.decide(port, ("port_security_enabled", "security_groups"), _secured, default_group)
    port = work.decide(port, ("host_id", "dns_name"), _attached)
    port = work.decide(port, ("mac_address",), _identified)
    port = work.decide(port, ("fixed_ips", "is_deferred"), _subnetted)
    return port if port.fixed_ips is UNKNOWN else _addressed(work, port)


def complete_floating_ip(work: Work, floating: FloatingIP) -> FloatingIP:
    """The floating IP with its address, and with the fixed address it leads to."""
    floating = work.decide(floating, ("fixed_ip_address",), _leading)
    return work.decide(floating, ("floating_ip_address",), _drawn_outside)


def autoconfigured(subnet: Subnet) -> bool:
    """Whether ports derive their address from the subnet's prefix (SLAAC). Source: RFC 4862."""
    return subnet.ipv6_address_mode in ("slaac", "dhcpv6-stateless")


def configures_itself(port: Port, subnet: Subnet) -> bool:
    """Whether the port makes its address in the subnet itself; a router's is told."""
    return autoconfigured(subnet) and port.device_owner not in (ROUTER_INTERFACE, ROUTER_GATEWAY)


def _infrastructure(port: Port) -> bool:
    return port.device_owner.startswith("network:")


def _secured(work: Work, port: Port, default_group: Callable[[str], str]) -> Port:
    secured = port.port_security_enabled
    if secured is None:
        network = work.get(Network, port.network_id)
        secured = not _infrastructure(port) and (network is None or network.port_security_enabled)
    groups = port.security_groups
    if groups is None:
        groups = (default_group(port.project_id),) if secured else ()
    return replace(port, port_security_enabled=secured, security_groups=groups)


def _attached(work: Work, port: Port) -> Port:
    """The port bound where its instance runs; where the network has a DNS domain, named as its instance."""
    instance = work.get(Instance, port.device_id) if port.device_owner == INSTANCE_OWNER else None
    if instance is None:
        return port
    port = replace(port, host_id=instance.host)
    network = work.get(Network, port.network_id)
    name = instance.name.lower()
    if port.dns_name or not network or not network.dns_domain or not name.replace("-", "").isalnum():
        return port
    free = work.take(Claim("dns name", f"{network.id} {name}"), port.key)
    return replace(port, dns_name=name) if free else port


def _identified(work: Work, port: Port) -> Port:
    if port.mac_address:
        return port
    for mac in _mac_candidates(port, work.before(port)):
        if work.take(mac_claim(port.network_id, mac), port.key):
            return replace(port, mac_address=mac)
    raise Exhausted("no MAC address was free", key=f'port "{port.name}"', field="mac_address", remedy="name one")


def _mac_candidates(port: Port, before: Port | None) -> Iterator[str]:
    if before is not None:
        yield before.mac_address
    yield from islice(mac_addresses(port.id), MAC_ATTEMPTS)


Had = dict[str, list[str]]
"""Addresses that a port has in the estate and may have again, by subnet."""


def _had(work: Work, port: Port) -> Had:
    """What the port has and does not ask for anyway."""
    before = work.before(port)
    if before is None:
        return {}
    asked = [fixed.ip_address for fixed in port.fixed_ips or () if fixed.ip_address is not UNKNOWN]
    found: Had = {}
    for fixed in before.fixed_ips or ():
        if fixed.ip_address not in asked:
            found.setdefault(fixed.subnet_id, []).append(fixed.ip_address)
    return found


def _subnetted(work: Work, port: Port) -> Port:
    """The port with the subnets of its addresses; of those that are of one segment, once its host is known."""
    if port.fixed_ips is not None:
        return replace(port, is_deferred=False) if port.is_deferred and port.fixed_ips else port
    had, kind = _had(work, port), (port.network_id, port.device_owner)
    found = None if had else work.choices.get(kind)
    if found is None:
        subnets = _for_role(work.subnets_of(port.network_id), port)
        by_host = any(subnet.physical_network for subnet in subnets)
        if by_host and not port.host_id:
            return replace(port, fixed_ips=(), is_deferred=True)
        found = _subnets_for(_at_host(work, subnets, port) if by_host else subnets, had)
        if not (had or by_host):
            work.choices[kind] = found
    return replace(port, fixed_ips=found, is_deferred=False) if port.is_deferred else replace(port, fixed_ips=found)


def _addressed(work: Work, port: Port) -> Port:
    """The port with an address for each that it asks for; each that it had in a subnet it gets again once."""
    fixed_ips = port.fixed_ips or ()
    if not any(fixed.ip_address is not UNKNOWN and not fixed.ip_address for fixed in fixed_ips):
        return port
    had = _had(work, port)
    return replace(port, fixed_ips=tuple([_fixed(work, port, fixed, had) for fixed in fixed_ips]))


def _at_host(work: Work, subnets: list[Subnet], port: Port) -> list[Subnet]:
    """The subnets of the segment that the port's host is on."""
    host = work.host(port.host_id)
    found = [subnet for subnet in subnets if host is not None and subnet.physical_network in host.physical_networks]
    if not found:
        raise Exhausted(
            f"host {port.host_id} is on no segment of its network that has subnets",
            key=f'port "{port.name}"',
            field="fixed_ips",
            remedy="choose another host, or make a subnet there",
        )
    return found


def _subnets_for(subnets: list[Subnet], had: Had) -> tuple[FixedIP, ...]:
    """One subnet for IPv4, one for IPv6 that is not autoconfigured, and every one that is: as Neutron chooses."""
    chosen: list[Subnet] = []
    for version in (4, 6):
        found = [subnet for subnet in subnets if subnet.ip_version == version and not autoconfigured(subnet)]
        found.sort(key=lambda subnet: (not subnet.service_types, subnet.id not in had))
        chosen += found[:1]
    chosen += [subnet for subnet in subnets if autoconfigured(subnet)]
    return tuple(FixedIP(subnet.id) for subnet in chosen)


def _for_role(subnets: list[Subnet], port: Port) -> list[Subnet]:
    """The subnets that give ports of this role addresses. Source: extension subnet-service-types."""
    found = [subnet for subnet in subnets if subnet.is_for(port.device_owner)]
    if subnets and not found:
        raise Exhausted(
            f"none of its network's subnets is for {port.device_owner or 'ports without a role'}",
            key=f'port "{port.name}"',
            field="fixed_ips",
            remedy="name a subnet, or widen the service_types of one",
        )
    return found


def _fixed(work: Work, port: Port, fixed: FixedIP, had: Had) -> FixedIP:
    if fixed.ip_address is UNKNOWN or fixed.ip_address or (subnet := work.get(Subnet, fixed.subnet_id)) is None:
        return fixed
    return FixedIP(subnet.id, work.attempt(port, _address, work, port, subnet, had))


def _address(work: Work, port: Port, subnet: Subnet, had: Had) -> str:
    for candidate in _preferred(port, subnet, had):
        if work.take(address_claim(port.network_id, candidate), port.key):
            return candidate
    return _drawn(work, subnet, port.key, f'port "{port.name}"', "fixed_ips")


def _preferred(port: Port, subnet: Subnet, had: Had) -> list[str]:
    if configures_itself(port, subnet):
        return [eui64(subnet.cidr, port.mac_address)]
    if port.device_owner == ROUTER_INTERFACE and subnet.gateway_ip:
        return [subnet.gateway_ip]
    kept = had[subnet.id].pop(0) if had.get(subnet.id) else ""
    return [kept] if kept and contains(subnet.cidr, kept) and kept != subnet.gateway_ip else []


def _drawn(work: Work, subnet: Subnet, key: Key, who: str, field: str) -> str:
    found = work.draw_address(subnet, key)
    if found is None:
        raise Exhausted(
            f'subnet "{subnet.name}" ({subnet.cidr}) has no free address in its pools',
            key=who,
            field=field,
            remedy="widen allocation_pools, delete a port or name an address outside the pools",
        )
    return found


def _leading(work: Work, floating: FloatingIP) -> FloatingIP:
    """The floating IP with the first IPv4 address of its port, if it has a port and names no address of it."""
    if not floating.port_id or floating.fixed_ip_address:
        return floating
    return replace(floating, fixed_ip_address=_first_ipv4(work, floating.port_id))


def _first_ipv4(work: Work, port_id: str) -> str:
    port = work.get(Port, port_id)
    return next((ip for ip in port.addresses if ":" not in ip), "") if port else ""


def led_to_first(work: Work, forwarding: PortForwarding) -> PortForwarding:
    """The forwarding to the first IPv4 address of its port, if it names none."""
    if forwarding.internal_ip_address:
        return forwarding
    return replace(forwarding, internal_ip_address=_first_ipv4(work, forwarding.internal_port_id))


def same_ports(work: Work, forwarding: PortForwarding) -> PortForwarding:
    """The forwarding to the ports outside, if it names none inside."""
    if forwarding.internal_port_range != NO_PORTS:
        return forwarding
    return replace(forwarding, internal_port_range=forwarding.external_port_range)


def _drawn_outside(work: Work, floating: FloatingIP) -> FloatingIP:
    if floating.floating_ip_address:
        return floating
    return replace(floating, floating_ip_address=_external_address(work, floating))


def _external_address(work: Work, floating: FloatingIP) -> str:
    before = work.before(floating)
    network_id = floating.floating_network_id
    if before and before.floating_network_id == network_id:
        kept = before.floating_ip_address
        if work.take(address_claim(network_id, kept), floating.key):
            return kept
    subnets = [subnet for subnet in work.subnets_of(network_id) if subnet.ip_version == 4]
    subnets = [subnet for subnet in subnets if subnet.is_for(FLOATING_IP_OWNER)] or subnets
    for subnet in subnets[:-1]:
        found = work.draw_address(subnet, floating.key)
        if found is not None:
            return found
    if not subnets:
        return ""
    return _drawn(work, subnets[-1], floating.key, f'floating IP "{floating.name}"', "floating_ip_address")
