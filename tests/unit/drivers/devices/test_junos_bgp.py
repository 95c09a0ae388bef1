"""What a Junos configuration says of BGP: what a neighbour says itself, what its group says, what nobody does."""

from __future__ import annotations

import pytest

from cpal.core.rows import VALUE, Action, Op, Row
from cpal.drivers.devices.junos.target import MAKE
from cpal.drivers.devices.render_bgp import BGP, MULTIHOP, NEIGHBORS, of
from cpal.drivers.devices.render_switch import key_of

CONFIGURATION = """
routing-options { autonomous-system 1.1 loops 2; }
protocols { bgp {
    group inside { type internal; neighbor 192.0.2.1; neighbor 192.0.2.2 { family inet6 { unicast; } } }
    group outside {
        multihop; family evpn { signaling; }
        neighbor 192.0.2.3 { peer-as 64500; multihop { ttl 2; } }
        neighbor 192.0.2.4;
        neighbor 2001:db8::1 { peer-as 64500; inactive: family inet { unicast; } }
    }
    inactive: group off { neighbor 192.0.2.5 { peer-as 64500; } }
    group plain { neighbor 2001:db8::2 { peer-as 64501; } }
} }
"""


def said(table: str) -> dict[str, object]:
    """What the configuration says in a table, by neighbour."""
    rows = MAKE.rows(MAKE.tree(CONFIGURATION), "leaf1")
    return {key.name.split()[-1]: row.columns[VALUE] for key, row in rows.items() if key.table == table}


def test_what_holds_for_a_neighbour_is_said_by_it_or_by_what_it_is_in() -> None:
    assert said(BGP) == {"leaf1": 65537}
    inside = {"192.0.2.1": 65537, "192.0.2.2": 65537}
    assert said(NEIGHBORS) == {**inside, "192.0.2.3": 64500, "2001:db8::1": 64500, "2001:db8::2": 64501}
    assert said(MULTIHOP) == {"192.0.2.3": 2, "2001:db8::1": 64}
    assert said(of("ipv4", NEIGHBORS)).keys() == {"192.0.2.1"}
    assert said(of("ipv6", NEIGHBORS)).keys() == {"192.0.2.2", "2001:db8::2"}
    assert said(of("evpn", NEIGHBORS)).keys() == {"192.0.2.3", "2001:db8::1"}


def test_what_is_said_behind_an_as_stays_where_the_as_becomes_another() -> None:
    tree, key = MAKE.tree(CONFIGURATION), key_of(BGP, "leaf1")
    op = Op(Action.UPDATE, Row(key, {VALUE: 65537}), Row(key, {VALUE: 65001}))
    after = MAKE.edited(tree, [op], {key})
    assert MAKE.lines(tree, after) == ["set routing-options autonomous-system 65001 loops 2"]


@pytest.mark.parametrize(
    ("others", "stays"),
    [
        ("neighbor 192.0.2.1 { peer-as 64500; }", True),
        ("type internal; neighbor 192.0.2.1;", True),
        ("allow 192.0.2.0/24;", True),
        ("neighbor 192.0.2.1 { hold-time 9; }", False),
        ("type external;", False),
    ],
)
def test_an_as_stays_as_long_as_others_have_sessions_in_it(others: str, stays: bool) -> None:
    routing = "routing-options { autonomous-system 65001; }"
    tree, key = MAKE.tree(f"{routing} protocols {{ bgp {{ group theirs {{ {others} }} }} }}"), key_of(BGP, "leaf1")
    after = MAKE.edited(tree, [Op(Action.DELETE, Row(key, {VALUE: 65001}), None)], {key})
    assert ("routing-options" in after) == stays
