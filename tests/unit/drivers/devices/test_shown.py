"""What a device shows as its configuration is one, to its end: what it lacks would be taken for not configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.drivers.devices.eos.writing import DIALECT as EOS
from cpal.drivers.devices.ios.writing import DIALECT as IOS
from cpal.drivers.devices.nxos.writing import DIALECT as NXOS
from cpal.drivers.devices.parse.tree import Dialect, shown
from cpal.errors import Unreadable

RECORDED = [(EOS, "eos", "show_running_config.text"), (NXOS, "nxos_ssh", "show_running_config.txt")]
"""Configurations of real devices."""


@pytest.mark.parametrize(("dialect", "driver", "file"), RECORDED, ids=["eos", "nxos"])
def test_what_a_real_device_showed_is_one(corpora: Path, dialect: Dialect, driver: str, file: str) -> None:
    text = (corpora / "napalm" / driver / "test_get_config" / "normal" / file).read_text()
    assert shown(text, dialect) == text


@pytest.mark.parametrize("dialect", [EOS, IOS, NXOS], ids=["eos", "ios", "nxos"])
@pytest.mark.parametrize(
    "said",
    ["", "% Authorization failed.\n", "<html>502 Bad Gateway</html>", "hostname leaf1\n!\ninterface Ethernet1\n   mtu"],
)
def test_what_is_none_is_refused_with_what_was_said(dialect: Dialect, said: str) -> None:
    with pytest.raises(Unreadable, match="no whole configuration") as told:
        shown(said, dialect)
    assert (said.splitlines() or [""])[0] in str(told.value)
