"""Each error word of RFC 7047 section 3.1 and ovsdb-server(7) becomes the leaf that says what can be done about it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

import cpal.ovsdb
from cpal.errors import Busy, CpalError, Denied, Moved, Rejected, Unreachable
from cpal.ovsdb.results import OpFault, read_results

OPS = [{"op": "comment", "comment": "x"}, {"op": "insert", "table": "ACL", "row": {}}]


def reply(*results: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(results).encode())


@pytest.mark.parametrize(
    ("word", "leaf"),
    [
        ("referential integrity violation", Rejected),
        ("constraint violation", Rejected),
        ("resources exhausted", Rejected),
        ("I/O error", Rejected),
        ("duplicate uuid", Rejected),
        ("timed out", Moved),
        ("not owner", Busy),
        ("permission error", Denied),
        ("cluster error", Unreachable),
    ],
)
def test_an_error_word_becomes_a_leaf(word: str, leaf: type[CpalError]) -> None:
    with pytest.raises(CpalError, match="because") as caught:
        read_results(reply({}, {"error": word, "details": "because"}), OPS, "NB")
    assert type(caught.value) is leaf
    assert caught.value.seen == OpFault(1, "insert", "ACL", word, "because")
    assert (caught.value.key, caught.value.field) == ("NB.ACL", "operation 1 (insert)")
    assert caught.value.wanted == OPS[1]


def test_a_fault_at_commit_is_none_of_the_operations() -> None:
    with pytest.raises(Rejected) as caught:
        read_results(reply({}, {"uuid": ["uuid", "a"]}, {"error": "constraint violation"}), OPS, "NB")
    assert (caught.value.key, caught.value.field) == ("NB", "commit")
    assert caught.value.seen == OpFault(2, "", "", "constraint violation", "")


@pytest.mark.parametrize("results", [[], [{}], [{}, None], [{}, {}, {}], [7, {}]])
def test_a_reply_that_makes_no_sense_leaves_the_outcome_unknown(results: list[Any]) -> None:
    with pytest.raises(Unreachable, match="whether it was done is unknown"):
        read_results(reply(*results), OPS, "NB")


def test_the_package_offers_what_it_says() -> None:
    assert cpal.ovsdb.__all__ == sorted(cpal.ovsdb.__all__)
    assert all(hasattr(cpal.ovsdb, name) for name in cpal.ovsdb.__all__)
