"""Whether hypervisors keep up: each sequence number that is counted up must have come back from them in time.

Source: ovn-nb(5), NB_Global `nb_cfg`; ovn-sb(5), Chassis_Private `nb_cfg`. Neutron's `agent_down_time` is as long.
"""

from __future__ import annotations

BEAT_S = 10.0
"""How often a number is counted up at most, in seconds."""
DEAD_S = 75.0
"""How long a hypervisor may take for one, in seconds."""


class Pulse:
    """The numbers counted up, each with its time in seconds of a clock that does not jump."""

    def __init__(self) -> None:
        self._sent: list[tuple[int, float]] = []

    def is_due(self, now: float) -> bool:
        """Whether a number should be counted up again."""
        return not self._sent or now - self._sent[-1][1] >= BEAT_S

    def sent(self, number: int, now: float) -> None:
        """Note that a number was counted up; of those that should have come back, the last one says it all."""
        old = sum(now - at >= DEAD_S for _, at in self._sent)
        self._sent = [*self._sent[max(0, old - 1) :], (number, now)]

    def due(self, now: float) -> int:
        """The number that must have come back by now; 0 for none."""
        return max((number for number, at in self._sent if now - at >= DEAD_S), default=0)
