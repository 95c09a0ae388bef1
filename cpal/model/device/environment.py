"""Fans, temperatures, power supplies, processors and memory."""

from __future__ import annotations

from cpal.model.device.state import State


class Fan(State, frozen=True, kw_only=True):
    """A fan or a tray of them. Source: openconfig-platform `/components/component/fan`.

    `status` is the device's own word.
    """

    name: str
    ok: bool | None = None
    status: str | None = None


class Temperature(State, frozen=True, kw_only=True):
    """A sensor. Source: openconfig-platform `/components/component/state/temperature`.

    `alarm` is whether it is above what the device warns of, `critical` whether above what it shuts down at; `status`
    the device's own word.
    """

    name: str
    celsius: float | None = None
    alarm: bool | None = None
    critical: bool | None = None
    status: str | None = None


class Threshold(State, frozen=True, kw_only=True):
    """From which temperature on the device warns, and from which it is critical. Source: as `Temperature`."""

    name: str
    alarm_celsius: float | None = None
    critical_celsius: float | None = None


class PowerSupply(State, frozen=True, kw_only=True):
    """A power supply. Source: openconfig-platform-psu `power-supply/state`: `capacity`, `output-power`."""

    name: str
    ok: bool | None = None
    capacity_w: float | None = None
    output_w: float | None = None


class Cpu(State, frozen=True, kw_only=True):
    """A processor. Source: openconfig-platform-cpu `cpu/utilization/state/instant`."""

    name: str
    usage_percent: float | None = None


class Memory(State, frozen=True, kw_only=True):
    """Main memory in octets, of the module `name` where there are several.

    Source: openconfig-system `/system/memory/state`: `physical`, `free`, `used`.
    """

    name: str | None = None
    physical: int | None = None
    free: int | None = None
    used: int | None = None


class Environment(State, frozen=True, kw_only=True):
    """How the box feels."""

    fans: tuple[Fan, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    power_supplies: tuple[PowerSupply, ...] = ()
    cpus: tuple[Cpu, ...] = ()
    memories: tuple[Memory, ...] = ()
