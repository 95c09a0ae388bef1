"""Port forwardings of a floating IP: a load balancer for each protocol, with one address behind each of its ports.

Theory. The router that leads to what is forwarded to holds the load balancers: it answers ARP for their address at its
gateway and translates there. The switches behind it hold them too, so that what comes from one of those is translated
where it starts. All of it hangs at the floating IP, since its forwardings share rows. Names are Neutron's.

Source: ovn-nb(5), Load_Balancer; ovn-northd(8), Load Balancing.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names, qos
from cpal.model.checks.port_forwarding import forwarding_router
from cpal.model.network import ROUTER_INTERFACE
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import Key
from cpal.model.router import FloatingIP

VIPS = "Load_Balancer.vips"
FORWARDING = "pf-floatingip-"
"""What the name of each load balancer of port forwardings starts with."""
_HOLDERS = ("Logical_Router.load_balancer", "Logical_Switch.load_balancer")


def forwardings(view: View, record: FloatingIP) -> Iterator[Row]:
    """The rows of the port forwardings of a floating IP."""
    found: list[PortForwarding] = view.find("port_forwarding.floating_ip", record.id)
    router = next((router for each in found if (router := forwarding_router(view, each, record))), None)
    if router is None:
        return
    switches = sorted({
        port.network_id for port in view.find("port.device", router.id) if port.device_owner == ROUTER_INTERFACE
    })  # fmt: skip
    for protocol in dict.fromkeys(each.protocol for each in found):
        balancer = RowKey("Load_Balancer", f"{FORWARDING}{record.id}-{protocol}")
        because = (record.key, router.key)
        yield Row(balancer, {"name": balancer.name, "protocol": protocol}, because)
        yield names.edge(_HOLDERS[0], names.router(router.id), balancer, because)
        for network_id in switches:
            yield names.edge(_HOLDERS[1], names.switch(network_id), balancer, (*because, Key("network", network_id)))
    for each in found:
        yield from _vips(each, record)
    yield from qos.of_floating_ip(view, record, None, router)


def _vips(forwarding: PortForwarding, floating: FloatingIP) -> Iterator[Row]:
    """What each external port leads to."""
    balancer = RowKey("Load_Balancer", f"{FORWARDING}{floating.id}-{forwarding.protocol}")
    for outer, inner in forwarding.pairs:
        vip, backend = f"{floating.floating_ip_address}:{outer}", f"{forwarding.internal_ip_address}:{inner}"
        columns: dict[str, Value] = {VALUE: (vip, backend)}
        yield Row(RowKey(VIPS, f"{balancer.name} {vip}"), columns, (forwarding.key, floating.key), within=balancer)
