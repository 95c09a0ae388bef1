"""Subports of trunks as requests name them, of which Neutron says in words of its own that they cannot be.

Source: Networking API v2.0, trunks; neutron 29.0.0, asked.
"""

from __future__ import annotations

from typing import Any

from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.values import MOST_ITEMS, described, said, schema_of, uuid, whole
from cpal.model.trunk import VLAN

INHERIT = "inherit"
"""The segmentation type that stands for that of the subport's network."""
_SEGMENT = ("segmentation_type", "segmentation_id")


@described(
    type="array",
    maxItems=MOST_ITEMS,
    items={
        "type": "object",
        "required": ["port_id"],
        "properties": {
            "port_id": schema_of(uuid),
            "segmentation_type": {"enum": [VLAN, INHERIT]},
            "segmentation_id": schema_of(whole(1, 4094)),
        },
    },
)
def subports(value: Any) -> tuple[dict[str, Any], ...]:
    """The subports of a request: each with a port and, where it says one of them, both type and number of a segment."""
    if not isinstance(value, list):
        raise ValueError(f"Invalid data format for subports: '{said(value)}' is not a list")
    if len(value) > MOST_ITEMS:
        raise ValueError(f"a list of more than {MOST_ITEMS} items is too long")
    ports, segments = set[str](), set[str]()
    for each in value:
        port_id = _port_of(each)
        if port_id in ports:
            raise ValueError(f"Non unique UUID for subport: '{port_id}'")
        ports.add(port_id)
        kind, number = (each.get(name) for name in _SEGMENT)
        if kind == INHERIT:
            continue
        if each.keys() != {"port_id"} and None in (kind, number):
            raise ValueError(unclear(each))
        if number is not None and str(number) in segments:
            raise ValueError(f"Segmentation ID '{said(number)}' for '{port_id}' is not unique")
        segments |= set() if number is None else {str(number)}
    return tuple(value)


def _port_of(given: Any) -> str:
    if not isinstance(given, dict):
        raise ValueError(f"Invalid data format for subport: '{said(given)}' is not a dict")
    if not given.get("port_id") and given.get("port_id", "") == "":
        raise ValueError("A valid port UUID must be specified")
    try:
        return str(uuid(given["port_id"]))
    except ValueError:
        raise ValueError(f"Invalid UUID for subport: '{said(given['port_id'])}'") from None


def unclear(given: Any) -> str:
    """What is said of a subport that does not say its segment."""
    return (
        f"Invalid subport details '{said(str(given))}': missing segmentation information. "
        "Must specify both segmentation_id and segmentation_type"
    )


def segment_number(value: Any) -> int:
    """The number of a subport's segment.

    Raises:
        ApiFault: it is none.
    """
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        why = f"Invalid subport details: segmentation_id '{said(value)}' is not an integer"
        raise invalid_subport(why) from None


def invalid_subport(why: str) -> ApiFault:
    """A trunk cannot be so."""
    return bad_request(f"Invalid input for operation: {why}.", "InvalidInput")
