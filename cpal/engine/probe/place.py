"""Where endpoints live on this machine, and what was observed of a flow between them."""

from __future__ import annotations

from cpal.model.record import Part
from cpal.reach.flow import Flow


class Place(Part, frozen=True, gc=False):
    """Where an endpoint can be driven from.

    `namespace` is the path of its network namespace, `interface` the name of its interface there, `addresses` those it
    has (IPv4 and IPv6, without prefix length; they may sit on the loopback interface).
    """

    namespace: str
    interface: str
    addresses: tuple[str, ...] = ()


class Observation(Part, frozen=True, gc=False):
    """What real packets showed of a flow: it gets there, it does not, or nothing can be said (None); and why."""

    flow: Flow
    observed: bool | None
    evidence: str
