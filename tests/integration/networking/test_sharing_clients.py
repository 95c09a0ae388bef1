"""What is shared out among projects, by the clients that people use: openstacksdk for two projects, and `openstack`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from tests.support.cloud import Cloud
from tests.support.sdk import sdk_of
from tests.support.warm import program

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""openstacksdk warns of its own code."""


@pytest.fixture
def admin(site: Cloud) -> Iterator[Any]:
    """The administrator."""
    with sdk_of(site) as client:
        yield client


@pytest.fixture
def guest(site: Cloud) -> Iterator[Any]:
    """A member of another project."""
    site.member("guests")
    with sdk_of(site, "member-of-guests", "secret", "guests") as client:
        yield client


def test_openstacksdk_makes_pools_scopes_and_policies_and_a_guest_uses_them(admin: Any, guest: Any) -> None:
    network, target = admin.network, guest.current_project_id
    scope = network.create_address_scope(name="inside", ip_version=4)
    pool = network.create_subnet_pool(name="sdk", prefixes=["10.70.0.0/16"], address_scope_id=scope.id,
                                      default_prefix_length=26, default_quota=128)  # fmt: skip
    assert (pool.minimum_prefix_length, pool.default_prefix_length, pool.ip_version) == (8, 26, 4)
    for type, id in (("address_scope", scope.id), ("subnetpool", pool.id)):
        network.create_rbac_policy(object_type=type, object_id=id, action="access_as_shared", target_project_id=target)
    assert guest.network.find_subnet_pool("sdk").is_shared is True
    assert guest.network.find_address_scope("inside").is_shared is True
    own = guest.network.create_network(name="own")
    subnet = guest.network.create_subnet(network_id=own.id, ip_version=4, subnet_pool_id=pool.id)
    assert (subnet.cidr, subnet.subnet_pool_id) == ("10.70.0.0/26", pool.id)
    assert guest.network.get_network(own.id).ipv4_address_scope_id == scope.id
    guest.network.create_subnet(network_id=own.id, ip_version=4, subnet_pool_id=pool.id)
    with pytest.raises(openstack.exceptions.ConflictException, match="prefix quota exceeded"):
        guest.network.create_subnet(network_id=own.id, ip_version=4, subnet_pool_id=pool.id)
    [policy] = network.rbac_policies(object_id=pool.id)
    with pytest.raises(openstack.exceptions.ConflictException, match="cannot be removed"):
        network.delete_rbac_policy(policy)
    guest.network.delete_network(own)
    network.delete_rbac_policy(policy)
    assert guest.network.find_subnet_pool("sdk") is None
    network.delete_subnet_pool(pool)
    network.delete_address_scope(scope)


def said(site: Cloud, *words: str) -> Any:
    """What `openstack` says to these words, as the administrator."""
    done = subprocess.run([program("openstack"), *words, "-f", "json"], env={**os.environ, **site.openrc()},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_openstack_makes_a_shared_network_from_a_pool_and_lists_what_it_grants(site: Cloud) -> None:
    pool = said(site, "subnet", "pool", "create", "--pool-prefix", "10.71.0.0/16", "--default-prefix-length=24", "cli")
    network = said(site, "network", "create", "--share", "cli")
    subnet = said(site, "subnet", "create", "--subnet-pool", "cli", "--network", "cli", "cli")
    assert (subnet["cidr"], subnet["subnetpool_id"]) == ("10.71.0.0/24", pool["id"])
    granted = said(site, "network", "rbac", "list", "--long")
    assert [each["Action"] for each in granted if each["Object ID"] == network["id"]] == ["access_as_shared"]
