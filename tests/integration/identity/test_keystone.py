"""The tokens of a Keystone that is another process: here the identity service of another cpal, which speaks its API.

The real Keystone is asked in `tests/suites/nova.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3
from keystoneclient.v3.client import Client

from cpal.errors import Denied, Invalid, Unauthenticated, Unreachable
from cpal.faces.identity.access_rules import AccessRule
from cpal.faces.identity.context import Context
from cpal.faces.identity.keystone import Keystone
from cpal.faces.identity.service_session import ServiceSession
from cpal.faces.identity.service_user import read, service_user
from tests.integration.identity.conftest import Service, serving

LIFETIME_S = 4


def asked(service: Service, work: Callable[[Keystone], Awaitable[Any]], **variables: str) -> Any:
    """What comes of asking for contexts, as the administrator unless other variables are given."""

    async def run() -> Any:
        asking = ServiceSession(service.variables["OS_AUTH_URL"], service_user({**service.variables, **variables}))
        try:
            return await work(Keystone(asking))
        finally:
            await asking.close()

    return asyncio.run(run())


def signed_in(service: Service, name: str = "admin", **scope: Any) -> str:
    """A token, got by keystoneauth1."""
    password = service.variables["OS_PASSWORD"] if name == "admin" else name
    where = scope or {"project_name": "admin", "project_domain_name": "Default"}
    auth = v3.Password(
        service.variables["OS_AUTH_URL"], username=name, password=password, user_domain_name="Default", **where
    )
    return str(auth.get_token(session.Session()))


def administrator(service: Service) -> Any:
    """The administrator, at the identity service."""
    variables = service.variables
    auth = v3.Password(
        variables["OS_AUTH_URL"], username="admin", password=variables["OS_PASSWORD"], user_domain_name="Default",
        project_name="admin", project_domain_name="Default",
    )  # fmt: skip
    return Client(session=session.Session(auth=auth))


def made(service: Service, user: str, role: str, project: str) -> str:
    """A new user with a role in a new project, whose name is its password."""
    admin = administrator(service)
    [found] = admin.roles.list(name=role)
    place = admin.projects.create(project, "default")
    admin.roles.grant(found, user=admin.users.create(user, domain="default", password=user), project=place)
    return user


@pytest.fixture(scope="module")
def nova(service: Service) -> str:
    """A user whose token speaks for a service, in a project of services."""
    return made(service, "nova", "service", "service")


OF_SERVICE = {"project_name": "service", "project_domain_name": "Default"}
SCOPES: dict[str, dict[str, Any]] = {
    "a project": {"project_name": "admin", "project_domain_name": "Default"},
    "the system": {"system_scope": "all"},
    "nothing": {"unscoped": True},
}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_context_says_what_the_token_does(service: Service, scope: str) -> None:
    token = signed_in(service, **SCOPES[scope])
    access = v3.Token(service.variables["OS_AUTH_URL"], token, **SCOPES[scope]).get_access(session.Session())
    context: Context = asked(service, lambda keystone: keystone.context(token))
    assert (context.user_id, context.user_name) == (access.user_id, "admin")
    assert context.project_id == (access.project_id or "")
    assert context.project_name == (access.project_name or "")
    assert set(context.roles) == set(access.role_names or ())
    assert bool(context.system_scope) == bool(access.system_scoped)
    assert context.is_admin is (scope != "nothing")


@pytest.mark.parametrize("token", ["unknown", "", "gAAAAAB" + "x" * 180, "töken", "a\tb", "x" * 4000])
def test_what_is_no_token_is_refused(service: Service, token: str) -> None:
    async def work(keystone: Keystone) -> None:
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                await keystone.context(token)
        assert keystone.silence == ""

    asked(service, work)


def test_a_service_says_on_whose_behalf_it_asks(service: Service, nova: str) -> None:
    mine, its = signed_in(service), signed_in(service, nova, **OF_SERVICE)

    async def work(keystone: Keystone) -> None:
        context = await keystone.context(mine, its)
        assert (context.user_name, context.service_roles) == ("admin", ("service",))
        assert (await keystone.context(mine)).service_roles == ()
        for pair in ((mine, "unknown"), ("unknown", its)):
            with pytest.raises(Unauthenticated):
                await keystone.context(*pair)

    asked(service, work, OS_USERNAME=nova, OS_PASSWORD=nova, OS_PROJECT_NAME="service")


def test_many_who_bear_one_token_make_one_question(service: Service) -> None:
    token = signed_in(service)

    async def work(keystone: Keystone) -> None:
        found = await asyncio.gather(*(keystone.context(token) for _ in range(50)))
        assert len({id(each) for each in found}) == 1

    seen = service.log.read_text().count("GET /v3/auth/tokens")
    asked(service, work)
    assert service.log.read_text().count("GET /v3/auth/tokens") == seen + 1


async def _asked_until(keystone: Keystone, token: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        await keystone.context(token)
        await asyncio.sleep(0.2)


def test_a_revoked_token_ends(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cpal.faces.identity.keystone.CACHE_S", 1.0)
    token = signed_in(service)

    async def work(keystone: Keystone) -> None:
        await keystone.context(token)
        administrator(service).tokens.revoke_token(token)
        with pytest.raises(Unauthenticated):
            await _asked_until(keystone, token, time.monotonic() + 60)

    asked(service, work)


def test_an_expired_token_ends_and_the_service_user_signs_in_again(tmp_path: Path) -> None:
    with serving(tmp_path / "home", LIFETIME_S) as service:
        token = signed_in(service)

        async def work(keystone: Keystone) -> None:
            context = await keystone.context(token)
            await asyncio.sleep(max(0.0, context.expires_at - time.time()) + 0.1)
            with pytest.raises(Unauthenticated):
                await keystone.context(token)
            assert (await keystone.context(signed_in(service))).user_name == "admin"

        asked(service, work)


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"OS_PASSWORD": "wrong"}, "sign"), ({"OS_USERNAME": "nobody"}, "sign"), ({"OS_PROJECT_NAME": "none"}, "sign")],
)
def test_a_service_user_who_is_not_known_is_no_fault_of_the_token(
    service: Service, variables: dict[str, str], said: str
) -> None:
    async def work(keystone: Keystone) -> None:
        with pytest.raises(Unreachable, match="Keystone is temporarily unavailable.*" + said) as raised:
            await keystone.context("some-token")
        assert isinstance(raised.value.__cause__, Denied)
        assert "some-token" not in str(raised.value)
        assert "wrong" not in str(raised.value)

    asked(service, work, **variables)


def test_a_service_user_who_may_not_look_at_tokens_is_no_fault_of_the_token(service: Service) -> None:
    idle = made(service, "idle", "member", "idle")
    token = signed_in(service)

    async def work(keystone: Keystone) -> None:
        with pytest.raises(Unreachable, match="may not look at tokens"):
            await keystone.context(token)

    asked(service, work, OS_USERNAME=idle, OS_PASSWORD=idle, OS_PROJECT_NAME="idle")


def test_a_credential_that_is_for_some_requests_says_for_which(service: Service) -> None:
    rules = [{"service": "network", "path": "/v2.0/networks/*", "method": "GET"}]
    lent = administrator(service).application_credentials.create("some", access_rules=rules)
    url = service.variables["OS_AUTH_URL"]
    auth = v3.ApplicationCredential(url, application_credential_id=lent.id, application_credential_secret=lent.secret)
    bearer = session.Session(auth=auth)
    context: Context = asked(service, lambda keystone: keystone.context(str(bearer.get_token())))
    assert context.access_rules == tuple(AccessRule(**each) for each in rules)
    with pytest.raises(exceptions.Unauthorized):
        Client(session=bearer).projects.list()


def test_an_application_credential_signs_in_and_the_catalogue_is_read(service: Service) -> None:
    lent = administrator(service).application_credentials.create("networking")
    user = service_user({"OS_APPLICATION_CREDENTIAL_ID": lent.id, "OS_APPLICATION_CREDENTIAL_SECRET": lent.secret})

    async def run() -> str:
        asking = ServiceSession(service.variables["OS_AUTH_URL"].removesuffix("/v3"), user)
        try:
            return await asking.endpoint("identity")
        finally:
            await asking.close()

    assert asyncio.run(run()) == service.variables["OS_AUTH_URL"]
    assert lent.secret not in repr(user)


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    """A file of credentials for its owner alone."""
    path = tmp_path / "credentials"
    path.write_text("# of the service user\nexport OS_USERNAME='a b'\nOS_PASSWORD=\"c$d\"\n\nOS_PROJECT_NAME=e\n")
    path.chmod(0o600)
    return path


def test_a_file_of_credentials_is_read_as_a_shell_would(credentials: Path) -> None:
    assert read(credentials) == {"OS_USERNAME": "a b", "OS_PASSWORD": "c$d", "OS_PROJECT_NAME": "e"}


def test_a_file_that_others_read_is_refused(credentials: Path) -> None:
    credentials.chmod(0o640)
    with pytest.raises(Denied, match="chmod 600"):
        read(credentials)


@pytest.mark.parametrize("line", ["nonsense", "OS_A=b c", "OS_A='b"])
def test_a_line_that_sets_nothing_is_named(credentials: Path, line: str) -> None:
    credentials.write_text(f"OS_USERNAME=a\n{line}\n")
    with pytest.raises(Invalid, match="credentials:2"):
        read(credentials)


def test_credentials_that_name_nobody_are_refused() -> None:
    with pytest.raises(Invalid, match="no credentials"):
        service_user({"OS_USERNAME": "a", "OS_PROJECT_NAME": "b"})
