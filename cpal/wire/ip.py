"""IPv4 and IPv6 headers, with options, extension headers and what makes a packet a fragment.

A total or payload length of 0 stands for all that is there: segmentation offload (BIG TCP) writes it. Sources: RFC 791,
RFC 8200, RFC 2474 and RFC 3168 (DSCP and ECN), RFC 2675, section 3.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from cpal.wire.checksum import checksum
from cpal.wire.faults import fault, field, need

ICMP, IPIP, TCP, UDP, IPV6, GRE, ESP, AH, ICMPV6, NO_NEXT, SCTP = 1, 4, 6, 17, 41, 47, 50, 51, 58, 59, 132
"""Protocol numbers."""
FRAGMENT = 44
EXTENSIONS = frozenset((0, 43, FRAGMENT, AH, 60, 135, 139, 140))
"""IPv6 extension headers that say how long they are: hop-by-hop, routing, fragment, AH,
destination, mobility, HIP and shim6."""
IPV4_HEADER, IPV6_HEADER = 20, 40
MORE, DONT_FRAGMENT = 1, 2
"""Flags of IPv4."""

_ipv4_address = lru_cache(4096)(IPv4Address)
_ipv6_address = lru_cache(4096)(IPv6Address)


class Ipv4(NamedTuple):
    """An IPv4 packet; `flags` are reserved, "don't fragment" and "more fragments"; `offset` is in units of 8 bytes.

    `payload` ends where `length` says, or where the data does.
    """

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    payload: bytes
    ttl: int = 64
    dscp: int = 0
    ecn: int = 0
    identification: int = 0
    flags: int = 0
    offset: int = 0
    options: bytes = b""
    length: int | None = None
    checksum: int | None = None

    @property
    def more_fragments(self) -> bool:
        """Whether it is a fragment that others follow."""
        return bool(self.flags & MORE)

    @property
    def header_length(self) -> int:
        """Bytes of the header."""
        return IPV4_HEADER + len(self.options)


class Extension(NamedTuple):
    """An IPv6 extension header: its own number, and its bytes after the one that says what follows."""

    type: int
    body: bytes


class Ipv6(NamedTuple):
    """An IPv6 packet; `protocol` is that of `payload`, after the extension headers."""

    source: IPv6Address
    destination: IPv6Address
    protocol: int
    payload: bytes
    ttl: int = 64
    dscp: int = 0
    ecn: int = 0
    flow_label: int = 0
    extensions: tuple[Extension, ...] = ()
    length: int | None = None

    @property
    def offset(self) -> int:
        """Where this fragment begins, in units of 8 bytes; 0 for a whole packet."""
        return self._fragment >> 3

    @property
    def more_fragments(self) -> bool:
        """Whether it is a fragment that others follow."""
        return bool(self._fragment & MORE)

    @property
    def header_length(self) -> int:
        """Bytes of all headers."""
        return IPV6_HEADER + sum(1 + len(extension.body) for extension in self.extensions)

    @property
    def _fragment(self) -> int:
        found = (each.body for each in self.extensions if each.type == FRAGMENT)
        return max((body[1] << 8 | body[2] for body in found), default=0)


Ip = Ipv4 | Ipv6


def version(packet: Ip) -> int:
    """4 or 6."""
    return 4 if isinstance(packet, Ipv4) else 6


def decode(data: bytes) -> Ip:
    """The IPv4 or IPv6 packet in `data`.

    Raises:
        WireError: neither, or its headers are not whole.
    """
    need(data, 1, "ipv4-truncated")
    if data[0] >> 4 == 4:
        return decode_ipv4(data)
    if data[0] >> 4 == 6:
        return decode_ipv6(data)
    raise fault("ip-version", f"IP version {data[0] >> 4} is neither 4 nor 6")


def decode_ipv4(data: bytes) -> Ipv4:
    """The IPv4 packet in `data`.

    Raises:
        WireError: another version, a header that is not whole, or a length below the header's.
    """
    need(data, IPV4_HEADER, "ipv4-truncated")
    if data[0] >> 4 != 4:
        raise fault("ip-version", f"IP version {data[0] >> 4} where 4 is announced")
    header, total = (data[0] & 15) * 4, data[2] << 8 | data[3]
    if header < IPV4_HEADER:
        raise fault("ipv4-header-length", f"an IPv4 header of {header} bytes cannot be")
    need(data, header, "ipv4-truncated")
    if total and total < header:
        raise fault("ipv4-length", f"an IPv4 packet of {total} bytes with a header of {header} cannot be")
    place = data[6] << 8 | data[7]
    return Ipv4(
        _ipv4_address(data[12:16]), _ipv4_address(data[16:20]), data[9], data[header : total or len(data)], data[8],
        data[1] >> 2, data[1] & 3, data[4] << 8 | data[5], place >> 13, place & 0x1FFF, data[20:header], total,
        data[10] << 8 | data[11],
    )  # fmt: skip


def decode_ipv6(data: bytes) -> Ipv6:
    """The IPv6 packet in `data`.

    Raises:
        WireError: another version, or headers that are not whole.
    """
    need(data, IPV6_HEADER, "ipv6-truncated")
    if data[0] >> 4 != 6:
        raise fault("ip-version", f"IP version {data[0] >> 4} where 6 is announced")
    length, first = data[4] << 8 | data[5], int.from_bytes(data[:4], "big")
    end = min(IPV6_HEADER + length, len(data)) if length else len(data)
    protocol, at, extensions = _extensions(data, data[6], end)
    return Ipv6(
        _ipv6_address(data[8:24]), _ipv6_address(data[24:40]), protocol, data[at:end], data[7], first >> 22 & 0x3F,
        first >> 20 & 3, first & 0xFFFFF, extensions, length,
    )  # fmt: skip


def _extensions(data: bytes, protocol: int, end: int) -> tuple[int, int, tuple[Extension, ...]]:
    """The protocol behind the extension headers, where it begins, and they. Behind a later fragment's nothing is."""
    at, found = IPV6_HEADER, []
    while protocol in EXTENSIONS:
        if end < at + 8:
            raise fault("ipv6-extension-truncated", f"8 bytes are needed, {end - at} are there")
        size = 8 if protocol == FRAGMENT else (data[at + 1] + 2) * 4 if protocol == AH else (data[at + 1] + 1) * 8
        if end < at + size:
            raise fault("ipv6-extension-truncated", f"{size} bytes are needed, {end - at} are there")
        extension = Extension(protocol, data[at + 1 : at + size])
        found.append(extension)
        later = protocol == FRAGMENT and extension.body[1] << 8 | extension.body[2] & 0xF8
        protocol, at = data[at], at + size
        if later:
            break
    return protocol, at, tuple(found)


def encode(packet: Ip) -> bytes:
    """The bytes of a packet, with its length and checksum computed unless it says them.

    Raises:
        WireError: a field does not fit.
    """
    return _encode_ipv4(packet) if isinstance(packet, Ipv4) else _encode_ipv6(packet)


def _encode_ipv4(packet: Ipv4) -> bytes:
    words, rest = divmod(packet.header_length, 4)
    if rest:
        raise fault("ipv4-header-length", "IPv4 options are whole words of 4 bytes")
    length = packet.header_length + len(packet.payload) if packet.length is None else packet.length
    place = field(packet.flags, 3, "flags") << 13 | field(packet.offset, 13, "fragment offset")
    head = bytearray((4 << 4 | field(words, 4, "header length"), _traffic_class(packet)))
    head += field(length, 16, "total length").to_bytes(2, "big")
    head += field(packet.identification, 16, "identification").to_bytes(2, "big") + place.to_bytes(2, "big")
    head += bytes((field(packet.ttl, 8, "TTL"), field(packet.protocol, 8, "protocol"), 0, 0))
    head += packet.source.packed + packet.destination.packed + packet.options
    right = checksum(bytes(head)) if packet.checksum is None else packet.checksum
    head[10:12] = field(right, 16, "checksum").to_bytes(2, "big")
    return bytes(head) + packet.payload


def _encode_ipv6(packet: Ipv6) -> bytes:
    kinds = [*(each.type for each in packet.extensions), field(packet.protocol, 8, "next header")]
    behind = zip(kinds[1:], packet.extensions, strict=True)
    chain = b"".join(bytes((following,)) + extension.body for following, extension in behind)
    length = len(chain) + len(packet.payload) if packet.length is None else packet.length
    first = 6 << 28 | _traffic_class(packet) << 20 | field(packet.flow_label, 20, "flow label")
    head = first.to_bytes(4, "big") + field(length, 16, "payload length").to_bytes(2, "big")
    head += bytes((field(kinds[0], 8, "next header"), field(packet.ttl, 8, "hop limit")))
    return head + packet.source.packed + packet.destination.packed + chain + packet.payload


def _traffic_class(packet: Ip) -> int:
    return field(packet.dscp, 6, "DSCP") << 2 | field(packet.ecn, 2, "ECN")


def header_is_right(packet: Ipv4) -> bool:
    """Whether an IPv4 header's checksum is right."""
    return checksum(_encode_ipv4(packet._replace(payload=b""))) == 0
