"""What is in every answer of IOS to a question, as recordings and the command reference have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_NONE = r"^%.*\b(?:[Nn]ot?|Invalid input)\b|^Time source is [^\n]*\s*\Z"
"""A notice that there is nothing to show, such as `% BGP not active`, or nothing behind the time."""
_MACS = r"(?i)mac address table|^\w+ entries$|^\W*vlan\s+mac|^legend:|^destination address|no entries"
_VRFS = rf"^\s*Name\s+Default RD|^\s+\S+\s+(?:<not set>|[\d.]+:\d+)\s+ipv|\b[Nn]o VRF|{_NONE}"
_CONFIGURATION = rf"^(?:!|version|hostname|Building|Current|Using)|{_NONE}"
_NEIGHBOR = rf"BGP neighbor is|\A(?:\s*For address family.*$)+\s*\Z|{_NONE}"
_SUMMARY = rf"BGP router identifier|^For address family|{_NONE}"

KNOWN: Known = {
    "show version": r"\A\s*(?:Cisco )?(?:IOS|Internetwork)|uptime is",
    "show hosts": r"Default domain|lookup|Name servers",
    "show interfaces": rf"^\s+Hardware is |^\s+MTU \d+ bytes|{_NONE}",
    "show interfaces transceiver": rf"(?i)calibrated|optical|transceiver|{_NONE}",
    "show interface summary": r"\*: interface is up|^\s*Interface\s+IHQ",
    "show ip interface": rf"Internet protocol|^\s+Broadcast address|^\s+Peer address|unnumbered|{_NONE}",
    "show ip interface brief": r"^Interface\s+IP-Address",
    "show ipv6 interface": rf"^\s+IPv6 is |link-local|{_NONE}",
    "show vlan": rf"^VLAN\s+Name|not found in|[Nn]o [Vv]irtual|{_NONE}",
    "show vrf": _VRFS,
    "show vrf detail": rf"^VRF |{_NONE}",
    "show ip vrf": _VRFS,
    "show arp": rf"^Protocol\s+Address|{_NONE}",
    "show ipv6 neighbors": rf"^IPv6 Address|{_NONE}",
    "show mac address-table": _MACS,
    "show lldp neighbors": rf"^Device ID\s+Local Intf|{_NONE}",
    "show lldp neighbors detail": rf"^Chassis id|^Local Intf|\A\s*Total entries|{_NONE}",
    "show etherchannel summary": rf"^Flags:|channel-groups|{_NONE}",
    "show nve vni": rf"^Interface\s+VNI|{_NONE}",
    "show nve peers": rf"^'M'|^Interface\s+VNI|{_NONE}",
    "show l2vpn evpn evi": rf"^EVPN instance|{_NONE}",
    "show l2vpn evpn ethernet-segment": rf"^EVPN Ethernet Segment|{_NONE}",
    "show nve interface": rf"^Interface:|{_NONE}",
    "show spanning-tree": rf"[Ss]panning[- ]tree|{_NONE}",
    "show policy-map interface": rf"Service-policy|{_NONE}",
    "show env temperature status": rf"(?i)temperature (?:value|state|is)|threshold *:|{_NONE}",
    "show proc cpu": r"CPU utilization",
    "show memory": r"Total\(b\)",
    "show ntp associations": rf"address\s+ref clock|{_NONE}",
    "show run | include ntp server": r"^\s*ntp server",
    "show run | section username": r"\A\s*(?:no )?username",
    "show run | include username": r"username",
    "show run | include snmp-server": r"snmp-server",
    "show run | section ip sla": r"ip sla",
    "show running-config": _CONFIGURATION,
    "show startup-config": _CONFIGURATION,
    "show bgp": _NEIGHBOR,
    "show bgp all summary": _SUMMARY,
    "show ip bgp": rf"BGP routing table entry|{_NONE}",
    "show ip bgp all sum": _SUMMARY,
    "show ip bgp*neigh": _NEIGHBOR,
    "show ip protocols": r"Routing Protocol",
    "show ip route": rf"^Routing entry|Routing Table|^Codes: [A-Z] |Gateway of last resort|{_NONE}",
}
