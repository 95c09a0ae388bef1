"""What others do at the Northbound database while we are connected: to our rows, and under names that we may want."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.core.rows import RowKey
from cpal.drivers.ovn.observe import Reader
from cpal.ovsdb.client import Client
from cpal.ovsdb.replica import Replica
from cpal.ovsdb.tripwire import Tripwire


class Watch:
    """Made by `begin`. `tripwire` is on our rows."""

    def __init__(self, reader: Reader, tripwire: Tripwire, others: Replica) -> None:
        self.tripwire = tripwire
        self._reader = reader
        self._others = others
        self._version = -1
        self._foreign: Mapping[RowKey, str] = {}

    @classmethod
    async def begin(cls, client: Client, reader: Reader) -> Watch:
        """A watch from now on. Raises: Unreachable, TimedOut; Unsupported for a server before OVS 2.6."""
        tripwire = await client.trip(reader.columns, reader.mine)
        return cls(reader, tripwire, await client.monitor(reader.named_columns, reader.not_mine))

    async def end(self, client: Client) -> None:
        """Watch no longer: what is asked of it now says that anything may have changed. Raises: TimedOut."""
        await client.forget(self.tripwire)
        await client.forget(self._others)

    def foreign(self) -> Mapping[RowKey, str]:
        """The rows of others that stand where we could want one of that name, with words for whose they are."""
        if self._others.version != self._version:
            self._version = self._others.version
            self._foreign = self._reader.foreign(self._others.tables)
        return self._foreign
