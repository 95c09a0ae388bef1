"""What must hold for what is declared of devices one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_interface

from cpal.model.checks import classifier as marking
from cpal.model.checks.acl import LIST_CHECKS, bound_problems
from cpal.model.checks.mlag import lag_problems
from cpal.model.checks.network import SEGMENTATION_IDS
from cpal.model.checks.ospf import PROCESS_CHECKS
from cpal.model.checks.values import address_problems, interface_problems, is_of_one, outside_hosts, prefix_problems
from cpal.model.checks.words import Problem, called, missing
from cpal.model.estate import Estate
from cpal.model.network import OVERLAY_TYPES, Network
from cpal.model.of_device import ADDRESS_FAMILIES, OfDevice
from cpal.model.ospf import Ospf
from cpal.model.switch import (
    ACCESS,
    BRIDGE_PRIORITIES,
    BRIDGE_PRIORITY,
    LACP_MODES,
    MODES,
    MSTP,
    RAPID_PVST,
    ROUTED,
    RSTP,
    TREE_MODES,
    TRUNK,
    Interface,
    Lag,
    NtpServer,
    OnDevices,
    Route,
    Stp,
    SyslogServer,
    Vlan,
    Vrf,
)

V4 = 4
LINK_LOCAL = "fe80:"
"""How addresses begin that an interface has for its own link alone. Source: RFC 4291, section 2.5.6."""
MTUS = (68, 9216)
"""The least and the greatest MTU of an interface, in bytes. Source: RFC 791; what switches take."""


def _vlan_id(estate: Estate, vlan: Vlan) -> Iterator[Problem]:
    yield from _number("vlan_id", vlan.vlan_id)
    if not vlan.name.strip():
        yield Problem("name", "needs a name, which devices show", "name it")


def _devices(estate: Estate, vlan: OnDevices) -> Iterator[Problem]:
    for device in vlan.devices:
        yield from device_problems(estate, "devices", device)
    if not vlan.devices:
        yield Problem("devices", "is on no device", "name at least one")
    if len(set(vlan.devices)) < len(vlan.devices):
        yield Problem("devices", "names one device twice", "leave the repetition out")


VLAN_CHECKS = (_vlan_id, _devices)


def _vrf_name(estate: Estate, vrf: Vrf) -> Iterator[Problem]:
    if len(vrf.name.split()) != 1 or vrf.name == DEFAULT_VRF:
        yield Problem("name", f"{vrf.name!r} is no name of a VRF", f"one word, other than {DEFAULT_VRF}")
    if not set(vrf.address_families) <= set(ADDRESS_FAMILIES):
        yield Problem("address_families", "names what is none", f"of {' and '.join(ADDRESS_FAMILIES)}")


def _in_vrf(estate: Estate, record: Route | NtpServer | SyslogServer | Interface | Ospf) -> Iterator[Problem]:
    if record.vrf and (len(record.vrf.split()) != 1 or record.vrf == DEFAULT_VRF):
        yield Problem("vrf", f"{record.vrf!r} is no name of a VRF", "one word; leave it out for the default one")


PREFERENCES, TAGS = range(1, 256), range(1, 1 << 32)
"""Distances of static routes and tags of routes. Source: Arista EOS, Cisco IOS, `ip route`; RFC 2328, A.4.5."""
ROUTE_NAME = re.compile(r"[A-Za-z][\w.-]{0,49}", re.ASCII)
"""What all makes that name static routes take, which write no quotes around it. Source: Cisco NX-OS, `ip route`."""


def _led(estate: Estate, route: Route) -> Iterator[Problem]:
    problems = list(prefix_problems("destination", route.destination))
    yield from problems
    yield from address_problems("nexthop", route.nexthop, 0 if problems else 6 if ":" in route.destination else 4)
    if route.preference is not None and route.preference not in PREFERENCES:
        yield Problem("preference", f"{route.preference} is none", f"{PREFERENCES[0]} to {PREFERENCES[-1]}")
    if route.tag is not None and route.tag not in TAGS:
        yield Problem("tag", f"{route.tag} is none", f"{TAGS[0]} to {TAGS[-1]}")
    if route.label and not ROUTE_NAME.fullmatch(route.label):
        remedy = "letters, digits, '.', '-' and '_', up to 50"
        yield Problem("label", f"{route.label!r} is no name of a route", remedy)


def _address(estate: Estate, server: NtpServer | SyslogServer) -> Iterator[Problem]:
    yield from address_problems("address", server.address)


DEFAULT_VRF = "default"
ACL_CHECKS = (*LIST_CHECKS, _devices)
CLASSIFIER_CHECKS = (*marking.CLASSIFIER_CHECKS, _devices)
VRF_CHECKS = (_vrf_name, _devices)
ROUTE_CHECKS = (_led, _in_vrf, _devices)
SERVER_CHECKS = (_address, _in_vrf, _devices)


def _on_device(estate: Estate, ospf: Ospf) -> Iterator[Problem]:
    yield from device_problems(estate, "device", ospf.device)


OSPF_CHECKS = (_on_device, _in_vrf, *PROCESS_CHECKS)


def _named(estate: Estate, record: OfDevice) -> Iterator[Problem]:
    if not record.device or not record.own_name or len(record.name.split()) != 1:
        yield Problem("name", f"{record.name!r} is no interface of a device", "write it as leaf1/Ethernet1")
    else:
        yield from device_problems(estate, "name", record.device)


def _members(estate: Estate, lag: Lag) -> Iterator[Problem]:
    if not lag.members:
        yield Problem("members", "has no members", "name at least one")
    if len(set(lag.members)) < len(lag.members):
        yield Problem("members", "names one interface twice", "leave the repetition out")
    for member in lag.members:
        if len(member.split()) != 1 or member == lag.own_name:
            yield Problem("members", f"{member!r} is no interface to be in it", "write it as the device shows it")


def _lacp_mode(estate: Estate, lag: Lag) -> Iterator[Problem]:
    if lag.lacp_mode not in LACP_MODES:
        yield Problem("lacp_mode", f"there is no mode {lag.lacp_mode!r}", f"one of {', '.join(LACP_MODES)}")


LAG_CHECKS = (_named, _members, _lacp_mode, lag_problems)


def _tree_mode(estate: Estate, stp: Stp) -> Iterator[Problem]:
    if stp.mode not in ("", *TREE_MODES):
        yield Problem("mode", f"there is no mode {stp.mode!r}", f"one of {', '.join(TREE_MODES)}")
    if not stp.mode and stp.priority is None:
        yield Problem("mode", "says nothing of spanning trees", "set mode, or priority with vlans or instances")


def _priority(estate: Estate, stp: Stp) -> Iterator[Problem]:
    """The priority, and the trees that it is in."""
    if stp.priority is not None and stp.priority not in BRIDGE_PRIORITIES:
        several = f"0 to {BRIDGE_PRIORITIES[-1]}, in steps of {BRIDGE_PRIORITIES.step}"
        yield Problem("priority", f"{stp.priority} is no priority of a bridge", several)
    if stp.vlans and stp.instances:
        yield Problem("instances", "a tree is of VLANs or of an instance", "leave vlans or instances out")
    for field, mode in (("vlans", RAPID_PVST), ("instances", MSTP)):
        if not getattr(stp, field):
            continue
        if stp.mode not in ("", mode):
            yield Problem(field, f"there are trees of {field} with {mode}, not with {stp.mode}", "leave them out")
        if stp.priority is None:
            yield Problem("priority", f"none is said for the {field}", "write it, or leave them out")
        if stp.priority == BRIDGE_PRIORITY:
            yield Problem("priority", f"{stp.priority} is what the {field} have of themselves", "leave them out")
    if stp.priority is not None and not (stp.vlans or stp.instances) and stp.mode != RSTP:
        yield Problem("priority", "it is said of no tree", f"name vlans or instances, or set mode to {RSTP}")


def _trees(estate: Estate, stp: Stp) -> Iterator[Problem]:
    """VLANs and instances, each said once of a device."""
    for vlan in stp.vlans:
        yield from _number("vlans", vlan)
    if not all(0 <= each <= MAX_INSTANCE for each in stp.instances):
        yield Problem("instances", "names what is none", f"numbers from 0 to {MAX_INSTANCE}")
    others = [
        (device, each) for device in stp.devices for each in estate.find("stp.device", device) if each.id != stp.id
    ]
    for device, other in others:
        for field in ("vlans", "instances"):
            if same := {*getattr(stp, field)} & {*getattr(other, field)}:
                why = f"{called(estate, other)} says the priority in {min(same)} of {device} already"
                yield Problem(field, why, "leave it out of one of them")


MAX_INSTANCE = 4094
"""The greatest number of an instance. Source: openconfig-spanning-tree, `mst-id`."""
STP_CHECKS = (_devices, _tree_mode, _priority, _trees)


def _mode(estate: Estate, interface: Interface) -> Iterator[Problem]:
    if interface.mode not in ("", *MODES):
        yield Problem("mode", f"there is no mode {interface.mode!r}", f"one of {', '.join(MODES)}")
    if interface.mode == ACCESS and interface.vlans:
        yield Problem("vlans", "an access port is in one VLAN", "write vlan, or make it a trunk")
    if interface.mode == ACCESS and len(interface.networks) + bool(interface.vlan) > 1:
        yield Problem("networks", "an access port is in one VLAN", "name one network or one VLAN")
    if interface.mode in ("", ROUTED) and (interface.vlan or interface.vlans or interface.networks):
        field = next(name for name in ("vlan", "vlans", "networks") if getattr(interface, name))
        yield Problem(field, "only a port of the switch is in VLANs", f"set mode to {ACCESS} or {TRUNK}")
    for field in ("edge_port", "bpdu_guard"):
        if interface.mode == ROUTED and getattr(interface, field) is not None:
            yield Problem(field, "only a port of the switch is in spanning trees", "leave it out")
    for field in ("addresses", "vrf"):
        if interface.mode in (ACCESS, TRUNK) and getattr(interface, field):
            yield Problem(field, f"a port of the switch has no {field}", f"set mode to {ROUTED}")


def _numbers(estate: Estate, interface: Interface) -> Iterator[Problem]:
    if interface.vlan:
        yield from _number("vlan", interface.vlan)
    for vlan in interface.vlans:
        yield from _number("vlans", vlan)
    low, high = MTUS
    if interface.mtu and not low <= interface.mtu <= high:
        yield Problem("mtu", f"{interface.mtu} is out of range", f"a number from {low} to {high}")


def _addresses(estate: Estate, interface: Interface) -> Iterator[Problem]:
    beside = [each for each in estate.find("interface.device", interface.device) if each.vrf == interface.vrf]
    held = {_bare(text): each for each in beside if each.name < interface.name for text in each.addresses}
    for text in interface.addresses:
        wrong = [*interface_problems("addresses", text)]
        yield from wrong or _of_an_interface(text)
        other = held.get(_bare(text))
        if other is not None and not text.startswith(LINK_LOCAL):
            why = f"{_bare(text)} is that of {other.own_name} already"
            yield Problem("addresses", why, "leave it out of one of them")


def _bare(text: str) -> str:
    return text.partition("/")[0]


def _of_an_interface(text: str) -> Iterator[Problem]:
    """What is wrong with an address in its prefix, which devices would not take either."""
    found = ip_interface(text)
    reserved = outside_hosts(str(found.network), int(found.ip)) if found.version == V4 else ""
    if not is_of_one(_bare(text)):
        yield Problem("addresses", f"{_bare(text)} is the address of no interface", "write one that a device may have")
    elif reserved:
        yield Problem("addresses", f"{text} is the {reserved} address of its prefix", "choose one within it")


def _networks(estate: Estate, interface: Interface) -> Iterator[Problem]:
    for id in interface.networks:
        network = estate.get(Network, id)
        if network is None:
            yield missing("networks", "network", id)
        elif network.switch_vlan is None and network.network_type not in OVERLAY_TYPES:
            why = f"{called(estate, network)} is no VLAN"
            yield Problem("networks", why, "give the network a physical_network and a segmentation_id")


INTERFACE_CHECKS = (_named, _mode, _in_vrf, _numbers, _addresses, _networks, bound_problems, marking.asked_problems)


def _number(field: str, vlan: int) -> Iterator[Problem]:
    low, high = SEGMENTATION_IDS["vlan"]
    if not low <= vlan <= high:
        yield Problem(field, f"{vlan} is out of range for vlan", f"a number from {low} to {high}")


def device_problems(estate: Estate, field: str, name: str) -> Iterator[Problem]:
    """What is wrong with a device that a field names: some target has one of this name."""
    if not name.strip():
        yield Problem(field, "names no device", "write the name of one, as the endpoints of its target have it")
    elif not estate.ids("target.endpoint", name):
        why = f"there is no target that has a device {name}"
        yield Problem(field, why, "name it among the endpoints of its target")
