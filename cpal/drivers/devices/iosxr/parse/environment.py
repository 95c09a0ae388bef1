"""IOS-XR: fans, temperatures, power, processors and memory, over the XML agent and over NETCONF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.iosxr.parse.system import facts
from cpal.drivers.devices.iosxr.parse.tree import either, members, plain, whole
from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.model.device.environment import Cpu, Environment, Fan, Memory, PowerSupply, Temperature

SYSTEM_MONITORING = Ask("<Get><Operational><SystemMonitoring></SystemMonitoring></Operational></Get>", XML)
SLOTS = Ask(
    "<Get><AdminOperational><PlatformInventory><RackTable><Rack><Naming><Name>0</Name></Naming><SlotTable></SlotTable>"
    "</Rack></RackTable></PlatformInventory></AdminOperational></Get>",
    XML,
)
FAN, SUPPLY = "FT", "PM"
NO_SUPPLIES = ("PM6", "PM7")
"""Slots that the first chassis of a series lists and does not have."""
MICRO, TENTHS = 10**6, 10
VIRTUAL = "xrv"


def _slot(name: str) -> Ask:
    return Ask(
        "<Get><AdminOperational><EnvironmentalMonitoring><RackTable><Rack><Naming><rack>0</rack></Naming><SlotTable>"
        f"<Slot><Naming><slot>{name}</slot></Naming></Slot></SlotTable></Rack></RackTable></EnvironmentalMonitoring>"
        "</AdminOperational></Get>",
        XML,
    )


def _memory_summary(major: int) -> Ask:
    where = "Operational" if major >= 7 else "AdminOperational"
    return Ask(f"<Get><{where}><MemorySummary></MemorySummary></{where}></Get>", XML)


def environment() -> Asking[Environment]:
    """What the slots that are in use tell, over the XML agent; a virtual router has no sensors."""
    (inventory,) = yield (SLOTS,)
    what = yield from facts()
    slots = list(_used(plain(inventory)))
    (monitoring,) = yield (SYSTEM_MONITORING,)
    cpus = tuple(_cpus(plain(monitoring)))
    if (what.model or "").lower().startswith(VIRTUAL):
        return Environment(cpus=cpus)
    replies = yield tuple(map(_slot, slots))
    told = {name: plain(reply) for name, reply in zip(slots, replies, strict=True)}
    major = (what.os_version or "").partition(".")[0]
    (memory,) = yield (_memory_summary(int(major) if major.isdigit() else 0),)
    return Environment(
        fans=tuple(_fan(name, tree) for name, tree in told.items() if name.startswith(FAN)),
        temperatures=tuple(each for name, tree in told.items() for each in _temperatures(name, tree)),
        power_supplies=tuple(_power_supply(name, tree) for name, tree in told.items() if name.startswith(SUPPLY)),
        cpus=cpus,
        memories=tuple(_memories(plain(memory), "freeapplicationmemory")),
    )


def _used(inventory: Element) -> Iterator[str]:
    """Names of the slots with a card that is in service."""
    for slot in inventory.iter("slot"):
        name = either(slot, "naming/name")
        states = [either(each, "card/attributes/fruinfo/moduleadministrativestate") for each in slot.iter("cardtable")]
        if name and name not in NO_SUPPLIES and "ADMIN_UP" in states:
            yield name


def _sensors(tree: Element, name: str) -> Iterator[Element]:
    return (each for each in tree.iter("sensorname") if either(each, "naming/name") == name)


def _value(tree: Element, name: str) -> float | None:
    found = next((either(each, "valuebrief") for each in _sensors(tree, name)), None)
    return None if found is None else float(found)


def _fan(name: str, tree: Element) -> Fan:
    status = next((either(each, "valuedetailed/status") for each in _sensors(tree, "host__FanSpeed_0")), None)
    return Fan(name=name, ok=None if status is None else status == "1", status=status)


def _temperatures(slot: str, tree: Element) -> Iterator[Temperature]:
    """Inlet sensors, in tenths of a degree; the thresholds are minor, major, critical, each a low and a high one."""
    for each in _sensors(tree, "host__Inlet0"):
        value = float(either(each, "valuebrief") or 0)
        limits = [float(either(limit, "valuebrief") or 0) for limit in members(each, "thresholdtable/threshold")]
        yield Temperature(
            name=slot,
            celsius=value / TENTHS,
            alarm=limits[2] <= value <= limits[3] if len(limits) > 3 else None,
            critical=limits[4] <= value <= limits[5] if len(limits) > 5 else None,
        )


def _power_supply(name: str, tree: Element) -> PowerSupply:
    volts, amperes, capacity = (_value(tree, f"host__{word}") for word in ("VOLT", "CURR", "PM"))
    return PowerSupply(
        name=name,
        ok=bool(capacity),
        capacity_w=capacity,
        output_w=volts * amperes / MICRO if volts is not None and amperes is not None else None,
    )


def _cpus(tree: Element) -> Iterator[Cpu]:
    for each in tree.iter("cpuutilization"):
        usage = whole(each, "totalcpufiveminute")
        node = each.find("naming/nodename")
        parts = [] if node is None else [either(node, part) or "" for part in ("rack", "slot", "instance")]
        name = "/".join(parts) if parts else either(each, "nodename") or ""
        yield Cpu(name=name, usage_percent=None if usage is None else float(usage))


def _memories(tree: Element, free_name: str) -> Iterator[Memory]:
    for node in tree.iter("node"):
        physical, free = whole(node, "summary/systemrammemory"), whole(node, f"summary/{free_name}")
        if physical is not None and free is not None:
            name = either(node, "naming/nodename/slot", "nodename") or ""
            yield Memory(name=name, physical=physical, free=free, used=physical - free)


YANG = "http://cisco.com/ns/yang/Cisco-IOS-XR-"
PLATFORMS = ("", "asr9k-", "fretta-")
"""What the module of sensors is named after: NCS 540, 1000, 5000 and 5500; ASR 9000; NCS 5500 with Fretta cards."""
NETCONF = (
    Ask(f'<system-monitoring xmlns="{YANG}wdsysmon-fd-oper"/>', XML, recorded="wdsysmon-fd-oper_system-monitoring"),
    Ask(f'<memory-summary xmlns="{YANG}nto-misc-oper"/>', XML, recorded="nto-misc-oper_memory-summary"),
    *(
        Ask(
            f'<environment xmlns="http://www.cisco.com/ns/yang/Cisco-IOS-XR-sysadmin-{platform}envmon-ui"><oper/>'
            "</environment>",
            XML, optional=True, recorded=f"sysadmin-{platform}envmon-ui_environment",
        )
        for platform in PLATFORMS
    ),
)  # fmt: skip


def environment_netconf() -> Asking[Environment]:
    """Fans, temperatures, power, processors and memory, over NETCONF; a virtual router has no sensors."""
    monitoring, memory, *sensors = yield NETCONF
    found = (plain(each).find(".//environment/oper") for each in sensors if each is not None)
    told = next((each for each in found if each is not None), None)
    return Environment(
        fans=tuple(Fan(name=name) for name in _locations(told) if "FT" in name),
        temperatures=tuple(_sensed(told)),
        power_supplies=tuple(_supplied(told)),
        cpus=tuple(_cpus(plain(monitoring))),
        memories=tuple(_memories(plain(memory), "freephysicalmemory")),
    )


def _locations(told: Element | None) -> list[str]:
    return [either(each, "location") or "" for each in members(told, "fan/location")]


def _sensed(told: Element | None) -> Iterator[Temperature]:
    for location in members(told, "temperatures/location"):
        for each in members(location, "sensor_attributes"):
            low_major, high_major, low_critical, high_critical, value = (
                _degrees(each, word) for word in ("major_lo", "major_hi", "critical_lo", "critical_hi", "value")
            )
            yield Temperature(
                name=f"{either(location, 'location')} {either(each, 'sensor_id')}",
                celsius=value,
                alarm=_is_outside(value, low_major, high_major),
                critical=_is_outside(value, low_critical, high_critical),
            )


def _degrees(told: Element, word: str) -> float | None:
    found = either(told, word)
    return float(found) if found and re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", found) else None


def _is_outside(value: float | None, low: float | None, high: float | None) -> bool | None:
    return None if value is None or low is None or high is None else value <= low or value >= high


def _supplied(told: Element | None) -> Iterator[PowerSupply]:
    """Supplies; their capacity is told once for all of a shelf."""
    capacity: float | None = None
    for location in members(told, "power/location"):
        name = either(location, "location") or ""
        if name.isdigit():
            capacity = _degrees(location, "pem_attributes/usable_power_capacity")
        elif re.search(r"\d/P[TM]\d", name):
            for each in members(location, "pem_attributes"):
                volts, amperes = _degrees(each, "output_voltage"), _degrees(each, "output_current")
                yield PowerSupply(
                    name=either(each, "pem") or name,
                    ok=either(each, "status") == "OK",
                    capacity_w=capacity,
                    output_w=round((volts or 0.0) * (amperes or 0.0), 2),
                )
