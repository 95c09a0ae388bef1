"""An Ethernet frame out of one tunnel and into another: what may pass, and what is refused. Pure.

    out of Geneve   control packets and unknown critical options are refused (RFC 8926, sections 3.4 and 3.5)
    out of NVGRE    tagged frames are refused (RFC 7637, section 3.3); so they are on the way in
    into STT        the first 802.1Q tag goes into STT's header, and comes back out of it (draft-davie-stt-08, 3.1)
    congestion      the outer mark goes into the inner packet where that can show it, else the packet is refused
                    (RFC 6040, section 4.2); the new outer header gets the inner mark and service class (4.1)

Options of Geneve that are not critical, group policies of VXLAN and FlowIDs of NVGRE have no place elsewhere: they go.
"""

from __future__ import annotations

from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire import dissect, ecn, ethernet, geneve, ip, nvgre, stt, vxlan
from cpal.wire.checksum import checksum
from cpal.wire.entropy import flow_id

ENCAPSULATIONS = (dissect.GENEVE, dissect.VXLAN, dissect.NVGRE, dissect.STT)
REFUSALS: dict[str, str] = {
    "geneve-control": "a Geneve control packet, which is for the tunnel's end and never forwarded",
    "geneve-critical-option": "a Geneve option that is critical and not known here, so that the packet must be dropped",
    "not-ethernet": "something else than an Ethernet frame in Geneve",
    "frame-truncated": "a frame shorter than its Ethernet header",
    "vlan-tagged": "a frame with a VLAN tag, which NVGRE must not carry",
    "congestion": "congestion was met, and the packet cannot show it: it must be dropped",
    "vni-unmapped": "a VNI that no network of the table has at this end",
    "stranger": "a packet from an address that is none of the end's remotes",
    "same-end": "a frame for a machine at the end that it came from, which gets there by itself",
    "too-large": "a frame larger than the path to the remote carries, since tunnels do not fragment",
    "send-failed": "the kernel did not take the packet",
}
"""What the gateway refuses beside what is no packet at all (`cpal.wire.faults`), by name, in a sentence."""

_MAC = 6
_ECN = 0b11


class Carried(NamedTuple):
    """A frame out of a tunnel, and the number of its network there."""

    vni: int
    frame: bytes


def refused(name: str) -> WireError:
    """The error of a refusal."""
    return WireError(REFUSALS[name], key=name)


def vni_problem(encapsulation: str, vni: int) -> str:
    """Why a network cannot have this number in an encapsulation, or "". Sources: the headers; RFC 7637, section 3.4."""
    if not 0 <= vni < 1 << 24:
        return f"{encapsulation} carries numbers of 24 bits, 0 to {(1 << 24) - 1}"
    if encapsulation == dissect.NVGRE and vni < nvgre.RESERVED_BELOW:
        return f"NVGRE has no VSID below {nvgre.RESERVED_BELOW:#x}: those are reserved"
    if encapsulation == dissect.NVGRE and vni == nvgre.VENDOR_VSID:
        return f"NVGRE's VSID {vni:#x} is for vendors' talk between endpoints"
    return ""


def opened(encapsulation: str, data: bytes, outer_ecn: int = 0) -> Carried:
    """What a packet carries: the payload of a UDP datagram, of an IP packet (NVGRE), or of all segments (STT).

    Raises:
        WireError: it is no packet, or it may not pass; `key` names why.
    """
    found = _OPENERS[encapsulation](data)
    if len(found.frame) < ethernet.HEADER:
        raise refused("frame-truncated")
    return found._replace(frame=_marked(found.frame, outer_ecn)) if outer_ecn else found


def _open_geneve(data: bytes) -> Carried:
    packet = geneve.decode(data)
    if packet.control:
        raise refused("geneve-control")
    if packet.critical or any(option.critical for option in packet.options):
        raise refused("geneve-critical-option")
    if packet.protocol != ethernet.TEB:
        raise refused("not-ethernet")
    return Carried(packet.vni, packet.payload)


def _open_vxlan(data: bytes) -> Carried:
    packet = vxlan.decode(data)
    return Carried(packet.vni, packet.payload)


def _open_nvgre(data: bytes) -> Carried:
    packet = nvgre.decode(data)
    if is_tagged(packet.payload):
        raise refused("vlan-tagged")
    return Carried(packet.vsid, packet.payload)


def _open_stt(data: bytes) -> Carried:
    packet = stt.decode(data)
    frame = packet.payload
    if packet.tag & stt.VLAN_PRESENT:
        control = packet.tag & ~stt.VLAN_PRESENT
        frame = frame[: 2 * _MAC] + b"\x81\x00" + control.to_bytes(2, "big") + frame[2 * _MAC :]
    return Carried(packet.context & 0xFFFFFF, frame)


_OPENERS = {
    dissect.GENEVE: _open_geneve,
    dissect.VXLAN: _open_vxlan,
    dissect.NVGRE: _open_nvgre,
    dissect.STT: _open_stt,
}


def wrapped(encapsulation: str, vni: int, frame: bytes) -> bytes:
    """The packet that carries a frame: what `opened` takes.

    Raises:
        WireError: it cannot be carried; `key` names why.
    """
    if encapsulation == dissect.GENEVE:
        return geneve.encode(geneve.Geneve(False, False, ethernet.TEB, vni, (), frame))
    if encapsulation == dissect.VXLAN:
        return vxlan.encode(vxlan.Vxlan(vni, frame))
    if encapsulation == dissect.NVGRE:
        if is_tagged(frame):
            raise refused("vlan-tagged")
        return nvgre.encode(nvgre.Nvgre(vni, flow_id(frame), frame))
    tag = 0
    if frame[2 * _MAC : 2 * _MAC + 2] == b"\x81\x00":
        tag = int.from_bytes(frame[14:16], "big") | stt.VLAN_PRESENT
        frame = frame[: 2 * _MAC] + frame[2 * _MAC + ethernet.TAG :]
    return stt.encode(stt.Stt(vni, frame, tag=tag))


def is_tagged(frame: bytes) -> bool:
    """Whether a frame has a VLAN tag."""
    return int.from_bytes(frame[2 * _MAC : 2 * _MAC + 2], "big") in ethernet.TAGS


def traffic_class(frame: bytes) -> int:
    """Service class and congestion mark of the packet in a frame, 8 bits; 0 of one that is not IP."""
    at, version = _packet(frame)
    if version == 4:
        return frame[at + 1]
    return (frame[at] << 4 | frame[at + 1] >> 4) & 0xFF if version == 6 else 0


def _packet(frame: bytes) -> tuple[int, int]:
    """Where the IP packet in a frame begins, and its version; 0 where there is none."""
    at = 2 * _MAC
    while int.from_bytes(frame[at : at + 2], "big") in ethernet.TAGS and at + ethernet.TAG < len(frame):
        at += ethernet.TAG
    version = {ethernet.IPV4: 4, ethernet.IPV6: 6}.get(int.from_bytes(frame[at : at + 2], "big"), 0)
    least = ip.IPV4_HEADER if version == 4 else ip.IPV6_HEADER
    return (at + 2, version) if version and len(frame) >= at + 2 + least else (0, 0)


def _marked(frame: bytes, outer: int) -> bytes:
    """The frame whose packet shows the congestion that its tunnel met. Source: RFC 6040, figure 4.

    Raises:
        WireError: it cannot, and must be dropped.
    """
    at, version = _packet(frame)
    if not version:
        return frame
    inner = traffic_class(frame) & _ECN
    mark = ecn.leaving(inner, outer)
    if mark is None:
        raise refused("congestion")
    if mark == inner:
        return frame
    changed = bytearray(frame)
    if version == 6:
        changed[at + 1] = changed[at + 1] & ~(_ECN << 4) | mark << 4
        return bytes(changed)
    end = at + (frame[at] & 0x0F) * 4
    changed[at + 1] = changed[at + 1] & ~_ECN | mark
    changed[at + 10 : at + 12] = b"\0\0"
    changed[at + 10 : at + 12] = checksum(bytes(changed[at:end])).to_bytes(2, "big")
    return bytes(changed)
