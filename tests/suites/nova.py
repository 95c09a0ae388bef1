"""The real Keystone, Placement, Glance and Nova around `cpal serve`, as `cpal lab openstack` brings them up.

    python -m tests.suites.nova

Nova's compute service runs with its FAKE driver: no machine is started. All else is real: the claim of a port that is
plugged on the lab, the token that Keystone judges, the event by which Nova's server becomes ACTIVE, the packets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from cpal.errors import CpalError
from cpal.lab.lab import Lab
from cpal.lab.layout import Layout
from cpal.lab.openstack.cloud import Cloud
from cpal.lab.openstack.configuration import PORTS
from cpal.lab.openstack.steps import STEPS, Running
from cpal.lab.processes import end, find
from tests.source import ROOT
from tests.suites.results import publish
from tests.support.followed import Reader, environment

PROGRAM = [sys.executable, "-m", "cpal.faces.cli.main"]
OFFSET = 6000
"""All ports stay below those that the system gives to connections: with more, another program may have RabbitMQ's."""
PATIENCE_S = 120.0
FAULTS = (AssertionError, CpalError, OSError, subprocess.SubprocessError, SDKException, ClientException)
"""What fails a check; the next is begun."""
CREATE_S = 1200.0


class Site:
    """A cloud in a state directory of its own, and its administrator."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cloud = Cloud(home / "openstack", home)
        self.admin: Any = None

    def cpal(self, *words: str) -> str:
        """What cpal says; it must succeed."""
        variables = {**os.environ, "CPAL_HOME": str(self.home), "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
        done = subprocess.run([*PROGRAM, *words], env=variables, capture_output=True, text=True, timeout=CREATE_S)
        assert done.returncode == 0, f"cpal {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def up(self) -> str:
        """Bring the cloud up, or mend it."""
        said = self.cpal("lab", "openstack", "--port-offset", str(OFFSET))
        self.admin = self.signed_in("admin", self._password("OS_PASSWORD"), "admin")
        return said

    def _password(self, name: str) -> str:
        lines = self.cloud.openrc.read_text(encoding="utf-8").splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith(f"export {name}="))

    def signed_in(self, user: str, password: str, project: str) -> Any:
        """openstacksdk, as a user."""
        return openstack.connect(
            auth_url=f"http://127.0.0.1:{PORTS['keystone'] + OFFSET}/v3", username=user, password=password,
            project_name=project, user_domain_name="Default", project_domain_name="Default", region_name="RegionOne",
            load_yaml_config=False, load_envvars=False,
        )  # fmt: skip

    def kill(self, role: str) -> None:
        """Kill a service."""
        [found] = [each for each in find(Layout.of(self.cloud.home)) if each.role == role]
        end([found], grace_s=0)

    def server(self, name: str, network: Any) -> Any:
        """A new server on a network, whose ports Nova has bound."""
        image, flavor = self.admin.image.find_image("nothing"), self.admin.compute.find_flavor("tiny")
        made = self.admin.compute.create_server(
            name=name, image_id=image.id, flavor_id=flavor.id, networks=[{"uuid": network.id}]
        )
        until(lambda: any(port.binding_host_id for port in self.ports(made)), f"the port of {name} is bound")
        return made

    def ports(self, server: Any) -> list[Any]:
        """The ports of a server."""
        return list(self.admin.network.ports(device_id=server.id))

    def status(self, server: Any) -> str:
        """The status that Nova shows."""
        return str(self.admin.compute.get_server(server.id).status)

    def awaits_its_ports(self, server: Any) -> bool:
        """Whether Nova has asked the Networking API all that it asks of a new server before its ports are plugged.

        Its task state does not say: "spawning" is there while another thread still sets the ports up.
        """
        lines = (self.cloud.home / "log" / "nova-compute-fake.log").read_text(encoding="utf-8").splitlines()
        return any(server.id in line and "Waits for its ports" in line for line in lines)

    def is_active(self, server: Any) -> bool:
        """Whether a server is ACTIVE. Raises AssertionError where it failed."""
        status = self.status(server)
        assert status != "ERROR", self.admin.compute.get_server(server.id).fault
        return status == "ACTIVE"


def until(holds: Callable[[], bool], what: str) -> None:
    """Return when something holds that is to come."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in {PATIENCE_S:g} s: {what}"
        time.sleep(0.2)


def comes_up_and_again_without_a_change(site: Site) -> None:
    """Every step is told; a second time all processes stay."""
    said = site.up()
    for step in STEPS:
        assert step.name in said, step.name
    roles = site.cloud.roles()
    assert set(roles) >= {step.name for step in STEPS if isinstance(step.action, Running)}
    site.up()
    assert site.cloud.roles() == roles


def only_loopback_listens(site: Site) -> None:
    """What the cloud's processes listen on is loopback."""
    pids = {f"pid={each.pid}," for each in find(Layout.of(site.cloud.home))}
    lines = subprocess.run(["ss", "-tlnpH"], capture_output=True, text=True, check=True).stdout.splitlines()
    mine = [line for line in lines if any(pid in line for pid in pids)]
    assert mine
    assert [line for line in mine if line.split()[3].rpartition(":")[0] not in ("127.0.0.1", "[::1]")] == []


def keystone_judges_tokens(site: Site) -> None:
    """Roles, projects, revoked tokens and disabled users are as the real Keystone says."""
    identity = site.admin.identity
    project = identity.create_project(name="red", domain_id="default")
    user = identity.create_user(name="alice", password="alice", domain_id="default")
    role = identity.find_role("member")
    identity.assign_project_role_to_user(project, user, role)
    alice = site.signed_in("alice", "alice", "red")
    made = alice.network.create_network(name="reds")
    assert made.project_id == project.id
    assert site.admin.network.find_network("reds").id == made.id
    refused = alice.network.post("/networks", json={"network": {"name": "x", "provider:network_type": "flat"}})
    assert refused.status_code == 403
    alice.network.delete_network(made)
    token = alice.auth_token
    url = f"http://127.0.0.1:{PORTS['networking'] + OFFSET}/v2.0/networks"

    def status() -> int:
        return int(
            alice.session.get(url, authenticated=False, headers={"X-Auth-Token": token}, raise_exc=False).status_code
        )

    assert status() == 200
    identity.delete("/auth/tokens", headers={"X-Subject-Token": token})
    until(lambda: status() == 401, "a revoked token ends")
    fresh = site.signed_in("alice", "alice", "red")
    token = fresh.auth_token
    assert status() == 200
    site.kill("keystone")
    assert alice.session.get(
        url, authenticated=False, headers={"X-Auth-Token": "never-heard-of"}, raise_exc=False
    ).status_code == 503  # fmt: skip
    site.up()
    assert status() == 200
    site.admin.identity.update_user(user, is_enabled=False)
    until(lambda: status() == 401, "the token of a user who is disabled ends")


def a_server_waits_for_its_port(site: Site) -> None:
    """BUILD until the port is plugged on the lab and claimed; then ACTIVE; then gone, and its port with it."""
    network = site.admin.network.create_network(name="web")
    site.admin.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.1.0/24")
    server = site.server("one", network)
    [port] = site.ports(server)
    assert (port.binding_host_id, port.binding_vif_type, port.status) == ("hv1", "ovs", "DOWN")
    assert port.device_owner.startswith("compute:")
    until(lambda: site.awaits_its_ports(server), "Nova waits for its port")
    assert site.status(server) == "BUILD"
    site.cpal("lab", "plug", port.id)
    assert site.admin.network.get_port(port.id).status == "ACTIVE"
    until(lambda: site.is_active(server), "Nova heard that the port is plugged")
    two = site.server("two", network)
    [other] = site.ports(two)
    site.cpal("lab", "plug", other.id)
    until(lambda: site.is_active(two), "the second server too")
    assert " 0% packet loss" in site.cpal("lab", "exec", port.id, "--", "ping", "-c1", other.fixed_ips[0]["ip_address"])
    for each, its in ((server, port), (two, other)):
        site.admin.compute.delete_server(each)
        until(lambda its=its: site.admin.network.find_port(its.id) is None, "the port is gone")  # type: ignore[misc]  # as bound here
        site.cpal("lab", "unplug", its.id)
    site.admin.network.delete_network(network)
    assert "Nothing to do" in site.cpal("plan")


def nova_hears_of_a_floating_ip(site: Site) -> None:
    """What Nova shows of a server's addresses follows without anybody asking for it."""
    admin = site.admin.network
    public = admin.create_network(
        name="public", is_router_external=True, provider_network_type="flat", provider_physical_network="physnet1"
    )
    admin.create_subnet(network_id=public.id, ip_version=4, cidr="203.0.113.0/24", is_dhcp_enabled=False)
    network = admin.create_network(name="inside")
    subnet = admin.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.2.0/24")
    router = admin.create_router(external_gateway_info={"network_id": public.id})
    admin.add_interface_to_router(router, subnet_id=subnet.id)
    server = site.server("three", network)
    [port] = site.ports(server)
    site.cpal("lab", "plug", port.id)
    until(lambda: site.is_active(server), "the server is there")
    floating = admin.create_ip(floating_network_id=public.id, port_id=port.id)

    def shown() -> set[str]:
        addresses = site.admin.compute.get_server(server.id).addresses.get("inside", [])
        return {each["addr"] for each in addresses}

    until(lambda: floating.floating_ip_address in shown(), "Nova shows the floating IP")
    admin.delete_ip(floating)
    until(lambda: floating.floating_ip_address not in shown(), "Nova shows it no longer")
    site.admin.compute.delete_server(server)
    until(lambda: not site.ports(server), "its port is gone")
    site.cpal("lab", "unplug", port.id)
    admin.remove_interface_from_router(router, subnet_id=subnet.id)
    admin.delete_router(router)
    for each in (network, public):
        admin.delete_network(each)


def what_nova_did_not_hear_it_hears_later(site: Site) -> None:
    """A port is plugged while Nova's API is dead, another while cpal is: both servers become ACTIVE all the same."""
    network = site.admin.network.create_network(name="patient")
    site.admin.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.3.0/24")
    for role in ("nova api", "networking"):
        server = site.server(f"without {role}", network)
        [port] = site.ports(server)
        until(lambda its=server: site.awaits_its_ports(its), "Nova waits")  # type: ignore[misc]  # as bound here
        site.kill(role)
        site.cpal("lab", "plug", port.id)
        site.up()
        until(lambda its=server: site.is_active(its), f"ACTIVE once {role} is back")  # type: ignore[misc]  # as bound here
        site.admin.compute.delete_server(server)
        until(lambda its=server: not site.ports(its), "its port is gone")  # type: ignore[misc]  # as bound here
        site.cpal("lab", "unplug", port.id)
    site.admin.network.delete_network(network)


def the_compute_service_may_be_started_again(site: Site) -> None:
    """Killed, it comes back as the same host, and takes servers."""
    site.kill("nova compute (FAKE)")
    site.up()
    network = site.admin.network.create_network(name="again")
    site.admin.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.4.0/24")
    server = site.server("again", network)
    [port] = site.ports(server)
    site.cpal("lab", "plug", port.id)
    until(lambda: site.is_active(server), "ACTIVE")
    site.admin.compute.delete_server(server)
    until(lambda: not site.ports(server), "its port is gone")
    site.cpal("lab", "unplug", port.id)
    site.admin.network.delete_network(network)


def no_log_has_a_password_and_nobody_else_reads(site: Site) -> None:
    """Passwords are in files for their owner alone, in no log and among no words of a process."""
    secret = site._password("OS_PASSWORD")
    for path in (site.cloud.home / "log").iterdir():
        assert secret not in path.read_text(encoding="utf-8", errors="replace"), path
    for process in find(Layout.of(site.cloud.home)):
        assert secret.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert site.cloud.home.stat().st_mode & 0o077 == 0
    assert "Traceback" not in (site.cloud.home / "log" / "networking.log").read_text(encoding="utf-8")


def the_howto_can_be_followed(site: Site) -> None:
    """To the letter, from the start (where all is there) to the end, after which nothing is."""
    with tempfile.TemporaryDirectory() as directory:
        variables = environment(site.home, "openstack")
        reader = Reader(Path(directory), {**variables, "CPAL_OPENSTACK_PORT_OFFSET": str(OFFSET)}, {})
        try:
            reader.follow((ROOT / "docs/howto/openstack-lab.md").read_text(encoding="utf-8"))
        finally:
            reader.close()
    assert not site.cloud.home.exists()
    assert find(Layout.of(site.cloud.home)) == []


CHECKS = (
    comes_up_and_again_without_a_change,
    only_loopback_listens,
    keystone_judges_tokens,
    a_server_waits_for_its_port,
    nova_hears_of_a_floating_ip,
    what_nova_did_not_hear_it_hears_later,
    the_compute_service_may_be_started_again,
    no_log_has_a_password_and_nobody_else_reads,
    the_howto_can_be_followed,
)
"""What is looked at, in order."""


def main(*only: str) -> int:
    """Run the checks (all, or the first and those named) and write what they came to; the exit code."""
    warnings.simplefilter("ignore")
    home = Path(tempfile.mkdtemp(prefix="cpal-"))
    site, passed, failed = Site(home), 0, dict[str, str]()
    try:
        for check in CHECKS:
            if only and check.__name__ not in only and check is not CHECKS[0]:
                continue
            started = time.monotonic()
            try:
                check(site)
                passed += 1
            except FAULTS as wrong:
                failed[check.__name__] = f"{type(wrong).__name__}: {wrong}"[:2000]
                traceback.print_exc()
            print(f"{check.__name__}: {time.monotonic() - started:.0f} s", flush=True)
            if failed and check is CHECKS[0]:
                break
    finally:
        site.cloud.down(print)
        Lab(home / "lab").down()
        shutil.rmtree(home, ignore_errors=True)
    return 1 if only and failed else 0 if only else publish("nova", passed, failed, {})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
