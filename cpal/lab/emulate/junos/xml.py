"""A Junos configuration as XML, and back: lists name their entries by `<name>`. Source: Junos XML API reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from cpal.lab.emulate.grammar import Match, Rule, Rules
from cpal.lab.emulate.junos.schema import schema
from cpal.lab.emulate.junos.statements import Wrong, erase, lead, tidy, top, write
from cpal.lab.emulate.tree import Node

OPERATION = "operation"
WRAPPERS = ("rd-type", "as-number", "filter-name", "path")
"""Elements in which a leaf has its value."""


RENAMED = {"802.3ad": "ieee-802.3ad"}
"""Words that no element can be called by, and what XML calls them."""
_SHOWN = {element: word for word, element in RENAMED.items()}


def plain(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def built(tag: str, *below: Element | str, **attributes: str) -> Element:
    """An element with a text or elements below it."""
    element = Element(tag, {name.replace("_", ":"): value for name, value in attributes.items()})
    for each in below:
        if isinstance(each, str):
            element.text = each
        else:
            element.append(each)
    return element


def fields(**values: str | int) -> list[Element]:
    """An element for each value; `_` stands for `-`."""
    return [built(name.replace("_", "-"), str(value)) for name, value in values.items()]


def as_xml(root: Node, parent: Element, rules: Rules | None = None) -> None:
    """The statements of a section as elements below another."""
    rules = rules or schema()
    for child in root.children():
        found = rules.match(child.words)
        assert isinstance(found, Match), child.line
        if "flat" in found.rule.flags:
            _as_flat_xml(child, parent, found.rule)
            continue
        element = _element(parent, found)
        if child.below and found.rule.below is not None:
            as_xml(child, element, found.rule.below)


def _as_flat_xml(container: Node, parent: Element, rule: Rule) -> None:
    """A list whose entries have, each, the container's own element."""
    for entry in container.children():
        found = rule.below.match(entry.words) if rule.below else None
        assert isinstance(found, Match), entry.line
        element = SubElement(parent, rule.tokens[-1])
        SubElement(element, "name").text = entry.words[0]
        as_xml(entry, element, found.rule.below)


def _element(parent: Element, match: Match) -> Element:
    """The element of one statement; what stands below it goes into it."""
    rule, words = match.rule, match.words
    inside, element, at = _flag(rule, "in"), parent, 0
    if inside:
        element = SubElement(parent, inside)
        _name(element, words[0], named=0 in rule.identity, wrapper="")
        at = 1
    while at < len(words):
        token, value = RENAMED.get(rule.tokens[at], rule.tokens[at]), words[at]
        if token.startswith("<"):
            wrapper = _flag(rule, "value")
            inner = SubElement(element, wrapper or value)
            inner.text = value if wrapper else None
        elif at + 1 < len(words) and (rule.tokens[at + 1].startswith("<") or _is_value(rule, at + 1)):
            at += 1
            element = SubElement(element, token)
            _name(element, words[at], at in rule.identity and "list" not in rule.flags, _flag(rule, "value"))
        else:
            last = at + 1 == len(words) and rule.below is None
            element = SubElement(element, token) if last else _joined(element, token)
        at += 1
    return element


def _is_value(rule: Rule, at: int) -> bool:
    """Whether a word is what a leaf is, though only certain words can be."""
    return at not in rule.identity and at - 1 in rule.identity and not rule.tokens[at - 1].startswith("<")


def _name(element: Element, value: str, named: bool, wrapper: str) -> None:
    """Write a value into its element: as the name of a list's entry, or as what a leaf is."""
    inner = "name" if named else wrapper
    (SubElement(element, inner) if inner else element).text = value


def _joined(parent: Element, tag: str) -> Element:
    """The element of a container, which stands once."""
    found = next((each for each in parent if each.tag == tag and each.find("name") is None and not each.text), None)
    return found if found is not None else SubElement(parent, tag)


def _flag(rule: Rule, name: str) -> str:
    return next((flag.removeprefix(f"{name} ") for flag in rule.flags if flag.startswith(f"{name} ")), "")


class Told(NamedTuple):
    """What an element says: the words of a statement, and `delete` or `replace` where it is not to be merged."""

    words: tuple[str, ...]
    operation: str


def told(element: Element, rules: Rules, path: tuple[str, ...] = (), pending: tuple[str, ...] = ()) -> Iterator[Told]:
    """The statements below an element of a configuration."""
    for child in element:
        tag = _SHOWN.get(plain(child.tag), plain(child.tag))
        if tag in WRAPPERS or (tag == "name" and "name" not in rules.by_first):
            continue
        name = None if _has_a_name_of_its_own(rules, (*pending, tag)) else _named(child)
        wrapped = next((each.text for each in child if plain(each.tag) in WRAPPERS), None)
        text = (wrapped or child.text or "").strip()
        unnamed = not pending and any(_flag(rule, "in") == tag for found in rules.by_first.values() for rule in found)
        words = (*pending, *(() if unnamed else (tag,)), *((name.strip(),) if name else ()), *((text,) if text else ()))
        operation = _operation(child)
        found = lead(rules, words)
        whole = found is not None and len(found.words) == len(words)
        below = [each for each in child if plain(each.tag) not in (*(("name",) if name else ()), *WRAPPERS)]
        if operation or whole or not below:
            yield Told((*path, *words), operation)
        if operation != "delete" and below:
            if whole and found is not None and found.rule.below is not None:
                yield from told(child, found.rule.below, (*path, *words))
            else:
                yield from told(child, rules, path, words)


def _named(element: Element) -> str | None:
    """The name of a list's entry."""
    return next((each.text for each in element if plain(each.tag) == "name"), None)


def _has_a_name_of_its_own(rules: Rules, words: tuple[str, ...]) -> bool:
    """Whether a section is no list, and has a statement that is called `name`."""
    found = rules.match(words)
    return isinstance(found, Match) and found.rule.below is not None and "name" in found.rule.below.by_first


def _operation(element: Element) -> str:
    for name, value in element.attrib.items():
        if plain(name) == OPERATION:
            return {"remove": "delete", "delete": "delete", "replace": "replace"}.get(value, "")
        if plain(name) in ("delete", "replace"):
            return plain(name)
    return ""


def load_xml(root: Node, configuration: Element) -> list[Wrong]:
    """Load a `<configuration>`; what of it was wrong."""
    wrong: list[Wrong] = []
    for each in list(told(configuration, schema())):
        try:
            if each.operation:
                erase(top(root), each.words)
            if each.operation != "delete":
                write(top(root), each.words)
        except Wrong as error:
            wrong.append(error)
    tidy(root)
    return wrong


def chosen(root: Node, wanted: Sequence[Element]) -> Node:
    """What a filter leaves of a configuration: the sections that it names, from the top as far as it goes."""
    kept = Node()
    kept.below = {}
    for element in wanted:
        for key, node in (root.below or {}).items():
            if node.words[0] == plain(element.tag):
                kept.below[key] = node
    return kept
