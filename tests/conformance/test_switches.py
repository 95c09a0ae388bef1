"""Every make of switches does what every driver must do, on emulated ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import strategies as st

from cpal.lab.emulate.fleet import PASSWORD, Wanted
from cpal.model.estate import Estate
from tests.conformance.backend import BackendConformance
from tests.conformance.junos_site import JunosSite
from tests.conformance.switch_site import SwitchSite
from tests.support.emulated import emulated
from tests.support.switch_estates import SWITCHES, switch_estates
from tests.support.switch_makes import MAKES, let_in


@pytest.fixture(scope="class")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwitchSite]:
    """Two switches with nothing on them."""
    make = MAKES[request.cls.driver]
    wanted = [Wanted(make.driver, name, plain=make.plain) for name in SWITCHES]
    with pytest.MonkeyPatch.context() as patch, emulated(*wanted) as on:
        folder = tmp_path_factory.mktemp(make.driver)
        patch.setenv("CPAL_DEVICE_PASSWORD", PASSWORD)
        if not make.plain:
            let_in(on, folder, patch)
        found = (SwitchSite if make.has_lines else JunosSite)(make, on, folder / "stores")
        yield found
        found.close()


class SwitchConformance(BackendConformance):
    """Inherit and give `driver`, and the estates of it."""

    driver: ClassVar[str]
    examples = 4


class TestEosBackend(SwitchConformance):
    """The emulator of EOS, over eAPI."""

    driver = "eos"

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("eos", leaves=True)


class TestNxosBackend(SwitchConformance):
    """The emulator of NX-OS, over NX-API."""

    driver = "nxos"

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("nxos", leaves=True)


class TestJunosBackend(SwitchConformance):
    """The emulator of Junos, over NETCONF."""

    driver = "junos"

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("junos", leaves=True)


class TestIosBackend(SwitchConformance):
    """The emulator of IOS, over SSH."""

    driver = "ios"

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("ios")
