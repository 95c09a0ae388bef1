"""EOS: facts, environment, users, NTP, SNMP, configuration. Source: eAPI's JSON or text of each command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.eos.parse.interfaces import SHOW_INTERFACES, interfaces_ip
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.ntp import associations
from cpal.drivers.devices.parse.sanitized import EOS, sanitized
from cpal.drivers.devices.parse.values import is_ip, natural, none_if_empty
from cpal.model.device.environment import Cpu, Environment, Fan, Memory, PowerSupply, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.interface import IpInterface
from cpal.model.device.system import Config, NtpAssociation, NtpServer, Snmp, SnmpCommunity, User

SHOW_VERSION = Ask("show version", JSON)
VIRTUAL = ("veos", "ceoslab")
"""Models that have no power supplies."""
IDLE = re.compile(r"^%?Cpu\(s\):.*?([\d.]+)[%\s]+id", re.MULTILINE)
MEMORY = re.compile(r"^(?:(?P<unit>\S+)\s+)?Mem\s*:(?P<counts>.*)$", re.MULTILINE)
COUNT = re.compile(r"([\d.]+)[k\s]+(total|used|free)\b")
MIB = 1024
COMMUNITY = re.compile(
    r"^snmp-server\s+community\s+(?P<name>\S+)(?:\s+view\s+\S+)?(?:\s+(?P<mode>ro|rw))?(?:\s+ipv6\s+\S+)?"
    r"(?:\s+(?P<acl>\S+))?\s*$",
    re.MULTILINE,
)


def facts() -> Asking[Facts]:
    """What the device is."""
    version, host, ports = yield (SHOW_VERSION, Ask("show hostname", JSON), SHOW_INTERFACES)
    return Facts(
        vendor="Arista",
        hostname=none_if_empty(host["hostname"]),
        fqdn=none_if_empty(host["fqdn"]),
        model=none_if_empty(version["modelName"]),
        serial_number=none_if_empty(version["serialNumber"]),
        os_version=none_if_empty(version.get("internalVersion") or version["version"]),
        uptime_s=version.get("uptime"),
        boot_time=version.get("bootupTimestamp"),
        interfaces=tuple(sorted((name for name in ports["interfaces"] if "." not in name), key=natural)),
    )


def environment() -> Asking[Environment]:
    """Fans, temperatures, power, processor and memory; a virtual device has no power supplies."""
    (version,) = yield (SHOW_VERSION,)
    cooling, warmth, top = yield (
        Ask("show system environment cooling", JSON),
        Ask("show system environment temperature", JSON),
        Ask("show processes top once", TEXT),
    )
    power: Any = {"powerSupplies": {}}
    if version["modelName"].lower() not in VIRTUAL:
        (power,) = yield (Ask("show system environment power", JSON),)
    slots = [*warmth["cardSlots"], *warmth["powerSupplySlots"]]
    sensors = [*(sensor for slot in slots for sensor in slot["tempSensors"]), *warmth["tempSensors"]]
    return Environment(
        fans=tuple(Fan(name=each["label"], ok=each["status"] == "ok") for each in cooling["fanTraySlots"]),
        temperatures=tuple(map(_temperature, sensors)),
        power_supplies=tuple(_power_supply(name, told) for name, told in power["powerSupplies"].items()),
        cpus=(Cpu(name="0", usage_percent=round(100 - float(_found(IDLE, top)[1]), 1)),),
        memories=(_memory(top),),
    )


def _found(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"nothing like {pattern.pattern!r}")
    return found


def _temperature(told: Any) -> Temperature:
    celsius = told.get("currentTemperature")
    return Temperature(
        name=told["name"],
        celsius=celsius,
        alarm=None if celsius is None else celsius > told["overheatThreshold"],
        critical=None if celsius is None else celsius > told["criticalThreshold"],
    )


def _power_supply(name: str, told: Any) -> PowerSupply:
    return PowerSupply(
        name=name,
        ok=told["state"] == "ok" if "state" in told else None,
        capacity_w=told.get("capacity"),
        output_w=told.get("outputPower"),
    )


def _memory(top: str) -> Memory:
    """The line of top(1): `Mem: 3844356k total, 3763184k used`, or `MiB Mem : 3889.2 total, 150.3 free`."""
    line = _found(MEMORY, top)
    scale = MIB * MIB if line["unit"] == "MiB" else MIB
    counts = {word: int(float(number) * scale) for number, word in COUNT.findall(line["counts"])}
    return Memory(physical=counts["total"], used=counts["used"], free=counts.get("free"))


def users() -> Asking[tuple[User, ...]]:
    """Who may log in."""
    (reply,) = yield (Ask("show users accounts", JSON),)
    return tuple(
        User(
            name=name,
            role=none_if_empty(told.get("role")),
            level=told.get("privLevel"),
            password_hash=none_if_empty(told.get("secret")),
            ssh_keys=tuple(key for key in (told.get("sshAuthorizedKey", ""),) if key.startswith("ssh-")),
        )
        for name, told in reply.get("users", {}).items()
    )


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """Servers that the clock is set by, as configured."""
    (text,) = yield (Ask("show running-config | section ntp", TEXT),)
    lines = [words for words in map(str.split, text.splitlines()) if words[:2] == ["ntp", "server"]]
    addresses: tuple[IpInterface, ...] = ()
    if any("local-interface" in words for words in lines):
        addresses = yield from interfaces_ip()
    return tuple(_ntp_server(words[2:], {each.name: each for each in addresses}) for words in lines)


def _ntp_server(words: list[str], addresses: dict[str, IpInterface]) -> NtpServer:
    vrf = None
    if words[0] == "vrf":
        vrf, words = words[1], words[2:]
    server, *options = words
    after = {word: options[n + 1] for n, word in enumerate(options[:-1])}
    return NtpServer(
        address=server,
        vrf=vrf,
        iburst="iburst" in options,
        prefer="prefer" in options,
        version=int(after["version"]) if "version" in after else None,
        key_id=int(after["key"]) if "key" in after else None,
        source_address=_source(addresses.get(after.get("local-interface", "")), 6 if ":" in server else 4, server),
    )


def _source(port: IpInterface | None, version: int, server: str) -> str | None:
    """The first address of the interface, of the server's version if there is one."""
    if port is None:
        return None
    version = version if is_ip(server) else 4
    four, six = port.ipv4 or (), port.ipv6 or ()
    ordered = (*six, *four) if version == 6 else (*four, *six)
    return ordered[0].ip if ordered else None


def ntp_stats() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server."""
    (text,) = yield (Ask("show ntp associations", TEXT),)
    return associations(text)


def snmp_information() -> Asking[Snmp]:
    """Where the device says it is, and its communities."""
    chassis, location, contact, config = yield (
        Ask("show snmp v2-mib chassis", JSON),
        Ask("show snmp v2-mib location", JSON),
        Ask("show snmp v2-mib contact", JSON),
        Ask("show running-config | section snmp-server community", TEXT),
    )
    return Snmp(
        chassis_id=none_if_empty(chassis.get("chassisId")),
        location=none_if_empty(location.get("location", "").strip('"')),
        contact=none_if_empty(contact.get("contact", "").strip('"')),
        communities=tuple(_communities(config)),
    )


def _communities(config: str) -> Iterator[SnmpCommunity]:
    for found in COMMUNITY.finditer(config):
        yield SnmpCommunity(name=found["name"], mode=found["mode"], acl=found["acl"])


def config(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The running and the startup configuration, on request without secrets: the device leaves them out itself."""
    asks = {
        "startup": Ask("show startup-config", TEXT),
        "running": Ask("show running-config" + (" sanitized" if without_secrets else ""), TEXT),
    }
    fields = [field for field in asks if only in ("", field)]
    replies = yield tuple(asks[field] for field in fields)
    found = dict(zip(fields, replies, strict=True))
    if without_secrets and "startup" in found:
        found["startup"] = sanitized(found["startup"], EOS)
    return Config(**found)
