"""`show` commands of EOS about interfaces, their addresses, VRFs and tunnels."""

from __future__ import annotations

import functools
import ipaddress
from hashlib import sha256
from typing import Any

from cpal.lab.emulate.device import Cable, Device
from cpal.lab.emulate.eos import state
from cpal.lab.emulate.eos.output import Shown
from cpal.lab.emulate.eos.state import Interface
from cpal.lab.emulate.words import dotted, expanded

HARDWARE = {"Ethernet": "ethernet", "Management": "ethernet", "Loopback": "loopback", "Vlan": "vlan", "Vxlan": "vxlan",
            "Port-Channel": "portChannel", "Tunnel": "tunnel"}  # fmt: skip
BANDWIDTH = {"Ethernet": 10_000_000_000, "Port-Channel": 10_000_000_000, "Management": 1_000_000_000}
COUNTERS = (
    "inOctets", "inUcastPkts", "inMulticastPkts", "inBroadcastPkts", "inDiscards", "totalInErrors", "outOctets",
    "outUcastPkts", "outMulticastPkts", "outBroadcastPkts", "outDiscards", "totalOutErrors", "linkStatusChanges",
)  # fmt: skip
_SHORT = {"Ethernet": "Et", "Port-Channel": "Po", "Loopback": "Lo", "Management": "Ma", "Vlan": "Vl", "Vxlan": "Vx"}


def short(name: str) -> str:
    """The name of an interface as tables have it."""
    kind = name.rstrip("0123456789/.")
    return _SHORT.get(kind, kind) + name[len(kind) :]


def mac_of(device: Device, interface: Interface) -> str:
    """The MAC address of an interface: the one that is set, else one that its name decides."""
    given = interface.section.value("mac-address")
    if given:
        plain = given.replace(".", "")
        return ":".join(plain[n : n + 2] for n in range(0, 12, 2))
    if interface.kind == "Vlan":
        return device.identity.mac
    return device.identity.mac[:12] + _last_of_mac(interface.name)


@functools.cache
def _last_of_mac(name: str) -> str:
    return sha256(name.encode()).digest()[:2].hex(":")


def _status(interface: Interface) -> tuple[str, str]:
    """An interface's status and its line protocol's."""
    if not interface.enabled:
        return "disabled", "down"
    return ("connected", "up") if interface.up else ("notconnect", "down")


def neighbours(device: Device) -> dict[str, Cable]:
    """What LLDP hears, by port: nothing where it is off, on either this port or the device."""
    if device.running.has("no", "lldp", "run"):
        return {}
    hearing = {
        each.name for each in state.interfaces(device) if each.up and not each.section.has("no", "lldp", "receive")
    }
    return {port: cable for port, cable in device.cables.items() if port in hearing}


def lldp_detail(cable: Cable) -> dict[str, Any]:
    """What LLDP says of a neighbour."""
    mac = sha256(cable.device.encode()).hexdigest()
    return {
        "chassisIdType": "macAddress",
        "chassisId": ".".join(["02c0", mac[:4], mac[4:8]]),
        "systemName": cable.device,
        "systemDescription": "",
        "ttl": 120,
        "systemCapabilities": {"bridge": True, "router": True},
        "neighborInterfaceInfo": {
            "interfaceIdType": "interfaceName", "interfaceId": f'"{cable.port}"', "interfaceId_v2": cable.port,
            "interfaceDescription": "",
        },
    }  # fmt: skip


def _chosen(device: Device, words: tuple[str, ...]) -> list[Interface]:
    return [each for each in state.interfaces(device) if not words or each.name in words]


def interfaces(device: Device, words: tuple[str, ...]) -> Shown:
    """`show interfaces`."""
    chosen = _chosen(device, words)
    data = {"interfaces": {each.name: _interface(device, each) for each in chosen}}
    return data, lambda: "".join(_text(device, each) for each in chosen)


def _interface(device: Device, each: Interface) -> dict[str, Any]:
    status, line = _status(each)
    mac = mac_of(device, each)
    hardware = "subinterface" if "." in each.name else HARDWARE.get(each.kind, "ethernet")
    found: dict[str, Any] = {
        "name": each.name, "description": each.description, "interfaceStatus": status, "lineProtocolStatus": line,
        "hardware": hardware, "mtu": each.mtu, "bandwidth": BANDWIDTH.get(each.kind, 0) if each.up else 0,
        "forwardingModel": "bridged" if each.switchport else "dataLink" if each.member_of else "routed",
        "physicalAddress": mac, "burnedInAddress": mac, "l3MtuConfigured": False,
        "interfaceAddress": [_address(each)] if each.addresses("ip") else [],
        "interfaceMembership": f"Member of {each.member_of}" if each.member_of else "",
        "lastStatusChangeTimestamp": each.changed_at or device.booted_at,
    }  # fmt: skip
    if each.kind in ("Ethernet", "Management", "Port-Channel") and "." not in each.name:
        found["interfaceCounters"] = dict.fromkeys(COUNTERS, 0)
    if each.kind == "Port-Channel":
        members = [other.name for other in state.interfaces(device) if other.member_of == each.name]
        found["memberInterfaces"] = {
            name: {"bandwidth": BANDWIDTH["Ethernet"], "duplex": "duplexFull"} for name in members
        }
    if each.kind == "Vxlan":
        found |= _vxlan(each)
    return found


def _vxlan(each: Interface) -> dict[str, Any]:
    vlans = {vlan: {"vni": int(node.words[4]), "source": ""} for node in each.section.each("vxlan", "vlan")
             if "vni" in node.words for vlan in map(str, expanded(node.words[2]))}  # fmt: skip
    return {
        "srcIpIntf": each.section.value("vxlan", "source-interface") or "",
        "udpPort": int(each.section.value("vxlan", "udp-port") or 4789),
        "replicationMode": "headendVcs", "dataPathLearningMode": "learningDisabled", "vlanToVniMap": vlans,
        "vrfToVniMap": {node.words[2]: int(node.words[4]) for node in each.section.each("vxlan", "vrf")},
    }  # fmt: skip


def _text(device: Device, each: Interface) -> str:
    status, line = _status(each)
    state_word = "administratively down" if status == "disabled" else "up" if each.up else "down"
    described = f"  Description: {each.description}\n" if each.description else ""
    addressed = "".join(f"  Internet address is {address}\n" for address in each.addresses("ip")[:1])
    return (
        f"{each.name} is {state_word}, line protocol is {line} ({status})\n"
        f"  Hardware is {HARDWARE.get(each.kind, 'ethernet').capitalize()}, address is {dotted(mac_of(device, each))}\n"
        f"{described}{addressed}  Ethernet MTU {each.mtu} bytes\n"
    )


def _address(each: Interface) -> dict[str, Any]:
    first, *others = [ipaddress.ip_interface(address) for address in each.addresses("ip")] or [
        ipaddress.ip_interface("0.0.0.0/0")
    ]
    return {
        "primaryIp": {"address": str(first.ip), "maskLen": first.network.prefixlen},
        "secondaryIpsOrderedList": [{"address": str(a.ip), "maskLen": a.network.prefixlen} for a in others],
        "secondaryIps": {str(a.ip): {"address": str(a.ip), "maskLen": a.network.prefixlen} for a in others},
        "virtualIp": {"address": "0.0.0.0", "maskLen": 0},
        "broadcastAddress": "255.255.255.255",
    }


def ip(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ip interface`."""
    found = {}
    for each in _chosen(device, words):
        if each.addresses("ip"):
            status, line = _status(each)
            found[each.name] = {
                "name": each.name, "description": each.description, "enabled": True, "mtu": each.mtu, "vrf": each.vrf,
                "interfaceStatus": status, "lineProtocolStatus": line, "interfaceAddress": _address(each),
                "proxyArp": False, "localProxyArp": False, "urpf": "disable",
            }  # fmt: skip
    return {"interfaces": found}, None


def ip_brief(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ip interface brief`."""
    data, _ = ip(device, ())
    assert data
    rows = ["Interface         IP Address         Status       Protocol     MTU", "-" * 66]
    for name, each in data["interfaces"].items():
        own = each["interfaceAddress"]["primaryIp"]
        address = f"{own['address']}/{own['maskLen']}"
        rows.append(
            f"{name:<17} {address:<18} {each['interfaceStatus']:<12} {each['lineProtocolStatus']:<12} {each['mtu']}"
        )
    return data, "\n".join(rows) + "\n"


def ipv6(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ipv6 interface`."""
    found = {}
    for each in _chosen(device, words):
        own = [ipaddress.ip_interface(address) for address in each.addresses("ipv6")]
        if own or each.section.has("ipv6", "enable"):
            status, line = _status(each)
            found[each.name] = {
                "name": each.name, "description": each.description, "enabled": True, "mtu": each.mtu, "vrf": each.vrf,
                "interfaceStatus": status, "lineProtocolStatus": line, "state": "enabled",
                "linkLocal": {"address": _link_local(mac_of(device, each)), "subnet": "fe80::/64", "active": True},
                "addresses": [{"address": str(a.ip), "subnet": str(a.network), "active": True} for a in own],
            }  # fmt: skip
    return {"interfaces": found}, None


def _link_local(mac: str) -> str:
    """The link-local address of a MAC address. Source: RFC 4291, appendix A."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    interface = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + interface))


def status(device: Device, words: tuple[str, ...]) -> Shown:
    """`show interfaces status`."""
    found, rows = {}, ["Port       Name               Status       Vlan     Duplex Speed  Type"]
    for each in state.interfaces(device):
        if each.kind not in ("Ethernet", "Management", "Port-Channel") or "." in each.name:
            continue
        said, line = _status(each)
        vlan = (
            "trunk"
            if each.section.value("switchport", "mode") == "trunk"
            else each.section.value("switchport", "access", "vlan") or "1"
        )
        vlan = f"in {short(each.member_of)}" if each.member_of else vlan if each.switchport else "routed"
        found[each.name] = {
            "description": each.description, "linkStatus": said, "lineProtocolStatus": line, "duplex": "duplexFull",
            "bandwidth": BANDWIDTH[each.kind] if each.up else 0, "interfaceType": "EbraTestPhyPort",
            "vlanInformation": _vlan_information(each, vlan),
        }  # fmt: skip
        rows.append(
            f"{short(each.name):<10} {each.description[:18]:<18} {said:<12} {vlan:<8} full   10G    EbraTestPhyPort"
        )
    return {"interfaceStatuses": found}, "\n".join(rows) + "\n"


def _vlan_information(each: Interface, vlan: str) -> dict[str, Any]:
    if each.switchport and vlan.isdecimal():
        return {"interfaceMode": "bridged", "interfaceForwardingModel": "bridged", "vlanId": int(vlan)}
    mode = "trunk" if vlan == "trunk" else "routed" if vlan == "routed" else "dataLink"
    return {
        "interfaceMode": mode,
        "interfaceForwardingModel": "bridged" if vlan == "trunk" else mode,
        "vlanExplanation": vlan,
    }


def descriptions(device: Device, words: tuple[str, ...]) -> Shown:
    """`show interfaces description`."""
    found, rows = {}, ["Interface                      Status         Protocol           Description"]
    for each in state.interfaces(device):
        said, line = _status(each)
        word = "adminDown" if said == "disabled" else line
        found[each.name] = {"interfaceStatus": word, "lineProtocolStatus": line, "description": each.description}
        rows.append(f"{short(each.name):<30} {word:<14} {line:<18} {each.description}".rstrip())
    return {"interfaceDescriptions": found}, "\n".join(rows) + "\n"


def switchports(device: Device, words: tuple[str, ...]) -> Shown:
    """`show interfaces switchport`."""
    found = {}
    for each in state.interfaces(device):
        if each.switchport and not each.member_of:
            native = each.section.value("switchport", "trunk", "native", "vlan") or "1"
            found[each.name] = {"enabled": True, "switchportInfo": {
                "mode": each.section.value("switchport", "mode") or "access", "dot1qVlanTagRequired": native == "tag",
                "accessVlanId": int(each.section.value("switchport", "access", "vlan") or 1),
                "trunkingNativeVlanId": int(native) if native.isdecimal() else 0,
                "trunkAllowedVlans": each.section.value("switchport", "trunk", "allowed", "vlan") or "ALL",
                "staticTrunkGroups": [node.words[3] for node in each.section.each("switchport", "trunk", "group")],
            }}  # fmt: skip
    return {"switchports": found}, None


def transceivers(device: Device, words: tuple[str, ...]) -> Shown:
    """`show interfaces transceiver`: there are none."""
    return {"interfaces": {}}, ""


def vrfs(device: Device, words: tuple[str, ...]) -> Shown:
    """`show vrf`."""
    by_vrf: dict[str, list[str]] = {name: [] for name in state.vrfs(device)}
    for each in state.interfaces(device):
        if each.addresses("ip") or each.addresses("ipv6"):
            by_vrf.setdefault(each.vrf, []).append(each.name)
    found = {
        name: {"routeDistinguisher": state.route_distinguisher(device, name), "vrfState": "up", "interfaces": members,
               "protocols": {"ipv4": {"supported": True, "routingState": _routing(device, name)}}}
        for name, members in by_vrf.items()
    }  # fmt: skip
    return {"vrfs": found}, None


def _routing(device: Device, vrf: str) -> str:
    words = ("ip", "routing") if vrf == "default" else ("ip", "routing", "vrf", vrf)
    return "up" if any(node.words == words for node in device.running.each(*words)) else "down"


def vnis(device: Device, words: tuple[str, ...]) -> Shown:
    """`show vxlan vni`."""
    found: dict[str, Any] = {"vxlanIntfs": {}}
    for each in state.interfaces(device):
        if each.kind == "Vxlan":
            mapped = _vxlan(each)
            bindings = {
                str(entry["vni"]): {"vlan": int(vlan), "interfaces": {}, "source": "static"}
                for vlan, entry in mapped["vlanToVniMap"].items()
            }
            routed = {
                str(vni): {"vrfName": vrf, "source": "evpn", "vlan": 0} for vrf, vni in mapped["vrfToVniMap"].items()
            }
            found["vxlanIntfs"][each.name] = {"vniBindings": bindings, "vniBindingsToVrf": routed}
    return found, None
