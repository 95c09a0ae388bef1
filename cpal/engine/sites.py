"""The targets of a store with the connections to them: opened when they are first needed, and kept."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from cpal.engine.site import Site
from cpal.engine.targets import connect
from cpal.errors import Unavailable
from cpal.model.estate import Estate
from cpal.model.target import Target


class Sites:
    """The targets that were reached, for the store `owner`, whose directory is `home`."""

    def __init__(self, owner: str, home: Path) -> None:
        self._owner, self._home = owner, home
        self._sites: dict[str, Site] = {}
        self._connecting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def opened(self) -> list[Site]:
        """Those with an open connection."""
        return list(self._sites.values())

    async def close(self) -> None:
        """Let go of them."""
        for site in self.opened:
            await site.backend.close()

    def at_hand(self, target: Target) -> Site | None:
        """The target, where it has an open connection."""
        known = self._sites.get(target.id)
        return known if known is not None and known.target == target else None

    async def of(self, target: Target) -> Site:
        """The target with an open connection.

        Raises:
            Unreachable: it does not answer.
        """
        known = self.at_hand(target)
        if known is None:
            async with self._connecting[target.id]:
                known = self._sites.get(target.id)
                if known is not None and known.target != target:
                    await known.backend.close()
                    known = None
                if known is None:
                    known = self._sites[target.id] = Site(target, await connect(target, self._owner, self._home))
        return known

    async def reached(self, targets: Iterable[Target], after: Estate) -> tuple[list[Site], tuple[str, ...]]:
        """The targets with an open connection, and the names of those that go and do not answer.

        Raises:
            Unreachable, TimedOut: a target that stays does not answer.
        """
        sites, silent = [], []
        for target in targets:
            stays = after.get(Target, target.id) is not None
            try:
                site = await self.of(target)
                if not stays:
                    await site.backend.observe()
            except Unavailable:
                if stays:
                    raise
                silent.append(target.name)
            else:
                sites.append(site)
        return sites, tuple(silent)


def targets_of(before: Estate, after: Estate) -> list[Target]:
    """The targets before and after, by name, as they are after where they stay."""
    found = {target.id: target for estate in (before, after) for target in estate.all(Target)}
    return sorted(found.values(), key=lambda target: target.name)
