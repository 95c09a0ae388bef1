"""The hypervisors and gateways as agents, as deployments of OVN show them: what is declared, and whether it keeps up.

Source: Networking API v2.0, agents.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from cpal.core.driver import HostStatus
from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import shown
from cpal.faces.neutron.fault import ApiFault
from cpal.faces.neutron.scene import timestamp
from cpal.faces.neutron.service import Service
from cpal.model.target import Host

UNHEARD = HostStatus("", "", {}, {}, alive=False)
_FILTERS = {name: shown() for name in ("id", "agent_type", "binary", "host", "alive", "admin_state_up",
                                       "availability_zone", "topic")}  # fmt: skip


async def agents(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The agents, or one of them; nothing of them can be changed."""
    if request.method not in ("GET", "HEAD"):
        raise ApiFault(400, "BadRequest", "OVN's controllers cannot be changed by the API.")
    found: list[dict[str, Any]] = []
    if api.policy.allows("get_agent", context, {"tenant_id": "", "project_id": ""}):
        declared = (await api.scene(context)).estate.all(Host)
        heard = await api.hosts()
        found = [_shown(host, heard.get(host.name, UNHEARD)) for host in sorted(declared, key=lambda host: host.name)]
    if words:
        for each in found:
            if each["id"] == words[0]:
                return json_response(200, {"agent": each})
        raise ApiFault(404, "AgentNotFound", f"Agent {words[0]} could not be found.")
    asked = lists.parsed(request.query, _FILTERS)
    matches = lists.matching(asked, {})
    page = lists.page(lists.arranged([each for each in found if matches(each)], asked), asked)
    return json_response(200, {"agents": [lists.picked(each, asked.fields) for each in page]})


def _shown(host: Host, status: HostStatus) -> dict[str, Any]:
    bridges = ",".join(f"{network}:{bridge}" for network, bridge in sorted(status.bridges.items()))
    return {
        "id": str(uuid5(NAMESPACE_OID, f"ovn controller {host.name}")),
        "agent_type": "OVN Controller Gateway agent" if host.gateway else "OVN Controller agent",
        "binary": "ovn-controller", "host": host.name, "alive": status.alive, "admin_state_up": True, "topic": "n/a",
        "availability_zone": "", "description": "", "resources_synced": None, "created_at": "", "started_at": "",
        "configurations": {"bridge-mappings": bridges},
        "heartbeat_timestamp": timestamp(int(status.heard_at)) if status.heard_at else "",
    }  # fmt: skip
