"""What marks packets, declared on switches one by one: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import cpal
from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES

USUAL = """
acls:
  CALLS:
    devices: [leaf1, leaf2]
    entries: [{sequence_id: 10, forwarding_action: accept, protocol: udp, destination_port: 16384-32767}]
  WEB:
    devices: [leaf1, leaf2]
    entries: [{sequence_id: 10, forwarding_action: accept, protocol: tcp, destination_port: 443}]
classifiers:
  EDGE:
    devices: [leaf1, leaf2]
    terms:
    - {id: VOICE, acl: CALLS, set_dscp: 46}
    - {id: APPS, acl: WEB, set_dscp: 18}
    - {id: OLD, dscp: 8, set_dscp: 10}
interfaces:
  leaf1/Ethernet1: {mode: routed, ingress_classifier: EDGE}
"""
SECTIONS = {
    "eos": ("class-map type qos match-any", "match ip access-group", "policy-map type quality-of-service EDGE",
            "service-policy type qos input EDGE"),
    "nxos": ("class-map type qos match-any", "match access-group name", "policy-map type qos EDGE",
             "service-policy type qos input EDGE"),
    "ios": ("class-map match-any", "match access-group name", "policy-map EDGE", "service-policy input EDGE"),
}  # fmt: skip
SHOWN = {
    "eos": ["class VOICE", "set dscp ef", "class APPS", "set dscp af21", "class OLD", "set dscp af11",
            "class class-default"],
    "nxos": ["class VOICE", "set dscp 46", "class APPS", "set dscp 18", "class OLD", "set dscp 10"],
    "ios": ["class VOICE", "set dscp ef", "class APPS", "set dscp af21", "class OLD", "set dscp af11"],
}  # fmt: skip
VOICE = "    - {id: VOICE, acl: CALLS, set_dscp: 46}\n"


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_classifier_is_there_changes_and_goes_again(rack: Rack) -> None:
    classes, acl, policy, asked = SECTIONS[rack.make.driver]

    def look() -> None:
        for leaf in LEAVES:
            assert rack.section(leaf, f"{classes} VOICE") == [f"{acl} CALLS"]
            assert [line for line in rack.section(leaf, policy) if line] == SHOWN[rack.make.driver]
        assert asked in rack.section("leaf1", "interface Ethernet1")

    changes = (
        USUAL.replace("set_dscp: 46", "set_dscp: 34"),
        USUAL.replace("acl: CALLS", "dscp: 40"),
        USUAL.replace("acl: WEB", "acl: CALLS"),
        USUAL.replace("dscp: 8", "dscp: 0"),
        USUAL.replace(VOICE, ""),
        USUAL.replace(VOICE, "").replace("interfaces:", f"{VOICE}interfaces:"),
        USUAL.replace("    - {id: APPS", "    - {id: MORE, dscp: 26, set_dscp: 28}\n    - {id: APPS"),
        USUAL.replace("EDGE", "OTHER"),
        USUAL.replace(", ingress_classifier: EDGE", ""),
    )
    rack.there_and_back(USUAL, changes, look)


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_a_switch_tells_which_policy_an_interface_asks(rack: Rack) -> None:
    rack.settle(USUAL)
    with cpal.device(rack.addresses["leaf1"]) as leaf:
        [(port, told)] = leaf.qos.items()
        assert (port, told.input_policy, told.output_policy) == (rack.make.spoken("Ethernet1"), "EDGE", None)
        shown = leaf.native.run(f"show policy-map interface {port}")[0]
    assert [line.split()[1] for line in shown.splitlines() if "Class-map:" in line] == [
        "VOICE", "APPS", "OLD", "class-default",
    ]  # fmt: skip
    rack.settle("")
    with cpal.device(rack.addresses["leaf1"]) as leaf:
        assert leaf.qos == {}


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_classes_are_in_the_order_of_their_terms(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.settle(USUAL.replace(VOICE, "").replace("interfaces:", f"{VOICE}interfaces:"))
    _, _, policy, _ = SECTIONS[rack.make.driver]
    found = [line for line in rack.section("leaf1", policy) if line.startswith("class ") and "default" not in line]
    assert found == ["class APPS", "class OLD", "class VOICE"]


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_others_set_in_a_class_stays(rack: Rack) -> None:
    _, _, policy, _ = SECTIONS[rack.make.driver]
    rack.settle(USUAL)
    rack.type("leaf1", policy, "class APPS", "set cos 3", "class class-default", "set dscp 0")
    rack.settle(USUAL.replace(VOICE, "").replace("set_dscp: 18", "set_dscp: 20"))
    found = rack.section("leaf1", policy)
    assert "set cos 3" in found
    assert found[-2] == "class class-default"


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_classifiers_are_taken_over_as_they_are(rack: Rack) -> None:
    before = rack.all_shown()
    classes, acl, policy, asked = SECTIONS[rack.make.driver]
    extended = "extended " if rack.make.driver == "ios" else ""
    for name in LEAVES:
        rack.type(name, f"ip access-list {extended}CALLS", "permit udp any any range 16384 32767", f"{classes} VOICE",
                  f"{acl} CALLS", f"{classes} APPS", "match dscp af21", policy, "class VOICE", "set dscp ef",
                  "class APPS", "set dscp 20", "interface Ethernet1", "no switchport", asked)  # fmt: skip
    rack.type("leaf1", f"{classes} MORE", f"{acl} NOWHERE", policy.replace("EDGE", "OLD"), "class MORE", "set dscp cs1",
              "interface Ethernet2", "no switchport", asked.replace("EDGE", "OLD"))  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    terms = [{"id": "VOICE", "set_dscp": 46, "acl": "CALLS"}, {"id": "APPS", "set_dscp": 20, "dscp": 18}]
    assert document["classifiers"] == {"EDGE": {"terms": terms, "devices": ["leaf1", "leaf2"]}}
    assert document["interfaces"][rack.make.spoken("leaf1/Ethernet1")]["ingress_classifier"] == "EDGE"
    assert "ingress_classifier" not in document["interfaces"][rack.make.spoken("leaf1/Ethernet2")]
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    del document["acls"], document["classifiers"]
    ports = [rack.make.spoken(port) for port in ("Ethernet1", "Ethernet2")]
    kept = {name: each for name, each in document["interfaces"].items() if name.partition("/")[2] not in ports}
    document["interfaces"] = kept
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    rack.type("leaf1", "interface Ethernet2", f"no {asked.replace('EDGE', 'OLD')}", "switchport",
              f"no {policy.replace('EDGE', 'OLD')}", f"no {classes} MORE")  # fmt: skip
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_of_classifiers_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    classes, _, policy, asked = SECTIONS[rack.make.driver]
    path = Path(rack.declare(USUAL))
    rack.done("apply", "-y", str(path))
    applied = rack.all_shown()
    rack.type("leaf1", f"{classes} MORE", "match dscp 1", policy.replace("EDGE", "OLD"), "class MORE", "set dscp 2",
              policy, "class MORE", "set dscp 3", "interface Ethernet3", asked.replace("EDGE", "OLD"))  # fmt: skip
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [classifier]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == applied


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    rack.done("apply", "-y", rack.declare(USUAL))
    for old, new, words in (
        ("acl: WEB", "acl: MAIL", "there is no access list MAIL on leaf1"),
        ("acl: WEB", "acl: WEB, dscp: 3", "write one of the two"),
        ("id: APPS", "id: VOICE", "has a term twice"),
        ("id: APPS", "id: class-default", "is no name of a class"),
        ("set_dscp: 18", "set_dscp: 64", "from 0 to 63"),
        ("ingress_classifier: EDGE", "ingress_classifier: CORE", "there is no classifier CORE on leaf1"),
        ("EDGE:\n    devices: [leaf1, leaf2]", "EDGE:\n    devices: [leaf2]", "there is no classifier EDGE on leaf1"),
        ("interfaces:", "  CORE: {devices: [leaf1], terms: [{id: OLD, dscp: 1, set_dscp: 2}]}\ninterfaces:",
         "class OLD of leaf1 is taken"),
    ):  # fmt: skip
        assert words in rack.refused("apply", "-y", rack.declare(USUAL.replace(old, new, 1)))
