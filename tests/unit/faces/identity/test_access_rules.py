"""Which requests access rules allow. Recorded: what keystonemiddleware 13.0.1 says of these paths."""

from __future__ import annotations

import pytest

from cpal.faces.identity.access_rules import AccessRule, allow

RECORDED = {
    "/v2.0/networks": {"/v2.0/networks": True, "/v2.0/networks/a": False, "/v2.0/network": False,
                       "/x/v2.0/networks": False},
    "/v2.0/networks/{network_id}": {"/v2.0/networks/a": True, "/v2.0/networks/": False, "/v2.0/networks/a/b": False,
                                    "/v2.0/networks": False},
    "/v2.0/*": {"/v2.0/ports": True, "/v2.0/": False, "/v2.0/ports/a": False},
    "/v2.0/**": {"/v2.0/ports": True, "/v2.0/ports/a/b": True, "/v2.0/": True, "/v2.0": False},
    "**": {"/": True, "/v2.0/ports": True},
    "/v2.0/*/a*": {"/v2.0/ports/ab": True, "/v2.0/ports/a": False},
    "/v2.0/{a}/{b}/tags/**": {"/v2.0/networks/x/tags/y/z": True, "/v2.0/networks/x/tags": False},
    "": {"": True, "/": False},
}  # fmt: skip


@pytest.mark.parametrize("written", RECORDED)
def test_a_path_is_read_as_keystone_s_middleware_reads_it(written: str) -> None:
    rules = [AccessRule("network", "GET", written)]
    assert {path: allow(rules, "network", "GET", path) for path in RECORDED[written]} == RECORDED[written]


def test_the_service_and_the_method_are_the_rule_s_and_a_dot_is_a_dot() -> None:
    rules = [AccessRule("compute", "GET", "**"), AccessRule("network", "GET", "/v2.0/networks")]
    assert allow(rules, "network", "GET", "/v2.0/networks")
    assert not allow(rules, "network", "POST", "/v2.0/networks")
    assert not allow(rules, "network", "GET", "/v2.0/ports")
    assert not allow(rules, "network", "GET", "/v2x0/networks")
    assert not allow([], "network", "GET", "/v2.0/networks")
