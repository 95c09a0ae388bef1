"""Pools and what is free in them: pure functions of pool and taken, so that the same question has the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice

from cpal.model.address import IPNetwork, number, prefix, text_of
from cpal.model.checks.network import SEGMENTATION_IDS
from cpal.model.network import AllocationPool, Subnet
from cpal.model.target import Range, Target

Taken = Callable[[int], bool]

MAC_PREFIX = "02:c0"
"""The start of every MAC address that cpal draws: locally administered, unicast. Source: IEEE 802-2014, 8.2.2."""

DEFAULT_CIDRS = "10.0.0.0/8"
"""Where a network that names no CIDR gets a /24 from."""

NEAR = 16
"""How many numbers are looked at one after the other before some anywhere are."""
ANYWHERE = 32
"""How many those are: of a pool that is nine tenths full, one time in thirty all of them are taken."""

VXLAN_IN_OVN = Range(1, 4095)
"""Datapath keys that OVN can carry in a VXLAN header. Source: ovn-architecture(7), Tunnel Encapsulations."""


FABRICS = frozenset({"frr", "eos", "nxos", "junos"})
"""Drivers of fabrics: there a router too has a VNI, that of its VRF."""
VLAN_FABRICS = frozenset({"eos", "nxos", "junos"})
"""Those whose leaves bridge by VLANs: there an overlay network has one, and so has a VRF."""
VLANS_IN_FABRIC = Range(2000, 3967)
"""Above those that people choose, and that EOS takes for routed ports (from 1006 on, one after the other), below those
that NX-OS keeps for itself. Source: EOS user manual, `vlan internal order`; NX-OS, reserved VLANs."""
VNI_IN_FABRIC = Range(1, 0x7FFFFF)
"""VNIs of overlay networks and routers in a fabric; those above stand for VLANs of physical networks there."""


def first_free(ranges: Sequence[Range], taken: Taken, skip: int = 0, seed: str = "") -> int | None:
    """The first number that is not taken: of those that come after `skip` of them, of some anywhere, at last of all.

    Where numbers were given in order, skipping as many as are held finds a free one at once. Where others became free
    since, one of those that follow from `seed` is free unless few are, so that looking at all of them is rare.
    """
    some = chain(islice(_numbers(ranges, skip), NEAR), _anywhere(ranges, seed)) if skip else ()
    for candidate in chain(some, _numbers(ranges, 0)):
        if not taken(candidate):
            return candidate
    return None


def _anywhere(ranges: Sequence[Range], seed: str) -> Iterator[int]:
    """Numbers of the ranges from all over them, the same for the same seed."""
    size = sum(max(0, span.end - span.start + 1) for span in ranges)
    for attempt in range(ANYWHERE if size else 0):
        digest = hashlib.blake2b(f"{seed} {attempt}".encode(), digest_size=20).digest()
        yield next(_numbers(ranges, int.from_bytes(digest) % size))


def _numbers(ranges: Sequence[Range], skip: int) -> Iterator[int]:
    for span in ranges:
        size = span.end - span.start + 1
        if skip < size:
            yield from range(span.start + skip, span.end + 1)
        skip = max(skip - size, 0)


def mac_addresses(id: str) -> Iterator[str]:
    """MAC addresses for a port, the preferred one first: digests of its id, so that asking again gives the same."""
    attempt = 0
    while True:
        digest = hashlib.blake2b(f"{id} {attempt}".encode(), digest_size=4).hexdigest()
        yield f"{MAC_PREFIX}:{digest[:2]}:{digest[2:4]}:{digest[4:6]}:{digest[6:]}"
        attempt += 1


def vni_range(network_type: str, target: Target) -> Range:
    """The VNIs that a network of this type may get on the target; it ends before it starts where there are none."""
    if network_type == "vxlan" and target.driver == "ovn":
        return VXLAN_IN_OVN
    low, high = SEGMENTATION_IDS[network_type]
    if target.driver in FABRICS:
        high = min(high, VNI_IN_FABRIC.end)
    return Range(max(low, target.vni_range.start), min(high, target.vni_range.end))


def default_gateway(cidr: str) -> str | None:
    """The first host address of the prefix, or None where it has no room for one (/31, /32, /127, /128)."""
    network = prefix(cidr)
    if network.num_addresses <= 2:
        return None
    return text_of(int(network.network_address) + 1, network.version)


def default_pools(cidr: str, gateway_ip: str | None) -> tuple[AllocationPool, ...]:
    """All host addresses of the prefix but the gateway, as one pool or as two around it."""
    network = prefix(cidr)
    first, last = host_bounds(network)
    spans = [(first, last)]
    if gateway_ip and first <= (gateway := number(gateway_ip)) <= last:
        spans = [(first, gateway - 1), (gateway + 1, last)]
    return tuple(
        AllocationPool(text_of(start, network.version), text_of(end, network.version))
        for start, end in spans
        if start <= end
    )


def host_bounds(network: IPNetwork) -> tuple[int, int]:
    """The first and the last address of a prefix that hosts can have."""
    first = int(network.network_address)
    last = first + network.num_addresses - 1
    if network.num_addresses <= 2:
        return first, last
    return first + 1, last - 1 if network.version == 4 else last


def pool_ranges(subnet: Subnet) -> tuple[Range, ...]:
    """A subnet's pools as numbers."""
    return _ranges(subnet.allocation_pools or ())


@lru_cache(maxsize=10_000)
def _ranges(pools: tuple[AllocationPool, ...]) -> tuple[Range, ...]:
    """The same; the pools of a subnet are asked for with each port in it."""
    return tuple(Range(number(pool.start), number(pool.end)) for pool in pools)


def free_cidr(taken: Iterable[IPNetwork]) -> str | None:
    """The first /24 of `DEFAULT_CIDRS` that overlaps none of `taken`; None when there is none."""
    others = [network for network in taken if network.version == 4]
    candidates = prefix(DEFAULT_CIDRS).subnets(new_prefix=24)
    return next((str(cidr) for cidr in candidates if not any(cidr.overlaps(other) for other in others)), None)
