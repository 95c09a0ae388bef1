"""What the emulators take of BGP's lines, by the makes' documentation."""

from __future__ import annotations

import pytest

from cpal.lab.emulate.editor import Refused
from cpal.lab.emulate.tree import Node
from tests.unit.lab.emulate.test_access_lists import EDITING
from tests.unit.lab.emulate.test_configurations import device


@pytest.mark.parametrize("make", ["nxos", "ios"])
def test_ciscos_take_bgp_away_only_with_its_as(make: str) -> None:
    root = Node()
    editor = EDITING[make](device(make), root)
    for line in ("feature bgp", "router bgp 65001") if make == "nxos" else ("router bgp 65001",):
        editor.type(line)
    editor.leave()
    with pytest.raises(Refused) as refused:
        editor.type("no router bgp")
    assert refused.value.at == 3
    editor.type("no router bgp 65001")
    assert root.find("router", "bgp") is None
