"""What specifications demand of packets in tunnels: each MUST as a named rule with its section.

A rule is of a role. `SENDER` rules say what an encapsulating endpoint must have written, `RECEIVER` rules what a
decapsulating one must drop, `FORWARDER` rules what it must not hand to workloads: each is judged on one packet.
`TRANSIT` rules are for what is between endpoints, and compare a packet before and after. A rule whose breach leaves
nothing to decode is kept by the codec itself, and `fault` names how it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire import ecn, ethernet, geneve, ip, nvgre, stt, tcp, udp, vxlan
from cpal.wire.dissect import Packet, Tunnel


class Role(Enum):
    """Whose rule it is."""

    SENDER = "sender"
    RECEIVER = "receiver"
    FORWARDER = "forwarder"
    TRANSIT = "transit"


ENDPOINT = frozenset((Role.SENDER, Role.RECEIVER))
"""What strict decoding judges: is the packet as endpoints must make it, and would one take it?"""


class Endpoint(NamedTuple):
    """What an endpoint knows: the critical options (class and type) it understands, None for every one, and whether its
    operator vouches for a network in which UDP checksums of 0 over IPv6 are fine (RFC 6936)."""

    options: frozenset[tuple[int, int]] | None = None
    is_controlled: bool = False


ANY = Endpoint()


class Rule(NamedTuple):
    """A rule for one packet: `holds` is None where the codec keeps it and raises `fault`."""

    name: str
    role: Role
    source: str
    says: str
    holds: Callable[[Tunnel, Endpoint], bool] | None
    fault: str = ""


class TransitRule(NamedTuple):
    """A rule for a packet before and after a device between endpoints."""

    name: str
    source: str
    says: str
    holds: Callable[[Tunnel, Tunnel], bool]
    role: Role = Role.TRANSIT


def _inner_frame(tunnel: Tunnel) -> ethernet.Ethernet | None:
    """The Ethernet frame that a tunnel carries; None without one."""
    header = tunnel.header
    if header is None or (isinstance(header, geneve.Geneve) and header.protocol != ethernet.TEB):
        return None
    if isinstance(header, vxlan.VxlanGpe) and header.next != vxlan.NEXT_ETHERNET:
        return None
    try:
        return ethernet.decode(header.payload)
    except WireError:
        return None


def _inner_ecn(tunnel: Tunnel) -> int | None:
    frame = _inner_frame(tunnel)
    try:
        return ip.decode(frame.payload).ecn if frame and frame.ethertype in (ethernet.IPV4, ethernet.IPV6) else None
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


def _geneve_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _geneve(tunnel)
    return header is None or not (
        header.reserved or header.reserved_last or any(option.reserved for option in header.options)
    )


def _ipv6_checksum(tunnel: Tunnel, endpoint: Endpoint) -> bool:
    datagram = tunnel.datagram
    over_ipv6 = _geneve(tunnel) is not None and isinstance(tunnel.packet, ip.Ipv6)
    return endpoint.is_controlled or not over_ipv6 or datagram is None or datagram.checksum != 0


def _udp_checksum(tunnel: Tunnel, _: Endpoint) -> bool:
    datagram, packet = tunnel.datagram, tunnel.packet
    if datagram is None or packet.more_fragments or packet.offset:
        return True
    is_all_there = datagram.length == udp.HEADER + len(datagram.payload)
    return not is_all_there or udp.is_right(datagram, packet)


def _is_whole(tunnel: Tunnel, _: Endpoint) -> bool:
    return _vxlan(tunnel) is None or not (tunnel.packet.offset or tunnel.packet.more_fragments)


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


def _vsid(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _nvgre(tunnel)
    return header is None or nvgre.RESERVED_BELOW <= header.vsid < nvgre.VENDOR_VSID


def _nvgre_reserved(tunnel: Tunnel, _: Endpoint) -> bool:
    header = _nvgre(tunnel)
    return header is None or not header.flags


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
    return header is None or not (header.reserved or header.flags & 0xF0)


def _stt_flags(tunnel: Tunnel, _: Endpoint) -> bool:
    return tunnel.segment is None or bool(tunnel.segment.flags & tcp.ACK)


def _ecn(tunnel: Tunnel, _: Endpoint) -> bool:
    inner = _inner_ecn(tunnel)
    return inner is None or inner != ecn.NOT_ECT or tunnel.packet.ecn == ecn.NOT_ECT


def _ecn_drop(tunnel: Tunnel, _: Endpoint) -> bool:
    inner = _inner_ecn(tunnel)
    return inner is None or ecn.leaving(inner, tunnel.packet.ecn) is not None


def _is_data(tunnel: Tunnel, _: Endpoint) -> bool:
    header, gpe = _geneve(tunnel), _vxlan_gpe(tunnel)
    return not (header and header.control) and not (gpe and gpe.flags & vxlan.GPE_CONTROL)


GENEVE_RFC, VXLAN_RFC, NVGRE_RFC, STT_DRAFT = "RFC 8926", "RFC 7348", "RFC 7637", "draft-davie-stt-08"
GPE_DRAFT = "draft-ietf-nvo3-vxlan-gpe-13"

RULES: tuple[Rule, ...] = (
    Rule("geneve-version", Role.RECEIVER, f"{GENEVE_RFC}, section 3.4", "an unknown version is dropped", None,
         "geneve-version"),
    Rule("geneve-options-length", Role.RECEIVER, f"{GENEVE_RFC}, section 3.5",
         "options that do not sum to the length of all options are dropped", None, "geneve-option-overrun"),
    Rule("geneve-critical-flag", Role.SENDER, f"{GENEVE_RFC}, section 3.4",
         "the flag C is set where an option is critical", _critical_flag),
    Rule("geneve-reserved", Role.SENDER, f"{GENEVE_RFC}, sections 3.4 and 3.5",
         "reserved bits of the header and of options are zero", _geneve_reserved),
    Rule("geneve-critical-option", Role.RECEIVER, f"{GENEVE_RFC}, section 3.5.1",
         "a packet with a critical option that is not understood is dropped", _critical_known),
    Rule("geneve-ipv6-checksum", Role.SENDER, f"{GENEVE_RFC}, section 4.3.1",
         "over IPv6 there is a UDP checksum, except in a controlled network", _ipv6_checksum),
    Rule("udp-checksum", Role.RECEIVER, f"{GENEVE_RFC}, section 3.3; {VXLAN_RFC}, section 5",
         "a UDP checksum other than 0 is right", _udp_checksum),
    Rule("control-not-forwarded", Role.FORWARDER, f"{GENEVE_RFC}, section 3.4; {GPE_DRAFT}, section 3",
         "a control packet is not handed on", _is_data),
    Rule("vxlan-valid", Role.RECEIVER, f"{VXLAN_RFC}, section 5", "the flag I is set", None, "vxlan-flags"),
    Rule("vxlan-reserved", Role.SENDER, f"{VXLAN_RFC}, section 5", "reserved bits are zero", _vxlan_reserved),
    Rule("vxlan-whole", Role.SENDER, f"{VXLAN_RFC}, section 4.3", "an endpoint does not fragment", _is_whole),
    Rule("vxlan-gpe-version", Role.RECEIVER, f"{GPE_DRAFT}, section 3", "the version is 0", _gpe_version),
    Rule("vxlan-gpe-reserved", Role.SENDER, f"{GPE_DRAFT}, section 3", "reserved bits are zero", _gpe_reserved),
    Rule("nvgre-vsid", Role.SENDER, f"{NVGRE_RFC}, section 3.4",
         "the VSID is none of those reserved: below 0x1000, and 0xffffff", _vsid),
    Rule("nvgre-reserved", Role.SENDER, f"{NVGRE_RFC}, section 3.2", "reserved bits are zero", _nvgre_reserved),
    Rule("nvgre-untagged", Role.RECEIVER, f"{NVGRE_RFC}, section 3.3",
         "the inner frame has no 802.1Q tag, else it is dropped", _untagged),
    Rule("stt-version", Role.RECEIVER, f"{STT_DRAFT}, section 3.1", "the version is 0, else it is dropped", None,
         "stt-version"),
    Rule("stt-checksum-flags", Role.SENDER, f"{STT_DRAFT}, section 3.1",
         "a checksum is verified or partial, never both", _stt_checksums),
    Rule("stt-reserved", Role.SENDER, f"{STT_DRAFT}, section 3.1", "reserved bits are zero", _stt_reserved),
    Rule("stt-untagged", Role.SENDER, f"{STT_DRAFT}, section 3.1", "the inner frame has no 802.1Q tag", _stt_untagged),
    Rule("stt-ack", Role.SENDER, f"{STT_DRAFT}, section 3.2", "each segment has the flag ACK", _stt_flags),
    Rule("ecn-entering", Role.SENDER, "RFC 6040, section 4.1",
         "the outer header is not marked capable of ECN where the inner is not", _ecn),
    Rule("ecn-leaving", Role.RECEIVER, "RFC 6040, section 4.2",
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


TRANSIT_RULES: tuple[TransitRule, ...] = (
    TransitRule("geneve-transit-options", f"{GENEVE_RFC}, sections 2.2 and 3.5.1",
                "options are neither added, removed, changed nor put in another order",
                _same_geneve(lambda header: header.options)),
    TransitRule("geneve-transit-header", f"{GENEVE_RFC}, section 2.2", "the header is not changed",
                _same_geneve(lambda header: header._replace(options=(), payload=b""))),
    TransitRule("geneve-transit-payload", f"{GENEVE_RFC}, section 2.2", "what is carried is not changed",
                _same_geneve(lambda header: header.payload)),
    TransitRule("transit-ports", f"{GENEVE_RFC}, section 3.3", "ports, which spread flows over paths, are not changed",
                _same_ports),
)  # fmt: skip
"""Every rule for what is between endpoints."""


def broken(tunnel: Tunnel, roles: Iterable[Role] = ENDPOINT, endpoint: Endpoint = ANY) -> tuple[Rule, ...]:
    """The rules of these roles that a decoded packet breaks."""
    wanted = frozenset(roles)
    return tuple(rule for rule in RULES if rule.role in wanted and rule.holds and not rule.holds(tunnel, endpoint))


def broken_by_packet(packet: Packet, roles: Iterable[Role] = ENDPOINT, endpoint: Endpoint = ANY) -> tuple[Rule, ...]:
    """The rules that a packet breaks in any of its tunnels, those that kept it from being decoded too."""
    wanted = frozenset(roles)
    kept = [rule for rule in RULES if rule.fault in packet.faults and rule.fault and rule.role in wanted]
    found = [rule for tunnel in packet.tunnels for rule in broken(tunnel, wanted, endpoint)]
    return tuple(dict.fromkeys([*kept, *found]))


def broken_in_transit(before: Tunnel, after: Tunnel) -> tuple[TransitRule, ...]:
    """The rules that a device between endpoints broke."""
    return tuple(rule for rule in TRANSIT_RULES if not rule.holds(before, after))


STRICT_NAMES: frozenset[str] = frozenset(rule.name for rule in RULES if rule.role in ENDPOINT)
"""What `cpal decode --strict` may say beside faults."""
