"""Where NAPALM's agreed value is not ours: what it has instead, and why. Used only to compare.

NAPALM has no absent value: each driver puts another word or number in its place. `GENERAL` is what most of them put for
a field; the table holds what single drivers do, in words that its normal form (`napalm.py`) looks up.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Deviation(NamedTuple):
    """A driver's getter has `instead` for a field that is absent, or is told in another way; and why."""

    driver: str
    getter: str
    field: str
    instead: Any
    why: str


NOT_TOLD = "the device does not tell it; NAPALM puts this in its place"
KIBIBYTES = "NAPALM gives the device's own number, which counts KiB"

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation("eos", "bgp_neighbors", "accepted", 0, NOT_TOLD),
    Deviation("eos", "bgp_neighbors_detail", "vrf", "default", "NAPALM keeps the name that EOS has for it"),
    Deviation("eos", "bgp_neighbors_detail", "number", 0, NOT_TOLD),
    Deviation("eos", "bgp_config", "inherit", True, "NAPALM copies what a group says to the peers that do not say it"),
    Deviation("eos", "environment", "temperature", 0.0, NOT_TOLD),
    Deviation("eos", "environment", "status", True, "NAPALM takes a supply without a state for a good one"),
    Deviation("eos", "environment", "memory", ("physical", 1024), KIBIBYTES + "; available is all there is"),
    Deviation("eos", "interfaces_ip", "families", True, "NAPALM names both families for every interface"),
    Deviation("eos", "lldp_neighbors_detail", "parent", "{}", "NAPALM names the interface itself"),
    Deviation("eos", "mac_address_table", "moves", 0, NOT_TOLD),
    Deviation("eos", "mac_address_table", "last_move", 0.0, NOT_TOLD),
    Deviation("eos", "route_to", "outgoing_interface", None, NOT_TOLD),
    Deviation("eos", "optics", "power", 0.0, NOT_TOLD),
)
"""Every deviation that is known."""

_TABLE = {(each.driver, each.getter, each.field): each.instead for each in DEVIATIONS}


class Dialect(NamedTuple):
    """What a driver's getter of NAPALM puts in the place of what is absent."""

    driver: str
    getter: str

    def instead(self, field: str, general: Any) -> Any:
        """What this driver has instead, or what drivers have in general."""
        return _TABLE.get((self.driver, self.getter, field), general)

    def told(self, value: Any, field: str, general: Any) -> Any:
        """The value, or what is put in the place of an absent one."""
        return self.instead(field, general) if value is None else value
