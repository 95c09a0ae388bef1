"""Pairs of switches to which others make one LAG: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack

LAGS = """
lags:
  leaf1/Port-Channel1: {members: [Ethernet1, Ethernet2]}
  leaf2/Port-Channel1: {members: [Ethernet1, Ethernet2]}
  leaf1/Port-Channel7: {members: [Ethernet3], mlag: 7}
  leaf2/Port-Channel7: {members: [Ethernet3], mlag: 7}
interfaces:
  leaf1/Port-Channel1: {mode: trunk}
  leaf2/Port-Channel1: {mode: trunk}
"""
USUAL = {
    "eos": LAGS + """
  leaf1/Vlan4094: {addresses: [10.255.255.1/30]}
  leaf2/Vlan4094: {addresses: [10.255.255.2/30]}
mlags:
  leaf1:
    {domain: rack1, local_interface: Vlan4094, peer_address: 10.255.255.2, peer_link: Port-Channel1,
     keepalive_destination: 192.0.2.2, keepalive_vrf: MGMT}
  leaf2: {domain: rack1, local_interface: Vlan4094, peer_address: 10.255.255.1, peer_link: Port-Channel1}
""",
    "nxos": LAGS + """
mlags:
  leaf1:
    {domain: 10, peer_link: Port-Channel1, keepalive_destination: 192.0.2.2, keepalive_source: 192.0.2.1,
     keepalive_vrf: keepalive}
  leaf2: {domain: 10, peer_link: Port-Channel1, keepalive_destination: 192.0.2.1, keepalive_source: 192.0.2.2}
""",
}  # fmt: skip
SHOWN = {
    "eos": {
        "mlag configuration": ["domain-id rack1", "local-interface Vlan4094", "peer-address 10.255.255.2",
                               "peer-address heartbeat 192.0.2.2 vrf MGMT", "peer-link Port-Channel1"],
        "interface Port-Channel7": ["mlag 7"],
    },
    "nxos": {
        "vpc domain 10": ["peer-keepalive destination 192.0.2.2 source 192.0.2.1 vrf keepalive"],
        "interface Port-Channel1": ["switchport mode trunk", "spanning-tree port type network", "vpc peer-link"],
        "interface Port-Channel7": ["vpc 7"],
    },
}  # fmt: skip
BY_HAND = {
    "eos": ("mlag configuration", "domain-id old", "peer-address heartbeat 192.0.2.9", "peer-link Port-Channel1",
            "reload-delay mlag 300"),
    "nxos": ("vpc domain 20", "peer-keepalive destination 192.0.2.9 vrf management", "peer-gateway",
             "interface Port-Channel1", "vpc peer-link"),
}  # fmt: skip
PAIRED = sorted(USUAL)
DOMAINS = {"eos": ("domain: rack1", "domain: rack2"), "nxos": ("domain: 10", "domain: 11")}


@pytest.mark.parametrize("make", PAIRED, indirect=True)
def test_a_pair_is_there_changes_and_goes_again(rack: Rack) -> None:
    usual = USUAL[rack.make.driver]

    def look() -> None:
        for section, lines in SHOWN[rack.make.driver].items():
            assert rack.section("leaf1", section) == [rack.make.spoken(line) for line in lines]

    changes = (
        usual.replace(*DOMAINS[rack.make.driver]),
        usual.replace("mlag: 7", "mlag: 8"),
        usual.replace(", mlag: 7", ""),
        usual.replace("192.0.2.2", "192.0.2.9"),
        usual.replace("Port-Channel1:", "Port-Channel2:").replace("Port-Channel1,", "Port-Channel2,")
        .replace("Port-Channel1}", "Port-Channel2}"),
        usual.replace(", peer_link: Port-Channel1", ""),
        LAGS.replace(", mlag: 7", ""),
    )  # fmt: skip
    rack.there_and_back(usual, changes, look)


@pytest.mark.parametrize("make", PAIRED, indirect=True)
def test_what_others_configured_of_a_pair_stays(rack: Rack) -> None:
    line, extra = {"eos": ("mlag configuration", "reload-delay mlag 300"), "nxos": ("vpc domain 10", "peer-gateway")}[
        rack.make.driver
    ]
    usual = USUAL[rack.make.driver]
    rack.settle(usual)
    rack.type("leaf1", line, extra)
    rack.settle(usual.replace(*DOMAINS[rack.make.driver]))
    assert extra in rack.section("leaf1", "vpc domain 11" if rack.make.driver == "nxos" else line)


@pytest.mark.parametrize("make", PAIRED, indirect=True)
def test_a_pair_made_by_hand_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, "interface Ethernet1", "channel-group 1 mode active", *BY_HAND[rack.make.driver])
        rack.type(name, "interface Ethernet2", "channel-group 2 mode active", "interface Port-Channel2",
                  "mlag 5" if rack.make.driver == "eos" else "vpc 5")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    domain = {"eos": "old", "nxos": "20"}[rack.make.driver]
    lag = rack.make.spoken("Port-Channel1")
    said = {"domain": domain, "peer_link": lag, "keepalive_destination": "192.0.2.9"}
    assert document["mlags"] == dict.fromkeys(LEAVES, said)
    assert document["lags"][rack.make.spoken("leaf1/Port-Channel2")]["mlag"] == 5
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    del document["mlags"]
    for fields in document["lags"].values():
        fields.pop("mlag", None)
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert "peer-link" not in rack.shown("leaf1")
    assert "192.0.2.9" not in rack.shown("leaf1")
    assert ("reload-delay mlag 300" in rack.shown("leaf1")) is (rack.make.driver == "eos")


@pytest.mark.parametrize("make", PAIRED, indirect=True)
def test_of_pairs_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    rack.type("leaf1", "interface Ethernet1", "channel-group 1 mode active", *BY_HAND[rack.make.driver])
    path = Path(rack.declare("vlans: {users: {vlan_id: 10, devices: [leaf1]}}"))
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [mlag]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert "peer-link" not in rack.shown("leaf1")
    assert "192.0.2.9" not in rack.shown("leaf1")


@pytest.mark.parametrize("make", PAIRED, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    usual = USUAL[rack.make.driver]
    for old, new, words in (
        ("leaf2/Port-Channel7: {members: [Ethernet3]", "leaf2/Port-Channel7: {members: [Ethernet3], lacp_mode: on",
         "of which one speaks LACP"),
        ("mlag: 7", "mlag: 5000", "to 4096"),
        ("[Ethernet3], mlag: 7}", "[Ethernet3], mlag: 7}\n  leaf1/Port-Channel8: {members: [Ethernet4], mlag: 7}",
         "MLAG 7 of leaf1 is taken"),
        ("leaf1/Port-Channel1: {members: [Ethernet1, Ethernet2]", "leaf1/Port-Channel1: {members: [Ethernet1], mlag: 1",
         "which leads to others"),
        ("Channel1: {mode: trunk", "Channel1: {mode: trunk, edge_port: true", "leads to a switch"),
        ("peer_link: Port-Channel1", "peer_link: Port-Channel3", "there is no LAG"),
    ):  # fmt: skip
        assert words in rack.refused("apply", "-y", rack.declare(usual.replace(old, new, 1)))
    assert "is in no pair" in rack.refused("apply", "-y", rack.declare(LAGS))


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_the_two_of_a_pair_name_each_other(rack: Rack) -> None:
    usual = USUAL["eos"]
    for old, new, words in (
        ("peer_address: 10.255.255.1", "peer_address: 10.255.255.2", "is this device's own"),
        ("peer_address: 10.255.255.1", "peer_address: 10.255.254.1", "is in no network of Vlan4094"),
        ("peer_address: 10.255.255.1", "peer_address: 10.255.255.3", "names 10.255.255.3, which is none of its own"),
        ("keepalive_vrf: MGMT", "keepalive_source: 192.0.2.1", "EOS is told no address"),
        ("local_interface: Vlan4094", "local_interface: Ethernet9", "Ethernet9 is no interface of EOS"),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(usual.replace(old, new, 1)))


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_the_two_of_a_pair_speak_ipv6_too(rack: Rack) -> None:
    """Source of the line: Arista's AVD, `mlag_configuration`, whose example has such a peer address."""
    usual = USUAL["eos"]
    six = usual.replace("10.255.255.1/30", '"2001:db8::1/64"').replace("10.255.255.2/30", '"2001:db8::2/64"').replace(
        "peer_address: 10.255.255.2", 'peer_address: "2001:db8::2"').replace(
        "peer_address: 10.255.255.1", 'peer_address: "2001:db8::1"')  # fmt: skip

    def look() -> None:
        assert "peer-address 2001:db8::2" in rack.section("leaf1", "mlag configuration")

    rack.there_and_back(six, [usual, six.replace("db8::2", "db8::3")], look)
    said = rack.refused("apply", "-y", rack.declare(usual.replace("192.0.2.2", '"2001:db8::9"')))
    assert "EOS's documents name none of IPv6 there" in said


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
def test_nxos_has_no_addresses_for_the_peer_link_and_needs_the_feature(rack: Rack) -> None:
    usual = USUAL["nxos"]
    for old, new, words in (
        ("domain: 10", "domain: rack1", "calls a domain by a number from 1 to 1000"),
        ("domain: 10", "domain: 10, peer_address: 10.255.255.2", "by no address"),
        ("keepalive_destination: 192.0.2.1, keepalive_source: 192.0.2.2",
         "keepalive_destination: 192.0.2.7, keepalive_source: 192.0.2.2", "names 192.0.2.7"),
    ):  # fmt: skip
        assert words in rack.refused("apply", "-y", rack.declare(usual.replace(old, new)))
    rack.type("leaf1", "no feature vpc")
    assert "needs `feature vpc`" in rack.refused("apply", "-y", rack.declare(usual))


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_a_make_that_has_none_says_so(rack: Rack) -> None:
    said = rack.refused("apply", "-y", rack.declare("mlags: {leaf1: {domain: rack1}}"))
    assert "no mlag is written to" in said


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_a_lag_has_no_number_on_a_make_that_has_no_pairs(rack: Rack) -> None:
    text = "mlags: {leaf1: {domain: rack1}}\nlags: {leaf1/Port-Channel7: {members: [Ethernet1], mlag: 7}}"
    assert "no pairs of switches are written to IOS yet" in rack.refused("apply", "-y", rack.declare(text))
