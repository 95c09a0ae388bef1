"""`show port-channel summary` of NX-OS. Source: Cisco Nexus 9000 Series NX-OS Interfaces Configuration Guide."""

from __future__ import annotations

from typing import Any

from cpal.lab.emulate.bundles import ON, Bundle, bundles
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.nxos import state
from cpal.lab.emulate.nxos.printing import short
from cpal.lab.emulate.nxos.tables import Shown, table

RULE = "-" * 80
HEAD = f"""Flags:  D - Down        P - Up in port-channel (members)
        I - Individual  H - Hot-standby (LACP only)
        S - Switched    R - Routed
        U - Up (port-channel)
{RULE}
Group Port-       Type     Protocol  Member Ports
      Channel
{RULE}
"""


def lags(device: Device, _: tuple[str, ...]) -> Shown:
    """`show port-channel summary`: a port that is up bundles at once, as nobody speaks LACP with it."""
    rows = [_row(each) for each in bundles(state.interfaces(device))]
    return table("channel", rows), HEAD + "".join(map(_line, rows))


def _row(bundle: Bundle) -> dict[str, Any]:
    members = [{"port": each.name, "port-status": "P" if each.up else "D"} for each in bundle.members]
    return {
        "group": bundle.number, "port-channel": bundle.interface.name,
        "layer": "S" if bundle.interface.switchport else "R", "status": "U" if bundle.interface.up else "D",
        "type": "Eth", "prtcl": "NONE" if bundle.mode == ON else "LACP", **table("member", members),
    }  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    name = f"Po{row['group']}({row['layer']}{row['status']})"
    held = row.get("TABLE_member", {}).get("ROW_member", [])
    members = held if isinstance(held, list) else [held]
    ports = "  ".join(f"{short(each['port'])}({each['port-status']})" for each in members)
    return f"{row['group']:<6}{name:<12}{row['type']:<9}{row['prtcl']:<10}{ports}\n"
