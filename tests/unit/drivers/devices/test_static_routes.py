"""What is said of a static route behind its next hop: there and back, in any order, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.core.rows import VALUE, Row
from cpal.drivers.devices.frr.settings import SETTINGS as FRR
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_device import ROUTES
from cpal.drivers.devices.render_route import fields_of, value_of
from cpal.drivers.devices.render_switch import key_of
from cpal.drivers.devices.settings import rows_of
from cpal.drivers.devices.static_routes import RouteSetting
from cpal.engine.targets import driver
from cpal.model.switch import Route
from cpal.model.target import Target

LABELS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,20}", fullmatch=True)
SAID = st.fixed_dictionaries(
    {},
    optional={"preference": st.integers(1, 255), "tag": st.integers(1, 2**32 - 1), "label": LABELS | st.just("tag")},
)
ORDERS = list(itertools.permutations(("preference", "tag", "label")))
HOPS = st.sampled_from([("198.51.100.0/24", "10.0.0.9"), ("2001:db8::/32", "2001:db8::9")])


@given(said=SAID, hop=HOPS, order=st.sampled_from(ORDERS))
def test_what_is_written_is_read_again_whatever_the_order(
    said: dict[str, Any], hop: tuple[str, str], order: tuple[str, ...]
) -> None:
    destination, nexthop = hop
    record = Route(id="r", name="r", destination=destination, nexthop=nexthop, **said)
    setting = RouteSetting(ROUTES, "", "ip route {0:prefix4} {1:ip4} | ipv6 route {0:prefix6} {1:ip6}", order)
    row = Row(key_of(ROUTES, "leaf1", destination, nexthop), {VALUE: value_of(record)})
    tree: Tree = {"ip route 203.0.113.0/24 10.0.0.9": {}}
    setting.write(tree, row)
    assert rows_of(tree, "leaf1", [setting])[row.key].columns == row.columns
    usual = said if said.get("preference") != 1 else {key: each for key, each in said.items() if key != "preference"}
    assert fields_of(value_of(record)) == {"nexthop": nexthop, **usual}
    written = dict(tree)
    setting.write(tree, row)
    assert tree == written
    setting.erase(tree, row)
    assert tree == {"ip route 203.0.113.0/24 10.0.0.9": {}}


@given(rest=st.text("abc 019-.", max_size=30).map(str.strip))
def test_words_that_no_record_says_are_kept(rest: str) -> None:
    line = f"ip route 198.51.100.0/24 10.0.0.9 {rest}".strip()
    setting = RouteSetting(ROUTES, "", "ip route {0:prefix4} {1:ip4}", ("preference", "tag", "label"))
    [row] = rows_of({line: {}}, "leaf1", [setting]).values()
    fields = fields_of(row.columns[VALUE])
    if fields is None:
        tree: Tree = {}
        setting.write(tree, row)
        assert list(tree) == [line]


@pytest.mark.parametrize(
    ("make", "lacking"), [("eos", []), ("nxos", []), ("ios", []), ("junos", ["preference", "tag", "label"])]
)
def test_what_a_make_is_not_told_is_refused(make: str, lacking: list[str]) -> None:
    capability = driver(make).rules.capability
    target = Target(id="t", name="t", driver=make, endpoints={"leaf1": f"{make}://leaf1"})
    record = Route(
        id="r", name="r", destination="10.0.0.0/8", nexthop="10.0.0.1", preference=2, tag=3, label="x",
        devices=("leaf1",),
    )  # fmt: skip
    assert [each.field for each in capability.refuse["route"](target, record)] == lacking


def test_frr_writes_the_tag_first() -> None:
    row = Row(key_of(ROUTES, "leaf1", "10.0.0.0/8", "10.0.0.1"), {VALUE: "10.0.0.1 preference 200 tag 7"})
    tree: Tree = {}
    FRR[ROUTES].write(tree, row)
    assert [list(below) for below in tree.values()] == [["ip route 10.0.0.0/8 10.0.0.1 tag 7 200"]]
