"""Every codec, with an example of what it decodes: what is listed here is fuzzed, round and round, by the tests."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple

from cpal.wire import ethernet, geneve, gre, ip, nsh, nvgre, stt, tcp, udp, vxlan


class Codec(NamedTuple):
    """How a protocol's bytes become a value and back; values of `examples` are its own."""

    name: str
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    examples: tuple[Any, ...]


_MAC = bytes.fromhex("020000000001")
_PAYLOAD = bytes(range(64))
_SOURCE, _SOURCE_6 = IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1")
_FRAGMENT = ip.Extension(ip.FRAGMENT, bytes.fromhex("00000900000001"))
_HOP_BY_HOP = ip.Extension(0, bytes.fromhex("00010400000000"))
_SHIMS = vxlan.Shim(1, bytes(8), 0xFE), vxlan.Shim(0, b"", vxlan.NEXT_IPV6, 9)
_OPTIONS = (geneve.ovn_option(3, 0x8000), geneve.Option(0x0132, 1, bytes(8)))

CODECS: tuple[Codec, ...] = (
    Codec(
        "ethernet", ethernet.decode, ethernet.encode,
        (
            ethernet.Ethernet(_MAC, _MAC, (), ethernet.IPV4, _PAYLOAD),
            ethernet.Ethernet(
                _MAC, _MAC, (ethernet.Tag(0x88A8, 3, True, 5), ethernet.Tag(0x8100, 0, False, 6)), 0x86DD, _PAYLOAD
            ),
        ),
    ),
    Codec(
        "ipv4", ip.decode_ipv4, ip.encode,
        (
            ip.Ipv4(_SOURCE, _SOURCE, ip.UDP, _PAYLOAD, 9, 46, 2, 7, 2),
            ip.Ipv4(_SOURCE, _SOURCE, ip.TCP, _PAYLOAD, flags=ip.MORE, offset=64, options=b"\x94\x04\0\0"),
        ),
    ),
    Codec(
        "ipv6", ip.decode_ipv6, ip.encode,
        (
            ip.Ipv6(_SOURCE_6, _SOURCE_6, ip.UDP, _PAYLOAD, 9, 46, 2, 0x12345),
            ip.Ipv6(_SOURCE_6, _SOURCE_6, ip.TCP, _PAYLOAD, extensions=(_HOP_BY_HOP, _FRAGMENT)),
        ),
    ),
    Codec("udp", udp.decode, udp.encode, (udp.Udp(4000, 6081, _PAYLOAD),)),
    Codec("tcp", tcp.decode, tcp.encode, (tcp.Tcp(4000, 80, 1, 2, tcp.ACK, _PAYLOAD, 9, 0, b"\1\1\1\0"),)),
    Codec("gre", gre.decode, gre.encode, (gre.Gre(0x0800, _PAYLOAD), gre.Gre(0x6558, _PAYLOAD, 1, 2, 3 << 16))),
    Codec("nvgre", nvgre.decode, nvgre.encode, (nvgre.Nvgre(0x1001, 7, _PAYLOAD),)),
    Codec(
        "geneve", geneve.decode, geneve.encode,
        (geneve.Geneve(False, True, 0x6558, 5, _OPTIONS, _PAYLOAD), geneve.Geneve(True, False, 0x800, 6, (), b"")),
    ),
    Codec(
        "vxlan", vxlan.decode, vxlan.encode,
        (vxlan.Vxlan(5, _PAYLOAD), vxlan.with_policy(vxlan.Vxlan(6, _PAYLOAD), vxlan.GroupPolicy(9, True, True))),
    ),
    Codec(
        "vxlan-gpe", vxlan.decode_gpe, vxlan.encode_gpe,
        (vxlan.VxlanGpe(5, vxlan.NEXT_NSH, _PAYLOAD), vxlan.VxlanGpe(6, 0x80, _PAYLOAD, shims=_SHIMS)),
    ),
    Codec("nsh", nsh.decode, nsh.encode, (nsh.Nsh(vxlan.NEXT_IPV4, _PAYLOAD, 63, 1, 0x1FF, bytes(16)),)),
    Codec("stt", stt.decode, stt.encode, (stt.Stt(5, _PAYLOAD, stt.IS_IPV4 | stt.IS_TCP, 32, 1400, 0x1005),)),
)  # fmt: skip
"""Every codec."""
