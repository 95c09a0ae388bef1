"""What is rendered for each make of switches keeps the rules of every driver, and what is written is read again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree
from cpal.model.estate import Estate
from tests.conformance.rules import DRAWN, RulesConformance
from tests.conformance.wanted import contents, wanted
from tests.support.switch_estates import SWITCHES, switch_estates

MAKES = (EOS, IOS, NXOS)


class TestEosRules(RulesConformance):
    """What switches that run EOS should hold."""

    rules = EOS.rules

    def estates(self) -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("eos", leaves=True)


class TestNxosRules(RulesConformance):
    """What switches that run NX-OS should hold."""

    rules = NXOS.rules

    def estates(self) -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("nxos", leaves=True)


class TestIosRules(RulesConformance):
    """What switches that run IOS should hold."""

    rules = IOS.rules

    def estates(self) -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("ios")


@DRAWN
@given(data=st.data(), make=st.sampled_from(MAKES))
def test_what_is_written_is_read_again(data: st.DataObject, make: Make) -> None:
    rows = wanted(make.rules, data.draw(switch_estates(make.rules.name, leaves=make is not IOS)))
    found: dict[RowKey, Row] = {}
    for device in SWITCHES:
        tree: Tree = {"router bgp 64601": {}, "interface nve1": {}}
        for key, row in rows.items():
            if key.name.split()[0] == device:
                make.settings[key.table].write(tree, row)
        found |= make.rows(tree, device)
    mine = {key: row for key, row in found.items() if key in rows}
    assert contents(mine) == contents(rows)
