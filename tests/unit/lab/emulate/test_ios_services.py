"""How IOS keeps static routes and servers: what it shows of a line, what a `no` takes away, what it refuses.

Source: Cisco IOS command references, `ip route`, `ipv6 route`, `logging host`, `ntp server`; the keys of
Cisco-IOS-XE-native.yang, by which a server of two VRFs or ports is two.
"""

from __future__ import annotations

import pytest

from cpal.lab.emulate.editor import Refused
from cpal.lab.emulate.ios import configuration as ios
from tests.unit.lab.emulate.test_ports import editor_of

SHOWN = (
    ("logging 192.0.2.3", "logging host 192.0.2.3"),
    ("logging host 192.0.2.3 transport udp port 514", "logging host 192.0.2.3"),
    (
        "logging host 192.0.2.3 vrf red transport udp port 5140",
        "logging host 192.0.2.3 vrf red transport udp port 5140",
    ),
    ("logging host ipv6 2001:db8::3", "logging host ipv6 2001:DB8::3"),
    ("ntp server vrf red 2001:db8::3 prefer", "ntp server vrf red 2001:DB8::3 prefer"),
    ("ip route 10.0.0.0 255.0.0.0 192.0.2.1 1", "ip route 10.0.0.0 255.0.0.0 192.0.2.1"),
    ("ip route 10.0.0.0 255.0.0.0 192.0.2.1 1 name x", "ip route 10.0.0.0 255.0.0.0 192.0.2.1 name x"),
    ("ip route 10.0.0.0 255.0.0.0 192.0.2.1 10", "ip route 10.0.0.0 255.0.0.0 192.0.2.1 10"),
    ("ip route vrf red 10.0.0.0 255.0.0.0 null0", "ip route vrf red 10.0.0.0 255.0.0.0 Null0"),
    ("ipv6 route 2001:db8::/32 fd00::1 1", "ipv6 route 2001:DB8::/32 FD00::1"),
)


def shown(*lines: str) -> list[str]:
    """What IOS shows of lines that were typed, of those of this file."""
    device, editor = editor_of("ios")
    for line in ("vrf definition red", "exit", *lines):
        ios.typed(editor, line)
    return [line for line in ios.lines(device.running) if line.startswith(("logging", "ntp", "ip route", "ipv6 route"))]


@pytest.mark.parametrize(("typed", "kept"), SHOWN)
def test_a_line_is_shown_as_ios_shows_it_and_goes_by_its_no(typed: str, kept: str) -> None:
    assert shown(typed) == [kept]
    assert shown(typed, f"no {typed}") == []
    assert shown(typed, f"no {kept}") == []


def test_what_is_not_the_same_stands_beside_it_and_what_is_takes_its_place() -> None:
    beside = ("logging host 192.0.2.3", "logging host 192.0.2.3 vrf red", "ip route 10.0.0.0 255.0.0.0 192.0.2.1",
              "ip route 10.0.0.0 255.0.0.0 192.0.2.2 200")  # fmt: skip
    assert sorted(shown(*beside)) == sorted(beside)
    assert "logging host 192.0.2.3 vrf red" in shown(*beside, "no logging host 192.0.2.3")
    assert shown(*beside[2:], "no ip route 10.0.0.0 255.0.0.0 192.0.2.2") == [beside[2]]
    assert shown(beside[2], f"{beside[2]} 200 name slow") == [f"{beside[2]} 200 name slow"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ip route 10.0.0.1 255.0.0.0 192.0.2.1", "%Inconsistent address and mask"),
        ("ip route vrf blue 10.0.0.0 255.0.0.0 192.0.2.1", "VRF blue does not exist"),
        ("ipv6 route vrf blue 2001:db8::/32 fd00::1", "VRF blue does not exist"),
        ("logging host 192.0.2.3 vrf blue", "VRF blue does not exist"),
        ("ntp server vrf blue 192.0.2.3", "VRF blue does not exist"),
    ],
)
def test_what_cannot_be_is_refused(line: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        shown(line)
    assert said in refused.value.reason
