"""Rounds: which flows can be tried side by side, and which would be taken for one another. Pure.

Theory. A protocol without ports has no field that tells two connections apart. A stateful firewall that admitted it
from A to B takes what B sends to A within a minute for the reply; and a router that translates many senders to one
address can carry it for one of them at a time to the same destination. SCTP and its like count: not every switch knows
their ports. So such flows are tried in rounds, and whoever runs the rounds makes the firewalls forget in between.
Addresses count as well as names: in two projects of one prefix, an address may be two endpoints'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cpal.model.address import version_of
from cpal.model.security import ICMP, ICMPV6, TCP, UDP
from cpal.reach.flow import Flow, Service

from .place import Place


def untold(service: Service) -> bool:
    """Whether a stateful firewall may be unable to tell two of the service's connections apart."""
    return service.protocol not in (TCP, UDP, ICMP, ICMPV6)


def rounds(flows: Sequence[Flow], places: Mapping[str, Place], apart: bool = False) -> list[list[int]]:
    """The positions of the flows, in rounds of flows that do not meet each other's replies.

    `apart`: nor does one destination get such a protocol from several sources in a round.
    """
    found = [_Round(apart)]
    for position, flow in enumerate(flows):
        own = places[flow.source].addresses if flow.source in places else ()
        sources = [address for address in own if version_of(address) == version_of(flow.address)]
        place = next((each for each in found if each.admits(flow, sources)), None)
        if place is None:
            found.append(place := _Round(apart))
        place.add(position, flow, sources)
    return [each.positions for each in found if each.positions]


class _Round:
    """Flows tried side by side: by protocol, who sends to whom, from which address to which."""

    def __init__(self, apart: bool) -> None:
        self.positions: list[int] = []
        self._apart = apart
        self._ways: set[tuple[int, str, str]] = set()
        self._senders: dict[tuple[int, str], str] = {}

    def admits(self, flow: Flow, sources: Sequence[str]) -> bool:
        """Whether the flow, from one of these addresses, would not be taken for another's reply."""
        if not untold(flow.service):
            return True
        protocol = flow.service.protocol
        if self._apart and self._senders.get((protocol, flow.address), flow.source) != flow.source:
            return False
        back = [(flow.destination, flow.source), *((flow.address, source) for source in sources)]
        return not any((protocol, *ends) in self._ways for ends in back)

    def add(self, position: int, flow: Flow, sources: Sequence[str]) -> None:
        """Take the flow in."""
        self.positions.append(position)
        if untold(flow.service):
            protocol = flow.service.protocol
            self._senders[protocol, flow.address] = flow.source
            self._ways.add((protocol, flow.source, flow.destination))
            self._ways |= {(protocol, source, flow.address) for source in sources}
