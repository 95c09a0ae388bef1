"""Expressions choose the packets that the same question over objects chooses, with either engine's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cpal.errors import Invalid
from cpal.faces.captures import objects, parts
from cpal.wire import filters
from tests.support import packets

Row = dict[str, Any]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated packets, some of them cut short."""
    chance = Random(11)
    frames = [packets.mixed(chance, most=40) for _ in range(300)]
    path = tmp_path_factory.mktemp("filters") / "mixed.pcap"
    path.write_bytes(packets.capture([frame[: chance.choice((30, 60, 999))] for frame in frames])[:-5])
    return path


def of_tunnels(key: str, holds: Callable[[Any], bool]) -> Callable[[Row], bool]:
    """Whether any tunnel says what is wanted."""
    return lambda row: any(holds(tunnel[key]) for tunnel in row["tunnels"] if tunnel[key] is not None)


def end(side: str, key: str, holds: Callable[[Any], bool]) -> Callable[[Row], bool]:
    """Whether an end is there and is what is wanted."""
    return lambda row: row[side] is not None and row[side][key] is not None and holds(row[side][key])


def within(side: str, key: str, prefix: str) -> Callable[[Row], bool]:
    """Whether an address is in a prefix."""
    return end(side, key, lambda address: ip_address(address) in ip_network(prefix))


QUESTIONS: dict[str, Callable[[Row], bool]] = {
    "vni > 0x800000": of_tunnels("vni", lambda vni: vni > 0x800000),
    "vni": lambda row: any(tunnel["vni"] is not None for tunnel in row["tunnels"]),
    "tunnel == geneve": of_tunnels("type", lambda kind: kind == "geneve"),
    "tunnel in (nvgre, stt)": of_tunnels("type", lambda kind: kind in ("nvgre", "stt")),
    "inner.dst in 10.0.0.0/17": within("inner", "dst", "10.0.0.0/17"),
    "outer.src in fd00::/9": within("outer", "src", "fd00::/9"),
    "outer.src != 10.0.0.1": end("outer", "src", lambda address: address != "10.0.0.1"),
    "inner.proto == tcp and inner.dport >= 55000": lambda row: (
        end("inner", "proto", lambda proto: proto == 6)(row) and end("inner", "dport", lambda port: port >= 55000)(row)
    ),
    "not inner.src": lambda row: row["inner"] is None,
    "ovn.egress < 0x8000": lambda row: any(t["ovn"]["egress"] < 0x8000 for t in row["tunnels"] if "ovn" in t),
    "fault": lambda row: bool(row["faults"]),
    "fault == record-cut or fault == ipv4-truncated": lambda row: bool(
        {"record-cut", "ipv4-truncated"} & set(row["faults"])
    ),
    "length > 200 and (outer.version == 6 or outer.sport)": lambda row: (
        row["length"] > 200
        and row["outer"] is not None
        and (":" in row["outer"]["src"] or row["outer"]["sport"] is not None)
    ),
    "outer.dport != 6081": end("outer", "dport", lambda port: port != 6081),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_expression_chooses_what_the_objects_say(file: Path, question: str) -> None:
    found = list(rows(file, filters.parse(question)))
    expected = [row for row in rows(file, None) if QUESTIONS[question](row)]
    assert found == expected
    assert 0 < len(found) < 300


def rows(path: Path, where: filters.Filter | None) -> Iterator[Row]:
    """The packets that an expression chooses."""
    return (row for part in parts(path) for row in objects(part, where))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at the end: a field is expected"),
        ("vni ==", "a value is expected"),
        ("vni = 5", "cannot be read"),
        ("color == red", "a field is expected: vni"),
        ("vni == red", "invalid literal"),
        ("vni == -1", "out of range"),
        ("inner.src in 10.0.0.0/33", "does not appear to be"),
        ("inner.src < 10.0.0.1", "compared by"),
        ("fault == unheard-of", "there is no fault"),
        ("(vni", "')' is expected"),
        ("vni vni", "nothing more"),
        ("vni in (1, 2", "')' is expected"),
        ("not", "a field is expected"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(Invalid, match="where") as refused:
        filters.parse(text)
    assert said in str(refused.value)
