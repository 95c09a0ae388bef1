"""Plan, apply, drift, destroy and undo against real OVN databases, as scripts use them."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.cli.conftest import Central, Cpal

SHOP = """\
project: shop
networks:
  web: {cidr: 10.0.1.0/24}
  db: {cidr: 10.0.2.0/24}
routers:
  edge: {interfaces: [web, db]}
security_groups:
  web:
    rules: [{direction: ingress, protocol: tcp, port: 80}]
instances:
  web1: {network: web, security_groups: [web], host: hv1}
  db1: {network: db, host: hv2}
"""


@pytest.fixture
def shop(site: Cpal) -> Cpal:
    """The program, with a shop applied."""
    site("apply", site.write("shop.yaml", SHOP), "--yes")
    return site


def test_a_plan_for_scripts(site: Cpal) -> None:
    document = site.write("shop.yaml", SHOP)
    plan = site("plan", document, "--format", "json").json
    assert plan["revision"] == 1
    assert {"target", "action", "table", "name", "record", "reason", "before", "after"} <= set(plan["ops"][0])
    assert {op["action"] for op in plan["ops"]} == {"create"}
    assert {op["target"] for op in plan["ops"]} == {"site"}
    made = {change["record"] for change in plan["changes"] if change["action"] == "create"}
    assert {"network shop/web", "router shop/edge", "instance shop/web1"} <= made
    opened = {(flow["source"], flow["destination"], flow["protocol"]) for flow in plan["opens"]}
    assert ("shop/db1", "shop/web1", "tcp/80") in opened
    assert site("history", "--format", "json").json[-1]["revision"] == 1, "a plan changes nothing"


def test_a_plan_for_people_says_what_why_and_what_opens(site: Cpal) -> None:
    text = site("plan", site.write("shop.yaml", SHOP)).out
    assert re.search(r"^  \+ network +shop/web +geneve, VNI \d+, MTU \d+  \(shop\.yaml:3\)$", text, re.MULTILINE)
    assert re.search(r"^ops at site: (\d+) rows \(\1 create\)$", text, re.MULTILINE)
    assert re.search(r"^  shop/db1 -> shop/web1  tcp/80$", text, re.MULTILINE)
    assert "security group rule" not in text, "the rules of a new group are told with it"
    detail = site("plan", "shop.yaml", "--detail").out
    assert "security group rule" in detail
    assert "Logical_Switch" in detail


def test_exit_code_tells_whether_there_are_differences(site: Cpal) -> None:
    document = site.write("shop.yaml", SHOP)
    assert site("plan", document, "--exit-code", code=2).out
    assert site("plan", document).code == 0
    site("apply", document, "--yes")
    again = site("plan", document, "--exit-code", "--format", "json").json
    assert (again["ops"], again["changes"]) == ([], [])
    assert "Nothing to do" in site("plan", document).out


def test_applying_twice_is_applying_once(shop: Cpal) -> None:
    before = shop("history", "--format", "json").json
    assert "Nothing to do" in shop("apply", "shop.yaml").out
    assert shop("history", "--format", "json").json == before


def test_a_saved_plan_is_applied_exactly_or_refused(site: Cpal) -> None:
    site("plan", site.write("shop.yaml", SHOP), "--out", "plan.json")
    planned = site("plan", "shop.yaml", "--format", "json").json["changes"]
    site("create", "project", "between")
    assert "nothing was changed" in site("apply", "plan.json", "--yes", code=8).err
    site("plan", "shop.yaml", "--out", "plan.json")
    site("apply", "plan.json", "--yes")
    done = site("diff", "--format", "json").json
    assert sorted(change["id"] for change in done) == sorted(change["id"] for change in planned)
    assert "nothing was changed" in site("apply", "plan.json", "--yes", code=8).err


def test_a_saved_plan_is_applied_by_itself(site: Cpal) -> None:
    site("plan", site.write("shop.yaml", SHOP), "--out", "plan.json")
    assert "a saved plan is applied by itself" in site("apply", "plan.json", "shop.yaml", code=64).err


def test_many_at_once_take_turns_and_none_is_refused(shop: Cpal) -> None:
    shop.write("more.yaml", "project: more\nnetworks: {a: {}, b: {}}\n")
    at_once = [
        ("apply", "more.yaml", "--yes"),
        ("create", "network", "red", "--project", "shop"),
        ("create", "network", "blue", "--project", "shop"),
        ("set", "router", "shop/edge", "--description", "in turn"),
        ("delete", "instance", "shop/db1", "--yes"),
    ]
    with ThreadPoolExecutor(len(at_once)) as pool:
        list(pool.map(lambda words: shop(*words), at_once))
    assert {each["name"] for each in shop("get", "networks", "--format", "json").json} == {
        "a", "b", "red", "blue", "web", "db",
    }  # fmt: skip
    assert shop("show", "router", "edge", "--format", "json").json["description"] == "in turn"
    assert [each["name"] for each in shop("get", "instances", "--format", "json").json] == ["web1"]
    assert len(shop("history", "--format", "json").json) == 2 + len(at_once)


def test_a_plan_is_refused_when_the_target_moved(shop: Cpal, central: Central) -> None:
    shop.write("shop.yaml", SHOP.replace("port: 80", "port: 81"))
    shop("plan", "shop.yaml", "--out", "plan.json")
    central.transact({"op": "update", "table": "Port_Group", "where": [], "row": {"acls": ["set", []]}})
    assert "nothing was changed" in shop("apply", "plan.json", "--yes", code=8).err
    shop("apply", "shop.yaml", "--yes")


def test_drift_is_named_and_repaired(shop: Cpal, central: Central) -> None:
    central.transact({"op": "update", "table": "Port_Group", "where": [], "row": {"acls": ["set", []]}})
    plan = shop("plan", "--format", "json").json
    assert {op["action"] for op in plan["ops"]} == {"create"}
    assert plan["changes"] == []
    text = shop("plan").out
    assert re.search(r"the target site lost ACL of .*: it will be made again", text)
    assert "security group shop/web" in text
    assert "Done: repaired" in shop("apply").out
    assert shop("plan", "--exit-code").code == 0


def test_drift_is_told_apart_from_what_a_change_brings_with_it(shop: Cpal, central: Central) -> None:
    shop.write("shop.yaml", SHOP.replace("web: {cidr: 10.0.1.0/24}", "web: {cidr: 10.0.1.0/24, mtu: 1300}"))
    assert "Drift" not in shop("plan", "shop.yaml").out
    reasons = {op["reason"] for op in shop("plan", "shop.yaml", "--format", "json").json["ops"]}
    assert not any(reason.startswith("drift") for reason in reasons)
    central.transact({"op": "delete", "table": "Logical_Router_Static_Route", "where": []})
    central.transact({"op": "update", "table": "Port_Group", "where": [], "row": {"acls": ["set", []]}})
    assert "Drift" in shop("plan", "shop.yaml").out


def test_deletions_are_listed_and_confirmed(shop: Cpal) -> None:
    shop.write("shop.yaml", SHOP.replace("  db1: {network: db, host: hv2}\n", ""))
    asked = shop("apply", "shop.yaml", stdin="n\n", code=1)
    assert re.search(r"^  - instance +shop/db1", asked.out, re.MULTILINE)
    assert shop("get", "instances", "db1", "--format", "json").json
    shop("apply", "shop.yaml", stdin="y\n")
    shop("get", "instances", "db1", code=5)


def test_what_if_applies_nothing(shop: Cpal) -> None:
    before = shop("history", "--format", "json").json
    shop.write("shop.yaml", SHOP.replace("port: 80", "port: 81"))
    for words in (["apply", "shop.yaml"], ["destroy", "shop.yaml"], ["destroy", "--stack", "shop"]):
        plan = shop(*words, "--what-if", "--format", "json").json
        assert plan["changes"]
    assert shop("history", "--format", "json").json == before


def test_destroy_takes_its_stack_and_nothing_else_and_undo_brings_it_back(shop: Cpal) -> None:
    shop("apply", shop.write("other.yaml", SHOP.replace("project: shop", "project: other")), "--yes")
    before = shop("export", "--stack", "shop").out
    shop("destroy", "shop.yaml", code=1)
    shop("destroy", "--stack", "shop", "--yes")
    assert {each["name"] for each in shop("get", "stacks", "--format", "json").json} == {"other", "site"}
    assert [each["project"] for each in shop("get", "instances", "--format", "json").json] == ["other", "other"]
    shop("undo", "--yes")
    assert shop("export", "--stack", "shop").out == before
    assert shop("plan", "--exit-code").code == 0
    shop("destroy", "--stack", "nothing", code=5)


def test_undo_is_refused_where_later_revisions_changed_the_same(shop: Cpal) -> None:
    shop("set", "network", "web", "--mtu", "1300")
    number = str(shop("history", "--format", "json").json[-1]["revision"])
    shop("set", "network", "web", "--mtu", "1400")
    assert "mtu" in shop("undo", number, "--yes", code=3).err
    assert shop("show", "network", "web", "--format", "json").json["mtu"] == 1400


def test_export_declares_what_there_is(shop: Cpal) -> None:
    shop("plan", shop.write("again.yaml", shop("export", "--stack", "shop").out), "--exit-code")


def test_one_thing_at_a_time_makes_what_a_document_makes(site: Cpal) -> None:
    for words in (
        ("network", "web", "--project", "shop", "--cidr", "10.0.1.0/24"),
        ("network", "db", "--project", "shop", "--cidr", "10.0.2.0/24"),
        ("router", "edge", "--project", "shop", "--interfaces", "web,db"),
        ("security-group", "web", "--project", "shop", "--rules", "direction=ingress,protocol=tcp,port=80"),
        (
            "instance",
            "web1",
            "--project",
            "shop",
            "--network",
            "web",
            "--security-groups",
            "web",
            "--host",
            "hv1",
            "--ip-address",
            "10.0.1.10",
        ),
        ("instance", "db1", "--project", "shop", "--network", "db", "--host", "hv2", "--ip-address", "10.0.2.10"),
    ):
        site("create", *words)
    by_flags = {
        kind: site("get", kind, "--format", "json").json for kind in ("networks", "ports", "routers", "instances")
    }
    for instance in ("web1", "db1"):
        site("delete", "instance", instance, "--yes")
    for kind, names in (("router", ["edge"]), ("network", ["web", "db"]), ("security-group", ["shop/web"])):
        site("delete", kind, *names, "--yes")
    shop = SHOP.replace("host: hv1", "host: hv1, ip_address: 10.0.1.10")
    site("apply", site.write("shop.yaml", shop.replace("host: hv2", "host: hv2, ip_address: 10.0.2.10")), "--yes")
    for kind, before in by_flags.items():
        after = site("get", kind, "--format", "json").json
        for one, other in zip(after, before, strict=True):
            differs = {key: (one[key], other[key]) for key in one if _lasts(key) and one[key] != other[key]}
            assert differs == {}, f"{kind} {one['name']}"


def _lasts(key: str) -> bool:
    """Whether a field does not depend on which was made first, and by whom."""
    return key != "stack" and not key.endswith("segmentation_id")


def test_set_reaches_ports_routers_and_instances(shop: Cpal) -> None:
    shop("set", "port", "web1", "--security-groups", "web,default")
    assert shop("show", "port", "web1", "--format", "json").json["security_group_names"] == ["web", "default"]
    shop("set", "instance", "web1", "--host", "hv2")
    assert shop("show", "port", "web1", "--format", "json").json["host_id"] == "hv2"
    shop("set", "instance", "web1", "--no-port-security-enabled", "--security-groups", "")
    port = shop("show", "port", "web1", "--format", "json").json
    assert (port["port_security_enabled"], port["security_groups"]) == (False, [])
    before = shop("show", "router", "edge", "--format", "json").json
    shop("set", "router", "edge", "--interfaces", "web", "--yes")
    after = shop("show", "router", "edge", "--format", "json").json
    assert after["interfaces"] == [each for each in before["interfaces"] if each["network"] == "web"]
    assert shop("plan", "--exit-code").code == 0


def test_a_router_s_gateway_comes_and_goes(shop: Cpal) -> None:
    shop("create", "network", "public", "--project", "admin", "--external", "--shared", "--network-type", "flat",
         "--physical-network", "physnet1")  # fmt: skip
    shop("create", "subnet", "public", "--project", "admin", "--network", "public", "--cidr", "203.0.113.0/24",
         "--gateway-ip", "203.0.113.254", "--no-enable-dhcp",
         "--allocation-pools", "203.0.113.10-203.0.113.99")  # fmt: skip
    shop("set", "router", "edge", "--external-gateway", "network=public,enable_snat=false")
    router = shop("show", "router", "edge", "--format", "json").json
    assert router["external_addresses"] == ["203.0.113.10"]
    assert router["external_gateway_info"]["enable_snat"] is False
    assert len(router["interfaces"]) == 2
    shop(
        "set",
        "router",
        "edge",
        "--more-gateways",
        "public",
        "--more-gateways",
        "network=public,ip_address=203.0.113.77",
    )
    several = shop("show", "router", "edge", "--format", "json").json
    assert several["external_addresses"] == ["203.0.113.10", "203.0.113.11", "203.0.113.77"]
    assert several["external_gateway_info"] == router["external_gateway_info"]
    assert [each["network"] for each in shop("get", "placements", "--format", "json").json] == ["admin/public"] * 3
    shop("set", "router", "edge", "--external-gateway", "none", code=3)
    shop("set", "router", "edge", "--more-gateways", "none", "--yes")
    assert shop("show", "router", "edge", "--format", "json").json["external_addresses"] == ["203.0.113.10"]
    shop("create", "floating-ip", "door", "--project", "shop", "--network", "public", "--port", "web1")
    assert shop("get", "floating-ips", "door", "--format", "json").json[0]["device"] == "web1"
    shop("set", "router", "edge", "--external-gateway", "none", code=3)
    shop("set", "floating-ip", "door", "--port", "none")
    assert shop("get", "floating-ips", "--format", "json").json[0]["fixed_ip_address"] == ""
    shop("set", "router", "edge", "--external-gateway", "none", "--yes")
    assert shop("show", "router", "edge", "--format", "json").json["external_network"] == ""
    assert shop("get", "placements", "--format", "json").json == []
    assert shop("plan", "--exit-code").code == 0


def test_deleting_an_instance_frees_its_floating_ip(shop: Cpal) -> None:
    shop("apply", shop.write("public.yaml", PUBLIC), "--yes")
    shop("delete", "instance", "porter", "--yes")
    [floating] = shop("get", "floating-ips", "--format", "json").json
    assert (floating["port_id"], floating["device"]) == ("", "")
    assert shop("plan", "--exit-code").code == 0


PUBLIC = """\
project: admin
networks:
  public:
    external: true
    shared: true
    provider: {network_type: flat, physical_network: physnet1}
    subnets: {public: {cidr: 203.0.113.0/24, enable_dhcp: false}}
---
project: shop
stack: doors
networks:
  lobby: {cidr: 10.0.9.0/24}
routers:
  out: {interfaces: [lobby], external_gateway: public}
instances:
  porter: {network: lobby, floating_ip: public}
"""


def test_status_is_the_target_s_or_unknown(shop: Cpal, central: Central) -> None:
    found = shop("get", "ports", "--format", "json")
    assert {port["status"] for port in found.json} <= {"ACTIVE", "DOWN", "BUILD"}
    assert found.err == ""
    central.southbound.kill()
    central.northbound.kill()
    silent = shop("get", "ports", "--format", "json")
    assert {port["status"] for port in silent.json} == {None}
    assert silent.err.startswith("note: ")
    assert shop("show", "port", "web1", "--format", "json").json["status"] is None
    shop("plan", "shop.yaml", code=10)


def test_a_port_says_all_that_scripts_want(shop: Cpal) -> None:
    [port] = shop("get", "port", "web1", "--format", "json").json
    [network] = shop("get", "networks", "web", "--format", "json").json
    assert (port["network_id"], port["network"]) == (network["id"], "web")
    assert (port["project"], port["device"], port["binding:host_id"]) == ("shop", "web1", "hv1")
    assert port["addresses"] == [each["ip_address"] for each in port["fixed_ips"]]
    assert network["provider:segmentation_id"] == network["segmentation_id"]
    assert network["cidrs"] == ["10.0.1.0/24"]
    [instance] = shop("get", "instances", "web1", "--format", "json").json
    assert instance["ports"] == [port["id"]]


def test_the_topology_has_every_network_once(shop: Cpal) -> None:
    text = shop("topology").out
    assert text.isascii()
    assert text.index("router shop/edge") < text.index("network shop/web")
    [router] = shop("topology", "--format", "json").json
    assert {child["name"] for child in router["children"]} == {"shop/web", "shop/db"}
    assert [member["name"] for child in router["children"] for member in child["members"]] == ["db1", "web1"]


def test_history_names_the_commands_that_made_it(shop: Cpal) -> None:
    log = shop("history", "--format", "jsonl").out.splitlines()
    entries = [json.loads(line) for line in log]
    assert [entry["what"] for entry in entries] == ["apply site.yaml", "apply shop.yaml"]
    assert all(first["when"] <= second["when"] for first, second in pairwise(entries))


OUTSIDE = """\
project: shop
networks:
  public:
    external: true
    provider: {network_type: flat, physical_network: physnet1}
    subnets:
      public: {cidr: 203.0.113.0/24, gateway_ip: 203.0.113.254, enable_dhcp: false}
floating_ips:
  shared: {network: public, floating_ip_address: 203.0.113.61}
"""


def test_a_port_forwarding_is_made_changed_and_deleted_by_flags(shop: Cpal, central: Central) -> None:
    inside = SHOP.replace("[web, db]}", "[web, db], external_gateway: {network: public}}")
    shop("apply", shop.write("shop.yaml", inside), shop.write("outside.yaml", OUTSIDE), "--yes")

    def led() -> dict[str, str]:
        [found] = central.transact({"op": "select", "table": "Load_Balancer", "where": [], "columns": ["vips"]})
        return {vip: inner for row in found["rows"] for vip, inner in row["vips"][1]}

    shop("create", "port-forwarding", "--project", "shop", "--floating-ip", "shared", "--protocol", "tcp",
         "--external-port", "2080-2081", "--port", "web1", "--internal-port", "80-81")  # fmt: skip
    [made] = shop("get", "port-forwardings", "--format", "json").json
    web = made["internal_ip_address"]
    assert led() == {"203.0.113.61:2080": f"{web}:80", "203.0.113.61:2081": f"{web}:81"}
    shop("set", "port-forwarding", made["id"][:8], "--external-port", "3080", "--internal-port", "8080",
         "--description", "moved")  # fmt: skip
    [changed] = shop("get", "port-forwardings", "--format", "json").json
    assert (changed["id"], changed["description"]) == (made["id"], "moved")
    assert led() == {"203.0.113.61:3080": f"{web}:8080"}
    shop("set", "port-forwarding", made["id"], "--port", "db1", "--protocol", "udp")
    [changed] = shop("get", "port-forwardings", "--format", "json").json
    assert (changed["id"], changed["protocol"], changed["description"]) == (made["id"], "udp", "moved")
    assert led() == {"203.0.113.61:3080": f"{changed['internal_ip_address']}:8080"}
    assert changed["internal_ip_address"] != web
    shop("set", "port-forwarding", made["id"], "--internal-port", "none")
    assert led() == {"203.0.113.61:3080": f"{changed['internal_ip_address']}:3080"}
    assert "as many" in shop("set", "port-forwarding", made["id"], "--internal-port", "1-7", code=3).err
    assert "say what to change" in shop("set", "port-forwarding", made["id"], code=64).err
    shop("delete", "port-forwarding", made["id"], "--yes")
    assert led() == {}


def test_qos_rules_are_made_changed_and_deleted_by_flags(shop: Cpal) -> None:
    shop("create", "qos-policy", "slow", "--project", "shop")
    of = ("--project", "shop", "--qos-policy", "slow")
    shop("create", "qos-bandwidth-limit-rule", *of, "--max-kbps", "1000")
    shop("create", "qos-dscp-marking-rule", *of, "--dscp-mark", "26")

    def rule(kind: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = shop("get", kind, "--format", "json").json
        [only] = found
        return only

    made = rule("qos-bandwidth-limit-rules")
    shop("set", "qos-bandwidth-limit-rule", made["id"], "--max-kbps", "2000", "--max-burst-kbps", "300")
    assert rule("qos-bandwidth-limit-rules") == made | {"max_kbps": 2000, "max_burst_kbps": 300}
    shop("set", "qos-bandwidth-limit-rule", made["id"], "--direction", "ingress")
    assert rule("qos-bandwidth-limit-rules") == made | {
        "max_kbps": 2000, "max_burst_kbps": 300, "direction": "ingress",
    }  # fmt: skip
    shop("create", "qos-bandwidth-limit-rule", *of, "--max-kbps", "700")
    assert "slow" in shop("set", "qos-bandwidth-limit-rule", made["id"], "--direction", "egress", code=3).err
    mark = rule("qos-dscp-marking-rules")
    shop("set", "qos-dscp-marking-rule", mark["id"], "--dscp-mark", "46")
    assert rule("qos-dscp-marking-rules") == mark | {"dscp_mark": 46}
    assert "dscp" in shop("set", "qos-dscp-marking-rule", mark["id"], "--dscp-mark", "1", code=3).err
    shop("delete", "qos-dscp-marking-rule", mark["id"], "--yes")
    assert shop("get", "qos-dscp-marking-rules", "--format", "json").json == []
