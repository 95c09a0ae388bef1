"""What a getter asks a device, and the form of the answers.

A getter is a generator: it yields the questions that can be asked together, is sent their answers in that order, and
returns a typed value. So the same getter runs over a live session, a recording or an emulator, one device or hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

JSON, TEXT, XML = "json", "text", "xml"
"""Forms of an answer: a decoded JSON value, text, or an `xml.etree` element whose names have no namespace."""


class Ask(NamedTuple):
    """A question: a command or an RPC in the device's words, and the form of its answer.

    `optional` is whether the answer may be None, which is when the device does not know the question; `recorded` what
    recordings call the question, where that is not its text.
    """

    text: str
    form: str = TEXT
    optional: bool = False
    recorded: str = ""


Questions = tuple[Ask, ...]
Asking = Generator[Questions, tuple[Any, ...], T]
Getter = Callable[..., Asking[Any]]


class Driver(NamedTuple):
    """A way to talk to a make: its name (NAPALM's, where it has one), the make, what it speaks, its getters by name.

    `documented` are the getters that follow documentation alone; recordings of real devices prove the others, or, where
    `real`, the make itself, which runs in the tests.
    """

    name: str
    make: str
    speaks: str
    getters: Mapping[str, Getter]
    documented: frozenset[str] = frozenset()
    real: bool = False
