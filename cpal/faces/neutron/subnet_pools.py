"""Subnet pools. Source: Networking API v2.0, subnetpools; extensions default-subnetpools, subnetpool-prefix-ops,
subnet_onboard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import collapse_addresses, ip_network
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.address_scopes import refuse_locked, refuse_misplaced
from cpal.faces.neutron.attribute import UNSET
from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.resource import Bulk, Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import SUBNET_POOL
from cpal.model.address import prefix
from cpal.model.claims import default_claim
from cpal.model.network import Network, Subnet
from cpal.model.record import Record
from cpal.model.sharing import is_shared
from cpal.model.subnet_pool import ADDRESS_BITS, SHORTEST_PREFIXLEN, SubnetPool


def show_pool(scene: Scene, pool: SubnetPool) -> dict[str, Any]:
    """A subnet pool as the API shows it; lengths of prefixes are strings there."""
    return {
        "id": pool.id,
        "name": pool.name,
        **owner(pool),
        "prefixes": list(pool.prefixes),
        "default_quota": pool.default_quota,
        "ip_version": pool.ip_version,
        "min_prefixlen": str(pool.min_prefixlen),
        "max_prefixlen": str(pool.max_prefixlen),
        "default_prefixlen": str(pool.default_prefixlen),
        "is_default": pool.is_default,
        "shared": is_shared(scene.estate, pool, scene.context.project_id),
        "address_scope_id": pool.address_scope_id or None,
        **standard(scene, pool),
    }


def make_pool(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new subnet pool."""
    prefixes = joined(values["prefixes"])
    version = prefix(prefixes[0]).version
    shortest = _length(values, "min_prefixlen", SHORTEST_PREFIXLEN[version])
    pool = SubnetPool(
        id=id,
        project_id=values["project_id"],
        prefixes=prefixes,
        min_prefixlen=shortest,
        max_prefixlen=_length(values, "max_prefixlen", ADDRESS_BITS[version]),
        default_prefixlen=_length(values, "default_prefixlen", shortest),
        address_scope_id=_scope(values) or "",
        **sent(values, "name", "description", "tags", "shared", "is_default", "default_quota"),
    )
    _check_lengths(pool)
    _refuse_second_default(scene, pool)
    refuse_misplaced(scene, pool)
    yield pool
    yield from owning(scene, pool.project_id)


def joined(prefixes: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of a pool, joined where they can be.

    Raises:
        ApiFault: there are none, or they are of both versions of IP.
    """
    found = [ip_network(each) for each in prefixes]
    if not found:
        raise bad_request("Empty subnet pool prefix list.", "EmptySubnetPoolPrefixList")
    if len({each.version for each in found}) > 1:
        raise bad_request("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", "PrefixVersionMismatch")
    return tuple(str(each) for each in collapse_addresses(found))  # type: ignore[type-var]  # they are of one version


def _length(values: Values, name: str, otherwise: int) -> int:
    return otherwise if values[name] is UNSET else int(values[name])


def _scope(values: Values) -> str | None:
    found = values.get("address_scope_id", UNSET)
    return None if found is UNSET else found


def _check_lengths(pool: SubnetPool) -> None:
    """What must hold of the lengths of a pool's prefixes, in the API's words."""
    shortest, longest, usual = pool.min_prefixlen, pool.max_prefixlen, pool.default_prefixlen
    bits = ADDRESS_BITS[pool.ip_version]
    for wrong, named, length, bound, limit in (
        (shortest > longest, "min_prefixlen", shortest, "max_prefixlen", longest),
        (longest > bits, "max_prefixlen", longest, "ip_version_max", bits),
        (usual < shortest, "default_prefixlen", usual, "min_prefixlen", shortest),
        (usual > longest, "default_prefixlen", usual, "max_prefixlen", longest),
    ):
        if wrong:
            raise bad_request(
                f"Illegal prefix bounds: {named}={length}, {bound}={limit}.", "IllegalSubnetPoolPrefixBounds"
            )


def default_pool(scene: Scene, version: int) -> SubnetPool | None:
    """The default pool of a version of IP."""
    holder = scene.estate.holder(default_claim(f"IPv{version} subnet pool"))
    return scene.estate.get(SubnetPool, holder.id) if holder else None


def _refuse_second_default(scene: Scene, pool: SubnetPool) -> None:
    other = default_pool(scene, pool.ip_version) if pool.is_default else None
    if other is not None and other.id != pool.id:
        raise bad_request("Invalid input for operation: A default subnetpool for this IP family has already been set. "
                          "Only one default may exist per IP family.", "InvalidInput")  # fmt: skip


def change_pool(scene: Scene, pool: SubnetPool, values: Values) -> Iterator[Record]:
    """The records of a changed subnet pool; it may become wider, not narrower."""
    names = ("name", "description", "tags", "is_default", "default_quota")
    changed = replace(pool, **sent(values, *names, "min_prefixlen", "max_prefixlen", "default_prefixlen"))
    if "prefixes" in values:
        changed = replace(changed, prefixes=_wider(pool, values["prefixes"]))
    if "address_scope_id" in values:
        changed = replace(changed, address_scope_id=_scope(values) or "")
    _check_lengths(changed)
    _refuse_second_default(scene, changed)
    refuse_locked(scene, pool)
    refuse_misplaced(scene, changed, pool)
    yield changed


def _wider(pool: SubnetPool, prefixes: Sequence[str]) -> tuple[str, ...]:
    found = joined(prefixes) if prefixes else ()
    if any(prefix(each).version != pool.ip_version or not _covered(each, found) for each in (*found, *pool.prefixes)):
        raise _illegal_prefixes("Existing prefixes must be a subset of the new prefixes")
    return found


def _covered(one: str, others: Iterable[str]) -> bool:
    return any(prefix(one).subnet_of(prefix(other)) for other in others)  # type: ignore[arg-type]  # of one version


def _illegal_prefixes(why: str) -> ApiFault:
    return bad_request(f"Illegal update to prefixes: {why}.", "IllegalSubnetPoolPrefixUpdate")


def widened(scene: Scene, pool: SubnetPool, prefixes: Sequence[str]) -> SubnetPool:
    """The pool with more prefixes."""
    (changed,) = change_pool(scene, pool, {"prefixes": (*pool.prefixes, *prefixes)})
    assert isinstance(changed, SubnetPool)
    return changed


def narrowed(scene: Scene, pool: SubnetPool, prefixes: Sequence[str]) -> SubnetPool:
    """The pool without some prefixes, which no subnet may have."""
    gone = joined(prefixes)
    for subnet in scene.estate.find("subnet.pool", pool.id):
        if any(prefix(subnet.cidr).overlaps(prefix(each)) for each in gone):
            raise _illegal_prefixes("One or more the prefixes to be removed is in use by a subnet.")
    left = [each for one in pool.prefixes for each in _without(one, gone)]
    return replace(pool, prefixes=joined(left))


def onboarded(scene: Scene, pool: SubnetPool, network_id: str) -> tuple[SubnetPool, list[Subnet]]:
    """The pool with the prefixes of a network's subnets of its version, and these as subnets of the pool.

    Raises:
        ApiFault: the network is another project's, or a prefix is taken from the pool already.
    """
    network = scene.seen(Network, network_id, "Network")
    if not scene.sees_all and not scene.owns(network):
        raise ApiFault(403, "NotAuthorized", "Not authorized.")
    every: list[Subnet] = scene.estate.find("subnet.network", network.id)
    subnets = sorted((each for each in every if each.ip_version == pool.ip_version), key=lambda each: each.id)
    taken: list[Subnet] = scene.estate.find("subnet.pool", pool.id)
    for subnet in subnets:
        if any(prefix(subnet.cidr).overlaps(prefix(other.cidr)) for other in taken):
            message = f"Onboarding subnet {subnet.id}: {subnet.cidr} conflicts with allocated prefixes in subnet pool"
            raise bad_request(f"Illegal subnetpool update : {message} {pool.id}.", "IllegalSubnetPoolUpdate")
    wider = widened(scene, pool, [subnet.cidr for subnet in subnets])
    return wider, [replace(subnet, subnetpool_id=pool.id) for subnet in subnets]


def _without(one: str, gone: Iterable[str]) -> list[str]:
    """What is left of a prefix without others."""
    left: list[Any] = [prefix(one)]
    for other in map(prefix, gone):
        left = [
            part
            for each in left
            if each.version != other.version or not each.subnet_of(other)
            for part in (each.address_exclude(other) if each.overlaps(other) else (each,))
        ]
    return [str(each) for each in left]


def drop_pool(scene: Scene, pool: SubnetPool) -> Dropped:
    """The subnet pool, if no subnet is from it."""
    if scene.estate.ids("subnet.pool", pool.id):
        raise bad_request("Unable to delete subnet pool: Subnet pool has existing allocations.",
                          "SubnetPoolDeleteError")  # fmt: skip
    return Dropped((pool,))


SUBNET_POOLS = Resource(
    "subnetpool", "subnetpools", "Subnet pool", SubnetPool, SUBNET_POOL, show_pool, make_pool, change_pool, drop_pool,
    bulk=Bulk.REFUSED,
)  # fmt: skip
