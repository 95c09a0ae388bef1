"""Lists of VLANs that devices show on several lines are one setting, and are written as one."""

from __future__ import annotations

import pytest

from cpal.core.rows import VALUE
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.render_device import TREE_VLANS
from cpal.drivers.devices.render_switch import key_of


@pytest.mark.parametrize(
    ("make", "word"), [(EOS, "vlan-id"), (IOS, "vlan"), (NXOS, "vlan")], ids=["eos", "ios", "nxos"]
)
def test_vlans_of_one_priority_on_several_lines_are_one_list(make: Make, word: str) -> None:
    lines = ("10,12 priority 4096", "30 priority 8192", "11,20-22 priority 4096")
    text = "".join(f"spanning-tree {word} {line}\n" for line in lines)
    tree = make.tree(f"hostname leaf1\n{text}interface Ethernet1\n   mtu 9000\n")
    rows = make.rows(tree, "leaf1")
    assert rows[key_of(TREE_VLANS, "leaf1", 4096)].columns == {VALUE: "10-12,20-22"}
    assert rows[key_of(TREE_VLANS, "leaf1", 8192)].columns == {VALUE: "30"}
    assert list(tree)[-1] == "interface Ethernet1"
    without = make.tree("hostname leaf1\ninterface Ethernet1\n   mtu 9000\n")
    gone = {f"no spanning-tree {word} {trees} priority" for trees in ("10-12,20-22", "30")}
    assert set(make.lines(tree, without)) == gone
