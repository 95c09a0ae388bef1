"""The commands of a diff lead from one configuration to the other, done by an emulator that knows nothing of them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.eos.writing import DIALECT
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.ios.writing import with_mask
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Tree, copied, drop, lines_of, parsed, printed
from tests.support import netlab
from tests.support.typed import Typed

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "napalm"
RECORDED = {
    "eos": ("eos/test_get_config/normal/show_running_config.text", "eos/test_get_bgp_config/*/*.text"),
    "nxos": ("nxos_ssh/test_get_config/normal/show_running_config.txt",),
}
"""Where running configurations were recorded."""
MAKES: dict[str, Make] = {"eos": EOS, "nxos": NXOS, "ios": IOS}
TOLD = {
    "ios": ("vlan ", "interface ", "spanning-tree vlan", "ip access-list extended", "router ospf", "ntp server",
            "logging host", "ip route", "ipv6 route"),
}  # fmt: skip
"""How sections begin that a make tells exactly, where it does not tell all."""
IOS_TEXT = """
vtp mode transparent
vlan 10
 name red
vlan 20
 name blue
spanning-tree vlan 10 priority 4096
ip access-list extended web
 10 permit tcp any any eq www
 20 permit udp any any
interface Loopback0
 ip address 192.0.2.9 255.255.255.255
interface Vlan10
 description gateway
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 description to h1
 switchport access vlan 10
 switchport mode access
 spanning-tree portfast
interface GigabitEthernet0/2
 switchport trunk allowed vlan 10,20
 switchport mode trunk
interface GigabitEthernet0/3
 no switchport
 ip address 10.3.0.1 255.255.255.0
 ip access-group web in
router ospf 1
 router-id 192.0.2.9
ntp server 192.0.2.1 prefer
ntp server 2001:DB8::1
logging host 192.0.2.3
logging host ipv6 2001:DB8::3
ip route 0.0.0.0 0.0.0.0 10.1.0.9
ip route 10.7.0.0 255.255.0.0 10.1.0.9 200 name backup
ipv6 route 2001:DB8:1::/48 2001:DB8::9
"""
ALWAYS = ("no aaa root", "transceiver qsfp", "service routing", "spanning-tree mode", "no ip routing", "ip routing",
          "no ipv6 unicast-routing", "hostname", "username", "interface Ethernet", "interface Management",
          "interface GigabitEthernet",
          "management api http-commands", "vdc", "interface mgmt", "feature")  # fmt: skip
"""What a switch always has, in one form or another, or cannot lose without others: a feature takes along what needs it.
"""


def switch(make: str, text: str) -> Typed:
    """A new switch with a configuration added."""
    found = Typed(make)
    found.load(text)
    return found


@cache
def recorded(make: str) -> tuple[Typed, ...]:
    """A new switch, and one for each recorded configuration, as far as the emulator knows it."""
    if make == "ios":
        found = Typed(make)
        assert found.load(IOS_TEXT.strip()) == []
        return (found,)
    paths = [path for pattern in RECORDED[make] for path in sorted(CORPUS.glob(pattern))]
    return (Typed(make), *(switch(make, _in_ports(path.read_text(encoding="utf-8"))) for path in paths))


def _in_ports(text: str) -> str:
    """A recorded configuration on the ports that the emulator has: of a chassis the first eight of a card."""
    text = re.sub(r"^interface Ethernet(?:[34]/\d+|2/(?:9|\d\d))\n(?: +.*\n)*", "", text, flags=re.MULTILINE)
    return text.replace("Ethernet2/", "Ethernet1/")


@pytest.fixture(scope="module", params=RECORDED)
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Typed]:
    """Two switches of an EVPN fabric as netlab configures them."""
    parts = netlab.rendered(tmp_path_factory.mktemp("netlab"), request.param)
    return [switch(request.param, "\n".join(parts[name].values())) for name in ("s1", "s2")]


def lead(before: Typed, after: Typed) -> None:
    """Go from one to the other by commands; nothing is left to do then."""
    make = MAKES[before.make]
    there, here = make.tree(after.running), make.tree(before.running)
    went = before.copy()
    went.type(make.lines(here, there))
    assert went.running == after.running
    assert make.lines(make.tree(went.running), there) == []


def test_every_configuration_leads_to_every_other(rendered: list[Typed]) -> None:
    switches = [*rendered, *recorded(rendered[0].make)]
    for before in switches:
        for after in switches:
            lead(before, after)


def some_of(make: str, tree: Tree, data: st.DataObject) -> Tree:
    """A tree without some of its lines, but those that it always has, and those that its make does not tell exactly."""
    found = copied(tree)
    told = [path for path in lines_of(tree) if path[0].startswith(TOLD.get(make, ""))]
    optional = [path for path in told if len(path) > 1 or not path[0].startswith(ALWAYS)]
    for path in data.draw(st.lists(st.sampled_from(optional), max_size=8)) if optional else ():
        drop(found, path)
    return found


@pytest.mark.parametrize("make", MAKES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_parts_of_a_configuration_lead_to_other_parts(make: str, data: st.DataObject) -> None:
    trees = [MAKES[make].tree(each.running) for each in recorded(make)]
    dialect = MAKES[make].dialect
    parts = [printed(some_of(make, data.draw(st.sampled_from(trees)), data), dialect) for _ in range(2)]
    ends = [switch(make, "\n".join(map(with_mask, text.splitlines())) if make == "ios" else text) for text in parts]
    lead(ends[0], ends[1])


NAMES = st.text("abcXYZ019/.-", min_size=1, max_size=6)
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(NAMES, st.just({}), max_size=4),
    lambda below: st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(" ".join), below, max_size=4),
    max_leaves=20,
)


@given(tree=TREES)
def test_what_is_printed_is_parsed_again(tree: Tree) -> None:
    plain = {line: below for line, below in tree.items() if line not in DIALECT.noise}
    assert parsed(printed(plain, DIALECT), DIALECT) == plain


def test_recorded_configurations_are_printed_as_they_were() -> None:
    for path in sorted(CORPUS.glob("eos/*/*/*running*config*.text")):
        text = path.read_text(encoding="utf-8")
        tree = parsed(text, DIALECT)
        assert parsed(printed(tree, DIALECT), DIALECT) == tree
        said = [line for line in text.splitlines() if line.strip() and line.strip() not in ("!", "end")]
        kept = [line for line in said if not line.strip().startswith("!")]
        assert [line.split() for line in printed(tree, DIALECT).splitlines()] == [line.split() for line in kept]
