"""`show` commands of EOS about the device as a whole; those about interfaces and routes are beside it.

Each answers as data, in the fields that eAPI has, and as text where people read it; None is what it does not have.
Source: eAPI explorer's models; recorded answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.eos import interfaces, lags, routes
from cpal.lab.emulate.eos.configuration import hostname
from cpal.lab.emulate.eos.output import Shown
from cpal.lab.emulate.eos.sessions import PENDING, TIMER, Sessions
from cpal.lab.emulate.eos.state import interfaces as found_interfaces
from cpal.lab.emulate.eos.state import vlans
from cpal.lab.emulate.grammar import Match
from cpal.lab.emulate.words import dotted, expanded

MEMORY_KB = 4_000_000


def answer(device: Device, match: Match) -> Shown:
    """The answer to a `show` command."""
    words = match.words[1:]
    for start, answering in ANSWERS.items():
        if words[: len(start)] == start:
            return answering(device, words[len(start) :])
    raise AssertionError(words)


def _version(device: Device, _: tuple[str, ...]) -> Shown:
    who = device.identity
    data = {
        "mfgName": "Arista", "modelName": who.model, "hardwareRevision": "", "serialNumber": who.serial,
        "systemMacAddress": who.mac, "hwMacAddress": who.mac, "configMacAddress": "00:00:00:00:00:00",
        "version": who.version, "architecture": "x86_64", "internalVersion": f"{who.version}-emulator",
        "internalBuildId": "emulator", "imageFormatVersion": "3.0", "imageOptimization": "None",
        "bootupTimestamp": device.booted_at, "uptime": device.uptime_s(), "memTotal": MEMORY_KB,
        "memFree": MEMORY_KB // 2, "isIntlVersion": False,
    }  # fmt: skip
    text = (
        f"Arista {who.model}\nHardware version: \nSerial number: {who.serial}\nHardware MAC address: {who.mac}\n"
        f"System MAC address: {who.mac}\n\nSoftware image version: {who.version}\nArchitecture: x86_64\n"
        f"Internal build version: {who.version}-emulator\n\nUptime: {int(device.uptime_s())} seconds\n"
        f"Total memory: {MEMORY_KB} kB\nFree memory: {MEMORY_KB // 2} kB\n\n"
    )
    return data, text


def fqdn(device: Device) -> str:
    """The device's name with its domain, where it has one."""
    domain = device.running.value("dns", "domain")
    return f"{hostname(device.running)}.{domain}" if domain else hostname(device.running)


def _hostname(device: Device, _: tuple[str, ...]) -> Shown:
    name = hostname(device.running)
    return {"hostname": name, "fqdn": fqdn(device)}, f"Hostname: {name}\nFQDN:     {fqdn(device)}\n"


def _clock(device: Device, _: tuple[str, ...]) -> Shown:
    zone = device.running.value("clock", "timezone") or "UTC"
    now = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime())
    return {
        "utcTime": time.time(),
        "timezone": zone,
        "clockSource": {"local": True},
    }, f"{now}\nTimezone: {zone}\nClock source: local\n"


def _inventory(device: Device, _: tuple[str, ...]) -> Shown:
    who = device.identity
    slots = {
        str(n): {"mfgName": "", "modelName": "", "serialNum": "", "hardwareRev": ""}
        for n, _ in enumerate(device.ports, 1)
    }
    system = {"name": who.model, "description": f"{who.model} (emulator)", "serialNum": who.serial, "hardwareRev": ""}
    return {
        "systemInformation": system,
        "xcvrSlots": slots,
        "cardSlots": {},
        "fanTraySlots": {},
        "powerSupplySlots": {},
    }, None


def _vlan(device: Device, words: tuple[str, ...]) -> Shown:
    known = vlans(device)
    wanted = set(expanded(words[0])) if words else set(known)
    carried = {each.name: each.vlans(set(known)) for each in found_interfaces(device) if each.up or each.enabled}
    suspended = {
        number
        for node in device.running.each("vlan")
        if node.value("state") == "suspend"
        for number in expanded(node.words[1])
    }
    made: dict[str, Any] = {}
    rows = [
        "VLAN  Name                             Status    Ports",
        "----- -------------------------------- --------- -------------------------------",
    ]
    for number, name in known.items():
        if number not in wanted:
            continue
        members = [port for port, carries in carried.items() if number in carries]
        status = "suspended" if number in suspended else "active"
        made[str(number)] = {"name": name, "dynamic": False, "status": status,
                             "interfaces": {port: {"privatePromoted": False} for port in members}}  # fmt: skip
        rows.append(
            f"{number:<5} {name:<32} {status:<9} {', '.join(interfaces.short(port) for port in members)}".rstrip()
        )
    return {"sourceDetail": "", "vlans": made}, "\n".join(rows) + "\n"


def _lldp(device: Device, words: tuple[str, ...]) -> Shown:
    named = [word for word in words if word != "detail"]
    seen = {port: cable for port, cable in interfaces.neighbours(device).items() if not named or port in named}
    if "detail" in words:
        return {"lldpNeighbors": {
            port: {"lldpNeighborInfo": [interfaces.lldp_detail(seen[port])] if port in seen else []}
            for port in (named or device.ports)
        }}, None  # fmt: skip
    rows = [
        {"port": port, "neighborDevice": cable.device, "neighborPort": cable.port, "ttl": 120}
        for port, cable in seen.items()
    ]
    table = "".join(
        f"{interfaces.short(port):<12} {cable.device:<28} {cable.port:<19} 120\n" for port, cable in seen.items()
    )
    text = f"Port          Neighbor Device ID       Neighbor Port ID    TTL\n{table}"
    return {
        "tablesInserts": len(rows),
        "tablesDeletes": 0,
        "tablesDrops": 0,
        "tablesAgeOuts": 0,
        "lldpNeighbors": rows,
    }, text


def _mac_table(device: Device, _: tuple[str, ...]) -> Shown:
    entries = [
        {"macAddress": each.mac, "vlanId": each.vlan, "interface": each.port, "entryType": "dynamic", "moves": 1,
         "lastMove": device.booted_at}
        for each in device.stations
    ]  # fmt: skip
    for node in device.running.each("mac", "address-table", "static"):
        if "interface" in node.words:
            entries.append(
                {
                    "macAddress": node.words[3],
                    "vlanId": int(node.words[5]),
                    "interface": node.words[-1],
                    "entryType": "static",
                }
            )
    return {"unicastTable": {"tableEntries": entries}, "multicastTable": {"tableEntries": []}}, None


def _arp(device: Device, _: tuple[str, ...]) -> Shown:
    found: dict[str, Any] = {}
    by_name = {each.name: each for each in found_interfaces(device)}
    for station in (each for each in device.stations if each.ip):
        interface = by_name.get(f"Vlan{station.vlan}") or by_name.get(station.port)
        if interface:
            name = f"{interface.name}, {station.port}" if interface.name != station.port else station.port
            entry = {"address": station.ip, "hwAddress": dotted(station.mac), "interface": name, "age": 0}
            found.setdefault(interface.vrf, {"ipV4Neighbors": []})["ipV4Neighbors"].append(entry)
    for vrf in found.values():
        vrf.update({"totalEntries": len(vrf["ipV4Neighbors"]), "staticEntries": 0, "notLearnedEntries": 0,
                    "dynamicEntries": len(vrf["ipV4Neighbors"])})  # fmt: skip
    return {"vrfs": found}, None


def _ipv6_neighbors(device: Device, _: tuple[str, ...]) -> Shown:
    """A table for each VRF; stations of the lab have no addresses of IPv6."""
    return {"vrfs": {each.vrf: {"ipV6Neighbors": []} for each in found_interfaces(device)}}, None


def _users(device: Device, _: tuple[str, ...]) -> Shown:
    made: dict[str, Any] = {}
    for node in device.running.each("username"):
        words = " ".join(node.words[2:]).split()
        user = made.setdefault(node.words[1], {"username": node.words[1], "privLevel": 1, "sshAuthorizedKey": ""})
        if words[:1] == ["ssh-key"]:
            user["sshAuthorizedKey"] = " ".join(words[1:])
            continue
        for word, key in (("privilege", "privLevel"), ("role", "role"), ("sha512", "secret")):
            if word in words:
                value = words[words.index(word) + 1]
                user[key] = int(value) if key == "privLevel" else value
    return {"users": made}, None


def _snmp(device: Device, words: tuple[str, ...]) -> Shown:
    key = {"chassis": "chassisId"}.get(words[1], words[1])
    value = device.running.value("snmp-server", {"chassis": "chassis-id"}.get(words[1], words[1])) or (
        device.identity.serial if words[1] == "chassis" else "")  # fmt: skip
    return {key: value}, f"{words[1].capitalize()}: {value}\n"


def _ntp(device: Device, _: tuple[str, ...]) -> Shown:
    servers = [
        node.words[2] if node.words[2] != "vrf" else node.words[4] for node in device.running.each("ntp", "server")
    ]
    rows = "".join(f" {each:<15} .INIT.          16 u    -   64    0    0.000    0.000   0.000\n" for each in servers)
    head = f"     remote           refid      st t when poll reach   delay   offset  jitter\n{'=' * 78}\n"
    return None, (head + rows) if servers else "NTP is disabled.\n"


def _environment(device: Device, words: tuple[str, ...]) -> Shown:
    if words[0] == "power":
        return {"powerSupplies": {}}, "There seem to be no power supplies connected.\n"
    if words[0] == "cooling":
        return {
            "systemStatus": "unknownCoolingAlarmLevel",
            "fanTraySlots": [],
            "powerSupplySlots": [],
        }, "System cooling status is: Unknown\n"
    data = {"systemStatus": "unknownTemperatureAlarmLevel", "tempSensors": [], "cardSlots": [], "powerSupplySlots": []}
    return data, "System temperature status is: Unknown\n"


def _processes(device: Device, _: tuple[str, ...]) -> Shown:
    up = int(device.uptime_s())
    used = MEMORY_KB // 2
    return None, (
        f"top - {time.strftime('%H:%M:%S', time.gmtime())} up {up // 60} min,  0 users,  load average: 0, 0, 0\n"
        "Tasks:   1 total,   1 running,   0 sleeping,   0 stopped,   0 zombie\n"
        "%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni, 100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n"
        f"KiB Mem : {MEMORY_KB} total, {MEMORY_KB - used} free, {used} used,        0 buff/cache\n"
    )


def _banner(device: Device, words: tuple[str, ...]) -> Shown:
    node = device.running.find("banner", words[0])
    text = (node.text or "") if node else ""
    return {"loginBanner" if words[0] == "login" else "motd": text}, text


def sessions(held: Sessions, detail: bool) -> Shown:
    """`show configuration sessions`."""
    made: dict[str, Any] = {}
    rows = [
        "Maximum number of completed sessions: 1",
        "Maximum number of pending sessions: 5",
        "",
        "  Name         State         User",
        "  ------------ ------------- --------",
    ]
    for name, session in held.by_name.items():
        user = {session.user: {"currentTerminal": False}} if session.state == PENDING else {}
        made[name] = {"state": session.state, "completedTime": 0.0, "commitUser": session.user, "instances": user}
        if session.state == TIMER:
            made[name]["commitBy"] = session.commit_by
        rows.append(f"  {name:<12} {session.state:<13} {session.user}")
    data = {
        "sessions": made,
        "maxSavedSessions": 1,
        "maxOpenSessions": 5,
        "mergeOnCommit": False,
        "saveToStartupConfigOnCommit": False,
    }
    return data, "\n".join(rows) + "\n"


ANSWERS: Mapping[tuple[str, ...], Callable[[Device, tuple[str, ...]], Shown]] = {
    ("version",): _version,
    ("hostname",): _hostname,
    ("clock",): _clock,
    ("inventory",): _inventory,
    ("interfaces", "status"): interfaces.status,
    ("interfaces", "description"): interfaces.descriptions,
    ("interfaces", "switchport"): interfaces.switchports,
    ("interfaces", "transceiver"): interfaces.transceivers,
    ("interfaces",): interfaces.interfaces,
    ("ip", "interface", "brief"): interfaces.ip_brief,
    ("ip", "interface"): interfaces.ip,
    ("ipv6", "interface"): interfaces.ipv6,
    ("port-channel",): lags.lags,
    ("vlan",): _vlan,
    ("vrf",): interfaces.vrfs,
    ("lldp", "neighbors"): _lldp,
    ("mac", "address-table"): _mac_table,
    ("arp", "vrf", "all"): _arp,
    ("ip", "arp", "vrf", "all"): _arp,
    ("ipv6", "neighbors", "vrf", "all"): _ipv6_neighbors,
    ("ip", "route"): routes.routes,
    ("ipv6", "route"): routes.routes6,
    ("vxlan", "vni"): interfaces.vnis,
    ("users", "accounts"): _users,
    ("banner",): _banner,
    ("snmp",): _snmp,
    ("ntp", "associations"): _ntp,
    ("system", "environment"): _environment,
    ("processes", "top", "once"): _processes,
}
"""What answers commands that begin with these words; longer ones stand before shorter ones."""
