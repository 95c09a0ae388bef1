"""How IOS writes its configuration, and what its commands do to it. Pure data.

Only what VLANs, interfaces, spanning trees, access lists and OSPF are made of is told exactly: other lines are never
changed.
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
)

RULES = Rules(
    values=rules("""
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
interface * / ip address * secondary
interface * / ip address =...
interface * / ip access-group = *
interface * / ip ospf cost =
interface * / ip ospf network =
interface * / ip ospf * area =
router ospf * / router-id =
router ospf * / maximum-paths =
~ip access-list extended * / # =...
"""),
    permanent=rules("""
interface GigabitEthernet*
interface FastEthernet*
interface TenGigabitEthernet*
interface Ethernet*
"""),
    definitions=rules("""
vlan *
ip access-list extended *
interface Port-channel*
interface Loopback*
interface Vlan*
router ospf *
"""),
    first=rules("""
interface * / switchport
interface * / vrf forwarding *
router ospf * / passive-interface default
"""),
    resets=resets("""
interface * / vrf forwarding * : ip address, ipv6 address
"""),
)

_WITH_MASK = re.compile(r"ip address (\d+\.\d+\.\d+\.\d+) (\d+\.\d+\.\d+\.\d+)")
_WITH_LENGTH = re.compile(r"ip address (\d+\.\d+\.\d+\.\d+/\d+)")


_EDGE = re.compile(r"^( +spanning-tree portfast) edge\b", re.MULTILINE)


def without_edge(text: str) -> str:
    """A configuration in which a port is `portfast`, where some releases show it as `portfast edge`."""
    return _EDGE.sub(r"\1", text)


def with_lengths(text: str) -> str:
    """A configuration with prefix lengths in the place of masks."""
    return _WITH_MASK.sub(lambda found: f"ip address {ipaddress.ip_interface(f'{found[1]}/{found[2]}')}", text)


def with_mask(line: str) -> str:
    """A line with a mask in the place of a prefix length."""
    return _WITH_LENGTH.sub(
        lambda found: f"ip address {ipaddress.ip_interface(found[1]).with_netmask.replace('/', ' ')}", line
    )
