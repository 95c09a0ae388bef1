"""The commands of a diff lead from one configuration to the other, done by an emulator that knows nothing of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpal.drivers.devices.commands import commands
from cpal.drivers.devices.eos.writing import DIALECT, RULES
from cpal.drivers.devices.parse.tree import Tree, copied, drop, lines_of, parsed, printed
from tests.support import netlab
from tests.support.typed import TypedEos

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "napalm" / "eos"
ALWAYS = ("no aaa root", "transceiver qsfp", "service routing", "spanning-tree mode", "no ip routing", "ip routing",
          "no ipv6 unicast-routing", "hostname", "username", "interface Ethernet", "interface Management",
          "management api http-commands")  # fmt: skip
"""What EOS always has, in one form or another."""


def switch(text: str) -> TypedEos:
    """A new switch with a configuration added."""
    found = TypedEos()
    found.load(text)
    return found


@cache
def recorded() -> tuple[TypedEos, ...]:
    """A new switch, and one for each recorded configuration, as far as the emulator knows it."""
    texts = [CORPUS / "test_get_config" / "normal" / "show_running_config.text"]
    texts += sorted((CORPUS / "test_get_bgp_config").glob("*/*.text"))
    return (TypedEos(), *(switch(path.read_text(encoding="utf-8")) for path in texts))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[TypedEos]:
    """Two switches of an EVPN fabric as netlab configures them."""
    parts = netlab.rendered(tmp_path_factory.mktemp("netlab"), "eos")
    return [switch("\n".join(parts[name].values())) for name in ("s1", "s2")]


def lead(before: TypedEos, after: TypedEos) -> None:
    """Go from one to the other by commands; nothing is left to do then."""
    there, here = parsed(after.running, DIALECT), parsed(before.running, DIALECT)
    went = before.copy()
    went.type(commands(here, there, RULES))
    assert went.running == after.running
    assert commands(parsed(went.running, DIALECT), there, RULES) == []


def test_every_configuration_leads_to_every_other(rendered: list[TypedEos]) -> None:
    switches = [*rendered, *recorded()]
    for before in switches:
        for after in switches:
            lead(before, after)


def some_of(tree: Tree, data: st.DataObject) -> Tree:
    """A tree without some of its lines, but those that a switch always has."""
    found = copied(tree)
    optional = [path for path in lines_of(tree) if len(path) > 1 or not path[0].startswith(ALWAYS)]
    for path in data.draw(st.lists(st.sampled_from(optional), max_size=8)) if optional else ():
        drop(found, path)
    return found


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_parts_of_a_configuration_lead_to_other_parts(data: st.DataObject) -> None:
    trees = [parsed(each.running, DIALECT) for each in recorded()]
    ends = [switch(printed(some_of(data.draw(st.sampled_from(trees)), data), DIALECT)) for _ in range(2)]
    lead(ends[0], ends[1])


NAMES = st.text("abcXYZ019/.-", min_size=1, max_size=6)
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(NAMES, st.just({}), max_size=4),
    lambda below: st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(" ".join), below, max_size=4),
    max_leaves=20,
)


@given(tree=TREES)
def test_what_is_printed_is_parsed_again(tree: Tree) -> None:
    plain = {line: below for line, below in tree.items() if line not in DIALECT.noise}
    assert parsed(printed(plain, DIALECT), DIALECT) == plain


def test_recorded_configurations_are_printed_as_they_were() -> None:
    for path in sorted(CORPUS.glob("*/*/*running*config*.text")):
        text = path.read_text(encoding="utf-8")
        tree = parsed(text, DIALECT)
        assert parsed(printed(tree, DIALECT), DIALECT) == tree
        said = [line for line in text.splitlines() if line.strip() and line.strip() not in ("!", "end")]
        kept = [line for line in said if not line.strip().startswith("!")]
        assert [line.split() for line in printed(tree, DIALECT).splitlines()] == [line.split() for line in kept]
