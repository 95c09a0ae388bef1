"""What a Junos configuration says of what marks packets, as rows, and how that is written. Pure.

A classifier is a firewall filter of `family inet` that accepts all, with other DSCPs. A term of the record is one of
that filter, by its name, where it asks for a DSCP, and else one for each entry of its list, `TERM.LIST.NUMBER`: filters
ask no other, so that those follow their list. Others' filters are read where they are such, with the same name for a
term in one of them alone.

Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide, "Firewall Filter Match Conditions
for IPv4 Traffic", "Firewall Filter Nonterminating Actions"; CLI Reference, "dscp (Multifield Classifier)".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from cpal.core.rows import VALUE, Op, Row, RowKey, Value
from cpal.drivers.devices.classifier_lines import dscp
from cpal.drivers.devices.junos import filter_terms
from cpal.drivers.devices.junos.reading import INET
from cpal.drivers.devices.junos.text import quoted, statements, unquoted
from cpal.drivers.devices.parse.tree import Tree, copied, drop, put, section
from cpal.drivers.devices.render_acl import ACL, ACL_ENTRIES
from cpal.drivers.devices.render_classifier import CLASS, CLASS_ACL, CLASS_DSCP, CLASSES, POLICY, SET_DSCP
from cpal.drivers.devices.render_switch import device_of, key_of, parts_of
from cpal.errors import Conflict
from cpal.model.acl import ACCEPT

TABLES = frozenset({CLASS, CLASS_ACL, CLASS_DSCP, POLICY, CLASSES, SET_DSCP})
"""The tables that are read and written here."""
_FAMILY = ("firewall", INET)
_FILTER, _TERM = "filter ", "term "
_REST = f"{_TERM}class-default"
_ACCEPTS, _SETS = "then accept", "then dscp "
_ASKED = "from dscp "
_OF_LIST = re.compile(r"([A-Za-z][\w-]*)\.(.+)\.(\d+)", re.ASCII)


class _Term(NamedTuple):
    """A term of a filter that gives packets a DSCP: of which class, list and entry it is, and what it says."""

    line: str
    of: str
    acl: str
    number: int
    asked: str
    given: Value


def filters(tree: Tree) -> dict[str, Tree]:
    """The filters that mark packets and do nothing else, by their names: those first that end as cpal's do."""
    found = {}
    for line, below in (section(tree, _FAMILY) or {}).items():
        name = unquoted(line.removeprefix(_FILTER))
        if line.startswith(_FILTER) and len(name.split()) == 1 and _marks(below):
            found[name] = below
    return dict(sorted(found.items(), key=lambda each: (_REST not in each[1], each[0])))


def _marks(terms: Tree) -> bool:
    """Whether all of a filter's terms give a DSCP, but for the last, which accepts the rest."""
    *first, last = [statements(each) for line, each in terms.items() if line.startswith(_TERM)] or [set[str]()]
    ends = ("then discard", "then reject", "then next")
    gives = all(any(each.startswith(_SETS) for each in said) for said in first)
    return bool(first) and gives and last == {_ACCEPTS} and not any(e.startswith(ends) for said in first for e in said)


def _terms(below: Tree) -> Iterator[_Term]:
    for line, term in below.items():
        said = statements(term)
        given = next((each.removeprefix(_SETS) for each in said if each.startswith(_SETS)), None)
        if line.startswith(_TERM) and given is not None:
            name = unquoted(line.removeprefix(_TERM))
            found = _OF_LIST.fullmatch(name)
            of, acl, number = found.groups() if found else (quote(name), "", "0")
            yield _Term(line, of, acl, int(number), _asked(term), dscp(given))


def _asked(term: Tree) -> str:
    """What a term asks for, as the words of an entry; or a DSCP by its number."""
    said = {each for each in statements(term) if each.startswith("from ")}
    if len(said) == 1 and (asked := next(iter(said))).startswith(_ASKED):
        return str(dscp(asked.removeprefix(_ASKED)))
    return filter_terms.read({"from": {each.removeprefix("from "): {} for each in sorted(said)}, _ACCEPTS: {}})


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of these of a device."""
    found: dict[RowKey, Row] = {}
    for name, below in filters(tree).items():
        policy, classes = key_of(POLICY, device, name), dict[str, list[_Term]]()
        for term in _terms(below):
            classes.setdefault(term.of, []).append(term)
        order = " ".join(dict.fromkeys(_order(list(_terms(below)))))
        rows = [Row(policy), Row(key_of(CLASSES, device, name), {VALUE: order}, (), policy)]
        for of, terms in classes.items():
            within = key_of(CLASS, device, of)
            table, said = _matched(tree, terms)
            given = {term.given for term in terms}
            value = given.pop() if len(given) == 1 else " or ".join(sorted(map(str, given)))
            rows += [Row(within), Row(key_of(table, device, of), {VALUE: said}, (), within),
                     Row(key_of(SET_DSCP, device, name, of), {VALUE: value}, (), policy)]  # fmt: skip
        found = {row.key: row for row in rows} | found
    return found


def _order(terms: Sequence[_Term]) -> Iterator[str]:
    """The classes in their order; one of which a term stands apart from the others is there as it is."""
    last = ""
    for n, term in enumerate(terms):
        is_new = term.of != last and any(each.of == term.of for each in terms[:n])
        yield f"{term.of}+{n}" if is_new else term.of
        last = term.of


def _matched(tree: Tree, terms: Sequence[_Term]) -> tuple[str, Value]:
    """What a class asks for: a list, where its terms say what that does, or a DSCP."""
    acl = terms[0].acl
    if not acl:
        asked = terms[0].asked if len(terms) == 1 else " or ".join(each.asked for each in terms)
        return CLASS_DSCP, int(asked) if asked.isdecimal() else asked
    held = {each.number: each.asked for each in terms}
    is_as_list = all(each.acl == acl for each in terms) and list(held.items()) == list(_entries(tree, acl).items())
    return CLASS_ACL, acl if is_as_list else f"{acl} otherwise"


def _entries(tree: Tree, acl: str) -> dict[int, str]:
    """What the entries of a list say that accept packets, by their numbers."""
    listed = section(tree, (*_FAMILY, f"{_FILTER}{quoted(acl)}")) or {}
    said = {line.removeprefix(_TERM): filter_terms.read(term) for line, term in listed.items() if _TERM in line}
    found = {int(name): words for name, words in said.items() if name.isdecimal() and words.startswith(ACCEPT)}
    return dict(sorted(found.items()))


def edit(tree: Tree, before: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> None:
    """Have a tree say what ops say of these, once access lists are as they are to be.

    Raises:
        Conflict: a filter of that name is something else, or another marks by a term of the same name.
    """
    mine = [op for op in ops if op.key.table in TABLES]
    if not mine and not any(op.key.table in (ACL, ACL_ENTRIES) for op in ops):
        return
    device = device_of(ops[0].key)
    gone = {op.key for op in mine if op.after is None}
    rows = {key: row for key, row in rows_of(before, device).items() if key not in gone}
    rows |= {op.key: op.after for op in mine if op.after is not None}
    for key in gone:
        if key.table == POLICY:
            drop(tree, (*_FAMILY, f"{_FILTER}{quoted(parts_of(key)[0])}"))
    kept = {*ours, *(op.key for op in mine)} - gone
    for key in sorted(key for key in kept if key.table == POLICY and key in rows):
        _refuse_other(before, key, ours)
        _write(tree, key, rows)
    for depth in (2, 1):
        if section(tree, _FAMILY[:depth]) == {} and section(before, _FAMILY[:depth]) != {}:
            drop(tree, _FAMILY[:depth])
    held = rows_of(tree, device) if mine else {}
    for op in mine:
        if op.after is not None and (op.key not in held or held[op.key].columns != op.after.columns):
            why = "another filter there marks by a term of that name"
            raise Conflict(why, key=str(op.key), remedy="call one of them otherwise; nothing was changed")


def _refuse_other(tree: Tree, key: RowKey, ours: Collection[RowKey]) -> None:
    name = parts_of(key)[0]
    there = section(tree, (*_FAMILY, f"{_FILTER}{quoted(name)}"))
    if there is not None and key not in ours and name not in filters(tree):
        why = "the device has a filter of that name that does more than mark packets"
        raise Conflict(why, key=str(key), remedy="call the classifier otherwise; nothing was changed")


def _write(tree: Tree, key: RowKey, rows: Mapping[RowKey, Row]) -> None:
    """Have a filter say what rows say of a classifier; what else is done to packets of its terms stays."""
    device, name = key.name.split()

    def said(table: str, *about: str) -> Value | None:
        row = rows.get(key_of(table, device, *about))
        return row.columns[VALUE] if row is not None else None

    below = put(tree, (*_FAMILY, f"{_FILTER}{quoted(name)}"))
    held = {line: term for line, term in below.items() if line.startswith(_TERM)}
    known = {term.line: term for term in _terms(below)}
    wanted: Tree = {}
    for of in str(said(CLASSES, name) or "").split():
        acl, given = said(CLASS_ACL, of), said(SET_DSCP, name, of)
        asked = {f"{of}.{acl}.{n}": words for n, words in _entries(tree, str(acl)).items()} if acl is not None else {
            of: str(said(CLASS_DSCP, of))}  # fmt: skip
        for term, words in asked.items():
            line = f"{_TERM}{quoted(term)}"
            was = known.get(line)
            if was is not None and was.asked == words:
                wanted[line] = held[line] if was.given == given else _giving(given, held[line], held[line])
            else:
                asks: Tree = {"from": {f"dscp {words}": {}}} if words.isdecimal() else filter_terms.written(words)
                wanted[line] = _giving(given, asks, held.get(line, {}))
    rest = [line for line, term in held.items() if statements(term) == {_ACCEPTS}][-1:] or [_REST]
    wanted |= {line: held.get(line) or {"then": {"accept": {}}} for line in rest}
    for line in held:
        del below[line]
    below.update(wanted)


def _giving(given: Value | None, asks: Tree, held: Tree) -> Tree:
    """A term that asks what one does, and gives this, with what else another does to packets."""
    more = [each.removeprefix("then ") for each in sorted(statements(held)) if each.startswith("then ")]
    then = [each for each in more if each != "accept" and not each.startswith("dscp ")]
    asked = {line: copied(below) for line, below in asks.items() if line.startswith("from")}
    return {**asked, "then": {each: {} for each in (f"dscp {given}", *then, "accept")}}
