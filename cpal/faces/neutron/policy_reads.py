"""What a policy check looks at in its target, so that its answer can be remembered by that alone.

Two targets that agree on the keys a check reads get the same answer from it; where the check only asks whether the
caller's project owns what a key names, they need to agree on no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from oslo_policy import _checks as oslo
from oslo_policy.policy import AndCheck, NotCheck, OrCheck, RuleCheck

from cpal.faces.neutron.policy_checks import FieldCheck, OwnerCheck, Target, owns

Checks = Mapping[str, oslo.BaseCheck]
"""Check by rule; `checks[rule]` of an unknown rule is the default rule's, as in oslo.policy's `Rules`."""

_PLAIN = frozenset((str, bool, type(None)))
"""Types whose values are equal only when nothing can tell them apart (1 and True are equal, and print differently)."""

_ABSENT = object()

_NAMED_VALUE = re.compile(r"%\(([^)]*)\)s")


class Reads(NamedTuple):
    """What a check reads of its target: whether the caller owns what `owners` name, and the `values` at some keys.

    `open` is true of a check that may read anything else, such as one that asks another server.
    """

    owners: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    open: bool = False

    def view(self, project_id: str, target: Target) -> tuple[object, ...] | None:
        """What the check sees of the target, hashable; nothing when that cannot be told."""
        if self.open:
            return None
        values: list[object] = []
        for key in self.values:
            value = target.get(key, _ABSENT)
            if value.__class__ not in _PLAIN and value is not _ABSENT:
                return None
            values.append(value)
        return (*[owns(project_id, target, key) for key in self.owners], *values)


def reads(check: oslo.BaseCheck, checks: Checks) -> Reads:
    """What the check reads of its target, through the rules that it names too."""
    return joined(_reads_of_leaf(leaf) for leaf in leaves(check, checks))


def joined(parts: Iterable[Reads]) -> Reads:
    """What several checks read together."""
    found = tuple(parts)
    return Reads(
        owners=tuple(sorted({key for part in found for key in part.owners})),
        values=tuple(sorted({key for part in found for key in part.values})),
        open=any(part.open for part in found),
    )


def _reads_of_leaf(leaf: oslo.BaseCheck) -> Reads:
    if isinstance(leaf, oslo.TrueCheck | oslo.FalseCheck):
        return Reads()
    if isinstance(leaf, OwnerCheck):
        return Reads(owners=(leaf.key,))
    if isinstance(leaf, FieldCheck):
        return Reads(values=leaf.keys)
    if isinstance(leaf, oslo.RoleCheck | oslo.GenericCheck):
        rest = _NAMED_VALUE.sub("", leaf.match)
        return Reads(values=tuple(_NAMED_VALUE.findall(leaf.match)), open="%" in rest)
    return Reads(open=True)


def parts(check: oslo.BaseCheck) -> list[oslo.BaseCheck]:
    """The checks that this one joins or turns round."""
    if isinstance(check, AndCheck | OrCheck):
        return list(check.rules)
    return [check.rule] if isinstance(check, NotCheck) else []


def within(check: oslo.BaseCheck) -> Iterator[oslo.BaseCheck]:
    """The check's leaves: what it is made of, without looking into rules it names."""
    below = parts(check)
    if not below and not isinstance(check, AndCheck | OrCheck):
        yield check
    for part in below:
        yield from within(part)


def named(check: oslo.BaseCheck) -> frozenset[str]:
    """The rules that the check names."""
    return frozenset(leaf.match for leaf in within(check) if isinstance(leaf, RuleCheck))


def leaves(check: oslo.BaseCheck, checks: Checks) -> Iterator[oslo.BaseCheck]:
    """The leaves of the check and of every rule it comes to."""
    waiting, met = [check], set[str]()
    while waiting:
        for leaf in within(waiting.pop()):
            if not isinstance(leaf, RuleCheck):
                yield leaf
            elif leaf.match not in met:
                met.add(leaf.match)
                waiting.append(checks[leaf.match])
