"""Which entries of access lists the emulators take, and how they show them, by the makes' documentation."""

from __future__ import annotations

import pytest

from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.eos import configuration as eos
from cpal.lab.emulate.ios import configuration as ios
from cpal.lab.emulate.nxos import configuration as nxos
from cpal.lab.emulate.tree import Node
from tests.unit.lab.emulate.test_configurations import device

EDITING = {"eos": eos.editing, "ios": ios.editing, "nxos": nxos.editing}
MASKED = {"eos": "ip access-list WEB", "nxos": "ip access-list WEB", "ios": "ip access-list extended WEB"}


def opened(make: str) -> tuple[Editor, Node]:
    """One who types into an access list, and that list."""
    root = Node()
    editor = EDITING[make](device(make), root)
    editor.type(MASKED[make])
    found = root.find("ip", "access-list")
    assert found
    return editor, found


@pytest.mark.parametrize(
    ("make", "typed", "shown"),
    [
        ("eos", "permit tcp any 10.0.0.1/32 eq 22 80", "permit tcp any host 10.0.0.1 eq ssh www"),
        ("eos", "deny 6 10.0.0.9 0.0.0.255 0.0.0.0/0", "deny tcp 10.0.0.0/24 any"),
        ("eos", "permit 112 any any", "permit vrrp any any"),
        ("nxos", "permit tcp any host 10.0.0.1 eq 80", "permit tcp any 10.0.0.1/32 eq www"),
        ("nxos", "permit tcp any eq 22 any", "permit tcp any eq 22 any"),
        ("nxos", "permit ip 10.0.0.0 0.0.0.255 any", "permit ip 10.0.0.0 0.0.0.255 any"),
        ("ios", "permit tcp any 10.0.0.1 0.0.0.0 eq 80", "permit tcp any host 10.0.0.1 eq www"),
        ("ios", "permit udp 10.0.0.9 0.0.0.255 any eq 53", "permit udp 10.0.0.0 0.0.0.255 any eq domain"),
        ("ios", "permit ip 0.0.0.0 255.255.255.255 any log", "permit ip any any log"),
        ("ios", "deny icmp any any 3 13", "deny icmp any any administratively-prohibited"),
        ("eos", "permit icmp any any 8", "permit icmp any any echo"),
        ("nxos", "permit icmp any any 12 0", "permit icmp any any general-parameter-problem"),
        ("nxos", "permit tcp any any eq 3949", "permit tcp any any eq drip"),
        ("ios", "permit tcp any any eq syslog", "permit tcp any any eq cmd"),
        ("ios", "permit tcp any any eq 514", "permit tcp any any eq cmd"),
        ("ios", "permit tcp any any eq 15001", "permit tcp any any eq onep-plain"),
        ("ios", "deny icmp any any 3 9", "deny icmp any any dod-net-prohibited"),
        ("eos", "permit tcp any any established", "permit tcp any any established"),
    ],
)
def test_an_entry_is_shown_in_the_words_of_its_make(make: str, typed: str, shown: str) -> None:
    editor, found = opened(make)
    editor.type(typed)
    assert [each.line for each in found.children()] == [f"10 {shown}"]


@pytest.mark.parametrize("make", EDITING)
@pytest.mark.parametrize(
    "line",
    [
        "permit", "permit any", "permit tcp any", "permit xyz any any", "permit tcp any any eq", "permit 300 any any",
        "permit tcp any any eq nothing", "permit tcp any any range 1", "allow ip any any", "permit ip any any eq 80",
        "permit ip 10.0.0.256/32 any", "permit ip host any", "permit icmp any any 256",
        "permit tcp any any eq 65536", "permit ip any any nothing",
        "0 permit ip any any", "permit udp any any eq www", "permit ip any 10.0.0.1",
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(make: str, line: str) -> None:
    editor, found = opened(make)
    with pytest.raises(Refused):
        editor.type(line)
    assert not list(found.children())


@pytest.mark.parametrize(
    ("make", "line"),
    [
        ("ios", "permit ip 10.0.0.0/8 any"),
        ("nxos", "permit tcp any any eq 80 443"),
        ("nxos", "permit tcp any any eq https"),
        ("nxos", "permit udp any any eq daytime"),
        ("nxos", "permit ipinip any any"),
        ("ios", "permit udp any any eq daytime"),
        ("ios", "permit tcp any any eq drip"),
        ("ios", "2147483648 permit ip any any"),
    ],
)
def test_a_make_does_not_take_what_another_does(make: str, line: str) -> None:
    editor, _ = opened(make)
    with pytest.raises(Refused):
        editor.type(line)


@pytest.mark.parametrize("make", EDITING)
def test_an_entry_takes_the_place_of_no_other(make: str) -> None:
    editor, found = opened(make)
    for line in ("20 permit ip any any", "deny tcp any any", "5 permit udp any any", "20 permit ip any any"):
        editor.type(line)
    assert [each.line for each in found.children()] == [
        "5 permit udp any any", "20 permit ip any any", "30 deny tcp any any"
    ]  # fmt: skip
    with pytest.raises(Refused, match="Duplicate sequence number"):
        editor.type("20 deny ip any any")
    for line in ("no 20", "no deny tcp any any"):
        editor.type(line)
    assert [each.line for each in found.children()] == ["5 permit udp any any"]
