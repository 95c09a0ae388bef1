"""From what changed to what Nova must hear of it. Pure.

    network-vif-plugged     a hypervisor has claimed the port: what Nova waits for before it starts a server
    network-vif-unplugged   none claims it any longer
    network-changed         its addresses, groups ... or a floating IP that leads to it are others now
    network-vif-deleted     the port is gone

Only ports of Nova's servers: `device_owner` compute:..., `device_id` a UUID, and no instance of cpal's own.

Source: https://docs.openstack.org/nova/latest/reference/notifications.html, and Compute API reference,
os-server-external-events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cpal.core.driver import PortStatus
from cpal.core.plan import changed_fields
from cpal.model.estate import Change, Estate
from cpal.model.network import INSTANCE_OWNER, Port
from cpal.model.router import FloatingIP

PLUGGED = "network-vif-plugged"
UNPLUGGED = "network-vif-unplugged"
CHANGED = "network-changed"
DELETED = "network-vif-deleted"
KINDS = (Port.kind, FloatingIP.kind)
"""The kinds of record whose changes Nova may have to hear of."""
COMPUTE = "compute:"
NOVAS_OWN = frozenset(("device_id", "device_owner", "host_id", "binding_profile", "bindings"))
"""What Nova itself sets, so that it need not hear of it."""
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.I)


class Event(NamedTuple):
    """Something about a port that a server's Nova must hear."""

    port: str
    server: str
    name: str


class Plug(NamedTuple):
    """A port that is plugged: for which server, and the host that claims it."""

    server: str
    host: str


def server_of(port: Port | None) -> str:
    """The server of Nova's that a port is of; empty when it is of none."""
    if port is None or not port.device_owner.startswith(COMPUTE) or port.device_owner == INSTANCE_OWNER:
        return ""
    return port.device_id if _UUID.fullmatch(port.device_id) else ""


def events_of(changes: Iterable[Change], estate: Estate) -> Iterator[Event]:
    """What Nova must hear of changes of records that led to the estate, in their order."""
    for change in changes:
        match change:
            case (Port() as before, None) if server := server_of(before):
                yield Event(before.id, server, DELETED)
            case (Port() as before, Port() as after) if server := server_of(after):
                if not NOVAS_OWN.issuperset(changed_fields(before, after)):
                    yield Event(after.id, server, CHANGED)
            case (FloatingIP(), _) | (None, FloatingIP()):
                yield from _led_to(change, estate)
            case _:
                pass


def _led_to(change: Change, estate: Estate) -> Iterator[Event]:
    """Of the ports that a floating IP leads to and led to."""
    ids = dict.fromkeys(each.port_id for each in change if isinstance(each, FloatingIP) and each.port_id)
    for id in ids:
        if server := server_of(estate.get(Port, id)):
            yield Event(id, server, CHANGED)


def plug_of(port: Port | None, status: PortStatus | None) -> Plug | None:
    """How a port of Nova's is plugged, as the targets say; None when it is not, or is none."""
    server = server_of(port)
    if port is None or not server or status is None or status.status != "ACTIVE" or not port.admin_state_up:
        return None
    return Plug(server, status.host)


def plug_events(id: str, told: Plug | None, port: Port | None, now: Plug | None) -> Iterator[Event]:
    """What Nova must hear where a port is plugged otherwise than it was told.

    Of a port that is gone, or another's by now, it hears no more.
    """
    if told == now:
        return
    if now is not None:
        yield Event(id, now.server, PLUGGED)
    elif told is not None and server_of(port) == told.server:
        yield Event(id, told.server, UNPLUGGED)
