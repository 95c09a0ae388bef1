"""The catalogue: which services there are and where, and the entries of cpal's own, which follow where it serves.

Source: https://docs.openstack.org/keystone/latest/contributor/service-catalog.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cpal.faces.identity.answering import new_id
from cpal.faces.identity.database import Database
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.kinds import ENDPOINT, REGION, REGION_NAME, SERVICE, Entity
from cpal.faces.identity.signing import Claims

INTERFACES = ("public", "internal", "admin")
NAMES = {"identity": "keystone", "network": "neutron", "compute": "nova", "image": "glance", "placement": "placement"}
"""The names that clients' documentation uses for types of service."""
_VARIABLE = re.compile(r"[$%]\((\w+)\)s")


def catalogue(entities: Entities, claims: Claims) -> list[dict[str, Any]]:
    """The catalogue that the bearer of a token sees: what is enabled, URLs filled in."""
    known = {"user_id": claims.user_id}
    if claims.project_id:
        known |= {"project_id": claims.project_id, "tenant_id": claims.project_id}
    services = {each["id"]: each for each in entities.all(SERVICE) if each["enabled"]}
    found: dict[str, list[dict[str, Any]]] = {id: [] for id in services}
    for endpoint in entities.all(ENDPOINT):
        url = filled(endpoint["url"], known)
        if endpoint["enabled"] and url and endpoint["service_id"] in services:
            found[endpoint["service_id"]].append(_listed(endpoint, url))
    return [
        {"id": id, "type": each["type"], "name": each["name"], "endpoints": found[id]} for id, each in services.items()
    ]


def filled(url: str, known: Mapping[str, str]) -> str:
    """A URL with its variables filled in; empty when one is not known."""
    if not all(name in known for name in _VARIABLE.findall(url)):
        return ""
    return _VARIABLE.sub(lambda match: known[match[1]], url)


def keep_own(database: Database, entities: Entities, urls: Mapping[str, str]) -> None:
    """Let cpal's own services, by type, be at these URLs; services of others stay as they are."""
    with database.writing():
        for type, url in urls.items():
            service = _own_service(database, entities, type)
            there = {each["interface"]: each for each in entities.all(ENDPOINT) if each["service_id"] == service["id"]}
            for interface in INTERFACES:
                _keep_endpoint(entities, there.get(interface), service["id"], interface, url)


def _own_service(database: Database, entities: Entities, type: str) -> Entity:
    row = database.row("SELECT service_id FROM own_services WHERE type = ?", type)
    kept = entities.find(SERVICE, row[0]) if row else None
    if kept:
        return kept
    fresh = entities.add(SERVICE, {"id": new_id(), "type": type, "name": NAMES.get(type, type), "enabled": True})
    database.change(
        "INSERT INTO own_services VALUES (?, ?) ON CONFLICT (type) DO UPDATE SET service_id = excluded.service_id",
        type,
        fresh["id"],
    )
    return fresh


def _keep_endpoint(entities: Entities, kept: Entity | None, service_id: str, interface: str, url: str) -> None:
    if kept is None:
        region = REGION_NAME if entities.find(REGION, REGION_NAME) else None
        fresh = {"id": new_id(), "service_id": service_id, "interface": interface, "url": url, "enabled": True}
        entities.add(ENDPOINT, {**fresh, "region_id": region, "region": region})
    elif kept["url"] != url:
        entities.put(ENDPOINT, {**kept, "url": url})


def _listed(endpoint: Entity, url: str) -> dict[str, Any]:
    region = endpoint["region_id"]
    return {
        "id": endpoint["id"],
        "interface": endpoint["interface"],
        "region_id": region,
        "region": region,
        "url": url,
    }
