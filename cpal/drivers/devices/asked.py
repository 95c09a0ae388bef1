"""Runs a getter: hands what it asks to whoever answers, until it returns its typed value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from xml.etree import ElementTree

from cpal.drivers.devices.parse.asking import JSON, TEXT, XML, Ask, Asking, Questions
from cpal.errors import Unreadable

T = TypeVar("T")

Transport = Callable[[Questions], tuple[Any, ...]]
"""Answers questions in order, each in the form it asks for; None where the device does not know an optional one."""


class Live(Protocol):
    """A transport to a device itself."""

    @property
    def run(self) -> Callable[..., Any]:
        """Speaks to the device in its own words, in no form common to all makes."""

    def __call__(self, asks: Questions, /) -> tuple[Any, ...]:
        """The device's answers to questions."""

    def close(self) -> None:
        """End the connection."""


READING = (KeyError, ValueError, TypeError, IndexError, AttributeError)
"""What a parser raises over an answer that is not as it knows them."""


def run(asking: Asking[T], transport: Transport) -> T:
    """The value that a getter makes of the answers.

    Raises:
        Unreadable: an answer is in no form that the getter knows.
    """
    asked: Questions = ()
    answers: tuple[Any, ...] | None = None
    while True:
        try:
            asked = next(asking) if answers is None else asking.send(answers)
        except StopIteration as end:
            value: T = end.value
            return value
        except READING as error:
            raise _unreadable(asked, error) from error
        answers = transport(asked)


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
