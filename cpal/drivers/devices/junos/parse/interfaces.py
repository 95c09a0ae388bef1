"""Junos: interfaces, counters, addresses, VLANs, instances, neighbours, transceivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.rpc import configured, rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import ip, is_ip, mac, mac_or_none
from cpal.drivers.devices.parse.xml import attribute, number, real, text, texts
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.optics import Channel, Transceiver
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

INTERFACES = rpc("get-interface-information")
LONGEST = {"inet": 32, "inet6": 128}
SPEEDS = {"bps": 1, "kbps": 10**3, "mbps": 10**6, "gbps": 10**9}
INSTANCE_TYPES = {
    "vrf": InstanceType.L3VRF,
    "l2vpn": InstanceType.L2P2P,
    "evpn": InstanceType.L2VSI,
    "vpls": InstanceType.L2VSI,
    "virtual-switch": InstanceType.L2L3,
}
CAPABILITIES = {
    "other": "other",
    "repeater": "repeater",
    "bridge": "bridge",
    "wlan access point": "wlan-access-point",
    "router": "router",
    "telephone": "telephone",
    "docsis cable device": "docsis-cable-device",
    "station only": "station",
}
INSTANCES = configured("routing-instances/instance", optional=True)
ROUTED = ("vrf", "virtual-router")
"""The types of routing instances that have addresses of their own. Source: Junos, `instance-type`."""
NO_PARENT = "-"
NO_NEIGHBOR = "none"


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Physical and logical interfaces."""
    (reply,) = yield (INTERFACES,)
    physical = list(reply.iter("physical-interface"))
    logical = [(port, unit) for port in physical for unit in port.findall("logical-interface")]
    return (*map(_physical, physical), *(_logical(port, unit) for port, unit in logical))


def _physical(port: Element) -> Interface:
    return Interface(
        name=text(port, "name") or "",
        admin_status=Status.UP if text(port, "admin-status") == "up" else Status.DOWN,
        oper_status=Status.UP if text(port, "oper-status") == "up" else Status.DOWN,
        description=text(port, "description"),
        mtu=_mtu(port),
        speed_bps=_speed(port),
        mac_address=mac_or_none(text(port, "current-physical-address")),
        last_change_ago_s=attribute(port, "interface-flapped", "seconds") or None,
    )


def _logical(port: Element, unit: Element) -> Interface:
    """A unit: its port's state, but for its own name and description; it may be shut down by itself."""
    shut = unit.find("if-config-flags/iff-down") is not None
    whole = _physical(port)
    return Interface(
        name=text(unit, "name") or "",
        admin_status=Status.DOWN if shut else Status.UP,
        oper_status=whole.oper_status,
        description=text(unit, "description"),
        mtu=whole.mtu,
        speed_bps=whole.speed_bps,
        mac_address=whole.mac_address,
        last_change_ago_s=whole.last_change_ago_s,
    )


def _mtu(port: Element) -> int | None:
    """Octets; `Unlimited` is none."""
    told = text(port, "mtu")
    return int(told) if told and told.isdigit() else None


def _speed(port: Element) -> int | None:
    """`1000mbps`, `10Gbps`; `Auto` is what was negotiated."""
    told = text(port, "speed") or ""
    if told.lower() == "auto":
        told = (text(port, "ethernet-autonegotiation/link-partner-speed") or "").replace(" ", "")
    digits = "".join(each for each in told if each.isdigit())
    unit = told[len(digits) :].lower()
    return int(digits) * SPEEDS[unit] if digits and unit in SPEEDS else None


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """Counters of physical and logical interfaces."""
    (reply,) = yield (rpc("get-interface-information", extensive=""),)
    return tuple(
        _counters(each)
        for port in reply.iter("physical-interface")
        for each in [*port.findall("logical-interface"), port]
    )


def _counters(of: Element) -> Counters:
    mac_layer = of.find("ethernet-mac-statistics")
    return Counters(
        interface=text(of, "name") or "",
        in_octets=number(of, "traffic-statistics/input-bytes"),
        in_unicast_pkts=number(mac_layer, "input-unicasts"),
        in_multicast_pkts=number(mac_layer, "input-multicasts"),
        in_broadcast_pkts=number(mac_layer, "input-broadcasts"),
        in_discards=number(of, "input-error-list/input-discards"),
        in_errors=number(of, "input-error-list/input-errors"),
        out_octets=number(of, "traffic-statistics/output-bytes"),
        out_unicast_pkts=number(mac_layer, "output-unicasts"),
        out_multicast_pkts=number(mac_layer, "output-multicasts"),
        out_broadcast_pkts=number(mac_layer, "output-broadcasts"),
        out_discards=number(of, "output-error-list/output-drops"),
        out_errors=number(of, "output-error-list/output-errors"),
    )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of logical interfaces, and the VRF that each is in."""
    reply, instances = yield (rpc("get-interface-information", terse=""), INSTANCES)
    units = reply.findall(".//physical-interface/logical-interface")
    vrf_of = _vrf_of(instances)
    found = (
        IpInterface(
            name=text(unit, "name") or "",
            vrf=vrf_of.get(text(unit, "name") or ""),
            ipv4=tuple(_addresses(unit, "inet")),
            ipv6=tuple(_addresses(unit, "inet6")),
        )
        for unit in units
    )
    return tuple(each for each in found if each.ipv4 or each.ipv6)


def _addresses(unit: Element, family: str) -> Iterator[Address]:
    for each in unit.findall("address-family"):
        if text(each, "address-family-name") == family:
            for local in texts(each, "interface-address/ifa-local"):
                address, _, length = local.partition("/")
                yield Address(
                    ip=ip(address) if is_ip(address) else address,
                    prefix_length=int(length) if length else LONGEST[family],
                )


def vlans() -> Asking[tuple[Vlan, ...]]:
    """VLANs and their ports, as each of the three switching architectures tells them."""
    switched, bridged = yield (
        rpc("get-vlan-information", optional=True),
        rpc("get-bridge-instance-information", optional=True),
    )
    found = [
        *(() if switched is None else switched.iter("vlan")),
        *(() if switched is None else switched.iter("l2ng-l2ald-vlan-instance-group")),
        *(() if bridged is None else bridged.iter("l2ald-bridge-instance-group")),
    ]
    return tuple(map(_vlan, found))


VLAN_WORDS = {
    "vlan": ("vlan-tag", "vlan-name", "vlan-detail/vlan-member-list/vlan-member/vlan-member-interface"),
    "l2ng-l2ald-vlan-instance-group": (
        "l2ng-l2rtb-vlan-tag", "l2ng-l2rtb-vlan-name", "l2ng-l2rtb-vlan-member/l2ng-l2rtb-vlan-member-interface",
    ),
    "l2ald-bridge-instance-group": ("l2rtb-bridge-vlan", "l2rtb-bridging-domain", "l2rtb-interface-name"),
}  # fmt: skip
"""What each architecture calls a VLAN's tag, name and ports."""

TUNNELLED = ("vtep", "esi.")
"""How names of EVPN's pseudo-interfaces begin, which are listed among the ports and lead to other devices."""


def _vlan(told: Element) -> Vlan:
    tag, name, ports = VLAN_WORDS[told.tag]
    id_ = text(told, tag)
    members = tuple(
        port.rstrip("*") for port in texts(told, ports) if port != "None" and not port.startswith(TUNNELLED)
    )
    return Vlan(
        id=int(id_) if id_ and id_.isdigit() and id_ != "0" else None, name=text(told, name), interfaces=members
    )


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """Routing instances as configured, and the default one with the interfaces of no other."""
    reply, ports = yield (configured("routing-instances/instance"), INTERFACES)
    found = tuple(map(_instance, reply.iter("instance")))
    taken = {name for each in found for name in each.interfaces}
    names = [
        *texts(ports, ".//physical-interface/name"),
        *texts(ports, ".//physical-interface/logical-interface/name"),
    ]
    rest = tuple(name for name in names if name not in taken)
    return (*found, NetworkInstance(name="default", type=InstanceType.DEFAULT, interfaces=rest))


def _instance(told: Element) -> NetworkInstance:
    kind = text(told, "instance-type")
    return NetworkInstance(
        name=text(told, "name") or "",
        type=INSTANCE_TYPES.get(kind or ""),
        kind=kind,
        route_distinguisher=text(told, "route-distinguisher/rd-type"),
        interfaces=(*texts(told, "interface/name"), *texts(told, "bridge-domains/domain/interface/name")),
    )


def _vrf_of(instances: Element | None) -> dict[str, str]:
    """The VRF of each interface that is in one; an answer that is not there says of none."""
    found = [] if instances is None else [_instance(each) for each in instances.iter("instance")]
    return {name: each.name for each in found if each.kind in ROUTED for name in each.interfaces}


def _unit(name: str | None) -> str:
    """A logical interface, without the port behind a gateway: `irb.10 [ge-0/0/1.0]`."""
    return (name or "").partition(" ")[0]


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours."""
    reply, instances = yield (rpc("get-arp-table-information", expiration_time="", no_resolve=""), INSTANCES)
    vrf_of = _vrf_of(instances)
    return tuple(
        Neighbor(
            ip=ip(text(each, "ip-address") or ""),
            link_layer_address=mac_or_none(text(each, "mac-address")),
            interface=text(each, "interface-name"),
            vrf=vrf_of.get(_unit(text(each, "interface-name"))),
            age_s=real(each, "time-to-expire"),
        )
        for each in reply.iter("arp-table-entry")
    )


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv6 neighbours."""
    reply, instances = yield (rpc("get-ipv6-nd-information"), INSTANCES)
    vrf_of = _vrf_of(instances)
    return tuple(_ipv6_neighbor(each, vrf_of) for each in reply.iter("ipv6-nd-entry"))


def _ipv6_neighbor(told: Element, vrf_of: Mapping[str, str]) -> Neighbor:
    address = text(told, "ipv6-nd-neighbor-l2-address")
    return Neighbor(
        ip=ip(text(told, "ipv6-nd-neighbor-address") or ""),
        link_layer_address=None if address in (None, NO_NEIGHBOR) else mac(address or ""),
        interface=text(told, "ipv6-nd-interface-name"),
        vrf=vrf_of.get(_unit(text(told, "ipv6-nd-interface-name"))),
        age_s=real(told, "ipv6-nd-expire"),
        state=text(told, "ipv6-nd-state"),
    )


MAC_WORDS: dict[str, tuple[str, str, str]] = {
    "mac-table-entry": ("mac-address", "mac-interface", "mac-vlan-tag"),
    "l2ng-l2ald-mac-entry-vlan": ("l2ng-l2-mac-address", "l2ng-l2-mac-logical-interface", "l2ng-l2-vlan-id"),
    "l2ald-mac-entry": ("l2-mac-address", "l2-mac-logical-interface", "l2-bridge-vlan"),
}
"""What each switching architecture calls a MAC address, its interface and its VLAN."""
FLOOD = "*"


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses, as each of the three switching architectures tells them."""
    replies = yield (
        rpc("get-ethernet-switching-table-information", extensive="", optional=True),
        rpc("get-bridge-mac-table", extensive="", optional=True),
    )
    found = [each for reply in replies if reply is not None for each in reply.iter() if each.tag in MAC_WORDS]
    return tuple(_mac_entry(each) for each in found if text(each, MAC_WORDS[each.tag][0]) not in (FLOOD, None))


def _mac_entry(told: Element) -> MacEntry:
    address, port, vlan = MAC_WORDS[told.tag]
    kind = text(told, "mac-type")
    return MacEntry(
        mac_address=mac(text(told, address) or ""),
        interface=text(told, port),
        vlan=number(told, vlan),
        static=None if kind is None else kind == "Static",
    )


def optics() -> Asking[tuple[Transceiver, ...]]:
    """Transceivers: one channel, or as many as there are lanes."""
    (reply,) = yield (rpc("get-interface-optics-diagnostics-information"),)
    ports = [port for port in reply.iter("physical-interface") if port.find("optics-diagnostics") is not None]
    return tuple(Transceiver(interface=text(port, "name") or "", channels=tuple(_channels(port))) for port in ports)


def _channels(port: Element) -> Iterator[Channel]:
    whole = port.find("optics-diagnostics")
    lanes = port.findall("optics-diagnostics/optics-diagnostics-lane-values")
    for lane in lanes:
        yield _channel(lane, number(lane, "lane-index") or 0, "laser-rx-optical-power-dbm")
    if whole is not None and not lanes:
        yield _channel(whole, 0, "rx-signal-avg-optical-power-dbm")


def _channel(of: Element, index: int, received: str) -> Channel:
    return Channel(
        index=index,
        input_power_dbm=_level(text(of, received)),
        output_power_dbm=_level(text(of, "laser-output-power-dbm")),
        laser_bias_current_ma=_level(text(of, "laser-bias-current")),
    )


def _level(told: str | None) -> float | None:
    """A level; minus infinity is none."""
    return None if told is None or "inf" in told.lower() else float(told)


def lldp_neighbors() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, in brief."""
    (reply,) = yield (rpc("get-lldp-neighbors-information"),)
    return tuple(_lldp_neighbor(each, _local(each)) for each in reply.iter("lldp-neighbor-information"))


def _local(told: Element) -> str:
    """The local interface: one of two words, as the release has it."""
    return text(told, "lldp-local-interface") or text(told, "lldp-local-port-id") or ""


def lldp_neighbors_detail() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, with all that they tell: asked for each interface that has some."""
    (brief,) = yield (rpc("get-lldp-neighbors-information"),)
    names = list(dict.fromkeys(_local(each) for each in brief.iter("lldp-neighbor-information")))
    found: list[LldpNeighbor] = []
    for name in names:
        (reply,) = yield (rpc("get-lldp-interface-neighbors", interface_device=name, optional=True),)
        if reply is None:
            (reply,) = yield (rpc("get-lldp-interface-neighbors-information", interface_name=name),)
        found += [_lldp_neighbor(each, name) for each in reply.iter("lldp-neighbor-information")]
    return tuple(found)


def _lldp_neighbor(told: Element, name: str) -> LldpNeighbor:
    parent = text(told, "lldp-local-parent-interface-name")
    chassis = text(told, "lldp-remote-chassis-id")
    return LldpNeighbor(
        interface=name,
        parent_interface=None if parent == NO_PARENT else parent,
        chassis_id=mac_or_none(chassis) or chassis,
        port_id=text(told, "lldp-remote-port-id"),
        port_description=text(told, "lldp-remote-port-description"),
        system_name=text(told, "lldp-remote-system-name"),
        system_description=text(told, "lldp-system-description/lldp-remote-system-description"),
        capabilities=_capabilities(text(told, "lldp-remote-system-capabilities-supported")),
        enabled_capabilities=_capabilities(text(told, "lldp-remote-system-capabilities-enabled")),
    )


def _capabilities(told: str | None) -> tuple[str, ...] | None:
    if told is None:
        return None
    return tuple(sorted(word for words, word in CAPABILITIES.items() if words in told.lower()))
