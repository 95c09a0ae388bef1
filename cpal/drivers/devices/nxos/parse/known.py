"""What is in every answer of NX-OS to a question, as recordings and the command reference have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_NONE = r"^(?:%|ERROR:|Note:).*\b[Nn]ot?\b"
"""A notice that there is nothing to show."""
_CONFIGURATION = rf"^(?:!|version|hostname)|{_NONE}"

KNOWN: Known = {
    "show version": r"Cisco Nexus|NX-?OS",
    "show hosts": r"lookup|[Dd]omain",
    "show hostname": r"\A\s*\S+\s*\Z",
    "show inventory": r"NAME:",
    "show inventory | json": r"\A\s*\{|Invalid command",
    "show interface": rf"^\S.* is (?:up|down)|admin state|{_NONE}",
    "show interface status": r"^Port\s+Name",
    "show interface transceiver": rf"(?i)transceiver|{_NONE}",
    "show ip interface": rf"IP Interface Status|{_NONE}",
    "show ipv6 interface": rf"IPv6 Interface Status|{_NONE}",
    "show mac address-table": rf"^\s*Legend|VLAN\s+MAC|\b[0-9a-f]{{4}}\.[0-9a-f]{{4}}\.[0-9a-f]{{4}}\b|{_NONE}",
    "show lldp neighbors": rf"Capability codes|Chassis id|Total entries|{_NONE}",
    "show system resources": r"Load average|CPU|[Mm]emory",
    "show spanning-tree": rf"[Ss]panning[- ]tree|{_NONE}",
    "show ntp peers": rf"^\s*Peer|{_NONE}",
    "show ntp peer-status": rf"Total peers|remote|{_NONE}",
    "show running-config": _CONFIGURATION,
    "show startup-config": _CONFIGURATION,
    "show bgp all summary": rf"BGP summary information|{_NONE}",
    "show bgp process": rf"BGP Protocol Tag|{_NONE}",
    "show ip route": rf"Route Table|{_NONE}",
    "show ip bgp": rf"BGP routing table|BGP neighbor is|{_NONE}",
}
