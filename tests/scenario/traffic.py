"""Real packets between machines of a lab, sent and seen by small programs that know nothing of cpal."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scapy.layers.l2 import Ether
from scapy.packet import Packet
from scapy.utils import rdpcap

from cpal.lab.lab import Lab

WAIT_S = 1.2
"""How long an answer is waited for."""
TRIES = 3

SERVER = """
import socket, sys
kind, port = sys.argv[1], int(sys.argv[2])
if kind == "tcp":
    server = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=99)
else:
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("", port))
print("listening", flush=True)
while True:
    if kind == "tcp":
        client, peer = server.accept()
        client.sendall(peer[0].removeprefix("::ffff:").encode())
        client.close()
    else:
        _, peer = server.recvfrom(99)
        server.sendto(peer[0].removeprefix("::ffff:").encode(), peer)
"""
"""Tells each client from which address it came."""

CLIENT = """
import socket, sys
kind, address, port, wait = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
client = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
client.settimeout(wait)
try:
    client.connect((address, port))
    if kind == "udp":
        client.send(b"who am I?")
    print(client.recv(99).decode())
except OSError as error:
    print("none:", error)
"""

FRAME = """
import socket, sys
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("eth0", 0))
for frame in sys.argv[1:]:
    sender.send(bytes.fromhex(frame))
"""


def ping(lab: Lab, source: str, address: str, *words: str) -> bool:
    """Whether a ping is answered, at one try of three."""
    argv = ["ping", "-c", str(TRIES), "-i", "0.2", "-W", "1", *words, address]
    return lab.run(source, argv).exit_code == 0


def largest_ping(lab: Lab, source: str, address: str, size: int) -> bool:
    """Whether a ping whose IP packet has exactly `size` bytes is answered without being fragmented."""
    headers = 48 if ":" in address else 28
    return ping(lab, source, address, "-M", "do", "-s", str(size - headers))


@contextmanager
def listening(lab: Lab, name: str, port: int, kind: str = "tcp") -> Iterator[None]:
    """A server on a machine, for as long as the body runs."""
    argv = lab.exec_argv(name, [sys.executable, "-c", SERVER, kind, str(port)])
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        try:
            assert process.stdout.readline() == "listening\n"
            yield
        finally:
            process.kill()


def seen_as(lab: Lab, source: str, address: str, port: int, kind: str = "tcp", tries: int = 2) -> str:
    """As which address the server at `address` sees `source`; "" when it does not answer."""
    argv = [sys.executable, "-c", CLIENT, kind, address, str(port), str(WAIT_S)]
    for _ in range(tries):
        answer = lab.run(source, argv).stdout.strip()
        if answer and not answer.startswith("none:"):
            return answer
    return ""


def send(lab: Lab, source: str, *frames: Packet) -> None:
    """Put frames on a machine's cable as they are."""
    lab.run(source, [sys.executable, "-c", FRAME, *(bytes(frame).hex() for frame in frames)])


@contextmanager
def captured(lab: Lab, name: str, interface: str, wanted: str, file: Path) -> Iterator[list[Packet]]:
    """What tcpdump sees on an interface while the body runs: a list, filled after it."""
    words = ["tcpdump", "-i", interface, "-w", str(file), "-U", "--immediate-mode", "-s0", wanted]
    process = subprocess.Popen(lab.exec_argv(name, words), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    packets: list[Packet] = []
    with process, process.stderr:
        try:
            assert any("listening on" in line for line in process.stderr)
            yield packets
            time.sleep(0.3)
        finally:
            process.terminate()
    packets += [Ether(bytes(packet)) for packet in rdpcap(str(file))]


def decoded(file: Path, display_filter: str, *fields: str) -> list[list[str]]:
    """The fields of each packet in a capture that tshark's filter matches."""
    words = [word for field in fields for word in ("-e", field)]
    argv = ["tshark", "-r", str(file), "-Y", display_filter, "-T", "fields", "-E", "separator=|", *words]
    text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [line.split("|") for line in text.splitlines()]
