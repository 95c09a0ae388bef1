"""VXLAN, with the group policy and the generic protocol extension.

Sources: RFC 7348, section 5; draft-smith-vxlan-group-policy-05, section 2.1; draft-ietf-nvo3-vxlan-gpe-12, section 3.
"""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.faults import fault, field, need

PORT, LINUX_PORT, GPE_PORT = 4789, 8472, 4790
"""IANA's port of VXLAN, Linux's from before there was one, and that of the generic protocol extension."""
HEADER = 8
VALID, GROUP = 0x08, 0x80
"""Flags of the first byte: the VNI is valid (I), there is a group policy (G)."""
GPE_PROTOCOL, GPE_CONTROL, GPE_VERSION = 0x04, 0x01, 0x30
"""Flags of the first byte of the protocol extension: a next protocol is there (P), control (O), the version."""
NEXT_IPV4, NEXT_IPV6, NEXT_ETHERNET, NEXT_NSH = 1, 2, 3, 4
SHIMS, SHIM = 0x80, 4
"""Next protocols from here on are shim headers, which have so many bytes at least."""
DONT_LEARN, APPLIED = 0x40, 0x08
"""Bits of the second byte with a group policy."""


class GroupPolicy(NamedTuple):
    """The group of the source, whether its address is not to be learned, and whether policy was applied already."""

    group: int
    dont_learn: bool
    applied: bool


class Vxlan(NamedTuple):
    """A VXLAN header and the frame it carries; `word` is the 24 bits after the flags, `reserved` the last byte."""

    vni: int
    payload: bytes
    flags: int = VALID
    word: int = 0
    reserved: int = 0

    @property
    def policy(self) -> GroupPolicy | None:
        """The group policy, if there is one."""
        if not self.flags & GROUP:
            return None
        bits = self.word >> 16
        return GroupPolicy(self.word & 0xFFFF, bool(bits & DONT_LEARN), bool(bits & APPLIED))


class Shim(NamedTuple):
    """A header between that of the extension and what is carried: its `data` is a multiple of 4 bytes, and `next` says
    what is behind it."""

    type: int
    data: bytes
    next: int
    reserved: int = 0


class VxlanGpe(NamedTuple):
    """A header with the generic protocol extension; `next` says what is behind it, the first of its `shims` or else
    `payload`; `word` are the 16 bits before it."""

    vni: int
    next: int
    payload: bytes
    flags: int = VALID | GPE_PROTOCOL
    word: int = 0
    reserved: int = 0
    shims: tuple[Shim, ...] = ()

    @property
    def carried(self) -> int:
        """What `payload` is, behind all shims."""
        return self.shims[-1].next if self.shims else self.next


def decode(data: bytes) -> Vxlan:
    """The VXLAN packet in the payload of a UDP datagram; bits that are reserved are ignored, and kept.

    Raises:
        WireError: its header is not whole, or says that its VNI is not valid.
    """
    flags, word, vni, reserved = _header(data)
    return Vxlan(vni, data[HEADER:], flags, word, reserved)


def decode_gpe(data: bytes) -> VxlanGpe:
    """The packet with the protocol extension in the payload of a UDP datagram; without flag P it carries Ethernet.

    Raises:
        WireError: its header or a shim is not whole, or it says that its VNI is not valid.
    """
    flags, word, vni, reserved = _header(data)
    first, data = word & 0xFF, data[HEADER:]
    shims: list[Shim] = []
    following = first if flags & GPE_PROTOCOL else 0
    while following >= SHIMS:
        need(data, SHIM, "vxlan-gpe-shim")
        end = SHIM + 4 * data[1]
        need(data, end, "vxlan-gpe-shim")
        shims.append(Shim(data[0], data[SHIM:end], data[3], data[2]))
        following, data = data[3], data[end:]
    return VxlanGpe(vni, first, data, flags, word >> 8, reserved, tuple(shims))


def _header(data: bytes) -> tuple[int, int, int, int]:
    need(data, HEADER, "vxlan-truncated")
    if not data[0] & VALID:
        raise fault("vxlan-flags", f"VXLAN flags {data[0]:#04x} without I (0x08): such packets are dropped")
    return data[0], int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:7], "big"), data[7]


def encode(packet: Vxlan) -> bytes:
    """The bytes of a VXLAN packet.

    Raises:
        WireError: a field does not fit.
    """
    return _encode(packet, packet.word)


def encode_gpe(packet: VxlanGpe) -> bytes:
    """The bytes of a packet with the protocol extension.

    Raises:
        WireError: a field does not fit.
    """
    word = field(packet.word, 16, "reserved bits") << 8 | field(packet.next, 8, "next protocol")
    return _encode(packet._replace(payload=b"".join(map(_shim, packet.shims)) + packet.payload), word)


def _shim(shim: Shim) -> bytes:
    words, rest = divmod(len(shim.data), 4)
    if rest:
        raise fault("vxlan-gpe-shim", f"{len(shim.data)} bytes of a shim are no multiple of 4")
    values = (shim.type, "type"), (words, "length"), (shim.reserved, "reserved bits"), (shim.next, "next protocol")
    return bytes(field(value, 8, name) for value, name in values) + shim.data


def _encode(packet: Vxlan | VxlanGpe, word: int) -> bytes:
    if not packet.flags & VALID:
        raise fault("vxlan-flags")
    head = bytes((field(packet.flags, 8, "flags"),)) + field(word, 24, "reserved bits").to_bytes(3, "big")
    tail = field(packet.vni, 24, "VNI").to_bytes(3, "big") + bytes((field(packet.reserved, 8, "reserved bits"),))
    return head + tail + packet.payload


def with_policy(packet: Vxlan, policy: GroupPolicy) -> Vxlan:
    """The packet with a group policy."""
    bits = policy.dont_learn * DONT_LEARN | policy.applied * APPLIED
    return packet._replace(flags=packet.flags | GROUP, word=bits << 16 | field(policy.group, 16, "group"))
