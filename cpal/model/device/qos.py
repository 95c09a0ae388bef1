"""Quality of service of interfaces: what they trust, what is attached to them, their queues and policers."""

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


class Policer(State, frozen=True, kw_only=True):
    """What limits a class of packets. Source: openconfig-qos `scheduler-policy/schedulers/scheduler/state`.

    `name` is the device's: of the policer, or of the class that is policed. `output` is whether it limits what goes
    out. Counts are octets and packets since the device counts: those within its rate, those above it, and of a policer
    with two rates those above both. What happens to them is in the policy.
    """

    name: str
    output: bool = False
    rate_bps: int | None = None
    conforming_pkts: int | None = None
    conforming_octets: int | None = None
    exceeding_pkts: int | None = None
    exceeding_octets: int | None = None
    violating_pkts: int | None = None
    violating_octets: int | None = None


class QosInterface(State, frozen=True, kw_only=True):
    """What an interface does to packets by their class.

    `trust` is which mark of packets that come in it goes by: `cos`, `dscp`, `ip-precedence`, or `none`.
    `classifiers` are those that map marks to classes, each with the kind of its mark, `dscp NAME`; `input_policy` and
    `output_policy` the names of what marks, polices or queues packets that come in and go out.
    """

    interface: str
    trust: str | None = None
    classifiers: tuple[str, ...] = ()
    input_policy: str | None = None
    output_policy: str | None = None
    queues: tuple[Queue, ...] = ()
    policers: tuple[Policer, ...] = ()
