"""Who may do what: the policy's rules for a resource, and for each attribute that is sent or shown.

Of what who asks may not see, they are told that there is no such thing; of what they may see, the rule that forbids it.

Source: neutron 29.0.0, asked, and its neutron.pecan_wsgi.hooks.policy_enforcement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cpal.errors import Forbidden
from cpal.faces.identity.context import Context
from cpal.faces.neutron.attribute import TENANT, UNSET
from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.policy import Policy, forbidden
from cpal.faces.neutron.resource import Resource, Values
from cpal.faces.neutron.scene import Scene, group_target, parent_of, target_of, whole_target
from cpal.model.network import Network, Port
from cpal.model.record import Record
from cpal.model.security import SecurityGroup

CAN_SET_PROJECT = ("context_is_admin", "context_can_set_project_id")
"""The rules of which one must allow to make something for another project."""
NOT_YOUR_PROJECT = (
    "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user."
)

STANDS_FOR: Mapping[str, str] = {
    "update_security_group_rule": "delete_security_group_rule",
    "update_default_security_group_rule": "delete_default_security_group_rule",
    "update_port_binding": "get_port_binding",
}
"""What decides where Neutron has no rule, since the rule for all that have none lets those change who may only read.

Of a port's binding that rule lets the administrator change the profile, and fails for all others: services may too.
"""

SHARED_UNREAD = frozenset(("policy", "address_group"))
"""Resources that Neutron looks up without what says that they are shared when one is to be changed: who may only read
such a one hears that there is none.
"""

NEVER_ASKED = frozenset(("create_subnet:service_types", "update_subnet:service_types", "create_port:tags"))
"""Rules that Neutron has and never asks, since the attribute's definition says nothing of a policy."""


def may_see(scene: Scene, resource: Resource, record: Record) -> bool:
    """Whether who asks may see the record."""
    return scene.may_see(f"get_{resource.policy_name}", record)


class Judge:
    """Who may see which of many records, and what of them, asked once for all that look the same to the policy."""

    def __init__(self, scene: Scene, resource: Resource) -> None:
        self._scene = scene
        self._resource = resource
        self._known: dict[tuple[str, ...], frozenset[str] | None] = {}

    def hidden(self, record: Record) -> frozenset[str] | None:
        """The attributes of the record that are not for who asks; None when it is not for them at all."""
        key = looks(record)
        if key in self._known:
            return self._known[key]
        found = None
        if may_see(self._scene, self._resource, record):
            target = target_of(self._scene, record)
            found = hidden_of(self._scene, self._resource, target)
        self._known[key] = found
        return found


def looks(record: Record) -> tuple[str, ...]:
    """What the policy sees of a record: of a port its owner, its network and its role; of others all."""
    if isinstance(record, Port):
        return record.project_id, record.network_id, record.device_owner
    return (record.id,)


def hidden_of(scene: Scene, resource: Resource, shown: Mapping[str, Any]) -> frozenset[str]:
    """The attributes of something shown that who asks does not see."""
    return scene.policy.hidden(resource.policy_name, scene.context, shown) | resource.invisible


def refuse_other_project(policy: Policy, context: Context, body: Values) -> None:
    """Refuse a body that names another project than that of who asks, whatever else is in it.

    Raises:
        ApiFault: it does, and who asks may not.
    """
    named = [body[name] for name in TENANT if name in body]
    if all(each == context.project_id for each in named) or any(each != named[0] for each in named):
        return
    if not any(policy.allows(rule, context, {}) for rule in CAN_SET_PROJECT):
        raise bad_request(NOT_YOUR_PROJECT)


def refuse_making(scene: Scene, resource: Resource, values: Values, body: Values) -> None:
    """Refuse what may not be made, or not with such attributes.

    Raises:
        Forbidden: naming the rule.
    """
    whole = scene.estate.get(resource.part.type, resource.parent_id) if resource.parent else None
    target = {**values, "tenant_id": values["project_id"]}
    if whole is not None:
        target |= whole_target(whole)
    if "network_id" in values:
        target |= parent_of(scene, scene.seen(Network, values["network_id"], "Network").id)
    if "security_group_id" in values:
        target |= group_target(scene.seen(SecurityGroup, values["security_group_id"], "Security group"))
    _demand(scene, "create", resource, _explicit(resource, body, values), target)


def _explicit(resource: Resource, body: Values, values: Values) -> dict[str, Any]:
    """The attributes that are sent with another value than the default."""
    attributes = resource.attributes
    named = [name for name in body if name in attributes]
    return {name: values[name] for name in named if values[name] not in (UNSET, attributes[name].default)}


def refuse_change(scene: Scene, resource: Resource, record: Record, values: Values) -> None:
    """Refuse what may not be changed, or not in these attributes, of a record that who asks may see.

    Raises:
        Forbidden: naming the rule.
        ApiFault: who asks would not see it, were it not shared with them, and is told so.
    """
    target = target_of(scene, record)
    try:
        _demand(scene, "update", resource, values, target)
    except Forbidden:
        unshared = {**target, "shared": False}
        if (resource.name in SHARED_UNREAD or values.get("shared") is False) and not scene.policy.allows(
            f"get_{resource.policy_name}", scene.context, unshared
        ):
            raise ApiFault(404, "HTTPNotFound", "The resource could not be found.") from None
        raise


def _demand(scene: Scene, action: str, resource: Resource, attributes: Values, target: dict[str, Any]) -> None:
    listed = {name: _listed(value) for name, value in attributes.items()}
    target = {**target, **attributes}
    rules = [rule for rule in scene.policy.demanded(action, resource.policy_name, listed) if rule not in NEVER_ASKED]
    if not all(scene.policy.allows(STANDS_FOR.get(rule, rule), scene.context, target) for rule in rules):
        raise forbidden(_joined(rules, resource))


def _joined(rules: Sequence[str], resource: Resource) -> str:
    """The rules of an action as Neutron tells them: its own, then that of each attribute with those of its parts."""
    action, *rest = rules
    told = f"rule:{STANDS_FOR.get(action, action)}"
    names = [rule.removeprefix(f"{action}:") for rule in rest]
    for name in sorted((name for name in names if name in resource.attributes), key=[*resource.attributes].index):
        parts = [f"rule:{action}:{each}" for each in names if each.startswith(f"{name}:")]
        own = f"rule:{action}:{name}"
        told = f"({told} and ({own} and ({' and '.join(parts)})))" if parts else f"({told} and {own})"
    return told


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def refuse_removal(scene: Scene, resource: Resource, record: Record) -> None:
    """Refuse what may not be deleted, of what who asks may see.

    Raises:
        Forbidden: naming the rule.
    """
    scene.policy.require(f"delete_{resource.policy_name}", scene.context, target_of(scene, record))


def refuse_member(scene: Scene, rule: str, record: Record) -> None:
    """Refuse an action on a record that who asks may see.

    Raises:
        Forbidden: naming the rule.
    """
    scene.policy.require(STANDS_FOR.get(rule, rule), scene.context, target_of(scene, record))
