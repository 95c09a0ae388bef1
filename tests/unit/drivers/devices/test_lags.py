"""In which order the lines of a LAG are typed, for each make whose configuration is lines."""

from __future__ import annotations

import pytest

from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree


@pytest.mark.parametrize("make", [EOS, IOS, NXOS], ids=["eos", "ios", "nxos"])
def test_the_interface_of_a_lag_is_there_before_its_members_and_goes_after_them(make: Make) -> None:
    lag, vlan = f"interface {make.lag}7", "vlan 10"
    bare: Tree = {"interface Ethernet1": {}}
    held: Tree = {"interface Ethernet1": {"channel-group 7 mode active": {}}, lag: {}, vlan: {}}
    made, gone = make.lines(bare, held), make.lines(held, bare)
    assert made.index(vlan) < made.index(lag) < made.index("channel-group 7 mode active")
    assert gone.index("no channel-group") < gone.index(f"no {lag}") < gone.index(f"no {vlan}")


@pytest.mark.parametrize("make", [EOS, IOS, NXOS], ids=["eos", "ios", "nxos"])
def test_all_members_leave_before_one_comes_back_with_another_mode(make: Make) -> None:
    def members(mode: str) -> Tree:
        return {f"interface Ethernet{n}": {f"channel-group 7 mode {mode}": {}} for n in (1, 2)}

    said = [line for line in make.lines(members("active"), members("passive")) if "channel-group" in line]
    assert said == ["no channel-group"] * 2 + ["channel-group 7 mode passive"] * 2
