"""From a body of credentials to what a token may say: who, by which methods, and where.

Every way to be wrong gives the same answer, after the same work: a password is checked against a hash even where there
is no such user.

Source: https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from cpal.errors import NotFound
from cpal.faces.identity import moments
from cpal.faces.identity.faults import forbidden, invalid_field, missing, unauthenticated
from cpal.faces.identity.kinds import APPLICATION_CREDENTIAL, DOMAIN, PROJECT, SECRET, USER, Entity, Field, Kind, check
from cpal.faces.identity.realm import Realm
from cpal.faces.identity.signing import Claims, audit_id
from cpal.faces.identity.standing import Bearer

Content = dict[str, Any]
OBJECT = Field("object")
TEXT = Field()
METHODS = Field("array", items=TEXT)
DELEGATED = "Using a delegated token to create another token is not allowed."
UNSUPPORTED = "Attempted to authenticate with an unsupported method."


class Proof(NamedTuple):
    """What one method proved: who it is, and what a token got by it is bound to."""

    user_id: str
    methods: tuple[str, ...]
    expires_at: float = 0.0
    parent: Claims | None = None
    credential: Entity | None = None


Method = Callable[[Realm, Content], Awaitable[Proof]]


async def authenticated(realm: Realm, auth: Content) -> Claims:
    """What a token for these credentials says.

    Raises:
        Invalid: the body is not what it has to be.
        Unauthenticated: they open nothing.
    """
    started = time.time()
    check({"identity": OBJECT}, auth, ("identity",))
    identity: Content = check({"methods": METHODS}, auth["identity"], ("methods",))
    names: list[str] = list(dict.fromkeys(identity["methods"]))
    proofs = [await _proof(realm, name, identity) for name in names]
    if not proofs or len({proof.user_id for proof in proofs}) != 1:
        raise unauthenticated()
    return claims(realm, proofs, auth.get("scope"), started)


def claims(realm: Realm, proofs: list[Proof], scope: object, now: float) -> Claims:
    """What the token says: the methods of all proofs, the earliest of their ends, the scope asked for.

    It is issued as of when the first proof was begun, so that what ended while proofs were checked ends it too.

    Raises:
        Invalid: the scope is not what it has to be.
        Unauthenticated: there is no such place.
    """
    ends = [proof.expires_at for proof in proofs if proof.expires_at]
    parent = next((proof.parent for proof in proofs if proof.parent), None)
    credential = next((proof.credential for proof in proofs if proof.credential), None)
    plain = Claims(
        user_id=proofs[0].user_id,
        methods=tuple(dict.fromkeys(method for proof in proofs for method in proof.methods)),
        audit_ids=(audit_id(), *(parent.audit_ids[-1:] if parent else ())),
        issued_at=now,
        expires_at=float(int(min([now + realm.lifetime_s, *ends]))),
        application_credential_id=credential["id"] if credential else "",
    )
    return lent(plain, credential, scope) if credential else scoped(realm, plain, scope)


def lent(plain: Claims, credential: Entity, scope: object) -> Claims:
    """A token by an application credential: for its project, and no other.

    Raises:
        Unauthenticated: another place is asked for.
    """
    asked = scope.get("project") if isinstance(scope, dict) else None
    here = isinstance(asked, dict) and asked.get("id") == credential["project_id"]
    if scope is not None and not here:
        raise unauthenticated()
    return _at(plain, project_id=credential["project_id"])


def scoped(realm: Realm, plain: Claims, scope: object) -> Claims:
    """A token for the place that is asked for; for the user's default project, where none is.

    Raises:
        Invalid: the scope is not what it has to be.
        Unauthenticated: there is no such place.
    """
    if scope is None:
        return _by_default(realm, plain)
    if scope == "unscoped" or (isinstance(scope, dict) and "unscoped" in scope):
        return plain
    fields = {"project": OBJECT, "domain": OBJECT, "system": OBJECT}
    content = check(fields, _object("scope", scope))
    places = [name for name in fields if name in content]
    if len(places) != 1 or len(content) != 1:
        raise missing("one of project, domain or system", "scope")
    if "system" in content:
        if content["system"].get("all") is not True:
            raise missing("all", "scope.system")
        return _at(plain, system=True)
    if "domain" in content:
        return _at(plain, domain_id=_place(realm, DOMAIN, content["domain"])["id"])
    return _in_project(realm, plain, content["project"])


async def by_password(realm: Realm, content: Content) -> Proof:
    """Proof by name and password.

    Raises:
        Unauthenticated: there is no such user, or it is another password.
    """
    check({"user": OBJECT}, content, ("user",))
    fields = {"password": SECRET, "id": TEXT, "name": TEXT, "domain": OBJECT}
    asked = check(fields, content["user"], ("password",))
    user = _user(realm, asked)
    right = await realm.passwords.right(user["id"] if user else "", asked["password"])
    if not user or not right:
        raise unauthenticated()
    return Proof(user["id"], ("password",))


async def by_token(realm: Realm, content: Content) -> Proof:
    """Proof by another token; the new one ends when that does.

    Raises:
        Unauthenticated: it does not hold.
        Forbidden: it is by an application credential, whose bounds a new one might not have.
    """
    asked = check({"id": TEXT}, content, ("id",))
    held: Bearer = realm.standing.bearer(asked["id"])
    if held.credential:
        raise forbidden(DELEGATED)
    methods = tuple(dict.fromkeys(("token", *held.claims.methods)))
    return Proof(held.claims.user_id, methods, held.claims.expires_at, held.claims)


async def by_application_credential(realm: Realm, content: Content) -> Proof:
    """Proof by an application credential, named by id, or by name and user.

    Raises:
        Unauthenticated: there is none, or it is another secret.
    """
    fields = {"secret": SECRET, "id": TEXT, "name": TEXT, "user": OBJECT}
    asked = check(fields, content, ("secret",))
    credential = _credential(realm, asked)
    right = await realm.passwords.right(credential["id"] if credential else "", asked["secret"])
    if not credential or not right:
        raise unauthenticated()
    ends = moments.read(credential["expires_at"]) if credential["expires_at"] else 0.0
    return Proof(credential["user_id"], ("application_credential",), ends, credential=credential)


PROOFS: dict[str, Method] = {
    "password": by_password,
    "token": by_token,
    "application_credential": by_application_credential,
}
"""What each method of authentication does."""


async def _proof(realm: Realm, name: str, identity: Content) -> Proof:
    if name not in PROOFS:
        raise unauthenticated(UNSUPPORTED)
    if name not in identity:
        raise missing(name, "identity")
    return await PROOFS[name](realm, check({}, _object(name, identity[name])))


def _object(name: str, value: object) -> Content:
    if not isinstance(value, dict):
        raise invalid_field(name, "it is not of type 'object'")
    return value


def _user(realm: Realm, asked: Content) -> Entity | None:
    """The user that a body names.

    Raises:
        Invalid: it names none.
    """
    if "id" in asked:
        return realm.entities.find(USER, asked["id"])
    if "name" not in asked:
        raise invalid_field("identity/password/user", "id or name must be present.")
    domain = _domain(realm, asked, "identity/password/user")
    return realm.entities.named(USER, asked["name"], domain["id"]) if domain else None


def _credential(realm: Realm, asked: Content) -> Entity | None:
    if "id" in asked:
        return realm.entities.find(APPLICATION_CREDENTIAL, asked["id"])
    check({}, asked, ("name", "user"))
    fields = {"id": TEXT, "name": TEXT, "domain": OBJECT}
    user = _user(realm, check(fields, asked["user"]))
    return realm.entities.named(APPLICATION_CREDENTIAL, asked["name"], user["id"]) if user else None


def _domain(realm: Realm, asked: Content, where: str) -> Entity | None:
    """The domain that a body names beside a name.

    Raises:
        Invalid: it names none.
    """
    if "domain" not in asked:
        raise missing("domain", where.replace("/", "."))
    domain = check({"id": TEXT, "name": TEXT}, asked["domain"])
    if "id" in domain:
        return realm.entities.find(DOMAIN, domain["id"])
    if "name" not in domain:
        raise invalid_field(f"{where}/domain", "id or name must be present.")
    return realm.entities.named(DOMAIN, domain["name"])


def _place(realm: Realm, kind: Kind, asked: Content) -> Entity:
    """The project or domain that a scope names.

    Raises:
        Invalid: it names none.
        Unauthenticated: there is none.
    """
    check({"id": TEXT, "name": TEXT, "domain": OBJECT}, asked)
    try:
        if "id" in asked:
            return realm.entities.get(kind, asked["id"])
    except NotFound:
        raise unauthenticated() from None
    if "name" not in asked:
        raise invalid_field(f"scope/{kind.name}", "id or name must be present.")
    space = _domain(realm, asked, f"scope/{kind.name}") if kind.space else {"id": ""}
    found = realm.entities.named(kind, asked["name"], space["id"]) if space else None
    if found is None:
        raise unauthenticated()
    return found


def _in_project(realm: Realm, plain: Claims, asked: Content) -> Claims:
    return _at(plain, project_id=_place(realm, PROJECT, asked)["id"])


def _by_default(realm: Realm, plain: Claims) -> Claims:
    user = realm.entities.find(USER, plain.user_id) or {}
    project = realm.entities.find(PROJECT, str(user.get("default_project_id") or ""))
    if not project or not project["enabled"]:
        return plain
    roles = realm.assignments.roles(plain.user_id, "project", project["id"])
    return _at(plain, project_id=project["id"]) if roles else plain


def _at(plain: Claims, project_id: str = "", domain_id: str = "", system: bool = False) -> Claims:
    return msgspec.structs.replace(plain, project_id=project_id, domain_id=domain_id, system=system)
