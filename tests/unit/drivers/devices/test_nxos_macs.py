"""NX-OS tells one table of MAC addresses over either door, and no line of it is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpal.errors import Unreadable
from tests.support.answers import told

HEAD = "VLAN      MAC Address       Type    Age       Port\n---------+-----------------+-------+---------+------\n"
TABLE = f"""{HEAD}136       0000.0c07.ac88    dynamic 0         Po1
152       0050.56aa.0b4c    static  0         Eth1/5
0         000c.2942.8ee9    dynamic 0         drop
Unknown Key ID 0x14a00018
{HEAD}200       04c5.a4e8.c342    dynamic 0         nve1(192.0.2.7)
Total MAC Addresses: 4
"""
ROWS = [("136", "0000.0c07.ac88", "Po1", False), ("152", "0050.56aa.0b4c", "Eth1/5", True)]
ROWS += [("0", "000c.2942.8ee9", "drop", False), ("200", "04c5.a4e8.c342", "nve1(192.0.2.7)", False)]


def row(vlan: str, address: str, port: str, static: bool) -> dict[str, str]:
    told = {"disp_vlan": vlan, "disp_mac_addr": address, "disp_port": port}
    return {**told, "disp_is_static": "enabled" if static else "disabled"}


@pytest.mark.parametrize("door", ["nxos", "nxos_ssh"])
def test_either_door_tells_the_same(door: str, tmp_path: Path) -> None:
    over_api = json.dumps({"TABLE_mac_address": {"ROW_mac_address": [row(*each) for each in ROWS]}})
    answers = {"show_mac_address-table.json": over_api, "show_mac_address-table.txt": TABLE}
    kept = f"show_mac_address-table.{'json' if door == 'nxos' else 'txt'}"

    found = told(tmp_path, door, "mac_address_table", {kept: answers[kept]})

    assert [(each.vlan, each.interface, each.remote_vtep, each.static, each.active) for each in found] == [
        (136, "port-channel1", None, False, True),
        (152, "Ethernet1/5", None, True, True),
        (None, None, None, False, True),
        (200, "nve1", "192.0.2.7", False, True),
    ]


def test_a_line_in_a_form_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"0050\.56aa\.0b4c"):
        told(tmp_path, "nxos_ssh", "mac_address_table", {"show_mac_address-table.txt": f"{TABLE}? 0050.56aa.0b4c ?\n"})
