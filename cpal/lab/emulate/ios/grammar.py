"""The lines of an IOS configuration that the emulator knows, in the order in which IOS shows them.

It is that of a switch with routing (virtual ones, Catalyst), and of IOS-XE where bridge domains carry EVPN.
Source: Cisco IOS 15 and IOS-XE 17 command references.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from cpal.lab.emulate import marking
from cpal.lab.emulate.access_lists import ENTRIES, STANDARD, cisco
from cpal.lab.emulate.grammar import Rules, compiled
from cpal.lab.emulate.words import (
    COMMON,
    Slot,
    address,
    area,
    dscp,
    interfaces,
    netmask,
    number,
    pattern,
    prefix,
    upper,
)

NUMBERS = r"\d+(/\d+){0,2}(\.\d+)?"
INTERFACES = {"GigabitEthernet": NUMBERS, "FastEthernet": NUMBERS, "TenGigabitEthernet": NUMBERS, "Loopback": r"\d+",
              "Port-channel": r"\d+(\.\d+)?", "Vlan": r"\d+", "Tunnel": r"\d+", "BDI": r"\d+", "nve": "1"}  # fmt: skip
"""The kinds of interfaces, and how they are numbered."""

SLOTS: dict[str, Slot] = {
    **COMMON,
    **cisco(),
    "name": pattern(r"[\w.:/{}\[\]-]+"),
    "host": lambda words, at: address(4)(words, at) or upper(address(6))(words, at),
    "ip6": upper(address(6)),
    "prefix6": upper(prefix(6)),
    "net6": upper(prefix(6, host_bits=False)),
    "mask": netmask,
    "mtu": number(68, 9216),
    "area": lambda words, at: (1, words[at]) if area(words, at) else None,
    "paths": number(1, 32),
    "dscp": dscp(names=True),
    "class": pattern(r"(?!(?:class-default|type)$)[A-Za-z][\w-]{0,39}"),
    "rd": pattern(r"[\d.]+:\d+"),
    "interface": interfaces(INTERFACES),
    "hop": lambda words, at: address(4)(words, at) or interfaces({**INTERFACES, "Null": "0"})(words, at),
    "hop6": lambda words, at: upper(address(6))(words, at) or interfaces({**INTERFACES, "Null": "0"})(words, at),
    "peer": pattern(r"(?!default$)[\w.:%-]+"),
    "vrf": pattern(r"(?!default$)[\w.:-]+"),
    "older-vrf": pattern(r"(?!default$)[\w.:-]+"),
}

GRAMMAR: Final = """
version = <word>
[no] service <rest>
hostname = <name>
boot <rest>
vrf definition <vrf> {section}
   description = <rest>
   rd = <rd> {rd}
   route-target (import|export|both) <rd> [stitching]
   address-family (ipv4|ipv6) {section} {ends exit-address-family}
      route-target (import|export|both) <rd> [stitching]
      (import|export) map = <name>
ip vrf <older-vrf> {section}
   description = <rest>
   rd = <rd> {rd}
   route-target (import|export|both) <rd>
   (import|export) map = <name>
enable (secret|password) = <rest> {enable}
no aaa new-model
aaa new-model
aaa <rest>
clock (timezone|summer-time) = <rest>
vtp mode = <word>
vtp domain = <word>
no ip source-route
ip domain name = <name>
no ip domain lookup
ip host <name> = <rest>
ip name-server <ip>
ip multicast-routing [<rest>]
no ip cef
ip cef
ip routing
ip dhcp <rest>
ipv6 unicast-routing
ipv6 cef
lldp run
no cdp run
archive {section}
   log config {section}
      logging enable
      hidekeys
      notify syslog
   path = <rest>
   maximum = <number>
   write-memory
   time-period = <number>
spanning-tree mode = (pvst|rapid-pvst|mst) {tree-mode}
spanning-tree extend system-id
spanning-tree portfast [edge] (default|bpduguard default|bpdufilter default)
spanning-tree vlan <vlan> priority = <priority> {tree}
spanning-tree mst <instances> priority = <priority> {tree}
no spanning-tree vlan <vlan>
username <name> = <rest> {secret}
vlan internal allocation policy = (ascending|descending)
vlan <vlan> {each} {section}
   name = <vlan-name>
   state = (active|suspend)
   shutdown
   remote-span
bridge-domain <number> {section}
   member <interface> service-instance <number>
   member evpn-instance <number> vni <number>
   member vni <number>
   mac <rest>
l2vpn evpn {section}
   replication-type = (ingress|static)
   router-id = <interface>
   default-gateway advertise
l2vpn evpn instance <number> (vlan-based|vlan-bundle|vlan-aware) {section}
   encapsulation = (vxlan|mpls)
   replication-type = (ingress|static)
   default-gateway advertise [enable|disable]
   rd = <rd>
   route-target (import|export|both) <rd>
   ip local-learning = (enable|disable)
interface <interface> {section}
   description = <rest>
   no switchport
   switchport access vlan = <number>
   switchport voice vlan = <number>
   switchport trunk encapsulation = (dot1q|isl|negotiate)
   switchport trunk native vlan = <number>
   switchport trunk allowed vlan = (none|all|<vlan>) {allowed}
   switchport trunk allowed vlan (add|remove|except) <vlan> {allowed}
   switchport mode = (access|trunk|dynamic auto|dynamic desirable)
   switchport nonegotiate
   vrf forwarding = <vrf> {vrf-of-interface}
   ip vrf forwarding = <older-vrf> {vrf-of-interface}
   ip address = (<ip> <mask>|dhcp) {address}
   ip address <ip> <mask> secondary {address}
   ip unnumbered = <interface>
   ip access-group =<name> (in|out)
   service-policy (input|output) = <class>
   ip helper-address <ip>
   no ip redirects
   no ip proxy-arp
   ip mtu = <number>
   ip ospf cost = <cost>
   ip ospf (authentication|priority|hello-interval|dead-interval|bfd) = [<rest>]
   ip ospf network = (point-to-point|broadcast|non-broadcast|point-to-multipoint)
   ip ospf message-digest-key <number> md5 = <rest>
   ip ospf <process> area = <area> {starts-process}
   ip router isis = [<name>]
   mtu = <mtu>
   mac-address = <mac>
   shutdown
   negotiation auto
   speed = <word>
   duplex = (auto|full|half)
   no lldp (transmit|receive)
   no cdp enable
   lacp (rate|port-priority) = <word>
   channel-group = <number> mode (active|passive|on|auto|desirable) {member}
   encapsulation dot1q = <number> [native]
   ipv6 address <prefix6> [eui-64] {address}
   ipv6 address <ip6> link-local {address}
   ipv6 address (autoconfig|dhcp)
   ipv6 enable
   ipv6 mtu = <number>
   ipv6 nd <rest>
   ipv6 traffic-filter =<name> (in|out)
   ipv6 ospf <number> area = <word>
   ospfv3 <rest>
   bfd interval = <rest>
   spanning-tree portfast = [(edge|disable|trunk|edge trunk|network)] {portfast}
   spanning-tree (bpduguard|bpdufilter) = (enable|disable)
   spanning-tree (cost|port-priority) = <number>
   standby version = <number>
   standby <number> (ip|ipv6|priority|preempt|timers|track) = [<rest>]
   vrrp <number> (ip|priority|preempt|description) = [<rest>]
   storm-control <rest>
   service instance <number> ethernet {section}
      encapsulation = (untagged|default|dot1q <rest>)
      rewrite (ingress|egress) tag = <rest>
   source-interface = <interface>
   host-reachability protocol = bgp
   member vni <number> = (ingress-replication|vrf <name>|mcast-group <ip>)
router ospf <process> = [vrf <vrf>] {section}
   @ospf
router ospfv3 <number> {section}
   router-id = <ip>
   address-family (ipv4|ipv6) unicast {section} {ends exit-address-family}
      redistribute <rest>
router bgp = <as> {section} {whole}
   bgp router-id = <ip>
   bgp log-neighbor-changes
   no bgp default ipv4-unicast
   bgp (update-delay|scan-time|nopeerup-delay cold-boot|nopeerup-delay user-initiated|cluster-id) = <rest>
   bgp (bestpath|graceful-restart|listen) <rest>
   neighbor <peer> peer-group
   @session
   @policy
   @network
   address-family ipv4 {section} {ends exit-address-family}
      no neighbor <peer> activate
      @family
   address-family ipv6 {section} {ends exit-address-family}
      @family
   address-family (ipv4|ipv6) vrf <vrf> {section} {ends exit-address-family}
      bgp router-id = <ip>
      @family
   address-family (l2vpn evpn|vpnv4|vpnv6) {section} {ends exit-address-family}
      @family
ip forward-protocol nd
[no] ip http (server|secure-server)
ip http <rest>
ip bgp-community new-format
ip community-list (standard|expanded) <name> (permit|deny) <rest>
ip as-path access-list <number> (permit|deny) <rest>
ip route [vrf <vrf>] <ip> <mask> <interface> <ip> = [<rest>]
ip route [vrf <vrf>] <ip> <mask> <hop> = [<rest>]
ip ssh (version|time-out|authentication-retries|source-interface) = <rest>
ip scp server enable
ip tftp source-interface = <interface>
ip access-list standard <name> {section}
   @standard
ip access-list extended <name> {section}
   @access-list
ip prefix-list <name> seq <number> = (permit|deny) <net> [<rest>]
ip prefix-list <name> (permit|deny) <net> [<rest>] {prefix-list}
logging (buffered|console|monitor|trap|facility|source-interface) = <rest>
no logging (console|monitor|buffered)
logging host <ip> [vrf <vrf>] [transport (udp|tcp) port <number>] {exact}
logging host ipv6 <ip6> [vrf <vrf>] [transport (udp|tcp) port <number>] {exact}
ip sla <number> {section}
   icmp-echo = <rest>
   tag = <rest>
   frequency = <number>
ip sla schedule <number> = <rest>
ipv6 route [vrf <vrf>] <net6> <interface> <ip6> = [<rest>]
ipv6 route [vrf <vrf>] <net6> <hop6> = [<rest>]
ipv6 router ospf <number> {section}
   router-id = <ip>
   redistribute <rest>
ipv6 prefix-list <name> seq <number> = (permit|deny) <net6> [<rest>]
ipv6 access-list <name> {section}
   sequence <number> = (permit|deny|remark) <rest>
   (permit|deny|remark) <rest>
@marking
route-map <name> (permit|deny) <number> {section}
   description = <rest>
   match <rest>
   set <rest>
   continue = [<number>]
snmp-server (contact|location|chassis-id) = <rest>
snmp-server community <name> = [<rest>]
snmp-server (host|enable|user|group|view) <rest>
access-list <number> (permit|deny|remark) <rest>
banner (exec|incoming|login|motd) = <word> {text}
alias exec <name> = <rest>
line con <number> {section}
   @line
line aux <number> {section}
   @line
line vty <number> = <number> {section}
   @line
ntp (server|peer) [vrf <vrf>] <host> = [<rest>]
ntp (source|master) = <rest>
ntp (authenticate|logging)
ntp (authentication-key|trusted-key|access-group) <rest>
file prompt quiet
"""

PARTS: Final[dict[str, str]] = {
    **marking.CISCO,
    "access-list": ENTRIES,
    "standard": STANDARD,
    "ospf": """
router-id = <ip>
log-adjacency-changes [detail]
area <area> <rest>
redistribute (connected|static|rip|(bgp|isis|eigrp|ospf) <word>) = [<rest>] {options}
network <ip> <ip> area = <area>
passive-interface (default|<interface>) {passive}
no passive-interface <interface> {passive}
default-information originate = [<rest>]
auto-cost reference-bandwidth = <number>
timers throttle (spf|lsa) = <rest>
maximum-paths = <paths>
bfd all-interfaces
""",
    "session": """
neighbor <peer> remote-as = <as>
neighbor <peer> peer-group = <name>
neighbor <peer> local-as = <rest>
neighbor <peer> description = <rest>
neighbor <peer> shutdown
neighbor <peer> password = <rest>
neighbor <peer> update-source = <interface>
neighbor <peer> ebgp-multihop = [<number>]
neighbor <peer> timers = <rest>
neighbor <peer> fall-over [bfd]
neighbor <peer> transport <rest>
""",
    "policy": """
neighbor <peer> activate
neighbor <peer> encap = (vxlan|mpls)
neighbor <peer> send-community = [(standard|extended|both)]
neighbor <peer> (route-reflector-client|as-override|remove-private-as|soft-reconfiguration inbound)
neighbor <peer> next-hop-self [all]
neighbor <peer> allowas-in = [<number>]
neighbor <peer> advertisement-interval = <number>
neighbor <peer> default-originate = [<rest>]
neighbor <peer> (route-map|prefix-list|filter-list) =<name> (in|out)
neighbor <peer> maximum-prefix = <rest>
neighbor <peer> weight = <number>
""",
    "network": """
network <ip> = [mask <mask>] [route-map <name>]
network <net6> = [route-map <name>]
redistribute <rest>
aggregate-address <rest>
maximum-paths = <rest>
default-information originate
""",
    "family": """
bgp (scan-time|nexthop) = <rest>
advertise l2vpn evpn
@network
@session
@policy
""",
    "line": """
exec-timeout = <rest>
privilege level = <number>
logging synchronous
login = (local|authentication <name>)
no login
password = <rest>
access-class =<name> (in|out)
transport (input|output|preferred) = <rest>
stopbits = <number>
length = <number>
""",
}
"""Lines that stand in several sections."""


@cache
def rules() -> Rules:
    """The grammar, compiled: words may be cut short."""
    return compiled(GRAMMAR, SLOTS, PARTS, abbreviated=True)
