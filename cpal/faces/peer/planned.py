"""The taking over of a running Neutron, planned: its databases are asked what its API does not say."""

from __future__ import annotations

from collections.abc import Iterable

from cpal.core.plan import Plan, raise_faults
from cpal.core.proposal import Proposal
from cpal.core.stack import propose_records
from cpal.engine.run import Engine
from cpal.errors import LENIENT, Fault
from cpal.faces.peer.cloud import Endpoints, Reading
from cpal.faces.peer.importing import imported, kept_places, target_for


async def planned(engine: Engine, reading: Reading, endpoints: Endpoints, refused: Iterable[Fault]) -> Plan:
    """What taking over all that was read of a Neutron would change: its rows are adopted.

    Raises:
        Faults: what is refused, and everything that is wrong with what would come of it.
        Invalid: it is not known where its databases are.
        Unreachable, TimedOut: they do not answer.
    """
    target = target_for(endpoints, engine.estate, engine.store.namespace)
    backend = (await engine.sites.of(target)).backend
    gateways, hosts = await backend.gateways_of_others(), await backend.hosts_of_others()
    proposal = propose_records(imported(reading, target, gateways, hosts, engine.estate), (), engine.estate,
                               keep_idle=True)  # fmt: skip
    changes = kept_places(proposal.changes, gateways)
    faults = engine.faults(Proposal(changes, proposal.faults))
    raise_faults((*refused, *(fault for fault in faults if fault.cause not in LENIENT)))
    return await engine.plan(changes, prove=False, handover="adopt")
