"""`cpal decode`: capture files as rows, one a packet, with what is in their tunnels."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import click

from cpal.faces import captures
from cpal.faces.captures import Object, Row
from cpal.faces.cli.failures import FORMAT
from cpal.faces.cli.output import aligned, quiet_option
from cpal.faces.cli.screen import Report, progress
from cpal.wire.faults import FAULTS

LARGE = 32 << 20
"""Bytes of a file from which on progress is shown."""
PAGE = 500
"""Rows of a table that are aligned together."""
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 47: "gre", 58: "icmp6", 132: "sctp"}
FIELDS = (
    "file", "frame", "time", "length", "captured",
    "outer_src", "outer_dst", "outer_sport", "outer_dport", "outer_proto",
    "tunnels", "vni", "options", "ovn_ingress", "ovn_egress",
    "inner_src", "inner_dst", "inner_sport", "inner_dport", "inner_proto", "faults",
)  # fmt: skip
"""The columns of CSV."""


def _remember(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta[FORMAT] = value
    return value


@click.command(
    epilog="Faults: " + ", ".join(FAULTS) + ". What each says: docs/reference/faults.md. A tunnel is known by its "
    "destination port: Geneve 6081, VXLAN 4789 and 8472, VXLAN-GPE 4790, STT 7471."
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(("table", "csv", "jsonl")), default="table", show_default=True,
    is_eager=True, callback=_remember, help="How to print it.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Tell the rules of the specifications that a packet breaks as faults too.")
@quiet_option
def decode(files: tuple[Path, ...], form: str, strict: bool) -> None:
    """Decode captures of an underlay: which packet is in which tunnel.

    Reads pcap and pcapng; `-` is standard input. A row is a packet: the ends of its outermost and innermost IP packet,
    every tunnel between from the outside in, and what is wrong with it. Of a damaged file the packets before the damage
    are told, then where it is.
    """
    printer = _PRINTERS[form]
    printer((path, row) for path in files for row in _rows(path, strict))


def _rows(path: Path, strict: bool) -> Iterator[Row]:
    with _watched(path) as report:
        size = path.stat().st_size if path.is_file() else 0
        yield from captures.rows(path, strict, lambda done: report(f"{done >> 20} of {size >> 20} MiB"))


def _watched(path: Path) -> AbstractContextManager[Report]:
    """What shows how far a large file is."""
    is_large = path.is_file() and path.stat().st_size >= LARGE and sys.stderr.isatty()
    return progress(f"decode {path.name}") if is_large else nullcontext(lambda _: None)


Found = Iterable[tuple[Path, Row]]


def _print_jsonl(found: Found) -> None:
    # lazy: only this format needs it
    import msgspec

    encoder = msgspec.json.Encoder()
    for path, row in found:
        told: Object = captures.described(row)
        told["time"] = msgspec.Raw(told["time"].encode())
        if _are_several():
            told = {"file": str(path), **told}
        sys.stdout.buffer.write(encoder.encode(told) + b"\n")


def _print_csv(found: Found) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(_flat(path, captures.described(row)) for path, row in found)


def _flat(path: Path, told: Object) -> list[Any]:
    """A row as cells: of several tunnels, what they say with `/` between, from the outside in."""
    tunnels = told["tunnels"]
    ovn: Object = next((tunnel["ovn"] for tunnel in reversed(tunnels) if "ovn" in tunnel), {})
    return [
        str(path), *(told[key] for key in ("frame", "time", "length", "captured")), *_cells(told["outer"]),
        "/".join(tunnel["type"] for tunnel in tunnels),
        "/".join("" if tunnel["vni"] is None else str(tunnel["vni"]) for tunnel in tunnels),
        "/".join(" ".join(_option(option) for option in tunnel["options"]) for tunnel in tunnels),
        ovn.get("ingress"), ovn.get("egress"), *_cells(told["inner"]), " ".join(told["faults"]),
    ]  # fmt: skip


def _cells(ends: Object | None) -> list[Any]:
    return [None] * 5 if ends is None else [ends[key] for key in ("src", "dst", "sport", "dport", "proto")]


def _option(option: Object) -> str:
    return f"{option['class']:04x}:{option['type']:02x}:{option['data']}"


def _print_table(found: Found) -> None:
    headings = ["frame", "time", "outer", "tunnel", "vni", "inner", "", "faults"]
    headings = ["file", *headings] if _are_several() else headings
    widths = [len(heading) for heading in headings]
    found = iter(found)
    while page := [_line(path, captures.described(row)) for path, row in islice(found, PAGE)]:
        widths = [max(width, *(len(row[n]) for row in page)) for n, width in enumerate(widths)]
        first = [" " * width for width in widths]
        lines = aligned([first, headings, *page] if headings else [first, *page])[1:]
        click.echo("\n".join(lines))
        headings = []


def _line(path: Path, told: Object) -> list[str]:
    tunnels = told["tunnels"]
    line = [
        str(told["frame"]), told["time"], _between(told["outer"]), "/".join(tunnel["type"] for tunnel in tunnels),
        "/".join("?" if tunnel["vni"] is None else str(tunnel["vni"]) for tunnel in tunnels),
        _between(told["inner"]), _protocol(told["inner"] or told["outer"]), " ".join(told["faults"]),
    ]  # fmt: skip
    return [path.name, *line] if _are_several() else line


def _between(ends: Object | None) -> str:
    if ends is None:
        return ""
    return f"{_end(ends['src'], ends['sport'])} > {_end(ends['dst'], ends['dport'])}"


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _protocol(ends: Object | None) -> str:
    return "" if ends is None else PROTOCOLS.get(ends["proto"], str(ends["proto"]))


def _are_several() -> bool:
    return len(click.get_current_context().params["files"]) > 1


_PRINTERS: dict[str, Callable[[Found], None]] = {
    "table": _print_table, "csv": _print_csv, "jsonl": _print_jsonl,
}  # fmt: skip
