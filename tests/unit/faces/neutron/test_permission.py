"""That each action has a rule of its own: what has none would be decided by the rule for all that have none."""

from __future__ import annotations

import pytest

from cpal.faces.neutron.permission import STANDS_FOR
from cpal.faces.neutron.policy_rules import RULES
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.resources import PARTS, RESOURCES


@pytest.mark.parametrize("resource", [*RESOURCES.values(), *PARTS.values()], ids=lambda each: each.name)
@pytest.mark.parametrize("action", ["create", "get", "update", "delete"])
def test_each_action_has_a_rule(resource: Resource, action: str) -> None:
    if resource.single and action == "create":
        return
    rule = f"{action}_{resource.policy_name}"
    assert STANDS_FOR.get(rule, rule) in RULES


def test_only_what_has_no_rule_is_stood_for() -> None:
    assert STANDS_FOR.keys() & RULES.keys() == set()
