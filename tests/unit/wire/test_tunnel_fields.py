"""What endpoints write into outer headers: congestion marks, entropy, and how much is left of the MTU."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.model.target import TUNNEL_OVERHEAD
from cpal.wire import ecn, entropy, ethernet, geneve, ip, mtu
from cpal.wire.dissect import TUNNELS
from tests.support import packets

CODES = (ecn.NOT_ECT, ecn.ECT_0, ecn.ECT_1, ecn.CE)
FIGURE_4 = {
    ecn.NOT_ECT: (ecn.NOT_ECT, ecn.NOT_ECT, ecn.NOT_ECT, None),
    ecn.ECT_0: (ecn.ECT_0, ecn.ECT_0, ecn.ECT_1, ecn.CE),
    ecn.ECT_1: (ecn.ECT_1, ecn.ECT_1, ecn.ECT_1, ecn.CE),
    ecn.CE: (ecn.CE, ecn.CE, ecn.CE, ecn.CE),
}
"""RFC 6040, figure 4: by inner codepoint, what leaves for each outer one in the order of `CODES`."""


def test_congestion_marks_leave_as_in_the_rfcs_figure() -> None:
    assert {inner: tuple(ecn.leaving(inner, outer) for outer in CODES) for inner in CODES} == FIGURE_4


def test_what_enters_leaves_unchanged_where_nothing_happened() -> None:
    for inner in CODES:
        assert ecn.leaving(inner, ecn.entering(inner)) == inner
        assert ecn.leaving(inner, ecn.entering(inner, compatible=True)) == inner


@given(st.integers(0, 1 << 32))
def test_packets_of_a_flow_have_one_port_whatever_they_carry(seed: int) -> None:
    frame = packets.innermost(Random(seed), 4, 40)
    other = frame[:-1] + bytes((frame[-1] ^ 1,))
    assert entropy.source_port(frame) == entropy.source_port(other)
    assert entropy.source_port(frame) in entropy.DYNAMIC
    assert entropy.source_port(frame, entropy.WHOLE) in entropy.WHOLE
    assert 0 <= entropy.flow_id(frame) < 256


def test_flows_are_spread_over_the_ports() -> None:
    chance = Random(3)
    frames = [packets.innermost(chance, 4, 10) for _ in range(2000)]
    counts = [0] * 16
    for frame in frames:
        counts[entropy.source_port(frame) % 16] += 1
    assert min(counts) > 60  # 125 are expected, with a deviation of 11


def test_fragments_of_a_packet_are_one_flow() -> None:
    chance = Random(4)
    data = ip.decode_ipv4(ethernet.decode(packets.innermost(chance, 4, 80)).payload)
    first = data._replace(flags=ip.MORE, payload=data.payload[:40], length=None, checksum=None)
    second = first._replace(flags=0, offset=5, payload=data.payload[40:])
    frames = [packets.frame(chance, ip.encode(part), 4) for part in (first, second)]
    assert entropy.source_port(frames[0]) == entropy.source_port(frames[1])


@pytest.mark.parametrize("data", [b"", b"short", bytes(14)])
def test_what_is_no_ip_has_a_port_too(data: bytes) -> None:
    assert entropy.source_port(data) in entropy.DYNAMIC


@pytest.mark.parametrize(
    ("tunnel", "options", "version", "inner"),
    [
        ("vxlan", 0, 4, 1450), ("vxlan", 0, 6, 1430), ("geneve", 0, 4, 1450), ("geneve", mtu.OVN_OPTION, 4, 1442),
        ("geneve", mtu.OVN_OPTION, 6, 1422), ("geneve", geneve.OPTIONS_MOST, 4, 1198), ("nvgre", 0, 4, 1458),
        ("nvgre", 0, 6, 1438), ("stt", 0, 4, 1428), ("stt", 0, 6, 1408),
    ],
)  # fmt: skip
def test_what_is_left_of_1500_bytes(tunnel: str, options: int, version: int, inner: int) -> None:
    assert mtu.inner_mtu(1500, tunnel, version, options) == inner


@pytest.mark.parametrize("kind", TUNNELS)
@pytest.mark.parametrize("version", [4, 6])
def test_overhead_is_what_encoded_packets_show(kind: str, version: int) -> None:
    chance = Random(5)
    inner = packets.innermost(chance, 4, 100)
    found = ethernet.decode(packets.tunnelled(chance, kind, inner, version))
    outer = ip.decode(found.payload)
    extra = outer.header_length - (20 if version == 4 else 40)
    options = int((outer.payload[8] & 0x3F) * 4) if kind == "geneve" else 0
    seen = len(found.payload) - extra - (len(inner) - ethernet.HEADER)
    assert seen == mtu.overhead(kind, version, options)
    assert len(geneve.encode(geneve.Geneve(False, True, 0, 0, (geneve.ovn_option(1, 2),), b""))) - 8 == mtu.OVN_OPTION


@pytest.mark.parametrize("kind", TUNNEL_OVERHEAD)
def test_the_models_overhead_is_that_of_the_headers(kind: str) -> None:
    options = mtu.OVN_OPTION if kind == "geneve" else 0
    assert TUNNEL_OVERHEAD[kind] == tuple(mtu.overhead(kind, version, options) for version in (4, 6))
