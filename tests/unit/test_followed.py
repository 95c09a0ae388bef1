"""A document that is followed is followed: what it shows wrongly is noticed, what differs each time is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.followed import Reader, Step, check, steps

DOCUMENT = """\
Write this into `name.txt`:

```text
world
```

Then:

    $ read_it() { cat name.txt; }
    $ echo "hello \\
        $(read_it)" at 9696
    hello ...

```sh
not run
```

    $ ls absent
    error: absent
"""


def test_commands_and_files_are_found_in_order() -> None:
    found = [(step.file or step.command.split()[0], step.shown) for step in steps(DOCUMENT)]
    assert found == [("name.txt", []), ("read_it()", []), ("echo", ["hello ..."]), ("ls", ["error: absent"])]
    assert [step.fails for step in steps(DOCUMENT)] == [False, False, False, True]


def followed(document: str, tmp_path: Path) -> None:
    """Follow a document in a shell."""
    reader = Reader(tmp_path, os.environ, {9696: 19696})
    try:
        reader.follow(document)
    finally:
        reader.close()


def test_a_right_document_is_followed_in_one_shell(tmp_path: Path) -> None:
    followed("    $ word=here\n    $ echo $word\n    here\n    $ echo 127.0.0.1:9696\n    127.0.0.1:9696\n", tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        "    $ echo one\n    two\n",
        "    $ false\n",
        "    $ true\n    error: no\n",
        "    $ printf 'a\\nb\\n'\n    b\n    a\n",
    ],
    ids=["other output", "a failure", "a success", "another order"],
)
def test_a_wrong_document_is_noticed(document: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="line 1"):
        followed(document, tmp_path)


def test_ids_times_and_widths_may_differ() -> None:
    shown = "| 1324eebd-e8bf-49bd-9061-86467acbd79c | 02:c0:2d:ad:9c:59  | time=5.8 ms |"
    check(Step(1, "x", [shown]), "| 448a3760-c77f-4dfc-a965-e0967033c895 | 02:c0:00:00:00:01 | time=12 ms |")
    with pytest.raises(AssertionError):
        check(Step(1, "x", ["10.0.0.2"]), "10.0.0.3")
