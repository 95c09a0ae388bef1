"""What somebody configured on FRR without cpal is taken over: records that say it, a plan that is empty, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.leaves.bench import SPINE, Leaves
from tests.integration.switches.rack import LEAVES

THEIRS = (
    "ip route 198.51.100.0/24 10.255.1.2 200", "ipv6 route 2001:db8:9::/48 2001:db8::1",
    "router bgp 64601", "neighbor 10.255.1.2 remote-as 64602", "neighbor 10.255.1.2 description to leaf2",
    "neighbor 10.255.1.2 update-source lo", "neighbor 10.255.1.2 ebgp-multihop 3", "neighbor 10.255.1.2 timers 5 15",
    "address-family ipv4 unicast", "neighbor 10.255.1.2 activate", "maximum-paths 4", "exit", "exit",
    "router ospf", "ospf router-id 10.255.1.1", "redistribute connected", "timers throttle spf 10 20 30", "exit",
    "interface spine1", "ip ospf area 0", "ip ospf network point-to-point", "exit",
)  # fmt: skip
BACK = (
    "no ip route 198.51.100.0/24 10.255.1.2 200", "no ipv6 route 2001:db8:9::/48 2001:db8::1",
    "router bgp 64601", "no neighbor 10.255.1.2", "address-family ipv4 unicast", "no maximum-paths", "exit", "exit",
    "interface spine1", "no ip ospf area", "no ip ospf network", "exit", "no router ospf",
)  # fmt: skip


@pytest.fixture
def others(leaves: Leaves) -> Iterator[Leaves]:
    """Leaves on which somebody else configured routes, BGP and OSPF."""
    leaves.type("leaf1", *THEIRS)
    yield leaves
    leaves.type("leaf1", *BACK)


def _taken(leaves: Leaves) -> tuple[Path, list[dict[str, Any]]]:
    """The documents that an import writes."""
    path = leaves.folder / "taken.yaml"
    named = (word for name in (*LEAVES, SPINE) for word in ("--device", f"{name}=frr+file://{leaves.addresses[name]}"))
    leaves.done("import", *named, "--output", str(path), "-y")
    return path, list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def test_settings_of_others_are_taken_over_and_nothing_is_left_to_do(others: Leaves) -> None:
    before = others.all_shown()
    path, documents = _taken(others)
    assert others.all_shown() == before
    assert others.plan(str(path))["ops"] == []
    [document] = [each for each in documents if "bgp" in each]
    assert document["bgp"]["leaf1"] == {
        "asn": 64601, "router_id": "10.255.1.1", "networks": ["10.255.1.1/32"], "maximum_paths": 4,
        "neighbors": [{"address": "10.255.1.2", "remote_asn": 64602, "description": "to leaf2", "update_source": "lo",
                       "ebgp_multihop": 3}],
    }  # fmt: skip
    assert document["bgp"]["spine1"]["asn"] == 64600
    [process] = document["ospf_processes"].values()
    assert (process["device"], process["redistribute"]) == ("leaf1", ["connected"])
    assert process["interfaces"] == [{"interface": "spine1", "area": "0.0.0.0", "network_type": "point-to-point"}]
    routes = [(said["destination"], said["nexthop"], said.get("preference")) for said in document["routes"].values()]
    assert sorted(routes) == [("198.51.100.0/24", "10.255.1.2", 200), ("2001:db8:9::/48", "2001:db8::1", None)]


def test_what_is_taken_over_goes_by_the_document_and_comes_back_whole(others: Leaves) -> None:
    path, documents = _taken(others)
    before = others.shown("leaf1")
    [document] = [each for each in documents if "bgp" in each]
    del document["bgp"]["leaf1"]["neighbors"]
    del document["ospf_processes"]
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    others.done("apply", "-y", str(path))
    shown = others.shown("leaf1")
    assert "10.255.1.2 remote-as" not in shown
    assert "router ospf" not in shown
    others.done("undo", "-y")
    assert others.shown("leaf1") == before
