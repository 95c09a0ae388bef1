"""What can be wrong with bytes: each fault by its name, which scripts rely on, and in a sentence."""

from __future__ import annotations

from cpal.errors import WireError

FAULTS: dict[str, str] = {
    "link-type-unknown": "the capture is of a link layer that is not known here",
    "link-truncated": "the header of the capture's link layer is cut short",
    "record-cut": "the file ends inside this record",
    "ethernet-truncated": "an Ethernet header is cut short",
    "vlan-truncated": "an 802.1Q tag is cut short",
    "cisco-metadata-truncated": "Cisco's metadata behind a GRE header are cut short",
    "ip-version": "an IP header's version is not that which the layer below announces",
    "ipv4-truncated": "an IPv4 header is cut short",
    "ipv4-header-length": "an IPv4 header length below 20 bytes",
    "ipv4-length": "an IPv4 total length below the header's, or beyond the end of the packet",
    "ipv6-truncated": "an IPv6 header is cut short",
    "ipv6-extension-truncated": "an IPv6 extension header is cut short",
    "ipv6-length": "an IPv6 payload length beyond the end of the packet",
    "udp-truncated": "a UDP header is cut short",
    "udp-length": "a UDP length below 8 bytes, or beyond the end of the packet",
    "tcp-truncated": "a TCP header is cut short",
    "tcp-header-length": "a TCP header length below 20 bytes",
    "gre-truncated": "a GRE header is cut short",
    "gre-version": "a GRE version that is not known here",
    "gre-routing": "a GRE header with routing, which is dropped",
    "geneve-truncated": "a Geneve header is cut short",
    "geneve-version": "a Geneve version other than 0, which is dropped",
    "geneve-options-truncated": "Geneve options run past the end of the packet",
    "geneve-option-overrun": "a Geneve option runs past the end of the options, which is dropped",
    "vxlan-truncated": "a VXLAN header is cut short",
    "vxlan-flags": "a VXLAN header without the I flag, which is dropped",
    "nvgre-flags": "a GRE header that is no NVGRE: not with a key alone, or not of Ethernet",
    "nsh-truncated": "a Network Service Header is cut short",
    "nsh-length": "a Network Service Header length below its own header",
    "vxlan-gpe-shim": "a shim header of VXLAN's protocol extension is cut short",
    "stt-truncated": "an STT frame header is cut short",
    "stt-version": "an STT version other than 0, which is dropped",
    "stt-length": "an STT segment beyond the end of its frame",
    "too-deep": "more headers within each other than are looked through",
}
"""Every fault of a row of `cpal decode`, and every `key` of a `WireError` of this package's codecs."""


def fault(name: str, told: str = "") -> WireError:
    """The error of a fault; `told` says more of this case."""
    return WireError(told or FAULTS[name], key=name)


def need(data: bytes, length: int, name: str) -> None:
    """Raise the fault unless so many bytes are there.

    Raises:
        WireError: fewer are there.
    """
    if len(data) < length:
        raise fault(name, f"{length} bytes are needed, {len(data)} are there")


def field(value: int, bits: int, what: str) -> int:
    """The value, if it fits.

    Raises:
        WireError: it needs more bits, or is negative.
    """
    if value >> bits:
        raise WireError(f"{what} {value} does not fit in {bits} bits")
    return value
