"""DefaultSecurityGroupRule: a template of a rule that security groups start with.

Names and semantics: OpenStack Networking API v2.0, resource `default-security-group-rules`. The templates are the
deployment's. Those that Neutron starts with are there without a record of them; a record of the same id stands in the
place of one, and where it is used in no group, the template is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

from cpal.model.record import Record
from cpal.model.security import Admission, SecurityGroup, SecurityGroupRule

PARENT = "PARENT"
"""The remote group that stands for the group itself that the rule is made for."""


class DefaultSecurityGroupRule(Admission, frozen=True, kw_only=True, gc=False, tag="default_security_group_rule"):
    """What new groups have as a rule: the `default` groups of projects, those that projects make, or both.

    `remote_group_id` may be `PARENT`.
    """

    kind: ClassVar[str] = "default_security_group_rule"
    used_in_default_sg: bool = False
    used_in_non_default_sg: bool = True

    @property
    def used(self) -> bool:
        """Whether any group gets a rule of it."""
        return self.used_in_default_sg or self.used_in_non_default_sg


def _initial(direction: str, ethertype: str) -> DefaultSecurityGroupRule:
    inward = direction == "ingress"
    return DefaultSecurityGroupRule(
        id=str(uuid5(NAMESPACE_OID, f"default security group rule {direction} {ethertype}")),
        description=f"Legacy default SG rule for {direction} traffic",
        direction=direction,
        ethertype=ethertype,
        remote_group_id=PARENT if inward else "",
        used_in_default_sg=True,
        used_in_non_default_sg=not inward,
    )


INITIAL: dict[str, DefaultSecurityGroupRule] = {
    template.id: template
    for template in (_initial(direction, family) for direction in ("egress", "ingress") for family in ("IPv4", "IPv6"))
}
"""The templates that Neutron starts with, by id: everything out, and in from members of a default group."""


def is_there(template: DefaultSecurityGroupRule) -> bool:
    """Whether a template is shown: one of those at the start that is used in no group was deleted."""
    return template.used or template.id not in INITIAL


def in_force(kept: Iterable[DefaultSecurityGroupRule]) -> list[DefaultSecurityGroupRule]:
    """The templates of which groups get rules, given those that there are records of."""
    known = INITIAL | {template.id: template for template in kept}
    return [template for template in known.values() if template.used]


SAID = tuple(name for name in Admission.__struct_fields__ if name not in Record.__struct_fields__)
"""The fields by which a rule, or a template, says what may pass."""


def rule_of(template: DefaultSecurityGroupRule, group: SecurityGroup) -> SecurityGroupRule:
    """The rule that a group gets of a template: the same each time."""
    said = {name: getattr(template, name) for name in SAID}
    word = f"{template.direction} {template.ethertype}" if template.id in INITIAL else template.id
    return SecurityGroupRule(
        id=str(uuid5(UUID(group.id), word)),
        project_id=group.project_id,
        stack=group.stack,
        security_group_id=group.id,
        **said | {"remote_group_id": group.id if template.remote_group_id == PARENT else template.remote_group_id},
    )


def rules_of_default(kept: Iterable[DefaultSecurityGroupRule], group: SecurityGroup) -> list[SecurityGroupRule]:
    """The rules of a project's default group."""
    return [rule_of(template, group) for template in in_force(kept) if template.used_in_default_sg]


def rules_of_other(kept: Iterable[DefaultSecurityGroupRule], group: SecurityGroup) -> list[SecurityGroupRule]:
    """The rules of a group that a project makes."""
    return [rule_of(template, group) for template in in_force(kept) if template.used_in_non_default_sg]
