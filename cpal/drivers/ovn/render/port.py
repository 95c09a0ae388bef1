"""A port: a logical switch port, its memberships, its names.

Port security. OVN admits the addresses that an entry names; an entry without any admits all. So a port that has no
address gets 0.0.0.0, from which a client may still ask for one. IPv6 link-local addresses of an entry's MAC are
admitted where the entry holds an IPv6 address. Source: ovn-nb(5), Logical_Switch_Port `addresses`, `port_security`.

Trunks. A subport is nested in the trunk's port: OVN delivers its traffic there in the VLAN of its tag, and claims it
where that port is, whatever host it names. Source: ovn-nb(5), Logical_Switch_Port `parent_name`, `tag`;
ovn-architecture(7), Life Cycle of a Container Interface Inside a VM.

External ports. One whose interface hardware hands through to its machine is `external`: the best of the hosts that it
is placed on answers it, such as its DHCP, and nothing filters it. Where it is bound does not matter to OVN; nor where a
remote-managed one is, whose card has a hypervisor of its own. Source: ovn-nb(5), Logical_Switch_Port `type`,
`ha_chassis_group`.

Distributed ports. A port of that owner is a `localport`: at each host, what is plugged there answers for it.

What is taken of networks and subnets, which have many ports, is little, so that they are rendered again only for that.

Trust. A port is a router's only if that router exists: what a tenant writes into `device_owner` alone opens nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.core.view import Aspect, View
from cpal.drivers.ovn.render import dhcp, dns, names, qos, router_port
from cpal.drivers.ovn.render.dhcp import domain
from cpal.drivers.ovn.render.security import DROP, DROP_ROW
from cpal.model.network import DISTRIBUTED, MIGRATING_TO, ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port
from cpal.model.record import Key
from cpal.model.router import Router
from cpal.model.target import Placement
from cpal.model.trunk import Trunk

MEMBER = "Port_Group.ports"
_ROUTER_OWNERS = (ROUTER_INTERFACE, ROUTER_GATEWAY)


class _OfNetwork(NamedTuple):
    """What a workload's port takes of its network."""

    admin_state_up: bool
    qos_policy_id: str
    dns_domain: str


_NETWORK = Aspect(
    "network of a port",
    Network,
    lambda network: _OfNetwork(network.admin_state_up, network.qos_policy_id, domain(network)),
)


def port(view: View, record: Port) -> list[Row]:
    """The rows of a port."""
    network = view.aspect(_NETWORK, record.network_id)
    if network is None:
        return []
    if record.device_owner in _ROUTER_OWNERS:
        router, whole = view.get(Router, record.device_id), view.get(Network, record.network_id)
        if router is not None and whole is not None:
            return router_port.router_port(view, record, whole, router)
    return _workload_port(view, record, network)


def _workload_port(view: View, record: Port, network: _OfNetwork) -> list[Row]:
    own = view.key
    key = names.switch_port(record.id)
    is_distributed = record.device_owner == DISTRIBUTED
    columns, rows = ({"type": "localport"}, []) if is_distributed else dhcp.of_port(view, record)
    columns["name"] = record.id
    _set_addresses(record, columns)
    if record.name:
        columns["external_ids"] = {names.NAME: record.name}
    trunks: list[Trunk] = view.find("trunk.subport", record.id)
    because: tuple[Key, ...] = (own,)
    for trunk in trunks:
        columns |= _nested(trunk, record.id)
        because += (trunk.key,)
    is_external = record.is_handed_through and not (trunks or is_distributed)
    if is_external:
        columns |= _external(view, record, rows)
    options = _options(record, placed=not (trunks or is_external or record.vnic_type == "remote-managed"))
    policy_id = qos.policy_of(record, network.qos_policy_id)
    if policy_id:
        options |= qos.options(view, record, policy_id)
    if options:
        columns["options"] = options
    if not (record.admin_state_up and network.admin_state_up):
        columns["enabled"] = False
    rows.append(Row(key, columns, because, names.switch(record.network_id)))
    member: names.Columns = {VALUE: key}
    if record.port_security_enabled:
        rows.append(names.edge(MEMBER, DROP_ROW, key, (own, DROP), member))
    for group_id in record.security_groups or ():
        rows.append(names.edge(MEMBER, names.group(group_id), key, (own, names.group_record(group_id)), member))
    if record.dns_name:
        rows += dns.records(record, network.dns_domain)
    if policy_id:
        rows += qos.of_port(view, record, policy_id)
    return rows


def _external(view: View, record: Port, rows: list[Row]) -> dict[str, Value]:
    """The columns of a port that is on its physical network past OVN's switches; puts who answers it into the rows."""
    placed: list[Placement] = view.find("placement.subject", record.id)
    if not placed:
        return {"type": "external"}
    [placement] = placed
    group, because = names.answering(record.id), (record.key, placement.key)
    rows.append(Row(group, {"name": group.name}, because))
    for place, host in enumerate(placement.hosts):
        columns: dict[str, Value] = {"chassis_name": host, "priority": len(placement.hosts) - place}
        rows.append(Row(RowKey("HA_Chassis", f"{group.name} {host}"), columns, because, within=group))
    return {"type": "external", "ha_chassis_group": group}


def _nested(trunk: Trunk, port_id: str) -> dict[str, Value]:
    """The columns of a subport that say through which port it is reached, and in which VLAN."""
    vlans = {subport.port_id: subport.segmentation_id for subport in trunk.sub_ports}
    return {"parent_name": trunk.port_id, "tag": vlans[port_id]}


def _set_addresses(record: Port, columns: dict[str, Value]) -> None:
    """Put into the columns where the port is, and what it may send from."""
    fixed_ips = record.fixed_ips or ()
    own = record.mac_address
    for fixed in fixed_ips:
        own = f"{own} {fixed.ip_address}"
    if record.port_security_enabled and fixed_ips and not record.allowed_address_pairs:
        columns["addresses"] = columns["port_security"] = (own,)
        return
    security = _security(record)
    macs = dict.fromkeys(entry[:17] for entry in security)
    others = [mac for mac in macs if mac != record.mac_address]
    known = record.port_security_enabled or record.device_owner == DISTRIBUTED or record.is_handed_through
    columns["addresses"] = tuple(sorted([own, *others, *(() if known else ("unknown",))]))
    if security:
        columns["port_security"] = security


def _security(record: Port) -> tuple[str, ...]:
    """One entry for each MAC address the port may use, with the addresses it may use from there."""
    if not record.port_security_enabled:
        return ()
    allowed: dict[str, dict[str, None]] = {record.mac_address: dict.fromkeys(record.addresses)}
    for pair in record.allowed_address_pairs:
        allowed.setdefault(pair.mac_address or record.mac_address, {})[pair.ip_address] = None
    if not allowed[record.mac_address]:
        allowed[record.mac_address] = {"0.0.0.0": None}
    return tuple(sorted(" ".join((mac, *addresses)) for mac, addresses in allowed.items()))


def _place(record: Port) -> dict[str, str]:
    """Where a port is, and where it is being moved to: packets pass there once its machine has told of itself by RARP.

    Source: ovn-nb(5), Logical_Switch_Port `options:requested-chassis`, `activation-strategy`; OVN 22.09 and later.
    """
    coming = msgspec.json.decode(record.binding_profile).get(MIGRATING_TO) if record.binding_profile else None
    if coming in (None, "", record.host_id):
        return {"requested-chassis": record.host_id}
    return {"requested-chassis": f"{record.host_id},{coming}", "activation-strategy": "rarp"}


def _options(record: Port, placed: bool) -> dict[str, str]:
    """The options of a port; of one that is `placed`, where."""
    options = _place(record) if record.host_id and placed else {}
    if record.dns_name:
        options["hostname"] = dhcp.string(record.dns_name.rstrip(".").lower())
    return options
