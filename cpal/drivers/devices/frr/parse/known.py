"""What is in every answer of FRR's shell to a question, as FRR itself answers. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

KNOWN: Known = {
    "vtysh -c 'show version'": r"^FRRouting ",
    "vtysh -c 'show vrf'": r"^vrf ",
    "vtysh -c 'show running-config'": r"^Building configuration|^Current configuration|^frr version|^!",
}

TREES: Known = {
    "vtysh -c 'show bgp vrfs json'": "vrfs",
    "vtysh -c 'show bgp vrf all neighbors json'": "*/vrfName|*/vrfId|*/*/bgpState",
}
