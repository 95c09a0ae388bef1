"""Access lists declared on Junos switches, as firewall filters: applied, changed, taken over, refused (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ncclient.operations import RPCError

from tests.integration.switches.rack import LEAVES, Rack
from tests.integration.switches.test_acls import CHANGES, THIRD
from tests.integration.switches.test_acls import USUAL as OF_ALL
from tests.support.switch_makes import MAKES, SwitchMake

USUAL = MAKES["junos"].spoken(OF_ALL) + "  leaf1/irb.10: {addresses: [198.51.100.1/24], egress_acl: WEB}\n"
WEB = "set firewall family inet filter WEB term"
WRITTEN = {
    f"{WEB} 10 from destination-address 10.1.0.1/32", f"{WEB} 10 from protocol tcp",
    f"{WEB} 10 from destination-port 80", f"{WEB} 10 then accept",
    f"{WEB} 20 from source-address 10.2.0.0/16", f"{WEB} 20 from protocol udp",
    f"{WEB} 20 from source-port 1024-65535", f"{WEB} 20 then accept",
    f"{WEB} 30 from protocol icmp", f"{WEB} 30 from icmp-type 5", f"{WEB} 30 from icmp-code 1",
    f"{WEB} 30 then discard", f"{WEB} 40 from protocol 47", f"{WEB} 40 then accept", f"{WEB} 50 then discard",
    "set interfaces ge-0/0/1 unit 0 family inet filter input WEB",
    "set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.0/31",
    "set interfaces irb unit 10 family inet filter output WEB",
    "set interfaces irb unit 10 family inet address 198.51.100.1/24",
}  # fmt: skip
"""What the usual is on leaf1, by Junos's manual."""


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def more(number: int, kind: int) -> str:
    """A further entry, of ICMP messages of a type."""
    return THIRD.replace("30", str(number)).replace("icmp_type: 5", f"icmp_type: {kind}")


def terms(rack: Rack, leaf: str) -> list[str]:
    """The terms of the filters of a switch, in their order."""
    lines = map(str.strip, rack.shown(leaf).splitlines())
    return [line.split()[1] for line in lines if line.startswith("term ")]


def test_a_list_is_there_changes_and_goes_again(rack: Rack) -> None:
    assert set(rack.plan(rack.declare(USUAL))["commands"]["leaf1"]) == WRITTEN

    def look() -> None:
        assert terms(rack, "leaf1") == terms(rack, "leaf2") == ["10", "20", "30", "40", "50"]

    def changed(old: str, new: str) -> str:
        assert old in USUAL
        text = USUAL.replace(old, new)
        return text.replace(", egress_acl: WEB}\n  leaf1", "}\n  leaf1") if new == "[leaf1]\n" else text

    rack.there_and_back(USUAL, [changed(old, new) for old, new in CHANGES.values()], look)


def test_an_entry_that_comes_between_stands_between(rack: Rack) -> None:
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    rack.type("leaf1", f"{WEB} theirs then accept")
    assert rack.plan(path)["ops"] == []
    rack.declare(USUAL.replace(THIRD, THIRD + more(35, 1) + more(60, 2)))
    rack.done("apply", "-y", path)
    assert rack.plan(path)["ops"] == []
    assert terms(rack, "leaf1") == ["10", "20", "30", "35", "40", "50", "60", "theirs"]
    again = sorted(line for line in WRITTEN if line.startswith(f"{WEB} 20 "))
    rack.type("leaf1", f"delete {WEB.removeprefix('set ')} 20", *again)
    assert [op["name"] for op in rack.plan(path)["ops"]] == ["leaf1 WEB 20"]
    rack.done("apply", "-y", path)
    assert terms(rack, "leaf1") == ["10", "20", "30", "35", "40", "50", "60", "theirs"]


def test_others_terms_stand_again_where_they_stood(rack: Rack) -> None:
    """Among those of cpal's that go and come back, and in a list that goes whole."""
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    rack.type("leaf1", f"{WEB} theirs then accept", f'{WEB} "of theirs" then count c',
              f"insert {WEB.removeprefix('set ')} theirs before term 20",
              f'insert {WEB.removeprefix("set ")} "of theirs" after term 30')  # fmt: skip
    before = rack.all_shown()
    assert terms(rack, "leaf1") == ["10", "theirs", "20", "30", '"of', "40", "50"]
    for old in (THIRD, USUAL[USUAL.index("acls:") : USUAL.index("interfaces:")]):
        text = USUAL.replace(old, "")
        text = text.replace(", egress_acl: WEB", "").replace(", ingress_acl: WEB", "") if old != THIRD else text
        rack.declare(text)
        told = rack.plan(path)["commands"]["leaf1"]
        assert not [line for line in told if line.startswith("set firewall")]
        rack.done("apply", "-y", path)
        rack.declare(USUAL)
        moved = [line for line in rack.plan(path)["commands"]["leaf1"] if line.startswith("insert ")]
        assert moved == ([f'{WEB.replace("set", "insert")} 30 before term "of theirs"'] if old == THIRD else [])
        rack.done("apply", "-y", path)
        assert rack.all_shown() == before


def test_filters_are_taken_over_as_they_are(rack: Rack) -> None:
    before = rack.all_shown()
    for name in LEAVES:
        rack.type(name, f"{WEB} 10 from protocol tcp", f"{WEB} 10 from destination-port bgp",
                  f"{WEB} 10 from source-address 10.0.0.1/32", f"{WEB} 10 then accept", f"{WEB} 20 then discard",
                  "set interfaces ge-0/0/1 unit 0 family inet filter input WEB")  # fmt: skip
    old = "set firewall family inet filter OLD term"
    rack.type("leaf1", f"{old} ssh from protocol tcp", f"{old} ssh from destination-port [ ssh telnet ]",
              f"{old} ssh then count ssh", f"{old} ssh then accept",
              "set interfaces lo0 unit 0 family inet filter input OLD")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["acls"] == {
        "WEB": {
            "entries": [
                {"sequence_id": 10, "forwarding_action": "accept", "protocol": "tcp",
                 "source_address": "10.0.0.1/32", "destination_port": 179},
                {"sequence_id": 20, "forwarding_action": "drop"},
            ],
            "devices": ["leaf1", "leaf2"],
        }
    }  # fmt: skip
    assert document["interfaces"]["leaf1/ge-0/0/1"] == {"mode": "routed", "ingress_acl": "WEB"}
    assert "ingress_acl" not in document["interfaces"]["leaf1/lo0.0"]
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    del document["acls"], document["interfaces"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    rack.type("leaf1", "delete firewall")
    assert rack.all_shown() == before


def test_of_lists_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    path = Path(rack.declare(USUAL))
    rack.done("apply", "-y", str(path))
    applied = rack.all_shown()
    old = "set firewall family inet filter OLD term"
    rack.type("leaf1", f"{WEB} 5 then accept", f'{WEB} "of theirs" then accept', f"{old} 10 then log",
              "set interfaces ge-0/0/3 unit 0 family inet filter input OLD")  # fmt: skip
    assert rack.plan(str(path))["ops"] == []
    text = path.read_text(encoding="utf-8").replace("    driver: junos\n", "    driver: junos\n    owned: [acl]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert terms(rack, "leaf1") == ["10", "20", "30", "40", "50"]
    rack.type("leaf1", "delete interfaces ge-0/0/3")
    assert rack.all_shown() == applied


def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    port = USUAL.replace("mode: routed, egress_acl", "egress_acl")
    assert "would drop ARP too" in rack.refused("apply", "-y", rack.declare(port))
    rack.done("apply", "-y", rack.declare(USUAL))
    rack.hands["leaf1"].load("delete firewall")  # type: ignore[attr-defined]  # of Junos
    with pytest.raises(RPCError, match="Referenced filter 'WEB' is not defined"):
        rack.hands["leaf1"].ask("<commit-configuration><check/></commit-configuration>")  # type: ignore[attr-defined]  # of Junos
