"""Whole tables of routes, in the forms of the makers' documentation: which are told, and which are within a prefix."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.engine.recordings import replay

ALL = {"destination": "0.0.0.0/0", "protocol": "", "longer": True}
IOS = """Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area
       o - ODR, P - periodic downloaded static route, H - NHRP, l - LISP

Gateway of last resort is 192.0.2.2 to network 0.0.0.0

S*    0.0.0.0/0 [1/0] via 192.0.2.2
      10.0.0.0/8 is variably subnetted, 5 subnets, 3 masks
C        10.1.0.0/24 is directly connected, GigabitEthernet0/1
L        10.1.0.1/32 is directly connected, GigabitEthernet0/1
O IA     10.2.0.0/16 [110/20] via 10.1.0.2, 00:10:05, GigabitEthernet0/1
                     [110/20] via 10.1.0.3, 1d02h, GigabitEthernet0/2
O E2     10.3.0.0/16
           [110/1] via 10.1.0.2, 3w4d, GigabitEthernet0/1
D        10.4.0.0/16 is a summary, 00:01:00, Null0
      172.16.0.0/24 is subnetted, 1 subnets
B        172.16.7.0 [20/5] via 10.1.0.9, 00:00:07
S     198.51.100.0/24 is directly connected, Null0
"""
NXOS = """IP Route Table for VRF "default"
'*' denotes best ucast next-hop
'**' denotes best mcast next-hop
'[x/y]' denotes [preference/metric]
'%<string>' in via output denotes VRF <string>

0.0.0.0/0, ubest/mbest: 1/0
    *via 192.0.2.2, [1/0], 00:01:00, static
10.2.0.0/16, ubest/mbest: 2/0
    *via 10.1.0.2, Eth1/1, [110/20], 00:10:05, ospf-1, inter
    *via 10.1.0.3, Eth1/2, [110/20], 1d02h, ospf-1, inter

IP Route Table for VRF "red"

172.16.7.0/24, ubest/mbest: 1/0
    *via 10.1.0.9, [20/5], 00:00:07, bgp-65001, external, tag 65002
"""
JUNOS = """<route-information>
<route-table><table-name>inet.0</table-name>
<rt><rt-destination>10.2.0.0</rt-destination><rt-prefix-length>16</rt-prefix-length><rt-entry><current-active/>
<protocol-name>OSPF</protocol-name><preference>10</preference><metric>20</metric>
<nh><to>10.1.0.2</to><via>ge-0/0/1.0</via></nh><nh><to>10.1.0.3</to><via>ge-0/0/2.0</via></nh></rt-entry></rt></route-table>
<route-table><table-name>inet6.0</table-name>
<rt><rt-destination>2001:db8::</rt-destination><rt-prefix-length>64</rt-prefix-length><rt-entry>
<protocol-name>Direct</protocol-name><nh><via>ge-0/0/1.0</via></nh></rt-entry></rt></route-table>
<route-table><table-name>mpls.0</table-name>
<rt><rt-destination>299792</rt-destination><rt-entry><protocol-name>LDP</protocol-name><nh><to>10.1.0.2</to></nh></rt-entry>
</rt></route-table></route-information>"""


def told(make: str, folder: Path, **words: object) -> list[tuple[str, ...]]:
    """The routes that a make tells, each as a few words."""
    routes = replay(make, "route_to", folder, {**ALL, **words}).value
    return [
        (each.prefix, each.protocol.lower(), each.vrf or "", each.next_hop or each.interface or "") for each in routes
    ]


def test_ios_tells_all_of_each_vrf(tmp_path: Path) -> None:
    (tmp_path / "show_vrf.txt").write_text("  red    1:1   ipv4   Gi0/3\n")
    (tmp_path / "show_ip_route_vrf_red.txt").write_text(
        "Routing Table: red\nC        192.0.2.0/24 is directly connected, Vl7\n"
    )
    (tmp_path / "show_ip_route.txt").write_text(IOS)
    ospf = [
        ("10.2.0.0/16", "ospf", "", "10.1.0.2"),
        ("10.2.0.0/16", "ospf", "", "10.1.0.3"),
        ("10.3.0.0/16", "ospf", "", "10.1.0.2"),
    ]
    assert told("ios", tmp_path) == [
        ("192.0.2.0/24", "connected", "red", "Vlan7"),
        ("0.0.0.0/0", "static", "", "192.0.2.2"),
        ("10.1.0.0/24", "connected", "", "GigabitEthernet0/1"),
        ("10.1.0.1/32", "local", "", "GigabitEthernet0/1"),
        *ospf,
        ("10.4.0.0/16", "eigrp", "", "Null0"),
        ("172.16.7.0/24", "bgp", "", "10.1.0.9"),
        ("198.51.100.0/24", "static", "", "Null0"),
    ]
    assert told("ios", tmp_path, destination="10.0.0.0/8", protocol="ospf") == ospf
    routes = {each.next_hop: each for each in replay("ios", "route_to", tmp_path, ALL).value if each.protocol == "ospf"}
    far = routes["10.1.0.3"]
    assert (far.preference, far.metric, far.age_s, far.interface) == (110, 20, 26 * 3600, "GigabitEthernet0/2")


@pytest.mark.parametrize("make", ["nxos", "nxos_ssh"])
def test_nxos_tells_all_of_each_vrf(make: str, tmp_path: Path) -> None:
    (tmp_path / "show_ip_route_vrf_all.txt").write_text(NXOS)
    assert told(make, tmp_path) == [
        ("0.0.0.0/0", "static", "", "192.0.2.2"),
        ("10.2.0.0/16", "ospf", "", "10.1.0.2"),
        ("10.2.0.0/16", "ospf", "", "10.1.0.3"),
        ("172.16.7.0/24", "bgp", "red", "10.1.0.9"),
    ]
    assert told(make, tmp_path, destination="172.16.0.0/12") == [("172.16.7.0/24", "bgp", "red", "10.1.0.9")]


def test_junos_tells_those_of_the_family(tmp_path: Path) -> None:
    (tmp_path / "get-route-information.xml").write_text(JUNOS)
    four = [("10.2.0.0/16", "ospf", "", hop) for hop in ("10.1.0.2", "10.1.0.3")]
    assert told("junos", tmp_path) == four
    assert told("junos", tmp_path, destination="::/0") == [("2001:db8::/64", "direct", "", "ge-0/0/1.0")]
    assert told("junos", tmp_path, destination="10.3.0.0/16") == []
