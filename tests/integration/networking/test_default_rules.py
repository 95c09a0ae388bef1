"""Templates of rules, asked by plain clients: what new groups of any project start with, as the administrator says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud, cloud
from tests.support.warm import program

COLLECTION = "default-security-group-rules"
USES = {"used_in_default_sg": False, "used_in_non_default_sg": True}
SAID = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix",
        "remote_address_group_id")  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of this module's own, since what is said here holds for every project."""
    with cloud(tmp_path_factory.mktemp("templates")) as found:
        yield found


@pytest.fixture
def admin(place: Cloud) -> Caller:
    """The administrator."""
    return place.administrator


def newcomer(place: Cloud) -> Caller:
    """A member of a project that nobody has seen yet."""
    return place.member(f"new-{uuid4().hex[:8]}")


def refused(answer: Answer) -> tuple[int, str]:
    """Status and type of a fault."""
    return answer.status, answer.fault


def said(rules: list[dict[str, Any]], group: str) -> set[tuple[Any, ...]]:
    """What rules say, with "own" for a remote group that is the group itself."""
    return {
        (*(rule[name] for name in SAID), "own" if rule["remote_group_id"] == group else rule["remote_group_id"])
        for rule in rules
    }


def rules_of(group: dict[str, Any]) -> set[tuple[Any, ...]]:
    """What the rules of a group say."""
    return said(group["security_group_rules"], group["id"])


def of_templates(caller: Caller, use: str) -> set[tuple[Any, ...]]:
    """What the templates of a use say."""
    return said(caller.list(COLLECTION, (use, "true")), "PARENT")


def default_group(caller: Caller) -> dict[str, Any]:
    """A project's default group."""
    [found] = caller.list("security-groups", ("name", "default"), ("project_id", caller.project_id))
    return found


def test_groups_start_with_what_neutron_starts_with(place: Cloud, admin: Caller) -> None:
    red = newcomer(place)
    assert {(each["direction"], each["ethertype"], each["remote_group_id"], each["used_in_default_sg"],
             each["used_in_non_default_sg"], each["description"]) for each in red.list(COLLECTION)} == {
        (direction, family, "PARENT" if direction == "ingress" else None, True, direction == "egress",
         f"Legacy default SG rule for {direction} traffic")
        for direction in ("ingress", "egress") for family in ("IPv4", "IPv6")
    }  # fmt: skip
    assert rules_of(default_group(red)) == of_templates(red, "used_in_default_sg")
    assert rules_of(red.post("security-groups", name="own")) == of_templates(red, "used_in_non_default_sg")


def test_what_the_administrator_adds_and_takes_away_new_groups_have_and_have_not(place: Cloud, admin: Caller) -> None:
    before = newcomer(place)
    old = rules_of(default_group(before))
    everywhere = {**USES, "used_in_default_sg": True}
    both = admin.post(COLLECTION, direction="ingress", protocol="icmp", description="ping", **everywhere)
    own = admin.post(COLLECTION, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22,
                     remote_group_id="PARENT", **USES)  # fmt: skip
    assert {name: own[name] for name in USES} == USES
    [egress] = admin.list(COLLECTION, ("direction", "egress"), ("ethertype", "IPv6"))
    admin.delete(f"{COLLECTION}/{egress['id']}")
    assert admin.call("GET", f"/v2.0/{COLLECTION}/{egress['id']}").status == 404
    assert egress["id"] not in {each["id"] for each in admin.list(COLLECTION)}
    after = newcomer(place)
    assert rules_of(default_group(after)) == of_templates(after, "used_in_default_sg")
    group = after.post("security-groups", name="own")
    assert rules_of(group) == of_templates(after, "used_in_non_default_sg")
    assert ("ingress", "IPv4", "tcp", 22, 22, None, None, "own") in rules_of(group)
    assert not any(rule[:2] == ("egress", "IPv6") for rule in rules_of(group))
    assert rules_of(default_group(before)) == old, "groups that there are keep their rules"
    assert place.ops() == []
    again = admin.post(COLLECTION, direction="egress", ethertype="IPv6", **everywhere)
    for made in (both, own, again):
        admin.delete(f"{COLLECTION}/{made['id']}")
    assert {each["direction"] for each in admin.list(COLLECTION)} == {"ingress", "egress"}


def test_no_kind_of_group_gets_one_rule_of_two_templates(admin: Caller) -> None:
    http: dict[str, Any] = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    made = admin.post(COLLECTION, **http, **USES)
    for uses in ({}, {"used_in_default_sg": True}):
        answer = admin.call("POST", f"/v2.0/{COLLECTION}", {"default_security_group_rule": {**http, **USES, **uses}})
        assert refused(answer) == (409, "DefaultSecurityGroupRuleExists")
        assert made["id"] in answer.body["NeutronError"]["message"]
    other = admin.post(COLLECTION, **http, used_in_default_sg=True, used_in_non_default_sg=False)
    initial = {"default_security_group_rule": {"direction": "egress", "ethertype": "IPv4", **USES}}
    assert refused(admin.call("POST", f"/v2.0/{COLLECTION}", initial)) == (409, "DefaultSecurityGroupRuleExists")
    for each in (made, other):
        admin.delete(f"{COLLECTION}/{each['id']}")


def test_a_template_may_be_used_in_no_group(place: Cloud, admin: Caller) -> None:
    made = admin.post(COLLECTION, direction="ingress", protocol="udp", **{**USES, "used_in_non_default_sg": False})
    assert made in admin.list(COLLECTION)
    red = newcomer(place)
    udp = [rule for group in (default_group(red), red.post("security-groups", name="own")) for rule in rules_of(group)]
    assert not [rule for rule in udp if "udp" in rule]
    admin.delete(f"{COLLECTION}/{made['id']}")
    assert admin.call("GET", f"/v2.0/{COLLECTION}/{made['id']}").status == 404


def test_a_template_that_cannot_be_is_refused(place: Cloud, admin: Caller) -> None:
    red = newcomer(place)
    group = red.post("security-groups", name="own")["id"]
    for values, status in (
        ({"direction": "sideways"}, 400),
        ({"direction": "ingress", "protocol": "tcp", "port_range_min": 9, "port_range_max": 8}, 400),
        ({"direction": "ingress", "remote_ip_prefix": "10.0.0.0/8", "remote_group_id": "PARENT"}, 400),
        ({"direction": "ingress", "remote_group_id": str(uuid4())}, 404),
        ({"direction": "ingress", "remote_group_id": group}, 400),
        ({"direction": "ingress", "tenant_id": red.project_id}, 400),
    ):
        body = {"default_security_group_rule": {**USES, **values}}
        assert admin.call("POST", f"/v2.0/{COLLECTION}", body).status == status
    for name in USES:
        rest = {other: value for other, value in USES.items() if other != name}
        body = {"default_security_group_rule": {"direction": "ingress", **rest}}
        answer = admin.call("POST", f"/v2.0/{COLLECTION}", body)
        assert refused(answer) == (400, "HTTPBadRequest"), "Neutron wants both said"
    some = admin.list(COLLECTION)[0]["id"]
    changed = admin.call("PUT", f"/v2.0/{COLLECTION}/{some}", {"default_security_group_rule": {}})
    assert changed.status == 405


def test_templates_are_the_administrator_s_to_change_and_everybody_s_to_see(place: Cloud, admin: Caller) -> None:
    red = newcomer(place)
    body = {"default_security_group_rule": {"direction": "ingress", **USES}}
    assert red.call("POST", f"/v2.0/{COLLECTION}", body).status == 403
    some = admin.list(COLLECTION)[0]["id"]
    assert red.call("DELETE", f"/v2.0/{COLLECTION}/{some}").status == 403
    assert red.get(f"{COLLECTION}/{some}")["default_security_group_rule"]["id"] == some


def test_the_administrator_sees_the_default_group_of_a_project_that_has_not_looked_yet(
    place: Cloud, admin: Caller
) -> None:
    red = newcomer(place)
    [group] = admin.list("security-groups", ("project_id", red.project_id), ("name", "default"))
    assert group["project_id"] == red.project_id
    blue = newcomer(place)
    assert blue.list("security-groups", ("project_id", red.project_id)) == []


def test_the_openstack_program_makes_templates(place: Cloud, admin: Caller) -> None:
    variables = {**os.environ, **place.openrc()}

    def ran(*words: str) -> str:
        command = [program("openstack"), "default", "security", "group", "rule", *words]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout

    made = json.loads(ran("create", "--protocol", "udp", "--dst-port", "53:53", "--for-default-sg", "-f", "json"))
    assert (made["protocol"], made["used_in_default_sg"]) == ("udp", True)
    assert made["id"] in {each["ID"] for each in json.loads(ran("list", "-f", "json"))}
    ran("delete", made["id"])
    assert made["id"] not in {each["id"] for each in admin.list(COLLECTION)}
