"""Addresses as text and numbers, against the standard library's ipaddress."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.model.address import contains, eui64, ipv4_number, mac, number, prefix, span, text_of

ADDRESSES = st.ip_addresses()


@given(ADDRESSES)
def test_a_number_and_its_text_are_those_of_ipaddress(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert number(str(address)) == int(address)
    assert text_of(int(address), address.version) == str(address)


@given(st.text(alphabet="0123456789.:abcdef /\n", max_size=20) | ADDRESSES.map(str))
def test_what_is_an_ipv4_address_is_one_to_ipaddress(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        assert ipv4_number(text) is None
        if ":" not in text:
            with pytest.raises(ValueError, match=r"."):
                number(text)
    else:
        assert ipv4_number(text) == int(ipaddress.IPv4Address(text))


@given(ADDRESSES, st.integers(0, 128), ADDRESSES)
def test_a_prefix_holds_what_ipaddress_says(
    start: ipaddress.IPv4Address | ipaddress.IPv6Address,
    length: int,
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    network = ipaddress.ip_network(f"{start}/{min(length, start.max_prefixlen)}", strict=False)
    assert contains(str(network), str(address)) == (address in network)
    assert contains(str(network), str(start))
    inside = span(str(network))
    assert (inside.version, inside.length) == (network.version, network.prefixlen)
    assert (inside.first, inside.last) == (int(network[0]), int(network[-1]))


def test_host_bits_are_no_prefix() -> None:
    with pytest.raises(ValueError, match="host bits"):
        prefix("10.0.1.5/24")


@pytest.mark.parametrize("text", ["02-C0-00-00-00-0a", "02c0.0000.000A", "02:c0:00:00:00:0a"])
def test_a_mac_address_has_one_canonical_form(text: str) -> None:
    assert mac(text) == "02:c0:00:00:00:0a"


@pytest.mark.parametrize("text", ["", "02:c0", "03:00:00:00:00:00", "00:00:00:00:00:00", "0g:00:00:00:00:00"])
def test_what_is_no_unicast_mac_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mac(text)


def test_slaac_forms_the_address_of_the_example_in_rfc_4291() -> None:
    """RFC 4291, appendix A: 34-56-78-9A-BC-DE with the universal bit turned gives 3656:78ff:fe9a:bcde."""
    assert eui64("2001:db8::/64", "34:56:78:9a:bc:de") == "2001:db8::3656:78ff:fe9a:bcde"
