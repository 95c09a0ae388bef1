"""`show` commands of IOS about interfaces, VLANs and VRFs, in the text that IOS prints."""

from __future__ import annotations

import ipaddress

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios import state
from cpal.lab.emulate.ios.state import Interface, mac_of

_COUNTERS = (
    "  5 minute input rate 0 bits/sec, 0 packets/sec\n  5 minute output rate 0 bits/sec, 0 packets/sec\n"
    "     0 packets input, 0 bytes, 0 no buffer\n     Received 0 broadcasts (0 multicasts)\n"
    "     0 runts, 0 giants, 0 throttles\n     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored\n"
    "     0 packets output, 0 bytes, 0 underruns\n     0 output errors, 0 collisions, 1 interface resets\n"
)
HARDWARE = {"GigabitEthernet": "iGbE", "Vlan": "Ethernet SVI", "Loopback": "Loopback", "Port-channel": "EtherChannel"}
"""What hardware a kind of interface says it is."""


def interfaces(device: Device, words: tuple[str, ...]) -> str:
    """`show interfaces [INTERFACE]`."""
    return "".join(_interface(device, each) for each in _chosen(device, words))


def _chosen(device: Device, words: tuple[str, ...]) -> list[Interface]:
    return [each for each in state.interfaces(device) if not words or each.name in words]


def _interface(device: Device, each: Interface) -> str:
    note = f" ({_status(each)})" if each.kind == "GigabitEthernet" else ""
    hardware = HARDWARE.get(each.kind, each.kind)
    address = "" if each.kind == "Loopback" else f", address is {mac_of(device, each)} (bia {mac_of(device, each)})"
    described = f"  Description: {each.description}\n" if each.description else ""
    own = each.addresses("ip")
    addressed = f"  Internet address is {own[0]}\n" if own else ""
    duplex = "  Full-duplex, 1000Mb/s, media type is RJ45\n" if each.kind == "GigabitEthernet" else ""
    return (
        f"{each.name} is {each.status}, line protocol is {'up' if each.up else 'down'}{note}\n"
        f"  Hardware is {hardware}{address}\n{described}{addressed}"
        f"  MTU {each.mtu} bytes, BW 1000000 Kbit/sec, DLY 10 usec,\n"
        f"     reliability 255/255, txload 1/255, rxload 1/255\n  Encapsulation ARPA, loopback not set\n{duplex}"
        f"  Last input never, output never, output hang never\n{_COUNTERS}"
    )


def _status(each: Interface) -> str:
    return "connected" if each.up else "notconnect" if each.enabled else "disabled"


def summary(device: Device, _: tuple[str, ...]) -> str:
    """`show interfaces summary`."""
    head = "  Interface                   IHQ       IQD       OHQ       OQD      RXBS      RXPS      TXBS      TXPS\n"
    row = "         0         0         0         0         0         0         0         0         0\n"
    lines = "".join(f"{'*' if each.up else ' '} {each.name:<22}{row}" for each in state.interfaces(device))
    return f" *: interface is up\n\n{head}{'-' * 104}\n{lines}"


def descriptions(device: Device, _: tuple[str, ...]) -> str:
    """`show interfaces description`."""
    head = "Interface                      Status         Protocol Description\n"
    return head + "".join(
        f"{each.short:<30} {each.status.replace('administratively', 'admin'):<14} {'up' if each.up else 'down':<8} "
        f"{each.description}\n"
        for each in state.interfaces(device)
    )


def statuses(device: Device, _: tuple[str, ...]) -> str:
    """`show interfaces status`."""
    rows = ""
    for each in state.interfaces(device):
        if each.kind in (Interface.PORT, Interface.AGGREGATE):
            vlan = "trunk" if each.is_trunk else str(each.access_vlan) if each.switchport else "routed"
            rows += f"{each.short:<9} {each.description[:18]:<18} {_status(each):<12} {vlan:<10} a-full a-1000 RJ45\n"
    return f"\nPort      Name               Status       Vlan       Duplex  Speed Type\n{rows}"


def switchports(device: Device, _: tuple[str, ...]) -> str:
    """`show interfaces switchport`."""
    return "\n".join(_switchport(each) for each in state.interfaces(device)
                     if each.kind in (Interface.PORT, Interface.AGGREGATE))  # fmt: skip


def _switchport(each: Interface) -> str:
    mode = "trunk" if each.is_trunk else "static access"
    native = each.section.value("switchport", "trunk", "native", "vlan") or "1"
    allowed = each.section.value("switchport", "trunk", "allowed", "vlan") or "ALL"
    return (
        f"Name: {each.short}\nSwitchport: {'Enabled' if each.switchport else 'Disabled'}\nAdministrative Mode: {mode}\n"
        f"Operational Mode: {mode if each.up else 'down'}\nAccess Mode VLAN: {each.access_vlan}\n"
        f"Trunking Native Mode VLAN: {native}\nTrunking VLANs Enabled: {allowed}\n"
    )


def transceivers(_: Device, __: tuple[str, ...]) -> str:
    """`show interfaces transceiver`: there are none."""
    return (
        "                                 Optical   Optical\n           Temperature  Voltage  Tx Power  Rx Power\n"
        "Port       (Celsius)    (Volts)  (dBm)     (dBm)\n---------  -----------  -------  --------  --------\n"
    )


def brief(device: Device, _: tuple[str, ...]) -> str:
    """`show ip interface brief`."""
    rows = ""
    for each in state.interfaces(device):
        address = (each.addresses("ip") or ["unassigned"])[0].partition("/")[0]
        method = "unset" if address == "unassigned" else "manual"
        rows += f"{each.name:<22} {address:<15} YES {method:<6} {each.status:<21} {'up' if each.up else 'down'}\n"
    return f"Interface              IP-Address      OK? Method Status                Protocol\n{rows}"


def ip(device: Device, words: tuple[str, ...]) -> str:
    """`show ip interface [INTERFACE]`."""
    text = ""
    for each in _chosen(device, words):
        text += f"{each.name} is {each.status}, line protocol is {'up' if each.up else 'down'}\n"
        first, *others = each.addresses("ip") or [""]
        if not first:
            text += "  Internet protocol processing disabled\n"
            continue
        text += f"  Internet address is {first}\n  Broadcast address is 255.255.255.255\n"
        text += f"  Address determined by setup command\n  MTU is {each.mtu} bytes\n"
        text += "".join(f"  Secondary address {other}\n" for other in others)
        text += f'  VPN Routing/Forwarding "{each.vrf}"\n' if each.vrf != "default" else ""
        text += "  Outgoing access list is not set\n  Inbound  access list is not set\n"
    return text


def ipv6(device: Device, words: tuple[str, ...]) -> str:
    """`show ipv6 interface [INTERFACE]`."""
    text = ""
    for each in _chosen(device, words):
        if not each.has_ipv6:
            continue
        own = [ipaddress.ip_interface(address) for address in each.addresses("ipv6")]
        text += (
            f"{each.name} is {each.status}, line protocol is {'up' if each.up else 'down'}\n"
            f"  IPv6 is enabled, link-local address is {_link_local(mac_of(device, each))}\n"
        )
        text += "  Global unicast address(es):\n" if own else "  No global unicast address is configured\n"
        text += "".join(f"    {str(each.ip).upper()}, subnet is {str(each.network).upper()}\n" for each in own)
        text += f"  Joined group address(es):\n    FF02::1\n  MTU is {each.mtu} bytes\n"
    return text


def _link_local(mac: str) -> str:
    """The address that EUI-64 makes of a MAC address. Source: RFC 4291, appendix A."""
    octets = bytearray.fromhex(mac.replace(".", ""))
    octets[0] ^= 2
    interface_id = octets[:3] + b"\xff\xfe" + octets[3:]
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + interface_id)).upper()


def vlans(device: Device, words: tuple[str, ...]) -> str:
    """`show vlan [brief | all-ports | id N]`: ports of access, or trunks too."""
    trunks = words[:1] in (("all-ports",), ("id",))
    known = state.vlans(device)
    rows = ""
    for number, (name, status) in known.items():
        if words[:1] == ("id",) and str(number) != words[1]:
            continue
        ports = [
            each.short for each in state.interfaces(device)
            if number in each.vlans(set(known)) and (trunks or not each.is_trunk)
        ]  # fmt: skip
        rows += f"{number:<4} {name:<32} {status:<9} {', '.join(ports)}".rstrip() + "\n"
    if words[:1] == ("id",) and not rows:
        return f"VLAN id {words[1]} not found in current VLAN database\n"
    head = "\nVLAN Name                             Status    Ports\n"
    head += "---- -------------------------------- --------- -------------------------------\n"
    return head + rows + ("" if words else _types(known))


def _types(known: dict[int, tuple[str, str]]) -> str:
    head = "\nVLAN Type  SAID       MTU   Parent RingNo BridgeNo Stp  BrdgMode Trans1 Trans2\n"
    head += "---- ----- ---------- ----- ------ ------ -------- ---- -------- ------ ------\n"
    rows = "".join(
        f"{n:<4} enet  {100000 + n:<10} 1500  -      -      -        -    -        0      0\n" for n in known
    )
    tail = "\nRemote SPAN VLANs\n" + "-" * 78 + "\n\n\nPrimary Secondary Type              Ports\n"
    return head + rows + tail + "------- --------- ----------------- ------------------------------------------\n"


def vrfs(device: Device, _: tuple[str, ...]) -> str:
    """`show vrf`."""
    head = "  Name                             Default RD            Protocols   Interfaces\n"
    rows = ""
    for vrf in state.vrfs(device):
        first, *others = [each.short for each in vrf.interfaces] or [""]
        rows += f"  {vrf.name:<32} {vrf.rd or '<not set>':<21} {','.join(vrf.families):<11} {first}".rstrip() + "\n"
        rows += "".join(f"{'':<69} {other}\n" for other in others)
    return head + rows


def vrfs_in_detail(device: Device, _: tuple[str, ...]) -> str:
    """`show vrf detail`."""
    parts = []
    for number, vrf in enumerate(state.vrfs(device), 1):
        members = "".join(f"    {each.short}\n" for each in vrf.interfaces)
        families = "".join(
            f"Address family {family} unicast (Table ID = 0x{number:X}):\n  Flags: 0x0\n" for family in vrf.families
        )
        parts.append(
            f"VRF {vrf.name} (VRF Id = {number}); default RD {vrf.rd or '<not set>'}; default VPNID <not set>\n"
            "  New CLI format, supports multiple address-families\n  Flags: 0x180C\n"
            + (f"  Interfaces:\n{members}" if members else "  No interfaces\n")
            + families
        )
    return "\n".join(parts)
