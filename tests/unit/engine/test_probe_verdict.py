"""What may be claimed from which evidence: rules that hold for every trace, and how attempts are planned."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from cpal.engine.probe.attempt import Attempt, Hop, Way, interleave, spots, unspeakable, way_of
from cpal.engine.probe.place import Place
from cpal.engine.probe.rounds import rounds, untold
from cpal.engine.probe.sighting import Began
from cpal.engine.probe.trace import Book, Trace
from cpal.engine.probe.verdict import FEWEST_LEFT, Circumstances, Claim, claim, claim_of_frames
from cpal.reach.flow import Flow, Service

SERVICES = st.builds(
    Service,
    ip_version=st.sampled_from([4, 6]),
    protocol=st.sampled_from([1, 6, 17, 47, 58, 132]),
    port=st.none() | st.integers(0, 65535),
    icmp_code=st.none() | st.integers(0, 3),
)
NAMES = st.sampled_from(["a", "b", "c"])
FLOWS = st.builds(Flow, NAMES, NAMES, st.sampled_from(["10.0.0.2", "fd00::2"]), SERVICES)
ATTEMPTS = st.builds(
    lambda flow, number: Attempt(number, flow, way_of(flow.service), "10.0.0.1"), FLOWS, st.integers(0, 99)
)
FLOW = Flow("a", "b", "10.0.0.2", Service(4, 6, 80))
FRAME = Attempt(1, FLOW, Way.FRAME, "10.0.0.2", hop=Hop(bytes(6), "b's MAC"))
TRIED = [
    *(
        Attempt(1, Flow("a", "b", "10.0.0.2", each), way_of(each), "10.0.0.1")
        for each in (Service(4, 6, 80), Service(4, 17, 80), Service(4, 1, 8, 0), Service(4, 47))
    ),
    FRAME,
]
BOTH = (False, True)


def cases() -> Iterator[tuple[Attempt, Trace, Circumstances]]:
    """Every combination of evidence, from `a` to `b`, with `c` standing by."""
    arounds = [
        Circumstances(unproven, occupied, unroutable, unanswered, blind_destination=blind)
        for unproven, occupied, unroutable, unanswered, blind in itertools.product(
            ("", "not proven"), BOTH, ("", "no route"), ("", "10.0.0.9"), (0, 1)
        )
    ]
    for attempt, left, got, said, refused, (connected, echoed, replied) in itertools.product(
        TRIED,
        range(4),
        ("", "b", "c", "bc"),
        ("", "b", "c"),
        ("", "no"),
        itertools.product(BOTH, ((), ("10.0.0.2",), ("10.0.0.9",)), BOTH),
    ):
        trace = Trace(
            3, left, set(got), answered_by=set(said), refused=refused, connected=connected,
            echoed_by=set(echoed),
            reply_left=replied,
        )  # fmt: skip
        for around in arounds:
            yield attempt, trace, around


def test_reached_needs_the_destination_s_own_sign() -> None:
    for attempt, trace, around in cases():
        observed, evidence = claim(attempt, trace, around)
        assert evidence
        assert observed is not True or "b" in trace.answered_by | trace.arrived
        assert observed is True or "b" not in trace.answered_by


def test_a_denial_needs_proof() -> None:
    """Someone else got it; or all is proven up, and packets left (two, or one that was refused), or none could."""
    denied = 0
    for attempt, trace, around in cases():
        if claim(attempt, trace, around)[0] is not False or "c" in trace.answered_by | trace.arrived:
            continue
        denied += 1
        assert not around.unproven
        if not around.unroutable and (trace.left or not around.unanswered):
            assert not around.blind_destination
            assert trace.left >= FEWEST_LEFT or (trace.left and (trace.refused or trace.connected or trace.echoed_by))
    assert denied > 1000


def test_doubt_never_turns_one_claim_into_the_other() -> None:
    for attempt, trace, around in cases():
        sure = claim(attempt, trace, around._replace(unproven="", blind_destination=0))[0]
        assert claim(attempt, trace, around)[0] in (sure, None)


CLAIMS: list[Claim] = [(True, "got it"), (None, "not proven"), (False, "none arrived")]


@given(claims=st.lists(st.sampled_from(CLAIMS), min_size=1))
def test_frames_are_denied_only_when_each_is(claims: list[Claim]) -> None:
    observed, evidence = claim_of_frames(claims, FLOW)
    shown = {each for each, _ in claims}
    assert observed is (True if True in shown else None if None in shown else False)
    assert any(said in evidence for each, said in claims if each is observed)


def test_a_denied_frame_says_where_it_was_addressed_to() -> None:
    denied = claim(FRAME, Trace(sent=3, left=3), Circumstances())
    assert claim_of_frames([denied], FLOW) == (
        False,
        "3 frames addressed to b's MAC left a; none arrived at b (10.0.0.2 is a's own address too)",
    )
    assert claim(FRAME, Trace(sent=3, left=3, arrived={"b"}), Circumstances())[0] is True


@given(attempts=st.lists(ATTEMPTS, unique_by=lambda each: each.number))
def test_sources_take_turns(attempts: list[Attempt]) -> None:
    order = interleave(attempts)
    assert sorted(order) == sorted(attempts)
    sources = {attempt.flow.source for attempt in attempts}
    assert {attempt.flow.source for attempt in order[: len(sources)]} == sources


@given(service=SERVICES)
def test_a_service_that_can_be_tried_has_what_its_way_needs(service: Service) -> None:
    flow = Flow("a", "b", "fd00::2" if service.ip_version == 6 else "10.0.0.2", service)
    listens = way_of(service) in (Way.STREAM, Way.DATAGRAM)
    if not unspeakable(flow):
        assert service.port or service.protocol not in (6, 17, 132)
        assert bool(spots([service], {"b": ("10.0.0.2", "fd00::2")})) == listens


PLACES = {
    "a": Place("", "", ("10.0.0.1", "fd00::1")),
    "b": Place("", "", ("10.0.0.2", "fd00::2")),
    "c": Place("", "", ("10.0.0.1",)),
}
ROUNDED = st.builds(Flow, NAMES, NAMES, st.sampled_from(["10.0.0.1", "10.0.0.2", "fd00::2"]), SERVICES)


@given(flows=st.lists(ROUNDED, max_size=40), apart=st.booleans())
def test_no_round_tries_a_protocol_without_ports_both_ways(flows: list[Flow], apart: bool) -> None:
    found = rounds(flows, PLACES, apart)
    assert sorted(position for positions in found for position in positions) == list(range(len(flows)))
    for positions in found:
        tried = [flows[position] for position in positions if untold(flows[position].service)]
        for one, other in itertools.combinations(tried, 2):
            if one.service.protocol != other.service.protocol or (":" in one.address) != (":" in other.address):
                continue
            assert one.source == one.destination or (one.source, one.destination) != (other.destination, other.source)
            back = other.address in PLACES[one.source].addresses and one.address in PLACES[other.source].addresses
            assert one.source == other.source or not back
            assert not apart or one.address != other.address or one.source == other.source


def test_an_echo_from_another_address_is_no_answer() -> None:
    echo = Attempt(1, Flow("a", "b", "10.0.0.2", Service(4, 1, 8, 0)), Way.ECHO, "10.0.0.1")
    trace = Trace(3, 3, {"b"}, echoed_by={"10.0.0.9"}, reply_left=True)
    said = "3 packets left a; arrived at b; 10.0.0.9, which was not asked, replied"
    assert claim(echo, trace, Circumstances()) == (False, said)


def test_a_destination_without_a_way_back_denies() -> None:
    echo = Attempt(1, Flow("a", "b", "10.0.0.2", Service(4, 1, 8, 0)), Way.ECHO, "10.0.0.1")
    trace = Trace(3, 3, {"b"}, {"10.0.0.1"})
    lost = Circumstances(one_way="there is no route back to 10.0.0.1")
    assert claim(echo, trace, lost) == (False, "b got the echo request; there is no route back to 10.0.0.1")
    assert claim(echo, trace, Circumstances()) == (None, "b got the echo request and its kernel did not reply")


def test_listeners_are_wanted_at_every_address_of_the_version() -> None:
    addresses = {"a": ("10.0.0.1", "fd00::1"), "b": ("10.0.0.2", "10.0.0.3")}
    found = spots([Service(4, 6, 80), Service(4, 6, 80), Service(6, 17, 53), Service(4, 1, 8)], addresses)
    assert [(spot.endpoint, spot.address, str(spot.service)) for spot in found] == [
        ("a", "10.0.0.1", "tcp/80"),
        ("a", "fd00::1", "udp/53"),
        ("b", "10.0.0.2", "tcp/80"),
        ("b", "10.0.0.3", "tcp/80"),
    ]


@given(st.permutations(range(4)))
def test_an_arrival_may_be_read_before_the_departure(order: list[int]) -> None:
    attempt = Attempt(5, Flow("a", "b", "10.0.0.2", Service(4, 6, 80)), Way.STREAM, "10.0.0.1")
    book = Book()
    book.enter([attempt])
    book.port(attempt, 1234)
    steps = [
        lambda: book.left("a", Began(4, 1234, 99, "203.0.113.5")),
        lambda: book.arrived("b", {"10.0.0.2"}, Began(4, 7777, 99, "10.0.0.2")),
        lambda: book.arrived("c", {"10.0.0.3"}, Began(4, 1234, 98, "10.0.0.3")),
        lambda: book.arrived("router", {"10.0.0.9"}, Began(4, 7777, 99, "10.0.0.2")),
    ]
    for number in order:
        steps[number]()
    book.settle()
    assert book.traces[5] == Trace(left=1, arrived={"b"})
