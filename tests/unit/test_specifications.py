"""The table of what specifications demand names checks that there are, and agrees with what these say of themselves."""

from __future__ import annotations

import re

import pytest

from cpal.wire.faults import FAULTS
from cpal.wire.rules import LEAVING_RULES, RULES, TRANSIT_RULES
from tools.specifications import SPECIFICATIONS, Must

SOURCES = {rule.name: rule.source for table in (RULES, TRANSIT_RULES, LEAVING_RULES) for rule in table}
DEMANDS = [(text, must) for text, demands in SPECIFICATIONS.items() for must in demands]
NO_MUST = {
    "nvgre-vsid": {("RFC 7637", "3.4")},
    "geneve-transit-payload": {("RFC 8926", "2.2.1")},
    "transit-ports": {("RFC 8926", "3.3")},
    "stt-untagged": {("draft-davie-stt-08", "3.1")},
    "stt-ack": {("draft-davie-stt-08", "3.2")},
}
"""Rules of what a text says without that word."""


def sections(source: str) -> set[tuple[str, str]]:
    """The text and the section of each place that a source names."""
    found = (part.partition(", section") for part in source.split("; "))
    return {(text, number) for text, _, rest in found for number in re.findall(r"[\d.]+", rest)}


@pytest.mark.parametrize(("text", "must"), DEMANDS, ids=[f"{text} {must.sections}" for text, must in DEMANDS])
def test_a_demand_has_checks_or_a_reason_for_none(text: str, must: Must) -> None:
    assert bool(must.checks) != bool(must.why)
    assert set(must.checks) <= SOURCES.keys() | FAULTS.keys()


@pytest.mark.parametrize("name", SOURCES)
def test_a_rule_names_the_sections_of_all_that_it_checks(name: str) -> None:
    said = sections(SOURCES[name])
    demanded = {
        (text, section) for text, must in DEMANDS if name in must.checks for section in must.sections.split(", ")
    }
    assert said == demanded | NO_MUST.get(name, set())


def test_a_place_is_read_out_of_a_source() -> None:
    assert sections("RFC 1, sections 2.1, 3 and 4; a-draft-01, section 5") == {
        ("RFC 1", "2.1"), ("RFC 1", "3"), ("RFC 1", "4"), ("a-draft-01", "5"),
    }  # fmt: skip
