"""`cpal gateway` between machines that speak different encapsulations: the kernel, Open vSwitch, another gateway.

What is between two gateways is read by tshark, which nobody here wrote. For STT, tshark is the only outside witness.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cpal.wire import geneve, vxlan
from tests.integration.gateway.ground import PATIENCE_S, Row, ended, gateway, row, run
from tests.support.tshark import OPTIONS

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

LARGEST = 1350
"""Bytes: the MTU inside, which every encapsulation carries over cables of 1,500."""
RECEIVE = """
import hashlib, socket
server = socket.create_server(("{address}", 7000))
print("listening", flush=True)
with server.accept()[0] as connection:
    digest = hashlib.sha256()
    while data := connection.recv(65536):
        digest.update(data)
    connection.sendall(digest.hexdigest().encode())
"""
SEND = """
import hashlib, random, socket
data = random.Random(5).randbytes({size})
with socket.create_connection(("{address}", 7000), timeout=30) as connection:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    assert connection.makefile().read() == hashlib.sha256(data).hexdigest()
"""


def ping(row: Row, source: str, address: str, size: int = 56) -> None:
    """A ping that may not be fragmented is answered, when both ends have learned of each other at the latest."""
    words = ["ping", "-n", "-q", "-M", "do", "-c", "1", "-W", "1", "-s", str(size), address]
    deadline = time.monotonic() + PATIENCE_S
    while subprocess.run(row.inside(source, *words), capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, f"{source} does not reach {address}"


def stream(row: Row, source: str, destination: str, address: str, size: int = 2_000_000) -> None:
    """So many bytes get through a TCP connection as they were."""
    server = row.start(destination, "python3", "-c", RECEIVE.format(address=address))
    assert server.stdout is not None
    assert server.stdout.readline() == "listening\n"
    row.run(source, "python3", "-c", SEND.format(address=address, size=size))


def fields(file: Path, names: list[str]) -> list[dict[str, str]]:
    """What tshark says of some fields of each packet: several values, from the outside in, with commas between."""
    words = ["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "separator=/t", *OPTIONS]
    words += [word for name in names for word in ("-e", name)]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [dict(zip(names, line.split("\t"), strict=True)) for line in told.splitlines()]


@pytest.mark.parametrize(
    ("middle", "number"), [("geneve", 70_001), ("nvgre", 0x1388), ("stt", 7), ("vxlan", 9)]
)  # fmt: skip
@pytest.mark.parametrize("six", [False, True], ids=["IPv4", "IPv6"])
def test_vxlan_gets_through_whatever_is_between_two_gateways(
    middle: str, number: int, six: bool, tmp_path: Path
) -> None:
    """a speaks VXLAN with b, b something else with c, c VXLAN with d."""
    one, two = ("fd93:2::1", "fd93:2::2") if six else ("10.93.2.1", "10.93.2.2")
    with row("abcd") as found:
        found.vxlan("a", 5001, "10.93.1.1", "10.93.1.2", "10.5.0.1/24", LARGEST)
        found.vxlan("d", 4002, "10.93.3.2", "10.93.3.1", "10.5.0.2/24", LARGEST)
        gateways = [
            gateway(found, "b", document("10.93.1.2", "10.93.1.1", 5001, middle, one, two, number)),
            gateway(found, "c", document("10.93.3.1", "10.93.3.2", 4002, middle, two, one, number)),
        ]
        file = tmp_path / "middle.pcap"
        capture = found.start(
            "b", "tcpdump", "--immediate-mode", "-q", "-U", "-i", "to-c", "-w", str(file), "not icmp6 and not arp"
        )
        assert capture.stderr is not None
        while "listening" not in capture.stderr.readline():
            assert capture.poll() is None
        ping(found, "a", "10.5.0.2", LARGEST - 28)
        stream(found, "a", "d", "10.5.0.2")
        capture.terminate()
        capture.communicate(timeout=PATIENCE_S)
        told = [ended(each) for each in gateways]
    _check_capture(file, middle, number)
    for each in told:
        assert {(line["source_vni"], line["destination_vni"]) for line in each["carried"]} >= _both(each, number)
        assert not [line for line in each["refused"] if line["refusal"] not in ("same-end", "vni-unmapped")], each
    assert sum(line["bytes"] for line in told[0]["carried"]) > 2_000_000


def _both(told: dict[str, list[dict[str, int]]], number: int) -> set[tuple[int, int]]:
    [other] = {line["source_vni"] for line in told["carried"]} - {number}
    return {(number, other), (other, number)}


def document(local: str, remote: str, vni: int, middle: str, near: str, far: str, number: int) -> str:
    """What joins a network of VXLAN with one beyond."""
    return f"""
ends:
  tenant: {{encapsulation: vxlan, local: "{local}", remotes: ["{remote}"]}}
  middle: {{encapsulation: {middle}, local: "{near}", remotes: ["{far}"]}}
networks:
  - {{tenant: {vni}, middle: {number}}}
"""


def _check_capture(file: Path, middle: str, number: int) -> None:
    """Tshark finds the network's number and the inner packets, and no reset of the kernel's."""
    names = {"geneve": "geneve.vni", "vxlan": "vxlan.vni", "nvgre": "gre.key", "stt": "stt.context_id"}
    rows = fields(file, [names[middle], "ip.src", "tcp.flags.reset"])
    inner = [found for found in rows if "10.5.0.1" in found["ip.src"] or "10.5.0.2" in found["ip.src"]]
    assert len(inner) > 20
    numbers = {int(found[names[middle]].split(",")[0], 0) for found in inner}
    assert {each >> 8 if middle == "nvgre" else each for each in numbers} == {number}
    if middle == "nvgre":
        assert len(numbers) > 1, "flows have FlowIDs"
    if middle == "stt":
        kernel = [found for found in rows if found not in inner]
        assert not [found for found in kernel if found["tcp.flags.reset"] in ("1", "True")]


def test_each_end_of_stt_keeps_the_kernel_s_resets_in_and_takes_its_rule_away() -> None:
    with row("abc") as found:
        text = document("10.93.1.2", "10.93.1.1", 5001, "stt", "10.93.2.1", "10.93.2.2", 7).replace("vxlan", "stt")
        between = gateway(found, "b", text)
        rules = found.run("b", "nft", "list", "ruleset")
        assert [rules.count(f"saddr {address} ") for address in ("10.93.1.2", "10.93.2.1")] == [1, 1], rules
        ended(between)
        assert not found.run("b", "nft", "list", "ruleset").strip()


@pytest.mark.parametrize(
    ("encapsulation", "tunnel", "number"),
    [
        ("geneve", "type=geneve options:remote_ip=10.93.2.1 options:key=300", 300),
        ("nvgre", f"type=gre options:remote_ip=10.93.2.1 options:in_key=flow options:out_key={0x2000 << 8}", 0x2000),
    ],
)
def test_open_vswitch_speaks_with_the_kernel_s_vxlan(encapsulation: str, tunnel: str, number: int) -> None:
    """a is the kernel, c is an Open vSwitch in user space, b the gateway.

    Open vSwitch knows NVGRE as GRE with a key, of which it takes any and sends one.
    """
    with row("abc") as found:
        found.vxlan("a", 5001, "10.93.1.1", "10.93.1.2", "10.5.0.1/24", LARGEST)
        found.switch("c", "to-b", [tunnel], "10.5.0.2/24")
        between = gateway(
            found, "b", document("10.93.1.2", "10.93.1.1", 5001, encapsulation, "10.93.2.1", "10.93.2.2", number)
        )
        ping(found, "a", "10.5.0.2", LARGEST - 28)
        stream(found, "c", "a", "10.5.0.1", 200_000)
        assert ended(between)["carried"]


def test_what_may_not_pass_is_counted_by_name_and_the_rest_goes_on() -> None:
    with row("abc") as found:
        found.vxlan("a", 5001, "10.93.1.1", "10.93.1.2", "10.5.0.1/24", 1500)
        found.ip("a", "link set to-b mtu 1600")
        found.ip("b", "link set to-a mtu 1600")
        text = document("10.93.1.2", "10.93.1.1", 5001, "geneve", "10.93.2.1", "10.93.2.2", 300)
        between = gateway(found, "b", text)
        frame = b"\xff" * 6 + b"\x02\0\0\0\0\x09" + b"\x08\0" + bytes(46)
        options = (geneve.Option(0x0102, 0x80, bytes(4)),)
        sent = {
            "geneve-critical-option": geneve.encode(geneve.Geneve(False, True, 0x6558, 300, options, frame)),
            "geneve-control": geneve.encode(geneve.Geneve(True, False, 0x6558, 300, (), frame)),
            "not-ethernet": geneve.encode(geneve.Geneve(False, False, 0x0800, 300, (), frame)),
            "frame-truncated": geneve.encode(geneve.Geneve(False, False, 0x6558, 300, (), frame[:13])),
            "vni-unmapped": geneve.encode(geneve.Geneve(False, False, 0x6558, 301, (), frame)),
            "geneve-truncated": b"\0\0\x65\x58",
        }
        for data in sent.values():
            _send(found, "c", data, ("10.93.2.1", geneve.PORT))
        found.ip("c", "address add 10.93.2.9/24 dev to-b")
        _send(found, "c", sent["vni-unmapped"], ("10.93.2.1", geneve.PORT), source="10.93.2.9")
        _send(found, "a", vxlan.encode(vxlan.Vxlan(5001, frame + bytes(1440))), ("10.93.1.2", vxlan.PORT))
        _send(found, "a", vxlan.encode(vxlan.Vxlan(5001, frame)), ("10.93.1.2", vxlan.PORT))
        time.sleep(0.5)
        told = ended(between)
    counted = {(line["end"], line["refusal"]): line["count"] for line in told["refused"]}
    assert {("middle", name): 1 for name in sent}.items() <= counted.items()
    assert counted["middle", "stranger"] == 1
    assert counted["middle", "too-large"] >= 1
    assert all(line["why"] for line in told["refused"])
    assert any(line["source"] == "tenant" and line["destination"] == "middle" for line in told["carried"])


def _send(row: Row, name: str, data: bytes, to: tuple[str, int], source: str = "") -> None:
    """A datagram from a machine."""
    bind = f"s.bind(('{source}', 0));" if source else ""
    script = f"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); {bind} s.sendto({data!r}, {to!r})"
    row.run(name, "python3", "-c", script)


def test_marks_of_congestion_and_service_classes_go_along(tmp_path: Path) -> None:
    """What left a as capable (ECT) and met congestion on the way comes out of the gateway with the mark. RFC 6040."""
    with row("abc") as found:
        found.vxlan("a", 5001, "10.93.1.1", "10.93.1.2", "10.5.0.1/24", LARGEST)
        text = document("10.93.1.2", "10.93.1.1", 5001, "geneve", "10.93.2.1", "10.93.2.2", 300)
        between = gateway(found, "b", text)
        file = tmp_path / "out.pcap"
        capture = found.start(
            "c", "tcpdump", "--immediate-mode", "-q", "-U", "-i", "to-b", "-w", str(file), "udp port 6081"
        )
        assert capture.stderr is not None
        while "listening" not in capture.stderr.readline():
            assert capture.poll() is None
        found.ip("a", "neighbour add 10.5.0.2 lladdr 02:00:00:00:00:22 dev inner")
        chain = "chain c {\n type filter hook output priority 0\n udp dport 4789 ip ecn set ce\n }"
        run(*found.inside("a", "nft", "-f", "-"), input=f"table ip t {{\n {chain}\n}}\n")
        for traffic in (0xB8 | 2, 0xB8 | 0):
            script = (
                f"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
                f"s.setsockopt(0, {socket.IP_TOS}, {traffic}); s.sendto(b'x', ('10.5.0.2', {9000 + traffic}))"
            )
            found.run("a", "python3", "-c", script)
        time.sleep(0.5)
        capture.terminate()
        capture.communicate(timeout=PATIENCE_S)
        refused = {line["refusal"]: line["count"] for line in ended(between)["refused"]}
    rows = fields(file, ["udp.dstport", "ip.dsfield.dscp", "ip.dsfield.ecn"])
    came = [found for found in rows if str(9000 + (0xB8 | 2)) in found["udp.dstport"]]
    assert [(found["ip.dsfield.dscp"], found["ip.dsfield.ecn"]) for found in came] == [("46,46", "3,3")]
    assert not [found for found in rows if str(9000 + 0xB8) in found["udp.dstport"]]
    assert refused["congestion"] >= 1
