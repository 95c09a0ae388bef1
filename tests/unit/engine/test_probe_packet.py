"""What the prober builds and reads, against scapy: neither side of these tests trusts the other's bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    IPv6,
)
from scapy.layers.l2 import ARP
from scapy.layers.sctp import SCTP, SCTPChunkInit
from scapy.packet import Packet, Raw

from cpal.engine.probe.client import TRIES
from cpal.engine.probe.packet import (
    answer_prefix,
    crc32c,
    frame_port,
    icmp_identity,
    new_prefix,
    packet,
    source_port,
    token,
    token_number,
)
from cpal.engine.probe.sighting import Asked, Began, Carried, Control, Refused, Told, sighting
from cpal.reach.flow import Service

PREFIX = new_prefix(b"12345678")
ENDS = {4: ("10.0.0.1", "10.0.0.2"), 6: ("fd00::1", "fd00::2")}
ETHERTYPES = {4: 0x0800, 6: 0x86DD}
NUMBERS = st.integers(0, 2**30 - 1)
TURNS = st.integers(0, 3)

SERVICES = [
    *(Service(4, 1, 8, 0), Service(4, 1), Service(4, 1, 13, 0), Service(6, 58, 128, 0), Service(6, 58, 200, 7)),
    *(Service(version, protocol, 80) for version in (4, 6) for protocol in (33, 132, 136)),
    *(Service(version, protocol) for version in (4, 6) for protocol in (2, 47, 50, 59, 112, 255)),
]
FRAMED = [Service(version, protocol, 80) for version in (4, 6) for protocol in (6, 17)]


def seen(built: Packet) -> object:
    """What a witness makes of a packet of scapy's."""
    version = 6 if isinstance(built, IPv6) else 4
    return sighting(0x0806 if isinstance(built, ARP) else ETHERTYPES[version], bytes(built), PREFIX)


@given(service=st.sampled_from(SERVICES + FRAMED), number=NUMBERS)
def test_a_built_packet_is_one_that_scapy_would_build(service: Service, number: int) -> None:
    data = packet(service, *ENDS[service.ip_version], PREFIX, number)
    read = (IPv6 if service.ip_version == 6 else IP)(data)
    assert (read.src, read.dst) == ENDS[service.ip_version]
    assert (read.nh if service.ip_version == 6 else read.proto) == service.protocol
    again = read.copy()
    for layer in (IP, ICMP, TCP, UDP, SCTP, ICMPv6EchoRequest):
        for field in ("chksum", "cksum", "len"):
            if layer in again and hasattr(again[layer], field):
                again[layer].delfieldval(field)
    assert bytes(again) == data


@given(service=st.sampled_from(SERVICES), number=NUMBERS, turn=TURNS)
def test_a_built_packet_is_seen_as_its_attempt_s(service: Service, number: int, turn: int) -> None:
    source, destination = ENDS[service.ip_version]
    data = packet(service, source, destination, PREFIX, number, turn)
    told = turn if service.protocol in (1, 58) else 0
    assert sighting(ETHERTYPES[service.ip_version], data, PREFIX) == Carried(number, source, destination, False, told)
    assert sighting(ETHERTYPES[service.ip_version], data, new_prefix(b"abcdefgh")) is None


@given(service=st.sampled_from(FRAMED), number=NUMBERS)
def test_a_framed_packet_is_seen_as_its_attempt_s(service: Service, number: int) -> None:
    ends = ENDS[service.ip_version]
    found = sighting(ETHERTYPES[service.ip_version], packet(service, *ends, PREFIX, number), PREFIX)
    if service.protocol == 6:
        assert found == Began(service.ip_version, frame_port(number), number, ends[1])
    else:
        assert found == Carried(number, *ends, False)


@given(number=NUMBERS, taken=st.integers(0, 0xFFFF))
def test_of_three_turns_of_an_echo_one_has_an_identifier_beyond_any_two_thirds(number: int, taken: int) -> None:
    identifiers = {icmp_identity(number, turn)[0] for turn in range(TRIES)}
    assert len(identifiers) == TRIES
    assert any((identifier - taken) % 65536 >= 43690 for identifier in identifiers)


@given(service=st.sampled_from(SERVICES), number=NUMBERS, turn=TURNS)
def test_an_error_that_quotes_eight_octets_names_the_attempt(service: Service, number: int, turn: int) -> None:
    source, destination = ENDS[service.ip_version]
    data = packet(service, source, destination, PREFIX, number, turn)
    error: Packet
    if service.ip_version == 6:
        error = IPv6(src="fd00::9", dst=source) / ICMPv6DestUnreach(code=1) / Raw(data[:48])
    else:
        error = IP(src="10.0.0.9", dst=source) / ICMP(type=3, code=13) / Raw(data[:28])
    found = seen(error)
    assert isinstance(found, Refused)
    assert (found.version, found.protocol) == (service.ip_version, service.protocol)
    assert found.said == "administratively prohibited"
    assert found.sender in ("10.0.0.9", "fd00::9")
    if service.protocol in (33, 132, 136):
        assert found.source_port == source_port(number)
    else:
        assert (found.source_port, found.number) == (None, number)


def test_what_concerns_a_probe_is_seen() -> None:
    ip, ip6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")
    mark = Raw(token(PREFIX, 7))
    assert seen(ip / TCP(sport=5, dport=80, flags="S", seq=99)) == Began(4, 5, 99, "10.0.0.2")
    assert seen(ip6 / TCP(sport=5, dport=80, flags="SEC", seq=99)) == Began(6, 5, 99, "fd00::2")
    assert seen(ip / UDP(sport=5, dport=80) / mark) == Carried(7, "10.0.0.1", "10.0.0.2", False)
    assert seen(ip / ICMP(type=0) / mark) == Carried(7, "10.0.0.1", "10.0.0.2", True)
    assert seen(ip6 / ICMPv6EchoReply(data=token(PREFIX, 7))) == Carried(7, "fd00::1", "fd00::2", True)
    assert seen(ARP(op=1, pdst="10.0.0.9")) == Asked("10.0.0.9")
    assert seen(ARP(op=2, psrc="10.0.0.9")) == Told("10.0.0.9")
    assert seen(ip6 / ICMPv6ND_NS(tgt="fd00::9")) == Asked("fd00::9")
    assert seen(ip6 / ICMPv6ND_NA(tgt="fd00::9")) == Told("fd00::9")
    assert sighting(0x88B5, bytes(mark), PREFIX) == Control(7)


def test_what_concerns_no_probe_is_not_seen() -> None:
    ip, mark = IP(src="10.0.0.1", dst="10.0.0.2"), Raw(token(PREFIX, 7))
    quoted = IPerror(bytes(ip / UDP(sport=5, dport=80)))
    assert seen(ip / TCP(flags="SA")) is None
    assert seen(ip / TCP(flags="A") / mark) is None
    assert seen(ip / UDP(sport=80, dport=5) / Raw(answer_prefix(PREFIX) + bytes(4))) is None
    assert seen(ip / ICMP(type=3, code=4) / quoted) is None
    assert seen(IP(src="10.0.0.1", dst="10.0.0.2", frag=3, proto=17) / mark) is None
    assert isinstance(seen(ip / ICMP(type=3, code=3) / quoted), Refused)


@given(ethertype=st.sampled_from([0x0800, 0x86DD, 0x0806, 0x88B5, 0x1234]), data=st.binary(max_size=200))
def test_any_bytes_will_do(ethertype: int, data: bytes) -> None:
    for first in (data, b"\x45" + data, b"\x60" + data, b"\x45" + bytes(8) + b"\x01" + data, b"\x60" + bytes(5) + data):
        sighting(ethertype, first, PREFIX)


@given(before=st.binary(max_size=40), number=NUMBERS, after=st.binary(max_size=40))
def test_a_token_is_found_wherever_it_is(before: bytes, number: int, after: bytes) -> None:
    assert token_number(before + token(PREFIX, number) + after, PREFIX) == number
    assert token_number(token(PREFIX, number)[:-1], PREFIX) is None
    assert token_number(answer_prefix(PREFIX) + bytes(4), PREFIX) is None


def test_crc32c_is_that_of_the_standard() -> None:
    """Source: RFC 3720 appendix B.4."""
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_scapy_reads_the_init() -> None:
    read = IP(packet(Service(4, 132, 80), *ENDS[4], PREFIX, 7))
    assert read[SCTP].dport == 80
    assert read[SCTPChunkInit].init_tag == 7
