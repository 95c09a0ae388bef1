"""The names that TAB completes: small files under `CPAL_HOME/names` that shells read by themselves.

Theory. A *shard* is a file of at most `MOST` lines: names that begin with the shard's prefix. Where there are more, the
shard holds the prefixes of further shards instead, each after a tab, and completion goes on from there as it does from
directory to directory. `names/KIND/_PREFIX` is the file (`/` in a prefix is written `%-`, `%` is `%%`); a shell reads
the one with the longest prefix of what was typed. Names that one project alone has stand by themselves; behind
`project/` are all of that project's.

`names` is a link to one of two directories, so that all files change at once. They are fresh while `stamp` is newer
than the store; whoever finds them stale, the program or a shell, has them made again by this module, which for the
shell's sake runs in a bare interpreter: it imports little, and nothing of cpal.

Of a store on a server no file tells whether it changed. There the names are fresh until the second (since the epoch)
that the file `until` says; then the server is asked, and they are made again if somebody wrote since: `seen` tells
which names they are. The program asks after each verb, so that its own changes are there at once.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import site
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

MOST = 400
"""Lines in a shard: what bash reads and filters in a millisecond."""
DEEPEST = 64
"""Characters in a shard's prefix at most."""
REVISIONS = 50
"""How many revisions are offered, the latest."""
LAB = "lab"
LAB_MACHINES = ("central", "tor", "underlay")
"""Machines of every lab that no record tells of."""

SERVER = "CPAL_STORE"
"""The environment variable with the address of a server that the store is on, as in `engine.places`."""
FRESH_S = 10
"""How long names from a server are taken for those that there are."""
ANSWER_S = 2
"""How long the server has to let us in."""

Rows = list[tuple[Any, ...]]
Pair = tuple[str, str]
"""The project ("" for none) and name of a thing."""


def refresh(home: Path) -> None:
    """Make the names those in the store, unless they are. Who cannot write there, or has no store, goes without."""
    address = os.environ.get(SERVER, "")
    if not address and (is_fresh(home) or not _store(home).exists()):
        return
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (home / "names.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if address:
                _refresh_from_server(home, address)
            else:
                _rewrite(home, read(home))
    except (OSError, sqlite3.Error, ValueError, ImportError):
        return


def is_fresh(home: Path) -> bool:
    """Whether the names are newer than the store in the directory, and not those of a server."""
    if (home / "names" / "until").exists():
        return False
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


def _refresh_from_server(home: Path, address: str) -> None:
    """Make the names those in a store on a server; while it does not answer, they stay as they are."""
    seen = home / "names" / "seen"
    known = seen.read_text(encoding="utf-8") if seen.exists() else ""
    try:
        mark, found = read_from_server(address, known)
    except OSError:
        mark, found = known, None if known else {}
    if found is not None:
        _rewrite(home, found)
    seen.write_text(mark, encoding="utf-8")
    seen.with_name("until").write_text(f"{int(time.time()) + FRESH_S}\n", encoding="utf-8")


def _rewrite(home: Path, found: dict[str, list[Pair]]) -> None:
    link, beside = home / "names", home / "names.new"
    fresh = home / ("names.b" if link.resolve().name == "names.a" else "names.a")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    (fresh / "stamp").touch()
    for kind, names in candidates(found).items():
        (fresh / kind).mkdir()
        for prefix, lines in names.items():
            place = f"{kind}/{file_of(prefix)}"
            _put(fresh / place, link / place, "".join(f"{line}\n" for line in lines).encode())
    beside.unlink(missing_ok=True)
    beside.symlink_to(fresh.name)
    beside.replace(link)


def _put(path: Path, former: Path, content: bytes) -> None:
    """Have a file of this content: the former one, where that is the same, which costs a hundredth."""
    try:
        same = former.read_bytes() == content
    except OSError:
        same = False
    if same:
        path.hardlink_to(former)
    else:
        path.write_bytes(content)


def read(home: Path) -> dict[str, list[Pair]]:
    """What there is in the store, by kind, `machine` of the lab among them.

    Raises:
        sqlite3.Error: the store cannot be read.
    """
    database = sqlite3.connect(f"file:{_store(home)}?mode=ro", uri=True, timeout=1)
    try:
        told = _selected("json_extract(CAST(body AS TEXT), '$.{}')")
        return _named(database.execute(told).fetchall(), database.execute(LATEST).fetchall())
    finally:
        database.close()


def read_from_server(address: str, known: str) -> tuple[str, dict[str, list[Pair]] | None]:
    """What tells a store on a server, as it is, from others; and what there is in it, unless that is `known`.

    Raises:
        OSError: the server does not answer, or has no store.
        ImportError: the library for it is not installed.
    """
    if sys.flags.no_site:
        site.main()  # for a shell, this runs without: here is where the library is found
    # lazy: only who has a store on a server needs it
    import psycopg

    try:
        with psycopg.connect(address, connect_timeout=ANSWER_S, options="-c search_path=cpal") as database:
            database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            [mark] = database.execute(
                "SELECT concat(value, ' ', number) FROM meta, writes WHERE name = 'owner'"
            ).fetchall()
            if mark[0] == known:
                return known, None
            told = _selected("convert_from(body, 'UTF8')::json ->> '{}'")
            return mark[0], _named(database.execute(told).fetchall(), database.execute(LATEST).fetchall())
    except psycopg.Error as error:
        raise OSError(str(error)) from error


FIELDS = ("id", "name", "project_id", "stack", "host", "target")
"""What is asked of a record."""
LATEST = f"SELECT number FROM revisions WHERE state = 'accepted' ORDER BY number DESC LIMIT {REVISIONS}"


def _selected(field: str) -> str:
    """The query for all records, where a database calls a field of a body so."""
    return f"SELECT kind, {', '.join(map(field.format, FIELDS))} FROM records"


def _named(rows: Rows, revisions: Rows) -> dict[str, list[Pair]]:
    """What there is, by kind, from the rows of a store."""
    records = [(kind, dict(zip(FIELDS, (each or "" for each in told), strict=True))) for kind, *told in rows]
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
