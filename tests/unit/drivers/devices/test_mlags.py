"""In which order the lines of pairs are typed, and which keepalives are one."""

from __future__ import annotations

import pytest

from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_mlag import keepalive_without


def test_of_vpc_the_domain_is_there_before_what_is_in_it_and_goes_after_that() -> None:
    lag = "interface port-channel1"
    held: Tree = {lag: {"vpc peer-link": {}}, "vpc domain 10": {"peer-keepalive destination 192.0.2.2": {}}}
    made, gone = NXOS.lines({}, held), NXOS.lines(held, {})
    assert made.index("vpc domain 10") < made.index("vpc peer-link")
    assert gone.index(f"no {lag}") < gone.index("no vpc domain 10")


def test_of_vpc_one_domain_goes_by_its_number_before_another_comes_with_all_that_is_in_it() -> None:
    below: Tree = {"peer-keepalive destination 192.0.2.2": {}, "peer-gateway": {}}
    said = NXOS.lines({"vpc domain 10": below}, {"vpc domain 11": below})
    assert said == ["no vpc domain 10", "vpc domain 11", *below]


def test_of_mlag_what_is_said_otherwise_takes_the_place_of_the_old() -> None:
    def pair(domain: str, heartbeat: str) -> Tree:
        return {"mlag configuration": {f"domain-id {domain}": {}, "peer-address 10.0.0.2": {}, heartbeat: {}}}

    one, other = "peer-address heartbeat 192.0.2.2", "peer-address heartbeat 192.0.2.2 vrf MGMT"
    assert EOS.lines(pair("a", one), pair("b", other)) == ["mlag configuration", "domain-id b", other]
    bare: Tree = {"mlag configuration": {"domain-id a": {}}}
    gone = ["mlag configuration", "no peer-address heartbeat", "no peer-address"]
    assert EOS.lines(pair("a", one), bare) == gone


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("192.0.2.2", "192.0.2.2"),
        ("192.0.2.2 vrf management", "192.0.2.2"),
        ("192.0.2.2 vrf management source 192.0.2.1", "192.0.2.2 source 192.0.2.1"),
        ("192.0.2.2 source 192.0.2.1 vrf default", "192.0.2.2 source 192.0.2.1 vrf default"),
        ("192.0.2.2 udp-port 3201 vrf management", "192.0.2.2 udp-port 3201 vrf management"),
        ("192.0.2.2 vrf", "192.0.2.2 vrf"),
    ],
)
def test_a_keepalive_is_one_whether_its_usual_vrf_is_named_or_not(text: str, value: str) -> None:
    assert keepalive_without("management", text) == value
