"""The words of EOS: interfaces, addresses, VLANs, as it reads and shows them."""

from __future__ import annotations

from cpal.lab.emulate.words import (
    Slot,
    address,
    interfaces,
    mac,
    number,
    number_ranges,
    pattern,
    prefix,
    rest,
)  # fmt: skip

NUMBERS = r"\d+(/\d+)*(\.\d+)?|\d+-\d+|\d+(,\d+(-\d+)?)+"
INTERFACES: dict[str, str] = {
    "Ethernet": NUMBERS, "Loopback": r"\d+", "Management": r"\d+(/\d+)*", "Port-Channel": NUMBERS, "Tunnel": r"\d+",
    "Vlan": NUMBERS, "Vxlan": "1",
}  # fmt: skip
"""The kinds of interfaces, and how they are numbered."""

SLOTS: dict[str, Slot] = {
    "word": pattern(r"\S+"),
    "rest": rest,
    "name": pattern(r"[A-Za-z0-9_.:/{}\[\]-]+"),
    "ip": address(4),
    "ip6": address(6),
    "prefix": prefix(4),
    "prefix6": prefix(6),
    "net": prefix(4, host_bits=False),
    "net6": prefix(6, host_bits=False),
    "mac": mac(".", 4),
    "number": number(0, 2**32 - 1),
    "vlan": number_ranges(1, 4094),
    "vni": number(1, 2**24 - 1),
    "mtu": number(68, 9214),
    "as": pattern(r"\d+(\.\d+)?"),
    "rd": pattern(r"[\d.]+:\d+"),
    "interface": interfaces(INTERFACES),
    "peer": pattern(r"(?!interface$|default$)[\w.:%-]+"),
    "vrf": pattern(r"(?!default$)[\w.:-]+"),
}
"""What may stand where the grammar has a slot."""
