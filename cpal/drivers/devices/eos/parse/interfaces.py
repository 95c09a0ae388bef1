"""EOS: interfaces, counters, addresses, VLANs, VRFs, neighbours, transceivers. Source: eAPI's JSON of each command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import ip, mac, mac_or_none, none_if_empty
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.optics import Channel, Transceiver
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

SHOW_INTERFACES = Ask("show interfaces", JSON)
SHOW_IP_INTERFACE = Ask("show ip interface", JSON)
SHOW_VRF = Ask("show vrf", JSON)
DEFAULT = "default"
NO_ADDRESS = "0.0.0.0"
NO_DISTINGUISHER = ("", "<not set>", "None")
CAPABILITIES = {"wlanAccessPoint": "wlan-access-point", "docsis": "docsis-cable-device", "stationOnly": "station"}
"""LLDP's capabilities that eAPI writes in its own way."""


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state."""
    (reply,) = yield (SHOW_INTERFACES,)
    return tuple(_interface(name, told) for name, told in reply["interfaces"].items())


def _interface(name: str, told: Any) -> Interface:
    up = told["lineProtocolStatus"] == "up"
    enabled = up or told["interfaceStatus"] != "disabled"
    return Interface(
        name=name,
        admin_status=Status.UP if enabled else Status.DOWN,
        oper_status=Status.UP if up else Status.DOWN,
        description=none_if_empty(told.get("description")),
        mtu=told.get("mtu"),
        speed_bps=told.get("bandwidth"),
        mac_address=mac_or_none(told.get("physicalAddress")),
        last_change=told.get("lastStatusChangeTimestamp"),
    )


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """Counters of the interfaces that have some: subinterfaces have none of their own."""
    (reply,) = yield (SHOW_INTERFACES,)
    found = reply["interfaces"].items()
    return tuple(_counters(name, told) for name, told in found if told["hardware"] != "subinterface")


def _counters(name: str, told: Any) -> Counters:
    counted = told.get("interfaceCounters", {})
    return Counters(
        interface=name,
        in_octets=counted.get("inOctets"),
        in_unicast_pkts=counted.get("inUcastPkts"),
        in_multicast_pkts=counted.get("inMulticastPkts"),
        in_broadcast_pkts=counted.get("inBroadcastPkts"),
        in_discards=counted.get("inDiscards"),
        in_errors=counted.get("totalInErrors"),
        out_octets=counted.get("outOctets"),
        out_unicast_pkts=counted.get("outUcastPkts"),
        out_multicast_pkts=counted.get("outMulticastPkts"),
        out_broadcast_pkts=counted.get("outBroadcastPkts"),
        out_discards=counted.get("outDiscards"),
        out_errors=counted.get("totalOutErrors"),
    )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses and the VRF of each interface."""
    four, six = yield (SHOW_IP_INTERFACE, Ask("show ipv6 interface", JSON, optional=True))
    four, six = four["interfaces"], (six or {}).get("interfaces", {})
    return tuple(
        IpInterface(
            name=name,
            vrf=vrf_or_none(four.get(name, {}).get("vrf") or six.get(name, {}).get("vrf")),
            ipv4=tuple(_ipv4(four[name])) if name in four else None,
            ipv6=tuple(_ipv6(six[name])) if name in six else None,
        )
        for name in dict.fromkeys([*four, *six])
    )


def vrf_or_none(name: str | None) -> str | None:
    """The name of a VRF, None for that of the default one."""
    return None if name == DEFAULT else name


def _ipv4(told: Any) -> Iterator[Address]:
    addresses = told.get("interfaceAddress", {})
    if isinstance(addresses, list):  # older releases have a list of one
        addresses = addresses[0] if addresses else {}
    primary = addresses.get("primaryIp", {})
    if primary.get("address", NO_ADDRESS) != NO_ADDRESS:
        yield Address(ip=ip(primary["address"]), prefix_length=primary.get("maskLen"), secondary=False)
    for each in addresses.get("secondaryIpsOrderedList", []):
        yield Address(ip=ip(each["address"]), prefix_length=each.get("maskLen"), secondary=True)


def _ipv6(told: Any) -> Iterator[Address]:
    for each in ([told["linkLocal"]] if told.get("linkLocal", {}).get("address") else []) + told.get("addresses", []):
        yield Address(ip=ip(each["address"]), prefix_length=int(each["subnet"].rpartition("/")[2]))


def vlans() -> Asking[tuple[Vlan, ...]]:
    """VLANs and their ports."""
    (reply,) = yield (Ask("show vlan", JSON),)
    return tuple(
        Vlan(id=int(tag), name=told["name"], interfaces=tuple(told["interfaces"]))
        for tag, told in reply["vlans"].items()
    )


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """VRFs, the default one too where the device leaves it out (EOS before 4.23)."""
    (reply,) = yield (SHOW_VRF,)
    found = tuple(_instance(name, told) for name, told in reply["vrfs"].items())
    if DEFAULT in reply["vrfs"]:
        return found
    (addresses,) = yield (SHOW_IP_INTERFACE,)
    taken = {name for instance in found for name in instance.interfaces}
    rest = tuple(name for name in addresses["interfaces"] if name not in taken)
    return (*found, NetworkInstance(name=DEFAULT, type=InstanceType.DEFAULT, interfaces=rest))


def _instance(name: str, told: Any) -> NetworkInstance:
    distinguisher = told.get("routeDistinguisher") or ""
    return NetworkInstance(
        name=name,
        type=InstanceType.DEFAULT if name == DEFAULT else InstanceType.L3VRF,
        route_distinguisher=None if distinguisher in NO_DISTINGUISHER else distinguisher,
        interfaces=tuple(told.get("interfaces", ())),
    )


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours of every VRF."""
    (reply,) = yield (Ask("show arp vrf all", JSON),)
    return _neighbors(reply["vrfs"], "ipV4Neighbors")


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv6 neighbours of every VRF; releases that tell of no VRFs tell of the default one."""
    (reply,) = yield (Ask("show ipv6 neighbors vrf all", JSON, optional=True),)
    return _neighbors((reply or {}).get("vrfs", {DEFAULT: reply or {}}), "ipV6Neighbors")


def _neighbors(vrfs: Mapping[str, Any], table: str) -> tuple[Neighbor, ...]:
    """Neighbours at their interface: of a VLAN, `Vlan100, Ethernet1` tells the port as well."""
    return tuple(
        Neighbor(
            ip=ip(each["address"]),
            link_layer_address=mac(each["hwAddress"]),
            interface=(name := each.get("interface")) and name.partition(",")[0],
            spelled=name if name and "," in name else None,
            vrf=vrf_or_none(vrf),
            age_s=each.get("age"),
        )
        for vrf, told in vrfs.items()
        for each in told.get(table, ())
    )


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses, learned and set."""
    (reply,) = yield (Ask("show mac address-table", JSON),)
    return tuple(
        MacEntry(
            mac_address=mac(each["macAddress"]),
            interface=each.get("interface"),
            vlan=each.get("vlanId"),
            static=each.get("entryType") == "static",
            active=True,
            moves=each.get("moves"),
            last_move=each.get("lastMove"),
        )
        for each in reply.get("unicastTable", {}).get("tableEntries", ())
    )


def lldp_neighbors() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, in brief."""
    (reply,) = yield (Ask("show lldp neighbors", JSON),)
    return tuple(
        LldpNeighbor(interface=each["port"], system_name=each["neighborDevice"], port_id=each["neighborPort"])
        for each in reply["lldpNeighbors"]
    )


def lldp_neighbors_detail() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, with all that they tell."""
    (reply,) = yield (Ask("show lldp neighbors detail", JSON),)
    return tuple(
        _lldp_neighbor(name, each)
        for name, told in reply.get("lldpNeighbors", {}).items()
        for each in told.get("lldpNeighborInfo", ())
    )


def _lldp_neighbor(name: str, told: Any) -> LldpNeighbor:
    port = told.get("neighborInterfaceInfo", {})
    chassis = none_if_empty(told.get("chassisId"))
    capabilities = told.get("systemCapabilities", {})
    return LldpNeighbor(
        interface=name,
        chassis_id=mac(chassis) if chassis and told.get("chassisIdType") == "macAddress" else chassis,
        port_id=none_if_empty(port.get("interfaceId", "").replace('"', "")),
        port_description=none_if_empty(port.get("interfaceDescription")),
        system_name=none_if_empty(told.get("systemName")),
        system_description=none_if_empty(told.get("systemDescription")),
        capabilities=_capabilities(capabilities),
        enabled_capabilities=_capabilities(word for word, enabled in capabilities.items() if enabled),
    )


def _capabilities(words: Any) -> tuple[str, ...]:
    return tuple(sorted(CAPABILITIES.get(word, word.lower()) for word in words))


def optics() -> Asking[tuple[Transceiver, ...]]:
    """Transceivers."""
    (reply,) = yield (Ask("show interfaces transceiver", JSON),)
    return tuple(
        Transceiver(
            interface=name,
            channels=(
                Channel(
                    index=0,
                    input_power_dbm=told.get("rxPower"),
                    output_power_dbm=told.get("txPower"),
                    laser_bias_current_ma=told.get("txBias"),
                ),
            ),
            connector_type=none_if_empty(told.get("mediaType")),
            serial_number=none_if_empty(told.get("vendorSn")),
        )
        for name, told in reply["interfaces"].items()
    )
