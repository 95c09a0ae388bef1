"""Prefixes of the interfaces of one device that overlap, which some makes refuse. Pure.

Source: Cisco IOS says `% 10.0.0.0 overlaps with` the interface, NX-OS `overlaps with address configured on` it.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Interface, NetmaskValueError

from cpal.core.driver import Cannot, Limit
from cpal.model.estate import Estate
from cpal.model.switch import Interface
from cpal.model.target import Target

_APART = "interfaces in one VRF have no prefixes of IPv4 that overlap"
OVERLAP = Limit("interface", "addresses", _APART)
"""For `Capability.limits`, beside `refuse_overlap`."""


def refuse_overlap(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """Of interfaces that are not shut down; that two have one address is said of every make."""
    if record.device not in target.endpoints or record.enabled is False:
        return
    for other in sorted(estate.find("interface.device", record.device), key=lambda each: each.name):
        if other.name >= record.name or other.vrf != record.vrf or other.enabled is False:
            continue
        held = _prefixes(other)
        for mine in _prefixes(record):
            if any(each.ip != mine.ip and each.network.overlaps(mine.network) for each in held):
                why = f"{mine.network} overlaps with that of {other.own_name}: {_APART}"
                yield Cannot("addresses", why, "choose another prefix for one of them, or another VRF")


def _prefixes(interface: Interface) -> list[IPv4Interface]:
    """Those of IPv4; what is no address is told elsewhere."""
    found = []
    for text in interface.addresses:
        try:
            found.append(IPv4Interface(text))
        except (AddressValueError, NetmaskValueError):
            continue
    return found
