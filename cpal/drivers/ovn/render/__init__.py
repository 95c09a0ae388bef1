"""From records to the rows that the Northbound database should hold: pure, one function for each kind of record.

The realisation is the one that Neutron's ML2/OVN mechanism driver uses, so that its rows can be adopted: names, port
groups, match strings. Each function looks up only what its record refers to, never everything of a network or group,
so that one more port costs the rendering of one port.

    network         switch.py     Logical_Switch, its localnet port, its DNS row
    subnet          dhcp.py       DHCP_Options
    port            port.py       Logical_Switch_Port, group memberships, DNS records; of a router: router_port.py;
                    qos.py        QoS, of its policy; of a gateway or floating IP too
    router          router.py     Logical_Router, static routes, source NAT
    floating_ip     nat.py        NAT; forwarding.py: Load_Balancer, of its port forwardings
    security group, rule, address group, the drop group      security.py
    the meter of logs, which filters have by log.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.core.rows import Row
from cpal.core.view import View
from cpal.drivers.ovn.render import dhcp, forwarding, log, nat, port, router, security, switch
from cpal.model.record import Key
from cpal.model.router import FloatingIP


def _floating_ip(view: View, record: FloatingIP) -> list[Row]:
    return [*nat.floating_ip(view, record), *forwarding.forwardings(view, record)]


RENDER: Mapping[str, Any] = {
    "network": switch.network,
    "subnet": dhcp.subnet,
    "port": port.port,
    "router": router.router,
    "floating_ip": _floating_ip,
    "security_group": security.group,
    "security_group_rule": security.rule,
    "address_group": security.address_group,
    security.DROP.kind: security.drop_group,
    log.METERED.kind: log.meter,
}
"""What renders each kind of record."""

SINGLETONS: tuple[Key, ...] = (security.DROP, log.METERED)
"""Derived keys that are always rendered."""

__all__ = ["RENDER", "SINGLETONS"]
