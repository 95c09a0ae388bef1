"""Two records claim the same thing when they say the same, however they write it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cpal.model.claims import claims_of
from cpal.model.network import Port
from cpal.model.security import SecurityGroupRule
from tests.support.world import allow


def said(**fields: Any) -> list[tuple[str, str]]:
    """The claims of a rule of these fields."""
    return list(claims_of(SecurityGroupRule(id="r", security_group_id="g", **fields)))


ANY4: dict[str, Any] = {"remote_ip_prefix": "0.0.0.0/0"}
ANY6: dict[str, Any] = {"remote_ip_prefix": "::/0"}
ALIKE = [
    (allow("ingress", "tcp", 80), allow("ingress", "6", 80)),
    (allow("ingress", "udp"), allow("ingress", "17")),
    (allow("ingress", "any"), allow("ingress")),
    (allow("ingress", "icmp"), allow("ingress", "1")),
    *((allow("ingress", "icmp", ethertype="IPv6"), allow("ingress", name, ethertype="IPv6"))
      for name in ("1", "58", "icmpv6", "ipv6-icmp")),
    (allow("ingress", "tcp", 80), allow("ingress", "tcp", 80, **ANY4)),
    (allow("egress", ethertype="IPv6"), allow("egress", ethertype="IPv6", **ANY6)),
]  # fmt: skip
UNLIKE = [
    (allow("ingress", "tcp", 80), allow("ingress", "udp", 80)),
    (allow("ingress", "icmp"), allow("ingress", "icmp", ethertype="IPv6")),
    (allow("ingress"), allow("ingress", "0")),
    (allow("ingress", "tcp", 80), allow("ingress", "tcp", 80, 81)),
    (allow("ingress", **ANY4), allow("ingress", remote_ip_prefix="0.0.0.0/1")),
    (allow("ingress", **ANY4), allow("ingress", remote_group_id="g")),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_rules_that_say_the_same_are_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Source: Neutron, `securitygroups_db`: protocols compare by number, a prefix of length 0 as none."""
    assert said(**one) == said(**other)


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_rules_that_say_something_else_are_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert said(**one) != said(**other)


def test_a_rule_with_a_protocol_that_is_none_still_has_its_claim() -> None:
    assert said(direction="ingress", protocol="TCP") != said(direction="ingress", protocol="tcp")


def test_a_name_is_the_same_in_capitals_and_with_the_roots_dot() -> None:
    """Source: RFC 4343: DNS names compare without regard to case."""
    port = Port(id="p", network_id="n", dns_name="web")
    for name in ("WEB", "web."):
        assert claims_of(replace(port, dns_name=name)) == claims_of(port)
