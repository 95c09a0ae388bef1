"""Bonds and bridges that filter VLANs, as ip(8) and bridge(8) document them: the kernel of the tests has neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpal.engine.recordings import replay
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

VLANS = [
    {"ifname": "swp1", "vlans": [{"vlan": 10, "flags": ["PVID", "Egress Untagged"]}]},
    {"ifname": "swp2", "vlans": [{"vlan": 10}, {"vlan": 20, "vlanEnd": 22}]},
]
BOND = {"info_kind": "bond", "info_data": {"mode": "802.3ad", "min_links": 1, "ad_lacp_active": "on"}}
LINKS = [
    {"ifname": "bond1", "flags": ["UP", "LOWER_UP"], "operstate": "UP", "linkinfo": BOND},
    {
        "ifname": "swp3", "flags": ["UP"], "operstate": "UP", "master": "bond1",
        "linkinfo": {"info_slave_kind": "bond", "info_slave_data": {"state": "ACTIVE", "mii_status": "UP"}},
    },
    {
        "ifname": "swp4", "flags": ["UP"], "operstate": "DOWN", "master": "bond1",
        "linkinfo": {"info_slave_kind": "bond", "info_slave_data": {"state": "ACTIVE", "mii_status": "DOWN"}},
    },
]  # fmt: skip


@pytest.mark.parametrize("driver", ["linux", "frr"])
def test_vlans_and_bonds(driver: str, tmp_path: Path) -> None:
    (tmp_path / "bridge_-j_vlan_show.json").write_text(json.dumps(VLANS))
    (tmp_path / "ip_-d_-s_-j_link_show.json").write_text(json.dumps(LINKS))
    vlans = replay(driver, "vlans", tmp_path).value
    assert vlans[0] == Vlan(id=10, interfaces=("swp1", "swp2"))
    assert [vlan.id for vlan in vlans if "swp1" in vlan.interfaces] == [10]
    assert [vlan.id for vlan in vlans if "swp2" in vlan.interfaces] == [10, 20, 21, 22]
    members = (
        LagMember(interface="swp3", bundled=True, state="ACTIVE"),
        LagMember(interface="swp4", bundled=False, state="ACTIVE"),
    )
    assert replay(driver, "lags", tmp_path).value == (
        Lag(name="bond1", oper_status=Status.UP, mode=LagMode.ACTIVE, min_links=1, members=members),
    )
