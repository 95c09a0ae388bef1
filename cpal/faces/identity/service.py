"""The identity service: an HTTP handler, and the keeper of the tokens that every other API asks.

A request is matched with a route, its token looked up, the route's rule asked, and the route's action done. Nothing is
looked up for a caller whom the rule refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from msgspec.structs import replace

from cpal.errors import CpalError
from cpal.faces.http.message import Request, Response
from cpal.faces.identity import bootstrap
from cpal.faces.identity.access_rules import allow
from cpal.faces.identity.assignments import Assignments
from cpal.faces.identity.context import Context
from cpal.faces.identity.database import people
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.faults import error_response, fault_response, forbidden, unauthenticated
from cpal.faces.identity.passwords import Passwords
from cpal.faces.identity.realm import Call, Realm
from cpal.faces.identity.router import Match, Router
from cpal.faces.identity.routes import ROUTES
from cpal.faces.identity.signing import Signer
from cpal.faces.identity.standing import Bearer, Standing

LIFETIME_S = 3600
"""How long a token holds, in seconds, unless the service is told otherwise."""
LONGEST_BODY = 114688
"""The largest body that is read, in bytes, as at a Keystone.

Source: https://docs.openstack.org/oslo.middleware/latest/reference/conf.html#oslo_middleware.max_request_body_size
"""
NOT_THERE = (
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try"
    " again."
)
NOT_ALLOWED = "The method is not allowed for the requested URL."

_router = Router(ROUTES)


class Identity:
    """OpenStack Identity v3 over the database of the state directory `home`.

    `endpoints` are the URLs of cpal's own services by type: `identity` (which ends in `/v3`), `network` ... Once
    something listens there, they are to be announced. A token holds for `lifetime_s` seconds. To be used in one event
    loop.

    Raises:
        Disk, Unreachable: it cannot be written.
        Outdated: a newer cpal keeps it.
    """

    silence = ""
    """It is always there to be asked."""

    def __init__(self, home: Path, endpoints: Mapping[str, str], lifetime_s: int = LIFETIME_S) -> None:
        database = people(home)
        signer = Signer(bootstrap.start(home, database, endpoints["identity"]))
        entities = Entities(database)
        assignments = Assignments(database, entities)
        standing = Standing(database, entities, assignments, signer)
        self._realm = Realm(database, entities, assignments, Passwords(database), signer, standing, lifetime_s)

        self._home, self._endpoints = home, endpoints
        self.url = endpoints["identity"]

    def announce(self) -> None:
        """Let the catalogue and the administrator's credentials name the endpoints.

        Raises:
            Disk, Unreachable: it cannot be written.
        """
        bootstrap.announce(self._home, self._realm.database, self._endpoints)

    def close(self) -> None:
        """Let go of the file."""
        self._realm.database.close()

    async def context(self, token: str, service_token: str = "") -> Context:
        """On whose behalf the bearer of the token asks; `service_token` is that of the service that asks for it.

        Raises:
            Unauthenticated: one of them is unknown, expired or revoked.
        """
        context = self._realm.standing.bearer(token).context
        if not service_token:
            return context
        return replace(context, service_roles=self._realm.standing.bearer(service_token).context.roles)

    async def handle(self, request: Request) -> Response:
        """Answer a request to the Identity API."""
        try:
            return await self._answer(request)
        except CpalError as error:
            return error_response(error, request.origin)

    async def _answer(self, request: Request) -> Response:
        methods = _router.methods(request.path)
        if not methods:
            return fault_response(HTTPStatus.NOT_FOUND, NOT_THERE, request.origin)
        if request.method not in methods:
            return fault_response(HTTPStatus.METHOD_NOT_ALLOWED, NOT_ALLOWED, request.origin)
        if len(request.body) > LONGEST_BODY:
            return fault_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request is too large.", request.origin)
        match = methods[request.method]
        call = Call(request, match.names, self._allowed(request, match))
        return await match.route.action(self._realm, call)

    def _allowed(self, request: Request, match: Match) -> Bearer | None:
        """Who asks, where the route wants to know.

        Raises:
            Unauthenticated: nobody known.
            Forbidden: somebody who may not.
        """
        if match.route.rule is None:
            return None
        token = request.headers.get("x-auth-token")
        if not token:
            raise unauthenticated()
        bearer = self._realm.standing.bearer(token)
        if not _is_for(bearer, request):
            raise unauthenticated()
        if not match.route.rule(bearer, match.names):
            raise forbidden()
        return bearer


def _is_for(bearer: Bearer, request: Request) -> bool:
    """Whether a token is for such a request. One may always ask what a token is worth.

    Source: keystonemiddleware.auth_token
    """
    rules = bearer.context.access_rules
    if rules is None or (request.method, request.path.rstrip("/")) == ("GET", "/v3/auth/tokens"):
        return True
    return allow(rules, "identity", request.method, request.path)
