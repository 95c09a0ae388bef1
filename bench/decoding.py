"""Decoding tunnels: cpal's columns with either engine and its codecs beside tshark, tcpdump, dpkt and scapy.

A million packets: 60 % Geneve with 0 to 40 bytes of options, 30 % VXLAN, 10 % NVGRE; a fifth in IPv6 outside, a fifth
inside; inner frames of 64 to 1500 bytes. Each gives the outer and inner addresses, protocols and ports, the tunnel and
its VNI; slow peers get the first packets only. Figures are packets a second of CPU time, children's with their system
time; cpal's columns are the best of several runs over the bytes in memory, with compiled code at hand. `all cores` is
packets a second of time as it passes: the same work by a thread on each processor, where the peers use one whatever the
machine has. `file` is `cpal decode`'s own way, which reads the file in pieces.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic

import dpkt
import numpy as np
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Ether
from scapy.layers.vxlan import VXLAN

from cpal.faces.captures import parts
from cpal.wire import columns, columns_numba, columns_numpy, ethernet, geneve, ip, nvgre, pcap, tcp, udp, vxlan
from cpal.wire.columns import Engine
from cpal.wire.dissect import dissect
from cpal.wire.records import Record
from tests.support import packets

DISTINCT = 20_000
"""Packets that are generated; the capture repeats them in random order."""
RUNS = 5
FIELDS = (
    "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.proto", "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport",
    "geneve.vni", "vxlan.vni", "gre.key",
)  # fmt: skip
Capture = tuple[Path, bytes]


def frames(count: int) -> list[bytes]:
    """Packets of the mix."""
    chance = Random(8926)
    return [_frame(chance) for _ in range(count)]


def _frame(chance: Random) -> bytes:
    inner = _plain(chance, ip.TCP, tcp.encode(tcp.Tcp(
        chance.randrange(1024, 65536), chance.choice((22, 80, 443)), 1, 2, tcp.ACK,
        chance.randbytes(chance.randrange(64, 1501) - 54),
    )))  # fmt: skip
    kind, vni = chance.random(), chance.randrange(nvgre.RESERVED_BELOW, 1 << 24)
    if kind >= 0.9:
        return _plain(chance, ip.GRE, nvgre.encode(nvgre.Nvgre(vni, chance.randrange(256), inner)))
    port, data = vxlan.PORT, vxlan.encode(vxlan.Vxlan(vni, inner))
    if kind < 0.6:
        port, data = geneve.PORT, _geneve(chance, vni, inner)
    return _plain(chance, ip.UDP, udp.encode(udp.Udp(chance.randrange(49152, 65536), port, data)))


def _geneve(chance: Random, vni: int, inner: bytes) -> bytes:
    words = chance.randrange(11)
    options: tuple[geneve.Option, ...] = (geneve.Option(0x0132, 1, b""),) if words == 1 else ()
    if words > 1:
        options = (geneve.ovn_option(chance.randrange(1, 99), chance.randrange(1, 99)),)
    if words > 2:
        options += (geneve.Option(0x0132, 1, bytes(4 * (words - 3))),)
    return geneve.encode(geneve.Geneve(False, words > 1, ethernet.TEB, vni, options, inner))


def _plain(chance: Random, protocol: int, payload: bytes) -> bytes:
    version = 6 if chance.random() < 0.2 else 4
    source, destination = packets.addresses(chance, version)
    header = ip.Ipv4 if version == 4 else ip.Ipv6
    return packets.frame(chance, ip.encode(header(source, destination, protocol, payload)), version)  # type: ignore[arg-type]  # of one version


def written(folder: Path, count: int) -> Capture:
    """The capture, as a file and in memory."""
    chance = Random(1)
    known = [pcap.write(Record(packets.START_NS, len(data), data, 1)) for data in frames(DISTINCT)]
    path = folder / "mixed.pcap"
    with path.open("wb") as file:
        file.write(pcap.write_header(1))
        for _ in range(count):
            file.write(chance.choice(known))
    return path, path.read_bytes()


def decoded(engine: Engine) -> Callable[[Capture, int], int]:
    """What decodes the whole capture into columns."""

    def run(capture: Capture, most: int) -> int:
        _, data = capture
        index = engine.walk(data, pcap.HEADER, pcap.form(data), 0)
        rows = columns.batch(data, index, engine).rows
        return len(rows)

    return run


def on_all_cores(capture: Capture, most: int) -> int:
    """The whole capture, by a thread on each processor."""
    threads = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(threads) as pool:
        walk = partial(columns_numba.index, parts=threads, each=pool.map)
        return decoded(columns_numba.ENGINE._replace(walk=walk))(capture, most)


def from_file(capture: Capture, most: int) -> int:
    """`cpal decode`'s columns."""
    return sum(len(part.batch.rows) for part in parts(capture[0]))


def records(capture: Capture, most: int) -> list[bytes]:
    """The first packets."""
    _, data = capture
    index = pcap.index(data[: most * 2048], pcap.HEADER, pcap.form(data))
    return [record.data for record in index.records(data)][:most]


def codecs(capture: Capture, most: int) -> int:
    """Our codecs, packet by packet."""
    return sum(dissect(data).outer is not None for data in records(capture, most))


def with_scapy(capture: Capture, most: int) -> int:
    """scapy."""
    found = 0
    for data in records(capture, most):
        frame = Ether(data)
        outer = frame[IPv6] if IPv6 in frame else frame[IP]
        tunnel = next(layer for layer in (GENEVE, VXLAN, GRE) if layer in frame)
        carried = frame[tunnel].payload
        inner = carried[IPv6] if IPv6 in carried else carried[IP]
        vni = frame[GRE].key if tunnel is GRE else frame[tunnel].vni
        found += bool((outer.src, outer.dst, inner.src, inner.dst, vni, carried[TCP].sport, UDP in frame))
    return found


def with_dpkt(capture: Capture, most: int) -> int:
    """dpkt; tunnels it does not know, so their few bytes are cut off by hand."""
    found = 0
    for data in records(capture, most):
        outer = dpkt.ethernet.Ethernet(data).data
        carried = bytes(outer.data.data) if isinstance(outer.data, dpkt.udp.UDP) else bytes(outer.data)
        if isinstance(outer.data, dpkt.udp.UDP):
            size = 8 + (carried[0] & 63) * 4 if outer.data.dport == geneve.PORT else 8
        else:
            carried, size = bytes(outer.data), 8
        inner = dpkt.ethernet.Ethernet(carried[size:]).data
        vni = int.from_bytes(carried[4:7], "big")
        found += bool((outer.src, outer.dst, inner.src, inner.dst, vni, inner.data.sport))
    return found


def program(words: list[str]) -> Callable[[Capture, int], int]:
    """A program that prints a line a packet."""

    def run(capture: Capture, most: int) -> int:
        shown = subprocess.run([*words, "-c", str(most), "-r", str(capture[0])], capture_output=True, check=True).stdout
        return min(shown.count(b"\n"), most)

    return run


TSHARK = ["tshark", "-n", "-T", "fields", *(word for field in FIELDS for word in ("-e", field))]
ALL_CORES = "numba, all cores"
CONTENDERS: tuple[tuple[str, Callable[[Capture, int], int], int, int], ...] = (
    ("columns, numba", decoded(columns_numba.ENGINE), 0, RUNS),
    (ALL_CORES, on_all_cores, 0, RUNS),
    ("columns, numpy", decoded(columns_numpy.ENGINE), 0, RUNS),
    ("file, numba", from_file, 0, RUNS),
    ("codecs", codecs, 20_000, 1),
    ("tcpdump -nn", program(["tcpdump", "-nn"]), 100_000, 1),
    ("dpkt", with_dpkt, 20_000, 1),
    ("tshark -T fields", program(TSHARK), 20_000, 1),
    ("scapy", with_scapy, 2_000, 1),
)
"""Name, what decodes, how many of the packets (0 for all), runs of which the best counts."""


def cpu_s() -> float:
    """CPU time of this process and of children that ended."""
    mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + children.ru_utime + children.ru_stime


def rate(
    run: Callable[[Capture, int], int], capture: Capture, most: int, runs: int, clock: Callable[[], float] = cpu_s
) -> float:
    """Packets a second of a clock, the best of the runs."""
    best = 0.0
    for _ in range(runs):
        begin = clock()
        count = run(capture, most)
        best = max(best, count / (clock() - begin))
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        capture = written(Path(folder), options.packets)
        warm_up(capture)
        rates = {
            name: rate(run, capture, most or options.packets, runs, monotonic if name == ALL_CORES else cpu_s)
            for name, run, most, runs in CONTENDERS
        }
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.json:
        print(json.dumps({"packets": options.packets, "rates": rates, "peak_mb": peak_mb}))
        return
    one, all_cores = rates["columns, numba"], rates[ALL_CORES]
    print(f"{'':<18}{'packets/s':>14}{'one core is':>14}{'all cores are':>16}")
    for name, found in rates.items():
        print(f"{name:<18}{found:>14,.0f}{one / found:>13,.1f}x{all_cores / found:>15,.1f}x")


def warm_up(capture: Capture) -> None:
    """Have code compiled and loaded before clocks start."""
    data = capture[1][: 1 << 20]
    index = columns_numba.index(data, pcap.HEADER, pcap.form(data))
    columns_numba.decode(np.frombuffer(data, np.uint8), index.rows)


if __name__ == "__main__":
    main()
