"""Tokens as signed text: ids, not names, so that what they give is looked up when they are used.

Source: https://www.rfc-editor.org/rfc/rfc7519 (JWT), https://www.rfc-editor.org/rfc/rfc7518#section-3.2 (HS256)
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

import jwt
import msgspec

from cpal.faces.identity.faults import unauthenticated
from cpal.model.record import Part

LONGEST = 4096
"""The longest text read as a token, in bytes."""
_NAMES = {"user_id": "sub", "issued_at": "iat", "expires_at": "exp"}


class Claims(Part, frozen=True, rename=_NAMES):
    """What a token says: whose it is, how it was got, until when, and where it is good.

    `audit_ids` holds its own and, if it was got by another token, the first one's of that chain. Times are in seconds
    since the epoch. At most one of `project_id`, `domain_id` and `system` is set.
    """

    user_id: str
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued_at: float
    expires_at: float
    project_id: str = ""
    domain_id: str = ""
    system: bool = False
    application_credential_id: str = ""


class Signer:
    """What signs tokens and knows its own again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, claims: Claims) -> str:
        """The token that says this."""
        return jwt.encode(msgspec.to_builtins(claims), self._key, algorithm="HS256")

    def read(self, token: str) -> Claims:
        """What a token says, if it is one of ours and not expired.

        Raises:
            Unauthenticated: it is not.
        """
        if len(token) > LONGEST:
            raise unauthenticated()
        try:
            payload: dict[str, Any] = jwt.decode(token, self._key, algorithms=["HS256"])
            return msgspec.convert(payload, Claims)
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise unauthenticated() from None


def audit_id() -> str:
    """A name for a token that does not open anything: 22 characters.

    Source: https://docs.openstack.org/keystone/latest/admin/tokens-overview.html
    """
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
