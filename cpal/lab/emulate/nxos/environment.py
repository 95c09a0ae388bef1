"""What an NX-OS device says of its hardware: two supplies of which one works, fans, sensors, an idle processor.

Source: recorded answers of `show environment`, `show processes`, `show system resources`.
"""

from __future__ import annotations

from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.nxos import printing
from cpal.lab.emulate.nxos.tables import Shown, table

MEMORY_KB, USED_KB = 8_000_000, 3_000_000
SHARED_MB, USED_MB = 462, 45
IDLE = "96.00"
SENSORS = (("FRONT", 80, 70, 27), ("BACK", 70, 42, 26), ("CPU", 90, 80, 35))
"""Each with its major and its minor threshold and what it measures, in degrees Celsius."""


def _sensors() -> list[dict[str, str]]:
    return [
        {
            "tempmod": "1", "sensor": name, "majthres": str(major), "minthres": str(minor), "curtemp": str(celsius),
            "alarmstatus": "Ok",
        }
        for name, major, minor, celsius in SENSORS
    ]  # fmt: skip


def _fans() -> list[dict[str, str]]:
    return [
        {"fanname": name, "fanmodel": model, "fanhwver": "--", "fandir": "front-to-back", "fanstatus": "Ok"}
        for name, model in (("Fan1(sys_fan1)", "EMULATED"), ("Fan2(sys_fan2)", "EMULATED"), ("Fan_in_PS1", "--"))
    ]


def _supplies() -> list[dict[str, Any]]:
    return [
        {
            "psnum": number, "psmodel": "EMULATED-PAC-400W", "actual_out": f"{watts} W", "actual_input": f"{watts} W",
            "tot_capa": f"{capacity} W", "ps_status": status,
        }
        for number, watts, capacity, status in ((1, 98, 400, "Ok"), (2, 0, 0, "Shutdown"))
    ]  # fmt: skip


def whole(_: Device, words: tuple[str, ...]) -> Shown:
    """`show environment`, or of it the temperature, the fans or the power."""
    power: dict[str, Any] = {"powersup": {"voltage_level": 12, **table("psinfo", _supplies())}}
    parts: dict[str, tuple[dict[str, Any], str]] = {
        "fan": ({"fandetails": table("faninfo", _fans())}, printing.fans(_fans())),
        "temperature": (table("tempinfo", _sensors()), printing.temperatures(_sensors())),
        "power": (power, printing.supplies(_supplies())),
    }
    told = [parts[words[0]]] if words else list(parts.values())
    return {key: value for data, _ in told for key, value in data.items()}, "\n".join(text for _, text in told)


def processor(_: Device, __: tuple[str, ...]) -> Shown:
    """`show processes cpu`."""
    init = {"pid": 1, "runtime": 1, "invoked": 1, "usecs": 1, "onesec": "0.00", "process": "init"}
    used = {"user_percent": "3.00", "kernel_percent": "1.00", "idle_percent": IDLE}
    return {**used, **table("process_cpu", [init])}, None


def shared_memory(_: Device, __: tuple[str, ...]) -> Shown:
    """`show processes memory shared`."""
    sums = {
        "process-memory-share-total-shm-avail": SHARED_MB - USED_MB,
        "process-memory-share-total-shm-size": SHARED_MB,
        "process-memory-share-total-shm-used": USED_MB,
    }
    return table("process_tag", [sums]), None


def resources(_: Device, __: tuple[str, ...]) -> Shown:
    """`show system resources`."""
    text = (
        "Load average:   1 minute: 0.05   5 minutes: 0.07   15 minutes: 0.14\n"
        "Processes   :   600 total, 1 running\n"
        f"CPU states  :   3.00% user,   1.00% kernel,   {IDLE}% idle\n"
        f"        CPU0 states  :   3.00% user,   1.00% kernel,   {IDLE}% idle\n"
        f"Memory usage:   {MEMORY_KB}K total,   {USED_KB}K used,   {MEMORY_KB - USED_KB}K free\n"
        "Current memory status: OK\n"
    )
    return {"cpu_state_idle": IDLE, "memory_usage_total": MEMORY_KB, "memory_usage_used": USED_KB,
            "memory_usage_free": MEMORY_KB - USED_KB}, text  # fmt: skip
