"""What must hold for port forwardings, and for floating IPs that have some.

Source: Networking API v2.0, `port_forwardings` of `floatingips`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.router import router_towards
from cpal.model.checks.words import FOREIGN, Problem, called_fully, missing, not_completed, sure
from cpal.model.estate import Estate, LookUps
from cpal.model.network import Port
from cpal.model.port_forwarding import FORWARDED, NO_PORTS, PortForwarding
from cpal.model.router import FloatingIP, Router
from cpal.model.target import Range

LAST_PORT = 65535


def forwarding_problems(estate: Estate, forwarding: PortForwarding) -> Iterator[Problem]:
    """What a forwarding says of protocol and ports."""
    if forwarding.protocol not in FORWARDED:
        yield Problem("protocol", f"ports of {forwarding.protocol!r} cannot be forwarded", "tcp or udp")
    outer, inner = forwarding.external_port_range, forwarding.internal_port_range
    wrong = [*_range("external_port_range", outer), *_range("internal_port_range", inner)]
    yield from wrong
    if not wrong and inner.start != inner.end and inner.end - inner.start != outer.end - outer.start:
        why = f"{_words(outer)} outside and {_words(inner)} inside are not as many"
        yield Problem("internal_port_range", why, "name as many, or one for all of them")


def _range(field: str, ports: Range) -> Iterator[Problem]:
    if ports == NO_PORTS:
        yield not_completed(field)
    elif not 1 <= ports.start <= ports.end <= LAST_PORT:
        yield Problem(field, f"{_words(ports)} is no range of ports", f"within 1 to {LAST_PORT}, the lower one first")


def _words(ports: Range) -> str:
    return str(ports.start) if ports.start == ports.end else f"{ports.start}-{ports.end}"


def outside_problems(estate: Estate, forwarding: PortForwarding) -> Iterator[Problem]:
    """What is wrong with the floating IP of a forwarding."""
    floating = estate.get(FloatingIP, forwarding.floatingip_id)
    if floating is None:
        yield missing("floatingip_id", "floating_ip", forwarding.floatingip_id)
    elif floating.project_id != forwarding.project_id:
        why = f"{called_fully(estate, floating)} belongs to another project"
        yield Problem("floatingip_id", why, "use one of its own", FOREIGN)


def inside_problems(estate: Estate, forwarding: PortForwarding) -> Iterator[Problem]:
    """What is wrong with the port that a forwarding leads to, and with the way there."""
    port = estate.get(Port, forwarding.internal_port_id)
    if port is None:
        yield missing("internal_port_id", "port", forwarding.internal_port_id)
        return
    if port.project_id != forwarding.project_id:
        why = f"{called_fully(estate, port)} belongs to another project"
        yield Problem("internal_port_id", why, "use a port of its own", FOREIGN)
    inner = forwarding.internal_ip_address
    if not inner:
        yield not_completed("internal_ip_address")
    elif inner not in port.addresses or ":" in inner:
        four = ", ".join(ip for ip in port.addresses if ":" not in ip)
        remedy = f"one of {four}" if four else "name a port that has an IPv4 address"
        yield Problem("internal_ip_address", f"{inner} is no IPv4 address of {called_fully(estate, port)}", remedy)
    else:
        yield from sure(_way(estate, forwarding, port))
        yield from sure(_translated_as_a_whole(estate, port, inner))


def _way(estate: Estate, forwarding: PortForwarding, port: Port) -> Iterator[Problem]:
    """All that a floating IP leads to is behind one router, which has its address."""
    floating = estate.get(FloatingIP, forwarding.floatingip_id)
    if floating is None:
        return
    router = forwarding_router(estate, forwarding, floating)
    if router is None:
        subnet_id = next(
            (f.subnet_id for f in port.fixed_ips or () if f.ip_address == forwarding.internal_ip_address), ""
        )
        estate.nothing_more("port.routed_subnet", subnet_id)
        why = f"no router leads from {called_fully(estate, port)} to the floating IP's network"
        remedy = "give a router an interface on the port's subnet and its gateway on that network"
        yield Problem("internal_port_id", why, remedy)
        return
    first = min(estate.find("port_forwarding.floating_ip", floating.id), key=lambda each: each.id)
    other = forwarding_router(estate, first, floating)
    if other is not None and other.id != router.id:
        why = f"{called_fully(estate, port)} is behind {called_fully(estate, router)}, and the floating IP is at "
        yield Problem("internal_port_id", why + called_fully(estate, other), "use another floating IP")


def _translated_as_a_whole(estate: Estate, port: Port, inner: str) -> Iterator[Problem]:
    for floating in estate.find("floating_ip.port", port.id):
        if floating.fixed_ip_address == inner:
            why = f"{inner} is translated to {floating.floating_ip_address} as a whole"
            yield Problem("internal_port_id", why, "leave one of both out")


def forwarding_router(estate: LookUps, forwarding: PortForwarding, floating: FloatingIP) -> Router | None:
    """The router by which a floating IP leads to what a forwarding names."""
    port = estate.get(Port, forwarding.internal_port_id)
    for fixed in (port.fixed_ips or ()) if port else ():
        if fixed.ip_address == forwarding.internal_ip_address:
            return router_towards(estate, floating, fixed.subnet_id)
    return None


def forwarding_floating_ip_problems(estate: Estate, floating: FloatingIP) -> Iterator[Problem]:
    """A floating IP that leads to a port as a whole has no ports to forward."""
    if floating.port_id and estate.ids("port_forwarding.floating_ip", floating.id):
        yield Problem("port_id", "ports of the floating IP are forwarded", "delete its port forwardings first")


PORT_FORWARDING_CHECKS = (forwarding_problems, outside_problems, inside_problems)
