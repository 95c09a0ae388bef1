"""What Junos cannot hold of a pair of switches, beyond what no make can: the sentences why not. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.words import Pairing
from cpal.model.mlag import Mlag
from cpal.model.switch import WITHOUT_LACP, Lag
from cpal.model.target import Target

PAIRING = Pairing(
    r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]",
    "a number from 1 to 65535, its service ID",
    largest=65535,
    keepalive_vrf="",
    lacks=(
        ("keepalive_source", "Junos is told no address that it asks from"),
        ("keepalive_vrf", "Junos asks by its management"),
    ),
)
"""How Junos has pairs. Source: CLI Reference, "mc-ae-id", "service-id"."""
_OF_PEER = "Junos says that of the address of the other"
_SPEAKS = "a LAG of a pair speaks LACP on Junos, by which both are one system"


def refuse_pair(target: Target, record: Mlag) -> Iterator[Cannot]:
    """What is said of the peer needs one."""
    if record.device in target.endpoints and not record.peer_address:
        for field in ("peer_link", "keepalive_destination"):
            if getattr(record, field):
                yield Cannot(field, _OF_PEER, "write peer_address and local_interface too")


def refuse_lag(target: Target, record: Lag) -> Iterator[Cannot]:
    """Others take both for one by LACP."""
    if record.device in target.endpoints and record.mlag and record.lacp_mode == WITHOUT_LACP:
        yield Cannot("lacp_mode", _SPEAKS, "leave it out")


LIMITS = (
    *(
        Limit("mlag", field, f"only with a peer_address: {_OF_PEER}")
        for field in ("peer_link", "keepalive_destination")
    ),
    Limit("lag", "lacp_mode", _SPEAKS),
)
"""For `Capability.limits`."""
