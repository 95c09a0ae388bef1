"""Cumulus Linux over NVUE: what a switch answers by the documentation is read, over HTTP; no switch was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import cpal
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.errors import Rejected, Unauthenticated, Unreadable, Unsupported
from cpal.faces.cli.main import run
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan
from tests.source import ROOT
from tests.support.nvue_switch import PASSWORD, USER, serving

TREES: dict[str, dict[str, Any]] = {
    name: json.loads((ROOT / f"tests/golden/nvue/{name}.json").read_text()) for name in ("leaf1", "leaf2")
}
PORTS = ("bond1", "br_default", "eth0", "swp1")


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment knows the password."""
    monkeypatch.setenv(VARIABLE, PASSWORD)


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """Where leaf1 answers."""
    with serving(TREES["leaf1"]) as found:
        yield found


@pytest.fixture
def leaf(place: str) -> Iterator[Any]:
    """Leaf1."""
    with cpal.device(f"nvue+http://{USER}@{place}") as found:
        yield found


def test_who_it_is(leaf: Any) -> None:
    assert leaf.facts == Facts(
        vendor="Mellanox", hostname="leaf1", model="MSN3420", serial_number="MT2213J12202",
        os_version="Cumulus Linux 5.6.0", uptime_s=8282449.0, interfaces=PORTS,
    )  # fmt: skip


def test_its_interfaces(leaf: Any) -> None:
    assert tuple(leaf.interfaces) == PORTS
    assert leaf.interfaces["eth0"] == Interface(
        name="eth0", oper_status=Status.UP, mtu=1500, speed_bps=10**9, mac_address="9c:63:c0:09:25:f2"
    )
    assert leaf.interfaces["swp1"] == Interface(
        name="swp1", oper_status=Status.DOWN, mtu=9216, mac_address="9c:05:91:a2:e6:f0"
    )
    assert leaf.tell("interfaces_counters") == (
        Counters(
            interface="eth0", in_octets=93128486, in_discards=3, in_errors=1, out_octets=7782751, out_discards=5,
            out_errors=0,
        ),
    )  # fmt: skip
    assert leaf.tell("interfaces_ip") == (
        IpInterface(name="br_default", ipv4=(), ipv6=(Address(ip="fe80::fe6a:1cff:fe05:83bf", prefix_length=64),)),
        IpInterface(
            name="eth0", vrf="mgmt", ipv4=(Address(ip="192.0.2.11", prefix_length=26),),
            ipv6=(Address(ip="fe80::9e63:c0ff:fe09:25f2", prefix_length=64),),
        ),
    )  # fmt: skip
    bundled = (LagMember(interface="swp3"), LagMember(interface="swp4"))
    assert leaf.tell("lags") == (Lag(name="bond1", oper_status=Status.UP, mode=LagMode.STATIC, members=bundled),)


def test_its_neighbours_and_what_it_learned(leaf: Any) -> None:
    gateway = "c0:69:11:9f:f7:b1"
    assert leaf.tell("arp_table") == (Neighbor(ip="192.0.2.1", link_layer_address=gateway, interface="eth0"),)
    assert leaf.tell("ipv6_neighbors_table") == (
        Neighbor(ip="fe80::c269:11ff:fe9f:f7b1", link_layer_address=gateway, interface="eth0", state="STALE"),
    )
    assert leaf.tell("lldp_neighbors") == (
        LldpNeighbor(
            interface="eth0", chassis_id="fc:59:c0:3d:4c:cb", port_id="Ethernet2", system_name="oob1",
            system_description="Arista Networks EOS version 4.26.0F", enabled_capabilities=("bridge", "router"),
        ),
    )  # fmt: skip
    assert leaf.tell("vlans") == (Vlan(id=121, interfaces=("bond1", "swp1")), Vlan(id=122, interfaces=("bond1",)))
    assert leaf.tell("mac_address_table") == (
        MacEntry(mac_address="48:b0:2d:6c:8d:6f", interface="bond1", vlan=121, static=False),
        MacEntry(mac_address="48:b0:2d:38:15:db", interface="bond1", vlan=122, static=True),
        MacEntry(mac_address="48:b0:2d:ec:3c:10", interface="br_default", static=True),
    )


def test_newer_releases_say_some_of_it_otherwise_and_leave_out_what_is_not_there() -> None:
    with serving(TREES["leaf2"]) as place, cpal.device(f"nvue+http://{USER}@{place}") as leaf:
        assert leaf.facts == Facts(
            vendor="Cumulus", hostname="leaf2", model="VX", os_version="Cumulus Linux 5.11.0",
            uptime_s=191269.0, interfaces=("swp1",),
        )  # fmt: skip
        assert leaf.interfaces["swp1"] == Interface(
            name="swp1", admin_status=Status.UP, oper_status=Status.DOWN, description="to spine1", mtu=9216,
            speed_bps=2_500_000_000, mac_address="44:38:39:00:00:01",
        )  # fmt: skip
        for getter in ("vlans", "mac_address_table", "arp_table", "lldp_neighbors", "lags", "interfaces_counters"):
            assert leaf.tell(getter) == ()
        with pytest.raises(Unsupported, match="does not tell bgp_neighbors"):
            leaf.tell("bgp_neighbors")


def test_native_gives_what_is_at_a_path(leaf: Any) -> None:
    assert leaf.native.run("/bridge/domain") == [TREES["leaf1"]["/bridge/domain"]]
    with pytest.raises(Rejected, match="has nothing at /interface/swp9"):
        leaf.native.run("/interface/swp9")


def test_who_may_not_in_and_what_is_no_such_switch(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    with serving({"/system": "<html>"}) as other, cpal.device(f"nvue+http://{USER}@{other}") as page:
        with pytest.raises(Unreadable, match="this is not NVUE"):
            page.native.run("/system")
        with pytest.raises(Rejected, match="has nothing at /interface"):
            _ = page.interfaces
    monkeypatch.setenv(VARIABLE, "guessed")
    with cpal.device(f"nvue+http://{USER}@{place}") as stranger, pytest.raises(Unauthenticated, match=USER):
        _ = stranger.facts


def test_the_program_asks_it(capsys: pytest.CaptureFixture[str], place: str) -> None:
    assert run(["get", "interfaces", "--device", f"nvue+http://{USER}@{place}"]) == 0
    assert "9c:05:91:a2:e6:f0" in capsys.readouterr().out
