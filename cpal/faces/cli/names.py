"""The names that TAB completes: small files under `CPAL_HOME/names` that shells read by themselves.

Theory. A *shard* is a file of at most `MOST` lines: names that begin with the shard's prefix. Where there are more, the
shard holds the prefixes of further shards instead, each after a tab, and completion goes on from there as it does from
directory to directory. `names/KIND/_PREFIX` is the file (`/` in a prefix is written `%-`, `%` is `%%`); a shell reads
the one with the longest prefix of what was typed. Names that one project alone has stand by themselves; behind
`project/` are all of that project's.

`names` is a link to one of two directories, so that all files change at once. They are fresh while `stamp` is newer
than the store; whoever finds them stale, the program or a shell, has them made again by this module, which for the
shell's sake runs in a bare interpreter: it imports little, and nothing of cpal.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

MOST = 400
"""Lines in a shard: what bash reads and filters in a millisecond."""
DEEPEST = 64
"""Characters in a shard's prefix at most."""
REVISIONS = 50
"""How many revisions are offered, the latest."""
LAB = "lab"
LAB_MACHINES = ("central", "tor", "underlay")
"""Machines of every lab that no record tells of."""

Pair = tuple[str, str]
"""The project ("" for none) and name of a thing."""


def refresh(home: Path) -> None:
    """Make the names those in the store, unless they are. Who cannot write there, or has no store, goes without."""
    if is_fresh(home) or not _store(home).exists():
        return
    try:
        with (home / "names.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _rewrite(home)
    except (OSError, sqlite3.Error, ValueError):
        return


def is_fresh(home: Path) -> bool:
    """Whether the names are newer than the store."""
    store = _store(home)
    log = store.with_name(f"{store.name}-wal")
    return _changed_at(home / "names" / "stamp") > max(_changed_at(store), _changed_at(log))


def _store(home: Path) -> Path:
    return home / "store.db"


def _changed_at(path: Path) -> int:
    """When a file last changed; 0 for one that is not there. An empty write-ahead log says nothing."""
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_mtime_ns if found.st_size or path.name == "stamp" else 0


def _rewrite(home: Path) -> None:
    link, beside = home / "names", home / "names.new"
    fresh = home / ("names.b" if link.resolve().name == "names.a" else "names.a")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    (fresh / "stamp").touch()
    for kind, names in candidates(read(home)).items():
        (fresh / kind).mkdir()
        for prefix, lines in names.items():
            (fresh / kind / file_of(prefix)).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    beside.unlink(missing_ok=True)
    beside.symlink_to(fresh.name)
    beside.replace(link)


def read(home: Path) -> dict[str, list[Pair]]:
    """What there is in the store, by kind, `machine` of the lab among them.

    Raises:
        sqlite3.Error: the store cannot be read.
    """
    database = sqlite3.connect(f"file:{_store(home)}?mode=ro", uri=True, timeout=1)
    try:
        rows = database.execute("SELECT kind, CAST(body AS TEXT) FROM records").fetchall()
        revisions = database.execute(
            "SELECT number FROM revisions WHERE state = 'accepted' ORDER BY number DESC LIMIT ?", (REVISIONS,)
        ).fetchall()
    finally:
        database.close()
    records = [(kind, json.loads(body)) for kind, body in rows]
    projects = {record["id"]: record["name"] for kind, record in records if kind == "project"}
    found: dict[str, list[Pair]] = defaultdict(list)
    for kind, record in records:
        found[kind].append(_pair(record, projects))
    stacks = {record.get("stack", "") for _, record in records}
    found["stack"] = [("", stack) for stack in stacks if stack and not stack.startswith("(")]
    found["revision"] = [("", str(number)) for (number,) in revisions]
    found["machine"] = _machines(records, projects)
    return found


def _pair(record: dict[str, str], projects: dict[str, str]) -> Pair:
    name = record.get("name", "")
    return (projects.get(record.get("project_id", ""), ""), name) if name else ("", record["id"])


def _machines(records: list[tuple[str, dict[str, str]]], projects: dict[str, str]) -> list[Pair]:
    """What `cpal lab exec` reaches: workloads, hypervisors, hosts outside."""
    own = [(kind, record) for kind, record in records if record.get("target") == LAB]
    hosts = {record["name"] for kind, record in own if kind == "host"}
    if not hosts:
        return []
    fixed = [("", name) for name in (*LAB_MACHINES, *hosts)]
    outside = [("", record["name"]) for kind, record in own if kind == "outside_host"]
    workloads = [
        _pair(record, projects) for kind, record in records if kind == "instance" and record.get("host") in hosts
    ]
    return fixed + outside + workloads


def candidates(found: dict[str, list[Pair]]) -> dict[str, dict[str, list[str]]]:
    """By kind, the lines of each shard by its prefix."""
    return {kind: dict(_of_kind(pairs)) for kind, pairs in found.items()}


def _of_kind(pairs: Iterable[Pair]) -> Iterator[tuple[str, list[str]]]:
    usable = [pair for pair in pairs if pair[1].isprintable() and pair[0].isprintable()]
    count = Counter(name for _, name in usable)
    inside: dict[str, list[str]] = defaultdict(list)
    top = []
    for project, name in usable:
        if count[name] == 1 or not project:
            top.append(name)
        if project:
            inside[f"{project}/"].append(f"{project}/{name}")
    yield from shards(sorted({*top, *(f"\t{prefix}" for prefix in inside)}, key=_bare), "")
    for prefix, names in inside.items():
        yield from shards(sorted(names), prefix)


def _bare(line: str) -> str:
    return line.lstrip("\t")


def shards(lines: list[str], prefix: str) -> Iterator[tuple[str, list[str]]]:
    """The shard of sorted lines that begin with `prefix`, and those it leads to."""
    if len(lines) <= MOST or len(prefix) >= DEEPEST:
        yield prefix, lines
        return
    groups: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        groups[_bare(line)[: len(prefix) + 1]].append(line)
    shown = []
    for members in groups.values():
        common = _common(_bare(members[0]), _bare(members[-1]))
        if len(members) == 1 or len(common) <= len(prefix):
            shown += members
        else:
            shown.append(f"\t{common}")
            yield from shards(members, common)
    yield prefix, shown


def _common(first: str, last: str) -> str:
    """What both begin with; of sorted lines, what all between them begin with too."""
    same = (a == b for a, b in zip(first, last, strict=False))
    length = next((n for n, alike in enumerate(same) if not alike), min(len(first), len(last)))
    return first[:length]


def file_of(prefix: str) -> str:
    """The name of a shard's file."""
    return "_" + prefix.replace("%", "%%").replace("/", "%-")


if __name__ == "__main__":
    refresh(Path(sys.argv[1]))
