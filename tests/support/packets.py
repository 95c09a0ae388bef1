"""Packets in tunnels, generated: every kind of tunnel over either version of IP, one in another, sound in each byte."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from random import Random

from cpal.wire import ethernet, geneve, ip, nvgre, pcap, stt, tcp, udp, vxlan
from cpal.wire.records import Record

MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
TAGLESS = ("nvgre", "stt")
"""Those that must not carry an 802.1Q tag."""
SOURCE_PORTS = range(50000, 60000)
"""Ports on which nothing else is known to tshark."""
KINDS = ("geneve", "vxlan", "vxlan-linux", "vxlan-gpe", "nvgre", "stt")
START_NS = 1_700_000_000_000_000_000


def frame(chance: Random, payload: bytes, version: int, tags: int = 0) -> bytes:
    """An Ethernet frame of an IP packet."""
    kinds = (0x88A8, 0x8100)[2 - tags :] if tags < 3 else (0x8100,) * tags
    marks = tuple(ethernet.Tag(kind, chance.randrange(8), False, chance.randrange(1, 4095)) for kind in kinds)
    ethertype = ethernet.IPV4 if version == 4 else ethernet.IPV6
    return ethernet.encode(ethernet.Ethernet(*MAC, marks, ethertype, payload))


def packet(chance: Random, protocol: int, version: int, carry: udp.Udp | tcp.Tcp | bytes, flags: int = 0) -> bytes:
    """An IP packet of a datagram, a segment or bytes, with right checksums; `flags` are those of IPv4."""
    source, destination = addresses(chance, version)
    if isinstance(carry, udp.Udp):
        carry = udp.encode(carry, source, destination)
    elif isinstance(carry, tcp.Tcp):
        carry = tcp.encode(carry, source, destination)
    if isinstance(source, IPv4Address) and isinstance(destination, IPv4Address):
        options = b"\x94\x04\0\0" * chance.choice((0, 0, 0, 1))
        return ip.encode(ip.Ipv4(source, destination, protocol, carry, flags=flags, options=options))
    assert isinstance(source, IPv6Address)
    assert isinstance(destination, IPv6Address)
    extensions = chance.choice(((), (), (ip.Extension(60, bytes.fromhex("00010400000000")),)))
    return ip.encode(ip.Ipv6(source, destination, protocol, carry, extensions=extensions))


def addresses(chance: Random, version: int) -> tuple[IPv4Address | IPv6Address, ...]:
    """Source and destination."""
    if version == 4:
        return tuple(IPv4Address(0x0A000000 | chance.randrange(1, 1 << 16)) for _ in range(2))
    return tuple(IPv6Address(0xFD << 120 | chance.randrange(1, 1 << 64)) for _ in range(2))


def innermost(chance: Random, version: int, size: int) -> bytes:
    """A frame of a workload."""
    ports, payload = (chance.choice(SOURCE_PORTS), chance.choice(SOURCE_PORTS)), chance.randbytes(size)
    if chance.random() < 0.3:
        return frame(chance, packet(chance, ip.UDP, version, udp.Udp(*ports, payload)), version)
    if chance.random() < 0.1:
        echo = b"\x08\0\xf7\xff\0\0\0\0" if version == 4 else b"\x80\0\0\0\0\0\0\0"
        return frame(chance, packet(chance, ip.ICMP if version == 4 else ip.ICMPV6, version, echo), version)
    return frame(chance, packet(chance, ip.TCP, version, tcp.Tcp(*ports, 1, 2, tcp.ACK, payload, 9)), version)


def options(chance: Random) -> tuple[geneve.Option, ...]:
    """Up to 40 bytes of Geneve options, now and then OVN's first."""
    ovn = (geneve.ovn_option(chance.randrange(1, 1 << 15), chance.randrange(1 << 16)),) * chance.choice((0, 0, 1))
    words = [chance.randrange(4) for _ in range(chance.choice((0, 0, 1, 2)))]
    others = (geneve.Option(0x0200 + n, chance.randrange(128), chance.randbytes(4 * n)) for n in words)
    return (*ovn, *others)


def tunnelled(chance: Random, kind: str, inner: bytes, version: int, tags: int = 0) -> bytes:
    """A frame of the underlay with a frame in a tunnel."""
    vni, port = chance.randrange(1, 1 << 24), chance.choice(SOURCE_PORTS)
    if kind == "nvgre":
        header = nvgre.encode(nvgre.Nvgre(max(vni, nvgre.RESERVED_BELOW), chance.randrange(256), inner))
        return frame(chance, packet(chance, ip.GRE, version, header), version, tags)
    if kind == "stt":
        (segment,) = stt.segments(stt.encode(stt.Stt(vni, inner)), stt.MOST, port, chance.randrange(1 << 32))
        return frame(chance, packet(chance, ip.TCP, version, segment), version, tags)
    destination, data = _over_udp(chance, kind, vni, inner)
    flags = ip.DONT_FRAGMENT if kind == "vxlan-gpe" else 0
    checked = chance.random() < 0.5 or version == 6
    datagram = udp.Udp(port, destination, data, checksum=None if checked else 0)
    return frame(chance, packet(chance, ip.UDP, version, datagram, flags), version, tags)


def _over_udp(chance: Random, kind: str, vni: int, inner: bytes) -> tuple[int, bytes]:
    if kind == "geneve":
        found = options(chance)
        critical = any(option.critical for option in found)
        return geneve.PORT, geneve.encode(geneve.Geneve(False, critical, ethernet.TEB, vni, found, inner))
    if kind == "vxlan-gpe":
        return vxlan.GPE_PORT, vxlan.encode_gpe(vxlan.VxlanGpe(vni, vxlan.NEXT_ETHERNET, inner))
    header = vxlan.Vxlan(vni, inner)
    if chance.random() < 0.2:
        header = vxlan.with_policy(header, vxlan.GroupPolicy(chance.randrange(1 << 16), False, True))
    return vxlan.PORT if kind == "vxlan" else vxlan.LINUX_PORT, vxlan.encode(header)


def mixed(chance: Random, kinds: tuple[str, ...] = KINDS, depth: int = 3, most: int = 300) -> bytes:
    """A frame of the underlay with one to `depth` tunnels, or now and then none."""
    data = innermost(chance, chance.choice((4, 4, 6)), chance.randrange(most))
    tags = 0
    for _ in range(chance.choice((1, 1, 1, 1, 0, *range(2, depth + 1)))):
        kind = chance.choice([kind for kind in kinds if not tags or kind not in TAGLESS] or kinds)
        tags = chance.choice((0, 0, 0, 1, 2))
        data = tunnelled(chance, kind, data, chance.choice((4, 4, 6)), tags)
    return data


def capture(frames: list[bytes]) -> bytes:
    """The frames as a pcap file."""
    records = (Record(START_NS + n * 1001, len(data), data, 1) for n, data in enumerate(frames))
    return pcap.write_header(1) + b"".join(map(pcap.write, records))
