"""What makes tell of EVPN, MLAG, LAGs and spanning trees, after the makers' documentation of each command's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cpal.engine.recordings import replay
from cpal.model.device.lag import Lag, LagMember, LagMode, Mlag, MlagInterface
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort
from cpal.model.device.state import Status

INSTANCES = """
EVPN instance: VLAN 10
  Route distinguisher: 192.0.2.1:10
  Route target import: Route-Target-AS:10:10010
  Route target export: Route-Target-AS:10:10010
  Service interface: VLAN-based
  Local VXLAN IP address: 192.0.2.1
  VXLAN: enabled
  MPLS: disabled
  Local ethernet segment:
    ESI: 0000:0000:0001:0002:0003
      Interface: Port-Channel1
      Mode: all-active
      State: up
      ES-Import RT: 00:01:00:02:00:03
      Designated forwarder: 192.0.2.1
      Non-Designated forwarder: 192.0.2.2
EVPN instance: VRF red
  Route distinguisher: 192.0.2.1:50
  Route target import: Route-Target-AS:50:50
  Route target export: Route-Target-AS:50:51
"""
EOS_VNI = {
    "vxlanIntfs": {
        "Vxlan1": {
            "vniBindings": {"10010": {"vlan": 10, "dynamicVlan": False, "source": "static", "interfaces": {}}},
            "vniBindingsToVrf": {"50001": {"vrfName": "red", "vlan": 4093, "source": "evpn"}},
        }
    }
}
EOS_VXLAN = {
    "interfaces": {"Vxlan1": {"srcIpAddr": "192.0.2.1", "vlanToVtepList": {"10": {"remoteVtepAddr": ["192.0.2.9"]}}}}
}
EOS_MLAG = {
    "state": "active", "negStatus": "connected", "domainId": "pair", "localInterface": "Vlan4094",
    "peerAddress": "198.51.100.2", "peerLink": "Port-Channel2000", "configSanity": "consistent",
    "systemId": "02:1c:73:00:00:01", "detail": {"mlagState": "primary"},
}  # fmt: skip
EOS_MLAG_PORTS = {
    "interfaces": {
        "3": {
            "localInterface": "Port-Channel3", "peerInterface": "Port-Channel3", "status": "active-partial",
            "localInterfaceStatus": "up", "peerInterfaceStatus": "down",
        }
    }
}  # fmt: skip
EOS_LAGS = {
    "portChannels": {
        "Port-Channel3": {
            "minLinks": 1, "inactiveLag": False,
            "activePorts": {"Ethernet1": {"protocol": "lacp", "lacpMode": "passive"}},
            "inactivePorts": {"Ethernet2": {"protocol": "lacp", "reasonUnconfigured": "link down"}},
        },
        "Port-Channel4": {"minLinks": 0, "activePorts": {}, "inactivePorts": {}},
    }
}  # fmt: skip
EOS_TREE = {
    "spanningTreeInstances": {
        "MST0": {
            "protocol": "mstp",
            "bridge": {"priority": 32768, "systemIdExtension": 0, "macAddress": "02:00:00:00:00:01"},
            "rootBridge": {"priority": 4096, "systemIdExtension": 0, "macAddress": "02:00:00:00:00:02"},
            "rootPort": {"interface": "Ethernet1"},
            "interfaces": {
                "Ethernet1": {
                    "role": "root", "state": "forwarding", "cost": 2000, "priority": 128, "isEdgePort": False,
                },
                "Ethernet2": {"role": "alternate", "state": "discarding", "cost": 2000, "priority": 128},
            },
        }
    }
}  # fmt: skip
EOS = {
    "show_vxlan_vni.json": EOS_VNI, "show_vxlan_vtep.json": {"interfaces": {"Vxlan1": {"vteps": ["192.0.2.9"]}}},
    "show_interfaces_vxlan_1.json": EOS_VXLAN, "show_bgp_evpn_instance.text": INSTANCES,
    "show_mlag_detail.json": EOS_MLAG, "show_mlag_interfaces.json": EOS_MLAG_PORTS, "show_port-channel.json": EOS_LAGS,
    "show_spanning-tree.json": EOS_TREE,
}  # fmt: skip
CISCO_TREE = """
VLAN0010
  Spanning tree enabled protocol rstp
  Root ID    Priority    4106
             Address     0200.0000.0002
             Cost        2
             Port        129 (Ethernet1/1)
             Hello Time  2  sec  Max Age 20 sec  Forward Delay 15 sec

  Bridge ID  Priority    32778  (priority 32768 sys-id-ext 10)
             Address     0200.0000.0001
             Hello Time  2  sec  Max Age 20 sec  Forward Delay 15 sec

Interface        Role Sts Cost      Prio.Nbr Type
---------------- ---- --- --------- -------- --------------------------------
Eth1/1           Root FWD 2         128.129  P2p
Eth1/2           Altn BLK 2         128.130  P2p
Eth1/3           Desg FWD 2         128.131  Edge P2p

MST0001
  Spanning tree enabled protocol mstp
  Root ID    Priority    32769
             Address     0200.0000.0001
             This bridge is the root
             Hello Time  2  sec  Max Age 20 sec  Forward Delay 15 sec

  Bridge ID  Priority    32769  (priority 32768 sys-id-ext 1)
             Address     0200.0000.0001
"""
NXOS_VNI = {
    "TABLE_nve_vni": {
        "ROW_nve_vni": [
            {
                "if-name": "nve1", "vni": "10010", "mcast": "UnicastBGP", "vni-state": "Up", "mode": "CP",
                "type": "L2 [10]", "flags": "",
            },
            {
                "if-name": "nve1", "vni": "10020", "mcast": "239.1.1.1", "vni-state": "Down", "mode": "DP",
                "type": "L2 [20]",
            },
            {
                "if-name": "nve1", "vni": "50001", "mcast": "n/a", "vni-state": "Up", "mode": "CP", "type": "L3 [red]",
            },
        ]
    }
}  # fmt: skip
NXOS_PEERS = {
    "TABLE_nve_peers": {
        "ROW_nve_peers": {
            "if-name": "nve1", "peer-ip": "192.0.2.9", "peer-state": "Up", "learn-type": "CP", "uptime": "01:02:03",
            "router-mac": "5000.0002.0007",
        }
    }
}  # fmt: skip
NXOS_VPC = {
    "vpc-domain-id": "10", "vpc-peer-status": "peer-ok", "vpc-peer-keepalive-status": "peer-alive",
    "vpc-peer-consistency": "consistent", "vpc-role": "secondary",
    "TABLE_peerlink": {"ROW_peerlink": {"peer-link-id": "1", "peerlink-ifindex": "Po1", "peer-link-port-state": "1"}},
    "TABLE_vpc": {
        "ROW_vpc": {"vpc-id": "7", "vpc-ifindex": "Po7", "vpc-port-state": "0", "vpc-consistency": "inconsistent"}
    },
}  # fmt: skip
NXOS_LAGS = {
    "TABLE_channel": {
        "ROW_channel": {
            "group": "7", "port-channel": "port-channel7", "layer": "S", "status": "U", "type": "Eth", "prtcl": "NONE",
            "TABLE_member": {
                "ROW_member": [
                    {"port": "Ethernet1/1", "port-status": "P"}, {"port": "Ethernet1/2", "port-status": "D"}
                ]
            },
        }
    }
}  # fmt: skip
NXOS = {
    "show_nve_vni": NXOS_VNI, "show_nve_peers": NXOS_PEERS, "show_vpc": NXOS_VPC,
    "show_nve_interface": {"TABLE_nve_if": {"ROW_nve_if": {"if-name": "nve1", "primary-ip": "192.0.2.1"}}},
    "show_port-channel_summary": NXOS_LAGS,
}  # fmt: skip
ETHERCHANNEL = """
Flags:  D - down        P - bundled in port-channel
Number of channel-groups in use: 2

Group  Port-channel  Protocol    Ports
------+-------------+-----------+-----------------------------------------------
1      Po1(SU)         LACP      Gi1/0/1(P)  Gi1/0/2(P)  Gi1/0/3(D)
                                 Gi1/0/4(P)
2      Po2(SD)          -        Te1/1/1(s)
"""
IOS = {"show_etherchannel_summary.txt": ETHERCHANNEL, "show_spanning_tree.txt": CISCO_TREE}


def case(folder: Path, answers: dict[str, Any]) -> Path:
    """A recorded case with these answers."""
    for name, answer in answers.items():
        text = answer if isinstance(answer, str) else json.dumps(answer)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_eos_tells_vnis_tunnels_and_segments(tmp_path: Path) -> None:
    own, other = "192.0.2.1", "192.0.2.9"
    assert replay("eos", "evpn", case(tmp_path, EOS)).value == Overlay(
        vnis=(
            Vni(
                vni=10010, kind=VniKind.L2, vlan=10, interface="Vxlan1", local_vtep=own, remote_vteps=(other,),
                route_distinguisher="192.0.2.1:10", import_route_targets=("10:10010",),
                export_route_targets=("10:10010",),
            ),
            Vni(
                vni=50001, kind=VniKind.L3, vlan=4093, vrf="red", interface="Vxlan1", local_vtep=own,
                route_distinguisher="192.0.2.1:50", import_route_targets=("50:50",), export_route_targets=("50:51",),
            ),
        ),
        vteps=(Vtep(address=other, vnis=(10010,)),),
        segments=(
            EthernetSegment(
                esi="00:00:00:00:00:01:00:02:00:03", interface="Port-Channel1", up=True, all_active=True,
                designated_forwarder=True, vteps=("192.0.2.2",),
            ),
        ),
    )  # fmt: skip


def test_eos_tells_pairs_lags_and_trees(tmp_path: Path) -> None:
    folder = case(tmp_path, EOS)
    assert replay("eos", "mlag", folder).value == Mlag(
        domain="pair", state="active", role="primary", peer_up=True, consistent=True, peer_address="198.51.100.2",
        peer_link="Port-Channel2000", local_interface="Vlan4094", system_mac="02:1c:73:00:00:01",
        interfaces=(
            MlagInterface(name="Port-Channel3", id=3, local_status=Status.UP, peer_status=Status.DOWN),
        ),
    )  # fmt: skip
    assert replay("eos", "lags", folder).value == (
        Lag(
            name="Port-Channel3", oper_status=Status.UP, mode=LagMode.PASSIVE, min_links=1,
            members=(
                LagMember(interface="Ethernet1", bundled=True),
                LagMember(interface="Ethernet2", bundled=False, state="link down"),
            ),
        ),
        Lag(name="Port-Channel4", oper_status=Status.DOWN, min_links=0),
    )  # fmt: skip
    [tree] = replay("eos", "spanning_tree", folder).value
    assert (tree.name, tree.protocol, tree.is_root, tree.root_port) == ("MST0", "mstp", False, "Ethernet1")
    assert tree.root == Bridge(priority=4096, mac_address="02:00:00:00:00:02")
    assert [(each.role, each.state, each.edge) for each in tree.ports] == [
        ("root", "forwarding", False), ("alternate", "blocking", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("driver", "ending"), [("nxos", ".json"), ("nxos_ssh", "___json.txt")])
def test_both_ways_to_ask_nxos_tell_the_same(driver: str, ending: str, tmp_path: Path) -> None:
    folder = case(
        tmp_path, {**{name + ending: told for name, told in NXOS.items()}, "show_spanning_tree.txt": CISCO_TREE}
    )
    own = "192.0.2.1"
    assert replay(driver, "evpn", folder).value == Overlay(
        vnis=(
            Vni(vni=10010, kind=VniKind.L2, up=True, vlan=10, interface="nve1", local_vtep=own),
            Vni(
                vni=10020, kind=VniKind.L2, up=False, vlan=20, interface="nve1", local_vtep=own,
                multicast_group="239.1.1.1",
            ),
            Vni(vni=50001, kind=VniKind.L3, up=True, vrf="red", interface="nve1", local_vtep=own),
        ),
        vteps=(Vtep(address="192.0.2.9", up=True, router_mac="50:00:00:02:00:07", learned="CP"),),
    )  # fmt: skip
    pair = replay(driver, "mlag", folder).value
    assert (pair.domain, pair.role, pair.peer_up, pair.keepalive_up) == ("10", "secondary", True, True)
    assert pair.peer_link == "port-channel1"
    assert pair.interfaces == (
        MlagInterface(name="port-channel7", id=7, local_status=Status.DOWN, consistent=False),
    )  # fmt: skip
    [lag] = replay(driver, "lags", folder).value
    assert (lag.name, lag.oper_status, lag.mode) == ("port-channel7", Status.UP, LagMode.STATIC)
    assert [(each.interface, each.bundled) for each in lag.members] == [("Ethernet1/1", True), ("Ethernet1/2", False)]
    first, second = replay(driver, "spanning_tree", folder).value
    assert first == SpanningTree(
        name="VLAN0010", protocol="rapid-pvst", vlan=10, is_root=False,
        root=Bridge(priority=4106, mac_address="02:00:00:00:00:02"),
        bridge=Bridge(priority=32778, mac_address="02:00:00:00:00:01"), root_port="Ethernet1/1", root_cost=2,
        ports=(
            TreePort(
                interface="Ethernet1/1", role="root", state="forwarding", cost=2, priority=128, edge=False
            ),
            TreePort(
                interface="Ethernet1/2", role="alternate", state="blocking", cost=2, priority=128, edge=False
            ),
            TreePort(
                interface="Ethernet1/3", role="designated", state="forwarding", cost=2, priority=128, edge=True
            ),
        ),
    )  # fmt: skip
    assert (second.name, second.vlan, second.is_root, second.root_port) == ("MST0001", None, True, None)


JUNOS_PORTS = """
<interface-information>
<physical-interface><name>ge-0/0/1</name><admin-status>up</admin-status><oper-status>up</oper-status>
  <logical-interface><name>ge-0/0/1.0</name>
    <address-family><address-family-name>aenet</address-family-name><ae-bundle-name>ae0.0</ae-bundle-name></address-family>
  </logical-interface></physical-interface>
<physical-interface><name>ge-0/0/2</name><admin-status>up</admin-status><oper-status>down</oper-status>
  <logical-interface><name>ge-0/0/2.0</name>
    <address-family><address-family-name>aenet</address-family-name><ae-bundle-name>ae0.0</ae-bundle-name></address-family>
  </logical-interface></physical-interface>
<physical-interface><name>ge-0/0/3</name><admin-status>up</admin-status><oper-status>up</oper-status>
  <logical-interface><name>ge-0/0/3.0</name>
    <address-family><address-family-name>aenet</address-family-name><ae-bundle-name>ae1.0</ae-bundle-name></address-family>
  </logical-interface></physical-interface>
<physical-interface><name>ae0</name><admin-status>up</admin-status><oper-status>up</oper-status>
  <minimum-links-in-aggregate>1</minimum-links-in-aggregate></physical-interface>
<physical-interface><name>ae1</name><admin-status>up</admin-status><oper-status>up</oper-status></physical-interface>
</interface-information>
"""
JUNOS_LACP = """
<lacp-interface-information-list><lacp-interface-information>
<lag-lacp-header><aggregate-name>ae0</aggregate-name></lag-lacp-header>
<lag-lacp-state><name>ge-0/0/1</name><lacp-role>Actor</lacp-role><lacp-activity>Passive</lacp-activity></lag-lacp-state>
<lag-lacp-state><name>ge-0/0/1</name><lacp-role>Partner</lacp-role><lacp-activity>Active</lacp-activity></lag-lacp-state>
<lag-lacp-protocol><name>ge-0/0/1</name><lacp-receive-state>Current</lacp-receive-state>
  <lacp-mux-state>Collecting distributing</lacp-mux-state></lag-lacp-protocol>
<lag-lacp-protocol><name>ge-0/0/2</name><lacp-receive-state>Port disabled</lacp-receive-state>
  <lacp-mux-state>Detached</lacp-mux-state></lag-lacp-protocol>
</lacp-interface-information></lacp-interface-information-list>
"""


def test_junos_tells_lags(tmp_path: Path) -> None:
    (tmp_path / "get-interface-information.xml").write_text(JUNOS_PORTS)
    assert [lag.mode for lag in replay("junos", "lags", tmp_path).value] == [LagMode.STATIC, LagMode.STATIC]
    (tmp_path / "get-lacp-interface-information.xml").write_text(JUNOS_LACP)
    assert replay("junos", "lags", tmp_path).value == (
        Lag(
            name="ae0",
            oper_status=Status.UP,
            mode=LagMode.PASSIVE,
            min_links=1,
            members=(
                LagMember(interface="ge-0/0/1", bundled=True, state="Collecting distributing"),
                LagMember(interface="ge-0/0/2", bundled=False, state="Detached"),
            ),
        ),
        Lag(
            name="ae1",
            oper_status=Status.UP,
            mode=LagMode.STATIC,
            members=(LagMember(interface="ge-0/0/3"),),
        ),
    )


def test_ios_tells_lags_and_trees(tmp_path: Path) -> None:
    folder = case(tmp_path, IOS)
    first, second = replay("ios", "lags", folder).value
    assert (first.name, first.oper_status, first.mode) == ("Port-channel1", Status.UP, None)
    assert [(each.interface, each.bundled) for each in first.members] == [
        ("GigabitEthernet1/0/1", True), ("GigabitEthernet1/0/2", True), ("GigabitEthernet1/0/3", False),
        ("GigabitEthernet1/0/4", True),
    ]  # fmt: skip
    assert (second.name, second.oper_status, second.mode) == ("Port-channel2", Status.DOWN, LagMode.STATIC)
    assert [each.name for each in replay("ios", "spanning_tree", folder).value] == ["VLAN0010", "MST0001"]


@pytest.mark.parametrize("driver", ["eos", "nxos", "nxos_ssh"])
def test_a_switch_without_any_of_it_tells_that_there_is_none(driver: str, tmp_path: Path) -> None:
    assert replay(driver, "evpn", tmp_path).value == Overlay()
    assert replay(driver, "mlag", tmp_path).value is None
    assert (replay(driver, "lags", tmp_path).value, replay(driver, "spanning_tree", tmp_path).value) == ((), ())
