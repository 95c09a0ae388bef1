"""Planning large estates for OVN: a full plan, one more port, a group of 50 ports. CPU seconds of one process.

The planner alone, without a server: checks, rows, ops with their reasons. `bench.whole` has the engine around it. The
peer is a plan by OVN's own tool: an `ovn-nbctl --dry-run` of the same ports into a database that has their networks and
groups (it checks names alone, knows no groups' rules and no reasons).
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.applying import SCRIPT, script, server
from bench.applying import estate as built
from bench.estates import declared, id_of, port
from cpal.core.complete import complete
from cpal.core.driver import Seen
from cpal.core.plan import Reasons, plan_rows, plan_target
from cpal.core.view import Delta, Rendering
from cpal.drivers.ovn.backend import RULES
from cpal.model.check import check_changes
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Port
from cpal.model.record import Record
from cpal.model.target import Target

T = TypeVar("T")
NOTHING = Seen({}, {}, 0)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds, and what the work gave."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def measure(ports: int) -> dict[str, float]:
    """Seconds for each kind of plan at this size, and the process's peak memory in MB."""
    gc.disable()
    completing_s, completed = timed(lambda: complete(declared(ports), EMPTY))
    changes = [Change(None, record) for record in completed]
    building_s, estate = timed(lambda: EMPTY.replace(changes))
    gc.freeze()
    target = estate.get(Target, id_of("target")) or Target(id="", driver="")
    rendering = Rendering(RULES.render, RULES.singletons)

    def full() -> Delta:
        assert not check_changes(estate, changes)
        delta = rendering.propose(estate, changes)
        wanted = {key: row for key, (_, row) in delta.rows.items() if row is not None}
        plan_target(target, wanted, NOTHING, RULES, Reasons(changes, estate), delta.rows)
        return delta

    full_s, delta = timed(full)
    rendering.accept(delta)
    return {
        "ports": ports,
        "complete_s": completing_s,
        "estate_s": building_s,
        "full_plan_s": full_s,
        "one_port_s": min(_incremental(rendering, target, estate, [port(ports + n)]) for n in range(50)),
        "group_of_50_s": min(_incremental(rendering, target, estate, _group(ports, n)) for n in range(50)),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _group(ports: int, turn: int) -> list[Record]:
    return [port(ports + 1000 * (turn + 1) + number) for number in range(50)]


def _incremental(rendering: Rendering, target: Target, estate: Estate, records: Sequence[Record]) -> float:
    """Seconds to check, render, diff and plan new records into the estate."""
    changes = [Change(None, record) for record in complete(records, estate)]
    after = estate.replace(changes)
    seen = Seen(rendering.rows, {}, 0)

    def plan() -> None:
        assert not check_changes(after, changes)
        delta = rendering.propose(after, changes)
        plan_rows(target, delta.rows, seen, RULES, Reasons(changes, after))

    return timed(plan)[0]


def dry_run(ports: int = 1000) -> float:
    """Seconds a port that `ovn-nbctl --dry-run` takes at best for calls of `SCRIPT` ports, `ports` in all."""
    every = list(built(ports).all(Port))
    with server() as endpoint:
        command = ["ovn-nbctl", f"--db={endpoint}", "--no-wait"]
        switches = sorted({each.network_id for each in every})
        subprocess.run([*command, *[word for name in switches for word in ("--", "ls-add", name)][1:]], check=True)
        took = []
        for at in range(0, ports, SCRIPT):
            words = [word for each in every[at : at + SCRIPT] for word in script(each)][1:]
            start = time.perf_counter()
            subprocess.run([*command, "--dry-run", *words], check=True, capture_output=True)
            took.append((time.perf_counter() - start) / SCRIPT)
    return min(took)


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ports", type=int, nargs="*", default=[10_000, 100_000])
    options = parser.parse_args()
    results = [measure(ports) for ports in options.ports]
    peer_s = dry_run()
    for result in results:
        result["ovn_nbctl_of_this"] = peer_s * result["ports"] / result["full_plan_s"]
    if options.json:
        print(json.dumps(results))
        return
    for result in results:
        print(
            f"{result['ports']:>7.0f} ports: full plan {result['full_plan_s']:.2f} s"
            f" (complete {result['complete_s']:.2f} s, estate {result['estate_s']:.2f} s before),"
            f" one more port {result['one_port_s'] * 1e3:.3f} ms, 50 ports {result['group_of_50_s'] * 1e3:.2f} ms,"
            f" peak {result['memory_mb']:.0f} MB;"
            f" for a port, a dry run of ovn-nbctl takes {result['ovn_nbctl_of_this']:.1f} times as long"
        )


if __name__ == "__main__":
    main()
