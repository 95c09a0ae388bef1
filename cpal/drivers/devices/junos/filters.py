"""What a Junos configuration says of access lists, as rows, and how that is written. Pure.

An access list is a firewall filter of `family inet`, and an entry a term that is called by its number. Terms are asked
in the order in which they stand, so that a term of a number stands behind the lesser ones. One that does not, and one
that is called otherwise, is no entry that a record can say: others' terms stay where they are. A filter that only marks
packets is none of these (`classifiers`).

Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide, "Firewall Filters Overview".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import quote, unquote

from cpal.core.rows import VALUE, Row, RowKey
from cpal.drivers.devices.junos import classifiers, filter_terms
from cpal.drivers.devices.junos.reading import INET, LOGICAL, PHYSICAL, is_logical, unit_path
from cpal.drivers.devices.junos.text import quoted, statements, unquoted
from cpal.drivers.devices.junos.vlans import INTERFACES, UNIT
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_acl import ACL, ACL_ENTRIES
from cpal.drivers.devices.render_switch import EGRESS_ACL, INGRESS_ACL, INGRESS_CLASSIFIER, INTERFACE, key_of, parts_of
from cpal.errors import Rejected

FILTERS = frozenset({ACL, ACL_ENTRIES})
"""The tables that are read and written here; where interfaces ask a list, `editing` writes."""
_FAMILY = ("firewall", INET)
_FILTER, _TERM = "filter ", "term "
WORDS = {INGRESS_ACL: "input", EGRESS_ACL: "output", INGRESS_CLASSIFIER: "input"}
"""What a filter of an interface is asked of."""


def asked_at(name: str) -> Path:
    """Where an interface says which filters it asks."""
    return (*unit_path(name), INET, "filter")


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of these of a device."""
    found: list[Row] = []
    marking = classifiers.filters(tree)
    for line, terms in (section(tree, _FAMILY) or {}).items():
        name = unquoted(line.removeprefix(_FILTER))
        if line.startswith(_FILTER) and len(name.split()) == 1 and name not in marking:
            within = key_of(ACL, device, name)
            found.append(Row(within))
            for term, said in _terms(terms):
                found.append(Row(key_of(ACL_ENTRIES, device, name, term), {VALUE: said}, (), within))
    return {row.key: row for row in (*found, *_asked(tree, device, marking))}


def _terms(terms: Tree) -> Iterator[tuple[str, str]]:
    """Each term by its number, or by its name in one word, with what it says."""
    last = 0
    for line, term in terms.items():
        if not line.startswith(_TERM):
            continue
        name, said = unquoted(line.removeprefix(_TERM)), filter_terms.read(term)
        number = _number(line)
        if number is None:
            yield quote(f"{_TERM}{name}"), said
        else:
            yield name, said if number > last else f"{said}; behind {last}"
            last = max(last, number)


def _number(line: str) -> int | None:
    """The number that a term is called by."""
    name = line.removeprefix(_TERM)
    return int(name) if line.startswith(_TERM) and name.isdecimal() and name == str(int(name)) else None


def _asked(tree: Tree, device: str, marking: Collection[str]) -> Iterator[Row]:
    for physical, below in tree.get(INTERFACES, {}).items():
        for line, unit in below.items():
            logical = f"{physical}.{line.removeprefix('unit ')}"
            name = logical if LOGICAL.fullmatch(logical) else physical if line == UNIT else ""
            said = statements((section(unit, (INET,)) or {}).get("filter", {}))
            for table, word in WORDS.items() if LOGICAL.fullmatch(name) or PHYSICAL.fullmatch(name) else ():
                lists = [unquoted(each.partition(" ")[2]) for each in said if each.startswith(f"{word} ")]
                if lists and (table == EGRESS_ACL or (lists[0] in marking) is (table == INGRESS_CLASSIFIER)):
                    within = key_of(INTERFACE, device, name) if is_logical(name) else None
                    yield Row(key_of(table, device, name), {VALUE: lists[0]}, (), within)


def write(tree: Tree, row: Row) -> None:
    """Have a tree say what a row says. Raises: Rejected, of a term that is called otherwise than by a number."""
    name, *term = parts_of(row.key)
    terms = put(tree, _path(name))
    if not term:
        return
    if not term[0].isdecimal():
        raise Rejected("a term without a number stands where others put it", key=f"filter {name}: {unquote(term[0])}")
    line = f"{_TERM}{term[0]}"
    terms.pop(line, None)
    held = list(terms.items())
    number = int(term[0])
    lesser = [n for n, (other, _) in enumerate(held) if (of := _number(other)) is not None and of < number]
    greater = [n for n, (other, _) in enumerate(held) if (of := _number(other)) is not None and of > number]
    at = lesser[-1] + 1 if lesser else greater[0] if greater else len(held)
    terms.clear()
    terms.update((*held[:at], (line, filter_terms.written(str(row.columns[VALUE]))), *held[at:]))


def erase(tree: Tree, before: Tree, row: Row) -> None:
    """Have a tree say nothing of a row, with the sections that are empty without it and were not `before`."""
    name, *term = parts_of(row.key)
    if term:
        line = f"{_TERM}{term[0]}" if term[0].isdecimal() else _line(unquote(term[0]))
        drop(tree, (*_path(name), line))
    else:
        drop(tree, _path(name))
    for depth in (2, 1):
        if section(tree, _FAMILY[:depth]) == {} and section(before, _FAMILY[:depth]) != {}:
            drop(tree, _FAMILY[:depth])


def _line(term: str) -> str:
    """The line of a term that is called otherwise than by a number."""
    return f"{_TERM}{quoted(term.removeprefix(_TERM))}"


def _path(name: str) -> Path:
    return (*_FAMILY, f"{_FILTER}{quoted(name)}")
