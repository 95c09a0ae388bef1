"""An engine that stays open plans as one that has just been opened, whatever others did meanwhile."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.core.plan import Plan
from cpal.core.proposal import Proposal
from cpal.engine.run import Engine
from cpal.model.estate import EMPTY, Change
from cpal.model.target import Target
from tests.conformance.backend import DRAWN
from tests.conformance.ovn_site import ROOTS
from tests.integration.engine.site import Northbound
from tests.support.estates import estate_changes, valid_estates

EVERY_ROOT = tuple(table for table in ROOTS if table != "NB_Global")
MEDDLING: dict[str, dict[str, Any]] = {
    "nothing": {"op": "comment", "comment": "nothing"},
    "groups deleted": {"op": "delete", "table": "Port_Group", "where": []},
    "DHCP deleted": {"op": "delete", "table": "DHCP_Options", "where": []},
    "keys taken away": {"op": "update", "table": "Logical_Switch", "where": [], "row": {"other_config": ["map", []]}},
    "addresses opened": {"op": "update", "table": "Logical_Switch_Port", "where": [], "row": {"addresses": "unknown"}},
    "another switch": {"op": "insert", "table": "Logical_Switch", "row": {"name": "somebody-elses"}},
}
"""What somebody may do by hand between two plans."""


def ops_of(plan: Plan) -> dict[object, object]:
    """What a plan does, without its order."""
    return {
        op.key: (op.action, op.before and (op.before.columns, op.before.within), op.after and op.after.columns)
        for target in plan.targets
        for op in target.ops
    }


def at(endpoint: str, changes: Sequence[Change]) -> list[Change]:
    """The changes, with every target at this database."""

    def moved(record: object) -> object:
        ends = {"northbound": endpoint, "southbound": endpoint}
        return replace(record, endpoints=ends) if isinstance(record, Target) else record

    return [Change(moved(before), moved(after)) for before, after in changes]  # type: ignore[arg-type]  # as they were


@settings(DRAWN, max_examples=12)
@given(data=st.data())
def test_an_open_engine_plans_as_a_fresh_one(nb: Northbound, data: st.DataObject) -> None:
    async def work(home: Path) -> None:
        estate = data.draw(valid_estates())
        changes = EMPTY.changes_to(estate)
        async with Engine(home) as open_engine:
            for _ in range(data.draw(st.integers(2, 4))):
                nb.transact(MEDDLING[data.draw(st.sampled_from(sorted(MEDDLING)))])
                async with Engine(home) as fresh:
                    proposal = Proposal(tuple(at(nb.endpoint, changes)))
                    faults = open_engine.faults(proposal)
                    assert faults == fresh.faults(proposal)
                    changes = [] if faults else changes  # what OVN cannot hold is refused alike
                    plan = await open_engine.plan(at(nb.endpoint, changes), prove=False)
                    assert ops_of(plan) == ops_of(await fresh.plan(at(nb.endpoint, changes), prove=False))
                    whose = data.draw(st.sampled_from((open_engine, fresh)))
                    await whose.apply(await whose.plan(at(nb.endpoint, changes), prove=False), "test", "")
                await open_engine.catch_up()
                assert (await open_engine.plan()).empty
                changes = data.draw(estate_changes(open_engine.estate))

    nb.transact(*({"op": "delete", "table": table, "where": []} for table in EVERY_ROOT))
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(work(Path(home)))
