"""Roles, and which imply which.

Source: https://docs.openstack.org/api-ref/identity/v3/#roles
"""

from __future__ import annotations

from typing import Any

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, answer, many
from cpal.faces.identity.faults import forbidden
from cpal.faces.identity.kinds import DOMAIN, ROLE, Entity
from cpal.faces.identity.realm import Call, Realm


def of_a_domain(realm: Realm, call: Call, role: Entity) -> Entity:
    """A role; the domain that it names is there.

    Raises:
        NotFound: it is not.
    """
    if role["domain_id"]:
        realm.entities.get(DOMAIN, role["domain_id"])
    return role


async def list_roles(realm: Realm, call: Call) -> Response:
    """List roles: those of the domain asked for, else those of none."""
    domain = call.query.get("domain_id") or None
    return many(call, ROLE, [role for role in realm.entities.all(ROLE) if role["domain_id"] == domain])


async def list_implied(realm: Realm, call: Call) -> Response:
    """List what a role implies by itself."""
    prior = realm.entities.get(ROLE, call.names["prior_role_id"])
    implied = [realm.entities.get(ROLE, id) for id in realm.assignments.implications().get(prior["id"], [])]
    inference = {"prior_role": brief(call, prior), "implies": [brief(call, each) for each in implied]}
    return answer({"role_inference": inference, "links": _links(call)})


async def show_implied(realm: Realm, call: Call) -> Response:
    """Show that a role implies another."""
    prior, implied = _pair(realm, call)
    realm.assignments.check_implied(prior["id"], implied["id"])
    return _inference(call, prior, implied, 200)


async def check_implied(realm: Realm, call: Call) -> Response:
    """Say whether a role implies another."""
    prior, implied = _pair(realm, call)
    realm.assignments.check_implied(prior["id"], implied["id"])
    return NOTHING


async def imply(realm: Realm, call: Call) -> Response:
    """Let a role imply another; `admin` is never implied, and a role of a domain only by those of domains."""
    prior, implied = _pair(realm, call)
    if implied["name"] == "admin" or (implied["domain_id"] and not prior["domain_id"]):
        raise forbidden(f"{implied['id']} cannot be an implied roles.")
    realm.assignments.imply(prior["id"], implied["id"])
    return _inference(call, prior, implied, 201)


async def imply_no_longer(realm: Realm, call: Call) -> Response:
    """Let a role imply another no longer."""
    prior, implied = _pair(realm, call)
    realm.assignments.imply_no_longer(prior["id"], implied["id"])
    return NOTHING


async def list_inferences(realm: Realm, call: Call) -> Response:
    """List every role that implies others."""
    roles = {role["id"]: brief(call, role) for role in realm.entities.all(ROLE)}
    inferences = [
        {"prior_role": roles[prior], "implies": [roles[each] for each in implied]}
        for prior, implied in realm.assignments.implications().items()
    ]
    return answer({"role_inferences": inferences, "links": _links(call)})


def brief(call: Call, role: Entity) -> dict[str, Any]:
    """A role's id, name and link."""
    return {"id": role["id"], "name": role["name"], "links": {"self": f"{call.base}/roles/{role['id']}"}}


def _pair(realm: Realm, call: Call) -> tuple[Entity, Entity]:
    names = ("prior_role_id", "implied_role_id")
    prior, implied = (realm.entities.get(ROLE, call.names[name]) for name in names)
    return prior, implied


def _links(call: Call) -> dict[str, str]:
    return {"self": f"{call.request.origin}{call.request.path}"}


def _inference(call: Call, prior: Entity, implied: Entity, status: int) -> Response:
    inference = {"prior_role": brief(call, prior), "implies": brief(call, implied)}
    return answer({"role_inference": inference, "links": _links(call)}, status)
