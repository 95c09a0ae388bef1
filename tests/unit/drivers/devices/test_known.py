"""What a make answers that no parser knows is an error that has it, never an empty table or a part of one.

Asked is every getter of every make over answers that are none, and every recorded case, one answer of which is cut, or
is one to another question or of another make. A text that is cut is told by the transport, which waits for the prompt.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cpal.drivers.devices.asked import decoded, element, run
from cpal.drivers.devices.junos.parse.known import TREES
from cpal.drivers.devices.parse.asking import JSON, TEXT, XML, Ask, Questions
from cpal.drivers.devices.parse.known import Known, expected
from cpal.drivers.devices.recording import texts
from cpal.drivers.devices.registry import DRIVERS, driver
from cpal.engine.recordings import VARIANTS
from cpal.errors import CpalError, Unreadable
from tests.source import ROOT

ARGUMENTS: dict[str, dict[str, Any]] = {
    "route_to": {"destination": "198.51.100.0/24", "protocol": ""},
    "ping": {"destination": "192.0.2.1"},
}
SAID = {
    TEXT: (
        "% Authorization failed.\n",
        "Error: the device is busy, try later\n",
        "<html><title>502 Bad Gateway</title></html>\n",
        "Lorem ipsum dolor sit amet\n  consectetur 42 elit\n",
    ),
    JSON: ('{"lorem": {"ipsum": [1, {"dolor": "sit"}]}}', '{"output": "busy\\n"}', "[1, 2]", '"busy"'),
    XML: (
        "<rpc-reply><lorem><ipsum>1</ipsum></lorem></rpc-reply>",
        "<lorem/>",
        "<rpc-reply><output>the device is busy</output></rpc-reply>",
        "<html><title>502 Bad Gateway</title></html>",
    ),
}
FREE = {"ping": "tells what the device says of its failure"}
"""Getters whose answers may be any text, and why."""
PARTS = {
    '<interfaces xmlns="http://cisco.com/ns/yang/Cisco-IOS-XR-pfi-im-cmd-oper"></interfaces>': "asked with others, too",
}
"""Questions whose answers hold those to others, and why."""
Answering = Callable[[Ask], str | None]


def _value(make: str, getter: str, words: dict[str, Any], answer: Answering) -> Any:
    def answers(asks: Questions) -> tuple[Any, ...]:
        return tuple(decoded(ask, answer(ask)) for ask in asks)

    return run(driver(make).getters[getter](**words), answers)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    ("make", "getter"), [(make, getter) for make in DRIVERS for getter in driver(make).getters if getter not in FREE]
)
def test_an_answer_in_other_words_is_an_error(make: str, getter: str, number: int) -> None:
    with pytest.raises(Unreadable, match=r"no parser knows this answer"):
        _value(make, getter, ARGUMENTS.get(getter, {}), lambda ask: SAID[ask.form][number])


@pytest.mark.parametrize("getter", sorted(driver("junos").getters.keys() - FREE.keys()))
def test_on_junos_elements_of_another_shape_are_an_error(getter: str) -> None:
    """What is around the answer is right, and nothing in it is."""

    def shapes(ask: Ask) -> list[str]:
        paths = [path.split("/") for path in (expected(ask, TREES) or "").split("|")]
        return [path[0].replace("*", "x") for path in paths if len(path) > 1 and path[0] != "configuration"]

    def answer(ask: Ask) -> str | None:
        asked.append(ask)
        found = shapes(ask)
        return f"<rpc-reply><{found[0]}><lorem>1</lorem></{found[0]}></rpc-reply>" if found else None

    asked: list[Ask] = []
    try:
        _value("junos", getter, ARGUMENTS.get(getter, {}), answer)
    except CpalError:
        return
    assert not any(map(shapes, asked))


class Case(NamedTuple):
    """A recorded case: its getter, what that was asked with, what it makes of it, and every answer it was given."""

    make: str
    getter: str
    words: dict[str, Any]
    value: Any
    told: dict[Ask, str]


@cache
def _cases() -> tuple[Case, ...]:
    """The recorded cases in the corpora, and the documented ones beside them, but those that hold no whole answer."""
    corpora = Path(os.environ.get("CPAL_CORPORA", ROOT.parent / "shared" / "corpora"))
    folders = [*corpora.glob("napalm/*/test_*/*"), *(ROOT / "tests" / "golden" / "devices").glob("*/test_*/*")]
    return tuple(case for folder in sorted(folders) for case in _case(folder))


def _case(folder: Path) -> Iterator[Case]:
    make, name, _ = folder.parts[-3:]
    name = name.removeprefix("test_").removeprefix("get_")
    getter, words = VARIANTS.get(name, (name, {}))
    held, told = texts(folder), dict[Ask, str]()

    def answer(ask: Ask) -> str | None:
        text = held(ask)
        if text is not None and text.strip():
            told[ask] = text
        return text

    if getter in driver(make).getters and getter not in FREE:
        try:
            yield Case(make, getter, words, _value(make, getter, words, answer), told)
        except CpalError:
            return


def _replaced(case: Case, ask: Ask, text: str) -> Any:
    """What the getter makes of a case, one answer of which is another text."""
    return _value(case.make, case.getter, case.words, lambda each: text if each == ask else case.told.get(each))


def _is_silent(case: Case, ask: Ask, text: str) -> bool:
    """Whether a text in the place of an answer gives another value, and no error."""
    try:
        return bool(_replaced(case, ask, text) != case.value)
    except CpalError:
        return False


@pytest.mark.parametrize("make", DRIVERS)
def test_one_answer_in_other_words_among_others_is_an_error(make: str) -> None:
    asked = [(case, ask) for case in _cases() if case.make == make for ask in case.told]
    taken = [
        (case.getter, ask.text, said)
        for case, ask in asked
        for said in SAID[ask.form]
        if _is_silent(case, ask, said)
    ]  # fmt: skip
    assert taken == []


@pytest.mark.parametrize("make", DRIVERS)
def test_a_tree_that_is_cut_is_an_error(make: str) -> None:
    asked = [(case, ask) for case in _cases() if case.make == make for ask in case.told if ask.form != TEXT]
    for case, ask in asked:
        whole = case.told[ask].strip()
        for part in (0.1, 0.5, 0.9, 0.99):
            with pytest.raises(Unreadable):
                _replaced(case, ask, whole[: int(len(whole) * part)])


def _tables(make: str) -> tuple[Known, Known]:
    """What a make's tables say of its texts, and of its trees; nothing where it has none."""
    try:
        module = importlib.import_module(f"{DRIVERS[make].rpartition('.')[0]}.parse.known")
    except ModuleNotFoundError:
        return {}, {}
    return getattr(module, "KNOWN", {}), getattr(module, "TREES", {})


def _wanted(make: str, ask: Ask) -> str | None:
    of_texts, of_trees = _tables(make)
    return expected(ask, of_texts if ask.form == TEXT else of_trees)


def _says_something(ask: Ask, text: str) -> bool:
    """Whether an answer is more than a notice, or an empty tree."""
    if ask.form == XML:
        return any((each.text or "").strip() for each in element(text).iter())
    return ask.form == JSON or (len(text.strip().splitlines()) > 2 and not text.strip().startswith("%"))


@pytest.mark.parametrize("make", DRIVERS)
def test_an_answer_to_another_question_is_an_error(make: str) -> None:
    cases = [case for case in _cases() if case.make == make]
    pool = {(ask.form, _wanted(make, ask)): (ask, text) for case in cases for ask, text in case.told.items()
            if _says_something(ask, text)}  # fmt: skip
    taken = [
        (case.getter, ask.text, other.text)
        for case in cases
        for ask in case.told
        if ask.text not in PARTS
        for (form, wanted), (other, text) in pool.items()
        if form == ask.form and wanted != _wanted(make, ask) and _is_silent(case, ask, text)
    ]
    assert sorted(set(taken)) == []
