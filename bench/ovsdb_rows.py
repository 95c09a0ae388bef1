"""Rows a second into OVN's Northbound database, and what loading it costs: our client beside three peers.

A private ovsdb-server for each turn, its file in memory (/dev/shm), nothing else attached. Contenders take turns,
several rounds, each in a process of its own; the best of each counts, for the machine may be shared. A row is a port
with its membership in a switch. Of loading: wall time, CPU time of the client, and how much more memory it took at its
peak and at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.ovsdb_contenders import CONTENDERS, SCHEMA, Contender, Raw, load
from tests.support.ovsdb_server import OvsdbServer, running

ROWS = {1: 1_000, 100: 5_000, 1_000: 10_000}
"""How many rows each contender inserts, by batch size."""

SLOW_ROWS = {1: 300, 100: 1_000, 1_000: 2_000}
"""The same for contenders too slow for more."""

SLOW = ("ovs IDL", "ovsdbapp")
LOADERS = ("raw", "cpal", "ovs IDL", "ovsdbapp")
MEMORY = Path("/dev/shm")


def rate(contender: Contender, batch: int) -> float:
    """Rows a second."""
    count = (SLOW_ROWS if contender.name in SLOW else ROWS)[batch]
    first = len(str(batch)) * 1_000_000
    numbers = range(first, first + count)
    batches = [numbers[start : start + batch] for start in range(0, count, batch)]
    started = time.perf_counter()
    contender.insert(batches)
    return count / (time.perf_counter() - started)


def insertion(rounds: int) -> dict[str, dict[str, float]]:
    """The best rate of each contender for each size of batch, each on a server that holds nothing else."""
    rates: dict[str, dict[str, float]] = {contender.name: {} for contender in CONTENDERS}
    for _ in range(rounds):
        for name, best in rates.items():
            with private() as endpoint:
                seen = in_a_process("--insert", name, endpoint)
            best.update({batch: max(rate, best.get(batch, 0.0)) for batch, rate in seen.items()})
    return rates


def measured_rates(name: str, endpoint: str) -> dict[str, float]:
    """Rows a second of a contender, by size of batch."""
    contender = next(contender for contender in CONTENDERS if contender.name == name)
    contender.open(endpoint)
    rates = {str(batch): rate(contender, batch) for batch in ROWS}
    contender.close()
    return rates


@contextmanager
def private() -> Iterator[str]:
    """The endpoint of a server of its own."""
    memory = MEMORY if MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="cpal-bench-", dir=memory) as directory,
        running(OvsdbServer(SCHEMA, directory)) as server,
    ):
        yield server.endpoint


def loading(ports: int) -> dict[str, dict[str, float]]:
    """Seconds and MB that loading this many ports costs each contender."""
    with private() as endpoint:
        filler = Raw()
        filler.open(endpoint)
        filler.insert([range(start, start + 1_000) for start in range(0, ports, 1_000)])
        filler.close()
        return {name: in_a_process("--load", name, endpoint) for name in LOADERS}


def in_a_process(*words: str) -> dict[str, float]:
    """What this file, run with these words, prints as JSON."""
    command = [sys.executable, "-m", "bench.ovsdb_rows", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def measured_load(contender: str, endpoint: str) -> dict[str, float]:
    """What loading costs this process."""
    before_mb = memory_mb("VmRSS")
    started, cpu_started = time.perf_counter(), time.process_time()
    ports = load(contender, endpoint)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    peak_mb, held_mb = memory_mb("VmHWM") - before_mb, memory_mb("VmRSS") - before_mb
    return {"ports": len(ports), "wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb, "held_mb": held_mb}


def memory_mb(line: str) -> float:
    """What the kernel says of this process, proc(5): VmRSS now, VmHWM at its peak."""
    status = Path("/proc/self/status").read_text().split(f"{line}:")[1]
    return int(status.split()[0]) / 1024


def print_table(result: dict[str, Any]) -> None:
    """Both measurements, for people."""
    rates, raw = result["rows_per_s"], result["rows_per_s"]["raw"]
    print(f"{'rows/s, by rows a transaction':32}" + "".join(f"{batch:>16}" for batch in ROWS))
    for name, row in rates.items():
        print(f"{name:32}" + "".join(f"{row[batch]:>10,.0f} {row[batch] / raw[batch]:>4.0%}" for batch in raw))
    heading = f"loading {result['load']['cpal']['ports']:,} ports"
    print(f"\n{heading:32}{'wall s':>10}{'CPU s':>10}{'peak MB':>10}{'held MB':>10}")
    for name, row in result["load"].items():
        print(f"{name:32}{row['wall_s']:>10.2f}{row['cpu_s']:>10.2f}{row['peak_mb']:>10.0f}{row['held_mb']:>10.0f}")


def main(words: Sequence[str] | None = None) -> None:
    """Print the tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ports", type=int, default=50_000, help="how many to load")
    parser.add_argument("--load", nargs=2, metavar=("CONTENDER", "ENDPOINT"), help=argparse.SUPPRESS)
    parser.add_argument("--insert", nargs=2, metavar=("CONTENDER", "ENDPOINT"), help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.load:
        print(json.dumps(measured_load(*options.load)))
    elif options.insert:
        print(json.dumps(measured_rates(*options.insert)))
    else:
        result = {"rows_per_s": insertion(options.rounds), "load": loading(options.ports)}
        print(json.dumps(result)) if options.json else print_table(result)


if __name__ == "__main__":
    main()
