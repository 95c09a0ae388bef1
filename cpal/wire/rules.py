"""What specifications demand of packets in tunnels: each MUST as a named rule with its section.

A rule is of one role or of two. `SENDER` rules say what an encapsulating endpoint must have written, `RECEIVER` rules
what a decapsulating one must drop, `FORWARDER` rules what it must not hand to workloads: each is judged on one packet.
`TRANSIT_RULES` are for what is between endpoints, and compare a packet before and after. `LEAVING_RULES` are for what
decapsulates, and compare a packet in its tunnel with what left. A rule whose breach leaves nothing to decode is kept by
the codec itself, and `fault` names how it says so. Which MUST is kept by which rule, and which none can keep, is in
docs/reference/specifications.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire import ecn, ethernet, geneve, gre, ip, nvgre, stt, tcp, udp, vxlan
from cpal.wire.dissect import Packet, Tunnel, ethertype


class Role(Enum):
    """Whose rule it is."""

    SENDER = "sender"
    RECEIVER = "receiver"
    FORWARDER = "forwarder"


ENDPOINT = frozenset((Role.SENDER, Role.RECEIVER))
"""What strict decoding judges: is the packet as endpoints must make it, and would one take it?"""


class Endpoint(NamedTuple):
    """What an endpoint knows: the critical options (class and type) it understands, None for every one, whether its
    operator vouches for a network in which UDP checksums of 0 over IPv6 are fine (RFC 6936), and how many bytes of
    options it can process."""

    options: frozenset[tuple[int, int]] | None = None
    is_controlled: bool = False
    options_most: int = geneve.OPTIONS_MOST


ANY = Endpoint()


class Rule(NamedTuple):
    """A rule for one packet: `holds` is None where the codec keeps it and raises `fault`."""

    name: str
    roles: tuple[Role, ...]
    source: str
    says: str
    holds: Callable[[Tunnel, Endpoint], bool] | None
    fault: str = ""

    def binds(self, roles: Iterable[Role]) -> bool:
        """Whether the rule is one of any of these roles."""
        return any(role in self.roles for role in roles)


class TransitRule(NamedTuple):
    """A rule for a packet before and after a device between endpoints."""

    name: str
    source: str
    says: str
    holds: Callable[[Tunnel, Tunnel], bool]


class LeavingRule(NamedTuple):
    """A rule for a packet in its tunnel and the IP packet that left it."""

    name: str
    source: str
    says: str
    holds: Callable[[Tunnel, ip.Ip], bool]


def _inner_frame(tunnel: Tunnel) -> ethernet.Ethernet | None:
    """The Ethernet frame that a tunnel carries; None without one."""
    header = tunnel.header
    if header is None or ethertype(header) != ethernet.TEB:
        return None
    try:
        return ethernet.decode(header.payload)
    except WireError:
        return None


def _inner_packet(tunnel: Tunnel) -> ip.Ip | None:
    """The IP packet that a tunnel carries, in a frame or without; None without one."""
    if tunnel.header is None:
        return None
    frame = _inner_frame(tunnel)
    kind, data = (frame.ethertype, frame.payload) if frame else (ethertype(tunnel.header), tunnel.header.payload)
    try:
        return ip.decode(data) if kind in (ethernet.IPV4, ethernet.IPV6) else None
    except WireError:
        return None


def _geneve(tunnel: Tunnel) -> geneve.Geneve | None:
    return tunnel.header if isinstance(tunnel.header, geneve.Geneve) else None


def _vxlan(tunnel: Tunnel) -> vxlan.Vxlan | None:
    return tunnel.header if isinstance(tunnel.header, vxlan.Vxlan) else None


def _vxlan_gpe(tunnel: Tunnel) -> vxlan.VxlanGpe | None:
    return tunnel.header if isinstance(tunnel.header, vxlan.VxlanGpe) else None


def _nvgre(tunnel: Tunnel) -> nvgre.Nvgre | None:
    return tunnel.header if isinstance(tunnel.header, nvgre.Nvgre) else None


def _gre(tunnel: Tunnel) -> gre.Gre | None:
    return tunnel.header if isinstance(tunnel.header, gre.Gre) else None


def _gre_flags(tunnel: Tunnel) -> int:
    """Reserved bits of a header of GRE, which NVGRE's is too."""
    return tunnel.header.flags if isinstance(tunnel.header, gre.Gre | nvgre.Nvgre) else 0


def _stt(tunnel: Tunnel) -> stt.Stt | None:
    return tunnel.header if isinstance(tunnel.header, stt.Stt) else None


def _critical_flag(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _geneve(tunnel)
    return header is None or header.critical or not any(option.critical for option in header.options)


def _critical_known(tunnel: Tunnel, endpoint: Endpoint) -> bool:
    header, known = _geneve(tunnel), endpoint.options
    if header is None or known is None:
        return True
    if not known and header.critical:
        return False
    return all((option.option_class, option.type) in known for option in header.options if option.critical)


def _options_most(tunnel: Tunnel, endpoint: Endpoint) -> bool:
    return sum(geneve.OPTION + len(option.data) for option in tunnel.options) <= endpoint.options_most


def _geneve_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _geneve(tunnel)
    return header is None or not (
        header.reserved or header.reserved_last or any(option.reserved for option in header.options)
    )


def _ipv6_checksum(tunnel: Tunnel, endpoint: Endpoint) -> bool:
    return _geneve(tunnel) is None or _is_checked(tunnel, endpoint)


def _gpe_ipv6_checksum(tunnel: Tunnel, endpoint: Endpoint) -> bool:
    return _vxlan_gpe(tunnel) is None or _is_checked(tunnel, endpoint)


def _is_checked(tunnel: Tunnel, endpoint: Endpoint) -> bool:
    """Whether a datagram over IPv6 has a checksum, or need not have one."""
    datagram, over_ipv6 = tunnel.datagram, isinstance(tunnel.packet, ip.Ipv6)
    return endpoint.is_controlled or not over_ipv6 or datagram is None or datagram.checksum != 0


def _udp_checksum(tunnel: Tunnel, _: Endpoint) -> bool:
    datagram = tunnel.datagram
    if datagram is None or not _is_whole(tunnel):
        return True
    is_all_there = datagram.length == udp.HEADER + len(datagram.payload)
    return not is_all_there or udp.is_right(datagram, tunnel.packet)


def _is_whole(tunnel: Tunnel) -> bool:
    return not (tunnel.packet.offset or tunnel.packet.more_fragments)


def _vxlan_whole(tunnel: Tunnel, _: Endpoint) -> bool:
    return _vxlan(tunnel) is None or _is_whole(tunnel)


def _nvgre_whole(tunnel: Tunnel, _: Endpoint) -> bool:
    return _nvgre(tunnel) is None or _is_whole(tunnel)


def _gre_checksum(tunnel: Tunnel, _: Endpoint) -> bool:
    header, packet = _gre(tunnel), tunnel.packet
    if header is None or not _is_whole(tunnel):
        return True
    before = packet.header_length - (ip.IPV6_HEADER if isinstance(packet, ip.Ipv6) else 0)
    return packet.length != before + len(packet.payload) or gre.is_right(header)


def _gre_routing(tunnel: Tunnel, _: Endpoint) -> bool:
    return not _gre_flags(tunnel) & gre.ONCE_ROUTING


def _gre_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _gre(tunnel)
    return not (_gre_flags(tunnel) & gre.RESERVED or (header and header.checksum and header.checksum & 0xFFFF))


def _gre_loop(tunnel: Tunnel, _: Endpoint) -> bool:
    header, inner = _gre(tunnel), _inner_packet(tunnel)
    return header is None or inner is None or inner.destination != tunnel.packet.source


def _vxlan_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _vxlan(tunnel)
    if header is None:
        return True
    policy = (vxlan.DONT_LEARN | vxlan.APPLIED) << 16 | 0xFFFF if header.flags & vxlan.GROUP else 0
    return not (header.flags & ~(vxlan.VALID | vxlan.GROUP) or header.word & ~policy or header.reserved)


def _gpe_version(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _vxlan_gpe(tunnel)
    return header is None or not header.flags & vxlan.GPE_VERSION


def _gpe_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _vxlan_gpe(tunnel)
    return header is None or not (header.flags & 0xC0 or header.word or header.reserved)


def _gpe_next(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _vxlan_gpe(tunnel)
    return header is None or bool(header.flags & vxlan.GPE_PROTOCOL) or not header.next


def _gpe_whole(tunnel: Tunnel, _: Endpoint) -> bool:
    return _vxlan_gpe(tunnel) is None or _is_whole(tunnel)


def _gpe_dont_fragment(tunnel: Tunnel, _: Endpoint) -> bool:
    packet = tunnel.packet
    return _vxlan_gpe(tunnel) is None or not isinstance(packet, ip.Ipv4) or bool(packet.flags & ip.DONT_FRAGMENT)


def _vsid(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _nvgre(tunnel)
    return header is None or nvgre.RESERVED_BELOW <= header.vsid < nvgre.VENDOR_VSID


def _untagged(tunnel: Tunnel, _: Endpoint) -> bool:
    frame = _inner_frame(tunnel)
    return _nvgre(tunnel) is None or frame is None or not frame.tags


def _stt_untagged(tunnel: Tunnel, _: Endpoint) -> bool:
    frame = _inner_frame(tunnel)
    return _stt(tunnel) is None or frame is None or not frame.tags


def _stt_checksums(tunnel: Tunnel, _: Endpoint) -> bool:
    header, both = _stt(tunnel), stt.CHECKSUM_VERIFIED | stt.CHECKSUM_PARTIAL
    return header is None or header.flags & both != both


def _stt_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _stt(tunnel)
    return header is None or not (header.reserved or header.padding or header.flags & 0xF0)


def _stt_segmented(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _stt(tunnel)
    return header is None or not header.segment_size or bool(header.flags & stt.CHECKSUM_PARTIAL)


def _stt_not_offloaded(tunnel: Tunnel, _: Endpoint) -> bool:
    header, frame = _stt(tunnel), _inner_frame(tunnel)
    if header is None or frame is None or frame.ethertype in (ethernet.IPV4, ethernet.IPV6):
        return True
    return not (header.flags & (stt.IS_IPV4 | stt.IS_TCP) or header.l4_offset)


def _stt_flags(tunnel: Tunnel, _: Endpoint) -> bool:
    return tunnel.segment is None or bool(tunnel.segment.flags & tcp.ACK)


def _ecn(tunnel: Tunnel, _: Endpoint) -> bool:
    inner, outer = _inner_packet(tunnel), tunnel.packet.ecn
    if inner is None or outer in (ecn.entering(inner.ecn), ecn.entering(inner.ecn, compatible=True)):
        return True
    return outer == ecn.CE and inner.ecn != ecn.NOT_ECT


def _ecn_drop(tunnel: Tunnel, _: Endpoint) -> bool:
    inner = _inner_packet(tunnel)
    return inner is None or ecn.leaving(inner.ecn, tunnel.packet.ecn) is not None


def _is_data(tunnel: Tunnel, _: Endpoint) -> bool:
    header, gpe = _geneve(tunnel), _vxlan_gpe(tunnel)
    return not (header and header.control) and not (gpe and gpe.flags & vxlan.GPE_CONTROL)


GENEVE_RFC, VXLAN_RFC, NVGRE_RFC, STT_DRAFT = "RFC 8926", "RFC 7348", "RFC 7637", "draft-davie-stt-08"
GPE_DRAFT = "draft-ietf-nvo3-vxlan-gpe-12"
GRE_RFC, ECN_RFC, ZERO_RFCS = "RFC 2784", "RFC 6040", "RFC 6935, section 5; RFC 6936, section 4"
_SENDER, _RECEIVER, _FORWARDER = (Role.SENDER,), (Role.RECEIVER,), (Role.FORWARDER,)
_BOTH = (Role.SENDER, Role.RECEIVER)

RULES: tuple[Rule, ...] = (
    Rule("geneve-version", _RECEIVER, f"{GENEVE_RFC}, section 3.4", "an unknown version is dropped", None,
         "geneve-version"),
    Rule("geneve-options-length", _RECEIVER, f"{GENEVE_RFC}, section 3.5",
         "options that do not sum to the length of all options are dropped", None, "geneve-option-overrun"),
    Rule("geneve-critical-flag", _SENDER, f"{GENEVE_RFC}, section 3.5",
         "the flag C is set where an option is critical", _critical_flag),
    Rule("geneve-reserved", _SENDER, f"{GENEVE_RFC}, sections 3.4 and 3.5",
         "reserved bits of the header and of options are zero", _geneve_reserved),
    Rule("geneve-critical-option", _RECEIVER, f"{GENEVE_RFC}, sections 3.4, 3.5 and 3.5.1",
         "a packet with a critical option that is not understood is dropped", _critical_known),
    Rule("geneve-options-most", _RECEIVER, f"{GENEVE_RFC}, section 3.5.1",
         "a packet with more options than the endpoint can process is dropped", _options_most),
    Rule("geneve-ipv6-checksum", _BOTH, f"{GENEVE_RFC}, sections 3.3, 4.3 and 4.3.1; {ZERO_RFCS}",
         "over IPv6 there is a UDP checksum, except in a controlled network", _ipv6_checksum),
    Rule("udp-checksum", _BOTH, f"{GENEVE_RFC}, section 3.3; {VXLAN_RFC}, section 5; RFC 6936, section 4",
         "a UDP checksum other than 0 is right", _udp_checksum),
    Rule("control-not-forwarded", _FORWARDER, f"{GENEVE_RFC}, section 3.4; {GPE_DRAFT}, section 3.4",
         "a control packet is not handed on", _is_data),
    Rule("vxlan-valid", _BOTH, f"{VXLAN_RFC}, section 5; {GPE_DRAFT}, section 3.1", "the flag I is set", None,
         "vxlan-flags"),
    Rule("vxlan-reserved", _SENDER, f"{VXLAN_RFC}, section 5; {GPE_DRAFT}, section 6.2", "reserved bits are zero",
         _vxlan_reserved),
    Rule("vxlan-whole", _SENDER, f"{VXLAN_RFC}, section 4.3",
         "an endpoint does not fragment; over IPv4 a router may have", _vxlan_whole),
    Rule("vxlan-gpe-version", _RECEIVER, f"{GPE_DRAFT}, section 3.1", "the version is 0", _gpe_version),
    Rule("vxlan-gpe-reserved", _SENDER, f"{GPE_DRAFT}, sections 3.1 and 11.3", "reserved bits are zero",
         _gpe_reserved),
    Rule("vxlan-gpe-next", _SENDER, f"{GPE_DRAFT}, section 3.2", "a next protocol has the flag P", _gpe_next),
    Rule("vxlan-gpe-dont-fragment", _SENDER, f"{GPE_DRAFT}, sections 4 and 4.2", "over IPv4 the flag DF is set",
         _gpe_dont_fragment),
    Rule("vxlan-gpe-whole", _SENDER, f"{GPE_DRAFT}, section 4.2", "an endpoint does not fragment", _gpe_whole),
    Rule("vxlan-gpe-ipv6-checksum", _BOTH, f"{GPE_DRAFT}, section 5.3.1",
         "over IPv6 there is a UDP checksum, except in a controlled network", _gpe_ipv6_checksum),
    Rule("gre-version", _SENDER, f"{GRE_RFC}, section 2.3.1", "the version is 0", None, "gre-version"),
    Rule("gre-routing", _RECEIVER, f"{GRE_RFC}, sections 2.3 and 5.2",
         "a packet with bits that told of routing is dropped", _gre_routing, "gre-routing"),
    Rule("gre-reserved", _SENDER, f"{GRE_RFC}, sections 2.3 and 2.6", "reserved bits are zero", _gre_reserved),
    Rule("gre-checksum", _BOTH, f"{GRE_RFC}, section 2.2", "a checksum is right", _gre_checksum),
    Rule("gre-loop", _RECEIVER, f"{GRE_RFC}, section 3.1",
         "a packet for the endpoint that encapsulated it is dropped", _gre_loop),
    Rule("nvgre-vsid", _SENDER, f"{NVGRE_RFC}, section 3.4",
         "the VSID is none of those reserved: below 0x1000, and 0xffffff", _vsid),
    Rule("nvgre-untagged", _BOTH, f"{NVGRE_RFC}, section 3.3",
         "the inner frame has no 802.1Q tag, else it is dropped", _untagged),
    Rule("nvgre-whole", _SENDER, f"{NVGRE_RFC}, section 4.4",
         "an endpoint does not fragment; over IPv4 a router may have", _nvgre_whole),
    Rule("stt-version", _RECEIVER, f"{STT_DRAFT}, section 3.1", "the version is 0, else it is dropped", None,
         "stt-version"),
    Rule("stt-checksum-flags", _SENDER, f"{STT_DRAFT}, section 3.1",
         "a checksum is verified or partial, never both", _stt_checksums),
    Rule("stt-reserved", _SENDER, f"{STT_DRAFT}, section 3.1", "reserved bits are zero", _stt_reserved),
    Rule("stt-segmented", _SENDER, f"{STT_DRAFT}, section 3.1",
         "a segment size stands beside a partial checksum alone: both are there if segmentation is offloaded",
         _stt_segmented),
    Rule("stt-not-offloaded", _SENDER, f"{STT_DRAFT}, section 3.1.1",
         "of what is not IP the flags of IPv4 and TCP and the L4 offset are zero", _stt_not_offloaded),
    Rule("stt-untagged", _SENDER, f"{STT_DRAFT}, section 3.1", "the inner frame has no 802.1Q tag", _stt_untagged),
    Rule("stt-ack", _SENDER, f"{STT_DRAFT}, section 3.2", "each segment has the flag ACK", _stt_flags),
    Rule("ecn-entering", _SENDER, f"{ECN_RFC}, section 4.1; {GENEVE_RFC}, section 4.4.2; {GPE_DRAFT}, section 6.4",
         "the outer header has the inner mark or none, until it meets congestion", _ecn),
    Rule("ecn-leaving", _RECEIVER, f"{ECN_RFC}, section 4.2; {GENEVE_RFC}, section 4.4.2; {GPE_DRAFT}, section 6.4",
         "congestion that was marked on a packet not capable of ECN drops it", _ecn_drop),
)  # fmt: skip
"""Every rule for one packet."""


def _same_geneve(pick: Callable[[geneve.Geneve], object]) -> Callable[[Tunnel, Tunnel], bool]:
    def holds(before: Tunnel, after: Tunnel) -> bool:
        first, second = _geneve(before), _geneve(after)
        return first is None or (second is not None and pick(first) == pick(second))

    return holds


def _same_ports(before: Tunnel, after: Tunnel) -> bool:
    first, second = before.datagram, after.datagram
    return first is None or second is None or first[:2] == second[:2]


def _same_flow(before: Tunnel, after: Tunnel) -> bool:
    first, second = _nvgre(before), _nvgre(after)
    return first is None or second is None or first.flow == second.flow


TRANSIT_RULES: tuple[TransitRule, ...] = (
    TransitRule("geneve-transit-options", f"{GENEVE_RFC}, sections 2.2.1, 3.5.1 and 4.6",
                "options are neither added, removed, changed nor put in another order",
                _same_geneve(lambda header: header.options)),
    TransitRule("geneve-transit-header", f"{GENEVE_RFC}, sections 2.2.1 and 4.6", "the header is not changed",
                _same_geneve(lambda header: header._replace(options=(), payload=b""))),
    TransitRule("geneve-transit-payload", f"{GENEVE_RFC}, section 2.2.1", "what is carried is not changed",
                _same_geneve(lambda header: header.payload)),
    TransitRule("transit-ports", f"{GENEVE_RFC}, section 3.3", "ports, which endpoints chose, are not changed",
                _same_ports),
    TransitRule("nvgre-transit-flow", f"{NVGRE_RFC}, section 3.2", "the FlowID is not changed", _same_flow),
)  # fmt: skip
"""Every rule for what is between endpoints."""


def _left_mark(tunnel: Tunnel, left: ip.Ip) -> bool:
    inner = _inner_packet(tunnel)
    return inner is None or ecn.leaving(inner.ecn, tunnel.packet.ecn) == left.ecn


def _left_ttl(tunnel: Tunnel, left: ip.Ip) -> bool:
    inner = _inner_packet(tunnel)
    return _gre(tunnel) is None or not isinstance(inner, ip.Ipv4) or left.ttl < inner.ttl


LEAVING_RULES: tuple[LeavingRule, ...] = (
    LeavingRule("ecn-left", f"{ECN_RFC}, section 4.2; {GENEVE_RFC}, section 4.4.2; {GPE_DRAFT}, section 6.4",
                "the mark is that which follows from the inner and the outer one", _left_mark),
    LeavingRule("gre-left-ttl", f"{GRE_RFC}, section 3.1", "the TTL of an IPv4 packet is less than in the tunnel",
                _left_ttl),
)  # fmt: skip
"""Every rule for what leaves a tunnel."""


def broken(tunnel: Tunnel, roles: Iterable[Role] = ENDPOINT, endpoint: Endpoint = ANY) -> tuple[Rule, ...]:
    """The rules of these roles that a decoded packet breaks."""
    wanted = frozenset(roles)
    return tuple(rule for rule in RULES if rule.holds and rule.binds(wanted) and not rule.holds(tunnel, endpoint))


def broken_by_packet(packet: Packet, roles: Iterable[Role] = ENDPOINT, endpoint: Endpoint = ANY) -> tuple[Rule, ...]:
    """The rules that a packet breaks in any of its tunnels, those that kept it from being decoded too."""
    wanted = frozenset(roles)
    kept = [rule for rule in RULES if rule.fault and rule.fault in packet.faults and rule.binds(wanted)]
    found = [rule for each in (*packet.tunnels, *packet.carriers) for rule in broken(each, wanted, endpoint)]
    return tuple(dict.fromkeys([*kept, *found]))


def broken_in_transit(before: Tunnel, after: Tunnel) -> tuple[TransitRule, ...]:
    """The rules that a device between endpoints broke."""
    return tuple(rule for rule in TRANSIT_RULES if not rule.holds(before, after))


def broken_on_leaving(tunnel: Tunnel, left: ip.Ip) -> tuple[LeavingRule, ...]:
    """The rules that a decapsulating endpoint broke."""
    return tuple(rule for rule in LEAVING_RULES if not rule.holds(tunnel, left))


STRICT_NAMES: frozenset[str] = frozenset(rule.name for rule in RULES if rule.binds(ENDPOINT))
"""What `cpal decode --strict` may say beside faults."""
