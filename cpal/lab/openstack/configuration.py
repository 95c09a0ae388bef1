"""The files of each service, by name. `{...}` are the places, ports and passwords of one cloud.

Source: the configuration references of Keystone, Placement, Glance and Nova; rabbitmq.conf(5); mariadbd(8).
"""

from __future__ import annotations

DATABASES = ("keystone", "placement", "glance", "nova_api", "nova", "nova_cell0")
"""Nova's are one for the API, one for the cell, and one for servers that came to no host."""


def _signing_in(user: str) -> str:
    """How a service signs in at Keystone."""
    return (
        "auth_url = {keystone}\nauth_type = password\nproject_domain_id = default\nuser_domain_id = default\n"
        f"project_name = service\nusername = {user}\npassword = {{password}}\nregion_name = {{region}}\n"
    )


def _judging(user: str) -> str:
    """The section by which a service has Keystone judge tokens."""
    return (
        f"[keystone_authtoken]\n{_signing_in(user)}www_authenticate_uri = {{keystone}}\n"
        "service_token_roles_required = true\n"
    )


KEYSTONE = """[DEFAULT]
use_stderr = true
[database]
connection = {database[keystone]}
[token]
provider = fernet
[fernet_tokens]
key_repository = {home}/fernet
[credential]
key_repository = {home}/credential
"""

PLACEMENT = """[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = {database[placement]}
""" + _judging("placement")

GLANCE = """[DEFAULT]
use_stderr = true
enabled_backends = files:file
enabled_import_methods = []
[database]
connection = {database[glance]}
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = {home}/images
[os_glance_staging_store]
filesystem_store_datadir = {home}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {home}/tasks
[paste_deploy]
flavor = keystone
config_file = {venv}/etc/glance/glance-api-paste.ini
""" + _judging("glance")

NOVA = """[DEFAULT]
state_path = {home}/nova
host = {hypervisor}
my_ip = 127.0.0.1
use_stderr = true
compute_driver = cpal_fake.WaitingFakeDriver
concurrency_backend = threading
transport_url = {rabbit}
vif_plugging_is_fatal = true
vif_plugging_timeout = 300
[api_database]
connection = {database[nova_api]}
[database]
connection = {database[nova]}
[oslo_concurrency]
lock_path = {home}/nova/lock
[wsgi]
api_paste_config = {venv}/etc/nova/api-paste.ini
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 5
[conductor]
workers = 1
[oslo_messaging_notifications]
driver = noop
[vnc]
enabled = false
[service_user]
send_service_user_token = true
""" + "".join(
    (
        _signing_in("nova"),
        *(f"[{peer}]\n{_signing_in('nova')}" for peer in ("placement", "neutron", "glance")),
        _judging("nova"),
    )
)

RABBIT = """default_user = cpal
default_pass = {password}
loopback_users.cpal = true
vm_memory_high_watermark.absolute = 256MiB
"""

MARIADB = """CREATE USER IF NOT EXISTS cpal@127.0.0.1 IDENTIFIED BY '{password}';
""" + "".join(
    f"CREATE DATABASE IF NOT EXISTS {name};\nGRANT ALL ON {name}.* TO cpal@127.0.0.1;\n" for name in DATABASES
)
"""What MariaDB does at each start: the databases, and the one who uses them."""

CREDENTIALS = """OS_USERNAME=neutron
OS_PASSWORD={password}
OS_PROJECT_NAME=service
OS_REGION_NAME={region}
"""
"""The service user of `cpal serve`."""

OPENRC = """export OS_AUTH_URL={keystone}
export OS_USERNAME=admin
export OS_PASSWORD={admin_password}
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
export OS_REGION_NAME={region}
export OS_IDENTITY_API_VERSION=3
"""
"""The administrator, for people."""

FILES = {
    "keystone.conf": KEYSTONE,
    "placement.conf": PLACEMENT,
    "glance-api.conf": GLANCE,
    "nova.conf": NOVA,
    "mariadb.sql": MARIADB,
    "rabbitmq.conf": RABBIT,
    "rabbitmq-plugins": "[].\n",
    "credentials": CREDENTIALS,
    "admin-openrc": OPENRC,
}
"""What is written, by name."""

FOLDERS = ("log", "done", "images", "staging", "tasks", "nova", "nova/lock", "rabbitmq")
PORTS = {
    "keystone": 5000,
    "mariadb": 3306,
    "rabbit": 5672,
    "epmd": 4369,
    "nova": 8774,
    "placement": 8778,
    "glance": 9292,
    "networking": 9696,
    "rabbit_nodes": 25672,
}
"""OpenStack's, MariaDB's and RabbitMQ's usual ports."""
REGION = "RegionOne"
