"""How makes whose routes are lines say what stands behind the next hop of a static route. Pure.

Source: Arista EOS, Cisco NX-OS and Cisco IOS command references, `ip route`; FRR user manual, "STATIC".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from cpal.core.rows import VALUE, Row, Value
from cpal.drivers.devices.render_route import LABEL, PREFERENCE, TAG, fields_of, typed, written
from cpal.drivers.devices.render_switch import parts_of
from cpal.drivers.devices.settings import Setting

_SAID = re.compile(r"(?:name (?P<label>\S+)|tag (?P<tag>\d+)|(?P<preference>\d+))(?: |$)")
_WRITTEN = {PREFERENCE: "{}", TAG: "tag {}", LABEL: "name {}"}
"""How makes write each."""


class RouteSetting(Setting):
    """A static route, whose line has its next hop last and, behind that, `order` of what more is said of it."""

    def __init__(self, table: str, section: str, line: str, order: Sequence[str], **how: Any) -> None:
        lines = " | ".join(f"{each}{{value:more}}" for each in line.split(" | "))
        super().__init__(table, section, lines, say=partial(_words, order=order), **how)

    def _says(self, line: str, row: Row) -> bool:
        found = self._of(line, parts_of(row.key))
        return found is not None and _read(parts_of(row.key)[-1], found["value"]) == row.columns.get(VALUE)

    def _values(self, section: Any, about: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
        for more, said in super()._values(section, about):
            yield more, _read((*about, *more)[-1], str(said))


def _words(value: Value, order: Sequence[str]) -> str:
    """What stands behind a next hop, with a blank before it."""
    fields = fields_of(value)
    if fields is None:
        return f" {str(value).partition(' ')[2]}"
    return "".join(f" {_WRITTEN[field].format(fields[field])}" for field in order if field in fields)


def _read(nexthop: str, said: str) -> str:
    """The value of a row by what stands behind the next hop, in any order."""
    text, fields = said.strip(), dict[str, str]()
    while found := _SAID.match(text):
        fields.update({field: each for field, each in found.groupdict().items() if each is not None})
        text = text[found.end() :]
    if text:
        return f"{nexthop} {said.strip()}"
    return written(nexthop, typed(fields))
