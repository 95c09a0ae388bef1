"""Horizon's network panels, unmodified, against `cpal serve` with OVN behind it.

    python -m tests.suites.horizon

Horizon runs on Django's own server and is used as a browser does: pages are asked for, forms are sent. Every step is
one check. There is no Nova, so panels of instances are not looked at, nor the network topology's page, which needs one.
Source: https://docs.openstack.org/horizon/latest/configuration/settings.html
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import requests

from tests.suites.results import publish
from tests.suites.tempest import external_network
from tests.suites.venv import installed
from tests.support.cloud import Caller, Cloud, cloud, free_ports

SETTINGS = """
import os
ALLOWED_HOSTS = ["127.0.0.1"]
SECRET_KEY = os.environ["HORIZON_SECRET"]
OPENSTACK_KEYSTONE_URL = os.environ["OS_AUTH_URL"]
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COMPRESS_ENABLED = False
"""
START_S = 120.0
WHO = {"username": "member-of-shop", "password": "secret", "region": "default", "next": "/project/networks/"}
ALERT = re.compile(r'<div class="alert[^"]*alert-(?:danger|error)[^"]*"[^>]*>(?!\s*{{)(.*?)</div>', re.DOTALL)
NOT_SHOWN = re.compile(r"<(script|noscript)\b.*?</\1>", re.DOTALL)
"""What a browser does not show as it stands: templates and what is for those without scripts."""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """One who uses Horizon."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def page(self, path: str) -> str:
        """A page, which must be there and tell of no failure."""
        return self._read(self._session.get(self._url + path, headers={"Referer": self._url}, timeout=START_S))

    def send(self, path: str, **values: Any) -> str:
        """The page after a form of the page at `path` was sent."""
        form = _TOKEN.search(self.page(path))
        assert form is not None, f"{path} has no form"
        body = {"csrfmiddlewaretoken": form[1], **values}
        headers = {"Referer": self._url + path}
        return self._read(self._session.post(self._url + path, data=body, headers=headers, timeout=START_S))

    def _read(self, answer: requests.Response) -> str:
        assert answer.status_code == 200, f"{answer.url}: {answer.status_code}"
        alerts = [
            " ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in ALERT.findall(NOT_SHOWN.sub("", answer.text))
        ]
        assert not alerts, f"{answer.url}: {alerts}"
        return answer.text


Steps = Iterator[tuple[str, Callable[[], None]]]
"""What is done, one after another, each by its name."""


def looking(browser: Browser) -> Steps:
    """Signing in, and every panel of an empty project."""
    yield "signs in", lambda: shows(browser.send("/auth/login/", **WHO), WHO["username"])
    for panel in ("networks", "routers", "security_groups", "floating_ips", "trunks", "network_qos"):
        yield f"shows {panel}", lambda panel=panel: shows(browser.page(f"/project/{panel}/"))  # type: ignore[misc]  # bound at once
    yield "draws the topology", lambda: shows(browser.page("/project/network_topology/json"), '"networks"')


def building(browser: Browser, caller: Caller, external: str) -> Steps:
    """Making things, and seeing them."""
    yield "makes a network with a subnet", lambda: shows(
        browser.send(
            "/project/networks/create", net_name="web", admin_state="True", with_subnet="on", subnet_name="web-v4",
            address_source="manual", cidr="10.0.1.0/24", ip_version="4", enable_dhcp="on", gateway_ip="10.0.1.1",
        )
    )  # fmt: skip
    yield "lists it", lambda: shows(browser.page("/project/networks/"), "web", "10.0.1.0/24")
    yield "shows it", lambda: shows(browser.page(f"/project/networks/{id_of(caller, 'networks')}/detail"), "web")
    yield (
        "makes a router with a gateway",
        lambda: shows(
            browser.send("/project/routers/create/", name="edge", admin_state_up="on", external_network=external)
        ),
    )
    yield "gives it an interface", lambda: shows(
        browser.send(
            f"/project/routers/{id_of(caller, 'routers')}/addinterface",
            subnet_id=caller.list("subnets", ("name", "web-v4"))[0]["id"], router_name="edge",
            router_id=id_of(caller, "routers"),
        )
    )  # fmt: skip
    yield (
        "lists the router's ports",
        lambda: shows(
            browser.page(f"/project/routers/{id_of(caller, 'routers')}/?tab=router_details__interfaces"), "10.0.1.1"
        ),
    )
    yield "makes a security group", lambda: shows(browser.send("/project/security_groups/create/", name="shop"))
    yield "lists it among the groups", lambda: shows(browser.page("/project/security_groups/"), "shop")
    yield "makes a port", lambda: shows(
        browser.send(
            f"/project/networks/{id_of(caller, 'networks')}/ports/create", name="web1", admin_state="on", specify_ip="",
            network_id=id_of(caller, "networks"), port_security_enabled="on", binding__vnic_type="normal",
        )
    )  # fmt: skip
    yield (
        "lists the port",
        lambda: shows(
            browser.page(f"/project/networks/{id_of(caller, 'networks')}/detail?tab=network_tabs__ports_tab"), "web1"
        ),
    )
    yield "gives a floating IP", lambda: shows(browser.send("/project/floating_ips/allocate/", pool=external))
    yield "lists the floating IP", lambda: shows(browser.page("/project/floating_ips/"), "203.0.113.")
    yield (
        "deletes the security group",
        lambda: shows(browser.send("/project/security_groups/", action=f"security_groups__delete__{shop(caller)}")),
    )


def id_of(caller: Caller, collection: str) -> str:
    """The id of the one of its kind that was made by Horizon."""
    [found] = [each for each in caller.list(collection) if each["name"] in ("web", "edge")]
    return str(found["id"])


def shop(caller: Caller) -> str:
    """The id of the security group that was made by Horizon."""
    [found] = caller.list("security-groups", ("name", "shop"))
    return str(found["id"])


def shows(page: str, *words: str) -> None:
    """Fail unless the page has the words."""
    missing = [word for word in words if word not in page]
    assert not missing, f"the page lacks {missing}"


def left(site: Cloud, caller: Caller) -> Iterator[str]:
    """What is not as it should be after all steps."""
    made = {each: sorted(found["name"] for found in caller.list(each)) for each in ("routers", "security-groups")}
    if made != {"routers": ["edge"], "security-groups": ["default"]}:
        yield f"the API shows {made}"
    if (owners := sorted(port["device_owner"] for port in caller.list("ports"))) != ["", "network:router_interface"]:
        yield f"the API shows ports of {owners}"
    if ops := site.ops():
        yield f"{len(ops)} rows are not as the store wants"
    if "Traceback" in (log := site.server.log.read_text()):
        yield log[-2000:]


def main() -> int:
    """Run it and write what it came to; the exit code."""
    venv, failed, passed = installed("horizon"), dict[str, str](), 0
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory)) as site:
        external, caller = external_network(site), site.member("shop")
        with horizon(venv, site, Path(directory)) as url:
            for name, step in chain(looking(browser := Browser(url)), building(browser, caller, external)):
                try:
                    step()
                except (AssertionError, ValueError, OSError) as error:
                    failed[name] = str(error)[:500]
                else:
                    passed += 1
        failed |= {f"afterwards {number}": what for number, what in enumerate(left(site, caller), 1)}
    return publish("horizon", passed, failed, {})


@contextmanager
def horizon(venv: Path, site: Cloud, directory: Path) -> Iterator[str]:
    """Horizon, running; its address."""
    [place] = (venv / "lib").glob("python*/site-packages/openstack_dashboard/local")
    (place / "local_settings.py").write_text(SETTINGS, encoding="utf-8")
    [port] = free_ports(1)
    own = {"HORIZON_SECRET": secrets.token_hex(), "DJANGO_SETTINGS_MODULE": "openstack_dashboard.settings"}
    words = [f"{venv}/bin/python", "-m", "django", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
    with (directory / "horizon.log").open("ab") as log:
        process = subprocess.Popen(words, env={**os.environ, **site.openrc(), **own}, stdout=log, stderr=log)
    try:
        await_answer(f"http://127.0.0.1:{port}/auth/login/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def await_answer(url: str) -> None:
    """Return when there is an answer at an address."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            requests.get(url, timeout=START_S).raise_for_status()
        except requests.ConnectionError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
