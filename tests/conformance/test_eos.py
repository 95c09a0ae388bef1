"""EOS does what every driver must do, on emulated switches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st

from cpal.lab.emulate.fleet import PASSWORD, Wanted
from cpal.model.estate import Estate
from tests.conformance.backend import BackendConformance
from tests.conformance.eos_site import EosSite
from tests.support.emulated import emulated
from tests.support.switch_estates import SWITCHES, switch_estates


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EosSite]:
    """Two switches with nothing on them."""
    with pytest.MonkeyPatch.context() as patch, emulated(*(Wanted("eos", name, plain=True) for name in SWITCHES)) as on:
        patch.setenv("CPAL_DEVICE_PASSWORD", PASSWORD)
        found = EosSite(on, tmp_path_factory.mktemp("eos") / "stores")
        yield found
        found.close()


class TestEosBackend(BackendConformance):
    """The emulator of EOS, over eAPI."""

    examples = 4

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """What switches have."""
        return switch_estates("eos")
