"""The words of firewall filters of Junos: what may be matched, by name and by number.

Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide, "Firewall Filter Match Conditions
for IPv4 Traffic" and "... for IPv6 Traffic", "Firewall Filter Nonterminating Actions".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cpal.lab.emulate.words import Slot, Taken

_PROTOCOLS = (
    "ah dstopts egp esp fragment gre hop-by-hop icmp icmp6 icmpv6 igmp ipip ipv6 no-next-header ospf pim routing rsvp "
    "sctp tcp udp vrrp"
)
_PORTS = (
    "afs bgp biff bootpc bootps cmd cvspserver dhcp domain eklogin ekshell exec finger ftp ftp-data http https ident "
    "imap kerberos-sec klogin kpasswd krb-prop krbupdate kshell ldap ldp login mobileip-agent mobilip-mn msdp "
    "netbios-dgm netbios-ns netbios-ssn nfsd nntp ntalk ntp pop3 pptp printer radacct radius rip rkinit smtp snmp "
    "snmptrap snpp socks ssh sunrpc syslog tacacs tacacs-ds talk telnet tftp timed who xdmcp zephyr-clt zephyr-hm"
)
_TYPES = (
    "echo-reply echo-request info-reply info-request mask-request mask-reply parameter-problem redirect "
    "router-advertisement router-solicit source-quench time-exceeded timestamp timestamp-reply unreachable "
    "certificate-path-advertisement certificate-path-solicitation destination-unreachable membership-query "
    "membership-report membership-termination neighbor-advertisement neighbor-solicit packet-too-big"
)
_CODES = (
    "ip-header-bad required-option-missing redirect-for-host redirect-for-network redirect-for-tos-and-host "
    "redirect-for-tos-and-net ttl-eq-zero-during-reassembly ttl-eq-zero-during-transit "
    "communication-prohibited-by-filtering destination-host-prohibited destination-host-unknown "
    "destination-network-prohibited destination-network-unknown fragmentation-needed host-precedence-violation "
    "host-unreachable host-unreachable-for-TOS network-unreachable network-unreachable-for-TOS port-unreachable "
    "precedence-cutoff-in-effect protocol-unreachable source-host-isolated source-route-failed"
)
_DSCPS = "af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 be cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 ef"


def _named(names: str, most: int, ranges: bool = False) -> Slot:
    """A slot for a name, a number, or a range of both, where there are ranges."""
    known = frozenset(names.split())

    def one(word: str) -> bool:
        return word in known or (word.isdecimal() and int(word) <= most)

    def slot(words: Sequence[str], at: int) -> Taken:
        low, dash, high = words[at].partition("-")
        is_range = ranges and bool(dash) and one(low) and one(high)
        return (1, words[at]) if one(words[at]) or is_range else None

    return slot


FILTER_SLOTS: Final[dict[str, Slot]] = {
    "filter-protocol": _named(_PROTOCOLS, 255, ranges=True),
    "filter-port": _named(_PORTS, 65535, ranges=True),
    "icmp-type": _named(_TYPES, 255, ranges=True),
    "icmp-code": _named(_CODES, 255, ranges=True),
    "dscp": _named(_DSCPS, 63),
}
"""The slots of match conditions."""
