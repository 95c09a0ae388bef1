"""What follows `|` in a command: a choice of the lines that it says."""

from __future__ import annotations

import re


class PipeError(Exception):
    """Text that goes through something that is not there, or a pattern that is none."""


def piped(text: str, pipe: str) -> str:
    """Text through `| section`, `include`, `exclude` or `begin`.

    Raises:
        PipeError: it goes through something else.
    """
    verb, _, wanted = pipe.strip().partition(" ")
    wanted = wanted.strip()
    if verb in ("no-more", "json"):
        return text
    try:
        expression = re.compile(wanted, re.I)
    except re.error as error:
        raise PipeError(f"Invalid regular expression: {wanted}") from error
    if verb == "section":
        return sections(text.splitlines(), expression)
    lines = text.splitlines(keepends=True)
    if verb == "begin":
        start = next((n for n, line in enumerate(lines) if expression.search(line)), len(lines))
        return "".join(lines[start:])
    excluding = verb != "" and "exclude".startswith(verb) and len(verb) > 1
    if verb not in ("include", "grep") and not excluding:
        raise PipeError(f"Invalid input (at token 1: '{verb}')")
    return "".join(line for line in lines if bool(expression.search(line)) is not excluding)


def sections(lines: list[str], expression: re.Pattern[str]) -> str:
    """The lines that match, with the lines below them and the headings above them."""
    kept: dict[int, None] = {}
    above: list[tuple[int, int]] = []
    inside: int | None = None
    for number, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        while above and above[-1][0] >= depth:
            above.pop()
        inside = inside if inside is not None and depth > inside else None
        if inside is not None or (expression.search(line) and not line.lstrip().startswith("!")):
            kept.update(dict.fromkeys([n for _, n in above] + [number]))
            inside = depth if inside is None else inside
        above.append((depth, number))
    return "".join(f"{lines[number]}\n" for number in sorted(kept) if lines[number] != "!")
