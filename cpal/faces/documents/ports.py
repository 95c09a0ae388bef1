"""Ports: of instances, of routers, and those written apart; with their fixed addresses and floating IPs."""

from __future__ import annotations

from typing import Any, NamedTuple

from cpal.faces.documents.making import Making, Thing
from cpal.faces.documents.names import Owner
from cpal.faces.documents.shapes import Item, Reference
from cpal.faces.documents.table_networks import EXTERNAL_GATEWAY, INSTANCE, INTERFACE, PORT_FIELDS
from cpal.model.address import version_of
from cpal.model.network import (
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    FixedIP,
    Port,
    Subnet,
)
from cpal.model.record import Record
from cpal.model.router import FloatingIP

NETWORK_KEYS = ("network_id", "networks", "ports")
"""Keys of an instance of which one at most says its ports."""
SHARED_FIELDS = ("security_groups", "port_security_enabled")
"""What an instance may say for all of its ports."""
GATEWAY_PORT = "gateway"
"""What a router's gateway port is called, after the router."""


class Attachment(NamedTuple):
    """A port to make: its name, what it belongs to, and the items that say its fields, the nearest last."""

    owner: Owner
    name: str
    items: tuple[Item, ...]
    network_id: str
    fixed: dict[str, Any]
    """Values that follow from where it is written."""
    among_several: bool = False
    """Whether the first item is an instance's that has further ports."""

    @property
    def item(self) -> Item:
        """The item that is the port's own."""
        return self.items[-1]


# Of instances


def make_instance_ports(making: Making, instance: Thing, alone: bool) -> None:
    """Make the ports of an instance; `alone` is whether no port that is written apart belongs to it."""
    item = instance.item
    given = [key for key in NETWORK_KEYS if item.has(key)]
    if len(given) > 1:
        item.fault(given[1], f"says its ports beside {item.written(given[0])}", "keep one of them")
    ports = _ports_of(making, instance, given[0] if given else "", alone)
    single, called = len(ports) == 1, instance.name or instance.id
    if not single:
        _refuse_port_fields(item, len(ports))
    seen: dict[str, str] = {}
    for index, (short, network_id, own) in enumerate(ports):
        name = called if single else f"{called}:{short}"
        if name in seen:
            own.fault("short", f'is a second port called "{short}" on the instance', "give it a name")
            continue
        seen[name] = network_id
        items = (item,) if own is item else (item, own)
        fixed = {"device_id": instance.id, "device_owner": INSTANCE_OWNER}
        port = Attachment(instance.owner, name, items, network_id, fixed, among_several=not single)
        id = _make(making, port, _of_device(making, instance.id, network_id, INSTANCE_OWNER))
        if index == 0 and own is not item:
            make_floating_ip_of(making, port, id, item)
        make_floating_ip_of(making, port, id, own)


def _ports_of(making: Making, instance: Thing, key: str, alone: bool) -> list[tuple[str, str, Item]]:
    """Short name, network and item of each port of an instance, for those whose network resolves."""
    item = instance.item
    if not key:
        network_id = _only_network(making, instance) if alone else None
        return [("", network_id, item)] if network_id else []
    if key == "network_id":
        said = [("", item)] if "network_id" in item.values else []
    else:
        said = item.get(key) or []
        said = [each if isinstance(each, tuple) else ("", each) for each in said]
    found = []
    for name, own in said:
        reference: Reference | None = own.get("network_id")
        network_id = making.resolve(own, "network", reference, instance.owner) if reference else None
        if network_id and reference:
            found.append((name or own.get("short") or reference.name, network_id, own))
    return found


def _only_network(making: Making, instance: Thing) -> str | None:
    """The network of an instance that names none: its project's, if that has just one."""
    ids = making.networks_of(instance.owner.project_id)
    if len(ids) == 1:
        return ids[0]
    how_many = f"its project has {len(ids)} networks" if ids else "its project has no network"
    instance.item.fault("", f"network is missing, and {how_many}", "write network: with a name, or networks: []")
    return None


def _refuse_port_fields(item: Item, how_many: int) -> None:
    for each in PORT_FIELDS:
        if item.has(each.name) and each.name not in SHARED_FIELDS:
            item.fault(each.name, f"is for one port, and the instance has {how_many}", "write it at the port")


# Of routers


def make_interfaces(making: Making, router: Thing) -> None:
    """Make a router's interfaces: a port on each subnet that it joins."""
    for item in router.item.get("interfaces") or ():
        reference: Reference | None = item.get("subnet_id")
        subnets = _joined(making, router.owner, item, reference) if reference else []
        for field in ("ip_address", "mac_address"):
            if len(subnets) > 1 and item.has(field):
                item.fault(field, f"is for one subnet, and the network has {len(subnets)}", "name a subnet")
        for subnet in subnets:
            ip = item.get("ip_address") or subnet.gateway_ip or ""
            fixed = {
                "device_id": router.id,
                "device_owner": ROUTER_INTERFACE,
                "fixed_ips": (FixedIP(subnet.id, ip),),
                "port_security_enabled": False,
                "security_groups": (),
            }
            port = Attachment(
                router.owner, f"{router.name or router.id}:{subnet.name}", (item,), subnet.network_id, fixed
            )
            _make(making, port, _on_subnet(making, router.id, subnet.id))


def _joined(making: Making, owner: Owner, item: Item, reference: Reference) -> list[Subnet]:
    """The subnet that an interface names, or all of the network that it names."""
    found = making.names.find("subnet", reference.name, owner)
    if not found:
        networks = making.names.find("network", reference.name, owner)
        if len(networks) == 1:
            subnets = [subnet for _, subnet in making.subnets_of(networks[0])]
            if not subnets:
                item.fault("subnet_id", f'network "{reference.name}" has no subnet', "give it one")
            return subnets
        problem, remedy = making.names.dangling(reference, owner, also="network")
        item.source.fault(reference.node, item.key, "subnet", problem, remedy)
        return []
    id = making.names.resolve(item, "subnet", reference, owner)
    subnet = making.subnet(id) if id else None
    return [subnet] if subnet else []


def make_gateway(making: Making, router: Thing, apart: bool) -> None:
    """Make the port of a router's external gateway, unless it is written `apart`."""
    item: Item | None = router.item.get("external_gateway_info")
    reference: Reference | None = item.get("network_id") if item else None
    if item is None or reference is None or apart:
        return
    network_id = making.resolve(item, "network", reference, router.owner)
    if network_id is None:
        return
    fixed = {
        "device_id": router.id,
        "device_owner": ROUTER_GATEWAY,
        "port_security_enabled": False,
        "security_groups": (),
    }
    port = Attachment(router.owner, f"{router.name or router.id}:{GATEWAY_PORT}", (item,), network_id, fixed)
    _make(making, port, _of_device(making, router.id, network_id, ROUTER_GATEWAY))


# Written apart


def make_lone_port(making: Making, thing: Thing) -> None:
    """Make a port that is written apart from what it belongs to."""
    item, owner = thing.item, thing.owner
    reference: Reference | None = item.get("network_id")
    network_id = making.resolve(item, "network", reference, owner) if reference else None
    if item.has("instance") and item.has("router"):
        item.fault("router", "is a second device beside instance", "keep one of them")
    fixed: dict[str, Any] = {}
    for key, role in (("instance", INSTANCE_OWNER), ("router", ROUTER_INTERFACE)):
        if item.has(key) and item.has("device_id"):
            item.fault("device_id", f"says again what {key} says", "keep one of them")
        device: Reference | None = item.get(key)
        if device is not None:
            fixed["device_id"] = making.resolve(item, key, device, owner) or ""
            fixed["device_owner"] = item.get("device_owner", role)
    if fixed.get("device_owner") in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        fixed |= {"port_security_enabled": item.get("port_security_enabled", False)}
        if not item.has("security_groups"):
            fixed |= {"security_groups": ()}
    if network_id is not None:
        port = Attachment(owner, thing.name, (item,), network_id, fixed)
        _put(making, port, thing)
        make_floating_ip_of(making, port, thing.id, item)


# All of them


def _make(making: Making, port: Attachment, alike: list[Record]) -> str:
    """Make a port, with the id of the stored one that it is."""

    def fits(record: Record) -> bool:
        return isinstance(record, Port) and record.network_id == port.network_id

    id = making.names.identify("port", port.owner, port.name, port.item, alike=alike, fits=fits)
    _put(making, port, Thing(port.owner, port.name, port.item, id))
    return id


def _put(making: Making, port: Attachment, thing: Thing) -> None:
    values: dict[str, Any] = {}
    for item in port.items:
        if item is not port.item and port.among_several:
            values |= {
                field: value for field, value in making.values(Port, item, port.owner).items() if field in SHARED_FIELDS
            }
            continue
        values |= making.values(Port, item, port.owner)
        key = _FIXED_KEY.get(item.shape.name, "fixed_ips")
        if key and (item.has(key) or item.has("ip_address")):
            values["fixed_ips"] = fixed_ips(making, port.owner, port.network_id, item, key)
        if item.shape is INSTANCE:
            values.pop("description", None)
    values |= {"network_id": port.network_id, **port.fixed}
    record = making.put(Port, thing, values)
    for written in ("ip_address", "external_fixed_ips"):
        making.place(record, "fixed_ips", port.item, written)


_FIXED_KEY = {EXTERNAL_GATEWAY.name: "external_fixed_ips", INTERFACE.name: ""}
"""Where shapes have the fixed addresses, when not under `fixed_ips`; an interface's follow from its subnet."""


def fixed_ips(making: Making, owner: Owner, network_id: str, item: Item, key: str) -> tuple[FixedIP, ...]:
    """The fixed addresses that an item says, each with its subnet."""
    if item.has("ip_address") and item.has(key):
        item.fault("ip_address", f"says again what {key} says", "keep one of them")
    found = []
    for each in item.get(key) or ():
        ip, reference = each.get("ip_address", ""), each.get("subnet_id")
        subnet_id = _named_subnet(making, owner, network_id, each, reference) if reference else None
        if reference is None and ip:
            subnet_id = _holding(making, network_id, each, ip)
        elif reference is None and not each.nodes:
            each.fault("", "names neither subnet nor address", "write one of them")
        found.append(FixedIP(subnet_id or "", ip))
    ip = item.get("ip_address")
    if ip:
        found.append(FixedIP(_holding(making, network_id, item, ip) or "", ip))
    return tuple(found)


def _named_subnet(making: Making, owner: Owner, network_id: str, item: Item, reference: Reference) -> str | None:
    """The subnet of the network that a name stands for; else whichever subnet it stands for."""
    for short, subnet in making.subnets_of(network_id):
        if reference.name in (short, subnet.name):
            return subnet.id
    return making.resolve(item, "subnet", reference, owner)


def _holding(making: Making, network_id: str, item: Item, ip: str) -> str | None:
    """The subnet of the network that holds an address; if none does, its only one of the family, for checks to tell."""
    subnet = making.subnet_of(network_id, ip)
    if subnet is None:
        subnets = [subnet for _, subnet in making.subnets_of(network_id) if subnet.cidr]
        family = [subnet for subnet in subnets if version_of(subnet.cidr) == version_of(ip)]
        if len(family) == 1:
            return family[0].id
        known = ", ".join(subnet.cidr for _, subnet in making.subnets_of(network_id) if subnet.cidr)
        if known:
            item.fault("ip_address", f"{ip} is in no subnet of its network", f"choose one of {known}")
        else:
            item.fault("ip_address", f"no subnet of its network has a prefix yet that holds {ip}", "write its cidr")
    return subnet.id if subnet else None


def _of_device(making: Making, device_id: str, network_id: str, role: str) -> list[Record]:
    """The stored port of a device on a network in a role, if it is the only one."""
    found = [
        p for p in making.estate.find("port.device", device_id) if (p.network_id, p.device_owner) == (network_id, role)
    ]
    return found if len(found) == 1 else []


def _on_subnet(making: Making, device_id: str, subnet_id: str) -> list[Record]:
    """The stored interface of a router on a subnet, if it is the only one."""
    found = [
        port
        for port in making.estate.find("port.device", device_id)
        if port.device_owner == ROUTER_INTERFACE and [fixed.subnet_id for fixed in port.fixed_ips or ()] == [subnet_id]
    ]
    return found if len(found) == 1 else []


def make_floating_ip_of(making: Making, port: Attachment, port_id: str, item: Item) -> None:
    """Make the floating IP that an item says its port has."""
    said: Item | None = item.get("floating_ip")
    reference: Reference | None = said.get("floating_network_id") if said else None
    network_id = making.resolve(said, "network", reference, port.owner) if said and reference else None
    if said is None or network_id is None:
        return

    def fits(record: Record) -> bool:
        return isinstance(record, FloatingIP) and record.floating_network_id == network_id

    alike = [record for record in making.estate.find("floating_ip.port", port_id) if fits(record)]
    id = making.names.identify(
        "floating_ip", port.owner, port.name, said, alike=alike if len(alike) == 1 else (), fits=fits
    )
    values = making.values(FloatingIP, said, port.owner) | {"floating_network_id": network_id, "port_id": port_id}
    making.put(FloatingIP, Thing(port.owner, port.name, said, id), values)
