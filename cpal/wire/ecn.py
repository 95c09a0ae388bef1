"""Congestion marks through a tunnel.

Sources: RFC 6040, sections 4.1 (ingress) and 4.2 (egress, figure 4); RFC 3168, section 5.3 (what came in pieces).
"""

from __future__ import annotations

NOT_ECT, ECT_1, ECT_0, CE = range(4)
"""Codepoints: not capable, capable (two of them), congestion experienced. Source: RFC 3168, section 5."""

_LEAVES = {
    (NOT_ECT, CE): None,
    (ECT_0, ECT_1): ECT_1,
    (ECT_0, CE): CE,
    (ECT_1, CE): CE,
}
"""What leaves where it is not the inner codepoint, by (inner, outer); None: the packet is dropped."""


def entering(inner: int, compatible: bool = False) -> int:
    """The outer codepoint of a packet that enters: the inner one; in compatibility mode always "not capable"."""
    return NOT_ECT if compatible else inner


def leaving(inner: int, outer: int) -> int | None:
    """The codepoint of a packet that leaves the tunnel; None where it must be dropped."""
    return _LEAVES.get((inner, outer), inner)


def together(first: int, second: int) -> int:
    """The codepoint of what came in two pieces: congestion that either met is not forgotten."""
    return CE if CE in (first, second) else first
