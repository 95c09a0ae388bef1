"""Templates of the rules that new security groups have. Source: Networking API v2.0, default-security-group-rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.fault import conflict, not_allowed
from cpal.faces.neutron.groups import said_by_rule, shown_of_rule
from cpal.faces.neutron.resource import Bulk, Dropped, Resource, Values, each_of, sent
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.tables import DEFAULT_SECURITY_GROUP_RULE
from cpal.model.claims import default_rule_claims
from cpal.model.default_rules import INITIAL, PARENT, DefaultSecurityGroupRule, in_force, is_there
from cpal.model.estate import Estate
from cpal.model.record import Record
from cpal.model.security import AddressGroup, SecurityGroup


def show_template(scene: Scene, template: DefaultSecurityGroupRule) -> dict[str, Any]:
    """A template as the API shows it."""
    return {
        "id": template.id,
        "description": template.description,
        **shown_of_rule(template),
        "used_in_default_sg": template.used_in_default_sg,
        "used_in_non_default_sg": template.used_in_non_default_sg,
    }


def initial_templates(estate: Estate) -> Iterator[DefaultSecurityGroupRule]:
    """The templates that Neutron starts with and nothing stands in the place of."""
    return (each for each in INITIAL.values() if estate.get(DefaultSecurityGroupRule, each.id) is None)


def make_template(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The record of a new template."""
    template = DefaultSecurityGroupRule(
        id=id, **said_by_rule(values), **sent(values, "description", "used_in_default_sg", "used_in_non_default_sg")
    )
    if template.remote_group_id not in ("", PARENT):
        scene.seen(SecurityGroup, template.remote_group_id, "Security group")
    if template.remote_address_group_id:
        scene.seen(AddressGroup, template.remote_address_group_id, "Address group")
    claims = set(default_rule_claims(template))
    for other in in_force(scene.estate.all(DefaultSecurityGroupRule)):
        if claims.intersection(default_rule_claims(other)):
            raise conflict("DefaultSecurityGroupRuleExists",
                           f"Default Security group rule already exists. Rule id is {other.id}.")  # fmt: skip
    yield template


def change_template(scene: Scene, template: DefaultSecurityGroupRule, values: Values) -> Iterator[Record]:
    """Refuse: a template is deleted, and another made."""
    raise not_allowed()


def drop_template(scene: Scene, template: DefaultSecurityGroupRule) -> Dropped:
    """The template; groups that there are keep their rules. One that Neutron starts with is used no more."""
    if template.id not in INITIAL:
        return Dropped((template,))
    return Dropped((), (replace(template, used_in_default_sg=False, used_in_non_default_sg=False),))


DEFAULT_SECURITY_GROUP_RULES = Resource(
    "default_security_group_rule", "default-security-group-rules", "Default Security group rule",
    DefaultSecurityGroupRule, DEFAULT_SECURITY_GROUP_RULE, show_template, make_template, change_template,
    drop_template, implied=each_of(initial_templates), exists=is_there, bulk=Bulk.REFUSED,
)  # fmt: skip
