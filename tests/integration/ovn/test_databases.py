"""Databases of other OVN releases, and databases that are loaded again after every change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from cpal.drivers.ovn.backend import RULES
from cpal.model.estate import Estate
from cpal.model.router import Router
from tests.conformance.backend import OWNER, bring, plan, running
from tests.conformance.ovn_site import OvnSite
from tests.conformance.test_ovn import SCHEMA
from tests.conformance.wanted import contents, wanted
from tests.support import ovsdb_server
from tests.support.estates import estate_changes, valid_estates

RELEASES = ("v22.03.8", "v24.03.4", "v25.03.0", "v26.03.0")
WITHOUT_GATEWAYS = "v22.03.8"
"""Translates nothing at routers with several gateways: a plan refuses them there (test_multihoming)."""

DRAWN = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)


@pytest.fixture(scope="module", params=RELEASES)
def release(
    request: pytest.FixtureRequest, corpora: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OvnSite]:
    """A database with the schema of another release."""
    site = OvnSite(corpora / "ovn-schemas" / request.param / "ovn-nb.ovsschema", tmp_path_factory.mktemp("nb"))
    with ovsdb_server.running(site.server):
        yield site


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OvnSite]:
    """A database with the schema of the OVN installed here."""
    if not SCHEMA.exists():
        pytest.skip("OVN's Northbound schema is not installed (package ovn-common)")
    site = OvnSite(SCHEMA, tmp_path_factory.mktemp("nb"))
    with ovsdb_server.running(site.server):
        yield site


def several(estate: Estate) -> bool:
    """Whether a router has several gateways."""
    return any(router.more_gateways for router in estate.all(Router))


@DRAWN
@given(data=st.data())
def test_every_release_holds_what_is_applied(release: OvnSite, data: st.DataObject) -> None:
    before = data.draw(valid_estates())
    after = before.replace(data.draw(estate_changes(before)))
    assume(release.server.schema.parent.name != WITHOUT_GATEWAYS or not (several(before) or several(after)))

    async def work() -> None:
        backend = await release.connect(OWNER)
        try:
            for estate in (before, after, before):
                await bring(backend, estate)
                assert contents((await backend.observe()).rows) == contents(wanted(RULES, estate))
        finally:
            await backend.close()

    release.wipe()
    running(work)


@DRAWN
@given(estates=st.lists(valid_estates(), min_size=3, max_size=5))
def test_a_database_loads_again_after_every_change(installed: OvnSite, estates: list[Estate]) -> None:
    """ovsdb-server 3.1 can be brought to write what it cannot read: see cpal.drivers.ovn.batch."""

    async def work() -> None:
        backend = await installed.connect(OWNER)
        try:
            for estate in [*estates, *estates]:
                await bring(backend, estate)
                installed.server.kill()
                installed.server.start()
                seen = await backend.observe()
                assert contents(seen.rows) == contents(wanted(RULES, estate))
                assert plan(backend, estate, seen) == []
        finally:
            await backend.close()

    installed.wipe()
    running(work)
