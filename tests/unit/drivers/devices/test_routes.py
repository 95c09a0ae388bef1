"""Whole tables of routes, in the forms of the makers' documentation: which are told, and which are within a prefix."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.engine.recordings import replay
from cpal.errors import Unreadable

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


IOS_6 = """IPv6 Routing Table - default - 23 entries
Codes: C - Connected, L - Local, S - Static, U - Per-user Static route
       B - BGP, HA - Home Agent, MR - Mobile Router, R - RIP
LC  2001:1:1:1::1/128 [0/0]
     via Loopback0, receive
      Last updated 22:55:51 04 December 2017
S   2001:2:2:2::2/128 [1/0]
     via 2001:10:1:2::2, GigabitEthernet0/0
      Last updated 22:57:07 04 December 2017
     via 2001:20:1:2::2, GigabitEthernet0/1
S   2001:3:3:3::3/128 [1/0]
     via GigabitEthernet0/2, directly connected
B   2001:DB8:400:1::/64 [200/1]
     via 192.168.51.1%default, indirectly connected
OI  2001:DB8:100::/64 [110/1]
     via FE80::211:1FF:FE00:1, GigabitEthernet0/0/2.100
NDp 2001:DB8:5::/64 [2/0]
     via GigabitEthernet0/3, directly connected
"""
"""An excerpt of Genie's recordings of `show ipv6 route updated` (Apache-2.0); the last two entries are constructed."""


def test_ios_tells_routes_of_ipv6(tmp_path: Path) -> None:
    (tmp_path / "show_vrf.txt").write_text("  red    1:1   ipv4,ipv6   Gi0/3\n  blue   1:2   ipv4   Gi0/4\n")
    (tmp_path / "show_ipv6_route.txt").write_text(IOS_6)
    red = "IPv6 Routing Table - red - 1 entries\nC   2001:DB8:7::/64 [0/0]\n     via Vlan7, directly connected\n"
    (tmp_path / "show_ipv6_route_vrf_red.txt").write_text(red)
    ospf = ("2001:db8:100::/64", "ospf", "", "fe80::211:1ff:fe00:1")
    assert told("ios", tmp_path, destination="::/0") == [
        ("2001:db8:7::/64", "connected", "red", "Vlan7"),
        ("2001:1:1:1::1/128", "local", "", "Loopback0"),
        ("2001:2:2:2::2/128", "static", "", "2001:10:1:2::2"),
        ("2001:2:2:2::2/128", "static", "", "2001:20:1:2::2"),
        ("2001:3:3:3::3/128", "static", "", "GigabitEthernet0/2"),
        ("2001:db8:400:1::/64", "bgp", "", "192.168.51.1"),
        ospf,
        ("2001:db8:5::/64", "nd", "", "GigabitEthernet0/3"),
    ]
    assert told("ios", tmp_path, destination="2001:db8:100::/64", longer=False) == [ospf]
    assert told("ios", tmp_path, destination="2001:db8:100::7", longer=False) == [ospf]
    assert told("ios", tmp_path, destination="2001:db8:101::7", longer=False) == []
    (tmp_path / "show_ipv6_route.txt").write_text("% Invalid input detected at '^' marker.\n")
    assert [each[2] for each in told("ios", tmp_path, destination="::/0")] == ["red"]
    (tmp_path / "show_ipv6_route.txt").write_text(IOS_6 + "     via ? ?\n")
    with pytest.raises(Unreadable, match="no form that is known"):
        told("ios", tmp_path, destination="::/0")


NXOS_6 = """IPv6 Routing Table for VRF "default"
'*' denotes best ucast next-hop
'**' denotes best mcast next-hop
'[x/y]' denotes [preference/metric]

2001:1:1:1::1/128, ubest/mbest: 2/0
    *via 2001:10:1:3::1, Eth1/2, [1/0], 01:02:00, static
    *via fe80::5054:ff:fe64:bd2e, Eth1/3, [110/41], 01:01:10, ospfv3-1, intra
2001:31:31:31::31/128, ubest/mbest: 1/0
    *via ::ffff:10.229.11.11%default:IPv4, [200/0], 01:01:43, bgp-100, internal,
tag 100
2001:33:33:33::33/128, ubest/mbest: 2/0, attached
    *via 2001:33:33:33::33, Lo3, [0/0], 01:02:01, direct,
    *via 2001:33:33:33::33, Lo3, [0/0], 01:02:01, local

IPv6 Routing Table for VRF "VRF1"

2001:7::/64, ubest/mbest: 1/0
    via fe80::1, Eth1/4, [120/2], 2w0d, rip-1, rip
"""
"""An excerpt of Genie's recordings of `show ipv6 route vrf all` (Apache-2.0)."""


@pytest.mark.parametrize("make", ["nxos", "nxos_ssh"])
def test_nxos_tells_routes_of_ipv6(make: str, tmp_path: Path) -> None:
    (tmp_path / "show_ipv6_route_vrf_all.txt").write_text(NXOS_6)
    assert told(make, tmp_path, destination="::/0") == [
        ("2001:1:1:1::1/128", "static", "", "2001:10:1:3::1"),
        ("2001:1:1:1::1/128", "ospfv3", "", "fe80::5054:ff:fe64:bd2e"),
        ("2001:31:31:31::31/128", "bgp", "", "::ffff:10.229.11.11"),
        ("2001:33:33:33::33/128", "direct", "", "2001:33:33:33::33"),
        ("2001:33:33:33::33/128", "local", "", "2001:33:33:33::33"),
        ("2001:7::/64", "rip", "VRF1", "fe80::1"),
    ]


NEIGHBOURS = """Flags: # - Adjacencies Throttled for Glean
       G - Adjacencies of vPC peer with G/W bit

IPv6 Adjacency Table for all VRFs
Total number of entries: 2054
Address         Age       MAC Address     Pref Source     Interface
2001:db8:0:500c:428d:5cff:fe34:fc79
                00:02:13  0000.0000.0000  255  icmpv6     Vlan641          #
2001:db8:0:500c:428d:5cff:fe34:fd9a
                   16w3d  408d.5c34.fd9a  50   icmpv6     Vlan641
fe80::1         00:00:04  5e00.0003.040b  50   icmpv6     Eth1/2
"""
"""After a public recording of `show ipv6 neighbor vrf all`, its addresses replaced; the last line is constructed."""


@pytest.mark.parametrize("make", ["nxos", "nxos_ssh"])
def test_nxos_tells_neighbours_of_ipv6(make: str, tmp_path: Path) -> None:
    (tmp_path / "show_ipv6_neighbor_vrf_all.txt").write_text(NEIGHBOURS)
    members = '{"TABLE_if": {"ROW_if": {"if_name": "Vlan641", "vrf_name": "red"}}}'
    (tmp_path / f"show_vrf_interface{'___json' if make == 'nxos_ssh' else ''}.json").write_text(members)
    found = replay(make, "ipv6_neighbors_table", tmp_path).value
    assert [(each.ip, each.link_layer_address, each.interface, each.vrf, each.age_s) for each in found] == [
        ("2001:db8:0:500c:428d:5cff:fe34:fc79", None, "Vlan641", "red", 133),
        ("2001:db8:0:500c:428d:5cff:fe34:fd9a", "40:8d:5c:34:fd:9a", "Vlan641", "red", 16 * 604800 + 3 * 86400),
        ("fe80::1", "5e:00:00:03:04:0b", "Ethernet1/2", None, 4),
    ]


XR = "<data><rib><vrfs><vrf><vrf-name>default</vrf-name><afs><af><safs><saf><routes>{}</routes>"
XR_END = "</saf></safs></af></afs></vrf></vrfs></rib></data>"
XR_ROUTE = (
    "<route><prefix>{}</prefix><prefix-length-xr>{}</prefix-length-xr><protocol-name>{}</protocol-name>"
    "<priority>4</priority><distance>20</distance><metric>7</metric><route-age>60</route-age><route-path>"
    "<ipv4-rib-edm-path><address>192.0.2.2</address><interface-name>Hu0/0/0/0</interface-name></ipv4-rib-edm-path>"
    "</route-path></route>"
)
"""In the form of Cisco-IOS-XR-ip-rib-ipv4-oper."""


def test_iosxr_tells_the_whole_table(tmp_path: Path) -> None:
    rows = [("10.1.0.0", 16, "ospf"), ("172.16.7.0", 24, "bgp")]
    text = XR.format("".join(XR_ROUTE.format(*row) for row in rows)) + XR_END
    (tmp_path / "ip-rib-ipv4-oper_rib.xml").write_text(text)
    four = [("10.1.0.0/16", "ospf", "", "192.0.2.2"), ("172.16.7.0/24", "bgp", "", "192.0.2.2")]
    assert told("iosxr_netconf", tmp_path) == four
    assert told("iosxr_netconf", tmp_path, destination="10.0.0.0/8") == four[:1]
    (route, _) = replay("iosxr_netconf", "route_to", tmp_path, ALL).value
    assert (route.preference, route.precedence, route.metric, route.age_s) == (20, 4, 7, 60)


AN_IOS_ROUTE = """Routing entry for 10.2.2.0/24
  Known via "ospf 7", distance 110, metric 30
  Tag 65001, type extern 1
  Last update from 10.0.7.46 on GigabitEthernet0/1, 00:00:10 ago
  Routing Descriptor Blocks:
    10.0.7.46, from 10.0.7.46, 00:00:10 ago, via GigabitEthernet0/1
      Route metric is 30, traffic share count is 1
      Route tag 65001
  * 10.0.7.38, from 10.0.7.38, 00:00:10 ago, via GigabitEthernet0/2
      Route metric is 30, traffic share count is 1
"""
A_JUNOS_ROUTE = """<rpc-reply xmlns:junos="http://xml.juniper.net/junos/21.4R0/junos"><route-information><route-table>
<table-name>inet.0</table-name><rt><rt-destination>10.2.2.0</rt-destination><rt-prefix-length>24</rt-prefix-length>
<rt-entry><current-active/><protocol-name>OSPF</protocol-name><preference>110</preference>
<age junos:seconds="10">10</age><metric>30</metric><rt-tag>65001</rt-tag>
<nh><selected-next-hop/><to>10.0.7.46</to><via>ge-0/0/1.0</via></nh></rt-entry></rt></route-table></route-information>
</rpc-reply>"""
AN_EOS_ROUTE = """{"vrfs": {"default": {"routes": {"10.2.2.0/24": {"kernelProgrammed": true, "directlyConnected": false,
"preference": 110, "routeAction": "forward", "metric": 30, "hardwareProgrammed": true, "routeType": "ospfExternalType1",
"vias": [{"interface": "Ethernet1", "nexthopAddr": "10.0.7.46"}]}}}}}"""
AN_NXOS_ROUTE = """IP Route Table for VRF "default"

10.2.2.0/24, ubest/mbest: 1/0
    *via 10.0.7.46, Eth1/1, [110/30], 00:00:10, ospf-7, type-1, tag 65001
10.2.3.0/24, ubest/mbest: 1/0
    *via 10.0.7.46, Eth1/1, [110/30], 00:00:10, ospf-7, type-1,
tag 65002
"""
AN_XR_ROUTE = """<rpc-reply><data><rib><vrfs><vrf><afs><af><safs><saf><ip-rib-route-table-names>
<ip-rib-route-table-name><routes>
<route><prefix>10.2.2.0</prefix><prefix-length-xr>24</prefix-length-xr><protocol-name>ospf</protocol-name>
<priority>8</priority><distance>110</distance><metric>30</metric><tag>65001</tag><route-age>10</route-age>
<route-path><ipv4-rib-edm-path><address>10.0.7.46</address><interface-name>GigabitEthernet0/0/0/1</interface-name>
</ipv4-rib-edm-path></route-path></route></routes></ip-rib-route-table-name></ip-rib-route-table-names></saf></safs>
</af></afs></vrf></vrfs></rib></data></rpc-reply>"""
TOLD = {
    "ios": (
        {"show_vrf.txt": "", "show_ip_route_10_2_2_0_255_255_255_0.txt": AN_IOS_ROUTE}, "GigabitEthernet0/1", 65001, 10,
    ),
    "junos": ({"get-route-information.xml": A_JUNOS_ROUTE}, "ge-0/0/1.0", 65001, 10),
    "eos": (
        {
            "show_vrf.json": '{"vrfs": {"default": {"routeDistinguisher": "", "interfaces": []}}}',
            "show_ip_route_vrf_default_10_2_2_0_24_detail.json": AN_EOS_ROUTE,
        },
        "Ethernet1", None, None,
    ),
    "nxos": ({"show_ip_route_vrf_all_10_2_2_0_24.txt": AN_NXOS_ROUTE}, "Ethernet1/1", 65001, 10),
    "nxos_ssh": ({"show_ip_route_vrf_all_10_2_2_0_24.txt": AN_NXOS_ROUTE}, "Ethernet1/1", 65001, 10),
    "iosxr_netconf": ({"ip-rib-ipv4-oper_rib.xml": AN_XR_ROUTE}, "GigabitEthernet0/0/0/1", 65001, 10),
}  # fmt: skip
"""Answers in the forms of public captures; EOS tells neither tag nor age."""


@pytest.mark.parametrize("make", TOLD)
def test_a_route_has_its_distance_metric_interface_tag_and_age(make: str, tmp_path: Path) -> None:
    answers, interface, tag, age = TOLD[make]
    for name, text in answers.items():
        (tmp_path / name).write_text(text)
    first, *more = replay(make, "route_to", tmp_path, {"destination": "10.2.2.0/24", "protocol": ""}).value
    assert (first.prefix, first.preference, first.metric, first.next_hop) == ("10.2.2.0/24", 110, 30, "10.0.7.46")
    assert (first.interface, first.tag, first.age_s) == (interface, tag, age)
    assert [each.tag for each in more] == {"ios": [65001], "nxos": [65002], "nxos_ssh": [65002]}.get(make, [])
