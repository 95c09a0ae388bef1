"""Quotas: what a project has, and may have with more. Source: Networking API v2.0, quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cpal.faces.neutron.allowance import refuse_beyond
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.resources import RESOURCES
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Estate
from cpal.model.quota import DEFAULT_LIMITS
from cpal.model.record import Record
from cpal.model.security import SecurityGroupRule

KIND_OF = {resource.name: resource.kind.kind for resource in RESOURCES.values()}
"""The kind of record that counts for a resource."""


def used(estate: Estate, resource: str, project_id: str) -> int:
    """How many of a resource a project has."""
    kind = KIND_OF.get(resource)
    return len(estate.ids(f"{kind}.project", project_id)) if kind else 0


def check_quota(scene: Scene, resource: Resource, projects: Iterable[str]) -> None:
    """Refuse what would be too many.

    Raises:
        ApiFault: naming the resource.
    """
    if resource.name not in DEFAULT_LIMITS:
        return
    more: dict[str, int] = {}
    for project_id in projects:
        more[project_id] = more.get(project_id, 0) + 1
    for project_id, number in more.items():
        refuse_beyond(scene, resource.name, project_id, used(scene.estate, resource.name, project_id) + number)


def check_rules_quota(scene: Scene, made: Iterable[Record]) -> None:
    """Refuse groups whose rules, as the templates have them, would be too many.

    Raises:
        ApiFault: naming the rules.
    """
    projects = Counter(each.project_id for each in made if isinstance(each, SecurityGroupRule))
    for project_id, number in projects.items():
        name = "security_group_rule"
        refuse_beyond(scene, name, project_id, used(scene.estate, name, project_id) + number)
