"""Access lists at leaves: entries of IPv4 in order, asked of what comes in and goes out by an interface in a network.

A list is in each VRF where an interface asks it, in the words of nftables. What an entry accepts goes on its way; what
none matches is dropped. Source: openconfig-acl, `acl-set` of type ACL_IPV4; nft(8).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from cpal.core.rows import VALUE, Row, RowKey
from cpal.core.view import View
from cpal.drivers.devices import render_fabric as fabric
from cpal.drivers.devices.frr.render.filters import written
from cpal.drivers.devices.frr.render.names import ASKED_AT, DRIVER, ENTRY, list_key, vrf_key
from cpal.drivers.devices.render_fabric import Leaf
from cpal.model.acl import ACCEPT, Acl, AclEntry
from cpal.model.network import Network
from cpal.model.security import TCP, protocol_number
from cpal.model.switch import Interface
from cpal.model.target import Range

WAYS = {"ingress": "i_", "egress": "o_"}
"""How the set of the ports begins that ask a list of what comes in, and of what goes out."""


def acl(view: View, record: Acl) -> Iterator[Row]:
    """An access list wherever an interface asks it."""
    for device in record.devices:
        leaf = fabric.leaf_named(view, device, DRIVER)
        for vrf in _places(view, record, leaf) if leaf else ():
            key = list_key(device, vrf, record.id)
            yield Row(key, {}, (record.key,), vrf_key(device, vrf))
            for entry in record.entries:
                name = RowKey(ENTRY, f"{key.name} {entry.sequence_id}")
                yield Row(name, {VALUE: _rule(entry)}, (record.key,), key)


def of_interface(view: View, leaf: Leaf, record: Interface, network: Network) -> Iterator[Row]:
    """Where an interface asks access lists."""
    lists: dict[str, Acl] = {each.name: each for each in view.find("acl.device", leaf.name)}
    vrf = fabric.vrf_of(view, network)
    for way, name in (("ingress", record.ingress_acl), ("egress", record.egress_acl)):
        if found := lists.get(name):
            key = list_key(leaf.name, vrf, found.id)
            text = f"{way} {record.port}"
            yield Row(RowKey(ASKED_AT, f"{key.name} {text}"), {VALUE: text}, (record.key, found.key), key)


def _places(view: View, record: Acl, leaf: Leaf) -> list[str]:
    """The VRFs of a leaf where an access list is asked."""
    asking = [each for each in view.find("interface.device", leaf.name)
              if record.name in (each.ingress_acl, each.egress_acl)]  # fmt: skip
    networks = (view.get(Network, each.networks[0]) for each in asking if each.networks)
    return sorted({fabric.vrf_of(view, network) for network in networks if network})


def _rule(entry: AclEntry) -> str:
    number = protocol_number(entry.protocol, 4)
    transport = "tcp" if number == TCP else "udp"
    fields = (("type", entry.icmp_type), ("code", entry.icmp_code))
    words = [f"ip {side} {written(ip_network(address, strict=False))}"
             for side, address in (("saddr", entry.source_address), ("daddr", entry.destination_address))
             if address]  # fmt: skip
    said = [f"{transport} {side} {_ports(ports)}"
            for side, ports in (("sport", entry.source_port), ("dport", entry.destination_port)) if ports]  # fmt: skip
    said += [f"icmp {field} {value}" for field, value in fields if value is not None]
    if number is not None and not said:
        said = [f"meta l4proto {number}"]
    return " ".join([*words, *said, "return" if entry.forwarding_action == ACCEPT else "drop"])


def _ports(ports: Range) -> str:
    return f"{ports.start}" + (f"-{ports.end}" if ports.end != ports.start else "")
