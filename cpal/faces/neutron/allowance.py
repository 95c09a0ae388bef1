"""How many of each resource a project may have. Source: Networking API v2.0, quotas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from uuid import NAMESPACE_OID, uuid5

from cpal.faces.neutron.fault import conflict
from cpal.faces.neutron.scene import Scene
from cpal.model.quota import Quota


@lru_cache(maxsize=10_000)
def quota_id(project_id: str) -> str:
    """The id of a project's quota."""
    return str(uuid5(NAMESPACE_OID, f"quota {project_id}"))


def limits_of(scene: Scene, project_id: str) -> Mapping[str, int]:
    """What a project may have, by resource; -1 is without limit."""
    quota = scene.estate.get(Quota, quota_id(project_id))
    own = quota.limits if quota else {}
    return {name: own.get(name, usual) for name, usual in scene.usual_limits.items()}


def refuse_beyond(scene: Scene, resource: str, project_id: str, number: int) -> None:
    """Refuse more of a resource than the project may have.

    Raises:
        ApiFault: naming the resource.
    """
    if 0 <= limits_of(scene, project_id).get(resource, -1) < number:
        raise conflict("OverQuota", f"Quota exceeded for resources: ['{resource}'].")
