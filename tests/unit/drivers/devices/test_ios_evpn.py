"""What IOS-XE tells of VXLAN and EVPN: answers in the form of Cisco's documentation and of Genie's parsers.

Source: Cisco IOS XE 17, Catalyst 9000, "BGP EVPN VXLAN Configuration Guide", verification of layer 2 and 3 overlays;
the lines that Genie's parsers (Apache-2.0) name for each command.
"""

from __future__ import annotations

from pathlib import Path

from cpal.engine.recordings import replay
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep

ANSWERS = {
    "show_nve_vni.txt": """Interface  VNI        Multicast-group VNI state  Mode  VLAN  cfg vrf
nve1       20011      N/A             Up         L2CP  11    CLI N/A
nve1       20013      229.1.1.3       BD Down/Re L2CP  N/A   CLI N/A
nve1       30000      N/A             Up         L3CP  500   CLI red
""",
    "show_nve_peers.txt": """Interface  VNI      Type Peer-IP          RMAC/Num_RTs   eVNI     state flags UP time
nve1       30000    L3CP 192.0.2.2        5c71.0dfe.fb60 30000      UP  A/M/4 4d21h
nve1       20011    L2CP 192.0.2.2        3              20011      UP   N/A  4d17h
nve1       20011    L2CP 192.0.2.3        3              20011     DOWN  N/A  4d17h
""",
    "show_nve_interface_nve_1_detail.txt": """Interface: nve1, State: Admin Up, Oper Up
Encapsulation: Vxlan IPv4
BGP host reachability: Enabled, VxLAN dport: 4789
VNI number: L3CP 1 L2CP 2 L2DP 0
source-interface: Loopback2 (primary: 192.0.2.1 vrf: 0)
tunnel interface: Tunnel1
""",
    "show_l2vpn_evpn_evi_detail.txt": """EVPN instance:       1 (VLAN Based)
  RD:                192.0.2.1:1 (auto)
  Import-RTs:        65001:1 65001:100
                     65001:101
  Export-RTs:        65001:1
  Per-EVI Label:     none
  State:             Established
  Replication Type:  Ingress
  Encapsulation:     vxlan
  Vlan:              11
    Ethernet-Tag:    0
    State:           Established
    Flood Suppress:  Attached
    Core If:         Vlan500
    Access If:       Vlan11
    NVE If:          nve1
    RMAC:            5c71.0dfe.fb00
    Core Vlan:       500
    L2 VNI:          20011
    L3 VNI:          30000
    VTEP IP:         192.0.2.1
    VRF:             red
    IPv4 IRB:        Enabled
""",
    "show_l2vpn_evpn_ethernet_segment_detail.txt": """EVPN Ethernet Segment ID: 03AA.BB00.0000.0200.0001
  Interface:              Po1
  Redundancy mode:        all-active
  DF election wait time:  3 seconds
  State:                  Ready
  Encapsulation:          vxlan
  Forwarder List:         192.0.2.1 192.0.2.2
""",
}


def told(folder: Path, answers: dict[str, str]) -> Overlay:
    """What is made of answers."""
    for name, text in answers.items():
        (folder / name).write_text(text)
    found: Overlay = replay("ios", "evpn", folder).value
    return found


def test_ios_tells_vnis_tunnels_and_segments(tmp_path: Path) -> None:
    overlay = told(tmp_path, ANSWERS)
    assert overlay.vnis == (
        Vni(
            vni=20011, kind=VniKind.L2, up=True, vrf="red", vlan=11, interface="nve1", local_vtep="192.0.2.1",
            remote_vteps=("192.0.2.2", "192.0.2.3"), route_distinguisher="192.0.2.1:1",
            import_route_targets=("65001:1", "65001:100", "65001:101"), export_route_targets=("65001:1",),
        ),
        Vni(
            vni=20013, kind=VniKind.L2, up=False, interface="nve1", local_vtep="192.0.2.1", multicast_group="229.1.1.3"
        ),
        Vni(
            vni=30000, kind=VniKind.L3, up=True, vrf="red", vlan=500, interface="nve1", local_vtep="192.0.2.1",
            remote_vteps=("192.0.2.2",),
        ),
    )  # fmt: skip
    assert overlay.vteps == (
        Vtep(address="192.0.2.2", up=True, router_mac="5c:71:0d:fe:fb:60", learned="CP", vnis=(20011, 30000)),
        Vtep(address="192.0.2.3", up=False, learned="CP", vnis=(20011,)),
    )
    assert overlay.segments == (
        EthernetSegment(
            esi="03:aa:bb:00:00:00:02:00:00:01", interface="Port-channel1", up=True, all_active=True,
            vteps=("192.0.2.1", "192.0.2.2"),
        ),
    )  # fmt: skip


def test_a_switch_without_vxlan_has_none(tmp_path: Path) -> None:
    refused = "        ^\n% Invalid input detected at '^' marker.\n"
    assert told(tmp_path, dict.fromkeys(ANSWERS, refused)) == Overlay()
    assert told(tmp_path, {"show_nve_peers.txt": ""}) == Overlay()
