"""What FRR's daemons are told of rows, over trees alone: what is of others, what comes back, and what is zebra's."""

from __future__ import annotations

import pytest

from cpal.core.rows import Action, Op, Row, RowKey
from cpal.drivers.devices.frr.configuration import forest
from cpal.drivers.devices.frr.editing import edited
from cpal.drivers.devices.frr.make import MAKE
from cpal.drivers.devices.frr.render.names import BGP_VRF, vrf_key
from cpal.drivers.devices.render_bgp import BGP, NEIGHBORS
from cpal.drivers.devices.render_switch import key_of
from cpal.errors import Rejected
from cpal.model.record import Key

VRF = vrf_key("leaf1", "red")
ROUTER = (Key("router", "1"),)
BGP_RECORD = (Key("bgp", "1"),)
UNDERLAY = "frr defaults datacenter\nrouter bgp 64601\n no bgp default ipv4-unicast\n"


def _instance(**columns: int | str) -> Row:
    said = {"router_id": "10.255.1.1", **columns}
    return Row(RowKey(BGP_VRF, "leaf1 red"), said, ROUTER, VRF)  # type: ignore[arg-type]  # scalars


def test_the_section_of_a_vrf_is_zebras_own_and_never_taken_away() -> None:
    """Found by the conformance suite: zebra refuses `no vrf` of one that is there."""
    tree = forest({"zebra": "", "staticd": "", "bgpd": UNDERLAY}, ["red"])
    alone, stretched = _instance(), _instance(vni=5001, route_target="64999:5001")
    ours = {VRF: Row(VRF, {"forwarding": True}, ROUTER), alone.key: alone}
    there = edited("leaf1", tree, [Op(Action.UPDATE, alone, stretched)], ours, ())
    back = edited("leaf1", there.tree, [Op(Action.UPDATE, stretched, alone)], ours, there.lost)
    told = [line for _, lines in MAKE.told(there.tree, back.tree) for line in lines]
    assert "no vni 5001" in told
    assert not [line for line in told if line.startswith("no vrf ")]


def test_a_neighbour_goes_by_one_line_with_all_that_is_said_of_it() -> None:
    theirs = (
        " neighbor 192.0.2.1 remote-as 65001\n neighbor 192.0.2.1 password s3cret\n neighbor 192.0.2.10 remote-as 1\n"
    )
    tree = forest({"zebra": "", "bgpd": UNDERLAY + theirs})
    row = Row(key_of(NEIGHBORS, "leaf1", "192.0.2.1"), {"value": 65001}, BGP_RECORD)
    gone = edited("leaf1", tree, [Op(Action.DELETE, row, None)], {row.key: row}, ())
    assert MAKE.told(tree, gone.tree) == [("bgpd", ["router bgp 64601", "no neighbor 192.0.2.1 remote-as 65001"])]
    back = edited("leaf1", gone.tree, [Op(Action.CREATE, None, row)], {}, gone.lost)
    assert sorted(back.tree["bgpd"]["router bgp 64601"]) == sorted(tree["bgpd"]["router bgp 64601"])


def test_an_instance_that_is_made_is_open_unless_it_is_so_by_itself() -> None:
    row = Row(key_of(BGP, "r1"), {"value": 65001}, BGP_RECORD)
    for defaults, told in (("traditional", ["no bgp ebgp-requires-policy"]), ("datacenter", [])):
        tree = forest({"zebra": "", "bgpd": f"frr defaults {defaults}\n"})
        made = edited("r1", tree, [Op(Action.CREATE, None, row)], {}, ())
        assert MAKE.told(tree, made.tree) == [("bgpd", ["router bgp 65001", *told])]


def test_a_daemon_that_does_not_run_is_named() -> None:
    row = Row(key_of(BGP, "r1"), {"value": 65001}, BGP_RECORD)
    with pytest.raises(Rejected, match="bgpd does not run there"):
        edited("r1", forest({"zebra": ""}), [Op(Action.CREATE, None, row)], {}, ())
