"""What a filter, an order, a page and a choice of fields leave of a list is what they leave of the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.cloud import Caller, Cloud

Shown = dict[str, Any]
Pairs = list[tuple[str, str]]
NAMES = ("a", "b", "a", "", "c", "b", "a")


@pytest.fixture(scope="module")
def caller(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("lists")


@pytest.fixture(scope="module")
def world(caller: Caller) -> dict[str, str]:
    """Two networks with ports of which some have the same name; what queries refer to, by name."""
    known: dict[str, str] = {"project": caller.project_id}
    for number, network in enumerate(("left", "right")):
        known[network] = caller.post("networks", name=network)["id"]
        subnet = caller.post("subnets", network_id=known[network], ip_version=4, cidr=f"10.0.{number}.0/24")
        known[f"{network} subnet"] = subnet["id"]
        for at, name in enumerate(NAMES):
            fixed = [{"subnet_id": subnet["id"], "ip_address": f"10.0.{number}.{10 + at}"}]
            known[f"{network} port"] = caller.post("ports", network_id=known[network], name=name, fixed_ips=fixed)["id"]
    return known


def has(**wanted: str) -> Callable[[Shown], bool]:
    """Whether a port has such an address."""
    return lambda port: any(wanted.items() <= fixed.items() for fixed in port["fixed_ips"])


QUERIES: dict[str, tuple[Pairs, Callable[[Shown, dict[str, str]], bool]]] = {
    "a name": ([("name", "a")], lambda port, known: port["name"] == "a"),
    "names": ([("name", "a"), ("name", "b")], lambda port, known: port["name"] in ("a", "b")),
    "no name": ([("name", "")], lambda port, known: port["name"] == ""),
    "a name in a network": (
        [("name", "a"), ("network_id", "{left}")],
        lambda port, known: port["name"] == "a" and port["network_id"] == known["left"],
    ),
    "a network, and one that is not": (
        [("network_id", "{right}"), ("network_id", "nothing")],
        lambda port, known: port["network_id"] == known["right"],
    ),
    "an address": ([("fixed_ips", "ip_address=10.0.1.12")], lambda port, known: has(ip_address="10.0.1.12")(port)),
    "an address elsewhere": (
        [("fixed_ips", "ip_address=10.0.1.12"), ("fixed_ips", "subnet_id={left subnet}")],
        lambda port, known: False,
    ),
    "a subnet, and a part of an address": (
        [("fixed_ips", "subnet_id={left subnet}"), ("fixed_ips", "ip_address_substr=.1")],
        lambda port, known: has(subnet_id=known["left subnet"])(port),
    ),
    "an id and a name": (
        [("id", "{left port}"), ("name", "b")],
        lambda port, known: port["id"] == known["left port"] and port["name"] == "b",
    ),
    "two indexes": (
        [("project_id", "{project}"), ("network_id", "{left}"), ("admin_state_up", "true")],
        lambda port, known: port["network_id"] == known["left"],
    ),
}  # fmt: skip


@pytest.fixture(params=QUERIES)
def asked(request: pytest.FixtureRequest, caller: Caller, world: dict[str, str]) -> tuple[Pairs, list[Shown]]:
    """A query, and the ports of the whole list that pass it, by id."""
    pairs, passes = QUERIES[request.param]
    every = sorted(caller.list("ports"), key=lambda port: str(port["id"]))
    assert len(every) == 2 * len(NAMES)
    return [(key, value.format_map(world)) for key, value in pairs], [port for port in every if passes(port, world)]


def test_a_filter_leaves_what_passes(caller: Caller, asked: tuple[Pairs, list[Shown]]) -> None:
    pairs, wanted = asked
    assert sorted(caller.list("ports", *pairs), key=lambda port: str(port["id"])) == wanted
    assert {port["id"] for port in caller.list("ports", *pairs, ("fields", "id"))} == {port["id"] for port in wanted}
    for field in ("name", "mac_address"):
        found = caller.list("ports", *pairs, ("fields", field), ("sort_key", "id"), ("sort_dir", "asc"))
        assert found == [{field: port[field]} for port in wanted]


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("key", ["id", "name", "mac_address"])
def test_pages_are_the_whole_in_order(caller: Caller, asked: tuple[Pairs, list[Shown]], key: str, way: str) -> None:
    pairs, wanted = asked
    wanted = sorted(wanted, key=lambda port: str(port[key]), reverse=way == "desc")
    query = [*pairs, ("sort_key", key), ("sort_dir", way), ("limit", "2")]
    path: str | None = f"/v2.0/ports?{urlencode(query)}"
    found: list[Shown] = []
    while path:
        body = caller.call("GET", path).body
        assert len(body["ports"]) <= 2
        found += body["ports"]
        links = {link["rel"]: link["href"] for link in body.get("ports_links", [])}
        path = links["next"].partition(caller.url)[2] if "next" in links else None
    assert found == wanted
