"""The route targets of an instance that stand in policies, as others write them. Pure.

An instance exports with the targets that terms of its `vrf-export` policies give to routes: members of the communities
that they add or set. It imports what has a target that a term of its `vrf-import` policies asks for and accepts; a
community of several members asks for all of them at once, which no target says, and is left out.

Source: Junos OS CLI Reference, "vrf-export", "vrf-import"; Routing Policies User Guide, "BGP Communities as Policy
Match Conditions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.junos.text import quoted, statements, unquoted, values
from cpal.drivers.devices.parse.tree import Tree, section

_TARGET = "target:"
_STATEMENT = re.compile(r"(?:term (?P<term>\S+) )?(?P<part>from|then) (?P<said>.+)")
_MEMBER = re.compile(r"community (?P<name>\S+) members (?P<member>\S+)")


def targets(tree: Tree, instance: Tree) -> list[tuple[str, str]]:
    """The route targets that policies of an instance say, each with its direction; each once, in order."""
    known = _communities(tree)
    exported = {
        target
        for terms in _terms(tree, instance, "export")
        for said in terms
        if (added := re.fullmatch(r"then community (?:add|set) (\S+)", said))
        for target in known.get(added[1], ())
    }
    imported = {
        asked[0]
        for terms in _terms(tree, instance, "import")
        if "then accept" in terms
        for said in terms
        if said.startswith("from community ") and len(asked := known.get(said.rpartition(" ")[2], [])) == 1
    }
    return [*(("import", each) for each in sorted(imported)), *(("export", each) for each in sorted(exported))]


def _communities(tree: Tree) -> dict[str, list[str]]:
    """The route targets that are members of each community."""
    found: dict[str, list[str]] = {}
    for statement in statements(tree.get("policy-options", {})):
        member = _MEMBER.fullmatch(statement)
        if member and (target := unquoted(member["member"])).startswith(_TARGET):
            found.setdefault(member["name"], []).append(target.removeprefix(_TARGET))
    return found


def _terms(tree: Tree, instance: Tree, direction: str) -> Iterator[set[str]]:
    """What each term of the policies of a direction says."""
    for policy in values(instance, f"vrf-{direction}"):
        terms: dict[str, set[str]] = {}
        for statement in statements(section(tree, ("policy-options", f"policy-statement {quoted(policy)}")) or {}):
            if found := _STATEMENT.fullmatch(statement):
                terms.setdefault(found["term"] or "", set()).add(f"{found['part']} {found['said']}")
        yield from terms.values()
