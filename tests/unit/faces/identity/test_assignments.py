"""Who has which role where: two ways to find it out agree, and the API shows it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cpal.faces.identity.assignments import Assignments, Grant
from cpal.faces.identity.database import people
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.kinds import DOMAIN, PROJECT, ROLE
from tests.support.identity import Cloud, by_password

USERS, GROUPS, ROLES = ("u1", "u2"), ("g1", "g2"), ("r1", "r2", "r3", "local")
PARENTS = {"p1": "d1", "p2": "p1", "p3": "p2", "q1": "d2"}
"""Projects and what they are under."""
TARGETS = (*(("project", id) for id in PARENTS), ("domain", "d1"), ("domain", "d2"), ("system", "system"))

ACTORS = st.sampled_from([*(("user", id) for id in USERS), *(("group", id) for id in GROUPS)])
GRANTS = st.builds(
    lambda actor, target, role, below: Grant(
        actor[0], actor[1], target[0], target[1], role, below and target[0] != "system"
    ),
    ACTORS,
    st.sampled_from(TARGETS),
    st.sampled_from(ROLES),
    st.booleans(),
)


@settings(max_examples=60)
@given(
    grants=st.lists(GRANTS, max_size=6),
    members=st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from(USERS)), max_size=3),
    implications=st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(ROLES)), max_size=3),
)
def test_roles_of_one_user_are_those_of_the_whole_listing(
    grants: list[Grant], members: list[tuple[str, str]], implications: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as home:
        database = people(Path(home))
        entities = Entities(database)
        assignments = Assignments(database, entities)
        with database.writing():
            for name, id in (("d1", "d1"), ("d2", "d2")):
                entities.add(DOMAIN, {"id": id, "name": name})
            for id, parent in PARENTS.items():
                entities.add(PROJECT, {"id": id, "name": id, "domain_id": "", "parent_id": parent})
            for id in ROLES:
                entities.add(ROLE, {"id": id, "name": id, "domain_id": "d1" if id == "local" else None})
            for each in members:
                assignments.join(*each)
            for pair in implications:
                assignments.imply(*pair)
            for grant in grants:
                assignments.grant(grant)
        effects = {each[:4] for each in assignments.effects()}
        for user in USERS:
            for target, id in TARGETS:
                one = {(user, target, id, role["id"]) for role in assignments.roles(user, target, id)}
                assert one == {each for each in effects if each[:3] == (user, target, id)}
                assert id in assignments.targets(user, target) or not one
        database.close()


def test_the_listing_of_assignments(cloud: Cloud) -> None:
    project = cloud.make("project", name="shop")["id"]
    user, group = cloud.user("ann")["id"], cloud.make("group", name="staff")["id"]
    cloud.ask("PUT", f"/groups/{group}/users/{user}")
    grant = f"/projects/{project}/groups/{group}/roles/{cloud.role('member')}"
    assert cloud.ask("HEAD", grant).status == 404
    assert cloud.ask("PUT", grant).status == 204
    assert cloud.ask("HEAD", grant).status == 204
    [made] = cloud.ask("GET", f"/role_assignments?scope.project.id={project}").content["role_assignments"]
    assert made == {
        "role": {"id": cloud.role("member")},
        "group": {"id": group},
        "scope": {"project": {"id": project}},
        "links": {"assignment": f"http://identity.test:5000/v3{grant}"},
    }
    query = f"user.id={user}&effective&include_names"
    shown = cloud.ask("GET", f"/role_assignments?{query}").content["role_assignments"]
    assert sorted(each["role"]["name"] for each in shown) == ["member", "reader"]
    assert shown[0]["user"] == {"id": user, "name": "ann", "domain": {"id": "default", "name": "Default"}}
    assert shown[0]["links"]["membership"].endswith(f"/groups/{group}/users/{user}")
    assert cloud.context(cloud.token(by_password("ann"), {"project": {"id": project}})).roles == ("member", "reader")
    assert cloud.ask("DELETE", f"/groups/{group}").status == 204
    assert cloud.ask("GET", f"/role_assignments?{query}").content["role_assignments"] == []


def test_an_inherited_role_counts_below(cloud: Cloud) -> None:
    project, user = cloud.make("project", name="shop")["id"], cloud.user("ann")["id"]
    path = f"/OS-INHERIT/domains/default/users/{user}/roles"
    assert cloud.ask("PUT", f"{path}/{cloud.role('reader')}/inherited_to_projects").status == 204
    assert cloud.context(cloud.token(by_password("ann"), {"project": {"id": project}})).roles == ("reader",)
    assert cloud.sign_in(by_password("ann"), {"domain": {"id": "default"}}).status == 401
    listed = cloud.ask("GET", f"{path}/inherited_to_projects").content["roles"]
    assert [role["name"] for role in listed] == ["reader"]
    assert cloud.ask("GET", f"/domains/default/users/{user}/roles").content["roles"] == []
    mine = cloud.ask("GET", "/auth/projects", token=cloud.token(by_password("ann"))).content["projects"]
    assert {each["name"] for each in mine} == {"admin", "shop"}


def test_implied_roles(cloud: Cloud) -> None:
    prior, implied = cloud.make("role", name="a")["id"], cloud.make("role", name="b")["id"]
    path = f"/roles/{prior}/implies/{implied}"
    assert cloud.ask("HEAD", path).status == 404
    assert cloud.ask("PUT", path).status == 201
    assert cloud.ask("HEAD", path).status == 204
    assert cloud.ask("GET", path).content["role_inference"]["implies"]["name"] == "b"
    local = cloud.make("role", name="c", domain_id="default")["id"]
    assert cloud.ask("PUT", f"/roles/{prior}/implies/{local}").status == 403
    assert cloud.ask("PUT", f"/roles/{implied}/implies/{cloud.role('admin')}").status == 403
    listed = cloud.ask("GET", f"/roles/{prior}/implies").content["role_inference"]["implies"]
    assert [each["id"] for each in listed] == [implied]
    assert len(cloud.ask("GET", "/role_inferences").content["role_inferences"]) == 4
    assert cloud.ask("DELETE", path).status == 204
    assert cloud.ask("DELETE", path).status == 404
