"""What is in every answer of EOS to a question, as recordings and the user manual have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_NONE = r"^%.*\b(?:[Nn]ot?|inactive|Invalid input)\b"
"""A notice that there is nothing to show, such as `% BGP inactive`."""
_CONFIGURATION = rf"^(?:! \w|hostname |end$)|{_NONE}"
_INTERFACES = "interfaces/*"

KNOWN: Known = {
    "show running-config": _CONFIGURATION,
    "show startup-config": _CONFIGURATION,
    "show running-config | section ntp": r"^\s*(?:no )?ntp\b",
    "show running-config | section snmp-server community": r"^\s*(?:no )?snmp-server\b",
    "show running-config | section router bgp": r"^\s*(?:no )?router bgp\b",
    "show ntp associations": rf"remote\s+refid|NTP is disabled|{_NONE}",
    "show processes top once": r"^top - |^%?Cpu\(s\):",
    "show ip bgp neighbors": rf"^BGP neighbor is|{_NONE}",
    "show ipv6 bgp peers": rf"^BGP neighbor is|{_NONE}",
    "show bgp evpn instance": rf"^EVPN instance|{_NONE}",
}

TREES: Known = {
    "show version": "modelName",
    "show hostname": "hostname",
    "show interfaces": f"{_INTERFACES}/hardware|{_INTERFACES}/bandwidth",
    "show interfaces transceiver": f"{_INTERFACES}/rxPower|{_INTERFACES}/mediaType|{_INTERFACES}/vendorSn",
    "show interfaces vxlan 1": f"{_INTERFACES}/vlanToVtepList|{_INTERFACES}/srcIpAddr|{_INTERFACES}/hardware",
    "show interfaces counters queue": "egressQueueCounters|ingressVoqCounters",
    "show ip interface": f"{_INTERFACES}/proxyArp|{_INTERFACES}/interfaceAddressBrief",
    "show ipv6 interface": f"{_INTERFACES}/linkLocal|{_INTERFACES}/addresses",
    "show vlan": "vlans/*/interfaces",
    "show vrf": "vrfs/*/routeDistinguisher",
    "show arp": "vrfs/*/ipV4Neighbors",
    "show ipv6 neighbors": "vrfs/*/ipV6Neighbors|ipV6Neighbors",
    "show mac address-table": "unicastTable/tableEntries",
    "show lldp neighbors": "lldpNeighbors/neighborPort",
    "show lldp neighbors detail": "lldpNeighbors/*/lldpNeighborInfo",
    "show system environment cooling": "fanTraySlots",
    "show system environment temperature": "tempSensors",
    "show system environment power": "powerSupplies",
    "show users accounts": "users/*/username",
    "show snmp v2-mib chassis": "chassisId",
    "show snmp v2-mib location": "location",
    "show snmp v2-mib contact": "contact",
    "show ip bgp summary": "vrfs/*/peers",
    "show ipv6 bgp summary": "vrfs/*/peers",
    "show ip bgp neighbors": "vrfs/*/peerList",
    "show ipv6 bgp peers": "vrfs/*/peerList",
    "show ip bgp": "vrfs/*/bgpRouteEntries",
    "show ipv6 bgp": "vrfs/*/bgpRouteEntries",
    "show ip route": "vrfs/*/routes|routes",
    "show ipv6 route": "vrfs/*/routes|routes",
    "show vxlan vni": "vxlanIntfs/*/vniBindings|vxlanIntfs/*/vniBindingsToVrf",
    "show vxlan vtep": "interfaces/*/vteps",
    "show mlag detail": "state",
    "show mlag interfaces": "interfaces/*/localInterface",
    "show port-channel": "portChannels/*/activePorts|portChannels/*/inactivePorts",
    "show spanning-tree": "spanningTreeInstances/*/bridge|spanningTreeInstances/*/rootBridge",
}
