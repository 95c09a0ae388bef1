"""What may follow which words: verbs, flags and arguments as plain tables, for completion in any shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import click

from cpal.faces.cli.kinds import KINDS
from cpal.faces.cli.resolve import KindType

FILES = "@files"
"""What is completed by the names of files."""
NAME = "@name"
"""What is completed by names of the kind that an earlier word says."""


class Flag(NamedTuple):
    """An option: its spelling, what it does, and what its value is: a source, or None for none.

    A source is `FILES`, `NAME`, `name KIND` (names of a kind; several behind commas: `names KIND`), or `words`
    and the words; "" is a value that nothing is known of.
    """

    word: str
    help: str
    value: str | None


class Rule(NamedTuple):
    """What may follow a path of verbs (`plan`, `lab up`, `create network`)."""

    words: tuple[tuple[str, str], ...]
    """Verbs below it, with their help."""
    flags: tuple[Flag, ...]
    arguments: tuple[str, ...]
    """The source of each argument in order; the last repeats when `repeats`."""
    repeats: bool


class Grammar(NamedTuple):
    """All rules by path ("" is the program itself); the words of kinds; the command that makes the names again."""

    rules: dict[str, Rule]
    kinds: dict[str, str]
    """Each word for a kind, and the kind's tag."""
    refresh: tuple[str, ...]


def grammar_of(root: click.Command, ctx: click.Context, refresh: tuple[str, ...]) -> Grammar:
    """The grammar of a program."""
    rules = dict(_rules(root, ctx, ""))
    words = {word: kind.name for kind in KINDS.values() for word in (kind.flag, kind.plural_flag)}
    return Grammar(rules, words, refresh)


def _rules(command: click.Command, ctx: click.Context, path: str) -> Iterator[tuple[str, Rule]]:
    below: list[tuple[str, click.Command]] = []
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None and not found.hidden:
                below.append((name, found))
    words = tuple((name, found.get_short_help_str(70)) for name, found in below)
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    flags = [flag for option in command.get_params(ctx) if isinstance(option, click.Option) for flag in _flags(option)]
    repeats = bool(arguments) and arguments[-1].nargs == -1
    yield path, Rule(words, tuple(flags), tuple(_source(each, path) for each in arguments), repeats)
    for name, found in below:
        yield from _rules(found, ctx, f"{path} {name}".strip())


def _flags(option: click.Option) -> Iterator[Flag]:
    value = None if option.is_flag or option.count else _source(option, "")
    for word in (*option.opts, *option.secondary_opts):
        yield Flag(word, (option.help or "").split("\n")[0], value)


def _source(parameter: click.Parameter, path: str) -> str:
    """Where the values of an option or argument come from."""
    named = getattr(parameter, "completes", "")
    if named:
        return str(named)
    if isinstance(parameter.type, click.Path):
        return FILES
    if isinstance(parameter.type, KindType):
        return "words " + " ".join(parameter.type.offered)
    if isinstance(parameter.type, click.Choice):
        return "words " + " ".join(map(str, parameter.type.choices))
    return _BY_NAME.get((path, parameter.name or ""), _BY_NAME.get(("", parameter.name or ""), ""))


_BY_NAME: dict[tuple[str, str], str] = {
    ("", "project"): "name project",
    ("", "stack"): "name stack",
    ("", "stacks"): "name stack",
    ("", "target"): "name target",
    ("get", "names"): NAME,
    ("show", "name"): NAME,
    ("lab exec", "name"): "name machine",
    ("lab plug", "ports"): "name port",
    ("lab unplug", "ports"): "name port",
    ("undo", "revision"): "name revision",
    ("diff", "before"): "name revision",
    ("diff", "after"): "name revision",
}
"""What the parameters are that no type tells of, by path ("" is any) and name."""
