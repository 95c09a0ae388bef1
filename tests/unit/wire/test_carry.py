"""Frames out of one tunnel and into another."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cpal.errors import WireError
from cpal.wire import ecn, ethernet, geneve, ip, nvgre, stt
from cpal.wire.carry import ENCAPSULATIONS, REFUSALS, Carried, is_tagged, opened, traffic_class, vni_problem, wrapped
from cpal.wire.faults import FAULTS
from cpal.wire.learning import Learned

frames = st.binary(min_size=14, max_size=200)
tagged = st.builds(lambda head, tag, rest: head + b"\x81\0" + tag + rest, st.binary(min_size=12, max_size=12),
                   st.binary(min_size=2, max_size=2), st.binary(min_size=2, max_size=60))  # fmt: skip
kinds = st.sampled_from(ENCAPSULATIONS)


@given(kinds, st.integers(0x1000, 0xFFFFFE), frames)
@example("stt", 0x1000, bytes(12) + b"\x81\0\0\x05\x08\0")
def test_a_frame_comes_out_as_it_went_in(kind: str, vni: int, frame: bytes) -> None:
    if kind == "nvgre" and is_tagged(frame):
        with pytest.raises(WireError) as refused:
            wrapped(kind, vni, frame)
        assert refused.value.key == "vlan-tagged"
    else:
        assert opened(kind, wrapped(kind, vni, frame)) == (vni, frame)


@given(tagged, st.integers(0, 0xFFF), st.integers(0, 7))
def test_a_tag_goes_into_the_header_of_stt_and_comes_out_of_it(frame: bytes, vlan: int, priority: int) -> None:
    control = (priority << 13 | vlan).to_bytes(2, "big")
    frame = frame[:14] + control + frame[16:]
    inside = stt.decode(wrapped("stt", 7, frame))
    assert inside.tag == stt.VLAN_PRESENT | int.from_bytes(control, "big")
    assert inside.payload == frame[:12] + frame[16:]
    assert opened("stt", wrapped("stt", 7, frame)).frame == frame
    with pytest.raises(WireError) as refused:
        wrapped("nvgre", 0x1000, frame)
    assert refused.value.key == "vlan-tagged"


@given(kinds, st.binary(max_size=120), st.integers(0, 3))
def test_any_bytes_are_opened_or_refused_by_name(kind: str, data: bytes, mark: int) -> None:
    name = ""
    try:
        found = opened(kind, data, mark)
    except WireError as error:
        name, found = error.key, Carried(0, bytes(ethernet.HEADER))
    assert not name or name in FAULTS.keys() | REFUSALS.keys()
    assert len(found.frame) >= ethernet.HEADER


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("outer", range(4))
@pytest.mark.parametrize("inner", range(4))
def test_the_mark_of_congestion_is_that_of_rfc_6040(version: int, inner: int, outer: int) -> None:
    ends = (ip.decode_ipv4, "192.0.2.1", "192.0.2.2") if version == 4 else (ip.decode_ipv6, "fd00::1", "fd00::2")
    packet = _packet(version, ends[1], ends[2], inner)
    frame = bytes(12) + (b"\x08\0" if version == 4 else b"\x86\xdd") + ip.encode(packet)
    expected = ecn.leaving(inner, outer)
    if expected is None:
        with pytest.raises(WireError) as refused:
            opened("geneve", wrapped("geneve", 1, frame), outer)
        assert refused.value.key == "congestion"
        return
    came = opened("geneve", wrapped("geneve", 1, frame), outer).frame
    told = ends[0](came[14:])
    assert (told.ecn, told.dscp, told.payload) == (expected, 46, b"payload")
    assert traffic_class(came) == 46 << 2 | expected
    assert not isinstance(told, ip.Ipv4) or ip.header_is_right(told)


def _packet(version: int, source: str, destination: str, mark: int) -> ip.Ip:
    kind, address = (ip.Ipv4, IPv4Address) if version == 4 else (ip.Ipv6, IPv6Address)
    made: ip.Ip = kind(address(source), address(destination), ip.UDP, b"payload", dscp=46, ecn=mark)  # type: ignore[arg-type]  # of one version
    return made


@pytest.mark.parametrize(
    ("packet", "name"),
    [
        (geneve.Geneve(True, False, 0x6558, 1, (), bytes(20)), "geneve-control"),
        (geneve.Geneve(False, True, 0x6558, 1, (), bytes(20)), "geneve-critical-option"),
        (geneve.Geneve(False, True, 0x6558, 1, (geneve.ovn_option(1, 2),), bytes(20)), "geneve-critical-option"),
        (geneve.Geneve(False, False, 0x0800, 1, (), bytes(20)), "not-ethernet"),
        (geneve.Geneve(False, False, 0x6558, 1, (), bytes(13)), "frame-truncated"),
    ],
)
def test_what_an_end_of_geneve_must_not_forward_is_refused(packet: geneve.Geneve, name: str) -> None:
    with pytest.raises(WireError) as refused:
        opened("geneve", geneve.encode(packet))
    assert refused.value.key == name


def test_options_that_are_not_critical_are_let_go() -> None:
    option = geneve.Option(0x0100, 1, b"data")
    packet = geneve.Geneve(False, False, 0x6558, 5, (option,), bytes(20))
    assert opened("geneve", geneve.encode(packet)) == (5, bytes(20))


def test_numbers_that_cannot_be_carried_are_told_why() -> None:
    assert "reserved" in vni_problem("nvgre", 0xFFF)
    assert "vendors" in vni_problem("nvgre", nvgre.VENDOR_VSID)
    assert "24 bits" in vni_problem("vxlan", 1 << 24)
    assert not any(vni_problem(kind, 0x1000) for kind in ENCAPSULATIONS)
    assert not vni_problem("geneve", 0)


def test_a_machine_is_known_by_what_it_sent_last_until_it_is_silent_too_long() -> None:
    learned: Learned[str] = Learned(most=2, ageing_s=10)
    one, two, three, group = b"\x02aaaaa", b"\x02bbbbb", b"\x02ccccc", b"\x03aaaaa"
    learned.hear(0, one, "left", 0)
    assert (learned.find(0, one, 9), learned.find(0, one, 10), learned.find(1, one, 9)) == ("left", None, None)
    learned.hear(0, one, "right", 5)
    assert learned.find(0, one, 14) == "right"
    learned.hear(0, group, "left", 5)
    assert learned.find(0, group, 5) is None
    for mac in (two, one, three):
        learned.hear(0, mac, "left", 6)
    assert (learned.find(0, one, 7), learned.find(0, two, 7), len(learned)) == ("left", None, 2)
