"""EOS's rendering keeps the rules of every driver, and what is written is read again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.eos.target import MAKE
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.settings import rows_of
from cpal.model.estate import Estate
from tests.conformance.rules import DRAWN, RulesConformance
from tests.conformance.wanted import contents, wanted
from tests.support.switch_estates import SWITCHES, switch_estates


class TestEosRules(RulesConformance):
    """What switches that run EOS should hold."""

    rules = MAKE.rules

    def estates(self) -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("eos")


@DRAWN
@given(estate=switch_estates("eos"))
def test_what_is_written_is_read_again(estate: Estate) -> None:
    rows = wanted(MAKE.rules, estate)
    found: dict[RowKey, Row] = {}
    for device in SWITCHES:
        tree: Tree = {}
        for key, row in rows.items():
            if key.name.split()[0] == device:
                MAKE.settings[key.table].write(tree, row)
        found |= rows_of(tree, device, list(MAKE.settings.values()))
    mine = {key: row for key, row in found.items() if key in rows}
    assert contents(mine) == contents(rows)
