"""Where a running Neutron, its Northbound and its Southbound database disagree: read, and compared."""

from __future__ import annotations

from cpal.core.driver import Difference
from cpal.core.view import rendered
from cpal.engine.run import Engine
from cpal.errors import Conflict
from cpal.faces.peer.cloud import Endpoints, Reading
from cpal.faces.peer.drift import status_differences
from cpal.faces.peer.importing import target_for
from cpal.faces.peer.records import records_of


async def drift_at(engine: Engine, reading: Reading, endpoints: Endpoints) -> list[Difference]:
    """What a Neutron's API says otherwise than its databases. Nothing is changed, and nothing is kept.

    Raises:
        Conflict: what it made is ours, so that it has nothing there.
        Invalid: it is not known where its databases are.
        Unreachable, TimedOut: they do not answer.
    """
    target = target_for(endpoints, engine.estate, engine.store.namespace)
    if engine.keepsakes.read(target):
        raise Conflict("what Neutron made there is cpal's", key=f'target "{target.name}"', remedy="see `cpal plan`")
    backend = (await engine.sites.of(target)).backend
    gateways, hosts = await backend.gateways_of_others(), await backend.hosts_of_others()
    rules = backend.rules
    wanted = rendered(records_of(reading, gateways.distributed), rules.render, rules.singletons)
    found = await backend.differences(wanted)
    return found + status_differences(reading, await backend.ports(), hosts, gateways)
