"""Faults in Keystone's words, since its clients' tests and their users know them.

Source: https://docs.openstack.org/keystone/latest/api/keystone.exception.html
"""

from __future__ import annotations

from http import HTTPStatus

from cpal.errors import Conflict, CpalError, Forbidden, Invalid, NotFound, Unauthenticated
from cpal.faces.http.message import Response, json_response
from cpal.faces.http.status import HTTP_STATUS

UNAUTHENTICATED = "The request you have made requires authentication."
FORBIDDEN = "You are not authorized to perform the requested action."
ASSUMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


def unauthenticated(message: str = UNAUTHENTICATED) -> Unauthenticated:
    """Nobody known asks: in the same words for every reason, so that nobody learns who exists."""
    return Unauthenticated(message)


def forbidden(message: str = FORBIDDEN) -> Forbidden:
    """The caller may not do this."""
    return Forbidden(message)


def missing(attribute: str, target: str) -> Invalid:
    """Something that a body has to hold is not in it."""
    return Invalid(f"Expecting to find {attribute} in {target}. {ASSUMED}")


def invalid_field(path: str, problem: str) -> Invalid:
    """A value in a body is not what it has to be."""
    return Invalid(f"Invalid input for field '{path}': {problem}" if path else problem)


def not_found(what: str, id: str) -> NotFound:
    """There is no such thing."""
    return NotFound(f"Could not find {what}: {id}.")


def taken(what: str, details: str) -> Conflict:
    """Another thing has the name or the id."""
    return Conflict(f"Conflict occurred attempting to store {what} - {details}.")


def error_response(error: CpalError, origin: str) -> Response:
    """The response that tells of an error."""
    status = next(HTTP_STATUS[each] for each in type(error).__mro__ if each in HTTP_STATUS)
    return fault_response(status, error.message, origin)


def fault_response(status: int, message: str, origin: str) -> Response:
    """A response with Keystone's body of an error; 401 says where one signs in.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
    """
    body = {"error": {"code": status, "title": HTTPStatus(status).phrase, "message": message}}
    headers = (("WWW-Authenticate", f'Keystone uri="{origin}/v3"'),) if status == HTTPStatus.UNAUTHORIZED else ()
    return json_response(status, body, ("Vary", "X-Auth-Token"), *headers)
