"""Runs a getter: hands what it asks to whoever answers, until it returns its typed value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar
from xml.etree import ElementTree

from cpal.drivers.devices.parse.asking import JSON, TEXT, XML, Ask, Asking
from cpal.errors import Unreadable

T = TypeVar("T")

Answer = Callable[[Ask], str | None]
"""Answers a question with the device's text; None where the device does not know the question."""

READING = (KeyError, ValueError, TypeError, IndexError, AttributeError)
"""What a parser raises over an answer that is not as it knows them."""


def run(asking: Asking[T], answer: Answer) -> T:
    """The value that a getter makes of the answers.

    Raises:
        Unreadable: an answer is in no form that the getter knows.
    """
    asked: tuple[Ask, ...] = ()
    try:
        asked = next(asking)
        while True:
            asked = asking.send(tuple(_decoded(ask, answer(ask)) for ask in asked))
    except StopIteration as end:
        value: T = end.value
        return value
    except READING as error:
        raise Unreadable(
            f"no parser knows this answer ({type(error).__name__}: {error})",
            key=", ".join(ask.text for ask in asked),
            remedy="keep the answer and report it: it is not guessed at",
        ) from error


def _decoded(ask: Ask, text: str | None) -> Any:
    if text is None or not (text.strip() or ask.form == TEXT):
        if ask.optional:
            return None
        raise Unreadable("the device does not know this question", key=ask.text)
    if ask.form == JSON:
        return json.loads(text)
    return element(text) if ask.form == XML else text


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
