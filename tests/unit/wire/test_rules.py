"""Each rule is broken by a packet that breaks it, and by no sound one; rules of two packets stand apart."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from random import Random
from typing import Any

import pytest

from cpal.errors import WireError
from cpal.wire import carry, ecn, ethernet, geneve, gre, ip, nvgre, rules, stt, tcp, udp, vxlan
from cpal.wire.dissect import Packet, Tunnel, dissect
from cpal.wire.rules import LEAVING_RULES, RULES, TRANSIT_RULES, Endpoint, Role
from tests.support import packets

V4 = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
V6 = IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2")
INNER = packets.innermost(Random(1), 4, 20)
TAGGED = packets.frame(Random(1), b"\x45" + bytes(39), 4, tags=1)
NO_IP = ethernet.encode(ethernet.Ethernet(*packets.MAC, (), 0x0806, bytes(28)))
CRITICAL = geneve.Option(0x0102, 0x80, b"abcd")
GENEVE = geneve.Geneve(False, False, ethernet.TEB, 5, (), INNER)
VXLAN, GPE = vxlan.Vxlan(5, INNER), vxlan.VxlanGpe(5, vxlan.NEXT_ETHERNET, INNER)
NVGRE, STT = nvgre.Nvgre(0x1001, 0, INNER), stt.Stt(5, INNER)
CARRIED = ip.Ipv4(IPv4Address("198.51.100.1"), IPv4Address("198.51.100.2"), ip.ICMP, b"\x08" + bytes(7), ttl=9)
GRE = gre.Gre(ethernet.IPV4, ip.encode(CARRIED))


def frame(protocol: int, payload: bytes, **fields: Any) -> bytes:
    """A frame of an IPv4 packet."""
    packet = ip.encode(ip.Ipv4(*V4, protocol, payload, **fields))
    return ethernet.encode(ethernet.Ethernet(*packets.MAC, (), ethernet.IPV4, packet))


def over_udp(port: int, payload: bytes, checksum: int | None = None, **fields: Any) -> bytes:
    """A frame of a datagram in IPv4."""
    return frame(ip.UDP, udp.encode(udp.Udp(50000, port, payload, checksum=checksum), *V4), **fields)


def over_ipv6(payload: bytes, checksum: int | None, port: int = geneve.PORT) -> bytes:
    """A frame of a tunnel in IPv6."""
    datagram = udp.encode(udp.Udp(50000, port, payload, checksum=checksum), *V6)
    packet = ip.encode(ip.Ipv6(*V6, ip.UDP, datagram))
    return ethernet.encode(ethernet.Ethernet(*packets.MAC, (), ethernet.IPV6, packet))


def in_geneve(header: geneve.Geneve) -> bytes:
    """A frame of Geneve."""
    return over_udp(geneve.PORT, geneve.encode(header))


def in_gpe(header: vxlan.VxlanGpe, flags: int = ip.DONT_FRAGMENT) -> bytes:
    """A frame of VXLAN's protocol extension."""
    return over_udp(vxlan.GPE_PORT, vxlan.encode_gpe(header), flags=flags)


def in_stt(header: stt.Stt, **fields: Any) -> bytes:
    """A frame of one segment of STT."""
    (segment,) = stt.segments(stt.encode(header), stt.MOST, 50000, 1)
    return frame(ip.TCP, tcp.encode(segment._replace(**fields), *V4))


def in_gre(header: gre.Gre) -> bytes:
    """A frame of GRE."""
    return frame(ip.GRE, gre.encode(header))


def ethernet_of(packet: ip.Ip) -> bytes:
    """A frame of a packet."""
    return ethernet.encode(ethernet.Ethernet(*packets.MAC, (), ethernet.IPV4, ip.encode(packet)))


def patched(data: bytes, at: int, value: int) -> bytes:
    """The bytes with one changed."""
    return data[:at] + bytes((value,)) + data[at + 1 :]


ENCODED = geneve.encode(GENEVE._replace(options=(geneve.Option(1, 1, b"abcd"),)))
BROKEN: dict[str, bytes] = {
    "geneve-version": over_udp(geneve.PORT, patched(ENCODED, 0, 0x42)),
    "geneve-options-length": over_udp(geneve.PORT, patched(ENCODED, 11, 7)),
    "geneve-critical-flag": in_geneve(GENEVE._replace(options=(CRITICAL,))),
    "geneve-reserved": in_geneve(GENEVE._replace(reserved_last=1)),
    "geneve-critical-option": in_geneve(GENEVE._replace(options=(CRITICAL,), critical=True)),
    "geneve-options-most": in_geneve(GENEVE._replace(options=(geneve.Option(1, 1, bytes(40)),) * 2)),
    "geneve-ipv6-checksum": over_ipv6(geneve.encode(GENEVE), 0),
    "udp-checksum": over_udp(geneve.PORT, geneve.encode(GENEVE), checksum=0xBAD),
    "control-not-forwarded": in_geneve(GENEVE._replace(control=True)),
    "vxlan-valid": over_udp(vxlan.PORT, patched(vxlan.encode(VXLAN), 0, 0)),
    "vxlan-reserved": over_udp(vxlan.PORT, vxlan.encode(VXLAN._replace(word=1))),
    "vxlan-whole": over_udp(vxlan.PORT, vxlan.encode(VXLAN), flags=ip.MORE),
    "vxlan-gpe-version": in_gpe(GPE._replace(flags=0x1C)),
    "vxlan-gpe-reserved": in_gpe(GPE._replace(reserved=1)),
    "vxlan-gpe-next": in_gpe(GPE._replace(flags=vxlan.VALID)),
    "vxlan-gpe-dont-fragment": in_gpe(GPE, flags=0),
    "vxlan-gpe-whole": in_gpe(GPE, flags=ip.DONT_FRAGMENT | ip.MORE),
    "vxlan-gpe-ipv6-checksum": over_ipv6(vxlan.encode_gpe(GPE), 0, vxlan.GPE_PORT),
    "nvgre-vsid": frame(ip.GRE, nvgre.encode(NVGRE._replace(vsid=0xFFF))),
    "gre-version": frame(ip.GRE, b"\0\2\x08\0" + ip.encode(CARRIED)),
    "gre-routing": frame(ip.GRE, nvgre.encode(NVGRE._replace(flags=0x0400))),
    "gre-reserved": frame(ip.GRE, nvgre.encode(NVGRE._replace(flags=0x0008))),
    "gre-checksum": in_gre(GRE._replace(checksum=0xBAD << 16)),
    "gre-loop": in_gre(GRE._replace(payload=ip.encode(CARRIED._replace(destination=V4[0])))),
    "nvgre-untagged": frame(ip.GRE, nvgre.encode(NVGRE._replace(payload=TAGGED))),
    "nvgre-whole": frame(ip.GRE, nvgre.encode(NVGRE), flags=ip.MORE),
    "stt-version": frame(ip.TCP, tcp.encode(stt.segments(b"\1" + bytes(40), 99, 50000, 1)[0], *V4)),
    "stt-checksum-flags": in_stt(STT._replace(flags=3)),
    "stt-reserved": in_stt(STT._replace(reserved=1)),
    "stt-segmented": in_stt(STT._replace(segment_size=1400)),
    "stt-not-offloaded": in_stt(STT._replace(payload=NO_IP, flags=stt.IS_IPV4)),
    "stt-untagged": in_stt(STT._replace(payload=TAGGED)),
    "stt-ack": in_stt(STT, flags=0),
    "ecn-entering": over_udp(vxlan.PORT, vxlan.encode(VXLAN), ecn=2),
    "ecn-leaving": over_udp(vxlan.PORT, vxlan.encode(VXLAN), ecn=3),
}
"""A packet that breaks each rule."""
TOGETHER = {"ecn-leaving": {"ecn-entering"}}
"""Rules that no packet breaks alone."""
NOTHING_KNOWN = Endpoint(options=frozenset(), options_most=80)


def names(packet: Packet, endpoint: Endpoint = NOTHING_KNOWN) -> set[str]:
    """Rules of any role that a packet breaks."""
    return {rule.name for rule in rules.broken_by_packet(packet, Role, endpoint)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_packet_that_breaks_a_rule_is_told_by_its_name(rule: rules.Rule) -> None:
    extra = {"geneve-critical-option"} if rule.name == "geneve-critical-flag" else TOGETHER.get(rule.name, set())
    assert names(dissect(BROKEN[rule.name])) == {rule.name} | extra


def test_sound_packets_break_no_rule() -> None:
    chance = Random(8926)
    found = [dissect(packets.mixed(chance)) for _ in range(300)]
    assert {name for packet in found for name in names(packet, rules.ANY)} == set()
    assert sum(len(packet.tunnels) for packet in found) > 200


def test_every_rule_has_a_source_with_a_section_and_a_name_of_its_own() -> None:
    every = [(rule.name, rule.source) for table in (RULES, TRANSIT_RULES, LEAVING_RULES) for rule in table]
    assert len({name for name, _ in every}) == len(every)
    assert {rule.name for rule in RULES} == set(BROKEN)
    assert all("section" in source for _, source in every)


@pytest.mark.parametrize("header", [STT._replace(reserved=1), STT._replace(padding=1), STT._replace(flags=0x10)])
def test_each_reserved_field_of_stt_is_to_be_zero(header: stt.Stt) -> None:
    assert names(dissect(in_stt(header))) == {"stt-reserved"}


def test_a_frame_of_stt_whose_segmentation_was_offloaded_breaks_no_rule() -> None:
    offloaded = STT._replace(flags=stt.CHECKSUM_PARTIAL | stt.IS_IPV4 | stt.IS_TCP, l4_offset=34, segment_size=1400)
    assert names(dissect(in_stt(offloaded))) == set()


def test_what_shims_of_the_protocol_extension_stand_before_is_found() -> None:
    shims = vxlan.Shim(1, b"policy..", 0xFE), vxlan.Shim(0, b"", vxlan.NEXT_ETHERNET)
    packet = dissect(in_gpe(GPE._replace(next=0x80, shims=shims)))
    assert packet.inner == dissect(in_gpe(GPE)).inner
    assert packet.payload == INNER
    assert names(packet) == set()
    cut = dissect(in_gpe(GPE._replace(next=0x80, payload=b"\1\2\0\3")))
    assert cut.faults == ("vxlan-gpe-shim",)


def test_what_an_endpoint_knows_decides_of_critical_options() -> None:
    packet = dissect(BROKEN["geneve-critical-option"])
    assert names(packet, Endpoint(options=frozenset({(0x0102, 0x80)}))) == set()
    assert names(packet, Endpoint(options=frozenset({(0x0102, 0x81)}))) == {"geneve-critical-option"}
    no_options = dissect(in_geneve(GENEVE._replace(critical=True)))
    assert names(no_options, NOTHING_KNOWN) == {"geneve-critical-option"}


def test_a_controlled_network_needs_no_checksum_over_ipv6() -> None:
    packet = dissect(BROKEN["geneve-ipv6-checksum"])
    assert names(packet, Endpoint(is_controlled=True)) == set()


def test_strict_decoding_of_endpoints_leaves_out_what_is_not_theirs() -> None:
    control = dissect(BROKEN["control-not-forwarded"])
    assert rules.broken_by_packet(control) == ()
    assert {rule.name for rule in RULES} - rules.STRICT_NAMES == {"control-not-forwarded"}


@pytest.mark.parametrize("role", Role)
def test_a_rule_is_asked_of_its_roles_alone(role: Role) -> None:
    for rule in RULES:
        found = rules.broken_by_packet(dissect(BROKEN[rule.name]), (role,), NOTHING_KNOWN)
        assert (rule in found) == (role in rule.roles), rule.name


@pytest.mark.parametrize("flags", [0x0400, 0x0800])
def test_gre_of_the_first_rfc_is_dropped_by_who_knows_only_the_second(flags: int) -> None:
    assert names(dissect(in_gre(GRE._replace(flags=flags)))) == {"gre-routing"}
    with_routing = b"\x40\0\x08\0" + bytes(4) + ip.encode(CARRIED)
    assert names(dissect(frame(ip.GRE, with_routing))) == {"gre-routing"}


def test_gre_is_sound_with_each_of_its_fields() -> None:
    assert names(dissect(in_gre(GRE))) == set()
    assert names(dissect(in_gre(gre.with_checksum(GRE._replace(key=5, sequence=6))))) == set()
    beside = gre.with_checksum(GRE)
    assert beside.checksum is not None
    wrong = names(dissect(in_gre(beside._replace(checksum=beside.checksum | 1))))
    assert wrong == {"gre-reserved", "gre-checksum"}
    cut = in_gre(GRE._replace(checksum=0xBAD << 16))
    assert names(dissect(cut[:-4], length=len(cut))) == set()  # nobody knows


@pytest.mark.parametrize("reserved", [1, 0x15, 0x3F])
def test_reserved_bits_are_ignored_by_who_receives(reserved: int) -> None:
    option = geneve.Option(1, 1, b"abcd", reserved & 7)
    header = GENEVE._replace(options=(option,), reserved=reserved, reserved_last=reserved)
    for data in (
        in_geneve(header),
        over_udp(vxlan.PORT, vxlan.encode(VXLAN._replace(word=reserved, reserved=reserved, flags=vxlan.VALID | 0x40))),
        frame(ip.GRE, nvgre.encode(NVGRE._replace(flags=reserved << 3 & gre.RESERVED))),
    ):
        packet = dissect(data)
        assert rules.broken_by_packet(packet, (Role.RECEIVER,)) == ()
        assert (packet.faults, packet.tunnels[0].vni in (5, 0x1001), packet.payload) == ((), True, INNER)


@pytest.mark.parametrize(("inner", "outer", "sound"), [
    (ecn.NOT_ECT, ecn.NOT_ECT, True), (ecn.NOT_ECT, ecn.ECT_0, False), (ecn.NOT_ECT, ecn.ECT_1, False),
    (ecn.ECT_0, ecn.NOT_ECT, True), (ecn.ECT_0, ecn.ECT_0, True), (ecn.ECT_0, ecn.ECT_1, False),
    (ecn.ECT_0, ecn.CE, True), (ecn.ECT_1, ecn.ECT_0, False), (ecn.ECT_1, ecn.ECT_1, True), (ecn.ECT_1, ecn.CE, True),
    (ecn.CE, ecn.NOT_ECT, True), (ecn.CE, ecn.ECT_0, False), (ecn.CE, ecn.CE, True),
])  # fmt: skip
def test_outer_marks_are_those_of_figure_3_or_met_congestion(inner: int, outer: int, sound: bool) -> None:
    packet = CARRIED._replace(ecn=inner)
    in_frame = geneve.encode(GENEVE._replace(payload=ethernet_of(packet)))
    alone = geneve.encode(GENEVE._replace(protocol=ethernet.IPV4, payload=ip.encode(packet)))
    for header in (in_frame, alone):
        found = names(dissect(over_udp(geneve.PORT, header, ecn=outer)))
        assert ("ecn-entering" in found) != sound


OPTIONS = (geneve.Option(1, 1, b"abcd"), geneve.Option(2, 2, b""))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("geneve-transit-options", lambda header: header._replace(options=OPTIONS[::-1])),
        ("geneve-transit-options", lambda header: header._replace(options=OPTIONS[:1])),
        ("geneve-transit-header", lambda header: header._replace(vni=6)),
        ("geneve-transit-payload", lambda header: header._replace(payload=b"other")),
    ],
)
def test_a_device_between_endpoints_changes_nothing(
    name: str, change: Callable[[geneve.Geneve], geneve.Geneve]
) -> None:
    header = GENEVE._replace(options=OPTIONS)
    before, after = tunnel(in_geneve(header)), tunnel(in_geneve(change(header)))
    assert rules.broken_in_transit(before, before) == ()
    assert [rule.name for rule in rules.broken_in_transit(before, after)] == [name]


def test_a_device_between_endpoints_keeps_ports() -> None:
    before = tunnel(in_geneve(GENEVE))
    assert before.datagram
    after = before._replace(datagram=before.datagram._replace(source_port=1))
    assert [rule.name for rule in rules.broken_in_transit(before, after)] == ["transit-ports"]


def test_a_device_between_endpoints_keeps_the_flow_of_nvgre() -> None:
    before, after = (tunnel(frame(ip.GRE, nvgre.encode(NVGRE._replace(flow=flow)))) for flow in (7, 8))
    assert rules.broken_in_transit(before, before) == ()
    assert [rule.name for rule in rules.broken_in_transit(before, after)] == ["nvgre-transit-flow"]


@pytest.mark.parametrize("outer", range(4))
@pytest.mark.parametrize("inner", range(4))
def test_the_gateway_breaks_no_rule_when_packets_leave(inner: int, outer: int) -> None:
    data = vxlan.encode(VXLAN._replace(payload=ethernet_of(CARRIED._replace(ecn=inner))))
    before = tunnel(over_udp(vxlan.PORT, data, ecn=outer))
    if "ecn-leaving" in {rule.name for rule in rules.broken(before)}:
        with pytest.raises(WireError, match="congestion"):
            carry.opened("vxlan", data, outer)
        return
    left = ip.decode(ethernet.decode(carry.opened("vxlan", data, outer).frame).payload)
    assert rules.broken_on_leaving(before, left) == ()
    other = left._replace(ecn=left.ecn ^ 1)
    assert [rule.name for rule in rules.broken_on_leaving(before, other)] == ["ecn-left"]


def test_what_leaves_gre_has_been_one_step_further() -> None:
    (before,) = dissect(in_gre(GRE)).carriers
    assert rules.broken_on_leaving(before, CARRIED._replace(ttl=8)) == ()
    assert [rule.name for rule in rules.broken_on_leaving(before, CARRIED)] == ["gre-left-ttl"]


def tunnel(data: bytes) -> Tunnel:
    """The one tunnel of a frame."""
    (found,) = dissect(data).tunnels
    return found
