"""NX-OS: transceivers that are plugged in, over NX-API and over SSH. Source: JSON and text of the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.nxos.parse.cli import first
from cpal.drivers.devices.nxos.parse.tables import rows
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import none_if_empty
from cpal.model.device.optics import Channel, Transceiver

_SHOW = "show interface transceiver details"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def optics_api() -> Asking[tuple[Transceiver, ...]]:
    """Transceivers that are plugged in, with their levels where they can be measured."""
    (reply,) = yield (Ask(_SHOW, JSON),)
    return tuple(_told(each) for each in rows(reply, "TABLE_interface", "ROW_interface") if each["sfp"] == "present")


def _told(told: Any) -> Transceiver:
    def text(key: str) -> str | None:
        return none_if_empty(str(told.get(key, "")).strip())

    return Transceiver(
        interface=told["interface"],
        channels=tuple(_lanes(rows(told, "TABLE_lane", "ROW_lane"))),
        connector_type=text("type"),
        vendor=text("name"),
        vendor_part=text("partnum"),
        vendor_rev=text("rev"),
        serial_number=text("serialnum"),
    )


def _lanes(lanes: list[Any]) -> Iterator[Channel]:
    def number(told: Any, key: str) -> float | None:
        found = _NUMBER.match(str(told.get(key, "")))
        return float(found[0]) if found else None

    for index, lane in enumerate(each for each in lanes if "tx_pwr" in each):
        yield Channel(
            index=index,
            input_power_dbm=number(lane, "rx_pwr"),
            output_power_dbm=number(lane, "tx_pwr"),
            laser_bias_current_ma=number(lane, "current"),
        )


TRANSCEIVER = re.compile(r"^(?=Ethernet\S+\s*$)", re.MULTILINE)


def optics_ssh() -> Asking[tuple[Transceiver, ...]]:
    """Transceivers that are plugged in, with their levels where they can be measured."""
    (text,) = yield (Ask("show interface transceiver details", TEXT),)
    sections = [section for section in TRANSCEIVER.split(text) if "transceiver is present" in section]
    return tuple(map(_transceiver, sections))


def _transceiver(section: str) -> Transceiver:
    return Transceiver(
        interface=section.split()[0],
        channels=tuple(_channels(section)),
        connector_type=first(r"type is (.*)$", section),
        vendor=none_if_empty(first(r"name is (.*)$", section)),
        vendor_part=none_if_empty(first(r"part number is (.*)$", section)),
        vendor_rev=none_if_empty(first(r"revision is (.*)$", section)),
        serial_number=none_if_empty(first(r"serial number is (.*)$", section)),
    )


def _channels(section: str) -> Iterator[Channel]:
    """Lanes of light; the first of a CFP module tells of the temperature and voltage that all share."""
    if "DOM is not supported" in section:
        return
    _, *lanes = re.split(r"^.*Lane Number:.*$", section, flags=re.MULTILINE)
    for index, lane in enumerate([each for each in lanes if "Tx Power" in each] if lanes else [section]):
        yield Channel(
            index=index,
            input_power_dbm=_level(r"Rx Power\s+(-?[\d.]+) dBm", lane),
            output_power_dbm=_level(r"Tx Power\s+(-?[\d.]+) dBm", lane),
            laser_bias_current_ma=_level(r"Current\s+(-?[\d.]+) mA", lane),
        )


def _level(pattern: str, text: str) -> float | None:
    found = first(pattern, text)
    return None if found is None else float(found)
