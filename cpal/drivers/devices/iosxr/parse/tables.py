"""IOS-XR: addresses, neighbours, users and routes, from either tree."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.iosxr.parse.tree import either, members, plain, whole
from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.drivers.devices.parse.lldp import capabilities
from cpal.drivers.devices.parse.values import Network, ip, mac, mac_or_none, within
from cpal.model.device.interface import Address, IpInterface
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.route import Route
from cpal.model.device.system import User

YANG = "http://cisco.com/ns/yang/Cisco-IOS-XR-"
NO_ADDRESS = "0.0.0.0"
LEVELS = {"root-system": 15, "root-lr": 15, "operator": 5, "sysadmin": 1, "serviceadmin": 1}
"""The predefined user groups as privilege levels. Source: Cisco IOS XR System Security Configuration Guide."""
DEFAULT = "default"

IP = Ask("<Get><Operational><IPV4Network></IPV4Network><IPV6Network></IPV6Network></Operational></Get>", XML)
IP_NETCONF = Ask(
    f'<ipv4-network xmlns="{YANG}ipv4-io-oper"/><ipv6-network xmlns="{YANG}ipv6-ma-oper"/>',
    XML,
    recorded="ipv4-io-oper_ipv4-network__ipv6-ma-oper_ipv6-network",
)
ARP = Ask("<Get><Operational><ARP></ARP></Operational></Get>", XML)
ARP_NETCONF = Ask(f'<arp xmlns="{YANG}ipv4-arp-oper"/>', XML, recorded="ipv4-arp-oper_arp")
LLDP = Ask("<Get><Operational><LLDP><NodeTable></NodeTable></LLDP></Operational></Get>", XML)
LLDP_NETCONF = Ask(f'<lldp xmlns="{YANG}ethernet-lldp-oper"/>', XML, recorded="ethernet-lldp-oper_lldp")
MACS = Ask("<Get><Operational><L2VPNForwarding></L2VPNForwarding></Operational></Get>", XML)
AAA = Ask("<Get><Configuration><AAA></AAA></Configuration></Get>", XML)
AAA_NETCONF = Ask(f'<aaa xmlns="{YANG}aaa-lib-cfg"/>', XML, recorded="aaa-lib-cfg_aaa__running")


def _ip(ask: Ask) -> Asking[tuple[IpInterface, ...]]:
    (reply,) = yield (ask,)
    tree = plain(reply)
    v4 = dict(_ipv4(tree))
    v6 = dict(_ipv6(tree))
    return tuple(
        IpInterface(
            name=name,
            vrf=v4[name][0] if name in v4 else v6[name][0],
            ipv4=v4[name][1] if name in v4 else None,
            ipv6=v6[name][1] if name in v6 else None,
        )
        for name in dict.fromkeys([*v4, *v6])
    )


Found = Iterator[tuple[str, tuple[str | None, tuple[Address, ...]]]]


def _ipv4(tree: Element) -> Found:
    tables = (".//ipv4network/interfacetable/interface", ".//ipv4network/nodes/node/interfacedata")
    for each in members(tree, *tables):
        for vrf in members(each, "vrftable/vrf", "vrfs/vrf"):
            for detail in members(vrf, "detail", "details/detail"):
                name = either(detail, "interfacename") or either(each, "naming/interfacename") or ""
                yield name, (_vrf(vrf), tuple(_ipv4_addresses(detail)))


def _vrf(told: Element) -> str | None:
    name = either(told, "naming/vrfname", "vrfname")
    return None if name == DEFAULT else name


def _ipv4_addresses(detail: Element) -> Iterator[Address]:
    primary = either(detail, "primaryaddress")
    if primary not in (None, NO_ADDRESS):
        yield Address(ip=ip(primary or ""), prefix_length=whole(detail, "prefixlength"), secondary=False)
    for each in members(detail, "secondaryaddress/entry", "secondaryaddress"):
        if address := either(each, "address"):
            yield Address(ip=ip(address), prefix_length=whole(each, "prefixlength"), secondary=True)


def _ipv6(tree: Element) -> Found:
    tables = (".//ipv6network/nodetable/node/interfacedata", ".//ipv6network/nodes/node/interfacedata")
    for each in members(tree, *tables):
        for vrf in members(each, "vrftable/vrf", "vrfs/vrf"):
            for detail in members(vrf, "globaldetailtable/globaldetail", "globaldetails/globaldetail"):
                name = either(detail, "naming/interfacename", "interfacename") or ""
                found = members(detail, "addresslist/entry", "address")
                yield (
                    name,
                    (
                        _vrf(vrf),
                        tuple(
                            Address(ip=ip(either(one, "address") or ""), prefix_length=whole(one, "prefixlength"))
                            for one in found
                        ),
                    ),
                )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of interfaces, over the XML agent."""
    return (yield from _ip(IP))


def interfaces_ip_netconf() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of interfaces, over NETCONF."""
    return (yield from _ip(IP_NETCONF))


def _arp(ask: Ask) -> Asking[tuple[Neighbor, ...]]:
    (reply,) = yield (ask,)
    return tuple(
        Neighbor(
            ip=ip(either(each, ".//address") or ""),
            link_layer_address=mac_or_none(either(each, ".//hardwareaddress")),
            interface=either(each, ".//interfacename"),
            age_s=_age(either(each, ".//age")),
        )
        for each in members(plain(reply), ".//entrytable/entry", ".//entries/entry")
    )


def _age(told: str | None) -> float | None:
    return None if told is None else float(told)


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours, over the XML agent."""
    return (yield from _arp(ARP))


def arp_table_netconf() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours, over NETCONF."""
    return (yield from _arp(ARP_NETCONF))


def _lldp(ask: Ask) -> Asking[tuple[LldpNeighbor, ...]]:
    (reply,) = yield (ask,)
    tables = (".//neighbors/detailtable/detail/entry", ".//neighbors/details/detail/lldpneighbor")
    return tuple(map(_lldp_neighbor, members(plain(reply), *tables)))


def _lldp_neighbor(told: Element) -> LldpNeighbor:
    chassis = either(told, "chassisid")
    return LldpNeighbor(
        interface=either(told, "receivinginterfacename") or "",
        parent_interface=either(told, "receivingparentinterfacename"),
        chassis_id=mac_or_none(chassis) or chassis,
        port_id=either(told, "portiddetail"),
        port_description=either(told, "detail/portdescription"),
        system_name=either(told, "detail/systemname"),
        system_description=either(told, "detail/systemdescription"),
        capabilities=capabilities(either(told, "detail/systemcapabilities")),
        enabled_capabilities=capabilities(either(told, "detail/enabledcapabilities")),
    )


def lldp_neighbors() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, over the XML agent."""
    return (yield from _lldp(LLDP))


def lldp_neighbors_netconf() -> Asking[tuple[LldpNeighbor, ...]]:
    """LLDP neighbours, over NETCONF."""
    return (yield from _lldp(LLDP_NETCONF))


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses in bridge domains, over the XML agent."""
    (reply,) = yield (MACS,)
    return tuple(
        MacEntry(
            mac_address=mac(either(each, "naming/address") or ""),
            interface=either(each, "segment/ac/interfacehandle"),
            vlan=_vlan((either(each, "naming/name") or "").replace("vlan", "")),
            active=True,
        )
        for each in members(plain(reply), ".//l2fibmacdetailtable/l2fibmacdetail")
    )


def _vlan(told: str) -> int | None:
    return int(told) if told.isdigit() else None


def _users(ask: Ask) -> Asking[tuple[User, ...]]:
    (reply,) = yield (ask,)
    found = members(plain(reply), ".//usernametable/username", ".//usernames/username")
    return tuple(map(_user, found))


def _user(told: Element) -> User:
    group = either(
        told,
        "usergroupsunderusername/usergroupunderusername/naming/name",
        "usergroupunderusernames/usergroupunderusername/name",
    )
    return User(
        name=either(told, "naming/name", "name") or "",
        role=group,
        level=LEVELS.get(group or ""),
        password_hash=either(told, "password/password", "secret/secret5", "secret"),
    )


def users() -> Asking[tuple[User, ...]]:
    """Who may log in, over the XML agent."""
    return (yield from _users(AAA))


def users_netconf() -> Asking[tuple[User, ...]]:
    """Who may log in, over NETCONF."""
    return (yield from _users(AAA_NETCONF))


ROUTE = (
    "<Get><Operational><{rib}><VRFTable><VRF><Naming><VRFName>default</VRFName></Naming><AFTable><AF><Naming><AFName>"
    "{afi}</AFName></Naming><SAFTable><SAF><Naming><SAFName>Unicast</SAFName></Naming><IP_RIBRouteTable><{table}>"
    "<Naming><RouteTableName>default</RouteTableName></Naming>{of}</{table}></IP_RIBRouteTable></SAF></SAFTable>"
    "</AF></AFTable></VRF></VRFTable></{rib}></Operational></Get>"
)
ONE_ROUTE = (
    "<RouteTable><Route><Naming><Address>{address}</Address><PrefixLength>{length}</PrefixLength></Naming></Route>"
    "</RouteTable>"
)
EVERY_ROUTE = "<RouteTable/>"
TABLES = ("IP_RIBRoute", "IP_RIBRouteTableName")
"""What releases call a table of routes: the second is of 6.1 and later."""


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix in the default VRF, or with `longer` to those within it, over the XML agent."""
    prefix = ipaddress.ip_network(destination)
    rib, afi = ("IPV6_RIB", "IPv6") if prefix.version == 6 else ("RIB", "IPv4")
    one = ONE_ROUTE.format(address=prefix.network_address, length=prefix.prefixlen)
    words = {"rib": rib, "afi": afi, "of": EVERY_ROUTE if longer else one}
    (reply,) = yield (Ask(ROUTE.format(table=TABLES[0], **words), XML, optional=True),)
    if reply is None:
        (reply,) = yield (Ask(ROUTE.format(table=TABLES[1], **words), XML),)
    return _routes_of(reply, protocol, prefix if longer else None)


ROUTE_NETCONF = (
    '<{rib} xmlns="' + YANG + 'ip-rib-ipv{version}-oper"><vrfs><vrf><vrf-name>default</vrf-name><afs><af><af-name>'
    "{afi}</af-name><safs><saf><saf-name>Unicast</saf-name><ip-rib-route-table-names><ip-rib-route-table-name>"
    "<route-table-name>default</route-table-name>{of}</ip-rib-route-table-name></ip-rib-route-table-names></saf></safs></af></afs>"
    "</vrf></vrfs></{rib}>"
)


ONE_ROUTE_NETCONF = (
    "<routes><route><address>{address}</address><prefix-length>{length}</prefix-length></route></routes>"
)
EVERY_ROUTE_NETCONF = "<routes/>"


def route_to_netconf(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix in the default VRF, or with `longer` to those within it, over NETCONF."""
    prefix = ipaddress.ip_network(destination)
    rib, afi = ("ipv6-rib", "IPv6") if prefix.version == 6 else ("rib", "IPv4")
    one = ONE_ROUTE_NETCONF.format(address=prefix.network_address, length=prefix.prefixlen)
    of = EVERY_ROUTE_NETCONF if longer else one
    asked = ROUTE_NETCONF.format(version=prefix.version, rib=rib, afi=afi, of=of)
    (reply,) = yield (Ask(asked, XML, recorded=f"ip-rib-ipv{prefix.version}-oper_{rib}"),)
    return _routes_of(reply, protocol, prefix if longer else None)


def _routes_of(reply: Element, protocol: str, around: Network | None) -> tuple[Route, ...]:
    wanted = "connected" if protocol == "direct" else protocol
    found = (each for route in plain(reply).iter("route") for each in _routes(route))
    return tuple(
        each for each in found if wanted in ("", each.protocol) and (around is None or within(each.prefix, around))
    )


def _routes(told: Element) -> Iterator[Route]:
    paths = members(told, "routepath/entry", "routepath/ipv4ribedmpath", "routepath/ipv6ribedmpath")
    for number, path in enumerate(paths):
        yield Route(
            prefix=f"{either(told, 'prefix')}/{either(told, 'prefixlengthxr', 'prefixlength')}",
            protocol=(either(told, "protocolname") or "").lower(),
            active=number == 0,
            next_hop=either(path, "address"),
            interface=either(path, "interfacename"),
            preference=whole(told, "distance"),
            precedence=whole(told, "priority"),
            metric=whole(told, "metric"),
            tag=whole(told, "tag") or None,
            age_s=whole(told, "routeage"),
        )
