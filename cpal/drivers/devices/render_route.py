"""What is said of a static route behind its next hop, in no make's words. Pure.

A row of a route has its next hop as its value and, behind that, what else is said of it: `192.0.2.1 preference 200 tag
7 label uplink`. Words that no record says stand there as the device has them. A preference of 1 is what a static route
has of itself, which devices do not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.core.rows import Value
from cpal.model.switch import Route

PREFERENCE, TAG, LABEL = FIELDS = ("preference", "tag", "label")
USUAL_PREFERENCE = 1


def value_of(record: Route) -> str:
    """The value of a route's row."""
    return written(record.nexthop, {field: getattr(record, field) for field in FIELDS})


def written(nexthop: str, said: Mapping[str, Any]) -> str:
    """The value of a row that says this, by the fields of a record."""
    usual = {PREFERENCE: USUAL_PREFERENCE}
    told = [f"{field} {said[field]}" for field in FIELDS if said.get(field) not in (None, "", usual.get(field))]
    return " ".join([nexthop, *told])


def fields_of(value: Value) -> dict[str, Any] | None:
    """The fields of a record that a row's value says; None where no record can say it."""
    nexthop, *words = str(value).split()
    fields = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or not fields.keys() <= set(FIELDS):
        return None
    return {"nexthop": nexthop, **typed(fields)}


def typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """Fields as a record has them."""
    return {field: each if field == LABEL else int(each) for field, each in fields.items()}
