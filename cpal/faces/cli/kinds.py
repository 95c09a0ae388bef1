"""The kinds of things as the shell calls them: one table that verbs, flags, completion and the name cache read.

It loads nothing, so that help and completion start at once.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind: the record's tag, its plural, the words for people, what `create`, `set` and `delete` know of it."""

    name: str
    plural: str
    words: str
    writable: bool = True
    settable: bool = True
    named: bool = True

    @property
    def flag(self) -> str:
        """The kind as a shell word: `floating-ip`."""
        return self.name.replace("_", "-")

    @property
    def plural_flag(self) -> str:
        """Many of the kind as a shell word: `floating-ips`."""
        return self.plural.replace("_", "-")


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("project", "projects", "project"),
        Kind("network", "networks", "network"),
        Kind("subnet", "subnets", "subnet"),
        Kind("port", "ports", "port"),
        Kind("trunk", "trunks", "trunk"),
        Kind("router", "routers", "router"),
        Kind("floating_ip", "floating_ips", "floating IP"),
        Kind("port_forwarding", "port_forwardings", "port forwarding", named=False),
        Kind("security_group", "security_groups", "security group"),
        Kind("security_group_rule", "security_group_rules", "security group rule", settable=False, named=False),
        Kind(
            "default_security_group_rule",
            "default_security_group_rules",
            "default security group rule",
            settable=False,
            named=False,
        ),
        Kind("address_group", "address_groups", "address group"),
        Kind("qos_policy", "qos_policies", "QoS policy"),
        Kind("qos_bandwidth_limit_rule", "qos_bandwidth_limit_rules", "QoS bandwidth limit rule", named=False),
        Kind("qos_dscp_marking_rule", "qos_dscp_marking_rules", "QoS DSCP marking rule", named=False),
        Kind("qos_minimum_bandwidth_rule", "qos_minimum_bandwidth_rules", "QoS minimum bandwidth rule", named=False),
        Kind("subnet_pool", "subnet_pools", "subnet pool", writable=False),
        Kind("address_scope", "address_scopes", "address scope", writable=False),
        Kind("log", "logs", "log"),
        Kind("rbac_policy", "rbac_policies", "RBAC policy", writable=False),
        Kind("instance", "instances", "instance"),
        Kind("vlan", "vlans", "VLAN"),
        Kind("vrf", "vrfs", "VRF"),
        Kind("interface", "interfaces", "interface"),
        Kind("route", "routes", "static route"),
        Kind("ntp_server", "ntp_servers", "NTP server"),
        Kind("syslog_server", "syslog_servers", "syslog server"),
        Kind("lag", "lags", "LAG"),
        Kind("mlag", "mlags", "MLAG"),
        Kind("stp", "spanning_trees", "spanning tree"),
        Kind("acl", "acls", "access list"),
        Kind("ospf", "ospf_processes", "OSPF process"),
        Kind("bgp", "bgp", "BGP"),
        Kind("classifier", "classifiers", "classifier"),
        Kind("target", "targets", "target"),
        Kind("host", "hosts", "host"),
        Kind("outside_host", "outside_hosts", "outside host"),
        Kind("placement", "placements", "placement", writable=False),
        Kind("quota", "quotas", "quota", writable=False),
        Kind("stack", "stacks", "stack", writable=False),
    )
}
"""By the record's tag, in the order in which they are listed; a stack is no record, but is listed like one."""


def kind_called(word: str) -> Kind | None:
    """The kind that a shell word means: singular or plural, with `-` or `_`, in any case."""
    name = word.lower().replace("-", "_")
    if name in KINDS:
        return KINDS[name]
    return next((kind for kind in KINDS.values() if name == kind.plural), None)
