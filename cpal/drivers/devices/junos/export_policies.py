"""Policies of export of cpal's: what a protocol of an instance tells beside what it tells anyway. Pure.

A policy stands before others' where its protocol asks for policies, and is asked as long as anything is in it. Its
terms accept what they ask for, in an order that follows from what they are; what none accepts is up to the next policy.
Other terms in it are others', and stand behind.

Source: Junos OS Routing Policies User Guide, "Applying Routing Policies", "Routing Policy Match Conditions".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cpal.drivers.devices.junos.text import quoted, statements, values
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section

CONNECTED = "direct"
"""What Junos calls routes to what is connected."""
OPTIONS = ("policy-options",)
EXPORT, ACCEPT = "export", "then accept"


def name_of(protocol: str, above: Path) -> str:
    """The policy by which a protocol of an instance tells what is declared."""
    return "-".join((f"cpal-{protocol}", *above[1:]))


def policy(name: str) -> Path:
    """Where a policy stands."""
    return *OPTIONS, f"policy-statement {quoted(name)}"


def terms(tree: Tree, protocol: Path, name: str) -> Iterator[tuple[str, set[str]]]:
    """The terms of a policy that a protocol asks for, each with its statements."""
    if name in values(section(tree, protocol) or {}, EXPORT):
        for line, term in (section(tree, policy(name)) or {}).items():
            if line.startswith("term "):
                yield line, statements(term)


def write_term(tree: Tree, name: str, term: str, asked: Sequence[str], known: Collection[str]) -> None:
    """Have a policy accept what a term asks for; `known` are the terms that are cpal's."""
    held = put(tree, policy(name))
    for each in (*asked, ACCEPT):
        word, _, told = each.partition(" ")
        put(held, (term, word, told))
    every = list(held.items())
    held.clear()
    held.update({line: _in_order(below) for line, below in sorted(every, key=_line) if line in known})
    held.update({line: below for line, below in every if line not in known})


def _line(held: tuple[str, Tree]) -> str:
    return held[0]


def _in_order(term: Tree) -> Tree:
    """A term whose conditions are in an order that follows from what they are."""
    return {line: dict(sorted(below.items(), key=_line)) for line, below in term.items()}


def settle(tree: Tree, protocol: Path, name: str) -> None:
    """Have a protocol that is there ask for a policy with something in it, before others', and no empty one there."""
    if section(tree, policy(name)) == {}:
        drop(tree, policy(name))
    is_there = section(tree, policy(name)) is not None
    below = section(tree, protocol)
    held = values(below or {}, EXPORT)
    if below is not None and is_there != (name in held):
        write_list(below, [name, *held] if is_there else [each for each in held if each != name])


def write_list(below: Tree, names: Sequence[str]) -> None:
    """Have a section ask for these policies, in this order."""
    if values(below, EXPORT) == [*names]:
        return
    for each in values(below, EXPORT):
        del below[f"{EXPORT} {quoted(each)}"]
    below.update({f"{EXPORT} {quoted(each)}": {} for each in names})
