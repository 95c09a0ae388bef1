"""What switches can hold of pairs to which others make one LAG, where a make has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.words import Words
from cpal.model.mlag import Mlag
from cpal.model.target import Target


def refuse_pair(words: Words, target: Target, record: Mlag) -> Iterator[Cannot]:
    """What a make cannot hold of a pair."""
    pairing = words.pairing
    if pairing is None or record.device not in target.endpoints:
        return
    if record.domain and not re.fullmatch(pairing.domains, record.domain):
        yield Cannot("domain", f"{words.title} calls a domain by {pairing.domain}", "call it so")
    for field, why in pairing.lacks:
        if getattr(record, field):
            yield Cannot(field, why, "leave it out")
    for field in _ADDRESSES:
        if ":" in getattr(record, field) and field not in pairing.ipv6:
            yield Cannot(field, _only_ipv4(words), "write an IPv4 address, or leave it out")
    if record.local_interface and not words.is_logical(record.local_interface):
        why = f"{record.local_interface} is no interface of {words.title} that leads to the other"
        yield Cannot("local_interface", why, "write one of a VLAN, as the device shows it")


_ADDRESSES = ("peer_address", "keepalive_destination", "keepalive_source")


def _only_ipv4(words: Words) -> str:
    return f"an address of IPv4: {words.title}'s documents name none of IPv6 there"


def limits_of_pairs(words: Words) -> tuple[Limit, ...]:
    """The same in general."""
    pairing = words.pairing
    if pairing is None:
        return ()
    said = {*dict(pairing.lacks), *pairing.ipv6}
    return (
        Limit("mlag", "domain", f"{words.title} calls it by {pairing.domain}"),
        *(Limit("mlag", field, why) for field, why in pairing.lacks),
        *(Limit("mlag", field, _only_ipv4(words)) for field in _ADDRESSES if field not in said),
        *([] if "local_interface" in said else [Limit("mlag", "local_interface", "that of a VLAN")]),
    )
