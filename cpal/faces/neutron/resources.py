"""Every resource of the API, by its path, and the parts of which each has some."""

from __future__ import annotations

from cpal.faces.neutron.address_scopes import ADDRESS_SCOPES
from cpal.faces.neutron.default_rules import DEFAULT_SECURITY_GROUP_RULES
from cpal.faces.neutron.floating_ips import FLOATING_IPS
from cpal.faces.neutron.groups import ADDRESS_GROUPS, SECURITY_GROUP_RULES, SECURITY_GROUPS
from cpal.faces.neutron.logs import LOGS
from cpal.faces.neutron.networks import NETWORKS, SUBNETS
from cpal.faces.neutron.port_forwardings import PORT_FORWARDINGS
from cpal.faces.neutron.ports import PORTS
from cpal.faces.neutron.qos import ALIASES, POLICY_RULES, QOS_POLICIES
from cpal.faces.neutron.rbac import RBAC_POLICIES
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.routers import ROUTERS
from cpal.faces.neutron.subnet_pools import SUBNET_POOLS
from cpal.faces.neutron.trunks import TRUNKS

RESOURCES: dict[str, Resource] = {
    resource.path: resource
    for resource in (
        NETWORKS,
        SUBNETS,
        SUBNET_POOLS,
        ADDRESS_SCOPES,
        PORTS,
        TRUNKS,
        ROUTERS,
        FLOATING_IPS,
        SECURITY_GROUPS,
        SECURITY_GROUP_RULES,
        DEFAULT_SECURITY_GROUP_RULES,
        ADDRESS_GROUPS,
        RBAC_POLICIES,
        QOS_POLICIES,
        LOGS,
        *ALIASES,
    )
}
TAGGED: dict[str, Resource] = {"policies": QOS_POLICIES}
"""The resources whose tags have a path of their own, beside the one below them. Source: extension standard-attr-tag."""
PARTS: dict[tuple[str, str], Resource] = {
    (part.parent.path, part.collection): part for part in (*POLICY_RULES, PORT_FORWARDINGS) if part.parent is not None
}
"""The resources that are parts of others, by the path of those and their own collection."""


def placed(resource: Resource, rest: list[str]) -> tuple[Resource, list[str]]:
    """The resource that a path leads to, or the parts of one of those, and what is left of the path."""
    part = PARTS.get((resource.path, rest[1])) if len(rest) > 1 else None
    return (part.within(rest[0]), rest[2:]) if part else (resource, rest)
