"""`cpal gateway` beside the kernel's bridge at the same work: a TCP stream between two machines that speak VXLAN.

Three machines in a row; the one between joins the VXLANs at its sides, by a bridge of the kernel's or by the gateway.
The kernel of the machines that this was made on knows VXLAN alone, so only that pair has a peer; the gateway's figures
for the other encapsulations stand beside it, between two gateways in a row.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.integration.gateway.ground import Row, ended, gateway, row
from tests.integration.gateway.test_gateway import LARGEST, document, ping, stream

MIDDLES = {"geneve": 300, "nvgre": 0x2000, "stt": 7, "vxlan": 9}


@contextmanager
def bridged() -> Iterator[tuple[Row, str]]:
    """The kernel's bridge between."""
    with row("abc") as found:
        _ends(found, "c", "10.93.2.2", "10.93.2.1")
        for number, (local, remote) in enumerate((("10.93.1.2", "10.93.1.1"), ("10.93.2.1", "10.93.2.2"))):
            kind = f"type vxlan id {5001 + number} local {local} remote {remote} dstport 4789"
            found.ip("b", f"link add side{number} {kind}")
        found.ip("b", "link add inside type bridge", "link set inside up")
        found.ip("b", *(f"link set side{number} master inside up" for number in range(2)))
        yield found, "c"


@contextmanager
def by_gateway() -> Iterator[tuple[Row, str]]:
    """The gateway between."""
    with row("abc") as found:
        _ends(found, "c", "10.93.2.2", "10.93.2.1")
        gateway(found, "b", document("10.93.1.2", "10.93.1.1", 5001, "vxlan", "10.93.2.1", "10.93.2.2", 5002))
        yield found, "c"


def by_two(middle: str) -> Callable[[], object]:
    """Two gateways between, which speak `middle` with each other."""

    @contextmanager
    def made() -> Iterator[tuple[Row, str]]:
        with row("abcd") as found:
            _ends(found, "d", "10.93.3.2", "10.93.3.1")
            ends = ("10.93.2.1", "10.93.2.2")
            number = MIDDLES[middle]
            gateways = [
                gateway(found, "b", document("10.93.1.2", "10.93.1.1", 5001, middle, *ends, number)),
                gateway(found, "c", document("10.93.3.1", "10.93.3.2", 5002, middle, *ends[::-1], number)),
            ]
            yield found, "d"
            for each in gateways:
                ended(each)

    return made


def _ends(found: Row, far: str, local: str, remote: str) -> None:
    found.vxlan("a", 5001, "10.93.1.1", "10.93.1.2", "10.5.0.1/24", LARGEST)
    found.vxlan(far, 5002, local, remote, "10.5.0.2/24", LARGEST)


def rate(between: Callable[[], object], size: int) -> float:
    """Megabits a second of a TCP stream, the time to start the programs at its ends included."""
    with between() as (found, far):  # type: ignore[attr-defined]  # a context manager
        ping(found, "a", "10.5.0.2")
        stream(found, "a", far, "10.5.0.2", 1000)
        start = time.perf_counter()
        stream(found, "a", far, "10.5.0.2", 1000)
        least = time.perf_counter() - start
        start = time.perf_counter()
        stream(found, "a", far, "10.5.0.2", size)
        return size * 8e-6 / max(1e-9, time.perf_counter() - start - least)


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--megabytes", type=int, default=40)
    options = parser.parse_args()
    size = options.megabytes * 1_000_000
    ways: dict[str, Callable[[], object]] = {"kernel's bridge": bridged, "cpal gateway": by_gateway}
    ways |= {f"two gateways, {middle} between": by_two(middle) for middle in MIDDLES}
    found = {name: rate(way, size) for name, way in ways.items()}
    if options.json:
        print(json.dumps({f"{name} (Mbit/s)": value for name, value in found.items()}))
        return
    peer = found["kernel's bridge"]
    for name, value in found.items():
        print(f"{name:34}{value:9.0f} Mbit/s{value / peer:9.1%} of the kernel's")


if __name__ == "__main__":
    main()
