"""Geneve: the header, its options, and the option in which OVN names ports. Source: RFC 8926, sections 3.4 and 3.5.

OVN's option has class 0x0102 and type 0x80 (critical): one reserved bit, 15 bits of the ingress port's key and 16 of
the egress port's; the VNI is the key of the logical datapath. Source: ovn-architecture(7), Tunnel Encapsulations.
"""

from __future__ import annotations

from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire.faults import fault, field, need

PORT = 6081
HEADER, OPTION = 8, 4
OVN_CLASS, OVN_TYPE = 0x0102, 0x80
CRITICAL = 0x80
OPTIONS_MOST = 252
"""Bytes of options that a header can say."""


class Option(NamedTuple):
    """One option; the high bit of `type` says that it is critical."""

    option_class: int
    type: int
    data: bytes
    reserved: int = 0

    @property
    def critical(self) -> bool:
        """Whether a receiver that does not know the option must drop the packet."""
        return bool(self.type & CRITICAL)


class Geneve(NamedTuple):
    """A Geneve header and what it carries; `protocol` is the EtherType of `payload`.

    `reserved` are the 6 bits after the flags, `reserved_last` the byte after the VNI.
    """

    control: bool
    critical: bool
    protocol: int
    vni: int
    options: tuple[Option, ...]
    payload: bytes
    reserved: int = 0
    reserved_last: int = 0


class OvnKeys(NamedTuple):
    """Keys that OVN wrote: of the logical datapath, the ingress port and the egress port (or multicast group)."""

    datapath: int
    ingress: int
    egress: int


def decode(data: bytes) -> Geneve:
    """The Geneve packet in the payload of a UDP datagram; bits that are reserved are ignored, and kept.

    Raises:
        WireError: version not 0, or options that do not sum to the length of options (RFC 8926, section 3.5).
    """
    need(data, HEADER, "geneve-truncated")
    version, end = data[0] >> 6, HEADER + (data[0] & 0x3F) * 4
    if version:
        raise fault("geneve-version", f"Geneve version {version} is not known: such packets are dropped")
    need(data, end, "geneve-options-truncated")
    return Geneve(
        bool(data[1] & 0x80), bool(data[1] & 0x40), data[2] << 8 | data[3], int.from_bytes(data[4:7], "big"),
        options(data[HEADER:end]), data[end:], data[1] & 0x3F, data[7],
    )  # fmt: skip


def encode(packet: Geneve) -> bytes:
    """The bytes of a Geneve packet.

    Raises:
        WireError: a field does not fit, or option data is not whole 4-byte words.
    """
    encoded = b"".join(encode_option(option) for option in packet.options)
    words = field(len(encoded) // 4, 6, "words of options")
    flags = packet.control << 7 | packet.critical << 6 | field(packet.reserved, 6, "reserved bits")
    head = bytes((words, flags)) + field(packet.protocol, 16, "protocol").to_bytes(2, "big")
    head += field(packet.vni, 24, "VNI").to_bytes(3, "big") + bytes((field(packet.reserved_last, 8, "reserved bits"),))
    return head + encoded + packet.payload


def ovn_keys(packet: Geneve) -> OvnKeys | None:
    """What OVN says of the packet; None without its option."""
    for option in packet.options:
        if (option.option_class, option.type, len(option.data)) == (OVN_CLASS, OVN_TYPE, 4):
            ingress, egress = int.from_bytes(option.data[:2], "big") & 0x7FFF, int.from_bytes(option.data[2:], "big")
            return OvnKeys(packet.vni, ingress, egress)
    return None


def ovn_option(ingress: int, egress: int) -> Option:
    """The option in which OVN names the ports.

    Raises:
        WireError: a key does not fit.
    """
    data = field(ingress, 15, "ingress key") << 16 | field(egress, 16, "egress key")
    return Option(OVN_CLASS, OVN_TYPE, data.to_bytes(4, "big"))


def options(data: bytes) -> tuple[Option, ...]:
    """The options in the bytes that are all options.

    Raises:
        WireError: one runs past the end.
    """
    found, at = [], 0
    while at < len(data):
        need(data, at + OPTION, "geneve-option-overrun")
        words = data[at + 3] & 0x1F
        end = at + OPTION + words * 4
        need(data, end, "geneve-option-overrun")
        found.append(Option(data[at] << 8 | data[at + 1], data[at + 2], data[at + OPTION : end], data[at + 3] >> 5))
        at = end
    return tuple(found)


def encode_option(option: Option) -> bytes:
    """The bytes of an option.

    Raises:
        WireError: a field does not fit, or the data is not whole words.
    """
    words, rest = divmod(len(option.data), 4)
    if rest:
        raise WireError("the data of a Geneve option is whole words of 4 bytes")
    head = field(option.option_class, 16, "option class").to_bytes(2, "big")
    size = field(option.reserved, 3, "reserved bits") << 5 | field(words, 5, "words of option data")
    return head + bytes((field(option.type, 8, "option type"), size)) + option.data
