"""Who arrived and who vanished, whatever the order in which the ends are heard."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cpal.wire import ip, tcp, udp
from cpal.wire.dissect import Packet, dissect
from cpal.wire.sightings import PATIENCE_NS, Sightings, Way
from tests.support import packets

WAY = ("hv1", "hv2")


def packet(seed: int) -> Packet:
    """A datagram in a tunnel; another for another seed."""
    chance = Random(seed)
    inner = packets.frame(chance, packets.packet(chance, ip.UDP, 4, udp.Udp(5, 6, bytes(9))), 4)
    return dissect(packets.tunnelled(chance, "geneve", inner, 4))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40), st.randoms())
def test_what_is_seen_at_both_ends_has_arrived_in_any_order(sent: list[tuple[int, bool]], chance: Random) -> None:
    events = [(seed, end) for seed, arrives in sent for end in ((0, 1) if arrives else (0,))]
    chance.shuffle(events)
    seen: Sightings[int] = Sightings()
    for now, (seed, end) in enumerate(events):
        seen.add(packet(seed), WAY[end], WAY, seed, now)
    assert list(seen.vanished(len(events))) == []
    lost = sorted(seed for seed, arrives in sent if not arrives)
    assert sorted(seen.vanished(len(events) + PATIENCE_NS)) == lost
    assert list(seen.vanished(len(events) + 9 * PATIENCE_NS)) == []
    arrived = len(sent) - len(lost)
    assert seen.ways() == ({WAY: Way(len(sent), arrived, len(lost))} if sent else {})


def test_an_arrival_after_the_verdict_is_no_other_packets() -> None:
    seen: Sightings[str] = Sightings(patience_ns=10)
    seen.add(packet(1), "hv1", WAY, "first", 0)
    assert list(seen.vanished(10)) == ["first"]
    seen.add(packet(1), "hv2", WAY, "late", 11)
    assert list(seen.vanished(30)) == []
    seen.add(packet(1), "hv1", WAY, "second", 31)
    assert list(seen.vanished(41)) == ["second"]


def test_inner_tcp_data_is_compared_by_its_bytes() -> None:
    chance = Random(1)
    seen: Sightings[str] = Sightings()
    for end, sizes in (("hv1", [3000]), ("hv2", [1400, 1400])):
        for size in sizes:
            segment = tcp.Tcp(5, 6, 1, 2, tcp.ACK, bytes(size))
            inner = packets.frame(chance, packets.packet(chance, ip.TCP, 4, segment), 4)
            seen.add(dissect(packets.tunnelled(chance, "vxlan", inner, 4)), end, WAY, "data", 0)
    assert list(seen.vanished(9 * PATIENCE_NS)) == []
    assert seen.ways() == {WAY: Way(bytes_left=3000, bytes_arrived=2800)}
