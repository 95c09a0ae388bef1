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
        if ":" in getattr(record, field):
            yield Cannot(field, f"only IPv4 is written to {words.title} yet", "write an IPv4 address, or leave it out")
    if record.local_interface and not words.is_logical(record.local_interface):
        why = f"{record.local_interface} is no interface of {words.title} that leads to the other"
        yield Cannot("local_interface", why, "write one of a VLAN, as the device shows it")


_ADDRESSES = ("peer_address", "keepalive_destination", "keepalive_source")


def limits_of_pairs(words: Words) -> tuple[Limit, ...]:
    """The same in general."""
    pairing = words.pairing
    if pairing is None:
        return ()
    lacks, only_ipv4 = dict(pairing.lacks), f"only IPv4 is written to {words.title} yet"
    return (
        Limit("mlag", "domain", f"{words.title} calls it by {pairing.domain}"),
        *(Limit("mlag", field, why) for field, why in lacks.items()),
        *(Limit("mlag", field, only_ipv4) for field in _ADDRESSES if field not in lacks),
        *([] if "local_interface" in lacks else [Limit("mlag", "local_interface", "that of a VLAN")]),
    )
