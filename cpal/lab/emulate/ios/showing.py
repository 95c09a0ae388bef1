"""`show` commands of IOS that the state of the device answers, in the text that IOS prints.

Source: Cisco IOS command references; recorded answers.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.grammar import Match
from cpal.lab.emulate.ios import bgp, interfaces, lags, policies, state
from cpal.lab.emulate.ios.configuration import hostname
from cpal.lab.emulate.words import dotted

MEMORY = 873_745_296
"""How much memory it says it has, in bytes."""
CAPABILITIES = (
    "Capability codes:\n    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n"
    "    (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n"
)


def answer(device: Device, match: Match) -> str:
    """The answer to a `show` command."""
    words = match.words[1:]
    for start, answering in ANSWERS.items():
        if words[: len(start)] == start:
            return answering(device, words[len(start) :])
    raise AssertionError(words)


def _version(device: Device, _: tuple[str, ...]) -> str:
    who, minutes = device.identity, int(device.uptime_s()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [(days // 7, "week"), (days % 7, "day"), (hours, "hour"), (minutes % 60, "minute")]
    up = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n or (word == "minute" and not minutes))
    ports = sum(each.kind == "GigabitEthernet" for each in state.interfaces(device))
    return (
        f"Cisco IOS Software, an emulator and no Cisco software, Version {who.version}, RELEASE SOFTWARE\n\n"
        f"ROM: an emulator\n\n{hostname(device.running)} uptime is {up}\n"
        'System returned to ROM by reload\nSystem image file is "flash:/emulator"\nLast reload reason: Reload\n\n'
        f"cisco {who.model} (emulated) processor (revision 1.0) with {MEMORY // 1024}K/0K bytes of memory.\n"
        f"Processor board ID {who.serial}\n{ports} Gigabit Ethernet interfaces\n"
        f"Base ethernet MAC Address       : {who.mac}\n\nConfiguration register is 0xF\n\n"
    )


def _hosts(device: Device, _: tuple[str, ...]) -> str:
    domain = device.running.value("ip", "domain", "name")
    head = f"Default domain is {domain}\n" if domain else "Default domain is not set\n"
    return f"{head}Name/address lookup uses static mappings\n\n"


def _clock(_: Device, __: tuple[str, ...]) -> str:
    return time.strftime("*%H:%M:%S.000 UTC %a %b %d %Y\n", time.gmtime())


def _inventory(device: Device, _: tuple[str, ...]) -> str:
    who = device.identity
    return f'NAME: "{who.model}", DESCR: "{who.model} (emulator)"\nPID: {who.model} , VID: V01 , SN: {who.serial}\n\n'


def _users(_: Device, __: tuple[str, ...]) -> str:
    return "    Line       User       Host(s)              Idle       Location\n"


def _arp(device: Device, words: tuple[str, ...]) -> str:
    vrf = words[1] if words else "default"
    head = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
    rows = []
    by_name = {each.name: each for each in state.interfaces(device)}
    for each in by_name.values():
        for address in each.addresses("ip") if each.up and each.vrf == vrf else ():
            rows.append((address.partition("/")[0], "-", state.mac_of(device, each), each.name))
    for station in (each for each in device.stations if each.ip and ":" not in each.ip):
        via = by_name.get(f"Vlan{station.vlan}") or by_name.get(station.port)
        if via and via.vrf == vrf:
            rows.append((station.ip, "0", dotted(station.mac), via.name))
    return head + "".join(f"Internet  {ip:<15} {age:>4}   {mac}  ARPA   {name}\n" for ip, age, mac, name in rows)


def _nd(device: Device, _: tuple[str, ...]) -> str:
    head = "IPv6 Address                              Age Link-layer Addr State Interface\n"
    by_name = {each.name: each for each in state.interfaces(device)}
    rows = ""
    for station in (each for each in device.stations if ":" in each.ip):
        via = by_name.get(f"Vlan{station.vlan}") or by_name.get(station.port)
        if via:
            rows += f"{station.ip.upper():<41} {0:>3} {dotted(station.mac)}  REACH {via.short}\n"
    return head + rows


def _macs(device: Device, _: tuple[str, ...]) -> str:
    shorts = {each.name: each.short for each in state.interfaces(device)}
    rows = "".join(
        f"{each.vlan:>4}    {dotted(each.mac)}    DYNAMIC     {shorts.get(each.port, each.port)}\n"
        for each in device.stations
    )
    return (
        "          Mac Address Table\n-------------------------------------------\n\n"
        "Vlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n"
        f"{rows}Total Mac Addresses for this criterion: {len(device.stations)}\n"
    )


def _lldp(device: Device, words: tuple[str, ...]) -> str:
    if not device.running.has("lldp", "run"):
        return "% LLDP is not enabled\n"
    if not words:
        return (
            "Global LLDP Information:\n    Status: ACTIVE\n    LLDP advertisements are sent every 30 seconds\n"
            "    LLDP hold time advertised is 120 seconds\n    LLDP interface reinitialisation delay is 2 seconds\n"
        )
    named = [word for word in words[1:] if word != "detail"]
    heard = {each: cable for each, cable in state.heard(device).items() if not named or each.name in named}
    total = f"\nTotal entries displayed: {len(heard)}\n"
    if words[-1] == "detail":
        return "".join(_neighbour(each, cable.device, cable.port) for each, cable in heard.items()) + total
    rows = "".join(
        f"{cable.device[:20]:<20}{each.short:<15}{120:<11}{'B,R':<16}{cable.port}\n" for each, cable in heard.items()
    )
    return f"{CAPABILITIES}\nDevice ID           Local Intf     Hold-time  Capability      Port ID\n{rows}{total}"


def _neighbour(each: state.Interface, device: str, port: str) -> str:
    return (
        f"{'-' * 48}\nLocal Intf: {each.short}\nChassis id: {device}\nPort id: {port}\nPort Description: {port}\n"
        f"System Name: {device}\nSystem Description - not advertised\n\nTime remaining: 100 seconds\n"
        "System Capabilities: B,R\nEnabled Capabilities: B,R\nManagement Addresses - not advertised\n"
        "Auto Negotiation - not supported\nPhysical media capabilities - not advertised\n"
        "Media Attachment Unit type - not advertised\nVlan ID: - not advertised\n\n"
    )


def _routes(device: Device, words: tuple[str, ...]) -> str:
    vrf = words[1] if words[:1] == ("vrf",) else "default"
    wanted = words[2:] if words[:1] == ("vrf",) else words
    if wanted:
        return _route(device, vrf, "/".join(wanted))
    text = "Codes: L - local, C - connected, S - static\n\nGateway of last resort is not set\n\n"
    if vrf != "default":
        if vrf not in {each.name for each in state.vrfs(device)}:
            return f"% IP routing table vrf {vrf} does not exist\n"
        text = f"\nRouting Table: {vrf}\n{text}"
    for each in state.routes_of(device, vrf, 4):
        if each.kind == "connected":
            text += f"C        {each.network} is directly connected, {each.interface}\n"
        else:
            text += f"S        {each.network} [{each.distance}/0] via {each.hop}\n"
    return text


def _ipv6_routes(device: Device, words: tuple[str, ...]) -> str:
    vrf = words[1] if words else "default"
    if vrf != "default" and vrf not in {each.name for each in state.vrfs(device)}:
        return f"% IPv6 routing table {vrf} does not exist\n"
    found = state.routes_of(device, vrf, 6)
    lines = [f"IPv6 Routing Table - {vrf} - {len(found)} entries", "Codes: C - Connected, L - Local, S - Static"]
    for each in found:
        code, hop = ("C", f"{each.interface}, directly connected") if each.kind == "connected" else ("S", each.hop)
        tag = f", tag {each.tag}" if each.tag else ""
        lines += [f"{code:<3} {each.network} [{each.distance}/0]{tag}", f"     via {hop}"]
    return "\n".join([*lines, ""])


def _route(device: Device, vrf: str, wanted: str) -> str:
    """The best route to an address, or the one to just this network."""
    network = ipaddress.ip_network(wanted)
    exactly = "/" in wanted
    found = [
        each for each in state.routes_of(device, vrf, 4)
        if each.network == network or (not exactly and network.network_address in each.network)
    ]  # fmt: skip
    if not found:
        return "% Network not in table\n"
    best = max(found, key=lambda each: each.network.prefixlen)
    kind = f'"{best.kind}", distance {best.distance}, metric 0'
    note = " (connected, via interface)" if best.kind == "connected" else ""
    note += f"\n  Tag {best.tag}" if best.tag else ""
    hops = [each.hop or f"directly connected, via {each.interface}" for each in found if each.network == best.network]
    blocks = "\n".join(f"  * {hop}\n      Route metric is 0, traffic share count is 1" for hop in hops)
    return f"Routing entry for {best.network}\n  Known via {kind}{note}\n  Routing Descriptor Blocks:\n{blocks}\n"


def _processes(_: Device, __: tuple[str, ...]) -> str:
    return (
        "CPU utilization for five seconds: 0%/0%; one minute: 0%; five minutes: 0%\n"
        " PID Runtime(ms)     Invoked      uSecs   5Sec   1Min   5Min TTY Process\n"
    )


def _memory(_: Device, __: tuple[str, ...]) -> str:
    used = MEMORY // 2
    return (
        "                Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)\n"
        f"Processor    F000000   {MEMORY}   {used}   {MEMORY - used}   {MEMORY - used}   {MEMORY - used}\n"
        "      I/O    E000000     6295128     6294304         824         824         412\n"
    )


def _chassis(device: Device, _: tuple[str, ...]) -> str:
    return f"{device.running.value('snmp-server', 'chassis-id') or device.identity.serial}\n"


def _ntp(device: Device, _: tuple[str, ...]) -> str:
    servers = [
        " ".join(node.words[2:]).split() for node in device.running.each("ntp") if node.words[1] in ("server", "peer")
    ]
    named = [words[2] if words[0] == "vrf" else words[0] for words in servers]
    if not named:
        return ""
    head = "  address         ref clock       st   when   poll reach  delay  offset   disp\n"
    rows = "".join(f" ~{each:<15} .INIT.          16      -     64     0  0.000   0.000 15937.\n" for each in named)
    return f"{head}{rows} * sys.peer, # selected, + candidate, - outlyer, x falseticker, ~ configured\n"


ANSWERS: Mapping[tuple[str, ...], Callable[[Device, tuple[str, ...]], str]] = {
    ("version",): _version,
    ("hosts",): _hosts,
    ("clock",): _clock,
    ("inventory",): _inventory,
    ("users",): _users,
    ("arp",): _arp,
    ("ip", "arp"): _arp,
    ("interfaces", "summary"): interfaces.summary,
    ("interfaces", "description"): interfaces.descriptions,
    ("interfaces", "status"): interfaces.statuses,
    ("interfaces", "switchport"): interfaces.switchports,
    ("interfaces", "transceiver"): interfaces.transceivers,
    ("interfaces",): interfaces.interfaces,
    ("ip", "interface", "brief"): interfaces.brief,
    ("ip", "interface"): interfaces.ip,
    ("ipv6", "interface"): interfaces.ipv6,
    ("ipv6", "neighbors"): _nd,
    ("ip", "route"): _routes,
    ("ipv6", "route"): _ipv6_routes,
    ("etherchannel", "summary"): lags.lags,
    ("vlan",): interfaces.vlans,
    ("vrf", "detail"): interfaces.vrfs_in_detail,
    ("vrf",): interfaces.vrfs,
    ("ip", "vrf"): interfaces.vrfs,
    ("lldp",): _lldp,
    ("mac", "address-table"): _macs,
    ("bgp", "all", "summary"): bgp.summary,
    ("ip", "bgp", "all", "summary"): bgp.summary,
    ("ip", "bgp", "summary"): bgp.summary_of_ipv4,
    ("ip", "bgp", "neighbors"): bgp.neighbours_of_ipv4,
    ("bgp",): bgp.neighbours,
    ("processes", "cpu"): _processes,
    ("memory",): _memory,
    ("snmp", "chassis"): _chassis,
    ("ntp", "associations"): _ntp,
    ("policy-map", "interface"): policies.policies,
}
"""What answers commands that begin with these words; longer ones stand before shorter ones."""
