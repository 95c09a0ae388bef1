"""The extensions that work, each with its alias and name. Source: Networking API v2.0, extensions."""

from __future__ import annotations

from cpal.faces.http.message import Response, json_response
from cpal.faces.neutron.fault import ApiFault, not_allowed

EXTENSIONS: dict[str, str] = {
    "address-group": "Address group",
    "address-scope": "Address scope",
    "agent": "agent",
    "allowed-address-pairs": "Allowed Address Pairs",
    "auto-allocated-topology": "Auto Allocated Topology Services",
    "availability_zone": "Availability Zone",
    "binding": "Port Binding",
    "binding-extended": "Port Bindings Extended",
    "default-subnetpools": "Default Subnetpools",
    "dns-domain-ports": "dns_domain for ports",
    "dns-integration": "DNS Integration",
    "empty-string-filtering": "Empty String Filtering Extension",
    "enable-default-route-bfd": "Enable Default Route BFD",
    "enable-default-route-ecmp": "Enable Default Route ECMP",
    "ext-gw-mode": "Neutron L3 Configurable external gateway mode",
    "external-gateway-multihoming": "Neutron L3 External Gateway Multihoming",
    "external-net": "Neutron external network",
    "extra_dhcp_opt": "Neutron Extra DHCP options",
    "extraroute": "Neutron Extra Route",
    "extraroute-atomic": "Atomically add/remove extra routes",
    "expose-port-forwarding-in-fip": "Expose Floating IP port forwardings",
    "filter-validation": "Filter parameters validation",
    "fip-port-details": "Floating IP Port Details Extension",
    "floating-ip-router-writable": "Floating IP Router (writable)",
    "floatingip-pools": "Floating IP Pools Extension",
    "floating-ip-port-forwarding": "Floating IP Port Forwarding",
    "floating-ip-port-forwarding-description": "Floating IP Port Forwarding new attribute description",
    "floating-ip-port-forwarding-detail": "Floating IP port forwarding detail",
    "floating-ip-port-forwarding-port-ranges": "Floating IP Port Forwarding support port ranges",
    "ip-substring-filtering": "IP address substring filtering",
    "l2_adjacency": "L2 Adjacency",
    "l3-ha": "HA Router extension",
    "ip_allocation": "IP Allocation",
    "logging": "Logging API Extension",
    "multi-provider": "Multi Provider Network",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "network-ip-availability": "Network IP Availability",
    "network-ip-availability-details": "Network IP Availability Details Extension",
    "network_availability_zone": "Network Availability Zone",
    "pagination": "Pagination support",
    "port-mac-address-regenerate": "Neutron Port MAC address regenerate",
    "port-security": "Port Security",
    "port-trusted-vif": "Port trusted vif",
    "project-id": "project_id field enabled",
    "provider": "Provider Network",
    "qos": "Quality of Service",
    "qos-bw-limit-direction": "Direction for QoS bandwidth limit rule",
    "qos-default": "QoS default policy",
    "qos-fip": "Floating IP QoS",
    "qos-fip-network-policy": "QoS floating IP network policy ID",
    "qos-gateway-ip": "Router gateway IP QoS",
    "qos-port-network-policy": "QoS port network policy ID",
    "qos-rule-type-details": "Details of QoS rule types",
    "qos-rule-type-filter": "Allow to filter the list of QoS rule types",
    "qos-rules-alias": "Quality of Service rules alias API",
    "quotas": "Quota management support",
    "quota-check-limit": "Quota engine limit check",
    "quota-check-limit-default": "Quota engine limit check by default",
    "quota_details": "Quota details management support",
    "rbac-address-group": "Add address_group type to RBAC",
    "rbac-address-scope": "Add address_scope type to RBAC",
    "rbac-policies": "RBAC Policies",
    "rbac-security-groups": "Add security_group type to network RBAC",
    "rbac-subnetpool": "Add subnetpool type to RBAC",
    "revision-if-match": "If-Match constraints based on revision_number",
    "router": "Neutron L3 Router",
    "router-enable-snat": "Router enable SNAT",
    "router_availability_zone": "Router Availability Zone",
    "security-group": "security-group",
    "security-groups-default-rules": "Default rules for security groups",
    "security-groups-normalized-cidr": "Normalized CIDR field for security group rules",
    "security-groups-remote-address-group": "Remote address group id field for security group rules",
    "security-groups-rules-belongs-to-default-sg": "Belongs to default security group",
    "segment": "Segment",
    "security-groups-shared-filtering": "Security group filtering on the shared field",
    "service-type": "Neutron Service Type Management",
    "sorting": "Sorting support",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-segment": "Standard Attribute Segment Extension",
    "standard-attr-tag": "Tag support for resources with standard attribute",
    "standard-attr-timestamp": "Resource timestamps",
    "stateful-security-group": "Stateful security group",
    "subnet-external-network": "Subnet belongs to an external network",
    "subnet-segmentid-enforce": "Subnet SegmentID (policy enforced)",
    "subnet-segmentid-writable": "Subnet SegmentID (writable)",
    "subnet_allocation": "Subnet Allocation",
    "subnet_onboard": "Subnet Onboard",
    "subnet-service-types": "Subnet service types",
    "subnetpool-prefix-ops": "Subnet Pool Prefix Operations",
    "tag-creation": "Tag creation extension",
    "tag-ports-during-bulk-creation": "Tag Ports During Bulk Creation",
    "trunk": "Trunk Extension",
    "trunk-details": "Trunk port details",
    "vlan-transparent": "Vlantransparent",
}
"""What works, by alias."""
_AGENTS = "hypervisors run OVN's own controllers; no agents are there to schedule"
_METERS = "OVN's QoS counts bits, not packets"
_BY_PLACEMENT = "resources of hypervisors are Placement's, and OVN guarantees none to a port"
_HARDWARE = "compute services are told nothing of accelerators, or of where a machine's memory is to be"
_COUNTERS = "counters of addresses are kept by agents, which OVN has none of"
LEFT_OUT: dict[str, str] = {
    "dhcp_agent_scheduler": _AGENTS,
    "dns-integration-domain-keywords": "the domain of a network is the one that is said",
    "flavors": "routers are of one kind, OVN's",
    "l3-agent-scheduler-ha-chassis-priority": _AGENTS,
    "l3-flavors": "routers are of one kind, OVN's",
    "l3_agent_scheduler": _AGENTS,
    "metering": _COUNTERS,
    "metering_source_and_destination_fields": _COUNTERS,
    "network-segment-range": "the ranges are the target's `vni_range` and `vlan_ranges`, in documents",
    "port-device-profile": _HARDWARE,
    "port-numa-affinity-policy": _HARDWARE,
    "port-numa-affinity-policy-socket": _HARDWARE,
    "port-resource-request": _BY_PLACEMENT,
    "port-resource-request-groups": _BY_PLACEMENT,
    "qinq": "OVN's ways to physical networks have one tag, of IEEE 802.1Q",
    "qos-bw-minimum-ingress": _BY_PLACEMENT,
    "qos-pps": _METERS,
    "qos-pps-minimum": _METERS,
    "qos-pps-minimum-rule-alias": _METERS,
    "security-groups-default-statefulness": "a group is stateful unless it says otherwise",
    "segments-peer-subnet-host-routes": "hosts reach other segments' subnets by their gateway",
    "subnet-dns-publish-fixed-ip": "names are not published in a DNS service outside",
}
"""The extensions that Neutron has with ML2/OVN and that are not here, each with the reason.

Source: what neutron 29.0.0 lists with all service plug-ins that go with OVN.
"""
UPDATED = "2026-01-01T00:00:00-00:00"


def _shown(alias: str) -> dict[str, object]:
    return {
        "alias": alias,
        "name": EXTENSIONS[alias],
        "description": EXTENSIONS[alias],
        "updated": UPDATED,
        "links": [],
    }


def extensions_response(method: str, rest: list[str]) -> Response:
    """The extensions, or one of them."""
    if method not in ("GET", "HEAD"):
        raise not_allowed()
    if not rest:
        return json_response(200, {"extensions": [_shown(alias) for alias in sorted(EXTENSIONS)]})
    if len(rest) > 1 or rest[0] not in EXTENSIONS:
        raise ApiFault(404, "ExtensionNotFound", f"Extension with alias {rest[0]} does not exist")
    return json_response(200, {"extension": _shown(rest[0])})
