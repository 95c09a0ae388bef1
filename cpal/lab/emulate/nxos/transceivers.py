"""What an NX-OS device says of its transceivers: one of light in the first port, a cable of copper in the second.

Source: recorded answers of `show interface transceiver details`, as text and as JSON.
"""

from __future__ import annotations

from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.nxos import state
from cpal.lab.emulate.nxos.tables import Shown, table

_LEVELS = {
    "temperature": "34.22", "voltage": "3.26", "current": "6.76", "tx_pwr": "-1.45", "rx_pwr": "-1.89",
    "xmit_faults": "0",
}  # fmt: skip
_PLUGGED: tuple[dict[str, Any], ...] = (
    {
        "type": "10Gbase-SR", "name": "EMULATED", "partnum": "EMU-10G-SR", "rev": "A", "serialnum": "EMU0000001",
        "nom_bitrate": "10300", "ciscoid": "3", "ciscoid_1": "4", **table("lane", [_LEVELS]),
    },
    {
        "type": "SFP-H10GB-CU3M", "name": "EMULATED", "partnum": "EMU-CU3M", "rev": "B", "serialnum": "EMU0000002",
        "nom_bitrate": "10300", "ciscoid": "3", "ciscoid_1": "4",
    },
)  # fmt: skip
_TEXT = """    transceiver is present
    type is {type}
    name is {name}
    part number is {partnum}
    revision is {rev}
    serial number is {serialnum}
    nominal bitrate is {nom_bitrate} MBit/sec
    cisco id is {ciscoid}
    cisco extended id number is {ciscoid_1}
"""
_LINE = "  " + "-" * 76
_MEASURED = f"""
           SFP Detail Diagnostics Information (internal calibration)
{_LINE}
                Current              Alarms                  Warnings
                Measurement     High        Low         High          Low
{_LINE}
  Temperature   {_LEVELS["temperature"]} C        80.00 C    -10.00 C     75.00 C       -5.00 C
  Voltage        {_LEVELS["voltage"]} V         3.60 V      3.00 V      3.50 V        3.10 V
  Current        {_LEVELS["current"]} mA       15.00 mA     0.00 mA    12.00 mA       0.00 mA
  Tx Power      {_LEVELS["tx_pwr"]} dBm       0.99 dBm   -8.32 dBm    0.00 dBm     -7.79 dBm
  Rx Power      {_LEVELS["rx_pwr"]} dBm       0.99 dBm  -10.91 dBm    0.00 dBm     -9.91 dBm
  Transmit Fault Count = {_LEVELS["xmit_faults"]}
"""
_NOT_MEASURED = "\nDOM is not supported\n"


def details(device: Device, _: tuple[str, ...]) -> Shown:
    """`show interface transceiver details`."""
    names = [each.name for each in state.interfaces(device) if each.kind == "Ethernet"]
    plugged = dict(zip(names, _PLUGGED, strict=False))
    rows = [
        {"interface": name, "sfp": "present", **plugged[name]} if name in plugged
        else {"interface": name, "sfp": "not present"}
        for name in names
    ]  # fmt: skip
    text = "\n".join(f"{name}\n{_described(plugged.get(name))}" for name in names)
    return table("interface", rows), text


def _described(told: dict[str, Any] | None) -> str:
    if told is None:
        return "    transceiver is not present\n"
    return _TEXT.format_map(told) + (_MEASURED if "TABLE_lane" in told else _NOT_MEASURED)
