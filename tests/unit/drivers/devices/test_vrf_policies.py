"""Route targets that stand in policies of Junos: what they say, and whose they are."""

from __future__ import annotations

import pytest

from cpal.core.diff import diff
from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.junos.target import MAKE
from cpal.drivers.devices.junos.text import commands, parsed
from cpal.drivers.devices.junos.vrf_policies import targets
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_evpn import BGP_VRF_TARGETS
from cpal.errors import Conflict

COMMUNITIES = """
policy-options {
    community one members target:65000:1;
    community two { members target:65000:2; }
    community both { members [ target:65000:3 target:65000:4 ]; }
    community plain { members 65000:9; }
    policy-statement out { term 1 { then { community add one; community add both; community add plain; accept; } } }
    policy-statement asked { then { community delete one; accept; } }
    policy-statement in {
        term 1 { from community [ one two both ]; then accept; }
        term 2 { from { community plain; } then accept; }
        term last { then reject; }
    }
    policy-statement "no one" { term 1 { from community one; then reject; } }
}
"""
INSTANCE = """
routing-instances {
    red {
        instance-type vrf;
        vrf-import in;
        vrf-export out;
        protocols { evpn { ip-prefix-routes { advertise direct-nexthop; encapsulation vxlan; vni 6001; } } }
    }
}
switch-options { vtep-source-interface lo0.0; }
protocols { bgp { group spines { neighbor 10.255.0.1 { family evpn { signaling; } } } } }
"""


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("vrf-import in; vrf-export out;", ["import 1", "import 2", "export 1", "export 3", "export 4"]),
        ('vrf-import "no one"; vrf-export [ asked missing ];', []),
        ("vrf-export [ out asked ];", ["export 1", "export 3", "export 4"]),
        ("vrf-target target:65000:7;", []),
    ],
)
def test_policies_say_what_comes_in_and_with_what_routes_go_out(said: str, found: list[str]) -> None:
    expected = [tuple(each.replace(" ", " 65000:").split()) for each in found]
    assert targets(parsed(COMMUNITIES), parsed(said)) == expected


def target(direction: str, number: int) -> Row:
    """A route target of the VRF."""
    name = f"leaf1 red {direction} 65000:{number}"
    return Row(RowKey(BGP_VRF_TARGETS, name), {"value": f"65000:{number}"}, (), RowKey("bgp.vrf", "leaf1 red"))


def done(tree: Tree, after: list[Row], before: list[Row]) -> list[str]:
    """What is typed to have the rows that are to be."""
    ops = diff({row.key: row for row in after}, {row.key: row for row in before}, MAKE.rules.tables)
    return commands(tree, MAKE.edited(tree, ops, [row.key for row in before]))


def test_what_policies_say_is_left_as_it_is_and_goes_with_the_policy_of_the_instance() -> None:
    tree = parsed(COMMUNITIES + INSTANCE)
    held = {key.name for key in MAKE.rows(tree, "leaf1") if key.table == BGP_VRF_TARGETS}
    assert held == {f"leaf1 red {said}" for said in ("import 65000:1", "import 65000:2", "export 65000:1",
                                                     "export 65000:3", "export 65000:4")}  # fmt: skip
    assert done(tree, [target("import", 1)], []) == []
    assert done(tree, [], [target("import", 1)]) == []  # the policy says another too, which is others'
    alone = parsed(COMMUNITIES.replace("[ one two both ]", "one") + INSTANCE)
    assert done(alone, [], [target("import", 1)]) == ["delete routing-instances red vrf-import in"]
    with pytest.raises(Conflict, match="in the policy out"):
        done(tree, [target("export", 9)], [])
