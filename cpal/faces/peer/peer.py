"""A session beside a running Neutron: taking over from it, giving back to it, telling what it says otherwise."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Iterable
from pathlib import Path

from cpal.core.driver import Difference
from cpal.core.plan import Plan
from cpal.engine.adoption import leaving
from cpal.engine.joint import Report
from cpal.engine.run import Engine, Outcome
from cpal.errors import Fault
from cpal.faces.peer.cloud import Endpoints, Reading
from cpal.model.estate import Change
from cpal.model.target import Project


class Peer:
    """A Neutron beside a store, whose directory is `home`."""

    def __init__(self, engine: Engine, runner: asyncio.Runner, home: Path) -> None:
        self._engine, self._runner, self._home = engine, runner, home

    def plan_import(self, reading: Reading, endpoints: Endpoints, refused: Iterable[Fault] = ()) -> Plan:
        """What taking over all that was read of a Neutron would change: its rows are adopted.

        Raises:
            Faults: what is refused, and everything that is wrong with what would come of it.
            Invalid: it is not known where its databases are.
            Unreachable, TimedOut: they do not answer.
        """
        # lazy: what it takes of the Networking API loads the rules of policy
        from cpal.faces.peer.planned import planned

        self._catch_up()
        return self._runner.run(planned(self._engine, reading, endpoints, refused))

    def drift_of(self, reading: Reading, endpoints: Endpoints) -> list[Difference]:
        """What a Neutron's API says otherwise than its databases. Nothing is changed, and nothing is kept.

        Raises:
            Conflict: what it made is ours, so that it has nothing there.
            Invalid: it is not known where its databases are.
            Unreachable, TimedOut: they do not answer.
        """
        # lazy: as in `plan_import`
        from cpal.faces.peer.drift_found import drift_at

        self._catch_up()
        return self._runner.run(drift_at(self._engine, reading, endpoints))

    def leaving(self) -> list[Change]:
        """The records that `release` forgets. Raises Conflict: some are on devices."""
        self._catch_up()
        return leaving(self._engine.estate)

    def release(self, words: str = "", report: Report = lambda _: None) -> Outcome:
        """Give back what was adopted, as it was before; the records leave the store.

        Raises:
            NotFound: nothing was adopted.
            Conflict: records are on devices.
            Partial, Moved, Busy, Unreachable: see `Engine.release`.
        """
        return self._runner.run(self._engine.release(getpass.getuser(), words, report))

    def know_projects(self) -> None:
        """Let the identity service know the estate's projects, by the same ids."""
        # lazy: only an import needs the identity service here
        from cpal.faces.identity.bootstrap import know_projects

        know_projects(self._home, self._engine.estate.all(Project))

    def _catch_up(self) -> None:
        self._runner.run(self._engine.catch_up())
