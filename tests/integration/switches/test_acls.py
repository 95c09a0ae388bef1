"""Access lists declared on switches one by one: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES

USUAL = """
acls:
  WEB:
    devices: [leaf1, leaf2]
    entries:
    - {sequence_id: 10, forwarding_action: accept, protocol: tcp, destination_address: 10.1.0.1, destination_port: 80}
    - {sequence_id: 20, forwarding_action: accept, protocol: udp, source_address: 10.2.0.0/16, source_port: 1024-65535}
    - {sequence_id: 30, forwarding_action: drop, protocol: icmp, icmp_type: 5, icmp_code: 1}
    - {sequence_id: 40, forwarding_action: accept, protocol: 47}
    - {sequence_id: 50, forwarding_action: drop}
interfaces:
  leaf1/Ethernet1: {mode: routed, addresses: [192.0.2.0/31], ingress_acl: WEB}
  leaf2/Ethernet2: {mode: routed, egress_acl: WEB}
"""
SHOWN = {
    "eos": ["10 permit tcp any host 10.1.0.1 eq www", "20 permit udp 10.2.0.0/16 range 1024 65535 any",
            "30 deny icmp any any host-redirect", "40 permit gre any any", "50 deny ip any any"],
    "nxos": ["10 permit tcp any 10.1.0.1/32 eq www", "20 permit udp 10.2.0.0/16 range 1024 65535 any",
             "30 deny icmp any any host-redirect", "40 permit gre any any", "50 deny ip any any"],
    "ios": ["10 permit tcp any host 10.1.0.1 eq www", "20 permit udp 10.2.0.0 0.0.255.255 range 1024 65535 any",
            "30 deny icmp any any host-redirect", "40 permit gre any any", "50 deny ip any any"],
}  # fmt: skip
"""How each make shows these entries, by its documentation."""
THIRD = "    - {sequence_id: 30, forwarding_action: drop, protocol: icmp, icmp_type: 5, icmp_code: 1}\n"
CHANGES = {
    "in the middle": (THIRD, THIRD.replace("drop", "accept")),
    "deleted": (THIRD, ""),
    "inserted": (THIRD, THIRD + "    - {sequence_id: 35, forwarding_action: drop, protocol: tcp}\n"),
    "reordered": ("sequence_id: 30", "sequence_id: 15"),
    "two that change places": (
        "20, forwarding_action: accept, protocol: udp, source_address: 10.2.0.0/16, source_port: 1024-65535}\n" + THIRD,
        "30, forwarding_action: accept, protocol: udp, source_address: 10.2.0.0/16, source_port: 1024-65535}\n"
        + THIRD.replace("30", "20"),
    ),
    "asked elsewhere": ("ingress_acl", "egress_acl"),
    "asked no more": (", egress_acl: WEB", ""),
    "not on one": ("[leaf1, leaf2]\n", "[leaf1]\n"),
}


def of_list(rack: Rack, leaf: str) -> list[str]:
    """The entries of the access list of a switch, as it shows them."""
    return rack.section(leaf, f"ip access-list {'extended ' if rack.make.driver == 'ios' else ''}WEB")


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_list_is_there_changes_and_goes_again(rack: Rack) -> None:
    def look() -> None:
        assert of_list(rack, "leaf1") == of_list(rack, "leaf2") == SHOWN[rack.make.driver]
        assert "ip access-group WEB in" in rack.section("leaf1", "interface Ethernet1")
        assert "ip access-group WEB out" in rack.section("leaf2", "interface Ethernet2")

    def changed(old: str, new: str) -> str:
        assert old in USUAL
        text = USUAL.replace(old, new)
        return text.replace(", egress_acl: WEB", "") if new == "[leaf1]\n" else text

    rack.there_and_back(USUAL, [changed(old, new) for old, new in CHANGES.values()], look)


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_one_rule_said_otherwise_is_the_same(rack: Rack) -> None:
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    for old, new in (
        ("protocol: tcp", "protocol: 6"),
        ("10.1.0.1,", "10.1.0.1/32,"),
        ("protocol: 47", "protocol: gre"),
    ):
        rack.declare(USUAL.replace(old, new))
        assert rack.plan(path)["ops"] == []


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_lists_are_taken_over_as_they_are(rack: Rack) -> None:
    before = rack.all_shown()
    extended = "extended " if rack.make.driver == "ios" else ""
    for name in LEAVES:
        rack.type(name, f"ip access-list {extended}WEB", "permit tcp any host 10.0.0.1 eq 179", "deny ip any any",
                  "interface Ethernet1", "no switchport", "ip access-group WEB in")  # fmt: skip
    rack.type("leaf1", f"ip access-list {extended}OLD", "permit tcp any any established", "interface Ethernet2",
              "no switchport", "ip access-group OLD out")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["acls"] == {
        "WEB": {
            "entries": [
                {"sequence_id": 10, "forwarding_action": "accept", "protocol": "tcp",
                 "destination_address": "10.0.0.1/32", "destination_port": 179},
                {"sequence_id": 20, "forwarding_action": "drop"},
            ],
            "devices": ["leaf1", "leaf2"],
        }
    }  # fmt: skip
    assert document["interfaces"][rack.make.spoken("leaf1/Ethernet1")]["ingress_acl"] == "WEB"
    assert "egress_acl" not in document["interfaces"][rack.make.spoken("leaf1/Ethernet2")]
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    del document["acls"]
    ports = [rack.make.spoken(port) for port in ("Ethernet1", "Ethernet2")]
    kept = {name: each for name, each in document["interfaces"].items() if name.partition("/")[2] not in ports}
    document["interfaces"] = kept
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    rack.type("leaf1", f"no ip access-list {extended}OLD", "interface Ethernet2", "no ip access-group OLD out",
              "switchport")  # fmt: skip
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_of_lists_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    extended = "extended " if rack.make.driver == "ios" else ""
    path = Path(rack.declare(USUAL))
    rack.done("apply", "-y", str(path))
    applied = rack.all_shown()
    rack.type("leaf1", f"ip access-list {extended}WEB", "5 permit ip any any", f"ip access-list {extended}OLD",
              "permit ip any any log", "interface Ethernet3", "ip access-group OLD in")  # fmt: skip
    assert rack.plan(str(path))["ops"] == []
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [acl]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == applied


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_an_entry_that_somebody_changed_comes_back(rack: Rack) -> None:
    extended = "extended " if rack.make.driver == "ios" else ""
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    applied = rack.all_shown()
    rack.type("leaf1", f"ip access-list {extended}WEB", "no 50", "50 permit ip any any log")
    assert len(rack.plan(path)["ops"]) == 1
    rack.done("apply", "-y", path)
    assert rack.all_shown() == applied


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    rack.done("apply", "-y", rack.declare(USUAL))
    entry = "{sequence_id: 10, forwarding_action: drop}"
    for text, words in (
        ("interfaces: {leaf1/Ethernet1: {mode: routed, ingress_acl: WEB}}", "there is no access list WEB on leaf1"),
        (USUAL.replace("[leaf1, leaf2]", "[leaf1]"), "there is no access list WEB on leaf2"),
        ("acls: {WEB: {devices: [leaf1], entries: []}}", "what an empty list lets through"),
        (f"acls: {{WEB: {{devices: [leaf1], entries: [{entry}, {entry}]}}}}", "has entry 10 twice"),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(text))


NONE_THERE = {
    "nxos": "NX-OS asks a port of the switch for what comes in alone",
    "junos": "none is written to a port of the switch on Junos",
}


@pytest.mark.parametrize("make", [*NONE_THERE], indirect=True)
def test_a_port_of_the_switch_has_no_lists_that_its_make_takes_nowhere(rack: Rack) -> None:
    text = USUAL.replace("mode: routed, egress_acl: WEB", "mode: access, vlan: 10, egress_acl: WEB")
    assert NONE_THERE[rack.make.driver] in rack.refused("apply", "-y", rack.declare(text))


OF_PORT = {
    "eos": ["ip access-group WEB in", "ip access-group WEB out"],
    "nxos": ["ip port access-group WEB in"],
    "ios": ["ip access-group WEB in", "ip access-group WEB out"],
}
"""Source: the makes' references of port ACLs; NX-OS and some series of Catalyst have them for what comes in."""


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_port_of_the_switch_asks_lists_too(rack: Rack) -> None:
    egress = "" if rack.make.driver == "nxos" else ", egress_acl: WEB"
    usual = (
        USUAL[: USUAL.index("interfaces:")]
        + f"""
interfaces:
  leaf1/Ethernet1: {{mode: access, vlan: 10, ingress_acl: WEB{egress}}}
  leaf2/Ethernet2: {{mode: trunk, ingress_acl: WEB}}
vlans: {{users: {{vlan_id: 10, devices: [leaf1]}}}}
"""
    )
    there = OF_PORT[rack.make.driver]

    def look() -> None:
        assert [line for line in rack.section("leaf1", "interface Ethernet1") if "access-group" in line] == there
        assert there[0] in rack.section("leaf2", "interface Ethernet2")

    changes = (
        usual.replace("mode: access, vlan: 10,", "mode: routed,"),
        usual.replace("mode: access, vlan: 10,", "mode: trunk,"),
        usual.replace(f", ingress_acl: WEB{egress}}}", "}", 1),
    )
    rack.there_and_back(usual, changes, look)
    rack.settle(usual)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPAL_HOME", str(rack.folder / "another"))
        path = rack.folder / "anew.yaml"
        rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", str(path), "-y")
        assert rack.plan(str(path))["ops"] == []
    _, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["interfaces"][rack.make.spoken("leaf1/Ethernet1")]["ingress_acl"] == "WEB"
