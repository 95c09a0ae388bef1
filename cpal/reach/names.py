"""What the user calls the ends of a flow, and which ends there are."""

from __future__ import annotations

from cpal.model.carrying import beside, carried, carrier
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.network import INSTANCE_OWNER, Port
from cpal.model.target import OutsideHost, Project
from cpal.reach.flow import Endpoint


def endpoints(estate: Estate) -> tuple[Endpoint, ...]:
    """Every port of an instance, through a trunk or by itself, and every host outside, by name."""
    own = [port for port in estate.all(Port) if port.device_owner == INSTANCE_OWNER]
    inside = [_of_port(estate, each) for port in own for each in (port, *(inner for _, inner in carried(estate, port)))]
    outside = [Endpoint(host.name, addresses=own_addresses(host)) for host in estate.all(OutsideHost)]
    return tuple(sorted(inside + outside, key=lambda endpoint: (endpoint.name, endpoint.port_id)))


def _of_port(estate: Estate, port: Port) -> Endpoint:
    return Endpoint(name_of(estate, port), port.id, carrier(estate, port).device_id, port.addresses)


def name_of(estate: Estate, port: Port) -> str:
    """`project/instance` for a port of an instance (`project/instance:port` of several), else `project/port`.

    A port that an instance has through a trunk is one of several.
    """
    project = estate.get(Project, port.project_id)
    owner = (project.name if project else "") or port.project_id
    outer = carrier(estate, port)
    instance = estate.get(Instance, outer.device_id) if outer.device_owner == INSTANCE_OWNER else None
    if instance is None:
        return f"{owner}/{port.name or port.id}"
    name = f"{owner}/{instance.name or instance.id}"
    siblings = [p for p in estate.find("port.device", outer.device_id) if p.device_owner == INSTANCE_OWNER]
    if len(siblings) == 1 and outer is port:
        return name
    names = [sibling.name.removeprefix(f"{instance.name}:") for sibling in beside(estate, port)]
    own_name = port.name.removeprefix(f"{instance.name}:")
    return f"{name}:{own_name if names.count(own_name) == 1 and own_name else port.id}"


def own_addresses(host: OutsideHost) -> tuple[str, ...]:
    """An outside host's addresses without prefix length: its interfaces', then those behind it."""
    return (*(text.partition("/")[0] for text in host.addresses), *host.loopbacks)
