"""Transceivers: light in and out, bias current."""

from __future__ import annotations

from cpal.model.device.state import State


class Channel(State, frozen=True, kw_only=True):
    """A physical channel of a transceiver, each value at this instant.

    Source: openconfig-platform-transceiver `physical-channels/channel/state`: powers in dBm, bias current in mA. A
    power below what the device can measure is None. `alarms` names the values that have crossed a threshold, and which:
    `input_power low-alarm`, `laser_bias_current high-warning`.
    """

    index: int
    input_power_dbm: float | None = None
    output_power_dbm: float | None = None
    laser_bias_current_ma: float | None = None
    alarms: tuple[str, ...] = ()


class Transceiver(State, frozen=True, kw_only=True):
    """A transceiver in an interface. Source: openconfig-platform-transceiver `transceiver/state`."""

    interface: str
    channels: tuple[Channel, ...] = ()
    connector_type: str | None = None
    vendor: str | None = None
    vendor_part: str | None = None
    vendor_rev: str | None = None
    serial_number: str | None = None
