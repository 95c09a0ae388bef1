"""Two emulated EOS switches and a store, for what is declared on switches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.integration.switches.rack import Rack
from tests.support.emulated import Running, emulated


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Two switches."""
    with emulated(*(Wanted("eos", name, plain=True, boot_s=0.2) for name in ("leaf1", "leaf2"))) as found:
        yield found


@pytest.fixture
def rack(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rack]:
    """The same as new, with a store of its own."""
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CPAL_DEVICE_PASSWORD", PASSWORD)
    found = Rack(running, tmp_path, USER)
    found.wipe()
    yield found
    found.close()
