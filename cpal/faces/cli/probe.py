"""`cpal probe`: what is predicted beside what real packets show, and 0 only when they agree everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import click

from cpal.errors import EXIT_CODES, Unverified
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import Object, column, format_option, print_list, print_table
from cpal.faces.cli.screen import is_terminal, note, paint, progress, width
from cpal.faces.verify import ProbeResult

MOST_WRONG = 20
"""Disagreements told without `--detail`."""
FIELDS = ("source", "destination", "address", "protocol", "predicted", "observed", "agrees", "reason", "evidence")
"""What programs are told of a flow."""
WORDS = {True: "reaches", False: "does not reach", None: "cannot be probed"}


@click.command()
@click.option("--detail", is_flag=True, help="Show every flow, with the reason and the evidence.")
@format_option
def probe(detail: bool, form: str) -> int:
    """Prove with real packets who reaches whom.

    Every pair of endpoints and outside hosts is tried, with every protocol and port that rules name. A denial counts
    only when the listener is proven up and the packet is shown to have left. Exits with 0 only when all is as
    predicted and nothing is left open.
    """
    with opened() as session, progress("probe") as report:
        results = session.verify(report)
    if form == "table":
        _print(results, detail)
    else:
        print_list(map(_object, results), (), form, fields=FIELDS)
    return 0 if all(result.agrees for result in results) else EXIT_CODES[Unverified]


def _object(result: ProbeResult) -> Object:
    return {name: getattr(result, name) for name in FIELDS}


class Pair(NamedTuple):
    """What was tried from one end to an address of another."""

    source: str
    destination: str
    address: str
    results: tuple[ProbeResult, ...]

    @property
    def agrees(self) -> bool:
        """Whether all of it is as predicted."""
        return all(result.agrees for result in self.results)

    @property
    def silent(self) -> bool:
        """Whether nothing was predicted to get through, and nothing did."""
        return self.agrees and not any(result.predicted for result in self.results)


def _pairs(results: Iterable[ProbeResult]) -> list[Pair]:
    found: dict[tuple[str, str, str], list[ProbeResult]] = {}
    for result in results:
        found.setdefault((result.source, result.destination, result.address), []).append(result)
    return [Pair(*ends, tuple(tried)) for ends, tried in found.items()]


def _print(results: Sequence[ProbeResult], detail: bool) -> None:
    pairs = _pairs(results)
    if not pairs:
        click.echo("there is nobody to probe: declare instances", err=True)
        return
    _print_matrix(pairs)
    shown = pairs if detail else [pair for pair in pairs if not pair.silent]
    if shown:
        print_table(
            [_row(pair) for pair in shown], [column(name) for name in ("from", "to", "predicted", "observed", "")]
        )
    if len(shown) < len(pairs):
        click.echo(f"\n{len(pairs) - len(shown)} more pairs: predicted that nothing gets through, and nothing did")
    _print_end(results, pairs, detail)


def _print_matrix(pairs: Sequence[Pair]) -> None:
    """On a terminal that is wide enough: from whom (rows) to whom, and how many protocols get through."""
    ends = sorted({pair.source for pair in pairs} | {pair.destination for pair in pairs})
    short = [name.rpartition("/")[2] for name in ends]
    headings = [name if short.count(brief) > 1 else brief for name, brief in zip(ends, short, strict=True)]
    if not is_terminal() or max(map(len, ends)) + sum(max(len(each), 5) + 2 for each in headings) + 2 > width():
        return
    # lazy: rich takes as long as all the rest; only terminals need it
    from cpal.faces.cli.matrix import Cell, draw

    cells: dict[tuple[str, str], Cell] = {}
    for pair in pairs:
        key = (pair.source, pair.destination)
        cells[key] = cells.get(key, Cell()).plus(
            sum(result.predicted for result in pair.results),
            sum(result.observed is True for result in pair.results),
            pair.agrees,
        )
    draw(ends, headings, cells)


def _row(pair: Pair) -> Object:
    return {
        "from": pair.source,
        "to": f"{pair.destination} {pair.address}",
        "predicted": _protocols(pair, [result.predicted for result in pair.results]),
        "observed": _protocols(pair, [result.observed for result in pair.results]),
        "": "" if pair.agrees else "differs",
    }


def _protocols(pair: Pair, through: Sequence[bool | None]) -> str:
    """Which of the protocols tried get through, in words."""
    if all(each is None for each in through):
        return "not known"
    if all(through):
        return "all" if len(through) > 1 else pair.results[0].protocol
    named = [result.protocol for result, each in zip(pair.results, through, strict=True) if each]
    unknown = [f"{result.protocol}?" for result, each in zip(pair.results, through, strict=True) if each is None]
    return " ".join([*named, *unknown]) or "nothing"


def _print_end(results: Sequence[ProbeResult], pairs: Sequence[Pair], detail: bool) -> None:
    wrong = [result for result in results if not result.agrees]
    told = [line for pair in pairs if detail or not pair.agrees for line in _told(pair, detail)]
    if told:
        click.echo()
    for line in told if detail else told[:MOST_WRONG]:
        click.echo(line)
    if len(told) > MOST_WRONG and not detail:
        click.echo(f"… and {len(told) - MOST_WRONG} more (--detail)")
    if not wrong:
        click.echo(paint(f"\nAll {len(results)} flows are as predicted.", fg="green", bold=True))
        return
    unknown = sum(result.observed is None for result in wrong)
    rest = f", {unknown} of them because they could not be probed" if unknown else ""
    click.echo(paint(f"\n{len(wrong)} of {len(results)} flows are not as predicted{rest}.", fg="red", bold=True))
    if unknown < len(wrong):
        note("what is not as applied at the target: cpal plan; to put it right: cpal apply")


def _told(pair: Pair, detail: bool) -> list[str]:
    """Lines that tell results of a pair, those with the same verdict and reasons together."""
    alike: dict[tuple[bool, bool | None, str, str], list[str]] = {}
    for result in pair.results:
        if detail or not result.agrees:
            alike.setdefault((result.predicted, result.observed, result.reason, result.evidence), []).append(
                result.protocol
            )
    return [_line(pair, protocols, *why) for why, protocols in alike.items()]


def _line(pair: Pair, protocols: list[str], predicted: bool, observed: bool | None, reason: str, evidence: str) -> str:
    words = f"{pair.source} -> {pair.destination} ({pair.address}) {' '.join(protocols)}"
    head = paint(words, fg=None if observed is predicted else "red")
    return f"{head}\n    predicted: {WORDS[predicted]}, {reason}\n    observed: {WORDS[observed]}, {evidence}"
