"""All that the API works on, and a request to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from cpal.errors import Invalid
from cpal.faces.http.message import Request, Response
from cpal.faces.identity.assignments import Assignments
from cpal.faces.identity.database import Database
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.faults import invalid_field, missing, unauthenticated
from cpal.faces.identity.passwords import Passwords
from cpal.faces.identity.signing import Signer
from cpal.faces.identity.standing import Bearer, Standing


class Realm(NamedTuple):
    """The parts of the identity service; `lifetime_s` is how long a token holds."""

    database: Database
    entities: Entities
    assignments: Assignments
    passwords: Passwords
    signer: Signer
    standing: Standing
    lifetime_s: int


class Call(NamedTuple):
    """A request, what its path names, and who asks (None where that does not matter)."""

    request: Request
    names: Mapping[str, str]
    bearer: Bearer | None

    @property
    def caller(self) -> Bearer:
        """Who asks.

        Raises:
            Unauthenticated: nobody known.
        """
        if self.bearer is None:
            raise unauthenticated()
        return self.bearer

    @property
    def base(self) -> str:
        """The URL that the API is under, as the client reached it."""
        return f"{self.request.origin}/v3"

    @property
    def query(self) -> dict[str, str]:
        """The query; of a name given twice the last value."""
        return dict(self.request.query)

    def flag(self, name: str) -> bool:
        """Whether a query says yes: given without a value, or with one that does not say no.

        Source: https://docs.openstack.org/api-ref/identity/v3/#list-role-assignments
        """
        value = self.query.get(name)
        return value is not None and value.lower() not in ("0", "false", "no", "off")

    def body(self) -> Any:
        """The body as JSON.

        Raises:
            Invalid: it is none, or nested too deeply.
        """
        try:
            return self.request.json()
        except Invalid:
            raise missing("valid JSON", "request body") from None

    def content(self, name: str) -> dict[str, Any]:
        """The object of that name in the body.

        Raises:
            Invalid: there is none.
        """
        body = self.body()
        if not isinstance(body, dict) or name not in body:
            raise missing(name, "request body")
        if not isinstance(body[name], dict):
            raise invalid_field(name, "it is not of type 'object'")
        return dict(body[name])


Action = Callable[[Realm, Call], Awaitable[Response]]
"""What answers a request that is allowed."""
Rule = Callable[[Bearer, Mapping[str, str]], bool]
"""Whether the bearer of a token may do what a path names."""
