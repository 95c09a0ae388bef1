"""What is printed for programs is read back by other programs as it was."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpal.faces.cli.output import aligned, cell, column, format_option, print_list, printable

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECT: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.sampled_from(["name", "mtu", "ports", "a:b"]), VALUES)
OBJECTS = st.lists(OBJECT, max_size=5)


def printed(objects: list[dict[str, Any]], form: str) -> str:
    """What a verb prints."""

    @click.command()
    @format_option
    def verb(form: str) -> None:
        print_list(objects, [column("name")], form, "there is nothing")

    result = CliRunner().invoke(verb, ["--format", form])
    assert result.exit_code == 0, result.output
    return result.stdout


@given(OBJECTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_programs_get_is_what_there_is(objects: list[dict[str, Any]]) -> None:
    assert json.loads(printed(objects, "json")) == objects
    assert [json.loads(line) for line in printed(objects, "jsonl").splitlines()] == objects
    assert yaml.safe_load(printed(objects, "yaml")) == objects


def test_csv_has_a_column_for_each_field() -> None:
    objects: list[dict[str, Any]] = [
        {"name": 'a "b", c', "mtu": 1442, "shared": True},
        {"name": "d", "ports": ["x", "y"], "mtu": None},
    ]
    rows = list(csv.DictReader(io.StringIO(printed(objects, "csv"))))
    assert [row["name"] for row in rows] == ['a "b", c', "d"]
    assert [row["mtu"] for row in rows] == ["1442", ""]
    assert [row["shared"] for row in rows] == ["true", ""]
    assert json.loads(rows[1]["ports"]) == ["x", "y"]


def test_an_empty_list_is_empty_for_programs_and_words_for_people() -> None:
    assert printed([], "csv") == ""
    assert printed([], "jsonl") == ""
    assert json.loads(printed([], "json")) == []
    assert printed([], "table") == ""


@pytest.mark.parametrize("value", ["\x1b[2J", "a\rb", "a\nb", "\x07", "\u202e"])
def test_a_cell_cannot_move_the_cursor(value: str) -> None:
    assert printable(value).isprintable()
    assert cell(value).isprintable()


def test_columns_stand_below_each_other() -> None:
    lines = aligned([["name", "mtu"], ["web", "1442"], ["database", ""]])
    assert lines == ["name      mtu", "web       1442", "database"]
