"""Switches that run already are taken over: documents of what they have, and a plan that is empty (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cpal.engine.joint import Joint
from tests.integration.switches.rack import LEAVES, Rack
from tests.support import netlab
from tests.support.switch_makes import LINES

BY_HAND = (
    "vlan 10-11", "name users", "vlan 12", "name db", "state suspend", "vlan 13",
    "interface Ethernet1", "description to h1", "switchport access vlan 10", "spanning-tree bpduguard enable",
    "interface Ethernet2", "switchport mode trunk", "switchport trunk allowed vlan 10-12", "mtu 9000",
    "interface Ethernet3", "no switchport", "ip address 192.0.2.1/31", "ip address 198.51.100.1/24 secondary",
    "interface Ethernet4", "shutdown", "interface Ethernet5", "no switchport", "ip address dhcp",
    "interface Vlan10", "ip address 10.0.10.1/24", "interface Loopback0", "ip address 10.1.1.1/32",
    "ntp server 192.0.2.9",
)  # fmt: skip
ACCESS = ("switchport mode access", "switchport access vlan 12")


def words(rack: Rack, *more: str) -> tuple[str, ...]:
    """The command that takes both switches over."""
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    return ("import", *named, "--output", str(rack.folder / "rack.yaml"), *more)


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_is_taken_over_is_as_it_was_and_cpals_from_then_on(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *BY_HAND)
    before = rack.all_shown()
    path = rack.folder / "rack.yaml"
    rack.done(*words(rack, "--what-if"))
    assert not path.exists()
    told = rack.done(*words(rack, "-y"))
    assert "leaf1 11 is left as it is" in told
    assert rack.all_shown() == before
    document = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))[-1]
    assert document["vlans"]["users"] == {"vlan_id": 10, "devices": ["leaf1", "leaf2"]}
    assert document["interfaces"][rack.make.spoken("leaf1/Ethernet2")] == {
        "mtu": 9000,
        "mode": "trunk",
        "vlans": [10, 11, 12],
    }
    assert document["interfaces"][rack.make.spoken("leaf1/Ethernet3")] == {
        "mode": "routed",
        "addresses": ["192.0.2.1/31", "198.51.100.1/24"],
    }
    found = rack.plan(str(path))
    assert (found["ops"], found["changes"]) == ([], [])

    path.write_text(path.read_text(encoding="utf-8").replace("to h1", "to h9"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert sorted(rack.section("leaf1", "interface Ethernet1")) == [
        "description to h9", "spanning-tree bpduguard enable", "switchport access vlan 10",
    ]  # fmt: skip
    rack.done("undo", "-y")
    assert rack.all_shown() == before
    assert "is there already" in rack.refused(*words(rack, "-y"))


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_a_switch_of_netlab_is_taken_over_and_one_vlan_goes(rack: Rack, tmp_path: Path) -> None:
    parts = netlab.rendered(tmp_path, rack.make.netlab or rack.make.driver, rack.make.modules)
    for leaf, node in zip(LEAVES, ("s1", "s2"), strict=True):
        for text in parts[node].values():
            rack.type(leaf, *(line for line in text.splitlines() if line.strip() and "hostname" not in line))
    before = rack.all_shown()
    rack.done(*words(rack, "-y"))
    assert rack.all_shown() == before
    path = rack.folder / "rack.yaml"
    assert rack.plan(str(path))["ops"] == []
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert {each["device"] for each in document["ospf_processes"].values()} == {*LEAVES}
    assert all(each["interfaces"] for each in document["ospf_processes"].values())
    gone = next(name for name, vlan in document["vlans"].items() if vlan["vlan_id"] == 1001)
    del document["vlans"][gone]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    for leaf in LEAVES:
        lost = [line for line in before[leaf].splitlines() if line not in rack.shown(leaf).splitlines()]
        assert {line.strip() for line in lost} == {"vlan 1001", f"name {gone}"}
        assert not [line for line in rack.shown(leaf).splitlines() if line not in before[leaf].splitlines()]
    rack.done("undo", "-y")
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_is_declared_stays_where_the_rest_of_a_known_switch_is_taken_over(rack: Rack) -> None:
    declared = "interfaces: {leaf1/Ethernet1: {description: to h1}}"
    rack.done("apply", "-y", rack.declare(declared))
    rack.type("leaf1", "vlan 12", "name db", "interface Ethernet3", *ACCESS)
    rack.type("leaf2", "vlan 12", "name db")
    path = rack.folder / "rest.yaml"
    found = ("import", "--device", "leaf*", "--output", str(path), "-y")
    rack.type("leaf1", "interface Ethernet1", "description by hand")
    assert "would change the switch" in rack.refused(*found)
    rack.type("leaf1", "interface Ethernet1", "description to h1")
    before = rack.all_shown()
    rack.done(*found)
    assert rack.all_shown() == before
    managed = {f"{leaf}/{port}": {"mode": "routed"} for leaf in LEAVES for port in rack.make.routed}
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == {
        "project": "default",
        "stack": "rest",
        "vlans": {"db": {"vlan_id": 12, "devices": ["leaf1", "leaf2"]}},
        "interfaces": managed | {rack.make.spoken("leaf1/Ethernet3"): {"mode": "access", "vlan": 12}},
    }
    assert rack.plan(str(path))["ops"] == []
    assert rack.plan(rack.declare(declared))["ops"] == []


class Killed(BaseException):
    """Ends a process where it stands."""


@pytest.mark.parametrize("make", LINES, indirect=True)
@pytest.mark.parametrize(("entered", "is_decided"), [("run", False), ("confirm", True)])
def test_killed_while_it_takes_over_either_nothing_or_all_is_cpals(
    rack: Rack, monkeypatch: pytest.MonkeyPatch, entered: str, is_decided: bool
) -> None:
    rack.type("leaf1", *BY_HAND)
    before = rack.all_shown()
    path = rack.folder / "rack.yaml"

    async def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as here:
        here.setattr(Joint, entered, die)
        with pytest.raises(Killed):
            rack.run(*words(rack, "-y"))
    if not is_decided:
        assert "not cpal's" in rack.refused("plan", str(path))
        path.unlink()
        rack.done(*words(rack, "-y"))
    assert rack.plan(str(path))["ops"] == []
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("to h1", "to h9"), encoding="utf-8")
    rack.running.order("leaf1", "faults", match=rack.make.commit, action="refuse", message="told to refuse")
    assert "as before" in rack.refused("apply", "-y", str(path))
    path.write_text(text, encoding="utf-8")
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", ["eos"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--device", "leaf*"), "no target has such a device"),
        (("--device", "eos://admin@127.0.0.1"), "the device has no name"),
        (("--device", "a=eos://admin@127.0.0.1:1"), "does not answer"),
        (("--device", "a=linux://admin@127.0.0.1:1"), "there is no driver 'linux'"),
    ],
)
def test_what_cannot_be_read_is_said(rack: Rack, asked: tuple[str, ...], told: str) -> None:
    assert told in rack.refused("import", *asked, "--output", str(rack.folder / "x.yaml"), "-y")
    assert not (rack.folder / "x.yaml").exists()
