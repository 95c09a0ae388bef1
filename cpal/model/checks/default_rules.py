"""What must hold for templates of rules. Source: Networking API v2.0, default-security-group-rules."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.security import said_problems
from cpal.model.checks.words import INEFFECTIVE, Problem, called_fully, missing
from cpal.model.default_rules import INITIAL, PARENT, DefaultSecurityGroupRule, rule_of
from cpal.model.estate import Estate
from cpal.model.security import AddressGroup, SecurityGroup
from cpal.model.sharing import is_shared

_ANY_GROUP = SecurityGroup(id="00000000-0000-0000-0000-000000000000")


def default_rule_problems(estate: Estate, template: DefaultSecurityGroupRule) -> Iterator[Problem]:
    """What is wrong with a template: what its rules say, and whether every project may say it."""
    yield from said_problems(rule_of(template, _ANY_GROUP))
    for field, kind in (("remote_group_id", SecurityGroup), ("remote_address_group_id", AddressGroup)):
        id = getattr(template, field)
        found = estate.get(kind, id) if id and id != PARENT else None
        if id and id != PARENT and found is None:
            yield missing(field, kind.kind, id)
        elif found is not None and not is_shared(estate, found, ""):
            problem = f"{called_fully(estate, found)} is not shared with every project"
            yield Problem(field, problem, "share it with all" + (", or name PARENT" if kind is SecurityGroup else ""))
    if not template.used and template.id not in INITIAL:
        what = "the template is used in no group"
        yield Problem("used_in_non_default_sg", what, "use it in one kind, or delete it", INEFFECTIVE)
