"""Geneve: the header, its options, and the option in which OVN names ports. Source: RFC 8926, sections 3.4 and 3.5.

OVN's option has class 0x0102 and type 0x80 (critical): one reserved bit, 15 bits of the ingress port's key and 16 of
the egress port's; the VNI is the key of the logical datapath. Source: ovn-architecture(7), Tunnel Encapsulations.
"""

from __future__ import annotations

from typing import NamedTuple

from cpal.errors import WireError

PORT = 6081
OVN_CLASS, OVN_TYPE = 0x0102, 0x80


class Option(NamedTuple):
    """One option: `critical` is the high bit of `type`."""

    option_class: int
    type: int
    data: bytes

    @property
    def critical(self) -> bool:
        """Whether a receiver that does not know the option must drop the packet."""
        return bool(self.type & 0x80)


class Geneve(NamedTuple):
    """A Geneve header and what it carries; `protocol` is the EtherType of `payload`."""

    control: bool
    critical: bool
    protocol: int
    vni: int
    options: tuple[Option, ...]
    payload: bytes


class OvnKeys(NamedTuple):
    """Keys that OVN wrote: of the logical datapath, the ingress port and the egress port (or multicast group)."""

    datapath: int
    ingress: int
    egress: int


def decode(data: bytes) -> Geneve:
    """The Geneve packet in the payload of a UDP datagram.

    Raises:
        WireError: version not 0, or options that do not sum to the length of options (RFC 8926, section 3.5).
    """
    if len(data) < 8:
        raise WireError(f"Geneve needs 8 bytes, there are {len(data)}")
    version, end = data[0] >> 6, 8 + (data[0] & 0x3F) * 4
    if version:
        raise WireError(f"Geneve version {version} is not known; such packets are dropped (RFC 8926, section 3.4)")
    if len(data) < end:
        raise WireError(f"Geneve options end at byte {end}, there are {len(data)}")
    protocol, vni = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:7], "big")
    options = _options(data[8:end])
    return Geneve(bool(data[1] & 0x80), bool(data[1] & 0x40), protocol, vni, options, data[end:])


def encode(packet: Geneve) -> bytes:
    """The bytes of a Geneve packet, reserved bits zero.

    Raises:
        WireError: a field does not fit, or option data is not whole 4-byte words.
    """
    options = b"".join(_encode_option(option) for option in packet.options)
    if len(options) > 252 or not 0 <= packet.vni < 1 << 24 or not 0 <= packet.protocol < 1 << 16:
        raise WireError("options over 252 bytes, or a VNI or protocol that does not fit")
    flags = packet.control << 7 | packet.critical << 6
    head = bytes((len(options) // 4, flags)) + packet.protocol.to_bytes(2, "big") + packet.vni.to_bytes(3, "big")
    return head + b"\0" + options + packet.payload


def ovn_keys(packet: Geneve) -> OvnKeys | None:
    """What OVN says of the packet; None without its option."""
    for option in packet.options:
        if (option.option_class, option.type, len(option.data)) == (OVN_CLASS, OVN_TYPE, 4):
            ingress, egress = int.from_bytes(option.data[:2], "big") & 0x7FFF, int.from_bytes(option.data[2:], "big")
            return OvnKeys(packet.vni, ingress, egress)
    return None


def _options(data: bytes) -> tuple[Option, ...]:
    found, at = [], 0
    while at < len(data):
        if len(data) < at + 4:
            raise WireError("a Geneve option's header is cut short")
        end = at + 4 + (data[at + 3] & 0x1F) * 4
        if len(data) < end:
            raise WireError("a Geneve option runs past the end of the options")
        found.append(Option(int.from_bytes(data[at : at + 2], "big"), data[at + 2], data[at + 4 : end]))
        at = end
    return tuple(found)


def _encode_option(option: Option) -> bytes:
    words, rest = divmod(len(option.data), 4)
    if rest or words > 31 or not 0 <= option.option_class < 1 << 16 or not 0 <= option.type < 256:
        raise WireError("a Geneve option has up to 31 words of 4 bytes, a 16-bit class and an 8-bit type")
    return option.option_class.to_bytes(2, "big") + bytes((option.type, words)) + option.data
