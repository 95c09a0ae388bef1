"""Our rows against tshark's and tcpdump's, on captures of others and on generated packets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cpal.faces.captures import objects, parts
from tests.support import packets, tshark

BIG = "bigtcp"
"""Captures with lengths of 0, which tshark of Debian 12 does not follow; tcpdump does."""
ENDS = re.compile(r"([0-9a-f.:]+)\.(\d+) > ([0-9a-f.:]+)\.(\d+): ")


def decoded(path: Path) -> list[dict[str, Any]]:
    """The packets of a capture as objects."""
    return [told for part in parts(path) for told in objects(part)]


def ours(path: Path) -> list[dict[str, Any]]:
    """What we say of a capture's packets, as far as tshark says it too."""
    found = []
    for row in decoded(path):
        tunnels = [{key: tunnel[key] for key in ("type", "vni", "options")} for tunnel in row["tunnels"]]
        found.append({"outer": row["outer"], "tunnels": tunnels, "inner": row["inner"]})
    return found


def test_captures_of_others_are_as_tshark_says(corpora: Path, tmp_path: Path) -> None:
    files = sorted(file for file in (corpora / "captures").glob("*/*.pcap*") if BIG not in file.name)
    merged = tmp_path / "all.pcapng"
    subprocess.run(["mergecap", "-a", "-w", merged, *files], check=True, capture_output=True)
    assert len(files) > 20
    assert ours(merged) == [tshark.told(layers) for layers in tshark.layers(merged)]
    assert [row for file in files for row in ours(file)] == ours(merged)


def test_generated_packets_are_as_tshark_says(tmp_path: Path) -> None:
    chance = Random(4789)
    frames = [packets.mixed(chance) for _ in range(300)]
    frames += [packets.tunnelled(chance, k, packets.innermost(chance, v, 99), w)
               for k in packets.KINDS for v in (4, 6) for w in (4, 6)]  # fmt: skip
    path = tmp_path / "generated.pcap"
    path.write_bytes(packets.capture(frames))
    assert ours(path) == [tshark.told(layers) for layers in tshark.layers(path)]
    assert all(not row["faults"] for row in decoded(path))
    assert {tunnel["type"] for row in ours(path) for tunnel in row["tunnels"]} == {
        "geneve", "vxlan", "vxlan-gpe", "nvgre", "stt",
    }  # fmt: skip


@pytest.mark.parametrize("outer", [4, 6])
@pytest.mark.parametrize("inner", [4, 6])
@pytest.mark.parametrize("tunnel", ["geneve", "vxlan"])
def test_big_tcp_is_as_tcpdump_says(corpora: Path, outer: int, inner: int, tunnel: str) -> None:
    base = corpora / "captures" / "tcpdump" / f"{BIG}-ipv{outer}-{tunnel}-ipv{inner}"
    printed = base.with_suffix(".out").read_text()
    (row,) = ours(base.with_suffix(".pcap"))
    theirs = [(a, int(b), c, int(d)) for a, b, c, d in ENDS.findall(printed)]
    keys = ("src", "sport", "dst", "dport")
    assert [tuple(row[side][key] for key in keys) for side in ("outer", "inner")] == theirs
    vni = re.search(r"vni (0x[0-9a-f]+|\d+)", printed)
    assert vni
    assert [(each["type"], each["vni"]) for each in row["tunnels"]] == [(tunnel, int(vni[1], 0))]


def test_vxlan_on_linuxs_port_is_the_same_as_on_ianas(corpora: Path) -> None:
    files = [corpora / "captures" / "tcpdump" / name for name in ("vxlan.pcap", "vxlan_port_8472.pcap")]
    first, second = ([(row["tunnels"], row["inner"]) for row in ours(file)] for file in files)
    assert first == second


def test_of_a_frame_that_is_cut_the_rest_is_told(corpora: Path) -> None:
    (told,) = decoded(corpora / "captures" / "zeek" / "geneve-truncated.pcapng")
    assert (told["tunnels"][0]["type"], told["inner"], told["faults"]) == ("geneve", None, ["ethernet-truncated"])
    assert (told["length"], told["captured"]) == (156, 58)
