"""Packets printed: a table for people, CSV or JSON lines for programs; a row each, as they come."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TextIO

import msgspec

from cpal.faces.captures import Object
from cpal.faces.cli.output import aligned

PAGE = 500
"""Rows of a table that are aligned together."""
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 47: "gre", 58: "icmp6", 132: "sctp"}
FIELDS = (
    "file", "frame", "time", "length", "captured",
    "outer_src", "outer_dst", "outer_sport", "outer_dport", "outer_proto",
    "tunnels", "vni", "options", "ovn_ingress", "ovn_egress",
    "inner_src", "inner_dst", "inner_sport", "inner_dport", "inner_proto", "faults",
    "src_host", "dst_host", "network", "from", "to",
)  # fmt: skip
"""The columns of CSV; the last five are names."""

Found = Iterable[tuple[str, Object]]
"""Packets, each with the name of its file; it is empty where there is one file."""


def print_jsonl(found: Found, out: TextIO) -> None:
    """An object a line."""
    encoder = msgspec.json.Encoder()
    for file, told in found:
        whole = {**({"file": file} if file else {}), **told, "time": msgspec.Raw(told["time"].encode())}
        out.buffer.write(encoder.encode(whole) + b"\n")


def print_csv(found: Found, out: TextIO) -> None:
    """A heading, and a line each."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(_flat(file, told) for file, told in found)


def _flat(file: str, told: Object) -> list[Any]:
    """A row as cells: of several tunnels, what they say with `/` between, from the outside in."""
    tunnels = told["tunnels"]
    ovn: Object = next((tunnel["ovn"] for tunnel in reversed(tunnels) if "ovn" in tunnel), {})
    return [
        file, *(told[key] for key in ("frame", "time", "length", "captured")), *_cells(told["outer"]),
        "/".join(tunnel["type"] for tunnel in tunnels),
        "/".join("" if tunnel["vni"] is None else str(tunnel["vni"]) for tunnel in tunnels),
        "/".join(" ".join(_option(option) for option in tunnel["options"]) for tunnel in tunnels),
        ovn.get("ingress"), ovn.get("egress"), *_cells(told["inner"]), " ".join(told["faults"]),
        *((told["outer"] or {}).get(key) for key in ("src_host", "dst_host")),
        *("/".join(tunnel.get(key, "") for tunnel in tunnels) for key in ("network", "from", "to")),
    ]  # fmt: skip


def _cells(ends: Object | None) -> list[Any]:
    return [None] * 5 if ends is None else [ends[key] for key in ("src", "dst", "sport", "dport", "proto")]


def _option(option: Object) -> str:
    return f"{option['class']:04x}:{option['type']:02x}:{option['data']}"


def print_table(found: Found, out: TextIO) -> None:
    """Aligned columns, page by page."""
    found = iter(found)
    headings = ["frame", "time", "outer", "tunnel", "vni", "inner", "", "faults"]
    widths = [0] * (len(headings) + 1)
    while page := [line_of(file, told) for file, told in islice(found, PAGE)]:
        lines = [["file" if page[0][0] else "", *headings], *page] if headings else page
        widths = [max(width, *(len(line[n]) for line in lines)) for n, width in enumerate(widths)]
        skip = 0 if widths[0] else 1
        shape = [" " * width for width in widths[skip:]]
        for text in aligned([shape, *(line[skip:] for line in lines)])[1:]:
            out.write(text + "\n")
        headings = []


def line_of(file: str, told: Object) -> list[str]:
    """A packet as the cells of a table."""
    tunnels = told["tunnels"]
    return [
        file, str(told["frame"]), told["time"], between(told["outer"]), "/".join(tunnel["type"] for tunnel in tunnels),
        "/".join(_network(tunnel) for tunnel in tunnels),
        between(told["inner"]), _protocol(told["inner"] or told["outer"]), " ".join(told["faults"]),
    ]  # fmt: skip


def between(ends: Object | None) -> str:
    """Ends as people write them."""
    if ends is None:
        return ""
    source, destination = (ends.get(f"{side}_host") or ends[side] for side in ("src", "dst"))
    return f"{_end(source, ends['sport'])} > {_end(destination, ends['dport'])}"


def _network(tunnel: Object) -> str:
    """A tunnel's VNI, with its network and between which ports it goes where they have names."""
    number = "?" if tunnel["vni"] is None else str(tunnel["vni"])
    ends = f" {tunnel.get('from', '?')} > {tunnel.get('to', '?')}" if {"from", "to"} & set(tunnel) else ""
    return f"{number} {tunnel['network']}{ends}" if "network" in tunnel else number


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _protocol(ends: Object | None) -> str:
    return "" if ends is None else PROTOCOLS.get(ends["proto"], str(ends["proto"]))


PRINTERS: dict[str, Callable[[Found, TextIO], None]] = {
    "table": print_table, "csv": print_csv, "jsonl": print_jsonl,
}  # fmt: skip
"""What prints each form."""
