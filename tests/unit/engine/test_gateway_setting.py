"""The document of a gateway: all that is wrong with it, each with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cpal.engine.gateway.setting import checked, load
from cpal.errors import Faults, Invalid, NotFound

GOOD = """
ends:
  left: {encapsulation: vxlan, local: 192.0.2.1, remotes: [192.0.2.2, 192.0.2.3], port: 8472}
  right: {encapsulation: nvgre, local: "2001:db8::1", remotes: ["2001:db8::2"]}
networks:
  - {left: 5000, right: 0x1388}
"""


def faults(**changed: Any) -> dict[str, str]:
    """What is wrong with the good document where some places of it are changed."""
    document = yaml.safe_load(GOOD)
    for place, value in changed.items():
        *path, last = place.split("__")
        inside = document
        for step in path:
            inside = inside[int(step) if step.isdecimal() else step]
        inside[int(last) if last.isdecimal() else last] = value
    with pytest.raises(Faults) as found:
        checked(document, "gateway.yaml")
    assert all(fault.key == "gateway.yaml" and fault.remedy for fault in found.value.faults)
    return {fault.field: fault.problem for fault in found.value.faults}


def test_a_good_one_is_read(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(GOOD)
    setting = load(file)
    assert setting.networks == ({"left": 5000, "right": 0x1388},)
    assert {name: end.destination_port for name, end in setting.ends.items()} == {"left": 8472, "right": 0}


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"ends__left__encapsulation": "gre"}, "ends.left.encapsulation", "no such encapsulation: gre"),
        ({"ends__left__local": "leaf1"}, "ends.left.local", "'leaf1' is no IP address"),
        ({"ends__left__remotes__1": "192.0.2"}, "ends.left.remotes[1]", "'192.0.2' is no IP address"),
        ({"ends__left__remotes": []}, "ends.left.remotes", "nobody is beyond"),
        ({"ends__left__remotes": ["2001:db8::9"]}, "ends.left.remotes", "both IP versions"),
        ({"ends__right__port": 47}, "ends.right.port", "nvgre has no other port"),
        ({"ends__left__port": 70000}, "ends.left.port", "70000 is no port"),
        ({"ends__left__mtu": 1}, "ends[...]", "unknown field `mtu`"),
        ({"networks": []}, "networks", "nothing is joined"),
        ({"networks__0": {"left": 5}}, "networks[0]", "at two ends at least"),
        ({"networks__0__right": 0xFFF}, "networks[0].right", "NVGRE has no VSID below 0x1000"),
        ({"networks__0__left": 1 << 24}, "networks[0].left", "numbers of 24 bits"),
        ({"networks__0__middle": 7}, "networks[0].middle", "there is no end middle"),
        (
            {"networks": [{"left": 1, "right": 5000}, {"left": 1, "right": 5001}]},
            "networks[1].left",
            "networks[0] there",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed: dict[str, Any], field: str, words: str) -> None:
    found = faults(**changed)
    assert field in found, found
    assert words in found[field]


def test_two_ends_that_would_get_each_others_packets_are_refused() -> None:
    twin = {"encapsulation": "vxlan", "local": "192.0.2.1", "remotes": ["192.0.2.9"], "port": 8472}
    assert "is end left already" in faults(ends__other=twin)["ends.other"]


def test_all_of_it_is_told_at_once() -> None:
    assert len(faults(ends__left__local="x", networks__0__right=1, networks__0__left=-1)) == 3


@pytest.mark.parametrize("text", ["{", "\udcff", "- 1"])
def test_a_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(text, errors="surrogateescape")
    with pytest.raises((Invalid, Faults)):
        load(file)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No such file"):
        load(tmp_path / "gateway.yaml")
