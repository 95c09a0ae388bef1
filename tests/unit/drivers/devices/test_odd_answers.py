"""Answers in forms that single platforms and releases have: what is read of them, and that no line of them is lost.

The answers are excerpts of public recordings: of NAPALM's test data (Apache-2.0) where its case is named, of Cisco's
Genie parsers (Apache-2.0) where it says so; the others are constructed after the makers' documentation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cpal.drivers.devices.parse.ntp import associations
from cpal.engine.recordings import replay
from cpal.errors import Unreadable
from cpal.faces.device.napalm import normal_form
from tests.support.answers import told

VSS = """Legend: * - primary entry
        R - router's gateway mac address entry
        D - Duplicate mac address entry

Displaying entries from active supervisor: Earl [1]:

      vlan   mac address    type   learn    age                 ports
-----+----+---------------+-------+-----+----------+-----------------------------
 *        1 dead.beef.1234  dynamic  Yes       25     Po13
  R  1111 0008.e2ee.ebc7   static   No       -      Router
  R  N/A  0008.e2ee.ebc8   static   No       -      Router
       1234 1234.beef.dead  dynamic  Yes      115     Po201
"""
"""NAPALM, ios/test_get_mac_address_table/6500_6800_vss_format and 6500_missing_vlan."""
CAT3K = """          Mac Address Table
-------------------------------------------
Vlan    Mac Address       Type        Ports
----    -----------       --------    -----
 All    0100.0ccc.cccc    STATIC      CPU
  10    aaaa.bbbb.8888    STATIC      Gi1/0/8 Gi1/0/9
                                      Vl101
 100    3820.5672.fc03    DYNAMIC     Po12
"""
"""Genie, iosxe ShowMacAddressTable."""


def test_marks_stand_before_a_vlan_with_and_without_blanks(tmp_path: Path) -> None:
    entries = told(tmp_path, "ios", "mac_address_table", {"show_mac_address_table.txt": VSS})
    assert [(each.vlan, each.mac_address[:5], each.interface) for each in entries] == [
        (1, "de:ad", "Port-channel13"),
        (1111, "00:08", None),
        (None, "00:08", None),
        (1234, "12:34", "Port-channel201"),
    ]


def test_an_address_at_several_ports_is_an_entry_of_each(tmp_path: Path) -> None:
    entries = told(tmp_path, "ios", "mac_address_table", {"show_mac_address_table.txt": CAT3K})
    assert [(each.vlan, each.interface) for each in entries] == [
        (None, None),
        (10, "GigabitEthernet1/0/8"),
        (10, "GigabitEthernet1/0/9"),
        (10, "Vlan101"),
        (100, "Port-channel12"),
    ]


def test_a_line_of_a_table_that_is_in_no_known_form_is_named(tmp_path: Path) -> None:
    strange = VSS + " ?    1235 1234.beef.deae  dynamic  Yes      115     Po201\n"
    with pytest.raises(Unreadable, match=r"1235 1234\.beef\.deae"):
        told(tmp_path, "ios", "mac_address_table", {"show_mac_address_table.txt": strange})


IOS_12_4 = """VRF ios-124; default RD 65000:1; default VPNID <not set>
  Interfaces:
    FastEthernet0/1
Address family ipv4 (Table ID = 0x4):
  No Export VPN route-target communities
"""
"""NAPALM, ios/test_get_network_instances/12.4."""


def test_ios_12_4_tells_no_number_of_a_vrf(tmp_path: Path) -> None:
    brief = "Interface       IP-Address  OK? Method Status Protocol\nFastEthernet0/0 192.0.2.1   YES NVRAM  up     up\n"
    answers = {"show_vrf_detail.txt": IOS_12_4, "show_ip_interface_brief.txt": brief}
    _, vrf = told(tmp_path, "ios", "network_instances", answers)
    assert (vrf.name, vrf.route_distinguisher, vrf.interfaces) == ("ios-124", "65000:1", ("FastEthernet0/1",))


SEGMENT_ROUTING = """Routing entry for 10.16.2.2/32
  Known via "ospf 1024", distance 95, metric 4, type intra area
  Last update from 192.168.0.3 on GigabitEthernet2, 00:00:14 ago
  SR Incoming Label: 52610
  Routing Descriptor Blocks:
  * 192.168.0.1, from 10.16.2.2, 00:00:14 ago, via GigabitEthernet4, merge-labels
      Route metric is 5, traffic share count is 1
      MPLS label: 52610
      Repair Path: 192.168.0.2, via GigabitEthernet3
    192.168.0.2, from 10.16.2.2, 00:00:14 ago, via GigabitEthernet3, prefer-non-rib-labels, merge-labels
      Route metric is 3, traffic share count is 5
"""
"""Genie, iosxe ShowIpRouteWord."""


def test_labels_behind_a_next_hop_are_not_of_its_interface(tmp_path: Path) -> None:
    answers = {"show_vrf.txt": "", "show_ip_route_10_16_2_2.txt": SEGMENT_ROUTING}
    routes = told(tmp_path, "ios", "route_to", answers, destination="10.16.2.2", protocol="")
    assert [(each.next_hop, each.interface, each.metric) for each in routes] == [
        ("192.168.0.1", "GigabitEthernet4", 5),
        ("192.168.0.2", "GigabitEthernet3", 3),
    ]


def test_a_route_whose_next_hops_no_parser_knows_is_named(tmp_path: Path) -> None:
    odd = (
        'Routing entry for 192.0.2.0/24\n  Known via "lisp", distance 1, metric 0\n  Routing Descriptor Blocks:\n  ?\n'
    )
    answers = {"show_vrf.txt": "", "show_ip_route_192_0_2_1.txt": odd}
    with pytest.raises(Unreadable, match=r"192\.0\.2\.0/24 has no next hop"):
        told(tmp_path, "ios", "route_to", answers, destination="192.0.2.1", protocol="")


TRANSCEIVERS = """If device is externally calibrated, only calibrated values are printed.
++ : high alarm, +  : high warning, -  : low warning, -- : low alarm.

            Temperature  Voltage  Current   Tx Power  Rx Power
Port        (Celsius)    (Volts)  (mA)      (dBm)     (dBm)
----------  -----------  -------  --------  --------  --------
Te3/2         26.5       3.30      38.1      -1.9     -26.8 --
Gi5/12        40.0       3.35      10.6      -5.0      -4.6
Te1/1/1       26.1        N/A       6.2 --   -2.7     -28.8 -
"""
"""NAPALM, ios/test_get_optics/interface_shutdown_v2 and vss_setup."""


def test_marks_behind_levels_are_the_thresholds_crossed(tmp_path: Path) -> None:
    found = told(tmp_path, "ios", "optics", {"show_interfaces_transceiver.txt": TRANSCEIVERS})
    levels = [
        (each.laser_bias_current_ma, each.output_power_dbm, each.input_power_dbm, each.alarms)
        for port in found
        for each in port.channels
    ]
    assert levels == [
        (38.1, -1.9, -26.8, ("input_power low-alarm",)),
        (10.6, -5.0, -4.6, ()),
        (6.2, -2.7, -28.8, ("laser_bias_current low-alarm", "input_power low-warning")),
    ]


WARMTH = """Temperature:
Module  Sensor             MajorThresh   MinorThres   CurTemp     Status
                           (Celsius)     (Celsius)   (Celsius)
1        Back-Left  (D1)   70            42            28         Ok
1        Front-Right(D2)   70            47            29         Ok
"""
"""NAPALM, nxos_ssh/test_get_environment/sensor_name_whitespace."""
RESOURCES = "    CPU0 states  :   1.04% user,   98.96% idle\nMemory usage:   9K total,   4K used,   5K free\n"


def test_names_of_sensors_have_blanks(tmp_path: Path) -> None:
    answers = {"show_environment_temperature.txt": WARMTH, "show_system_resources.txt": RESOURCES}
    found = told(tmp_path, "nxos_ssh", "environment", answers).temperatures
    assert [(each.name, each.celsius) for each in found] == [("Back-Left (D1)-1", 28.0), ("Front-Right(D2)-1", 29.0)]


WITHOUT_JSON = {
    "show_version.txt": "Software\n  NXOS: version 7.0(3)I7(2)\nHardware\n  cisco Nexus9000 93180YC-EX chassis\n",
    "show_hosts.txt": "Vrf Name: default Default domain is example.com\n",
    "show_hostname.txt": "leaf1\n",
    "show_inventory___json.txt": "                      ^\n% Invalid command at '^' marker.",
    "show_inventory.txt": 'NAME: "Chassis",  DESCR: "Nexus9000"\nPID: N9K-C93180YC-EX  , VID: V02 , SN: FDO21270U84\n',
    "show_interface_status.txt": "Port    Name  Status    Vlan\nmgmt0         connected routed\n"
    "Po1     --    connected 7\n"
    "------\n Interface   Name   Status    Reason\n------\nTunnel 1     --     up        no-reason\n",
}  # fmt: skip
"""After NAPALM, nxos_ssh/test_get_facts/does_not_support_json and issue2200."""


def test_the_serial_number_is_told_without_json_too(tmp_path: Path) -> None:
    facts = told(tmp_path, "nxos_ssh", "facts", WITHOUT_JSON)
    assert facts.serial_number == "FDO21270U84"
    assert facts.interfaces == ("mgmt0", "port-channel1", "Tunnel1")


NEXT_HOPS = """IP Route Table for VRF "VRF1"

10.106.0.0/16, ubest/mbest: 1/0
    *via vrf default, Null0, [20/0], 18:11:28, bgp-333, external, tag 333
10.16.1.0/24, ubest/mbest: 1/0
    *via 2001:db8:8b05::1002%default, Eth1/1, [200/4444], 15:57:39, bgp-333, internal, tag 333
10.121.0.0/16, ubest/mbest: 1/0
    *via Null0, [55/0], 5w0d, bgp-100, discard, tag 100
10.21.33.33/32, ubest/mbest: 1/1
    **via 10.36.3.3%default, [33/0], 5w0d, bgp-100, internal, tag 100 (mpls-vpn)
10.189.1.0/24, ubest/mbest: 1/0 time
     via 10.55.130.3%default, [33/0], 3d10h, bgp-1, internal, tag 1 (evpn), segid: 50051 encap: VXLAN
"""
"""Genie, nxos ShowIpRoute."""


def test_next_hops_of_every_form_are_told(tmp_path: Path) -> None:
    answers = {"show_ip_route_vrf_all.txt": NEXT_HOPS}
    routes = told(tmp_path, "nxos_ssh", "route_to", answers, destination="0.0.0.0/0", protocol="", longer=True)
    assert [(each.prefix, each.next_hop or each.interface, each.active) for each in routes] == [
        ("10.106.0.0/16", "Null0", True),
        ("10.16.1.0/24", "2001:db8:8b05::1002", True),
        ("10.121.0.0/16", "Null0", True),
        ("10.21.33.33/32", "10.36.3.3", True),
        ("10.189.1.0/24", "10.55.130.3", False),
    ]
    (tmp_path / "show_ip_route_vrf_all.txt").write_text(NEXT_HOPS + "    *via ???\n")
    with pytest.raises(Unreadable, match=r"\*via \?\?\?"):
        replay("nxos_ssh", "route_to", tmp_path, {"destination": "0.0.0.0/0", "protocol": "", "longer": True})


def test_addresses_behind_tunnels_and_the_peer_link_name_both_whole(tmp_path: Path) -> None:
    table = (
        "C 1001     0000.04b1.b1b1   dynamic  0         F      F    nve1(192.0.2.101)\n"
        "* 2000     7e00.c000.0007    static       -       F    F  vPC Peer-Link(R)\n"
    )
    behind, linked = told(tmp_path, "nxos_ssh", "mac_address_table", {"show_mac_address_table.txt": table})
    assert (behind.interface, behind.remote_vtep) == ("nve1", "192.0.2.101")
    assert (linked.interface, linked.remote_vtep) == ("vPC Peer-Link", None)


def _bgp_route(folder: Path, as_path: str) -> Any:
    return told(folder, "eos", "route_to_longer", {
        "show_vrf.json": '{"vrfs": {"default": {"routeDistinguisher": "", "interfaces": []}}}',
        "show_vrf.text": "Maximum number of vrfs allowed: 1023\n",
        "show_ip_route_vrf_default_1_0_4_0_24_longer_prefixes_bgp_detail.json":
            '{"vrfs": {"default": {"routes": {"1.0.4.0/25": {"preference": 200, "metric": 197, "routeType": "eBGP",'
            ' "vias": [{"interface": "Ethernet49/1", "nexthopAddr": "10.253.18.200"}]}}}}}',
        "show_ip_bgp_1_0_4_0_24_longer_prefixes_vrf_default.json":
            '{"vrfs": {"default": {"asn": "202751", "bgpRouteEntries": {"1.0.4.0/25": {"bgpRoutePaths": ['
            '{"asPathEntry": '
            f'{{"asPathType": "External", "asPath": "{as_path}"}}, "nextHop": "10.253.18.200"}}]}}}}}}}}}}',
    })  # fmt: skip


@pytest.mark.parametrize("as_path", ["65001 65239 e", "(65001 65239) i", "65001 {65239} ?", "0.65001 65239 i"])
def test_a_route_came_from_the_first_as_of_its_path(tmp_path: Path, as_path: str) -> None:
    """NAPALM, eos/test_get_route_to_longer/bgp_confederation_origin_suffix: it tells the last."""
    routes = _bgp_route(tmp_path, as_path)
    assert [each.bgp.remote_as for each in routes] == [65001]
    (told_by_napalm,) = normal_form(routes, "eos", "route_to")["1.0.4.0/25"]
    assert told_by_napalm["protocol_attributes"]["remote_as"] == 65239


BROKEN = """MST0
  Spanning tree enabled protocol mstp
  Root ID    Priority    32768
             Address     3820.56ff.e15b
             Cost        6660
             Port        5 (GigabitEthernet1/0/5)

Interface           Role Sts Cost      Prio.Nbr Type
------------------- ---- --- --------- -------- --------------------------------
Gi1/0/5             Root FWD 20000     128.5    P2p Bound(RSTP)
Po14                Desg BKN*6660      128.2390 P2p Bound(PVST) *PVST_Inc
"""
"""Genie, iosxe ShowSpanningTree."""


def test_a_broken_port_has_its_cost_behind_its_mark(tmp_path: Path) -> None:
    (tree,) = told(tmp_path, "ios", "spanning_tree", {"show_spanning_tree.txt": BROKEN})
    assert [(each.interface, each.state, each.cost) for each in tree.ports] == [
        ("GigabitEthernet1/0/5", "forwarding", 20000),
        ("Port-channel14", "blocking", 6660),
    ]


def test_whole_names_are_those_of_the_interfaces(tmp_path: Path) -> None:
    """`show interfaces` of Catalyst 9000 has HundredGigE1/0/1 and FiveGigabitEthernet1/0/2."""
    table = (
        "VLAN Name   Status    Ports\n---- ------ --------- -----\n"
        "10   red    active    Hu1/0/1, Fi1/0/2, Twe1/0/3, Ap1/0/1, Fou1/0/4\n"
    )
    vlans = told(tmp_path, "ios", "vlans", {"show_vlan_all_ports.txt": table})
    assert vlans[0].interfaces == (
        "HundredGigE1/0/1", "FiveGigabitEthernet1/0/2", "TwentyFiveGigE1/0/3", "AppGigabitEthernet1/0/1",
        "FourHundredGigE1/0/4",
    )  # fmt: skip
    assert normal_form(vlans, "ios", "vlans")["10"]["interfaces"][:2] == [
        "HundredGigabitEthernet1/0/1", "FiftyGigabitEthernet1/0/2",
    ]  # fmt: skip


HEAD = "BGP router identifier 192.0.2.1, local AS number 65001\n\n"
COLUMNS = "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"
EVPN_SESSIONS = {
    "show_bgp_all_summary.txt": f"""For address family: IPv4 Unicast
{HEAD}{COLUMNS}192.0.2.3       4        65001     100     100        1    0    0 01:00:00        3

For address family: L2VPN E-VPN
{HEAD}{COLUMNS}192.0.2.3       4        65001     200     200        1    0    0 01:00:00       12
192.0.2.4       4        65001       0       0        1    0    0 never    Idle
""",
    "show_bgp_ipv4_unicast_neighbors.txt": """BGP neighbor is 192.0.2.3,  remote AS 65001, internal link
  BGP state = Established, up for 01:00:00

 For address family: IPv4 Unicast
    Prefixes Current:               9          3 (Consumes 1440 bytes)
""",
    "show_bgp_l2vpn_evpn_neighbors.txt": """BGP neighbor is 192.0.2.3,  remote AS 65001, internal link
  BGP state = Established, up for 01:00:00

 For address family: L2VPN E-VPN
    Prefixes Current:              20         12 (Consumes 1440 bytes)

BGP neighbor is 192.0.2.4,  remote AS 65001, internal link
  BGP state = Idle

 For address family: L2VPN E-VPN
""",
}
"""In the form of Genie's recordings, iosxe ShowBgpAllSummary and ShowBgpAllNeighbors."""


def test_sessions_of_evpn_are_sessions_too(tmp_path: Path) -> None:
    (instance,) = told(tmp_path, "ios", "bgp_neighbors", EVPN_SESSIONS)
    families = [
        (peer.address, peer.up, [(each.name, each.accepted) for each in peer.afi_safis]) for peer in instance.neighbors
    ]
    assert families == [
        ("192.0.2.3", True, [("IPV4_UNICAST", 3), ("L2VPN_EVPN", 12)]),
        ("192.0.2.4", False, [("L2VPN_EVPN", None)]),
    ]


NTP_23 = """
   remote         refid           auth st t when poll reach  delay   offset  jitter  rootdelay rootdisp
=======================================================================================================
*ntp1.example.net
                  192.0.2.9         -   3 u  335 1024  377   3.203   +0.325   0.332   21.896   21.225
-198.51.100.7     192.0.2.10       ok   2 u  112 1024  377  12.004   -1.750   0.101    1.001    9.250
 198.51.100.8     .INIT.            -  16 u    - 1024    0   0.000   +0.000   0.000    0.000    0.000
"""
"""Constructed: fields of an XML recording of Junos 23.4 (blackzombie87/librenms-netconf), laid out as ntpq's table."""


def test_newer_tables_of_ntp_have_three_columns_more() -> None:
    assert [
        (each.remote, each.synchronized, each.stratum, each.when, each.offset_ms, each.jitter_ms)
        for each in associations(NTP_23)
    ] == [
        ("ntp1.example.net", True, 3, "335", 0.325, 0.332),
        ("198.51.100.7", False, 2, "112", -1.75, 0.101),
        ("198.51.100.8", False, 16, "-", 0.0, 0.0),
    ]


def test_tunnels_of_evpn_are_no_ports_of_a_vlan(tmp_path: Path) -> None:
    names = ("ae1.0*", "esi.1930", "vtep-4.32773*")
    members = "".join(
        f"<l2ng-l2rtb-vlan-member><l2ng-l2rtb-vlan-member-interface>{name}</l2ng-l2rtb-vlan-member-interface>"
        "</l2ng-l2rtb-vlan-member>"
        for name in names
    )
    answer = (
        "<rpc-reply><l2ng-l2ald-vlan-instance-information><l2ng-l2ald-vlan-instance-group>"
        f"<l2ng-l2rtb-vlan-name>users</l2ng-l2rtb-vlan-name><l2ng-l2rtb-vlan-tag>10</l2ng-l2rtb-vlan-tag>{members}"
        "</l2ng-l2ald-vlan-instance-group></l2ng-l2ald-vlan-instance-information></rpc-reply>"
    )
    (vlan,) = told(tmp_path, "junos", "vlans", {"get-vlan-information.xml": answer})
    assert (vlan.id, vlan.interfaces) == (10, ("ae1.0",))


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("", ""),
        ("<rpc-reply>", "<cli><banner>{master:0}</banner></cli></rpc-reply>"),
        (
            "<rpc-reply><multi-routing-engine-results><multi-routing-engine-item><re-name>fpc0</re-name>",
            "</multi-routing-engine-item></multi-routing-engine-results></rpc-reply>",
        ),
    ],
)
def test_answers_of_junos_are_read_within_what_surrounds_them(tmp_path: Path, opened: str, closed: str) -> None:
    """As `| display xml` shows them, and as virtual chassis answer; a recording holds them with or without it."""
    answers = {
        "get-instance-information.xml": "<instance-information><instance-core><instance-name>master</instance-name>"
        "</instance-core></instance-information>",
        "get-bgp-neighbor-informationmaster.xml": "<bgp-information><bgp-peer>"
        "<peer-address>192.0.2.11+179</peer-address><peer-state>Established</peer-state></bgp-peer></bgp-information>",
        "get-bgp-summary-informationmaster.xml": "<bgp-information><bgp-peer><peer-address>192.0.2.11</peer-address>"
        '<elapsed-time seconds="77">1:17</elapsed-time></bgp-peer></bgp-information>',
    }
    surrounded = {name: f"{opened}{answer}{closed}" for name, answer in answers.items()}
    (instance,) = told(tmp_path, "junos", "bgp_neighbors", surrounded)
    assert [(each.address, each.established_s) for each in instance.neighbors] == [("192.0.2.11", 77)]
