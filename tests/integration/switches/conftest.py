"""Two emulated switches of each make and a store, for what is declared on switches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.integration.switches.rack import LEAVES, Rack
from tests.support.emulated import Running, emulated
from tests.support.switch_makes import MAKES, SwitchMake, let_in


@pytest.fixture(scope="module", params=MAKES)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """Each make that is written to."""
    return MAKES[request.param]


@pytest.fixture(scope="module")
def running(make: SwitchMake) -> Iterator[Running]:
    """Two switches of it."""
    with emulated(*(Wanted(make.driver, name, plain=make.plain, boot_s=0.2) for name in LEAVES)) as found:
        yield found


@pytest.fixture
def rack(make: SwitchMake, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rack]:
    """The same as new, with a store of its own."""
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CPAL_DEVICE_PASSWORD", PASSWORD)
    if not make.plain:
        let_in(running, tmp_path, monkeypatch)
    found = Rack(make, running, tmp_path, USER)
    found.wipe()
    yield found
    found.close()
