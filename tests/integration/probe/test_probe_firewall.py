"""What a firewall between two hosts lets through, and what it refuses in every way that nftables knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cpal.engine.probe import Observation, probe
from cpal.reach.flow import Flow, Service
from tests.integration.probe.ground import ECHO, ECHO6, chain, hosts, tcp, udp

RULES = (
    "ip daddr 10.91.2.2 meta l4proto { tcp, udp } th dport 81 drop",
    "ip6 daddr fd91:2::2 meta l4proto { tcp, udp } th dport 81 drop",
    "tcp dport 82 reject with tcp reset",
    "ip daddr 10.91.2.2 tcp dport 83 reject with icmp type admin-prohibited",
    "ip6 daddr fd91:2::2 tcp dport 83 reject with icmpv6 type admin-prohibited",
    "udp dport 83 reject with icmpx type host-unreachable",
    "tcp sport 84 drop",
    "udp sport 84 drop",
    "ip daddr 10.91.2.2 meta l4proto 47 drop",
    "ip6 daddr fd91:2::2 meta l4proto 47 reject",
    "meta l4proto { sctp, dccp, udplite } th dport 81 drop",
    "ip daddr 10.91.2.2 sctp dport 83 reject",
    "ip daddr 10.91.1.2 icmp type { echo-request, timestamp-request } drop",
    "ip6 daddr fd91:1::2 icmpv6 type echo-request reject",
    "ip saddr 10.91.3.2 icmp type echo-reply drop",
)
"""What the router does; at every other port it lets pass."""

REACHED = [
    ("a", "b", tcp(80)), ("b", "a", tcp(80)), ("a", "b", tcp(80, 6)), ("a", "b", udp(80)), ("a", "b", udp(80, 6)),
    ("a", "b", ECHO), ("a", "b", ECHO6), ("a", "b", Service(4, 1)), ("a", "b", Service(6, 58)),
    ("a", "b", Service(4, 1, 13, 0)), ("a", "b", Service(4, 1, 8, 1)),
    ("b", "a", Service(4, 47)), ("a", "b", Service(4, 50)), ("a", "b", Service(4, 0)), ("a", "b", Service(4, 255)),
    ("b", "a", Service(6, 47)), ("a", "b", Service(6, 59)), ("a", "b", Service(6, 112)),
    ("a", "b", Service(4, 132, 80)), ("a", "b", Service(6, 132, 80)), ("a", "b", Service(4, 33, 80)),
    ("a", "b", Service(6, 33, 80)), ("a", "b", Service(4, 136, 80)), ("a", "b", Service(6, 136, 80)),
]  # fmt: skip

DENIED = [
    ("a", "b", tcp(81), "packets left a; none arrived at b"),
    ("a", "b", tcp(81, 6), "packets left a; none arrived at b"),
    ("a", "b", udp(81), "3 packets left a; none arrived at b"),
    ("a", "b", udp(81, 6), "3 packets left a; none arrived at b"),
    ("a", "b", tcp(82), "1 packet left a; none arrived at b; the connection was reset"),
    ("a", "b", tcp(82, 6), "1 packet left a; none arrived at b; the connection was reset"),
    ("a", "b", tcp(83), "1 packet left a; none arrived at b; 10.91.1.1 said: administratively prohibited"),
    ("a", "b", tcp(83, 6), "1 packet left a; none arrived at b; fd91:1::1 said: administratively prohibited"),
    ("a", "b", udp(83), "1 packet left a; none arrived at b; 10.91.1.1 said: host unreachable"),
    ("a", "b", udp(83, 6), "1 packet left a; none arrived at b; fd91:1::1 said: address unreachable"),
    ("a", "b", tcp(84), "packets left a; arrived at b; no answer came back"),
    ("a", "b", udp(84, 6), "3 packets left a; arrived at b; no answer came back"),
    ("a", "b", tcp(85), "packets left a; arrived at b; no answer came back"),
    ("a", "b", Service(4, 47), "3 packets left a; none arrived at b"),
    ("a", "b", Service(6, 47), "1 packet left a; none arrived at b; fd91:1::1 said: port unreachable"),
    ("a", "b", Service(4, 132, 81), "3 packets left a; none arrived at b"),
    ("a", "b", Service(6, 33, 81), "3 packets left a; none arrived at b"),
    ("a", "b", Service(4, 136, 81), "3 packets left a; none arrived at b"),
    ("a", "b", Service(4, 132, 83), "1 packet left a; none arrived at b; 10.91.1.1 said: port unreachable"),
    ("b", "a", ECHO, "3 packets left b; none arrived at a"),
    ("b", "a", ECHO6, "1 packet left b; none arrived at a; fd91:2::1 said: port unreachable"),
    ("b", "a", Service(4, 1, 13, 0), "3 packets left b; none arrived at a"),
    ("b", "c", ECHO, "3 packets left b; arrived at c; no answer came back"),
]

UNKNOWN = [
    ("a", "b", Service(6, 6), "tcp names no port"),
    ("a", "b", Service(6, 43), "43 is an IPv6 extension header, which no packet can end with"),
    ("a", "b", Service(4, 1, 3, 1), "icmp/3/1 is an error message about another connection"),
    ("a", "a", tcp(80), "10.91.1.2 is in the namespace of a itself: nothing would leave"),
    ("c", "b", tcp(86), "of 3 packets are shown to have left c"),
    ("c", "b", udp(86), "of 3 packets are shown to have left c (operation not permitted)"),
    ("c", "b", Service(4, 41), "of 3 packets are shown to have left c (operation not permitted)"),
    ("a", "b", tcp(87), "the listener of b on 10.91.2.2 tcp/87 did not answer from within its own namespace"),
]


@pytest.fixture(scope="module")
def observations() -> Iterator[dict[Flow, Observation]]:
    """What one run of the prober says of all flows of this module."""
    with hosts("a", "b", "c") as ground:
        ground.forward(*RULES)
        ground.nft("b", chain("input", "iifname eth0 tcp dport 85 drop", "tcp dport 87 drop"))
        ground.nft("c", chain("output", "meta l4proto { tcp, udp } th dport 86 drop", "meta l4proto 41 drop"))
        flows = [ground.flow(source, destination, service) for source, destination, service in REACHED]
        flows += [ground.flow(source, destination, service) for source, destination, service, _ in DENIED + UNKNOWN]
        found = probe(flows, ground.places())
        yield {each.flow: each for each in found}


def of(observations: dict[Flow, Observation], source: str, destination: str, service: Service) -> Observation:
    """The one observation of the flow."""
    wanted = (source, destination, service)
    return next(each for flow, each in observations.items() if (flow.source, flow.destination, flow.service) == wanted)


@pytest.mark.parametrize(("source", "destination", "service"), REACHED, ids=str)
def test_what_passes_is_observed(
    observations: dict[Flow, Observation], source: str, destination: str, service: Service
) -> None:
    seen = of(observations, source, destination, service)
    assert seen.observed is True, seen.evidence


@pytest.mark.parametrize(("source", "destination", "service", "evidence"), DENIED, ids=str)
def test_what_is_stopped_is_a_denial_with_its_evidence(
    observations: dict[Flow, Observation], source: str, destination: str, service: Service, evidence: str
) -> None:
    seen = of(observations, source, destination, service)
    assert seen.observed is False, seen.evidence
    assert evidence in seen.evidence


@pytest.mark.parametrize(("source", "destination", "service", "evidence"), UNKNOWN, ids=str)
def test_what_cannot_be_told_is_not_claimed(
    observations: dict[Flow, Observation], source: str, destination: str, service: Service, evidence: str
) -> None:
    seen = of(observations, source, destination, service)
    assert seen.observed is None, seen.evidence
    assert evidence in seen.evidence
