"""The sockets of an end: UDP for Geneve and VXLAN, raw IP for NVGRE and STT.

STT looks like TCP, and the kernel answers TCP that it knows nothing of with a reset: a rule of nftables keeps those in.
Sources: ip(7), IP_TOS, IP_RECVTOS, IP_MTU_DISCOVER, IP_MTU; ipv6(7); raw(7); udp(7); socket(7), SO_NO_CHECK.
"""

from __future__ import annotations

import errno
import itertools
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from shutil import which
from typing import NamedTuple, Protocol

from cpal.engine.gateway.setting import End
from cpal.errors import Denied, Failed, Missing, WireError
from cpal.wire import dissect, ip, stt, tcp
from cpal.wire.carry import Carried, opened, refused, traffic_class, wrapped
from cpal.wire.entropy import source_port
from cpal.wire.stt_reassembly import Reassembler

PORTS_EACH = 64
"""Source ports of an end: flows are spread over so many, for the paths of the underlay."""
BATCH = 64
"""Packets that are taken from a socket before others get their turn."""
LARGEST = 65_535
NO_CHECK = 11
"""SO_NO_CHECK, which Python does not name: UDP over IPv4 without checksum. Source: RFC 7348, section 5."""
BUFFER = 4 << 20
ETHERNET_MTU = 1500
IP_MTU, IPV6_MTU = 14, 24
TABLE = "cpal-gateway"
"""What the table of nftables with the rule for STT at an address begins with."""


class Arrived(NamedTuple):
    """What came from a remote: a frame, or why it may not pass (`WireError.key`)."""

    remote: str
    carried: Carried | None
    refusal: str = ""


class Sockets(Protocol):
    """The sockets of an end."""

    @property
    def reading(self) -> socket.socket:
        """The socket that packets come by."""

    def receive(self) -> Iterator[Arrived]:
        """What has come, at most `BATCH`."""

    def send(self, remote: str, vni: int, frame: bytes) -> None:
        """Send a frame.

        Raises:
            WireError: it cannot be carried, or does not fit; `key` names why.
        """

    def close(self) -> None:
        """Let go of them."""


def opened_end(end: End) -> Sockets:
    """The sockets of an end.

    Raises:
        Denied: raw sockets and ports below 1024 need root.
        Failed: the address is not this machine's, or the port is taken.
        Missing: STT needs nftables.
    """
    kinds: dict[str, Callable[[End], Sockets]] = {dissect.NVGRE: _Nvgre, dissect.STT: _Stt}
    try:
        return kinds.get(end.encapsulation, _Udp)(end)
    except PermissionError as error:
        raise Denied("packets like these need root", key=end.local, remedy="run it with sudo") from error
    except OSError as error:
        what = f"{end.encapsulation} cannot be had there: {error.strerror}"
        remedy = "see that the address is this machine's, and that nobody else (a kernel device) has the port"
        raise Failed(what, key=end.local, field="local", remedy=remedy) from error


def _configured(made: socket.socket, version: int) -> socket.socket:
    """A socket that tells marks of congestion, and does not have what is too large cut in pieces."""
    made.setblocking(False)
    with suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    if version == 4:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        made.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
    else:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        made.setsockopt(socket.IPPROTO_IPV6, 23, 2)  # IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO
    return made


class _Base:
    """What all ends share."""

    def __init__(self, end: End, reading: socket.socket) -> None:
        self.end = end
        self.version = ip_address(end.local).version
        self.reading = _configured(reading, self.version)

    def close(self) -> None:
        """Let go of the sockets."""
        self.reading.close()

    def packets(self) -> Iterator[tuple[bytes, int, str]]:
        """What has come: the bytes, the outer congestion mark, from whom."""
        for _ in range(BATCH):
            try:
                data, ancillary, _, address = self.reading.recvmsg(LARGEST, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            yield data, _mark(ancillary), address[0]

    def sent(self, by: socket.socket, packet: bytes, remote: str, port: int, traffic: int) -> None:
        """Send a packet with the traffic class of what it carries."""
        level = (socket.IPPROTO_IP, socket.IP_TOS) if self.version == 4 else (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
        ancillary = [(*level, struct.pack("i", traffic))] if traffic else []
        try:
            by.sendmsg([packet], ancillary, 0, (remote, port))
        except OSError as error:
            raise refused("too-large" if error.errno == errno.EMSGSIZE else "send-failed") from error

    def arrived(self, data: bytes, mark: int, remote: str) -> Arrived:
        """A packet that is whole, opened."""
        try:
            return Arrived(remote, opened(self.end.encapsulation, data, mark))
        except WireError as error:
            return Arrived(remote, None, error.key)


def _mark(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The congestion mark that the kernel tells of a packet: a byte of IPv4, a number of IPv6."""
    for level, kind, data in ancillary:
        if (level, kind) in ((socket.IPPROTO_IP, socket.IP_TOS), (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)):
            return data[0] & 0b11
    return 0


def _family(end: End) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in end.local else socket.AF_INET


class _Udp(_Base):
    """Geneve and VXLAN. The source port spreads flows: one socket for each of some ports."""

    def __init__(self, end: End) -> None:
        super().__init__(end, _bound(end, end.destination_port))
        self._writing = [_configured(_bound(end, 0), self.version) for _ in range(PORTS_EACH)]
        if end.encapsulation == dissect.VXLAN and self.version == 4:
            for each in self._writing:
                each.setsockopt(socket.SOL_SOCKET, NO_CHECK, 1)

    def receive(self) -> Iterator[Arrived]:
        """What has come."""
        for data, mark, remote in self.packets():
            yield self.arrived(data, mark, remote)

    def send(self, remote: str, vni: int, frame: bytes) -> None:
        """Send a frame."""
        by = self._writing[source_port(frame, range(PORTS_EACH))]
        packet = wrapped(self.end.encapsulation, vni, frame)
        self.sent(by, packet, remote, self.end.destination_port, traffic_class(frame))

    def close(self) -> None:
        """Let go of the sockets."""
        super().close()
        for each in self._writing:
            each.close()


def _bound(end: End, port: int) -> socket.socket:
    made = socket.socket(_family(end), socket.SOCK_DGRAM)
    try:
        made.bind((end.local, port))
    except OSError:
        made.close()
        raise
    return made


def _raw(end: End, protocol: int) -> socket.socket:
    made = socket.socket(_family(end), socket.SOCK_RAW, protocol)
    try:
        made.bind((end.local, 0))
    except OSError:
        made.close()
        raise
    return made


class _Raw(_Base):
    """IP packets of one protocol."""

    def __init__(self, end: End, protocol: int) -> None:
        super().__init__(end, _raw(end, protocol))

    def payloads(self) -> Iterator[tuple[bytes, int, str]]:
        """As `packets`, without the header that IPv4 leaves in front. Source: raw(7)."""
        for data, mark, remote in self.packets():
            yield data[(data[0] & 0x0F) * 4 if self.version == 4 else 0 :], mark, remote


class _Nvgre(_Raw):
    """NVGRE."""

    def __init__(self, end: End) -> None:
        super().__init__(end, ip.GRE)

    def receive(self) -> Iterator[Arrived]:
        """What has come."""
        for data, mark, remote in self.payloads():
            yield self.arrived(data, mark, remote)

    def send(self, remote: str, vni: int, frame: bytes) -> None:
        """Send a frame."""
        self.sent(self.reading, wrapped(dissect.NVGRE, vni, frame), remote, 0, traffic_class(frame))


class _Stt(_Raw):
    """STT: frames in segments as large as the path carries."""

    def __init__(self, end: End) -> None:
        super().__init__(end, ip.TCP)
        self._local = ip_address(end.local)
        self._whole = Reassembler()
        self._ids = itertools.count(1)
        self._sizes = {remote: self._segment(remote) for remote in end.remotes}
        _keep_resets(self._local.version, end.local)

    def _segment(self, remote: str) -> int:
        """Bytes of a frame in a segment to this remote."""
        with socket.socket(_family(self.end), socket.SOCK_DGRAM) as probe:
            mtu = ETHERNET_MTU
            with suppress(OSError):
                probe.connect((remote, stt.PORT))
                level = (socket.IPPROTO_IP, IP_MTU) if self.version == 4 else (socket.IPPROTO_IPV6, IPV6_MTU)
                mtu = probe.getsockopt(*level)
        return mtu - (ip.IPV4_HEADER if self.version == 4 else ip.IPV6_HEADER) - tcp.HEADER

    def receive(self) -> Iterator[Arrived]:
        """What has become whole."""
        for data, mark, remote in self.payloads():
            try:
                segment = tcp.decode(data)
                if segment.destination_port != stt.PORT:
                    continue
                whole = self._whole.add(ip_address(remote), self._local, segment, time.monotonic_ns(), mark)
            except WireError as error:
                yield Arrived(remote, None, error.key)
                continue
            if whole is not None:
                yield self.arrived(whole.data, whole.ecn, remote)

    def send(self, remote: str, vni: int, frame: bytes) -> None:
        """Send a frame."""
        packet, to, traffic = wrapped(dissect.STT, vni, frame), ip_address(remote), traffic_class(frame)
        id = next(self._ids) & 0xFFFFFFFF
        for segment in stt.segments(packet, self._sizes[remote], source_port(frame), id):
            self.sent(self.reading, tcp.encode(segment, self._local, to), remote, 0, traffic)

    def close(self) -> None:
        """Let go of the socket, and let resets go again."""
        super().close()
        _nft(f"delete table inet {_table(self.end.local)}", self.end.local, must=False)


def _keep_resets(version: int, address: str) -> None:
    """Keep the kernel's resets for STT in: it knows nothing of the segments that it sees."""
    if which("nft") is None:
        raise Missing("STT needs nftables, which keeps the kernel from answering", key="nft", remedy="install nftables")
    family = "ip" if version == 4 else "ip6"
    rule = f"{family} saddr {address} tcp sport {stt.PORT} tcp flags & rst == rst drop"
    chain = f"chain out {{\n type filter hook output priority 0\n {rule}\n }}"
    table = f"table inet {_table(address)}"
    _nft(f"{table} {{\n}}\ndelete {table}\n{table} {{\n {chain}\n}}\n", address)


def _table(address: str) -> str:
    """The table for an address, its own: several ends of STT come and go apart."""
    return f"{TABLE}-{address.replace('.', '-').replace(':', '-')}"


def _nft(script: str, key: str, must: bool = True) -> None:
    done = subprocess.run(["nft", "-f", "-"], input=script, capture_output=True, text=True, check=False)
    if must and done.returncode:
        raise Failed(f"nftables refuses the rule for STT: {done.stderr.strip().partition(chr(10))[0]}", key=key)
