"""What marks packets, declared on Junos switches: filters that follow access lists, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ncclient.operations.rpc import RPCError

from tests.integration.switches.rack import LEAVES, Rack
from tests.integration.switches.test_classifiers import USUAL, VOICE
from tests.support.switch_makes import MAKES, SwitchMake

FILTER = "set firewall family inet filter EDGE term"
WRITTEN = [
    f"{FILTER} VOICE.CALLS.10 from destination-port 16384-32767",
    f"{FILTER} VOICE.CALLS.10 from protocol udp",
    f"{FILTER} VOICE.CALLS.10 then accept",
    f"{FILTER} VOICE.CALLS.10 then dscp 46",
    f"{FILTER} APPS.WEB.10 from destination-port 443",
    f"{FILTER} APPS.WEB.10 from protocol tcp",
    f"{FILTER} APPS.WEB.10 then accept",
    f"{FILTER} APPS.WEB.10 then dscp 18",
    f"{FILTER} OLD from dscp 8",
    f"{FILTER} OLD then accept",
    f"{FILTER} OLD then dscp 10",
    f"{FILTER} class-default then accept",
]
"""The filter of the usual, by Junos's manual; terms in their order."""
OF_CALLS = "entries: [{sequence_id: 10, forwarding_action: accept, protocol: udp, destination_port: 16384-32767}]"
MORE_CALLS = OF_CALLS.replace("}]", "}, {sequence_id: 20, forwarding_action: accept, protocol: icmp}]")


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def terms(rack: Rack) -> list[str]:
    """The terms of leaf1's classifier, in their order."""
    lines = [line.strip() for line in rack.shown("leaf1").splitlines()]
    start = lines.index("filter EDGE {")
    end = next((n for n, line in enumerate(lines[start + 1 :], start + 1) if line.startswith("filter ")), len(lines))
    return [line.split()[1] for line in lines[start:end] if line.startswith("term ")]


def test_a_classifier_is_there_changes_and_goes_again(rack: Rack) -> None:
    said = rack.plan(rack.declare(USUAL))["commands"]["leaf1"]
    written = [line for line in said if line.startswith(FILTER)]
    assert sorted(written) == sorted(WRITTEN)
    assert "set interfaces ge-0/0/1 unit 0 family inet filter input EDGE" in said

    def look() -> None:
        assert terms(rack) == ["VOICE.CALLS.10", "APPS.WEB.10", "OLD", "class-default"]

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
        USUAL.replace("ingress_classifier: EDGE", "ingress_acl: WEB"),
        USUAL.replace(OF_CALLS, MORE_CALLS),
        USUAL.replace("16384-32767", "5060"),
        USUAL.replace("sequence_id: 10, forwarding_action: accept, protocol: tcp", "sequence_id: 5, "
                      "forwarding_action: accept, protocol: tcp"),
    )  # fmt: skip
    rack.there_and_back(USUAL, changes, look)


def test_terms_follow_their_list_and_their_order(rack: Rack) -> None:
    rack.settle(USUAL)
    last = f"{VOICE}interfaces:"
    rack.settle(USUAL.replace(OF_CALLS, MORE_CALLS).replace(VOICE, "").replace("interfaces:", last))
    assert terms(rack) == ["APPS.WEB.10", "OLD", "VOICE.CALLS.10", "VOICE.CALLS.20", "class-default"]


def test_what_others_do_to_packets_of_a_term_stays_and_other_terms_go(rack: Rack) -> None:
    rack.settle(USUAL)
    held = rack.shown("leaf1")
    rack.type("leaf1", f"{FILTER} APPS.WEB.10 then count APPS", f"{FILTER} OLD then forwarding-class bulk")
    assert rack.plan(rack.declare(USUAL))["ops"] == []
    rack.settle(USUAL.replace(VOICE, "").replace("set_dscp: 18", "set_dscp: 20"))
    shown = {line.strip() for line in rack.shown("leaf1").splitlines()}
    assert {"count APPS;", "forwarding-class bulk;", "dscp 20;"} <= shown
    rack.settle(USUAL)
    delete = FILTER.replace("set", "delete")
    rack.type("leaf1", f"{delete} APPS.WEB.10 then count", f"{delete} OLD then forwarding-class",
              f"{delete} VOICE.CALLS.10", f"{FILTER} OLD from protocol tcp")  # fmt: skip
    rack.settle(USUAL)
    assert rack.shown("leaf1") == held


BROWN = (
    "set firewall family inet filter MARK term VOICE from dscp ef",
    "set firewall family inet filter MARK term VOICE then dscp af41",
    "set firewall family inet filter MARK term VOICE then count voice",
    "set firewall family inet filter MARK term BULK from dscp cs1",
    "set firewall family inet filter MARK term BULK then dscp 10",
    "set firewall family inet filter MARK term rest then accept",
    "set firewall family inet filter ODD term WEB from protocol tcp",
    "set firewall family inet filter ODD term WEB then dscp 18",
    "set firewall family inet filter ODD term rest then accept",
    "set firewall family inet filter GUARD term 10 then discard",
    "set interfaces ge-0/0/1 unit 0 family inet filter input MARK",
    "set interfaces ge-0/0/2 unit 0 family inet filter input ODD",
    "set interfaces ge-0/0/3 unit 0 family inet filter input GUARD",
)
"""What somebody configured at leaf1, some of which no record says."""


def taken(rack: Rack, path: Path) -> tuple[Any, Any]:
    """The documents of what the switches have."""
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return target, document


def test_filters_that_mark_are_taken_over_as_they_are(rack: Rack) -> None:
    rack.type("leaf1", *BROWN)
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    target, document = taken(rack, path)
    found = [{"id": "VOICE", "dscp": 46, "set_dscp": 34}, {"id": "BULK", "dscp": 8, "set_dscp": 10}]
    assert document["classifiers"] == {"MARK": {"terms": found, "devices": ["leaf1"]}}
    assert document["acls"].keys() == {"GUARD"}
    asked = document["interfaces"]
    assert asked["leaf1/ge-0/0/1"]["ingress_classifier"] == "MARK"
    assert asked["leaf1/ge-0/0/3"]["ingress_acl"] == "GUARD"
    assert not {"ingress_acl", "ingress_classifier"} & asked["leaf1/ge-0/0/2"].keys()
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    document["classifiers"]["MARK"]["terms"][1]["set_dscp"] = 12
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    now = rack.shown("leaf1").splitlines()
    assert [line.strip() for line in held["leaf1"].splitlines() if line not in now] == ["dscp 10;"]


def test_what_is_written_is_read_as_it_was_declared(rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
    rack.settle(USUAL)
    monkeypatch.setenv("CPAL_HOME", str(rack.folder / "another"))
    _, document = taken(rack, rack.folder / "anew.yaml")
    declared = yaml.safe_load(USUAL)
    assert document["acls"].keys() == declared["acls"].keys()
    assert document["classifiers"] == declared["classifiers"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("accept, protocol: tcp", "drop, protocol: tcp", "entry 10 of WEB drops"),
        ("EDGE", "WEB", "leaf1 has an access list WEB"),
        ("ingress_classifier: EDGE", "ingress_classifier: EDGE, ingress_acl: WEB", "Junos asks one filter"),
        ("mode: routed", "mode: access", "is not asked of a port of the switch"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack, old: str, new: str, words: str) -> None:
    assert old in USUAL
    for before in ("", USUAL):
        rack.settle(before)
        assert words in rack.refused("apply", "-y", rack.declare(USUAL.replace(old, new)))


def test_filters_of_others_are_left_to_them(rack: Rack) -> None:
    rack.type("leaf1", "set firewall family inet filter EDGE term 10 then discard")
    said = rack.refused("apply", "-y", rack.declare(USUAL))
    assert "the device has a filter of that name that does more than mark packets" in said
    rack.type("leaf1", "delete firewall family inet filter EDGE", *BROWN[:6])
    assert "not cpal's" in rack.refused("apply", "-y", rack.declare(USUAL))


def test_the_emulator_takes_dscps_and_no_others(rack: Rack) -> None:
    for word in ("64", "ef1", "default"):
        with pytest.raises(RPCError, match="syntax error"):
            rack.type("leaf1", f"{FILTER} ONE then dscp {word}")
