"""Junos's rendering keeps the rules of every driver; what is written is read again, and there and back is as before."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpal.core.diff import diff
from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.junos.target import MAKE
from cpal.drivers.devices.junos.text import commands, parsed
from cpal.drivers.devices.parse.tree import copied, drop, lines_of, section
from cpal.errors import Conflict
from cpal.model.estate import Estate
from tests.conformance.rules import DRAWN, RulesConformance
from tests.conformance.wanted import contents, wanted
from tests.support.switch_estates import SWITCHES, switch_estates
from tests.support.typed import TypedJunos

BY_HAND = """
system { host-name leaf1; services { netconf { ssh; } } ntp { server 192.0.2.9; } }
interfaces {
    ge-0/0/1 { description "by hand; } {"; mtu 1600; }
    ge-0/0/7 { unit 0 { family ethernet-switching { interface-mode trunk; vlan { members [ theirs 8-9 ]; } } } }
    ge-0/0/8 { unit 0 { family inet { address 203.0.113.1/30; } } }
    irb { unit 7 { family inet { address 203.0.113.9/30; } } }
    lo0 { unit 0 { family inet { address 10.0.0.1/32; } } }
}
switch-options { vtep-source-interface lo0.0; }
protocols { bgp { group spines { neighbor 10.255.0.254 { family evpn { signaling; } } } } }
routing-instances { theirs { instance-type vrf; interface ge-0/0/8.0; vrf-target target:64500:7; } }
vlans { theirs { vlan-id 7; l3-interface irb.7; } }
"""
"""What others configured: beside what is drawn, and within it where that says nothing of it."""
THEIRS = {RowKey(f"interface.{what}", "leaf1 ge-0/0/1") for what in ("description", "mtu")}


FEWER = settings(DRAWN, max_examples=25)


class TestJunosRules(RulesConformance):
    """What switches that run Junos should hold."""

    rules = MAKE.rules

    def estates(self) -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("junos", leaves=True)


def rows_at(estate: Estate, device: str) -> dict[RowKey, Row]:
    """The rows that an estate wants of a device, without those that others have there."""
    rows = wanted(MAKE.rules, estate)
    return {key: row for key, row in rows.items() if key.name.split()[0] == device and key not in THEIRS}


def bring(switch: TypedJunos, before: dict[RowKey, Row], after: dict[RowKey, Row]) -> None:
    """Type what leads from one estate's rows to another's."""
    tree = MAKE.tree(switch.running)
    edited = MAKE.edited(tree, diff(after, before, MAKE.rules.tables), before)
    switch.type(MAKE.lines(tree, edited))
    assert MAKE.tree(switch.running) == edited


@FEWER
@given(estate=switch_estates("junos", leaves=True))
def test_what_is_written_is_read_again(estate: Estate) -> None:
    for device in SWITCHES:
        rows, switch = rows_at(estate, device), TypedJunos(BY_HAND)
        bring(switch, {}, rows)
        found = MAKE.rows(MAKE.tree(switch.running), device)
        unsaid = {key for key, row in rows.items() if key not in found and MAKE.is_default(row)}
        assert contents({key: found[key] for key in rows.keys() - unsaid}) == contents(
            {key: row for key, row in rows.items() if key not in unsaid}
        )


@FEWER
@given(estates=st.lists(switch_estates("junos", leaves=True), min_size=1, max_size=3))
def test_there_and_back_leaves_what_was_there_and_no_path_matters(estates: list[Estate]) -> None:
    switch, rows = TypedJunos(BY_HAND), dict[RowKey, Row]()
    untouched = switch.running
    for estate in estates:
        after = rows_at(estate, "leaf1")
        bring(switch, rows, after)
        rows, direct = after, TypedJunos(BY_HAND)
        bring(direct, {}, after)
        assert switch.running == direct.running
    bring(switch, rows, {})
    assert switch.running == untouched


@FEWER
@given(data=st.data())
def test_parts_of_a_configuration_lead_to_other_parts(data: st.DataObject) -> None:
    whole = parsed(BY_HAND)
    ends = []
    for _ in range(2):
        tree = copied(whole)
        for path in data.draw(st.lists(st.sampled_from(list(lines_of(whole))), max_size=6)):
            if section(tree, path[:-1]) is not None:
                drop(tree, path)
        ends.append(TypedJunos())
        ends[-1].type(commands({}, tree))
    before, after = ends
    before.type(commands(parsed(before.running), parsed(after.running)))
    assert set(before.running.splitlines()) == set(after.running.splitlines())
    assert commands(parsed(before.running), parsed(after.running)) == []


@FEWER
@given(data=st.data())
def test_terms_stand_in_the_order_of_the_tree_whatever_it_was(data: st.DataObject) -> None:
    """By the emulator's `insert`: not one term is written again for its place."""
    names, at = ("10", "20", "ssh", "of theirs", "99"), "firewall family inet filter WEB"
    orders = [data.draw(st.lists(st.sampled_from(names), unique=True)) for _ in range(2)]
    switch = TypedJunos()
    switch.type([f'set {at} term "{name}" then accept' for name in orders[0]])
    tree = parsed(f"{''.join(f'{word} {{' for word in AT)}" + "".join(
        f'term "{name}" {{ then {{ accept; }} }}' for name in orders[1]) + "}" * len(AT))  # fmt: skip
    lines = MAKE.lines(MAKE.tree(switch.running), MAKE.tree("") if not orders[1] else tree)
    assert not [line for line in lines if line.startswith("set ") and line.split('"')[-2:][0] in orders[0]]
    switch.type(lines)
    assert [line.split(maxsplit=1)[1].rstrip(" {").strip('"') for line in map(str.strip, switch.running.splitlines())
            if line.startswith("term ")] == orders[1]  # fmt: skip


AT = ("firewall", "family inet", "filter WEB")


def test_the_order_of_a_list_is_kept() -> None:
    before = parsed("vlan { members [ c a b ]; }")
    for after, said in (
        ("vlan { members [ c a b d ]; }", ["set vlan members d"]),
        ("vlan { members [ c b ]; }", ["delete vlan members a"]),
        (
            "vlan { members [ a c b ]; }",
            [f"{verb} vlan members {each}" for verb, order in (("delete", "cab"), ("set", "acb")) for each in order],
        ),
    ):
        assert commands(before, parsed(after)) == said


@pytest.mark.parametrize("text", ["system {", "system { } }"])
def test_what_is_no_configuration_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="a section"):
        parsed(text)


def _row(table: str, name: str, value: object = None) -> Row:
    columns = {} if value is None else {"value": value}
    return Row(RowKey(table, name), columns)  # type: ignore[arg-type]  # a value of the test


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([_row("vlan", "leaf1 10"), _row("vlan.name", "leaf1 10", "theirs")], "another VLAN of that name"),
        ([_row("interface.mode", "leaf1 ge-0/0/7", "routed")], "either switched or routed"),
        ([_row("interface.mode", "leaf1 ge-0/0/9", "access")], "deactivated"),
    ],
)
def test_what_others_have_there_is_not_taken(rows: list[Row], why: str) -> None:
    tree = parsed(BY_HAND + "interfaces { inactive: ge-0/0/9 { mtu 1600; } }")
    with pytest.raises(Conflict, match=why):
        MAKE.edited(tree, diff({row.key: row for row in rows}, {}, MAKE.rules.tables), ())
