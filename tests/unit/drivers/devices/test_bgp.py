"""In which order the lines of BGP are typed, and what others' lines have to do with it."""

from __future__ import annotations

import pytest

from cpal.core.diff import diff
from cpal.core.rows import VALUE, Row
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_bgp import BGP
from cpal.drivers.devices.render_switch import key_of
from cpal.drivers.devices.settings import asn
from cpal.errors import Conflict

OLD, NEW = "neighbor 192.0.2.1", "neighbor 192.0.2.9"


def with_neighbors(*neighbors: str) -> Tree:
    """BGP with neighbours whose family is said in a section that stands before them."""
    section: Tree = {"address-family ipv4": {f"{each} activate": {} for each in neighbors}}
    for each in neighbors:
        section |= {f"{each} description spine": {}, f"{each} remote-as 65100": {}}
    return {"router bgp 65001": section}


@pytest.mark.parametrize("make", [EOS, IOS], ids=["eos", "ios"])
def test_a_neighbor_has_its_as_before_anything_else_and_until_all_else_is_gone(make: Make) -> None:
    """Source: Cisco IOS IP Routing: BGP Command Reference, `neighbor remote-as`: other lines are refused before it."""
    made = make.lines(with_neighbors(OLD), with_neighbors(OLD, NEW))
    of_new = [line for line in made if NEW in line]
    assert of_new == [f"{NEW} remote-as 65100", *(line for line in made if NEW in line and "remote-as" not in line)]
    assert len(of_new) == 3
    gone = [line for line in make.lines(with_neighbors(OLD, NEW), with_neighbors(OLD)) if NEW in line]
    assert len(gone) == 3
    assert gone[-1] == f"no {NEW} remote-as{' 65100' if make is IOS else ''}"


@pytest.mark.parametrize("make", [EOS, IOS, NXOS], ids=["eos", "ios", "nxos"])
def test_the_section_is_kept_while_others_need_it(make: Make) -> None:
    row = Row(key_of(BGP, "leaf1"), {VALUE: 65001}, ())
    theirs: Tree = {"feature bgp": {}, "router bgp 65001": {"neighbor 192.0.2.1 shutdown": {}}}
    gone = diff({}, {row.key: row}, make.rules.tables)
    assert make.edited(theirs, gone) == theirs
    assert make.edited({"router bgp 65001": {}}, gone) == {}
    assert make.edited(theirs, diff({row.key: row}, {}, make.rules.tables)) == theirs
    other = Row(row.key, {VALUE: 65002}, ())
    with pytest.raises(Conflict, match="others configured `router bgp 65001`"):
        make.edited(theirs, diff({row.key: other}, {}, make.rules.tables))
    moved = make.edited(theirs, diff({row.key: other}, {row.key: row}, make.rules.tables))
    assert moved["router bgp 65002"] == theirs["router bgp 65001"]
    assert "router bgp 65001" not in moved


def test_what_ios_says_of_itself_does_not_keep_the_section() -> None:
    row = Row(key_of(BGP, "leaf1"), {VALUE: 65001}, ())
    left: Tree = {"router bgp 65001": {"bgp log-neighbor-changes": {}}}
    assert IOS.edited(left, diff({}, {row.key: row}, IOS.rules.tables)) == {}


@pytest.mark.parametrize(("text", "number"), [("65001", 65001), ("1.10", 65546), ("external", "external")])
def test_an_as_is_one_number_however_it_is_written(text: str, number: object) -> None:
    assert asn(text) == number
