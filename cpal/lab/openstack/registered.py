"""What Keystone, Glance and Nova are told to know: each thing made where it is not there.

Source: https://docs.openstack.org/api-ref/identity/v3/, .../image/v2/, .../compute/
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import httpx

from cpal.errors import Failed, Unreachable
from cpal.lab.openstack.steps import Service

INTERFACES = ("public", "internal", "admin")
ROLES = ("admin", "service")
"""The roles of a service user."""
DOMAIN = "default"
TIMEOUT_S = 60.0


class Administrator:
    """The administrator, who asks the services of a cloud. Use it as a context manager."""

    def __init__(self, keystone: str, password: str, region: str) -> None:
        self._keystone = keystone
        self._region = region
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False)
        domain = {"id": DOMAIN}
        user = {"name": "admin", "password": password, "domain": domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": "admin", "domain": domain}}
        response = self._send("POST", f"{keystone}/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
        self._client.headers["X-Auth-Token"] = response.headers["X-Subject-Token"]

    def __enter__(self) -> Administrator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def catalogue(self, users: Sequence[str], password: str, services: Sequence[Service]) -> None:
        """Make service users, and let the catalogue say where services are."""
        at = self._keystone
        project = self._ensured(at, "project", name="service", domain_id=DOMAIN)
        roles = [self._ensured(at, "role", name=name) for name in ROLES]
        for name in users:
            user = self._ensured(at, "user", name=name, domain_id=DOMAIN, password=password)
            for role in roles:
                self._send("PUT", f"{at}/projects/{project}/users/{user}/roles/{role}")
        for type, name, url in services:
            service = self._ensured(at, "service", name=name, type=type)
            there = self._send("GET", f"{at}/endpoints?service_id={service}").json()["endpoints"]
            for interface in INTERFACES:
                if interface not in {each["interface"] for each in there}:
                    entry = {"service_id": service, "interface": interface, "url": url, "region_id": self._region}
                    self._send("POST", f"{at}/endpoints", {"endpoint": entry})

    def image(self, glance: str, name: str) -> None:
        """Make an image of a few bytes that everybody may use."""
        at = f"{glance}/v2"
        found = self._send("GET", f"{at}/images?name={name}&status=active").json()["images"]
        if not found:
            entry = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "public"}
            made = self._send("POST", f"{at}/images", entry).json()["id"]
            self._send("PUT", f"{at}/images/{made}/file", b"\0" * 512)

    def flavor(self, nova: str, name: str, ram: int) -> None:
        """Make a size of servers."""
        found = self._send("GET", f"{nova}/flavors").json()["flavors"]
        if name not in {each["name"] for each in found}:
            self._send("POST", f"{nova}/flavors", {"flavor": {"name": name, "ram": ram, "vcpus": 1, "disk": 0}})

    def parts_up(self, nova: str) -> dict[str, str]:
        """The state of each of Nova's parts, `up` or `down`."""
        found = self._send("GET", f"{nova}/os-services").json()["services"]
        return {each["binary"]: each["state"] for each in found}

    def hypervisors(self, nova: str) -> list[str]:
        """The hypervisors that Nova can place servers on."""
        return [
            each["hypervisor_hostname"] for each in self._send("GET", f"{nova}/os-hypervisors").json()["hypervisors"]
        ]

    def _ensured(self, at: str, kind: str, name: str, **content: Any) -> str:
        """The id of a thing of Keystone's with this name."""
        found = self._send("GET", f"{at}/{kind}s?name={name}").json()[f"{kind}s"]
        if not found:
            found = [self._send("POST", f"{at}/{kind}s", {kind: {"name": name, **content}}).json()[kind]]
        return str(found[0]["id"])

    def _send(self, method: str, url: str, content: Any = None) -> httpx.Response:
        try:
            if isinstance(content, bytes):
                headers = {"Content-Type": "application/octet-stream"}
                response = self._client.request(method, url, content=content, headers=headers)
            else:
                response = self._client.request(method, url, json=content)
        except httpx.HTTPError as error:
            raise Unreachable(f"no answer: {error}", key=url, remedy="see its log") from error
        if response.is_error:
            raise Failed(f"it answered {response.status_code}: {response.text[:300]}", key=f"{method} {url}")
        return response
