"""Segments of networks, asked by a plain client and by those that people use: what is shown, what OVN has of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Answer, Caller, Cloud
from tests.support.sdk import sdk_of

RACK2, RACK3 = "rack2", "rack3"
HOSTS = "project: site\nstack: racks\nhosts:\n" + "".join(
    f"  {rack}-hv: {{target: site, physical_networks: [{rack}]}}\n" for rack in (RACK2, RACK3)
)


@pytest.fixture(scope="module")
def admin(site: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """The administrator of a cloud of three racks, each with a physical network of its own."""
    racks = Path(tmp_path_factory.mktemp("racks")) / "racks.yaml"
    racks.write_text(HOSTS, encoding="utf-8")
    site.cpal("apply", str(racks), "--yes")
    return site.administrator


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def vlan(number: int, physical_network: str = PHYSICAL_NETWORK) -> dict[str, Any]:
    """A VLAN as a network's attributes have it."""
    return {"provider:network_type": "vlan", "provider:physical_network": physical_network,
            "provider:segmentation_id": number}  # fmt: skip


def asked(admin: Caller, network: str, kind: str, **values: Any) -> Answer:
    """What is said to a further segment."""
    return admin.call("POST", "/v2.0/segments", {"segment": {"network_id": network, "network_type": kind, **values}})


def made(admin: Caller, network: str, kind: str, **values: Any) -> dict[str, Any]:
    """A further segment, which must be possible."""
    answer = asked(admin, network, kind, **values)
    assert answer.status == 201, answer
    segment: dict[str, Any] = answer.body["segment"]
    return segment


def ways(site: Cloud, network: str) -> dict[str, Any]:
    """The ways to physical networks that OVN has for a network: the VLAN of each, [] where frames are untagged."""
    [switch] = [each for each in site.rows("Logical_Switch", "name", "ports") if each["name"].endswith(network)]
    mine = [each[1] for each in (switch["ports"][1] if switch["ports"][0] == "set" else [switch["ports"]])]
    ports = site.rows("Logical_Switch_Port", "_uuid", "type", "tag", "options")
    local = [each for each in ports if each["type"] == "localnet" and each["_uuid"][1] in mine]
    return {dict(each["options"][1])["network_name"]: each["tag"] if isinstance(each["tag"], int) else []
            for each in local}  # fmt: skip


def provided(network: dict[str, Any]) -> set[str]:
    """Those of the attributes of segments that a network shows."""
    return {key for key in network if key == "segments" or key.startswith("provider:")}


def test_a_network_s_own_segment_is_there_with_it(site: Cloud, admin: Caller, red: Caller) -> None:
    network = red.post("networks", name="web")
    assert provided(network) == set()
    shown = admin.get(f"networks/{network['id']}")["network"]
    [segment] = admin.list("segments", ("network_id", network["id"]))
    assert (segment["network_type"], segment["segmentation_id"], segment["physical_network"], segment["name"]) == (
        shown["provider:network_type"], shown["provider:segmentation_id"], None, None
    )  # fmt: skip
    assert admin.get(f"segments/{segment['id']}")["segment"] == segment
    path = f"/v2.0/segments/{segment['id']}"
    changed = admin.put(f"segments/{segment['id']}", {"segment": {"name": "first", "description": "by itself"}})
    assert changed["segment"] | {"name": None, "description": ""} == segment | {
        key: changed["segment"][key] for key in ("updated_at", "revision_number")
    }
    assert admin.list("segments", ("name", "first"), ("network_id", network["id"])) == [changed["segment"]]
    assert changed["segment"]["revision_number"] > segment["revision_number"]
    stale = {"If-Match": f"revision_number={segment['revision_number']}"}
    assert admin.call("PUT", path, {"segment": {"name": "x"}}, stale).status == 412
    fixed = admin.call("PUT", path, {"segment": {"segmentation_id": 5}})
    assert refused(fixed) == (400, "HTTPBadRequest", "Cannot update read-only attribute segmentation_id")
    last = refused(admin.call("DELETE", path))
    assert last[:2] == (409, "SegmentInUse")
    assert "the only one of its network" in last[2]
    red.delete(f"networks/{network['id']}")
    assert admin.list("segments", ("network_id", network["id"])) == []


def test_segments_are_the_administrator_s(admin: Caller, red: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    [segment] = admin.list("segments", ("network_id", network))
    assert red.list("segments") == []
    assert red.call("GET", f"/v2.0/segments/{segment['id']}").status == 404
    assert red.call("PUT", f"/v2.0/segments/{segment['id']}", {"segment": {"name": "x"}}).status == 404
    assert red.call("DELETE", f"/v2.0/segments/{segment['id']}").status == 404
    assert asked(red, network, "vlan", physical_network=RACK2, segmentation_id=7).status == 403
    several = {"network": {"name": "web", "segments": [vlan(7), vlan(8, RACK2)]}}
    assert red.call("POST", "/v2.0/networks", several).status == 403


def test_a_network_is_led_to_further_physical_networks_and_off_them(site: Cloud, admin: Caller, red: Caller) -> None:
    network = admin.post("networks", name="floor", project_id=red.project_id, **vlan(300))["id"]
    assert ways(site, network) == {PHYSICAL_NETWORK: 300}
    second = made(admin, network, "vlan", physical_network=RACK2, segmentation_id=301, name="rack 2")
    assert (second["name"], second["description"], second["network_id"]) == ("rack 2", "", network)
    third = made(admin, network, "flat", physical_network=RACK3)
    assert (third["segmentation_id"], third["name"]) == (None, None)
    assert ways(site, network) == {PHYSICAL_NETWORK: 300, RACK2: 301, RACK3: []}
    shown = admin.get(f"networks/{network}")["network"]
    flat = {"provider:network_type": "flat", "provider:physical_network": RACK3, "provider:segmentation_id": None}
    assert provided(shown) == {"segments"}
    assert shown["segments"] == [vlan(300), vlan(301, RACK2), flat]
    assert provided(red.get(f"networks/{network}")["network"]) == set()
    listed = admin.list("segments", ("network_id", network))
    assert [each["id"] for each in listed[1:]] == [second["id"], third["id"]]
    again = {"network": {"segments": shown["segments"], "name": "ground"}}
    assert admin.put(f"networks/{network}", again)["network"]["name"] == "ground"
    other = admin.call("PUT", f"/v2.0/networks/{network}", {"network": {"segments": [vlan(300)]}})
    assert refused(other)[:2] == (400, "InvalidInput")
    admin.delete(f"segments/{listed[0]['id']}")
    assert ways(site, network) == {RACK2: 301, RACK3: []}
    assert [each["id"] for each in admin.list("segments", ("network_id", network))] == [second["id"], third["id"]]
    assert admin.get(f"segments/{second['id']}")["segment"]["name"] == "rack 2"
    admin.delete(f"segments/{third['id']}")
    assert admin.get(f"networks/{network}")["network"]["provider:physical_network"] == RACK2
    assert ways(site, network) == {RACK2: 301}
    assert site.ops() == []
    red.delete(f"networks/{network}")
    assert admin.call("GET", f"/v2.0/segments/{second['id']}").status == 404


def test_a_network_is_made_of_several_segments(site: Cloud, admin: Caller) -> None:
    any_vlan = {**vlan(0, RACK2), "provider:segmentation_id": None}
    made = admin.post("networks", name="floor", segments=[vlan(310), any_vlan])
    assert [each["provider:physical_network"] for each in made["segments"]] == [PHYSICAL_NETWORK, RACK2]
    drawn = made["segments"][1]["provider:segmentation_id"]
    assert 1 <= drawn <= 4094
    assert ways(site, made["id"]) == {PHYSICAL_NETWORK: 310, RACK2: drawn}
    taken = admin.call("POST", "/v2.0/networks", {"network": vlan(drawn, RACK2)})
    assert refused(taken)[:2] == (409, "VlanIdInUse")
    assert site.ops() == []
    admin.delete(f"networks/{made['id']}")
    again = admin.post("networks", name="again", **vlan(drawn, RACK2))
    admin.delete(f"networks/{again['id']}")


@pytest.mark.parametrize(
    ("values", "type", "why"),
    [
        ({"segments": [vlan(320)], **vlan(320)}, "SegmentsSetInConjunctionWithProviders",
         "Segments and provider values cannot both be set."),
        ({"segments": [vlan(320), vlan(320)]}, "SegmentsContainDuplicateEntry", "Duplicate segment entry in request."),
        ({"segments": [vlan(320), {"provider:physical_network": RACK2}]}, "InvalidInput",
         "Invalid input for operation: network_type required."),
        ({"segments": [vlan(4095)]}, "InvalidInput",
         "Invalid input for operation: segmentation_id out of range (1 through 4094)."),
        ({"segments": [{"provider:network_type": "gre"}]}, "InvalidInput",
         "Invalid input for operation: network_type value 'gre' not supported."),
        ({"segments": [vlan(320), {"provider:network_type": "geneve"}]}, "InvalidInput", "is on a physical network"),
        ({"segments": [vlan(320), vlan(321)]}, "InvalidInput", "of which a host serves one"),
        ({"segments": [{"vlan": 5}]}, "HTTPBadRequest", "segments"),
    ],
)  # fmt: skip
def test_a_network_is_not_made_of_segments_that_cannot_be(
    admin: Caller, values: dict[str, Any], type: str, why: str
) -> None:
    found = refused(admin.call("POST", "/v2.0/networks", {"network": {"name": "wrong", **values}}))
    assert found[:2] == (400, type)
    assert why in found[2]


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("flat", {}, "physical_network required for flat provider network."),
        ("flat", {"physical_network": RACK2, "segmentation_id": 7},
         "segmentation_id prohibited for flat provider network."),
        ("vlan", {"segmentation_id": 7}, "segmentation_id requires physical_network for VLAN provider network."),
        ("geneve", {"physical_network": RACK2}, "provider:physical_network specified for geneve network."),
        ("vlan", {"physical_network": "nowhere", "segmentation_id": 7}, "'nowhere' unknown for VLAN provider"),
        ("vlan", {"physical_network": PHYSICAL_NETWORK, "segmentation_id": 7}, "of which a host serves one"),
    ],
)  # fmt: skip
def test_a_segment_that_cannot_be_is_not_added(admin: Caller, kind: str, values: dict[str, Any], why: str) -> None:
    network = admin.post("networks", name="floor", **vlan(330))["id"]
    status, _, message = refused(asked(admin, network, kind, **values))
    assert (status, why in message) == (400, True)
    assert len(admin.list("segments", ("network_id", network))) == 1
    admin.delete(f"networks/{network}")


def test_what_tunnels_reach_everywhere_has_no_further_segment(site: Cloud, admin: Caller, red: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    status, _, message = refused(asked(admin, network, "vlan", physical_network=RACK2, segmentation_id=7))
    assert (status, "reaches every host by tunnels" in message) == (400, True)
    missing = asked(admin, str(uuid4()), "vlan", physical_network=RACK2, segmentation_id=7)
    assert refused(missing)[:2] == (404, "NetworkNotFound")
    assert asked(admin, network, "vlan", physical_network=None, segmentation_id=7).status == 400
    assert ways(site, network) == {}


def test_a_segment_stays_while_ports_are_on_it(site: Cloud, admin: Caller) -> None:
    network = admin.post("networks", name="floor", **vlan(340))["id"]
    admin.post("subnets", network_id=network, ip_version=4, cidr="192.0.2.0/24")
    second = made(admin, network, "vlan", physical_network=RACK2, segmentation_id=341)
    port = admin.post("ports", network_id=network, **{"binding:host_id": f"{RACK2}-hv"})["id"]
    why = f"Segment '{second['id']}' cannot be deleted: The segment is still bound with 1 port(s)."
    assert refused(admin.call("DELETE", f"/v2.0/segments/{second['id']}")) == (409, "SegmentInUse", why)
    admin.put(f"ports/{port}", {"port": {"binding:host_id": "hv1"}})
    admin.delete(f"segments/{second['id']}")
    admin.delete(f"ports/{port}")
    admin.delete(f"networks/{network}")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")  # the SDK's own
def test_the_sdk_and_documents_know_segments(site: Cloud, admin: Caller) -> None:
    with sdk_of(site) as client:
        cloud: Any = client.network
        network = cloud.create_network(
            name="floor", provider_network_type="vlan", provider_physical_network=PHYSICAL_NETWORK,
            provider_segmentation_id=350,
        )  # fmt: skip
        segment = cloud.create_segment(
            network_id=network.id, network_type="vlan", physical_network=RACK2, segmentation_id=351, name="second"
        )
        cloud.update_segment(segment, description="to the second rack")
        assert [each.segmentation_id for each in cloud.segments(network_id=network.id)] == [350, 351]
        assert cloud.get_segment(segment.id).description == "to the second rack"
        written = site.cpal("export").stdout
        assert "to the second rack" in written
        assert "vlan 351 on rack2" in site.cpal("topology").stdout
        cloud.delete_segment(segment)
        cloud.delete_network(network)
    assert site.ops() == []
