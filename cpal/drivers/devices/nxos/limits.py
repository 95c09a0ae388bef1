"""What NX-OS cannot hold of what other makes can: the sentence why not, and the way out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices.nxos.settings import MANAGEMENT
from cpal.model.estate import Estate
from cpal.model.switch import NtpServer, SyslogServer, Vrf
from cpal.model.target import Target

_MANAGEMENT = f"NX-OS has the VRF {MANAGEMENT} by itself"
_ONCE = "NX-OS has a server once, and asks or tells it through one VRF"


def _vrf(target: Target, record: Vrf) -> Iterator[Cannot]:
    if record.name == MANAGEMENT and {*record.devices} & target.endpoints.keys():
        yield Cannot("name", _MANAGEMENT, "leave it out: routes and servers may name it all the same")


def _server(target: Target, record: NtpServer | SyslogServer, estate: Estate) -> Iterator[Cannot]:
    for other in estate.all(type(record)):
        both = {*record.devices} & {*other.devices} & target.endpoints.keys()
        if both and other.address == record.address and other.vrf < record.vrf:
            why = f"{sorted(both)[0]} has {record.address} already, by {other.name}: {_ONCE}"
            yield Cannot("vrf", why, "leave one of them out")


def of_nxos(base: Capability) -> Capability:
    """The capability of NX-OS, from what switches can hold."""
    return base._replace(
        refuse={**base.refuse, "vrf": _vrf},
        refuse_together={**base.refuse_together, "ntp_server": _server, "syslog_server": _server},
        limits=(
            *base.limits,
            Limit("vrf", "name", _MANAGEMENT),
            Limit("ntp_server", "vrf", _ONCE),
            Limit("syslog_server", "vrf", _ONCE),
        ),
    )
