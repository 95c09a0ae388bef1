"""How entries of access lists are written and read, and in which order their lines are typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.drivers.devices.acl_lines import read, with_wildcard, written
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_acl import entry_of
from cpal.model.acl import AclEntry
from cpal.model.target import Range
from tests.unit.lab.emulate.test_access_lists import MASKED, opened

MAKES = {"eos": EOS, "nxos": NXOS, "ios": IOS}
OCTETS = st.integers(0, 255)
PREFIXES = st.sampled_from(("", "10.0.0.1", "10.0.0.1/32", "10.0.0.0/8", "172.16.0.0/12", "192.0.2.0/31"))
PORTS = st.none() | st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda two: Range(min(two), max(two)))


@st.composite
def entries(draw: st.DrawFn) -> AclEntry:
    """An entry that is valid."""
    protocol = draw(st.sampled_from(("", "tcp", "udp", "icmp", "6", "gre", "132")) | st.integers(1, 255).map(str))
    fields: dict[str, Any] = {"source_address": draw(PREFIXES), "destination_address": draw(PREFIXES)}
    if protocol in ("tcp", "udp", "6", "17"):
        fields |= {"source_port": draw(PORTS), "destination_port": draw(PORTS)}
    if protocol in ("icmp", "1") and draw(st.booleans()):
        fields |= {"icmp_type": draw(OCTETS), "icmp_code": draw(st.none() | OCTETS)}
    action = draw(st.sampled_from(("accept", "drop")))
    return AclEntry(sequence_id=draw(st.integers(1, 2**31 - 1)), forwarding_action=action, protocol=protocol, **fields)


@given(entries())
def test_what_is_written_reads_as_the_same(entry: AclEntry) -> None:
    for say in (written(), written(with_wildcard)):
        assert read(say(entry.words)) == entry.words
    found = entry_of(entry.sequence_id, entry.words)
    assert found is not None
    assert (found.sequence_id, found.words) == (entry.sequence_id, entry.words)


@pytest.mark.parametrize("make", MAKES)
@given(entry=entries())
def test_what_an_emulator_shows_of_it_reads_as_the_same(make: str, entry: AclEntry) -> None:
    editor, held = opened(make)
    say = written(with_wildcard) if make == "ios" else written()
    editor.type(f"{entry.sequence_id} {say(entry.words)}")
    (line,) = [each.line for each in held.children()]
    number, _, text = line.partition(" ")
    assert (int(number), read(text)) == (entry.sequence_id, entry.words)


@pytest.mark.parametrize(
    "texts",
    [
        ("permit tcp any host 10.0.0.1 eq www", "permit 6 any 10.0.0.1/32 eq 80",
         "permit tcp 0.0.0.0/0 10.0.0.1 0.0.0.0 range 80 www"),
        ("deny udp 10.0.0.0/24 gt 1023 any", "deny 17 10.0.0.9 0.0.0.255 range 1024 65535 any"),
        ("permit tcp any any lt 1024", "permit tcp any any range 0 1023"),
        ("permit icmp any any echo", "permit icmp any any 8"),
        ("permit ahp any any", "permit 51 any any"),
    ],
)  # fmt: skip
def test_texts_of_one_rule_are_one(texts: tuple[str, ...]) -> None:
    assert len({read(text) for text in texts}) == 1
    assert str(read(texts[0])).startswith(("accept", "drop"))


@pytest.mark.parametrize(
    "text",
    ["permit tcp any any established", "permit ip any any log", "permit tcp any any eq 80 443", "remark of old",
     "permit ip 10.0.0.0 0.255.0.255 any", "permit tcp any any neq 80", "permit", "permit tcp any any gt 65535"],
)  # fmt: skip
def test_an_entry_that_says_more_is_read_as_it_stands(text: str) -> None:
    assert read(text) == text
    assert entry_of(10, text) is None
    assert written()(text) == text


@pytest.mark.parametrize("name", MAKES)
def test_a_list_is_there_before_it_is_asked_and_goes_after_that(name: str) -> None:
    make, acl = MAKES[name], MASKED[name]
    bare: Tree = {"interface Ethernet1": {}}
    held: Tree = {"interface Ethernet1": {"ip access-group WEB in": {}}, acl: {"10 deny ip any any": {}}}
    made, gone = make.lines(bare, held), make.lines(held, bare)
    assert made.index("10 deny ip any any") < made.index("ip access-group WEB in")
    assert gone.index("no ip access-group WEB in") < gone.index(f"no {acl}")


@pytest.mark.parametrize("name", MAKES)
def test_entries_leave_before_others_take_their_numbers(name: str) -> None:
    make: Make = MAKES[name]
    before: Tree = {MASKED[name]: {"10 deny tcp any any": {}, "20 deny udp any any": {}, "30 deny ip any any": {}}}
    after: Tree = {MASKED[name]: {"10 deny udp any any": {}, "20 deny tcp any any": {}, "30 deny ip any any": {}}}
    said = [line for line in make.lines(before, after) if line[0].isdecimal() or line.startswith("no")]
    assert sorted(said[:2]) == ["no 10", "no 20"]
    assert sorted(said[2:]) == ["10 deny udp any any", "20 deny tcp any any"]
