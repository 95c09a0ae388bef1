"""Facts of many devices: cpal beside NAPALM through Nornir's threads at its default, on the same emulators.

The emulators of EOS run in a process of their own, each answer of theirs 20 ms late. Each contender is a process that
loads what it needs, and then asks all devices once: that is what is timed, from the second round on, when the compiled
code of both is at hand. The emulators take CPU time too, for cpal as for its peer: where they and the contender share
two processors, that bounds how much faster one can be. Memory is the most that the process had, as the kernel has it
(wait4). Nornir and NAPALM come from an environment of their own, tests/suites/nornir.lock.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.suites.venv import installed
from tests.support.emulated import until

FIRST_PORT = 21000
OURS = """
import json, sys, time
import uvloop
import cpal.drivers.devices.eos.driver, cpal.drivers.devices.eos.eapi
from cpal.faces.device.devices import Devices
from cpal.model.device.entry import Entry
first, count = map(int, sys.argv[1:3])
where = {"driver": "eos", "host": "127.0.0.1", "user": "admin", "way": "http"}
entries = [Entry(name=f"eos{n}", port=first + n, **where) for n in range(count)]
wall, cpu = time.perf_counter(), time.process_time()
found = Devices(entries).tell("facts")
took = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([{name: value.hostname for name, value in found.values.items()}, *took]))
"""
THEIRS = """
import json, sys, time
from nornir import InitNornir
from nornir_napalm.plugins.tasks import napalm_get
first, count, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
where = {"hostname": "127.0.0.1", "username": "admin", "password": "admin", "platform": "eos"}
def options(port):
    return {"napalm": {"extras": {"optional_args": {"transport": "http", "port": port}}}}
hosts = {f"eos{n}": {**where, "connection_options": options(first + n)} for n in range(count)}
with open(f"{directory}/hosts.yaml", "w") as file:
    json.dump(hosts, file)
inventory = {"plugin": "SimpleInventory", "options": {"host_file": f"{directory}/hosts.yaml"}}
nornir = InitNornir(inventory=inventory, logging={"enabled": False})
wall, cpu = time.perf_counter(), time.process_time()
found = nornir.run(task=napalm_get, getters=["facts"])
took = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([{name: each[0].result["facts"]["hostname"] for name, each in found.items()}, *took]))
"""


class Cost(NamedTuple):
    """What a contender took to ask: seconds by the clock and of CPU; the most memory of its process in MB."""

    wall_s: float
    cpu_s: float
    memory_mb: float


def measured(words: list[str], count: int, compiled: str) -> Cost:
    """The cost of a contender that tells the names of as many devices, and keeps compiled code in a directory."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"CPAL_DEVICE_PASSWORD": "admin", "PYTHONPATH": str(Path(__file__).parents[1])}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(words, stdout=output, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        names, wall_s, cpu_s = json.loads(output.read())
    if process.returncode or names != {f"eos{n}": f"eos{n + 1}" for n in range(count)}:
        raise SystemExit(f"{words[0]} did not tell of all devices: {len(names)}")
    return Cost(wall_s, cpu_s, used.ru_maxrss / 1024)


def _cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used. Source: proc_pid_stat(5)."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print what each takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--delay-ms", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    words = [
        str(Path(sys.executable).with_name("cpal")),
        "lab",
        "emulate",
        "--make",
        "eos",
        "--count",
        str(asked.count),
        "--plain",
    ]
    words += ["--port", str(FIRST_PORT), "--delay-ms", str(asked.delay_ms)]
    last = f"eos{asked.count}:"
    theirs = str(installed("nornir") / "bin" / "python")
    with tempfile.TemporaryDirectory() as directory, open(f"{directory}/log", "w+") as log:  # noqa: PTH123  needs both
        emulators = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            until(lambda: last in Path(f"{directory}/log").read_text())
            numbers = [str(FIRST_PORT), str(asked.count)]
            for number in range(asked.rounds + 1):
                before = _cpu_s(emulators.pid)
                ours = measured([sys.executable, "-c", OURS, *numbers], asked.count, directory)
                between = _cpu_s(emulators.pid)
                other = measured([theirs, "-c", THEIRS, *numbers, directory], asked.count, directory)
                if not number:
                    continue
                for name, cost in (("cpal", ours), ("NAPALM and Nornir, 20 threads", other)):
                    print(f"{name:30} {cost.wall_s:7.2f} s {cost.cpu_s:7.2f} s of CPU {cost.memory_mb:7.1f} MB")
                print(f"{'':30} {other.wall_s / ours.wall_s:6.1f} x {other.cpu_s / ours.cpu_s:6.1f} x")
                spent = between - before, _cpu_s(emulators.pid) - between
                print(f"{'the emulators, for each':30} {spent[0]:17.2f} s, {spent[1]:.2f} s of CPU")
        finally:
            emulators.terminate()
            emulators.wait()


if __name__ == "__main__":
    main()
