"""Many who write at once: each limit, each address and each revision is given to as many as may have it, no more."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Answer, Caller, Cloud
from tests.support.load import soon
from tests.support.races import COUNTED, Place

CLIENTS = 16


def at_once(caller: Caller, *requests: Callable[[Caller], Answer]) -> list[Answer]:
    """What the server answers to requests that all come at once, each over a connection of its own."""
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda request: request(caller.again()), requests))


def posts(collection: str, name: str, bodies: Sequence[Any]) -> list[Callable[[Caller], Answer]]:
    """Requests that each make one of these."""
    return [
        lambda caller, body=body: caller.call("POST", f"/v2.0/{collection}", {name: body})  # type: ignore[misc]  # its body is bound at once
        for body in bodies
    ]


def puts(path: str, bodies: Sequence[Any], **headers: str) -> list[Callable[[Caller], Answer]]:
    """Requests that each change the same to one of these."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [lambda caller, body=body: caller.call("PUT", path, body, sent) for body in bodies]  # type: ignore[misc]  # its body is bound at once


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    """How many answers had each status."""
    return dict(Counter(answer.status for answer in answers))


def busy(caller: Caller) -> Answer:
    """A request that takes a while, so that those that come with it wait together and are decided as one batch."""
    rules = [{"name": f"busy-{i}"} for i in range(5)]
    return caller.call("POST", "/v2.0/security-groups", {"security_groups": rules})


@pytest.fixture
def caller(site: Cloud, request: pytest.FixtureRequest) -> Caller:
    """A member of a project of this test."""
    return site.member(request.node.name)


@pytest.fixture
def network(caller: Caller) -> dict[str, Any]:
    """A network with a subnet of 13 addresses to give."""
    made = caller.post("networks", name="busy")
    caller.post("subnets", network_id=made["id"], ip_version=4, cidr="10.0.0.0/28")
    return made


def test_one_of_many_who_saw_the_same_revision_changes_it(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    port = caller.post("ports", network_id=network["id"])
    for _ in range(3):
        number = caller.get(f"ports/{port['id']}")["port"]["revision_number"]
        names = [{"port": {"name": f"{number}-{i}"}} for i in range(CLIENTS)]
        requests = puts(f"/v2.0/ports/{port['id']}", names, If_Match=f"revision_number={number}")
        _, *answers = at_once(caller, busy, *requests)
        assert statuses(answers) == {200: 1, 412: CLIENTS - 1}
        [won] = [answer.body["port"] for answer in answers if answer.status == 200]
        assert caller.get(f"ports/{port['id']}")["port"] == won
        assert {answer.fault for answer in answers if answer.status == 412} == {"RevisionNumberConstraintFailed"}
    assert site.ops() == []


def test_each_change_counts_as_one_revision(caller: Caller, network: dict[str, Any]) -> None:
    path, before = f"/v2.0/networks/{network['id']}", caller.get(f"networks/{network['id']}")["network"]
    _, *answers = at_once(caller, busy, *puts(path, [{"network": {"name": f"n{i}"}} for i in range(CLIENTS)]))
    numbers = sorted(answer.body["network"]["revision_number"] for answer in answers)
    assert numbers == [before["revision_number"] + 1 + i for i in range(CLIENTS)]


def test_a_quota_is_never_exceeded(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    site.administrator.put(f"quotas/{caller.project_id}", {"quota": {"port": 5}})
    answers = at_once(caller, *posts("ports", "port", [{"network_id": network["id"]}] * CLIENTS))
    assert statuses(answers) == {201: 5, 409: CLIENTS - 5}
    assert {answer.fault for answer in answers if answer.status == 409} == {"OverQuota"}
    assert len(caller.list("ports")) == 5
    limits, lower = f"/v2.0/quotas/{caller.project_id}", {"port": 4}
    refused = site.administrator.call("PUT", limits, {"quota": lower})
    assert (refused.status, refused.body["NeutronError"]["message"]) == (
        400, "Quota limit 4 for port must be greater than or equal to already used 5",
    )  # fmt: skip
    assert site.administrator.call("PUT", limits, {"quota": {**lower, "force": True}}).body["quota"]["port"] == 4


@pytest.fixture(scope="module")
def outside(site: Cloud) -> str:
    """The id of an external network with a subnet."""
    admin = site.administrator
    made = str(admin.post("networks", name="outside", **{"router:external": True})["id"])
    admin.post("subnets", network_id=made, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    return made


@pytest.mark.parametrize("counted", COUNTED)
def test_no_quota_is_exceeded(site: Cloud, caller: Caller, outside: str, counted: str) -> None:
    network = caller.post("networks", name="large")["id"]
    caller.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")
    place = Place(network, outside, caller.list("security-groups")[0]["id"])
    path = f"quotas/{caller.project_id}/details"
    before = caller.get(path)["quota"][counted]["used"]
    site.administrator.put(f"quotas/{caller.project_id}", {"quota": {counted: before + 5}})
    collection, body = COUNTED[counted]
    answers = at_once(caller, *posts(collection, counted, [body(place, number) for number in range(CLIENTS)]))
    assert statuses(answers) == {201: 5, 409: CLIENTS - 5}
    assert {answer.fault for answer in answers if answer.status == 409} == {"OverQuota"}
    assert caller.get(path)["quota"][counted] == {"limit": before + 5, "used": before + 5, "reserved": 0}
    assert site.ops() == []


def test_prefixes_of_a_pool_that_are_left_go_to_as_many(site: Cloud, caller: Caller) -> None:
    pool = caller.post("subnetpools", name="pool", prefixes=["10.0.0.0/22"], default_prefixlen=24)["id"]
    networks = [caller.post("networks", name=f"n{number}")["id"] for number in range(CLIENTS)]
    wanted = {"ip_version": 4, "subnetpool_id": pool}
    answers = at_once(caller, *posts("subnets", "subnet", [{**wanted, "network_id": each} for each in networks]))
    assert statuses(answers) == {201: 4, 409: CLIENTS - 4}
    given = sorted(answer.body["subnet"]["cidr"] for answer in answers if answer.status == 201)
    assert given == [f"10.0.{number}.0/24" for number in range(4)]
    for each in caller.list("subnets", ("subnetpool_id", pool)):
        caller.delete(f"subnets/{each['id']}")
    same = [{**wanted, "network_id": each, "cidr": "10.0.3.0/24"} for each in networks]
    assert statuses(at_once(caller, *posts("subnets", "subnet", same))) == {201: 1, 409: CLIENTS - 1}
    assert site.ops() == []


def test_a_vlan_a_vni_and_a_floating_ip_are_given_once(site: Cloud, outside: str) -> None:
    admin = site.administrator
    vlan = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
    for wanted, fault in (
        ({**vlan, "provider:segmentation_id": 2999}, "VlanIdInUse"),
        ({"provider:network_type": "geneve", "provider:segmentation_id": 777_777}, "TunnelIdInUse"),
    ):
        answers = at_once(admin, *posts("networks", "network", [wanted] * CLIENTS))
        assert statuses(answers) == {201: 1, 409: CLIENTS - 1}
        assert {answer.fault for answer in answers if answer.status == 409} == {fault}
    wanted = {"floating_network_id": outside, "floating_ip_address": "203.0.113.200"}
    answers = at_once(admin, *posts("floatingips", "floatingip", [wanted] * CLIENTS))
    assert statuses(answers) == {201: 1, 409: CLIENTS - 1}
    assert {answer.fault for answer in answers if answer.status == 409} == {"IpAddressAlreadyAllocated"}
    assert site.ops() == []


def test_a_network_is_withdrawn_or_gets_ports_but_not_both(site: Cloud, caller: Caller) -> None:
    admin = site.administrator
    for round in range(4):
        network = admin.post("networks", name="lent")["id"]
        lent = admin.post("rbac-policies", object_type="network", object_id=network, action="access_as_shared",
                          target_tenant=caller.project_id)["id"]  # fmt: skip
        requests = posts("ports", "port", [{"network_id": network}] * 6)
        requests.insert(round, lambda each, id=lent: admin.call("DELETE", f"/v2.0/rbac-policies/{id}"))  # type: ignore[misc]  # its body is bound at once
        answers = at_once(caller, *requests)
        gone = answers.pop(round)
        made = {answer.status for answer in answers}
        assert (gone.status, made) in ((204, {404}), (409, {201})), (gone, made)
    assert site.ops() == []


def test_a_quota_holds_for_several_at_once_all_or_none(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    site.administrator.put(f"quotas/{caller.project_id}", {"quota": {"port": 7}})
    three = [{"network_id": network["id"]}] * 3
    answers = at_once(caller, *[lambda each: each.call("POST", "/v2.0/ports", {"ports": three})] * 4)
    assert statuses(answers) == {201: 2, 409: 2}
    assert len(caller.list("ports")) == 6


def test_an_address_is_given_once(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    wanted = {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.0.0.9"}]}
    answers = at_once(caller, *posts("ports", "port", [wanted] * CLIENTS))
    assert statuses(answers) == {201: 1, 409: CLIENTS - 1}
    assert {answer.fault for answer in answers if answer.status == 409} == {"IpAddressAlreadyAllocated"}


def test_a_mac_address_is_given_once(caller: Caller, network: dict[str, Any]) -> None:
    wanted = {"network_id": network["id"], "mac_address": "fa:16:3e:00:00:01"}
    answers = at_once(caller, *posts("ports", "port", [wanted] * CLIENTS))
    assert statuses(answers) == {201: 1, 409: CLIENTS - 1}
    assert {answer.fault for answer in answers if answer.status == 409} == {"MacAddressInUse"}


def test_addresses_that_are_left_go_to_as_many(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    answers = at_once(caller, *posts("ports", "port", [{"network_id": network["id"]}] * CLIENTS))
    assert statuses(answers) == {201: 13, 409: CLIENTS - 13}
    assert {answer.fault for answer in answers if answer.status == 409} == {"IpAddressGenerationFailure"}
    given = [answer.body["port"]["fixed_ips"][0]["ip_address"] for answer in answers if answer.status == 201]
    assert sorted(given) == sorted(f"10.0.0.{last}" for last in range(2, 15))
    assert site.ops() == []


def test_several_of_one_request_get_addresses_of_their_own(caller: Caller, network: dict[str, Any]) -> None:
    answer = caller.call("POST", "/v2.0/ports", {"ports": [{"network_id": network["id"]}] * 13})
    assert answer.status == 201, answer
    assert len({port["fixed_ips"][0]["ip_address"] for port in answer.body["ports"]}) == 13
    assert len({port["mac_address"] for port in answer.body["ports"]}) == 13


def test_several_of_one_request_that_want_the_same_are_refused(caller: Caller, network: dict[str, Any]) -> None:
    wanted = {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.0.0.9"}]}
    answer = caller.call("POST", "/v2.0/ports", {"ports": [wanted, wanted]})
    assert (answer.status, answer.fault) == (409, "IpAddressAlreadyAllocated")
    assert caller.list("ports") == []


def test_one_router_of_many_gets_the_gateway_address(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    [subnet] = caller.list("subnets", ("network_id", network["id"]))
    routers = [caller.post("routers", name=f"r{i}") for i in range(4)]
    body = {"subnet_id": subnet["id"]}
    answers = at_once(
        caller, *(puts(f"/v2.0/routers/{each['id']}/add_router_interface", [body])[0] for each in routers)
    )
    assert statuses(answers) == {200: 1, 409: 3}
    assert len(caller.list("ports", ("device_owner", "network:router_interface"))) == 1
    assert site.ops() == []


def test_one_rule_of_many_that_say_the_same_is_made(caller: Caller) -> None:
    group = caller.post("security-groups", name="same")["id"]
    rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    answers = at_once(caller, *posts("security-group-rules", "security_group_rule", [rule] * CLIENTS))
    assert statuses(answers) == {201: 1, 409: CLIENTS - 1}


def test_the_first_looks_of_a_project_make_one_default_group(caller: Caller) -> None:
    answers = at_once(caller, *[lambda each: each.call("GET", "/v2.0/security-groups")] * CLIENTS)
    found = [answer.body["security_groups"] for answer in answers]
    assert [len(each) for each in found] == [1] * CLIENTS
    assert len({each[0]["id"] for each in found}) == 1
    assert len(found[0][0]["security_group_rules"]) == 4


def test_a_network_goes_or_gets_ports_but_not_both(site: Cloud, caller: Caller) -> None:
    for round in range(4):
        network = caller.post("networks", name=f"contested-{round}")
        caller.post("subnets", network_id=network["id"], ip_version=4, cidr="10.0.0.0/24")
        requests = posts("ports", "port", [{"network_id": network["id"]}] * 8)
        requests.insert(round * 2, lambda each, id=network["id"]: each.call("DELETE", f"/v2.0/networks/{id}"))  # type: ignore[misc]  # its body is bound at once
        answers = at_once(caller, *requests)
        gone = answers.pop(round * 2)
        made = [answer.status for answer in answers]
        assert gone.status in (204, 409), gone
        assert set(made) <= {201, 404}, made
        assert (gone.status == 204) == (201 not in made), (gone, made)
        assert caller.call("GET", f"/v2.0/networks/{network['id']}").status == (404 if gone.status == 204 else 200)
    assert site.ops() == []


def test_deletes_of_the_same_succeed_once(caller: Caller, network: dict[str, Any]) -> None:
    port = caller.post("ports", network_id=network["id"])
    answers = at_once(caller, *[lambda each: each.call("DELETE", f"/v2.0/ports/{port['id']}")] * CLIENTS)
    assert statuses(answers) == {204: 1, 404: CLIENTS - 1}


def test_clients_that_go_away_half_way_leave_all_or_nothing(site: Cloud, caller: Caller) -> None:
    chance, where = random.Random(20240501), urlsplit(site.server.url)
    network = caller.post("networks", name="left")
    caller.post("subnets", network_id=network["id"], ip_version=4, cidr="10.0.0.0/24")
    for i in range(40):
        body = json.dumps({"port": {"network_id": network["id"], "name": f"left-{i}"}})
        head = (
            f"POST /v2.0/ports HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {caller.token}\r\nContent-Length: {len(body)}\r\n"
        )
        whole = f"{head}\r\n{body}".encode()
        sent = len(whole) if i % 2 else chance.randrange(len(whole))
        with socket.create_connection((where.hostname, where.port)) as connection:
            connection.sendall(whole[:sent])
    made = {port["name"]: port for port in caller.list("ports")}
    assert {name for name in made if int(name.removeprefix("left-")) % 2 == 0} == set()
    assert all(port["fixed_ips"] for port in made.values())
    soon(lambda: site.ops() == [], "the target is not as the store wants once all writes that were under way are done")
    assert "Traceback" not in site.server.log.read_text()


def test_clients_that_leave_a_bulk_or_a_list_leave_all_or_none(site: Cloud, caller: Caller) -> None:
    chance, where = random.Random(20240502), urlsplit(site.server.url)
    network = caller.post("networks", name="left")["id"]
    caller.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/16")
    site.administrator.put(f"quotas/{caller.project_id}", {"quota": {"port": -1}})
    for i in range(12):
        body = json.dumps({"ports": [{"network_id": network, "name": f"left-{i}"}] * 40})
        method, path = ("POST", "ports") if i % 3 else ("GET", "ports?fields=id&fields=name")
        body = body if method == "POST" else ""
        head = f"{method} /v2.0/{path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {caller.token}\r\n"
        whole = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        with socket.create_connection((where.hostname, where.port)) as connection:
            connection.sendall(whole[: len(whole) if i % 3 == 1 else chance.randrange(len(whole))])
            if i % 6 == 1:
                connection.recv(1)
    soon(lambda: site.ops() == [], "the target is not as the store wants once all writes that were under way are done")
    made = Counter(port["name"] for port in caller.list("ports"))
    assert set(made.values()) <= {40}, made
    assert set(made) <= {f"left-{i}" for i in range(12) if i % 3 == 1}, made
    assert "Traceback" not in site.server.log.read_text()


DOCUMENT = "project: beside\nstack: beside-{number}\nnetworks:\n  of-{number}: {{cidr: 10.{number}.0.0/24}}\n"


def test_another_process_writes_beside_the_server(site: Cloud, caller: Caller, tmp_path: Path) -> None:
    network = caller.post("networks", name="beside")
    caller.post("subnets", network_id=network["id"], ip_version=4, cidr="10.0.0.0/24")

    def served(number: int) -> list[str]:
        own = caller.again()
        return [own.post("ports", network_id=network["id"], name=f"{number}-{i}")["name"] for i in range(20)]

    def applied(number: int) -> list[str]:
        written = tmp_path / f"{number}.yaml"
        written.write_text(DOCUMENT.format(number=number), encoding="utf-8")
        done = site.cpal("apply", str(written), "--yes", code=None)
        return [f"of-{number}"] if done.returncode == 0 else []

    with ThreadPoolExecutor(6) as pool:
        beside = pool.map(applied, range(1, 3))
        names = [name for some in pool.map(served, range(4)) for name in some]
    accepted = [name for some in beside for name in some]
    assert sorted(port["name"] for port in caller.list("ports")) == sorted(names)
    found = {each["name"] for each in site.administrator.list("networks")}
    assert set(accepted) <= found
    assert {each["name"] for each in site.rows("Logical_Switch", "name")} >= {
        f"cpal-{each['id']}" for each in site.administrator.list("networks") if each["name"] in accepted
    }
    assert site.ops() == []
