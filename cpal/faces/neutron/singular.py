"""What is no list of records: quotas, agents, availability zones, service providers, pools of floating IPs and others.

Source: Networking API v2.0, quotas, agents, availability_zones, service_providers, auto-allocated-topologies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.agents import agents
from cpal.faces.neutron.allowance import limits_of, quota_id
from cpal.faces.neutron.attribute import TENANT, shown
from cpal.faces.neutron.auto_allocated import topologies
from cpal.faces.neutron.fault import ApiFault, bad_request, inconvertible, invalid, not_allowed
from cpal.faces.neutron.floating_ip_pools import floating_ip_pools
from cpal.faces.neutron.ip_availability import ip_availabilities
from cpal.faces.neutron.limits import used
from cpal.faces.neutron.logs import loggable_resources
from cpal.faces.neutron.scene import Scene, owning
from cpal.faces.neutron.segments import segments
from cpal.faces.neutron.service import Kept, Service
from cpal.faces.neutron.values import Inconvertible, whole
from cpal.model.network import ZONE
from cpal.model.qos import DIRECTIONS, DSCP_MARKS, EGRESS, MOST_KBPS
from cpal.model.quota import DEFAULT_LIMITS, Quota

Answer = Callable[[Service, Request, list[str], Context], Awaitable[Response]]
MISSING = ApiFault(404, "HTTPNotFound", "The resource could not be found.")


DETAILS = ("details", "details.json")
ADMIN_REQUIRED = "User does not have admin privileges: Only admin is authorized to access quotas for another project."


async def quotas(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """Read, set and reset quotas."""
    scene = await api.scene(context)
    if not words:
        return _quota_list(api, scene, request)
    project_id, *rest = words
    if project_id in ("tenant", "project") and not rest:
        return json_response(200, {project_id: {f"{project_id}_id": context.project_id}})
    target = {"tenant_id": project_id, "project_id": project_id}
    rule = {"GET": "get_quota", "HEAD": "get_quota", "PUT": "update_quota", "DELETE": "delete_quota"}.get(
        request.method
    )
    if rule is None:
        raise not_allowed()
    if rule != "get_quota" or project_id != context.project_id:  # one's own may be read by all
        if rest not in ([], ["default"]) and not api.policy.allows(rule, context, target):
            raise ApiFault(403, "AdminRequired", ADMIN_REQUIRED) if rest[0] in DETAILS else MISSING
        api.policy.require(rule, context, target)
    if rule == "get_quota":
        return _quota_of(scene, project_id, rest)
    return await _set_quota(api, request, context, project_id)


def _quota_list(api: Service, scene: Scene, request: Request) -> Response:
    if request.method != "GET":
        raise MISSING
    api.policy.require("get_quota", scene.context, {"tenant_id": "", "project_id": ""})
    found = [
        {"tenant_id": quota.project_id, "project_id": quota.project_id, **limits_of(scene, quota.project_id)}
        for quota in scene.estate.all(Quota)
    ]
    return json_response(200, {"quotas": found})


def _quota_of(scene: Scene, project_id: str, rest: list[str]) -> Response:
    limits = limits_of(scene, project_id)
    if rest == ["default"]:
        return json_response(200, {"quota": dict(scene.usual_limits)})
    if len(rest) == 1 and rest[0] in DETAILS:
        details = {
            name: {"limit": limit, "used": used(scene.estate, name, project_id), "reserved": 0}
            for name, limit in limits.items()
        }
        return json_response(200, {"quota": details})
    if rest:
        raise MISSING
    return json_response(200, {"quota": dict(limits)})


async def _set_quota(api: Service, request: Request, context: Context, project_id: str) -> Response:
    limits, forced = _given_limits(request) if request.method == "PUT" else (None, False)

    def decide(scene: Scene) -> Kept:
        known = scene.estate.get(Quota, quota_id(project_id))
        if limits is None:
            if known is None:
                raise ApiFault(404, "TenantQuotaNotFound", f"Quota for project {project_id} could not be found.")
            return (), (known.key,)
        if not forced:
            _refuse_less_than_used(scene, project_id, limits)
        merged = {**(known.limits if known else {}), **limits}
        return [Quota(id=quota_id(project_id), project_id=project_id, limits=merged), *owning(scene, project_id)], ()

    scene = await api.write(context, decide, f"{request.method} quotas/{project_id}")
    if limits is None:
        return Response(204)
    return json_response(200, {"quota": dict(limits_of(scene, project_id))})


def _refuse_less_than_used(scene: Scene, project_id: str, limits: dict[str, int]) -> None:
    """Refuse limits below what a project has. Source: extension quota-check-limit-default."""
    for name, limit in limits.items():
        has = used(scene.estate, name, project_id)
        if 0 <= limit < has:
            raise bad_request(f"Quota limit {limit} for {name} must be greater than or equal to already used {has}")


def _given_limits(request: Request) -> tuple[dict[str, int], bool]:
    """The limits that are sent, and whether they hold although a project has more."""
    body = request.json()
    given = body.get("quota") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise bad_request("Unable to find 'quota' in request body")
    limits, how = {}, {"force": False, "check_limit": True}
    if given.keys() & set(TENANT):
        raise bad_request("Unrecognized attribute(s) 'tenant_id, project_id'")
    for name, value in given.items():
        if name in how:
            how[name] = value
            continue
        if name not in DEFAULT_LIMITS:
            raise bad_request(f"Unrecognized attribute(s) '{name}'")
        try:
            limits[name] = whole(-1, 2**31 - 1)(value)
        except Inconvertible as error:
            raise inconvertible(f"{error}.") from None
        except ValueError as error:
            raise invalid(name, f"{error}.") from None
    return limits, how["force"] is True


async def zones(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The availability zones of networks and routers."""
    if request.method not in ("GET", "HEAD") or words:
        raise MISSING
    api.policy.require("get_availability_zone", context, {"tenant_id": "", "project_id": ""})
    found = [{"name": ZONE, "resource": kind, "state": "available"} for kind in ("network", "router")]
    asked = lists.parsed(request.query, {name: shown() for name in ("name", "resource", "state")})
    matches = lists.matching(asked, {})
    return json_response(200, {"availability_zones": [each for each in found if matches(each)]})


async def providers(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The providers of services that a client may choose from."""
    if request.method not in ("GET", "HEAD") or words:
        raise MISSING
    found = [{"service_type": "L3_ROUTER_NAT", "name": "ovn", "default": True}]
    known = {name: shown() for name in ("service_type", "name", "default")}
    read = ("fields", *known)
    asked = lists.parsed([pair for pair in request.query if pair[0] in read], known)
    matches = lists.matching(asked, {})
    told = [lists.picked(each, asked.fields) for each in found if matches(each)]
    return json_response(200, {"service_providers": told})


async def rule_types(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The types of rules that QoS policies may have; of one, what the engine can hold."""
    if request.method not in ("GET", "HEAD") or len(words) > 1:
        raise MISSING
    api.policy.require("get_rule_type", context, {"tenant_id": "", "project_id": ""})
    if not words:
        lists.parsed([pair for pair in request.query if pair[0] not in _WHICH_TYPES], {"type": shown(False)})
        return json_response(200, {"rule_types": [{"type": type} for type in RULE_TYPES]})
    if not context.is_admin:
        raise ApiFault(403, "NotAuthorized", "Not authorized.")
    if words[0] not in RULE_TYPES:
        raise ApiFault(404, "QosRuleTypeNotFound", f"QoS rule type {words[0]} could not be found.")
    driver = {"name": "ovn", "supported_parameters": RULE_TYPES[words[0]]}
    return json_response(200, {"rule_type": {"type": words[0], "drivers": [driver]}})


_WHICH_TYPES = ("all_supported", "all_rules")
"""Which of several drivers' types are asked for: there is one. Source: extension qos-rule-type-filter."""


def _numbers(name: str, start: int) -> dict[str, Any]:
    return {"parameter_name": name, "parameter_type": "range", "parameter_values": {"start": start, "end": MOST_KBPS}}


def _choices(name: str, *values: Any) -> dict[str, Any]:
    return {"parameter_name": name, "parameter_type": "choices", "parameter_values": [*values]}


RULE_TYPES = {
    "bandwidth_limit": [_numbers("max_kbps", 1), _numbers("max_burst_kbps", 0), _choices("direction", *DIRECTIONS)],
    "dscp_marking": [_choices("dscp_mark", *DSCP_MARKS)],
    "minimum_bandwidth": [_numbers("min_kbps", 0), _choices("direction", EGRESS)],
}
"""The types of rules with what OVN can hold of each. Source: extension qos-rule-type-details."""

SINGULAR: dict[str, Answer] = {
    "quotas": quotas,
    "agents": agents,
    "floatingip_pools": floating_ip_pools,
    "network-ip-availabilities": ip_availabilities,
    "availability_zones": zones,
    "service-providers": providers,
    "qos/rule-types": rule_types,
    "auto-allocated-topology": topologies,
    "segments": segments,
    "log/loggable-resources": loggable_resources,
}
"""What answers for a collection that is none of records."""
