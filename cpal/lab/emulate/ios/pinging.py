"""IOS's `ping`. Source: Cisco IOS command reference, `ping`; recorded answers."""

from __future__ import annotations

from collections.abc import Sequence

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.echo import RTT_MS, Outcome
from cpal.lab.emulate.grammar import Refusal
from cpal.lab.emulate.ios.refusal import refusal
from cpal.lab.emulate.pinging import Misspelt, asked, outcome

RANGES = {"repeat": ("times", 1, 2**31 - 1), "size": ("size", 36, 18024), "timeout": ("timeout", 0, 3600)}
"""The numbers that it takes."""
A_LINE = 70
"""How many marks stand in a line."""


def answer(device: Device, words: Sequence[str], margin: int) -> str:
    """What is printed of the words after `ping`, `margin` being the width of the prompt."""
    try:
        wanted = asked(words, RANGES, 100)
    except Misspelt as wrong:
        return refusal(Refusal(wrong.at + 1), " ".join(("ping", *words)), margin)
    if wanted.destination is None:
        return f'Translating "{wanted.word}"\n% Unrecognized host or address, or protocol not running.\n'
    found = outcome(device, wanted)
    if found.outcome is Outcome.NO_VRF:
        return f"% VRF {wanted.vrf} does not exist\n"
    if found.outcome is Outcome.NO_SOURCE:
        return "% Invalid source. Must use same-VRF IP address or full interface name without spaces (e.g. Serial0/1)\n"
    replied = found.outcome is Outcome.ANSWERED
    sent = f"{wanted.times}, {wanted.size}-byte ICMP Echos to {wanted.destination}, timeout is {wanted.timeout} seconds"
    marks = ("!" if replied else ".") * wanted.times
    lines = [
        "Type escape sequence to abort.",
        f"Sending {sent}:",
        *(marks[n : n + A_LINE] for n in range(0, len(marks), A_LINE)),
    ]
    times = f", round-trip min/avg/max = {RTT_MS:.0f}/{RTT_MS:.0f}/{RTT_MS:.0f} ms" if replied else ""
    received = wanted.times if replied else 0
    lines.append(f"Success rate is {100 if replied else 0} percent ({received}/{wanted.times}){times}")
    return "\n".join([*lines, ""])
