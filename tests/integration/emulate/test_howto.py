"""The how-tos of emulators and of asking switches, followed to the letter; `cpal lab emulate` as a person starts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.faces.cli import emulate
from cpal.lab.emulate.makes import MAKES
from tests.source import ROOT
from tests.support.cloud import free_ports
from tests.support.followed import Reader, environment

USUAL_PORTS = (8443, 8440, 8830, 8022)


@pytest.mark.parametrize("howto", ["emulators.md", "ask-a-switch.md", "configure-switches.md"])
def test_the_howto_can_be_followed(howto: str, tmp_path: Path) -> None:
    ports = dict(zip(USUAL_PORTS, free_ports(len(USUAL_PORTS)), strict=True))
    reader = Reader(tmp_path, environment(tmp_path / "home"), ports)
    try:
        reader.follow((ROOT / "docs" / "howto" / howto).read_text(encoding="utf-8"))
    finally:
        reader.close()


def test_the_command_offers_each_make_that_there_is() -> None:
    assert set(emulate.MAKES) == MAKES.keys()
