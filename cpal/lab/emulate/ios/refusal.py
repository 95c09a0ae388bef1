"""What IOS says of words that are no command."""

from __future__ import annotations

import re

from cpal.lab.emulate.editor import Refused
from cpal.lab.emulate.grammar import Refusal


def refusal(found: Refusal | Refused, line: str, margin: int) -> str:
    """The reason; a mark stands under the first word that nobody knows, `margin` being the width of the prompt."""
    if isinstance(found, Refused) and found.reason:
        return f"{found.reason}\n"
    if found.ambiguous:
        return f'% Ambiguous command:  "{line}"\n'
    starts = [each.start() for each in re.finditer(r"\S+", line)]
    if found.at >= len(starts):
        return "% Incomplete command.\n"
    return f"{' ' * (margin + starts[found.at])}^\n% Invalid input detected at '^' marker.\n"
