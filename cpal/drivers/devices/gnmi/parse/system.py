"""The box over gNMI: who it is, how it feels, its neighbours in LLDP, its optics, users and clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cpal.drivers.devices.gnmi.parse.interfaces import INTERFACES
from cpal.drivers.devices.gnmi.parse.tree import below, entries, flag, moment, number, real, state, text, word
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import mac_or_none
from cpal.model.device.environment import Cpu, Environment, Fan, Memory, PowerSupply, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.neighbor import LldpNeighbor
from cpal.model.device.optics import Channel, Transceiver
from cpal.model.device.system import NtpServer, User

SYSTEM = Ask("/openconfig-system:system", JSON, optional=True)
COMPONENTS = Ask("/openconfig-platform:components", JSON, optional=True)
LLDP = Ask("/openconfig-lldp:lldp", JSON, optional=True)
MAKE = "OpenConfig"
"""Whose a device is that does not say who made it."""
SERVER = "SERVER"
CAPABILITIES = {"MAC_BRIDGE": "bridge", "STATION_ONLY": "station"}
"""OpenConfig's words for capabilities, where other makes have others."""


def _parts(told: Any, kind: str = "") -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The components of a kind, or all: name, state, node. Source: openconfig-platform-types."""
    every = [(each["name"], state(each), each) for each in entries(told, "component")]
    return [each for each in every if kind in ("", word(each[1].get("type")))]


def facts() -> Asking[Facts]:
    """What the device is."""
    told, components, ports = yield (SYSTEM, COMPONENTS, INTERFACES)
    now = state(told)
    chassis = next((found for _, found, _ in _parts(components, "CHASSIS")), {})
    software = next((found for _, found, _ in _parts(components, "OPERATING_SYSTEM")), {})
    host, domain = text(now.get("hostname")), text(now.get("domain-name"))
    return Facts(
        vendor=text(chassis.get("mfg-name")) or MAKE,
        hostname=host,
        domain_name=domain,
        fqdn=f"{host}.{domain}" if host and domain else None,
        model=text(chassis.get("part-no")) or text(chassis.get("description")),
        serial_number=text(chassis.get("serial-no")),
        os_version=text(now.get("software-version")) or text(software.get("software-version")),
        boot_time=moment(now.get("boot-time")),
        interfaces=tuple(each["name"] for each in entries(ports, "interface")),
    )


def environment() -> Asking[Environment]:
    """How the box feels."""
    components, system = yield (COMPONENTS, SYSTEM)
    return Environment(
        fans=tuple(Fan(name=name, ok=_ok(now), status=word(now.get("oper-status"))) for name, now, _ in
                   _parts(components, "FAN")),
        temperatures=tuple(_temperatures(components)),
        power_supplies=tuple(_supply(*part) for part in _parts(components, "POWER_SUPPLY")),
        cpus=tuple(_processors(components)),
        memories=tuple(_memories(state(system, "memory"))),
    )  # fmt: skip


def _ok(now: Mapping[str, Any]) -> bool | None:
    told = word(now.get("oper-status"))
    return None if told is None else told == "ACTIVE"


def _temperatures(told: Any) -> Iterator[Temperature]:
    for name, now, _ in _parts(told):
        found = below(now, "temperature")
        if found.get("instant") is not None:
            alarm, severity = flag(found.get("alarm-status")), word(found.get("alarm-severity"))
            yield Temperature(
                name=name,
                celsius=real(found["instant"]),
                alarm=alarm,
                critical=None if alarm is None else alarm and severity == "CRITICAL",
                status=severity if alarm else None,
            )


def _supply(name: str, now: dict[str, Any], node: dict[str, Any]) -> PowerSupply:
    found = state(node, "power-supply")
    return PowerSupply(
        name=name, ok=_ok(now), capacity_w=real(found.get("capacity")), output_w=real(found.get("output-power"))
    )


def _processors(told: Any) -> Iterator[Cpu]:
    for name, _, node in _parts(told, "CPU"):
        used = below(node, "cpu", "utilization", "state")
        if used:
            yield Cpu(name=name, usage_percent=real(used.get("instant")))


def _memories(now: Mapping[str, Any]) -> Iterator[Memory]:
    if now:
        yield Memory(physical=number(now.get("physical")), free=number(now.get("free")), used=number(now.get("used")))


def optics() -> Asking[tuple[Transceiver, ...]]:
    """The transceivers that interfaces say they have."""
    components, ports = yield (COMPONENTS, INTERFACES)
    parts = {name: (now, node) for name, now, node in _parts(components, "TRANSCEIVER")}
    placed = ((port["name"], state(port).get("transceiver")) for port in entries(ports, "interface"))
    return tuple(_transceiver(name, *parts[part]) for name, part in placed if part in parts)


def _transceiver(interface: str, now: Mapping[str, Any], node: dict[str, Any]) -> Transceiver:
    found = state(node, "transceiver")
    channels = entries(node, "transceiver", "physical-channels", "channel")
    return Transceiver(
        interface=interface,
        channels=tuple(_channel(each) for each in channels),
        connector_type=word(found.get("connector-type")),
        vendor=text(found.get("vendor")) or text(now.get("mfg-name")),
        vendor_part=text(found.get("vendor-part")) or text(now.get("part-no")),
        vendor_rev=text(found.get("vendor-rev")),
        serial_number=text(found.get("serial-no")) or text(now.get("serial-no")),
    )


def _channel(told: Any) -> Channel:
    now = state(told)
    return Channel(
        index=int(told["index"]),
        input_power_dbm=real(below(now, "input-power").get("instant")),
        output_power_dbm=real(below(now, "output-power").get("instant")),
        laser_bias_current_ma=real(below(now, "laser-bias-current").get("instant")),
    )


def lldp_neighbors() -> Asking[tuple[LldpNeighbor, ...]]:
    """Who is at the other end of each cable."""
    (told,) = yield (LLDP,)
    return tuple(
        _neighbor(port["name"], each)
        for port in entries(told, "interfaces", "interface")
        for each in entries(port, "neighbors", "neighbor")
    )


def _neighbor(interface: str, told: Any) -> LldpNeighbor:
    now = state(told)
    abilities = [{**each, **state(each)} for each in entries(told, "capabilities", "capability")]
    names = [(_capability(word(each["name"]) or ""), flag(each.get("enabled"))) for each in abilities]
    return LldpNeighbor(
        interface=interface,
        chassis_id=mac_or_none(now.get("chassis-id")) or text(now.get("chassis-id")),
        port_id=text(now.get("port-id")),
        port_description=text(now.get("port-description")),
        system_name=text(now.get("system-name")),
        system_description=text(now.get("system-description")),
        capabilities=tuple(sorted(name for name, _ in names)) if names else None,
        enabled_capabilities=tuple(sorted(name for name, enabled in names if enabled)) if names else None,
    )


def _capability(told: str) -> str:
    return CAPABILITIES.get(told) or told.lower().replace("_", "-")


def users() -> Asking[tuple[User, ...]]:
    """Who may log in."""
    (told,) = yield (SYSTEM,)
    found = [{**each, **state(each)} for each in entries(told, "aaa", "authentication", "users", "user")]
    return tuple(
        User(
            name=each["username"],
            role=word(each.get("role")),
            password_hash=text(each.get("password-hashed")),
            ssh_keys=(each["ssh-key"],) if each.get("ssh-key") else (),
        )
        for each in found
    )


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """The servers that the clock is set by."""
    return (yield from _ntp(peers=False))


def ntp_peers() -> Asking[tuple[NtpServer, ...]]:
    """The peers of the clock."""
    return (yield from _ntp(peers=True))


def _ntp(peers: bool) -> Asking[tuple[NtpServer, ...]]:
    (told,) = yield (SYSTEM,)
    found = [{**each, **state(each)} for each in entries(told, "ntp", "servers", "server")]
    return tuple(
        NtpServer(
            address=each["address"],
            association_type=word(each.get("association-type")) or SERVER,
            port=number(each.get("port")),
            version=number(each.get("version")),
            iburst=flag(each.get("iburst")),
            prefer=flag(each.get("prefer")),
            vrf=text(each.get("network-instance")),
            source_address=text(each.get("source-address")),
            key_id=number(each.get("key-id")),
        )
        for each in found
        if ((word(each.get("association-type")) or SERVER) == "PEER") == peers
    )
