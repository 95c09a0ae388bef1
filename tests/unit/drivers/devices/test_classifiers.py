"""In which order the lines of what marks packets are typed, and which DSCPs are one."""

from __future__ import annotations

import pytest

from cpal.drivers.devices.classifier_lines import dscp
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree

MAKES = {
    "eos": (EOS, "class-map type qos match-any", "match ip access-group", "policy-map type quality-of-service EDGE"),
    "nxos": (NXOS, "class-map type qos match-any", "match access-group name", "policy-map type qos EDGE"),
    "ios": (IOS, "class-map match-any", "match access-group name", "policy-map EDGE"),
}
REST: Tree = {"class class-default": {}}


def policy(*classes: str) -> Tree:
    """A policy that names classes, which all set something."""
    named: Tree = {f"class {name}": {"set dscp 10": {}} for name in classes}
    return {**named, **REST}


@pytest.mark.parametrize("name", MAKES)
def test_what_is_named_is_there_before_and_goes_after(name: str) -> None:
    make, classes, acl, edge = MAKES[name]
    extended = "extended " if name == "ios" else ""
    lists, asked = f"ip access-list {extended}WEB", "service-policy input EDGE"
    bare: Tree = {"interface Ethernet1": {}}
    held: Tree = {
        "interface Ethernet1": {asked: {}}, edge: policy("APPS"), f"{classes} APPS": {f"{acl} WEB": {}},
        lists: {"10 permit ip any any": {}},
    }  # fmt: skip
    order = [lists, f"{classes} APPS", edge, asked]
    made, gone = make.lines(bare, held), make.lines(held, bare)
    assert sorted(order, key=made.index) == order
    left = [f"no {line}" for line in reversed(order)]
    assert sorted(left, key=gone.index) == left


@pytest.mark.parametrize("name", MAKES)
@pytest.mark.parametrize(
    ("before", "after", "left", "came"),
    [
        (("A", "B", "C"), ("B", "C"), ["A"], []),
        (("A", "B"), ("A", "B", "C"), [], ["C"]),
        (("A", "C"), ("A", "B", "C"), ["C"], ["B", "C"]),
        (("A", "B", "C"), ("C", "B", "A"), ["C", "B", "A"], ["C", "B", "A"]),
        (("A", "B", "C"), ("A", "D"), ["C", "B"], ["D"]),
    ],
)
def test_a_class_leaves_and_comes_again_where_its_place_is_another(
    name: str, before: tuple[str, ...], after: tuple[str, ...], left: list[str], came: list[str]
) -> None:
    make, _, _, edge = MAKES[name]
    said = make.lines({edge: policy(*before)}, {edge: policy(*after)})
    assert [line[-1] for line in said if line.startswith("no class")] == left
    assert [line[-1] for line in said if line.startswith("class")] == came
    assert all("class-default" not in line for line in said)


@pytest.mark.parametrize("name", MAKES)
def test_what_a_class_gets_changes_in_its_place(name: str) -> None:
    make, _, _, edge = MAKES[name]
    after: Tree = {edge: {"class A": {"set dscp 12": {}}, **REST}}
    assert make.lines({edge: policy("A")}, after) == [edge, "class A", "set dscp 12"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("46", 46),
        ("ef", 46),
        ("af11", 10),
        ("af43", 38),
        ("cs1", 8),
        ("cs7", 56),
        ("default", 0),
        ("af11 af12", "af11 af12"),
    ],
)
def test_a_dscp_is_one_by_name_and_number(text: str, value: object) -> None:
    assert dscp(text) == value
