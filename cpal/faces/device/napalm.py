"""NAPALM's normal form of each typed value: pure functions, one for each getter, that know nothing but the value.

Source: NAPALM documentation, "Base class": the shape of every getter's answer. What single drivers of NAPALM do in
their own way is in `deviations.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from cpal.errors import Unsupported
from cpal.faces.device import napalm_bgp, napalm_system
from cpal.faces.device.deviations import Dialect
from cpal.model.device.environment import Environment, Fan, PowerSupply, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.network_instance import NetworkInstance
from cpal.model.device.optics import Channel, Transceiver
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
MEGABIT = 1_000_000


def normal_form(value: Any, driver: str, getter: str) -> Any:
    """A getter's typed value as that driver of NAPALM would give it.

    Raises:
        Unsupported: NAPALM has no such getter.
    """
    if getter not in FORMS:
        raise Unsupported("NAPALM has no such getter", key=getter, remedy="leave out --as napalm")
    return FORMS[getter](value, Dialect(driver, getter))


def _mac(text: str | None) -> str:
    return (text or "").upper()


def _mac_if_one(text: str | None) -> str:
    return (text or "").upper() if MAC.fullmatch(text or "") else text or ""


def _facts(value: Facts, as_: Dialect) -> Any:
    return {
        "hostname": as_.told(value.hostname, "hostname", ""),
        "fqdn": as_.told(value.fqdn, "fqdn", "").format(value.hostname),
        "vendor": value.vendor,
        "model": as_.told(value.model, "model", ""),
        "serial_number": as_.told(value.serial_number, "serial_number", ""),
        "os_version": as_.told(value.os_version, "os_version", ""),
        "uptime": float(as_.told(value.uptime_s, "uptime", -1.0)),
        "interface_list": [
            next(
                (word for word in as_.instead("numberless", ()) if name.startswith(word)),
                as_.renamed("interface", name),
            )
            for name in (sorted(value.interfaces) if as_.instead("sorted", False) else value.interfaces)
        ],
    }


def _interfaces(value: Iterable[Interface], as_: Dialect) -> Any:
    return {as_.renamed("interface", each.name): _interface(each, as_) for each in value}


def _interface(value: Interface, as_: Dialect) -> Any:
    changed, recorded = value.last_change, as_.instead("recorded_at", None)
    if changed is None and value.last_change_ago_s is not None:
        changed = value.last_change_ago_s if recorded is None else recorded - value.last_change_ago_s
    is_up = value.admin_status if value.name.startswith(as_.instead("up_when_enabled", ())) else value.oper_status
    return {
        "is_up": is_up is Status.UP,
        "is_enabled": value.admin_status is Status.UP,
        "description": value.description or "",
        "last_flapped": float(as_.told(changed, "last_flapped", -1.0)),
        "mtu": as_.told(value.mtu, "mtu", -1),
        "speed": float(as_.instead("speed", -1.0) if value.speed_bps is None else value.speed_bps / MEGABIT),
        "mac_address": "" if value.name.startswith(as_.instead("no_mac", ())) else _mac_or(value.mac_address, as_),
    }


def _mac_or(value: str | None, as_: Dialect) -> str:
    return str(as_.told(_mac(value) or None, "mac_address", ""))


def _counters(value: Iterable[Counters], as_: Dialect) -> Any:
    return {
        each.interface: {
            f"{way}_{kind}": _counter(getattr(each, field), kind, as_)
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
        if not re.fullmatch(as_.instead("without", "-"), each.interface)
    }


def _counter(value: int | None, kind: str, as_: Dialect) -> int:
    """A counter; of some, some drivers read the last digit only."""
    if value is None:
        return int(as_.instead("counter", -1))
    return value % 10 if kind in as_.instead("last_digit", ()) else value


def _interfaces_ip(value: Iterable[IpInterface], as_: Dialect) -> Any:
    every = as_.instead("every_vrf", True)
    found = {each.name: _ip_families(each, as_) for each in value if every or each.vrf is None}
    return {name: families for name, families in found.items() if families}


def _ip_families(value: IpInterface, as_: Dialect) -> Any:
    """Addresses by family: some drivers name families that have none, or that the device does not list."""
    families = {"ipv4": value.ipv4, "ipv6": value.ipv6}
    if not as_.instead("unlisted", False):
        empty = as_.instead("empty", False)
        families = {name: held for name, held in families.items() if held or (empty and held is not None)}
    told = {name: _addresses(held or (), as_) for name, held in families.items()}
    return {name: held or (as_.instead("no_ipv4", {}) if name == "ipv4" else {}) for name, held in told.items()}


def _addresses(value: Iterable[Address], as_: Dialect) -> Any:
    return {each.ip: {"prefix_length": as_.told(each.prefix_length, "prefix_length", "N/A")} for each in value}


def _vlans(value: Iterable[Vlan], as_: Dialect) -> Any:
    return {
        str(each.id or 0): {
            "name": each.name or "",
            "interfaces": [as_.renamed("interface", name) for name in each.interfaces] or as_.instead("no_ports", []),
        }
        for each in value
    }


def _network_instances(value: Iterable[NetworkInstance], as_: Dialect) -> Any:
    return {
        each.name: {
            "name": each.name,
            "type": as_.renamed("type", each.kind) if each.kind else str(each.type or ""),
            "state": {"route_distinguisher": as_.told(each.route_distinguisher, "route_distinguisher", "")},
            "interfaces": {"interface": {name: {} for name in each.interfaces}},
        }
        for each in value
    }


def _arp_table(value: Iterable[Neighbor], as_: Dialect) -> Any:
    return [_neighbor(each, as_) for each in value if each.vrf is None or as_.instead("every_vrf", True)]


def _neighbor(value: Neighbor, as_: Dialect) -> dict[str, Any]:
    age = None if value.age_s is None else value.age_s / as_.instead("age_unit", 1)
    return {
        "interface": value.spelled or value.interface or "",
        "ip": value.ip,
        "mac": as_.told(_mac(value.link_layer_address) or None, "mac", ""),
        "age": _age(as_.told(age, "age", -1.0), as_),
    }


def _age(value: float | None, as_: Dialect) -> float | None:
    return None if value is None else round(float(value), as_.instead("digits", None) or 6)


def _ipv6_neighbors(value: Iterable[Neighbor], as_: Dialect) -> Any:
    return [{**_neighbor(each, as_), "state": each.state or ""} for each in value]


def _mac_table(value: Iterable[MacEntry], as_: Dialect) -> Any:
    return [_mac_entry(each, as_) for each in value]


def _mac_entry(value: MacEntry, as_: Dialect) -> Any:
    """An entry; of a routed port some drivers write the whole name, and a VLAN that there is not."""
    routed = value.vlan is None and value.spelled is not None
    name = (value.interface if routed else value.spelled or value.interface) or ""
    return {
        "mac": _mac(value.mac_address),
        "interface": as_.renamed("interface", name),
        "vlan": as_.instead("routed", 0) if routed else as_.told(value.vlan, "vlan", 0),
        "static": as_.told(value.static, "static", False),
        "active": as_.told(value.active, "active", True) and (not value.static or as_.instead("static_active", True)),
        "moves": as_.told(value.moves, "moves", -1),
        "last_move": float(as_.told(value.last_move, "last_move", -1.0)),
    }


def _by_interface(value: Iterable[LldpNeighbor], as_: Dialect, form: Callable[[LldpNeighbor], Any]) -> Any:
    found: dict[str, list[Any]] = {}
    for each in value:
        found.setdefault(as_.renamed("interface", each.interface), []).append(form(each))
    return found


def _lldp(value: Iterable[LldpNeighbor], as_: Dialect) -> Any:
    return _by_interface(
        value,
        as_,
        lambda each: {
            "hostname": as_.told(each.system_name, "hostname", "").format(_chassis(each, as_)),
            "port": as_.told(_port(each, as_) or each.port_description, "port", ""),
        },
    )


def _lldp_detail(value: Iterable[LldpNeighbor], as_: Dialect) -> Any:
    return _by_interface(value, as_, lambda each: _lldp_neighbor(each, as_))


def _lldp_neighbor(value: LldpNeighbor, as_: Dialect) -> Any:
    lines = (value.system_description or "").split("\n")
    return {
        "parent_interface": value.parent_interface or as_.instead("parent", "").format(value.interface),
        "remote_port": as_.told(value.port_id, "remote_port", ""),
        "remote_port_description": as_.told(value.port_description, "remote_port_description", ""),
        "remote_chassis_id": as_.told(_chassis(value, as_) or None, "remote_chassis_id", ""),
        "remote_system_name": as_.told(value.system_name, "remote_system_name", ""),
        "remote_system_description": lines[0] if as_.instead("first_line", False) else "\n".join(lines),
        "remote_system_capab": list(value.capabilities or ()),
        "remote_system_enable_capab": list(value.enabled_capabilities or ()),
    }


def _chassis(value: LldpNeighbor, as_: Dialect) -> str:
    """The chassis, which some drivers keep in the device's form: 0011.2233.4455."""
    if not as_.instead("dotted", False) or not MAC.fullmatch(value.chassis_id or ""):
        return _mac_if_one(value.chassis_id)
    digits = (value.chassis_id or "").replace(":", "")
    return ".".join(digits[i : i + 4] for i in range(0, 12, 4))


DOTTED = re.compile(r"[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2}")


def _port(value: LldpNeighbor, as_: Dialect) -> str | None:
    """The port; some drivers write one that is named after a MAC address as other MAC addresses."""
    name = value.port_id
    if name is None or not as_.instead("port_mac", False) or not DOTTED.fullmatch(name):
        return name
    digits = name.replace(".", "").upper()
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _shifted(value: Channel) -> Channel:
    """The channel as a reader sees it who takes the mark behind a bias current for the power behind that."""
    marked = any(each.startswith("laser_bias_current ") for each in value.alarms)
    return replace(value, output_power_dbm=None, input_power_dbm=value.output_power_dbm) if marked else value


def _optics(value: Iterable[Transceiver], as_: Dialect) -> Any:
    return {as_.renamed("interface", each.interface): _transceiver(each, as_) for each in value}


def _transceiver(value: Transceiver, as_: Dialect) -> Any:
    power, current = as_.instead("power", 0.0), as_.instead("current", 0.0)

    def state(instant: float | None, absent: float, rest: float) -> Any:
        return {"instant": absent if instant is None else instant, "avg": rest, "min": rest, "max": rest}

    rest = as_.instead("rest", power)
    channels = [
        {
            "index": each.index,
            "state": {
                "input_power": state(each.input_power_dbm, power, rest),
                "output_power": state(each.output_power_dbm, power, rest),
                "laser_bias_current": state(each.laser_bias_current_ma, current, current),
            },
        }
        for each in (map(_shifted, value.channels) if as_.instead("shifts", False) else value.channels)
    ]
    told: dict[str, Any] = {"physical_channels": {"channel": channels}}
    if as_.instead("inventory", False):
        told["state"] = {
            "vendor": value.vendor or "",
            "vendor_part": value.vendor_part or "",
            "vendor_rev": value.vendor_rev or "",
            "serial_no": value.serial_number or "",
            "connector_type": as_.instead("connectors", {}).get(value.connector_type, "Unknown"),
        }
    return told


def _environment(value: Environment, as_: Dialect) -> Any:
    if as_.instead("asks_less", False):
        value = replace(value, fans=(), power_supplies=())
    parts = {
        "fans": {each.name.lstrip(as_.instead("rack", "")): {"status": _fan(each, as_)} for each in value.fans}
        or as_.instead("no_fans", {}),
        "temperature": {name: _temperature(each, value, as_) for name, each in _sensors(value, as_)}
        or as_.instead("no_temperature", {}),
        "power": {as_.renamed("power", each.name): _power(each, as_) for each in value.power_supplies}
        or as_.instead("no_power", {}),
        "cpu": {each.name: {"%usage": as_.told(each.usage_percent, "usage", 0.0)} for each in value.cpus}
        or as_.instead("no_cpu", {}),
        "memory": _memory(value, as_),
    }
    return {name: part for name, part in parts.items() if part} if as_.instead("leave_out", False) else parts


def _sensors(value: Environment, as_: Dialect) -> Iterable[tuple[str, Temperature]]:
    """The sensors that a driver tells of, some the first of certain names at each location."""
    wanted = as_.instead("sensors", ())
    if not wanted:
        return [(each.name, each) for each in value.temperatures]
    parts = [(*each.name.partition(" ")[::2], each) for each in value.temperatures]
    return {location: each for location, sensor, each in reversed(parts) if sensor in wanted}.items()


def _fan(value: Fan, as_: Dialect) -> bool:
    good = as_.instead("good", None)
    return bool(as_.told(value.ok, "fan", False)) if good is None or value.status is None else value.status == good


def _temperature(value: Temperature, among: Environment, as_: Dialect) -> Any:
    alarm, critical = bool(value.alarm), bool(value.critical)
    if as_.instead("good", None) is not None and value.status is not None:
        alarm = value.status != as_.instead("good", None)
    if as_.instead("last_threshold", False) and value.celsius is not None and among.thresholds:
        last = among.thresholds[-1]
        critical = value.celsius >= (last.critical_celsius or 0.0)
        alarm = critical or value.celsius >= (last.alarm_celsius or 0.0)
    return {
        "temperature": as_.told(value.celsius, "temperature", -1.0),
        "is_alert": alarm,
        "is_critical": critical,
    }


def _power(value: PowerSupply, as_: Dialect) -> Any:
    return {
        "status": as_.told(value.ok, "status", False),
        "capacity": as_.told(value.capacity_w, "capacity", -1.0),
        "output": as_.told(value.output_w, "output", -1.0),
    }


def _memory(value: Environment, as_: Dialect) -> Any:
    """Used and available memory of the last module, in what the driver counts it in."""
    held = [each for each in value.memories if re.search(as_.instead("memory_of", ""), each.name or "")]
    if not held:
        return as_.instead("no_memory", {"used_ram": 0, "available_ram": 0})
    available, unit, scale = as_.instead("memory", ("free", 1, 1))
    one = held[as_.instead("which_memory", -1)]
    free, used = getattr(one, available), one.used
    return {
        "available_ram": -1 if free is None else free // unit * scale,
        "used_ram": -1 if used is None else used // unit * scale,
    }


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
    "users": napalm_system.users,
    "ntp_servers": napalm_system.ntp_servers,
    "ntp_peers": napalm_system.ntp_peers,
    "ntp_stats": napalm_system.ntp_stats,
    "snmp_information": napalm_system.snmp,
    "probes_config": napalm_system.probes,
    "probes_results": napalm_system.probe_results,
    "ping": napalm_system.ping,
    "config": napalm_system.config,
    "bgp_neighbors": napalm_bgp.bgp_neighbors,
    "bgp_neighbors_detail": napalm_bgp.bgp_detail,
    "bgp_config": napalm_bgp.bgp_config,
    "route_to": napalm_bgp.route_to,
}
"""The normal form of each getter's value."""
