"""The rows of small estates, as read against ovn-nb(5) and what Neutron's ML2/OVN makes of the same.

Ids are written as `<kind name>`, so that the expected rows can be read; the group of all secured ports and its rules
are the same everywhere and shown once. `--update-golden` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.core.diff import check_rows
from cpal.core.rows import Row, RowKey
from cpal.drivers.ovn.backend import RULES
from cpal.drivers.ovn.render.security import DROP
from cpal.model.address import derived_mac
from cpal.model.estate import Estate
from cpal.model.security import SecurityGroupRule
from tests.conformance.wanted import wanted
from tests.support.world import World
from tests.unit.drivers.ovn_cases import CASES

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "ovn"


def readable(estate: Estate, common: bool) -> str:
    """The rows wanted, one a line with its columns below, ids as names; those that are `common` to all perhaps."""
    rows = wanted(RULES, estate)
    check_rows(list(rows.values()), rows, RULES.tables)
    rows = {key: row for key, row in rows.items() if common or row.because != (DROP,)}
    text = "\n".join(lines(key, rows) for key in sorted(rows, key=lambda key: (RULES.tables[key.table].rank, key)))
    return named(text, estate) + "\n"


def lines(key: RowKey, rows: dict[RowKey, Row]) -> str:
    """One row."""
    row = rows[key]
    place = f" in {row.within}" if row.within else ""
    because = ", ".join(str(reason) for reason in row.because)
    columns = [f"    {name} = {written(value)}" for name, value in sorted(row.columns.items())]
    needs = [f"    needs {needed}" for needed in row.needs]
    return "\n".join([f"{key}{place}    # {because}", *columns, *needs])


def written(value: object) -> str:
    """A column's value: a reference by name, a map by key."""
    if isinstance(value, RowKey):
        return f"-> {value}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {each}" for key, each in sorted(value.items())) + "}"
    return str(value)


def named(text: str, estate: Estate) -> str:
    """The text with ids and what derives from them replaced by names; sorted again by nobody, so that order shows."""
    for record in estate.records():
        word = f"<{record.kind} {record.name}>" if record.name else f"<{record.kind}>"
        if isinstance(record, SecurityGroupRule):
            word = f"<rule {record.direction} {record.ethertype} {record.protocol or 'any'} {record.port_range_min}>"
        text = text.replace(record.id, word).replace(record.id.replace("-", "_"), word)
        text = text.replace(derived_mac(record.id), f"<mac of {record.kind} {record.name}>")
    return text


@pytest.mark.parametrize("name", CASES)
def test_an_estate_wants_these_rows(name: str, pytestconfig: pytest.Config) -> None:
    world = World()
    CASES[name](world)
    found = readable(world.estate(), common=name == "security_groups")
    expected = GOLDEN / name / "rows.txt"
    if pytestconfig.getoption("--update-golden"):
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_text(found)
    assert found == expected.read_text()


def test_every_golden_folder_has_its_case() -> None:
    assert {folder.name for folder in GOLDEN.iterdir()} == set(CASES)
