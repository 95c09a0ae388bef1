"""The attributes of each resource. Source: Networking API v2.0, and the extensions named in `extensions.py`."""

from __future__ import annotations

from cpal.faces.neutron.attribute import REQUIRED, UNSET, Attribute, Attributes, shown
from cpal.faces.neutron.binding_profile import vnic_type
from cpal.faces.neutron.dns_values import dns_domain, dns_name, relative_name
from cpal.faces.neutron.forwarding_values import forwarded_protocol, port_range
from cpal.faces.neutron.rule_values import rule_port, rule_prefix, word
from cpal.faces.neutron.trunk_values import subports
from cpal.faces.neutron.value_lists import DHCP_OPTIONS, NAMESERVERS, PAIRS, POOLS, ROUTES, SERVICE_TYPES
from cpal.faces.neutron.value_names import printable
from cpal.faces.neutron.values import (
    DESCRIPTION,
    Type,
    address,
    boolean,
    cidr,
    count,
    distinct,
    fields,
    filled,
    fixed_ips,
    items,
    mac,
    mapping,
    named,
    object_type,
    one_of,
    or_empty,
    or_none,
    plainly,
    pool_id,
    prefix,
    project,
    project_or_all,
    protocol,
    remote_prefix,
    text,
    uuid,
    whole,
)
from cpal.model.log import ALL, EVENTS
from cpal.model.network import NORMAL
from cpal.model.qos import DIRECTIONS, DSCP_MARKS, EGRESS, MOST_KBPS

ID = shown()
OWNER = Attribute(project, UNSET)
NAME = Attribute(printable(), "", put=True)
UP = Attribute(boolean, True, put=True)
STANDARD: Attributes = {
    "revision_number": shown(sorts=False),
    "tags": shown(False),
    "created_at": shown(False),
    "updated_at": shown(False),
    "description": Attribute(text(DESCRIPTION), "", put=True, sorts=False),
}
"""What every resource has. Source: extensions standard-attr-description, -timestamp, -revisions, -tag."""
QOS_POLICY = Attribute(or_none(uuid), None, put=True, filtered=False)
SWITCH = Attribute(boolean, False, put=True)
ZONE_HINTS = Attribute(items(text()), (), filtered=False)

_SEGMENT_OF_NETWORK = fields(
    {},
    {
        "provider:network_type": text(32),
        "provider:physical_network": or_none(text(64), ""),
        "provider:segmentation_id": or_none(whole()),
    },
)

NETWORK: Attributes = {
    "id": ID,
    "name": NAME,
    "subnets": shown(False),
    "admin_state_up": UP,
    "status": shown(),
    "project_id": OWNER,
    "shared": SWITCH._replace(sorts=False),
    "ipv4_address_scope": shown(False),
    "ipv6_address_scope": shown(False),
    "router:external": SWITCH._replace(sorts=False),
    "l2_adjacency": shown(False),
    "segments": Attribute(or_empty(items(_SEGMENT_OF_NETWORK, unique=False)), UNSET, put=True, filtered=False),
    "mtu": Attribute(count(), UNSET, put=True),
    "availability_zones": shown(False),
    "availability_zone_hints": ZONE_HINTS,
    "port_security_enabled": Attribute(boolean, True, put=True, filtered=False),
    "provider:network_type": Attribute(text(32), UNSET, put=True, sorts=False),
    "provider:physical_network": Attribute(text(64), UNSET, put=True, sorts=False),
    "provider:segmentation_id": Attribute(whole(), UNSET, put=True, sorts=False),
    "qos_policy_id": QOS_POLICY,
    **{name: each for name, each in STANDARD.items() if name != "description"},
    "vlan_transparent": Attribute(boolean, False, sorts=False),
    "is_default": SWITCH._replace(sorts=False),
    "dns_domain": Attribute(dns_domain, "", put=True, filtered=False),
    "description": STANDARD["description"],
}
"""As in all tables: of several values that cannot be, the first one here is told."""

SEGMENT: Attributes = {
    "id": ID,
    "network_id": Attribute(uuid, REQUIRED),
    "name": Attribute(or_none(text(), ""), "", put=True),
    "description": Attribute(or_none(text(DESCRIPTION), ""), "", put=True),
    "network_type": Attribute(text(32), REQUIRED),
    "physical_network": Attribute(text(64), UNSET),
    "segmentation_id": Attribute(whole(), UNSET),
    **{name: STANDARD[name] for name in ("created_at", "updated_at", "revision_number")},
}

AGENT: Attributes = {
    "admin_state_up": Attribute(boolean, post=False, put=True),
    "description": Attribute(or_none(text(DESCRIPTION), ""), post=False, put=True),
    "alive": shown()._replace(type=boolean),
    **{
        name: shown()
        for name in ("id", "agent_type", "binary", "host", "availability_zone", "topic", "configurations",
                     "created_at", "started_at", "heartbeat_timestamp", "resources_synced", "resource_versions")
    },
}  # fmt: skip

MODES = one_of(None, "slaac", "dhcpv6-stateful", "dhcpv6-stateless")


SUBNET: Attributes = {
    "id": ID,
    "name": NAME,
    "ip_version": Attribute(one_of(4, 6, of=whole()), REQUIRED),
    "network_id": Attribute(uuid, REQUIRED),
    "subnetpool_id": Attribute(or_none(pool_id), None),
    "prefixlen": Attribute(count(), UNSET, filtered=False),
    "cidr": Attribute(cidr, UNSET),
    "gateway_ip": Attribute(or_none(address), UNSET, put=True),
    "allocation_pools": Attribute(POOLS, UNSET, put=True, filtered=False),
    "dns_nameservers": Attribute(or_none(NAMESERVERS, ()), (), put=True, filtered=False),
    "host_routes": Attribute(or_none(ROUTES, ()), (), put=True, filtered=False),
    "project_id": OWNER,
    "enable_dhcp": Attribute(boolean, True, put=True),
    "ipv6_ra_mode": Attribute(MODES, None),
    "ipv6_address_mode": Attribute(MODES, None),
    "shared": shown()._replace(type=boolean, visible=False),
    "router:external": shown(sorts=False)._replace(type=boolean),
    "service_types": Attribute(SERVICE_TYPES, (), put=True, filtered=False),
    **{name: each for name, each in STANDARD.items() if name != "description"},
    "use_default_subnetpool": Attribute(boolean, False, filtered=False),
    "description": STANDARD["description"],
    "segment_id": Attribute(or_none(uuid), None, put=True),
}

ADDRESS_SCOPE: Attributes = {
    "id": ID,
    "name": NAME,
    "project_id": OWNER,
    "ip_version": Attribute(one_of(4, 6, of=whole()), REQUIRED),
    "shared": SWITCH,
}
"""Address scopes have none of the standard attributes."""

RBAC_POLICY: Attributes = {
    "id": ID._replace(sorts=False),
    "object_type": Attribute(object_type, REQUIRED, sorts=False),
    "object_id": Attribute(uuid, REQUIRED, sorts=False),
    "target_tenant": Attribute(project_or_all, REQUIRED, put=True, sorts=False),
    "project_id": OWNER._replace(sorts=False),
    "action": Attribute(text(), REQUIRED, sorts=False),
}
"""RBAC policies have none of the standard attributes either."""

QOS_POLICY_ATTRIBUTES: Attributes = {
    "id": ID,
    "name": NAME,
    "shared": SWITCH,
    "project_id": OWNER,
    "rules": shown(False),
    "is_default": SWITCH,
    **STANDARD,
}
_KBPS = whole(0, MOST_KBPS)
_DIRECTION = Attribute(one_of(*DIRECTIONS), EGRESS, put=True)
LIMIT_RULE: Attributes = {
    "id": ID,
    "max_kbps": Attribute(_KBPS, REQUIRED, put=True),
    "max_burst_kbps": Attribute(_KBPS, 0, put=True),
    "direction": _DIRECTION,
}
"""Rules of QoS policies have nothing but what they say."""
DSCP_MARKING_RULE: Attributes = {"id": ID, "dscp_mark": Attribute(one_of(*DSCP_MARKS, of=whole()), REQUIRED, put=True)}
MINIMUM_RULE: Attributes = {"id": ID, "min_kbps": Attribute(_KBPS, REQUIRED, put=True), "direction": _DIRECTION}


def only_changed(attributes: Attributes) -> Attributes:
    """The attributes of what is made elsewhere."""
    return {name: each._replace(post=False) for name, each in attributes.items()}


LENGTH = Attribute(count(), UNSET, put=True)

SUBNET_POOL: Attributes = {
    "id": ID,
    "name": Attribute(filled(printable()), REQUIRED, put=True),
    "project_id": OWNER,
    "prefixes": Attribute(items(prefix), REQUIRED, put=True, filtered=False),
    "default_quota": Attribute(count(), UNSET, put=True),
    "ip_version": shown(),
    "default_prefixlen": LENGTH,
    "min_prefixlen": LENGTH,
    "max_prefixlen": LENGTH,
    "is_default": SWITCH,
    "shared": Attribute(boolean, False),
    "address_scope_id": Attribute(or_none(uuid), UNSET, put=True),
    **STANDARD,
}


TAG = text(255)
TAGS = items(TAG)

PORT: Attributes = {
    "id": ID,
    "name": NAME,
    "network_id": Attribute(uuid, REQUIRED),
    "admin_state_up": UP,
    "mac_address": Attribute(or_none(mac), UNSET, put=True),
    "fixed_ips": Attribute(fixed_ips, UNSET, put=True, filtered=False),
    "device_id": Attribute(text(), "", put=True),
    "device_owner": Attribute(text(), "", put=True),
    "project_id": OWNER,
    "status": shown(),
    "allowed_address_pairs": Attribute(PAIRS, (), put=True, filtered=False),
    "extra_dhcp_opts": Attribute(or_none(plainly(DHCP_OPTIONS), ()), (), put=True, filtered=False),
    "ip_allocation": shown(),
    "resource_request": shown(False),
    "binding:vif_type": shown(False),
    "binding:vif_details": shown(False),
    "binding:vnic_type": Attribute(vnic_type, NORMAL, put=True, filtered=False),
    "binding:host_id": Attribute(or_none(text(), ""), UNSET, put=True, sorts=False),
    "binding:profile": Attribute(or_none(mapping, {}), UNSET, put=True, filtered=False),
    "port_security_enabled": Attribute(boolean, UNSET, put=True, filtered=False),
    "trusted": Attribute(boolean, UNSET, put=True, filtered=False),
    "qos_policy_id": QOS_POLICY,
    "qos_network_policy_id": shown(False),
    **{name: each for name, each in STANDARD.items() if name != "description"},
    "tags": Attribute(TAGS, (), filtered=False),
    "trunk_details": shown(False),
    "dns_name": Attribute(dns_name, "", put=True, filtered=False),
    "dns_assignment": shown(False),
    "dns_domain": Attribute(dns_domain, "", put=True, filtered=False),
    "description": STANDARD["description"],
    "security_groups": Attribute(or_none(items(uuid), ()), UNSET, put=True, filtered=False),
}  # fmt: skip

BINDING: Attributes = {
    "host": Attribute(filled(text()), REQUIRED, put=True),
    "vnic_type": Attribute(vnic_type, NORMAL, put=True),
    "profile": Attribute(or_none(mapping, {}), {}, put=True),
    "vif_type": shown(),
    "vif_details": shown(False),
    "status": shown(),
}
"""Bindings have none of the standard attributes, and no id but their host."""

ADDRESSES = items(remote_prefix, unique=False)

TRUNK: Attributes = {
    "admin_state_up": UP,
    "id": ID,
    "name": NAME,
    "project_id": OWNER,
    "port_id": Attribute(uuid, REQUIRED),
    "status": shown(),
    "sub_ports": Attribute(subports, (), filtered=False),
    **STANDARD,
}

_OF_GATEWAY: dict[str, Type] = {
    "enable_snat": boolean,
    "external_fixed_ips": fixed_ips,
    "qos_policy_id": or_none(uuid),
}
_GATEWAY = fields({"network_id": uuid}, _OF_GATEWAY, empty=True)
GATEWAYS = items(fields({"network_id": uuid}, _OF_GATEWAY), unique=False)
"""What is asked of several gateways at once."""

ROUTER: Attributes = {
    "id": ID,
    "name": NAME,
    "admin_state_up": UP,
    "status": shown(False),
    "project_id": OWNER,
    "external_gateway_info": Attribute(or_none(_GATEWAY), None, put=True, filtered=False),
    "ha": Attribute(or_none(boolean), UNSET, put=True, filtered=False),
    "availability_zones": shown(False),
    "availability_zone_hints": ZONE_HINTS,
    "enable_snat": Attribute(boolean, post=False),
    "external_gateways": shown(False),
    "enable_default_route_ecmp": Attribute(or_none(boolean), UNSET, put=True, filtered=False),
    "enable_default_route_bfd": Attribute(or_none(boolean), UNSET, put=True, filtered=False),
    "distributed": Attribute(boolean, UNSET, put=True, filtered=False),
    **STANDARD,
    "routes": Attribute(or_none(ROUTES, ()), (), post=False, put=True, filtered=False),
}

FLOATING_IP: Attributes = {
    "id": ID,
    "floating_ip_address": Attribute(or_none(address), None),
    "subnet_id": Attribute(or_none(uuid), None, filtered=False),
    "floating_network_id": Attribute(uuid, REQUIRED),
    "router_id": Attribute(or_none(uuid), None, put=True),
    "port_id": Attribute(or_none(uuid), None, put=True),
    "fixed_ip_address": Attribute(or_none(address), None, put=True),
    "project_id": OWNER,
    "status": shown(),
    **STANDARD,
    "qos_policy_id": QOS_POLICY,
    "qos_network_policy_id": shown(False),
    "dns_name": Attribute(relative_name, "", filtered=False),
    "dns_domain": Attribute(dns_domain, "", filtered=False),
    "port_details": shown(False),
    "port_forwardings": shown(False),
}

_PORT_NUMBER = Attribute(or_none(named(whole(1, 65535))), UNSET, put=True)
_PORT_RANGE = Attribute(or_none(port_range), UNSET, put=True)
PORT_FORWARDING: Attributes = {
    "id": ID,
    "description": Attribute(text(DESCRIPTION), "", put=True),
    "internal_ip_address": Attribute(address, REQUIRED, put=True, filtered=False),
    "protocol": Attribute(forwarded_protocol, REQUIRED, put=True),
    "internal_port_id": Attribute(uuid, REQUIRED, put=True),
    "external_port": _PORT_NUMBER,
    "external_port_range": _PORT_RANGE,
    "internal_port": _PORT_NUMBER._replace(filtered=False),
    "internal_port_range": _PORT_RANGE,
}
"""Of the standard attributes, port forwardings have a description."""

LOG: Attributes = {
    "id": ID,
    "name": NAME,
    "project_id": OWNER,
    "resource_type": Attribute(text(), REQUIRED),
    "resource_id": Attribute(or_none(uuid), None),
    "target_id": Attribute(or_none(uuid), None),
    "event": Attribute(one_of(*EVENTS), ALL),
    "enabled": UP,
    **{name: STANDARD[name] for name in ("description", "created_at", "updated_at", "revision_number")},
}

SECURITY_GROUP: Attributes = {
    "id": ID,
    "name": Attribute(text(), "", put=True),
    "project_id": OWNER,
    "security_group_rules": shown(False),
    **STANDARD,
    "stateful": Attribute(boolean, True, put=True),
    "shared": shown()._replace(type=boolean),
}

SECURITY_GROUP_RULE: Attributes = {
    "id": ID,
    "security_group_id": Attribute(text(), REQUIRED),
    "remote_group_id": Attribute(or_none(word), None),
    "direction": Attribute(one_of("ingress", "egress"), REQUIRED),
    "protocol": Attribute(or_none(protocol), None),
    "port_range_min": Attribute(or_none(rule_port), None),
    "port_range_max": Attribute(or_none(rule_port), None),
    "ethertype": Attribute(or_none(word, "None"), "IPv4"),
    "remote_ip_prefix": Attribute(or_none(rule_prefix), None),
    "project_id": OWNER,
    **{name: each for name, each in STANDARD.items() if name != "tags"},
    "normalized_cidr": shown(),
    "remote_address_group_id": Attribute(or_none(filled(word)), None),
    "belongs_to_default_sg": shown()._replace(type=boolean),
}

_OF_RULE = ("remote_group_id", "remote_address_group_id", "direction", "protocol", "port_range_min", "port_range_max",
            "ethertype", "remote_ip_prefix")  # fmt: skip

DEFAULT_SECURITY_GROUP_RULE: Attributes = {
    "id": ID,
    "description": Attribute(text(DESCRIPTION), ""),
    **{name: SECURITY_GROUP_RULE[name] for name in _OF_RULE},
    "used_in_default_sg": Attribute(boolean, REQUIRED),
    "used_in_non_default_sg": Attribute(boolean, REQUIRED),
}
"""Templates of rules are no project's, and have of the standard attributes the description alone."""

ADDRESS_GROUP: Attributes = {
    "id": ID,
    "name": NAME,
    "description": STANDARD["description"],
    "project_id": OWNER,
    "addresses": Attribute(or_none(distinct(items(prefix, unique=False)), ()), (), filtered=False),
    "shared": shown()._replace(type=boolean),
    **STANDARD,
}
