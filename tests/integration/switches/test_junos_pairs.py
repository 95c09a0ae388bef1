"""Pairs of Junos switches to which others make one LAG (MC-LAG): applied, changed, taken over, refused (emulated)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.integration.switches.test_junos import statements
from tests.integration.switches.test_mlags import LAGS as OF_ALL
from tests.support.switch_makes import MAKES, SwitchMake

LAGS = OF_ALL.replace("Port-Channel", "ae")
USUAL = (
    LAGS
    + """
  leaf1/Vlan4094: {addresses: [10.255.255.1/30]}
  leaf2/Vlan4094: {addresses: [10.255.255.2/30]}
mlags:
  leaf1:
    {domain: 10, local_interface: Vlan4094, peer_address: 10.255.255.2, peer_link: ae1,
     keepalive_destination: 192.0.2.2}
  leaf2: {domain: 10, local_interface: Vlan4094, peer_address: 10.255.255.1, peer_link: ae1}
"""
)
TURNED = re.sub(r"10\.255\.255\.([12])", lambda found: f"10.255.255.{3 - int(found[1])}", USUAL)
"""The same, where leaf1 has the greater address."""
AT_LEAF1 = {
    "set switch-options service-id 10", "set protocols iccp local-ip-addr 10.255.255.1",
    *(f"set protocols iccp peer 10.255.255.2 {line}" for line in (
        "redundancy-group-id-list 1", "liveness-detection minimum-interval 1000",
        "backup-liveness-detection backup-peer-ip 192.0.2.2",
    )),
    "set multi-chassis multi-chassis-protection 10.255.255.2 interface ae1",
    *(f"set interfaces ae7 aggregated-ether-options {line}" for line in (
        "mc-ae mc-ae-id 7", "mc-ae redundancy-group 1", "mc-ae chassis-id 0", "mc-ae mode active-active",
        "mc-ae status-control active", "lacp active", "lacp system-id 02:cf:01:00:00:0a", "lacp admin-key 7",
    )),
}  # fmt: skip
"""What a pair is there, by Juniper's guide of multichassis link aggregation."""
BY_HAND = tuple(f"set {line}" for line in (
    "interfaces ge-0/0/1 ether-options 802.3ad ae1", "interfaces ae1 aggregated-ether-options lacp active",
    "interfaces ge-0/0/2 ether-options 802.3ad ae2", "interfaces ae2 aggregated-ether-options lacp active",
    "interfaces ae2 aggregated-ether-options lacp system-id 00:01:02:03:04:05",
    "interfaces ae2 aggregated-ether-options lacp admin-key 1",
    *(f"interfaces ae2 aggregated-ether-options mc-ae {line}" for line in (
        "mc-ae-id 5", "chassis-id 1", "mode active-active", "status-control standby", "init-delay-time 240",
    )),
    "chassis aggregated-devices ethernet device-count 3", "interfaces irb unit 401 family inet address 10.88.20.15/31",
    "multi-chassis multi-chassis-protection 10.88.20.14 interface ae1", "protocols iccp local-ip-addr 10.88.20.15",
    *(f"protocols iccp peer 10.88.20.14 {line}" for line in (
        "session-establishment-hold-time 50", "backup-liveness-detection backup-peer-ip 172.22.5.2",
        "liveness-detection minimum-receive-interval 1000",
        "liveness-detection transmit-interval minimum-interval 1000",
    )),
    "switch-options service-id 20",
))  # fmt: skip
"""As a QFX has it whose configuration is public (hosts/HSW-003b of Batfish's users), but for its groups."""


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def test_a_pair_is_there_changes_and_goes_again(rack: Rack) -> None:
    def look() -> None:
        assert statements(rack.shown("leaf1")) > AT_LEAF1
        assert {line for line in statements(rack.shown("leaf2")) if "chassis-id" in line or "control" in line} == {
            "set interfaces ae7 aggregated-ether-options mc-ae chassis-id 1",
            "set interfaces ae7 aggregated-ether-options mc-ae status-control standby",
        }  # fmt: skip

    changes = (
        USUAL.replace("domain: 10", "domain: 11"),
        USUAL.replace("mlag: 7", "mlag: 8"),
        USUAL.replace(", mlag: 7", ""),
        USUAL.replace("192.0.2.2", "192.0.2.9"),
        USUAL.replace(",\n     keepalive_destination: 192.0.2.2", ""),
        USUAL.replace("ae1:", "ae2:").replace("ae1,", "ae2,").replace("ae1}", "ae2}"),
        USUAL.replace(", peer_link: ae1", ""),
        TURNED,
        LAGS.replace(", mlag: 7", ""),
    )  # fmt: skip
    rack.there_and_back(USUAL, changes, look)


def test_which_of_both_it_is_follows_the_addresses(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.settle(TURNED)
    at = "set interfaces ae7 aggregated-ether-options mc-ae"
    assert {f"{at} chassis-id 1", f"{at} status-control standby"} < statements(rack.shown("leaf1"))
    assert "set protocols iccp local-ip-addr 10.255.255.2" in statements(rack.shown("leaf1"))
    assert {f"{at} chassis-id 0", f"{at} status-control active"} < statements(rack.shown("leaf2"))


def test_what_hands_do_to_it_is_seen_and_what_others_say_beside_stays(rack: Rack) -> None:
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    more = ("set protocols iccp peer 10.255.255.2 session-establishment-hold-time 50",
            "set interfaces ae7 aggregated-ether-options mc-ae init-delay-time 240")  # fmt: skip
    rack.type("leaf1", *more, "delete interfaces ae7 aggregated-ether-options mc-ae mode",
              "delete protocols iccp peer 10.255.255.2 backup-liveness-detection",
              "set switch-options service-id 9")  # fmt: skip
    assert sorted(op["table"] for op in rack.plan(path)["ops"]) == ["lag.mlag", "mlag.domain", "mlag.keepalive"]
    rack.done("apply", "-y", path)
    assert statements(rack.shown("leaf1")) > {*AT_LEAF1, *more}
    rack.settle(USUAL.replace("domain: 10", "domain: 11"))
    assert statements(rack.shown("leaf1")) > {*more}


def test_a_pair_made_by_hand_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *BY_HAND)
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    said = {"domain": "20", "local_interface": "irb.401", "peer_address": "10.88.20.14", "peer_link": "ae1",
            "keepalive_destination": "172.22.5.2"}  # fmt: skip
    assert document["mlags"] == dict.fromkeys(LEAVES, said)
    assert document["lags"]["leaf1/ae2"]["mlag"] == 5
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    mlags = document.pop("mlags")
    for fields in document["lags"].values():
        fields.pop("mlag", None)
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    left = rack.shown("leaf1")
    assert not [word for word in ("iccp", "mc-ae", "multi-chassis", "service-id") if word in left]
    assert "00:01:02:03:04:05" in left
    assert mlags
    rack.done("undo", "-y")
    assert rack.differences(held) == ""


def test_of_pairs_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND)
    path = Path(rack.declare("vlans: {users: {vlan_id: 10, devices: [leaf1]}}"))
    text = path.read_text(encoding="utf-8").replace("    driver: junos\n", "    driver: junos\n    owned: [mlag]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert not [word for word in ("iccp", "multi-chassis", "service-id") if word in rack.shown("leaf1")]


@pytest.mark.parametrize(("old", "new", "words"), [
    ("domain: 10", "domain: rack1", "Junos calls a domain by a number from 1 to 65535"),
    ("domain: 10", "domain: 65536", "Junos calls a domain by a number from 1 to 65535"),
    ("mlag: 7", "mlag: 7, lacp_mode: on", "speaks LACP"),
    ("peer_address: 10.255.255.2, ", "", "Junos says that of the address of the other"),
    ("192.0.2.2", "192.0.2.2, keepalive_source: 192.0.2.1", "no address that it asks from"),
    ("192.0.2.2", "192.0.2.2, keepalive_vrf: MGMT", "by its management"),
    ("  leaf1/Vlan4094: {addresses: [10.255.255.1/30]}\n", "", "no IPv4 address at which"),
])  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack, old: str, new: str, words: str) -> None:
    assert old in USUAL
    assert words in rack.refused("apply", "-y", rack.declare(USUAL.replace(old, new)))
