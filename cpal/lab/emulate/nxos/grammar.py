"""The lines of an NX-OS configuration that the emulator knows, in the order in which NX-OS shows them.

`{needs x}` lines are known once `feature x` is on. Source: Cisco Nexus 9000 NX-OS command references, release 10.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from cpal.lab.emulate import marking
from cpal.lab.emulate.access_lists import ENTRIES, nexus
from cpal.lab.emulate.grammar import Rules, compiled
from cpal.lab.emulate.words import COMMON, Slot, address, interfaces, number, number_ranges, pattern

NUMBERS = r"\d+(/\d+)*(\.\d+)?|\d+/\d+-\d+|\d+-\d+"
INTERFACES = {"Ethernet": NUMBERS, "loopback": r"\d+", "mgmt": "0", "port-channel": NUMBERS, "Vlan": NUMBERS,
              "nve": "1", "Tunnel": r"\d+", "Null": "0"}  # fmt: skip
"""The kinds of interfaces, and how they are numbered."""

SLOTS: dict[str, Slot] = {
    **COMMON,
    **nexus(),
    "name": pattern(r"[\w.:/{}\[\]-]+"),
    "host": lambda words, at: address(4)(words, at) or address(6)(words, at),
    "domain": number(1, 1000),
    "class": pattern(r"(?!class-default$)[A-Za-z][\w-]{0,39}"),
    "vpc": number(1, 4096),
    "vni": number_ranges(1, 2**24 - 1),
    "mtu": number(576, 9216),
    "paths": number(1, 64),
    "rd": pattern(r"auto|[\d.]+:\d+"),
    "interface": interfaces(INTERFACES),
    "vrf": pattern(r"(?!default$)[\w.-]+"),
}

FEATURES = (
    "nxapi",
    "lldp",
    "lacp",
    "interface-vlan",
    "bgp",
    "ospf",
    "ospfv3",
    "isis",
    "vrrp",
    "vrrpv3",
    "hsrp",
    "pim",
    "bfd",
    "vpc",
    "udld",
    "tacacs+",
    "scheduler",
    "vn-segment-vlan-based",
    "nv overlay",
    "fabric forwarding",
    "dhcp",
    "telnet",
    "netconf",
    "restconf",
    "grpc",
    "cfs",
)
"""What `feature` switches on and off."""

GRAMMAR: Final = """
hostname = <name>
install feature-set <name>
feature-set <name>
vdc <name> id <number>
cfs eth distribute {needs cfs}
nv overlay evpn
feature (FEATURES) {feature}
no cdp enable
no ip domain-lookup
ip domain-name = <name>
ip name-server <rest>
ip host <name> = <rest>
username <name> = <rest> {secret}
role name <name> {section}
   rule <number> = <rest>
snmp-server (contact|location) = <rest>
snmp-server community <name> = [<rest>]
snmp-server host <rest>
snmp-server enable traps [<rest>]
snmp-server user <rest>
rmon <rest>
ntp (server|peer) <host> = [key <number>] [prefer] [use-vrf <word>]
ntp source = <rest>
logging server <host> = [<number>] [port <number>] [use-vrf <word>] [facility <word>]
logging (level|console|monitor|timestamp|logfile) <rest>
aaa <rest>
clock timezone = <rest>
spanning-tree mode = (rapid-pvst|mst) {tree-mode}
spanning-tree vlan <vlan> priority = <priority> {tree}
spanning-tree mst <instances> priority = <priority> {tree}
no spanning-tree vlan <vlan>
system default switchport [shutdown]
system jumbomtu = <mtu>
fabric forwarding anycast-gateway-mac = <mac>
ip access-list <name> {section}
   statistics per-entry
   @access-list
ipv6 access-list <name> {section}
   <number> = (permit|deny|remark) <rest>
   (permit|deny|remark) <rest> {numbered}
ip prefix-list <name> seq <number> = (permit|deny) <net> [<rest>]
ipv6 prefix-list <name> seq <number> = (permit|deny) <net6> [<rest>]
ip community-list (standard|expanded) <name> seq <number> = (permit|deny) <rest>
ip community-list (standard|expanded) <name> (permit|deny) <rest>
ip as-path access-list <name> (permit|deny) <rest>
@static
vlan <vlan> {each}
   name = <vlan-name>
   state = (active|suspend)
   shutdown
   no shutdown
   vn-segment = <vni> {needs vn-segment-vlan-based}
@marking
route-map <name> (permit|deny) <number> {section}
   description = <rest>
   match <rest>
   set <rest>
   continue = [<number>]
bfd <rest> {needs bfd}
key chain <name> {section}
   key <number> {section}
      key-string = <rest>
vrf context <vrf> {section}
   description = <rest>
   vni = <vni>
   rd = <rd>
   @static
   ip domain-name = <name>
   ip name-server <rest>
   address-family (ipv4|ipv6) unicast {section}
      route-target (import|export|both) <rd> [evpn]
      import map = <name>
      export map = <name>
port-channel load-balance = <rest>
vpc domain = <domain> {section} {needs vpc}
   peer-switch
   peer-gateway
   role priority = <number>
   peer-keepalive destination = <ip> [source <ip>] [vrf <word>] {keepalive}
   delay restore = <number>
   auto-recovery
   ip arp synchronize
interface <interface> {each}
   description = <rest>
   shutdown {state}
   no shutdown {state}
   no switchport {layer}
   switchport {layer}
   switchport mode = (access|trunk) {mode}
   switchport access vlan = <number>
   switchport trunk native vlan = <number>
   switchport trunk allowed vlan = (none|all|<vlan>) {allowed}
   switchport trunk allowed vlan (add|remove|except) <vlan> {allowed}
   spanning-tree port type = (edge|edge trunk|network|normal)
   spanning-tree bpduguard = (enable|disable)
   mtu = <mtu>
   speed = <word>
   mac-address = <mac>
   channel-group = <number> [mode on] {static}
   channel-group = <number> mode (active|passive) {needs lacp} {member}
   lacp rate fast
   vpc = peer-link {needs vpc} {peer-link}
   vpc = <vpc> {needs vpc}
   encapsulation dot1q = <number>
   no lldp (transmit|receive)
   vrf member = <vrf> {vrf-of-interface}
   no ip redirects
   no ipv6 redirects
   ip address = (<prefix>|dhcp)
   ip address <prefix> secondary
   ip address <prefix> tag <number>
   ip unnumbered = <interface>
   ip forward
   ip access-group =<name> (in|out)
   ip port access-group =<name> in {port-list}
   service-policy type qos (input|output) = <class>
   ipv6 address <prefix6>
   ipv6 address use-link-local-only
   ipv6 link-local = <ip6>
   ipv6 nd <rest>
   ip router ospf <name> area = <area> {needs ospf}
   ipv6 router ospfv3 <name> area = <word> {needs ospfv3}
   ip ospf cost = <cost> {needs ospf}
   ip ospf (priority|hello-interval|dead-interval) = <number> {needs ospf}
   ip ospf network = (point-to-point|broadcast) {needs ospf}
   ip ospf message-digest-key <number> md5 = <rest> {needs ospf}
   ip ospf bfd {needs ospf}
   [no] ip ospf passive-interface {needs ospf}
   ip router isis <name> {needs isis}
   ipv6 router isis <name> {needs isis}
   isis (network|metric|circuit-type|passive-interface) = <rest> {needs isis}
   fabric forwarding mode anycast-gateway
   bfd <rest> {needs bfd}
   hsrp version = <number> {needs hsrp}
   vrrpv3 <number> address-family (ipv4|ipv6) {section} {needs vrrpv3}
      priority = <number>
      preempt [<rest>]
      no preempt
      address <ip> [primary]
      address <ip6> [primary]
   host-reachability protocol = bgp
   source-interface = <interface>
   global ingress-replication protocol = bgp
   member vni <vni> {section}
      ingress-replication protocol = (bgp|static)
      mcast-group = <ip>
      suppress-arp
   member vni <vni> associate-vrf
scheduler job name <name> {section} {needs scheduler} {ends end-job}
   <rest> {command}
scheduler schedule name <name> {section} {needs scheduler}
   job name = <name>
   time start = <word>
cli alias name <name> = <rest>
line (console|vty) {section}
   exec-timeout = <number>
   session-limit = <number>
boot nxos = <rest>
router ospf <name> {section} {needs ospf}
   @ospf
   vrf <vrf> {section}
      @ospf
router ospfv3 <name> {section} {needs ospfv3}
   @ospf
router isis <name> {section} {needs isis}
   net = <word>
   is-type = <word>
   log-adjacency-changes
   address-family (ipv4|ipv6) unicast {section}
      redistribute <rest>
router bgp = <as> {section} {whole} {needs bgp}
   router-id = <ip>
   cluster-id = <ip>
   log-neighbor-changes
   bestpath <rest>
   no enforce-first-as
   @families
   @neighbor
   template peer <name> {section}
      @peer
   vrf <vrf> {section}
      router-id = <ip>
      local-as = <as>
      @families
      @neighbor
evpn {section} {needs nv overlay}
   vni <vni> l2 {section}
      rd = <rd>
      route-target (import|export|both) <rd>
nxapi http port = <number>
nxapi https port = <number>
""".replace("FEATURES", "|".join(FEATURES))

PARTS: Final[dict[str, str]] = {
    **marking.NEXUS,
    "access-list": ENTRIES,
    "static": """
ip route <net> [<interface>] <ip> [name <name>] [tag <number>] [<number>]
ip route <net> <interface> [name <name>] [tag <number>] [<number>]
ipv6 route <net6> [<interface>] <ip6> [name <name>] [tag <number>] [<number>]
ipv6 route <net6> <interface> [name <name>] [tag <number>] [<number>]
""",
    "ospf": """
router-id = <ip>
log-adjacency-changes = [detail]
area <area> <rest>
redistribute (direct|static|bgp <as>|(ospf|isis|eigrp|rip) <name>) route-map = <name>
default-information originate = [<rest>]
maximum-paths = <paths>
passive-interface default
auto-cost reference-bandwidth = <rest>
timers throttle (spf|lsa) = <rest>
bfd
address-family ipv6 unicast {section}
   redistribute <rest>
""",
    "families": """
address-family (ipv4|ipv6) unicast {section}
   network <net> = [route-map <name>]
   network <net6> = [route-map <name>]
   redistribute <rest>
   aggregate-address <rest>
   maximum-paths = <rest>
   advertise l2vpn evpn
   default-information originate
address-family l2vpn evpn {section}
   maximum-paths = <rest>
   retain route-target all
   advertise-pip
""",
    "neighbor": """
neighbor <host> {section}
   @peer
neighbor <prefix> {section}
   @peer
neighbor <interface> {section}
   @peer
""",
    "peer": """
remote-as = (<as>|external|internal|route-map <name>)
inherit peer = <name>
local-as = <rest>
description = <rest>
bfd
password = <rest>
update-source = <interface>
ebgp-multihop = <number>
timers = <rest>
shutdown
dont-capability-negotiate
address-family (ipv4|ipv6) unicast {section}
   @unicast
address-family l2vpn evpn {section}
   @unicast
""",
    "unicast": """
send-community = [(standard|extended|both)]
route-reflector-client
next-hop-self [all]
as-override
allowas-in = [<number>]
soft-reconfiguration inbound [always]
default-originate = [<rest>]
disable-peer-as-check
rewrite-evpn-rt-asn
route-map =<name> (in|out)
prefix-list =<name> (in|out)
maximum-prefix = <rest>
weight = <number>
""",
}
"""Lines that stand in several sections."""


@cache
def rules() -> Rules:
    """The grammar, compiled."""
    return compiled(GRAMMAR, SLOTS, PARTS)
