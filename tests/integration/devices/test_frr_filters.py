"""The packet filter of a leaf's VRF, as the kernel has it: what nft is told is what nft then lists, from any to any."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.frr.filter_table import ALTERED, TABLE, Content, change_lines, read, rows_of, table_of
from cpal.drivers.devices.frr.make import RULES
from cpal.drivers.devices.frr.render.names import FILTER, FILTERS
from tests.conformance.wanted import contents, wanted
from tests.support.estates import estate_changes, valid_estates

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed (package nftables)"),
]
Rows = dict[RowKey, Row]
LEAF, VRF = "leaf1", "vrf7"
WITHIN = RowKey("vrf", "leaf1 vrf7")


class Space:
    """A network namespace, and nft in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def nft(self, *lines: str) -> str:
        """What nft prints, of all lines in one transaction."""
        words = ["ip", "netns", "exec", self.name, "nft", "-f", "-"]
        done = subprocess.run(words, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stderr, lines)
        return done.stdout

    def content(self) -> Content | None:
        """What a leaf reads of it."""
        words = ["ip", "netns", "exec", self.name, "nft", "-n", "-j", "list", "table", *TABLE.split()]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        found: dict[str, Any] = json.loads(done.stdout or "{}")
        return read(found)

    def become(self, before: Content | None, after: Content | None) -> None:
        """Change the table."""
        lines = change_lines(before, after, rebuild=False)
        if lines:
            self.nft(*lines)


@pytest.fixture(scope="module")
def space() -> Iterator[Space]:
    """A namespace with nothing in it."""
    name = f"cpal-nft-{uuid4().hex[:8]}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        yield Space(name)
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def filters(rows: Rows) -> list[Rows]:
    """The filters among rows, of each VRF, as if all were of one."""
    found: dict[str, Rows] = {}
    for key, row in rows.items():
        if key.table in FILTERS:
            found.setdefault(" ".join(key.name.split()[:2]), {})[key] = row
    return [found[place] for place in sorted(found)]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_table_is_what_it_was_made(space: Space, data: st.DataObject) -> None:
    """From nothing to the filters of a leaf, to those of another VRF or after a change, and to nothing again."""
    estate = data.draw(valid_estates(driver="frr"))
    then = estate.replace(data.draw(estate_changes(estate)))
    states = [*filters(wanted(RULES, estate)), *filters(wanted(RULES, then))]
    for before, after in pairwise([{}, *states, {}]):
        table = table_of(after.values())
        space.become(table_of(before.values()), table)
        seen = space.content()
        assert seen == table
        if seen is not None:
            leaf, vrf = next(iter(after)).name.split()[:2]
            assert contents(rows_of(leaf, vrf, seen)) == contents(after)


HANDS = (
    "flush chain bridge cpal from_arp",
    "insert rule bridge cpal prerouting accept",
    "add chain bridge cpal g_theirs_ingress4",
    "add set bridge cpal theirs { type ipv4_addr; }",
    'add element bridge cpal macs { "eth9" . 02:00:00:00:00:09 }',
    "add chain bridge cpal prerouting { policy drop; }",
    "add counter bridge cpal hits",
)
"""What somebody does to a table that no row says."""


@pytest.mark.parametrize("command", HANDS)
def test_what_no_row_says_makes_the_filters_altered_and_is_written_again(space: Space, command: str) -> None:
    rows = {(row := each).key: row for each in some_filter()}
    table = table_of(rows.values())
    space.become(None, table)
    space.nft(command)
    seen = space.content()
    assert seen is not None
    found = rows_of(LEAF, VRF, seen)
    assert [key for key, row in found.items() if ALTERED in row.columns] == [key for key in rows if key.table == FILTER]
    space.nft(*change_lines(seen, table, rebuild=True))
    assert space.content() == table
    space.become(table, None)
    assert space.content() is None


def some_filter() -> Iterator[Row]:
    """A port that sends from one address, and is in no group."""
    key = RowKey(FILTER, f"{LEAF} {VRF} tap1")
    source = "02:00:00:00:00:01 10.0.1.5"
    yield Row(key, {}, (), WITHIN)
    yield Row(RowKey("filter.sources", f"{key.name} {source}"), {"value": source}, (), key)


def test_a_transaction_that_fails_changes_nothing(space: Space) -> None:
    table = table_of(some_filter())
    space.become(None, table)
    words = ["ip", "netns", "exec", space.name, "nft", "-f", "-"]
    lines = [*change_lines(table, None, rebuild=False), "add rule bridge nowhere none accept"]
    done = subprocess.run(words, input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert space.content() == table
    space.become(table, None)


def listed(*entries: tuple[int, str]) -> Iterator[Row]:
    """An access list that a port asks both ways, beside a filtered port."""
    key = RowKey("access_list", f"{LEAF} {VRF} l_x")
    yield from some_filter()
    yield Row(key, {}, (), WITHIN)
    for number, text in entries:
        yield Row(RowKey("access_list.entries", f"{key.name} {number}"), {"value": text}, (), key)
    for way in ("ingress", "egress"):
        yield Row(RowKey("access_list.ports", f"{key.name} {way} swp1"), {"value": f"{way} swp1"}, (), key)


ENTRIES = (
    (5, "ip saddr 10.0.0.1 ip daddr 10.1.0.7 udp sport 5-9 udp dport 4-10 drop"),
    (10, "ip saddr 10.0.0.0/8 ip daddr 10.1.0.0/16 tcp sport 5 tcp dport 9 return"),
    (20, "icmp type 8 icmp code 0 return"),
    (100, "ip daddr 10.1.0.7 meta l4proto 47 drop"),
    (1000, "return"),
)
"""In nft's words, by nft(8); in the order of their numbers, and not of their digits."""


def test_an_access_list_is_what_it_was_made_and_in_order(space: Space) -> None:
    tables = [table_of(rows) for rows in (some_filter(), listed(*ENTRIES), listed(*ENTRIES[1:3]), some_filter(), ())]
    before = None
    for table in tables:
        space.become(before, table)
        assert space.content() == table
        before = table
    space.become(None, tables[1])
    seen = space.content()
    assert seen is not None
    numbers = [rule.comment for rule in seen.chains["l_x"][1]]
    assert numbers == ["5", "10", "20", "100", "1000", "end"]
    assert contents(rows_of(LEAF, VRF, seen)) == contents({row.key: row for row in listed(*ENTRIES)})
    space.nft("insert rule bridge cpal l_x return")
    seen = space.content()
    assert seen is not None
    assert any(ALTERED in row.columns for row in rows_of(LEAF, VRF, seen).values())
    space.become(seen, None)
