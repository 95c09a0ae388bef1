"""`cpal capabilities`: what targets can hold of each kind of record, why not the rest, and how that is known."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cpal.core.driver import Rules
from cpal.engine.targets import DRIVERS, driver, rules_of
from cpal.faces.cli.kinds import KINDS
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import Object, column, format_option, print_list
from cpal.faces.cli.resolve import find
from cpal.model.estate import KINDS as RECORDS
from cpal.model.estate import Estate
from cpal.model.target import Target

FIELDS = ("driver", "kind", "field", "holds", "why", "commit", "evidence")
ROWS, NO_ROWS, NOT_ALWAYS, NEVER, NOT_THERE = "yes", "with others", "not always", "no", "not there"


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET|DRIVER]...")
@format_option
def capabilities(targets: tuple[str, ...], form: str) -> None:
    """Show what targets, or drivers, can hold of each kind of record, and why not the rest; without any, every driver.

    A kind is held in rows of its own, or with others (an instance by its ports), or is not there: nothing comes of it.
    Of a field that is not always held, `plan` says for each record what is wrong.
    """
    if targets:
        with opened() as session:
            asked = [_rules(word, session.estate) for word in targets]
        found = {rules.name: rules for rules in asked}
    else:
        found = {name: driver(name).rules for name in DRIVERS}
    rows = [row for rules in found.values() for row in told(rules)]
    print_list(rows, tuple(map(column, ("driver", "kind", "field", "holds", "why"))), form, fields=FIELDS)
    if form == "table":
        for name, rules in found.items():
            click.echo(f"\n{name}: commits by {rules.capability.commit}; evidence: {rules.capability.evidence}")


def _rules(word: str, estate: Estate) -> Rules:
    """The rules of a target's driver, or of the driver of that name where no target is called so."""
    if word in DRIVERS and not any(target.name == word for target in estate.all(Target)):
        return driver(word).rules
    target = find(word, KINDS["target"], estate)
    assert isinstance(target, Target)
    return rules_of(target)


def told(rules: Rules) -> Iterator[Object]:
    """The rows of a driver: each kind, and after it each of its fields that is not always held."""
    capability = rules.capability
    common = {"commit": capability.commit, "evidence": capability.evidence}
    for kind in RECORDS:
        word = {"driver": rules.name, "kind": kind.replace("_", " ")}
        limits = [limit for limit in capability.limits if limit.kind == kind]
        known = kind in capability.refuse
        holds = ROWS if kind in rules.render else NO_ROWS if known else NOT_THERE
        holds = NEVER if any(limit.never for limit in limits) else holds
        yield {**word, "field": "", "holds": holds, "why": "", **common}
        for limit in limits:
            yield {
                **word,
                "field": limit.field,
                "holds": NEVER if limit.never else NOT_ALWAYS,
                "why": limit.why,
                **common,
            }
