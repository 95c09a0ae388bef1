"""Trunks, and what ports show of them. Source: Networking API v2.0, trunks; extensions trunk, trunk-details."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.fault import ApiFault, conflict
from cpal.faces.neutron.floating_ports import seen_port
from cpal.faces.neutron.resource import Around, Bulk, Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import TRUNK
from cpal.faces.neutron.trunk_values import INHERIT, invalid_subport, segment_number, unclear
from cpal.faces.neutron.values import said
from cpal.model.carrying import carried, carrier, trunk_above
from cpal.model.checks.network import SEGMENTATION_IDS
from cpal.model.estate import Estate
from cpal.model.network import FLOATING_IP_OWNER, ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port
from cpal.model.record import Record
from cpal.model.trunk import SUBPORT_OWNER, VLAN, Subport, Trunk, trunk_claim

# Showing


def show_trunk(scene: Scene, trunk: Trunk) -> dict[str, Any]:
    """A trunk as the API shows it."""
    return {
        "id": trunk.id,
        "name": trunk.name,
        **owner(trunk),
        "port_id": trunk.port_id,
        "admin_state_up": trunk.admin_state_up,
        "status": _status(scene, trunk),
        "sub_ports": shown_subports(trunk)["sub_ports"],
        **standard(scene, trunk),
    }


def _status(scene: Scene, trunk: Trunk) -> str:
    """Down until its port is claimed; then in the making until all of its subports are."""
    statuses = [scene.statuses.get(id) for id in (trunk.port_id, *(each.port_id for each in trunk.sub_ports))]
    up = [status is not None and status.status == "ACTIVE" for status in statuses]
    if not up[0]:
        return "DOWN"
    return "ACTIVE" if all(up) else "BUILD"


def shown_subports(trunk: Trunk) -> dict[str, Any]:
    """The subports of a trunk."""
    return {"sub_ports": [_shown_subport(subport) for subport in trunk.sub_ports]}


def _shown_subport(subport: Subport) -> dict[str, Any]:
    return {
        "port_id": subport.port_id,
        "segmentation_type": subport.segmentation_type,
        "segmentation_id": subport.segmentation_id,
    }


def around(estate: Estate) -> Around | None:
    """What tells of a port what is shown of it beside itself: of one in a trunk, that and its ports."""
    return partial(_around, estate) if estate.count(Trunk) else None


def _around(estate: Estate, port: Port) -> tuple[Record | None, ...]:
    carrying, above = trunk_of(estate, port.id), trunk_above(estate, port.id)
    if carrying is None and above is None:
        return ()
    return (carrying, *(inner for _, inner in carried(estate, port)), above, carrier(estate, port))


def trunk_of(estate: Estate, port_id: str) -> Trunk | None:
    """The trunk whose port it is."""
    return next(iter(estate.find("trunk.port", port_id)), None)


def role_of(estate: Estate, port: Port) -> str:
    """The role of a port: that of a subport follows from its trunk."""
    return port.device_owner if trunk_above(estate, port.id) is None else SUBPORT_OWNER


def trunk_details(estate: Estate, port: Port) -> dict[str, Any]:
    """What the port of a trunk shows of it; nothing of any other. Source: extension trunk-details."""
    trunk = trunk_of(estate, port.id)
    if trunk is None:
        return {}
    found = []
    for subport in trunk.sub_ports:
        inner = estate.get(Port, subport.port_id)
        found.append({**_shown_subport(subport), "mac_address": inner.mac_address if inner else None})
    return {"trunk_details": {"trunk_id": trunk.id, "sub_ports": found}}


# Making and changing


def make_trunk(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new trunk."""
    _refuse_unclear(values["sub_ports"])
    port = seen_port(scene, values["port_id"])
    _refuse_used(scene.estate, port)
    if port.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY, FLOATING_IP_OWNER):
        raise _ineligible(port.id)
    trunk = Trunk(
        id=id,
        project_id=values["project_id"],
        port_id=port.id,
        **sent(values, "name", "description", "admin_state_up", "tags"),
    )
    yield with_subports(scene, trunk, values["sub_ports"])
    yield from owning(scene, trunk.project_id)


def change_trunk(scene: Scene, trunk: Trunk, values: Values) -> Iterator[Record]:
    """The records of a changed trunk."""
    yield replace(trunk, **sent(values, "name", "description", "admin_state_up", "tags"))


def drop_trunk(scene: Scene, trunk: Trunk) -> Dropped:
    """The trunk; its ports stay."""
    _refuse_locked(trunk)
    return Dropped((trunk,))


def added_subports(scene: Scene, trunk: Trunk, given: Sequence[Values]) -> Trunk:
    """The trunk with further subports."""
    _refuse_unclear(given)
    changed = with_subports(scene, trunk, given)
    _refuse_locked(trunk)
    return changed


def removed_subports(scene: Scene, trunk: Trunk, given: Sequence[Values]) -> Trunk:
    """The trunk without these subports."""
    _refuse_locked(trunk)
    gone = [each["port_id"] for each in given]
    held = {subport.port_id for subport in trunk.sub_ports}
    for id in gone:
        if id not in held:
            raise ApiFault(404, "SubPortNotFound", f"SubPort {id} on trunk {trunk.id} could not be found.")
    return replace(trunk, sub_ports=tuple(each for each in trunk.sub_ports if each.port_id not in gone))


def with_subports(scene: Scene, trunk: Trunk, given: Sequence[Values]) -> Trunk:
    """The trunk with the subports that are given, beside those that it has.

    Raises:
        ApiFault: one of them cannot be; in Neutron's words.
    """
    asked = [_asked(scene, trunk, each) for each in given]
    vlans = {subport.segmentation_id for subport in trunk.sub_ports}
    for subport in asked:
        if subport.segmentation_id in vlans:
            message = (
                f"segmentation_type {subport.segmentation_type} and segmentation_id {subport.segmentation_id} "
                f"already in use on trunk {trunk.id}."
            )
            raise conflict("DuplicateSubPort", message)
        vlans.add(subport.segmentation_id)
    return replace(trunk, sub_ports=(*trunk.sub_ports, *asked))


def _asked(scene: Scene, trunk: Trunk, given: Values) -> Subport:
    """A subport as it is asked for."""
    if given["port_id"] == trunk.port_id:
        raise _ineligible(trunk.port_id)
    port = scene.seen(Port, given["port_id"], "Port")
    network = scene.estate.get(Network, port.network_id)
    _refuse_large(scene.estate, trunk, port, network)
    kind, number = given.get("segmentation_type"), given.get("segmentation_id")
    if kind == INHERIT and network is not None:
        kind, number = network.network_type, network.segmentation_id
    low, high = SEGMENTATION_IDS[VLAN]
    if kind != VLAN:
        raise invalid_subport(f"Unknown segmentation_type '{said(kind)}'")
    number = segment_number(number)
    if not low <= number <= high:
        raise invalid_subport(f"Segmentation ID '{number}' is not in range")
    _refuse_used(scene.estate, port)
    if port.device_id:
        raise conflict("PortInUse", f"Unable to complete operation on port {port.id} for network {port.network_id}. "
                       f"Port already has an attached device {port.device_id}.")  # fmt: skip
    return Subport(port.id, number)


def _refuse_large(estate: Estate, trunk: Trunk, port: Port, network: Network | None) -> None:
    """Refuse a subport whose packets do not fit into the trunk's port."""
    parent = estate.get(Port, trunk.port_id)
    outer = estate.get(Network, parent.network_id) if parent else None
    if outer is not None and network is not None and network.mtu > outer.mtu:
        raise conflict("SubPortMtuGreaterThanTrunkPortMtu", f"MTU {network.mtu} of subport {port.id} cannot be "
                       f"greater than MTU {outer.mtu} of trunk {trunk.id}.")  # fmt: skip


def _refuse_used(estate: Estate, port: Port) -> None:
    """Refuse a port that is in a trunk already."""
    if estate.holder(trunk_claim(port.id)) is None:
        return
    if trunk_of(estate, port.id) is not None:
        raise _ineligible(port.id)
    raise conflict("TrunkPortInUse", f"Port {port.id} is in use by another trunk.")


def _refuse_unclear(given: Sequence[Values]) -> None:
    """Refuse subports of which it is not said in which VLAN they are."""
    for each in given:
        if each.get("segmentation_type") is None:
            raise invalid_subport(unclear(each))


def _refuse_locked(trunk: Trunk) -> None:
    if not trunk.admin_state_up:
        raise conflict("TrunkDisabled", f"Trunk {trunk.id} is currently disabled.")


def _ineligible(port_id: str) -> ApiFault:
    message = f"Port {port_id} is currently in use and is not eligible for use as a parent port."
    return conflict("ParentPortInUse", message)


# Ports of trunks


def refuse_trunked(estate: Estate, port: Port) -> None:
    """Refuse what cannot be done with a port that is in a trunk.

    Raises:
        ApiFault: it is in one.
    """
    above, own = trunk_above(estate, port.id), trunk_of(estate, port.id)
    if above is not None:
        raise conflict("PortInUseAsSubPort", f"Port {port.id} is currently a subport for trunk {above.id}.")
    if own is not None:
        raise conflict("PortInUseAsTrunkParent", f"Port {port.id} is currently a parent port for trunk {own.id}.")


TRUNKS = Resource(
    "trunk", "trunks", "Trunk", Trunk, TRUNK, show_trunk, make_trunk, change_trunk, drop_trunk, bulk=Bulk.REFUSED,
)  # fmt: skip
