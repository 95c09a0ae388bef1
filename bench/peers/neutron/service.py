"""The real Neutron as a peer: its API and Keystone on uwsgi, a private MariaDB, ML2 with OVN's central part behind.

    place    both OVN databases and northd, which the caller keeps
    files    all below `home`: the database on its disk with fsync, configuration, logs
    ports    on the loopback address, where nothing else listens

Source: https://docs.openstack.org/neutron/latest/admin/ovn/, and neutron.wsgi.api for uwsgi.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.ovn.central import Central
from tests.support.cloud import Cloud, Server, free_ports

INSTALL = Path(__file__).with_name("install")
START_TIMEOUT_S = 180.0
WORKERS = 2
"""Processes of each API, with one thread each."""
PASSWORD = "peer"
REGION = "RegionOne"
TRIES = 50
"""How often it is asked of Keystone to list a service."""
SERVICES = "ovn-router,qos,trunk,segments,port_forwarding,auto_allocate,network_ip_availability,log"
"""The service plug-ins of an ordinary deployment."""


def installed() -> Path:
    """The virtual environment of the peer, made when it is not there.

    Raises:
        RuntimeError: it cannot be installed here, and why.
    """
    done = subprocess.run([INSTALL], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{INSTALL.name} ended with {done.returncode}")
    return Path(done.stdout.strip())


@dataclass
class Neutron(Server):
    """Neutron, Keystone and MariaDB, started in turn; `url` and `auth_url` say where."""

    venv: Path = Path()
    place: Central | None = None
    metadata: bool = False
    """Whether networks get a port for the metadata service."""
    database_port: int = field(default_factory=lambda: free_ports(1)[0])
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start what does not run yet, and return when the API answers."""
        if "database" not in self.running:
            self.home.mkdir(parents=True)
            self._start_database()
            self._start_identity()
            self._migrate()
        self._start_service()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End all of it."""
        for name in ("service", "identity", "database"):
            self._end(name, number)
        return 0

    def pids(self) -> dict[str, int]:
        """The processes that run, by part."""
        return {name: process.pid for name, process in self.running.items()}

    def stop_service(self) -> None:
        """End the API alone."""
        self._end("service", signal.SIGTERM)

    def _end(self, name: str, number: int) -> None:
        process = self.running.pop(name, None)
        if process is not None:
            process.send_signal(number)
            process.wait()

    def _start_database(self) -> None:
        data, socket = self.home / "mysql", self.home / "mysql.sock"
        user = ["--user=root"] if os.getuid() == 0 else []
        self._do("mariadb-install-db", "--no-defaults", *user, f"--datadir={data}", "--skip-test-db",
                 "--auth-root-authentication-method=normal")  # fmt: skip
        self._spawn(
            "database",
            ["mariadbd", "--no-defaults", *user, f"--datadir={data}", f"--socket={socket}", "--bind-address=127.0.0.1",
             f"--port={self.database_port}", f"--pid-file={self.home}/mysql.pid", "--max-connections=512",
             "--innodb-buffer-pool-size=512M", "--skip-log-bin", "--character-set-server=utf8mb3",
             "--collation-server=utf8mb3_general_ci"],
        )  # fmt: skip
        client = ["mariadb", "--no-defaults", "-uroot", f"--socket={socket}"]
        self._await("database", lambda: subprocess.run([*client, "-e", ""], capture_output=True).returncode == 0)
        for name in ("neutron", "keystone"):
            grants = "".join(f"grant all on {name}.* to '{name}'@'{host}' identified by '{PASSWORD}';"
                             for host in ("127.0.0.1", "localhost"))  # fmt: skip
            self._do(*client, "-e", f"create database {name} character set utf8mb3; {grants}")

    def _start_identity(self) -> None:
        file = self._written("keystone.conf", KEYSTONE)
        manage = [str(self.venv / "bin/keystone-manage"), "--config-file", str(file)]
        self._do(*manage, "db_sync")
        for word in ("fernet_setup", "credential_setup"):
            owner = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
            self._do(*manage, word, *owner)
        urls = [word for kind in ("admin", "internal", "public") for word in (f"--bootstrap-{kind}-url", self.auth_url)]
        self._do(*manage, "bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", REGION, *urls)
        where = {"OS_KEYSTONE_CONFIG_FILES": str(file), "OS_KEYSTONE_CONFIG_DIR": str(self.home)}
        self._serve("identity", self.ports[1], "keystone.wsgi.api:application", where)
        self._await("identity", lambda: _answers(self.auth_url))

    def _configuration(self) -> list[Path]:
        return [self._written("neutron.conf", NEUTRON), self._written("ml2_conf.ini", ML2)]

    def _migrate(self) -> None:
        files = [word for file in self._configuration() for word in ("--config-file", str(file))]
        self._do(str(self.venv / "bin/neutron-db-manage"), *files, "upgrade", "heads")

    def _start_service(self) -> None:
        files = ";".join(map(str, self._configuration()))
        where = {"OS_NEUTRON_CONFIG_DIR": "/", "OS_NEUTRON_CONFIG_FILES": files}
        self._serve("service", self.ports[0], "neutron.wsgi.api:application", where)
        self._await("service", lambda: _answers(f"{self.url}/v2.0/networks"))

    def _written(self, name: str, text: str) -> Path:
        assert self.place is not None
        path = self.home / name
        path.write_text(
            text.format(
                home=self.home, venv=self.venv, password=PASSWORD, services=SERVICES, identity=self.auth_url,
                database=f"127.0.0.1:{self.database_port}", northbound=self.place.site.server.endpoint,
                southbound=self.place.southbound.endpoint, metadata=str(self.metadata).lower(),
            )
        )  # fmt: skip
        return path

    def _serve(self, name: str, port: int, module: str, environment: Mapping[str, str]) -> None:
        """An API on uwsgi. It closes connections itself, since idle ones are not kept track of."""
        words = (
            f"--master --http-socket 127.0.0.1:{port} --processes {WORKERS} --threads 1 --enable-threads --lazy-apps"
            f" --listen 100 --buffer-size 65535 --set start-time=%t --module {module} --venv {self.venv} --need-app"
            " --die-on-term --disable-logging"
        )
        command = [str(self.venv / "bin/uwsgi"), *words.split(), "--add-header", "Connection: close"]
        self._spawn(name, command, environment)

    def _spawn(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _do(self, *command: str) -> None:
        with self.log.open("ab") as log:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)

    def _await(self, name: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not holds():
            if self.running[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the peer's {name} does not start; see {self.log}")
            time.sleep(0.05)


class NeutronCloud(Cloud):
    """A running Neutron, with the callers that every cloud has."""

    def openrc(self) -> dict[str, str]:
        """How Keystone's administrator signs in."""
        return {"OS_USERNAME": "admin", "OS_PASSWORD": PASSWORD, "OS_PROJECT_NAME": "admin"}

    def catalogued(self) -> dict[str, str]:
        """How the administrator signs in with a client that looks the service up, once it is in the catalogue."""
        identity = self.identity()
        service = {"service": {"type": "network", "name": "neutron"}}
        id = identity.call("POST", "/v3/services", service).body["service"]["id"]
        place = {"service_id": id, "interface": "public", "region_id": REGION, "url": self.server.url}
        answer = identity.call("POST", "/v3/endpoints", {"endpoint": place})
        assert answer.status == 201, answer
        self._have_listed(answer.body["endpoint"]["id"])
        domains = {"OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default"}
        return {**self.openrc(), **domains, "OS_AUTH_URL": self.server.auth_url, "OS_REGION_NAME": REGION}

    def _have_listed(self, endpoint_id: str) -> None:
        """Have each process of Keystone list an endpoint: it keeps the catalogue until it changes one itself."""
        identity = self.identity()
        for _ in range(TRIES):
            catalogues = [identity.call("GET", "/v3/auth/catalog").body["catalog"] for _ in range(8)]
            if all("network" in [service["type"] for service in each] for each in catalogues):
                return
            identity.call("PATCH", f"/v3/endpoints/{endpoint_id}", {"endpoint": {"enabled": True}})
        raise AssertionError("Keystone does not list the Networking service")


def _answers(url: str) -> bool:
    """Whether an API answers, be it that a token is wanted."""
    try:
        with urllib.request.urlopen(url, timeout=60):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False


KEYSTONE = """
[DEFAULT]
log_file = {home}/keystone.log
[database]
connection = mysql+pymysql://keystone:{password}@{database}/keystone
[token]
provider = fernet
[fernet_tokens]
key_repository = {home}/fernet
[credential]
key_repository = {home}/credential-keys
[cache]
enabled = true
backend = dogpile.cache.memory
[oslo_policy]
enforce_scope = true
"""

NEUTRON = """
[DEFAULT]
host = peer
state_path = {home}/state
log_file = {home}/neutron.log
api_paste_config = {venv}/etc/neutron/api-paste.ini
core_plugin = ml2
service_plugins = {services}
auth_strategy = keystone
transport_url = fake://
rpc_workers = 0
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
[oslo_concurrency]
lock_path = {home}/lock
[database]
connection = mysql+pymysql://neutron:{password}@{database}/neutron
max_pool_size = 20
[oslo_messaging_notifications]
driver = noop
[keystone_authtoken]
www_authenticate_uri = {identity}
auth_url = {identity}
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = admin
username = admin
password = {password}
service_token_roles_required = true
"""

ML2 = """
[ml2]
type_drivers = local,flat,vlan,vxlan,geneve
tenant_network_types = geneve
mechanism_drivers = ovn
extension_drivers = port_security,qos,dns_domain_ports,port_trusted,tag_ports_during_bulk_creation
[ml2_type_flat]
flat_networks = public,physnet1
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:3000
[ml2_type_geneve]
vni_ranges = 1:65536
max_header_size = 38
[securitygroup]
enable_security_group = true
[ovn]
ovn_nb_connection = {northbound}
ovn_sb_connection = {southbound}
ovn_metadata_enabled = {metadata}
"""
