"""Junos configurations: what the schema knows is taken as text, as `set` commands, as XML, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpal.lab.emulate.junos.schema import schema
from cpal.lab.emulate.junos.statements import Wrong, erase, top
from cpal.lab.emulate.junos.text import as_set, as_text, compared, load_set, load_text, quoted
from cpal.lab.emulate.junos.xml import as_xml, load_xml
from cpal.lab.emulate.tree import Node
from tests.unit.lab.emulate.lines import every_line

EXAMPLES = {
    "string": '"some more"', "word": "a-word", "name": "NAME", "ip": "192.0.2.1", "ip6": "2001:db8::1",
    "prefix": "192.0.2.1/24", "prefix6": "2001:db8::1/64", "any-prefix": "192.0.2.0/24", "host": "192.0.2.9",
    "route": "198.51.100.0/24", "number": "7", "count": "8", "vlan": "12", "vlan-id": "12", "vni": "10012",
    "mtu": "1600", "interface": "ge-0/0/1.0", "port": "ge-0/0/1", "unit": "5", "as": "65001", "rd": "65001:12",
    "target": "target:65001:12", "action": "accept",
    "filter-protocol": "tcp", "filter-port": "1024-65535", "icmp-type": "echo-request", "icmp-code": "1",
    "area": "0.0.0.7", "cost": "7",
    "msti": "3", "mc-ae": "3", "bridge-priority": "8k", "ecmp": "64", "dscp": "af11",
}  # fmt: skip
STATEMENTS = [" ".join(written) for _, written in every_line(schema(), EXAMPLES)]


def of_set(root: Node, text: str) -> list[Wrong]:
    """Load `set` commands."""
    return load_set(root, text)


def xml_of(root: Node) -> str:
    """A configuration as XML."""
    found = Element("configuration")
    as_xml(root, found)
    return ElementTree.tostring(found, encoding="unicode")


def of_xml(root: Node, text: str) -> list[Wrong]:
    """Load XML."""
    return load_xml(root, ElementTree.fromstring(text))


def text_of(root: Node) -> str:
    """A configuration with curly brackets."""
    return "\n".join(as_text(root))


def set_of(root: Node) -> str:
    """A configuration as `set` commands."""
    return "\n".join(as_set(root))


def written(*statements: str) -> Node:
    """A configuration of these statements."""
    root = Node()
    assert [(wrong.path, wrong.word) for wrong in load_set(root, "\n".join(f"set {each}" for each in statements))] == []
    return root


FROM = "firewall { family inet { filter WEB { term 10 { from {"
FORMS = {"text": (text_of, load_text), "set": (set_of, of_set), "xml": (xml_of, of_xml)}


@pytest.mark.parametrize("form", FORMS)
def test_every_statement_comes_back_from_every_form(form: str) -> None:
    show: Callable[[Node], str] = FORMS[form][0]
    load: Callable[[Node, str], list[Wrong]] = FORMS[form][1]
    for statement in STATEMENTS:
        root, again = written(statement), Node()
        assert [(wrong.path, wrong.word) for wrong in load(again, show(root))] == [], show(root)
        assert text_of(again) == text_of(root), show(root)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30)
@given(statements=st.lists(st.sampled_from(STATEMENTS), min_size=2, max_size=12))
def test_many_statements_come_back_from_every_form(form: str, statements: list[str]) -> None:
    root, again = written(*statements), Node()
    assert FORMS[form][1](again, FORMS[form][0](root)) == []
    assert text_of(again) == text_of(root)


@given(st.sampled_from(STATEMENTS), st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_what_is_deleted_is_gone_and_nothing_else(statement: str, others: list[str]) -> None:
    kept = [other for other in others if not related(other, statement)]
    root = written(*kept, statement)
    load_set(root, f"delete {statement}")
    assert text_of(root) == text_of(written(*kept)) or f"set {statement}" not in set_of(root)
    left = [f"{line} " for line in set_of(root).splitlines()]
    missing = [
        line for line in set_of(written(*kept)).splitlines() if not any(each.startswith(f"{line} ") for each in left)
    ]
    assert (
        missing == []
    )  # a line that another one goes on from is there: `set interfaces X` in `set interfaces X unit 5`


def related(one: str, other: str) -> bool:
    """Whether one of two statements stands in the other, or takes its place."""
    return one.split()[:-1] == other.split()[:-1] or one.startswith(other) or other.startswith(one)


@given(st.lists(st.sampled_from(STATEMENTS), max_size=8), st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_nothing_changed_exactly_when_two_texts_are_the_same(one: list[str], other: list[str]) -> None:
    before, after = written(*one), written(*other)
    assert (list(compared(before, after)) == []) is (text_of(before) == text_of(after))


def test_a_change_is_told_section_by_section() -> None:
    before = written("system host-name a", "vlans red vlan-id 10", "interfaces ge-0/0/1 mtu 1600")
    after = written(
        "system host-name b", "vlans red vlan-id 10", "vlans blue vlan-id 20", "interfaces ge-0/0/1 disable"
    )
    assert list(compared(before, after)) == [
        "[edit system]", "-  host-name a;", "+  host-name b;",
        "[edit interfaces ge-0/0/1]", "+   disable;", "-   mtu 1600;",
        "[edit vlans]", "+   blue {", "+       vlan-id 20;", "+   }",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "word"),
    [
        ("system { host-nam x; }", ("system",), "host-nam"),
        ("nothing;", (), "nothing"),
        ("interfaces { ge-0/0/1 { mtu 10; } }", ("interfaces", "ge-0/0/1"), "mtu"),
        ("vlans { red { vlan-id 5000; } }", ("vlans", "red"), "vlan-id"),
        ("protocols { rstp { bridge-priority 4095; } }", ("protocols", "rstp"), "bridge-priority"),
        (f"{FROM} protocol gree; }} }} }} }} }}", (*FROM.replace("{", "").split(),), "protocol"),
        (f"{FROM} destination-port 65536; }} }} }} }} }}", (*FROM.replace("{", "").split(),), "destination-port"),
        ("system { host-name a b; }", ("system", "host-name", "a"), "b"),
        ("inactive: vlans { red { vlan-id 10; } }", ("vlans",), "inactive:"),
    ],
)
def test_a_statement_that_is_none_is_refused_with_its_place(text: str, path: tuple[str, ...], word: str) -> None:
    root = Node()
    (wrong,) = load_text(root, text + " routing-options { router-id 192.0.2.1; }")
    assert (wrong.path, wrong.word) == (path, word)
    assert "router-id 192.0.2.1;" in text_of(root)


def test_a_text_may_delete_and_replace() -> None:
    root = written("vlans red vlan-id 10", "vlans blue vlan-id 20", "vlans blue description old")
    assert load_text(root, "vlans { delete: red; replace: blue { vlan-id 30; } }", replacing=True) == []
    assert set_of(root) == "set vlans blue vlan-id 30"


def test_xml_may_delete_and_replace() -> None:
    root = written("vlans red vlan-id 10", "vlans blue vlan-id 20", "vlans blue description old")
    text = (
        '<configuration><vlans><vlan operation="delete"><name>red</name></vlan>'
        '<vlan operation="replace"><name>blue</name><vlan-id>30</vlan-id></vlan></vlans></configuration>'
    )
    assert of_xml(root, text) == []
    assert set_of(root) == "set vlans blue vlan-id 30"


def test_values_of_a_list_stand_together_and_terms_stay_in_order() -> None:
    root = written(
        "interfaces ge-0/0/1.0 family ethernet-switching vlan members red",
        "interfaces ge-0/0/1.0 family ethernet-switching vlan members blue",
        "policy-options policy-statement P term z then accept",
        "policy-options policy-statement P term a then reject",
    )
    shown = text_of(root)
    assert "members [ red blue ];" in shown
    assert shown.index("term z") < shown.index("term a")


@pytest.mark.parametrize(
    ("value", "shown"), [("a-b/1.0", "a-b/1.0"), ("a b", '"a b"'), ('say "x"', '"say \\"x\\""'), ("$6$a", '"$6$a"')]
)
def test_words_are_quoted_where_they_must(value: str, shown: str) -> None:
    assert quoted(value) == shown
    root = Node()
    assert load_text(root, f"system {{ login {{ message {shown}; }} }}") == []
    assert load_text(Node(), text_of(root)) == []
    login = root.find("system")
    assert login
    section = login.find("login")
    assert section
    assert section.value("message") == value


def test_what_is_not_there_is_not_deleted() -> None:
    root = written("vlans red vlan-id 10")
    assert [wrong.message for wrong in load_set(root, "delete vlans blue\nfrobnicate x\nset")] == [
        "statement not found", "unknown command", "syntax error",
    ]  # fmt: skip
    erase(top(root), ["vlans", "blue"])
    assert set_of(root) == "set vlans red vlan-id 10"
