"""PortForwarding: ports of a floating IP that lead to ports of addresses inside.

Names and semantics: OpenStack Networking API v2.0, resource `port_forwardings` of `floatingips`; extension
floating-ip-port-forwarding-port-ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from cpal.model.record import Record
from cpal.model.target import Range

FORWARDED = {"tcp": 6, "udp": 17}
"""Protocols whose ports can be forwarded, with their numbers."""

NO_PORTS = Range(0, 0)
"""What a range is that was left out."""


class PortForwarding(Record, frozen=True, kw_only=True, gc=False, tag="port_forwarding"):
    """What comes to a port of a floating IP that leads to no port as a whole goes to a port of `internal_port_id`.

    A range of external ports leads to as many internal ones, in order, or all of it to one. Left out:
    `internal_port_range` (the external ports), `internal_ip_address` "" (the port's first IPv4 address).
    """

    kind: ClassVar[str] = "port_forwarding"
    floatingip_id: str
    protocol: str
    external_port_range: Range = NO_PORTS
    internal_port_id: str
    internal_port_range: Range = NO_PORTS
    internal_ip_address: str = ""

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """Each external port, with the internal one that it leads to."""
        outer, inner = self.external_port_range, self.internal_port_range
        step = 0 if inner.start == inner.end else 1
        for number in range(outer.end - outer.start + 1):
            yield outer.start + number, inner.start + number * step
