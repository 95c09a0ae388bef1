"""Address scopes, the pools in them, and the networks that are in one by their subnets' pools.

Source: Networking API v2.0, address-scopes; extension address-scope.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.resource import Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning
from cpal.faces.neutron.tables import ADDRESS_SCOPE
from cpal.model.address_scope import AddressScope
from cpal.model.checks.subnet_pool import overlapping
from cpal.model.estate import Estate
from cpal.model.network import Subnet
from cpal.model.record import Record
from cpal.model.sharing import is_shared
from cpal.model.subnet_pool import SubnetPool


def show_scope(scene: Scene, scope: AddressScope) -> dict[str, Any]:
    """An address scope as the API shows it."""
    return {
        "id": scope.id,
        "name": scope.name,
        **owner(scope),
        "ip_version": scope.ip_version,
        "shared": is_shared(scene.estate, scope, scene.context.project_id),
    }


def make_scope(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new address scope."""
    yield AddressScope(id=id, project_id=values["project_id"], **sent(values, "name", "ip_version", "shared"))
    yield from owning(scene, values["project_id"])


def change_scope(scene: Scene, scope: AddressScope, values: Values) -> Iterator[Record]:
    """The records of a changed address scope."""
    if not values.get("shared", True) and is_shared(scene.estate, scope, ""):
        raise bad_request(f"Unable to update address scope {scope.id} : Shared address scope can't be unshared.",
                          "AddressScopeUpdateError")  # fmt: skip
    fields = sent(values, "name", "shared")
    if is_shared(scene.estate, scope, ""):
        fields["shared"] = scope.shared
    yield replace(scope, **fields)


def drop_scope(scene: Scene, scope: AddressScope) -> Dropped:
    """The address scope, if no pool is in it."""
    if scene.estate.ids("subnet_pool.scope", scope.id):
        raise conflict("AddressScopeInUse", f"Unable to complete operation on address scope {scope.id}. "
                       "There are one or more subnet pools in use on the address scope.")  # fmt: skip
    return Dropped((scope,))


def refuse_misplaced(scene: Scene, pool: SubnetPool, before: SubnetPool | None = None) -> None:
    """Refuse a pool that its address scope cannot have.

    Raises:
        ApiFault: the scope is not there for who asks, is of the other version, or has the pool's addresses already.
    """
    if not pool.address_scope_id:
        return
    scope = scene.seen(AddressScope, pool.address_scope_id, "Address scope")
    if scope.ip_version != pool.ip_version:
        raise bad_request(
            f"Illegal subnetpool association: subnetpool {pool.id} cannot associate with address scope {scope.id} "
            f"because subnetpool ip_version is not {scope.ip_version}.",
            "IllegalSubnetPoolIpVersionAssociationToAddressScope",
        )
    if before is not None and before.address_scope_id != pool.address_scope_id:
        _refuse_torn_networks(scene.estate, pool)
    for other in scene.estate.find("subnet_pool.scope", scope.id):
        if other.id != pool.id and overlapping(other.prefixes, pool.prefixes):
            raise conflict("AddressScopePrefixConflict", "Failed to associate address scope: subnetpools within an "
                           "address scope must have unique prefixes.")  # fmt: skip


def _refuse_torn_networks(estate: Estate, pool: SubnetPool) -> None:
    """Refuse to move a pool to another scope while a network has subnets of it and others of its version."""
    for network_id in {subnet.network_id for subnet in estate.find("subnet.pool", pool.id)}:
        for other in estate.find("subnet.network", network_id):
            if other.ip_version == pool.ip_version and other.subnetpool_id != pool.id:
                raise in_other_scope()


def in_other_scope() -> ApiFault:
    """A network would be in two address scopes of one version of IP."""
    return bad_request("Subnets of the same address family hosted on the same network must all participate in the same "
                       "address scope.", "NetworkAddressScopeAffinityError")  # fmt: skip


def refuse_locked(scene: Scene, pool: SubnetPool) -> None:
    """Refuse to change a pool in an address scope of others.

    Raises:
        ApiFault: it is in one, and who asks is no administrator.
    """
    scope = scene.estate.get(AddressScope, pool.address_scope_id)
    if scope is not None and not scene.context.is_admin and not scene.owns(scope):
        raise bad_request(f"Illegal subnetpool update : subnetpool {pool.id} cannot be updated when associated with "
                          f"shared address scope {scope.id}.", "IllegalSubnetPoolUpdate")  # fmt: skip


def scopes_of(estate: Estate, network_id: str) -> dict[int, str]:
    """The ids of the address scopes that a network is in, by version of IP."""
    found = {}
    for id in estate.ids("subnet.network", network_id):
        subnet = estate.get(Subnet, id)
        pool = estate.get(SubnetPool, subnet.subnetpool_id) if subnet and subnet.subnetpool_id else None
        if pool is not None and pool.address_scope_id:
            found[pool.ip_version] = pool.address_scope_id
    return found


ADDRESS_SCOPES = Resource(
    "address_scope", "address-scopes", "Address scope", AddressScope, ADDRESS_SCOPE, show_scope, make_scope,
    change_scope, drop_scope,
)  # fmt: skip
