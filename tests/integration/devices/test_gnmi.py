"""Devices over gNMI: what OpenConfig's own classes wrote is read, however a target says it; pygnmi's client agrees."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pygnmi.client import gNMIclient

import cpal
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.errors import EXIT_CODES, Invalid, Rejected, TimedOut, Unauthenticated, Unreachable, Unreadable
from cpal.faces.cli.main import run
from cpal.model.device.bgp import AfiSafi
from cpal.model.device.environment import Cpu, Fan, Memory, PowerSupply, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, IpInterface
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.optics import Channel, Transceiver
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep
from cpal.model.device.qos import QosInterface, Queue
from cpal.model.device.route import Route
from cpal.model.device.spanning_tree import Bridge, TreePort
from cpal.model.device.state import Status
from cpal.model.device.system import NtpServer, User
from cpal.model.device.vlan import Vlan
from tests.source import ROOT
from tests.support.gnmi_target import LEAVES, PASSWORD, SONIC, USER, WHOLE, Target, serving
from tests.support.pki import authority

TREE: dict[str, Any] = json.loads((ROOT / "tests/golden/gnmi/leaf1.json").read_text())
FABRIC: dict[str, Any] = json.loads((ROOT / "tests/golden/gnmi/leaf2.json").read_text())
PORTS = ("Ethernet0", "Ethernet4", "Ethernet8", "Ethernet12", "Ethernet16", "PortChannel1", "Vlan10")
CHANGED = 1795824601.501896


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment knows the password."""
    monkeypatch.setenv(VARIABLE, PASSWORD)


@pytest.fixture(scope="module", params=[WHOLE, LEAVES, SONIC])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A target, in each of the ways that makes have."""
    with serving(Target(TREE, request.param)) as found:
        yield found


@pytest.fixture
def leaf(target: Target) -> Iterator[Any]:
    """The device behind it."""
    with cpal.device(address(target)) as found:
        yield found


def address(target: Target, way: str = "+plain") -> str:
    """Where it is."""
    return f"gnmi{way}://{USER}@127.0.0.1:{target.port}"


def test_who_it_is(leaf: Any) -> None:
    assert leaf.facts == Facts(
        vendor="Dell EMC", hostname="leaf1", domain_name="example.net", fqdn="leaf1.example.net", model="S5248F-ON",
        serial_number="CN0123", os_version="SONiC.202511", boot_time=1795820000.0, interfaces=PORTS,
    )  # fmt: skip
    assert leaf.users == {"admin": User(name="admin", role="SYSTEM_ROLE_ADMIN", ssh_keys=("ssh-ed25519 AAAA admin",))}
    assert leaf.ntp_servers["192.0.2.123"] == NtpServer(
        address="192.0.2.123", port=123, version=4, iburst=True, prefer=False
    )
    assert [each.address for each in leaf.tell("ntp_peers")] == ["192.0.2.124"]


def test_its_interfaces(leaf: Any) -> None:
    ports = leaf.interfaces
    assert list(ports) == [*PORTS[:3], "Ethernet8.100", *PORTS[3:]]
    port = ports["Ethernet0"]
    assert (port.description, port.mtu, port.mac_address) == ("to web1", 9100, "02:00:00:00:00:10")
    assert [ports[name].speed_bps for name in PORTS[:4]] == [10**11, 25 * 10**9, 25 * 10**8, None]
    assert port.last_change == pytest.approx(1795824601.501896)
    assert [name for name, each in ports.items() if each.admin_status is Status.DOWN] == ["Ethernet8"]
    assert [name for name, each in ports.items() if each.oper_status is Status.DOWN] == ["Ethernet4", "Ethernet8"]
    [counted] = leaf.counters.values()
    assert (counted.in_octets, counted.out_errors) == (2**40 + 7, 4)
    assert leaf.addresses == {
        "Ethernet8": IpInterface(
            name="Ethernet8",
            ipv4=(
                Address(ip="192.0.2.1", prefix_length=31, secondary=False),
                Address(ip="198.51.100.1", prefix_length=24, secondary=True),
            ),
            ipv6=(Address(ip="2001:db8::1", prefix_length=64), Address(ip="fe80::1", prefix_length=64)),
        ),
        "Ethernet8.100": IpInterface(
            name="Ethernet8.100", vrf="red", ipv4=(Address(ip="10.0.0.1", prefix_length=24, secondary=False),)
        ),
        "Vlan10": IpInterface(name="Vlan10", ipv4=(Address(ip="10.1.0.1", prefix_length=24, secondary=False),)),
    }
    members = (LagMember(interface="Ethernet12", bundled=True), LagMember(interface="Ethernet16", bundled=False))
    assert leaf.lags == {
        "PortChannel1": Lag(
            name="PortChannel1", oper_status=Status.UP, mode=LagMode.PASSIVE, min_links=1, members=members
        )
    }
    queue = Queue(name="UC3", sent_octets=7000, sent_pkts=70, dropped_pkts=5)
    assert leaf.tell("qos") == (QosInterface(interface="Ethernet0", queues=(queue,)),)


def test_its_networks(leaf: Any) -> None:
    assert leaf.vlans == {
        10: Vlan(id=10, name="web", interfaces=("Ethernet0", "Ethernet4")),
        20: Vlan(id=20, name="db", interfaces=("Ethernet4", "PortChannel1")),
        30: Vlan(id=30, name="empty"),
    }
    assert leaf.network_instances == {
        "default": NetworkInstance(name="default", type=InstanceType.DEFAULT, interfaces=("Ethernet8", "Vlan10")),
        "red": NetworkInstance(
            name="red", type=InstanceType.L3VRF, route_distinguisher="10.255.1.1:5001", interfaces=("Ethernet8.100",)
        ),
    }
    assert leaf.tell("mac_address_table") == (
        MacEntry(mac_address="02:00:00:00:01:01", interface="Ethernet0", vlan=10, static=False),
        MacEntry(mac_address="02:00:00:00:02:01", interface="PortChannel1", vlan=20, static=True),
    )
    near, far = "02:00:00:00:00:99", "02:00:00:00:01:09"
    assert leaf.tell("arp_table") == (
        Neighbor(ip="192.0.2.0", link_layer_address=near, interface="Ethernet8"),
        Neighbor(ip="10.1.0.9", link_layer_address=far, interface="Vlan10"),
    )
    assert leaf.tell("ipv6_neighbors_table") == (
        Neighbor(ip="2001:db8::2", link_layer_address=near, interface="Ethernet8", state="REACHABLE"),
    )
    assert leaf.tell("lldp_neighbors") == (
        LldpNeighbor(
            interface="Ethernet0", chassis_id="02:00:00:00:0a:01", port_id="eth0", port_description="uplink",
            system_name="web1", system_description="Linux", capabilities=("bridge", "router"),
            enabled_capabilities=("router",),
        ),
    )  # fmt: skip


def test_its_trees(leaf: Any) -> None:
    other, own = Bridge(priority=4096, mac_address="02:00:00:00:00:01"), "02:00:00:00:00:02"
    first, second = leaf.tell("spanning_tree")
    assert (first.vlan, first.protocol, first.is_root, first.root, first.root_cost) == (
        10, "rapid-pvst", False, other, 2000
    )  # fmt: skip
    assert (first.bridge, first.root_port) == (Bridge(priority=8192, mac_address=own), "Ethernet4")
    assert first.ports == (
        TreePort(interface="Ethernet4", role="root", state="forwarding", cost=2000, priority=128, edge=False),
        TreePort(interface="PortChannel1", role="alternate", state="blocking", cost=1000, priority=128),
    )
    assert (second.vlan, second.is_root, second.root_port) == (20, True, None)


@pytest.mark.parametrize("accent", [WHOLE, LEAVES, SONIC])
def test_its_part_in_a_fabric(accent: str) -> None:
    with serving(Target(FABRIC, accent)) as found, cpal.device(address(found)) as leaf:
        overlay: Overlay = leaf.tell("evpn")
    near, far = "10.255.1.2", "10.255.1.3"
    assert overlay.vnis == (
        Vni(
            vni=5001, kind=VniKind.L3, up=True, vrf="red", local_vtep="10.255.1.1", remote_vteps=(near,),
            route_distinguisher="10.255.1.1:5001", import_route_targets=("65000:5001", "65000:9"),
            export_route_targets=("65000:5001",),
        ),
        Vni(
            vni=10010, kind=VniKind.L2, up=True, vlan=10, local_vtep="10.255.1.1", remote_vteps=(near, far),
            route_distinguisher="10.255.1.1:10", import_route_targets=("65000:10010",),
            export_route_targets=("65000:10010",),
        ),
        Vni(vni=10020, kind=VniKind.L2, local_vtep="10.255.1.1", remote_vteps=(near,)),
        Vni(vni=10030, kind=VniKind.L2, up=False, vlan=30, local_vtep="10.255.1.1", multicast_group="239.1.1.1"),
    )  # fmt: skip
    assert overlay.vteps == (
        Vtep(address=near, up=True, router_mac="02:00:00:00:00:02", vnis=(5001, 10010, 10020)),
        Vtep(address=far, up=False, vnis=(10010,)),
    )
    assert overlay.segments == (
        EthernetSegment(
            esi="00:11:22:33:44:55:66:77:88:99", interface="PortChannel1", all_active=True, df_preference=200
        ),
    )


def test_its_routes_and_sessions(leaf: Any) -> None:
    assert leaf.tell("route_to", destination="0.0.0.0/0") == (
        Route(prefix="0.0.0.0/0", protocol="bgp", active=True, next_hop="192.0.2.0", interface="Ethernet8"),
        Route(prefix="0.0.0.0/0", protocol="bgp", active=True, next_hop="192.0.2.8"),
    )
    within = leaf.tell("route_to", destination="192.0.2.0/24", longer=True)
    assert within == (Route(prefix="192.0.2.0/31", protocol="connected", active=True, interface="Ethernet8"),)
    assert leaf.tell("route_to", destination="10.0.0.0/8") == ()
    [instance] = leaf.tell("bgp_neighbors")
    assert (instance.vrf, instance.router_id, instance.local_as) == (None, "10.255.1.1", 4200000001)
    spine, other = instance.neighbors
    assert (spine.address, spine.peer_as, spine.up, spine.established_s) == ("192.0.2.0", 64500, True, 30)
    assert (spine.updates_received, spine.updates_sent, spine.hold_time_s) == (31, 32, 9)
    assert spine.afi_safis == (
        AfiSafi(name="ipv4 unicast", received=5, accepted=4, sent=6), AfiSafi(name="l2vpn evpn", received=9, sent=10)
    )  # fmt: skip
    assert (other.up, other.session_state, other.established_s) == (False, "OpenSent", None)


def test_how_the_box_feels(leaf: Any) -> None:
    felt = leaf.environment
    assert felt.fans == (Fan(name="Fan1", ok=True, status="ACTIVE"), Fan(name="Fan2", ok=False, status="INACTIVE"))
    assert felt.temperatures == (
        Temperature(name="Inlet", celsius=31.5, alarm=False, critical=False),
        Temperature(name="ASIC", celsius=105.0, alarm=True, critical=True, status="CRITICAL"),
    )
    assert felt.power_supplies == (PowerSupply(name="PSU1", ok=True, capacity_w=750.0, output_w=123.25),)
    assert felt.cpus == (Cpu(name="CPU0", usage_percent=17.0),)
    assert felt.memories == (Memory(physical=8 * 10**9, free=3 * 10**9, used=5 * 10**9),)
    light = Channel(index=0, input_power_dbm=-2.5, output_power_dbm=-1.25, laser_bias_current_ma=6.5)
    assert leaf.tell("optics") == (
        Transceiver(
            interface="Ethernet0", channels=(light,), connector_type="MPO_CONNECTOR", vendor="Finisar",
            vendor_part="FTLC9", vendor_rev="A", serial_number="X1",
        ),
    )  # fmt: skip


def test_native_gives_what_pygnmi_gets_in_the_same_run() -> None:
    way = "/interfaces/interface[name=Ethernet8]/state"
    with serving(Target(TREE)) as found, cpal.device(address(found)) as leaf:
        with gNMIclient(target=("127.0.0.1", found.port), username=USER, password=PASSWORD, insecure=True) as client:
            told = client.get(path=[way], encoding="json_ietf")["notification"][0]["update"][0]["val"]
        assert told["name"] == "Ethernet8"
        assert leaf.native.run(way) == [told]
        with pytest.raises(Rejected, match="no such interface"):
            leaf.native.run("/interfaces/interface[name=Ethernet9]")
        with pytest.raises(Invalid, match="is no path"):
            leaf.native.run("/interfaces/interface[name=Ethernet9")


def test_a_device_that_says_little_is_none_the_worse() -> None:
    little = {"openconfig-interfaces:interfaces": {"openconfig-interfaces:interface": [{"name": "Ethernet0"}]}}
    with serving(Target(little)) as found, cpal.device(address(found)) as leaf:
        assert leaf.facts == Facts(vendor="OpenConfig", interfaces=("Ethernet0",))
        assert leaf.interfaces["Ethernet0"].admin_status is None
        for getter in leaf._connection.driver.getters:
            words = {"destination": "0.0.0.0/0"} if getter == "route_to" else {}
            leaf.tell(getter, **words)


def test_who_may_not_in_and_what_is_no_such_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving(Target(TREE)) as found:
        monkeypatch.setenv(VARIABLE, "hunter2")
        with cpal.device(address(found)) as stranger, pytest.raises(Unauthenticated, match=VARIABLE) as told:
            _ = stranger.facts
        assert "hunter2" not in str(told.value)
        monkeypatch.setenv(VARIABLE, PASSWORD)
        found.models = ("ietf-interfaces",)
        with cpal.device(address(found)) as stranger, pytest.raises(Unreadable, match="none of OpenConfig's models"):
            _ = stranger.facts
    with cpal.device(address(found), timeout_s=5) as gone, pytest.raises(Unreachable, match="over gNMI"):
        _ = gone.facts
    with serving(Target(TREE, hangs=threading.Event())) as slow:
        with cpal.device(address(slow), timeout_s=0.5) as leaf, pytest.raises(TimedOut):
            _ = leaf.facts
        assert slow.hangs is not None
        slow.hangs.set()


def test_a_certificate_is_to_be_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tls = authority(tmp_path / "pki", "localhost")
    key, certificate = (Path(file).read_bytes() for file in (tls.private_key, tls.certificate))
    with serving(Target(TREE), key, certificate) as found:
        where = address(found, "").replace("127.0.0.1", "localhost")
        with cpal.device(where, timeout_s=5) as stranger, pytest.raises(Unreachable, match="SSL_CERT_FILE"):
            _ = stranger.facts
        monkeypatch.setenv("SSL_CERT_FILE", tls.authority)
        with cpal.device(where) as leaf:
            assert leaf.facts.hostname == "leaf1"


def test_the_program_lists_it_beside_others(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "gnmi+plain://admin@127.0.0.1:1"
    code = run(["get", "vlans", "--device", address(target), "--device", nowhere, "--format", "csv"])
    told = capsys.readouterr()
    assert code == EXIT_CODES[Unreachable]
    assert told.out.splitlines()[1].startswith("127.0.0.1,10,web")
    assert "error: 127.0.0.1:1: the device does not answer over gNMI" in told.err
