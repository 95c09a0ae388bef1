"""The first start and those after it: who may read what, what follows the ports, what is kept."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path
from stat import S_IMODE

import pytest

from cpal.errors import Broken, Disk, NotFound
from cpal.faces.identity import bootstrap, openrc
from tests.support.identity import ENDPOINTS, Cloud, at_project, by_credential, by_password

ELSEWHERE = {"identity": "http://identity.test:5001/v3", "network": "http://identity.test:9697"}


def urls(cloud: Cloud) -> dict[str, set[str]]:
    """The URLs of the catalogue by type."""
    listed = cloud.ask("GET", "/auth/catalog").content["catalog"]
    return {each["type"]: {endpoint["url"] for endpoint in each["endpoints"]} for each in listed}


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cloud = Cloud(tmp_path / "deep" / "home")
    finally:
        os.umask(before)
    modes = {path.name: S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep" / "home").iterdir()}
    assert set(modes.values()) == {0o600}
    assert {openrc.FILE, "identity.db"} <= set(modes)
    assert S_IMODE((tmp_path / "deep" / "home").stat().st_mode) == 0o700
    cloud.identity.close()


def test_no_secret_is_in_the_database_or_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud = Cloud(tmp_path)
    canaries = [f"canary-{name}" for name in ("created", "changed", "reset", "lent", "wrong", "list")]
    user = cloud.make("user", name="ann", password=canaries[0])["id"]
    content = {"user": {"original_password": canaries[0], "password": canaries[1]}}
    assert cloud.ask("POST", f"/users/{user}/password", content).status == 204
    assert cloud.ask("PATCH", f"/users/{user}", {"user": {"password": canaries[2]}}).status == 200
    assert cloud.sign_in(by_password("ann", canaries[4])).status == 401
    assert cloud.ask("PATCH", f"/users/{user}", {"user": {"password": [canaries[5]]}}).status == 400
    cloud.give(user, cloud.ask("GET", "/projects").content["projects"][0]["id"], "member")
    token = cloud.token(by_password("ann", canaries[2]), at_project("admin"))
    path = f"/users/{user}/application_credentials"
    asked = {"application_credential": {"name": "x", "secret": canaries[3]}}
    made = cloud.ask("POST", path, asked, token=token).content["application_credential"]
    assert made["secret"] == canaries[3]
    cloud.token(by_credential(made["id"], canaries[3]))
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name != openrc.FILE)
    for secret in (*canaries, cloud.password, token, cloud.admin):
        assert secret.encode() not in kept
        assert secret not in caplog.text
    cloud.identity.close()


def test_a_shell_reads_the_environment(tmp_path: Path) -> None:
    values = openrc.environment("http://x/v3", "ann's $HOME", "p\"a's`s;$(x) \\ü", "admin")
    openrc.write(tmp_path, values)
    script = openrc.openrc(tmp_path) + 'printf "%s\\0" "$OS_USERNAME" "$OS_PASSWORD" "$OS_IDENTITY_API_VERSION"'
    out = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode()
    assert out.split("\0")[:3] == [values["OS_USERNAME"], values["OS_PASSWORD"], "3"]


def test_the_environment_says_where_and_who(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    assert openrc.read(tmp_path) == {
        "OS_AUTH_URL": ENDPOINTS["identity"],
        "OS_USERNAME": "admin",
        "OS_PASSWORD": cloud.password,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": "RegionOne",
        "OS_IDENTITY_API_VERSION": "3",
    }
    cloud.identity.close()


def test_no_environment_before_the_first_start(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        openrc.openrc(tmp_path)
    (tmp_path / openrc.FILE).write_text("{")
    with pytest.raises(Broken):
        openrc.openrc(tmp_path)


def test_own_services_follow_the_ports_and_those_of_others_stay(tmp_path: Path) -> None:
    first = Cloud(tmp_path)
    nova = first.make("service", type="compute", name="nova")["id"]
    url = "http://nova.test/v2.1/$(project_id)s"
    first.make("endpoint", service_id=nova, interface="public", url=url, region_id="RegionOne")
    before = urls(first)
    assert before["network"] == {ENDPOINTS["network"]}
    assert before["compute"] == {f"http://nova.test/v2.1/{first.context(first.admin).project_id}"}
    first.identity.close()
    second = Cloud(tmp_path, ELSEWHERE)
    assert urls(second) == {**before, **{type: {url} for type, url in ELSEWHERE.items()}}
    assert len(second.ask("GET", "/endpoints").content["endpoints"]) == 7
    assert openrc.read(tmp_path)["OS_AUTH_URL"] == ELSEWHERE["identity"]
    second.identity.close()


def test_an_own_service_that_was_removed_comes_back(tmp_path: Path) -> None:
    first = Cloud(tmp_path)
    [network] = first.ask("GET", "/services?type=network").content["services"]
    assert first.ask("DELETE", f"/services/{network['id']}").status == 204
    assert "network" not in urls(first)
    first.identity.close()
    second = Cloud(tmp_path)
    assert urls(second)["network"] == {ENDPOINTS["network"]}
    second.identity.close()


def test_a_first_start_that_died_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bootstrap, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            Cloud(tmp_path)
    cloud = Cloud(tmp_path)
    assert cloud.context(cloud.admin).is_admin
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".db" and "-" not in path.suffix] == [
        openrc.FILE
    ]
    cloud.identity.close()


def test_a_home_that_is_no_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Disk):
        Cloud(tmp_path / "file")
