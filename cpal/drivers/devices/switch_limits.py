"""What switches can hold, and the sentences why not, in the words of each make. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, ParamSpec

from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices.device_limits import limits_on_devices, refuse_on_devices
from cpal.drivers.devices.ospf_limits import refuse_ospf_together
from cpal.drivers.devices.parse.tree import spans
from cpal.drivers.devices.render_switch import vlan_name
from cpal.drivers.devices.words import Words, listed
from cpal.model.checks.switch import LINK_LOCAL
from cpal.model.estate import Estate
from cpal.model.network import OVERLAY_TYPES, Network
from cpal.model.record import Record
from cpal.model.switch import (
    ACCESS,
    ON_DEVICES,
    TRUNK,
    Interface,
    OnDevices,
    Vlan,
    placed_by,
)
from cpal.model.target import Target

P = ParamSpec("P")
Refusing = Callable[P, Iterable[Cannot]]
Together = Callable[[Target, Any, Estate], Iterable[Cannot]]
"""What refuses a record among the others: for `Capability.refuse_together`."""
_INSTEAD = "declare vlan, interface and network records"
_NEVER = {
    "port": "network_id", "router": "name", "instance": "name", "floating_ip": "floating_ip_address",
    "port_forwarding": "external_port_range", "trunk": "port_id",
}  # fmt: skip
"""Kinds of which nothing can be held, and the field at which to say so."""


_MARKED = "ingress_classifier"
_ACLS = ("ingress_acl", "egress_acl")
_TEXTS = (("interface", "description"), ("vlan", "name"))
_TRUST = "which marks an interface trusts is not declared, and stays as it is there"


def capability(words: Words, evidence: str) -> Capability:
    """What the switches of a make can hold; `evidence` is how that is tested."""
    return Capability(
        refuse={
            "target": lambda target, record: _target(words, target, record),
            "interface": lambda target, record: _interface(words, target, record),
            "vlan": lambda target, record: _vlan(words, target, record),
            **refuse_on_devices(words),
            **{kind: _never(field, _not_yet(words)) for kind, field in _NEVER.items()},
            **{kind: partial(_unwritten, words) for kind in _missing(words)},
        },
        limits=_limits(words),
        commit="confirmed",
        evidence=evidence,
        refuse_together={
            "interface": both(refuse_same_vlan, _overlay(words)),
            **({"ospf": partial(refuse_ospf_together, words)} if "ospf" in words.settings else {}),
        },
    )


def _missing(words: Words) -> list[str]:
    """The kinds that are declared on devices one by one and not written to this make."""
    return [kind for kind in ON_DEVICES if kind != "vlan" and kind not in words.settings]


def _not_owned(words: Words, kind: str) -> str:
    return f"what others configured of {kind.replace('_', ' ')} is not taken away on {words.title} yet"


def _unwritten(words: Words, target: Target, record: OnDevices) -> Iterator[Cannot]:
    """Of other targets' devices, their driver speaks."""
    for device in record.devices:
        if device in target.endpoints:
            yield Cannot(placed_by(record.kind), f"{device}: {_no_such(words, record.kind)}", "leave that out")


def _no_such(words: Words, kind: str) -> str:
    return f"no {kind.replace('_', ' ')} is written to {words.title} yet"


def _not_yet(words: Words) -> str:
    return f"of networks, only VLANs on named interfaces are written to {words.title} yet"


def _target(words: Words, target: Target, record: Target) -> Iterator[Cannot]:
    for kind in record.owned if record.id == target.id else ():
        if kind not in words.owned:
            yield Cannot("owned", _not_owned(words, kind), "leave it out: what others configured stays")
    if not target.endpoints:
        yield Cannot("endpoints", "it names no switch", f"write SWITCH: {words.address} for each")
    for name, address in target.endpoints.items():
        if not address.startswith(tuple(f"{scheme}://" for scheme in words.schemes)):
            yield Cannot("endpoints", f"{address!r} leads to no switch of this make", f"write {name}: {words.address}")
        if len(name.split()) != 1 or "/" in name:
            yield Cannot("endpoints", "a switch's name is one word without a slash", "call it otherwise")


def _interface(words: Words, target: Target, record: Interface) -> Iterator[Cannot]:
    if record.device not in target.endpoints:
        return
    port, title = record.port, words.title
    if not words.may_name(port):
        why = f"{title} has no interface {port!r}"
        yield Cannot("name", why, f"write it as {title} shows it, beginning with {', '.join(words.kinds)}")
    if record.mode and not words.is_port(port):
        yield Cannot("mode", f"{port} is no port of the switch", "leave it out")
    smallest, largest = words.mtus
    if record.mtu and not smallest <= record.mtu <= largest:
        yield Cannot("mtu", f"{title} takes {smallest} to {largest}", "choose one of those")
    for address in record.addresses if words.has_primary else ():
        if address.startswith(LINK_LOCAL):
            yield Cannot("addresses", f"{address}: {_own_link(words)}", "leave it out")
    for field in _IN_TREES if not words.is_port(port) else ():
        if getattr(record, field) is not None:
            yield Cannot(field, f"{port} is no port of the switch", "leave it out")
    for field in _ACLS:
        if getattr(record, field) and record.mode in (ACCESS, TRUNK) and field not in words.acls_of_ports:
            yield Cannot(field, _not_of_ports(words), "set mode to routed, or leave it out")
    if record.description != " ".join(record.description.split()):
        yield Cannot("description", f"{title} keeps one line, with single spaces", "write it so")
    if words.only_ascii and not record.description.isascii():
        yield Cannot("description", _only_ascii(words), "write it so")


_IN_TREES = ("edge_port", "bpdu_guard")
"""What an interface is in spanning trees."""


def _vlan(words: Words, target: Target, record: Vlan) -> Iterator[Cannot]:
    if not target.endpoints.keys() & set(record.devices):
        return
    most = words.vlan_name
    if most and len(vlan_name(record.name)) > most:
        yield Cannot("name", f"{words.title} takes {most} characters", "call it something shorter")
    if words.only_ascii and not record.name.isascii():
        yield Cannot("name", _only_ascii(words), "call it so")
    if record.vlan_id in words.own_vlans:
        why = f"{record.vlan_id}: {_own_vlans(words)}"
        yield Cannot("vlan_id", why, "leave these devices out: interfaces may be in it all the same")


def _own_link(words: Words) -> str:
    return f"addresses of the link alone are {words.title}'s own"


def _only_ascii(words: Words) -> str:
    return f"{words.title} takes signs of ASCII alone"


def _own_vlans(words: Words) -> str:
    return f"{words.title} has the VLANs {spans(tuple(words.own_vlans))} by itself, under names of its own"


def _not_of_ports(words: Words) -> str:
    if words.acls_of_ports:
        return f"{words.title} asks a port of the switch for what comes in alone"
    return f"none is written to a port of the switch on {words.title}"


def both(one: Refusing[P], other: Refusing[P]) -> Refusing[P]:
    """What either refuses of a record, alone or among the others."""

    def refuse(*args: P.args, **more: P.kwargs) -> Iterator[Cannot]:
        yield from one(*args, **more)
        yield from other(*args, **more)

    return refuse


def _never(field: str, why: str) -> Callable[[Target, Record], Iterator[Cannot]]:
    def refuse(target: Target, record: Record) -> Iterator[Cannot]:
        yield Cannot(field, why, _INSTEAD)

    return refuse


def refuse_same_vlan(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """A network is a VLAN on the device, under the network's name."""
    if record.device not in target.endpoints:
        return
    networks = [network for id in record.networks if (network := estate.get(Network, id))]
    if lost := [network.name for network in networks if network.switch_vlan is None]:
        remedy = "give the network a physical_network and a segmentation_id, or a fabric_vlan"
        yield Cannot("networks", f"network {lost[0]} is no VLAN", remedy)
    numbers: dict[int, str] = {vlan.vlan_id: f"VLAN {vlan.name}" for vlan in estate.find("vlan.device", record.device)}
    for other in sorted(estate.find("interface.device", record.device), key=lambda each: each.name):
        for id in other.networks:
            network = estate.get(Network, id)
            number = network.switch_vlan if network else None
            if number is not None and numbers.setdefault(number, id) != id and other.id == record.id:
                why = f"VLAN {number} of {record.device} is {numbers[number]} already"
                yield Cannot("networks", why, "give one of them another number")


def _overlay(words: Words) -> Together:
    """What refuses tunnelled networks, which no leaf of that make carries."""

    def refuse(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
        if record.device not in target.endpoints:
            return
        for network in (estate.get(Network, id) for id in record.networks):
            if network is not None and network.network_type in OVERLAY_TYPES:
                why = f"{network.name} is tunnelled, and no tunnels are written to {words.title} yet"
                yield Cannot("networks", why, "give the network a physical_network and a segmentation_id")

    return refuse


def _limits(words: Words) -> tuple[Limit, ...]:
    """In general what the functions above refuse, each in particular."""
    title, ports = words.title, f"only {listed(words.ports, 'and')} are ports of the switch"
    return (
        Limit("target", "endpoints", f"a switch is one word, and reached by {words.address}"),
        Limit("interface", "name", f"as {title} shows it: {listed(words.kinds, 'or')} with its number"),
        Limit("interface", "mode", ports),
        Limit("interface", "mtu", f"{title} takes {words.mtus[0]} to {words.mtus[1]} bytes"),
        *((Limit("interface", "addresses", _own_link(words)),) if words.has_primary else ()),
        Limit("interface", "description", f"{title} keeps one line, with single spaces"),
        *(Limit(kind, field, _only_ascii(words)) for kind, field in _TEXTS if words.only_ascii),
        *([Limit("vlan", "vlan_id", _own_vlans(words))] if words.own_vlans else []),
        *(Limit("target", "owned", _not_owned(words, kind)) for kind in ON_DEVICES if kind not in words.owned),
        *(Limit(kind, placed_by(kind), _no_such(words, kind), never=True) for kind in _missing(words)),
        *(Limit("interface", field, ports) for field in _IN_TREES),
        *(Limit("interface", field, _not_of_ports(words)) for field in _ACLS if field not in words.acls_of_ports),
        *([Limit("interface", _MARKED, f"{_TRUST}: {words.trust}")] if words.trust else []),
        *limits_on_devices(words),
        Limit("interface", "networks", "a VLAN of a switch is one network"),
        *([Limit("vlan", "name", f"{title} takes {words.vlan_name} characters")] if words.vlan_name else []),
        *(Limit(kind, field, _not_yet(words), never=True) for kind, field in _NEVER.items()),
    )
