"""Junos: facts, routes to a destination, and how the clock does."""

from __future__ import annotations

import re
from ipaddress import ip_network
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.interfaces import INTERFACES
from cpal.drivers.devices.junos.parse.rpc import configured, rpc
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.ntp import associations
from cpal.drivers.devices.parse.values import as_number, within
from cpal.drivers.devices.parse.xml import attribute, number, text, texts
from cpal.model.device.facts import Facts
from cpal.model.device.route import BgpPath, Route
from cpal.model.device.system import NtpAssociation

TABLE = re.compile(r"(?:(.+)\.)?inet6?\.\d+")
"""A table of routes of IP: of the VRF before its name, if there is one. Source: Junos, "Routing Table Names"."""
GATHERED = Ask("facts", TEXT, optional=True, recorded="facts")
"""What PyEZ gathered of a device: recordings hold this in the place of the RPCs that it comes from."""
BGP = "bgp"


def facts() -> Asking[Facts]:
    """What the device is."""
    told, uptime, ports, gathered, named = yield (
        rpc("get-system-information", optional=True),
        rpc("get-system-uptime-information", optional=True),
        INTERFACES,
        GATHERED,
        configured("system/domain-name", optional=True),
    )
    system = next(told.iter("system-information"), None) if told is not None else None
    known = dict(re.findall(r"^(\w+): *(\S.*?)\s*$", gathered or "", re.MULTILINE))
    host = text(system, "host-name") or known.get("hostname")
    domain = text(named, ".//domain-name")
    age = attribute(uptime, ".//system-booted-time/time-length", "seconds")
    return Facts(
        vendor="Juniper",
        hostname=host,
        fqdn=known.get("fqdn") or (f"{host}.{domain}" if host and domain else host),
        model=text(system, "hardware-model") or known.get("model"),
        serial_number=text(system, "serial-number") or known.get("serialnumber"),
        os_version=text(system, "os-version") or known.get("version"),
        uptime_s=None if age is None else float(age),
        interfaces=texts(ports, ".//physical-interface/name"),
    )


def ntp_stats() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server."""
    (told,) = yield (Ask("show ntp associations no-resolve", TEXT),)
    return associations(told)


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix, or with `longer` to those within it; of a protocol or of all."""
    wanted = "direct" if protocol == "connected" else protocol
    of = {"protocol": wanted} if wanted else {}
    to = {} if longer else {"destination": destination}
    (reply,) = yield (rpc("get-route-information", optional=False, **to, extensive="", **of),)
    found = [
        _route(table, route, entry, hop)
        for table in reply.iter("route-table")
        for route in table.findall("rt")
        for entry in route.findall("rt-entry")
        for hop in entry.findall("nh")
    ]
    told = (each for each in found if wanted in ("", each.protocol.lower()))
    return tuple(each for each in told if not longer or within(each.prefix, ip_network(destination)))


def _route(table: Element, route: Element, entry: Element, hop: Element) -> Route:
    protocol = text(entry, "protocol-name") or ""
    instance = TABLE.fullmatch(text(table, "table-name") or "")
    return Route(
        prefix=f"{text(route, 'rt-destination')}/{text(route, 'rt-prefix-length') or 32}",
        protocol=protocol,
        vrf=instance[1] if instance else None,
        table=text(table, "table-name"),
        active=entry.find("current-active") is not None,
        was_active=entry.find("last-active") is not None,
        selected=hop.find("selected-next-hop") is not None,
        next_hop=text(hop, "to"),
        interface=text(hop, "via"),
        preference=number(entry, "preference"),
        metric=number(entry, "metric"),
        tag=number(entry, "rt-tag") or None,
        age_s=attribute(entry, "age", "seconds"),
        inactive_reason=text(entry, "inactive-reason"),
        bgp=_path(entry) if protocol.lower() == BGP else None,
    )


def _path(entry: Element) -> BgpPath:
    """What BGP says; the AS path is told as `AS path: 65001 65002 I`."""
    told = text(entry, "as-path")
    path = None if told is None else told.split(" I ")[0].replace("AS path:", "").replace("I", "").strip()
    return BgpPath(
        as_path=path or None,
        local_as=_as(entry, "local-as"),
        remote_as=_as(entry, "peer-as"),
        remote_address=text(entry, "peer-id"),
        local_preference=number(entry, "local-preference"),
        preference2=number(entry, "preference2"),
        med=number(entry, "metric"),
        metric2=number(entry, "metric2"),
        communities=texts(entry, "communities/community"),
    )


def _as(entry: Element, path: str) -> int | None:
    told = text(entry, path)
    return None if told is None else as_number(told)
