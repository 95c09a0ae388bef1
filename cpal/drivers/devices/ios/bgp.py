"""How IOS writes BGP, once prefixes have lengths: what is of a family stands in its section. Pure data.

All of a VRF stands in the section of its family, the sessions with neighbours too: those with IPv4 addresses in that of
IPv4. So a neighbour there is spoken to of the family of its address, and the router ID stands where IPv4 is spoken.

Source: Cisco IOS IP Routing: BGP Command Reference, `address-family ipv4 (BGP)`, `neighbor activate`, `network (BGP and
multiprotocol BGP)`, `maximum-paths`; "Per-VRF Assignment of BGP Router ID".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.bgp_settings import SECTION, of_as, of_vrf, silence
from cpal.drivers.devices.render_bgp import (
    CLIENTS,
    COMMUNITIES,
    DESCRIPTION,
    LEARNED,
    MULTIHOP,
    NEIGHBORS,
    NETWORKS,
    PATHS,
    ROUTER_ID,
    SELF,
    SILENT,
    SOURCE,
    Shape,
    of,
)
from cpal.drivers.devices.settings import OfFamily, Setting, asn, whole
from cpal.model.bgp import EVPN
from cpal.model.of_device import IPV4, IPV6

_NEIGHBOR = "neighbor {0}"
_SECTIONS = {IPV4: "address-family ipv4", IPV6: "address-family ipv6", EVPN: "address-family l2vpn evpn"}
_IN_VRF = {IPV4: "address-family ipv4 vrf {0}", IPV6: "address-family ipv6 vrf {0}"}


def _setting(table: str, line: str, **how: Any) -> Setting:
    """A setting of the device that stands in no family."""
    return Setting(table, SECTION, line, **how)


def _in_family(family: str, table: str, line: str, **how: Any) -> Iterator[Setting]:
    """A setting of a family, and the same of a VRF; `1` is the first word behind the VRF."""
    table = of(family, table)
    yield Setting(table, f"{SECTION} / {_SECTIONS[family]}", line.replace("{1", "{0"), hollow=1, **how)
    if family in _IN_VRF:
        yield of_vrf(table, _IN_VRF[family], line, 1, **how)


def _session(table: str, words: str, **how: Any) -> Iterator[Setting]:
    """What is said of the session with a neighbour: of a VRF, in the family of its address."""
    yield _setting(table, f"{_NEIGHBOR} {words}", **how)
    ipv4, ipv6 = (
        of_vrf(table, section, f"neighbor {{1:{kind}}} {words}", 1, **how)
        for section, kind in ((_IN_VRF[IPV4], "ip4"), (_IN_VRF[IPV6], "ip6"))
    )
    yield OfFamily(ipv4, ipv6)


def _of_family(family: str) -> Iterator[Setting]:
    neighbor = "neighbor {1}"
    yield from _in_family(family, NEIGHBORS, f"{neighbor} activate")
    yield from _in_family(family, CLIENTS, f"{neighbor} route-reflector-client")
    yield from _in_family(family, SELF, f"{neighbor} next-hop-self")
    sent = " | ".join(f"{neighbor} send-community {each}" for each in ("extended", "both"))
    yield from _in_family(family, COMMUNITIES, sent)


def _told(family: str, address: str) -> Iterator[Setting]:
    yield from _in_family(family, NETWORKS, f"network {{1:{address}}}")
    yield from _in_family(family, LEARNED, "redistribute {1}")
    yield from _in_family(family, PATHS, "maximum-paths {value}", convert=whole)


SETTINGS = (
    of_as("bgp log-neighbor-changes"),
    _setting(ROUTER_ID, "bgp router-id {value}"),
    of_vrf(ROUTER_ID, _IN_VRF[IPV4], "bgp router-id {value}", 1),
    *_session(NEIGHBORS, "remote-as {value}", convert=asn),
    *_session(DESCRIPTION, "description {value}"),
    *_session(SOURCE, "update-source {value}"),
    *_session(MULTIHOP, "ebgp-multihop {value}", convert=whole),
    *(setting for family in _SECTIONS for setting in _of_family(family)),
    *_told(IPV4, "prefix4"),
    *_told(IPV6, "prefix6"),
    Setting(SILENT, f"{SECTION} / {_SECTIONS[IPV4]}", f"no {_NEIGHBOR} activate", hollow=1),
)
"""How IOS writes each setting of BGP."""
SHAPE = Shape(speaks_ipv4=True, own_family_in_vrfs=True, distinguishes_vrfs=True)
"""What IOS has where makes differ."""
IMPLIED = silence()
"""What holds of IOS's neighbours without a line."""
