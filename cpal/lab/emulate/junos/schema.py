"""The statements of a Junos configuration that the emulator knows, in the order in which Junos shows them.

A rule that ends in a slot after a literal is a list, whose entries XML names by `<name>`; `{in element}` says how XML
calls the entries of a list that has no word of its own. `{list}` values may be several, written `[ a b ]`; `{ordered}`
entries stay as they were written; `{presence}` statements mean something though nothing is below them; `{value x}` says
in which element XML has the value of a leaf.

Source: Junos OS CLI reference, "Configuration statements".
"""

from __future__ import annotations

from functools import cache
from typing import Final

from cpal.lab.emulate.grammar import Rules, compiled
from cpal.lab.emulate.junos.filter_words import FILTER_SLOTS
from cpal.lab.emulate.junos.parts import PARTS
from cpal.lab.emulate.words import Slot, Taken, address, area, number, pattern, prefix

_VLAN = number(1, 4094)


def _any(words: object, at: int) -> Taken:
    assert isinstance(words, tuple | list)
    return 1, str(words[at])


SLOTS: dict[str, Slot] = {
    "string": _any,
    "word": pattern(r"\S+"),
    "name": pattern(r"[\w.:/*+@-]+"),
    "ip": address(4),
    "ip6": address(6),
    "prefix": prefix(4),
    "prefix6": prefix(6),
    "any-prefix": lambda words, at: prefix(4)(words, at) or prefix(6)(words, at),
    "host": lambda words, at: address(4)(words, at) or address(6)(words, at),
    "route": lambda words, at: prefix(4, host_bits=False)(words, at) or prefix(6, host_bits=False)(words, at),
    "number": number(0, 2**32 - 1),
    "count": number(1, 4092),
    "ecmp": pattern("16|32|64|128"),
    "msti": number(1, 64),
    "bridge-priority": pattern("|".join(f"{n * 4096}|{n * 4}k" for n in range(16))),
    "vlan": pattern(r"(?!0$)\d{1,4}|all|[\w.-]*[A-Za-z_][\w.-]*|\d+-\d+"),
    "vlan-id": lambda words, at: _VLAN(words, at) or pattern("none|all")(words, at),
    "vni": number(0, 2**24 - 1),
    "mtu": number(256, 9500),
    "mc-ae": number(1, 65535),
    "interface": pattern(r"(ge|xe|et|ae|irb|lo|vme|me|fxp|em|gr|vtep|st|fti)[-\d/:.*]*|all|default"),
    "port": pattern(r"(ge|xe|et)-\d+/\d+/\d+(:\d+)?|(ae|fxp|em|me|lo|st|fti|gr-)[\d/]+|irb|vme"),
    "unit": number(0, 16385),
    "as": pattern(r"\d+(\.\d+)?"),
    "rd": pattern(r"[\d.]+L?:\d+"),
    "target": pattern(r"(target|origin|large)?:?[\w.*:^-]+"),
    **FILTER_SLOTS,
    "area": area,
    "cost": number(1, 65535),
    "action": pattern(r"accept|reject|next|discard"),
}

SCHEMA: Final = """
version = <word>
system
   host-name = <name>
   domain-name = <name>
   domain-search <name> {list}
   time-zone = <word>
   no-redirects
   root-authentication
      encrypted-password = <string>
      ssh-rsa <string>
   login
      message = <string>
      class <name>
         idle-timeout = <number>
         permissions <name> {list}
      user <name>
         full-name = <string>
         uid = <number>
         class = <name>
         authentication
            encrypted-password = <string>
            plain-text-password-value = <string> {secret}
            ssh-rsa <string>
            ssh-ed25519 <string>
   name-server <host> {ordered}
   static-host-mapping {flat}
      <name>
         inet <ip> {list}
         inet6 <ip6> {list}
   services
      ssh {presence}
         root-login = (allow|deny|deny-password)
         protocol-version <name> {list}
         max-sessions-per-connection = <number>
      netconf {presence}
         ssh {presence}
            port = <number>
         rfc-compliant
         yang-compliant
      telnet {presence}
   syslog
      user <name>
         <name> <name> {in contents}
      host <name>
         <name> <name> {in contents}
         port = <number>
         routing-instance = <name>
      file <name>
         <name> <name> {in contents}
   ntp
      server <host> {ordered}
         prefer
         version = <number>
         routing-instance = <name>
         key = <number>
      source-address <host>
   commit
      persist-groups-inheritance
   processes
      dhcp-service
         traceoptions
            file <name>
chassis
   maximum-ecmp = <ecmp>
   aggregated-devices
      ethernet
         device-count = <count>
   fpc <number>
      pic <number>
         port <number>
            speed = <word>
   auto-image-upgrade
interfaces {units}
   <port> {in interface}
      description = <string>
      disable
      mtu = <mtu>
      speed = <word>
      mac = <word>
      vlan-tagging
      flexible-vlan-tagging
      encapsulation = <name>
      hold-time
         up = <number>
         down = <number>
      ether-options
         802.3ad = <name>
         auto-negotiation
         no-auto-negotiation
      gigether-options
         802.3ad = <name>
      esi
         =<word> {in identifier}
         all-active
      aggregated-ether-options
         minimum-links = <number>
         lacp
            (active|passive)
            periodic = (fast|slow)
            system-id = <word>
            admin-key = <number>
         mc-ae
            mc-ae-id = <mc-ae>
            redundancy-group = <number>
            chassis-id = (0|1)
            mode = (active-active|active-standby)
            status-control = (active|standby)
            init-delay-time = <number>
      unit <unit>
         description = <string>
         disable
         proxy-macip-advertisement
         encapsulation = <name>
         vlan-id = <number>
         virtual-gateway-accept-data
         virtual-gateway-v4-mac = <word>
         virtual-gateway-v6-mac = <word>
         mac = <word>
         no-redirects
         family inet {presence}
            mtu = <mtu>
            address <prefix>
               primary
               preferred
               virtual-gateway-address = <ip>
               @vrrp
            filter
               input = <name> {value filter-name}
               output = <name> {value filter-name}
            unnumbered-address = <interface>
            no-redirects
            dhcp {presence}
         family inet6 {presence}
            mtu = <mtu>
            address <prefix6>
               primary
               preferred
               virtual-gateway-address = <ip6>
            filter
               input = <name> {value filter-name}
               output = <name> {value filter-name}
            unnumbered-address = <interface>
            dhcpv6-client {presence}
         family ethernet-switching {presence}
            interface-mode = (access|trunk)
            vlan
               members <vlan> {list}
            native-vlan-id = <number>
            filter
               input = <name> {value filter-name}
               output = <name> {value filter-name}
         family iso {presence}
            address <word>
         family mpls {presence}
            mtu = <mtu>
      native-vlan-id = <number>
snmp
   name = <string>
   description = <string>
   location = <string>
   contact = <string>
   community <name>
      authorization = (read-only|read-write)
      clients <route>
      client-list-name = <name>
forwarding-options
   @dhcp
   vxlan-routing {presence}
      overlay-ecmp
      next-hop = <number>
event-options
   policy <name>
      events <name> {list}
policy-options
   prefix-list <name>
      <route> {in prefix-list-item}
   route-filter-list <name>
      <route> = [exact|orlonger|longer] {in rf_list}
      <route> = (upto|prefix-length-range) <word> {in rf_list}
   policy-statement <name>
      term <name> {ordered}
         @policy
      @policy
   community <name>
      members <string> {list}
   as-path <name> = <string> {value path}
   as-path-group <name>
      as-path <name> = <string> {value path}
firewall
   family (inet|inet6|ethernet-switching)
      filter <name>
         interface-specific
         term <string> {ordered}
            from
               source-address <any-prefix>
               destination-address <any-prefix>
               address <any-prefix>
               protocol <filter-protocol> {list}
               port <filter-port> {list}
               source-port <filter-port> {list}
               destination-port <filter-port> {list}
               tcp-flags = <string>
               tcp-established
               icmp-type <icmp-type> {list}
               icmp-code <icmp-code> {list}
               dscp <dscp> {list}
            then
               dscp = <dscp>
               forwarding-class = <name>
               loss-priority = (low|medium-low|medium-high|high)
               count = <name>
               log
               syslog
               (accept|discard)
               reject {presence}
routing-instances
   <name> {in instance}
      instance-type = (vrf|virtual-router|mac-vrf|virtual-switch|evpn|forwarding)
      service-type = (vlan-based|vlan-aware|vlan-bundle)
      description = <string>
      interface <interface>
      vtep-source-interface = <interface>
      route-distinguisher = <rd> {value rd-type}
      vrf-import <name> {list}
      vrf-export <name> {list}
      vrf-target
         import = <target>
         export = <target>
         =<target> {in community}
      vrf-table-label {presence}
      protocols
         @protocols
      routing-options
         @routing
      vlans
         @vlan
      @dhcp-relay
routing-options
   @routing
switch-options
   service-id = <mc-ae>
   vtep-source-interface = <interface>
   route-distinguisher = <rd> {value rd-type}
   vrf-import <name> {list}
   vrf-export <name> {list}
   vrf-target
      =<target> {in community}
      import = <target>
      export = <target>
      auto {presence}
   mac-table-size = <number>
multi-chassis
   multi-chassis-protection <ip>
      interface <interface>
protocols
   @protocols
   iccp
      local-ip-addr = <ip>
      session-establishment-hold-time = <number>
      authentication-key = <string>
      peer <ip>
         local-ip-addr = <ip>
         session-establishment-hold-time = <number>
         redundancy-group-id-list <number> {list}
         authentication-key = <string>
         backup-liveness-detection
            backup-peer-ip = <ip>
         liveness-detection
            minimum-interval = <number>
            minimum-receive-interval = <number>
            multiplier = <number>
            transmit-interval
               minimum-interval = <number>
   lldp
      port-id-subtype = <name>
      interface <interface>
         disable
   lldp-med
      interface <interface>
   igmp-snooping
      vlan <name>
   layer2-control
      nonstop-bridging
      bpdu-block
         interface <interface>
            disable
            drop
         disable-timeout = <number>
   rstp {presence}
      @xstp
   mstp {presence}
      configuration-name = <word>
      revision-level = <number>
      max-hops = <number>
      @xstp
      msti <msti>
         bridge-priority = <bridge-priority>
         vlan <vlan> {list}
         interface <interface>
            priority = <number>
            cost = <number>
   vstp {presence}
      @xstp
      vlan <vlan>
         bridge-priority = <bridge-priority>
         interface <interface>
            @xstp-port
   l2-learning
      global-mac-table-aging-time = <number>
vlans
   @vlan
"""


@cache
def schema() -> Rules:
    """The statements, compiled."""
    return compiled(SCHEMA, SLOTS, PARTS)
