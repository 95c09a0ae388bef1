"""The Networking API with the tokens of a Keystone: a second `cpal serve`, which asks the first one's identity service.

The real Keystone is asked in `tests/suites/nova.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from cpal.errors import Invalid
from cpal.faces.cli.main import program
from tests.support.cloud import Caller, Cloud, cloud, free_ports


def credentials(site: Cloud, path: Path) -> Path:
    """A file of the administrator's credentials, as the service user's."""
    path.write_text(site.cpal("openrc").stdout, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def second(site: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose tokens are those of the first one."""
    place = tmp_path_factory.mktemp("second")
    words = f"--credentials={credentials(site, place / 'credentials')}"
    with cloud(place, words, keystone=site.server.auth_url) as found:
        yield found


def at(second: Cloud, caller: Caller) -> Caller:
    """One who signed in at the first cloud, at the second."""
    return Caller(second.server.url, caller.token, second._opened, caller.project_id)


def test_roles_and_projects_are_those_of_the_other(site: Cloud, second: Cloud) -> None:
    red, blue = at(second, site.member("keystone-red")), at(second, site.member("keystone-blue"))
    reader = at(second, site.with_role("keystone-red", "reader"))
    made = red.post("networks", name="keystone-web")
    assert made["project_id"] == red.project_id
    assert [each["id"] for each in reader.list("networks", ("name", "keystone-web"))] == [made["id"]]
    assert reader.call("POST", "/v2.0/networks", {"network": {"name": "no"}}).status == 403
    assert blue.call("GET", f"/v2.0/networks/{made['id']}").status == 404
    assert at(second, site.administrator).get(f"networks/{made['id']}")["network"]["name"] == "keystone-web"
    red.delete(f"networks/{made['id']}")


def test_only_networking_is_served(second: Cloud) -> None:
    assert not (second.server.home / "identity.db").exists()
    assert "OS_PASSWORD" not in second.server.log.read_text()
    assert second.cpal("openrc", code=None).returncode == 5


@pytest.mark.parametrize("token", ["", "unknown", "x" * 300])
def test_what_is_no_token_is_refused(second: Cloud, token: str) -> None:
    assert Caller(second.server.url, token, second._opened).call("GET", "/v2.0/networks").status == 401


def test_a_silent_keystone(site: Cloud, tmp_path: Path) -> None:
    """It is away at the start, comes, goes, and comes back: never is a good token called a bad one."""
    [operations] = free_ports(1)
    first = site.server.__class__(tmp_path / "1", tmp_path / "first.log")
    first.start()
    found = Cloud(first, site.place)
    good, words = found.administrator, f"--credentials={credentials(found, tmp_path / 'credentials')}"
    found.close()
    with cloud(tmp_path / "2", words, f"--operations=127.0.0.1:{operations}", keystone=first.auth_url) as second:
        caller = at(second, good)
        answer = caller.call("GET", "/v2.0/networks")
        assert (answer.status, answer.fault) == (503, "Unreachable")
        assert "Keystone is temporarily unavailable" in answer.text
        assert good.token not in answer.text
        assert str(urlsplit(first.auth_url).port) in answer.text
        ready = Caller(f"http://127.0.0.1:{operations}", "", second._opened)
        assert (ready.call("GET", "/readyz").status, "identity" in ready.call("GET", "/readyz").text) == (503, True)
        first.start()
        assert caller.call("GET", "/v2.0/networks").status == 200
        assert ready.call("GET", "/readyz").status == 200
        first.stop()
        assert at(second, Caller("", "never-heard-of", [])).call("GET", "/v2.0/networks").status == 503
        first.start()
        assert caller.call("GET", "/v2.0/networks").status == 200
        first.stop()


def test_credentials_that_others_read_are_refused_at_the_start(
    site: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file = tmp_path / "open"
    open_file.write_text("OS_USERNAME=a\n")
    open_file.chmod(0o644)
    monkeypatch.setattr(site.server, "home", tmp_path / "home")
    done = site.cpal("serve", "--keystone", "http://127.0.0.1:1", "--credentials", str(open_file), code=13)
    assert "chmod 600" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--keystone", "http://127.0.0.1:1", "--identity", "127.0.0.1:1"), "either"),
        (("--credentials", __file__), "--keystone or --nova too"),
        (("--nova", "somewhere"), "no URL of a Nova"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words_that_do_not_fit_are_refused(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(program, ["serve", *words])
    assert isinstance(done.exception, Invalid)
    assert said in str(done.exception)
