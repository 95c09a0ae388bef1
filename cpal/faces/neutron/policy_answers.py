"""The rules of one reading of the policy file, and the answers they gave.

An answer depends on the rule, on who asks, and on the little that the rule's check reads of its target: mostly whether
the caller's project owns it, and whether it is shared. So each check is analysed once, and its answers are remembered
by rule, caller and that little: a list of ten thousand ports is decided by two or three evaluations.

Tokens of a domain may do nothing here, and those of the whole system only what an administrator does: every resource
belongs to a project, and a role in a domain or in the system says nothing about projects.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any

from oslo_config.cfg import ConfigOpts
from oslo_policy.policy import Enforcer, Rules

from cpal.faces.identity.context import Context
from cpal.faces.neutron import policy_file
from cpal.faces.neutron.policy_checks import IDENTITY, Target, credentials
from cpal.faces.neutron.policy_reads import Reads, joined, reads
from cpal.faces.neutron.policy_rules import RULES

log = logging.getLogger(__name__)
DEFAULT_RULE = "default"
"""The rule that decides for names that are no rule."""
REMEMBERED = 16_384
"""How many answers are remembered before all are forgotten."""


class Ruleset:
    """The default rules, with those of the policy file in their place.

    Raises:
        Invalid: the file cannot be read, or has a rule that is malformed or names what is not there.
    """

    def __init__(self, path: Path | None) -> None:
        self._enforcer = _enforcer(path)
        self._reads: dict[str, Reads] = {}
        self._attributes: dict[str, tuple[str, ...]] = {}
        self._remembered: dict[Hashable, Any] = {}

    @property
    def rules(self) -> frozenset[str]:
        """The names of all rules."""
        return frozenset(self._enforcer.rules)

    def allows(self, rule: str, context: Context, target: Target) -> bool:
        """Whether the rule allows it."""
        view = (self._reads.get(rule) or self._read_by(rule)).view(context.project_id, target)
        if view is None:
            return self.evaluated(rule, context, target)
        key = (rule, IDENTITY(context), view)
        answer: bool | None = self._remembered.get(key)
        if answer is None:
            answer = self.evaluated(rule, context, target)
            self._remember(key, answer)
        return answer

    def hidden(self, resource: str, context: Context, target: Target) -> frozenset[str]:
        """The attributes of the resource that must not be seen."""
        prefix = f"get_{resource}:"
        view = (self._reads.get(prefix) or self._read_by_all(prefix)).view(context.project_id, target)
        key = (prefix, IDENTITY(context), view)
        answer: frozenset[str] | None = self._remembered.get(key) if view is not None else None
        if answer is None:
            attributes = self.attributes(f"get_{resource}")
            answer = frozenset(name for name in attributes if not self.allows(prefix + name, context, target))
            if view is not None:
                self._remember(key, answer)
        return answer

    def attributes(self, operation: str) -> tuple[str, ...]:
        """What follows `OPERATION:` in the names of rules."""
        found = self._attributes.get(operation)
        if found is None:
            prefix = f"{operation}:"
            found = tuple(sorted(rule.removeprefix(prefix) for rule in self.rules if rule.startswith(prefix)))
            self._attributes[operation] = found
        return found

    def evaluated(self, rule: str, context: Context, target: Target) -> bool:
        """The answer from the rule's check itself, without what is remembered."""
        creds = credentials(context)
        if context.domain_id:
            return False
        if context.system_scope and not self._enforcer.enforce("context_is_admin", {}, creds):
            return False
        return bool(self._enforcer.enforce(rule, target, creds))

    def _read_by(self, rule: str) -> Reads:
        checks = self._enforcer.rules
        return self._reads.setdefault(rule, reads(checks[rule], checks))

    def _read_by_all(self, prefix: str) -> Reads:
        found = joined(self._read_by(rule) for rule in self.rules if rule.startswith(prefix))
        return self._reads.setdefault(prefix, found)

    def _remember(self, key: Hashable, answer: Any) -> None:
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = answer


def _enforcer(path: Path | None) -> Enforcer:
    written = policy_file.read(path) if path else {}
    checks = _defaults() | written
    if path:
        policy_file.prove(checks, path)
        for rule in policy_file.unasked(written, {*_defaults(), DEFAULT_RULE}):
            log.warning("%s: nothing asks for the rule %s, and no other rule names it", path, rule)
    enforcer = Enforcer(ConfigOpts(), default_rule=DEFAULT_RULE, use_conf=False)
    enforcer.set_rules(checks)
    return enforcer


@cache
def _defaults() -> Rules:
    return Rules.from_dict(dict(RULES))
