"""Parsing a switch's running configuration of 20,000 lines into a tree, and the commands of a change to it.

The peer is netutils, whose parser of EOS Nautobot and NAPALM's validation stand on; it makes a list of lines with their
parents. Seconds of CPU time, the best of several runs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

from netutils.config.parser import EOSConfigParser

from cpal.drivers.devices.commands import commands
from cpal.drivers.devices.eos.writing import DIALECT, RULES
from cpal.drivers.devices.parse.tree import copied, parsed, put

RUNS = 5


def configuration(lines: int) -> str:
    """A configuration of about so many lines: five for each port."""
    ports = (
        f"interface Ethernet{n}\n   description to host {n}\n   switchport access vlan {n % 4000 + 2}\n   mtu 9000\n!\n"
        for n in range(lines // 5)
    )
    return "hostname leaf1\n!\n" + "".join(ports) + "end\n"


def best(work: Callable[[], object]) -> float:
    """The least CPU time of some runs, in seconds."""
    found = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    """Print the figures as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lines", type=int, default=20_000)
    lines = asked.parse_args().lines
    text = configuration(lines)
    before = parsed(text, DIALECT)
    after = copied(before)
    put(after, ("interface Ethernet7", "switchport access vlan 4001"))
    figures = {
        "lines": lines,
        "cpal_parse_s": best(lambda: parsed(text, DIALECT)),
        "netutils_parse_s": best(lambda: EOSConfigParser(text).build_config_relationship()),
        "cpal_diff_s": best(lambda: commands(before, after, RULES)),
    }
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
