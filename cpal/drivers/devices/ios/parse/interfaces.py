"""IOS: interfaces, counters, addresses, VLANs, VRFs, transceivers. Source: text of each command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.ios.parse.names import cut, first, is_refused, number, port
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import ip, mac
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.optics import Channel, Transceiver
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

SHOW_INTERFACES = Ask("show interfaces", TEXT)
SHOW_IP_INTERFACE_BRIEF = Ask("show ip interface brief", TEXT)
SECTION = re.compile(r"^(?=\S.* is .+, line protocol is |\S+ is (?:up|down)\b)", re.MULTILINE)
HEAD = re.compile(r"(.+?) is (.+?)(?:, line protocol is (\S+).*)?$")
BANDWIDTH = re.compile(r"BW (\d+) ([KMG]?)b")
FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
LINK_LOCAL_LENGTH = 10
"""The prefix of all link-local addresses. Source: RFC 4291, 2.4."""


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state."""
    (text,) = yield (SHOW_INTERFACES,)
    found = [_interface(section) for section in _sections(text)]
    return tuple(each for each in found if each.mtu is not None)


def _sections(text: str) -> list[str]:
    return [section for section in SECTION.split(text) if HEAD.match(section.split("\n", 1)[0])]


def _interface(section: str) -> Interface:
    head = HEAD.match(section.split("\n", 1)[0])
    name, status, protocol = head.groups() if head else ("", "", None)
    bandwidth = BANDWIDTH.search(section)
    address = first(r"^\s+Hardware.+address is ([0-9a-fA-F]{1,4}\.[0-9a-fA-F]{1,4}\.[0-9a-fA-F]{1,4})", section)
    return Interface(
        name=name,
        admin_status=Status.DOWN if "admin" in status.lower() else Status.UP,
        oper_status=Status.UP if "up" in (protocol or status) else Status.DOWN,
        description=first(r"^\s+Description:\s+(.+?)$", section),
        mtu=number(r"^\s+MTU (\d+)", section),
        speed_bps=int(bandwidth[1]) * FACTORS[bandwidth[2]] if bandwidth else None,
        mac_address=mac(address) if address else None,
    )


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """Counters of interfaces; older releases of IOS do not tell sent multicasts and broadcasts."""
    text, summary = yield (SHOW_INTERFACES, Ask("show interface summary", TEXT, optional=True))
    dropped = dict(_dropped(summary or ""))
    sections = [section for section in _sections(text) if "line protocol is" in section.split("\n", 1)[0]]
    return tuple(_counters(section, dropped) for section in sections)


DROPPED = re.compile(r"^\*?\s+(\S+)\s+\d+\s+(\d+)\s+\d+\s+(\d+)\s", re.MULTILINE)


def _dropped(summary: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Packets dropped in the queues in and out, by interface."""
    for name, received, sent in DROPPED.findall(summary):
        yield cut(name), (int(received), int(sent))


def _counters(section: str, dropped: dict[str, tuple[int, int]]) -> Counters:
    name = section.split(" is ", 1)[0].strip()
    discards = dropped.get(cut(name), (None, None))
    return Counters(
        interface=name,
        in_octets=number(r"\d+ packets input.* (\d+) bytes", section),
        in_unicast_pkts=number(r"(\d+) packets input", section),
        in_multicast_pkts=number(r"Received \d+ broadcasts *\((\d+) (?:IP )?multicasts?", section),
        in_broadcast_pkts=number(r"Received (\d+) broadcasts", section),
        in_discards=discards[0],
        in_errors=number(r"(\d+) input errors", section),
        out_octets=number(r"\d+ packets output.* (\d+) bytes", section),
        out_unicast_pkts=number(r"(\d+) packets output", section),
        out_multicast_pkts=number(r"Output \d+ broadcasts *\((\d+) (?:IP )?multicasts?", section),
        out_broadcast_pkts=number(r"Output (\d+) broadcasts", section),
        out_discards=discards[1],
        out_errors=number(r"(\d+) output errors", section),
    )


IPV4 = re.compile(r"^\s+(Internet address is|Secondary address) (\d[\d.]+)/(\d+)")
LINK_LOCAL = re.compile(r"^\s+IPv6 is \S+, link-local address is ([0-9A-Fa-f:]+)")
GLOBAL = re.compile(r"^\s+([0-9A-Fa-f:]+), subnet is [0-9A-Fa-f:]+/(\d+)")


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """The interfaces that have addresses."""
    four, six = yield (Ask("show ip interface", TEXT), Ask("show ipv6 interface", TEXT, optional=True))
    v4 = {name: (tuple(_ipv4(lines)), lines) for name, lines in _by_interface(four).items()}
    v6 = {} if is_refused(six) else {name: tuple(_ipv6(lines)) for name, lines in _by_interface(six).items()}
    found = (
        IpInterface(
            name=name,
            vrf=_vrf(v4[name][1]) if name in v4 else None,
            ipv4=v4[name][0] if name in v4 else None,
            ipv6=v6.get(name),
        )
        for name in dict.fromkeys([*v4, *v6])
    )
    return tuple(each for each in found if each.ipv4 or each.ipv6)


def _by_interface(text: str) -> dict[str, list[str]]:
    """The lines about each interface."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line[:1].strip():
            lines = found.setdefault(line.split()[0], [])
        else:
            lines.append(line)
    return found


def _vrf(lines: list[str]) -> str | None:
    return first(r'VPN Routing/Forwarding "(.+)"', "\n".join(lines))


def _ipv4(lines: list[str]) -> Iterator[Address]:
    for line in lines:
        if found := IPV4.match(line):
            yield Address(ip=ip(found[2]), prefix_length=int(found[3]), secondary=found[1].startswith("Secondary"))


def _ipv6(lines: list[str]) -> Iterator[Address]:
    for line in lines:
        if found := LINK_LOCAL.match(line):
            yield Address(ip=ip(found[1]), prefix_length=LINK_LOCAL_LENGTH)
        elif found := GLOBAL.match(line):
            yield Address(ip=ip(found[1]), prefix_length=int(found[2]))


VLAN = re.compile(r"^(\d+)\s+(.*?)\s+(?:active|suspended|(?:act|sus)/\S+)(?:\s+([A-Z][a-z].*))?\s*$")
MORE_PORTS = re.compile(r"^\s+([A-Z][a-z].*)$")


def vlans() -> Asking[tuple[Vlan, ...]]:
    """VLANs and their ports, trunks too: older releases must be asked VLAN by VLAN for those."""
    (text,) = yield (Ask("show vlan all-ports", TEXT, optional=True),)
    if not is_refused(text):
        return tuple(_vlans(text))
    (brief,) = yield (Ask("show vlan brief", TEXT),)
    found = []
    for vlan in _vlans(brief):
        (one,) = yield (Ask(f"show vlan id {vlan.id}", TEXT),)
        found.append(next(iter(_vlans(one)), Vlan(id=vlan.id, name=vlan.name)))
    return tuple(found)


def _vlans(text: str) -> Iterator[Vlan]:
    current: tuple[int, str, list[str]] | None = None
    for line in text.splitlines():
        if found := VLAN.match(line):
            if current:
                yield _vlan(*current)
            current = int(found[1]), found[2].strip(), [found[3] or ""]
        elif current and (more := MORE_PORTS.match(line)):
            current[2].append(more[1])
        elif current:
            yield _vlan(*current)
            current = None
    if current:
        yield _vlan(*current)


def _vlan(tag: int, name: str, ports: list[str]) -> Vlan:
    names = [port(each) for each in ",".join(ports).split(",") if each.strip()]
    return Vlan(id=tag, name=name or None, interfaces=tuple(names))


VRF = re.compile(r"^VRF ([^\s;]+).*?RD (.*?);", re.DOTALL)


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """VRFs, and the default instance with the interfaces of none."""
    detail, brief = yield (Ask("show vrf detail", TEXT, optional=True), SHOW_IP_INTERFACE_BRIEF)
    parts = [] if is_refused(detail) else re.split(r"^(?=VRF \S)", detail, flags=re.MULTILINE)
    vrfs = tuple(_instance(part) for part in parts if VRF.match(part))
    taken = {name for vrf in vrfs for name in vrf.interfaces}
    rest = tuple(name for name in interface_names(brief) if name not in taken)
    return (NetworkInstance(name="default", type=InstanceType.DEFAULT, interfaces=rest), *vrfs)


def interface_names(brief: str) -> list[str]:
    """Names of interfaces in the table of `show ip interface brief`."""
    table = re.split(r"Any interface listed with.*", brief)[-1]
    return [line.split()[0] for line in table.splitlines() if line.strip() and "Interface " not in line]


def _instance(part: str) -> NetworkInstance:
    head = part.split("Address family")[0]
    found = VRF.match(part)
    name, distinguisher = found.groups() if found else ("", "")
    names = "" if "No interfaces" in head else head.partition("Interfaces:")[2]
    return NetworkInstance(
        name=name,
        type=InstanceType.L3VRF,
        route_distinguisher=None if distinguisher == "<not set>" else distinguisher,
        interfaces=tuple(port(each) for each in names.split()),
    )


LEVELS = re.compile(r"^\s*([A-Z][A-Za-z-]*\d\S*)\s+(.*)$", re.MULTILINE)
LEVEL = re.compile(r"(\S+)(?: +(\+\+?|--?))?(?: |$)")
"""A value, and the mark of the threshold that it has crossed."""
CROSSED = {"++": "high-alarm", "+": "high-warning", "-": "low-warning", "--": "low-alarm"}
NOT_MEASURED = ("N/A", "NA")


def optics() -> Asking[tuple[Transceiver, ...]]:
    """Transceivers with their levels; the members of a virtual switch are asked one by one."""
    (text,) = yield (Ask("show interfaces transceiver", TEXT),)
    if is_refused(text):
        if "ncomplete" not in text:
            return ()
        one, two = yield tuple(Ask(f"show interfaces transceiver switch {n}", TEXT, optional=True) for n in (1, 2))
        text = "\n".join(each for each in (one, two) if each and not is_refused(each))
    tables = re.split(r"^---------.*$", text, flags=re.MULTILINE)[1:]
    return tuple(_transceiver(*found) for table in tables for found in LEVELS.findall(table))


def _transceiver(name: str, told: str) -> Transceiver:
    """Temperature, voltage, on some platforms bias current, power sent, power received; marks stand behind them."""
    found = LEVEL.findall(told)
    levels = [None if each in NOT_MEASURED else float(each) for each, _ in found]
    fields = (*(("laser_bias_current",) if len(levels) > 4 else ()), "output_power", "input_power")
    return Transceiver(
        interface=port(name),
        channels=(
            Channel(
                index=0,
                output_power_dbm=levels[-2],
                input_power_dbm=levels[-1],
                laser_bias_current_ma=levels[2] if len(levels) > 4 else None,
                alarms=tuple(
                    f"{field} {CROSSED[mark]}" for field, (_, mark) in zip(fields, found[2:], strict=True) if mark
                ),
            ),
        ),
    )
