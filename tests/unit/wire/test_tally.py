"""Counts are what counting the objects one by one gives; who is over the MTU is told, and what would fit."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from pathlib import Path
from random import Random

import numpy as np

from cpal.faces.captures import objects, parts
from cpal.wire import ip, tcp, udp, vxlan
from cpal.wire.tally import Count, Tally
from tests.support import packets

ENDS = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")


def counted(path: Path, mtu: int = 1500) -> Tally:
    """The counts of a file."""
    found = Tally(mtu)
    for part in parts(path):
        found.add(part.batch, np.ones(len(part.batch.rows), bool))
    return found


def test_counts_are_those_of_the_objects(tmp_path: Path) -> None:
    chance = Random(5)
    frames = [packets.mixed(chance, most=60)[: chance.choice((50, 999))] for _ in range(80)] * 3
    path = tmp_path / "mixed.pcap"
    path.write_bytes(packets.capture(frames))
    found, rows = counted(path), [row for part in parts(path) for row in objects(part)]
    assert (found.packets, found.bytes) == (len(rows), sum(row["length"] for row in rows))
    assert found.faults == Counter(fault for row in rows for fault in row["faults"])
    first = Counter((row["tunnels"][0]["type"], row["tunnels"][0]["vni"]) for row in rows if row["tunnels"])
    assert {(kind, vni): count.packets for kind, vni, count in found.networks()} == first
    pairs = Counter((row["tunnels"][0]["type"], row["outer"]["src"], row["outer"]["dst"])
                    for row in rows if row["tunnels"])  # fmt: skip
    assert {(kind, a, b): count.packets for kind, a, b, count in found.pairs()} == pairs
    talk: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["inner"]:
            talk[row["inner"]["src"], row["inner"]["dst"]] += row["length"]
    assert [count.bytes for _, _, count in found.talkers(7)] == [size for _, size in talk.most_common(7)]
    assert found.is_exact


def frame(size: int, tags: int = 0) -> bytes:
    """A frame of VXLAN whose outer packet has this size."""
    inner = bytes(size - 20 - 8 - 8)
    data = udp.encode(udp.Udp(50000, vxlan.PORT, vxlan.encode(vxlan.Vxlan(5, inner)), checksum=0))
    return packets.frame(Random(1), ip.encode(ip.Ipv4(*ENDS, ip.UDP, data)), 4, tags)


def test_what_is_near_the_mtu_and_over_it(tmp_path: Path) -> None:
    path = tmp_path / "sizes.pcap"
    sizes = (1000, 1436, 1437, 1500, 1501, 2000)
    plain = ip.Ipv4(*ENDS, ip.TCP, tcp.encode(tcp.Tcp(1, 2, 3, 4, 0, bytes(600))))
    fill = [packets.frame(Random(1), ip.encode(plain), 4)]
    path.write_bytes(packets.capture([frame(size, tags) for size in sizes for tags in (0, 1)] + fill))
    (row,) = counted(path).sizes()
    assert row == {
        "tunnel": "vxlan", "src": "192.0.2.1", "dst": "192.0.2.2", "largest": 2000, "near": 4, "over": 4,
        "inner_mtu": 1450,
    }  # fmt: skip


def test_memory_is_bounded(tmp_path: Path) -> None:
    chance = Random(6)
    frames = [packets.tunnelled(chance, "vxlan", packets.innermost(chance, 4, 0), 4) for _ in range(300)]
    path = tmp_path / "many.pcap"
    path.write_bytes(packets.capture(frames * 2))
    found = Tally(most=20)
    for part in parts(path):
        for at in range(0, len(part.batch.rows), 10):
            wanted = np.zeros(len(part.batch.rows), bool)
            wanted[at : at + 10] = True
            found.add(part.batch, wanted)
            assert max(len(found.talkers(1000)), len(found.networks()), len(found.pairs()), len(found.sizes())) <= 50
    assert not found.is_exact
    assert found.talkers(1)[0][2] > Count(0, 0)
