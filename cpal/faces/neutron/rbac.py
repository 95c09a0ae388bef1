"""RBAC policies.

Source: Networking API v2.0, rbac-policies; rbac-security-groups, rbac-address-group, -address-scope, -subnetpool.

What is `shared`, and an external network that no policy names, grants everyone something by itself. The API shows that
as a policy too, whose id follows from the thing's (`own_policies`): who deletes it changes the thing, and nothing is
kept twice. A policy that says it otherwise is kept like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.resource import Bulk, Dropped, Resource, Values, each_of
from cpal.faces.neutron.scene import Scene, owner, owning
from cpal.faces.neutron.tables import RBAC_POLICY
from cpal.faces.neutron.values import RBAC_OBJECTS
from cpal.model.address_scope import AddressScope
from cpal.model.checks.dependents import QOS_USERS
from cpal.model.estate import KINDS, Estate
from cpal.model.network import Network
from cpal.model.qos import QosPolicy
from cpal.model.rbac import ACTIONS, EVERYONE, EXTERNAL, SHARED, RbacPolicy, grant
from cpal.model.record import Record
from cpal.model.sharing import is_shared
from cpal.model.subnet_pool import SubnetPool

NAMES = {kind: name for name, kind in RBAC_OBJECTS.items()}
"""What the API calls the kinds of record that are granted."""
NOUNS = {kind: kind.replace("_", " ").capitalize() for kind in ACTIONS} | {"qos_policy": "QoS policy"}
USERS = {
    ("network", SHARED): ("port.network",),
    ("network", EXTERNAL): ("router.gateway",),
    ("security_group", SHARED): ("port.security_group",),
    ("address_group", SHARED): ("rule.remote_address_group",),
    ("address_scope", SHARED): ("subnet_pool.scope",),
    ("subnet_pool", SHARED): ("subnet.pool",),
    ("qos_policy", SHARED): QOS_USERS,
}
"""Where those are filed whose projects need a policy."""


def own_policies(estate: Estate, record: Record) -> Iterator[RbacPolicy]:
    """The policies for everyone that a record is by itself."""
    if getattr(record, "shared", False):
        yield _own_policy(estate, record, SHARED)
    if isinstance(record, Network) and record.external and not estate.ids("rbac_policy.external", record.id):
        yield _own_policy(estate, record, EXTERNAL)


def _own_policy(estate: Estate, record: Record, action: str) -> RbacPolicy:
    """It has an id of its own, though an earlier one of its kind may have become a policy that is kept."""
    id = str(uuid5(NAMESPACE_OID, f"{action} {record.id}"))
    while estate.get(RbacPolicy, id) is not None:
        id = str(uuid5(NAMESPACE_OID, id))
    return RbacPolicy(id=id, project_id=record.project_id, object_type=record.kind, object_id=record.id, action=action,
                      target_project=EVERYONE)  # fmt: skip


def all_own_policies(estate: Estate) -> Iterator[RbacPolicy]:
    """The policies that records are by themselves."""
    for kind in (Network, SubnetPool, AddressScope, QosPolicy):
        for record in estate.find(f"{kind.kind}.open", EVERYONE):
            yield from own_policies(estate, record)


def _policies(estate: Estate, record: Record, action: str) -> list[RbacPolicy]:
    """All policies that grant an action on a record."""
    kept: Iterable[RbacPolicy] = estate.find("rbac_policy.object", record.id)
    return [policy for policy in chain(kept, own_policies(estate, record)) if policy.action == action]


def _object(estate: Estate, policy: RbacPolicy) -> Any:
    return estate.get(KINDS[policy.object_type], policy.object_id)


def _is_kept(estate: Estate, policy: RbacPolicy) -> bool:
    return estate.get(RbacPolicy, policy.id) is not None


def show_policy(scene: Scene, policy: RbacPolicy) -> dict[str, Any]:
    """A policy as the API shows it."""
    return {
        "id": policy.id,
        **owner(policy),
        "object_type": NAMES[policy.object_type],
        "object_id": policy.object_id,
        "action": policy.action,
        "target_tenant": policy.target_project,
    }


def make_policy(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new policy; a network that becomes external to some is external from then on."""
    record = _granted(scene, values)
    policy = RbacPolicy(id=id, project_id=values["project_id"], object_type=record.kind, object_id=record.id,
                        action=values["action"], target_project=values["target_tenant"])  # fmt: skip
    _refuse_repeated(scene, record, policy)
    if isinstance(record, SubnetPool):
        _refuse_beyond_scope(scene, record, policy)
    yield policy
    if policy.action == EXTERNAL:
        yield from _external_still(scene.estate, record)
    yield from owning(scene, policy.project_id)


def _granted(scene: Scene, values: Values) -> Any:
    """What a new policy is about.

    Raises:
        ApiFault: it is not there, not of who asks, or cannot be granted so.
    """
    asked = values["object_type"]
    kind = RBAC_OBJECTS[asked]
    record: Any = scene.seen(KINDS[kind], values["object_id"], NOUNS[kind])
    if not scene.context.is_admin and not scene.owns(record):
        thing = "networks" if kind == "network" else "objects"
        raise _invalid(f"Only admins can manipulate policies on {thing} they do not own")
    if values["action"] not in ACTIONS[kind]:
        raise bad_request(f"Invalid action '{values['action']}' for object type '{asked}'. "
                          f"Valid actions: {ACTIONS[kind]}", "InvalidActionForType")  # fmt: skip
    return record


def _invalid(why: str) -> ApiFault:
    return bad_request(f"Invalid input for operation: {why}.", "InvalidInput")


def _refuse_repeated(scene: Scene, record: Record, policy: RbacPolicy) -> None:
    if any(each.target_project == policy.target_project for each in _policies(scene.estate, record, policy.action)):
        raise conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.")


def _refuse_beyond_scope(scene: Scene, pool: SubnetPool, policy: RbacPolicy) -> None:
    """Refuse to give a pool to a project that its address scope is not shared with."""
    scope = scene.estate.get(AddressScope, pool.address_scope_id)
    if scope is None or policy.target_project == scope.project_id:
        return
    if not is_shared(scene.estate, scope, "" if policy.target_project == EVERYONE else policy.target_project):
        why = "target project doesn't have access to associated address scope"
        raise _invalid(f"Failed to create RBAC policy on object {pool.id} because {why}")


def _external_still(estate: Estate, network: Network) -> Iterator[Record]:
    """What keeps a network external to those to whom it was so, when the first policy names others."""
    if not network.external:
        yield replace(network, external=True)
    else:
        yield from (policy for policy in own_policies(estate, network) if policy.action == EXTERNAL)


def change_policy(scene: Scene, policy: RbacPolicy, values: Values) -> Iterator[Record]:
    """The records of a policy for another project; what a thing was by itself is then kept."""
    changed = replace(policy, target_project=values.get("target_tenant", policy.target_project))
    if changed == policy:
        return
    record = _object(scene.estate, policy)
    if not scene.context.is_admin and not scene.owns(record):
        raise _invalid("Only admins can manipulate policies on objects they do not own")
    _refuse_repeated(scene, record, changed)
    # for another project is as for none, of all but networks: whether it would do for those that use it is not asked
    kept = isinstance(record, Network) or changed.target_project == EVERYONE
    refuse_needed(scene, record, policy, changed.target_project if kept else "")
    yield changed
    if not _is_kept(scene.estate, policy) and policy.action == SHARED:
        yield replace(record, shared=False)


def drop_policy(scene: Scene, policy: RbacPolicy) -> Dropped:
    """The policy, if nobody needs it; a network that is external to nobody any more is no external one."""
    record = _object(scene.estate, policy)
    refuse_needed(scene, record, policy)
    gone = [policy] if _is_kept(scene.estate, policy) else []
    if policy.action == EXTERNAL:
        last = len(_policies(scene.estate, record, EXTERNAL)) == 1
        return Dropped(gone, [replace(record, external=False)] if last else [])
    return Dropped(gone, [] if gone else [replace(record, shared=False)])


def refuse_needed(scene: Scene, record: Any, policy: RbacPolicy, instead: str = "") -> None:
    """Refuse to take a policy away from projects that need it; `instead` is for whom it will be."""
    outside = policy.action == EXTERNAL
    if outside and policy.target_project == EVERYONE and record.is_default:
        details = "Default external networks must be shared to everyone."
    elif not needing(scene.estate, record, policy, instead):
        return
    elif outside:
        details = "There are routers attached to this network that depend on this policy for access."
    else:
        details = f"project_id={policy.target_project}"
    raise conflict("RbacPolicyInUse", f"RBAC policy on object {record.id} cannot be removed because other objects "
                   f"depend on it.\nDetails: {details}")  # fmt: skip


def needing(estate: Estate, record: Record, policy: RbacPolicy, instead: str = "") -> set[str]:
    """The projects that use a record and could not without the policy, were it for another project or gone.

    Of QoS policies for everyone the owner is counted too, as Neutron does.
    """
    others = {each.target_project for each in _policies(estate, record, policy.action) if each.id != policy.id}
    left = {*others, instead}
    if EVERYONE in left:
        return set()
    users = {user.project_id for index in USERS[record.kind, policy.action] for user in estate.find(index, record.id)}
    everyone = policy.target_project == EVERYONE
    needy = users - left - ({""} if everyone and isinstance(record, QosPolicy) else {record.project_id, ""})
    return needy if everyone else needy & {policy.target_project}


def for_everyone(estate: Estate, record: Record, action: str) -> list[RbacPolicy]:
    """The policies kept that grant everyone an action on a record."""
    holder = estate.holder(grant(record.id, action, EVERYONE))
    policy = estate.get(RbacPolicy, holder.id) if holder else None
    return [policy] if policy else []


RBAC_POLICIES = Resource(
    "rbac_policy", "rbac-policies", "RBAC policy", RbacPolicy, RBAC_POLICY, show_policy, make_policy, change_policy,
    drop_policy, implied=each_of(all_own_policies), bulk=Bulk.UNKNOWN,
)  # fmt: skip
