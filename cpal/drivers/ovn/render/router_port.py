"""A port of a router: the switch's side, the router's side, and for a gateway its hosts and default routes.

Source: ovn-nb(5), Logical_Router_Port, Gateway_Chassis, Logical_Router_Static_Route, BFD; Networking API,
`ipv6_ra_mode` (who sends router advertisements); ovn-architecture(7), Physical VLAN MTU Issues.
"""

from __future__ import annotations

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import dns, names, qos
from cpal.drivers.ovn.render.dhcp import domain
from cpal.model.network import ROUTER_GATEWAY, Network, Port, Subnet
from cpal.model.record import Key
from cpal.model.router import Router, is_placed

_RA_MODES = {"slaac": "slaac", "dhcpv6-stateful": "dhcpv6_stateful", "dhcpv6-stateless": "dhcpv6_stateless"}
_DEFAULT_PREFIX = {4: "0.0.0.0/0", 6: "::/0"}


def router_port(view: View, record: Port, network: Network, router: Router) -> list[Row]:
    """The rows of a router's interface or gateway; none while it has no address, which OVN demands of one."""
    subnets = {
        fixed.subnet_id: subnet for fixed in record.fixed_ips or () if (subnet := view.get(Subnet, fixed.subnet_id))
    }
    if not subnets:
        return []
    rows = [_switch_side(record, network), _router_side(view, record, network, router, subnets)]
    rows += dns.records(record, domain(network))
    if record.device_owner != ROUTER_GATEWAY:
        return rows
    rows += qos.of_gateway(view, record, network, router)
    rows += _gateway_hosts(view, record, router)
    is_first = all(each.port_id != record.id for each in router.more_gateways)
    return rows + (_default_routes(record, router, subnets) if is_first or router.enable_default_route_ecmp else [])


def _is_gateway(record: Port) -> bool:
    return record.device_owner == ROUTER_GATEWAY


def _switch_side(record: Port, network: Network) -> Row:
    options = {"router-port": names.router_port(record.id).name}
    if _is_gateway(record):
        options |= {"nat-addresses": "router", "exclude-lb-vips-from-garp": "true"}
    columns: dict[str, Value] = {
        "name": record.id,
        "type": "router",
        "addresses": ("router",),
        "options": options,
        **names.external_ids(record.name),
    }
    if not (record.admin_state_up and network.admin_state_up):
        columns["enabled"] = False
    return Row(names.switch_port(record.id), columns, (record.key,), within=names.switch(network.id))


def _router_side(view: View, record: Port, network: Network, router: Router, subnets: dict[str, Subnet]) -> Row:
    key = names.router_port(record.id)
    columns: dict[str, Value] = {
        "name": key.name,
        "mac": record.mac_address,
        "networks": _networks(record, subnets),
        **names.external_ids(record.name),
    }
    options = _options(view, record, network, router)
    if options:
        columns["options"] = options
    advertisements = {} if _is_gateway(record) else _advertisements(network, subnets)
    if advertisements:
        columns["ipv6_ra_configs"] = advertisements
    if not record.admin_state_up:
        columns["enabled"] = False
    return Row(key, columns, (record.key, router.key), within=names.router(router.id))


def _networks(record: Port, subnets: dict[str, Subnet]) -> tuple[str, ...]:
    return tuple(
        sorted(
            f"{fixed.ip_address}/{subnets[fixed.subnet_id].cidr.partition('/')[2]}"
            for fixed in record.fixed_ips or ()
            if fixed.subnet_id in subnets
        )
    )


def _options(view: View, record: Port, network: Network, router: Router) -> dict[str, str]:
    """A provider network's packets stay on its wire (Neutron's habit); a smaller MTU than elsewhere is told."""
    options = {}
    centralised = router.external_gateway_info is not None and not router.distributed
    if network.physical_network and centralised and not _is_gateway(record):
        options["reside-on-redirect-chassis"] = "true"
    beside = {other.network_id for other in view.find("port.device", router.id)} - {network.id}
    others = [found.mtu for network_id in sorted(beside) if (found := view.get(Network, network_id))]
    if network.mtu and max(others, default=0) > network.mtu:
        options["gateway_mtu"] = str(network.mtu)
    return options


def _advertisements(network: Network, subnets: dict[str, Subnet]) -> dict[str, str]:
    """What OVN advertises from a port: one mode and one name server, for all its prefixes.

    The subnets of one port agree on the mode (`model.checks.port`). The server is one that DHCP does not tell anyway.
    """
    wanting = [subnet for subnet in subnets.values() if subnet.ip_version == 6 and subnet.ipv6_ra_mode]
    if not wanting:
        return {}
    mode = _RA_MODES[wanting[0].ipv6_ra_mode]
    configuration = {"address_mode": mode, "send_periodic": "true", "mtu": str(network.mtu)}
    wanting.sort(key=lambda subnet: subnet.serves_dhcp)
    servers = [server for subnet in wanting for server in subnet.dns_nameservers]
    if servers:
        configuration["rdnss"] = servers[0]
    if network.dns_domain:
        configuration["dnssl"] = domain(network)
    return configuration


def _gateway_hosts(view: View, record: Port, router: Router) -> list[Row]:
    port = names.router_port(record.id)
    rows = []
    for placement in view.find("placement.subject", router.id):
        if not is_placed(router, record, placement):
            continue
        for place, host in enumerate(placement.hosts):
            key = RowKey("Gateway_Chassis", f"{port.name}_{host}")
            columns: dict[str, Value] = {
                "name": key.name,
                "chassis_name": host,
                "priority": len(placement.hosts) - place,
            }
            rows.append(Row(key, columns, (placement.key, record.key), within=port))
    return rows


def _default_routes(record: Port, router: Router, subnets: dict[str, Subnet]) -> list[Row]:
    """The routes to the external subnets' gateways; a static route to everywhere stands in place of one.

    Routes to one prefix share the traffic between them; one with a BFD session counts while its next hop answers.
    """
    port = names.router_port(record.id)
    static = {route.destination for route in router.routes}
    rows = []
    for subnet in subnets.values():
        if not subnet.gateway_ip or _DEFAULT_PREFIX[subnet.ip_version] in static:
            continue
        columns: dict[str, Value] = {
            "ip_prefix": _DEFAULT_PREFIX[subnet.ip_version],
            "nexthop": subnet.gateway_ip,
            "output_port": port.name,
        }
        because: tuple[Key, ...] = (record.key, subnet.key)
        key = RowKey("Logical_Router_Static_Route", f"{record.id} {subnet.id}")
        if router.enable_default_route_bfd:
            session = RowKey("BFD", key.name)
            ends: dict[str, Value] = {"logical_port": port.name, "dst_ip": subnet.gateway_ip}
            rows.append(Row(session, ends, (*because, router.key), needs=(port,)))
            columns["bfd"] = session
        rows.append(Row(key, columns, because, names.router(router.id), needs=(port,)))
    return rows
