"""Who may do what through the Networking API: Neutron's rules, or what the usual policy file puts in their place.

policy_rules    the default rules, as data
policy_checks   the checks that oslo.policy lacks, and what checks know of who asks
policy_file     the policy file, read and proven
policy_reads    what a check looks at
policy_answers  the rules of one reading of the file, evaluated once for all that look the same to them

Source: https://docs.openstack.org/neutron/latest/configuration/policy.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cpal.errors import Forbidden, Invalid
from cpal.faces.identity.context import Context
from cpal.faces.neutron.policy_answers import Ruleset
from cpal.faces.neutron.policy_checks import Target

log = logging.getLogger(__name__)


class Policy:
    """Neutron's default rules, and those of the policy file in their place; the file is read again when it changes.

    `reread_s` is how long a change of the file may go unseen, in seconds. A file that becomes unsound, or goes away,
    leaves the rules as they were, and the log says so.

    Raises:
        Invalid: the file cannot be read, or has a rule that is malformed or names what is not there.
    """

    def __init__(self, path: Path | None = None, reread_s: float = 1.0) -> None:
        self._path = path
        self._reread_s = reread_s
        self._look_at = time.monotonic() + reread_s
        self._seen = _stamp(path)
        self._rules = Ruleset(path)

    def allows(self, rule: str, context: Context, target: Target) -> bool:
        """Whether who asks may do to the target what the rule is about; `default` decides for what is no rule."""
        return self._current().allows(rule, context, target)

    def require(self, rule: str, context: Context, target: Target) -> None:
        """Nothing, if the rule allows it.

        Raises:
            Forbidden: it does not.
        """
        if not self._current().allows(rule, context, target):
            raise forbidden(f"rule:{rule}")

    def hidden(self, resource: str, context: Context, target: Target) -> frozenset[str]:
        """The attributes of a resource (`port`) that who asks must not see, by the rules `get_RESOURCE:ATTRIBUTE`."""
        return self._current().hidden(resource, context, target)

    def attribute_rules(self, action: str, resource: str) -> frozenset[str]:
        """What rules there are about attributes in an action: `fixed_ips` and `fixed_ips:ip_address` of create port."""
        return frozenset(self._current().attributes(f"{action}_{resource}"))

    def demanded(self, action: str, resource: str, attributes: Mapping[str, Any]) -> tuple[str, ...]:
        """All rules that must allow an action that sets these attributes, their parts included, the action's first.

        Leave out attributes that were not asked for, or that are created with their default.
        """
        operation = f"{action}_{resource}"
        known = self._current().attributes(operation)
        asked = dict.fromkeys(name for name in _names(attributes) if name in known)
        return (operation, *(f"{operation}:{name}" for name in asked))

    def _current(self) -> Ruleset:
        if self._path is not None and (now := time.monotonic()) >= self._look_at:
            self._look_at = now + self._reread_s
            self._reread()
        return self._rules

    def _reread(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._rules = Ruleset(self._path)
        except Invalid as error:
            log.error("the policy stays as it was: %s", error)


def forbidden(rules: str) -> Forbidden:
    """What is said where these rules do not allow something."""
    return Forbidden(f"{rules} is disallowed by policy")


def _stamp(path: Path | None) -> tuple[int, ...]:
    """What changes when the file does; empty when it is not there."""
    try:
        seen = path.stat() if path else None
    except OSError:
        return ()
    return (seen.st_mtime_ns, seen.st_size, seen.st_ino) if seen else ()


def _names(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Names of the attributes set, and `attribute:part` of each part set in a mapping or a list of mappings."""
    for name, value in attributes.items():
        yield name
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, Mapping):
                yield from (f"{name}:{part}" for part in each)
