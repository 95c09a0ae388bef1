"""Leaves of a fabric that runs already are taken over: networks with their VNIs, routers, and a plan that is empty
(emulated). netlab is who configured them, or hands that have read the makes' guides."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.integration.switches.test_fabric import UNDERLAYS
from tests.integration.switches.test_import import words
from tests.integration.switches.test_junos import statements
from tests.integration.switches.test_junos_fabric import UNDERLAY
from tests.support import netlab
from tests.support.switch_makes import MAKES, SwitchMake

FABRICS = ("eos", "nxos", "junos")
NETLAB = {"junos": ("vjunos-switch", "defaults.devices.vjunos-switch.warnings.evpn_macvrf: false")}
"""What netlab calls a make, and what makes it render the trunk that it warns of."""


@pytest.fixture(scope="module", params=FABRICS)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """The makes whose leaves are taken over."""
    return MAKES[request.param]


@pytest.fixture
def leaves(rack: Rack, tmp_path: Path) -> Rack:
    """Two leaves as netlab configures them."""
    device, more = NETLAB.get(rack.make.driver, (rack.make.driver, ""))
    parts = netlab.rendered(tmp_path, device, more=more)
    for leaf, node in zip(LEAVES, ("s1", "s2"), strict=True):
        rack.load(leaf, parts[node].values())
    return rack


def imported(rack: Rack) -> tuple[list[dict[str, Any]], str]:
    """The documents that an import writes, after which nothing is left to do; and what it tells."""
    before = rack.all_shown()
    told = rack.done(*words(rack, "-y"))
    assert rack.all_shown() == before
    path = rack.folder / "rack.yaml"
    found = rack.plan(str(path))
    assert (found["ops"], found["changes"]) == ([], [])
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8"))), told


def rewritten(rack: Rack, documents: list[dict[str, Any]]) -> None:
    """Have the documents say this, and apply them."""
    path = rack.folder / "rack.yaml"
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []


def without(document: dict[str, Any], network: str) -> dict[str, Any]:
    """A document in which a network is no more: no interface has it, and a port that had nothing else says no mode."""
    interfaces = {}
    for name, said in document["interfaces"].items():
        left = {**said, "networks": [each for each in said.get("networks", []) if each != network]}
        is_bare = not left["networks"] and not left.get("vlans")
        interfaces[name] = {
            key: each for key, each in left.items() if each and not (is_bare and "networks" in said and key == "mode")
        }
    networks = {name: each for name, each in document["networks"].items() if name != network}
    return {**document, "networks": networks, "interfaces": interfaces}


def said(rack: Rack, text: str) -> Iterable[str]:
    """The lines of a configuration, or the statements."""
    return filter(None, map(str.strip, text.splitlines())) if rack.make.has_lines else statements(text)


def lost_and_found(rack: Rack, before: str, after: str) -> tuple[list[str], list[str]]:
    """Which lines of a configuration are there no more, and which are new."""
    old, new = (Counter(said(rack, text)) for text in (before, after))
    return sorted((old - new).elements()), sorted((new - old).elements())


def test_a_fabric_of_netlab_is_taken_over_and_one_network_goes(leaves: Rack) -> None:
    before = leaves.all_shown()
    (target, document), told = imported(leaves)
    for number, name in ((1000, "v10"), (1001, "v20")):
        network = document["networks"][name]
        assert network["provider"] == {"network_type": "vxlan", "segmentation_id": 100000 + number}
        assert (network["fabric_vlan"], network["route_target"]) == (number, f"65000:{number}")
    assert {name: each["underlay_address"] for name, each in target["hosts"].items()} == {
        "leaf1": "10.0.0.1", "leaf2": "10.0.0.2",
    }  # fmt: skip
    assert document["networks"].keys() == {"v10", "v20"}
    assert "the gateway of VNI 101000 is left as it is" in told
    rewritten(leaves, [target, without(document, "v20")])
    for leaf in LEAVES:
        lost, found = lost_and_found(leaves, before[leaf], leaves.shown(leaf))
        ports = PORTS[leaves.make.driver][leaf]
        assert lost == sorted([line.format(n=leaf[-1]) for line in GONE[leaves.make.driver]] + ports)
        assert found == FOUND[leaves.make.driver][leaf]
    leaves.done("undo", "-y")
    assert leaves.differences(before) == ""


def test_a_fabric_is_handed_back_leaf_by_leaf(leaves: Rack) -> None:
    before = leaves.all_shown()
    (_, document), _ = imported(leaves)
    leaves.done("release", "--device", "leaf2", "-y")
    assert json.loads(leaves.done("plan", "--format", "json"))["ops"] == []
    left = json.loads(leaves.done("get", "networks", "--format", "json"))
    assert {network["name"] for network in left} == document["networks"].keys()
    leaves.done("release", "--device", "leaf1", "-y")
    for kind in ("networks", "subnets", "routers", "ports", "interfaces", "hosts"):
        assert leaves.done("get", kind).startswith("there are no"), kind
    assert leaves.all_shown() == before


ON_TRUNK = "switchport trunk allowed vlan 1000-1001"
GONE = {
    "eos": [
        "vlan 1001", "name v20", "vxlan vlan 1001 vni 101001", "vlan 1001", "rd 10.0.0.{n}:1001",
        "redistribute learned",
        "route-target export 65000:1001", "route-target import 65000:1001", ON_TRUNK,
    ],
    "nxos": [
        "vlan 1001", "name v20", "vn-segment 101001", "member vni 101001", "vni 101001 l2", "rd 10.0.0.{n}:1001",
        "route-target export 65000:1001", "route-target import 65000:1001", ON_TRUNK,
    ],
    "junos": [f"set routing-instances vlan_v20 {line}" for line in (
        "instance-type mac-vrf", "service-type vlan-based", "vtep-source-interface lo0.0",
        "route-distinguisher 10.0.0.{n}:1001", "vrf-target import target:65000:1001",
        "vrf-target export target:65000:1001", "protocols evpn encapsulation vxlan",
        "protocols evpn extended-vni-list all", "protocols evpn default-gateway no-gateway-community",
        "vlans v20 vlan-id 1001", "vlans v20 vxlan vni 101001",
    )],
}  # fmt: skip
"""What goes with the network that is bridged alone."""
PORTS = {
    "eos": {"leaf1": [], "leaf2": ["switchport access vlan 1001"]},
    "nxos": {"leaf1": [], "leaf2": ["switchport access vlan 1001"]},
    "junos": {
        "leaf1": ["set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members v20"],
        "leaf2": [
            "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members v20",
            "set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members v20",
            "set routing-instances vlan_v20 interface ge-0/0/2.0",
        ],
    },
}
"""And what of the ports."""
FOUND = {
    **{make: {leaf: ["switchport trunk allowed vlan 1000"] for leaf in LEAVES} for make in ("eos", "nxos")},
    "junos": {
        leaf: [f"set interfaces {port} unit 0 family ethernet-switching vlan members 1001"]
        for leaf, port in (("leaf1", "ge-0/0/2"), ("leaf2", "ge-0/0/1"))
    },
}
"""What is there instead: on Junos, others' trunks name the VLAN by its number from then on."""


VLANS = (("web", 10010), ("db", 10020))
TENANT = {
    "eos": (
        "vrf instance red", "ip routing vrf red", "ip virtual-router mac-address 0200.cafe.00ff",
        "vlan 10", "name web", "vlan 20", "name db", "interface Vlan10", "mtu 9000", "vrf red",
        "description for the shop", "ip address virtual 10.0.10.1/24", "interface Vlan20", "vrf red",
        "ip address virtual 10.0.20.1/24", "interface Vxlan1", "vxlan vlan 10 vni 10010", "vxlan vlan 20 vni 10020",
        "vxlan vrf red vni 5001", "router bgp 6460{n}", "vlan 10", "rd 10.255.1.{n}:10010",
        "route-target both 10010:10010", "redistribute learned", "vlan 20", "rd 10.255.1.{n}:10020",
        "route-target both 10020:10020", "redistribute learned", "vrf red", "rd 10.255.1.{n}:5001",
        "route-target import evpn 5001:5001", "route-target import evpn 9:9", "route-target export evpn 5001:5001",
        "router-id 10.255.1.{n}", "redistribute connected",
        "interface Ethernet1", "switchport access vlan 10",
    ),
    "nxos": (
        "fabric forwarding anycast-gateway-mac 0200.cafe.00ff", "vlan 10", "name web", "vn-segment 10010", "vlan 20",
        "name db", "vn-segment 10020", "vlan 3900", "name L3_of_red", "vn-segment 5001", "vrf context red", "vni 5001",
        "rd auto", "address-family ipv4 unicast", "route-target import 5001:5001 evpn",
        "route-target import 9:9 evpn", "route-target export 5001:5001 evpn", "interface Vlan10", "no shutdown",
        "mtu 9000", "vrf member red", "description for the shop", "ip address 10.0.10.1/24",
        "fabric forwarding mode anycast-gateway", "interface Vlan20", "no shutdown", "vrf member red",
        "ip address 10.0.20.1/24", "fabric forwarding mode anycast-gateway", "interface Vlan3900", "no shutdown",
        "vrf member red", "ip forward", "interface nve1", "global ingress-replication protocol bgp", "member vni 10010",
        "member vni 10020", "member vni 5001 associate-vrf", "evpn", "vni 10010 l2", "rd auto",
        "route-target import 10010:10010", "route-target export 10010:10010", "vni 10020 l2", "rd auto",
        "route-target import 10020:10020", "route-target export 10020:10020", "route-map own permit 10",
        "router bgp 6460{n}", "vrf red", "router-id 10.255.1.{n}", "address-family ipv4 unicast",
        "redistribute direct route-map own", "advertise l2vpn evpn",
        "interface Ethernet1", "switchport access vlan 10",
    ),
    "junos": (
        *(f"set routing-instances evi{vni - 10000} {line}" for vlan, vni in VLANS for line in (
            "instance-type mac-vrf", "service-type vlan-based", "vtep-source-interface lo0.0",
            f"route-distinguisher 10.255.1.{{n}}:{vni}", f"vrf-target target:{vni}:{vni}",
            "protocols evpn encapsulation vxlan", "protocols evpn extended-vni-list all",
            f"vlans {vlan} vlan-id {vni - 10000}", f"vlans {vlan} vxlan vni {vni}",
            f"vlans {vlan} l3-interface irb.{vni - 10000}",
        )),
        *(f"set interfaces irb unit {unit} {line}" for unit in (10, 20) for line in (
            "mac 02:00:ca:fe:00:ff", f"family inet address 10.0.{unit}.1/24",
        )),
        "set interfaces irb unit 10 family inet mtu 9000", "set interfaces irb unit 10 description \"for the shop\"",
        *(f"set routing-instances red {line}" for line in (
            "instance-type vrf", "interface irb.10", "interface irb.20", "route-distinguisher 10.255.1.{n}:5001",
            "vrf-target target:5001:5001", "protocols evpn irb-symmetric-routing vni 5001",
            "protocols evpn ip-prefix-routes advertise direct-nexthop",
            "protocols evpn ip-prefix-routes encapsulation vxlan", "protocols evpn ip-prefix-routes vni 5001",
            "protocols evpn ip-prefix-routes export own",
        )),
        "set policy-options policy-statement own from protocol direct",
        "set policy-options policy-statement own then accept",
        "set routing-instances evi10 interface ge-0/0/1.0",
        "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members web",
    ),
}  # fmt: skip
"""What an operator types at a leaf for a tenant, who knows nothing of cpal's names and numbers; Ethernet1 is a port."""
WEB = {
    "eos": [
        "vlan 10", "name web", "vxlan vlan 10 vni 10010", "interface Vlan10", "mtu 9000", "vrf red",
        "description for the shop", "ip address virtual 10.0.10.1/24", "vlan 10", "rd 10.255.1.{n}:10010",
        "route-target both 10010:10010", "redistribute learned", "switchport access vlan 10",
    ],
    "nxos": [
        "vlan 10", "name web", "vn-segment 10010", "interface Vlan10", "no shutdown", "mtu 9000", "vrf member red",
        "description for the shop", "ip address 10.0.10.1/24", "fabric forwarding mode anycast-gateway",
        "member vni 10010", "vni 10010 l2", "rd auto", "route-target import 10010:10010",
        "route-target export 10010:10010", "switchport access vlan 10",
    ],
    "junos": [line for line in TENANT["junos"] if "evi10" in line or "irb unit 10 " in line or "irb.10" in line
              or "members web" in line],
}  # fmt: skip
"""What of it is the network web's."""


def test_what_hands_configured_is_networks_and_a_router_and_one_network_goes(rack: Rack) -> None:
    make = rack.make.driver
    for n, name in enumerate(LEAVES, start=1):
        lines = (*UNDERLAYS.get(make, UNDERLAY), *TENANT[make])
        rack.type(name, *(line.format(n=n) for line in lines))
    before = rack.all_shown()
    (target, document), told = imported(rack)
    assert "is left as it is" not in told
    assert {each["anycast_mac"] for each in target["hosts"].values()} == {"02:00:ca:fe:00:ff"}
    web, red = document["networks"]["web"], document["routers"]["red"]
    assert (web["fabric_vlan"], web["route_target"], web["mtu"]) == (10, "10010:10010", 9000)
    assert web["subnets"] == {"web": {"cidr": "10.0.10.0/24", "gateway_ip": "10.0.10.1", "enable_dhcp": False}}
    assert document["networks"]["db"]["leaves"] == [*LEAVES]
    assert (red["vni"], red["vrf"], red["route_target"]) == (5001, "red", "5001:5001")
    assert red.get("export_policy") == {"nxos": "own", "junos": "own"}.get(make)
    red["interfaces"] = [each for each in red["interfaces"] if each["subnet"] != "web"]
    rewritten(rack, [target, without(document, "web")])
    for n, leaf in enumerate(LEAVES, start=1):
        lost, found = lost_and_found(rack, before[leaf], rack.shown(leaf))
        assert lost == sorted(rack.make.spoken(line.format(n=n)) for line in WEB[make])
        assert found == []
    rack.done("undo", "-y")
    assert rack.differences(before) == ""


BUNDLE = ("vlan-aware-bundle shop", "rd 10.255.1.{n}:10020", "route-target both 10020:10020", "redistribute learned",
          "vlan 20")  # fmt: skip
LEFT = "VNI 10020 of leaf1 is left as it is"
OTHERWISE = {
    "bundle at eos": (TENANT["eos"].index("rd 10.255.1.{n}:10020") - 1, 4, BUNDLE, LEFT),
    "group at nxos": (TENANT["nxos"].index("member vni 10020") + 1, 0, ("mcast-group 239.0.0.20",), LEFT),
    "bundle at junos": (len(TENANT["junos"]), 0, ("set routing-instances evi20 service-type vlan-aware",), LEFT),
    "gateway at junos": (len(TENANT["junos"]), 0, (
        "set interfaces irb unit 20 family inet address 10.0.20.1/24 virtual-gateway-address 10.0.20.254",
    ), "the gateway of VNI 10020 is left as it is: irb.20 has a virtual address beside each leaf's own"),
}  # fmt: skip
"""What is said otherwise of VNI 10020, in place of so many lines of the tenant's at this one, and what is told."""


@pytest.mark.parametrize(
    ("make", "otherwise"),
    [(name.split()[-1], each) for name, each in OTHERWISE.items()],
    ids=OTHERWISE,
    indirect=["make"],
)
def test_what_cpal_does_not_say_of_a_fabric_is_named_and_left_alone(
    rack: Rack, otherwise: tuple[int, int, tuple[str, ...], str]
) -> None:
    make, (at, much, lines, why) = rack.make.driver, otherwise
    tenant = (*TENANT[make][:at], *lines, *TENANT[make][at + much :])
    for n, name in enumerate(LEAVES, start=1):
        rack.type(name, *(line.format(n=n) for line in (*UNDERLAYS.get(make, UNDERLAY), *tenant)))
    before = rack.all_shown()
    (target, document), told = imported(rack)
    assert why in told
    assert document["networks"].get("db", {}).get("subnets", {}) == {}
    assert [each["subnet"] for each in document["routers"]["red"]["interfaces"]] == ["web"]
    document["networks"]["web"]["mtu"] = 8900
    rewritten(rack, [target, document])
    for leaf in LEAVES:
        lost, found = lost_and_found(rack, before[leaf], rack.shown(leaf))
        assert (len(lost), len(found)) == (1, 1)
        assert "mtu 8900" in found[0]
    rack.done("undo", "-y")
    assert rack.differences(before) == ""


UNITS = tuple(f"set {line}" for line in (
    "interfaces ge-0/0/2 flexible-vlan-tagging", "interfaces ge-0/0/2 encapsulation extended-vlan-bridge",
    "interfaces ge-0/0/2 unit 110 vlan-id 10", "interfaces ge-0/0/2 unit 120 vlan-id 20",
    "interfaces ge-0/0/2 unit 120 description \"the database\"", "interfaces ge-0/0/2 mtu 9022",
    "routing-instances evi10 vlans web interface ge-0/0/2.110",
    "routing-instances evi20 vlans db interface ge-0/0/2.120",
))  # fmt: skip
"""A trunk of units on Junos, which are called and bridge otherwise than cpal's."""


@pytest.mark.parametrize("make", ["junos"], indirect=True)
def test_a_trunk_of_others_units_is_taken_over_and_is_again_as_it_was(rack: Rack) -> None:
    for n, name in enumerate(LEAVES, start=1):
        rack.type(name, *(line.format(n=n) for line in (*UNDERLAY, *TENANT["junos"], *UNITS)))
    before = rack.all_shown()
    (target, document), told = imported(rack)
    assert "is left as it is" not in told
    trunk = document["interfaces"]["leaf1/ge-0/0/2"]
    assert trunk == {"mode": "trunk", "networks": ["web", "db"], "mtu": 9000}
    trunk["networks"] = ["db"]
    rewritten(rack, [target, document])
    lost, found = lost_and_found(rack, before["leaf1"], rack.shown("leaf1"))
    assert "set routing-instances evi10 vlans web interface ge-0/0/2.110" in lost
    assert {"set interfaces ge-0/0/2 unit 20 vlan-id 20", "set routing-instances evi20 vlans db interface ge-0/0/2.20",
            "set interfaces ge-0/0/2 encapsulation flexible-ethernet-services"} <= {*found}  # fmt: skip
    assert rack.shown("leaf2") == before["leaf2"]
    rack.done("undo", "-y")
    assert rack.differences(before) == ""


@pytest.mark.parametrize("make", ["junos"], indirect=True)
@pytest.mark.parametrize(("lines", "why"), [
    (("unit 110 vlan-id 30",), "unit 110 of VLAN 10"),
    (("unit 110 encapsulation vlan-bridge", "unit 0 family ethernet-switching interface-mode trunk"),
     "a list of unit 0 and units beside it"),
])  # fmt: skip
def test_a_trunk_that_no_record_can_say_is_named_and_left(rack: Rack, lines: tuple[str, ...], why: str) -> None:
    more = [f"set interfaces ge-0/0/2 {line}" for line in lines]
    for n, name in enumerate(LEAVES, start=1):
        rack.type(name, *(line.format(n=n) for line in (*UNDERLAY, *TENANT["junos"], *UNITS, *more)))
    before = rack.all_shown()
    (target, document), told = imported(rack)
    assert f"the trunk leaf1/ge-0/0/2 is left as it is: cpal writes no trunk so: '{why}'" in told
    assert "mode" not in document["interfaces"]["leaf1/ge-0/0/2"]
    document["networks"]["web"]["mtu"] = 8900
    rewritten(rack, [target, document])
    lost, found = lost_and_found(rack, before["leaf1"], rack.shown("leaf1"))
    assert (len(lost), len(found)) == (1, 1)
    assert "mtu 8900" in found[0]
