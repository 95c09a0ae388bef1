"""Ports: of instances, of routers, and those written apart; with their fixed addresses and floating IPs.

Where it is not known which ports a device has, it has one of which nothing else is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cpal.faces.documents.making import Making, Thing
from cpal.faces.documents.names import Owner
from cpal.faces.documents.shapes import Item, Reference
from cpal.faces.documents.table_networks import EXTERNAL_GATEWAY, INSTANCE, INTERFACE, MORE_GATEWAY, PORT_FIELDS
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
from cpal.model.router import FloatingIP, MoreGateway, Router, first_gateway
from cpal.model.unknown import UNKNOWN, NotKnown

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


def make_instance_ports(making: Making, instance: Thing, alone: Any) -> None:
    """Make the ports of an instance; `alone` is whether no port that is written apart belongs to it, or UNKNOWN."""
    item = instance.item
    try:
        ports = _ports_of(making, instance, alone)
    except NotKnown:
        _make_unknown(making, instance, INSTANCE_OWNER)
        return
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


def _ports_of(making: Making, instance: Thing, alone: Any) -> list[tuple[str, Any, Item]]:
    """Short name, network and item of each port of an instance.

    Raises:
        NotKnown: it is not known which ports it has; that is a fault already, or becomes one here.
    """
    item = instance.item
    given = [key for key in NETWORK_KEYS if item.has(key)]
    if len(given) > 1:
        item.fault(given[1], f"says its ports beside {item.written(given[0])}", "keep one of them")
    if len(given) > 1 or any(map(item.unsure, given or NETWORK_KEYS)):
        raise NotKnown
    if not given:
        return [("", _only_network(making, instance), item)] if alone else []
    said = [item] if given == ["network_id"] else item.get(given[0])
    found = []
    for index, each in enumerate(said):
        name, own = each if isinstance(each, tuple) else ("", each)
        reference: Reference | None = own.get("network_id")
        network_id = making.resolve(own, "network", reference, instance.owner)
        short = name or own.get("short") or (reference.name if reference else str(index))
        found.append((short, network_id, own))
        if own.unsure("short") or reference is None:
            making.unread.add_word("ports", instance.name)
    return found


def _only_network(making: Making, instance: Thing) -> str:
    """The network of an instance that names none: its project's, if that has just one.

    Raises:
        NotKnown: it has not, which is noted, or may have others.
    """
    ids = making.networks_of(instance.owner.project_id)
    if len(ids) < 2 and making.unread.may_hold("network", ()):
        raise NotKnown
    if len(ids) == 1:
        return ids[0]
    how_many = f"its project has {len(ids)} networks" if ids else "its project has no network"
    instance.item.fault("", f"network is missing, and {how_many}", "write network: with a name, or networks: []")
    raise NotKnown


def _make_unknown(making: Making, device: Thing, role: str) -> None:
    """Make the port of a device of which it is not known what ports it has."""
    name = device.name or device.id
    making.unread.add_word("ports", name)
    id = making.names.draw("port", device.owner, f"{name}:")
    known = {"device_id": device.id, "device_owner": role}
    unknown = (field.name for field in PORT_FIELDS if field.name in Port.__struct_fields__)
    making.put(Port, device._replace(name="", id=id), {**dict.fromkeys(unknown, UNKNOWN), **known})


def _refuse_port_fields(item: Item, how_many: int) -> None:
    for each in PORT_FIELDS:
        if item.has(each.name) and each.name not in SHARED_FIELDS:
            item.fault(each.name, f"is for one port, and the instance has {how_many}", "write it at the port")


# Of routers


def make_interfaces(making: Making, router: Thing) -> None:
    """Make a router's interfaces: a port on each subnet that it joins."""
    if router.item.unsure("interfaces"):
        _make_unknown(making, router, ROUTER_INTERFACE)
    for item in router.item.get("interfaces") or ():
        try:
            subnets = _joined(making, router.owner, item)
        except NotKnown:
            _make_unknown(making, router._replace(item=item), ROUTER_INTERFACE)
            continue
        for field in ("ip_address", "mac_address"):
            if len(subnets) > 1 and item.has(field):
                item.fault(field, f"is for one subnet, and the network has {len(subnets)}", "name a subnet")
                item = item.without(field)
        for subnet in subnets:
            fixed = {
                "device_id": router.id,
                "device_owner": ROUTER_INTERFACE,
                "fixed_ips": _interface_ip(item, subnet),
                "port_security_enabled": False,
                "security_groups": (),
            }
            port = Attachment(
                router.owner, f"{router.name or router.id}:{subnet.name}", (item,), subnet.network_id, fixed
            )
            _make(making, port, _on_subnet(making, router.id, subnet.id))


def _interface_ip(item: Item, subnet: Subnet) -> Any:
    """The fixed addresses of a router's interface on a subnet."""
    said = UNKNOWN if item.unsure("ip_address") else item.get("ip_address", subnet.gateway_ip)
    return (FixedIP(subnet.id, "" if said is None else said),)


def _joined(making: Making, owner: Owner, item: Item) -> list[Subnet]:
    """The subnet that an interface names, or all of the network that it names.

    Raises:
        NotKnown: there is none; that is a fault already, or becomes one here.
    """
    reference: Reference | None = item.get("subnet_id")
    if reference is None:
        raise NotKnown
    subnets = [making.subnet(id) for id in making.names.find("subnet", reference.name, owner)]
    if len(subnets) > 1:
        making.names.resolve(item, "subnet", reference, owner)
        raise NotKnown
    found = [subnet for subnet in subnets if subnet is not None]
    return found or _joined_network(making, owner, item, reference)


def _joined_network(making: Making, owner: Owner, item: Item, reference: Reference) -> list[Subnet]:
    networks = making.names.find("network", reference.name, owner)
    if len(networks) != 1:
        making.names.refuse_dangling(item, "subnet", reference, owner, also="network")
        raise NotKnown
    subnets = [subnet for _, subnet in making.subnets_of(networks[0])]
    if not subnets and not making.may_have_more_subnets(networks[0]):
        item.fault("subnet_id", f'network "{reference.name}" has no subnet', "give it one")
    if not subnets:
        raise NotKnown
    return subnets


def make_gateway(making: Making, router: Thing, apart: bool) -> None:
    """Make the port of a router's external gateway, unless it is written `apart`."""
    item: Item | None = router.item.get("external_gateway_info")
    if item is None or apart:
        return
    network_id = making.resolve(item, "network", item.get("network_id"), router.owner)
    fixed = {**_OF_GATEWAY, "device_id": router.id}
    port = Attachment(router.owner, f"{router.name or router.id}:{GATEWAY_PORT}", (item,), network_id, fixed)
    stored = making.estate.get(Router, router.id)
    first = first_gateway(stored, making.estate.find("port.device", router.id)) if stored else None
    _make(making, port, [first] if first and network_id is not UNKNOWN else [])


_OF_GATEWAY: dict[str, Any] = {
    "device_owner": ROUTER_GATEWAY, "port_security_enabled": False, "security_groups": (), "qos_policy_id": "",
}  # fmt: skip
"""What follows for the port of a gateway from where it is written."""


def make_more_gateways(making: Making, router: Thing) -> Any:
    """Make the ports of a router's further gateways, and tell of them as its record does."""
    found = [_more_gateway(making, router, place, item) for place, item in enumerate(_more(router), 2)]
    unknown = any(each.network_id is UNKNOWN or each.port_id is UNKNOWN for each in found)
    return UNKNOWN if unknown else tuple(found)


def _more(router: Thing) -> Sequence[Item]:
    given: Sequence[Item] = router.item.get("more_gateways", ())
    return given


def _more_gateway(making: Making, router: Thing, place: int, item: Item) -> MoreGateway:
    network_id = making.resolve(item, "network", item.get("network_id"), router.owner)
    if item.has("port_id"):
        return MoreGateway(network_id, making.resolve(item, "port", item.get("port_id"), router.owner))
    fixed = {**_OF_GATEWAY, "device_id": router.id}
    name = f"{router.name or router.id}:{GATEWAY_PORT}-{place}"
    stored = making.estate.get(Router, router.id)
    had = [each.port_id for each in stored.more_gateways] if stored else []
    alike: list[Record] = [found for id in had if (found := making.estate.get(Port, id)) is not None]
    port = Attachment(router.owner, name, (item,), network_id, fixed)
    return MoreGateway(network_id, _make(making, port, alike))


def gateways_apart(making: Making, router: Thing) -> set[str]:
    """The ports of a router's further gateways that are written apart."""
    named = (item.get("port_id") for item in _more(router) if item.has("port_id"))
    return {id for each in named if each for id in making.names.find("port", each.name, router.owner)}


# Written apart


def make_lone_port(making: Making, thing: Thing) -> None:
    """Make a port that is written apart from what it belongs to."""
    item, owner = thing.item, thing.owner
    network_id = making.resolve(item, "network", item.get("network_id"), owner)
    port = Attachment(owner, thing.name, (item,), network_id, _device_of(making, owner, item))
    _put(making, port, thing)
    make_floating_ip_of(making, port, thing.id, item)


def _device_of(making: Making, owner: Owner, item: Item) -> dict[str, Any]:
    """What follows from what a port that is written apart says it belongs to."""
    given = [key for key in ("instance", "router") if item.has(key)]
    if len(given) > 1:
        item.fault("router", "is a second device beside instance", "keep one of them")
    if not given:
        return {}
    ids = [making.resolve(item, key, item.get(key), owner) for key in given]
    if item.has("device_id"):
        item.fault("device_id", f"says again what {given[0]} says", "keep one of them")
    if len(given) > 1 or item.has("device_id") or item.unsure("device_owner"):
        return dict.fromkeys(("device_id", "device_owner", *SHARED_FIELDS), UNKNOWN)
    role = item.get("device_owner", _ROLES[given[0]])
    return {"device_id": ids[0], "device_owner": role, **_unsecured(item, role)}


_ROLES = {"instance": INSTANCE_OWNER, "router": ROUTER_INTERFACE}


def _unsecured(item: Item, role: str) -> dict[str, Any]:
    """What follows from the role of a port: a router's is held to nothing, unless it says so."""
    if role not in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        return {}
    left_out = {"port_security_enabled": False, "security_groups": ()}
    return {field: value for field, value in left_out.items() if not item.has(field) and not item.unsure(field)}


# All of them


def _make(making: Making, port: Attachment, alike: list[Record]) -> str:
    """Make a port, with the id of the stored one that it is."""

    def fits(record: Record) -> bool:
        return isinstance(record, Port) and (port.network_id is UNKNOWN or record.network_id == port.network_id)

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
        if key and (item.has(key) or item.has("ip_address") or item.vague):
            values["fixed_ips"] = fixed_ips(making, port.owner, port.network_id, item, key)
        if item.shape is INSTANCE:
            values.pop("description", None)
    values |= {"network_id": port.network_id, **port.fixed}
    record = making.put(Port, thing, values)
    for written in ("ip_address", "external_fixed_ips"):
        making.place(record, "fixed_ips", port.item, written)


_FIXED_KEY = {
    EXTERNAL_GATEWAY.name: "external_fixed_ips", MORE_GATEWAY.name: "external_fixed_ips", INTERFACE.name: "",
}  # fmt: skip
"""Where shapes have the fixed addresses, when not under `fixed_ips`; an interface's follow from its subnet."""


def fixed_ips(making: Making, owner: Owner, network_id: str, item: Item, key: str) -> Any:
    """The fixed addresses that an item says, each with its subnet; UNKNOWN, where not all subnets are known."""
    twice = item.has("ip_address") and item.has(key)
    if twice:
        item.fault("ip_address", f"says again what {key} says", "keep one of them")
    found = [_fixed_ip(making, owner, network_id, each) for each in item.get(key) or ()]
    ip = item.get("ip_address")
    if ip:
        found.append(FixedIP(_holding(making, network_id, item, ip), ip))
    unsure = twice or (item.unsure(key) and item.unsure("ip_address"))
    unsure = unsure or any(item.has(field) and item.unsure(field) for field in (key, "ip_address"))
    known = all(each.subnet_id is not UNKNOWN for each in found)
    return tuple(found) if known and not unsure else UNKNOWN


def _fixed_ip(making: Making, owner: Owner, network_id: str, item: Item) -> FixedIP:
    ip, reference = item.get("ip_address", ""), item.get("subnet_id")
    unsure = item.unsure("ip_address") or item.unsure("subnet_id")
    if reference is not None:
        subnet_id = _named_subnet(making, owner, network_id, item, reference)
    elif ip and not unsure:
        subnet_id = _holding(making, network_id, item, ip)
    else:
        subnet_id = UNKNOWN
        if not unsure:
            item.fault("", "names neither subnet nor address", "write one of them")
    return FixedIP(subnet_id, UNKNOWN if unsure else ip)


def _named_subnet(making: Making, owner: Owner, network_id: str, item: Item, reference: Reference) -> Any:
    """The subnet of the network that a name stands for; else whichever subnet it stands for."""
    for short, subnet in making.subnets_of(network_id) if network_id is not UNKNOWN else ():
        if reference.name in (short, subnet.name):
            return subnet.id
    return making.resolve(item, "subnet", reference, owner)


def _holding(making: Making, network_id: str, item: Item, ip: str) -> Any:
    """The subnet of the network that holds an address; if none does, its only one of the family, for checks to tell.

    UNKNOWN where there is neither, which is a fault unless the network may have subnets that are not known.
    """
    try:
        subnet = making.subnet_of(network_id, ip)
        known = [subnet for _, subnet in making.subnets_of(network_id) if subnet.cidr]
    except NotKnown:
        return UNKNOWN
    if subnet is not None:
        return subnet.id
    if making.may_have_more_subnets(network_id):
        return UNKNOWN
    family = [subnet for subnet in known if version_of(subnet.cidr) == version_of(ip)]
    if len(family) == 1:
        return family[0].id
    if known:
        choice = ", ".join(subnet.cidr for subnet in known)
        item.fault("ip_address", f"{ip} is in no subnet of its network", f"choose one of {choice}")
    else:
        item.fault("ip_address", f"no subnet of its network has a prefix yet that holds {ip}", "write its cidr")
    return UNKNOWN


def _of_device(making: Making, device_id: str, network_id: str, role: str) -> list[Record]:
    """The stored port of a device on a network in a role, if it is the only one."""
    if network_id is UNKNOWN:
        return []
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
    if said is None:
        return
    network_id = making.resolve(said, "network", said.get("floating_network_id"), port.owner)

    def fits(record: Record) -> bool:
        return isinstance(record, FloatingIP) and (network_id is UNKNOWN or record.floating_network_id == network_id)

    alike = [record for record in making.estate.find("floating_ip.port", port_id) if fits(record)]
    id = making.names.identify(
        "floating_ip", port.owner, port.name, said, alike=alike if len(alike) == 1 else (), fits=fits
    )
    values = making.values(FloatingIP, said, port.owner) | {"floating_network_id": network_id, "port_id": port_id}
    making.put(FloatingIP, Thing(port.owner, port.name, said, id), values)
