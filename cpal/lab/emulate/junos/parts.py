"""Statements of Junos that stand in several places of a configuration. Source: as `schema`."""

from __future__ import annotations

from typing import Final

PARTS: Final[dict[str, str]] = {
    "vrrp": """
vrrp-group <number>
   authentication-type = (simple|md5)
   authentication-key = <string>
   virtual-address <ip> {list}
   priority = <number>
   accept-data
   no-preempt
   preempt {presence}
""",
    "dhcp": """
dhcp-relay
   server-group
      <name> {in server-group}
         <ip> {in address}
   active-server-group = <name>
   forward-only
   group <name>
      active-server-group = <name>
      interface <interface>
""",
    "dhcp-relay": """
forwarding-options
   @dhcp
""",
    "policy": """
from
   protocol <name> {list}
   family = <name>
   instance = <name>
   interface <interface> {list}
   neighbor <host> {list}
   next-hop <host> {list}
   community <name> {list}
   as-path <name> {list}
   prefix-list <name>
   prefix-list-filter <name> (exact|orlonger|longer)
   route-filter-list <name>
   route-filter <route> (exact|orlonger|longer)
   route-filter <route> (upto|prefix-length-range) = <word>
   route-type = <name>
   metric = <number>
   tag <number> {list}
   local-preference = <number>
   rib = <name>
   external {presence}
   nlri-route-type <number> {list}
to
   rib = <name>
then
   metric = <number>
   metric (add|subtract) = <number>
   local-preference = <number>
   origin = <name>
   tag = <number>
   color = <number>
   community (add|delete|set) <name>
   as-path-prepend = <string>
   next-hop = <word>
   load-balance = (per-packet|per-flow|consistent-hash)
   priority = <name>
   next = (policy|term)
   external
      type = <number>
   default-action = (accept|reject)
   accept
   reject
""",
    "routing": """
interface-routes
   rib-group
      inet = <name>
router-id = <ip>
autonomous-system = <as> {value as-number}
confederation = <as> {presence}
   members <as> {list}
auto-export {presence}
multipath {presence}
   vpn-unequal-cost {presence}
static
   @static
rib <name>
   static
      @static
forwarding-table
   export <name> {list}
   chained-composite-next-hop
      ingress
         evpn
instance-import <name> {list}
aggregate
   route <route>
generate
   route <route>
""",
    "static": """
route <route>
   next-hop <word> {list}
   qualified-next-hop <word>
      preference = <number>
      interface = <interface>
   next-table = <name>
   discard
   reject
   receive
   no-readvertise
   preference = <number>
   metric = <number>
""",
    "protocols": """
router-advertisement
   interface <interface>
      max-advertisement-interval = <number>
      min-advertisement-interval = <number>
      managed-configuration
      other-stateful-configuration
      prefix <route>
         (on-link|no-on-link)
         (autonomous|no-autonomous)
bgp
   family (inet|inet6|evpn|inet-vpn|inet6-vpn)
      @nlri
   path-selection
      (always-compare-med|cisco-non-deterministic|external-router-id)
   log-updown
   advertise-inactive
   graceful-restart {presence}
   export <name> {list}
   import <name> {list}
   multipath {presence}
      multiple-as
   group <name>
      type = (internal|external)
      @bgp
      allow <route> {list}
      neighbor <host>
         @bgp
      neighbor <interface>
         @bgp
      dynamic-neighbor <name>
         peer-auto-discovery
            family inet6
               ipv6-nd
            interface <interface>
evpn {presence}
   encapsulation = (vxlan|mpls)
   default-gateway = (advertise|do-not-advertise|no-gateway-community)
   multicast-mode = <name>
   extended-vni-list <word> {list}
   duplicate-mac-detection
      detection-threshold = <number>
      detection-window = <number>
      auto-recovery-time = <number>
   irb-symmetric-routing {presence}
      vni = <vni>
   ip-prefix-routes {presence}
      advertise = <name>
      encapsulation = (vxlan|mpls)
      vni = <vni>
      export <name> {list}
      import <name> {list}
   vni-options
      vni <vni>
         vrf-target = <target>
   no-core-isolation
isis
   interface <interface>
      point-to-point
      passive {presence}
      disable
      level <number>
         disable
         metric = <number>
         passive
         hello-interval = <number>
      family (inet|inet6)
         bfd-liveness-detection
            minimum-interval = <number>
            multiplier = <number>
   level <number>
      wide-metrics-only
      disable
   export <name> {list}
   reference-bandwidth = <word>
   net = <word>
   no-ipv6-routing
   topologies
      ipv6-unicast
ospf
   @ospf
ospf3
   @ospf
mpls
   interface <interface>
ldp
   interface <interface>
   transport-address = <word>
rip
   group <name>
      export <name> {list}
      neighbor <interface>
pim
   interface <interface>
""",
    "bgp": """
description = <string>
metric-out = <word>
local-address = <host>
hold-time = <number>
passive
local-preference = <number>
import <name> {list}
family (inet|inet6|evpn|inet-vpn|inet6-vpn)
   @nlri
authentication-key = <string>
export <name> {list}
remove-private {presence}
   all
cluster = <ip>
peer-as = <as>
local-as = <as> {presence} {value as-number}
   no-prepend-global-as
   private
   alias
   loops = <number>
as-override
advertise-inactive
advertise-peer-as
no-client-reflect
multipath {presence}
   multiple-as
multihop {presence}
   ttl = <number>
   no-nexthop-change
ttl = <number>
shutdown {presence}
graceful-restart {presence}
bfd-liveness-detection
   minimum-interval = <number>
   multiplier = <number>
vpn-apply-export
""",
    "nlri": """
(unicast|multicast|signaling|labeled-unicast|any) {presence}
   add-path
      receive
      send
         path-count = <number>
   extended-nexthop
   loops = <number>
   prefix-limit
      maximum = <number>
   explicit-null {presence}
""",
    "ospf": """
rib-group = <name>
export <name> {list}
import <name> {list}
reference-bandwidth = <word>
area <area>
   nssa {presence}
      default-lsa
         default-metric = <number>
      no-summaries
   stub {presence}
      default-metric = <number>
      no-summaries
   area-range <route>
      restrict
   interface <interface>
      interface-type = (p2p|p2mp|nbma)
      passive {presence}
      disable
      metric = <cost>
      priority = <number>
      hello-interval = <number>
      dead-interval = <number>
      authentication
         simple-password = <string>
         md5 <number>
            key = <string>
      bfd-liveness-detection
         minimum-interval = <number>
         multiplier = <number>
""",
    "xstp": """
disable
bridge-priority = <bridge-priority>
max-age = <number>
hello-time = <number>
forward-delay = <number>
force-version = (stp)
bpdu-block-on-edge
interface <interface>
   @xstp-port
""",
    "xstp-port": """
edge
no-root-port
disable
mode = (p2p|shared|point-to-point)
priority = <number>
cost = <number>
bpdu-timeout-action
   (block|alarm|log)
""",
    "vlan": """
<name> {in vlan}
   description = <string>
   vlan-id = <vlan-id>
   vlan-id-list <vlan> {list}
   interface <interface>
   l3-interface = <interface>
   vxlan
      vni = <vni>
      ingress-node-replication
      static-remote-vtep-list <ip> {list}
   forwarding-options
      filter
         input = <name> {value filter-name}
         output = <name> {value filter-name}
""",
}
"""Statements that stand in several places."""
