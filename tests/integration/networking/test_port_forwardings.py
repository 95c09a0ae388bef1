"""Port forwardings through the Networking API: openstacksdk, what stands in their way, and OVN's load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Answer, Caller, Cloud
from tests.support.sdk import sdk_of

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""openstacksdk warns of its own code."""


class Town(NamedTuple):
    """A network behind a router with a way out, and who asks."""

    site: Cloud
    caller: Caller
    network: str
    subnet: str
    router: str
    public: str

    def floating(self) -> dict[str, Any]:
        """A floating IP."""
        return self.caller.post("floatingips", floating_network_id=self.public)

    def port(self) -> dict[str, Any]:
        """A port inside."""
        return self.caller.post("ports", network_id=self.network)

    def forward(
        self, floating: dict[str, Any], port: dict[str, Any], external: Any, internal: Any, **more: Any
    ) -> Answer:
        """What is answered to a wish for a forwarding."""
        sides = {"external": external, "internal": internal}
        ports = {f"{side}_port{'_range' if isinstance(value, str) else ''}": value for side, value in sides.items()}
        inside = {"internal_port_id": port["id"], "internal_ip_address": port["fixed_ips"][0]["ip_address"]}
        body = {"protocol": "tcp", **inside, **ports, **more}
        return self.caller.call(
            "POST", f"/v2.0/floatingips/{floating['id']}/port_forwardings", {"port_forwarding": body}
        )

    def balancers(self, floating: dict[str, Any]) -> dict[str, dict[str, str]]:
        """What OVN leads where, of a floating IP, by protocol."""
        found = self.site.rows("Load_Balancer", "name", "protocol", "vips")
        return {each["protocol"]: dict(each["vips"][1]) for each in found if floating["id"] in each["name"]}


@pytest.fixture(scope="module")
def town(site: Cloud) -> Iterator[Town]:
    """A network and its way out, gone afterwards with all that is on it."""
    admin = site.administrator
    segment = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
    public = admin.post("networks", name="forwarding", **{"router:external": True}, **segment)["id"]
    outside = admin.post("subnets", network_id=public, ip_version=4, cidr="203.0.113.0/24")
    caller = site.member("forwarders")
    network = caller.post("networks", name="inside")["id"]
    subnet = caller.post("subnets", network_id=network, ip_version=4, cidr="10.8.0.0/24")["id"]
    router = caller.post("routers", name="edge", external_gateway_info={"network_id": public})["id"]
    caller.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    yield Town(site, caller, network, subnet, router, public)
    for floating in caller.list("floatingips"):
        for each in floating["port_forwardings"]:
            caller.delete(f"floatingips/{floating['id']}/port_forwardings/{each['id']}")
        caller.delete(f"floatingips/{floating['id']}")
    caller.put(f"routers/{router}/remove_router_interface", {"subnet_id": subnet})
    for port in caller.list("ports", ("network_id", network)):
        caller.delete(f"ports/{port['id']}")
    for path in (f"routers/{router}", f"networks/{network}"):
        caller.delete(path)
    for path in (f"subnets/{outside['id']}", f"networks/{public}"):
        admin.delete(path)
    assert site.ops() == []


def refused(answer: Answer, status: int, fault: str, words: str) -> None:
    """That it was refused so."""
    assert (answer.status, answer.fault) == (status, fault), answer
    assert words in answer.body["NeutronError"]["message"]


def test_openstacksdk_forwards_a_port_and_ovn_leads_there(town: Town) -> None:
    with sdk_of(town.site, "member-of-forwarders", "secret", "forwarders") as client:
        sdk = client.network
        floating = sdk.create_ip(floating_network_id=town.public)
        port = sdk.create_port(network_id=town.network)
        address = port.fixed_ips[0]["ip_address"]
        made = sdk.create_port_forwarding(
            floatingip_id=floating.id, internal_port_id=port.id, internal_ip_address=address, internal_port=22,
            external_port=2222, protocol="tcp", description="ssh",
        )  # fmt: skip
        assert (made.internal_ip_address, made.description) == (address, "ssh")
        place = {"id": floating.id}
        assert town.balancers(place) == {"tcp": {f"{floating.floating_ip_address}:2222": f"{address}:22"}}
        shown = sdk.get_ip(floating.id)
        assert (shown.status, shown.router_id) == ("ACTIVE", town.router)
        assert [each["external_port"] for each in shown.port_details or []] == []
        assert [each.id for each in sdk.port_forwardings(floating.id)] == [made.id]
        sdk.update_port_forwarding(made, floating.id, internal_port=2200)
        assert town.balancers(place) == {"tcp": {f"{floating.floating_ip_address}:2222": f"{address}:2200"}}
        sdk.delete_port_forwarding(made, floating.id)
        assert town.balancers(place) == {}
        assert sdk.get_ip(floating.id).status == "DOWN"


def test_ranges_and_protocols_share_a_floating_ip(town: Town) -> None:
    floating, port, other = town.floating(), town.port(), town.port()
    for answer in (
        town.forward(floating, port, "8000:8002", "9000:9002"),
        town.forward(floating, other, "7000:7001", 80),
        town.forward(floating, other, 8000, 8000, protocol="udp"),
    ):
        assert answer.status == 201, answer
    first = town.forward(floating, port, 443, 8443).body["port_forwarding"]
    assert (first["external_port"], first["external_port_range"]) == (443, "443:443")
    outer = floating["floating_ip_address"]
    inner, others = (each["fixed_ips"][0]["ip_address"] for each in (port, other))
    assert town.balancers(floating) == {
        "tcp": {
            **{f"{outer}:{8000 + n}": f"{inner}:{9000 + n}" for n in range(3)},
            **{f"{outer}:{7000 + n}": f"{others}:80" for n in range(2)},
            f"{outer}:443": f"{inner}:8443",
        },
        "udp": {f"{outer}:8000": f"{others}:8000"},
    }
    shown = town.caller.get(f"floatingips/{floating['id']}")["floatingip"]["port_forwardings"]
    assert {
        "id": first["id"], "protocol": "tcp", "external_port": 443, "internal_port": 8443, "internal_ip_address": inner,
        "internal_port_id": port["id"],
    } in shown  # fmt: skip
    assert {(each["protocol"], each.get("external_port")) for each in shown} == {
        ("tcp", None), ("tcp", 443), ("udp", 8000),
    }  # fmt: skip
    town.caller.delete(f"ports/{port['id']}")
    assert set(town.balancers(floating)["tcp"]) == {f"{outer}:7000", f"{outer}:7001"}, "what led to it went with it"


def test_what_stands_in_the_way_is_said(town: Town) -> None:
    floating, port = town.floating(), town.port()
    made = town.forward(floating, port, 2222, 22).body["port_forwarding"]
    path = f"/v2.0/floatingips/{floating['id']}"
    for answer, words in (
        (town.forward(floating, town.port(), 2222, 23), "external_port_range. The following ranges collide: 2222:2222"),
        (town.forward(floating, port, 3333, 22), "port collision with the internal_port_range"),
        (town.forward(floating, port, 1, 1, internal_ip_address="10.8.0.99"), "is not suitable for internal neutron"),
        (town.forward(floating, port, "1:3", "1:2"), "must be N-N or 1-N"),
        (town.forward(floating, port, "5000:6999", "5000:6999"), "OVN has an entry for each port"),
    ):
        refused(answer, 400, "BadRequest", words)
    refused(town.forward(floating, port, 70000, 1), 400, "HTTPBadRequest", "Invalid input for external_port")
    refused(town.forward(floating, port, "9:8", 1), 400, "HTTPBadRequest", "must be lower than the second port")
    refused(town.forward(floating, port, 1, 1, protocol="icmp"), 400, "HTTPBadRequest", "Invalid input for protocol")
    lonely = town.caller.post("networks", name="lonely")
    town.caller.post("subnets", network_id=lonely["id"], ip_version=4, cidr="10.99.0.0/24")
    stranded = town.caller.post("ports", network_id=lonely["id"])
    refused(town.forward(floating, stranded, 1, 1), 400, "BadRequest", "is not reachable from the subnet")
    for answer in (
        town.caller.call("DELETE", path),
        town.caller.call("PUT", path, {"floatingip": {"port_id": town.port()["id"]}}),
    ):
        refused(answer, 409, "FipInUseByPortForwarding", "in use by Port Forwarding resources")
    used = town.caller.post("floatingips", floating_network_id=town.public, port_id=town.port()["id"])
    refused(town.forward(used, port, 1, 1), 409, "FloatingIPPortAlreadyAssociated", used["floating_ip_address"])
    taken = town.caller.get(f"ports/{used['port_id']}")["port"]
    refused(town.forward(floating, taken, 1, 1), 409, "PortHasBindingFloatingIP", "already has a binding floating IP")
    answer = town.caller.call("PUT", f"/v2.0/routers/{town.router}/remove_router_interface", {"subnet_id": town.subnet})
    assert (answer.status, answer.fault) == (409, "RouterInterfaceInUseByFloatingIP")
    refused(town.caller.call("GET", f"{path}/port_forwardings/{port['id']}"), 404, "PortForwardingNotFound", port["id"])
    answer = town.caller.call("GET", f"/v2.0/floatingips/{used['id']}/port_forwardings/{made['id']}")
    refused(answer, 404, "PortForwardingNotFound", made["id"])
    for path in (f"ports/{stranded['id']}", f"networks/{lonely['id']}"):
        town.caller.delete(path)


def test_nobody_else_reads_or_writes_the_forwardings_of_a_floating_ip(town: Town) -> None:
    floating = town.floating()
    made = town.forward(floating, town.port(), 80, 80).body["port_forwarding"]
    stranger = town.site.member("strangers")
    reader = town.site.with_role("forwarders", "reader")
    path = f"/v2.0/floatingips/{floating['id']}/port_forwardings"
    assert {stranger.call(method, each).status for method, each in (
        ("GET", path), ("GET", f"{path}/{made['id']}"), ("DELETE", f"{path}/{made['id']}"),
    )} == {404}  # fmt: skip
    inside = {key: made[key] for key in ("internal_port_id", "internal_ip_address")}
    wish = {"protocol": "tcp", "external_port": 81, "internal_port": 81, **inside}
    assert stranger.call("POST", path, {"port_forwarding": wish}).status in (403, 404)
    assert [each["id"] for each in reader.call("GET", path).body["port_forwardings"]] == [made["id"]]
    assert reader.call("POST", path, {"port_forwarding": wish}).status == 403
    assert reader.call("DELETE", f"{path}/{made['id']}").status == 403
