"""Runs a getter: hands what it asks to whoever answers, until it returns its typed value."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar
from xml.etree import ElementTree

from cpal.drivers.devices.parse.asking import JSON, TEXT, XML, Ask, Asking, Questions
from cpal.errors import Unreadable

T = TypeVar("T")

Transport = Callable[[Questions], tuple[Any, ...]]
"""Answers questions in order, each in the form it asks for; None where the device does not know an optional one."""
Heard = list[tuple[Ask, Any]]
"""Questions, each with its answer."""


class Live(Protocol):
    """A transport to a device itself. Its coroutines run in one event loop, in which it is closed too."""

    @property
    def run(self) -> Callable[..., Awaitable[Any]]:
        """Speaks to the device in its own words, in no form common to all makes."""

    async def answers(self, asks: Questions, /) -> tuple[Any, ...]:
        """The device's answers to questions, as a `Transport` gives them."""

    async def close(self) -> None:
        """End the connection."""


READING = (KeyError, ValueError, TypeError, IndexError, AttributeError)
"""What a parser raises over an answer that is not as it knows them."""


def run(asking: Asking[T], transport: Transport) -> T:
    """The value that a getter makes of the answers.

    Raises:
        Unreadable: an answer is in no form that the getter knows.
    """
    reading = Reading(asking)
    while not reading.ended:
        reading.take(transport(reading.asked))
    return reading.value


async def run_live(asking: Asking[T], live: Live, heard: Heard) -> T:
    """The same, of what a device answers now; `heard` takes each answer as it came.

    Raises:
        Unreadable: an answer is in no form that the getter knows.
        Unreachable, TimedOut, Unauthenticated, Rejected: what went wrong at the device.
    """
    reading = Reading(asking)
    while not reading.ended:
        answers = await live.answers(reading.asked)
        heard.extend(zip(reading.asked, answers, strict=True))
        reading.take(answers)
    return reading.value


class Reading(Generic[T]):
    """A getter on its way: what it asks now, until it has ended with its value. Raises Unreadable."""

    value: T

    def __init__(self, asking: Asking[T]) -> None:
        self._asking = asking
        self.asked: Questions = ()
        self.ended = False
        self._step(lambda: next(asking))

    def take(self, answers: tuple[Any, ...]) -> None:
        """Go on with the answers to what it asks."""
        self._step(lambda: self._asking.send(answers))

    def _step(self, go: Callable[[], Questions]) -> None:
        try:
            self.asked = go()
        except StopIteration as end:
            self.value, self.ended = end.value, True
        except READING as error:
            raise _unreadable(self.asked, error) from error


def _unreadable(asked: Questions, error: Exception) -> Unreadable:
    return Unreadable(
        f"no parser knows this answer ({type(error).__name__}: {error})",
        key=", ".join(ask.text for ask in asked),
        remedy="keep the answer and report it: it is not guessed at",
    )


def decoded(ask: Ask, text: str | None) -> Any:
    """A device's text in the form that the question asks for; None for none, or for an empty document.

    Raises:
        Unreadable: it is not in that form, or is not there though it must be.
    """
    if text is None or not (text.strip() or ask.form == TEXT):
        if ask.optional:
            return None
        raise Unreadable("the device does not know this question", key=ask.text)
    try:
        return json.loads(text) if ask.form == JSON else element(text) if ask.form == XML else text
    except ValueError as error:
        raise _unreadable((ask,), error) from error


def element(text: str) -> ElementTree.Element:
    """The root of an XML text, all names without their namespaces.

    Raises:
        ValueError: not XML.
    """
    try:
        root = ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    return root
