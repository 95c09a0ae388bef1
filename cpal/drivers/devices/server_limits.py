"""Servers that makes ask and tell through one VRF at most. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.model.estate import Estate
from cpal.model.switch import NtpServer, SyslogServer
from cpal.model.target import Target

_SERVED_ONCE = "the make has a server once, and asks or tells it through one VRF"
SERVED_ONCE = (Limit("ntp_server", "vrf", _SERVED_ONCE), Limit("syslog_server", "vrf", _SERVED_ONCE))
"""Of makes that `refuse_second_server` is for."""


def refuse_second_server(target: Target, record: NtpServer | SyslogServer, estate: Estate) -> Iterator[Cannot]:
    """A device has a server of an address once."""
    for other in estate.all(type(record)):
        both = {*record.devices} & {*other.devices} & target.endpoints.keys()
        if both and other.address == record.address and other.vrf < record.vrf:
            why = f"{min(both)} has {record.address} already, by {other.name}: {_SERVED_ONCE}"
            yield Cannot("vrf", why, "leave one of them out")
