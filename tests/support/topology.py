"""A topology with every resource that can be imported, made through a Networking API, be it Neutron's or cpal's.

    made = make(site)
    made["web-port"]["id"]

The names are the keys. Hosts are the lab's.
"""

from __future__ import annotations

from typing import Any

from tests.support.cloud import PHYSICAL_NETWORK, Caller, Cloud

Made = dict[str, dict[str, Any]]
OUTSIDE = "203.0.113.0/24"
GATEWAY = "203.0.113.254"
"""The lab's host outside, on the flat network."""
RULES: tuple[dict[str, Any], ...] = (
    {"direction": "ingress", "protocol": "tcp", "port_range_min": 5000, "port_range_max": 5010},
    {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
     "remote_ip_prefix": "192.0.2.0/24"},
    {"direction": "ingress", "protocol": "icmp"},
    {"direction": "ingress", "protocol": "icmp", "port_range_min": 8, "port_range_max": 0,
     "remote_ip_prefix": "198.51.100.1/32"},
    {"direction": "ingress", "protocol": "112"},
    {"direction": "ingress", "ethertype": "IPv6", "protocol": "udp", "port_range_min": 53, "port_range_max": 53},
    {"direction": "ingress", "ethertype": "IPv6", "protocol": "icmpv6"},
    {"direction": "egress", "protocol": "udp", "port_range_min": 1, "port_range_max": 65535},
)  # fmt: skip
FORWARDED: dict[str, dict[str, Any]] = {
    "forwarded-ssh": {"protocol": "tcp", "external_port": 2222, "internal_port": 22, "description": "to the shell"},
    "forwarded-dns": {"protocol": "udp", "external_port": 53, "internal_port": 5353},
    "forwarded-range": {"protocol": "tcp", "external_port_range": "8000:8002", "internal_port_range": "9000:9002"},
}


def make(site: Cloud, host: str = "hv1", other_host: str = "hv2") -> Made:
    """Make it; what each POST answered, by name."""
    admin, red = site.administrator, site.member("red")
    made: Made = {}

    def post(caller: Caller, collection: str, key: str, named: bool = True, **values: Any) -> str:
        made[key] = caller.post(collection, **({"name": key} if named else {}), **values)
        return str(made[key]["id"])

    _outside(admin, post)
    _pools(admin, red, post)
    _inside(red, post)
    _groups(red, post)
    _qos(admin, red, post)
    _ports(red, admin, post, made, host, other_host)
    _routers(admin, red, post, made)
    blue = site.member("blue")
    post(red, "rbac-policies", "web-for-blue", False, object_type="network", object_id=made["web"]["id"],
         action="access_as_shared", target_tenant=blue.project_id)  # fmt: skip
    post(blue, "ports", "blue-port", network_id=made["web"]["id"])
    admin.put(f"quotas/{blue.project_id}", {"quota": {"network": 7, "port": 70}})
    red.put(f"networks/{made['web']['id']}/tags", {"tags": ["front", "prod"]})
    red.put(f"ports/{made['web-port']['id']}/tags", {"tags": ["blue-green"]})
    return made


def _outside(admin: Caller, post: Any) -> None:
    flat = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    outside = post(admin, "networks", "outside", **{"router:external": True, "is_default": True}, **flat)
    post(admin, "subnets", "outside-4", network_id=outside, ip_version=4, cidr=OUTSIDE, gateway_ip=GATEWAY,
         enable_dhcp=False, allocation_pools=[{"start": "203.0.113.100", "end": "203.0.113.199"}])  # fmt: skip
    vlan = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK,
            "provider:segmentation_id": 142}  # fmt: skip
    rack = post(admin, "networks", "rack", shared=True, **vlan)
    post(admin, "subnets", "rack-4", network_id=rack, ip_version=4, cidr="198.18.7.0/24")


def _pools(admin: Caller, red: Caller, post: Any) -> None:
    scope = post(admin, "address-scopes", "routed", ip_version=4, shared=True)
    post(admin, "subnetpools", "routed-pool", prefixes=["10.64.0.0/16"], default_prefixlen=24, min_prefixlen=20,
         shared=True, address_scope_id=scope, default_quota=4096)  # fmt: skip


def _inside(red: Caller, post: Any) -> None:
    web = post(red, "networks", "web", description="the front", mtu=1400)
    post(red, "subnets", "web-4", network_id=web, ip_version=4, cidr="10.0.1.0/24", dns_nameservers=["192.0.2.53"],
         host_routes=[{"destination": "10.9.0.0/16", "nexthop": "10.0.1.9"}],
         allocation_pools=[{"start": "10.0.1.10", "end": "10.0.1.99"}])  # fmt: skip
    post(red, "subnets", "web-6", network_id=web, ip_version=6, cidr="fd00:1::/64", ipv6_ra_mode="slaac",
         ipv6_address_mode="slaac")  # fmt: skip
    data = post(red, "networks", "data", port_security_enabled=True)
    post(red, "subnets", "data-4", network_id=data, ip_version=4, cidr="10.0.2.0/24", gateway_ip="10.0.2.254")
    post(red, "subnets", "data-6", network_id=data, ip_version=6, cidr="fd00:2::/64", ipv6_ra_mode="dhcpv6-stateful",
         ipv6_address_mode="dhcpv6-stateful", dns_nameservers=["2001:db8::53"])  # fmt: skip
    pool = red.list("subnetpools", ("name", "routed-pool"))[0]["id"]
    routed = post(red, "networks", "routed-net")
    post(red, "subnets", "routed-net-4", network_id=routed, ip_version=4, subnetpool_id=pool)


def _groups(red: Caller, post: Any) -> None:
    offices = post(red, "address-groups", "offices", addresses=["192.0.2.0/24", "2001:db8:2::/48"])
    group = post(red, "security-groups", "front", description="what the front answers")
    for number, rule in enumerate(RULES):
        post(red, "security-group-rules", f"rule-{number}", False, security_group_id=group, **rule)
    post(red, "security-group-rules", "rule-offices", False, security_group_id=group, direction="ingress",
         protocol="tcp", port_range_min=443, port_range_max=443, remote_address_group_id=offices)  # fmt: skip
    post(red, "security-group-rules", "rule-group", False, security_group_id=group, direction="ingress",
         ethertype="IPv6", protocol="tcp", remote_group_id=group)  # fmt: skip
    stateless = post(red, "security-groups", "stateless", stateful=False)
    post(red, "security-group-rules", "rule-stateless", False, security_group_id=stateless, direction="ingress",
         protocol="udp")  # fmt: skip


def _qos(admin: Caller, red: Caller, post: Any) -> None:
    policy = post(admin, "qos/policies", "slow", project_id=red.project_id, description="for batch work")
    post(admin, f"qos/policies/{policy}/bandwidth_limit_rules", "slow-out", False, max_kbps=5000, max_burst_kbps=4000)
    post(admin, f"qos/policies/{policy}/bandwidth_limit_rules", "slow-in", False, max_kbps=8000, direction="ingress")
    post(admin, f"qos/policies/{policy}/dscp_marking_rules", "slow-mark", False, dscp_mark=26)


def _ports(red: Caller, admin: Caller, post: Any, made: Made, host: str, other_host: str) -> None:
    web, data, front = (made[name]["id"] for name in ("web", "data", "front"))
    compute = {"device_owner": "compute:nova", "device_id": "11111111-2222-3333-4444-555555555555"}
    owned = {"project_id": red.project_id}
    post(admin, "ports", "web-port", network_id=web, security_groups=[front], **{"binding:host_id": host},
         **compute, **owned)  # fmt: skip
    post(admin, "ports", "web-other", network_id=web, security_groups=[front], **{"binding:host_id": other_host},
         **compute, **owned)  # fmt: skip
    post(red, "ports", "lenient", network_id=data, security_groups=[made["stateless"]["id"]])
    post(red, "ports", "data-port", network_id=data, security_groups=[front])
    four = made["web-4"]["id"]
    post(red, "ports", "with-pairs", network_id=web, security_groups=[front],
         allowed_address_pairs=[{"ip_address": "10.0.1.200"},
                                {"ip_address": "10.0.1.201", "mac_address": "02:00:00:00:aa:01"}])  # fmt: skip
    post(red, "ports", "with-options", network_id=web, fixed_ips=[{"subnet_id": four, "ip_address": "10.0.1.150"}],
         extra_dhcp_opts=[{"opt_name": "ntp-server", "opt_value": "192.0.2.123", "ip_version": 4},
                          {"opt_name": "bootfile-name", "opt_value": "pxe.0", "ip_version": 4}])  # fmt: skip
    post(red, "ports", "open", network_id=data, port_security_enabled=False)
    post(red, "ports", "down", network_id=data, admin_state_up=False)
    post(admin, "ports", "slow-port", network_id=data, qos_policy_id=made["slow"]["id"], **owned)
    carrier = post(red, "ports", "carrier-port", network_id=data)
    inner = post(red, "ports", "inner-port", network_id=web)
    post(red, "trunks", "carrier", port_id=carrier, sub_ports=[{"port_id": inner, "segmentation_type": "vlan",
                                                                "segmentation_id": 77}])  # fmt: skip
    post(red, "ports", "no-address", network_id=data, fixed_ips=[])
    post(red, "ports", "no-groups", network_id=data, security_groups=[])
    post(admin, "ports", "rack-port", network_id=made["rack"]["id"], **owned)


def _routers(admin: Caller, red: Caller, post: Any, made: Made) -> None:
    outside = made["outside"]["id"]
    edge = post(red, "routers", "edge", external_gateway_info={"network_id": outside})
    for subnet in ("web-4", "web-6", "data-4", "data-6"):
        red.put(f"routers/{edge}/add_router_interface", {"subnet_id": made[subnet]["id"]})
    routes = [{"destination": "10.77.0.0/16", "nexthop": "10.0.1.77"}]
    red.put(f"routers/{edge}", {"router": {"routes": routes}})
    plain = post(admin, "routers", "plain", project_id=red.project_id,
                 external_gateway_info={"network_id": outside, "enable_snat": False})  # fmt: skip
    red.put(f"routers/{plain}/add_router_interface", {"subnet_id": made["routed-net-4"]["id"]})
    post(red, "floatingips", "floating", False, floating_network_id=outside, port_id=made["web-port"]["id"],
         description="to the front")  # fmt: skip
    post(red, "floatingips", "idle-floating", False, floating_network_id=outside)
    forwarded = post(red, "floatingips", "forwarded-floating", False, floating_network_id=outside,
                     description="one address for many")  # fmt: skip
    inside = {"internal_port_id": made["data-port"]["id"],
              "internal_ip_address": next(ip for each in made["data-port"]["fixed_ips"]
                                          if "." in (ip := each["ip_address"]))}  # fmt: skip
    for key, ports in FORWARDED.items():
        post(red, f"floatingips/{forwarded}/port_forwardings", key, False, **ports, **inside)
