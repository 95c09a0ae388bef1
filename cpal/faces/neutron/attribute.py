"""Attributes of resources as data: type, default, where they may be sent. Validation reads nothing else.

Source: Networking API v2.0, the request and response tables of each resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cpal.faces.neutron.fault import ApiFault, bad_request, inconvertible, invalid
from cpal.faces.neutron.values import Type, Unnamed, said, text


class _Marker:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


REQUIRED = _Marker("REQUIRED")
"""The default of an attribute that has to be sent."""
UNSET = _Marker("UNSET")
"""The value of an attribute that was not sent: what it becomes is decided later."""


class Attribute(NamedTuple):
    """One attribute: its type, its default when a resource is made, and whether POST and PUT may send it.

    One that is not `visible` can be asked for as a filter, and no answer has it. A list is sorted by one that is
    `sorts`, if by it can be filtered too.
    """

    type: Type = text()
    default: Any = UNSET
    post: bool = True
    put: bool = False
    filtered: bool = True
    visible: bool = True
    sorts: bool = True


def shown(filtered: bool = True, sorts: bool = True) -> Attribute:
    """An attribute that is only shown."""
    return Attribute(post=False, filtered=filtered, sorts=sorts)


Attributes = Mapping[str, Attribute]

TENANT = ("tenant_id", "project_id")
_IN_MESSAGES = {"project_id": "tenant_id"}
"""What Neutron calls an attribute in its messages, where that is the older of two names."""


def posted(name: str, attributes: Attributes, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a resource to be made, defaults filled in.

    Raises:
        ApiFault: an attribute is unknown, missing, not to be sent, or has a value that cannot be.
    """
    body = _one_project(body)
    _refuse_unknown(attributes, body)
    values = {key: attribute.default for key, attribute in attributes.items()} | body
    if REQUIRED in values.values() or not all(attributes[key].post for key in body):
        for key, attribute in attributes.items():
            if values[key] is REQUIRED and attribute.post:
                raise bad_request(f"Failed to parse request. Required attribute '{key}' not specified")
            if key in body and not attribute.post:
                raise bad_request(f"Attribute '{key}' not allowed in POST")
    return values | _all_converted(attributes, body)


def put(name: str, attributes: Attributes, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a resource is to have: those sent.

    Raises:
        ApiFault: an attribute is unknown, not to be changed, or has a value that cannot be.
    """
    body = _one_project(body)
    _refuse_unknown(attributes, body)
    if not all(attributes[key].put for key in body):
        fixed = next(key for key in attributes if key in body and not attributes[key].put)
        raise bad_request(f"Cannot update read-only attribute {_IN_MESSAGES.get(fixed, fixed)}")
    return _all_converted(attributes, body)


def _one_project(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with `project_id` alone for the owner, which has two names."""
    found = dict(body)
    if "tenant_id" in found:
        tenant = found.pop("tenant_id")
        if found.setdefault("project_id", tenant) != tenant:
            raise bad_request("'project_id' and 'tenant_id' do not match")
    return found


def _refuse_unknown(attributes: Attributes, body: Mapping[str, Any]) -> None:
    if unknown := [str(key) for key in body if key not in attributes]:
        raise bad_request(f"Unrecognized attribute(s) '{said(', '.join(unknown))}'")


def _all_converted(attributes: Attributes, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values kept of those sent. Of several that cannot be, the first one of the table is told."""
    try:
        return {key: _converted(key, attributes[key].type, value) for key, value in body.items()}
    except ApiFault:
        for key in attributes:
            if key in body:
                _converted(key, attributes[key].type, body[key])
        raise


def _converted(name: str, convert: Type, value: Any) -> Any:
    try:
        return convert(value)
    except Unnamed as error:
        raise inconvertible(f"{error}.") from None
    except ValueError as error:
        raise invalid(_IN_MESSAGES.get(name, name), f"{error}.") from None
