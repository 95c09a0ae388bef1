"""The shell's tables fit the model and the documents: no kind or field is forgotten."""

from __future__ import annotations

import pytest

from cpal.errors import EXIT_CODES
from cpal.faces.cli.describe import REFERENCES
from cpal.faces.cli.flag_nodes import LEFT_OUT, document_of, flags_of, in_flags, shape_of
from cpal.faces.cli.flags import DEFAULT_PROJECT as PROJECT_OF_FLAGS
from cpal.faces.cli.kinds import KINDS, Kind, kind_called
from cpal.faces.cli.listing import COLUMNS
from cpal.faces.cli.main import BAD_USAGE, BROKEN_PIPE, INTERRUPTED, VERBS, Program
from cpal.faces.cli.one_record import NOT_SETTABLE, OF_INSTANCE, PARTS, TOUCHES, settable
from cpal.faces.cli.summary import _SUMMARIES
from cpal.faces.documents.reading import DEFAULT_PROJECT
from cpal.model import estate
from cpal.model.bgp import BgpNeighbor

WRITTEN = [kind for kind in KINDS.values() if kind.writable and kind.name != "project"]
"""Kinds that documents have a section for."""


def test_every_kind_of_record_is_known() -> None:
    assert set(KINDS) == {*estate.KINDS, "stack"}
    assert set(COLUMNS) == set(KINDS)
    assert set(_SUMMARIES) == set(estate.RECORD_TYPES)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_goes_by_one_or_many_with_either_dash(kind: Kind) -> None:
    for word in (kind.name, kind.plural, kind.flag, kind.plural_flag, kind.flag.upper()):
        assert kind_called(word) == kind


def test_no_word_means_two_kinds() -> None:
    words = [word for kind in KINDS.values() for word in {kind.name, kind.plural}]
    assert len(set(words)) == len(words)
    assert kind_called("nothing") is None


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.name)
def test_every_field_of_documents_is_a_flag(kind: Kind) -> None:
    flags = flags_of(kind)
    assert {each.field.name for each in flags} == {each.name for each in shape_of(kind).fields} - LEFT_OUT
    assert len({each.flag for each in flags}) == len(flags)
    assert not {each.flag for each in flags} & {
        "project",
        "name",
        "format",
        "yes",
        "what-if",
        "detail",
        "quiet",
        "help",
    }


@pytest.mark.parametrize("kind", [kind for kind in WRITTEN if kind.settable], ids=lambda kind: kind.name)
def test_what_set_changes_are_fields_of_the_record_or_known_shorthands(kind: Kind) -> None:
    record = set(estate.KINDS[kind.name].__struct_fields__)
    port = set(estate.KINDS["port"].__struct_fields__) if kind.name == "instance" else set()
    assert settable(kind) <= record | port | set(TOUCHES)
    assert NOT_SETTABLE.get(kind.name, frozenset()) <= {each.field.name for each in flags_of(kind)}


def test_what_shorthands_stand_for_are_fields() -> None:
    known = {field for record in estate.RECORD_TYPES for field in record.__struct_fields__}
    assert {name for names in TOUCHES.values() for name in names} <= known
    assert set(REFERENCES) <= known
    router = {each.field.name for each in flags_of(KINDS["router"])}
    assert set(PARTS) <= router
    assert {each.field.name for each in flags_of(KINDS["instance"])} >= OF_INSTANCE
    assert PROJECT_OF_FLAGS == DEFAULT_PROJECT


def test_the_program_s_own_exit_codes_mean_nothing_else() -> None:
    assert not {2, BAD_USAGE, INTERRUPTED, BROKEN_PIPE} & set(EXIT_CODES.values())


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_loads_and_says_what_it_does(name: str) -> None:
    command = Program(name="cpal").get_command(None, name)  # type: ignore[arg-type]  # it needs no context
    assert command is not None
    assert command.name == name
    assert command.help


def test_a_list_inside_a_mapping_goes_on_behind_commas() -> None:
    words = "address=192.0.2.1,families=ipv4,evpn,ipv6,remote_asn=65100"
    found = document_of(
        kind_called("bgp") or KINDS["bgp"], "leaf1", "default", {"asn": ["65001"], "neighbors": [words]}
    )
    assert found.faults == ()
    (neighbor,) = found.documents[0].sections.get("bgp")["leaf1"].get("neighbors")
    assert neighbor == BgpNeighbor(address="192.0.2.1", remote_asn=65100, families=("ipv4", "evpn", "ipv6"))


def test_a_mapping_in_a_flag_is_asked_for_as_flags_have_it_and_once() -> None:
    kind = next(each for each in KINDS.values() if each.name == "classifier")
    found = document_of(kind, "marks", "default", {"terms": ["[{id: a, dscp: 1}]"], "devices": ["leaf1"]})
    told = in_flags(found.faults, kind).faults
    assert [(each.key, each.remedy) for each in told] == [
        ("--terms", "write KEY=VALUE,KEY=VALUE with id, set_dscp, acl, dscp")
    ]
