"""Routed provider networks: each segment has subnets of its own, and a port gets addresses of the one of its host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud

RACKS = ("rack1", "rack2", "rack3")
HOSTS = "project: site\nstack: racks\nhosts:\n" + "".join(
    f"  {rack}-hv: {{target: site, physical_networks: [{rack}]}}\n" for rack in RACKS
)


@pytest.fixture(scope="module")
def admin(site: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """The administrator of a cloud of three racks, each with a physical network of its own."""
    racks = Path(tmp_path_factory.mktemp("racks")) / "racks.yaml"
    racks.write_text(HOSTS, encoding="utf-8")
    site.cpal("apply", str(racks), "--yes")
    return site.administrator


class Floor:
    """A network of two segments, each with a subnet; `segments` are their ids by rack, `subnets` those of subnets."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin
        ways = [
            {"provider:network_type": "vlan", "provider:physical_network": rack, "provider:segmentation_id": 500 + n}
            for n, rack in enumerate(RACKS[:2])
        ]
        self.id = str(admin.post("networks", name="floor", shared=True, segments=ways)["id"])
        listed = admin.list("segments", ("network_id", self.id))
        self.segments = {each["physical_network"]: each["id"] for each in listed}
        self.subnets = {rack: self.subnet(f"10.{n}.0.0/24", rack) for n, rack in enumerate(self.segments)}

    def subnet(self, cidr: str, rack: str) -> str:
        """The id of a subnet made on a segment."""
        values = {"network_id": self.id, "ip_version": 4, "cidr": cidr, "segment_id": self.segments[rack]}
        made = self.admin.post("subnets", **values)
        assert made["segment_id"] == self.segments[rack]
        return str(made["id"])

    def port(self, caller: Caller, **values: Any) -> dict[str, Any]:
        """A port there."""
        return caller.post("ports", network_id=self.id, **values)

    def delete(self) -> None:
        """The network gone, with what is on it."""
        for port in self.admin.list("ports", ("network_id", self.id)):
            self.admin.delete(f"ports/{port['id']}")
        self.admin.delete(f"networks/{self.id}")


@pytest.fixture
def floor(admin: Caller) -> Iterator[Floor]:
    """A routed network, gone afterwards."""
    made = Floor(admin)
    yield made
    made.delete()


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def asked(caller: Caller, collection: str, called: str, /, **values: Any) -> tuple[int, str, str]:
    """What is said to something that cannot be made so."""
    return refused(caller.call("POST", f"/v2.0/{collection}", {called: values}))


def placed(admin: Caller, port: str, host: str) -> Answer:
    """What is said to a host for a port."""
    return admin.call("PUT", f"/v2.0/ports/{port}", {"port": {"binding:host_id": host}})


def subnets_of(port: dict[str, Any]) -> list[str]:
    """The subnets of which a port has addresses."""
    return [fixed["subnet_id"] for fixed in port["fixed_ips"]]


def test_a_port_gets_its_address_where_its_host_is(site: Cloud, admin: Caller, red: Caller, floor: Floor) -> None:
    assert admin.get(f"networks/{floor.id}")["network"]["l2_adjacency"] is False
    for rack in floor.subnets:
        at_once = floor.port(admin, **{"binding:host_id": f"{rack}-hv"})
        assert (subnets_of(at_once), at_once["ip_allocation"]) == ([floor.subnets[rack]], "immediate")
        waiting = floor.port(red)
        assert (waiting["fixed_ips"], waiting["ip_allocation"]) == ([], "deferred")
        now = placed(admin, waiting["id"], f"{rack}-hv").body["port"]
        assert (subnets_of(now), now["ip_allocation"]) == ([floor.subnets[rack]], "immediate")
        assert now["fixed_ips"][0]["ip_address"] in site.nbctl(f"--bare --columns=addresses find Logical_Switch_Port "
                                                               f"name={waiting['id']}")  # fmt: skip
    none = floor.port(red, fixed_ips=[])
    assert none["ip_allocation"] == "none"
    assert placed(admin, none["id"], "rack1-hv").body["port"]["fixed_ips"] == []
    assert site.ops() == []


def test_a_host_where_its_address_would_be_of_no_use_is_refused(site: Cloud, admin: Caller, floor: Floor) -> None:
    port = floor.port(admin, **{"binding:host_id": "rack1-hv"})
    what = f"the existing fixed_ips on port {port['id']} will function given the routed network topology."
    why = f"Host rack2-hv is not connected to a segment where {what}"
    assert refused(placed(admin, port["id"], "rack2-hv")) == (409, "HostNotCompatibleWithFixedIps", why)
    moved = {"port": {"binding:host_id": "rack2-hv", "fixed_ips": [{"subnet_id": floor.subnets["rack2"]}]}}
    assert subnets_of(admin.put(f"ports/{port['id']}", moved)["port"]) == [floor.subnets["rack2"]]
    lost = f"Host rack3-hv is not connected to any segments on routed provider network '{floor.id}'.  "
    beyond = asked(admin, "ports", "port", network_id=floor.id, **{"binding:host_id": "rack3-hv"})
    assert beyond == (409, "HostNotConnectedToAnySegment", f"{lost}It should be connected to one.")
    waiting = floor.port(admin)["id"]
    assert refused(placed(admin, waiting, "rack3-hv"))[:2] == (409, "HostNotConnectedToAnySegment")
    nova = site.with_role("service", "service")
    server = floor.port(admin, device_owner="compute:nova", **{"binding:host_id": "rack1-hv"})["id"]
    binding = nova.call("POST", f"/v2.0/ports/{server}/bindings", {"binding": {"host": "rack2-hv"}})
    assert refused(binding)[:2] == (409, "HostNotCompatibleWithFixedIps")
    assert site.ops() == []


def test_addresses_are_asked_for_of_one_segment(admin: Caller, floor: Floor) -> None:
    both = [{"subnet_id": each} for each in floor.subnets.values()]
    several = (400, "FixedIpsSubnetsNotOnSameSegment", "Cannot allocate addresses from different segments.")
    assert asked(admin, "ports", "port", network_id=floor.id, fixed_ips=both) == several
    early = floor.port(admin, fixed_ips=both[1:])
    assert subnets_of(early) == [floor.subnets["rack2"]]
    assert refused(placed(admin, early["id"], "rack1-hv"))[:2] == (409, "HostNotCompatibleWithFixedIps")
    assert placed(admin, early["id"], "rack2-hv").status == 200


def test_all_subnets_of_a_network_are_on_segments_or_none_is(admin: Caller, red: Caller, floor: Floor) -> None:
    plain = {"network_id": floor.id, "ip_version": 4, "cidr": "10.9.0.0/24"}
    why = (f"All of the subnets on network '{floor.id}' must either all be associated with segments or all not "
           "associated with any segment.")  # fmt: skip
    assert asked(admin, "subnets", "subnet", **plain) == (400, "SubnetsNotAllAssociatedWithSegments", why)
    missing = str(uuid4())
    found = asked(admin, "subnets", "subnet", **plain, segment_id=missing)
    assert found == (404, "SegmentNotFound", f"Segment {missing} could not be found.")
    other = red.post("networks", name="web")["id"]
    [tunnelled] = admin.list("segments", ("network_id", other))
    assert asked(admin, "subnets", "subnet", **plain, segment_id=tunnelled["id"])[1] == "NetworkIdsDontMatch"
    of_tunnel = {"network_id": other, "ip_version": 4, "cidr": "10.0.0.0/24", "segment_id": tunnelled["id"]}
    status, _, why = asked(admin, "subnets", "subnet", **of_tunnel)
    assert (status, "tunnels carry segment" in why) == (400, True)
    mine = {"subnet": {"network_id": other, "ip_version": 4, "cidr": "10.0.0.0/24", "segment_id": missing}}
    assert red.call("POST", "/v2.0/subnets", mine).status == 403
    shown = red.list("subnets", ("id", floor.subnets["rack1"]))
    assert "segment_id" not in shown[0]


def test_a_subnet_comes_to_a_segment_while_both_are_alone(site: Cloud, admin: Caller, floor: Floor) -> None:
    vlan = {"provider:network_type": "vlan", "provider:physical_network": "rack3", "provider:segmentation_id": 510}
    network = admin.post("networks", name="alone", **vlan)["id"]
    subnet = admin.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")["id"]
    [segment] = admin.list("segments", ("network_id", network))
    path = f"/v2.0/subnets/{subnet}"
    changed = admin.put(f"subnets/{subnet}", {"subnet": {"segment_id": segment["id"]}})["subnet"]
    assert changed["segment_id"] == segment["id"]
    back = refused(admin.call("PUT", path, {"subnet": {"segment_id": None}}))
    assert back[:2] == (400, "SubnetSegmentAssociationChangeNotAllowed")
    of_two = {"subnet": {"segment_id": floor.segments["rack2"]}}
    held = refused(admin.call("PUT", f"/v2.0/subnets/{floor.subnets['rack1']}", of_two))
    assert held[:2] == (400, "SubnetsNotAllAssociatedWithSegments")
    used = refused(admin.call("DELETE", f"/v2.0/segments/{floor.segments['rack2']}"))
    named = f"The segment is still associated with subnet(s) {floor.subnets['rack2']}."
    assert used == (409, "SegmentInUse", f"Segment '{floor.segments['rack2']}' cannot be deleted: {named}")
    admin.delete(f"networks/{network}")
    assert site.ops() == []


def test_no_router_and_no_trunk_has_to_do_with_one_segment(admin: Caller, floor: Floor) -> None:
    router = admin.post("routers", name="edge")["id"]
    joined = admin.call("PUT", f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": floor.subnets["rack1"]})
    assert (joined.status, "a router is on hosts of every segment" in joined.text) == (400, True)
    outside = refused(admin.call("PUT", f"/v2.0/networks/{floor.id}", {"network": {"router:external": True}}))
    assert "addresses of an external network are for routers" in outside[2]
    flat = {"provider:network_type": "flat", "provider:physical_network": "rack3"}
    plain = admin.post("networks", name="web", **flat)["id"]
    outer, inner = admin.post("ports", network_id=plain)["id"], floor.port(admin)["id"]
    sub = [{"port_id": inner, "segmentation_type": "vlan", "segmentation_id": 5}]
    trunk = refused(admin.call("POST", "/v2.0/trunks", {"trunk": {"port_id": outer, "sub_ports": sub}}))
    assert "are of one segment each" in trunk[2], trunk
    admin.delete(f"routers/{router}")
    admin.delete(f"ports/{outer}")
    admin.delete(f"networks/{plain}")


def test_documents_say_where_a_subnet_is(site: Cloud, admin: Caller, tmp_path: Path) -> None:
    written = tmp_path / "floor.yaml"
    written.write_text(
        "project: plant\nnetworks:\n  floor:\n    provider: {physical_network: rack1, segmentation_id: 520}\n"
        "    more_segments: [{physical_network: rack2, segmentation_id: 521}]\n    subnets:\n"
        "      one: {cidr: 10.1.0.0/24, physical_network: rack1}\n"
        "      two: {cidr: 10.2.0.0/24, physical_network: rack2}\n"
        "instances:\n  plc1: {host: rack1-hv, network: floor}\n  plc2: {host: rack2-hv, network: floor}\n"
    )
    site.cpal("apply", str(written), "--yes")
    ports = {port["name"]: port for port in admin.list("ports", ("device_owner", "compute:cpal"))}
    assert [ports[name]["fixed_ips"][0]["ip_address"][:6] for name in ("plc1", "plc2")] == ["10.1.0", "10.2.0"]
    assert site.cpal("plan", str(written), "--format", "json").stdout.count('"action"') == 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(written.read_text().replace("host: rack2-hv", "host: rack3-hv"))
    assert "is on no segment of its network that has subnets" in site.cpal("plan", str(wrong), code=None).stderr
    site.cpal("destroy", "--stack", "plant", "--yes")
    assert site.ops() == []
