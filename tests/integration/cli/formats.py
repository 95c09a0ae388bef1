"""What a program can tell of output in each of the forms that `--format` knows."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import yaml


def decoded(text: str, form: str) -> Any:
    """Output as a program reads it: a value, a list of lines' values, or CSV's rows by heading; each form by itself."""
    if form == "json":
        return json.loads(text)
    if form == "jsonl":
        return [json.loads(line) for line in text.splitlines()]
    if form == "yaml":
        assert not text.startswith(("{", "[{"))
        return yaml.safe_load(text)
    if form == "csv":
        return _table(text)
    assert not text.startswith(("{", "[{")), "a table is for people"
    return text


def _table(text: str) -> list[dict[str, str]]:
    """The rows of CSV, which has one row of distinct headings, and each row as many cells."""
    headings, *rows = csv.reader(io.StringIO(text), strict=True)
    assert all(heading and not set(heading) & set('{}[]"') for heading in headings), headings
    assert len(set(headings)) == len(headings)
    assert {len(row) for row in rows} <= {len(headings)}
    return [dict(zip(headings, row, strict=True)) for row in rows]
