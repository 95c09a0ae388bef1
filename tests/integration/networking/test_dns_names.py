"""Names of ports and floating IPs for a DNS service outside: cpal keeps and shows them, and tells them nobody.

RECORDED: what neutron 29.0.0 with ML2/OVN, its extension driver dns_domain_ports and a `dns_domain` of its own answers
the same. Of floating IPs it keeps the names where it has a driver for a DNS service outside, and else drops them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Caller, Cloud


@pytest.fixture(scope="module")
def red(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("red")


@pytest.fixture(scope="module")
def network(red: Caller) -> str:
    """The id of a network with a subnet and a domain."""
    made = red.post("networks", name="web", dns_domain="net.example.")["id"]
    red.post("subnets", network_id=made, ip_version=4, cidr="10.6.0.0/24")
    return str(made)


@pytest.fixture(scope="module")
def outside(site: Cloud) -> str:
    """The id of an external network."""
    segment = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    made = site.administrator.post("networks", name="public", **{"router:external": True}, **segment)["id"]
    site.administrator.post("subnets", network_id=made, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    return str(made)


def names(resource: dict[str, Any]) -> tuple[str, str]:
    """The name and the domain of something."""
    return resource["dns_name"], resource["dns_domain"]


def test_a_port_has_a_domain_of_its_own_and_is_found_in_its_network_s(site: Cloud, red: Caller, network: str) -> None:
    port = red.post("ports", network_id=network, dns_name="www", dns_domain="Port.Example.")
    assert names(port) == ("www", "port.example.")
    assert "dns_domain" not in port["dns_assignment"][0]
    found = [dict(row["records"][1]) for row in site.rows("DNS", "records")]
    [address] = [fixed["ip_address"] for fixed in port["fixed_ips"]]
    assert {"www": address, "www.net.example": address}.items() <= found[0].items()
    assert not [name for each in found for name in each if "port.example" in name]
    path = f"ports/{port['id']}"
    assert names(red.put(path, {"port": {"dns_domain": "later.example."}})["port"]) == ("www", "later.example.")
    assert names(red.put(path, {"port": {"dns_domain": ""}})["port"]) == ("www", "")
    assert names(red.post("ports", network_id=network, dns_domain="port.example.")) == ("", "port.example.")
    assert site.ops() == []


def test_a_floating_ip_keeps_its_name(site: Cloud, red: Caller, outside: str) -> None:
    made = red.post("floatingips", floating_network_id=outside, dns_name="F.a", dns_domain="fip.example.")
    assert names(made) == names(red.get(f"floatingips/{made['id']}")["floatingip"]) == ("f.a", "fip.example.")
    again = red.post("floatingips", floating_network_id=outside, dns_name="f.a", dns_domain="fip.example.")
    assert again["id"] != made["id"]
    assert names(red.post("floatingips", floating_network_id=outside)) == ("", "")
    for name in ("dns_name", "dns_domain"):
        answer = red.call("PUT", f"/v2.0/floatingips/{made['id']}", {"floatingip": {name: "z."}})
        said = answer.body["NeutronError"]["message"]
        assert (answer.status, said) == (400, f"Cannot update read-only attribute {name}")
    assert site.ops() == []


_MALFORMED = "not a valid PQDN or FQDN. Reason: "
_HYPHEN = "must not start or end with a hyphen."
_WHOLE = "is a FQDN. It should be a relative domain name."
_DOMAIN: list[tuple[Any, str]] = [
    (None, "Invalid input for operation: Input value None must be string type."),
    (5, "Invalid input for operation: Input value 5 must be string type."),
    ("port.example", "Invalid input for dns_domain. Reason: 'port.example' is not a FQDN."),
    ("-x", "Invalid input for dns_domain. Reason: '-x' is not a FQDN."),
    ("-x..", f"Invalid input for dns_domain. Reason: '-x..' {_MALFORMED}Name '-x' {_HYPHEN}"),
    (".", f"Invalid input for dns_domain. Reason: '.' {_MALFORMED}Encountered an empty component."),
]
"""RECORDED: what is no domain."""
_NAME: list[tuple[Any, str]] = [
    (None, "Invalid input for operation: Input value None must be string type."),
    (5, "Invalid input for operation: Input value 5 must be string type."),
    ("-bad", f"Invalid input for dns_name. Reason: '-bad' {_MALFORMED}Name '-bad' {_HYPHEN}"),
    ("F4.fip.example.", f"Invalid input for dns_name. Reason: 'f4.fip.example.' {_WHOLE}"),
    ("f5.", f"Invalid input for dns_name. Reason: 'f5.' {_WHOLE}"),
]
"""RECORDED: what is no name of a floating IP."""


def test_what_is_no_name_is_refused_in_neutron_s_words(red: Caller, network: str, outside: str) -> None:
    port, floating = ("ports", {"network_id": network}), ("floatingips", {"floating_network_id": outside})
    asked = [(*port, "dns_domain", _DOMAIN), (*floating, "dns_domain", _DOMAIN), (*floating, "dns_name", _NAME)]
    for collection, values, name, wrong in asked:
        for value, message in wrong:
            body = {collection.removesuffix("s"): {**values, name: value}}
            answer = red.call("POST", f"/v2.0/{collection}", body)
            assert (answer.status, answer.body["NeutronError"]["message"]) == (400, message)


TOO_LONG = {
    "dns_domain": [".".join(["x" * 63] * 4) + ".", f"{'x' * 64}.", ".".join(["x" * 50] * 5) + ".", "x.1."],
    "dns_name": [".".join(["x" * 63] * 4), "x" * 64, "x.1"],
}


def test_names_that_are_too_long_are_refused(red: Caller, outside: str) -> None:
    for name, values in TOO_LONG.items():
        for value in values:
            body = {"floatingip": {"floating_network_id": outside, name: value}}
            assert (value, red.call("POST", "/v2.0/floatingips", body).status) == (value, 400)
    right = {"dns_name": "x" * 63, "dns_domain": ".".join(["x" * 49] * 5) + "."}
    assert names(red.post("floatingips", floating_network_id=outside, **right)) == tuple(right.values())
