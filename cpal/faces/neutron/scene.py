"""What a request sees: the estate, how old things are, what the targets say of ports, and on whose behalf it asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from cpal.core.complete import default_group, default_group_of
from cpal.core.driver import PortStatus
from cpal.engine.store import Age
from cpal.faces.identity.context import Context
from cpal.faces.neutron.fault import not_found
from cpal.faces.neutron.policy import Policy
from cpal.model.default_rules import DefaultSecurityGroupRule, rules_of_default
from cpal.model.estate import Change, Estate
from cpal.model.network import Network, Subnet
from cpal.model.part_of import PART_OF
from cpal.model.quota import DEFAULT_LIMITS
from cpal.model.rbac import ACTIONS
from cpal.model.record import Claim, Key, Record
from cpal.model.security import SecurityGroup
from cpal.model.sharing import is_external, is_shared
from cpal.model.target import Project

R = TypeVar("R", bound=Record)
_RESOURCE_OF = {"floating_ip": "floatingip", "subnet_pool": "subnetpool", "qos_policy": "policy"}
"""What policy calls a kind of record, where the API writes it as one word."""
NEW = Age(0.0, 0.0, 0)


class Scene(NamedTuple):
    """What a request sees."""

    estate: Estate
    context: Context
    policy: Policy
    ages: Mapping[Key, Age] = {}
    statuses: Mapping[str, PortStatus] = {}
    usual_limits: Mapping[str, int] = DEFAULT_LIMITS
    """What projects may have of each resource of which their quota says nothing."""

    def seen(self, kind: type[R], id: str, noun: str) -> R:
        """The record, if who asks may see it.

        Raises:
            ApiFault: there is none, or not for who asks.
        """
        record = self.estate.get(kind, id)
        if record is None or not self.may_see(f"get_{_RESOURCE_OF.get(kind.kind, kind.kind)}", record):
            raise not_found(noun, id)
        return record

    def may_see(self, rule: str, record: Record) -> bool:
        """Whether who asks may get the record by this rule; of one's own, what it is seldom has to be asked."""
        if self.owns(record):
            target: Mapping[str, Any] = {"tenant_id": record.project_id, "project_id": record.project_id}
            if self.policy.allows(rule, self.context, target):
                return True
        return self.may(rule, record)

    def may(self, rule: str, record: Record) -> bool:
        """Whether who asks may do this with the record."""
        return self.policy.allows(rule, self.context, target_of(self, record))

    def having(self, records: Iterable[Record]) -> Scene:
        """The scene once these records are made."""
        changes = [Change(self.estate.by_key(record.key), record) for record in records]
        return self._replace(estate=self.estate.replace(changes))

    def lacking(self, records: Iterable[Record]) -> Scene:
        """The scene once these records are gone."""
        return self._replace(estate=self.estate.replace(Change(record, None) for record in records))

    def owns(self, record: Record) -> bool:
        """Whether the record is of the project that asks."""
        return bool(record.project_id) and record.project_id == self.context.project_id

    @property
    def sees_all(self) -> bool:
        """Whether who asks may see every project's."""
        return self.policy.allows("context_is_admin", self.context, {})


def target_of(scene: Scene, record: Record) -> dict[str, Any]:
    """What policy asks about a record: `shared` is whether it is so with the project that asks."""
    estate, project_id = scene.estate, scene.context.project_id
    target: dict[str, Any] = {"id": record.id, "tenant_id": record.project_id, "project_id": record.project_id}
    if isinstance(record, Network):
        target["router:external"] = is_external(estate, record, project_id)
    if record.kind in ACTIONS:
        return target | {"shared": is_shared(estate, record, project_id)}
    target |= parent_of(scene, getattr(record, "network_id", ""))
    if isinstance(record, Subnet):
        target["router:external"] = target.get("network:router:external", False)
    part = PART_OF.get(record.kind)
    whole = estate.get(part.type, getattr(record, part.field)) if part else None
    if whole is not None:
        target |= whole_target(whole)
    owner = getattr(record, "device_owner", None)
    if owner is not None:
        target["device_owner"] = owner
    group = estate.get(SecurityGroup, getattr(record, "security_group_id", ""))
    if group is not None:
        target |= group_target(group)
    return target


def group_target(group: SecurityGroup) -> dict[str, Any]:
    """What policy asks about the group that a rule is of."""
    return {f"{parent}:{owner}": group.project_id for parent in ("ext_parent", "security_group")
            for owner in ("tenant_id", "project_id")}  # fmt: skip


def whole_target(whole: Record) -> dict[str, Any]:
    """What policy asks about what something is part of."""
    return {"ext_parent:tenant_id": whole.project_id, "ext_parent:project_id": whole.project_id}


def parent_of(scene: Scene, network_id: str) -> dict[str, Any]:
    """What policy asks about the network that something is in."""
    estate, project_id = scene.estate, scene.context.project_id
    network = estate.get(Network, network_id)
    if network is None:
        return {}
    return {
        "network_id": network_id,
        "network:tenant_id": network.project_id,
        "network:project_id": network.project_id,
        "network:shared": is_shared(estate, network, project_id),
        "network:router:external": is_external(estate, network, project_id),
    }


def standard(scene: Scene, record: Record) -> dict[str, Any]:
    """The attributes that everything shows."""
    age = scene.ages.get(record.key, NEW)
    return {
        "description": record.description,
        "tags": list(record.tags),
        "created_at": timestamp(int(age.created_at)),
        "updated_at": timestamp(int(age.updated_at)),
        "revision_number": age.changes,
    }


def owner(record: Record) -> dict[str, str]:
    """The project, by both its names."""
    return {"tenant_id": record.project_id, "project_id": record.project_id}


@lru_cache(maxsize=10_000)
def timestamp(seconds: int) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def owning(scene: Scene, project_id: str) -> Iterator[Record]:
    """What has to be there before a project can own something: the project, and its default security group."""
    if not project_id:
        return
    if scene.estate.get(Project, project_id) is None:
        yield Project(id=project_id, name=_free_name(scene, project_id))
    if default_group_of(scene.estate, project_id) is None:
        group = default_group(project_id)
        yield replace(group, stack="", description="Default security group")
        rules = rules_of_default(scene.estate.all(DefaultSecurityGroupRule), group)
        yield from (replace(rule, stack="") for rule in rules)


def _free_name(scene: Scene, project_id: str) -> str:
    """The project's name where a token says it and no other has it, else its id, which may be another's name."""
    name = scene.context.project_name if project_id == scene.context.project_id else ""
    names = (each for each in (name, project_id) if each)
    return next(
        (each for each in names if scene.estate.holder(Claim("name", f"project {each}")) is None),
        f"project {project_id}",
    )
