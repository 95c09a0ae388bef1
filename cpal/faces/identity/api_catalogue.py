"""Regions, services and endpoints: what is particular about them.

Source: https://docs.openstack.org/api-ref/identity/v3/#service-catalog-and-endpoints
"""

from __future__ import annotations

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, answer, new_id, one
from cpal.faces.identity.api_entities import asked
from cpal.faces.identity.catalogue import catalogue
from cpal.faces.identity.faults import forbidden, invalid_field
from cpal.faces.identity.kinds import ENDPOINT, REGION, SERVICE, Entity, check
from cpal.faces.identity.realm import Call, Realm


def in_its_place(realm: Realm, call: Call, endpoint: Entity) -> Entity:
    """An endpoint of a service that is there, in a region; a region that it names in the old way is made.

    Raises:
        Invalid: there is no such service or region.
    """
    if realm.entities.find(SERVICE, endpoint["service_id"]) is None:
        raise invalid_field("", f"Could not find service: {endpoint['service_id']}.")
    old = endpoint.get("region")
    region = endpoint["region_id"] or old
    if region and realm.entities.find(REGION, region) is None:
        if endpoint["region_id"] or not region:
            raise invalid_field("", f"Could not find region: {region}.")
        realm.entities.add(REGION, {**REGION.defaults, "id": region})
    return {**endpoint, "region_id": region, "region": region}


def moved(realm: Realm, call: Call, endpoint: Entity) -> Entity:
    """A changed endpoint; a region named in one way is named in the other too.

    Raises:
        Invalid: there is no such service or region.
    """
    content = call.content(ENDPOINT.name)
    if "region" in content and "region_id" not in content:
        endpoint = {**endpoint, "region_id": None}
    return in_its_place(realm, call, endpoint)


def beside_its_parent(realm: Realm, call: Call, region: Entity) -> Entity:
    """A region under one that is there, and not under itself.

    Raises:
        Invalid: it would be under itself.
        NotFound: there is no such parent.
    """
    above: list[str] = [region["id"]]
    parent = region["parent_region_id"]
    while parent:
        if parent in above:
            message = f"The specified parent region {parent} would create a circular region hierarchy."
            raise invalid_field("", message)
        above.append(parent)
        parent = realm.entities.get(REGION, parent)["parent_region_id"]
    return region


async def create_region(realm: Realm, call: Call) -> Response:
    """Make a region of the id that the path or the body names."""
    content = check(REGION.fields, call.content("region"))
    wanted = call.names.get("region_id") or content.get("id") or new_id()
    if content.get("id") not in (None, "", wanted):
        raise invalid_field("", f"Cannot change region ID. The path says {wanted}.")
    check(REGION.fields, {"id": wanted})
    region = beside_its_parent(realm, call, {**asked(call, REGION), "id": wanted})
    return one(call, REGION, realm.entities.add(REGION, region), 201)


async def delete_region(realm: Realm, call: Call) -> Response:
    """Remove a region and those below it, when no endpoint is there."""
    region = realm.entities.get(REGION, call.names["region_id"])
    gone = _with_those_below(realm, region["id"])
    if any(each["region_id"] in gone for each in realm.entities.all(ENDPOINT)):
        message = f"Unable to delete region {region['id']} because it or its child regions have associated endpoints."
        raise forbidden(message)
    with realm.database.writing():
        for id in gone:
            realm.entities.drop(REGION, id)
    return NOTHING


async def show_catalogue(realm: Realm, call: Call) -> Response:
    """Show the catalogue that the token has."""
    claims = call.caller.claims
    if not (claims.project_id or claims.domain_id or claims.system):
        raise forbidden()
    links = {"self": f"{call.base}/auth/catalog"}
    return answer({"catalog": catalogue(realm.entities, claims), "links": links})


def _with_those_below(realm: Realm, id: str) -> list[str]:
    found = [id]
    regions = realm.entities.all(REGION)
    for above in found:
        found += [each["id"] for each in regions if each["parent_region_id"] == above]
    return found
