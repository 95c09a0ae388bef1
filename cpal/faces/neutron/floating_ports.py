"""The ports of floating IPs: on the external network each has one for its address, where nothing is plugged.

The estate holds none of them: what is shown follows from the floating IP, which also keeps what such a port is called.
They are of no project, so that the administrator and the owner of the external network alone see them. A port is as old
as its floating IP, whose revision it has. Source: Networking API v2.0, ports; neutron 29.0.0, asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.resource import Values
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.values import said
from cpal.model.address import contains
from cpal.model.estate import Estate
from cpal.model.network import FLOATING_IP_OWNER, FixedIP, Port, Subnet
from cpal.model.record import Key
from cpal.model.router import FloatingIP, FloatingPort

STATUS = "N/A"
"""The status of a port at which nothing is ever plugged."""
CALLED = ("name", "description", "admin_state_up")
"""What can be changed of one."""
MOST_KEPT = 20_000
"""How many are kept, so that a list shows the same ones again."""
_Places = tuple[tuple[str, str], ...]
"""Subnets by id, each with its prefix."""


class FloatingIPPort(Port, frozen=True, kw_only=True, gc=False, tag="port"):
    """The port of a floating IP, which is its device."""

    @property
    def key(self) -> Key:
        """That of the floating IP: it is what the estate holds of it."""
        return Key(FloatingIP.kind, self.device_id)


def implied_ports(estate: Estate, field: str = "", value: str = "") -> Iterator[FloatingIPPort]:
    """The ports of floating IPs, all of them or those with a value in a field."""
    places: dict[str, _Places] = {}
    for floating in _with(estate, field, value):
        id = floating.floating_network_id
        if id not in places:
            subnets: list[Subnet] = estate.find("subnet.network", id)
            places[id] = tuple((subnet.id, subnet.cidr) for subnet in subnets)
        yield _port_of(floating, places[id])


def _with(estate: Estate, field: str, value: str) -> Iterable[FloatingIP]:
    """The floating IPs whose ports have a value in a field; none is of a project."""
    match field:
        case "":
            return estate.all(FloatingIP)
        case "id":
            return estate.find("floating_ip.floating_port", value)
        case "network_id":
            return estate.find("floating_ip.network", value)
        case "device_id":
            floating = estate.get(FloatingIP, value)
            return [floating] if floating is not None else []
    return []


@lru_cache(maxsize=MOST_KEPT)
def _port_of(floating: FloatingIP, places: _Places) -> FloatingIPPort:
    called, address = floating.floating_port, floating.floating_ip_address
    subnet_id = next((id for id, cidr in places if contains(cidr, address)), "")
    return FloatingIPPort(
        id=floating.floating_port_id, network_id=floating.floating_network_id, mac_address=floating.mac_address,
        name=called.name, description=called.description, tags=called.tags, admin_state_up=called.admin_state_up,
        fixed_ips=(FixedIP(subnet_id, address),), security_groups=(), port_security_enabled=False,
        device_id=floating.id, device_owner=FLOATING_IP_OWNER,
    )  # fmt: skip


def seen_port(scene: Scene, id: str) -> Port:
    """The port with this id, be it that of a floating IP, if who asks may see it.

    Raises:
        ApiFault: there is none, or not for who asks.
    """
    if scene.estate.get(Port, id) is None:
        for port in implied_ports(scene.estate, "id", id):
            if scene.may_see("get_port", port):
                return port
    return scene.seen(Port, id, "Port")


def kept_in(estate: Estate, port: FloatingIPPort) -> FloatingIP:
    """The floating IP with what its port is called."""
    floating = estate.get(FloatingIP, port.device_id)
    assert floating is not None, "a floating IP's port is made of it"
    called = {name: getattr(port, name) for name in FloatingPort.__struct_fields__}
    return replace(floating, floating_port=FloatingPort(**called))


def change_floating_port(estate: Estate, port: FloatingIPPort, shown: Values, values: Values) -> FloatingIP:
    """The floating IP whose port is called otherwise; `shown` is what the API shows of the port.

    Raises:
        ApiFault: more is to change than what it is called. Neutron keeps most of that, and nothing acts on it.
    """
    for name, value in values.items():
        now: Any = shown.get(name)
        if name == "fixed_ips":
            value, now = [fixed.get("ip_address") for fixed in value], list(port.addresses)
        if name not in CALLED and (list(value) if isinstance(value, tuple) else value) != now:
            raise _fixed(port, name, values[name])
    return kept_in(estate, replace(port, **{name: values[name] for name in CALLED if name in values}))


def _fixed(port: FloatingIPPort, name: str, value: Any) -> ApiFault:
    """Why an attribute cannot have this value."""
    of = f"port {port.id} owned by {FLOATING_IP_OWNER}"
    match name:
        case "mac_address":
            return conflict("UnsupportedPortDeviceOwner", "Operation mac address update is not supported for "
                            f"device_owner {FLOATING_IP_OWNER} on port {port.id}.")  # fmt: skip
        case "device_owner":
            return bad_request(f"Bad port request: Updating device_owner for {of} is not supported.",
                               "OVNPortUpdateError")  # fmt: skip
        case "security_groups":
            return bad_request("Port security must be enabled and port must have an IP address in order to use "
                               "security groups.", "PortSecurityAndIPRequiredForSecurityGroups")  # fmt: skip
    way_out = "change the floating IP" if name in ("fixed_ips", "qos_policy_id") else "nothing is plugged there"
    message = f"Bad port request: {name} of {of} cannot be {said(value)}: {way_out}."
    return bad_request(message, "BadRequest")
