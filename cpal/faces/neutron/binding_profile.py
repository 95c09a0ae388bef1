"""By what a port is plugged, and its binding's profile: what whoever plugs it is told. OVN's part of it is looked at.

Source: Networking API v2.0, extension binding; what neutron 29.0.0 with ML2/OVN demands of a profile, asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.values import described, said
from cpal.model.network import CAPABILITIES, NORMAL, SWITCHDEV, VNIC_TYPES, Port

LONGEST = 4095
"""Characters of a profile. Source: neutron_lib.db.constants, the length of the column."""
TRUSTED = "trusted"
_CARD: Mapping[str, tuple[type, ...]] = {
    "pci_vendor_info": (str,), "pci_slot": (str,), "physical_network": (str, type(None)),
}  # fmt: skip
DEMANDED: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "direct": _CARD,
    "remote-managed": {**_CARD, "card_serial_number": (str,), "pf_mac_address": (str,), "vf_num": (int,)},
}
"""What is in a profile together or not at all, by the type of the interface, and of which types it is."""


@described(enum=[*VNIC_TYPES])
def vnic_type(value: Any) -> str:
    """The type of an interface that a port is plugged by."""
    if not isinstance(value, str) or value not in VNIC_TYPES:
        raise ValueError(f"{said(value)} is not in valid_values")
    return value


def told_profile(profile: dict[str, Any]) -> str:
    """A profile as it is kept.

    Raises:
        ApiFault: it is too long.
    """
    text = msgspec.json.encode(profile, order="sorted").decode() if profile else ""
    if len(text) > LONGEST:
        raise bad_request(f"Invalid input for binding:profile. Reason: it is longer than {LONGEST} characters.")
    return text


def shown_profile(port: Port, profile: str) -> dict[str, Any]:
    """What whoever plugs a port at a host is told: the profile there, and whether the port is trusted, if that is said.

    Source: extension port-trusted-vif
    """
    told: dict[str, Any] = msgspec.json.decode(profile) if profile else {}
    return told if port.trusted is None else {**told, TRUSTED: port.trusted}


def refuse_partial(vnic_type: str, profile: str) -> None:
    """Refuse a profile that says a part of what belongs together for a type of interface.

    Raises:
        ApiFault: it does.
    """
    if not profile or vnic_type == NORMAL:
        return
    told = msgspec.json.decode(profile)
    capabilities = told.get(CAPABILITIES, [])
    if not isinstance(capabilities, list):
        raise _invalid(f"{CAPABILITIES} must be of type list.")
    demanded = DEMANDED.get(vnic_type, {})
    if vnic_type == "direct" and capabilities and SWITCHDEV not in capabilities:
        return
    if not demanded.keys() & told.keys():
        return
    if demanded.keys() - told.keys():
        raise _invalid(f"dict_keys({list(demanded)}) are all required.")
    for key, types in demanded.items():
        if not isinstance(told[key], types):
            raise _invalid(f"{key} {said(told[key])} value invalid type")


def _invalid(why: str) -> ApiFault:
    return bad_request(f"Invalid input for operation: Invalid binding:profile. {why}.", "InvalidInput")
