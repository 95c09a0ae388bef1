"""The whole flow at size: records to rows in a real Northbound database and a second plan that is empty.

Through `Engine`, as every face does: check, capability, render, observe, diff, propose in the store, apply, observe,
verify. Seconds of wall time, and the peak memory of the process, which holds estate, rows wanted and rows seen.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from bench.applying import server
from bench.estates import declared, port
from cpal.core.stack import record_changes, stack_changes
from cpal.engine.run import Engine
from cpal.model.estate import EMPTY, Change
from cpal.model.target import Target


async def run(endpoint: str, home: Path, ports: int) -> dict[str, float]:
    """Seconds of each step at this size, rows, and MB."""
    records = [
        replace(record, endpoints={"northbound": endpoint, "southbound": endpoint})
        if isinstance(record, Target)
        else record
        for record in declared(ports)
    ]
    gc.disable()
    gc.freeze()
    async with Engine(home) as engine:
        start = time.perf_counter()
        changes: list[Change] = stack_changes(records, ["bench"], EMPTY)
        completed = time.perf_counter()
        plan = await engine.plan(changes, prove=False)
        planned = time.perf_counter()
        outcome = await engine.apply(plan, "bench", "")
        applied = time.perf_counter()
        second = await engine.plan((), prove=False)
        done = time.perf_counter()
        if not second.empty:
            raise RuntimeError("the second plan is not empty")
        one_plan_s, one_apply_s = await more(engine, ports, 1)
        fifty_plan_s, fifty_apply_s = await more(engine, ports + 100, 50)
    return {
        "ports": ports,
        "rows": sum(outcome.ops.values()),
        "complete_s": completed - start,
        "plan_s": planned - completed,
        "apply_s": applied - planned,
        "second_plan_s": done - applied,
        "one_port_plan_s": one_plan_s,
        "one_port_apply_s": one_apply_s,
        "fifty_ports_plan_s": fifty_plan_s,
        "fifty_ports_apply_s": fifty_apply_s,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def more(engine: Engine, first: int, count: int) -> tuple[float, float]:
    """Seconds, at best, to complete and plan so many more ports, and to apply and verify them, by an open engine."""
    planning, applying = [], []
    for turn in range(5):
        ports = [port(first + turn * count + number) for number in range(count)]
        start = time.perf_counter()
        plan = await engine.plan(record_changes(ports, (), engine.estate), prove=False)
        planned = time.perf_counter()
        await engine.apply(plan, "bench", "")
        planning.append(planned - start)
        applying.append(time.perf_counter() - planned)
    return min(planning), min(applying)


def measure(ports: int) -> dict[str, float]:
    """The figures of one run, in this process."""
    memory = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
    with server() as endpoint, folder as home:
        return asyncio.run(run(endpoint, Path(home), ports))


def main() -> None:
    """Print the table, or JSON; each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ports", type=int, nargs="*", default=[10_000, 100_000])
    options = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        results = pool.map(measure, options.ports, chunksize=1)
    if options.json:
        print(json.dumps(results))
        return
    for result in results:
        print(
            f"{result['ports']:>7.0f} ports, {result['rows']:.0f} rows: complete {result['complete_s']:.2f} s,"
            f" plan {result['plan_s']:.2f} s, apply and verify {result['apply_s']:.2f} s,"
            f" second plan {result['second_plan_s']:.3f} s, peak {result['memory_mb']:.0f} MB;"
            f" one more port: plan {result['one_port_plan_s'] * 1e3:.1f} ms, apply"
            f" {result['one_port_apply_s'] * 1e3:.1f} ms; 50 more: {result['fifty_ports_plan_s'] * 1e3:.1f} ms,"
            f" {result['fifty_ports_apply_s'] * 1e3:.1f} ms"
        )


if __name__ == "__main__":
    main()
