"""What a make answers in words of which no parser knows any is an error that has them, never an empty table."""

from __future__ import annotations

from typing import Any

import pytest

from cpal.drivers.devices.asked import decoded, run
from cpal.drivers.devices.parse.asking import Questions
from cpal.drivers.devices.registry import driver
from cpal.errors import Unreadable

ARGUMENTS: dict[str, dict[str, Any]] = {
    "route_to": {"destination": "198.51.100.0/24", "protocol": ""},
    "ping": {"destination": "192.0.2.1"},
}
SAID = [
    "% Authorization failed.\n",
    "Error: the device is busy, try later\n",
    "<html><title>502 Bad Gateway</title></html>\n",
    "Lorem ipsum dolor sit amet\n  consectetur 42 elit\n",
]
FREE = {"ping": "tells what the device says of its failure"}
"""Getters whose answers may be any text, and why."""


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize(
    ("make", "getter"),
    [(make, getter) for make in ("ios", "nxos_ssh") for getter in driver(make).getters if getter not in FREE],
)
def test_an_answer_in_other_words_is_an_error(make: str, getter: str, said: str) -> None:
    def answers(asks: Questions) -> tuple[Any, ...]:
        return tuple(decoded(ask, said) for ask in asks)

    with pytest.raises(Unreadable, match="no parser knows this answer"):
        run(driver(make).getters[getter](**ARGUMENTS.get(getter, {})), answers)
