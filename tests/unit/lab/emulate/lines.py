"""Lines of a configuration, made from a grammar alone: what each rule says may be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpal.lab.emulate.grammar import Rule, Rules

Written = tuple[str, ...]
"""A line, after the lines that open the section it stands in."""


def every_line(rules: Rules, examples: Mapping[str, str], above: Written = ()) -> Iterator[tuple[Rule, Written]]:
    """A line for every form of every rule."""
    for found in rules.by_first.values():
        for rule in found:
            line = " ".join(examples[token[1:-1]] if token.startswith("<") else token for token in rule.tokens)
            yield rule, (*above, line)
            if rule.below:
                yield from every_line(rule.below, examples, (*above, line))
