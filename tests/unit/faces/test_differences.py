"""How a plan tells of a record that changes: of long lists what differs, in words."""

from __future__ import annotations

from msgspec.structs import replace

from cpal.faces.cli.describe import Describer
from cpal.faces.cli.summary import difference
from cpal.model.acl import Acl, AclEntry
from cpal.model.bgp import Bgp, BgpNeighbor
from cpal.model.estate import EMPTY
from cpal.model.record import Record

ENTRIES = tuple(AclEntry(sequence_id=number, forwarding_action="accept", protocol="tcp") for number in (10, 20, 30))
SPINES = tuple(BgpNeighbor(address=f"192.0.2.{number}", remote_asn=65000) for number in (1, 2))


def told(before: Record, after: Record) -> str:
    describer = Describer(EMPTY)
    return difference(before, after, describer, describer)


def test_of_an_access_list_the_entries_are_told_that_differ() -> None:
    acl = Acl(id="a", name="WEB", entries=ENTRIES)
    dropped = replace(ENTRIES[1], forwarding_action="drop")
    changed = replace(acl, entries=(ENTRIES[0], dropped, ENTRIES[2]))
    assert told(acl, changed) == f"entries: 20 {ENTRIES[1].words} -> 20 {dropped.words}"
    assert told(acl, replace(acl, entries=ENTRIES[:2])) == f"entries: 30 {ENTRIES[2].words} -> none"


def test_of_neighbours_whatever_differs_is_told_in_words() -> None:
    bgp = Bgp(id="b", name="leaf1", asn=65001, neighbors=SPINES)
    for field, value in (
        ("update_source", "Loopback0"),
        ("next_hop_self", True),
        ("ebgp_multihop", 2),
        ("description", "x"),
    ):
        other = replace(SPINES[1], **{field: value})
        said = told(bgp, replace(bgp, neighbors=(SPINES[0], other)))
        assert said == f"neighbors: {SPINES[1].words} -> {other.words}"
        assert SPINES[1].words != other.words


def test_a_list_whose_members_only_stand_otherwise_is_told_whole() -> None:
    bgp = Bgp(id="b", name="leaf1", asn=65001, neighbors=SPINES)
    one, two = (each.words for each in SPINES)
    assert told(bgp, replace(bgp, neighbors=SPINES[::-1])) == f"neighbors: {one}, {two} -> {two}, {one}"
