"""What the specifications of tunnels say MUST be, and by which name cpal checks it: the page specifications.md.

One line for each thing demanded, in the order of the text; what a text demands in several places stands once with all
of them. A check is a rule of `cpal.wire.rules` or a fault of `cpal.wire.faults`. Where no bytes of a packet can show
the breach, the line says why.
"""

from __future__ import annotations

from typing import NamedTuple

BEHAVIOUR = "it is where and when a device forwards, which no packet shows"
LOSS = "a packet that is lost does not say why"
TAKEN = "it is what a receiver does with a packet that is sound; the decoder here takes it"
IGNORED = "nothing is wrong with such a packet; the decoder here ignores the bits, and keeps them"
SETTING = "it is how an endpoint is set up or built"
PLACE = "it depends on where the packet was captured, and by whom it was meant to be read"
STATE = "it needs what was received before"


class Must(NamedTuple):
    """One demand: where the text has it, of whom, and what; the checks' names, or why there is none."""

    sections: str
    whose: str
    says: str
    checks: tuple[str, ...] = ()
    why: str = ""


SENDER, RECEIVER, ENDPOINTS, TRANSIT = "sender", "receiver", "endpoints", "transit"

SPECIFICATIONS: dict[str, tuple[Must, ...]] = {
    "RFC 8926": (
        Must("2.2.1", TRANSIT, "the header is not changed", ("geneve-transit-header",)),
        Must("2.2.1", TRANSIT, "no option is added or removed, all are of endpoints", ("geneve-transit-options",)),
        Must("3.3", SENDER, "the port 6081 stays the destination on the way back", (),
             "a datagram from that port may be of any protocol: only the control plane knows that it is Geneve"),
        Must("3.3, 4.3, 4.3.1", SENDER, "over IPv6 there is a UDP checksum by default", ("geneve-ipv6-checksum",)),
        Must("3.3", RECEIVER, "a UDP checksum is verified, and a packet with a wrong one dropped", ("udp-checksum",)),
        Must("3.3", RECEIVER, "a packet with a right UDP checksum is accepted", (), TAKEN),
        Must("3.4", RECEIVER, "an unknown version is dropped", ("geneve-version",)),
        Must("3.4", TRANSIT, "an unknown version is handled as UDP with unknown payload", (), BEHAVIOUR),
        Must("3.4", TRANSIT, "forwarding does not depend on the length of options", (), BEHAVIOUR),
        Must("3.4", "forwarder", "what a control packet carries is not forwarded", ("control-not-forwarded",)),
        Must("3.4", TRANSIT, "what a control packet carries is not interpreted", (), BEHAVIOUR),
        Must("3.4", TRANSIT, "forwarding does not depend on the flag O", (), BEHAVIOUR),
        Must("3.4", RECEIVER, "with the flag C options are parsed, or the packet is dropped",
             ("geneve-critical-option",)),
        Must("3.4, 3.5, 3.5.1", TRANSIT, "nothing is dropped for the flag C or for an option, known or not", (), LOSS),
        Must("3.4, 3.5", SENDER, "reserved bits of the header and of options are zero", ("geneve-reserved",)),
        Must("3.4, 3.5", RECEIVER, "reserved bits of the header and of options are ignored", (), IGNORED),
        Must("3.5, 3.5.1", RECEIVER, "a packet with a critical option that is not understood is dropped",
             ("geneve-critical-option",)),
        Must("3.5", SENDER, "the flag C is set where an option is critical", ("geneve-critical-flag",)),
        Must("3.5", RECEIVER, "options that do not sum to the length of all options are dropped",
             ("geneve-options-length",)),
        Must("3.5.1", TRANSIT, "who does not interpret options handles the packet as any of UDP", (), BEHAVIOUR),
        Must("3.5.1", TRANSIT, "options are neither changed nor put in another order", ("geneve-transit-options",)),
        Must("3.5.1", RECEIVER, "a packet with more options than can be processed is dropped",
             ("geneve-options-most",)),
        Must("3.5.1", "who defines options", "the length of an option of fixed length is never defined anew", (),
             "it is a demand on later specifications"),
        Must("4.2", "operator", "traffic controls its congestion, or the network is a controlled one", (),
             "it is a property of the network and of its applications"),
        Must("4.3.1", ENDPOINTS, "UDP checksums over IPv6 are the default of a tunnel", (), SETTING),
        Must("4.3.1", ENDPOINTS, "without UDP checksums the demands of RFC 6936 are met, section 4 and the first of "
             "section 5", (), SETTING),
        Must("4.4.1", SENDER, "the MTU of a tunnel allows for the most options", (), SETTING),
        Must("4.4.2", ENDPOINTS, "marks of congestion are handled as RFC 6040 says",
             ("ecn-entering", "ecn-leaving", "ecn-left")),
        Must("4.6", "network card", "each segment of a large packet gets the whole header and all options",
             ("geneve-transit-header", "geneve-transit-options")),
        Must("4.6", "network card", "options are not put in another order", ("geneve-transit-options",)),
        Must("4.6", "network card", "nothing is dropped for its options", (), LOSS),
        Must("6.2", ENDPOINTS, "Geneve is not handed on to tenants, and that of tenants is not interpreted", (), PLACE),
        Must("6.4", TRANSIT, "what is encrypted is handled as any IP packet", (), BEHAVIOUR),
        Must("6.4", "operator", "devices that interpret options can be trusted", (), "it is no property of packets"),
    ),
    "RFC 7348": (
        Must("4.3", SENDER, "an endpoint does not fragment", ("vxlan-whole",)),
        Must("5", SENDER, "the flag I is set", ("vxlan-valid",)),
        Must("5", SENDER, "reserved bits are zero", ("vxlan-reserved",)),
        Must("5", RECEIVER, "reserved bits are ignored", (), IGNORED),
        Must("5", RECEIVER, "a packet with a UDP checksum of 0 is accepted", (), TAKEN),
        Must("5", SENDER, "a UDP checksum other than 0 is right", ("udp-checksum",)),
        Must("5", RECEIVER, "a packet is dropped if its UDP checksum is verified and wrong", ("udp-checksum",)),
        Must("5", RECEIVER, "a packet is accepted if its UDP checksum is right or not verified", (), TAKEN),
    ),
    "RFC 7637": (
        Must("3.2", SENDER, "the header has a key, no checksum and no sequence number", ("nvgre-flags",)),
        Must("3.2", TRANSIT, "the FlowID is not changed", ("nvgre-transit-flow",)),
        Must("3.2", SENDER, "the FlowID is zero where none is generated", (),
             "any FlowID may be one that was generated"),
        Must("3.3", SENDER, "a tag of 802.1Q is taken out of the frame before it enters", ("nvgre-untagged",)),
        Must("3.3", RECEIVER, "a frame with a tag of 802.1Q is dropped", ("nvgre-untagged",)),
        Must("4.4", SENDER, "an endpoint does not fragment", ("nvgre-whole",)),
    ),
    "RFC 2784": (
        Must("2.2", RECEIVER, "a checksum is accepted and processed", ("gre-checksum",)),
        Must("2.3, 5.2", RECEIVER, "a packet with a bit that told of routing is dropped (bits 2 and 3 are of RFC 2890)",
             ("gre-routing",)),
        Must("2.3", SENDER, "reserved bits are zero", ("gre-reserved",)),
        Must("2.3", RECEIVER, "reserved bits are ignored", (), IGNORED),
        Must("2.3.1", SENDER, "the version is 0", ("gre-version",)),
        Must("2.6", SENDER, "what is reserved beside a checksum is zero", ("gre-reserved",)),
        Must("3", SENDER, "the protocol of IPv4 is 0x0800", ("ip-version",)),
        Must("3.1", "forwarder", "the destination of the IPv4 packet decides where it is forwarded", (), BEHAVIOUR),
        Must("3.1", "forwarder", "the TTL of the IPv4 packet is decremented", ("gre-left-ttl",)),
        Must("3.1", RECEIVER, "a packet for the endpoint that encapsulated it is dropped", ("gre-loop",)),
    ),
    "RFC 2890": (
        Must("2.2", RECEIVER, "sequence numbers are what orders packets", (), STATE),
        Must("2.2", RECEIVER, "what has waited too long for a packet before it is decapsulated", (), STATE),
        Must("3", ENDPOINTS, "with sequence numbers ESP or AH protect the header and what is carried", (), PLACE),
    ),
    "RFC 6040": (
        Must("4.1", SENDER, "the outer mark is the inner one; for an egress that does not know of marks it is none",
             ("ecn-entering",)),
        Must("4.2", RECEIVER, "the mark that leaves follows from both marks", ("ecn-left",)),
        Must("4.2", RECEIVER, "a packet not capable of marks is dropped if the outer header met congestion",
             ("ecn-leaving",)),
        Must("4.2", RECEIVER, "another packet not capable of marks leaves without one", ("ecn-left",)),
        Must("4.2", RECEIVER, "a capable packet leaves with the more severe mark", ("ecn-left",)),
        Must("4.2", RECEIVER, "alarms for unusual pairs of marks can be suppressed", (), SETTING),
        Must("4.3", SENDER, "there is a normal mode, and a compatible one where an egress may need it", (), SETTING),
        Must("4.3", SENDER, "while an egress is discovered, and after it denied, the mode is the compatible one", (),
             STATE),
        Must("4.3", SENDER, "marks are not put out of use for ever", (), SETTING),
        Must("4.4", RECEIVER, "each mode that a sender asks for is agreed to, and none asked for is no error", (),
             "it is a matter of the protocol by which tunnels are set up"),
    ),
    "RFC 6935": (
        Must("5", ENDPOINTS, "the demands of RFC 6936 on nodes and on usage are met", (), "see there"),
        Must("5", SENDER, "by default there is a UDP checksum over IPv6, 0xffff in place of 0",
             ("geneve-ipv6-checksum",)),
        Must("5", RECEIVER, "by default a datagram over IPv6 with a checksum of 0 is dropped",
             ("geneve-ipv6-checksum",)),
        Must("5", "middlebox", "the demands of RFC 6936, section 5, on middleboxes are met", (), BEHAVIOUR),
    ),
    "RFC 6936": (
        Must("4", ENDPOINTS, "ports without checksums are enabled one by one, for sending and for receiving, and a "
             "datagram can be sent with one at any time", (), SETTING),
        Must("4", RECEIVER, "by default a datagram with a checksum of 0 is dropped", ("geneve-ipv6-checksum",)),
        Must("4", RECEIVER, "checksums other than 0 are taken and verified on such a port too", ("udp-checksum",)),
        Must("4", RECEIVER, "a datagram is not logged for its checksum of 0 on such a port", (), SETTING),
        Must("4", SENDER, "an ICMPv6 error about such a datagram is checked before it is believed", (), STATE),
        Must("5", ENDPOINTS, "checksums of 0 are enabled for specific ports alone", (), SETTING),
        Must("5", "who defines a tunnel", "what is carried has checks of its own, and a corrupt header leaves no wrong "
             "state", (), "it is a demand on specifications"),
        Must("5", "middlebox", "datagrams with and without a checksum are forwarded alike, as one flow", (), BEHAVIOUR),
    ),
    "draft-davie-stt-08": (
        Must("3.1", RECEIVER, "an unknown version is dropped", ("stt-version",)),
        Must("3.1", SENDER, "the reserved field, the padding and the reserved flags are zero", ("stt-reserved",)),
        Must("3.1", RECEIVER, "the reserved field, the padding and the reserved flags are ignored", (), IGNORED),
        Must("3.1", SENDER, "the segment size is zero if segmentation is not offloaded", ("stt-segmented",)),
        Must("3.1", SENDER, "the flag P is set if segmentation is offloaded", ("stt-segmented",)),
        Must("3.1", SENDER, "the flags C and P are not both set (without that word)", ("stt-checksum-flags",)),
        Must("3.1.1", SENDER, "the fields for IPv4 and IPv6 are zero for packets that are not offloaded",
             ("stt-not-offloaded",)),
        Must("3.1.1", RECEIVER, "the fields for IPv4 and IPv6 are ignored for packets that are not offloaded", (),
             IGNORED),
        Must("3.2", SENDER, "the source port and the acknowledgement are the same in all segments of a frame", (),
             "segments that differ there are of different frames, of which none is ever whole"),
        Must("3.2", SENDER, "the acknowledgement is another than those of recent frames", (), STATE),
        Must("3.2", "network card", "segments are not merged that have different acknowledgements", (), SETTING),
    ),
    "draft-ietf-nvo3-vxlan-gpe-12": (
        Must("3.1, 11.3", SENDER, "reserved bits are zero", ("vxlan-gpe-reserved",)),
        Must("3.1, 11.3", RECEIVER, "reserved bits are ignored", (), IGNORED),
        Must("3.1", RECEIVER, "an unknown version is dropped", ("vxlan-gpe-version",)),
        Must("3.1", SENDER, "the flag I is set", ("vxlan-valid",)),
        Must("3.2", SENDER, "a next protocol has the flag P", ("vxlan-gpe-next",)),
        Must("3.2", SENDER, "without the flag P the payload is Ethernet", (), "any bytes may be those of a frame"),
        Must("3.2", SENDER, "shim headers begin with type, length and next protocol", ("vxlan-gpe-shim",)),
        Must("3.2", SENDER, "all shim headers come first", (),
             "what follows another protocol is numbered by that one, which has no numbers for shims"),
        Must("3.2", TRANSIT, "an unknown shim header is passed over (as the decoder here does)", (), BEHAVIOUR),
        Must("3.4", RECEIVER, "a packet with the flag O is processed as OAM", ("control-not-forwarded",)),
        Must("3.4", SENDER, "the other fields of a packet with the flag O are as those of any", (),
             "the other rules say so of every packet"),
        Must("4, 4.2", SENDER, "over IPv4 the flag DF is set", ("vxlan-gpe-dont-fragment",)),
        Must("4.2", SENDER, "an endpoint does not fragment", ("vxlan-gpe-whole",)),
        Must("5.2", "operator", "traffic controls its congestion, or the network is a controlled one", (),
             "it is a property of the network and of its applications"),
        Must("5.3.1", ENDPOINTS, "over IPv6 there is a UDP checksum by default", ("vxlan-gpe-ipv6-checksum",)),
        Must("5.3.1", ENDPOINTS, "without UDP checksums the demands of RFC 6936 are met, section 4 and the first of "
             "section 5", (), SETTING),
        Must("6.1", SENDER, "what a VXLAN endpoint sends carries Ethernet", (), "any bytes may be those of a frame"),
        Must("6.2", SENDER, "what is sent to a VXLAN endpoint is VXLAN: without version, next protocol, P and O",
             ("vxlan-reserved",)),
        Must("6.4", ENDPOINTS, "marks of congestion are handled as RFC 6040 says",
             ("ecn-entering", "ecn-leaving", "ecn-left")),
    ),
}  # fmt: skip
"""Every demand, by specification."""


def page() -> str:
    """Every demand of every specification with its check."""
    lines = [
        "# What the specifications demand",
        "",
        "Each MUST of the specifications of tunnels, and the name by which cpal checks it: a rule of one packet, which",
        "`cpal decode --strict` says where it is one of endpoints, a [fault](faults.md), or a rule of two packets",
        "(`-transit-`: before and after a device between endpoints; `-left`: in the tunnel and out of it), which",
        "`cpal.wire.rules` offers. Where there is none, the table says why.",
    ]
    for specification, demands in SPECIFICATIONS.items():
        lines += ["", f"## {specification}", "", "| section | of whom | what must be | check |", "|---|---|---|---|"]
        for each in demands:
            check = ", ".join(f"`{name}`" for name in each.checks) or f"none: {each.why}"
            lines.append(f"| {each.sections} | {each.whose} | {each.says} | {check} |")
    return "\n".join(lines) + "\n"
