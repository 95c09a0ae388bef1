"""NAPALM's normal form of each typed value: pure functions, one for each getter, that know nothing but the value.

Source: NAPALM documentation, "Base class": the shape of every getter's answer. What single drivers of NAPALM do in
their own way is in `deviations.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from cpal.faces.device import napalm_bgp
from cpal.faces.device.deviations import Dialect
from cpal.model.device.environment import Environment, PowerSupply
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.network_instance import NetworkInstance
from cpal.model.device.optics import Transceiver
from cpal.model.device.state import Status
from cpal.model.device.system import Config, NtpAssociation, NtpServer, Probe, Snmp, User
from cpal.model.device.vlan import Vlan

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
MEGABIT = 1_000_000


def normal_form(value: Any, driver: str, getter: str) -> Any:
    """A getter's typed value as that driver of NAPALM would give it."""
    return FORMS[getter](value, Dialect(driver, getter))


def _mac(text: str | None) -> str:
    return (text or "").upper()


def _mac_if_one(text: str | None) -> str:
    return (text or "").upper() if MAC.fullmatch(text or "") else text or ""


def _facts(value: Facts, as_: Dialect) -> Any:
    return {
        "hostname": as_.told(value.hostname, "hostname", ""),
        "fqdn": as_.told(value.fqdn, "fqdn", ""),
        "vendor": value.vendor,
        "model": as_.told(value.model, "model", ""),
        "serial_number": as_.told(value.serial_number, "serial_number", ""),
        "os_version": as_.told(value.os_version, "os_version", ""),
        "uptime": float(as_.told(value.uptime_s, "uptime", -1.0)),
        "interface_list": list(value.interfaces),
    }


def _interfaces(value: Iterable[Interface], as_: Dialect) -> Any:
    return {each.name: _interface(each, as_) for each in value}


def _interface(value: Interface, as_: Dialect) -> Any:
    changed = value.last_change if value.last_change is not None else value.last_change_ago_s
    return {
        "is_up": value.oper_status is Status.UP,
        "is_enabled": value.admin_status is Status.UP,
        "description": value.description or "",
        "last_flapped": float(as_.told(changed, "last_flapped", -1.0)),
        "mtu": as_.told(value.mtu, "mtu", -1),
        "speed": float(as_.instead("speed", -1.0) if value.speed_bps is None else value.speed_bps / MEGABIT),
        "mac_address": as_.told(_mac(value.mac_address) or None, "mac_address", ""),
    }


def _counters(value: Iterable[Counters], as_: Dialect) -> Any:
    return {
        each.interface: {
            f"{way}_{kind}": as_.told(getattr(each, field), "counter", -1)
            for way, direction in (("rx", "in"), ("tx", "out"))
            for kind, field in (
                ("octets", f"{direction}_octets"),
                ("unicast_packets", f"{direction}_unicast_pkts"),
                ("multicast_packets", f"{direction}_multicast_pkts"),
                ("broadcast_packets", f"{direction}_broadcast_pkts"),
                ("discards", f"{direction}_discards"),
                ("errors", f"{direction}_errors"),
            )
        }
        for each in value
    }


def _interfaces_ip(value: Iterable[IpInterface], as_: Dialect) -> Any:
    found = {}
    for each in value:
        families = {"ipv4": _addresses(each.ipv4, as_), "ipv6": _addresses(each.ipv6, as_)}
        kept = families if as_.instead("families", False) else {name: held for name, held in families.items() if held}
        if kept or as_.instead("without_addresses", False):
            found[each.name] = kept
    return found


def _addresses(value: Iterable[Address], as_: Dialect) -> Any:
    return {each.ip: {"prefix_length": as_.told(each.prefix_length, "prefix_length", "N/A")} for each in value}


def _vlans(value: Iterable[Vlan], _: Dialect) -> Any:
    return {str(each.id or 0): {"name": each.name or "", "interfaces": list(each.interfaces)} for each in value}


def _network_instances(value: Iterable[NetworkInstance], _: Dialect) -> Any:
    return {
        each.name: {
            "name": each.name,
            "type": str(each.type or each.kind or ""),
            "state": {"route_distinguisher": each.route_distinguisher or ""},
            "interfaces": {"interface": {name: {} for name in each.interfaces}},
        }
        for each in value
    }


def _arp_table(value: Iterable[Neighbor], as_: Dialect) -> Any:
    return [_neighbor(each, as_) for each in value]


def _neighbor(value: Neighbor, as_: Dialect) -> dict[str, Any]:
    return {
        "interface": value.interface or "",
        "ip": value.ip,
        "mac": as_.told(_mac(value.link_layer_address) or None, "mac", ""),
        "age": float(as_.told(value.age_s, "age", -1.0)),
    }


def _ipv6_neighbors(value: Iterable[Neighbor], as_: Dialect) -> Any:
    return [{**_neighbor(each, as_), "state": each.state or ""} for each in value]


def _mac_table(value: Iterable[MacEntry], as_: Dialect) -> Any:
    return [
        {
            "mac": _mac(each.mac_address),
            "interface": each.interface or "",
            "vlan": as_.told(each.vlan, "vlan", 0),
            "static": as_.told(each.static, "static", False),
            "active": as_.told(each.active, "active", True),
            "moves": as_.told(each.moves, "moves", -1),
            "last_move": float(as_.told(each.last_move, "last_move", -1.0)),
        }
        for each in value
    ]


def _by_interface(value: Iterable[LldpNeighbor], form: Callable[[LldpNeighbor], Any]) -> Any:
    found: dict[str, list[Any]] = {}
    for each in value:
        found.setdefault(each.interface, []).append(form(each))
    return found


def _lldp(value: Iterable[LldpNeighbor], as_: Dialect) -> Any:
    return _by_interface(
        value,
        lambda each: {
            "hostname": as_.told(each.system_name, "hostname", ""),
            "port": as_.told(each.port_id, "port", ""),
        },
    )


def _lldp_detail(value: Iterable[LldpNeighbor], as_: Dialect) -> Any:
    return _by_interface(
        value,
        lambda each: {
            "parent_interface": each.parent_interface or as_.instead("parent", "").format(each.interface),
            "remote_port": as_.told(_port(each, as_), "remote_port", ""),
            "remote_port_description": as_.told(each.port_description, "remote_port_description", ""),
            "remote_chassis_id": as_.told(_mac_if_one(each.chassis_id) or None, "remote_chassis_id", ""),
            "remote_system_name": as_.told(each.system_name, "remote_system_name", ""),
            "remote_system_description": as_.told(each.system_description, "remote_system_description", ""),
            "remote_system_capab": list(each.capabilities or ()),
            "remote_system_enable_capab": list(each.enabled_capabilities or ()),
        },
    )


def _port(value: LldpNeighbor, as_: Dialect) -> str | None:
    """The port; some drivers write one that is named after a MAC address as other MAC addresses."""
    return _mac_if_one(value.port_id) or None if as_.instead("port_mac", False) else value.port_id


def _optics(value: Iterable[Transceiver], as_: Dialect) -> Any:
    return {each.interface: _transceiver(each, as_) for each in value}


def _transceiver(value: Transceiver, as_: Dialect) -> Any:
    power, current = as_.instead("power", 0.0), as_.instead("current", 0.0)

    def state(instant: float | None, absent: float, rest: float) -> Any:
        return {"instant": absent if instant is None else instant, "avg": rest, "min": rest, "max": rest}

    rest = as_.instead("statistics", power)
    channels = [
        {
            "index": each.index,
            "state": {
                "input_power": state(each.input_power_dbm, power, rest),
                "output_power": state(each.output_power_dbm, power, rest),
                "laser_bias_current": state(each.laser_bias_current_ma, current, current),
            },
        }
        for each in value.channels
    ]
    told: dict[str, Any] = {"physical_channels": {"channel": channels}}
    if as_.instead("inventory", False):
        told["state"] = {
            "vendor": value.vendor or "",
            "vendor_part": value.vendor_part or "",
            "vendor_rev": value.vendor_rev or "",
            "serial_no": value.serial_number or "",
            "connector_type": value.connector_type or "",
        }
    return told


def _environment(value: Environment, as_: Dialect) -> Any:
    return {
        "fans": {each.name: {"status": as_.told(each.ok, "fan", False)} for each in value.fans},
        "temperature": {
            each.name: {
                "temperature": as_.told(each.celsius, "temperature", -1.0),
                "is_alert": bool(each.alarm),
                "is_critical": bool(each.critical),
            }
            for each in value.temperatures
        },
        "power": {each.name: _power(each, as_) for each in value.power_supplies},
        "cpu": {each.name: {"%usage": as_.told(each.usage_percent, "usage", 0.0)} for each in value.cpus},
        "memory": _memory(value, as_),
    }


def _power(value: PowerSupply, as_: Dialect) -> Any:
    return {
        "status": as_.told(value.ok, "status", False),
        "capacity": as_.told(value.capacity_w, "capacity", -1.0),
        "output": as_.told(value.output_w, "output", -1.0),
    }


def _memory(value: Environment, as_: Dialect) -> Any:
    """Used and available memory, in what the driver counts it in."""
    if value.memory is None:
        return as_.instead("no_memory", {"used_ram": 0, "available_ram": 0})
    available, unit = as_.instead("memory", ("free", 1))
    free, used = getattr(value.memory, available), value.memory.used
    return {
        "available_ram": -1 if free is None else free // unit,
        "used_ram": -1 if used is None else used // unit,
    }


def _users(value: Iterable[User], as_: Dialect) -> Any:
    return {
        each.name: {
            "level": as_.told(each.level, "level", 0),
            "password": each.password_hash or "",
            "sshkeys": list(each.ssh_keys),
        }
        for each in value
    }


def _ntp_servers(value: Iterable[NtpServer], as_: Dialect) -> Any:
    if as_.instead("bare", False):
        return {each.address: {} for each in value}
    return {
        each.address: {
            "address": each.address,
            "port": each.port or 123,
            "version": each.version or 4,
            "association_type": each.association_type,
            "iburst": bool(each.iburst),
            "prefer": bool(each.prefer),
            "network_instance": each.vrf or "default",
            "source_address": each.source_address or "",
            "key_id": -1 if each.key_id is None else each.key_id,
        }
        for each in value
    }


def _ntp_stats(value: Iterable[NtpAssociation], _: Dialect) -> Any:
    return [
        {
            "remote": each.remote,
            "referenceid": each.reference_id or "",
            "synchronized": bool(each.synchronized),
            "stratum": each.stratum,
            "type": each.type or "",
            "when": each.when or "",
            "hostpoll": each.poll,
            "reachability": each.reachability,
            "delay": each.delay_ms,
            "offset": each.offset_ms,
            "jitter": each.jitter_ms,
        }
        for each in value
    ]


def _snmp(value: Snmp, as_: Dialect) -> Any:
    return {
        "chassis_id": value.chassis_id or "",
        "contact": value.contact or "",
        "location": value.location or "",
        "community": {
            each.name: {"mode": as_.told(each.mode, "mode", ""), "acl": as_.told(each.acl, "acl", "")}
            for each in value.communities
        },
    }


def _probes(value: Iterable[Probe], as_: Dialect) -> Any:
    found: dict[str, dict[str, Any]] = {}
    for each in value:
        found.setdefault(each.owner, {})[each.name] = {
            "probe_type": each.type or "",
            "target": each.target or "",
            "source": each.source or "",
            "probe_count": as_.told(each.count, "probe_count", 0),
            "test_interval": as_.told(each.interval_s, "test_interval", 0),
        }
    return found


def _config(value: Config, _: Dialect) -> Any:
    return {"running": value.running or "", "startup": value.startup or "", "candidate": value.candidate or ""}


FORMS: dict[str, Callable[[Any, Dialect], Any]] = {
    "facts": _facts,
    "interfaces": _interfaces,
    "interfaces_counters": _counters,
    "interfaces_ip": _interfaces_ip,
    "vlans": _vlans,
    "network_instances": _network_instances,
    "arp_table": _arp_table,
    "ipv6_neighbors_table": _ipv6_neighbors,
    "mac_address_table": _mac_table,
    "lldp_neighbors": _lldp,
    "lldp_neighbors_detail": _lldp_detail,
    "optics": _optics,
    "environment": _environment,
    "users": _users,
    "ntp_servers": _ntp_servers,
    "ntp_peers": _ntp_servers,
    "ntp_stats": _ntp_stats,
    "snmp_information": _snmp,
    "probes_config": _probes,
    "config": _config,
    "bgp_neighbors": napalm_bgp.bgp_neighbors,
    "bgp_neighbors_detail": napalm_bgp.bgp_detail,
    "bgp_config": napalm_bgp.bgp_config,
    "route_to": napalm_bgp.route_to,
}
"""The normal form of each getter's value."""
