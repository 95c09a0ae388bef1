"""NAPALM's normal form of a device's services: users, NTP, SNMP, probes, and its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cpal.faces.device.deviations import Dialect
from cpal.model.device.ping import Ping
from cpal.model.device.system import (
    Config,
    Delays,
    NtpAssociation,
    NtpServer,
    Probe,
    ProbeResult,
    Snmp,
    User,
)


def users(value: tuple[User, ...], as_: Dialect) -> Any:
    """Users by name."""
    return {each.name: _user(each, value, as_) for each in value}


def _user(value: User, among: tuple[User, ...], as_: Dialect) -> Any:
    holders = among if as_.instead("all_keys", False) else (value,)
    keys = [key for each in holders for key in each.ssh_keys]
    role = {"role": value.role} if value.role and as_.instead("keeps_role", False) else {}
    return {
        **role,
        "level": as_.instead("roles", {}).get(value.role, as_.told(value.level, "level", 0)),
        "password": "" if as_.instead("no_password", False) else value.password_hash or "",
        "sshkeys": [key if as_.instead("key_types", True) else key.partition(" ")[2] for key in keys],
    }


def ntp_servers(value: Iterable[NtpServer], as_: Dialect) -> Any:
    """Servers by address; some drivers do not tell peers from them."""
    return _ntp([each for each in value if as_.instead("both", False) or each.association_type != "PEER"], as_)


def ntp_peers(value: Iterable[NtpServer], as_: Dialect) -> Any:
    """Peers by address; some drivers do not tell servers from them."""
    return _ntp([each for each in value if as_.instead("both", False) or each.association_type == "PEER"], as_)


def _ntp(value: Iterable[NtpServer], as_: Dialect) -> Any:
    if not as_.instead("details", False):
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


def ntp_stats(value: Iterable[NtpAssociation], as_: Dialect) -> Any:
    """How the clock does with each server."""
    return [
        {
            "remote": each.remote,
            "referenceid": each.reference_id or as_.instead("referenceid", "").format(each.remote),
            "synchronized": bool(each.synchronized),
            "stratum": each.stratum,
            "type": as_.told(each.type, "type", ""),
            "when": each.when or "",
            "hostpoll": each.poll,
            "reachability": each.reachability,
            "delay": None if each.delay_ms is None else round(each.delay_ms / as_.instead("delay_unit", 1), 9),
            "offset": as_.told(each.offset_ms, "offset", None),
            "jitter": as_.told(each.jitter_ms, "jitter", None),
        }
        for each in value
    ]


def snmp(value: Snmp, as_: Dialect) -> Any:
    """Where the device says it is, and communities by name."""
    if value.contact is None and as_.instead("only_with_contact", False):
        return {}
    nothing = as_.instead("nothing", "")
    return {
        "chassis_id": value.chassis_id or nothing,
        "contact": value.contact or nothing,
        "location": value.location or nothing,
        "community": {
            each.name: {"mode": as_.told(each.mode, "mode", ""), "acl": as_.told(each.acl, "acl", "")}
            for each in value.communities
        },
    }


def probes(value: Iterable[Probe], as_: Dialect) -> Any:
    """Probes as configured, by owner and name."""
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


def probe_results(value: Iterable[ProbeResult], as_: Dialect) -> Any:
    """What probes found, by owner and name."""
    found: dict[str, dict[str, Any]] = {}
    for each in value:
        found.setdefault(each.owner, {})[each.name] = {
            "target": as_.instead("target", each.target or ""),
            "source": each.source or "",
            "probe_type": as_.told(each.type, "probe_type", None),
            "probe_count": as_.told(each.count, "probe_count", 0),
            "rtt": as_.told(each.rtt_ms, "rtt", 0.0),
            "round_trip_jitter": _jitter(each, as_),
            "last_test_loss": int(each.last_loss_percent or 0),
            **_delays("current_test", each.current, as_),
            **_delays("last_test", each.last, as_),
            **_delays("global_test", each.total, as_),
        }
    return found


def _jitter(value: ProbeResult, as_: Dialect) -> Any:
    if as_.instead("jitter_of_squares", False):
        return 0.0 if value.rms_ms is None else (value.rtt_ms or 0.0) - value.rms_ms
    return as_.told(value.jitter_ms, "jitter", 0.0)


def _delays(test: str, value: Delays | None, as_: Dialect) -> Any:
    told = value or Delays()
    found = {"min": told.min_ms, "max": told.max_ms, "avg": told.avg_ms}
    return {f"{test}_{kind}_delay": as_.told(each, test, 0.0) for kind, each in found.items()}


def config(value: Config, as_: Dialect) -> Any:
    """Configurations as text, empty where there is none."""
    told = {"running": value.running or "", "startup": value.startup or "", "candidate": value.candidate or ""}
    pattern, written = as_.instead("written", ("", ""))
    before, after = as_.instead("wrapped", ("", ""))
    told = {name: text and before + text + after for name, text in told.items()}
    return {
        name: re.sub(pattern, written, text, flags=re.MULTILINE) if pattern else text for name, text in told.items()
    }


def ping(value: Ping, as_: Dialect) -> Any:
    """What came back of echoes, or why there is nothing to tell."""
    if not value.sent:
        return {"error": as_.instead("error", "{}").format(value.error)}
    lost = value.sent - value.received
    if not value.received and as_.instead("all_lost", None):
        return {"error": as_.instead("all_lost", None)}
    return {
        "success": {
            "probes_sent": value.sent,
            "packet_loss": int(value.loss_percent or 0) if as_.instead("percent", False) else lost,
            "rtt_min": value.rtt_min_ms or 0.0,
            "rtt_max": value.rtt_max_ms or 0.0,
            "rtt_avg": value.rtt_avg_ms or 0.0,
            "rtt_stddev": value.rtt_deviation_ms or 0.0,
            "results": _answers(value, as_),
        }
    }


def _answers(value: Ping, as_: Dialect) -> Any:
    """One for each answer; some drivers make them up of the count, some leave failures out."""
    if as_.instead("of_count", False):
        return [{"ip_address": value.destination, "rtt": 0.0}] * value.received
    address, rtt = as_.instead("lost", ("", 0.0))
    return [
        {"ip_address": each.address or address, "rtt": rtt if each.rtt_ms is None else each.rtt_ms}
        for each in value.answers
        if each.error is None or as_.instead("failures", True)
    ]
