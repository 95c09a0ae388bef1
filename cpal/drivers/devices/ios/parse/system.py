"""IOS: facts, environment, users, SNMP, probes, configuration. Source: text of each command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.ios.parse.interfaces import SHOW_IP_INTERFACE_BRIEF, interface_names
from cpal.drivers.devices.ios.parse.names import first, is_refused, number
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.sanitized import CISCO, sanitized
from cpal.drivers.devices.parse.values import none_if_empty, seconds
from cpal.model.device.environment import Cpu, Environment, Memory, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.system import Config, Probe, Snmp, SnmpCommunity, User

SHOW_RUNNING = Ask("show running-config", TEXT)


def facts() -> Asking[Facts]:
    """What the device is."""
    version, hosts, brief = yield (Ask("show version", TEXT), Ask("show hosts", TEXT), SHOW_IP_INTERFACE_BRIEF)
    host = first(r"^(\S+) uptime is ", version)
    domain = first(r"Default domain is (?!not set)(\S+)", hosts)
    return Facts(
        vendor="Cisco",
        hostname=host,
        domain_name=domain,
        fqdn=f"{host}.{domain}" if host and domain else None,
        model=first(r"(?i)cisco (\S+) .+bytes of", version) or first(r"^Model [Nn]umber\s*: (\S+)", version),
        serial_number=first(r"Processor board ID ([^,\n]+)", version),
        os_version=first(r"(?:Cisco IOS Software(?: \[.*?\])?, |IOS \(tm\) )(.+)$", version),
        uptime_s=seconds(first(r" uptime is (.+)$", version) or ""),
        interfaces=tuple(interface_names(brief)),
    )


MEMORY = re.compile(r"^\s*(?:Processor|I/O|lsmpi_io)\s+\S+\s+(\d+)\s+(\d+)\s+(\d+)", re.MULTILINE)
SYSTEM_MEMORY = re.compile(r"System memory\s*:\s*(\d+)K total, (\d+)K used")
KIBI = 1024


def environment() -> Asking[Environment]:
    """Temperatures, processor and memory."""
    processes, memory, warmth = yield (
        Ask("show proc cpu", TEXT),
        Ask("show memory statistics", TEXT),
        Ask("show env temperature status", TEXT, optional=True),
    )
    usage = first(r"CPU utilization .*one minute: (\d+)%", processes)
    if is_refused(memory):
        (whole,) = yield (Ask("show memory", TEXT),)
        pools = [(int(total) * KIBI, int(used) * KIBI) for total, used in SYSTEM_MEMORY.findall(whole)]
    else:
        pools = [(int(total), int(used)) for total, used, _ in MEMORY.findall(memory)]
    return Environment(
        temperatures=() if is_refused(warmth) else tuple(_temperatures(warmth)),
        cpus=(Cpu(name="0", usage_percent=None if usage is None else float(usage)),),
        memories=(Memory(physical=sum(total for total, _ in pools), used=sum(used for _, used in pools)),),
    )


SWITCH = re.compile(r"^(Switch \d+):.*$", re.MULTILINE)
SENSOR = re.compile(r"^(?=.+ Temperature Value)", re.MULTILINE)


def _temperatures(text: str) -> Iterator[Temperature]:
    """What each sensor tells; in a stack the switch stands before its name, as all have sensors of the same names."""
    first_part, *others = SWITCH.split(text)
    stack = [*zip(others[::2], others[1::2], strict=True)]
    yield from _sensors("", first_part)
    for switch, part in stack:
        yield from _sensors(f"{switch} " if len(stack) > 1 else "", part)


def _sensors(before: str, text: str) -> Iterator[Temperature]:
    for section in SENSOR.split(text):
        name, celsius = first(r"^(.+) Temperature Value", section), number(r"Temperature Value: (\d+)", section)
        if name is not None and celsius is not None:
            yellow, red = number(r"Yellow Threshold\s*: (\d+)", section), number(r"Red Threshold\s*: (\d+)", section)
            yield Temperature(
                name=(before + name).lower(),
                celsius=float(celsius),
                alarm=None if yellow is None else celsius > yellow,
                critical=None if red is None else celsius > red,
            )


USER = re.compile(
    r"^username\s+(\S+)(?:\s+privilege\s+(\d+))?(?:\s+(?:password|secret)\s+\d+\s+(\S+))?\s*$", re.MULTILINE
)
KEYS = re.compile(r"^\s+username\s+(\S+)((?:\n\s+key-hash\s+.+)+)", re.MULTILINE)
DEFAULT_LEVEL = 1
"""Source: Cisco IOS Security Command Reference, `privilege`: user EXEC mode is level 1."""


def users() -> Asking[tuple[User, ...]]:
    """Who may log in; IOS keeps the fingerprints of their keys."""
    (text,) = yield (Ask("show run | section username", TEXT),)
    if is_refused(text):
        (text,) = yield (Ask("show run | include username", TEXT),)
    keys = {
        name: tuple(line.split(None, 1)[1] for line in told.split("\n") if line.strip())
        for name, told in KEYS.findall(text)
    }
    return tuple(
        User(
            name=name,
            level=int(level or DEFAULT_LEVEL),
            password_hash=none_if_empty(secret),
            ssh_keys=keys.get(name, ()),
        )
        for name, level, secret in USER.findall(text)
    )


def snmp_information() -> Asking[Snmp]:
    """Where the device says it is, and its communities."""
    (text,) = yield (Ask("show run | include snmp-server", TEXT),)
    chassis = first(r"^snmp-server chassis-id (.+)$", text)
    if chassis is None:
        (told,) = yield (Ask("show snmp chassis", TEXT, optional=True),)
        chassis = None if is_refused(told) else none_if_empty(told)
    communities = re.findall(r"^snmp-server community (\S+)(?: view \S+)?(?: (\S+))?(?: (\S+))?", text, re.MULTILINE)
    return Snmp(
        chassis_id=chassis,
        contact=first(r"^snmp-server contact (.+)$", text),
        location=first(r"^snmp-server location (.+)$", text),
        communities=tuple(
            SnmpCommunity(name=name, mode=none_if_empty(mode.lower()), acl=none_if_empty(acl))
            for name, mode, acl in communities
        ),
    )


PROBE = re.compile(r"^(?=ip sla \d+)", re.MULTILINE)
PROBE_TYPES = {"icmp-echo": "icmp-ping", "udp-echo": "udp-ping"}


def probes_config() -> Asking[tuple[Probe, ...]]:
    """IP SLA operations, as configured."""
    (text,) = yield (Ask("show run | section ip sla [0-9]", TEXT),)
    return tuple(_probe(section) for section in PROBE.split(text) if first(r"^ +(icmp-echo) ", section))


def _probe(section: str) -> Probe:
    return Probe(
        owner=first(r"^ip sla (\d+)", section) or "",
        name=first(r"^\s+tag (.+)$", section) or "",
        type=PROBE_TYPES["icmp-echo"],
        target=first(r"^\s+icmp-echo (\S+)", section),
        source=first(r" source-(?:ip|interface) (\S+)", section),
        count=number(r"buckets-kept (\d+)", section),
        interval_s=number(r"frequency (\d+)", section),
    )


NOT_TOLD = re.compile(
    r"^(?:Building configuration|Current configuration :|! Last configuration change at|! NVRAM config last updated at)"
    r".*$",
    re.MULTILINE,
)
"""Lines of a configuration that are about the answer, not of it."""


def config(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The running and the startup configuration, without the lines that are about the answer."""
    asks = {"startup": Ask("show startup-config", TEXT), "running": SHOW_RUNNING}
    fields = [field for field in asks if only in ("", field)]
    replies = yield tuple(asks[field] for field in fields)
    found = {field: NOT_TOLD.sub("", reply).strip() for field, reply in zip(fields, replies, strict=True)}
    return Config(**{field: sanitized(each, CISCO) if without_secrets else each for field, each in found.items()})
