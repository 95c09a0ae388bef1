"""What the user calls the ends of a flow, and which ends there are."""

from __future__ import annotations

from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.network import INSTANCE_OWNER, Port
from cpal.model.target import OutsideHost, Project
from cpal.reach.flow import Endpoint


def endpoints(estate: Estate) -> tuple[Endpoint, ...]:
    """Every port of an instance and every host outside, by name."""
    inside = [_of_port(estate, port) for port in estate.all(Port) if port.device_owner == INSTANCE_OWNER]
    outside = [Endpoint(host.name, addresses=own_addresses(host)) for host in estate.all(OutsideHost)]
    return tuple(sorted(inside + outside, key=lambda endpoint: (endpoint.name, endpoint.port_id)))


def _of_port(estate: Estate, port: Port) -> Endpoint:
    return Endpoint(name_of(estate, port), port.id, port.device_id, port.addresses)


def name_of(estate: Estate, port: Port) -> str:
    """`project/instance` for a port of an instance (`project/instance:port` of several), else `project/port`."""
    project = estate.get(Project, port.project_id)
    owner = (project.name if project else "") or port.project_id
    instance = estate.get(Instance, port.device_id) if port.device_owner == INSTANCE_OWNER else None
    if instance is None:
        return f"{owner}/{port.name or port.id}"
    name = f"{owner}/{instance.name or instance.id}"
    siblings = [p for p in estate.find("port.device", port.device_id) if p.device_owner == INSTANCE_OWNER]
    if len(siblings) == 1:
        return name
    alike = sum(1 for sibling in siblings if sibling.name == port.name)
    own_name = port.name.removeprefix(f"{instance.name}:") if alike == 1 else ""
    return f"{name}:{own_name or port.id}"


def own_addresses(host: OutsideHost) -> tuple[str, ...]:
    """An outside host's addresses without prefix length: its interfaces', then those behind it."""
    return (*(text.partition("/")[0] for text in host.addresses), *host.loopbacks)
