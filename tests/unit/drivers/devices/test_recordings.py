"""Every recorded answer of a real device gives the value that NAPALM's maintainers agreed on, through our typed value.

The typed value goes through JSON and back to its type before it is put in NAPALM's form, so that nothing else is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cpal.engine.recordings import VARIANTS, drivers, replay
from cpal.errors import NotFound, Unreadable, Unsupported
from cpal.faces.device.deviations import DEVIATIONS
from cpal.faces.device.napalm import normal_form
from tests.source import ROOT
from tests.support.napalm_oracle import told

CORPUS = Path(os.environ.get("CPAL_CORPORA", ROOT.parent / "shared" / "corpora")) / "napalm"
CASES = sorted(CORPUS.glob("*/test_*/*"))
DOCUMENTED = sorted((ROOT / "tests" / "golden" / "devices").glob("*/test_*/*"))
"""Answers after the makers' documentation, and what NAPALM makes of them."""
INCOMPLETE = {
    "iosxr-test_get_environment-xr7_issue_1181": "the answers of the inventory and of two slots are not in the corpus",
}
"""Cases that nobody can compute from what the corpus holds of them."""


def _name(case: Path) -> str:
    return "-".join(case.parts[-3:])


def _getter(case: Path) -> str:
    name = case.parts[-2].removeprefix("test_").removeprefix("get_")
    return VARIANTS.get(name, (name,))[0]


SUPPORTED = [case for case in CASES if any(case.glob("[!e]*")) and _name(case) not in INCOMPLETE]
"""The cases that hold answers of a device: three of IOS-XR hold none."""


@pytest.fixture
def corpus() -> None:
    """The recordings are there; without them a test skips."""
    if not CASES:
        pytest.skip(f"no recordings at {CORPUS}; name the corpora with CPAL_CORPORA")


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("case", SUPPORTED or [CORPUS], ids=_name)
def test_a_recording_gives_the_agreed_value(case: Path) -> None:
    _check(case)


@pytest.mark.parametrize("case", DOCUMENTED, ids=_name)
def test_documented_answers_give_what_napalm_makes_of_them(case: Path) -> None:
    _check(case)
    driver, _, _ = case.parts[-3:]
    name = _getter(case)
    words = VARIANTS[name][1] if name in ("route_to", "ping") else {}
    assert told(driver, name, case, **words) == _agreed(case)


def _check(case: Path) -> None:
    driver, getter, _ = case.parts[-3:]
    read = replay(driver, getter, case)
    plain = msgspec.json.encode(read.value)
    value = msgspec.json.decode(plain, type=_type_of(read.value)) if read.value else read.value
    assert json.loads(json.dumps(normal_form(value, driver, read.getter))) == _agreed(case)


def _agreed(case: Path) -> Any:
    return json.loads((case / "expected_result.json").read_text(encoding="utf-8"))


def _type_of(value: Any) -> Any:
    return tuple[type(value[0]), ...] if isinstance(value, tuple) else type(value)  # type: ignore[misc]  # made here


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("case", SUPPORTED or [CORPUS], ids=_name)
def test_what_a_device_does_not_tell_is_none(case: Path) -> None:
    driver, getter, _ = case.parts[-3:]
    assert [*_placeholders(msgspec.to_builtins(replay(driver, getter, case).value))] == []


def _placeholders(value: Any, place: str = "") -> Any:
    """Places with text that is empty, or with a number that stands for none."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _placeholders(each, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _placeholders(each, place)
    elif value == "" or (value == -1 and not isinstance(value, bool) and not place.endswith(("dbm", "_ms", "celsius"))):
        yield f"{place} is {value!r}"


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("driver", [name for name, each in drivers().items() if not each.real])
def test_the_evidence_of_a_driver_is_what_the_corpus_has(driver: str) -> None:
    recorded = {_getter(case) for case in SUPPORTED if case.parts[-3] == driver}
    getters = set(drivers()[driver].getters)
    assert drivers()[driver].real or getters - drivers()[driver].documented == recorded
    assert drivers()[driver].documented <= getters


def test_each_deviation_is_of_a_getter_that_there_is() -> None:
    assert [each for each in DEVIATIONS if each.getter not in drivers()[each.driver].getters] == []
    assert len({each[:3] for each in DEVIATIONS}) == len(DEVIATIONS)


CANARY = 'raise SystemExit("NAPALM was imported")\n'


@pytest.mark.usefixtures("corpus")
def test_napalm_is_not_called(tmp_path: Path) -> None:
    """A `napalm` that ends the process when it is imported stands first on the path; nobody imports it."""
    (tmp_path / "napalm").mkdir()
    (tmp_path / "napalm" / "__init__.py").write_text(CANARY, encoding="utf-8")
    case = next(case for case in SUPPORTED if _getter(case) == "bgp_neighbors")
    program = (
        "import sys, pathlib; from cpal.engine.recordings import replay\n"
        "from cpal.faces.device.napalm import normal_form\n"
        "for case in map(pathlib.Path, sys.argv[1:]):\n"
        "    read = replay(*case.parts[-3:-1], case); normal_form(read.value, case.parts[-3], read.getter)\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'napalm']\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    subprocess.run([sys.executable, "-c", program, *map(str, SUPPORTED)], env=environment, check=True, timeout=120)
    words = [sys.executable, "-m", "cpal.faces.cli.main", "replay", *case.parts[-3:-1], str(case), "--as", "napalm"]
    shown = subprocess.run(words, env=environment, check=True, capture_output=True, timeout=120).stdout
    assert json.loads(shown) == json.loads((case / "expected_result.json").read_text(encoding="utf-8"))


def test_what_cannot_be_replayed_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there are eos, frr, gnmi, ios"):
        replay("vms", "facts", tmp_path)
    with pytest.raises(Unsupported, match="it has arp_table"):
        replay("eos", "get_weather", tmp_path)
    with pytest.raises(Unsupported, match="NAPALM has no such getter"):
        normal_form((), "eos", "lags")
    with pytest.raises(NotFound, match="no answer to 'show vlan'"):
        replay("eos", "vlans", tmp_path)
    with pytest.raises(NotFound, match="no such recording"):
        replay("eos", "vlans", tmp_path / "none")
    (tmp_path / "show_vlan.json").write_text('{"vlan": {}}', encoding="utf-8")
    with pytest.raises(Unreadable, match="show vlan: no parser knows this answer"):
        replay("eos", "vlans", tmp_path)
    (tmp_path / "show_vlan.json").write_text("% Invalid input", encoding="utf-8")
    with pytest.raises(Unreadable, match="show vlan"):
        replay("eos", "vlans", tmp_path)
