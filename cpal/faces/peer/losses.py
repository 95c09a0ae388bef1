"""What of a running Neutron we cannot hold, all of it, each with the reason and the way out. Pure.

Every attribute that an API shows is in one of three places: held as a record says it (`HELD`), follows from others
(`DERIVED`), or listed in `CANNOT` with what it is like when nobody asked for it. One in none of them is told as unknown
where it says anything. So nothing is lost in silence, whatever extensions a cloud has.

A loss is `harmless` where traffic goes on as it did, or nearly: it is told, and does not stand in the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cpal.faces.peer import segments
from cpal.faces.peer.cloud import Item, Reading
from cpal.faces.peer.records import QOS_RULES, policy_kind
from cpal.model.network import FLOATING_IP_OWNER
from cpal.model.quota import DEFAULT_LIMITS


class Loss(NamedTuple):
    """One thing that is lost: of which resource, which attribute, why, and what to do about it before."""

    resource: str
    id: str
    name: str
    attribute: str
    value: Any
    why: str
    remedy: str
    harmless: bool = False


class Cannot(NamedTuple):
    """Why an attribute cannot be held, but for values like `usual`."""

    why: str
    remedy: str
    usual: tuple[Any, ...] = (None, "", False, [], {})
    harmless: bool = False


_STANDARD = "id name project_id tenant_id description tags"
HELD: Mapping[str, str] = {
    "networks": "admin_state_up shared router:external is_default mtu port_security_enabled dns_domain "
    "vlan_transparent provider:network_type provider:physical_network provider:segmentation_id segments "
    "qos_policy_id",
    "subnets": "network_id segment_id cidr gateway_ip allocation_pools enable_dhcp dns_nameservers host_routes "
    "ipv6_address_mode ipv6_ra_mode subnetpool_id service_types",
    "ports": "network_id mac_address fixed_ips allowed_address_pairs security_groups port_security_enabled "
    "admin_state_up device_id device_owner binding:host_id binding:profile binding:vnic_type trusted dns_name "
    "dns_domain extra_dhcp_opts qos_policy_id",
    "routers": "admin_state_up external_gateway_info external_gateways enable_default_route_ecmp "
    "enable_default_route_bfd routes distributed",
    "floatingips": "floating_network_id floating_ip_address port_id fixed_ip_address router_id qos_policy_id "
    "port_forwardings dns_name dns_domain",
    "security_groups": "stateful security_group_rules",
    "address_groups": "addresses",
    "address_scopes": "ip_version shared",
    "subnetpools": "prefixes min_prefixlen max_prefixlen default_prefixlen default_quota address_scope_id shared "
    "is_default",
    "policies": "shared is_default rules",
    "trunks": "port_id sub_ports admin_state_up",
}
"""The attributes of each collection that records hold."""

_ALWAYS_DERIVED = "status created_at updated_at revision_number standard_attr_id ip_version shared"
DERIVED: Mapping[str, str] = {
    "networks": "subnets availability_zones ipv4_address_scope ipv6_address_scope l2_adjacency",
    "subnets": "router:external",
    "ports": "binding:vif_type binding:vif_details dns_assignment ip_allocation qos_network_policy_id "
    "resource_request propagate_uplink_status hardware_offload_type trunk_details",
    "routers": "availability_zones enable_snat ha",
    "floatingips": "port_details floating_ip_port_id qos_network_policy_id",
}
"""What follows from other attributes or from what is so, and what says how a router's hosts stand by, as ours do."""

_NO_ZONES = Cannot(
    "there is one availability zone, and gateways are placed on any host", "none is needed", harmless=True
)
_NO_DNS = Cannot("names are not published in an outside DNS service", "publish them by hand", harmless=True)
CANNOT: Mapping[str, Mapping[str, Cannot]] = {
    "networks": {
        "qinq": Cannot("networks of the IEEE 802.1ad kind are not made", "make the network without it"),
        "availability_zone_hints": _NO_ZONES,
    },
    "subnets": {
        "dns_publish_fixed_ip": _NO_DNS,
    },
    "ports": {
        "numa_affinity_policy": Cannot("compute services are told of none", "take it away", harmless=True),
        "device_profile": Cannot("no accelerators are bound", "take it away"),
        "hints": Cannot("Open vSwitch is told nothing of a port beyond OVN", "take them away", harmless=True),
        "data_plane_status": Cannot("it is not kept", "none is needed", harmless=True),
    },
    "routers": {
        "availability_zone_hints": _NO_ZONES,
        "flavor_id": Cannot("routers have no flavors", "make the router without it"),
        "enable_default_route_bfd": Cannot("default routes are not watched by BFD", "switch it off"),
        "enable_default_route_ecmp": Cannot("there is one default route", "switch it off"),
        "conntrack_helpers": Cannot("there are no helpers for protocols", "take them away"),
    },
}
"""What records cannot hold, by collection and attribute."""

WHOLE: Mapping[str, Cannot] = {
    "flavors": Cannot("routers have no flavors", "delete it"),
    "logs": Cannot("logs are not taken over", "delete it, and make it again afterwards"),
    "local_ips": Cannot("there are no local IPs", "delete it"),
    "ndp_proxies": Cannot("there are no NDP proxies", "delete it"),
    "metering_labels": Cannot("nothing is metered", "delete it", harmless=True),
    "bgp_speakers": Cannot("no routes are told by BGP", "delete it"),
    "vpnservices": Cannot("there are no VPNs", "delete it"),
}
"""Collections of which nothing can be held."""

NETWORK_TYPES = ("geneve", "vxlan", "vlan", "flat")
HEALTH_PORT = "ovn-lb-hm:distributed"
"""The owner of the port from which OVN's load balancers look after their members."""


def losses_of(reading: Reading) -> list[Loss]:
    """Everything that records of what was read do not say, by resource and name."""
    found: list[Loss] = []
    for collection in HELD:
        for item in reading.all(collection):
            if item.get("device_owner") != FLOATING_IP_OWNER:
                found += _of_item(collection, item)
    for collection, cannot in WHOLE.items():
        found += [_loss(collection, item, "", None, cannot) for item in reading.all(collection)]
    found += _of_floating_ports(reading)
    found += _of_types(reading)
    found += _of_segments(reading)
    found += _of_gateways(reading)
    found += _of_owners(reading)
    found += _of_virtual_ports(reading)
    found += _of_policies(reading)
    found += _of_qos_rules(reading)
    found += _of_quotas(reading)
    return sorted(found, key=lambda loss: (loss.harmless, loss.resource, loss.name, loss.id, loss.attribute))


def _of_item(collection: str, item: Item) -> Iterator[Loss]:
    table = CANNOT.get(collection, {})
    known = {*_STANDARD.split(), *HELD[collection].split(), *_ALWAYS_DERIVED.split()}
    known |= set(DERIVED.get(collection, "").split())
    for attribute, value in item.items():
        if attribute in known:
            continue
        cannot = table.get(attribute, UNKNOWN)
        if value not in cannot.usual:
            yield _loss(collection, item, attribute, value, cannot)


UNKNOWN = Cannot(
    "this attribute is not known here", "see what the extension is for, and take it away if it is not needed"
)


def _loss(collection: str, item: Item, attribute: str, value: Any, cannot: Cannot) -> Loss:
    name = str(item.get("name") or "")
    resource = SINGULAR.get(collection, collection.removesuffix("s"))
    return Loss(resource, str(item.get("id", "")), name, attribute, value, cannot.why, cannot.remedy, cannot.harmless)


def _of_floating_ports(reading: Reading) -> Iterator[Loss]:
    """Ports of floating IPs that have another address than these, as IPv6 beside it where the network has both."""
    cannot = Cannot("the port of a floating IP has its address alone", "none is needed", harmless=True)
    addresses = {item["id"]: item["floating_ip_address"] for item in reading.all("floatingips")}
    for item in reading.all("ports"):
        if item["device_owner"] == FLOATING_IP_OWNER and item["device_id"] in addresses:
            held = [fixed["ip_address"] for fixed in item["fixed_ips"]]
            if held != [addresses[item["device_id"]]]:
                yield _loss("ports", item, "fixed_ips", held, cannot)


SINGULAR = {"policies": "qos_policy", "floatingips": "floatingip", "rbac_policies": "rbac_policy", "quotas": "quota"}


def _of_types(reading: Reading) -> Iterator[Loss]:
    other = Cannot("networks are geneve, vxlan, vlan or flat", "make it again as one of these", NETWORK_TYPES)
    for item in reading.all("networks"):
        kind = item.get("provider:network_type")
        if kind is not None and kind not in other.usual:
            yield _loss("networks", item, "provider:network_type", kind, other)


def _of_segments(reading: Reading) -> Iterator[Loss]:
    """Networks of which we would leave out all segments but the first."""
    cannot = Cannot(
        "of several segments each is on a physical network of its own, of which a host serves one",
        "move the ports of all but one to networks of their own, or say --leave-out, which keeps the first",
    )
    numbered = segments.by_network(reading)
    for item in reading.all("networks"):
        told = segments.told(item, numbered.get(item["id"], ()))
        if segments.held(told) != told:
            yield _loss("networks", item, "segments", ", ".join(each.words for each in told), cannot)


def _of_gateways(reading: Reading) -> Iterator[Loss]:
    """Routers whose source NAT serves networks that they only have routes to."""
    indirect = Cannot(
        "source NAT serves the networks that the router is on, not those behind its static routes",
        "let the next router translate, or join the networks to this one",
    )
    for item in reading.all("routers"):
        info = item.get("external_gateway_info") or {}
        if item.get("routes") and info.get("enable_snat"):
            yield _loss("routers", item, "routes", item["routes"], indirect._replace(harmless=True))


def _of_owners(reading: Reading) -> Iterator[Loss]:
    cannot = Cannot("OVN's load balancers are not kept here", "delete the load balancer's health monitor")
    for item in reading.all("ports"):
        if item["device_owner"] == HEALTH_PORT:
            yield _loss("ports", item, "device_owner", HEALTH_PORT, cannot)


def _of_virtual_ports(reading: Reading) -> Iterator[Loss]:
    """Ports that only reserve an address which others may use: OVN knows them as virtual in Neutron."""
    cannot = Cannot("OVN would answer for the address in the name of this port, not of those that share it",
                    "delete the port once the others may use the address, or bind it")  # fmt: skip
    pairs = {
        (item["network_id"], pair["ip_address"])
        for item in reading.all("ports")
        for pair in item.get("allowed_address_pairs", ())
    }
    for item in reading.all("ports"):
        addresses = [fixed["ip_address"] for fixed in item["fixed_ips"]]
        shared = [ip for ip in addresses if (item["network_id"], ip) in pairs]
        if shared and not item.get("binding:host_id"):
            yield _loss("ports", item, "fixed_ips", shared, cannot)


def _of_policies(reading: Reading) -> Iterator[Loss]:
    cannot = Cannot("there is no such policy here", "delete it")
    for item in reading.all("rbac_policies"):
        if not policy_kind(item):
            yield _loss("rbac_policies", item, "object_type", item["object_type"], cannot)


def _of_qos_rules(reading: Reading) -> Iterator[Loss]:
    cannot = Cannot("OVN limits, marks and guarantees bandwidth, not packets", "delete the rule")
    for policy in reading.all("policies"):
        for rule in policy["rules"]:
            if rule["type"] not in QOS_RULES:
                yield _loss("policies", policy, "rules", rule, cannot)


def _of_quotas(reading: Reading) -> Iterator[Loss]:
    """Limits of resources that are not counted here, where they are set."""
    cannot = Cannot("this is not counted here", "none is needed", harmless=True)
    for item in reading.all("quotas"):
        for name, limit in item.items():
            usual = reading.default_limits.get(name, limit)
            if name not in DEFAULT_LIMITS and isinstance(limit, int) and limit != usual:
                yield _loss("quotas", {"id": item["project_id"]}, name, limit, cannot)


def in_the_way(losses: Iterable[Loss]) -> list[Loss]:
    """Those that are not harmless."""
    return [loss for loss in losses if not loss.harmless]
