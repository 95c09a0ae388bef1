"""Junos: environment, users, NTP, SNMP, probes, configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.rpc import configuration, configured, rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.sanitized import JUNOS, sanitized
from cpal.drivers.devices.parse.values import ip, is_ip
from cpal.drivers.devices.parse.xml import attribute, number, real, text, texts
from cpal.model.device.environment import Cpu, Environment, Fan, Memory, PowerSupply, Temperature, Threshold
from cpal.model.device.system import Config, Delays, NtpServer, Probe, ProbeResult, Snmp, SnmpCommunity, User

MEBI = 1 << 20
CHASSIS = "Chassis default"
"""The thresholds of what has none of its own."""
LEVELS = {"super-user": 15, "superuser": 15, "operator": 5, "read-only": 1, "unauthorized": 0}
"""The predefined login classes as privilege levels. Source: Junos User Access Guide, login classes."""
ROOT = "root"
KEYS = ("ssh-rsa", "ssh-dsa", "ssh-ecdsa", "ssh-ed25519")


def environment() -> Asking[Environment]:
    """Fans, temperatures, power, processors and memory of each routing engine."""
    items, engines, limits, power = yield (
        rpc("get-environment-information"),
        rpc("get-route-engine-information"),
        rpc("get-temperature-threshold-information"),
        rpc("get-power-usage-information-detail", optional=True),
    )
    thresholds = tuple(dict.fromkeys(_threshold(each) for each in limits.iter("temperature-threshold")))
    found = [(node, _by_class(node.told)) for node in _nodes(items)]
    usages = {node.name: node.told for node in _nodes(power)}
    running = [(node, each) for node in _nodes(engines) for each in node.told.iter("route-engine")]
    return Environment(
        fans=tuple(
            Fan(name=node.before + _name(each), ok=text(each, "status") == "OK")
            for node, by_class in found
            for each in by_class.get("Fans", ())
        ),
        temperatures=tuple(
            _temperature(node, each, thresholds) for node, by_class in found for each in by_class.get("Temp", ())
        ),
        thresholds=thresholds,
        power_supplies=tuple(
            supply
            for node, by_class in found
            for supply in _power(node, by_class.get("Power", ()), usages.get(node.name))
        ),
        cpus=tuple(_cpu(node, each) for node, each in running),
        memories=tuple(_memory(node, each) for node, each in running),
    )


class Node(NamedTuple):
    """A node of a cluster, of which each answers for itself; a device that is in none is one without a name."""

    name: str
    before: str
    """What stands before the names of its parts, so that those of several nodes differ."""
    told: Element


def _nodes(reply: Element | None) -> list[Node]:
    if reply is None:
        return []
    items = [*reply.iter("multi-routing-engine-item")]
    names = [text(each, "re-name") or "" for each in items]
    if len(items) < 2:
        return [Node("".join(names), "", reply)]
    return [Node(name, f"{name} ", each) for name, each in zip(names, items, strict=True)]


def _name(told: Element) -> str:
    return text(told, "name") or ""


def _by_class(items: Element) -> dict[str, list[Element]]:
    """Items by their class, which is told of the first of several only."""
    found: dict[str, list[Element]] = {}
    current = ""
    for each in items.iter("environment-item"):
        current = text(each, "class") or current
        found.setdefault(current, []).append(each)
    return found


def _threshold(told: Element) -> Threshold:
    return Threshold(
        name=_name(told), alarm_celsius=real(told, "yellow-alarm"), critical_celsius=real(told, "red-alarm")
    )


def _temperature(node: Node, told: Element, thresholds: tuple[Threshold, ...]) -> Temperature:
    name, celsius = _name(told), attribute(told, "temperature", "celsius")
    own = [each for each in thresholds if each.name in (name, CHASSIS)]
    limit = next((each for each in own if each.name == name), own[0] if own else None)
    if celsius is None or limit is None:
        return Temperature(name=node.before + name, celsius=celsius)
    return Temperature(
        name=node.before + name,
        celsius=celsius,
        alarm=limit.alarm_celsius is not None and celsius >= limit.alarm_celsius,
        critical=limit.critical_celsius is not None and celsius >= limit.critical_celsius,
    )


def _power(node: Node, items: Iterable[Element], usage: Element | None) -> Iterator[PowerSupply]:
    """Supplies as the environment and the power usage tell them: the usage knows more."""
    found = {
        _name(each): PowerSupply(name=node.before + _name(each), ok=text(each, "status") == "OK") for each in items
    }
    for each in [] if usage is None else usage.iter("power-usage-item"):
        if _name(each):
            found[_name(each)] = PowerSupply(
                name=node.before + _name(each),
                ok=text(each, "state") == "Online",
                capacity_w=real(each, "pem-capacity-detail/capacity-actual"),
                output_w=real(each, "dc-output-detail/dc-power"),
            )
    yield from found.values()


def _slot(node: Node, engine: Element) -> str | None:
    """The slot of a routing engine; where it is the only one of a node, the node."""
    slot = text(engine, "slot")
    return node.name or None if slot is None else node.before + slot


def _cpu(node: Node, engine: Element) -> Cpu:
    idle = number(engine, "cpu-idle")
    return Cpu(name=_slot(node, engine) or "0", usage_percent=None if idle is None else 100.0 - idle)


def _memory(node: Node, engine: Element) -> Memory:
    """Memory in MiB, and how many per cent of it are used, or how much."""
    size = text(engine, "memory-dram-size") or text(engine, "memory-system-total") or ""
    physical = int("".join(re.findall(r"\d", size)) or 0)
    used, percent = number(engine, "memory-system-total-used"), number(engine, "memory-buffer-utilization")
    if used is None and percent is not None:
        used = round(physical / 100 * percent)
    return Memory(name=_slot(node, engine), physical=physical * MEBI, used=None if used is None else used * MEBI)


def users() -> Asking[tuple[User, ...]]:
    """Who may log in, root among them."""
    logins, system = yield (configured("system/login/user"), configured("system"))
    root = system.find(".//root-authentication")
    found = [_user(each) for each in logins.iter("user")]
    if root is not None:
        found.append(User(name=ROOT, role=ROOT, password_hash=text(root, "encrypted-password"), ssh_keys=_keys(root)))
    return tuple(found)


def _user(told: Element) -> User:
    role, secret = text(told, "class"), told.find("authentication")
    return User(
        name=_name(told),
        role=role,
        level=LEVELS.get(role or ""),
        password_hash=text(secret, "encrypted-password"),
        ssh_keys=_keys(secret),
    )


def _keys(told: Element | None) -> tuple[str, ...]:
    return tuple(key for kind in KEYS for key in texts(told, f"{kind}/name"))


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """Servers that the clock is set by, as configured."""
    (reply,) = yield (configured("system/ntp/server"),)
    return tuple(_ntp(each, "SERVER") for each in reply.iter("server"))


def ntp_peers() -> Asking[tuple[NtpServer, ...]]:
    """Peers that the clock is set with, as configured."""
    (reply,) = yield (configured("system/ntp/peer"),)
    return tuple(_ntp(each, "PEER") for each in reply.iter("peer"))


def _ntp(told: Element, kind: str) -> NtpServer:
    name = _name(told)
    return NtpServer(
        address=ip(name) if is_ip(name) else name,
        association_type=kind,
        version=number(told, "version"),
        key_id=number(told, "key"),
        prefer=told.find("prefer") is not None,
        vrf=text(told, "routing-instance"),
    )


def snmp_information() -> Asking[Snmp]:
    """Where the device says it is, and its communities."""
    (reply,) = yield (configured("snmp"),)
    told = reply if reply.tag == "snmp" else reply.find(".//snmp")
    modes = {"read-only": "ro", "read-write": "rw"}
    return Snmp(
        chassis_id=text(told, "system-name"),
        contact=text(told, "contact"),
        location=text(told, "location"),
        communities=tuple(
            SnmpCommunity(name=_name(each), mode=modes.get(text(each, "authorization") or ""))
            for each in ([] if told is None else told.findall("community"))
        ),
    )


def probes_config() -> Asking[tuple[Probe, ...]]:
    """Probes of real-time performance monitoring, as configured."""
    (reply,) = yield (configured("services/rpm/probe/test"),)
    return tuple(
        Probe(
            owner=_name(probe),
            name=_name(test),
            type=text(test, "probe-type"),
            target=text(test, "target/address"),
            source=text(test, "source-address"),
            count=number(test, "probe-count"),
            interval_s=number(test, "test-interval"),
        )
        for probe in reply.iter("probe")
        for test in probe.findall("test")
    )


MICROSECOND = 1e-3


def probes_results() -> Asking[tuple[ProbeResult, ...]]:
    """What probes of real-time performance monitoring found."""
    (reply,) = yield (rpc("get-probe-results"),)
    return tuple(
        ProbeResult(
            owner=text(each, "owner") or "",
            name=text(each, "test-name") or "",
            type=text(each, "probe-type"),
            target=text(each, "target-address"),
            source=text(each, "source-address"),
            count=number(each, "test-size"),
            rtt_ms=_milliseconds(each, "probe-single-results/rtt"),
            jitter_ms=_milliseconds(each, "probe-single-results/round-trip-jitter"),
            last_loss_percent=real(each, "probe-last-test-results/probe-test-generic-results/loss-percentage"),
            current=_delays(each, "probe-test-current-results"),
            last=_delays(each, "probe-last-test-results"),
            total=_delays(each, "probe-test-global-results"),
        )
        for each in reply.iter("probe-test-results")
    )


def _delays(told: Element, results: str) -> Delays | None:
    found = told.find(f"{results}/probe-test-generic-results/probe-test-rtt/probe-summary-results")
    if found is None:
        return None
    return Delays(
        min_ms=_milliseconds(found, "min-delay"),
        max_ms=_milliseconds(found, "max-delay"),
        avg_ms=_milliseconds(found, "avg-delay"),
    )


def _milliseconds(told: Element, path: str) -> float | None:
    """A time that Junos tells in microseconds."""
    found = real(told, path)
    return None if found is None else found * MICROSECOND


def config(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The committed configuration and the candidate: Junos boots from what is committed."""
    wanted = {"candidate": "candidate", "running": "committed"}
    fields = [field for field in wanted if only in ("", field)]
    replies = yield tuple(configuration(wanted[field]) for field in fields)
    found = {field: _whole(reply) for field, reply in zip(fields, replies, strict=True)}
    return Config(**{field: sanitized(each, JUNOS) if without_secrets else each for field, each in found.items()})


def _whole(reply: Element) -> str:
    told = reply if reply.tag == "configuration-text" else reply.find(".//configuration-text")
    return "" if told is None else told.text or ""
