"""How EOS writes its configuration, and what its commands do to it. Pure data.

Source: Arista EOS user manual, the command reference of each chapter.
"""

from __future__ import annotations

import re

from cpal.drivers.devices.commands import Rules, resets, rules
from cpal.drivers.devices.parse.tree import Dialect

DIALECT = Dialect(
    indent=3,
    texts=re.compile(r"banner (login|motd)"),
    text_end="EOF",
    ranges=re.compile(r"vlan (?P<ids>[\d,-]+)"),
    joined=re.compile(r"spanning-tree (?:vlan-id|mst) (?P<ids>[\d,-]+) priority \d+"),
    whole=re.compile(r"^\s*end\s*$", re.MULTILINE),
)

RULES = Rules(
    values=rules("""
aaa root =...
boot system =...
hostname =
service routing protocols model =
transceiver qsfp default-mode =
spanning-tree mode =
spanning-tree priority =
spanning-tree vlan-id * priority =
spanning-tree mst * priority =
clock timezone =...
dns domain =
ip virtual-router mac-address =
mac address-table aging-time =
username * ssh-key =...
username * =...
logging buffered =...
logging console =...
logging monitor =...
logging trap =...
logging format =...
logging source-interface =
logging vrf * source-interface =
snmp-server contact =...
snmp-server location =...
snmp-server chassis-id =...
ntp server vrf * * =...
ntp server * =...
arp vrf * * = arpa
arp * = arpa
bfd slow-timers =
banner =
vlan * / name =...
vlan * / state =
vrf instance * / rd =
vrf instance * / description =...
interface * / description =...
interface * / mtu =
interface * / speed =...
interface * / bandwidth =
interface * / load-interval =
interface * / mac-address =
interface * / switchport access vlan =
interface * / switchport trunk native vlan =
interface * / switchport trunk allowed vlan =...
interface * / switchport mode =
~interface * / channel-group =...
interface * / lacp timer =
interface * / lacp rate =
interface * / lacp port-priority =
interface * / lacp system-id =
interface * / mlag =
interface * / vrf =
interface * / encapsulation dot1q vlan =
interface * / ip address * secondary
interface * / ip address virtual * secondary
interface * / ip address virtual *
interface * / ip address =...
interface * / ip ospf area =
interface * / ip ospf cost =
interface * / ip ospf priority =
interface * / ip ospf hello-interval =
interface * / ip ospf dead-interval =
interface * / ip ospf network =
interface * / ip access-group = *
interface * / ipv6 access-group = *
interface * / mac access-group = *
interface * / spanning-tree portfast =...
interface * / spanning-tree bpduguard =...
interface * / spanning-tree guard =
interface * / spanning-tree cost =
interface * / vxlan source-interface =
interface * / vxlan udp-port =
interface * / vxlan vlan * vni =
interface * / vxlan vrf * vni =
interface * / qos trust =
interface * / qos cos =
interface * / qos dscp =
mlag configuration / domain-id =
mlag configuration / local-interface =
mlag configuration / peer-address heartbeat =...
mlag configuration / peer-address =
mlag configuration / peer-link =
~ip access-list * / # =...
~ip access-list standard * / # =...
~ipv6 access-list * / # =...
ip prefix-list * / seq # =...
ipv6 prefix-list * / seq # =...
~route-map * = *
route-map * * * / description =...
route-map * * * / set metric =...
route-map * * * / set local-preference =...
router bgp * / router-id =
router bgp * / maximum-paths =...
router bgp * / neighbor * remote-as =
router bgp * / neighbor * peer group =...
router bgp * / neighbor * update-source =
router bgp * / neighbor * description =...
router bgp * / neighbor * ebgp-multihop =...
router bgp * / neighbor * route-map = *
router bgp * / neighbor * send-community =...
router bgp * / neighbor * local-as =...
router bgp * / neighbor * maximum-routes =...
router bgp * / neighbor * allowas-in =...
router bgp * / vlan * / rd =
router bgp * / vrf * / rd =
router bgp * / vrf * / router-id =
router bgp * / vrf * / neighbor * remote-as =
router bgp * / vrf * / neighbor * description =...
router bgp * / vrf * / neighbor * update-source =
router bgp * / vrf * / neighbor * ebgp-multihop =...
router bgp * / vrf * / neighbor * send-community =...
router bgp * / vrf * / maximum-paths =...
router bgp * / vrf * / neighbor * route-map = *
router ospf * / router-id =
router ospf * / maximum-paths =
router ospf * vrf * / router-id =
router ospf * vrf * / maximum-paths =
management ssh / idle-timeout =
policy-map type quality-of-service * / class * / set dscp =
"""),
    permanent=rules("""
policy-map type quality-of-service * / class class-default
interface Ethernet*
interface Management*
management api http-commands
"""),
    definitions=rules("""
service routing protocols model =
vlan *
vrf instance *
ip access-list *
ip access-list standard *
ipv6 access-list *
class-map type qos match-any *
policy-map type quality-of-service *
ip prefix-list *
ipv6 prefix-list *
ip community-list =...
ip as-path =...
route-map =...
ip routing
ip routing vrf *
ipv6 unicast-routing
ipv6 unicast-routing vrf *
interface Port-Channel*
interface Loopback*
interface Vlan*
~router ospf * =...
router bgp * / neighbor * remote-as =
router bgp * / vrf * / neighbor * remote-as =
"""),
    ordered=rules("""
policy-map type quality-of-service * / class *
"""),
    first=rules("""
interface * / switchport
interface * / vrf *
interface * / ip address =
interface * / channel-group =...
router bgp * / router-id *
router bgp * / neighbor * remote-as =
router bgp * / vrf * / neighbor * remote-as =
router bgp * / neighbor * peer group
router ospf * / passive-interface default
router ospf * vrf * / passive-interface default
"""),
    resets=resets("""
interface * / vrf * : ip address, ipv6 address
"""),
    defaults=rules("""
ip routing vrf *
ipv6 unicast-routing vrf *
lldp run
router bgp * / address-family * / neighbor * activate
router bgp * / vrf * / address-family * / neighbor * activate
router bgp * / address-family * * / neighbor * activate
interface * / lldp transmit
interface * / lldp receive
"""),
)
