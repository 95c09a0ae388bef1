"""Address translation at a router's gateway: many to one for its inner subnets, one to one for floating IPs.

Source: ovn-nb(5), NAT; Networking API, `enable_snat` and `floatingips`.
"""

from __future__ import annotations

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names, qos
from cpal.model.checks.router import router_towards
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Port, Subnet
from cpal.model.router import FloatingIP, Router


def source_nat(view: View, record: Router) -> list[Row]:
    """One row for each inner IPv4 subnet, to the gateway's first IPv4 address."""
    if record.external_gateway_info is None or not record.external_gateway_info.enable_snat:
        return []
    ports = view.find("port.device", record.id)
    outer = [ip for port in ports if port.device_owner == ROUTER_GATEWAY for ip in port.addresses if ":" not in ip]
    if not outer:
        return []
    inner = {fixed.subnet_id for port in ports if port.device_owner == ROUTER_INTERFACE for fixed in port.fixed_ips}
    rows = []
    for subnet_id in sorted(inner):
        subnet = view.get(Subnet, subnet_id)
        if subnet is None or subnet.ip_version == 6:
            continue
        columns: dict[str, Value] = {"type": "snat", "external_ip": outer[0], "logical_ip": subnet.cidr}
        key = RowKey("NAT", f"{record.id} {subnet_id}")
        rows.append(Row(key, columns, (record.key, subnet.key), within=names.router(record.id)))
    return rows


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
    within = names.router(router.id)
    row = Row(RowKey("NAT", record.id), columns, (record.key, port.key, router.key), within)
    return [row, *qos.of_floating_ip(view, record, port, router)]
