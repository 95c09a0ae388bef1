"""One packet of the underlay, told in the names of the estate: whose network, from which port to which."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cpal.core.driver import TunnelKeys
from cpal.core.plan import label
from cpal.errors import Failed, WireError
from cpal.lab.lab import Lab
from cpal.lab.layout import UNDERLAY
from cpal.model.estate import Estate
from cpal.model.network import Network, Port
from cpal.model.record import Part
from cpal.model.router import Router
from cpal.model.target import Host
from cpal.reach.flow import Service
from cpal.wire import frame, geneve, pcap

READY = b"listening on"
"""What tcpdump says when it captures."""
BRIDGE = "br-ul"
"""The underlay's bridge, which every packet between hypervisors crosses."""
END_S = 5.0


class NamedPacket(Part, frozen=True):
    """A Geneve packet: each layer, outermost first, as what it is and what it says."""

    layers: tuple[tuple[str, str], ...]


@contextmanager
def capturing(lab: Lab, path: Path) -> Iterator[None]:
    """Capture the lab's Geneve packets on the underlay into a pcap file while the block runs.

    Raises:
        Failed: tcpdump does not capture.
    """
    words = ["tcpdump", "-i", BRIDGE, "-U", "-w", str(path), f"udp port {geneve.PORT}"]
    process = subprocess.Popen(lab.exec_argv(UNDERLAY, words), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        _wait_ready(process)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=END_S)


def _wait_ready(process: subprocess.Popen[bytes]) -> None:
    said = []
    for line in process.stderr or ():
        said.append(line.decode(errors="replace").strip())
        if READY in line:
            return
    raise Failed(f"tcpdump does not capture: {' '.join(said)}", remedy="see whether the lab is up: cpal lab status")


def first_named(capture: bytes, keys: TunnelKeys, estate: Estate) -> NamedPacket | None:
    """The first packet of the capture that goes from one port of the estate to another; None without one."""
    for packet in pcap.packets(capture):
        try:
            found = _named(packet.data, keys, estate)
        except WireError:
            continue
        if found is not None:
            return found
    return None


def _named(data: bytes, keys: TunnelKeys, estate: Estate) -> NamedPacket | None:
    outer = frame.ip(frame.ethernet(data).payload)
    datagram = frame.udp(outer.payload)
    tunnel = geneve.decode(datagram.payload)
    ovn = geneve.ovn_keys(tunnel)
    if ovn is None or tunnel.control:
        return None
    ports = [estate.get(Port, keys.ports.get((ovn.datapath, key), "")) for key in (ovn.ingress, ovn.egress)]
    inner_frame = frame.ethernet(tunnel.payload)
    if None in ports or inner_frame.ethertype not in (frame.IPV4, frame.IPV6):
        return None
    inner = frame.ip(inner_frame.payload)
    hosts = {host.underlay_address: host.name for host in estate.all(Host)}
    source, destination = (label(port, estate) for port in ports if port is not None)
    network = keys.networks.get(ovn.datapath, "")
    record = estate.get(Network, network) or estate.get(Router, network)
    option = f"class 0x{geneve.OVN_CLASS:04x} type 0x{geneve.OVN_TYPE:02x} (critical)"
    return NamedPacket(
        (
            ("IPv4" if outer.version == 4 else "IPv6", _ends(outer, hosts)),
            ("UDP", f"{datagram.source_port} -> {datagram.destination_port} (the source port spreads flows)"),
            ("Geneve", f"VNI {tunnel.vni} = {label(record, estate) if record else network}"),
            ("option", f"{option}: from {source} (key {ovn.ingress}) to {destination} (key {ovn.egress})"),
            ("Ethernet", f"{inner_frame.source} -> {inner_frame.destination}"),
            ("IPv4" if inner.version == 4 else "IPv6", f"{_ends(inner, {})} {_service(inner)}"),
        )
    )


def _ends(packet: frame.Ip, names: dict[str, str]) -> str:
    ends = (packet.source, packet.destination)
    return " -> ".join(f"{names[ip]} {ip}" if ip in names else ip for ip in ends)


def _service(packet: frame.Ip) -> str:
    if packet.protocol in (6, 17) and len(packet.payload) >= 4:
        return str(Service(packet.version, packet.protocol, int.from_bytes(packet.payload[2:4], "big")))
    return str(Service(packet.version, packet.protocol))
