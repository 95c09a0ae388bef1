"""What is in every answer of IOS to a question, as recordings and the command reference have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_NONE = r"^%.*\b(?:[Nn]ot?|Invalid input)\b|^Time source is [^\n]*\s*\Z"
"""A notice that there is nothing to show, such as `% BGP not active`, or nothing behind the time."""
_MAC = r"\b[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\b"
_INTERFACE = rf"^\S.* is (?:up|down|reset|deleted|administratively)|{_NONE}"
_VRFS = rf"^\s*Name\s+Default RD|\bipv[46]\b|\b[Nn]o VRF|{_NONE}"
_CONFIGURATION = rf"^(?:!|version|hostname|Building|Current|Using)|{_NONE}"
_NEIGHBOR = rf"BGP neighbor is|{_NONE}"

KNOWN: Known = {
    "show version": r"Cisco (?:IOS|Internetwork Operating System)",
    "show hosts": r"[Dd]omain|lookup",
    "show interfaces": _INTERFACE,
    "show interfaces transceiver": rf"(?i)calibrated|optical|transceiver|{_NONE}",
    "show interface summary": r"interface is up|^\s*Interface\s",
    "show ip interface": _INTERFACE,
    "show ip interface brief": r"^Interface\s+IP-Address",
    "show ipv6 interface": _INTERFACE,
    "show vlan": rf"^VLAN\s+Name|not found in|[Nn]o [Vv]irtual|{_NONE}",
    "show vrf": _VRFS,
    "show vrf detail": rf"^VRF |{_NONE}",
    "show ip vrf": _VRFS,
    "show arp": rf"^Protocol\s+Address|{_NONE}",
    "show ipv6 neighbors": rf"^IPv6 Address|{_NONE}",
    "show mac address-table": rf"(?i)mac address|entries|{_MAC}",
    "show lldp neighbors": rf"Capability codes|Chassis id|Total entries|{_NONE}",
    "show etherchannel summary": rf"^Flags:|channel-groups|{_NONE}",
    "show nve vni": rf"^Interface\s+VNI|{_NONE}",
    "show nve peers": rf"^'M'|^Interface\s+VNI|{_NONE}",
    "show l2vpn evpn evi": rf"^EVPN instance|{_NONE}",
    "show l2vpn evpn ethernet-segment": rf"^EVPN Ethernet Segment|{_NONE}",
    "show nve interface": rf"^Interface:|{_NONE}",
    "show spanning-tree": rf"[Ss]panning[- ]tree|{_NONE}",
    "show policy-map interface": rf"Service-policy|{_NONE}",
    "show proc cpu": r"CPU utilization",
    "show memory": r"Total\(b\)",
    "show ntp associations": rf"address\s+ref clock|{_NONE}",
    "show run | include ntp server": r"^\s*ntp server",
    "show run | section username": r"^\s*username",
    "show run | include username": r"username",
    "show run | include snmp-server": r"snmp-server",
    "show run | section ip sla": r"ip sla",
    "show running-config": _CONFIGURATION,
    "show startup-config": _CONFIGURATION,
    "show bgp": rf"{_NEIGHBOR}|BGP router identifier|For address family",
    "show ip bgp": rf"{_NEIGHBOR}|BGP router identifier|For address family|BGP routing table entry",
    "show ip protocols": r"Routing Protocol",
    "show ip route": rf"Routing entry|Routing Table|^Codes:|Gateway of last resort|{_NONE}",
}
