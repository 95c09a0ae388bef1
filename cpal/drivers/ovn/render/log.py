"""What hypervisors tell of packets that security groups let pass or drop: a line each in the log of ovn-controller.

An ACL tells of itself. One has one name, which is that of a log: of several that are of a group the one that names the
group goes first, then one that names a port, then those of the project. What no rule of a group lets pass is dropped by
the group of all ports, which is nobody's; so a group of which drops are told drops by itself, one step above.

So that nobody floods a hypervisor's log, a meter lets some lines a second through, of each ACL. The numbers are
Neutron's. Source: ovn-nb(5), ACL `log` and `fair` of Meter.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names
from cpal.model.log import ACCEPT, DROP, Log
from cpal.model.network import Port
from cpal.model.record import Key
from cpal.model.security import SecurityGroup

METERED = Key("log_meter", "default")
"""The derived key of the meter."""
METER = RowKey("Meter", "cpal_acl_log")
BAND = RowKey("Meter_Band", METER.name)
LINES_A_SECOND, BURST = 100, 25
SEVERITY = "info"


def meter(view: View, key: Key) -> list[Row]:
    """The meter, as long as anything is logged."""
    if not view.exists("log.enabled", "yes"):
        return []
    band: dict[str, Value] = {"action": "drop", "rate": LINES_A_SECOND, "burst_size": BURST}
    whole: dict[str, Value] = {"name": METER.name, "unit": "pktps", "fair": True}
    return [Row(METER, whole, (key,)), Row(BAND, band, (key,), within=METER)]


def of_passed(view: View, group: SecurityGroup) -> Log | None:
    """The log that tells of what the rules of a group let pass, if one does."""
    return next((log for log in _logs(view, group) if log.is_told(ACCEPT)), None)


def of_dropped(view: View, group: SecurityGroup) -> Log | None:
    """The log that tells of what no rule of a group lets pass, if one does."""
    return next((log for log in _logs(view, group) if log.is_told(DROP)), None)


def _logs(view: View, group: SecurityGroup) -> Iterator[Log]:
    """The logs that are of a group, those that say most of it first."""
    yield from view.find("log.group", group.id)
    for log in view.find("log.of_port", "yes"):
        port = view.get(Port, log.target_id)
        if port is not None and group.id in (port.security_groups or ()):
            yield log
    yield from view.find("log.of_groups_of", group.project_id)


def columns(log: Log | None) -> dict[str, Value]:
    """What an ACL says of its log."""
    if log is None:
        return {}
    return {"log": True, "name": names.PREFIX + log.id, "severity": SEVERITY, "meter": METER.name}
