"""Subnets from pools: which pool a new subnet comes from, and which prefix it gets.

Source: Networking API v2.0, subnets (`subnetpool_id`, `prefixlen`, `use_default_subnetpool`), subnetpools.
"""

from __future__ import annotations

from ipaddress import ip_network

from cpal.core.prefix_pool import free_prefix, is_free_prefix
from cpal.faces.neutron.address_scopes import in_other_scope, scopes_of
from cpal.faces.neutron.attribute import UNSET
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.resource import Values
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.subnet_pools import default_pool
from cpal.faces.neutron.values import PREFIX_DELEGATION
from cpal.model.address import span
from cpal.model.network import Subnet
from cpal.model.subnet_pool import ADDRESS_BITS, QUOTA_PREFIXLEN, SubnetPool


def asked_pool(scene: Scene, values: Values) -> SubnetPool | None:
    """The pool that a new subnet is to come from, if from one.

    Raises:
        ApiFault: it is not there for who asks, or does not go with what else is asked.
    """
    given, usual, cidr = values["subnetpool_id"], values["use_default_subnetpool"], values["cidr"]
    if given == PREFIX_DELEGATION:
        raise _bad("no router of OVN asks for prefixes: name a cidr or a subnet pool" if values["ip_version"] == 6
                   else "Prefix Delegation can only be used with IPv6 subnets.")  # fmt: skip
    if given and usual:
        raise _bad("subnetpool_id and use_default_subnetpool cannot both be specified")
    if cidr not in (UNSET, None) and values["prefixlen"] is not UNSET:
        raise _bad("cidr and prefixlen must not be supplied together")
    if not given and not usual:
        return None
    pool = scene.seen(SubnetPool, given, "Subnet pool") if given else _usual_pool(scene, values)
    if cidr in (UNSET, None) and values["allocation_pools"] is not UNSET:
        raise _bad("allocation_pools allowed only for specific subnet requests.")
    if values["ip_version"] != pool.ip_version:
        raise _bad(f"Cannot allocate IPv{values['ip_version']} subnet from IPv{pool.ip_version} subnet pool")
    return pool


def _usual_pool(scene: Scene, values: Values) -> SubnetPool:
    cidr = values["cidr"]
    version = values["ip_version"] if cidr in (UNSET, None) else ip_network(cidr).version
    pool = default_pool(scene, version)
    if pool is None:
        raise _bad(f"No default subnetpool found for IPv{version}")
    return pool


def _bad(why: str) -> ApiFault:
    return bad_request(f"Bad subnets request: {why}.", "BadRequest")


def allocated(scene: Scene, pool: SubnetPool, values: Values) -> str:
    """The prefix that a new subnet gets from a pool: the one it asks for, or the next that is free.

    Raises:
        ApiFault: the pool does not give such a prefix, has none, or the project has enough of it.
    """
    asked = values["cidr"]
    specific = asked not in (UNSET, None)
    length = ip_network(asked).prefixlen if specific else values["prefixlen"]
    length = pool.default_prefixlen if length is UNSET else length
    _check_length(pool, length)
    taken: list[Subnet] = scene.estate.find("subnet.pool", pool.id)
    _check_pool_quota(pool, length, [each.cidr for each in taken if each.project_id == values["project_id"]])
    cidrs = [each.cidr for each in taken]
    if specific:
        if not is_free_prefix(asked, pool.prefixes, cidrs):
            raise _not_allocated("Cannot allocate requested subnet from the available set of prefixes")
        return str(asked)
    found = free_prefix(pool.prefixes, cidrs, length)
    if found is None:
        raise _not_allocated(f"Insufficient prefix space to allocate subnet size /{length}")
    return found


def _not_allocated(why: str) -> ApiFault:
    """A pool has not what is asked. Neutron answers 500, as if it were its own fault; the type is the same."""
    return conflict("SubnetAllocationError", f"Failed to allocate subnet: {why}.")


def _check_length(pool: SubnetPool, length: int) -> None:
    for wrong, word, limit in (
        (length > pool.max_prefixlen, "max", pool.max_prefixlen),
        (length < pool.min_prefixlen, "min", pool.min_prefixlen),
    ):
        if wrong:
            raise bad_request(
                f"Unable to allocate subnet with prefix length {length}, {word}imum allowed prefix is {limit}.",
                f"{word.title()}PrefixSubnetAllocationError",
            )


def _check_pool_quota(pool: SubnetPool, length: int, mine: list[str]) -> None:
    """Refuse what would be more of a pool than a project may have; 0 is without limit, as in Neutron."""
    bits = ADDRESS_BITS[pool.ip_version]
    has = sum(each.last - each.first + 1 for each in map(span, mine))
    may_have = (pool.default_quota or 0) << (bits - QUOTA_PREFIXLEN[pool.ip_version])
    if may_have and has + (1 << (bits - length)) > may_have:
        raise conflict("SubnetPoolQuotaExceeded", "Per-project subnet pool prefix quota exceeded.")


def refuse_other_pool(scene: Scene, network_id: str, version: int, pool: SubnetPool | None) -> None:
    """Refuse a subnet that is not from the pool that the network's others of its version are from, or of their scope.

    Raises:
        ApiFault: they are from another pool or address scope, or from none.
    """
    scope = scopes_of(scene.estate, network_id).get(version)
    if scope is not None and pool is not None:
        if pool.address_scope_id != scope:
            raise in_other_scope()
        return
    others = [each for each in scene.estate.find("subnet.network", network_id) if each.ip_version == version]
    wanted = pool.id if pool else ""
    if any(each.subnetpool_id != wanted for each in others):
        raise bad_request("Subnets hosted on the same network must be allocated from the same subnet pool.",
                          "NetworkSubnetPoolAffinityError")  # fmt: skip
