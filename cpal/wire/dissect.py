"""One captured packet, from the outermost header to the innermost: its ends, tunnels and faults.

Theory. A step reads one header from the bytes at hand and says which step reads what is behind it. A fault that leaves
the rest readable (a length beyond the end) is noted and the walk goes on with what is there; any other ends it, and
what was found until then stays. `missing` is how many bytes the wire had behind those captured, so that a capture that
cuts packets short does not make their lengths lie. A tunnel is known by its destination port alone: source ports are
entropy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire import ethernet, geneve, gre, ip, link, nsh, nvgre, stt, tcp, udp, vxlan
from cpal.wire.checksum import Address
from cpal.wire.faults import fault

GENEVE, VXLAN, VXLAN_GPE, NVGRE, STT = TUNNELS = ("geneve", "vxlan", "vxlan-gpe", "nvgre", "stt")
"""Kinds of tunnel, as rows name them."""
GRE = "gre"
"""What carries packets of any kind, and is no tunnel of a virtual network."""
DEEPEST = 128
"""Headers within each other that are looked through."""
WITH_PORTS = frozenset((ip.TCP, ip.UDP, ip.SCTP))
UNKNOWN = 1 << 62
"""Bytes missing where nobody says how many: behind the first fragment of a packet."""

Header = geneve.Geneve | vxlan.Vxlan | vxlan.VxlanGpe | nvgre.Nvgre | stt.Stt | gre.Gre


class Ends(NamedTuple):
    """Between whom an IP packet goes; ports where its protocol has them and they are in this packet."""

    source: Address
    destination: Address
    protocol: int
    source_port: int | None = None
    destination_port: int | None = None


class Tunnel(NamedTuple):
    """A tunnel's header in its IP packet and its datagram or segment; STT's later segments have no `header`."""

    type: str
    vni: int | None
    header: Header | None
    packet: ip.Ip
    datagram: udp.Udp | None = None
    segment: tcp.Tcp | None = None

    @property
    def options(self) -> tuple[geneve.Option, ...]:
        """Geneve's options."""
        return self.header.options if isinstance(self.header, geneve.Geneve) else ()


class Packet(NamedTuple):
    """What a packet is: the ends of its outermost and innermost IP packet, the tunnels between, outermost first.

    `inner` is None where only one IP packet was found. `payload` is what the innermost tunnel carries, with its
    EtherType (`ethernet.TEB` for a frame), and `left` how many bytes of it were not captured. `carriers` are headers
    of GRE that carry something else than a virtual network.
    """

    outer: Ends | None
    tunnels: tuple[Tunnel, ...]
    inner: Ends | None
    faults: tuple[str, ...]
    ethertype: int
    payload: bytes
    left: int
    carriers: tuple[Tunnel, ...] = ()


class Step(NamedTuple):
    """What to read next: the EtherType that announces it, its bytes, and how many more the wire had."""

    ethertype: int
    data: bytes
    missing: int


def dissect(data: bytes, link_type: int = link.ETHERNET, length: int | None = None) -> Packet:
    """What the captured bytes of a packet are; `length` is how long it was on the wire."""
    walk = _Walk()
    try:
        if link_type not in link.LINKS:
            raise fault("link-type-unknown")
        payload = link.LINKS[link_type](data)
        missing = max((len(data) if length is None else length) - len(data), 0)
        walk.follow(Step(payload.ethertype, data[payload.start :], missing))
    except WireError as broken:
        walk.faults.append(broken.key)
    first, last = (walk.ends[0], walk.ends[-1]) if walk.ends else (None, None)
    inner = last if len(walk.ends) > 1 else None
    faults, carriers = tuple(dict.fromkeys(walk.faults)), tuple(walk.carriers)
    return Packet(first, tuple(walk.tunnels), inner, faults, *walk.carried, carriers)


class _Walk:
    """What was found so far."""

    def __init__(self) -> None:
        self.ends: list[Ends] = []
        self.tunnels: list[Tunnel] = []
        self.carriers: list[Tunnel] = []
        self.faults: list[str] = []
        self.carried = Step(0, b"", 0)

    def follow(self, step: Step | None) -> None:
        """Read headers until one is the last that is known."""
        for _ in range(DEEPEST):
            if step is None:
                return
            step = self._next(step)
        if step is not None:
            raise fault("too-deep")

    def _next(self, step: Step) -> Step | None:
        if step.ethertype == ethernet.TEB:
            frame = ethernet.decode(step.data)
            return Step(frame.ethertype, frame.payload, step.missing)
        if step.ethertype == ethernet.IPV4:
            return self._ip(ip.decode_ipv4(step.data), step)
        if step.ethertype == ethernet.IPV6:
            return self._ip(ip.decode_ipv6(step.data), step)
        if step.ethertype == ethernet.NSH:
            service = nsh.decode(step.data)
            return Step(_NEXT.get(service.next, 0), service.payload, step.missing)
        return None

    def _ip(self, packet: ip.Ip, step: Step) -> Step | None:
        self.ends.append(_ends(packet))
        said = (packet.length or 0) + (ip.IPV6_HEADER if isinstance(packet, ip.Ipv6) and packet.length else 0)
        missing = self._left(said, step, f"ipv{ip.version(packet)}-length")
        reader = None if packet.offset else _READERS.get(packet.protocol)
        return reader(self, packet, UNKNOWN if packet.more_fragments else missing) if reader else None

    def _left(self, said: int, step: Step, name: str) -> int:
        """How many bytes are missing of those that a header says there are (0: all that there are)."""
        if said > len(step.data) + step.missing:
            self.faults.append(name)
        return max(min(said - len(step.data), step.missing), 0) if said else step.missing

    def _tcp(self, packet: ip.Ip, missing: int) -> Step | None:
        """A segment, which may be one of STT."""
        segment = tcp.decode(packet.payload)
        if segment.destination_port == stt.PORT and not segment.flags & (tcp.SYN | tcp.FIN | tcp.RST):
            return self._stt(packet, segment, missing)
        return None

    def _stt(self, packet: ip.Ip, segment: tcp.Tcp, missing: int) -> Step | None:
        place, there = stt.place(segment), len(segment.payload)
        if place.offset + there + (0 if missing == UNKNOWN else missing) > place.length:
            self.faults.append("stt-length")
        if place.offset:
            self.tunnels.append(Tunnel(STT, None, None, packet, segment=segment))
            return None
        frame = stt.decode(segment.payload)
        vni = stt.ovn_context(frame.context).datapath
        return self._enter(Tunnel(STT, vni, frame, packet, segment=segment), ethernet.TEB, max(place.length - there, 0))

    def _udp(self, packet: ip.Ip, missing: int) -> Step | None:
        """A datagram, which may be one of a tunnel."""
        datagram = udp.decode(packet.payload)
        missing = self._left(datagram.length or 0, Step(0, packet.payload, missing), "udp-length")
        reader = _TUNNELS.get(datagram.destination_port)
        return self._enter(*reader(packet, datagram), missing) if reader else None

    def _gre(self, packet: ip.Ip, missing: int) -> Step | None:
        """A GRE packet, which may be NVGRE."""
        if len(packet.payload) > 1 and packet.payload[1] & gre.VERSION == 1:
            return None  # PPTP's, which carries no Ethernet
        carrier = gre.decode(packet.payload)
        if not nvgre.is_nvgre(carrier):
            self.carriers.append(Tunnel(GRE, None, carrier, packet))
        if carrier.protocol == gre.CISCO_METADATA:
            ethertype, payload = gre.behind_metadata(carrier.payload)
            return Step(ethertype, payload, missing)
        if not nvgre.is_nvgre(carrier):
            return Step(carrier.protocol, carrier.payload, missing)
        header = nvgre.decode(packet.payload)
        return self._enter(Tunnel(NVGRE, header.vsid, header, packet), ethernet.TEB, missing)

    def _enter(self, tunnel: Tunnel, ethertype: int, missing: int) -> Step:
        self.tunnels.append(tunnel)
        self.carried = Step(ethertype, tunnel.header.payload if tunnel.header else b"", missing)
        return self.carried


def _ends(packet: ip.Ip) -> Ends:
    data = packet.payload
    if packet.protocol in WITH_PORTS and not packet.offset and len(data) >= 4:
        ports = (data[0] << 8 | data[1], data[2] << 8 | data[3])
        return Ends(packet.source, packet.destination, packet.protocol, *ports)
    return Ends(packet.source, packet.destination, packet.protocol)


def _geneve(packet: ip.Ip, datagram: udp.Udp) -> tuple[Tunnel, int]:
    header = geneve.decode(datagram.payload)
    return Tunnel(GENEVE, header.vni, header, packet, datagram), header.protocol


def _vxlan(packet: ip.Ip, datagram: udp.Udp) -> tuple[Tunnel, int]:
    header = vxlan.decode(datagram.payload)
    return Tunnel(VXLAN, header.vni, header, packet, datagram), ethernet.TEB


def _vxlan_gpe(packet: ip.Ip, datagram: udp.Udp) -> tuple[Tunnel, int]:
    header = vxlan.decode_gpe(datagram.payload)
    return Tunnel(VXLAN_GPE, header.vni, header, packet, datagram), ethertype(header)


def ethertype(header: Header) -> int:
    """The EtherType of what a header carries; 0 where it says none that is known."""
    if isinstance(header, geneve.Geneve | gre.Gre):
        return header.protocol
    if isinstance(header, vxlan.VxlanGpe) and header.flags & vxlan.GPE_PROTOCOL:
        return _NEXT.get(header.carried, 0)
    return ethernet.TEB


_NEXT = {
    vxlan.NEXT_IPV4: ethernet.IPV4,
    vxlan.NEXT_IPV6: ethernet.IPV6,
    vxlan.NEXT_ETHERNET: ethernet.TEB,
    vxlan.NEXT_NSH: ethernet.NSH,
}
"""EtherTypes of what VXLAN's protocol extension and the service header number."""
_TUNNELS: dict[int, Callable[[ip.Ip, udp.Udp], tuple[Tunnel, int]]] = {
    geneve.PORT: _geneve,
    vxlan.PORT: _vxlan,
    vxlan.LINUX_PORT: _vxlan,
    vxlan.GPE_PORT: _vxlan_gpe,
}
"""Tunnels by UDP's destination port."""
_READERS: dict[int, Callable[[_Walk, ip.Ip, int], Step | None]] = {
    ip.TCP: _Walk._tcp,
    ip.UDP: _Walk._udp,
    ip.GRE: _Walk._gre,
    ip.IPIP: lambda walk, packet, missing: Step(ethernet.IPV4, packet.payload, missing),
    ip.IPV6: lambda walk, packet, missing: Step(ethernet.IPV6, packet.payload, missing),
}
"""What reads the payload of an IP packet, by protocol."""
