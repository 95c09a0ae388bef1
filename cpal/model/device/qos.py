"""Queues of interfaces: what waits, what was sent, what was dropped."""

from __future__ import annotations

from cpal.model.device.state import State


class Queue(State, frozen=True, kw_only=True):
    """A queue or a class of one. Source: openconfig-qos `interfaces/interface/output/queues/queue/state`.

    `name` is the device's: a number, or the class that it serves; `scheduler` its word for how the queue is served.
    Counts are octets and packets since the device counts; `queued` what waits now.
    """

    name: str
    scheduler: str | None = None
    rate_bps: int | None = None
    sent_octets: int | None = None
    sent_pkts: int | None = None
    dropped_pkts: int | None = None
    queued_pkts: int | None = None
    queued_octets: int | None = None


class QosInterface(State, frozen=True, kw_only=True):
    """An interface's queues, its policies, and what it trusts of packets that come in: `cos`, `dscp` or none."""

    interface: str
    trust: str | None = None
    input_policy: str | None = None
    output_policy: str | None = None
    queues: tuple[Queue, ...] = ()
