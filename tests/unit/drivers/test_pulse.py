"""What a hypervisor must have said by now."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpal.drivers.ovn.pulse import BEAT_S, DEAD_S, Pulse


@given(st.lists(st.floats(0, 200), max_size=40))
def test_what_must_have_come_back_is_the_last_number_that_is_old_enough(pauses: list[float]) -> None:
    pulse, now, sent = Pulse(), 0.0, list[tuple[int, float]]()
    for number, pause in enumerate(pauses, 1):
        now += pause
        assert pulse.is_due(now) == (not sent or now - sent[-1][1] >= BEAT_S)
        if pulse.is_due(now):
            pulse.sent(number, now)
            sent.append((number, now))
        assert pulse.due(now) == max((number for number, at in sent if now - at >= DEAD_S), default=0)
