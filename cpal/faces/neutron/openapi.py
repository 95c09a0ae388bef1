"""The API as an OpenAPI document, made of the tables that requests are checked by.

Source: https://spec.openapis.org/oas/v3.1.0; Networking API v2.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from cpal.faces.neutron.attribute import REQUIRED, TENANT, Attribute, Attributes
from cpal.faces.neutron.members import MEMBERS
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.resources import PARTS, RESOURCES
from cpal.faces.neutron.singular import SINGULAR
from cpal.faces.neutron.tables import ADDRESSES, AGENT, BINDING, GATEWAYS, SEGMENT
from cpal.faces.neutron.trunk_values import subports
from cpal.faces.neutron.value_lists import ROUTES
from cpal.faces.neutron.values import items, schema_of, text, uuid, whole
from cpal.model.quota import DEFAULT_LIMITS

Content = dict[str, Any]

TITLE, VERSION, BASE = "cpal: OpenStack Networking API", "2.0", "/v2.0"
_FAULT = {
    "type": "object",
    "properties": {
        "NeutronError": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("type", "message", "detail")},
            "required": ["type", "message", "detail"],
        }
    },
    "required": ["NeutronError"],
}
_UNAUTHORIZED = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"code": {"const": 401}, "title": {"type": "string"}, "message": {"type": "string"}},
            "required": ["code", "title", "message"],
        }
    },
    "required": ["error"],
}
_INTERFACE = {
    "type": "object", "properties": {name: schema_of(uuid) for name in ("subnet_id", "port_id")}, "minProperties": 1,
}  # fmt: skip
_SUBPORTS = {"type": "object", "properties": {"sub_ports": schema_of(subports)}, "required": ["sub_ports"]}
_GATEWAYS = {
    "type": "object", "required": ["router"],
    "properties": {"router": {"type": "object", "properties": {"external_gateways": schema_of(GATEWAYS)}}},
}  # fmt: skip
_SENT_BELOW: Mapping[str, Content] = {
    "add_router_interface": _INTERFACE,
    "remove_router_interface": _INTERFACE,
    **{name: {"type": "object", "properties": {"router": {"type": "object", "properties": {"routes": schema_of(ROUTES)},
                                                           "required": ["routes"]}}, "required": ["router"]}
       for name in ("add_extraroutes", "remove_extraroutes")},
    **dict.fromkeys((f"{action}_external_gateways" for action in ("add", "update", "remove")), _GATEWAYS),
    "onboard_network_subnets": {"type": "object", "properties": {"network_id": schema_of(uuid)},
                                "required": ["network_id"]},
    **dict.fromkeys(("add_subports", "remove_subports"), _SUBPORTS),
    **{name: {"type": "object", "properties": {"address_group": {
        "type": "object", "properties": {"addresses": schema_of(ADDRESSES)}, "required": ["addresses"]}},
        "required": ["address_group"]} for name in ("add_addresses", "remove_addresses")},
}  # fmt: skip
"""The body of each action below a resource."""
_TAGS = {"type": "object", "properties": {"tags": schema_of(items(text()))}, "required": ["tags"]}


@cache
def document() -> Content:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION},
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
            "schemas": {
                "Fault": _FAULT,
                "Unauthorized": _UNAUTHORIZED,
                **{each.name: _shown(each) for each in (*RESOURCES.values(), *PARTS.values())},
            },
        },
        "paths": dict(_paths()),
    }


def _paths() -> Iterator[tuple[str, Content]]:
    for path, resource in RESOURCES.items():
        yield from _paths_of(f"{BASE}/{path}", resource)
    for (parent, collection), part in PARTS.items():
        for path, operations in _paths_of(f"{BASE}/{parent}/{{parent}}/{collection}", part):
            known = operations.get("parameters", [])
            yield path, {**operations, "parameters": [_in_path("parent", schema_of(text())), *known]}
    for collection, action in sorted(key for key in MEMBERS if key[0] and key[1] in _SENT_BELOW):
        changed = {"put": _change({"type": "object"}, _SENT_BELOW[action])}
        yield f"{BASE}/{collection}/{{id}}/{action}", _with_id(changed)
    for path, resource in RESOURCES.items():
        if not resource.single:
            yield from _tag_paths(f"{BASE}/{path}/{{id}}/tags")
    yield from _other_paths()


def _paths_of(base: str, resource: Resource) -> Iterator[tuple[str, Content]]:
    if not resource.single:
        yield base, {"get": _list(resource), "post": _write(resource, 201, _posted(resource.attributes))}
    one = {
        "get": _read(f"a {resource.noun.lower()}", _answer(resource)),
        "put": _write(resource, 200, _put(resource.attributes)),
        "delete": _done("deleted"),
    }
    yield f"{base}/{{id}}", _with_id(one)


def _tag_paths(base: str) -> Iterator[tuple[str, Content]]:
    yield base, _with_id({"get": _read("the tags", _TAGS), "put": _change(_TAGS, _TAGS), "delete": _done("removed")})
    one = {"get": _done("it is there"), "put": _done("it is there", 201), "delete": _done("removed")}
    with_tag = _with_id(one)
    with_tag["parameters"] = [*with_tag["parameters"], _in_path("tag", schema_of(text()))]
    yield f"{base}/{{tag}}", with_tag


def _other_paths() -> Iterator[tuple[str, Content]]:
    limits = {"type": "object", "properties": {name: schema_of(whole(-1, 2**31 - 1)) for name in DEFAULT_LIMITS}}
    quota = {"type": "object", "properties": {"quota": limits}, "required": ["quota"]}
    anything = {"type": "object"}
    for name in sorted({*SINGULAR, "extensions"} - {"segments"}):
        yield f"{BASE}/{name}", {"get": _read(name.replace("-", " ").replace("_", " "), anything)}
    changed = {"get": _read("the quota", quota), "put": _change(quota, quota), "delete": _done("reset")}
    yield f"{BASE}/quotas/{{id}}", _with_id(changed)
    yield from _segment_paths()
    yield from _binding_paths()
    yield f"{BASE}/trunks/{{id}}/get_subports", _with_id({"get": _read("the subports", _SUBPORTS)})
    agent = _in_body("agent", anything)
    put = _change(agent, _in_body("agent", _put(AGENT)))
    yield f"{BASE}/agents/{{id}}", _with_id({"get": _read("an agent", agent), "put": put})
    for path in ("routers/{id}/l3-agents", "networks/{id}/dhcp-agents"):
        yield f"{BASE}/{path}", _with_id({"get": _read("the agents", {"type": "object", "required": ["agents"]})})
    one = _in_body("network_ip_availability", anything)
    yield f"{BASE}/network-ip-availabilities/{{id}}", _with_id({"get": _read("how full a network is", one)})
    yield f"{BASE}/extensions/{{id}}", _with_id({"get": _read("an extension", anything)})


def _segment_paths() -> Iterator[tuple[str, Content]]:
    shown = _in_body("segment", {"type": "object"})
    made = {"201": _said("as it is now", shown), **_FAULTS}
    post = {"requestBody": _json(_in_body("segment", _posted(SEGMENT))), "responses": made}
    yield f"{BASE}/segments", {"get": _read("the segments", {"type": "object"}), "post": post}
    put = _change(shown, _in_body("segment", _put(SEGMENT)))
    one = {"get": _read("a segment", shown), "put": put, "delete": _done("deleted")}
    yield f"{BASE}/segments/{{id}}", _with_id(one)


def _binding_paths() -> Iterator[tuple[str, Content]]:
    base, shown = f"{BASE}/ports/{{id}}/bindings", _in_body("binding", {"type": "object"})
    made = {"201": _said("as it is now", shown), **_FAULTS}
    post = {"requestBody": _json(_in_body("binding", _posted(BINDING))), "responses": made}
    yield base, _with_id({"get": _read("the bindings", {"type": "object"}), "post": post})
    put = _change(shown, _in_body("binding", _put(BINDING)))
    host = _in_path("host", schema_of(text()))
    for path, operations in (
        (f"{base}/{{host}}", {"get": _read("a binding", shown), "put": put, "delete": _done("deleted")}),
        (f"{base}/{{host}}/activate", {"put": _read("as it is now", {"type": "object"})}),
    ):
        found = _with_id(operations)
        yield path, found | {"parameters": [*found["parameters"], host]}


# Operations


def _list(resource: Resource) -> Content:
    key = resource.collection.replace("-", "_")
    filters = [name for name, each in resource.attributes.items() if each.filtered]
    several = {"type": "array", "items": {"type": "string"}}
    names = {"enum": sorted({*resource.attributes, *TENANT} - resource.invisible)}
    ordered = {"enum": sorted({*filters, *TENANT} - resource.invisible)}
    parameters = [
        *(_in_query(name, several) for name in sorted({*filters, *TENANT, *resource.filters, "tags", "not-tags-any"})),
        _in_query("fields", {"type": "array", "items": names}),
        _in_query("sort_key", {"type": "array", "items": ordered}),
        _in_query("sort_dir", {"type": "array", "items": {"enum": ["asc", "desc"]}}),
        _in_query("limit", {"type": "integer", "minimum": 0}),
        _in_query("marker", {"type": "string"}),
        _in_query("page_reverse", {"type": "boolean"}),
    ]
    members = {"type": "array", "items": {"$ref": f"#/components/schemas/{resource.name}"}}
    shown = {"type": "object", "properties": {key: members}, "required": [key]}
    return {"parameters": parameters, **_read(f"the {key.replace('_', ' ')}", shown)}


def _write(resource: Resource, status: int, sent: Content) -> Content:
    responses = {str(status): _said("as it is now", _answer(resource)), **_FAULTS}
    return {"requestBody": _json(_in_body(resource.name, sent)), "responses": responses}


def _in_body(name: str, sent: Content) -> Content:
    return {"type": "object", "properties": {name: sent}, "required": [name]}


def _change(shown: Content, sent: Content) -> Content:
    return {"requestBody": _json(sent), "responses": {"200": _said("as it is now", shown), **_FAULTS}}


def _read(what: str, shown: Content) -> Content:
    return {"responses": {"200": _said(what, shown), **_FAULTS}}


def _done(what: str, status: int = 204) -> Content:
    return {"responses": {str(status): {"description": what}, **_FAULTS}}


# Schemas


def _answer(resource: Resource) -> Content:
    shown = {"$ref": f"#/components/schemas/{resource.name}"}
    return {"type": "object", "properties": {resource.name: shown}, "required": [resource.name]}


def _shown(resource: Resource) -> Content:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            **{name: {} for name in resource.attributes if name not in resource.invisible},
        },
    }


def _posted(attributes: Attributes) -> Content:
    sent = {name: each for name, each in attributes.items() if each.post}
    required = [name for name, each in sent.items() if each.default is REQUIRED]
    return {**_sent(sent), "required": required} if required else _sent(sent)


def _put(attributes: Attributes) -> Content:
    return _sent({name: each for name, each in attributes.items() if each.put})


def _sent(attributes: Mapping[str, Attribute]) -> Content:
    properties = {name: schema_of(each.type) for name, each in attributes.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


# Parts


def _json(schema: Content) -> Content:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _said(what: str, schema: Content) -> Content:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _in_query(name: str, schema: Content) -> Content:
    return {"name": name, "in": "query", "schema": schema}


def _in_path(name: str, schema: Mapping[str, Any]) -> Content:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _with_id(operations: Content) -> Content:
    return {"parameters": [_in_path("id", {"type": "string", "minLength": 1})], **operations}


_FAULTS = {
    "401": _said("who asks is not known", {"$ref": "#/components/schemas/Unauthorized"}),
    "default": _said("why not", {"$ref": "#/components/schemas/Fault"}),
}
