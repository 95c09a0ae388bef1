"""What a tunnel costs of the path's MTU.

An inner VLAN tag is part of what is carried, and costs too; NVGRE carries none, STT has it in its header. STT cuts
frames into segments itself, so what it costs limits no inner packet. Sources: the headers of each codec.
"""

from __future__ import annotations

from cpal.wire import dissect, ethernet, geneve, gre, ip, stt, tcp, udp, vxlan

_KEY = 4
_HEADERS: dict[str, int] = {
    dissect.GENEVE: udp.HEADER + geneve.HEADER,
    dissect.VXLAN: udp.HEADER + vxlan.HEADER,
    dissect.VXLAN_GPE: udp.HEADER + vxlan.HEADER,
    dissect.NVGRE: gre.HEADER + _KEY,
    dissect.STT: tcp.HEADER + stt.HEADER,
}
OVN_OPTION = geneve.OPTION + 4
_TAGLESS = frozenset((dissect.NVGRE, dissect.STT))


def headers(tunnel: str) -> int:
    """Bytes between the outer IP header and what is carried, without Geneve's options."""
    return _HEADERS[tunnel]


def overhead(tunnel: str, version: int, options: int = 0, tags: int = 0) -> int:
    """Bytes that a tunnel over IP `version` adds to an inner IP packet, with bytes of Geneve options and inner tags."""
    outer = ip.IPV4_HEADER if version == 4 else ip.IPV6_HEADER
    inner = ethernet.HEADER + (0 if tunnel in _TAGLESS else tags * ethernet.TAG)
    return outer + _HEADERS[tunnel] + (options if tunnel == dissect.GENEVE else 0) + inner


def inner_mtu(path_mtu: int, tunnel: str, version: int, options: int = 0, tags: int = 0) -> int:
    """The largest inner IP packet that the path carries whole."""
    return path_mtu - overhead(tunnel, version, options, tags)
