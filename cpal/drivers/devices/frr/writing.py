"""How FRR writes its configuration, and what its commands do to it. Pure data.

Source: FRR user manual, "BGP", "OSPFv2", "STATIC", "Zebra".
"""

from __future__ import annotations

from cpal.drivers.devices.commands import Rules, rules
from cpal.drivers.devices.parse.tree import Dialect

DIALECT = Dialect(
    indent=1,
    noise=frozenset({"end", "exit", "exit-address-family", "exit-vni", "exit-vrf"}),
)
"""How FRR writes. Source: FRR user manual, "VTYSH"; FRR, lib/command.c, what ends a node."""

RULES = Rules(
    values=rules("""
router bgp * / bgp router-id =
router bgp * / neighbor * description =...
router bgp * / neighbor * update-source =
router bgp * / neighbor * ebgp-multihop =
!router bgp * / neighbor * remote-as =
router bgp * / address-family * * / maximum-paths =
router bgp * vrf * / bgp router-id =
router bgp * vrf * / neighbor * description =...
router bgp * vrf * / neighbor * update-source =
router bgp * vrf * / neighbor * ebgp-multihop =
!router bgp * vrf * / neighbor * remote-as =
router bgp * vrf * / address-family * * / maximum-paths =
interface * / description =...
interface * vrf * / description =...
router ospf * / ospf router-id =
router ospf * / maximum-paths =
router ospf * vrf * / ospf router-id =
router ospf * vrf * / maximum-paths =
~interface * / ip ospf area =
interface * / ip ospf cost =
interface * / ip ospf network =
~interface * vrf * / ip ospf area =
interface * vrf * / ip ospf cost =
interface * vrf * / ip ospf network =
"""),
    permanent=rules("""
interface *
interface * vrf *
router bgp * / address-family * *
router bgp * vrf * / address-family * *
"""),
    definitions=rules("""
router ospf *
router ospf * vrf *
router bgp * / neighbor * remote-as =
router bgp * vrf * / neighbor * remote-as =
"""),
    first=rules("""
router bgp * / bgp router-id *
router bgp * / neighbor * remote-as =
router bgp * vrf * / bgp router-id *
router bgp * vrf * / neighbor * remote-as =
router ospf * / passive-interface default
router ospf * vrf * / passive-interface default
"""),
    resets=(),
)
"""What the commands of any daemon do."""
