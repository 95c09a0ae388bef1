"""Bodies of requests: what is to be made or changed, told by the resource's name, or by its collection's if several.

Source: neutron 29.0.0, asked.
"""

from __future__ import annotations

from typing import Any

from cpal.errors import Invalid
from cpal.faces.http.message import Request
from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.resource import Bulk, Resource, Values


def bodies_to_make(request: Request, resource: Resource) -> tuple[list[Values], bool]:
    """What is to be made, and whether several at once; where a body tells of both, they are several.

    Raises:
        ApiFault: the body tells of neither, or of none.
    """
    body = _asked(request, resource)
    several = _collection(resource)
    if several not in body or resource.bulk is Bulk.UNKNOWN:
        return [_told(body, resource)], False
    if resource.bulk is Bulk.REFUSED:
        raise bad_request("Bulk operation not supported")
    found = body[several]
    if not found:
        raise bad_request("Resources required")
    if not isinstance(found, list | dict | str):
        raise _unsound()
    return [_told(_wrapped(each, resource), resource) for each in found], True


def body_to_change(request: Request, resource: Resource) -> Values:
    """What something is to become.

    Raises:
        ApiFault: the body does not tell, or tells of several.
    """
    body = _asked(request, resource)
    if _collection(resource) in body:
        raise bad_request("Bulk operation not supported")
    return _told(body, resource)


CORE = ("network", "subnet", "port")
"""Resources of Neutron's core: of these a body that is empty is one that lacks the resource, and what is no filter is
refused where one of them is asked for, too."""


def _asked(request: Request, resource: Resource) -> dict[str, Any]:
    """The body; of most resources it must have something in it."""
    if resource.name not in CORE and (not request.body or request.body.strip() in (b"{}", b"[]", b"null")):
        raise bad_request("Resource body required")
    return json_object(request)


def json_object(request: Request) -> dict[str, Any]:
    """The body, empty where there is none.

    Raises:
        ApiFault: it is no JSON object.
    """
    try:
        body = request.json() if request.body else {}
    except Invalid:
        raise _unsound() from None
    if not isinstance(body, dict):
        raise _unsound()
    return body


def _collection(resource: Resource) -> str:
    return resource.collection.replace("-", "_")


def _wrapped(each: Any, resource: Resource) -> dict[str, Any]:
    """One of several, which may stand below its own name or not."""
    if not isinstance(each, dict | list | str):
        raise _unsound()
    return each if isinstance(each, dict) and resource.name in each else {resource.name: each}


def _told(body: dict[str, Any], resource: Resource) -> Values:
    found = body.get(resource.name)
    if found is None:
        raise bad_request(f"Unable to find '{resource.name}' in request body")
    if not isinstance(found, dict):
        raise bad_request(f"Object '{resource.name}' contains invalid data")
    return found


def _unsound() -> ApiFault:
    return bad_request("Body contains invalid data")
