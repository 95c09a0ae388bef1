"""Each verb in each form: what one form says, the others say too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click
import pytest

from cpal.faces.cli.main import program, run
from cpal.faces.cli.output import FORMATS
from tests.integration.cli.conftest import Central, Cpal
from tests.integration.cli.formats import decoded
from tests.integration.cli.test_cli_target import SHOP

Say = Callable[..., str]

CHANGES = {
    "create": ["create", "network", "made", "--project", "shop", "--cidr", "10.0.7.0/24"],
    "set": ["set", "network", "made", "--mtu", "1300"],
    "undo": ["undo"],
    "delete": ["delete", "network", "made"],
    "apply": ["apply", "more.yaml"],
    "destroy": ["destroy", "--stack", "more"],
}
"""Verbs that change something, in an order that ends where it began."""
NOTHING = {"apply": ["apply"], "plan": ["plan"], "diff": ["diff", "1", "1"], "get": ["get", "floating-ips"]}
"""Verbs that have nothing to tell."""
LOOKS = {
    "get": ["get", "networks"],
    "show": ["show", "network", "web"],
    "history": ["history"],
    "diff": ["diff", "0"],
    "plan": ["plan", "more.yaml"],
    "topology": ["topology"],
    "capabilities": ["capabilities"],
}
IN_A_LAB = ("probe", "lab up", "lab status")
"""Verbs that test_cli_lab tries."""
BESIDE_NEUTRON = ("import neutron", "drift neutron")
"""Verbs that tests/integration/peer tries."""
OF_PACKETS_AND_DEVICES = ("capture", "decode", "doctor overlay", "gateway", "replay")
"""Verbs that tests/scenario, tests/integration/gateway and tests/unit/faces try, some with forms of their own."""


@pytest.fixture
def say(site: Cpal, central: Central, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """What the program prints, with a shop applied; in this process, since it starts hundreds of times faster so."""
    site("apply", site.write("shop.yaml", SHOP), "--yes")
    site.write("more.yaml", "project: more\nnetworks: {lobby: {cidr: 10.0.8.0/24}}\n")
    monkeypatch.chdir(site.directory)

    def words(*words: str) -> str:
        capsys.readouterr()
        assert run(list(words)) == 0, capsys.readouterr()
        return capsys.readouterr().out

    return words


def verbs(command: click.Command, path: str = "") -> Iterator[str]:
    """The verbs that can be told the form; those that do so for every kind once."""
    ctx = click.Context(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            assert child is not None
            yield from verbs(child, path if path in ("create", "set", "delete") else f"{path} {name}".strip())
    elif any(parameter.name == "form" for parameter in command.params):
        yield path


def test_every_verb_that_knows_forms_is_tried() -> None:
    assert set(verbs(program)) == {*CHANGES, *LOOKS, *IN_A_LAB, *BESIDE_NEUTRON, *OF_PACKETS_AND_DEVICES}


def test_what_is_looked_at_is_the_same_in_each_form(say: Say) -> None:
    for words in LOOKS.values():
        found = {form: decoded(say(*words, "--format", form), form) for form in FORMATS}
        assert found["table"]
        assert found["json"] == found["yaml"]
        rows = found["json"]["ops"] if words[0] == "plan" else found["json"]
        rows = rows if isinstance(rows, list) else [rows]
        assert sorted(map(str, found["jsonl"])) == sorted(map(str, rows))
        if words[0] != "topology":
            assert [row.get("name") for row in found["csv"]] == [row.get("name") for row in found["jsonl"]]
        assert found["csv"]


def test_topology_in_csv_has_a_row_for_each_thing_that_is_drawn(say: Say) -> None:
    rows = decoded(say("topology", "--format", "csv"), "csv")
    drawn = {(row["kind"], row["name"]): row["below"] for row in rows}
    assert drawn == {
        ("router", "shop/edge"): "",
        ("network", "shop/web"): "router shop/edge",
        ("network", "shop/db"): "router shop/edge",
        ("port", "web1"): "network shop/web",
        ("port", "db1"): "network shop/db",
    }
    assert {row["host"] for row in rows if row["kind"] == "port"} == {"hv1", "hv2"}


def test_what_is_changed_is_told_in_each_form(say: Say) -> None:
    """Whether it is only asked what would be, or done: CSV and JSON lines of a plan are its ops."""
    for form in FORMATS:
        for verb, words in CHANGES.items():
            asked = decoded(say(*words, "--format", form, "--what-if"), form)
            done = decoded(say(*words, "--format", form, "--yes"), form)
            if form == "table":
                assert "Done: revision" in done
                continue
            ops = {"csv": asked, "jsonl": asked}.get(form) or asked["ops"]
            assert ops, (verb, form)
            assert {"target", "action", "table", "name", "record", "reason"} <= ops[0].keys()
            [whole] = done if form == "jsonl" else [done]
            made = whole if form == "csv" else whole["plan"]["ops"]
            assert [(op["action"], op["table"], op["record"]) for op in made] == [
                (op["action"], op["table"], op["record"]) for op in ops
            ]


def test_nothing_is_told_in_each_form(say: Say) -> None:
    """CSV has its headings all the same, where they do not depend on what is found."""
    for verb, words in NOTHING.items():
        for form in ("json", "yaml"):
            found = decoded(say(*words, "--format", form), form)
            rows = found.get("plan", found)["ops"] if isinstance(found, dict) else found
            assert rows == []
        text = say(*words, "--format", "csv")
        assert text.count("\n") == (verb != "get"), (verb, text)
