"""Where a Neutron, its Northbound and its Southbound database disagree: every difference, with what each says. Pure.

Rows are compared by the driver (`Backend.differences`); here are the differences of status: what the API says of a
port, and what the hosts really claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cpal.core.driver import Difference, Gateways, HostStatus, PortStatus
from cpal.faces.peer.cloud import Item, Reading
from cpal.model.network import DISTRIBUTED, FLOATING_IP_OWNER, ROUTER_GATEWAY, ROUTER_INTERFACE
from cpal.model.record import Key

FIELDS = ("kind", "resource", "id", "name", "what", "api", "northbound", "southbound", "remedy")
"""The fields of each difference, as programs read it."""
RESOURCES = {"floating_ip": "floatingip", "subnet_pool": "subnetpool", "port_security": "port_group"}
"""The Networking API's word for a kind of record, where ours is another."""

TOGGLE = "switch it off and on: openstack port set --disable, then --enable"
PLUG = "see whether the instance runs and its interface has this iface-id; ovn-controller's log says more"
NORTHD = "see whether ovn-northd runs, and what its log says"
HOST = "see whether ovn-controller runs there and reaches the Southbound database; else move the port to another host"
GATEWAY = "start ovn-controller there, or have the router scheduled anew"
REBIND = "bind it where it is (openstack port set --host), or see why two hosts have it"
_UNBOUND = (FLOATING_IP_OWNER, ROUTER_INTERFACE, DISTRIBUTED)
"""Ports that no host claims."""


def status_differences(
    reading: Reading, statuses: Mapping[str, PortStatus], hosts: Sequence[HostStatus], gateways: Gateways
) -> list[Difference]:
    """What the API says of ports and gateways, and the hosts do not."""
    known = {name for host in hosts for name in (host.name, host.host_name)}
    names = {host.name: {host.name, host.host_name} for host in hosts}
    found: list[Difference] = []
    for port in reading.all("ports"):
        if port["device_owner"] not in _UNBOUND:
            found += _of_port(port, statuses.get(port["id"]), known, names)
    routers = {port["id"]: port["device_id"] for port in reading.all("ports")}
    placed_at = ((routers.get(port_id, port_id), placed) for port_id, placed in gateways.hosts.items())
    for router, placed in sorted(placed_at):
        gone = [name for name in placed if name not in known]
        if gone:
            said = ", ".join(gone)
            found.append(
                Difference("host gone", Key("router", router), "gateway host", "", said, "not registered", GATEWAY)
            )
    return found


def _of_port(
    port: Item, status: PortStatus | None, known: set[str], names: Mapping[str, set[str]]
) -> Iterator[Difference]:
    key, said, host = Key("port", port["id"]), port["status"], port.get("binding:host_id") or ""
    if status is None:
        yield Difference("not realised", key, "port binding", said, "", "no port binding", NORTHD)
        return
    if host and host not in known:
        yield Difference("host gone", key, "binding:host_id", host, host, "not registered", HOST)
    active = status.status == "ACTIVE" and (bool(status.host) or port["device_owner"] != ROUTER_GATEWAY)
    real = f"claimed by {status.host}" if status.host else "up" if active else "not claimed"
    if said == "ACTIVE" and not active:
        yield Difference("not claimed", key, "status", said, "", real, PLUG)
    elif said == "DOWN" and active and port["admin_state_up"]:
        yield Difference("stuck down", key, "status", said, "", real, TOGGLE)
    elsewhere = host and status.host and host not in names.get(status.host, {status.host})
    if elsewhere and port["device_owner"] != ROUTER_GATEWAY:
        yield Difference("elsewhere", key, "binding:host_id", host, "", f"claimed by {status.host}", REBIND)


def as_objects(differences: Iterable[Difference], reading: Reading) -> list[dict[str, Any]]:
    """The differences as programs read them, with the names of what they are about, in order."""
    names = _names(reading)
    found = [_object(each, names) for each in differences]
    return sorted(found, key=lambda each: tuple(str(each[field]) for field in FIELDS))


def _object(difference: Difference, names: Mapping[str, str]) -> dict[str, Any]:
    kind, id = difference.record
    values = (
        difference.kind, RESOURCES.get(kind, kind), id, names.get(id, ""), difference.what, difference.api,
        difference.intended, difference.real, difference.remedy,
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def _names(reading: Reading) -> dict[str, str]:
    found = {each["id"]: each.get("name") or "" for of in reading.items.values() for each in of if "id" in each}
    floating = {each["id"]: each["floating_ip_address"] for each in reading.all("floatingips")}
    return found | floating
