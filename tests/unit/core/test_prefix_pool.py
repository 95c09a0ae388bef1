"""Allocation from prefixes: what is given is free, of the length asked, in the pool, and no room is overlooked."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.core.prefix_pool import free_prefix, is_free_prefix

Prefix = IPv4Network | IPv6Network


@st.composite
def prefixes(draw: st.DrawFn, version: int, shortest: int, longest: int) -> Prefix:
    """A prefix in a small part of the address space, so that prefixes meet."""
    start, bits = (10 << 24, 32) if version == 4 else (0xFD << 120, 128)
    length = draw(st.integers(shortest, longest))
    low = draw(st.integers(0, 2 ** (bits - 16) - 1)) >> (bits - length) << (bits - length)
    return ip_network(f"{ip_network((start | low, length))}")


@st.composite
def pools(draw: st.DrawFn) -> list[str]:
    """The prefixes of a pool, joined where they can be."""
    version = draw(st.sampled_from((4, 6)))
    drawn = draw(st.lists(prefixes(version, 17, 26), min_size=1, max_size=4))
    return [str(each) for each in collapse_addresses(drawn)]  # type: ignore[type-var]  # one version


def overlapping(one: str, others: Sequence[str]) -> bool:
    """Whether a prefix overlaps any of the others."""
    return any(ip_network(one).overlaps(ip_network(other)) for other in others)


def inside(one: str, pool: Sequence[str]) -> bool:
    """Whether a prefix is in one of the pool's."""
    return any(ip_network(one).subnet_of(ip_network(each)) for each in pool)  # type: ignore[arg-type]  # one version


@given(pools(), st.lists(st.integers(17, 32), max_size=40))
def test_prefixes_given_one_after_the_other_are_in_the_pool_and_never_overlap(
    pool: list[str], lengths: list[int]
) -> None:
    taken: list[str] = []
    for length in lengths:
        cidr = free_prefix(pool, taken, length)
        if cidr is None:
            continue
        assert ip_network(cidr).prefixlen == length
        assert inside(cidr, pool)
        assert not overlapping(cidr, taken)
        assert is_free_prefix(cidr, pool, taken)
        assert not is_free_prefix(cidr, pool, [*taken, cidr])
        taken.append(cidr)


@given(pools(), st.data(), st.integers(17, 24))
def test_where_none_is_given_none_is_free(pool: list[str], data: st.DataObject, length: int) -> None:
    version = ip_network(pool[0]).version
    taken = [str(each) for each in data.draw(st.lists(prefixes(version, 18, 28), max_size=20))]
    candidates = [
        str(each)
        for block in map(ip_network, pool)
        if block.prefixlen <= length
        for each in block.subnets(new_prefix=length)
    ]
    free = [each for each in candidates if not overlapping(each, taken)]
    given_ = free_prefix(pool, taken, length)
    assert (given_ is None) == (not free)
    assert given_ is None or given_ in free
    assert [each for each in candidates if is_free_prefix(each, pool, taken)] == free


@pytest.mark.parametrize(
    ("pool", "taken", "length", "given_"),
    [
        (["10.0.0.0/8"], [], 24, "10.0.0.0/24"),
        (["10.0.0.0/8"], ["10.0.0.0/24"], 24, "10.0.1.0/24"),
        (["10.0.0.0/8"], ["10.0.0.0/24"], 16, "10.1.0.0/16"),
        (["10.0.0.0/8", "192.168.0.0/30"], [], 30, "192.168.0.0/30"),
        (["10.0.0.0/24"], ["10.0.0.0/26", "10.0.0.128/25"], 26, "10.0.0.64/26"),
        (["10.0.0.0/24"], ["10.0.0.0/26", "10.0.0.128/25"], 25, None),
        (["10.0.0.0/24"], [], 8, None),
        (["0.0.0.0/0"], [], 1, "0.0.0.0/1"),
        (["fd00::/48"], ["fd00::/64"], 64, "fd00:0:0:1::/64"),
        ([], [], 24, None),
    ],
)
def test_the_smallest_block_with_room_is_used_first(
    pool: list[str], taken: list[str], length: int, given_: str | None
) -> None:
    assert free_prefix(pool, taken, length) == given_


def test_what_reaches_over_the_edge_of_a_pool_takes_its_share_of_it() -> None:
    assert free_prefix(["10.0.1.0/24"], ["10.0.0.0/23"], 28) is None
    assert free_prefix(["10.0.0.0/23"], ["10.0.1.0/24", "10.0.0.0/25"], 25) == "10.0.0.128/25"
