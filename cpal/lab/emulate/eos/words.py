"""The words of EOS: interfaces, addresses, VLANs, as it reads and shows them."""

from __future__ import annotations

from cpal.lab.emulate.access_lists import arista
from cpal.lab.emulate.words import COMMON, Slot, dscp, interfaces, number, pattern

NUMBERS = r"\d+(/\d+)*(\.\d+)?|\d+-\d+|\d+(,\d+(-\d+)?)+"
INTERFACES: dict[str, str] = {
    "Ethernet": NUMBERS, "Loopback": r"\d+", "Management": r"\d+(/\d+)*", "Port-Channel": NUMBERS, "Tunnel": r"\d+",
    "Vlan": NUMBERS, "Vxlan": "1",
}  # fmt: skip
"""The kinds of interfaces, and how they are numbered."""

SLOTS: dict[str, Slot] = {
    **COMMON,
    **arista(),
    "name": pattern(r"[A-Za-z0-9_.:/{}\[\]-]+"),
    "vni": number(1, 2**24 - 1),
    "mtu": number(68, 9214),
    "mlag": number(1, 2000),
    "paths": number(1, 128),
    "dscp": dscp(names=True),
    "class": pattern(r"(?!class-default$)[A-Za-z][\w-]*"),
    "rd": pattern(r"[\d.]+:\d+"),
    "interface": interfaces(INTERFACES),
    "peer": pattern(r"(?!interface$|default$)[\w.:%-]+"),
    "vrf": pattern(r"(?!default$)[\w.:-]+"),
}
"""What may stand where the grammar has a slot."""
