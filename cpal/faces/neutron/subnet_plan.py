"""What must hold of a subnet's prefix, gateway, pools, routes and servers, in Neutron's words.

Source: neutron 29.0.0, asked; its neutron.db.db_base_plugin_v2, `_validate_subnet`, names the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from cpal.core.allocate import host_bounds
from cpal.faces.neutron.fault import bad_request, conflict, inconvertible
from cpal.model.address import version_of
from cpal.model.network import Subnet

LONGEST_WITH_DHCP = {4: 30, 6: 126}
"""Lengths of prefixes with room for a DHCP server and one of its clients, by version of IP."""
EUI64_LENGTH = 64


def refuse_unlike_modes(modes: Mapping[str, str], dhcp: bool) -> None:
    """Refuse modes of IPv6 that do not go together, or without DHCP.

    Raises:
        ApiFault: they do not.
    """
    ra, address = modes["ipv6_ra_mode"], modes["ipv6_address_mode"]
    if (ra or address) and not dhcp:
        raise inconvertible("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False.")
    if ra and address and ra != address:
        modes_set = f"ipv6_ra_mode set to '{ra}' with ipv6_address_mode set to '{address}'"
        raise inconvertible(f"{modes_set} is not valid. If both attributes are set, they must be the same value.")


def refuse_unfit(subnet: Subnet, dhcp_begins: bool) -> None:
    """Refuse what cannot be of a subnet, its pools aside; `dhcp_begins` where it has DHCP and had none before.

    Raises:
        ApiFault: naming the first that cannot.
    """
    for wrong in _unfit(subnet, ip_network(subnet.cidr), dhcp_begins):
        raise inconvertible(f"{wrong}.")


def _unfit(subnet: Subnet, inside: IPv4Network | IPv6Network, dhcp_begins: bool) -> Iterator[str]:
    if inside.version == 6 and int(inside.network_address) == 0:
        yield "IPv6 subnet '::' is not supported"
    if dhcp_begins:
        yield from _unfit_for_dhcp(inside)
    gateway = ip_address(subnet.gateway_ip) if subnet.gateway_ip else None
    if gateway is not None and gateway.version != inside.version:
        yield f"gateway_ip '{gateway}' does not match the ip_version '{inside.version}'"
    ends = (inside.network_address, inside.broadcast_address)
    if gateway in ends and inside.version == 4 and inside.prefixlen < inside.max_prefixlen - 1:
        yield "Gateway is not valid on subnet"
    named = [("dns_nameserver", server) for server in subnet.dns_nameservers]
    for route in subnet.host_routes:
        named += [("nexthop", route.nexthop), ("destination", route.destination)]
    for name, text in named:
        if version_of(text.partition("/")[0]) != inside.version:
            yield f"{name} '{text}' does not match the ip_version '{inside.version}'"
    makes_own = {"slaac", "dhcpv6-stateless"} & {subnet.ipv6_ra_mode, subnet.ipv6_address_mode}
    if makes_own and inside.prefixlen != EUI64_LENGTH:
        yield (f"Invalid CIDR {subnet.cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, which "
               "requires the prefix to be /64")  # fmt: skip


def _unfit_for_dhcp(inside: IPv4Network | IPv6Network) -> Iterator[str]:
    if inside.prefixlen > LONGEST_WITH_DHCP[inside.version]:
        yield "Subnet has a prefix length that is incompatible with DHCP service enabled"
    if inside.is_multicast:
        yield "Multicast IP subnet is not supported if enable_dhcp is True"
    if inside.is_loopback:
        yield "Loopback IP subnet is not supported if enable_dhcp is True"
    if int(inside.network_address) == 0:
        yield "First IP '0.0.0.0' of network is not supported if enable_dhcp is True."


def refuse_pools(subnet: Subnet) -> None:
    """Refuse allocation pools that cannot be.

    Raises:
        ApiFault: naming the first that cannot.
    """
    inside = ip_network(subnet.cidr)
    gateway = ip_address(subnet.gateway_ip) if subnet.gateway_ip else None
    seen: list[tuple[int, int, str]] = []
    first, last = host_bounds(inside)
    for pool in subnet.allocation_pools or ():
        start, end, told = ip_address(pool.start), ip_address(pool.end), f"{pool.start}-{pool.end}"
        if start.version != end.version or int(start) > int(end):
            pair = {"start": pool.start, "end": pool.end}
            raise bad_request(f"The allocation pool {pair} is not valid.", "InvalidAllocationPool")
        if start.version != inside.version:
            raise bad_request(f"The allocation pool {told} is not valid.", "InvalidAllocationPool")
        if start not in inside or end not in inside or int(start) < first or int(end) > last:
            raise bad_request(
                f"The allocation pool {told} spans beyond the subnet cidr {subnet.cidr}.", "OutOfBoundsAllocationPool"
            )
        for low, high, other in seen:
            if int(start) <= high and low <= int(end):
                message = f"Found overlapping allocation pools: {other} {told} for subnet {subnet.cidr}."
                raise conflict("OverlappingAllocationPools", message)
        seen.append((int(start), int(end), told))
        if gateway is not None and int(start) <= int(gateway) <= int(end):
            message = f"Gateway ip {gateway} conflicts with allocation pool {told}."
            raise conflict("GatewayConflictWithAllocationPools", message)
