"""What can be tried, given the places as found: for each flow an attempt, or the reason why there is none. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cpal.model.address import version_of
from cpal.reach.flow import Flow

from .attempt import Attempt, Hop, Landings, Spot, Way, unspeakable, way_of
from .gateway import Gateway
from .place import Place
from .survey import Ground


class Site(NamedTuple):
    """An endpoint's place, the place as found, and by IP version the default gateway where frames may need it."""

    place: Place
    ground: Ground
    gateways: Mapping[int, Gateway] = {}

    def ready(self, version: int) -> tuple[str, ...]:
        """The addresses of that IP version that can be used."""
        unready = self.ground.unready
        return tuple(each for each in self.place.addresses if version_of(each) == version and each not in unready)


class Prospects(NamedTuple):
    """By position of the flow: the attempt, the attempts with frames where the address is the source's own too, why the
    source's kernel would send nothing, why nothing is known."""

    attempts: dict[int, Attempt]
    frames: dict[int, tuple[Attempt, ...]]
    unroutable: dict[int, str]
    unknown: dict[int, str]

    def every(self) -> list[Attempt]:
        """All attempts."""
        return [*self.attempts.values(), *(frame for frames in self.frames.values() for frame in frames)]

    def to_try(self) -> list[Attempt]:
        """All attempts of which something can leave the source."""
        routable = [attempt for position, attempt in self.attempts.items() if position not in self.unroutable]
        return [*routable, *(frame for frames in self.frames.values() for frame in frames)]


def prospects(flows: Sequence[Flow], sites: Mapping[str, Site], numbers: Iterator[int]) -> Prospects:
    """What can be tried of the flows; each attempt takes the next of `numbers`."""
    found = Prospects({}, {}, {}, {})
    for position, flow in enumerate(flows):
        reason = unspeakable(flow) or _source_problem(flow, sites) or _destination_problem(flow, sites)
        if reason:
            found.unknown[position] = reason
            continue
        if keeps(flow, sites):
            found.frames[position] = tuple(_frames(flow, sites, numbers))
            continue
        route = sites[flow.source].ground.routes[flow.address]
        if route.obstacle:
            found.unroutable[position] = route.obstacle
        found.attempts[position] = Attempt(next(numbers), flow, way_of(flow.service), route.source)
    return found


def keeps(flow: Flow, sites: Mapping[str, Site]) -> bool:
    """Whether the source's kernel would keep the packet, for it has the destination's address itself."""
    return flow.address in sites[flow.source].ground.addresses


def _frames(flow: Flow, sites: Mapping[str, Site], numbers: Iterator[int]) -> Iterator[Attempt]:
    """Past the kernel: to the destination's MAC address as on one wire, and to the gateway's, as if it were elsewhere.

    The source's own MAC and IP address are what port security lets pass.
    """
    source = sites[flow.source]
    version = flow.service.ip_version
    hops = [Hop(sites[flow.destination].ground.hardware_address, f"{flow.destination}'s MAC")]
    if gateway := source.gateways.get(version):
        hops.append(Hop(gateway.hardware_address, f"the MAC of its gateway {gateway.address}"))
    for hop in hops:
        yield Attempt(next(numbers), flow, Way.FRAME, source.ready(version)[0], hop=hop)


def listened(flow: Flow, sites: Mapping[str, Site], landings: Landings) -> list[Spot]:
    """Where the flow may be answered: at its address, or when that is translated, at any of the destination's.

    Where its port is forwarded, that is where it lands.
    """
    if way_of(flow.service) not in (Way.STREAM, Way.DATAGRAM):
        return []
    if landing := landings.get(flow):
        return [Spot(flow.destination, *landing)]
    site = sites[flow.destination]
    own = (flow.address,) if flow.address in site.place.addresses else site.ready(flow.service.ip_version)
    return [Spot(flow.destination, address, flow.service) for address in own]


def _source_problem(flow: Flow, sites: Mapping[str, Site]) -> str:
    site = sites.get(flow.source)
    if site is None:
        return f"{flow.source} has no place on this machine"
    if site.ground.problem:
        return f"{flow.source}: {site.ground.problem}"
    destination = sites.get(flow.destination)
    if destination and destination.place.namespace == site.place.namespace and keeps(flow, sites):
        return f"{flow.address} is in the namespace of {flow.source} itself: nothing would leave"
    return _unready(flow.source, site, flow.service.ip_version)


def _destination_problem(flow: Flow, sites: Mapping[str, Site]) -> str:
    site = sites.get(flow.destination)
    if site is None:
        return f"{flow.destination} has no place on this machine"
    if site.ground.problem:
        return f"{flow.destination}: {site.ground.problem}"
    if flow.address in site.ground.unready:
        return f"{flow.destination}: {site.ground.unready[flow.address]}"
    return _unready(flow.destination, site, flow.service.ip_version)


def _unready(endpoint: str, site: Site, version: int) -> str:
    if site.ready(version):
        return ""
    reasons = [reason for address, reason in site.ground.unready.items() if version_of(address) == version]
    return f"{endpoint}: " + ("; ".join(reasons) or f"it has no IPv{version} address")
