"""Quotas: how much of each resource a project may have, and has. Source: Networking API v2.0, quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from uuid import NAMESPACE_OID, uuid5

from cpal.faces.neutron.fault import conflict
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.resources import RESOURCES
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Estate
from cpal.model.quota import DEFAULT_LIMITS, Quota

KIND_OF = {resource.name: resource.kind.kind for resource in RESOURCES.values()}
"""The kind of record that counts for a resource."""


@lru_cache(maxsize=10_000)
def quota_id(project_id: str) -> str:
    """The id of a project's quota."""
    return str(uuid5(NAMESPACE_OID, f"quota {project_id}"))


def limits_of(estate: Estate, project_id: str) -> Mapping[str, int]:
    """What a project may have, by resource; -1 is without limit."""
    quota = estate.get(Quota, quota_id(project_id))
    return {**DEFAULT_LIMITS, **(quota.limits if quota else {})}


def used(estate: Estate, resource: str, project_id: str) -> int:
    """How many of a resource a project has."""
    kind = KIND_OF.get(resource)
    return len(estate.ids(f"{kind}.project", project_id)) if kind else 0


def check_quota(scene: Scene, resource: Resource, projects: Iterable[str]) -> None:
    """Refuse what would be too many.

    Raises:
        ApiFault: naming the resource.
    """
    more: dict[str, int] = {}
    for project_id in projects:
        more[project_id] = more.get(project_id, 0) + 1
    for project_id, number in more.items():
        limit = limits_of(scene.estate, project_id).get(resource.name, -1)
        if 0 <= limit < used(scene.estate, resource.name, project_id) + number:
            raise conflict("OverQuota", f"Quota exceeded for resources: ['{resource.name}'].")
