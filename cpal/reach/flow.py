"""The words of reachability: endpoints, services, flows and verdicts.

An *endpoint* is a port of an instance, or a host outside the estate. A *service* is a protocol with its port or ICMP
type. A *flow* is a new connection: an endpoint sends to an address, and the question is whether `destination` gets it.
"""

from __future__ import annotations

from cpal.model.record import Part


class Endpoint(Part, frozen=True, gc=False):
    """Where traffic starts or ends.

    `name` is `project/instance` (`project/instance:port` when the instance has several ports) or the name of an
    outside host. `port_id` is "" for an outside host. `addresses` are its own, without prefix length.
    """

    name: str
    port_id: str = ""
    instance_id: str = ""
    addresses: tuple[str, ...] = ()


class Service(Part, frozen=True, gc=False, order=True):
    """An IP protocol number with a destination port (TCP, UDP, SCTP ...) or an ICMP type and code."""

    ip_version: int
    protocol: int
    port: int | None = None
    icmp_code: int | None = None

    def __str__(self) -> str:
        name = _NAMES.get(self.protocol, str(self.protocol))
        if (self.protocol, self.port, self.icmp_code) in _ECHO:
            return name
        port = "" if self.port is None else f"/{self.port}"
        return name + port + ("" if self.icmp_code is None else f"/{self.icmp_code}")


_ECHO = ((1, 8, None), (58, 128, None))
"""What `icmp` and `icmpv6` mean by themselves: an echo request. Source: RFC 792, RFC 4443."""
_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"}


class Flow(Part, frozen=True, gc=False):
    """A new connection from `source` to `address` for `service`; does the endpoint `destination` get it?

    `address` is one of the destination's own addresses or a floating IP that leads to it.
    """

    source: str
    destination: str
    address: str
    service: Service


class Verdict(Part, frozen=True, gc=False):
    """What is predicted for a flow, and the one reason that decides it in the user's words.

    `count` is how many flows it stands for: itself, and those between endpoints of the same two classes.
    """

    flow: Flow
    reachable: bool
    reason: str
    count: int = 1
