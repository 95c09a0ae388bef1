"""One packet of the underlay, told in the names of the estate: whose network, from which port to which."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cpal.core.driver import TunnelKeys
from cpal.core.plan import label
from cpal.errors import Failed
from cpal.lab.lab import Lab
from cpal.lab.layout import UNDERLAY
from cpal.model.estate import Estate
from cpal.model.network import Network, Port
from cpal.model.record import Part
from cpal.model.router import Router
from cpal.model.target import Host
from cpal.reach.flow import Service
from cpal.wire import ethernet, geneve, pcap
from cpal.wire.dissect import Ends, dissect
from cpal.wire.ethernet import TEB

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
    found = (_named(record.data, keys, estate) for record in pcap.records(capture))
    return next((packet for packet in found if packet is not None), None)


def _named(data: bytes, keys: TunnelKeys, estate: Estate) -> NamedPacket | None:
    packet = dissect(data)
    tunnel = packet.tunnels[0].header if packet.tunnels else None
    if packet.outer is None or packet.inner is None or not isinstance(tunnel, geneve.Geneve) or tunnel.control:
        return None
    ovn = geneve.ovn_keys(tunnel)
    if ovn is None or packet.ethertype != TEB:
        return None
    ports = [estate.get(Port, keys.ports.get((ovn.datapath, key), "")) for key in (ovn.ingress, ovn.egress)]
    if None in ports:
        return None
    frame = ethernet.decode(packet.payload)
    hosts = {host.underlay_address: host.name for host in estate.all(Host)}
    source, destination = (label(port, estate) for port in ports if port is not None)
    network = keys.networks.get(ovn.datapath, "")
    record = estate.get(Network, network) or estate.get(Router, network)
    option = f"class 0x{geneve.OVN_CLASS:04x} type 0x{geneve.OVN_TYPE:02x} (critical)"
    spread = f"{packet.outer.source_port} -> {packet.outer.destination_port} (the source port spreads flows)"
    return NamedPacket(
        (
            (f"IPv{packet.outer.source.version}", _ends(packet.outer, hosts)),
            ("UDP", spread),
            ("Geneve", f"VNI {tunnel.vni} = {label(record, estate) if record else network}"),
            ("option", f"{option}: from {source} (key {ovn.ingress}) to {destination} (key {ovn.egress})"),
            ("Ethernet", f"{frame.source.hex(':')} -> {frame.destination.hex(':')}"),
            (f"IPv{packet.inner.source.version}", f"{_ends(packet.inner, {})} {_service(packet.inner)}"),
        )
    )


def _ends(packet: Ends, names: dict[str, str]) -> str:
    ends = (str(packet.source), str(packet.destination))
    return " -> ".join(f"{names[ip]} {ip}" if ip in names else ip for ip in ends)


def _service(packet: Ends) -> str:
    return str(Service(packet.source.version, packet.protocol, packet.destination_port))
