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
INHERITED = (
    "description", "import_policy", "export_policy", "local_address", "next_hop_self", "local_as", "peer_as",
)  # fmt: skip
MINUTES = "NAPALM gives the device's own number, which counts minutes"
INVALID = {"status": True, "output": -1.0, "capacity": -1.0}
XR_WRAPPED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Response MajorVersion="1" MinorVersion="0"><CLI><Configuration>',
    '</Configuration></CLI><ResultSummary ErrorCount="0"/></Response>\n',
)
ROUNDED = "NAPALM rounds it to tenths"
KEY_TYPES = "NAPALM leaves out the type of a key"
CANONICAL = "NAPALM writes the names of all makes of Cisco alike"
NXOS_NAMES = {
    "port-channel": "Port-channel", "mgmt": "Management", "loopback": "Loopback", "vPC Peer-Link": "vPC-Peer-Link",
}  # fmt: skip
IOS_NAMES = {
    "FourHundredGigE": "Fou", "TwoHundredGigE": "TwoHundredGigabitEthernet", "HundredGigE": "HundredGigabitEthernet",
    "FiveGigabitEthernet": "FiftyGigabitEthernet",
}  # fmt: skip
TWICE = (
    (r"(<removed> localizedkey)( engineID \S+)$", r"\1\2\2"),
    "NAPALM writes the engine ID twice where it takes out the secrets before it",
)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation("eos", "bgp_neighbors", "accepted", 0, NOT_TOLD),
    Deviation("eos", "bgp_neighbors_detail", "vrf", "default", "NAPALM keeps the name that EOS has for it"),
    Deviation("eos", "bgp_neighbors_detail", "number", 0, NOT_TOLD),
    Deviation("eos", "bgp_config", "inherits", INHERITED, "NAPALM copies what a group says to its peers"),
    Deviation("eos", "environment", "temperature", 0.0, NOT_TOLD),
    Deviation("eos", "environment", "status", True, "NAPALM takes a supply without a state for a good one"),
    Deviation("eos", "environment", "memory", ("physical", 1024, 1), KIBIBYTES + "; available is all there is"),
    Deviation("eos", "interfaces_ip", "unlisted", True, "NAPALM names both families for every interface"),
    Deviation("eos", "lldp_neighbors_detail", "parent", "{}", "NAPALM names the interface itself"),
    Deviation("eos", "mac_address_table", "moves", 0, NOT_TOLD),
    Deviation("eos", "mac_address_table", "last_move", 0.0, NOT_TOLD),
    Deviation("eos", "ntp_servers", "details", True, "the other drivers of NAPALM tell nothing but addresses"),
    Deviation("eos", "route_to", "origin_as", True, "NAPALM takes the last AS of the path for the neighbour's"),
    Deviation("eos", "route_to", "outgoing_interface", None, NOT_TOLD),
    Deviation("eos", "optics", "power", 0.0, NOT_TOLD),
    Deviation("eos", "ping", "error", "{}\n", "NAPALM gives the whole answer"),
    Deviation("eos", "users", "keeps_role", True, "NAPALM leaves the device's word for it beside its own"),
    Deviation("ios", "arp_table", "age_unit", 60, MINUTES),
    Deviation("ios", "bgp_config", "empty_groups", False, "NAPALM leaves out a group without peers"),
    Deviation("ios", "bgp_config", "no_multihop", True, "NAPALM's pattern for it never matches"),
    Deviation("ios", "bgp_config", "word_only", True, "NAPALM reads the source's name up to its first slash"),
    Deviation("ios", "bgp_config", "zero_limits", True, "NAPALM has a limit of 0 of a peer that has none"),
    Deviation("ios", "bgp_config", "whole_limits", True, "NAPALM reads limits with a warning and a restart only"),
    Deviation("ios", "bgp_neighbors_detail", "configured_by", "on_link", "NAPALM takes it from `peering address in`"),
    Deviation("ios", "bgp_neighbors_detail", "configured_timers", False, "NAPALM does not read them"),
    Deviation("ios", "bgp_neighbors_detail", "ever_up", True, "NAPALM takes a session that was ever up for up"),
    Deviation("ios", "bgp_neighbors_detail", "number", 0, NOT_TOLD),
    Deviation("ios", "bgp_neighbors_detail", "router_id", "0.0.0.0", "NAPALM keeps the device's word for none"),
    Deviation("ios", "bgp_neighbors", "remote_id", "0.0.0.0", "NAPALM keeps the device's word for none"),
    Deviation("ios", "bgp_neighbors", "family", "whole", "NAPALM keeps the device's words for families"),
    Deviation("ios", "bgp_neighbors", "received_as_accepted", True, "NAPALM never reads what soft-reconfig keeps"),
    Deviation("ios", "environment", "memory", ("physical", 1, 1), "what is available is all there is"),
    Deviation("ios", "environment", "no_fans", {"invalid": {"status": True}}, NOT_TOLD),
    Deviation("ios", "environment", "no_power", {"invalid": INVALID}, NOT_TOLD),
    Deviation(
        "ios", "environment", "no_temperature",
        {"invalid": {"is_alert": False, "is_critical": False, "temperature": -1.0}}, NOT_TOLD,
    ),
    Deviation("ios", "facts", "hostname", "Unknown", NOT_TOLD),
    Deviation("ios", "facts", "fqdn", "Unknown", NOT_TOLD),
    Deviation("ios", "facts", "model", "Unknown", NOT_TOLD),
    Deviation("ios", "facts", "serial_number", "Unknown", NOT_TOLD),
    Deviation("ios", "facts", "os_version", "Unknown", NOT_TOLD),
    Deviation("ios", "interfaces_counters", "last_digit", ("multicast_packets",), "NAPALM reads its last digit only"),
    Deviation("ios", "ipv6_neighbors_table", "age_unit", 60, MINUTES),
    Deviation("ios", "lldp_neighbors", "hostname", "{}", "NAPALM puts the chassis of a neighbour without a name"),
    Deviation("ios", "lldp_neighbors", "port_mac", True, "NAPALM writes a port that is a MAC address as such"),
    Deviation("ios", "lldp_neighbors_detail", "first_line", True, "NAPALM reads the first line only"),
    Deviation("ios", "mac_address_table", "routed", -1, "a routed port has no VLAN"),
    Deviation("ios", "ntp_stats", "type", "-", NOT_TOLD),
    Deviation("ios", "optics", "power", -100.0, NOT_TOLD),
    *(
        Deviation("ios", getter, "interface", IOS_NAMES, "NAPALM makes other names of what tables cut short")
        for getter in ("lldp_neighbors", "lldp_neighbors_detail", "optics", "route_to", "vlans")
    ),
    Deviation("ios", "optics", "shifts", True, "NAPALM takes the mark behind a bias current for the power sent"),
    Deviation("ios", "ping", "error", "% {}\n", "NAPALM gives the whole answer"),
    Deviation("ios", "ping", "of_count", True, "IOS tells the sums only; NAPALM makes answers of them"),
    Deviation("ios", "route_to", "preference_from", "metric", "NAPALM takes the metric for the preference"),
    Deviation("ios", "route_to", "age", "", NOT_TOLD),
    Deviation("ios", "route_to", "left_out", ("metric", "preference2"), "NAPALM does not read MED and weight"),
    Deviation("ios", "snmp_information", "nothing", "unknown", NOT_TOLD),
    Deviation("ios", "snmp_information", "mode", "N/A", NOT_TOLD),
    Deviation("ios", "snmp_information", "acl", "N/A", NOT_TOLD),
    Deviation("iosxr", "bgp_config", "group_limits", False, "NAPALM looks for them where peers have theirs"),
    Deviation("iosxr", "bgp_config", "remove_private_as", True, "NAPALM says so of every group"),
    Deviation("iosxr", "bgp_config", "type", "external", "NAPALM says so of every group"),
    Deviation("iosxr", "bgp_config", "unconfigured", False, "NAPALM leaves out a group that only peers name"),
    Deviation("iosxr", "bgp_config", "zero_limits", True, "NAPALM has a limit of 0 of a peer that has none"),
    Deviation("iosxr", "bgp_neighbors", "by_address", True, "NAPALM takes the family from the address, of the first"),
    Deviation("iosxr", "bgp_neighbors", "enabled_by", "connection-admin-status 1", "NAPALM asks the transport"),
    Deviation("iosxr", "bgp_neighbors", "received", 0, NOT_TOLD),
    Deviation("iosxr", "bgp_neighbors", "accepted", 0, NOT_TOLD),
    Deviation("iosxr", "bgp_neighbors", "sent", 0, NOT_TOLD),
    *(
        Deviation(driver, "bgp_neighbors_detail", field, instead, why)
        for driver in ("iosxr", "iosxr_netconf")
        for field, instead, why in (
            ("number", 0, NOT_TOLD),
            ("router_id", "0.0.0.0", "NAPALM keeps the device's word for none"),
            ("nowhere", ("0.0.0.0", "::"), "NAPALM keeps the device's word for none"),
            ("routing_table", {"global": "default"}, "NAPALM keeps the device's name inside a session"),
            ("updates", False, "NAPALM does not read updates"),
        )
    ),
    *(
        Deviation("iosxr_netconf", "bgp_config", field, instead, why)
        for field, instead, why in (
            ("group_limits", False, "NAPALM looks for them where peers have theirs"),
            ("remove_private_as", True, "NAPALM says so of every group"),
            ("type", "external", "NAPALM says so of every group"),
            ("unconfigured", False, "NAPALM leaves out a group that only peers name"),
            ("zero_limits", True, "NAPALM has a limit of 0 of a peer that has none"),
        )
    ),
    *(
        Deviation(driver, "probes_results", field, instead, why)
        for driver in ("iosxr", "iosxr_netconf")
        for field, instead, why in (
            ("target", "", "NAPALM looks for it in a bucket before the first"),
            ("jitter_of_squares", True, "NAPALM takes for it how far the mean is from the root of the mean square"),
        )
    ),
    Deviation("iosxr_netconf", "probes_results", "probe_type", "", NOT_TOLD),
    Deviation("iosxr", "config", "wrapped", XR_WRAPPED, "NAPALM's agreed value has the whole answer"),
    Deviation("iosxr", "environment", "memory", ("physical", 1, 1), "what is available is all there is"),
    Deviation("iosxr", "environment", "memory_of", "^RSP", "NAPALM tells of the first route processor"),
    Deviation("iosxr", "environment", "which_memory", 0, "NAPALM tells of the first route processor"),
    Deviation("iosxr", "environment", "no_memory", {"available_ram": 0.0, "used_ram": 0.0}, NOT_TOLD),
    Deviation("iosxr", "environment", "capacity", 0.0, NOT_TOLD),
    Deviation("iosxr", "environment", "output", 0.0, NOT_TOLD),
    Deviation("iosxr", "facts", "sorted", True, "NAPALM sorts the names"),
    Deviation("iosxr", "interfaces", "speed", 0.0, NOT_TOLD),
    Deviation("iosxr", "interfaces_counters", "counter", 0, NOT_TOLD),
    Deviation("iosxr_netconf", "arp_table", "age", 0.0, NOT_TOLD),
    *(
        Deviation(driver, "interfaces_ip", field, instead, why)
        for driver in ("iosxr", "iosxr_netconf")
        for field, instead, why in (
            ("empty", True, "NAPALM names a family that has no address"),
            ("no_ipv4", {"0.0.0.0": {"prefix_length": 0}}, "NAPALM keeps the device's word for none"),
        )
    ),
    Deviation("iosxr", "mac_address_table", "moves", 0, NOT_TOLD),
    Deviation("iosxr", "mac_address_table", "last_move", 0.0, NOT_TOLD),
    *(
        Deviation(driver, "route_to", field, instead, why)
        for driver in ("iosxr", "iosxr_netconf")
        for field, instead, why in (
            ("no_attributes", True, "NAPALM does not ask BGP"),
            ("last_active", False, "NAPALM does not tell it"),
            ("preference_from", "precedence", "NAPALM takes the precedence for the distance"),
            ("selected", False, "NAPALM does not tell it"),
        )
    ),
    Deviation("iosxr_netconf", "route_to", "no_interface", True, "NAPALM does not read it"),
    *(
        Deviation("iosxr_netconf", "bgp_neighbors", field, 0, NOT_TOLD)
        for field in ("received", "accepted", "sent")
    ),
    Deviation("iosxr_netconf", "users", "no_password", True, "NAPALM looks for a password, not for a secret"),
    Deviation("iosxr_netconf", "bgp_neighbors", "by_address", True, "NAPALM takes the family from the address"),
    Deviation("iosxr_netconf", "environment", "rack", "0/", "NAPALM leaves out the rack"),
    Deviation("iosxr_netconf", "environment", "fan", True, NOT_TOLD),
    Deviation("iosxr_netconf", "environment", "memory", ("physical", 1, 1), "what is available is all there is"),
    Deviation("iosxr_netconf", "environment", "memory_of", "/R(S)?P0/", "NAPALM tells of the first route processor"),
    Deviation("iosxr_netconf", "environment", "which_memory", 0, "NAPALM tells of the first route processor"),
    Deviation("iosxr_netconf", "environment", "no_memory", 0.0, NOT_TOLD),
    Deviation("iosxr_netconf", "environment", "capacity", 0.0, NOT_TOLD),
    Deviation("iosxr_netconf", "environment", "sensors", ("Inlet", "Control Sensor"), "NAPALM tells of these sensors"),
    Deviation("iosxr_netconf", "interfaces_counters", "counter", 0, NOT_TOLD),
    Deviation("iosxr_netconf", "interfaces_counters", "without", r"Loopback\d+", "NAPALM leaves out loopbacks"),
    Deviation("iosxr_netconf", "mac_address_table", "moves", 0, NOT_TOLD),
    Deviation("iosxr_netconf", "mac_address_table", "last_move", 0.0, NOT_TOLD),
    Deviation(
        "junos", "bgp_config", "inherits", ("peer_as", "route_reflector_client"),
        "NAPALM copies the group's AS to its peers, and that it is a cluster",
    ),
    Deviation("junos", "bgp_config", "told_limits", True, "NAPALM leaves out what a limit does not say"),
    Deviation("junos", "bgp_neighbors", "absent", ("ipv4", "ipv6"), "NAPALM names both families for every session"),
    Deviation("junos", "bgp_neighbors", "others", ("flow",), "NAPALM knows no other families of Junos' tables"),
    Deviation("junos", "bgp_neighbors", "sent", 0, "nothing was sent of a table that is not in sync"),
    Deviation("junos", "bgp_neighbors", "down", True, "NAPALM counts how long a session is down as its uptime"),
    Deviation("junos", "bgp_neighbors_detail", "timer", 0, NOT_TOLD),
    Deviation("junos", "bgp_neighbors_detail", "flap_count", 0, NOT_TOLD),
    Deviation("junos", "bgp_neighbors_detail", "port", 179, "NAPALM puts the well-known port where none is told"),
    Deviation(
        "junos", "bgp_neighbors_detail", "options", False,
        "NAPALM's agreed value was made without what stands in bgp-option-information, which has its own namespace",
    ),
    Deviation("junos", "bgp_neighbors_detail", "prepend", True, "NAPALM takes it from peer-addpath-not-supported"),
    Deviation("junos", "environment", "leave_out", True, "NAPALM leaves out a class that has no member"),
    Deviation("junos", "environment", "power", {"PEM": "Power Supply"}, "NAPALM calls all supplies alike"),
    Deviation("junos", "environment", "temperature", 0.0, NOT_TOLD),
    Deviation("junos", "environment", "last_threshold", True, "NAPALM compares with the last threshold of the table"),
    Deviation("junos", "environment", "memory", ("physical", 1 << 20, 1), "NAPALM gives the device's number, in MiB"),
    Deviation("junos", "arp_table", "age", None, NOT_TOLD),
    Deviation("junos", "interfaces", "mac_address", "None", "NAPALM writes its own absent value as text"),
    Deviation("junos", "interfaces", "mtu", 0, NOT_TOLD),
    Deviation("junos", "lldp_neighbors", "hostname", "None", "NAPALM writes its own absent value as text"),
    Deviation("junos", "lldp_neighbors_detail", "parent", "-", "NAPALM keeps the device's word for none"),
    Deviation("junos", "mac_address_table", "moves", 0, NOT_TOLD),
    Deviation("junos", "mac_address_table", "last_move", 0.0, NOT_TOLD),
    Deviation(
        "junos", "network_instances", "type",
        {"l2vpn": "L2VPN", "vrf": "L3VRF", "evpn": "BGP_EVPN", "vpls": "BGP_VPLS", "forwarding": "L2P2P"},
        "NAPALM keeps Junos' word where it has none, and has some that OpenConfig has not",
    ),
    Deviation("nxos", "arp_table", "digits", 1, ROUNDED),
    Deviation("nxos", "arp_table", "every_vrf", False, "NAPALM asks for the default VRF only"),
    Deviation("nxos", "bgp_neighbors", "received", 0, NOT_TOLD),
    Deviation("nxos", "facts", "fqdn", "{}", "NAPALM puts the name itself where there is no domain"),
    Deviation("nxos", "interfaces_ip", "every_vrf", False, "NAPALM asks for the default VRF only"),
    Deviation("nxos", "bgp_neighbors", "forgets", "of a session", "NAPALM keeps the family that it reads last"),
    Deviation("nxos", "bgp_neighbors", "remote_id", "{}", "the device does not tell it; NAPALM puts the address"),
    Deviation("nxos", "bgp_neighbors", "ageless", True, "NAPALM does not read how long a session is up"),
    Deviation("nxos", "environment", "good", "Ok", "NAPALM takes any other word, `ok` too, for bad"),
    Deviation("nxos", "environment", "fan", True, NOT_TOLD),
    Deviation("nxos", "environment", "status", True, NOT_TOLD),
    Deviation("nxos", "environment", "memory", ("free", 1 << 20, 1000), "NAPALM gives thousands of the device's MiB"),
    Deviation("nxos", "facts", "serial_number", None, NOT_TOLD),
    Deviation("nxos", "interfaces", "mtu", 0, NOT_TOLD),
    Deviation("nxos", "interfaces", "speed", 0.0, NOT_TOLD),
    Deviation("nxos", "interfaces", "up_when_enabled", ("Vlan",), "NAPALM takes an enabled VLAN interface to be up"),
    Deviation(
        "nxos", "interfaces", "recorded_at", 1_500_000_000,
        "NAPALM counts back from now; its agreed value, from the moment at which its tests stand still",
    ),
    Deviation("nxos", "interfaces_ip", "prefix_length", 128, NOT_TOLD),
    Deviation("nxos", "mac_address_table", "moves", 0, NOT_TOLD),
    Deviation("nxos", "mac_address_table", "last_move", 0.0, NOT_TOLD),
    Deviation("nxos", "network_instances", "route_distinguisher", "0:0", "NAPALM keeps the device's word for none"),
    Deviation("nxos", "ntp_stats", "referenceid", "{}", "NAPALM puts the server itself"),
    Deviation("nxos", "ntp_stats", "delay_unit", 1000, "NAPALM gives the device's own number, which counts seconds"),
    Deviation("nxos", "ntp_stats", "offset", 0.0, NOT_TOLD),
    Deviation("nxos", "ntp_stats", "jitter", 0.0, NOT_TOLD),
    Deviation("nxos_ssh", "ntp_servers", "both", True, "NAPALM does not tell servers from peers"),
    Deviation("nxos_ssh", "ntp_peers", "both", True, "NAPALM does not tell servers from peers"),
    Deviation("nxos", "users", "key_types", False, KEY_TYPES),
    Deviation("nxos", "vlans", "interface", NXOS_NAMES, CANONICAL),
    Deviation("nxos", "vlans", "no_ports", [""], "NAPALM has one port without a name where there is none"),
    Deviation("nxos", "config", "written", *TWICE),
    *(
        Deviation(driver, getter, "interface", NXOS_NAMES, CANONICAL)
        for driver in ("nxos", "nxos_ssh")
        for getter in ("lldp_neighbors", "lldp_neighbors_detail")
    ),
    *(
        Deviation(driver, getter, field, True, why)
        for driver in ("nxos", "nxos_ssh")
        for getter, field, why in (
            ("lldp_neighbors", "dotted", "NAPALM keeps the device's form of a chassis"),
            ("lldp_neighbors_detail", "dotted", "NAPALM keeps the device's form of a chassis"),
            ("users", "all_keys", "NAPALM gives every user the keys of all"),
        )
    ),
    Deviation("nxos_ssh", "interfaces_counters", "counter", 0, NOT_TOLD),
    Deviation("nxos_ssh", "arp_table", "digits", 1, ROUNDED),
    Deviation("nxos_ssh", "bgp_neighbors", "forgets", "of all", "NAPALM keeps the family that it reads last"),
    Deviation("nxos_ssh", "bgp_neighbors", "remote_id", "0.0.0.0", NOT_TOLD),
    Deviation("nxos_ssh", "config", "written", *TWICE),
    Deviation("nxos_ssh", "environment", "memory", ("physical", 1024, 1), KIBIBYTES + "; available is all there is"),
    Deviation("nxos_ssh", "environment", "asks_less", True, "NAPALM asks for no fans and supplies over SSH"),
    Deviation("nxos_ssh", "environment", "no_cpu", {"0": {"%usage": -1.0}}, NOT_TOLD),
    Deviation("nxos_ssh", "environment", "no_fans", {"invalid": {"status": True}}, NOT_TOLD),
    Deviation(
        "nxos_ssh", "environment", "no_power", {"invalid": INVALID}, NOT_TOLD
    ),
    Deviation("nxos_ssh", "facts", "interface", NXOS_NAMES, CANONICAL),
    Deviation("nxos_ssh", "facts", "numberless", ("Tunnel",), "NAPALM reads a name up to its blank: `Tunnel 1`"),
    Deviation("nxos_ssh", "interfaces", "interface", NXOS_NAMES, CANONICAL),
    Deviation("nxos_ssh", "interfaces", "no_mac", ("Vlan",), "NAPALM does not read how VLAN interfaces tell it"),
    Deviation("nxos_ssh", "interfaces_ip", "empty", True, "NAPALM names a family that has no address"),
    Deviation("nxos_ssh", "mac_address_table", "interface", NXOS_NAMES, CANONICAL),
    Deviation("nxos_ssh", "mac_address_table", "static_active", False, "NAPALM calls those that are set inactive"),
    Deviation("nxos_ssh", "network_instances", "route_distinguisher", "0:0", "NAPALM keeps the device's word for none"),
    Deviation("nxos_ssh", "optics", "power", -100.0, NOT_TOLD),
    Deviation("nxos_ssh", "optics", "inventory", True, "NAPALM tells of the module here, and of no other driver"),
    Deviation(
        "nxos_ssh", "optics", "connectors",
        {
            "1000base-LH": "LC_CONNECTOR", "1000base-SX": "LC_CONNECTOR", "10Gbase-LR": "LC_CONNECTOR",
            "10Gbase-SR": "LC_CONNECTOR", "SFP-H10GB-CU1M": "DAC_CONNECTOR", "SFP-H10GB-CU1.45M": "DAC_CONNECTOR",
            "SFP-H10GB-CU3M": "DAC_CONNECTOR", "SFP-H10GB-CU3.45M": "DAC_CONNECTOR",
        },
        "NAPALM takes the connector from the type, of which it knows these",
    ),
    Deviation("nxos_ssh", "route_to", "interface", NXOS_NAMES, CANONICAL),
    Deviation("nxos_ssh", "route_to", "remote_as", 0, "a route that the device made itself came from no other AS"),
    Deviation("nxos_ssh", "route_to", "left_out", ("metric", "preference2"), "NAPALM does not read MED and weight"),
    Deviation("nxos_ssh", "route_to", "preference_from", "metric", "NAPALM takes the metric for the preference"),
    Deviation("nxos_ssh", "users", "key_types", False, KEY_TYPES),
    Deviation("nxos_ssh", "vlans", "interface", NXOS_NAMES, CANONICAL),
    Deviation("nxos_ssh", "vlans", "no_ports", [""], "NAPALM has one port without a name where there is none"),
    *(
        Deviation("junos", "probes_results", field, None, NOT_TOLD)
        for field in ("current_test", "last_test", "global_test", "rtt", "jitter", "probe_count")
    ),
    Deviation("junos", "ping", "all_lost", "Packet loss 100", "NAPALM takes it for a failure when all is lost"),
    Deviation("junos", "ping", "lost", ("*", -0.001), NOT_TOLD),
    Deviation("junos", "ping", "percent", True, "NAPALM gives the device's own number, a percentage"),
    *(
        Deviation(driver, "ping", "failures", False, "NAPALM does not read answers that tell of a failure")
        for driver in ("nxos", "nxos_ssh")
    ),
    Deviation("junos", "route_to", "all_attributes", True, "NAPALM has a null for what BGP does not tell"),
    Deviation("junos", "route_to", "next_hop", None, NOT_TOLD),
    Deviation("junos", "route_to", "outgoing_interface", None, NOT_TOLD),
    Deviation("junos", "route_to", "age", None, NOT_TOLD),
    Deviation("junos", "snmp_information", "only_with_contact", True, "NAPALM finds nothing where there is no contact"),
    Deviation("junos", "snmp_information", "mode", "None", "NAPALM writes its own absent value as text"),
    Deviation("junos", "users", "roles", {"root": 20}, "NAPALM gives root a level of its own"),
)  # fmt: skip
"""Every deviation that is known."""

_TABLE = {(each.driver, each.getter, each.field): each.instead for each in DEVIATIONS}


class Dialect(NamedTuple):
    """What a driver's getter of NAPALM puts in the place of what is absent."""

    driver: str
    getter: str

    def instead(self, field: str, general: Any) -> Any:
        """What this driver has instead, or what drivers have in general."""
        return _TABLE.get((self.driver, self.getter, field), general)

    def renamed(self, field: str, word: str) -> str:
        """A word as this driver writes it: the first of the parts that it has another word for is replaced."""
        for ours, theirs in self.instead(field, {}).items():
            if ours in word:
                return word.replace(ours, theirs)
        return word

    def told(self, value: Any, field: str, general: Any) -> Any:
        """The value, or what is put in the place of an absent one."""
        return self.instead(field, general) if value is None else value
