"""A Neutron is taken over: ids and rows stay, nothing is left to plan, what cannot be held is told, all goes back.

The Neutron is a recording of the real one (`tests.support.recorded`); the databases and northd are real.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cpal.errors import EXIT_CODES, Moved, Unsupported
from cpal.faces.peer.cloud import Endpoints, connected, read_all
from cpal.faces.session import Session
from cpal.model.network import ROUTER_GATEWAY, Network
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import Key
from cpal.model.router import FloatingIP, MoreGateway, Router
from tests.integration.peer.conftest import Peer
from tests.support.cloud import TIMEOUT_S, Cloud, Server
from tests.support.warm import program

TABLES = ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "Port_Group", "ACL",
          "Address_Set", "DHCP_Options", "NAT", "Logical_Router_Static_Route", "Load_Balancer")  # fmt: skip
COLLECTIONS = {
    "networks": "network", "subnets": "subnet", "ports": "port", "routers": "router", "floatingips": "floating_ip",
    "security-groups": "security_group", "address-groups": "address_group", "address-scopes": "address_scope",
    "subnetpools": "subnet_pool", "rbac-policies": "rbac_policy", "trunks": "trunk",
}  # fmt: skip
"""The kind of record that each collection's members become."""
SAME_OF_FLOATING_PORTS = [
    "network_id",
    "mac_address",
    "fixed_ips",
    "name",
    "description",
    "admin_state_up",
    "tags",
    "device_id",
    "device_owner",
    "project_id",
    "security_groups",
    "port_security_enabled",
    "binding:vif_type",
    "qos_policy_id",
]
MORE_GATEWAY = "6d0f3c1e-58a7-4d4a-a9b5-0d3c6b1a7f77"


def canonical(wire: Any) -> Any:
    """A row of OVSDB's JSON, whose sets and maps have no order."""
    if isinstance(wire, dict):
        return {key: canonical(value) for key, value in wire.items() if key not in ("_version", "external_ids")}
    if isinstance(wire, list) and wire[:1] in (["set"], ["map"]):
        return [wire[0], sorted(wire[1], key=str)]
    return wire


def neutrons(external_ids: Any) -> dict[str, str]:
    return {key: value for key, value in external_ids[1] if not key.startswith("cpal:")}


def test_all_is_taken_over_in_place_and_given_back_as_it_was(peer: Peer) -> None:
    before = {table: peer.rows(table) for table in TABLES}
    peer.take_over()

    gone_with = {
        "NAT": {uuid for uuid, row in before["NAT"].items() if row["type"] == "snat"},
        "Load_Balancer": {uuid for uuid, row in before["Load_Balancer"].items() if row["name"][-1].isdigit()},
    }
    assert len(gone_with["Load_Balancer"]) == 3, "Neutron has a load balancer for each port of a range"
    for table in TABLES:
        now = peer.rows(table)
        gone = before[table].keys() - now.keys()
        assert gone == gone_with.get(table, set()), table
        for uuid in before[table].keys() & now.keys():
            assert neutrons(now[uuid]["external_ids"]) == neutrons(before[table][uuid]["external_ids"]), (table, uuid)
            assert any(key == "cpal:owner" for key, _ in now[uuid]["external_ids"][1]), (table, now[uuid])
    names = [
        row["name"] for table in ("Logical_Switch", "Logical_Router", "Port_Group") for row in peer.rows(table).values()
    ]
    assert not [name for name in names if name.startswith("neutron")]

    plan = json.loads(peer.cpal("plan", "--format=json").stdout)
    assert (plan["ops"], plan["changes"]) == ([], [])
    again = peer.take_over()
    assert not again["applied"], again["plan"]

    taken = {table: peer.rows(table) for table in TABLES}
    assert "cpal release neutron" in peer.cpal("undo", "--yes", code=EXIT_CODES[Unsupported]).stderr
    assert {table: peer.rows(table) for table in TABLES} == taken
    peer.cpal("release", "neutron", "--yes")
    for table in TABLES:
        assert {u: canonical(row) for u, row in peer.rows(table).items()} == {
            u: canonical(row) for u, row in before[table].items()
        }, table
        for uuid, row in peer.rows(table).items():
            assert row["external_ids"] == before[table][uuid]["external_ids"]
    assert peer.rows("Gateway_Chassis") == {}
    assert peer.rows("DNS") == {}
    assert json.loads(peer.cpal("get", "networks", "--format=json").stdout) == []
    assert "nothing was adopted" in peer.cpal("release", "neutron", "--yes", code=5).stderr
    assert "cpal import neutron" in peer.cpal("undo", "--yes", code=EXIT_CODES[Unsupported]).stderr


def test_every_id_and_owner_stays(peer: Peer) -> None:
    peer.take_over()
    with Session(peer.server.home) as session:
        estate = session.estate
    for collection, kind in COLLECTIONS.items():
        for item in peer.api.members(collection):
            record = estate.by_key(Key(kind, item["id"]))
            if item.get("device_owner") == "network:floatingip":
                holder = estate.get(FloatingIP, item["device_id"])
                assert record is None
                assert holder is not None
                assert (holder.floating_port_id, holder.mac_address) == (item["id"], item["mac_address"])
                continue
            assert record is not None, (kind, item["id"])
            assert (record.name, record.project_id) == (item.get("name") or "", item["project_id"] or ""), item
            assert list(record.tags) == sorted(item.get("tags") or ()) or not item.get("tags")
    [floating] = [each for each in peer.api.members("floatingips") if each["port_forwardings"]]
    forwarded = peer.api.members(f"floatingips/{floating['id']}/port_forwardings")
    assert len(forwarded) == 3
    for item in forwarded:
        record = estate.by_key(Key("port_forwarding", item["id"]))
        assert isinstance(record, PortForwarding)
        assert (record.floatingip_id, record.project_id) == (floating["id"], floating["project_id"])
        assert (record.protocol, record.description) == (item["protocol"], item["description"])
        assert (record.internal_port_id, record.internal_ip_address) == (
            item["internal_port_id"], item["internal_ip_address"],
        )  # fmt: skip
        for side in ("external", "internal"):
            ports = getattr(record, f"{side}_port_range")
            assert f"{ports.start}:{ports.end}" == item[f"{side}_port_range"]
    rules = [rule for group in peer.api.members("security-groups") for rule in group["security_group_rules"]]
    assert all(estate.by_key(Key("security_group_rule", rule["id"])) for rule in rules)


def test_forwarded_ports_lead_where_neutron_led_them(peer: Peer) -> None:
    """Also those of a Neutron that tells neither of ranges nor, with a floating IP, of what it forwards."""

    def led() -> dict[str, str]:
        return {vip: inner for row in peer.rows("Load_Balancer").values() for vip, inner in row["vips"][1]}

    before = led()
    assert len(before) == 5
    peer.take_over()
    assert led() == before
    peer.cpal("release", "neutron", "--yes")
    for floating in peer.api.members("floatingips"):
        for item in peer.api.members(f"floatingips/{floating['id']}/port_forwardings"):
            if "external_port" in item:
                del item["external_port_range"], item["internal_port_range"]
        del floating["port_forwardings"]
    peer.take_over()
    assert led() == before


def test_further_gateways_of_a_router_are_taken_over_with_their_hosts_and_sessions(peer: Peer) -> None:
    router = peer.api.member("routers", "plain")
    router |= {"enable_default_route_ecmp": True, "enable_default_route_bfd": True}
    ports = peer.api.members("ports")
    [first] = [each for each in ports if each["device_id"] == router["id"] and each["device_owner"] == ROUTER_GATEWAY]
    [fixed] = first["fixed_ips"]
    more = {**first, "id": MORE_GATEWAY, "mac_address": "fa:16:3e:00:00:77",
            "fixed_ips": [{**fixed, "ip_address": "203.0.113.177"}]}  # fmt: skip
    ports.append(more)
    router["external_gateways"].append({"network_id": more["network_id"], "external_fixed_ips": more["fixed_ips"]})
    sessions = [peer_gateway(peer, router, each) for each in (first, more)]

    peer.take_over()
    plan = json.loads(peer.cpal("plan", "--format=json").stdout)
    assert (plan["ops"], plan["changes"]) == ([], [])
    with Session(peer.server.home) as session:
        estate = session.estate
    taken = estate.get(Router, router["id"])
    assert taken is not None
    assert taken.more_gateways == (MoreGateway(more["network_id"], more["id"]),)
    assert (taken.enable_default_route_ecmp, taken.enable_default_route_bfd) == (True, True)
    placed = {each.port_id: each.hosts for each in estate.find("placement.subject", taken.id)}
    assert placed[more["id"]][0] == "hv2"
    assert sorted(peer.rows("BFD")) == sorted(sessions)
    hops = [row for row in peer.rows("Logical_Router_Static_Route").values() if row["bfd"] != ["set", []]]
    assert sorted(row["bfd"][1] for row in hops) == sorted(sessions)


def peer_gateway(peer: Peer, router: dict[str, Any], port: dict[str, Any]) -> str:
    """Have a gateway of a Neutron's router in its database, with a route by BFD; the UUID of its session."""
    nbctl, name, address = peer.place.nbctl, f"lrp-{port['id']}", port["fixed_ips"][0]["ip_address"]
    switch, owner = f"neutron-{port['network_id']}", f"neutron-{router['id']}"
    if port["id"] == MORE_GATEWAY:
        nbctl("lrp-add", owner, name, port["mac_address"], f"{address}/24")
        nbctl("lsp-add", switch, port["id"], "--", "lsp-set-type", port["id"], "router")
        nbctl("lsp-set-addresses", port["id"], "router", "--", "lsp-set-options", port["id"], f"router-port={name}")
        nbctl("lrp-set-gateway-chassis", name, "hv2", "2", "--", "lrp-set-gateway-chassis", name, "hv1", "1")
    else:
        nbctl("lr-route-del", owner, "0.0.0.0/0")
    session = nbctl("create", "BFD", f"logical_port={name}", 'dst_ip="203.0.113.254"').strip()
    route = ('ip_prefix="0.0.0.0/0"', 'nexthop="203.0.113.254"', f"output_port={name}", f"bfd={session}")
    nbctl("--id=@route", "create", "Logical_Router_Static_Route", *route,
          "--", "add", "Logical_Router", owner, "static_routes", "@route")  # fmt: skip
    return session


def test_it_is_read_page_by_page(peer: Peer) -> None:
    peer.cpal("import", "neutron", *peer.endpoints, "--what-if")
    pages = [path for path in peer.api.asked if path.startswith("/v2.0/ports?")]
    assert len(pages) == -(-len(peer.api.members("ports")) // 7)
    assert all("marker=" in path for path in pages[1:])


def test_what_if_changes_nothing(peer: Peer) -> None:
    before = {table: peer.rows(table) for table in TABLES}
    done = peer.cpal("import", "neutron", *peer.endpoints, "--what-if")
    assert "adopt" in done.stdout
    named = [each for each in peer.api.members("subnets") if each["enable_dhcp"] and each["ip_version"] == 4]
    assert f"{sum(not each['dns_nameservers'] for each in named)} subnets name no DNS servers" in done.stderr
    assert {table: peer.rows(table) for table in TABLES} == before
    assert "nothing was adopted" in peer.cpal("release", "neutron", "--yes", code=5).stderr


def test_nothing_is_done_without_a_yes(peer: Peer) -> None:
    before = peer.rows("Logical_Switch")
    peer.cpal("import", "neutron", *peer.endpoints, code=1)
    assert peer.rows("Logical_Switch") == before


def test_what_cannot_be_held_is_told_all_at_once_and_left_out_on_demand(peer: Peer) -> None:
    port, router = peer.api.member("ports", "web-port"), peer.api.member("routers", "edge")
    port["device_profile"] = "accelerated"
    reserved = next(
        ip for each in peer.api.member("ports", "with-options")["fixed_ips"] if "." in (ip := each["ip_address"])
    )
    peer.api.member("ports", "with-pairs")["allowed_address_pairs"][0]["ip_address"] = reserved
    port["made_up"] = {"by": "an extension"}
    router["flavor_id"] = "5f0c"
    peer.api.answers["/flavors"]["flavors"].append({"id": "7e11", "name": "gold"})
    peer.api.member("networks", "web")["availability_zone_hints"] = ["az1"]
    said = peer.cpal("import", "neutron", *peer.endpoints, "--yes", "--format=json", code=3).stderr
    faults = json.loads(said.splitlines()[-1])["error"]["faults"]
    assert {(fault["key"].split('"')[1], fault["field"]) for fault in faults} == {
        ("web-port", "device_profile"), ("web-port", "made_up"), ("edge", "flavor_id"), ("gold", ""),
        ("with-options", "fixed_ips"),
    }  # fmt: skip
    assert all(fault["problem"] and fault["remedy"] for fault in faults)
    assert not any("cpal:owner" in str(row) for row in peer.rows("Logical_Switch").values())

    left = peer.cpal("import", "neutron", *peer.endpoints, "--yes", "--leave-out")
    for words in ("device_profile", "made_up", "flavor_id", "flavor", "availability_zone_hints"):
        assert words in left.stderr
    assert json.loads(peer.cpal("plan", "--format=json").stdout)["ops"] == []


def test_what_the_checks_refuse_is_told_with_the_rest(peer: Peer) -> None:
    peer.api.member("ports", "web-port")["mac_address"] = "ff:ff:ff:ff:ff:ff"
    peer.api.member("routers", "edge")["flavor_id"] = "5f0c"
    said = peer.cpal("import", "neutron", *peer.endpoints, "--yes", code=3).stderr
    assert "flavor_id" in said
    assert "mac_address" in said


# openstacksdk tells of what it no longer does whenever it reads a configuration
@pytest.mark.filterwarnings("ignore:Support for InfluxDB", "ignore:The 'service_type' parameter")
def test_rows_that_changed_since_the_plan_are_not_adopted(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare-and-swap: somebody changes a port between the plan and the transaction."""
    for name, value in peer.api.environment.items():
        monkeypatch.setenv(name, value)
    before = peer.rows("Logical_Switch")
    port = peer.api.member("ports", "web-port")["id"]
    with Session(peer.server.home) as session:
        endpoints = Endpoints(peer.place.site.server.endpoint, peer.place.southbound.endpoint)
        plan = session.peer.plan_import(read_all(connected(None)), endpoints)
        peer.place.nbctl("lsp-set-addresses", port, "02:00:00:00:00:01 10.0.1.7")
        with pytest.raises(Moved):
            session.apply(plan)
        assert not session.estate.count(Network)
    assert peer.rows("Logical_Switch") == before


def test_what_is_not_neutrons_stays(peer: Peer) -> None:
    router = "neutron-" + peer.api.member("routers", "edge")["id"]
    group = "pg_" + peer.api.member("security-groups", "front")["id"].replace("-", "_")
    peer.place.nbctl("ls-add", "mine", "--", "lsp-add", "mine", "mine-1")
    [port] = peer.place.nbctl("--bare", "--columns=_uuid", "find", "Logical_Switch_Port", "name=mine-1").split()
    peer.place.nbctl("add", "Port_Group", group, "ports", port)
    peer.place.nbctl("lb-add", "octavia", "10.0.1.80:80", "10.0.1.81:80", "--", "lr-lb-add", router, "octavia")
    peer.place.nbctl("set", "Load_Balancer", "octavia", "external_ids:neutron\\:vip=10.0.1.80")
    rows = {uuid: row for uuid, row in peer.rows("Load_Balancer").items() if row["name"] == "octavia"}
    peer.take_over()
    assert "mine" in peer.place.nbctl("show", "mine")
    assert {uuid: row for uuid, row in peer.rows("Load_Balancer").items() if row["name"] == "octavia"} == rows
    assert "octavia" in peer.place.nbctl("lr-lb-list", router.replace("neutron-", "cpal-"))
    assert port in peer.place.nbctl("get", "Port_Group", group, "ports")
    peer.cpal("release", "neutron", "--yes")
    assert "mine-1" in peer.place.nbctl("show", "mine")


def test_each_segment_of_a_network_keeps_its_id_and_its_row(peer: Peer) -> None:
    """Neutron names a network's way to each physical network by the segment, and the second rack has its own host."""
    rack, second = peer.api.member("networks", "rack"), "5e9a2b52-4c3f-4df0-8a44-0c1c0b4b8a10"
    carried = ("network_type", "physical_network", "segmentation_id")
    own = {f"provider:{name}": rack.pop(f"provider:{name}") for name in carried}
    other = dict(zip(carried, ("vlan", "physnet2", 143), strict=True))
    rack["segments"] = [own, {f"provider:{name}": value for name, value in other.items()}]
    [first] = [each["id"] for each in peer.api.members("segments") if each["network_id"] == rack["id"]]
    peer.api.members("segments").append({"id": second, "network_id": rack["id"], "name": "back", **other})
    peer.place.add_chassis("hv3", "172.31.0.13")
    peer.place.sbctl("set", "Chassis", "hv3", "hostname=hv3", "other_config:ovn-bridge-mappings=physnet2:br-ex")
    peer.place.nbctl(
        "lsp-add", f"neutron-{rack['id']}", f"provnet-{second}", "--", "set", "logical_switch_port",
        f"provnet-{second}", "type=localnet", "addresses=unknown", "tag=143", "tag_request=143",
        "options:network_name=physnet2",
    )  # fmt: skip
    peer.place.wait()
    before = peer.rows("Logical_Switch_Port")
    peer.take_over()
    assert peer.rows("Logical_Switch_Port").keys() == before.keys()
    assert json.loads(peer.cpal("plan", "--format=json").stdout)["ops"] == []
    with Session(peer.server.home) as session:
        network = session.estate.get(Network, rack["id"])
        assert network is not None
        assert [(each.id, each.words, each.name) for each in network.segments] == [
            (first, "vlan 142 on physnet1", ""), (second, "vlan 143 on physnet2", "back"),
        ]  # fmt: skip
    peer.cpal("release", "neutron", "--yes")
    after = peer.rows("Logical_Switch_Port")
    assert {uuid: canonical(row) for uuid, row in after.items()} == {u: canonical(row) for u, row in before.items()}


def test_stale_rows_go_with_the_adoption_and_come_back(peer: Peer) -> None:
    """A port and a rule that the API does not know, and one of a network that is gone."""
    group = "pg_" + peer.api.member("security-groups", "front")["id"].replace("-", "_")
    switch = "neutron-" + peer.api.member("networks", "web")["id"]
    peer.place.nbctl(
        "lsp-add", switch, "stale-port", "--", "set", "logical_switch_port", "stale-port",
        "external_ids:neutron\\:port_name=stale",
    )  # fmt: skip
    peer.place.nbctl("acl-add", group, "to-lport", "1002", f"outport == @{group} && ip4", "allow-related")
    peer.place.nbctl("ls-add", "neutron-11111111-1111-1111-1111-111111111111")
    done = peer.take_over()
    gone = {op["table"] for op in done["plan"]["ops"] if op["action"] == "delete"}
    assert {"Logical_Switch_Port", "ACL", "Logical_Switch"} <= gone
    assert "stale-port" not in peer.place.nbctl("list", "Logical_Switch_Port")
    assert json.loads(peer.cpal("plan", "--format=json").stdout)["ops"] == []
    peer.cpal("release", "neutron", "--yes")
    assert "stale-port" in peer.place.nbctl("show", switch)
    assert f"outport == @{group} && ip4" in peer.place.nbctl("acl-list", group)


def test_what_was_adopted_is_given_back_by_a_restored_backup(peer: Peer, tmp_path: Path) -> None:
    before = {table: peer.rows(table) for table in TABLES}
    peer.take_over()
    peer.cpal("backup", str(tmp_path / "copy.db"))
    peer.server.home.rename(tmp_path / "lost")
    peer.cpal("restore", str(tmp_path / "copy.db"))
    peer.cpal("release", "neutron", "--yes")
    for table in TABLES:
        assert {u: canonical(row) for u, row in peer.rows(table).items()} == {
            u: canonical(row) for u, row in before[table].items()
        }, table


def test_what_was_made_since_goes_with_the_release(peer: Peer) -> None:
    before = {table: peer.rows(table).keys() for table in TABLES}
    peer.take_over()
    peer.cpal("create", "network", "later", "--project", "later")
    assert peer.rows("Logical_Switch").keys() > before["Logical_Switch"]
    peer.cpal("release", "neutron", "--yes")
    assert {table: peer.rows(table).keys() for table in TABLES} == before


def test_a_new_port_joins_the_default_group_that_neutron_made(peer: Peer) -> None:
    peer.take_over()
    known = {each["id"]: each for each in peer.api.members("security-groups")}
    site = Cloud(peer.server, peer.place)
    peer.server.start()
    try:
        admin = site.administrator
        red = peer.api.member("networks", "web")["project_id"]
        port = admin.post("ports", network_id=peer.api.member("networks", "web")["id"], project_id=red)
        [group] = port["security_groups"]
        assert (known[group]["name"], known[group]["project_id"]) == ("default", red)
        names = {each["id"]: each["name"] for each in site.identity().call("GET", "/v3/projects").body["projects"]}
        assert red in names
    finally:
        site.close()


def test_filters_of_others_stay_as_they_are(peer: Peer) -> None:
    peer.place.site.nbctl("ls-add others -- acl-add others to-lport 7 ip drop")
    [other] = (row for row in peer.rows("ACL").values() if row["priority"] == 7)
    peer.take_over()
    assert [row for row in peer.rows("ACL").values() if row["priority"] == 7] == [other]
    assert json.loads(peer.cpal("plan", "--format=json").stdout)["ops"] == []


def test_the_ports_of_floating_ips_are_what_they_were(peer: Peer) -> None:
    """Where hosts translate themselves, the MAC address that Neutron answered with stays too."""
    ports = [each for each in peer.api.members("ports") if each["device_owner"] == "network:floatingip"]
    ports[0] |= {"name": "nine", "description": "a note", "admin_state_up": False, "tags": ["blue"]}
    owners = {each["id"]: each for each in peer.api.members("floatingips") if each["port_id"]}
    mac = next(each["mac_address"] for each in ports if each["device_id"] in owners)
    [leading] = owners.values()
    [nat] = [uuid for uuid, row in peer.rows("NAT").items() if row["external_ip"] == leading["floating_ip_address"]]
    peer.place.site.nbctl(f'set NAT {nat} external_mac="{mac}"')
    peer.take_over()
    assert peer.rows("NAT")[nat]["external_mac"] == mac
    site = Cloud(peer.server, peer.place)
    peer.server.start()
    try:
        admin = site.administrator
        found = {each["id"]: each for each in admin.list("ports", ("device_owner", "network:floatingip"))}
        assert found.keys() == {each["id"] for each in ports}
        for port in ports:
            shown = {name: found[port["id"]][name] for name in SAME_OF_FLOATING_PORTS}
            assert shown == {name: port[name] for name in SAME_OF_FLOATING_PORTS}
    finally:
        site.close()


@pytest.mark.parametrize("words", [(), ("--northbound=unix:/nowhere",)])
def test_it_must_be_known_where_the_databases_are(peer: Peer, words: tuple[str, ...]) -> None:
    assert "--northbound, --southbound" in peer.cpal("import", "neutron", *words, code=3).stderr


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        ({"OS_AUTH_TYPE": "none", "OS_ENDPOINT": "http://127.0.0.1:9"}, 10, "see whether the cloud's API runs"),
        ({"OS_AUTH_URL": "http://127.0.0.1:9/v3", "OS_USERNAME": "me", "OS_PASSWORD": "x"}, 10, "API runs"),
        ({}, 3, "auth_url"),
        ({"OS_CLOUD": "nowhere"}, 3, "auth_url"),
    ],
    ids=["silent", "silent identity", "not described", "unknown name"],
)
def test_a_cloud_that_cannot_be_read(tmp_path: Path, environment: dict[str, str], code: int, words: str) -> None:
    server = Server(tmp_path / "home", tmp_path / "log")
    bare = {key: value for key, value in server.environment.items() if not key.startswith("OS_")}
    done = subprocess.run([program("cpal"), "import", "neutron"], env={**bare, **environment, "HOME": str(tmp_path)},
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=tmp_path)  # fmt: skip
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
