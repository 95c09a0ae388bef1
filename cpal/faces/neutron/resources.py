"""Every resource of the API, by its collection."""

from __future__ import annotations

from cpal.faces.neutron.address_scopes import ADDRESS_SCOPES
from cpal.faces.neutron.floating_ips import FLOATING_IPS
from cpal.faces.neutron.groups import ADDRESS_GROUPS, SECURITY_GROUP_RULES, SECURITY_GROUPS
from cpal.faces.neutron.networks import NETWORKS, SUBNETS
from cpal.faces.neutron.ports import PORTS
from cpal.faces.neutron.rbac import RBAC_POLICIES
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.routers import ROUTERS
from cpal.faces.neutron.subnet_pools import SUBNET_POOLS

RESOURCES: dict[str, Resource] = {
    resource.collection: resource
    for resource in (
        NETWORKS,
        SUBNETS,
        SUBNET_POOLS,
        ADDRESS_SCOPES,
        PORTS,
        ROUTERS,
        FLOATING_IPS,
        SECURITY_GROUPS,
        SECURITY_GROUP_RULES,
        ADDRESS_GROUPS,
        RBAC_POLICIES,
    )
}
