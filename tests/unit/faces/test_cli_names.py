"""The names that shells complete: every name is found by typing, and no file is too long to read at once."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cpal.faces.cli import names
from cpal.faces.cli.names import DEEPEST, MOST, Pair, candidates, file_of, is_fresh, refresh, shards

WORDS = st.text(st.sampled_from("ab/%-é1"), min_size=1, max_size=6)
PAIRS = st.lists(st.tuples(st.sampled_from(["", "red", "blue"]), WORDS), max_size=60)


def reachable(shards_by_prefix: dict[str, list[str]], typed: str) -> set[str]:
    """What is offered for what was typed, and for what that leads to: as the scripts of the shells do it."""
    prefix = next(typed[:n] for n in range(len(typed), -1, -1) if typed[:n] in shards_by_prefix)
    found: set[str] = set()
    for line in shards_by_prefix[prefix]:
        if line.lstrip("\t").startswith(typed):
            more = line.startswith("\t")
            found |= reachable(shards_by_prefix, line[1:]) if more and line[1:] != typed else {line}
    return found


@given(st.sets(WORDS, max_size=80), st.integers(1, 10))
def test_every_name_is_found_by_typing(words: set[str], most: int) -> None:
    before, names.MOST = names.MOST, most
    try:
        found = dict(shards(sorted(words), ""))
    finally:
        names.MOST = before
    assert reachable(found, "") == words
    for word in words:
        for length in range(len(word) + 1):
            assert word in reachable(found, word[:length])


@given(PAIRS)
def test_names_of_one_project_stand_alone_and_all_stand_behind_their_project(pairs: list[Pair]) -> None:
    found = candidates({"port": pairs})["port"]
    plain = [name for _, name in pairs]
    for project, name in pairs:
        if project:
            assert f"{project}/{name}" in reachable(found, f"{project}/")
        if plain.count(name) == 1:
            assert name in {line for lines in found.values() for line in lines}


def test_no_shard_is_longer_than_a_shell_reads_at_once() -> None:
    pairs = [(f"project-{n % 30}", f"web-{n:05}") for n in range(20_000)]
    found = candidates({"port": pairs})["port"]
    assert max(map(len, found.values())) <= MOST
    assert {f"{p}/{n}" for p, n in pairs} <= {line for lines in found.values() for line in lines}
    assert max(map(len, found)) <= DEEPEST


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), unique=True, max_size=20))
def test_each_prefix_has_a_file_of_its_own(prefixes: list[str]) -> None:
    files = [file_of(prefix) for prefix in prefixes]
    assert len(set(files)) == len(files)
    assert not any("/" in file or file in (".", "..", "") for file in files)


def test_names_that_could_move_a_cursor_are_not_offered() -> None:
    assert candidates({"port": [("", "good"), ("", "ba\x1bd"), ("", "two\nlines")]})["port"] == {"": ["good"]}


def test_without_a_store_nothing_is_made(tmp_path: Path) -> None:
    refresh(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not is_fresh(tmp_path)
