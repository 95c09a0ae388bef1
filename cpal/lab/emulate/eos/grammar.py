"""The lines of an EOS configuration that the emulator knows, in the order in which EOS shows them.

Source: Arista EOS user manual 4.30, the command reference of each chapter.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from cpal.lab.emulate import marking
from cpal.lab.emulate.access_lists import ENTRIES, STANDARD
from cpal.lab.emulate.eos.words import SLOTS
from cpal.lab.emulate.grammar import Rules, compiled

GRAMMAR: Final = """
boot system <word>
no aaa root
aaa root = <rest>
transceiver qsfp default-mode = <word>
service routing protocols model = (multi-agent|ribd)
agent <word> <rest>
logging (buffered|console|monitor|trap|synchronous|format) = <rest>
logging [vrf <word>] host <rest>
logging [vrf <word>] source-interface = <interface>
hostname = <name>
ip domain lookup <rest>
ip name-server [vrf <word>] <ip>
ip name-server [vrf <word>] <ip6>
ip domain-list <name>
ip host <name> = <rest>
ipv6 host <name> = <rest>
dns domain = <name>
ntp local-interface = [vrf <word>] <interface>
ntp server [vrf <word>] <word> = [<rest>]
ntp server <word> = [<rest>]
ntp (authenticate|trusted-key|authentication-key) = [<rest>]
platform tfa phy control-frame disabled
no lldp run
lldp run
lldp (timer|hold-time|holdtime|reinit|timer reinitialization) = <number>
snmp-server (contact|location|chassis-id) = <rest>
snmp-server [vrf <word>] local-interface = <interface>
snmp-server community <word> = [<rest>]
snmp-server view <rest>
snmp-server group <rest>
snmp-server user <rest>
snmp-server host <rest>
snmp-server enable traps [<rest>]
snmp-server vrf <word>
spanning-tree mode = (mstp|rstp|rapid-pvst|none) {tree-mode}
spanning-tree priority = <priority>
spanning-tree [no] root = <rest>
spanning-tree vlan-id <vlan> priority = <priority> {tree}
spanning-tree mst <instances> priority = <priority> {tree}
no spanning-tree vlan-id <vlan>
spanning-tree mst configuration {section}
   name = <rest>
   revision = <number>
   instance <number> vlan = <vlan>
system l1
   unsupported speed action = <word>
   unsupported error-correction action = <word>
tacacs-server <rest>
radius-server <rest>
aaa group server (tacacs+|radius) <name>
   server <rest>
aaa (authentication|authorization|accounting) <word> <word> = <rest>
username <name> = <rest> {secret}
username <name> ssh-key = <rest>
role <name>
   <number> (permit|deny) <rest>
clock timezone = <rest>
dhcp server {section}
   dns server (ipv4|ipv6) <rest>
   lease time (ipv4|ipv6) = <rest>
   subnet <net> {section}
      name = <word>
      range <ip> <ip>
      default-gateway = <ip>
      reservations {section}
         mac-address <mac>
            ipv4-address = <ip>
            ipv6-address = <ip6>
            hostname = <name>
   subnet <net6> {section}
      name = <word>
      range <ip6> <ip6>
      reservations {section}
         mac-address <mac>
            ipv6-address = <ip6>
vlan <vlan> {each}
   name = <vlan-name>
   state = (active|suspend)
   trunk group <name>
vrf instance <vrf> {section}
   rd = <rd>
   description = <rest>
interface defaults {section}
   mtu = <mtu>
   ethernet {section}
      no shutdown
      shutdown
interface <interface> {each}
   description = <rest>
   mtu = <mtu>
   speed = <rest>
   bandwidth = <number>
   load-interval = <number>
   shutdown
   mac-address = <mac>
   logging event link-status [<word>]
   no autostate
   dhcp server (ipv4|ipv6)
   switchport access vlan = <vlan>
   switchport trunk native vlan = (<vlan>|tag)
   switchport trunk allowed vlan = (none|all|<vlan>) {allowed}
   switchport trunk allowed vlan (add|remove|except) <vlan> {allowed}
   switchport mode = (access|trunk|dot1q-tunnel|tap|tool)
   switchport trunk group <name>
   no switchport
   channel-group = <number> mode (active|passive|on) {member}
   lacp (timer|rate) = (fast|normal)
   lacp port-priority = <number>
   lacp system-id = <mac>
   lldp (transmit|receive)
   no lldp (transmit|receive)
   mlag = <mlag>
   encapsulation dot1q vlan = <number>
   vrf = <vrf> {vrf-of-interface}
   dhcp client accept default-route
   ip address = (<prefix>|dhcp)
   ip address <prefix> secondary
   ip address unnumbered = <interface>
   ip address virtual <prefix>
   ip address virtual <prefix> secondary
   ip proxy-arp
   ip local-proxy-arp
   ip helper-address <ip> [vrf <word>] [source-interface <interface>]
   ipv6 enable
   ipv6 address <prefix6>
   ipv6 address <ip6> link-local
   ipv6 address virtual <prefix6>
   ipv6 address auto-config
   ipv6 dhcp relay destination <ip6> [vrf <word>]
   ipv6 nd ra disabled [all]
   ipv6 nd ra (interval|lifetime) = <rest>
   ipv6 nd ra rx accept default-route
   ipv6 nd (managed-config-flag|other-config-flag)
   ipv6 nd prefix <net6> = [<rest>]
   ip virtual-router address <ip>
   ip virtual-router address <prefix>
   ipv6 virtual-router address <ip6>
   vrrp <number> (ipv4|ipv6) = (<ip>|<ip6>)
   vrrp <number> ipv4 version = <number>
   vrrp <number> ipv4 checksum = <rest>
   vrrp <number> priority-level = <number>
   no vrrp <number> preempt
   vrrp <number> (timers|advertisement|preempt) <rest>
   bfd interval = <number> min_rx <number> multiplier <number> [default]
   bfd interval = <number> min-rx <number> multiplier <number> [default]
   bfd (echo|per-link)
   ip access-group =<name> (in|out)
   ipv6 access-group =<name> (in|out)
   mac access-group =<name> (in|out)
   service-policy type <word> (input|output) = <name>
   qos trust = <word>
   qos (cos|dscp) = <number>
   storm-control <word> level = <rest>
   ip ospf area = <area>
   ip ospf cost = <cost>
   ip ospf (priority|hello-interval|dead-interval|retransmit-interval|transmit-delay) = <number>
   ip ospf network = (point-to-point|broadcast|non-broadcast|point-to-multipoint)
   ip ospf authentication = [message-digest]
   ip ospf authentication-key = <rest>
   ip ospf message-digest-key <number> = <rest>
   ip ospf (mtu-ignore|shutdown)
   ip ospf neighbor bfd
   ospfv3 <rest>
   ipv6 ospf <number> area = <word>
   ipv6 ospf (cost|priority|hello-interval|dead-interval) = <number>
   ipv6 ospf network = (point-to-point|broadcast)
   ipv6 ospf bfd
   isis enable = <name>
   isis circuit-type = <word>
   isis [ipv6] metric = <number>
   isis network = (point-to-point|broadcast)
   isis (passive|passive-interface|bfd)
   isis hello padding = [<rest>]
   pim (ipv4|ipv6) sparse-mode
   mpls ip
   mpls ldp interface
   mpls ldp igp sync
   spanning-tree portfast = [(auto|edge|network)]
   spanning-tree (bpduguard|bpdufilter) = (enable|disable|rate-limit default)
   spanning-tree guard = (root|loop|none)
   spanning-tree (cost|port-priority) = <number>
   spanning-tree link-type = <word>
   vxlan source-interface = <interface>
   vxlan virtual-router encapsulation mac-address mlag-system-id
   vxlan encapsulation ipv6
   vxlan udp-port = <number>
   vxlan vlan <vlan> vni = <vni>
   vxlan vlan <vlan> flood vtep = <rest>
   vxlan vrf <word> vni = <vni>
   vxlan flood vtep = <rest>
mac address-table aging-time = <number>
mac address-table static <mac> vlan <vlan> interface <interface>
mac address-table static <mac> vlan <vlan> drop
mac access-list <name> {section}
   @entries
ip virtual-router mac-address = (<mac>|mlag-peer)
arp [vrf <word>] <ip> = <mac> arpa
ip access-list standard <name> {section}
   counters per-entry
   statistics per-entry
   @standard
ip access-list <name> {section}
   counters per-entry
   statistics per-entry
   @access-list
ipv6 access-list [standard] <name> {section}
   <number> (permit|deny|remark) <rest>
   (permit|deny|remark) <rest> {numbered}
no ip routing
ip routing
ip routing ipv6 interfaces
no ip routing vrf <vrf>
ip routing vrf <vrf>
no ip icmp redirect
ip as-path regex-mode = (string|asn)
ip as-path access-list <name> (permit|deny) <rest>
ip community-list [regexp] <name> (permit|deny) <rest>
ip extcommunity-list [regexp] <name> (permit|deny) <rest>
ip large-community-list [regexp] <name> (permit|deny) <rest>
ip dhcp relay information option
ip prefix-list <name> [seq <number>] (permit|deny) <net> [<rest>] {list-line}
ip prefix-list <name> {section}
   seq <number> = (permit|deny) <net> [<rest>]
   (permit|deny) <net> [<rest>] {list-numbered}
ipv6 prefix-list <name> [seq <number>] (permit|deny) <net6> [<rest>] {list-line}
ipv6 prefix-list <name> {section}
   seq <number> = (permit|deny) <net6> [<rest>]
   (permit|deny) <net6> [<rest>] {list-numbered}
ip route [vrf <vrf>] <net> [egress-vrf <word>] <ip> [<rest>]
ip route [vrf <vrf>] <net> [egress-vrf <word>] <interface> [<rest>]
ip route [vrf <vrf>] <net> null0 [<rest>]
ipv6 route [vrf <vrf>] <net6> [egress-vrf <word>] <ip6> [<rest>]
ipv6 route [vrf <vrf>] <net6> [egress-vrf <word>] <interface> [<rest>]
ipv6 route [vrf <vrf>] <net6> null0 [<rest>]
no ipv6 unicast-routing
ipv6 unicast-routing
no ipv6 unicast-routing vrf <vrf>
ipv6 unicast-routing vrf <vrf>
bfd slow-timers = <number>
mlag configuration {section}
   domain-id = <word>
   heartbeat-interval = <number>
   local-interface = <interface>
   peer-address = (<ip>|<ip6>) {exact}
   peer-address heartbeat = <ip> [vrf <word>]
   peer-link = <interface>
   reload-delay [mlag|non-mlag] = <number>
   dual-primary <rest>
   shutdown
mpls ip
mpls icmp ttl-exceeded tunneling
mpls label range <word> = <number> <number>
mpls ldp {section}
   router-id = <rest>
   transport-address interface = <interface>
   interface disabled default
   label local-termination explicit-null
   no shutdown
@marking
route-map <name> (permit|deny) <number> {section}
   description = <rest>
   sub-route-map = <word>
   match ip address prefix-list <name>
   match ipv6 address prefix-list <name>
   match ip (next-hop|resolved-next-hop) prefix-list <name>
   match ipv6 next-hop prefix-list <name>
   match (community|extcommunity|large-community|as-path) <rest>
   match interface = <interface>
   match (route-type|tag|metric|local-preference|source-protocol) = <rest>
   set ip next-hop = <rest>
   set ipv6 next-hop = <rest>
   set (metric|local-preference|weight|origin|tag|distance) = <rest>
   set metric-type = <word>
   set as-path (prepend|match) = <rest>
   set (community|extcommunity|large-community) <rest>
   continue = [<number>]
router bgp = <as> {section}
   shutdown
   router-id = <ip>
   no bgp default (ipv4-unicast|ipv6-unicast)
   bgp (advertise-inactive|log-neighbor-changes|always-compare-med|asn notation asdot)
   bgp (cluster-id|confederation identifier|confederation peers|route-reflector preserve-attributes) = <rest>
   bgp labeled-unicast rib ip tunnel
   bgp (listen range|bestpath|missing-policy|asn notation) <rest>
   graceful-restart [<rest>]
   maximum-paths = <rest>
   distance bgp = <rest>
   timers bgp = <rest>
   update wait-for-convergence
   update wait-install
   @neighbor
   @routes
   vlan <vlan> {section}
      rd = <rd>
      route-target (import|export|both) <rd>
      route-target import export <rd>
      redistribute <rest>
   vlan-aware-bundle <name> {section}
      rd = <rd>
      route-target (import|export|both) <rd>
      redistribute <rest>
      vlan = <vlan>
   address-family (evpn|vpn-ipv4|vpn-ipv6) {section}
      bgp <rest>
      neighbor default <rest>
      no neighbor <peer> activate
      neighbor <peer> activate
      neighbor <peer> route-map =<name> (in|out)
      neighbor <peer> (encapsulation|next-hop|domain) <rest>
      neighbor <peer> send-community add <word> {communities}
      neighbor <peer> send-community = [<rest>]
      host-flap detection <rest>
      route <rest>
   address-family (ipv4|ipv6) [(unicast|labeled-unicast|multicast)] {section}
      @family
      @routes
   vrf <word> {section}
      shutdown
      rd = <rd>
      route-target (import|export) <rd>
      route-target (import|export) (evpn|vpn-ipv4|vpn-ipv6) <rest>
      router-id = <ip>
      local-as = <rest>
      timers bgp = <rest>
      maximum-paths = <rest>
      no bgp default (ipv4-unicast|ipv6-unicast)
      bgp <rest>
      @neighbor
      @routes
      address-family (ipv4|ipv6) [unicast] {section}
         @family
         @routes
router isis <name> [vrf <vrf>] {section}
   net = <word>
   is-hostname = <word>
   is-type = <word>
   router-id ipv4 = <ip>
   log-adjacency-changes
   redistribute <rest>
   timers <rest>
   set-overload-bit [<rest>]
   mpls ldp sync default
   address-family (ipv4|ipv6) unicast {section}
      bfd all-interfaces
      multi-topology
      maximum-paths = <number>
      redistribute <rest>
   segment-routing mpls {section}
      router-id = <ip>
      no shutdown
      node-segment (ipv4|ipv6) index = <number>
router ospf <process> = [vrf <vrf>] {section}
   tunnel routes
   interface unnumbered hello mask tx = <ip>
   @ospf
ipv6 router ospf <number> [vrf <vrf>] {section}
   @ospf
router rip {section}
   [no] shutdown
   network <net>
   redistribute <rest>
   timers = <number> <number> <number>
   interface <interface>
banner (login|motd) {text}
management api http-commands {section}
   protocol (http|https) = [<rest>]
   no protocol (http|https)
   cors <rest>
   no shutdown
   vrf <word> {section}
      no shutdown
management api (gnmi|netconf|restconf|models) {section}
   transport <rest>
      port = <number>
      ssl profile = <word>
      no shutdown
   provider <rest>
management (console|security|telnet) {section}
   idle-timeout = <number>
   password <rest>
management ssh {section}
   idle-timeout = <number>
   ip access-group <rest>
   no shutdown
   shutdown
   vrf <word> {section}
      no shutdown
"""

PARTS: Final[dict[str, str]] = {
    **marking.ARISTA,
    "access-list": ENTRIES,
    "standard": STANDARD,
    "neighbor": """
neighbor interface <interface> peer-group = <name> [remote-as <as>]
neighbor default <rest>
neighbor <peer> peer group = [<name>]
neighbor <peer> peer-group = <name>
neighbor <peer> remote-as = <as>
no neighbor <peer> next-hop-unchanged
neighbor <peer> next-hop-self
neighbor <peer> next-hop-unchanged
neighbor <peer> next-hop-peer
neighbor <peer> local-as = <rest>
neighbor <peer> update-source = <interface>
neighbor <peer> ebgp-multihop = [<number>]
neighbor <peer> ttl maximum-hops = <number>
neighbor <peer> bfd
neighbor <peer> description = <rest>
neighbor <peer> route-reflector-client
neighbor <peer> route-server-client
neighbor <peer> allowas-in = [<number>]
neighbor <peer> as-path remote-as replace out
neighbor <peer> (passive|password|timers|weight|rib-in|default-originate|link-bandwidth|graceful-restart) = [<rest>]
neighbor <peer> remove-private-as = [<rest>]
neighbor <peer> route-map =<name> (in|out)
neighbor <peer> prefix-list =<name> (in|out)
neighbor <peer> send-community add <word> {communities}
neighbor <peer> send-community = [<rest>]
neighbor <peer> maximum-routes = <rest>
neighbor <peer> next-hop address-family ipv6 originate
neighbor <peer> shutdown
""",
    "routes": """
redistribute <word> match <rest>
redistribute <word> = [<rest>]
aggregate-address <rest>
network <net> = [route-map <name>]
network <net6> = [route-map <name>]
""",
    "family": """
bgp <rest>
no neighbor <peer> activate
neighbor <peer> activate
neighbor <peer> activate 6pe
neighbor <peer> route-map =<name> (in|out)
neighbor <peer> prefix-list =<name> (in|out)
neighbor <peer> default-originate = [<rest>]
neighbor <peer> send-community add <word> {communities}
neighbor <peer> send-community = [<rest>]
neighbor <peer> (next-hop|additional-paths|graceful-restart|weight) <rest>
neighbor <peer> next-hop-self
""",
    "ospf": """
passive-interface (default|<interface>) {passive}
no passive-interface <interface> {passive}
network <net> area <area>
area <area> <rest>
redistribute (connected|static|bgp|isis|rip|ospfv3|dynamic) = [<rest>]
bfd default
router-id = <ip>
auto-cost reference-bandwidth = <number>
distance ospf <rest>
max-lsa = <rest>
maximum-paths = <paths>
max-metric <rest>
log-adjacency-changes = [detail]
timers spf delay initial = <rest>
timers lsa rx min interval = <number>
timers lsa tx delay initial = <rest>
default-information originate = [<rest>]
mpls ldp sync default
""",
    "entries": """
<number> = (permit|deny|remark) <rest>
(permit|deny|remark) <rest> {numbered}
counters per-entry
statistics per-entry
""",
}
"""Lines that stand in several sections."""


@cache
def rules() -> Rules:
    """The grammar, compiled."""
    return compiled(GRAMMAR, SLOTS, PARTS)
