"""The hypervisors and gateways as agents, as deployments of OVN show them: what is declared, and whether it keeps up.

Source: Networking API v2.0, agents.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from cpal.core.driver import HostStatus
from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import put
from cpal.faces.neutron.fault import ApiFault, bad_request, not_found
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.scene import Scene, timestamp
from cpal.faces.neutron.service import Kept, Service
from cpal.faces.neutron.tables import AGENT
from cpal.model.target import Host, Placement

UNHEARD = HostStatus("", "", {}, {}, alive=False)


async def agents(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The agents, or one of them, of which the description alone can be changed."""
    if request.method == "PUT":
        return await _update(api, request, words[0] if words else "None", context)
    if request.method == "DELETE":
        await _keep(api, words[0] if words else "None", context)
    if request.method not in ("GET", "HEAD"):
        api.policy.require("create_agent", context, {})
        raise bad_request("Bad agents request: Agent creation using API is not supported; a hypervisor is declared "
                          "with its target.", "BadRequest")  # fmt: skip
    found: list[dict[str, Any]] = []
    if api.policy.allows("get_agent", context, {"tenant_id": "", "project_id": ""}):
        declared = (await api.scene(context)).estate.all(Host)
        heard = await api.hosts()
        found = [_shown(host, heard.get(host.name, UNHEARD)) for host in sorted(declared, key=lambda host: host.name)]
    if words:
        return json_response(200, {"agent": _one(found, words[0])})
    asked = lists.parsed(request.query, AGENT)
    matches = lists.matching(asked, {})
    page = lists.page(lists.arranged([each for each in found if matches(each)], asked), asked)
    told = [lists.picked(each, asked.fields) for each in page]
    return json_response(200, lists.listed("agents", told, f"{request.origin}/v2.0/agents", request.query, page, asked))


async def gateways(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """The agents of the hosts that a router's gateway is on, the one that is to have it first."""
    scene = await _read_below(api, request, resource, id, words, context)
    placed: list[Placement] = scene.estate.find("placement.subject", id)
    hosts = {host.name: host for host in scene.estate.all(Host)}
    heard = await api.hosts()
    names = dict.fromkeys(name for placement in placed for name in placement.hosts if name in hosts)
    return json_response(200, {"agents": [_shown(hosts[name], heard.get(name, UNHEARD)) for name in names]})


async def dhcp_agents(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """The agents that answer DHCP on a network: none, every hypervisor does."""
    await _read_below(api, request, resource, id, words, context)
    return json_response(200, {"agents": []})


async def _read_below(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Scene:
    """What is seen of the agents of something, by the administrator alone. Source: Networking API v2.0, agents."""
    if request.method not in ("GET", "HEAD") or len(words) > 1:
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    api.policy.require(f"get_{words[0]}", context, {})
    scene = await api.scene(context)
    api.found(scene, resource, id)
    return scene


def _one(found: Iterable[dict[str, Any]], id: str) -> dict[str, Any]:
    for each in found:
        if each["id"] == id:
            return each
    raise not_found("Agent", id)


async def _keep(api: Service, id: str, context: Context) -> None:
    """Say that an agent is not deleted here, to who might delete it.

    Raises:
        ApiFault: always.
    """
    declared = (await api.scene(context)).estate.all(Host)
    if not api.policy.allows("delete_agent", context, {}) or all(_id(host) != id for host in declared):
        raise not_found("Agent", id)
    raise bad_request("Bad agent request: a hypervisor is declared with its target; leave it out of that document.",
                      "BadRequest")  # fmt: skip


async def _update(api: Service, request: Request, id: str, context: Context) -> Response:
    """Change what is said of an agent. Source: Networking API v2.0, agents; ML2/OVN refuses to switch one off."""
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get("agent"), dict):
        raise bad_request("Unable to find 'agent' in request body")
    values = put("agent", AGENT, body["agent"])

    def decide(scene: Scene) -> Kept:
        if not api.policy.allows("update_agent", context, {}):
            raise not_found("Agent", id)
        host = next((host for host in scene.estate.all(Host) if _id(host) == id), None)
        if host is None:
            raise not_found("Agent", id)
        if not values.get("admin_state_up", True):
            raise bad_request("Bad agent request: OVN agent status cannot be updated.", "BadRequest")
        return ([replace(host, description=values["description"])] if "description" in values else []), ()

    scene = await api.write(context, decide, f"PUT agents/{id}")
    heard = await api.hosts()
    found = (_shown(host, heard.get(host.name, UNHEARD)) for host in scene.estate.all(Host))
    return json_response(200, {"agent": _one(found, id)})


def _id(host: Host) -> str:
    return str(uuid5(NAMESPACE_OID, f"ovn controller {host.name}"))


def _shown(host: Host, status: HostStatus) -> dict[str, Any]:
    bridges = ",".join(f"{network}:{bridge}" for network, bridge in sorted(status.bridges.items()))
    return {
        "id": _id(host),
        "agent_type": "OVN Controller Gateway agent" if host.gateway else "OVN Controller agent",
        "binary": "ovn-controller", "host": host.name, "alive": status.alive, "admin_state_up": True, "topic": "n/a",
        "availability_zone": "", "description": host.description, "resources_synced": None, "created_at": "",
        "started_at": "", "configurations": {"bridge-mappings": bridges},
        "heartbeat_timestamp": timestamp(int(status.heard_at)) if status.heard_at else "",
    }  # fmt: skip
