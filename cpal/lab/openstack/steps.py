"""The walk-through: what it takes to have an OpenStack on one machine, step by step, and why each step is there.

`{...}` in words are the places, ports and passwords of one cloud (`cloud.Cloud.words`). A step is one of:

    Debian       a package is there; its service is not started
    Python       the services are installed, in a virtual environment of their own
    Files        the configuration is written
    Once         a command was run
    Running      a process runs, and what it is there for answers
    Catalogue, Image, Flavor   Keystone, Glance or Nova know something
    Computes     Nova's parts said that they are up

Source: the installation guides of Keystone, Placement, Glance and Nova.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


def _line(text: str) -> tuple[str, ...]:
    """The words of a command."""
    return tuple(text.split())


MANAGE_NOVA = "{bin}/nova-manage --config-file {home}/nova.conf"
MANAGE_KEYSTONE = "{bin}/keystone-manage --config-file {home}/keystone.conf"
MARIADB = "--no-defaults --user={user} --datadir={home}/mariadb"
BY_ROOT = "--keystone-user {uid} --keystone-group {gid}"


class Debian(NamedTuple):
    """A package that has a program."""

    package: str
    program: str


class Python(NamedTuple):
    """The services, from the lock file."""


class Files(NamedTuple):
    """The configuration, and folders."""


class Once(NamedTuple):
    """Commands, run one after another, in each cloud once."""

    commands: tuple[tuple[str, ...], ...]
    environment: Mapping[str, str] = {}


class Running(NamedTuple):
    """A process, its environment, and the URL or the socket (`tcp:PORT`) that answers when it serves."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = {}
    answers: str = ""


class Service(NamedTuple):
    """An entry of the catalogue, with its URL."""

    type: str
    name: str
    url: str


class Catalogue(NamedTuple):
    """Service users with the roles admin and service, and where the services are."""

    users: tuple[str, ...]
    services: tuple[Service, ...]


class Computes(NamedTuple):
    """Nova's parts say that they are up."""

    binaries: tuple[str, ...]


class Image(NamedTuple):
    """An image of a few bytes."""

    name: str


class Flavor(NamedTuple):
    """A size of servers."""

    name: str
    ram: int


Action = Debian | Python | Files | Once | Running | Catalogue | Computes | Image | Flavor


class Step(NamedTuple):
    """A step: its name, why it is there, and what is done."""

    name: str
    why: str
    action: Action


def _api(module: str, port: str, **environment: str) -> Running:
    """An API, served by one process."""
    command = ("{bin}/python", "{code}/wsgi.py", f"127.0.0.1:{{port[{port}]}}", f"{module}:application")
    return Running(command, environment, f"http://127.0.0.1:{{port[{port}]}}/")


NODES = {"ERL_EPMD_PORT": "{port[epmd]}", "ERL_EPMD_ADDRESS": "127.0.0.1"}
RABBIT = {
    "HOME": "{home}/rabbitmq",
    "RABBITMQ_NODENAME": "cpal@localhost",
    "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
    "RABBITMQ_NODE_PORT": "{port[rabbit]}",
    "RABBITMQ_DIST_PORT": "{port[rabbit_nodes]}",
    "RABBITMQ_MNESIA_BASE": "{home}/rabbitmq/mnesia",
    "RABBITMQ_LOG_BASE": "{home}/rabbitmq/log",
    "RABBITMQ_PID_FILE": "{home}/rabbitmq/pid",
    "RABBITMQ_CONF_ENV_FILE": "/dev/null",
    "RABBITMQ_CONFIG_FILE": "{home}/rabbitmq",
    "RABBITMQ_ENABLED_PLUGINS_FILE": "{home}/rabbitmq-plugins",
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {{127,0,0,1}} +S 1:1 +sbwt none",
    **NODES,
}
"""Where a RabbitMQ of one's own keeps everything, and that it is heard on loopback alone."""

STEPS = (
    Step(
        "rabbitmq-server", "Nova's parts call each other through a queue", Debian("rabbitmq-server", "rabbitmq-server")
    ),
    Step("mariadb-server", "each service keeps what it knows in a database", Debian("mariadb-server", "mariadbd")),
    Step("python packages", "Keystone, Placement, Glance and Nova, in an environment of their own", Python()),
    Step("configuration", "one folder has all files, databases and logs of this cloud", Files()),
    Step(
        "mariadb tables",
        "the database server's own",
        Once((_line(f"mariadb-install-db {MARIADB} --skip-test-db"),)),
    ),
    Step(
        "mariadb",
        "a database for each service, on loopback, for one user",
        Running(
            _line(
                f"mariadbd {MARIADB} --bind-address=127.0.0.1 --port={{port[mariadb]}} --socket={{home}}/mariadb.sock"
                " --pid-file={home}/mariadb.pid --init-file={home}/mariadb.sql --character-set-server=utf8mb3"
                " --collation-server=utf8mb3_general_ci --innodb-buffer-pool-size=64M --performance-schema=OFF"
                " --innodb-flush-log-at-trx-commit=0 --max-connections=300 --skip-log-bin"
            ),
            {},
            "tcp:{port[mariadb]}",
        ),
    ),
    Step(
        "keystone database",
        "who there is: projects, users, roles, the catalogue; the keys that sign tokens",
        Once(
            (
                _line(f"{MANAGE_KEYSTONE} db_sync"),
                _line(f"{MANAGE_KEYSTONE} fernet_setup {BY_ROOT}"),
                _line(f"{MANAGE_KEYSTONE} credential_setup {BY_ROOT}"),
            )
        ),
    ),
    Step(
        "administrator",
        "somebody has to be there before anybody can be made",
        Once(
            (
                _line(
                    f"{MANAGE_KEYSTONE} bootstrap --bootstrap-region-id {{region}} --bootstrap-public-url {{keystone}}"
                    " --bootstrap-internal-url {keystone} --bootstrap-admin-url {keystone}"
                ),
            ),
            {"OS_BOOTSTRAP_PASSWORD": "{admin_password}"},
        ),
    ),
    Step(
        "keystone",
        "every request carries a token, and Keystone says whose it is",
        _api(
            "keystone.wsgi.api",
            "keystone",
            OS_KEYSTONE_CONFIG_FILES="{home}/keystone.conf",
            OS_KEYSTONE_CONFIG_DIR="{home}",
        ),
    ),
    Step(
        "service users",
        "services ask each other too, as users of their own; the catalogue says where each is",
        Catalogue(
            ("nova", "placement", "glance", "neutron"),
            (
                Service("compute", "nova", "http://127.0.0.1:{port[nova]}/v2.1"),
                Service("placement", "placement", "http://127.0.0.1:{port[placement]}"),
                Service("image", "glance", "http://127.0.0.1:{port[glance]}"),
                Service("network", "neutron", "http://127.0.0.1:{port[networking]}"),
            ),
        ),
    ),
    Step(
        "networking",
        "cpal is the Networking service, on the lab's OVN; it asks Keystone about tokens and tells Nova of ports",
        Running(
            _line(
                "{cpal} -m cpal.faces.cli.main serve --networking 127.0.0.1:{port[networking]} --keystone {keystone}"
                " --credentials {home}/credentials --nova catalogue"
            ),
            {"CPAL_HOME": "{state}", "PYTHONPATH": "{source}"},
            "http://127.0.0.1:{port[networking]}/",
        ),
    ),
    Step(
        "placement database",
        "which host has how much left of what",
        Once((_line("{bin}/placement-manage --config-file {home}/placement.conf db sync"),)),
    ),
    Step(
        "placement",
        "Nova asks it where a server fits",
        _api("placement.wsgi.api", "placement", OS_PLACEMENT_CONFIG_DIR="{home}"),
    ),
    Step(
        "glance database",
        "which images there are",
        Once((_line("{bin}/glance-manage --config-file {home}/glance-api.conf db_sync"),)),
    ),
    Step(
        "glance",
        "a server begins as a copy of an image",
        _api(
            "glance.wsgi.api",
            "glance",
            OS_GLANCE_CONFIG_DIR="{home}",
            OS_GLANCE_CONFIG_FILES="glance-api.conf",
        ),
    ),
    Step(
        "rabbitmq",
        "the queue itself, on loopback and with a password of this cloud",
        Running(("/usr/lib/rabbitmq/bin/rabbitmq-server",), RABBIT, "tcp:{port[rabbit]}"),
    ),
    Step(
        "nova databases",
        "one for what the API has to find, one for each cell of hosts, one for what came to no host",
        Once(
            (
                _line(f"{MANAGE_NOVA} api_db sync"),
                _line(f"{MANAGE_NOVA} cell_v2 map_cell0"),
                _line(f"{MANAGE_NOVA} db sync"),
                _line(f"{MANAGE_NOVA} cell_v2 create_cell --name cell1"),
            )
        ),
    ),
    Step(
        "nova conductor",
        "the only part that writes the cell's database, for all hosts",
        Running(_line("{bin}/nova-conductor --config-file {home}/nova.conf")),
    ),
    Step("nova scheduler", "chooses the host", Running(_line("{bin}/nova-scheduler --config-file {home}/nova.conf"))),
    Step(
        "nova api",
        "what people and cpal speak with; cpal says there that a port is plugged",
        _api(
            "nova.wsgi.osapi_compute",
            "nova",
            OS_NOVA_CONFIG_DIR="/",
            OS_NOVA_CONFIG_FILES="{venv}/etc/nova/api-paste.ini;{home}/nova.conf",
        ),
    ),
    Step(
        "nova compute (FAKE)",
        "stands for {hypervisor}: it starts no machine, but binds ports and waits for them as a real one does",
        Running(_line("{bin}/python {code}/compute.py --config-file {home}/nova.conf")),
    ),
    Step(
        "all parts are up",
        "a server can be asked for once each of them said so",
        Computes(("nova-conductor", "nova-scheduler", "nova-compute")),
    ),
    Step("image", "a few bytes: no machine will ever read them", Image("nothing")),
    Step("flavor", "the smallest size there is", Flavor("tiny", 64)),
)
"""All of it, in order; to take it down, the processes end the other way round."""
