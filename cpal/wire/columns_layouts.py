"""Layouts of packets, by number: which version of IP, and what is behind it; for the engine that needs numpy alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpal.wire import ethernet, geneve, ip, vxlan
from cpal.wire.columns import GENEVE, NVGRE, VXLAN

NETWORK = ethernet.HEADER
"""Where IP's header is from Ethernet's on: tags before it are skipped."""

Array = NDArray[Any]


class Layout(NamedTuple):
    """What headers of packets are: the version of IP, whose transport it is (0: none with ports), and the tunnel's."""

    version: int
    transport: int = 0
    tunnel: int = 0


ANOTHER, IS_ODD = range(2)
"""Numbers of layouts: neither IPv4 nor IPv6, and odd."""
LAYOUTS: tuple[Layout, ...] = (
    Layout(0), Layout(0),
    *(Layout(version, transport) for version in (4, 6) for transport in (0, ip.UDP, ip.TCP, ip.SCTP)),
    *(Layout(version, transport, tunnel) for version in (4, 6)
      for transport, tunnel in ((ip.UDP, GENEVE), (ip.UDP, VXLAN), (0, NVGRE))),
)  # fmt: skip
"""Layouts by their numbers; those with tunnels are the last."""
TUNNELED = next(number for number, layout in enumerate(LAYOUTS) if layout.tunnel)
"""The first number of a layout with a tunnel."""


def _by_protocol(version: int) -> Array:
    """Numbers of layouts by the protocol in an IP header."""
    found = np.full(256, LAYOUTS.index(Layout(version)), np.uint8)
    for transport in (ip.UDP, ip.TCP, ip.SCTP):
        found[transport] = LAYOUTS.index(Layout(version, transport))
    found[ip.GRE] = LAYOUTS.index(Layout(version, 0, NVGRE))
    found[[ip.IPIP, ip.IPV6, *(ip.EXTENSIONS if version == 6 else ())]] = IS_ODD
    return found


def _by_port(version: int) -> Array:
    """Numbers of layouts by the destination port of UDP."""
    found = np.full(1 << 16, LAYOUTS.index(Layout(version, ip.UDP)), np.uint8)
    for port, tunnel in ((geneve.PORT, GENEVE), (vxlan.PORT, VXLAN), (vxlan.LINUX_PORT, VXLAN)):
        found[port] = LAYOUTS.index(Layout(version, ip.UDP, tunnel))
    found[vxlan.GPE_PORT] = IS_ODD
    return found


PLACES = {4: (NETWORK + 9, NETWORK + ip.IPV4_HEADER), 6: (NETWORK + 6, NETWORK + ip.IPV6_HEADER)}
"""Where the protocol is, and what is behind IP's header, by version."""
LOOKED_UP = {version: ((protocol, 1), (behind + 2, 2)) for version, (protocol, behind) in PLACES.items()}
"""Where what decides of a layout is, and its size: the protocol, and UDP's destination port."""
_BY_PROTOCOL = {version: _by_protocol(version) for version in PLACES}
_BY_PORT = {version: _by_port(version) for version in PLACES}


def numbers(version: int, protocol: Array, port: Array) -> Array:
    """Numbers of layouts of packets of one version of IP."""
    found: Array = _BY_PROTOCOL[version].take(protocol)
    np.putmask(found, protocol == ip.UDP, _BY_PORT[version].take(port))
    return found
