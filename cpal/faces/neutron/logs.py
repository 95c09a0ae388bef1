"""Logs of what security groups let pass and drop, which hypervisors write. Source: Networking API v2.0, log/logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import shown
from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.resource import Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.service import Service
from cpal.faces.neutron.tables import LOG
from cpal.model.log import Log
from cpal.model.network import Port
from cpal.model.record import Record
from cpal.model.security import SecurityGroup

LOGGABLE = "security_group"
"""The one type of resource that can be logged."""


def show_log(scene: Scene, log: Log) -> dict[str, Any]:
    """A log as the API shows it."""
    return {
        "id": log.id,
        "name": log.name,
        **owner(log),
        "resource_type": LOGGABLE,
        "resource_id": log.resource_id or None,
        "target_id": log.target_id or None,
        "event": log.event,
        "enabled": log.enabled,
        **{name: value for name, value in standard(scene, log).items() if name != "tags"},
    }


def make_log(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new log."""
    if values["resource_type"] != LOGGABLE:
        message = f"Invalid log resource_type: {values['resource_type']}."
        raise bad_request(message, "InvalidLogResourceType")
    group_id, port_id = values["resource_id"] or "", values["target_id"] or ""
    if group_id:
        _seen(scene, SecurityGroup, group_id, "security_group", "Resource")
    if port_id:
        port = _seen(scene, Port, port_id, "port", "Target resource")
        if group_id and group_id not in (port.security_groups or ()):
            message = (
                "Invalid resource constraint between resource "
                f"(security_group {group_id}) and target resource (port {port_id})."
            )
            raise bad_request(message, "InvalidResourceConstraint")
    yield Log(id=id, project_id=values["project_id"], resource_id=group_id, target_id=port_id,
              **sent(values, "name", "description", "event", "enabled"))  # fmt: skip
    yield from owning(scene, values["project_id"])


def _seen(scene: Scene, kind: type[Any], id: str, name: str, noun: str) -> Any:
    """What is to be logged, if who asks may see it; the words are those of this extension alone."""
    record = scene.estate.get(kind, id)
    if record is None or not scene.may_see(f"get_{name}", record):
        type = noun.title().replace(" ", "")
        raise ApiFault(404, f"{type}NotFound", f"{noun} {id} could not be found.")
    return record


def change_log(scene: Scene, log: Log, values: Values) -> Iterator[Record]:
    """The record of a changed log."""
    yield replace(log, **sent(values, "name", "description", "enabled"))


def drop_log(scene: Scene, log: Log) -> Dropped:
    """The log alone."""
    return Dropped((log,))


async def loggable_resources(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The types of what can be logged."""
    if request.method not in ("GET", "HEAD") or words:
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    asked = lists.parsed(request.query, {"type": shown()})
    target = {"tenant_id": context.project_id, "project_id": context.project_id}
    found = [{"type": LOGGABLE}] if api.policy.allows("get_loggable_resource", context, target) else []
    return json_response(200, {"loggable_resources": [lists.picked(each, asked.fields) for each in found]})


LOGS = Resource(
    "log", "logs", "Log resource", Log, LOG, show_log, make_log, change_log, drop_log, prefix="log",
)  # fmt: skip
