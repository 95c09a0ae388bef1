"""What must hold for subnet pools, their address scopes, and subnets that come from one.

Source: Networking API v2.0, subnetpools, address-scopes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpal.model.address import span
from cpal.model.address_scope import AddressScope
from cpal.model.checks.network import overlap
from cpal.model.checks.values import prefix_problems
from cpal.model.checks.words import Problem, called, missing
from cpal.model.estate import Estate
from cpal.model.network import Subnet
from cpal.model.subnet_pool import ADDRESS_BITS, SubnetPool


def prefixes_problems(estate: Estate, pool: SubnetPool) -> Iterator[Problem]:
    """What is wrong with a pool's prefixes: form, family, repetition."""
    if not pool.prefixes:
        yield Problem("prefixes", "the pool has none", "name one at least")
    for number, text in enumerate(pool.prefixes):
        yield from prefix_problems("prefixes", text, pool.ip_version)
        for other in pool.prefixes[:number]:
            if overlap(text, other):
                yield Problem("prefixes", f"{text} overlaps {other}", "leave one of them out")


def prefixlen_problems(estate: Estate, pool: SubnetPool) -> Iterator[Problem]:
    """What is wrong with the lengths of prefixes that a pool gives."""
    if not 0 <= pool.min_prefixlen <= pool.max_prefixlen <= ADDRESS_BITS[pool.ip_version]:
        yield Problem(
            "min_prefixlen", f"no prefix is from /{pool.min_prefixlen} to /{pool.max_prefixlen} long",
            f"a range within /0 and /{ADDRESS_BITS[pool.ip_version]}",
        )  # fmt: skip
    elif not pool.min_prefixlen <= pool.default_prefixlen <= pool.max_prefixlen:
        yield Problem("default_prefixlen", f"/{pool.default_prefixlen} is outside what the pool gives",
                      f"a length from /{pool.min_prefixlen} to /{pool.max_prefixlen}")  # fmt: skip


def address_scope_problems(estate: Estate, scope: AddressScope) -> Iterator[Problem]:
    """What is wrong with an address scope: its version of IP."""
    if scope.ip_version not in ADDRESS_BITS:
        yield Problem("ip_version", f"there is no IPv{scope.ip_version}", "4 or 6")


def scope_of_pool_problems(estate: Estate, pool: SubnetPool) -> Iterator[Problem]:
    """What is wrong with the address scope that a pool is in, and with those of its pools that overlap it."""
    if not pool.address_scope_id:
        return
    scope = estate.get(AddressScope, pool.address_scope_id)
    if scope is None:
        yield missing("address_scope_id", "address_scope", pool.address_scope_id)
        return
    if scope.ip_version != pool.ip_version:
        yield Problem("address_scope_id", f"{called(estate, scope)} is one of IPv{scope.ip_version}",
                      f"choose one of IPv{pool.ip_version}")  # fmt: skip
    for other in estate.find("subnet_pool.scope", scope.id):
        if other.id < pool.id and overlapping(other.prefixes, pool.prefixes):
            yield Problem("prefixes", f"{called(estate, other)} in the same address scope overlaps them",
                          "choose others")  # fmt: skip


def overlapping(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether any of some prefixes shares an address with any of the others."""
    theirs = [*others]
    return any(overlap(one, other) for one in some for other in theirs)


def pool_of_subnet_problems(estate: Estate, subnet: Subnet) -> Iterator[Problem]:
    """What is wrong with the pool that a subnet comes from. Those who allocate keep its subnets apart."""
    if not subnet.subnetpool_id:
        return
    pool = estate.get(SubnetPool, subnet.subnetpool_id)
    if pool is None:
        yield missing("subnetpool_id", "subnet_pool", subnet.subnetpool_id)
    elif not any(_holds(prefix, subnet.cidr) for prefix in pool.prefixes):
        yield Problem("subnetpool_id", f"{called(estate, pool)} does not hold {subnet.cidr}", "widen the pool")


def _holds(prefix: str, cidr: str) -> bool:
    """Whether a prefix holds another; one that is none holds and is held by nothing."""
    try:
        outer, inner = span(prefix), span(cidr)
    except ValueError:
        return False
    return outer.version == inner.version and outer.first <= inner.first and inner.last <= outer.last


SUBNET_POOL_CHECKS = (prefixes_problems, prefixlen_problems, scope_of_pool_problems)
