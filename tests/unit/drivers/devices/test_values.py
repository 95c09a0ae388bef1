"""Values as devices write them, in canonical form."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.drivers.devices.parse import values


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0123.4567.89ab", "01:23:45:67:89:ab"),
        ("123.4567.89AB", "01:23:45:67:89:ab"),
        ("01-23-45-67-89-AB", "01:23:45:67:89:ab"),
        ("0:1:2:a:b:c", "00:01:02:0a:0b:0c"),
        ("012345678 9ab".replace(" ", ""), "01:23:45:67:89:ab"),
        ("a9:c5:2e:7b:6:", "a9:c5:2e:7b:60:00"),
    ],
)
def test_mac(text: str, canonical: str) -> None:
    assert values.mac(text) == canonical


@pytest.mark.parametrize("text", ["", "Incomplete", "0123.4567", "01:23:45:67:89:ag"])
def test_what_is_no_mac_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a MAC address"):
        values.mac(text)
    assert values.mac_or_none(text) is None


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("2001:DB8:0::1", "2001:db8::1"), ("fe80::1%Et3", "fe80::1%Et3"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1")],
)
def test_ip(text: str, canonical: str) -> None:
    assert values.ip(text) == canonical


@given(st.lists(st.sampled_from((0, 0, 1, 0xFFFF)) | st.integers(0, 0xFFFF), min_size=8, max_size=8))
def test_every_ipv6_address_is_written_as_the_standard_library_writes_it(groups: list[int]) -> None:
    address = ipaddress.IPv6Address(sum(group << (16 * place) for place, group in enumerate(groups)))
    canonical = f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped else str(address)
    assert {values.ip(text) for text in (str(address), str(address).upper(), address.exploded)} == {canonical}


@given(st.text("0123456789abf:.", max_size=20))
def test_what_the_standard_library_refuses_is_no_address(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        with pytest.raises(ValueError, match="does not appear"):
            values.ip(text)


@pytest.mark.parametrize(("text", "number"), [("65000", 65000), ("65101.65101", 4266524237), (1, 1)])
def test_as_number(text: str | int, number: int) -> None:
    assert values.as_number(text) == number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1y2w", 32745600), ("3d04h", 273600), ("12:30:01", 45001), ("00:00:00.40", 0.4), ("05:10", 310),
        ("2 years, 1 week, 3 days, 4 hours, 5 minutes", 63950700), ("2d03:04:05", 183845), ("2 days, 03:04", 183840),
        ("45", 45), ("never", None), ("-", None), ("", None),
    ],
)  # fmt: skip
def test_seconds(text: str, seconds: float | None) -> None:
    assert values.seconds(text) == seconds


def test_natural() -> None:
    assert sorted(["Ethernet10", "Ethernet2", "Management1"], key=values.natural) == [
        "Ethernet2", "Ethernet10", "Management1",
    ]  # fmt: skip
