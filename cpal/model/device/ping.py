"""What a device found when it sent echoes: the answers, their round trips, and what was lost."""

from __future__ import annotations

from cpal.model.device.state import State

COUNT, WAIT_S = 5, 2
"""How many echoes are sent and how many seconds each is waited for, unless a device is told."""


class EchoAnswer(State, frozen=True, kw_only=True):
    """An answer to an echo: whose it is, and the round trip in ms; `error` says of one that tells of a failure why.

    Source: RFC 792, "Echo Reply" and "Destination Unreachable".
    """

    address: str | None = None
    rtt_ms: float | None = None
    error: str | None = None


class Ping(State, frozen=True, kw_only=True):
    """Echoes to a destination, as the device sent them. Source: gNOI `system.proto`, `PingResponse`.

    `source` and `vrf` are what it was told to send from, None where it chose. `sent` and `received` count echoes and
    their replies; times are round trips in ms, None where nothing came back or the make does not tell. `answers` are
    those that the make tells one by one. `error` are the device's words why it could send none, or why none arrived.
    """

    destination: str
    source: str | None = None
    vrf: str | None = None
    sent: int
    received: int
    rtt_min_ms: float | None = None
    rtt_avg_ms: float | None = None
    rtt_max_ms: float | None = None
    rtt_deviation_ms: float | None = None
    answers: tuple[EchoAnswer, ...] = ()
    error: str | None = None

    @property
    def loss_percent(self) -> float | None:
        """How many of a hundred echoes were lost; None where none was sent."""
        return 100.0 * (self.sent - self.received) / self.sent if self.sent else None

    @property
    def reachable(self) -> bool:
        """Whether any reply came back."""
        return self.received > 0
