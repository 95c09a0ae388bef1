"""`show` commands of NX-OS about addresses: those of its interfaces, and those of its neighbours."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from cpal.lab.emulate.device import Device, Station
from cpal.lab.emulate.nxos import printing, state
from cpal.lab.emulate.nxos.tables import Shown, table
from cpal.lab.emulate.words import dotted


def _in_vrf(words: tuple[str, ...], vrf: str) -> bool:
    wanted = words[1] if words[:1] == ("vrf",) else "default"
    return wanted in ("all", vrf)


def _by_vrf(device: Device) -> list[state.Interface]:
    order = list(state.vrfs(device))
    return sorted(state.interfaces(device), key=lambda each: order.index(each.vrf) if each.vrf in order else len(order))


def ipv4(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ip interface`."""
    rows = []
    for each in _by_vrf(device):
        addresses = [address.partition("/") for address in each.addresses("ip")]
        if addresses and _in_vrf(words, each.vrf):
            row = {
                "vrf-name-out": each.vrf,
                "intf-name": each.name,
                **_states(each),
                "prefix": addresses[0][0],
                "masklen": addresses[0][2],
                "mtu": each.mtu,
            }
            row |= table("secondary_address", [{"prefix1": a, "masklen1": length} for a, _, length in addresses[1:]])
            rows.append(row)
    return table("intf", rows), printing.addresses(rows, 4)


def _states(each: state.Interface) -> dict[str, str]:
    up = "up" if each.up else "down"
    return {"proto-state": up, "link-state": up, "admin-state": "up" if each.enabled else "down"}


def ipv6(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ipv6 interface`."""
    rows = []
    for each in _by_vrf(device):
        addresses = each.addresses("ipv6")
        if addresses and _in_vrf(words, each.vrf):
            rows.append(
                {
                    "vrf-name-out": each.vrf,
                    "intf-name": each.name,
                    **_states(each),
                    "prefix": str(ipaddress.ip_interface(addresses[0]).network),
                    **table("addr", [{"addr": address} for address in addresses]),
                }
            )
    return table("intf", rows), printing.addresses(rows, 6)


def arp(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ip arp`."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for vrf, name, station in _stations(device, words, 4):
        entry = {"intf-out": name, "ip-addr-out": station.ip, "time-stamp": "00:00:01", "mac": dotted(station.mac)}
        rows.setdefault(vrf, []).append(entry)
    vrfs = [{"vrf-name-out": vrf, "cnt-total": len(found), **table("adj", found)} for vrf, found in rows.items()]
    text = printing.arp(row for found in rows.values() for row in found)
    return table("vrf", vrfs or [{"vrf-name-out": "default", "cnt-total": 0, "TABLE_adj": {"ROW_adj": []}}]), text


def nd(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ipv6 neighbor`."""
    rows = [
        {"ipv6-addr": station.ip, "time-stamp": "00:00:01", "mac": dotted(station.mac), "intf-out": name}
        for _, name, station in _stations(device, words, 6)
    ]
    return table("adj", rows), printing.nd(rows)


def _stations(device: Device, words: tuple[str, ...], version: int) -> Iterator[tuple[str, str, Station]]:
    """The VRF and interface of each machine that has an address of that version."""
    by_name = {each.name: each for each in state.interfaces(device)}
    for station in (each for each in device.stations if each.ip and (":" in each.ip) == (version == 6)):
        found = by_name.get(f"Vlan{station.vlan}") or by_name.get(station.port)
        if found and _in_vrf(words, found.vrf):
            yield found.vrf, found.name, station
