"""A plan as lines: a paragraph for what the targets do, and one for each whose devices are told commands."""

from __future__ import annotations

from cpal.core.plan import Plan, TargetPlan
from cpal.core.rows import Action, Op, Row, RowKey
from cpal.faces.cli.plan_text import plan_lines
from cpal.model.estate import EMPTY


def planned(name: str, **commands: tuple[str, ...]) -> TargetPlan:
    """The plan of a target with one op."""
    return TargetPlan(name, (Op(Action.CREATE, None, Row(RowKey("vlan", f"{name} 10")), "it is new"),), (), commands)


def test_commands_stand_apart_from_what_the_next_target_does() -> None:
    said = ("vlan 10", "name users")
    targets = (planned("lab"), planned("more"), planned("rack", leaf1=said), planned("row", leaf2=said))
    assert plan_lines(Plan(0, (), targets), EMPTY, {}) == [
        "ops at lab: 1 row (1 create)", "ops at more: 1 row (1 create)", "",
        "ops at rack: 1 row (1 create)", "", "commands at leaf1: 2", "  vlan 10", "  name users", "",
        "ops at row: 1 row (1 create)", "", "commands at leaf2: 2", "  vlan 10", "  name users",
    ]  # fmt: skip
