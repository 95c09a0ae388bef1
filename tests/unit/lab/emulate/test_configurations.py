"""Configurations of emulated devices: what a grammar knows is taken, shown, taken again, and taken away."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.eos import configuration as eos
from cpal.lab.emulate.eos.grammar import rules as eos_rules
from cpal.lab.emulate.grammar import Match, Refusal, Rules, compiled
from cpal.lab.emulate.ios import configuration as ios
from cpal.lab.emulate.ios.grammar import rules as ios_rules
from cpal.lab.emulate.makes import MAKES
from cpal.lab.emulate.nxos import configuration as nxos
from cpal.lab.emulate.nxos.grammar import rules as nxos_rules
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import expanded, natural, pattern, ranged, rest
from tests.unit.lab.emulate.lines import every_line


class Make(NamedTuple):
    """What a make brings: grammar, examples of its slots, an editor, its text, and flags of lines that do more."""

    rules: Callable[[], Rules]
    examples: Mapping[str, str]
    editing: Callable[[Device, Node], Editor]
    lines: Callable[[Node], list[str]]
    clean: Callable[[Device], Node]
    changed: frozenset[str]
    """Flags of lines that are shown otherwise than written, or not taken away by `no` and themselves."""


def with_features(box: Device) -> Node:
    """A Nexus with every feature on, since its grammar grows with them."""
    root = Node()
    editor = nxos.editing(box, root)
    for feature in (
        "bgp", "ospf", "ospfv3", "isis", "bfd", "hsrp", "vrrpv3", "vpc", "cfs", "interface-vlan", "nv overlay",
        "vn-segment-vlan-based", "scheduler", "lacp",
    ):  # fmt: skip
        editor.type(f"feature {feature}")
    return root


def with_vrfs(box: Device) -> Node:
    """An IOS switch with a VRF of each form that BGP may be in."""
    root = Node()
    editor = ios.editing(box, root)
    for line in ("vrf definition red", "rd 65001:12", "ip vrf OLD", "rd 65001:13"):
        editor.type(line)
    return root


COMMON = {
    "sequence": "7", "protocol": "ospf", "tcp-ports": "eq www", "udp-ports": "range 1000 2000",
    "icmp-message": "echo", "of-packets": "dscp ef log", "vlan-name": "NAME",
    "instances": "7", "priority": "4096", "mlag": "7", "vpc": "7", "domain": "7", "class": "VOICE",
    "area": "0.0.0.7", "process": "7", "cost": "7", "paths": "7",
}  # fmt: skip
"""Words that every make takes."""
EOS = Make(
    eos_rules,
    {
        **COMMON, "ends": "host 192.0.2.9", "dscp": "ef",
        "word": "word", "rest": "some more", "name": "NAME", "ip": "192.0.2.1", "ip6": "2001:db8::1",
        "prefix": "192.0.2.1/24", "prefix6": "2001:db8::1/64", "net": "198.51.100.0/24", "net6": "2001:db8:1::/64",
        "mac": "0200.cafe.0001", "number": "7", "vlan": "12", "vni": "10012", "mtu": "1600", "as": "65001",
        "rd": "65001:12", "interface": "Ethernet2", "peer": "192.0.2.9", "vrf": "red",
    },
    eos.editing,
    eos.lines,
    eos.clean,
    frozenset({
        "secret", "allowed", "entry", "member", "tree-mode", "numbered", "list-numbered", "list-line", "communities",
        "passive", "text",
    }),
)  # fmt: skip


NXOS = Make(
    nxos_rules,
    {
        **COMMON, "ends": "192.0.2.0/24", "dscp": "46",
        "word": "word", "rest": "some more", "name": "NAME", "ip": "192.0.2.1", "ip6": "2001:db8::1",
        "host": "192.0.2.9", "prefix": "192.0.2.1/24", "prefix6": "2001:db8::1/64", "net": "198.51.100.0/24",
        "net6": "2001:db8:1::/64", "mac": "0200.cafe.0001", "number": "7", "vlan": "12", "vni": "10012",
        "mtu": "1600", "as": "65001", "rd": "65001:12", "interface": "Ethernet1/2", "vrf": "red",
    },
    nxos.editing,
    lambda root: [line for line in nxos.lines(root) if line != "end-job"],
    with_features,
    frozenset({
        "secret", "allowed", "entry", "member", "tree-mode", "numbered", "feature", "command", "static", "peer-link",
    }),
)  # fmt: skip
IOS = Make(
    ios_rules,
    {
        **COMMON, "ends": "192.0.2.0 0.0.0.255", "dscp": "ef",
        "word": "word", "rest": "some more", "name": "NAME", "ip": "192.0.2.1", "mask": "255.255.255.255",
        "ip6": "2001:DB8::1", "host": "192.0.2.9", "prefix6": "2001:DB8::1/64", "net": "198.51.100.0/24",
        "net6": "2001:DB8:1::/64", "mac": "0200.cafe.0001", "number": "7", "vlan": "12", "mtu": "1600", "as": "65001",
        "rd": "65001:12", "interface": "GigabitEthernet0/2", "peer": "192.0.2.9", "vrf": "red", "hop": "192.0.2.7",
        "hop6": "2001:DB8::7", "older-vrf": "OLD",
    },
    ios.editing,
    lambda root: [line for line in ios.lines(root) if line.strip() != "exit-address-family"],
    with_vrfs,
    frozenset({
        "secret", "enable", "allowed", "entry", "member", "tree-mode", "numbered", "passive", "prefix-list", "options",
        "starts-process", "text",
    }),
)  # fmt: skip
MAKERS = {"eos": EOS, "ios": IOS, "nxos": NXOS}


def device(make: str = "eos") -> Device:
    """A new device."""
    made = MAKES[make]
    ports = (*(made.ports.format(made.first + n) for n in range(10)), made.management)
    return Device(identity_of("one", make, made.model, made.version), ports, made.factory)


def typed(editor: Editor, *lines: str) -> None:
    """Type lines from the top of the configuration."""
    del editor.modes[1:]
    for line in lines:
        editor.type(line)


@pytest.mark.parametrize("name", MAKERS)
def test_every_line_of_the_grammar_is_taken_shown_and_taken_again(name: str) -> None:
    make, box = MAKERS[name], device(name)
    for _, written in every_line(make.rules(), make.examples):
        root, again = make.clean(box), make.clean(box)
        typed(make.editing(box, root), *written)
        typed(make.editing(box, again), *(line for line in make.lines(root) if line != "end"))
        assert make.lines(again) == make.lines(root), written


@pytest.mark.parametrize("name", MAKERS)
def test_every_line_of_the_grammar_is_taken_away_by_no(name: str) -> None:
    make, box = MAKERS[name], device(name)
    for rule, written in every_line(make.rules(), make.examples):
        if rule.flags & make.changed:
            continue
        root = make.clean(box)
        editor = make.editing(box, root)
        typed(editor, *written[:-1])
        before = make.lines(root)
        line = written[-1]
        if line in plain(before):
            continue  # a device shows it always
        typed(editor, *written)
        typed(editor, *written[:-1], line.removeprefix("no ") if line.startswith("no ") else f"no {line}")
        opposite = line.removeprefix("no ") if line.startswith("no ") else f"no {line}"
        both = [
            [each for each in plain(lines) if not opposite.startswith(each)] for lines in (make.lines(root), before)
        ]
        assert both[0] == both[1], written


def plain(lines: list[str]) -> list[str]:
    """Lines without marks and margins."""
    return [line.strip() for line in lines if line.strip() != "!"]


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_the_order_of_writing_does_not_show(name: str, data: st.DataObject) -> None:
    make, box = MAKERS[name], device(name)
    found = [written for rule, written in every_line(make.rules(), make.examples) if not rule.flags & make.changed]
    chosen = data.draw(st.lists(st.sampled_from(found), min_size=2, max_size=8))
    chosen = [written for n, written in enumerate(chosen) if independent(written, chosen[:n])]
    shuffled = list(chosen)
    random.Random(data.draw(st.integers(0, 99))).shuffle(shuffled)
    roots = [make.clean(box), make.clean(box)]
    for root, order in zip(roots, (chosen, shuffled), strict=True):
        editor = make.editing(box, root)
        for written in order:
            typed(editor, *written)
    assert make.lines(roots[0]) == make.lines(roots[1])


def independent(written: tuple[str, ...], others: list[tuple[str, ...]]) -> bool:
    """Whether a line touches none of the others: they share at most the sections they are in."""
    apart = (any(map(_apart, written, other)) and not _clash(written[0], other[0]) for other in others)
    return all(apart) and not any(line.startswith("vrf ") for line in written)


def _clash(line: str, other: str) -> bool:
    """Whether both are one process, which is in one VRF."""
    return line != other and line.partition(" vrf ")[0] == other.partition(" vrf ")[0]


def _apart(line: str, other: str) -> bool:
    """Whether two lines begin otherwise, in their first two words."""
    one, two = (each.removeprefix("no ").split()[:2] for each in (line, other))
    return one[: len(two)] != two[: len(one)]


def test_what_needs_a_feature_is_unknown_until_it_is_on_and_goes_with_it() -> None:
    root = Node()
    editor = nxos.editing(device("nxos"), root)
    with pytest.raises(Refused):
        typed(editor, "router bgp 65000")
    typed(editor, "feature bgp", "router bgp 65000", "router-id 192.0.2.1")
    assert "router bgp 65000" in nxos.lines(root)
    typed(editor, "no feature bgp")
    assert [line for line in nxos.lines(root) if "bgp" in line] == []


def test_commands_may_be_cut_short_where_a_make_lets_them() -> None:
    rules = compiled("show version\nshow vlan [<word>]", {"word": pattern(r"\w+")}, abbreviated=True)
    found = rules.match(("sh", "ver"))
    assert isinstance(found, Match)
    assert found.words == ("show", "version")


def test_words_that_nobody_knows_are_refused_with_their_position() -> None:
    rules = compiled("interface <word>\n   ip address = <word>\nvlan <word>", {"word": pattern(r"\w+"), "rest": rest})
    for line, at in (("nothing", 0), ("interface", 1), ("interface x y", 2), ("vlan !", 1)):
        assert rules.match(tuple(line.split())) == Refusal(at)


def test_a_line_may_be_typed_inside_another_section() -> None:
    root = Node()
    editor = eos.editing(device(), root)
    typed(
        editor, "router bgp 65000", "address-family evpn", "vlan 10", "rd 1.1.1.1:10", "interface Ethernet2", "shutdown"
    )
    bgp, port = root.find("router", "bgp"), root.find("interface", "Ethernet2")
    assert bgp
    assert port
    assert [node.line for node in bgp.children()] == ["vlan 10", "address-family evpn"]
    assert port.has("shutdown")
    assert root.find("vlan") is None


def test_an_unknown_line_in_a_section_is_refused_where_it_stands() -> None:
    editor = eos.editing(device(), Node())
    with pytest.raises(Refused) as refused:
        typed(editor, "interface Ethernet1", "ip adress 192.0.2.1/24")
    assert refused.value.at == 1


def test_a_second_autonomous_system_is_refused() -> None:
    editor = eos.editing(device(), Node())
    with pytest.raises(Refused, match="already running with AS number 65000"):
        typed(editor, "router bgp 65000", "router bgp 65001")


@pytest.mark.parametrize(
    ("lines", "held"),
    [
        (("switchport trunk allowed vlan 10,12-14",), "10,12-14"),
        (("switchport trunk allowed vlan 10", "switchport trunk allowed vlan add 11"), "10-11"),
        (("switchport trunk allowed vlan 10-12", "switchport trunk allowed vlan remove 11"), "10,12"),
        (("switchport trunk allowed vlan none",), "none"),
        (("switchport trunk allowed vlan 10", "switchport trunk allowed vlan all"), None),
        (("switchport trunk allowed vlan except 3-4094",), "1-2"),
        (("switchport trunk allowed vlan 10", "no switchport trunk allowed vlan"), None),
    ],
)
def test_allowed_vlans_are_counted(lines: tuple[str, ...], held: str | None) -> None:
    root = Node()
    typed(eos.editing(device(), root), "interface Ethernet1", *lines)
    port = root.find("interface", "Ethernet1")
    assert port
    assert port.value("switchport", "trunk", "allowed", "vlan") == held


def test_entries_of_lists_get_numbers_and_go_by_number_or_text() -> None:
    root = Node()
    editor = eos.editing(device(), root)
    typed(editor, "ip access-list WEB", "permit tcp any any eq 80", "deny ip any any", "15 permit icmp any any")
    typed(editor, "ip prefix-list LAN permit 10.0.0.0/8", "ip prefix-list LAN seq 20 deny 0.0.0.0/0 le 32")
    shown = eos.lines(root)
    start = shown.index("ip access-list WEB")
    assert shown[start + 1 : start + 4] == [
        "   10 permit tcp any any eq www",
        "   15 permit icmp any any",
        "   20 deny ip any any",
    ]
    start = shown.index("ip prefix-list LAN")
    assert shown[start + 1 : start + 3] == ["   seq 10 permit 10.0.0.0/8", "   seq 20 deny 0.0.0.0/0 le 32"]
    typed(editor, "ip access-list WEB", "no 15", "no deny ip any any", "no ip prefix-list LAN seq 10")
    shown = eos.lines(root)
    assert [line for line in shown if "permit" in line or "deny" in line] == [
        "   10 permit tcp any any eq www",
        "   seq 20 deny 0.0.0.0/0 le 32",
    ]


def test_a_port_is_emptied_and_never_taken_away() -> None:
    root = Node()
    editor = eos.editing(device(), root)
    typed(
        editor,
        "interface Ethernet1",
        "description x",
        "default interface Ethernet1",
        "interface Vlan7",
        "no interface Vlan7",
    )
    ports = [*(f"interface Ethernet{n}" for n in range(1, 11)), "interface Management0"]
    assert [node.line for node in root.each("interface")] == ports
    port = root.find("interface", "Ethernet1")
    assert port
    assert not port.below


def test_another_vrf_takes_the_addresses_away() -> None:
    root = Node()
    editor = eos.editing(device(), root)
    typed(editor, "interface Ethernet1", "no switchport", "ip address 192.0.2.1/24", "description x", "vrf red")
    port = root.find("interface", "Ethernet1")
    assert port
    assert [node.line for node in port.children()] == ["description x", "no switchport", "vrf red"]


def test_a_range_opens_each_section_of_it() -> None:
    root = Node()
    typed(eos.editing(device(), root), "interface Ethernet1-3", "shutdown", "vlan 10,20-21", "state suspend")
    assert [node.line for node in root.each("interface") if node.has("shutdown")] == [
        f"interface Ethernet{n}" for n in (1, 2, 3)
    ]
    assert [node.line for node in root.each("vlan")] == ["vlan 10", "vlan 20", "vlan 21"]


def test_a_password_is_kept_as_a_hash_that_lets_its_owner_in() -> None:
    root = Node()
    typed(eos.editing(device(), root), "username ann privilege 15 role network-admin secret 0 s3cret")
    assert "s3cret" not in "\n".join(eos.lines(root))
    assert eos.knows(root, "ann", "s3cret")
    assert not eos.knows(root, "ann", "other")
    again = Node()
    typed(eos.editing(device(), again), *(line for line in eos.lines(root) if line != "end"))
    assert eos.knows(again, "ann", "s3cret")


@given(st.sets(st.integers(1, 4094), min_size=1))
def test_ranges_stand_for_their_numbers(numbers: set[int]) -> None:
    assert set(expanded(ranged(sorted(numbers)))) == numbers


def test_names_sort_as_people_count() -> None:
    assert sorted(["Ethernet10", "Ethernet2", "Ethernet1/10", "Ethernet1/9"], key=natural) == [
        "Ethernet1/9", "Ethernet1/10", "Ethernet2", "Ethernet10",
    ]  # fmt: skip


def test_a_bracket_that_is_not_closed_is_found_when_a_grammar_is_compiled() -> None:
    with pytest.raises(ValueError, match="not closed"):
        compiled("a (b|c", {})
