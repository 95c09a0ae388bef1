"""The loop that lets Nova hear of its ports: look, keep, tell.

    look   the log since last time, and the ports that a target says something else of: what is level is compared with
           what Nova was told, so that nothing depends on having seen it happen
    keep   what it must hear, durably, before anything is told
    tell   the oldest first and one of each port at a time, so that what is heard of a port comes in order; again,
           later and later, while Nova does not answer; again too where an answer was lost: at least once

A server that is on no host yet is told later, and others meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from itertools import islice

from cpal.core.driver import PortStatus
from cpal.engine.run import Engine
from cpal.engine.writer import Writer
from cpal.errors import CpalError, Unavailable
from cpal.faces.nova.events import KINDS, PLUGGED, Event, Plug, events_of, plug_events, plug_of
from cpal.faces.nova.outbox import Notice, Outbox
from cpal.faces.nova.telling import Fate, Nova
from cpal.model.network import Port

LOOK_S = 0.2
"""How often is looked, in seconds; it costs nothing where nothing changed."""
FIRST_S, LONGEST_S = 0.5, 30.0
"""How long until Nova, when it did not answer, is told again, first and at most."""
POSTPONED_S = 2.0
"""How long until it is told again of a server that is on no host yet."""
OLDEST_S = 24 * 3600.0
"""The age at which such a notice is given up."""
MOST_AT_A_LOOK = 1000
"""How many ports are looked at before others have the loop: after a reading anew, all have to be."""
MOST_AT_ONCE = 64
"""How many notices a request has."""

log = logging.getLogger(__name__)


class Notifier:
    """Run `run` beside a server's writer."""

    def __init__(self, engine: Engine, writer: Writer, outbox: Outbox, nova: Nova) -> None:
        self._engine = engine
        self._writer = writer
        self._outbox = outbox
        self._nova = nova
        self._unseen: dict[str, bool] = {}
        self._postponed: dict[str, float] = {}
        self._silence: dict[str, str] = {}

    @property
    def owed(self) -> int:
        """How many notices Nova has not heard."""
        return len(self._outbox)

    async def run(self) -> None:
        """Look and tell until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_on())
            group.create_task(self._tell_on())

    # Looking

    async def _look_on(self) -> None:
        while True:
            try:
                is_done = await self._look()
                self._said("looking", "")
            except CpalError as error:
                is_done = True
                self._said("looking", str(error))
            await asyncio.sleep(LOOK_S if is_done else 0)

    async def _look(self) -> bool:
        """Look once; whether nothing is left to look at for now."""
        self._writer.follow()
        statuses = await self._statuses()
        estate, events = self._engine.estate, list[Event]()
        if estate.revision > self._outbox.revision:
            changes = self._engine.store.changes_between(self._outbox.revision, estate.revision, KINDS)
            events += events_of(changes, estate)
            for change in changes:
                if change.key.kind == Port.kind:
                    self._unseen.setdefault(change.key.id, False)
        plugs: dict[str, Plug | None] = {}
        seen = {} if statuses is None else dict(islice(self._unseen.items(), MOST_AT_A_LOOK))
        for id, was_down in seen.items():
            port, told = estate.get(Port, id), self._outbox.told.get(id)
            now = plug_of(port, statuses.get(id) if statuses else None)
            if told != now:
                plugs[id] = now
                events += plug_events(id, told, port, now)
            elif now is not None and was_down:
                events.append(Event(id, now.server, PLUGGED))
        self._outbox.keep(events, plugs, estate.revision)
        for id in seen:
            del self._unseen[id]
        return statuses is None or not self._unseen

    async def _statuses(self) -> Mapping[str, PortStatus] | None:
        """What the targets say of ports, with those that changed among the unseen; None where a target is silent."""
        try:
            for id, was_down in (await self._engine.status.changed_ports()).items():
                self._unseen[id] = self._unseen.get(id, False) or was_down
            statuses = await self._engine.status.statuses()
        except Unavailable as error:
            self._said("asking how ports are plugged", str(error))
            return None
        self._said("asking how ports are plugged", "")
        return statuses

    # Telling

    async def _tell_on(self) -> None:
        wait_s = FIRST_S
        while True:
            try:
                told = await self._tell()
                self._said("telling", "")
                wait_s = FIRST_S
                await asyncio.sleep(0 if told else LOOK_S / 2)
            except CpalError as error:
                self._said("telling", str(error))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_S)

    async def _tell(self) -> bool:
        """Tell Nova of what it must hear; whether there was any."""
        now = time.monotonic()
        self._postponed = {port: until for port, until in self._postponed.items() if until > now}
        notices = self._outbox.next(MOST_AT_ONCE, self._postponed)
        if not notices:
            return False
        fates = await self._nova.tell(notices)
        self._settle(notices, fates, now + POSTPONED_S)
        return True

    def _settle(self, notices: Sequence[Notice], fates: Sequence[Fate], later: float) -> None:
        done = []
        for notice, fate in zip(notices, fates, strict=True):
            if fate is Fate.LATER and time.time() - notice.at < OLDEST_S:
                self._postponed[notice.event.port] = later
                continue
            done.append(notice)
            if fate is Fate.HEARD:
                log.info("Nova heard %s of port %s, server %s", notice.event.name, *notice.event[:2])
            else:
                log.warning("Nova does not take %s of port %s, server %s", notice.event.name, *notice.event[:2])
        self._outbox.heard(done)

    def _said(self, what: str, silence: str) -> None:
        """Log a fault when it comes, when it is another one, and when it is over."""
        before = self._silence.get(what, "")
        self._silence[what] = silence
        if silence and silence != before:
            log.warning("%s: %s", what, silence)
        elif before and not silence:
            log.warning("%s goes on", what)
