"""Geneve and what surrounds it, against scapy and tcpdump's captures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether

from cpal.wire import ethernet, geneve, ip, pcap, udp
from cpal.wire.dissect import dissect

options = st.lists(
    st.builds(
        geneve.Option,
        st.integers(0, 0xFFFF),
        st.integers(0, 255),
        st.integers(0, 3).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words)),
        st.integers(0, 7),
    ),
    max_size=15,
)
geneves = st.builds(
    geneve.Geneve,
    st.booleans(),
    st.booleans(),
    st.sampled_from([0x6558, 0x0800, 0x86DD]),
    st.integers(0, (1 << 24) - 1),
    options.map(tuple),
    st.binary(max_size=64),
    st.integers(0, 63),
    st.integers(0, 255),
)


@given(geneves)
def test_decoding_what_was_encoded_gives_it_back(packet: geneve.Geneve) -> None:
    assert geneve.decode(geneve.encode(packet)) == packet


@given(geneves)
def test_scapy_reads_what_we_write(packet: geneve.Geneve) -> None:
    theirs = GENEVE(geneve.encode(packet))
    assert (theirs.vni, theirs.proto, bool(theirs.oam), bool(theirs.critical)) == (
        packet.vni, packet.protocol, packet.control, packet.critical,
    )  # fmt: skip
    assert [(o.classid, o.type, bytes(o.data)) for o in theirs.options] == [tuple(o)[:3] for o in packet.options]


def test_we_read_what_scapy_writes() -> None:
    option = GeneveOptions(classid=0x0102, type=0x80, data=b"\x00\x03\x80\x00")
    packet = geneve.decode(bytes(GENEVE(vni=5, proto=0x6558, critical=1, options=[option]) / b"frame"))
    assert geneve.ovn_keys(packet) == geneve.OvnKeys(datapath=5, ingress=3, egress=0x8000)
    assert packet.payload == b"frame"


@pytest.mark.parametrize("version", [4, 6])
def test_frames_agree_with_scapy(version: int) -> None:
    network = IP(src="10.0.0.1", dst="10.0.0.2", ttl=9) if version == 4 else IPv6(src="fd00::1", dst="fd00::2", hlim=9)
    raw = bytes(
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / Dot1Q(vlan=42)
        / network
        / UDP(sport=7, dport=9)
        / b"hello"
    )
    outer = ethernet.decode(raw)
    assert (outer.source.hex(), outer.destination.hex(), outer.tags[0].vlan) == ("020000000001", "020000000002", 42)
    packet = ip.decode(outer.payload)
    assert (str(packet.source), str(packet.destination), packet.ttl) == (network.src, network.dst, 9)
    datagram = udp.decode(packet.payload)
    assert (datagram.source_port, datagram.destination_port, datagram.payload) == (7, 9, b"hello")
    assert udp.is_right(datagram, packet)
    assert not udp.is_right(datagram._replace(payload=b"other"), packet)
    assert ip.encode(packet._replace(payload=udp.encode(datagram))) == outer.payload


def test_captures_of_others_hold_the_vnis_that_tcpdump_printed(corpora: Path) -> None:
    folder = corpora / "captures" / "tcpdump"
    ours = [header for header in _headers(folder / "geneve.pcap") if header is not None]
    printed = (folder / "geneve-vv.out").read_text()
    theirs = re.findall(r"Geneve, Flags \[(\S*)\], vni (0x[0-9a-f]+)", printed)
    assert [(_flags(packet), packet.vni) for packet in ours] == [(flags, int(vni, 16)) for flags, vni in theirs]
    assert theirs


def _flags(packet: geneve.Geneve) -> str:
    return ("O" if packet.control else "") + ("C" if packet.critical else "") or "none"


def _headers(path: Path) -> Iterator[geneve.Geneve | None]:
    for record in pcap.records(path.read_bytes()):
        header = dissect(record.data).tunnels[0].header
        yield header if isinstance(header, geneve.Geneve) else None
