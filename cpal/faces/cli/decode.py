"""`cpal decode`: capture files as rows, one a packet, with what is in their tunnels; counted, or stripped of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import numpy as np

from cpal.errors import Disk, WireError
from cpal.faces import captures
from cpal.faces.captures import Part
from cpal.faces.cli.failures import FORMAT
from cpal.faces.cli.output import column, print_table, print_value, quiet_option
from cpal.faces.cli.packet_text import PRINTERS
from cpal.faces.cli.screen import Report, done, progress
from cpal.wire import filters
from cpal.wire.filters import Filter
from cpal.wire.tally import Tally

if TYPE_CHECKING:
    from cpal.faces.tunnel_words import TunnelWords

LARGE = 32 << 20
"""Bytes of a file from which on progress is shown."""
COLUMNAR = ("arrow", "parquet")
TALKERS = 10
HERE = "-"
PCAPNG = ".pcapng"
"""Standard output."""


def _remember(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta[FORMAT] = value
    return value


@click.command(
    epilog="Fields of --where: "
    + ", ".join(filters.names())
    + "; with --target also "
    + ", ".join(filters.NAMED)
    + ". Faults: docs/reference/faults.md. A tunnel is known by its destination port: Geneve 6081, VXLAN 4789 and "
    "8472, VXLAN-GPE 4790, STT 7471."
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice((*PRINTERS, *COLUMNAR)), default="table", show_default=True, is_eager=True,
    callback=_remember, help="How to print it.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@click.option(
    "--where", "expression", metavar="EXPRESSION",
    help="Only packets such as: vni == 5 and inner.dst in 10.0.1.0/24; with --target: network == web and port == web1",
)  # fmt: skip
@click.option(
    "--target", metavar="NAME",
    help="Name networks, ports and hypervisors as this target does: the lab, or any OVN, Neutron's too.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Tell the rules of the specifications that a packet breaks as faults too.")
@click.option("--stats", is_flag=True, help="Count instead: by network, tunnel, fault, and who talks most.")
@click.option(
    "--mtu", type=click.IntRange(576, 65535), is_flag=False, flag_value=1500, metavar="[BYTES]",
    help="Tell instead what is near or over the path's MTU. [default: 1500]",
)  # fmt: skip
@click.option(
    "--strip", type=click.Path(dir_okay=False, allow_dash=True), is_flag=False, flag_value=HERE, metavar="[FILE]",
    help="Write instead what the tunnels carry, as a pcap; FILE.pcapng has the names of --target as comments.",
)  # fmt: skip
@quiet_option
def decode(
    files: tuple[Path, ...], form: str, output: Path | None, expression: str | None, target: str | None, strict: bool,
    stats: bool, mtu: int | None, strip: str | None,
) -> None:  # fmt: skip
    """Decode captures of an underlay: which packet is in which tunnel.

    Reads pcap and pcapng; `-` is standard input. A row is a packet: the ends of its outermost and innermost IP packet,
    every tunnel between from the outside in, and what is wrong with it. Of a damaged file the packets before the damage
    are told, then where it is.
    """
    found = ((str(path) if len(files) > 1 else "", part) for path in files for part in _parts(path, strict))
    if sum((stats, mtu is not None, strip is not None)) > 1:
        raise click.UsageError("one of --stats, --mtu and --strip")
    into = None if strip is None else output or Path(strip)
    if target is not None and into is not None and into.suffix != PCAPNG:
        raise click.UsageError(f"names have no place in a pcap: --strip FILE{PCAPNG}")
    words = _words(target) if target is not None else None
    where = filters.parse(expression, words.fields() if words else None) if expression else None
    if into is not None:
        _strip(found, where, words, into)
    elif stats or mtu is not None:
        _count(found, where, form, mtu, words)
    elif form in COLUMNAR:
        _write_columns(found, where, words, form, output)
    else:
        with _text(output) as out:
            tell = words.tell if words else lambda told: told
            PRINTERS[form](((file, tell(told)) for file, part in found for told in captures.objects(part, where)), out)


def _words(target: str) -> TunnelWords:
    """The words of a target."""
    # lazy: only names need a store and its engine
    from cpal.faces.cli.opened import opened
    from cpal.faces.tunnel_words import TunnelWords, target_called

    with opened() as session:
        found = target_called(target, session.estate)
        return TunnelWords(session.estate, found, *session.tunnels_of(found))


Found = Iterator[tuple[str, Part]]


def _parts(path: Path, strict: bool) -> Iterator[Part]:
    with _watched(path) as report:
        size = path.stat().st_size if path.is_file() else 0
        yield from captures.parts(path, strict, lambda done: report(f"{done >> 20} of {size >> 20} MiB"))


def _watched(path: Path) -> AbstractContextManager[Report]:
    """What shows how far a large file is."""
    is_large = path.is_file() and path.stat().st_size >= LARGE and sys.stderr.isatty()
    return progress(f"decode {path.name}") if is_large else nullcontext(lambda _: None)


def _text(output: Path | None) -> AbstractContextManager[Any]:
    return nullcontext(sys.stdout) if output is None else _opened(output, "w")


def _opened(path: Path, mode: str) -> Any:
    try:
        return path.open(mode, encoding=None if "b" in mode else "utf-8", newline=None if "b" in mode else "")
    except OSError as error:
        raise Disk(f"cannot be written: {error.strerror}", key=str(path)) from error


def _binary(stack: ExitStack, output: Path | None) -> BinaryIO:
    """Where bytes go: a file, or standard output unless a person reads it."""
    if output is not None and str(output) != HERE:
        found: BinaryIO = stack.enter_context(_opened(output, "wb"))
        return found
    if sys.stdout.isatty():
        raise click.UsageError("a terminal cannot show this: name a file with --output, or lead it into a program")
    return sys.stdout.buffer


def _write_columns(
    found: Found, where: Filter | None, words: TunnelWords | None, form: str, output: Path | None
) -> None:
    # lazy: it takes longer to load than all the rest
    from cpal.faces import packet_arrow

    with ExitStack() as stack:
        packet_arrow.write(found, where, words, form, _binary(stack, output))


def _strip(found: Found, where: Filter | None, words: TunnelWords | None, output: Path) -> None:
    # lazy: only this option needs it
    from cpal.faces import packet_strip

    with ExitStack() as stack:
        kind = packet_strip.Pcapng if output.suffix == PCAPNG else packet_strip.Pcap
        count = packet_strip.write(found, where, words, kind(_binary(stack, output)))
    done(f"{count} packets were in tunnels")


def _count(found: Found, where: Filter | None, form: str, mtu: int | None, words: TunnelWords | None) -> None:
    """Count what there is; of a damaged file what is before the damage, then the error."""
    tally, broken = Tally(mtu or 1500), None
    try:
        for _, part in found:
            tally.add(part.batch, where(part.batch) if where else np.ones(len(part.batch.rows), bool))
    except WireError as error:
        broken = error
    told = _sizes(tally, words) if mtu else _told(tally, words)
    if form == "table":
        _print(told)
    elif form in ("jsonl",):
        print_value(told, form)
    else:
        raise click.UsageError("--stats and --mtu print a table or jsonl")
    if broken is not None:
        raise broken


def _sizes(tally: Tally, words: TunnelWords | None) -> dict[str, Any]:
    """What is near the path's MTU, and between which hypervisors."""
    host = words.host if words else lambda address: ""
    pairs = [{**pair, **_if_known(src_host=host(pair["src"]), dst_host=host(pair["dst"]))} for pair in tally.sizes()]
    return {"packets": tally.packets, "mtu": tally.path_mtu, "pairs": pairs}


def _told(tally: Tally, words: TunnelWords | None) -> dict[str, Any]:
    network = words.network_of if words else lambda kind, vni: ""
    host = words.host if words else lambda address: ""
    return {
        "packets": tally.packets,
        "bytes": tally.bytes,
        "networks": [
            {"tunnel": kind, "vni": vni, **_if_known(network=network(kind, vni)), **count._asdict()}
            for kind, vni, count in tally.networks()
        ],
        "pairs": [
            {"tunnel": kind, "src": a, "dst": b, **_if_known(src_host=host(a), dst_host=host(b)), **count._asdict()}
            for kind, a, b, count in tally.pairs()
        ],
        "talkers": [{"src": a, "dst": b, **count._asdict()} for a, b, count in tally.talkers(TALKERS)],
        "exact": tally.is_exact,
        "faults": dict(tally.faults.most_common()),
    }


def _if_known(**names: str) -> dict[str, str]:
    return {key: name for key, name in names.items() if name}


def _print(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if isinstance(value, dict):
            value = [{"fault": key, "packets": number} for key, number in value.items()]
        if not isinstance(value, list):
            click.echo(f"{name.replace('_', ' ')}: {value}")
        elif value:
            click.echo(f"\n{name}")
            print_table(value, [column(key) for key in dict.fromkeys(key for row in value for key in row)])
