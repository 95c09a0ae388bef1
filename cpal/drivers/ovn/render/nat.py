"""Address translation at a router's gateways: many to one for its inner subnets, one to one for floating IPs.

Where there are several, each row names its own: northd would else take the first with a subnet that holds the address.

Source: ovn-nb(5), NAT; Networking API, `enable_snat` and `floatingips`.
"""

from __future__ import annotations

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names, qos
from cpal.model.checks.router import router_towards
from cpal.model.network import ROUTER_INTERFACE, Port, Subnet
from cpal.model.router import FloatingIP, Router, gateway_on, gateway_ports, is_placed


def source_nat(view: View, record: Router) -> list[Row]:
    """One row for each gateway and inner IPv4 subnet, to the gateway's first IPv4 address."""
    if record.external_gateway_info is None or not record.external_gateway_info.enable_snat:
        return []
    ports = view.find("port.device", record.id)
    gateways = [each for each in enumerate(gateway_ports(record, ports)) if _translates(view, record, each[1])]
    outer = [(place, port, ip) for place, port in gateways if (ip := _first_ipv4(port))]
    if not outer:
        return []
    inner = {fixed.subnet_id for port in ports if port.device_owner == ROUTER_INTERFACE for fixed in port.fixed_ips}
    rows = []
    for subnet_id in sorted(inner):
        subnet = view.get(Subnet, subnet_id)
        if subnet is None or subnet.ip_version == 6:
            continue
        for place, gateway, address in outer:
            columns: dict[str, Value] = {"type": "snat", "external_ip": address, "logical_ip": subnet.cidr}
            columns |= _at(record, gateway)
            key = RowKey("NAT", f"{record.id} {subnet_id}{f' {gateway.id}' if place else ''}")
            rows.append(Row(key, columns, (record.key, subnet.key), within=names.router(record.id)))
    return rows


def _first_ipv4(port: Port) -> str:
    return next((ip for ip in port.addresses if ":" not in ip), "")


def _at(router: Router, gateway: Port | None) -> dict[str, Value]:
    """The column that says at which of a router's gateways is translated, where it has several."""
    return {"gateway_port": names.router_port(gateway.id)} if gateway and router.more_gateways else {}


def _translates(view: View, router: Router, gateway: Port | None) -> bool:
    """Whether a gateway can be named as the one that translates, which of several takes hosts that carry it."""
    if not router.more_gateways:
        return True
    placed = view.find("placement.subject", router.id)
    return gateway is not None and any(each.hosts and is_placed(router, gateway, each) for each in placed)


def floating_ip(view: View, record: FloatingIP) -> list[Row]:
    """The rows of a floating IP that is associated and whose router is there."""
    port = view.get(Port, record.port_id) if record.port_id else None
    if port is None:
        return []
    subnet_of = {fixed.ip_address: fixed.subnet_id for fixed in port.fixed_ips or ()}
    inner = record.fixed_ip_address or next((ip for ip in subnet_of if ":" not in ip), "")
    router = router_towards(view, record, subnet_of[inner]) if inner in subnet_of else None
    if router is None:
        return []
    columns: dict[str, Value] = {
        "type": "dnat_and_snat",
        "external_ip": record.floating_ip_address,
        "logical_ip": inner,
    }
    if router.distributed:
        columns |= {"external_mac": record.mac_address, "logical_port": port.id}
    if router.more_gateways:
        gateway = gateway_on(router, view.find("port.device", router.id), record.floating_network_id)
        if not _translates(view, router, gateway):
            return []
        columns |= _at(router, gateway)
    within = names.router(router.id)
    row = Row(RowKey("NAT", record.id), columns, (record.key, port.key, router.key), within)
    return [row, *qos.of_floating_ip(view, record, port, router)]
