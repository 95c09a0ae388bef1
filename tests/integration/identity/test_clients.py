"""Unmodified clients against the service: keystoneauth1, openstacksdk, python-neutronclient's session, `openstack`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3
from keystoneclient.v3.client import Client

from tests.integration.identity.conftest import Service, serving


def password(service: Service, **scope: Any) -> v3.Password:
    """The administrator's password, with a scope."""
    return v3.Password(
        service.variables["OS_AUTH_URL"],
        username="admin",
        password=service.variables["OS_PASSWORD"],
        user_domain_name="Default",
        **scope,
    )


SCOPES: dict[str, tuple[dict[str, Any], str]] = {
    "project by name": ({"project_name": "admin", "project_domain_name": "Default"}, "project_id"),
    "project by name, domain by id": ({"project_name": "admin", "project_domain_id": "default"}, "project_id"),
    "the system": ({"system_scope": "all"}, "system_scoped"),
    "nothing": ({"unscoped": True}, "user_id"),
    "the default": ({}, "project_id"),
}


@pytest.mark.parametrize("name", SCOPES)
def test_keystoneauth_scopes(service: Service, name: str) -> None:
    scope, attribute = SCOPES[name]
    access = password(service, **scope).get_access(session.Session())
    assert getattr(access, attribute)
    assert access.has_service_catalog() == (name != "nothing")
    if access.has_service_catalog():
        url = access.service_catalog.url_for(service_type="network", interface="public")
        assert str(url).startswith("http://127.0.0.1:")
        assert set(access.role_names or ()) == {"admin", "manager", "member", "reader"}


def test_keystoneauth_discovers_and_signs_in_again(service: Service) -> None:
    root = service.variables["OS_AUTH_URL"].removesuffix("/v3")
    auth = password(service, project_name="admin", project_domain_name="Default")
    asking = session.Session(auth=auth)
    endpoint = asking.get_endpoint(service_type="identity", interface="public", version="3")
    assert str(endpoint).rstrip("/") == f"{root}/v3"
    assert asking.get(f"{root}/", allow={"allow_version_hack": True}, raise_exc=False).status_code == 300
    token = asking.get_token()
    assert asking.delete(f"{root}/v3/auth/tokens", headers={"X-Subject-Token": token}).status_code == 204
    assert asking.get(f"{root}/v3/users").status_code == 200
    assert asking.get_token() != token
    by_token = v3.Token(f"{root}/v3", str(asking.get_token()), project_name="admin", project_domain_name="Default")
    assert by_token.get_access(session.Session()).project_name == "admin"


def test_keystoneauth_is_refused(service: Service) -> None:
    for name, secret in (("admin", "wrong"), ("nobody", "x")):
        wrong = v3.Password(
            service.variables["OS_AUTH_URL"], username=name, password=secret, user_domain_id="default", unscoped=True
        )
        with pytest.raises(exceptions.Unauthorized):
            wrong.get_access(session.Session())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")  # the SDK's own
def test_openstacksdk(service: Service) -> None:
    cloud = service.connection()
    identity: Any = cloud.identity
    domain = identity.create_domain(name="sdk")
    project = identity.create_project(name="shop", domain_id=domain.id, description="sells", tags=["a"])
    user = identity.create_user(name="ann", domain_id=domain.id, password="first")
    role = identity.find_role("member")
    identity.assign_project_role_to_user(project, user, role)
    assert identity.validate_user_has_project_role(project, user, role)
    [assignment] = identity.role_assignments(user_id=user.id)
    assert assignment.scope["project"]["id"] == project.id
    assert identity.find_project("shop", domain_id=domain.id).tags == ["a"]
    assert identity.find_user(user.id).name == "ann"
    assert [each.name for each in identity.users(domain_id=domain.id)] == ["ann"]
    assert [each.name for each in identity.users(limit=1)] == [each.name for each in identity.users()]
    group = identity.create_group(name="staff", domain_id=domain.id)
    identity.add_user_to_group(user, group)
    assert [each.id for each in identity.group_users(group)] == [user.id]
    mine: Any = cloud.connect_as(
        username="ann", password="first", user_domain_id=domain.id, project_id=project.id, project_name=None
    )
    made = mine.identity.create_application_credential(user, "ci", roles=[{"name": "reader"}])
    lent = v3.ApplicationCredential(
        service.variables["OS_AUTH_URL"], application_credential_id=made.id, application_credential_secret=made.secret
    )
    assert lent.get_access(session.Session()).role_names == ["reader"]
    assert [each.name for each in mine.identity.application_credentials(user)] == ["ci"]
    mine.identity.delete_application_credential(user, made)
    with pytest.raises(exceptions.Unauthorized):
        v3.ApplicationCredential(
            service.variables["OS_AUTH_URL"],
            application_credential_id=made.id,
            application_credential_secret=made.secret,
        ).get_access(session.Session())
    identity.update_user(user, password="second")
    identity.unassign_project_role_from_user(project, user, role)
    compute = identity.create_service(name="nova", type="compute")
    endpoint = identity.create_endpoint(
        service_id=compute.id, interface="public", url="http://nova.test", region_id="RegionOne"
    )
    assert identity.get_endpoint(endpoint).url == "http://nova.test"
    assert {each.id for each in identity.regions()} == {"RegionOne"}
    assert list(identity.limits()) == list(identity.registered_limits()) == []
    for remove, each in (
        (identity.delete_endpoint, endpoint),
        (identity.delete_service, compute),
        (identity.delete_group, group),
        (identity.delete_user, user),
        (identity.delete_project, project),
    ):
        remove(each, ignore_missing=False)
    identity.update_domain(domain, is_enabled=False)
    identity.delete_domain(domain)
    assert identity.find_domain("sdk") is None


def test_keystoneclient_validates_tokens_and_changes_passwords(service: Service) -> None:
    admin = Client(session=session.Session(auth=password(service, project_name="admin", project_domain_id="default")))
    user = admin.users.create("bob", password="first", domain="default")
    me = session.Session(
        auth=v3.Password(service.variables["OS_AUTH_URL"], user_id=user.id, password="first", unscoped=True)
    )
    token = me.get_token()
    assert admin.tokens.validate(token).user_id == user.id
    Client(session=me, endpoint_override=service.variables["OS_AUTH_URL"]).users.update_password("first", "second")
    with pytest.raises(exceptions.NotFound):
        admin.tokens.validate(token)
    admin.users.delete(user)


def test_the_openstack_program(service: Service) -> None:
    def ask(*words: str, **variables: str) -> Any:
        return json.loads(service.openstack(*words, "-f", "json", **variables))

    assert len(ask("token", "issue")["id"]) > 100
    assert {each["Type"] for each in ask("catalog", "list")} == {"identity", "network"}
    assert [each["Name"] for each in ask("project", "list")] == ["admin"]
    project = ask("project", "create", "shop", "--domain", "default")
    user = ask("user", "create", "cleo", "--password", "secret", "--project", "shop")
    service.openstack("role", "add", "--user", "cleo", "--project", "shop", "member")
    assignments = ask("role", "assignment", "list", "--names", "--user", "cleo")
    assert [(each["Role"], each["Project"]) for each in assignments] == [("member", "shop@Default")]
    cleo = {"OS_USERNAME": "cleo", "OS_PASSWORD": "secret", "OS_PROJECT_NAME": "shop"}
    assert ask("token", "issue", **cleo)["project_id"] == project["id"]
    assert [each["Name"] for each in ask("project", "list", "--my-projects", **cleo)] == ["shop"]
    with pytest.raises(subprocess.CalledProcessError) as refused:
        service.openstack("user", "create", "x", **cleo)
    assert "ForbiddenException: 403" in refused.value.stderr
    made = ask("application", "credential", "create", "ci", **cleo)
    credential = {name.lower(): value for name, value in made.items()}
    lent = {
        "OS_AUTH_TYPE": "v3applicationcredential",
        "OS_APPLICATION_CREDENTIAL_ID": credential["id"],
        "OS_APPLICATION_CREDENTIAL_SECRET": credential["secret"],
        **dict.fromkeys(("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME", "OS_USER_DOMAIN_NAME"), ""),
        "OS_PROJECT_DOMAIN_NAME": "",
    }
    assert ask("token", "issue", **lent)["user_id"] == user["id"]
    service.openstack("user", "password", "set", "--original-password", "secret", "--password", "new", **cleo)
    cleo["OS_PASSWORD"] = "new"
    token = ask("token", "issue", **cleo)["id"]
    service.openstack("token", "revoke", token, **cleo)
    service.openstack("role", "remove", "--user", "cleo", "--project", "shop", "member")
    with pytest.raises(subprocess.CalledProcessError) as gone:
        service.openstack("token", "issue", **cleo)
    assert "(HTTP 401)" in gone.value.stderr
    service.openstack("user", "delete", "cleo")
    service.openstack("project", "delete", "shop")


def test_the_log_has_no_secret_and_no_fault(service: Service) -> None:
    service.openstack("token", "issue")
    log = service.log.read_text()
    assert "POST /v3/auth/tokens 201" in log
    assert service.variables["OS_PASSWORD"] not in log
    assert "Traceback" not in log


def test_a_restart_elsewhere_is_followed(service: Service) -> None:
    home = service.home.with_name("again")
    with serving(home) as first:
        password(first, unscoped=True).get_access(session.Session())
    with serving(home) as second:
        assert second.variables["OS_PASSWORD"] == first.variables["OS_PASSWORD"]
        access = password(second, project_name="admin", project_domain_id="default").get_access(session.Session())
        url = access.service_catalog.url_for(service_type="identity", interface="admin")
        assert url == second.variables["OS_AUTH_URL"]
