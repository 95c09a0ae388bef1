"""Places that are not as they should be, addresses that lie, and what stands at the other end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from cpal.engine.probe import Observation, Place, probe
from cpal.reach.flow import Flow, Service
from tests.integration.probe.ground import ECHO, ECHO6, Ground, chain, tcp, udp

GRE = Service(4, 47)


def one(ground: Ground, flow: Flow, **places: Place) -> Observation:
    """What the prober says of the flow, with these places instead of the true ones."""
    return probe([flow], ground.places() | places)[0]


def test_a_missing_namespace_is_named(ground: Ground) -> None:
    place = Place("/run/netns/cpalprobe-none", "eth0", ground.place("b").addresses)
    for flow in (ground.flow("a", "b", tcp(80)), ground.flow("b", "a", tcp(80))):
        seen = one(ground, flow, b=place)
        assert seen.observed is None
        assert "b: no network namespace /run/netns/cpalprobe-none (no such file or directory)" in seen.evidence


def test_a_path_that_is_no_namespace_is_named(ground: Ground) -> None:
    seen = one(ground, ground.flow("a", "b", tcp(80)), b=Place("/etc/hostname", "eth0", ground.place("b").addresses))
    assert (seen.observed, "no network namespace /etc/hostname" in seen.evidence) == (None, True)


def test_an_endpoint_without_a_place_is_named(ground: Ground) -> None:
    seen = probe([Flow("a", "x", "10.91.2.2", tcp(80)), Flow("x", "a", "10.91.1.2", tcp(80))], ground.places())
    assert [(each.observed, each.evidence) for each in seen] == [(None, "x has no place on this machine")] * 2


def test_a_missing_interface_is_named(ground: Ground) -> None:
    place = Place(ground.place("b").namespace, "eth9", ground.place("b").addresses)
    seen = one(ground, ground.flow("a", "b", tcp(80)), b=place)
    assert (seen.observed, "no interface eth9" in seen.evidence) == (None, True)


def test_an_address_that_is_not_there_is_named(ground: Ground) -> None:
    place = Place(ground.place("b").namespace, "eth0", ("10.91.2.3",))
    seen = one(ground, Flow("a", "b", "10.91.2.3", tcp(80)), b=place)
    assert (seen.observed, seen.evidence) == (None, "b: 10.91.2.3 is not configured")
    seen = one(ground, ground.flow("b", "a", tcp(80, 6)), b=place)
    assert (seen.observed, seen.evidence) == (None, "b: it has no IPv6 address")


def test_an_interface_that_is_down_or_unplugged_is_named(ground: Ground) -> None:
    ground.ip("fw", "link set dev b down")
    seen = one(ground, ground.flow("a", "b", tcp(80)))
    assert (seen.observed, seen.evidence) == (None, "b: the interface eth0 has no carrier")
    ground.ip("b", "link set dev eth0 down")
    seen = one(ground, ground.flow("a", "b", tcp(80)))
    assert (seen.observed, seen.evidence) == (None, "b: the interface eth0 is down")


def test_duplicate_address_detection_is_waited_for(ground: Ground) -> None:
    ground.sysctl("b", "net.ipv6.conf.eth0.accept_dad=1", "net.ipv6.conf.eth0.dad_transmits=1")
    ground.ip("b", "address add fd91:2::3/64 dev eth0")
    place = Place(ground.place("b").namespace, "eth0", ("FD91:2:0::3",))
    seen = one(ground, Flow("a", "b", "fd91:2::3", udp(80, 6)), b=place)
    assert seen.observed is True, seen.evidence


def test_an_address_in_use_elsewhere_is_named(ground: Ground) -> None:
    ground.sysctl("b", "net.ipv6.conf.eth0.accept_dad=1", "net.ipv6.conf.eth0.dad_transmits=1")
    ground.ip("b", "address add fd91:2::1/64 dev eth0")
    place = Place(ground.place("b").namespace, "eth0", ("fd91:2::1",))
    seen = one(ground, Flow("b", "a", "fd91:1::2", udp(80, 6)), b=place)
    assert seen.observed is None
    assert "fd91:2::1 is in use elsewhere" in seen.evidence


def test_without_a_loopback_interface_a_denial_is_not_claimed(ground: Ground) -> None:
    ground.ip("b", "link set dev lo down")
    ground.forward("tcp dport 81 drop")
    reached, silent = probe([ground.flow("a", "b", tcp(port)) for port in (80, 81)], ground.places())
    assert reached.observed is True, reached.evidence
    assert silent.observed is None
    assert silent.evidence.endswith("did not answer from within its own namespace; its loopback interface is down")


def test_overlapping_addresses_are_told_apart(ground: Ground) -> None:
    ground.add("twin", 2)
    ground.ip("fw", "rule add from 10.91.3.0/24 lookup 7", "route add 10.91.2.0/24 dev twin table 7")
    ground.ip("fw", "route add 10.91.3.0/24 dev c table 7")
    ground.ip("twin", "route add 10.91.3.0/24 dev eth0")
    ground.sysctl("fw", "net.ipv4.conf.twin.proxy_arp=1")
    places = ground.places() | {"twin": Place(ground.place("twin").namespace, "eth0", ("10.91.2.2",))}
    services = (tcp(80), udp(80), ECHO, GRE)
    seen = probe([Flow("c", name, "10.91.2.2", each) for name in ("b", "twin") for each in services], places)
    assert [each.observed for each in seen] == [False] * 4 + [True] * 4, seen
    assert {each.evidence for each in seen[:4]} == {
        "answered by twin, not by b",
        "arrived at twin, not at b",
    }


TWIN_SERVICES = [(tcp(80), udp(80), ECHO, GRE), (tcp(80, 6), udp(80, 6), ECHO6, Service(6, 47))]


def twins(ground: Ground) -> tuple[list[Flow], dict[str, Place]]:
    """What `b` may send to its twin, which has the same addresses, and all places."""
    ground.add("twin", 2)
    own = ground.place("b").addresses
    places = ground.places() | {"twin": Place(ground.place("twin").namespace, "eth0", own)}
    return [Flow("b", "twin", own[i], each) for i in (0, 1) for each in TWIN_SERVICES[i]], places


def test_an_address_of_the_source_s_own_is_tried_below_its_kernel(ground: Ground) -> None:
    flows, places = twins(ground)
    for seen in probe(flows, places):
        assert seen.observed is False, seen.evidence
        own, gateway = seen.evidence.split("; none arrived at twin; ")
        assert own == "3 frames addressed to twin's MAC left b"
        address = "10.91.2.1" if seen.flow.service.ip_version == 4 else "fd91:2::1"
        assert gateway.startswith(f"3 frames addressed to the MAC of its gateway {address} left b; ")
        assert gateway.endswith(f"none arrived at twin ({seen.flow.address} is b's own address too)")


def test_a_leak_between_twins_on_one_wire_is_seen(ground: Ground) -> None:
    flows, places = twins(ground)
    ground.ip("fw", "link add wire type bridge", "link set dev wire up")
    ground.ip("fw", "link set dev b master wire", "link set dev twin master wire")
    for seen in probe(flows, places):
        assert (seen.observed, seen.evidence) == (True, "twin got the frame addressed to twin's MAC")


def test_a_leak_between_twins_through_the_router_is_seen(ground: Ground) -> None:
    flows, places = twins(ground)
    ground.ip("fw", "route add 10.91.2.2/32 dev twin", "route add fd91:2::2/128 dev twin")
    for seen in probe(flows, places):
        hop = "10.91.2.1" if seen.flow.service.ip_version == 4 else "fd91:2::1"
        assert (seen.observed, seen.evidence) == (True, f"twin got the frame addressed to the MAC of its gateway {hop}")


def test_frames_that_do_not_leave_deny_nothing(ground: Ground) -> None:
    flows, places = twins(ground)
    ground.nft(
        "b",
        "table netdev f {\n chain out {\n type filter hook egress device eth0 priority 0\n"
        " ip daddr 10.91.2.2 drop\n ip6 daddr fd91:2::2 drop\n }\n}\n",
    )
    for seen in probe(flows, places):
        assert seen.observed is None
        assert seen.evidence.startswith("0 of 3 frames addressed to twin's MAC are shown to have left b")


def test_translated_addresses_are_followed(ground: Ground) -> None:
    ground.nft(
        "fw",
        "table ip nat {\n chain pre {\n type nat hook prerouting priority -100\n"
        " ip daddr 203.0.113.5 dnat to 10.91.2.2\n }\n"
        " chain post {\n type nat hook postrouting priority 100\n ip saddr 10.91.1.0/24 masquerade random\n }\n}\n",
    )
    ground.forward("ct status dnat tcp dport 81 drop", "ct status dnat tcp dport 82 reject with tcp reset")
    ground.nft("b", chain("input", "iifname eth0 tcp dport 83 drop", "iifname eth0 udp dport 83 drop"))
    services = (tcp(80), udp(80), ECHO, GRE, Service(4, 132, 80))
    floating = [ground.flow(source, "b", each, "203.0.113.5") for each in services for source in ("a", "c")]
    for seen in probe(floating, ground.places()):
        assert seen.observed is True, seen
    denied = [ground.flow("a", "b", each, "203.0.113.5") for each in (tcp(81), tcp(82), tcp(83), udp(83))]
    stopped = probe(denied, ground.places())
    assert [each.observed for each in stopped] == [False] * 4, stopped
    assert ["; arrived at b" in each.evidence for each in stopped] == [
        False, False, True, True
    ]  # fmt: skip


def test_no_route_is_a_denial(ground: Ground) -> None:
    ground.ip("a", "route del default via 10.91.1.1", "route del default via fd91:1::1")
    seen = probe([ground.flow("a", "b", tcp(80, version)) for version in (4, 6)], ground.places())
    assert [each.observed for each in seen] == [False, False]
    assert seen[0].evidence == "nothing could leave a: no route to 10.91.2.2 by eth0"
    assert seen[1].evidence == "nothing could leave a: no route to fd91:2::2 by eth0"


def test_a_next_hop_that_does_not_answer_is_a_denial(ground: Ground) -> None:
    ground.ip("a", "route replace default via 10.91.1.9", "route replace default via fd91:1::9")
    flows = [ground.flow("a", "b", each) for each in (tcp(80), udp(80), GRE, tcp(80, 6), Service(6, 47))]
    seen = probe(flows, ground.places())
    assert [each.observed for each in seen] == [False] * 5, seen
    assert seen[0].evidence == "a asked for 10.91.1.9, its next hop, and nobody answered"
    assert seen[3].evidence == "a asked for fd91:1::9, its next hop, and nobody answered"


def test_a_next_hop_that_answers_is_no_excuse(ground: Ground) -> None:
    ground.ip("a", "neighbour flush all")
    ground.nft(
        "a",
        "table netdev f {\n chain out {\n type filter hook egress device eth0 priority 0\n"
        " ip protocol gre drop\n }\n}\n",
    )
    seen = one(ground, ground.flow("a", "b", GRE))
    assert seen.observed is None
    assert seen.evidence.startswith("0 of 3 packets are shown to have left a")


def test_a_kernel_that_does_not_reply_to_echo_is_no_denial(ground: Ground) -> None:
    ground.sysctl("b", "net.ipv4.icmp_echo_ignore_all=1")
    seen = one(ground, ground.flow("a", "b", ECHO))
    assert (seen.observed, seen.evidence) == (None, "b got the echo request and its kernel did not reply")


LISTEN = """
import socket, sys
stream, datagram = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
stream.bind(("", 80)), datagram.bind(("10.91.2.2", 80)), stream.listen()
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def listening(ground: Ground, name: str) -> Iterator[None]:
    """A process of somebody else that holds TCP and UDP port 80 and answers nothing."""
    words = ["ip", "netns", "exec", ground.namespace(name), sys.executable, "-c", LISTEN]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.stdin.close()


def test_a_port_in_use_is_judged_by_the_witness(ground: Ground) -> None:
    with listening(ground, "b"):
        reached = probe([ground.flow("a", "b", each) for each in (tcp(80), udp(80))], ground.places())
        ground.forward("meta l4proto { tcp, udp } th dport 80 drop")
        denied = probe([ground.flow("a", "b", each) for each in (tcp(80), udp(80))], ground.places())
    assert [each.observed for each in reached] == [True, True], reached
    assert reached[0].evidence == "b got the packet, where another process holds tcp/80"
    assert [each.observed for each in denied] == [False, False], denied


def test_two_runs_at_once_do_not_disturb_each_other(ground: Ground) -> None:
    ground.forward("meta l4proto { tcp, udp } th dport 81 drop")
    flows = [
        ground.flow(x, y, each) for x in "ab" for y in "bc" if x != y for each in (tcp(80), udp(80), tcp(81), ECHO)
    ]
    expected = [True, True, False, True] * 3
    with ThreadPoolExecutor(2) as executor:
        for found in executor.map(lambda _: probe(flows, ground.places()), range(2)):
            assert [each.observed for each in found] == expected, found


@pytest.mark.parametrize("service", [tcp(80), tcp(80, 6), udp(80)], ids=str)
def test_addresses_on_the_loopback_interface_are_reached(ground: Ground, service: Service) -> None:
    address = "fd91:99::1" if service.ip_version == 6 else "10.99.0.1"
    ground.ip("b", f"address add {address} dev lo")
    via = "fd91:2::2" if service.ip_version == 6 else "10.91.2.2"
    ground.ip("fw", f"route add {address} via {via}")
    place = Place(ground.place("b").namespace, "eth0", (*ground.place("b").addresses, address))
    seen = one(ground, Flow("a", "b", address, service), b=place)
    assert seen.observed is True, seen.evidence
