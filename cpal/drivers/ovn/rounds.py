"""Whether all our rows are still as remembered: seen a few at a time, so that nobody waits for it.

What others do is told by a `Watch`. A round finds what was not told: it asks of a portion of the rows whether they are
as remembered, in a transaction of `wait` operations, then of the next, and in the end whether there are more of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import msgspec

from cpal.core.rows import Action, Op, Row, RowKey
from cpal.drivers.ovn.guards import held
from cpal.drivers.ovn.observe import Observation, Reader
from cpal.drivers.ovn.tables import EDGES
from cpal.drivers.ovn.wire import Wire
from cpal.errors import Moved
from cpal.ovsdb.client import Client

ROWS = 100
"""How many rows a portion has, each of which is compared column by column."""
MEMBERS = 2000
"""How many members of sets a portion may have instead: those of one set are asked for together."""

_uuids = msgspec.json.Decoder(list[dict[str, tuple[str, str]]])


class Round:
    """One round over the rows that are remembered when it begins."""

    def __init__(self, rows: Mapping[RowKey, Row]) -> None:
        self.rows = rows
        self._left: Iterator[RowKey] = iter(list(rows))

    async def step(self, northbound: Client, reader: Reader, known: Observation) -> bool:
        """See to the next portion; whether there are more.

        Raises:
            Moved: a row is not as remembered; the same portion is the next one.
            Unreachable, TimedOut: the database does not answer.
        """
        keys = list(self._portion())
        portion = [row for key in keys if (row := known.seen.rows.get(key)) is not None]
        if portion:
            wire = Wire(northbound.schema, reader.tags, known.uuids, ())
            checks = held([Op(Action.UPDATE, row, row) for row in portion], wire)
            try:
                await northbound.transact([check.operation for check in checks])
            except Moved:
                self._left = chain(keys, self._left)
                raise
            return True
        ours = set(known.uuids.values())
        for result in await northbound.transact(reader.request_uuids()):
            if any(row["_uuid"][1] not in ours for row in _uuids.decode(result.rows)):
                raise Moved("a row of ours came without anybody telling of it", remedy="plan again")
        return False

    def _portion(self) -> Iterator[RowKey]:
        """The keys of the next rows."""
        room = MEMBERS
        for key in self._left:
            yield key
            room -= 1 if key.table in EDGES else MEMBERS // ROWS
            if room <= 0:
                return
