"""NX-OS over SSH: facts, interfaces, neighbours, environment, VLANs, VRFs.

Source: text of each command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cpal.drivers.devices.nxos.parse.api import instances, is_ok, vlans_of
from cpal.drivers.devices.nxos.parse.shared import DOTTED, mac_entry
from cpal.drivers.devices.nxos.parse.tables import port, rows, vrf_or_none
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import ip, mac, seconds
from cpal.model.device.environment import Cpu, Environment, Fan, Memory, PowerSupply, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Interface, IpInterface
from cpal.model.device.neighbor import MacEntry, Neighbor
from cpal.model.device.network_instance import NetworkInstance
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

KILOBIT = 1000
KIBI = 1024


LISTED = re.compile(r"^(?!Port\b|-)([A-Za-z-]+ ?\d\S*)", re.MULTILINE)
"""An interface in the table of their states; tunnels have a blank before their number."""


def facts() -> Asking[Facts]:
    """What the device is."""
    version, hosts, status, name, inventory = yield (
        Ask("show version", TEXT), Ask("show hosts", TEXT), Ask("show interface status", TEXT),
        Ask("show hostname", TEXT), Ask("show inventory | json", TEXT),
    )  # fmt: skip
    if "Invalid command" in inventory:
        (inventory,) = yield (Ask("show inventory", TEXT),)
    hostname = name.strip()
    found = re.search(r"Default domain.* is (\S+)", hosts)
    domain = found[1] if found else None
    own, dot, rest = hostname.partition(".")
    is_whole = bool(dot) and (rest == domain or "." in rest)
    return Facts(
        vendor="Cisco",
        hostname=own if is_whole and rest == domain else hostname,
        domain_name=domain,
        fqdn=hostname if is_whole else f"{hostname}.{domain}" if domain else None,
        model=_model(version),
        serial_number=_serial_number(inventory),
        os_version=first(r"^\s*(?:system:|NXOS:)\s+version\s+(\S+)", version),
        uptime_s=seconds((first(r"uptime is (.+)$", version) or "").replace("(s)", "")),
        interfaces=tuple(port(name.replace(" ", "")) for name in LISTED.findall(status)),
    )


def first(pattern: str, text: str) -> str | None:
    """The first group of a pattern in a text, or None."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else None


def _model(version: str) -> str | None:
    """`cisco Nexus 3048 Chassis`; where nothing is said of a chassis in that way, what stands before the bracket."""
    line = first(r"^(.*cisco.*hassis.*)$", version) or ""
    return first(r"cisco (.* [cC]hassis)", line) or first(r"cisco (.*?) \(", line)


def _serial_number(inventory: str) -> str | None:
    try:
        table = rows(json.loads(inventory), "TABLE_inv", "ROW_inv")
    except ValueError:  # releases that have no JSON of it answer with text
        return first(r'^NAME: +"Chassis",.*\n^PID:.*SN:\s+(\w+)', inventory)
    return next((each.get("serialnum") for each in table if each["name"].strip('"') == "Chassis"), None)


SECTION = re.compile(r"^(?=\S+ is (?:up|down)\b)", re.MULTILINE)


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state."""
    (text,) = yield (Ask("show interface", TEXT),)
    return tuple(_interface(section) for section in SECTION.split(text) if SECTION.match(section))


def _interface(section: str) -> Interface:
    head = section.splitlines()[0]
    protocol = first(r"line protocol is (\w+)", head)
    admin = first(r"^\s*admin state is (\w+)", section) or first(r"^\s*Admin State: (\w+)", section)
    enabled = admin == "up" if admin else "dministratively down" not in head
    bandwidth = first(r"BW (\d+) Kbit", section)
    mtu = first(r"MTU (\d+) bytes", section)
    address = first(r"^\s+Hardware.*address(?: is|:)\s+([0-9a-f]{1,4}\.[0-9a-f]{1,4}\.[0-9a-f]{1,4})", section)
    return Interface(
        name=port(head.split()[0]),
        admin_status=Status.UP if enabled else Status.DOWN,
        oper_status=Status.UP if (protocol or head.split()[2]).rstrip(",") == "up" else Status.DOWN,
        description=first(r"^\s+Description:\s+(.*?)(?:  (?:MTU|Internet).*)?$", section),
        mtu=int(mtu) if mtu else None,
        speed_bps=int(bandwidth) * KILOBIT if bandwidth else None,
        mac_address=mac(address) if address else None,
    )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of the interfaces of every VRF."""
    four, six = yield (Ask("show ip interface vrf all", TEXT), Ask("show ipv6 interface vrf all", TEXT, optional=True))
    v4, v6 = dict(_by_interface(four)), dict(_by_interface(six or ""))
    return tuple(
        IpInterface(
            name=name,
            vrf=(v4.get(name) or v6[name])[0],
            ipv4=tuple(_ipv4(v4[name][1])) if name in v4 else None,
            ipv6=tuple(_ipv6(v6[name][1])) if name in v6 else None,
        )
        for name in dict.fromkeys([*v4, *v6])
    )


def _by_interface(text: str) -> Iterator[tuple[str, tuple[str | None, list[str]]]]:
    """Each interface with its VRF and the lines about it."""
    vrf: str | None = None
    lines: list[str] = []
    for line in text.splitlines():
        if found := re.search(r'Interface Status for VRF "(.+)"', line):
            vrf = None if found[1] == "default" else found[1]
        elif "Interface status" in line:
            lines = []
            yield line.split(",")[0], (vrf, lines)
        else:
            lines.append(line)


IPV4 = re.compile(r"IP address: ([\d.]+)(?:, IP subnet: \S+/(\d+)( secondary)?)?")
IPV6 = re.compile(r"(?:IPv6 (link-local )?address: )?([0-9a-fA-F:]+)(?:/(\d+))?(?: \(default\))? \[VALID")
LINK_LOCAL_LENGTH = 64


def _ipv4(lines: list[str]) -> Iterator[Address]:
    for line in lines:
        if found := IPV4.search(line):
            length = int(found[2]) if found[2] else None
            yield Address(ip=ip(found[1]), prefix_length=length, secondary=bool(found[3]))


def _ipv6(lines: list[str]) -> Iterator[Address]:
    for line in lines:
        if found := IPV6.match(line.strip()):
            yield Address(ip=ip(found[2]), prefix_length=int(found[3] or LINK_LOCAL_LENGTH))


ARP = re.compile(r"^([\d.]+)\s+(\S+)\s+([0-9a-f]{1,4}\.[0-9a-f]{1,4}\.[0-9a-f]{1,4})\s+(\S+)", re.MULTILINE)


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours of every VRF; in which they are, their interfaces tell."""
    text, members = yield (
        Ask("show ip arp vrf all | exc INCOMPLETE", TEXT), Ask("show vrf interface | json", JSON, optional=True),
    )  # fmt: skip
    vrf_of = {each["if_name"]: vrf_or_none(each["vrf_name"]) for each in rows(members, "TABLE_if", "ROW_if")}
    return tuple(
        Neighbor(ip=ip(address), link_layer_address=mac(told), interface=name, vrf=vrf_of.get(name), age_s=seconds(age))
        for address, age, told, name in ARP.findall(text)
    )


MAC_LINE = re.compile(
    r"^\D?\s*(?:\(R\)|\(T\)|\(F\))?\s*(\d+|-|All)\s+([0-9a-f]{1,4}\.[0-9a-f]{1,4}\.[0-9a-f]{1,4})\s+(\S+)\s+\S+\s+"
    r"(?:[TF~]\S*\s+[TF~]\S*\s+)?(.+)$"
)
"""VLAN, address, type, age, whether it is secure and told of (not on a Nexus 5000 of NX-OS 4), ports."""
PORTS_LINE = re.compile(r"^\s{20,}(\S.*)$")
PEER_LINK = re.compile(r"vPC Peer-Link(?:\(R\))?")
STATIC = ("self", "static", "system")
GROUP = "igmp"
"""The type of a multicast group's address, which IGMP snooping put into the table: no station is there."""


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses, learned and set: one entry for each interface of one."""
    (text,) = yield (Ask("show mac address-table", TEXT),)
    return tuple(_mac_entries(text))


def _mac_entries(text: str) -> Iterator[MacEntry]:
    last: tuple[str, str, str] | None = None
    for line in text.splitlines():
        if found := MAC_LINE.match(line):
            last = (found[1], found[2], found[3].lower())
            names = found[4]
        elif last and (more := PORTS_LINE.match(line)):
            names = more[1]
        elif DOTTED.search(line):
            raise ValueError(f"a line of the table is in no form that is known: {line.strip()}")
        else:
            last = None
            continue
        vlan, address, kind = last
        for name in ["vPC Peer-Link"] if PEER_LINK.fullmatch(names.strip()) else names.split():
            yield mac_entry(vlan, address, name, static=kind in STATIC, active=kind != GROUP)


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """VRFs and their interfaces."""
    vrfs, members = yield (Ask("show vrf detail | json", JSON), Ask("show vrf interface | json", JSON))
    return instances(vrfs, members)


def vlans() -> Asking[tuple[Vlan, ...]]:
    """VLANs and their ports."""
    (reply,) = yield (Ask("show vlan brief | json", JSON),)
    return vlans_of(reply)


CPU = re.compile(r"^\s+CPU(\d+) states\s+:.*?([\d.]+)% idle", re.MULTILINE)
MEMORY = re.compile(r"Memory usage:\s+(\d+)K total,\s+(\d+)K used,\s+(\d+)K free")
TEMPERATURE = re.compile(r"^(\d+)\s+(\S.*?)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)", re.MULTILINE)


FAN = re.compile(r"^((?:Fan|ChassisFan)\S+) .*?(\S+)\s*$", re.MULTILINE)
SUPPLY = re.compile(r"^(\d+)\s+(\S+)\s+([\d.]+) W\s+(?:[\d.]+ W\s+)?([\d.]+) W\s+(\S.*?)\s*$", re.MULTILINE)
"""Its number, model, output, input on some, capacity, and status."""
MODULES = re.compile(r"^Module\s+Model", re.MULTILINE)
"""Where the table of what modules draw begins, whose lines look like those of supplies."""


def environment() -> Asking[Environment]:
    """Fans, temperatures, power supplies, processors and memory; fans of supplies are theirs."""
    resources, warmth, wind, power = yield (
        Ask("show system resources", TEXT), Ask("show environment temperature", TEXT),
        Ask("show environment fan", TEXT, optional=True), Ask("show environment power", TEXT, optional=True),
    )  # fmt: skip
    memory = MEMORY.search(resources)
    if memory is None:
        raise ValueError("no line tells of memory")
    physical, used, free = (int(each) * KIBI for each in memory.groups())
    zones = (wind or "").partition("Fan Name")[0]
    return Environment(
        fans=tuple(
            Fan(name=name, ok=is_ok(said), status=said) for name, said in FAN.findall(zones) if "PS" not in name
        ),
        power_supplies=tuple(
            PowerSupply(name=number, ok=is_ok(said), capacity_w=float(most), output_w=float(now))
            for number, _, now, most, said in SUPPLY.findall(MODULES.split(power or "")[0])
        ),
        temperatures=tuple(_temperature(*found) for found in TEMPERATURE.findall(warmth)),
        cpus=tuple(Cpu(name=name, usage_percent=round(100 - float(idle), 2)) for name, idle in CPU.findall(resources)),
        memories=(Memory(physical=physical, used=used, free=free),),
    )


def _temperature(module: str, sensor: str, major: str, minor: str, celsius: str, status: str) -> Temperature:
    return Temperature(
        name=f"{' '.join(sensor.split())}-{module}",
        celsius=float(celsius),
        alarm=float(celsius) >= float(minor),
        critical=float(celsius) >= float(major),
        status=status,
    )
