"""How Junos says the terms of a firewall filter of IPv4, both ways, as what an entry of an access list says. Pure.

Names are read as the numbers that they stand for; what is written are numbers, but for the names of TCP, UDP and ICMP.
A term that says more than an entry can, such as `count` or several ports, is read as it stands.

Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide, "Firewall Filter Match Conditions
for IPv4 Traffic", "Firewall Filter Terminating Actions", "How Standard Firewall Filters Evaluate Packets": a term
without an action accepts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping

from cpal.drivers.devices.junos.text import statements
from cpal.drivers.devices.parse.tree import Tree, put
from cpal.drivers.devices.render_acl import entry_of
from cpal.model.acl import ACCEPT, DROP, AclEntry
from cpal.model.security import ICMP, TCP, UDP, protocol_number
from cpal.model.target import Range

_ACTIONS = {"accept": ACCEPT, "discard": DROP}
_SAID = {action: word for word, action in _ACTIONS.items()}
_PROTOCOLS: Mapping[str, int] = {
    "icmp": ICMP, "igmp": 2, "ipip": 4, "tcp": TCP, "egp": 8, "udp": UDP, "ipv6": 41, "routing": 43, "fragment": 44,
    "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "icmp6": 58, "icmpv6": 58, "no-next-header": 59, "dstopts": 60,
    "ospf": 89, "pim": 103, "vrrp": 112, "sctp": 132,
}  # fmt: skip
_PORTS: Mapping[str, int] = {
    "afs": 1483, "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "cmd": 514, "cvspserver": 2401, "dhcp": 67,
    "domain": 53, "eklogin": 2105, "ekshell": 2106, "exec": 512, "finger": 79, "ftp": 21, "ftp-data": 20, "http": 80,
    "https": 443, "ident": 113, "imap": 143, "kerberos-sec": 88, "klogin": 543, "kpasswd": 761, "krb-prop": 754,
    "krbupdate": 760, "kshell": 544, "ldap": 389, "ldp": 646, "login": 513, "mobileip-agent": 434, "mobilip-mn": 435,
    "msdp": 639, "netbios-dgm": 138, "netbios-ns": 137, "netbios-ssn": 139, "nfsd": 2049, "nntp": 119, "ntalk": 518,
    "ntp": 123, "pop3": 110, "pptp": 1723, "printer": 515, "radacct": 1813, "radius": 1812, "rip": 520, "rkinit": 2108,
    "smtp": 25, "snmp": 161, "snmptrap": 162, "snpp": 444, "socks": 1080, "ssh": 22, "sunrpc": 111, "syslog": 514,
    "tacacs": 49, "tacacs-ds": 65, "talk": 517, "telnet": 23, "tftp": 69, "timed": 525, "who": 513, "xdmcp": 177,
    "zephyr-clt": 2103, "zephyr-hm": 2104,
}  # fmt: skip
_TYPES: Mapping[str, int] = {
    "echo-reply": 0, "unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
    "router-solicit": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp": 13, "timestamp-reply": 14,
    "info-request": 15, "info-reply": 16, "mask-request": 17, "mask-reply": 18,
}  # fmt: skip
_CODES: Mapping[str, int] = {
    "ip-header-bad": 0, "required-option-missing": 1, "redirect-for-network": 0, "redirect-for-host": 1,
    "redirect-for-tos-and-net": 2, "redirect-for-tos-and-host": 3, "ttl-eq-zero-during-transit": 0,
    "ttl-eq-zero-during-reassembly": 1, "network-unreachable": 0, "host-unreachable": 1, "protocol-unreachable": 2,
    "port-unreachable": 3, "fragmentation-needed": 4, "source-route-failed": 5, "destination-network-unknown": 6,
    "destination-host-unknown": 7, "source-host-isolated": 8, "destination-network-prohibited": 9,
    "destination-host-prohibited": 10, "network-unreachable-for-TOS": 11, "host-unreachable-for-TOS": 12,
    "communication-prohibited-by-filtering": 13, "host-precedence-violation": 14, "precedence-cutoff-in-effect": 15,
}  # fmt: skip


def read(term: Tree) -> str:
    """What a term says, as the words of an entry; as it stands where no entry can say it."""
    said = statements(term)
    try:
        return _entry(said).words
    except (ValueError, KeyError):
        return "; ".join(sorted(said)) or "nothing"


def _entry(said: set[str]) -> AclEntry:
    """The entry that a term is. Raises ValueError, KeyError: it says what none can."""
    fields: dict[str, str] = {}
    action = ACCEPT
    for statement in said:
        above, _, rest = statement.partition(" ")
        word, _, told = rest.partition(" ")
        if above == "then" and not told:
            action = _ACTIONS[word]
        elif above == "from" and told and word not in fields:
            fields[word] = told
        else:
            raise ValueError(statement)
    if sum(statement.startswith("then ") for statement in said) > 1:
        raise ValueError("several actions")
    values = {_FIELDS[word][0]: _FIELDS[word][1](told) for word, told in fields.items()}
    _refuse_loose(values)
    return AclEntry(sequence_id=0, forwarding_action=action, **values)  # type: ignore[arg-type]  # by `_FIELDS`


def _refuse_loose(values: Mapping[str, object]) -> None:
    """Raise ValueError where ports or messages are told of no protocol that has them, which no entry can say."""
    protocol = values.get("protocol")
    ports, messages = values.keys() & {"source_port", "destination_port"}, values.keys() & {"icmp_type", "icmp_code"}
    if (ports and protocol not in (str(TCP), str(UDP))) or (messages and protocol != str(ICMP)):
        raise ValueError("what is told of no protocol")
    if messages == {"icmp_code"}:
        raise ValueError("a code of no type")


def _number(names: Mapping[str, int]) -> Callable[[str], int]:
    return lambda word: names[word] if word in names else int(word)


def _protocol(word: str) -> str:
    if (number := _number(_PROTOCOLS)(word)) == 0:
        raise ValueError(word)
    return str(number)


def _ports(word: str) -> Range:
    if word in _PORTS:
        return Range(_PORTS[word], _PORTS[word])
    low, _, high = word.partition("-")
    return Range(_number(_PORTS)(low), _number(_PORTS)(high or low))


def _prefix(word: str) -> str:
    return str(ipaddress.IPv4Network(word, strict=False))


_FIELDS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "protocol": ("protocol", _protocol),
    "source-address": ("source_address", _prefix),
    "destination-address": ("destination_address", _prefix),
    "source-port": ("source_port", _ports),
    "destination-port": ("destination_port", _ports),
    "icmp-type": ("icmp_type", _number(_TYPES)),
    "icmp-code": ("icmp_code", _number(_CODES)),
}
"""The match conditions that an entry can say, each with its field, and what it is of a word."""
_NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp"}


def written(words: str) -> Tree:
    """A term that says what the words of an entry say, or the statements that are read as they stand."""
    entry = entry_of(0, words)
    if entry is None:
        found: Tree = {}
        for statement in words.split("; "):
            put(found, tuple(filter(None, statement.partition(" ")[::2])))
        return found
    protocol = protocol_number(entry.protocol, 4)
    said = {
        "source-address": entry.source_address,
        "destination-address": entry.destination_address,
        "protocol": "" if protocol is None else _NAMES.get(protocol, str(protocol)),
        "source-port": _said(entry.source_port),
        "destination-port": _said(entry.destination_port),
        "icmp-type": "" if entry.icmp_type is None else str(entry.icmp_type),
        "icmp-code": "" if entry.icmp_code is None else str(entry.icmp_code),
    }
    term: Tree = {}
    for word, told in said.items():
        if told:
            put(term, ("from", f"{word} {told}"))
    put(term, ("then", _SAID[entry.forwarding_action]))
    return term


def _said(ports: Range | None) -> str:
    if ports is None:
        return ""
    return str(ports.start) if ports.start == ports.end else f"{ports.start}-{ports.end}"
