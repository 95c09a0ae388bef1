"""The policy file: rules by name in YAML or JSON, each replacing a default, all of them proven sound before use.

oslo.policy reads a rule that it does not understand as one that refuses everything, and says so in its log only. Here
such a file is refused as a whole, with the name of the rule.

Source: https://docs.openstack.org/oslo.policy/latest/admin/policy-yaml-file.html
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, cast

import yaml
from oslo_policy import _checks as oslo
from oslo_policy.policy import Enforcer, Rules, parse_file_contents

from cpal.errors import Invalid
from cpal.faces.identity.context import Context
from cpal.faces.neutron.policy_checks import credentials
from cpal.faces.neutron.policy_reads import named, within
from cpal.faces.neutron.values import said

_REMEDY = "see the policy language of oslo.policy"
logging.getLogger("oslo_policy._parser").addFilter(lambda record: False)  # what it does not understand is told here


def read(path: Path) -> dict[str, oslo.BaseCheck]:
    """The checks that the file gives, by rule.

    Raises:
        Invalid: it cannot be read, is no mapping of rules to checks, or one of them is malformed.
    """
    return {rule: _check(rule, written, path) for rule, written in _written(path).items()}


def _written(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content: object = parse_file_contents(text)
    except (OSError, ValueError, RecursionError) as error:
        raise Invalid(f"the policy file cannot be read: {error}", key=str(path)) from error
    if not isinstance(content, dict) or not all(isinstance(rule, str) for rule in content):
        raise Invalid("the policy file is not a mapping of rules to checks", key=str(path), remedy=_REMEDY)
    _refuse_repeated(text, path)
    return content


def _refuse_repeated(text: str, path: Path) -> None:
    """Refuse a rule that is written twice, of which YAML would take the last."""
    seen: set[str] = set()
    whole = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, _ in whole.value if whole else ():
        if key.value in seen:
            raise Invalid(f"the rule {key.value} is written again in line {key.start_mark.line + 1}", key=str(path),
                          field=key.value, remedy="write it once")  # fmt: skip
        seen.add(key.value)


def _check(rule: str, written: object, path: Path) -> oslo.BaseCheck:
    if not isinstance(written, str) and not _is_list(written):
        raise _malformed(rule, written, path)
    try:
        check = Rules.from_dict({rule: cast(str, written)})[rule]
        _probe(check)
    except _UNSOUND as error:
        raise _malformed(rule, written, path, error) from error
    if _misunderstood(check, written):
        raise _malformed(rule, written, path)
    return check


def _is_list(written: object) -> bool:
    """Whether it is of the old form: any of (all of (checks)); an inner list of one may be the check alone."""
    return isinstance(written, list) and all(
        isinstance(inner, str) or (isinstance(inner, list) and all(isinstance(each, str) for each in inner))
        for inner in written
    )


def _malformed(rule: str, written: object, path: Path, error: Exception | None = None) -> Invalid:
    why = f": {said(str(error))}" if error else ""
    return Invalid(f"the rule {rule} is malformed{why}", key=str(path), field=rule, seen=said(written), remedy=_REMEDY)


def _misunderstood(check: oslo.BaseCheck, written: object) -> bool:
    """Whether the check refuses where no `!` is written, or refuses all and more than that is written."""
    refusals = sum(isinstance(leaf, oslo.FalseCheck) for leaf in within(check))
    whole = isinstance(check, oslo.FalseCheck) and isinstance(written, str) and written.strip("() \n\t") != "!"
    return whole or refusals != _refusals_written(written)


def _refusals_written(written: object) -> int:
    """How often `!` is written; oslo.policy puts the same check in place of what it does not understand."""
    if isinstance(written, list):
        return sum(inner.count("!") if isinstance(inner, list) else inner == "!" for inner in written)
    return [word.strip("()") for word in str(written).split()].count("!")


class _Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "any"


_UNSOUND = (re.error, ValueError, TypeError, KeyError, AttributeError, SyntaxError)
"""What checks raise, when made or when asked, for what they were not written for."""


_ANYBODY = Context(user_id="any", project_id="any", roles=("any",), service_roles=("any",))


def _probe(check: oslo.BaseCheck) -> None:
    """Ask each check that compares with the caller's credentials once, since some fail only when asked."""
    for leaf in within(check):
        if isinstance(leaf, oslo.RoleCheck | oslo.GenericCheck):
            leaf(_Anything(), credentials(_ANYBODY), cast(Enforcer, None))


def unasked(checks: Mapping[str, oslo.BaseCheck], known: Collection[str]) -> list[str]:
    """The rules of a file that nothing asks for: none of those `known`, of an attribute of one, or named by one."""
    names = {*known}.union(*map(named, checks.values()))
    return [rule for rule in checks if rule not in names and rule.partition(":")[0] not in known]


def prove(checks: Mapping[str, oslo.BaseCheck], path: Path) -> None:
    """Nothing, if each rule names only rules that are there and none comes back to itself.

    Raises:
        Invalid: one does not.
    """
    graph = {rule: named(check) for rule, check in checks.items()}
    for rule, names in graph.items():
        if absent := sorted(names - checks.keys()):
            raise Invalid(f"the rule {rule} names the rule {absent[0]}, which is not there", key=str(path), field=rule)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring = " -> ".join(reversed(error.args[1]))
        raise Invalid(f"rules name each other in a ring: {ring}", key=str(path), field=error.args[1][0]) from error
