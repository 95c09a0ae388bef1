"""How NX-OS writes its configuration, and what its commands do to it. Pure data.

Source: Cisco Nexus 9000 Series NX-OS command references; "Configuring VLANs", "Configuring Layer 2 Interfaces".
"""

from __future__ import annotations

import re

from cpal.drivers.devices.commands import Rules, resets, rules
from cpal.drivers.devices.parse.tree import Dialect

DIALECT = Dialect(
    indent=2,
    noise=frozenset({"end", "exit", "end-job"}),
    texts=re.compile(r"banner (?:motd|exec) (?P<end>\S)(?!.*(?P=end)).*"),
    ranges=re.compile(r"vlan (?P<ids>[\d,-]+)"),
    joined=re.compile(r"spanning-tree (?:vlan|mst) (?P<ids>[\d,-]+) priority \d+"),
    whole=re.compile(r"^version \S", re.MULTILINE),
)

RULES = Rules(
    values=rules("""
hostname =
ip domain-name =
ip host * =...
username * =...
snmp-server contact =...
snmp-server location =...
snmp-server community * =...
ntp server * =...
ntp peer * =...
logging server * =...
ntp source =
clock timezone =...
spanning-tree mode =
spanning-tree vlan * priority =
spanning-tree mst * priority =
system jumbomtu =
fabric forwarding anycast-gateway-mac =
port-channel load-balance =...
boot nxos =...
cli alias name * =...
nxapi http port =
nxapi https port =
vlan * / name =...
vlan * / state =
vlan * / vn-segment =
vrf context * / description =...
vrf context * / vni =
vrf context * / rd =
vrf context * / ip domain-name =
vrf context * / address-family * unicast / import map =
vrf context * / address-family * unicast / export map =
vpc domain * / role priority =
vpc domain * / peer-keepalive destination =...
vpc domain * / delay restore =
interface * / description =...
interface * / mtu =
interface * / speed =
interface * / mac-address =
interface * / switchport mode =
interface * / switchport access vlan =
interface * / switchport trunk native vlan =
interface * / switchport trunk allowed vlan =...
interface * / spanning-tree port type =...
interface * / spanning-tree bpduguard =
~interface * / channel-group =...
interface * / vpc =
interface * / encapsulation dot1q =
interface * / vrf member =
interface * / ip address * secondary
interface * / ip address * tag *
interface * / ip address =
interface * / ip unnumbered =
interface * / ip access-group = *
interface * / ip port access-group = *
interface * / ipv6 link-local =
interface * / ip router ospf * area =
interface * / ipv6 router ospfv3 * area =
interface * / ip ospf cost =
interface * / ip ospf priority =
interface * / ip ospf hello-interval =
interface * / ip ospf dead-interval =
interface * / ip ospf network =
interface * / isis * =...
interface * / hsrp version =
interface * / host-reachability protocol =
interface * / source-interface =
interface * / global ingress-replication protocol =
interface * / member vni * / ingress-replication protocol =
interface * / member vni * / mcast-group =
role name * / rule * =...
~ip access-list * / # =...
ipv6 access-list * / # =...
ip prefix-list * seq # =...
ipv6 prefix-list * seq # =...
ip community-list * * seq # =...
~route-map * = *
route-map * * * / description =...
route-map * * * / continue =...
key chain * / key * / key-string =...
scheduler schedule name * / job name =
scheduler schedule name * / time start =
line * / exec-timeout =
line * / session-limit =
router ospf * / router-id =
router ospf * / maximum-paths =
router ospf * / auto-cost reference-bandwidth =...
router ospf * / log-adjacency-changes =...
router ospf * / default-information originate =...
router ospf * / timers throttle * =...
router ospf * / vrf * / router-id =
router ospf * / vrf * / maximum-paths =
router ospf * / vrf * / timers throttle * =...
router isis * / net =
router isis * / is-type =
router bgp * / router-id =
router bgp * / cluster-id =
router bgp * / address-family * * / maximum-paths =...
router bgp * / address-family * * / default-information originate =...
router bgp * / neighbor * / remote-as =...
router bgp * / neighbor * / inherit peer =
router bgp * / neighbor * / local-as =...
router bgp * / neighbor * / description =...
router bgp * / neighbor * / password =...
router bgp * / neighbor * / update-source =
router bgp * / neighbor * / ebgp-multihop =
router bgp * / neighbor * / timers =...
router bgp * / neighbor * / address-family * * / allowas-in =...
router bgp * / neighbor * / address-family * * / default-originate =...
router bgp * / neighbor * / address-family * * / maximum-prefix =...
router bgp * / neighbor * / address-family * * / weight =
router bgp * / neighbor * / address-family * * / route-map = *
router bgp * / neighbor * / address-family * * / prefix-list = *
router bgp * / vrf * / router-id =
router bgp * / vrf * / local-as =
router bgp * / vrf * / address-family * * / redistribute * route-map =
router bgp * / vrf * / address-family * * / maximum-paths =...
router bgp * / vrf * / neighbor * / remote-as =...
router bgp * / vrf * / neighbor * / description =...
router bgp * / vrf * / neighbor * / update-source =
router bgp * / vrf * / neighbor * / ebgp-multihop =
evpn / vni * l2 / rd =
policy-map type qos * / class * / set dscp =
"""),
    permanent=rules("""
policy-map type qos * / class class-default
interface Ethernet*
interface mgmt*
"""),
    definitions=rules("""
feature =...
nv overlay evpn
vlan *
vrf context *
ip access-list *
ipv6 access-list *
class-map type qos match-any *
policy-map type qos *
ip prefix-list =...
ipv6 prefix-list =...
ip community-list =...
ip as-path =...
route-map =...
scheduler job name *
~vpc domain *
interface port-channel*
router ospf *
"""),
    ordered=rules("""
policy-map type qos * / class *
"""),
    first=rules("""
interface * / switchport
interface * / vrf member *
interface * / ip address =
interface * / channel-group =...
router bgp * / router-id *
router bgp * / neighbor * / remote-as =...
router bgp * / vrf * / neighbor * / remote-as =...
"""),
    resets=resets("""
interface * / vrf member * : ip address, ipv6 address, ip router ospf, ip ospf, no ip ospf
"""),
    defaults=rules("""
interface * / ip ospf passive-interface
"""),
    opening=rules("""
vrf context *
vrf context * / address-family * unicast
router ospf * / vrf *
router bgp *
router bgp * / neighbor * / address-family * *
router bgp * / vrf * / neighbor * / address-family * *
"""),
)
