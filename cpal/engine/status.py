"""What targets say of what is realised there: the status of ports, hypervisors, the numbers in tunnel headers."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from cpal.core.driver import HostStatus, PortStatus, TunnelKeys, TunnelNames
from cpal.engine.sites import Sites, targets_of
from cpal.errors import Invalid, Unavailable
from cpal.model.estate import EMPTY, Estate
from cpal.model.network import Port
from cpal.model.record import Record
from cpal.model.target import Target
from cpal.model.unknown import is_known


class Status:
    """What the targets of the accepted estate say."""

    def __init__(self, sites: Sites, estate: Callable[[], Estate]) -> None:
        self._sites, self._estate = sites, estate
        self._changed_ports: dict[str, bool] = {}

    @property
    def _targets(self) -> list[Target]:
        return targets_of(EMPTY, self._estate())

    async def ports(self) -> dict[str, PortStatus]:
        """The status of each port at its target, by port id; a port that is to be down is DOWN, claimed or not."""
        found = dict(await self.statuses())
        down = [port for port in self._estate().all(Port) if not port.admin_state_up and port.id in found]
        return found | {port.id: PortStatus("DOWN", found[port.id].host) for port in down}

    async def statuses(self) -> Mapping[str, PortStatus]:
        """What the targets say of each port, by its id: not a copy, what they say later shows in it."""
        sites = [await self._sites.of(target) for target in self._targets]
        found = [await site.backend.ports() for site in sites]
        return found[0] if len(found) == 1 else ChainMap(*found)  # type: ignore[arg-type]  # it is only read

    async def changed_ports(self) -> dict[str, bool]:
        """The ports whose status may have changed since this was last asked, each with whether it was seen to be down.

        When a target is asked first, all of its.

        Raises:
            Unreachable, TimedOut: a target does not answer; what others said is said again.
        """
        known = self._changed_ports
        for target in self._targets:
            for id, was_down in (await (await self._sites.of(target)).backend.changed_ports()).items():
                known[id] = known.get(id, False) or was_down
        self._changed_ports = {}
        return known

    async def hosts(self) -> dict[str, HostStatus]:
        """The hypervisors that have registered at the targets that answer, by name."""
        found: dict[str, HostStatus] = {}
        for target in self._targets:
            with suppress(Unavailable):
                found.update(await (await self._sites.of(target)).backend.hosts())
        return found

    async def hosts_seen(self) -> list[HostStatus]:
        """The same, by what they are known by outside; to ask disturbs nobody."""
        found: list[HostStatus] = []
        for target in self._targets:
            with suppress(Unavailable):
                found += await (await self._sites.of(target)).backend.hosts_of_others()
        return found

    async def vnis_of_others(self, declared: Iterable[Record] = ()) -> frozenset[int]:
        """The VNIs that others have at the targets there are and that are declared; of one that is silent, none."""
        new = [record for record in declared if isinstance(record, Target) and is_known(record)]
        targets = {target.id: target for target in (*self._estate().all(Target), *new)}
        found: set[int] = set()
        for target in targets.values():
            with suppress(Unavailable, Invalid):  # whoever needs the target says what is wrong with it
                found.update(await (await self._sites.of(target)).backend.vnis_of_others())
        return frozenset(found)

    async def tunnel_keys(self) -> TunnelKeys:
        """The names behind the numbers in the tunnel headers of every target."""
        networks: dict[int, str] = {}
        ports: dict[tuple[int, int], str] = {}
        for target in self._targets:
            keys = await (await self._sites.of(target)).backend.keys()
            networks.update(keys.networks)
            ports.update(keys.ports)
        return TunnelKeys(networks, ports)

    async def tunnels_of(self, target: Target) -> tuple[TunnelKeys, TunnelNames, Sequence[HostStatus]]:
        """What is behind the numbers in a target's tunnel headers, what people call it, and who has which address.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """
        backend = (await self._sites.of(target)).backend
        return await backend.keys(), await backend.tunnel_names(), await backend.hosts_of_others()

    async def settled(self, timeout_s: float) -> None:
        """Return when every target's hosts have realised what was applied.

        Raises:
            TimedOut: they have not, and which.
        """
        for target in self._targets:
            await (await self._sites.of(target)).backend.settled(timeout_s)
