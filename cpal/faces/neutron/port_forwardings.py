"""Port forwardings of floating IPs.

Source: Networking API v2.0, floatingips/port_forwardings; extensions floating-ip-port-forwarding, -description,
-port-ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.attribute import UNSET
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.floating_ips import FLOATING_IPS
from cpal.faces.neutron.resource import Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.tables import PORT_FORWARDING
from cpal.model.checks.port_forwarding import forwarding_router
from cpal.model.network import Port
from cpal.model.port_forwarding import NO_PORTS, PortForwarding
from cpal.model.record import Record
from cpal.model.router import FloatingIP
from cpal.model.target import Range


def show_forwarding(scene: Scene, forwarding: PortForwarding) -> dict[str, Any]:
    """A port forwarding as the API shows it: one port by its number too, and any by their range."""
    shown: dict[str, Any] = {
        "id": forwarding.id,
        "description": forwarding.description,
        "protocol": forwarding.protocol,
        "internal_port_id": forwarding.internal_port_id,
        "internal_ip_address": forwarding.internal_ip_address,
    }
    for side in ("external", "internal"):
        ports: Range = getattr(forwarding, f"{side}_port_range")
        shown |= {f"{side}_port": ports.start} if ports.start == ports.end else {}
        shown[f"{side}_port_range"] = _words(ports)
    return shown


def answer_forwarding(scene: Scene, forwarding: PortForwarding) -> dict[str, Any]:
    """The same, with null for the number of several: what is shown to who makes or changes it."""
    return {"external_port": None, "internal_port": None, **show_forwarding(scene, forwarding)}


def _words(ports: Range) -> str:
    return f"{ports.start}:{ports.end}"


def _wrong(why: str) -> ApiFault:
    return bad_request(f"Bad port_forwarding request: {why}.", "BadRequest")


def make_forwarding(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new port forwarding."""
    floating = scene.estate.get(FloatingIP, values["floatingip_id"])
    assert floating is not None, "the service found it"
    if floating.port_id:
        message = (
            f"Cannot associate floating IP {floating.floating_ip_address} ({floating.id}) with port "
            f"{values['internal_port_id']}, as it is associated with port {floating.port_id} as a whole."
        )
        raise conflict("FloatingIPPortAlreadyAssociated", message)
    ports = {side: _asked(values, side) for side in ("external", "internal")}
    for side, asked in ports.items():
        if asked is None:
            raise _wrong(f"{side}_port or {side}_port_range is needed")
    forwarding = PortForwarding(
        id=id, project_id=floating.project_id, floatingip_id=floating.id, protocol=values["protocol"],
        internal_port_id=scene.seen(Port, values["internal_port_id"], "Port").id,
        external_port_range=ports["external"] or NO_PORTS, internal_port_range=ports["internal"] or NO_PORTS,
        internal_ip_address=values["internal_ip_address"], **sent(values, "description"),
    )  # fmt: skip
    yield _sound(scene, forwarding, floating)


def _asked(values: Values, side: str) -> Range | None:
    """The ports of a side that are asked for: by number, whatever the range beside it is, or as a range."""
    port, text = values.get(f"{side}_port", UNSET), values.get(f"{side}_port_range", UNSET)
    port, text = (None if each is UNSET else each for each in (port, text))
    if port is not None or text is None:
        return None if port is None else Range(port, port)
    first, _, last = text.partition(":")
    return Range(int(first), int(last or first))


def change_forwarding(scene: Scene, forwarding: PortForwarding, values: Values) -> Iterator[Record]:
    """The records of a changed port forwarding."""
    floating = scene.estate.get(FloatingIP, forwarding.floatingip_id)
    assert floating is not None, "a forwarding has a floating IP"
    changed = replace(forwarding, **sent(values, "description", "protocol"))
    for side in ("external", "internal"):
        ports = _asked(values, side)
        changed = replace(changed, **{f"{side}_port_range": ports}) if ports else changed
    port_id, address = values.get("internal_port_id"), values.get("internal_ip_address")
    if port_id and port_id != forwarding.internal_port_id:
        port = scene.seen(Port, port_id, "Port")
        changed = replace(changed, internal_port_id=port.id, internal_ip_address="")
    if address:
        changed = replace(changed, internal_ip_address=address)
    yield _sound(scene, changed, floating)


def _sound(scene: Scene, forwarding: PortForwarding, floating: FloatingIP) -> PortForwarding:
    """The forwarding, with an address of its port, if nothing stands in its way."""
    port = scene.estate.get(Port, forwarding.internal_port_id)
    four = [address for address in (port.addresses if port else ()) if ":" not in address]
    if port is None or not four:
        raise _wrong(f"Requested internal port {forwarding.internal_port_id} must allocate an IPv4 address at least.")
    inner = forwarding.internal_ip_address or four[0]
    if inner not in four:
        held = [{"subnet_id": each.subnet_id, "ip_address": each.ip_address} for each in port.fixed_ips or ()]
        if scene.estate.get(PortForwarding, forwarding.id) is not None:
            raise _wrong("The internal IP does not correspond to an address on the internal port, which has fixed_ips "
                         f"{held}")  # fmt: skip
        raise _wrong(f"Requested internal IP address {inner} is not suitable for internal neutron port "
                     f"{forwarding.internal_port_id}, as its fixed_ips are {held}")  # fmt: skip
    forwarding = replace(forwarding, internal_ip_address=inner)
    _refuse_uneven(forwarding)
    _refuse_whole(scene, forwarding)
    _refuse_collisions(scene, forwarding)
    _refuse_elsewhere(scene, forwarding, floating)
    return forwarding


def _refuse_uneven(forwarding: PortForwarding) -> None:
    """Refuse ports outside that are not led each to one inside, or all to the same."""
    outside, inside = (each.end - each.start for each in
                       (forwarding.external_port_range, forwarding.internal_port_range))  # fmt: skip
    if inside not in (0, outside):
        raise _wrong("Invalid ranges of internal and/or external ports. The relation between internal and external "
                     "ports must be N-N or 1-N")  # fmt: skip


def _refuse_whole(scene: Scene, forwarding: PortForwarding) -> None:
    for other in scene.estate.find("floating_ip.port", forwarding.internal_port_id):
        message = (
            f"Cannot create port forwarding to floating IP {other.floating_ip_address} ({other.id}) with port "
            f"{forwarding.internal_port_id} using fixed IP {forwarding.internal_ip_address}, as that port already has "
            "a binding floating IP."
        )
        raise conflict("PortHasBindingFloatingIP", message)


def _refuse_collisions(scene: Scene, forwarding: PortForwarding) -> None:
    """Refuse ports outside that are forwarded already, and ports inside that are led to already."""
    inside = scene.estate.find("port_forwarding.port", forwarding.internal_port_id)
    inside = [each for each in inside if each.internal_ip_address == forwarding.internal_ip_address]
    outside = scene.estate.find("port_forwarding.floating_ip", forwarding.floatingip_id)
    for side, others in (("internal", inside), ("external", outside)):
        mine: Range = getattr(forwarding, f"{side}_port_range")
        for other in others:
            theirs: Range = getattr(other, f"{side}_port_range")
            if other.id == forwarding.id or other.protocol != forwarding.protocol:
                continue
            if mine.start <= theirs.end and theirs.start <= mine.end:
                raise _wrong(f"There is a port collision with the {side}_port_range. The following ranges collide: "
                             f"{_words(theirs)} and {_words(mine)}")  # fmt: skip


def _refuse_elsewhere(scene: Scene, forwarding: PortForwarding, floating: FloatingIP) -> None:
    """Refuse what no router leads to, or another than to what the floating IP leads to already."""
    router = forwarding_router(scene.estate, forwarding, floating)
    if router is None:
        raise _wrong(f"External network {floating.floating_network_id} is not reachable from the subnet of "
                     f"{forwarding.internal_ip_address}. Cannot set Port forwarding for port "
                     f"{forwarding.internal_port_id} with Floating IP {floating.id}")  # fmt: skip
    for other in scene.estate.find("port_forwarding.floating_ip", floating.id):
        there = forwarding_router(scene.estate, other, floating)
        if other.id != forwarding.id and there is not None and there.id != router.id:
            raise _wrong(f"The Floating IP {floating.id} had been set on router {there.id}, the internal Neutron port "
                         f"{forwarding.internal_port_id} can not reach it")  # fmt: skip


def drop_forwarding(scene: Scene, forwarding: PortForwarding) -> Dropped:
    """The port forwarding."""
    return Dropped((forwarding,))


PORT_FORWARDINGS = Resource(
    "port_forwarding", "port_forwardings", "Port Forwarding", PortForwarding, PORT_FORWARDING, show_forwarding,
    make_forwarding, change_forwarding, drop_forwarding, in_turn=True, parent=FLOATING_IPS,
    answer=answer_forwarding,
)  # fmt: skip
