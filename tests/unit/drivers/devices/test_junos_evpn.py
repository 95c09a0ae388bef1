"""What Junos tells of VXLAN and EVPN, in excerpts of recordings of Junos 23.4 that others made public.

Source: blackzombie87/librenms-netconf, tests/fixtures/junos (show-evpn-instance-extensive and
show-mac-vrf-forwarding-vxlan-tunnel-end-point-source and -remote), the last two made to be of the first one's device.
"""

from __future__ import annotations

from pathlib import Path

from cpal.engine.recordings import replay
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep

SOURCE = """<rpc-reply><vxlan-source-vtep-information xmlns="http://xml.juniper.net/junos/23.4R0/junos-l2al"><svtep-format>
<source-vtep-address>192.0.2.11</source-vtep-address><source-vtep-interface>lo0.0</source-vtep-interface>
<vxlan-routing-instance-information><vxlan-format><routing-instance-name>default-switch</routing-instance-name>
<bridge-domain-vni-name>VX10+10</bridge-domain-vni-name><vn-id>10010</vn-id>
<multicast-address>0.0.0.0</multicast-address><source-vtep-name>vtep-4.32768</source-vtep-name></vxlan-format>
<vxlan-format><routing-instance-name>default-switch</routing-instance-name>
<bridge-domain-vni-name>VX100+100</bridge-domain-vni-name><vn-id>10100</vn-id>
<multicast-address>233.252.0.1</multicast-address><source-vtep-name>vtep-4.32768</source-vtep-name></vxlan-format>
</vxlan-routing-instance-information></svtep-format></vxlan-source-vtep-information></rpc-reply>"""
REMOTE = """<rpc-reply><vxlan-source-vtep-information xmlns="http://xml.juniper.net/junos/23.4R0/junos-l2al"><svtep-format>
<source-vtep-address>192.0.2.11</source-vtep-address>
<vxlan-real-rvtep-information><remote-vtep-address>192.0.2.12</remote-vtep-address>
<remote-vtep-mode>RNVE</remote-vtep-mode><vxlan-dynamic-information/></vxlan-real-rvtep-information>
<vxlan-real-rvtep-information><remote-vtep-address>192.0.2.61</remote-vtep-address>
<remote-vtep-mode>RNVE</remote-vtep-mode><vxlan-dynamic-information/></vxlan-real-rvtep-information>
<vxlan-remote-vtep-information><remote-vtep-address>192.0.2.12</remote-vtep-address>
<vtep-routing-instance-name>default-switch</vtep-routing-instance-name><remote-vtep-mode>RNVE</remote-vtep-mode>
<vxlan-dynamic-information><vxlan-format><vn-id>10100</vn-id></vxlan-format><vxlan-format><vn-id>10010</vn-id>
</vxlan-format></vxlan-dynamic-information></vxlan-remote-vtep-information>
</svtep-format></vxlan-source-vtep-information></rpc-reply>"""
INSTANCES = """<rpc-reply><evpn-instance-information xmlns="http://xml.juniper.net/junos/23.4R0/junos-routing"><evpn-instance>
<evpn-instance-name>default-switch</evpn-instance-name><route-distinguisher>192.0.2.11:1</route-distinguisher>
<evpn-encap-type>VXLAN</evpn-encap-type><evpn-interface-status-table>
<evpn-interface><evpn-interface-name>ae2.0</evpn-interface-name><evpn-interface-mode>all-active</evpn-interface-mode>
</evpn-interface><evpn-interface><evpn-interface-name>ae4.0</evpn-interface-name>
<evpn-interface-mode>all-active</evpn-interface-mode></evpn-interface></evpn-interface-status-table>
<evpn-esi><evpn-esi-value>00:11:22:33:44:55:00:00:02:00</evpn-esi-value><evpn-esi-local-intf-information>
<evpn-esi-local-intf-name>ae2.0</evpn-esi-local-intf-name>
<evpn-esi-local-intf-status>Up/Forwarding</evpn-esi-local-intf-status></evpn-esi-local-intf-information>
<evpn-esi-remote-pe-information><evpn-esi-remote-pe><evpn-esi-remote-pe-ipaddr>192.0.2.12</evpn-esi-remote-pe-ipaddr>
</evpn-esi-remote-pe></evpn-esi-remote-pe-information>
<evpn-esi-df-information><esi-designated-forwarder>192.0.2.11</esi-designated-forwarder></evpn-esi-df-information>
</evpn-esi><evpn-esi><evpn-esi-value>00:11:22:33:44:55:00:00:04:00</evpn-esi-value><evpn-esi-local-intf-information>
<evpn-esi-local-intf-name>ae4.0</evpn-esi-local-intf-name><evpn-esi-local-intf-status>Down</evpn-esi-local-intf-status>
</evpn-esi-local-intf-information><evpn-esi-remote-pe-information/><evpn-esi-df-information>
<esi-designated-forwarder>DF not elected yet</esi-designated-forwarder></evpn-esi-df-information></evpn-esi>
<evpn-esi><evpn-esi-value>00:11:22:33:44:66:00:00:01:00</evpn-esi-value><evpn-esi-remote-pe-information>
<evpn-esi-remote-pe><evpn-esi-remote-pe-ipaddr>192.0.2.61</evpn-esi-remote-pe-ipaddr></evpn-esi-remote-pe>
</evpn-esi-remote-pe-information></evpn-esi>
<evpn-router-id>192.0.2.11</evpn-router-id></evpn-instance></evpn-instance-information></rpc-reply>"""
ANSWERS = {
    "show_ethernet_switching_vxlan_tunnel_end_point_source.xml": SOURCE,
    "show_ethernet_switching_vxlan_tunnel_end_point_remote.xml": REMOTE,
    "show_evpn_instance_extensive.xml": INSTANCES,
}


def test_junos_tells_vnis_tunnels_and_segments(tmp_path: Path) -> None:
    for name, answer in ANSWERS.items():
        (tmp_path / name).write_text(answer)
    overlay = replay("junos", "evpn", tmp_path).value
    assert overlay.vnis == (
        Vni(
            vni=10010, kind=VniKind.L2, vlan=10, interface="vtep-4.32768", local_vtep="192.0.2.11",
            remote_vteps=("192.0.2.12",), route_distinguisher="192.0.2.11:1",
        ),
        Vni(
            vni=10100, kind=VniKind.L2, vlan=100, interface="vtep-4.32768", local_vtep="192.0.2.11",
            remote_vteps=("192.0.2.12",), route_distinguisher="192.0.2.11:1", multicast_group="233.252.0.1",
        ),
    )  # fmt: skip
    assert overlay.vteps == (
        Vtep(address="192.0.2.12", learned="RNVE", vnis=(10010, 10100)),
        Vtep(address="192.0.2.61", learned="RNVE"),
    )
    assert overlay.segments == (
        EthernetSegment(
            esi="00:11:22:33:44:55:00:00:02:00", interface="ae2", up=True, all_active=True, designated_forwarder=True,
            vteps=("192.0.2.12",),
        ),
        EthernetSegment(esi="00:11:22:33:44:55:00:00:04:00", interface="ae4", up=False, all_active=True),
    )  # fmt: skip


def test_a_switch_without_vxlan_has_none(tmp_path: Path) -> None:
    assert replay("junos", "evpn", tmp_path).value == Overlay()
