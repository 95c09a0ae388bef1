"""From evidence to what may be claimed. Pure.

Reached: the destination itself answered, or for what it cannot answer, its witness saw the packet. Denied: at least two
packets are shown to have left (or the question for the next hop is, unanswered), the listener is proven up before and
after, and the destination's witness lost nothing. Whatever lies between is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cpal.reach.flow import Flow

from .attempt import Attempt, Way
from .trace import Trace

FEWEST_LEFT = 2
"""How many packets must be shown to have left before silence is a denial."""


class Circumstances(NamedTuple):
    """What surrounded an attempt.

    `unproven` says why the listener, or the destination's witness, is not proven up ("" when it is); `occupied` that
    another process listens there; `unroutable` why the source's kernel sends nowhere ("" when it does); `unanswered`
    the next hop that was asked for in vain; `one_way` why the destination's kernel cannot reply to an echo request;
    `blind_source`, `blind_destination` how many packets each witness lost.
    """

    unproven: str = ""
    occupied: bool = False
    unroutable: str = ""
    unanswered: str = ""
    one_way: str = ""
    blind_source: int = 0
    blind_destination: int = 0


Claim = tuple[bool | None, str]


def claim(attempt: Attempt, trace: Trace, around: Circumstances) -> Claim:
    """Whether the flow gets there, or None; and the evidence in words."""
    return _reached(attempt, trace, around) or _elsewhere(attempt, trace) or _denied(attempt, trace, around)


def claim_of_frames(claims: Sequence[Claim], flow: Flow) -> Claim:
    """What several attempts with frames show together: denied only when each was."""
    for wanted in (True, None):
        for observed, evidence in claims:
            if observed is wanted:
                return observed, evidence
    evidence = "; ".join(said for _, said in claims)
    return False, f"{evidence} ({flow.address} is {flow.source}'s own address too)"


def _reached(attempt: Attempt, trace: Trace, around: Circumstances) -> Claim | None:
    flow, got_it = attempt.flow, attempt.flow.destination in trace.arrived
    if flow.destination in trace.answered_by:
        return True, f"{flow.destination} answered on {flow.service}"
    if attempt.way is Way.ECHO and flow.address in trace.echoed_by and got_it:
        return True, f"{flow.destination} got the echo request, and its reply came back"
    if attempt.way is Way.FRAME and got_it:
        return True, f"{flow.destination} got the frame addressed to {attempt.hop.owner}"
    if attempt.way is Way.ONEWAY and got_it:
        return True, f"{flow.destination} got the packet"
    if around.occupied and got_it and (trace.connected or trace.refused or attempt.way is Way.DATAGRAM):
        return True, f"{flow.destination} got the packet, where another process holds {flow.service}"
    return None


def _elsewhere(attempt: Attempt, trace: Trace) -> Claim | None:
    destination = attempt.flow.destination
    if trace.answered_by:
        return False, f"answered by {_names(trace.answered_by)}, not by {destination}"
    if attempt.way in (Way.ECHO, Way.ONEWAY) and trace.arrived and destination not in trace.arrived:
        return False, f"arrived at {_names(trace.arrived)}, not at {destination}"
    return None


def _denied(attempt: Attempt, trace: Trace, around: Circumstances) -> Claim:
    destination = attempt.flow.destination
    if around.unproven:
        return None, around.unproven
    if around.unroutable:
        return False, f"nothing could leave {attempt.flow.source}: {around.unroutable}"
    heard = trace.refused or trace.echoed_by or trace.connected
    if not heard and (quiet := _not_shown(attempt, trace, around)):
        return quiet
    if not trace.left:
        return None, _unseen(attempt, trace, around)
    if around.blind_destination:
        return None, f"the witness of {destination} lost {around.blind_destination} packets"
    if around.one_way:
        return False, f"{destination} got the echo request; {around.one_way}"
    if attempt.way is Way.ECHO and destination in trace.arrived and not trace.reply_left:
        return None, f"{destination} got the echo request and its kernel did not reply"
    return False, f"{_sent(attempt, trace.left)} left {attempt.flow.source}; {_fate(attempt, trace)}"


def _not_shown(attempt: Attempt, trace: Trace, around: Circumstances) -> Claim | None:
    """The claim about silence of which too few packets are shown to have left; None if enough are."""
    if trace.left >= FEWEST_LEFT:
        return None
    if not trace.left and around.unanswered:
        return False, f"{attempt.flow.source} asked for {around.unanswered}, its next hop, and nobody answered"
    return None, _unseen(attempt, trace, around)


def _unseen(attempt: Attempt, trace: Trace, around: Circumstances) -> str:
    why = f" ({_names(trace.failures)})" if trace.failures else ""
    lost = f"; its witness lost {around.blind_source} packets" if around.blind_source else ""
    refused = f"; {trace.refused}" if trace.refused else ""
    return (
        f"{trace.left} of {_sent(attempt, trace.sent)} are shown to have left {attempt.flow.source}{why}{lost}{refused}"
    )


def _fate(attempt: Attempt, trace: Trace) -> str:
    destination = attempt.flow.destination
    where = f"arrived at {_names(trace.arrived)}" if trace.arrived else f"none arrived at {destination}"
    if attempt.way is Way.FRAME and trace.arrived:
        where = f"came to {_names(trace.arrived)}, none arrived at {destination}"
    if trace.refused:
        return f"{where}; {trace.refused}"
    if trace.echoed_by:
        impostor = attempt.flow.address in trace.echoed_by
        who = "something on the way" if impostor else f"{_names(trace.echoed_by)}, which was not asked,"
        return f"{where}; {who} replied"
    if trace.connected:
        return f"{where}; something accepted the connection and said nothing"
    return f"{where}; no answer came back" if trace.arrived and attempt.way is not Way.FRAME else where


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _sent(attempt: Attempt, count: int) -> str:
    if attempt.way is not Way.FRAME:
        return _packets(count)
    return f"{count} frame{'' if count == 1 else 's'} addressed to {attempt.hop.owner}"


def _packets(count: int) -> str:
    return f"{count} packet" if count == 1 else f"{count} packets"
