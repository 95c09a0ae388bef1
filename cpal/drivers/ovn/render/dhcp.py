"""A subnet: what OVN's own DHCP servers say there, and what they say to a port with options of its own.

Values are written as OVN's action `put_dhcp_opts` reads them: a list in braces, a string in double quotes.
Source: ovn-nb(5), DHCP_Options; RFC 2132; RFC 3442 (a client that gets option 121 ignores option 3, so the default
route is repeated there); Networking API, `extra_dhcp_opts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import Aspect, View
from cpal.drivers.ovn.render import names
from cpal.model.address import derived_mac
from cpal.model.network import DHCP_DISABLED, DhcpOption, Network, Port, Subnet

LEASE_S = 43200
METADATA = "169.254.169.254/32"
"""Where instances ask for their metadata."""
SERVER_WITHOUT_GATEWAY = "169.254.0.1"
"""The DHCP server's address where the subnet has no gateway: one that no port there can have."""

DHCPV4_OPTIONS: Mapping[str, str] = {
    "arp-timeout": "arp_cache_timeout", "bootfile-name": "bootfile_name", "bootfile-name-alt": "bootfile_name_alt",
    "broadcast-address": "broadcast_address", "classless-static-route": "classless_static_route",
    "default-ttl": "default_ttl", "dns-server": "dns_server", "domain-name": "domain_name",
    "domain-search": "domain_search_list", "ethernet-encap": "ethernet_encap", "hostname": "hostname",
    "ip-forward-enable": "ip_forward_enable", "lease-time": "lease_time", "log-server": "log_server",
    "lpr-server": "lpr_server", "ms-classless-static-route": "ms_classless_static_route", "mtu": "mtu",
    "netbios-name-server": "netbios_name_server", "netbios-node-type": "netbios_node_type", "netmask": "netmask",
    "nis-server": "nis_server", "ntp-server": "ntp_server", "path-prefix": "path_prefix",
    "policy-filter": "policy_filter", "router": "router", "router-discovery": "router_discovery",
    "router-solicitation": "router_solicitation", "server-id": "server_id", "server-ip-address": "next_server",
    "swap-server": "swap_server", "T1": "T1", "T2": "T2", "tcp-keepalive": "tcp_keepalive_interval",
    "tcp-ttl": "tcp_ttl", "tftp-server": "tftp_server", "tftp-server-address": "tftp_server_address", "wpad": "wpad",
    "1": "netmask", "3": "router", "6": "dns_server", "7": "log_server", "9": "lpr_server", "12": "hostname",
    "15": "domain_name", "16": "swap_server", "19": "ip_forward_enable", "21": "policy_filter", "23": "default_ttl",
    "26": "mtu", "28": "broadcast_address", "31": "router_discovery", "32": "router_solicitation",
    "35": "arp_cache_timeout", "36": "ethernet_encap", "37": "tcp_ttl", "38": "tcp_keepalive_interval",
    "41": "nis_server", "42": "ntp_server", "44": "netbios_name_server", "46": "netbios_node_type",
    "51": "lease_time", "54": "server_id", "58": "T1", "59": "T2", "66": "tftp_server", "67": "bootfile_name",
    "119": "domain_search_list", "121": "classless_static_route", "150": "tftp_server_address", "210": "path_prefix",
    "249": "ms_classless_static_route", "252": "wpad",
}  # fmt: skip
"""OVN's word for each DHCPv4 option, by the name the Networking API has for it and by its number."""

DHCPV6_OPTIONS: Mapping[str, str] = {
    "dns-server": "dns_server", "domain-search": "domain_search", "server-id": "server_id",
    "2": "server_id", "23": "dns_server", "24": "domain_search",
}  # fmt: skip
"""OVN's word for each DHCPv6 option, likewise."""

OPTIONS_OF: Mapping[int, Mapping[str, str]] = {4: DHCPV4_OPTIONS, 6: DHCPV6_OPTIONS}
STRINGS = frozenset(
    {"bootfile_name", "bootfile_name_alt", "domain_name", "domain_search", "domain_search_list", "hostname",
     "path_prefix", "tftp_server", "wpad"}
)  # fmt: skip
"""OVN's options whose values are strings."""
LISTS = frozenset(
    {"router", "dns_server", "log_server", "lpr_server", "swap_server", "policy_filter", "nis_server", "ntp_server",
     "netbios_name_server", "classless_static_route", "ms_classless_static_route", "tftp_server_address"}
)  # fmt: skip
"""OVN's options that may hold several addresses."""


def subnet(view: View, record: Subnet) -> list[Row]:
    """The DHCP row of a subnet, where it has one."""
    if not record.serves_dhcp:
        return []
    network = view.get(Network, record.network_id)
    if network is None:
        return []
    columns: dict[str, Value] = {
        "cidr": record.cidr,
        "options": _options(view, record, network),
        **names.external_ids(record.name),
    }
    return [Row(names.dhcp(record.id), columns, (record.key,))]


class _OfSubnet(NamedTuple):
    """What a port without options of its own takes of its subnet."""

    ip_version: int
    serves_dhcp: bool


_SUBNET = Aspect("subnet of a port", Subnet, lambda subnet: _OfSubnet(subnet.ip_version, subnet.serves_dhcp))


def of_port(view: View, port: Port) -> tuple[dict[str, Value], list[Row]]:
    """The columns by which a switch port names its DHCP rows, and the rows made for this port alone.

    OVN serves one subnet of each IP version to a port: the first that has DHCP.
    """
    columns: dict[str, Value] = {}
    rows: list[Row] = []
    for fixed in port.fixed_ips or ():
        subnet = view.aspect(_SUBNET, fixed.subnet_id)
        if subnet is None or not subnet.serves_dhcp:
            continue
        version = subnet.ip_version
        column = _PORT_COLUMNS[version]
        if column in columns:
            continue
        extra = [option for option in port.extra_dhcp_opts if option.ip_version == version]
        if not extra:
            columns[column] = names.dhcp(fixed.subnet_id)
        elif not any(disables(option) for option in extra):
            columns[column] = key = names.port_dhcp(port.id, version)
            rows += _own_row(view, port, fixed.subnet_id, key, extra)
    return columns, rows


def _own_row(view: View, port: Port, subnet_id: str, key: RowKey, extra: Iterable[DhcpOption]) -> Iterator[Row]:
    """The DHCP row of a port that has options of its own."""
    subnet, network = view.get(Subnet, subnet_id), view.get(Network, port.network_id)
    if subnet is not None and network is not None:
        options = {**_options(view, subnet, network), **_extra_options(extra)}
        yield Row(key, {"cidr": subnet.cidr, "options": options}, (port.key, subnet.key))


def disables(option: DhcpOption) -> bool:
    """Whether the option turns DHCP off for its port."""
    return option.opt_name == DHCP_DISABLED and option.opt_value.lower() == "true"


_PORT_COLUMNS = {4: "dhcpv4_options", 6: "dhcpv6_options"}


def _options(view: View, record: Subnet, network: Network) -> dict[str, str]:
    return _options_v4(view, record, network) if record.ip_version == 4 else _options_v6(record, network)


def _options_v4(view: View, record: Subnet, network: Network) -> dict[str, str]:
    options = {
        "server_id": record.gateway_ip or SERVER_WITHOUT_GATEWAY,
        "server_mac": derived_mac(record.id),
        "lease_time": str(LEASE_S),
        "mtu": str(network.mtu),
    }
    if record.gateway_ip:
        options["router"] = record.gateway_ip
    if record.dns_nameservers:
        options["dns_server"] = _list(record.dns_nameservers)
    if network.dns_domain:
        options["domain_name"] = string(domain(network))
    routes = [*_metadata_routes(view, record), *((route.destination, route.nexthop) for route in record.host_routes)]
    if routes:
        if record.gateway_ip and all(destination != "0.0.0.0/0" for destination, _ in routes):
            routes.append(("0.0.0.0/0", record.gateway_ip))
        options["classless_static_route"] = _list(f"{destination},{nexthop}" for destination, nexthop in routes)
    return options


def _metadata_routes(view: View, record: Subnet) -> list[tuple[str, str]]:
    """The way to the metadata service, where the network has a port at which an agent answers for it."""
    ports = view.find("port.distributed", record.network_id)
    addresses = [fixed.ip_address for port in ports for fixed in port.fixed_ips if fixed.subnet_id == record.id]
    return [(METADATA, address) for address in addresses[:1]]


def _options_v6(record: Subnet, network: Network) -> dict[str, str]:
    options = {"server_id": derived_mac(record.id)}
    if record.dns_nameservers:
        options["dns_server"] = _list(record.dns_nameservers)
    if network.dns_domain and is_one_label(domain(network)):
        options["domain_search"] = string(domain(network))
    if record.ipv6_address_mode == "dhcpv6-stateless":
        options["dhcpv6_stateless"] = "true"
    return options


def _extra_options(extra: Iterable[DhcpOption]) -> dict[str, str]:
    options = {}
    for option in extra:
        word = OPTIONS_OF[option.ip_version].get(option.opt_name)
        if word:
            options[word] = _written(word, option.opt_value)
    return options


def _written(word: str, value: str) -> str:
    if word in STRINGS:
        return value if value.startswith('"') else string(value)
    if word in LISTS and "," in value and not value.startswith("{"):
        return "{" + value + "}"
    return value


def domain(network: Network) -> str:
    """The network's DNS domain without the root's dot."""
    return network.dns_domain.rstrip(".")


def is_one_label(name: str) -> bool:
    """Whether OVN's DHCPv6 server can tell the domain.

    It puts one length before the whole name, dots and all, where each label wants its own. Clients discard that; for
    a name of several labels the router's advertisements, which OVN writes rightly, are left to tell it. Source: RFC
    8415 sections 10 and 21.24 (what is wanted); OVN 23.03 pinctrl.c, DHCPV6_OPT_DOMAIN_SEARCH_CODE, and captures.
    """
    return "." not in name.rstrip(".")


def string(value: str) -> str:
    """A string as OVN's actions read it."""
    return f'"{value}"'


def _list(values: Iterable[str]) -> str:
    return "{" + ", ".join(values) + "}"
