"""QoS policies: one QoS row for each direction of a port, a gateway or a floating IP, and the guarantee of a port.

Theory. A row of the switch matches what comes from a port, or goes to it; its meter drops what is beyond the limit, its
action marks. A policy's rules of one direction share a row, since OVN applies one row alone to a packet. Gateways and
floating IPs are limited on the external network's switch, where the router's packets have their outer addresses, and a
floating IP's only where its address is translated. Match strings and priorities are Neutron's.

A guarantee is an option of the switch port: OVN makes of it a queue of the interface that the physical network is on.
Neutron then puts the limit there too. Here it stays with the meter, which works where Open vSwitch forwards in user
space as well, which has no queues.

Source: ovn-nb(5), QoS, Logical_Switch_Port `qos_min_rate`; ovn-sb(5), `is_chassis_resident`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names
from cpal.model.network import DISTRIBUTED, Network, Port
from cpal.model.qos import (
    EGRESS,
    INGRESS,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
)
from cpal.model.record import Key, Record
from cpal.model.router import FloatingIP, Router, gateway_on

PRIORITY, PRIORITY_FLOATING = 2002, 2003
_DIRECTIONS = {EGRESS: ("from-lport", "inport", "src"), INGRESS: ("to-lport", "outport", "dst")}
"""OVN's word for each direction, and what it matches: the port, and the field with the port's address."""
_LIMITS, _MARKS, _GUARANTEES = (
    f"{kind.kind}.policy" for kind in (QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule)
)
BITS = 1000
"""Bits in a kilobit."""


def policy_of(record: Port, of_network: str) -> str:
    """The id of the policy of a workload's port: its own, else its network's; "" for none.

    What serves the network on each host is not limited as they are.
    """
    return record.qos_policy_id or ("" if record.device_owner == DISTRIBUTED else of_network)


def of_port(view: View, record: Port, policy_id: str) -> Iterator[Row]:
    """The rows of a port of a workload, of its policy."""
    for direction, (_, side, _) in _DIRECTIONS.items():
        match = f'{side} == "{record.id}"'
        yield from _row(view, record, policy_id, direction, match, record.network_id)


def options(view: View, record: Port, policy_id: str) -> dict[str, str]:
    """The options by which a port's packets have a queue of their own, where it is guaranteed bandwidth."""
    network = view.get(Network, record.network_id)
    if network is None or not network.physical_network:
        return {}
    rates = [rule.min_kbps for rule in view.find(_GUARANTEES, policy_id) if rule.direction == EGRESS and rule.min_kbps]
    return {"qos_min_rate": str(rates[0] * BITS)} if rates else {}


def of_gateway(view: View, record: Port, network: Network, router: Router) -> Iterator[Row]:
    """The rows of a router's gateway: of its own policy, which the first may have, else of the external network's."""
    gateway = router.external_gateway_info
    is_first = gateway is not None and all(each.port_id != record.id for each in router.more_gateways)
    policy_id = (gateway.qos_policy_id if gateway and is_first else "") or network.qos_policy_id
    for direction, (_, side, _) in _DIRECTIONS.items():
        yield from _row(view, record, policy_id, direction, f'{side} == "{record.id}"', network.id)


def of_floating_ip(view: View, record: FloatingIP, port: Port | None, router: Router) -> Iterator[Row]:
    """The rows of a floating IP: of its own policy, else of the external network's.

    Without a port its ports are forwarded one by one, which is always done at the gateway.
    """
    network = view.get(Network, record.floating_network_id)
    policy_id = record.qos_policy_id or (network.qos_policy_id if network else "")
    if not policy_id:
        return
    gateway = gateway_on(router, view.find("port.device", router.id), record.floating_network_id)
    if gateway is None:
        return
    place = port.id if port and router.distributed else names.chassis_redirect(gateway.id)
    for direction, (_, side, field) in _DIRECTIONS.items():
        address = f"ip4.{field} == {record.floating_ip_address}"
        match = f'{side} == "{gateway.id}" && {address} && is_chassis_resident("{place}")'
        yield from _row(view, record, policy_id, direction, match, gateway.network_id, PRIORITY_FLOATING)


def _row(
    view: View, record: Record, policy_id: str, direction: str, match: str, network_id: str, priority: int = PRIORITY
) -> Iterator[Row]:
    """The row that a policy gives a direction, if it says anything about it."""
    done = _done(view, policy_id, direction) if policy_id else {}
    if done:
        columns: dict[str, Value] = {
            "priority": priority, "direction": _DIRECTIONS[direction][0], "match": match, **done,
        }  # fmt: skip
        key = RowKey("QoS", f"{record.id} {direction}")
        yield Row(key, columns, (record.key, Key("qos_policy", policy_id)), names.switch(network_id))


def _done(view: View, policy_id: str, direction: str) -> dict[str, Value]:
    """What the rules of a policy have done to packets of a direction."""
    columns: dict[str, Value] = {}
    for limit in view.find(_LIMITS, policy_id):
        if limit.direction == direction:
            burst = {"burst": limit.max_burst_kbps} if limit.max_burst_kbps else {}
            columns["bandwidth"] = {**burst, "rate": limit.max_kbps}
    for mark in view.find(_MARKS, policy_id) if direction == EGRESS else ():
        columns["action"] = {"dscp": mark.dscp_mark}
    return columns
