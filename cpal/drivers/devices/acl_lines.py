"""How Arista's and Cisco's switches write the entries of access lists, both ways. Pure.

Devices show names for numbers, and one address in several ways; all of them are read as the words of `AclEntry`. An
entry that says more than those can, such as `log` or several ports, is read as it stands. What is written are numbers,
and prefixes or what a make has instead of them.

Source: Arista EOS user manual, "ACLs and route maps"; Cisco Nexus 9000 NX-OS Security Configuration Guide, "Configuring
IP ACLs"; Cisco IOS Security Command Reference, `permit (IP)`, `deny (IP)`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence

from cpal.core.rows import Value
from cpal.drivers.devices.render_acl import entry_of
from cpal.model.acl import ACCEPT, ANY, DROP, AclEntry
from cpal.model.security import ICMP, TCP, UDP, protocol_number
from cpal.model.target import Range

_ACTIONS = {"permit": ACCEPT, "deny": DROP}
_SAID = {action: word for word, action in _ACTIONS.items()}
_PROTOCOLS: Mapping[str, int | None] = {
    "ip": None, "icmp": ICMP, "igmp": 2, "ipinip": 4, "tcp": TCP, "udp": UDP, "rsvp": 46, "gre": 47, "esp": 50,
    "ahp": 51, "eigrp": 88, "ospf": 89, "nos": 94, "pim": 103, "pcp": 108, "vrrp": 112, "sctp": 132,
}  # fmt: skip
_BOTH = {
    "echo": 7, "discard": 9, "daytime": 13, "time": 37, "tacacs": 49, "domain": 53, "sunrpc": 111, "ntp": 123,
    "snmp": 161, "bgp": 179, "ldap": 389, "syslog": 514, "talk": 517, "ldp": 646, "pim-auto-rp": 496,
}  # fmt: skip
_PORTS: Mapping[int, Mapping[str, int]] = {
    TCP: _BOTH | {
        "chargen": 19, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "whois": 43, "gopher": 70,
        "finger": 79, "www": 80, "http": 80, "hostname": 101, "pop2": 109, "pop3": 110, "ident": 113, "nntp": 119,
        "msrpc": 135, "irc": 194, "https": 443, "exec": 512, "login": 513, "cmd": 514, "lpd": 515, "uucp": 540,
        "klogin": 543, "kshell": 544, "msdp": 639, "netconf-ssh": 830, "drip": 3949, "gnmi": 6030,
        "onep-plain": 15001, "onep-tls": 15002,
    },
    UDP: _BOTH | {
        "nameserver": 42, "bootps": 67, "bootpc": 68, "tftp": 69, "netbios-ns": 137, "netbios-dgm": 138,
        "netbios-ss": 139, "snmptrap": 162, "xdmcp": 177, "dnsix": 195, "mobile-ip": 434, "isakmp": 500, "biff": 512,
        "who": 513, "rip": 520, "bfd": 3784, "bfd-echo": 3785, "non500-isakmp": 4500, "multihop-bfd": 4784,
    },
}  # fmt: skip
_MESSAGES: Mapping[str, tuple[int, int | None]] = {
    "echo-reply": (0, None), "unreachable": (3, None), "net-unreachable": (3, 0), "host-unreachable": (3, 1),
    "protocol-unreachable": (3, 2), "port-unreachable": (3, 3), "packet-too-big": (3, 4),
    "source-route-failed": (3, 5), "network-unknown": (3, 6), "host-unknown": (3, 7), "host-isolated": (3, 8),
    "dod-net-prohibited": (3, 9), "dod-host-prohibited": (3, 10), "net-tos-unreachable": (3, 11),
    "host-tos-unreachable": (3, 12), "administratively-prohibited": (3, 13), "host-precedence-unreachable": (3, 14),
    "precedence-unreachable": (3, 15), "source-quench": (4, None), "redirect": (5, None), "net-redirect": (5, 0),
    "host-redirect": (5, 1), "net-tos-redirect": (5, 2), "host-tos-redirect": (5, 3), "alternate-address": (6, None),
    "echo": (8, None), "router-advertisement": (9, None), "router-solicitation": (10, None),
    "time-exceeded": (11, None), "ttl-exceeded": (11, 0), "reassembly-timeout": (11, 1),
    "parameter-problem": (12, None), "general-parameter-problem": (12, 0), "option-missing": (12, 1),
    "no-room-for-option": (12, 2), "timestamp-request": (13, None), "timestamp-reply": (14, None),
    "information-request": (15, None), "information-reply": (16, None), "mask-request": (17, None),
    "mask-reply": (18, None), "traceroute": (30, None), "conversion-error": (31, None), "mobile-redirect": (32, None),
}  # fmt: skip


class _Beyond(Exception):
    """An entry that says what no record can."""


def read(text: str) -> Value:
    """What an entry says, without its number."""
    words = text.split()
    try:
        return _entry(words).words
    except (_Beyond, ValueError, IndexError):
        return " ".join(words)


def _entry(words: Sequence[str]) -> AclEntry:
    rest = list(words)
    action, protocol = _ACTIONS.get(rest.pop(0)), _protocol(rest.pop(0))
    if action is None:
        raise _Beyond
    source, source_port = _address(rest), _ports(rest, protocol)
    destination, destination_port = _address(rest), _ports(rest, protocol)
    icmp_type, icmp_code = _message(rest) if protocol == ICMP else (None, None)
    if rest:
        raise _Beyond
    return AclEntry(
        sequence_id=0,
        forwarding_action=action,
        protocol=str(protocol or ""),
        source_address=source,
        source_port=source_port,
        destination_address=destination,
        destination_port=destination_port,
        icmp_type=icmp_type,
        icmp_code=icmp_code,
    )


def _protocol(word: str) -> int | None:
    if word in _PROTOCOLS:
        return _PROTOCOLS[word]
    if (number := int(word)) == 0:
        raise _Beyond
    return number


def _address(rest: list[str]) -> str:
    """An address, whose words are taken: `any`, `host A`, `A/LENGTH`, or `A` and a wildcard mask."""
    word = rest.pop(0)
    if word == ANY:
        return ""
    if word == "host":
        return str(ipaddress.IPv4Network(rest.pop(0)))
    if "/" in word:
        return str(ipaddress.IPv4Network(word, strict=False))
    wildcard = int(ipaddress.IPv4Address(rest.pop(0)))
    if wildcard & (wildcard + 1):
        raise _Beyond
    return str(ipaddress.IPv4Network((word, 32 - wildcard.bit_length()), strict=False))


def _ports(rest: list[str], protocol: int | None) -> Range | None:
    if protocol is None or protocol not in _PORTS or not rest or rest[0] not in ("eq", "range", "gt", "lt"):
        return None
    names = _PORTS[protocol]

    def port() -> int:
        word = rest.pop(0)
        return names[word] if word in names else int(word)

    operator, first = rest.pop(0), port()
    if operator == "gt":
        found = Range(first + 1, 65535)
    elif operator == "lt":
        found = Range(0, first - 1)
    else:
        found = Range(first, port() if operator == "range" else first)
    if found.start > found.end:
        raise _Beyond
    return found


def _message(rest: list[str]) -> tuple[int | None, int | None]:
    if not rest:
        return None, None
    word = rest.pop(0)
    if word in _MESSAGES:
        return _MESSAGES[word]
    return int(word), int(rest.pop(0)) if rest else None


def written(address: Callable[[ipaddress.IPv4Network], str] = str) -> Callable[[Value], str]:
    """How a make writes an entry, without its number: with prefixes, or with what `address` has for one."""

    def say(value: Value) -> str:
        entry = entry_of(0, str(value))
        if entry is None:
            return str(value)
        number = protocol_number(entry.protocol, 4)
        protocol = next(word for word, of in _WRITTEN.items() if of == number) if number in _NUMBERS else str(number)
        said = [_SAID[entry.forwarding_action], protocol]
        for prefix, ports in (
            (entry.source_address, entry.source_port),
            (entry.destination_address, entry.destination_port),
        ):
            said.append(address(ipaddress.IPv4Network(prefix)) if prefix else ANY)
            if ports is not None:
                one = ports.start == ports.end
                said.append(f"eq {ports.start}" if one else f"range {ports.start} {ports.end}")
        said += [str(each) for each in (entry.icmp_type, entry.icmp_code) if each is not None]
        return " ".join(said)

    return say


_WRITTEN: Mapping[str, int | None] = {"ip": None, "icmp": ICMP, "tcp": TCP, "udp": UDP}
_NUMBERS = frozenset(_WRITTEN.values())


def with_wildcard(prefix: ipaddress.IPv4Network) -> str:
    """A prefix as IOS writes it: `host A`, or with the bits that may differ."""
    if prefix.prefixlen == prefix.max_prefixlen:
        return f"host {prefix.network_address}"
    return f"{prefix.network_address} {prefix.hostmask}"
