"""How IOS writes its configuration, and what its commands do to it. Pure data.

Only what VLANs, VRFs, interfaces, spanning trees, access lists, OSPF, BGP, static routes and servers are made of is
told exactly: other lines are never changed.
Source: Cisco IOS command references; "Configuring VLANs", "Configuring Interface Characteristics" (Catalyst).
"""

from __future__ import annotations

import ipaddress
import re

from cpal.drivers.devices.commands import Rules, resets, rules
from cpal.drivers.devices.parse.tree import Dialect

DIALECT = Dialect(
    indent=1,
    noise=frozenset({"end", "exit", "exit-address-family"}),
    texts=re.compile(r"banner (?:exec|incoming|login|motd) (?P<end>\^C).*"),
    ranges=re.compile(r"vlan (?P<ids>[\d,-]+)"),
    joined=re.compile(r"spanning-tree (?:vlan|mst) (?P<ids>[\d,-]+) priority \d+"),
    whole=re.compile(r"^\s*end\s*$", re.MULTILINE),
)

RULES = Rules(
    values=rules("""
ntp server vrf * * =...
ntp server * =...
ip route vrf * * * =...
ip route * * =...
ipv6 route vrf * * * =...
ipv6 route * * =...
spanning-tree mode =
spanning-tree vlan * priority =
spanning-tree mst * priority =
vlan * / name =...
vlan * / state =
interface * / description =...
interface * / mtu =
interface * / switchport mode =...
interface * / switchport access vlan =
interface * / switchport trunk native vlan =
interface * / switchport trunk allowed vlan =...
interface * / spanning-tree portfast =...
interface * / spanning-tree bpduguard =
~interface * / channel-group =...
interface * / vrf forwarding =
interface * / ip vrf forwarding =
interface * / ip address * secondary
interface * / ip address =...
interface * / ip access-group = *
interface * / ip ospf cost =
interface * / ip ospf network =
interface * / ip ospf * area =
router ospf * / router-id =
router ospf * / maximum-paths =
router ospf * / redistribute bgp * =...
router ospf * / redistribute * =...
router ospf * vrf * / redistribute bgp * =...
router ospf * vrf * / redistribute * =...
router ospf * vrf * / router-id =
router ospf * vrf * / maximum-paths =
~vrf definition * / rd =
~ip vrf * / rd =
~ip access-list extended * / # =...
router bgp * / bgp router-id =
!router bgp * / neighbor * remote-as =
router bgp * / neighbor * description =...
router bgp * / neighbor * update-source =
router bgp * / neighbor * ebgp-multihop =...
router bgp * / address-family * / maximum-paths =...
router bgp * / address-family * vrf * / maximum-paths =...
router bgp * / address-family * vrf * / bgp router-id =
!router bgp * / address-family * vrf * / neighbor * remote-as =
router bgp * / address-family * vrf * / neighbor * description =...
router bgp * / address-family * vrf * / neighbor * update-source =
router bgp * / address-family * vrf * / neighbor * ebgp-multihop =...
policy-map * / class * / set dscp =
"""),
    permanent=rules("""
policy-map * / class class-default
interface GigabitEthernet*
interface FastEthernet*
interface TenGigabitEthernet*
interface Ethernet*
"""),
    definitions=rules("""
vlan *
vrf definition *
ip vrf *
ip access-list extended *
class-map match-any *
policy-map *
interface Port-channel*
interface Loopback*
interface Vlan*
~router ospf * =...
router bgp * / neighbor * remote-as =
router bgp * / address-family * vrf * / neighbor * remote-as =
"""),
    ordered=rules("""
policy-map * / class *
"""),
    first=rules("""
interface * / switchport
interface * / vrf forwarding *
interface * / ip vrf forwarding *
interface * / ip address =
vrf definition * / rd *
router ospf * / passive-interface default
router ospf * vrf * / passive-interface default
router bgp * / bgp router-id *
router bgp * / neighbor * remote-as =
router bgp * / address-family * vrf * / bgp router-id *
router bgp * / address-family * vrf * / neighbor * remote-as =
"""),
    resets=resets("""
interface * / vrf forwarding * : ip address, ipv6 address, ipv6 enable
interface * / ip vrf forwarding * : ip address, ipv6 address, ipv6 enable
"""),
    defaults=rules("""
router bgp * / address-family * / neighbor * activate
router bgp * / address-family * * / neighbor * activate
router bgp * / address-family * vrf * / neighbor * activate
"""),
    opening=rules("""
vrf definition *
vrf definition * / address-family *
"""),
)

_ADDRESS = r"\d+\.\d+\.\d+\.\d+"
_MASKED = r"(?:no )?(?:ip address|network|ip route(?: vrf \S+)?)"
"""How lines begin that have an address with a mask."""
_WITH_MASK = re.compile(rf"^( *{_MASKED}) ({_ADDRESS}) (?:mask )?({_ADDRESS})(?!\S| area)", re.MULTILINE)
_WITH_LENGTH = re.compile(rf"^( *{_MASKED}) ({_ADDRESS}/\d+)")
_CLASSFUL = re.compile(rf"^( +network) ({_ADDRESS})$", re.MULTILINE)
"""A prefix of BGP that has the length of its class. Source: RFC 791, section 3.2."""
_CAPITALS = re.compile(r"^ +(?:no )?(?:network|neighbor|ipv6 address) [\dA-F]*:[\dA-F:.]*(?:/\d+$|(?= ))", re.MULTILINE)
"""An IPv6 address of BGP or of an interface, whose letters IOS shows in capitals."""
_WITH_ADDRESSES = re.compile(r"^(?:ntp server|logging host|ipv6 route) .*", re.MULTILINE)
"""A line of servers or routes; IPv6 addresses are in capitals there too, wherever they stand."""
_ADDRESS6 = re.compile(r"(?<= )(?<!vrf )(?<!name )[\dA-F]*:[\dA-F:.]*(?:/\d+)?(?= |$)")
_EDGE = re.compile(r"^( +spanning-tree portfast) edge\b", re.MULTILINE)


def without_edge(text: str) -> str:
    """A configuration in which a port is `portfast`, where some releases show it as `portfast edge`."""
    return _EDGE.sub(r"\1", text)


def with_lengths(text: str) -> str:
    """A configuration with prefix lengths in the place of masks."""
    text = _WITH_MASK.sub(lambda found: f"{found[1]} {ipaddress.ip_interface(f'{found[2]}/{found[3]}')}", text)
    text = _CAPITALS.sub(lambda found: found[0].lower(), text)
    text = _WITH_ADDRESSES.sub(lambda line: _ADDRESS6.sub(lambda found: found[0].lower(), line[0]), text)
    return _CLASSFUL.sub(lambda found: f"{found[1]} {found[2]}/{_length_of_class(found[2])}", text)


def _length_of_class(address: str) -> int:
    first = int(address.partition(".")[0])
    return 8 if first < 128 else 16 if first < 192 else 24


def with_mask(line: str) -> str:
    """A line with a mask in the place of a prefix length."""
    return _WITH_LENGTH.sub(_masked, line)


def _masked(found: re.Match[str]) -> str:
    between = " mask " if found[1].endswith("network") else " "
    return f"{found[1]} {ipaddress.ip_interface(found[2]).with_netmask.replace('/', between)}"
