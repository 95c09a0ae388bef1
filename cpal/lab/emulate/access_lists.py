"""Access lists of IPv4 in Arista's and Cisco's words: which entries are taken, and how they are shown.

A device shows names for the numbers of protocols, ports and messages, and an address in one form, whichever was typed.
Source: Arista EOS user manual, "ACLs and route maps"; Cisco Nexus 9000 NX-OS Security Configuration Guide, "Configuring
IP ACLs"; Cisco IOS Security Command Reference, `permit (IP)`. Which names Cisco's makes know: Batfish's grammar of
NX-OS, `CiscoNxos_ip_access_list.g4`; what IOS answers to `permit udp any eq ?`; Ansible's `ios_acls`. That IOS refuses
a number that is taken: puppetlabs/cisco_ios, pull request 235; what NX-OS says of one was not found, and is as IOS's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cpal.lab.emulate.editor import Refused, Special
from cpal.lab.emulate.grammar import Match, Rules
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import Slot, Taken

ENTRIES: Final = """
[<sequence> =] remark <rest> {entry}
[<sequence> =] (permit|deny) tcp <ends> [<tcp-ports>] <ends> [<tcp-ports>] [<of-packets>] {entry}
[<sequence> =] (permit|deny) udp <ends> [<udp-ports>] <ends> [<udp-ports>] [<of-packets>] {entry}
[<sequence> =] (permit|deny) icmp <ends> <ends> [<icmp-message>] [<of-packets>] {entry}
[<sequence> =] (permit|deny) <protocol> <ends> <ends> [<of-packets>] {entry}
"""
"""The entries of a list that looks at whole packets."""
STANDARD: Final = """
[<sequence> =] remark <rest> {entry}
[<sequence> =] (permit|deny) (<ends>|<ip>) [log] {entry}
"""
"""Those of a list that looks at where packets come from."""

_PROTOCOLS = "icmp=1 igmp=2 tcp=6 udp=17 gre=47 esp=50 ahp=51 eigrp=88 ospf=89 nos=94 pim=103 pcp=108"
_BOTH = "echo=7 discard=9 time=37 tacacs=49 domain=53 sunrpc=111 talk=517 pim-auto-rp=496"
_TCP = (
    "daytime=13 chargen=19 ftp-data=20 ftp=21 telnet=23 smtp=25 whois=43 gopher=70 finger=79 www=80 hostname=101 "
    "pop2=109 pop3=110 ident=113 nntp=119 bgp=179 irc=194 exec=512 login=513 cmd=514 lpd=515 uucp=540 klogin=543 "
    "kshell=544"
)
_UDP = (
    "nameserver=42 bootps=67 bootpc=68 tftp=69 ntp=123 netbios-ns=137 netbios-dgm=138 netbios-ss=139 snmp=161 "
    "snmptrap=162 xdmcp=177 dnsix=195 mobile-ip=434 isakmp=500 biff=512 who=513 syslog=514 rip=520 non500-isakmp=4500"
)
_ARISTA_TCP = "ssh=22 snmp=161 ldap=389 https=443 msdp=639 ldp=646 netconf-ssh=830 gnmi=6030"
_IOS_TCP = "msrpc=135 syslog=514 onep-plain=15001 onep-tls=15002"
_ARISTA_UDP = "daytime=13 ldap=389 ldp=646 bfd=3784 bfd-echo=3785 multihop-bfd=4784"
_MESSAGES = (
    "echo-reply=0 unreachable=3 net-unreachable=3/0 host-unreachable=3/1 protocol-unreachable=3/2 port-unreachable=3/3 "
    "packet-too-big=3/4 source-route-failed=3/5 network-unknown=3/6 host-unknown=3/7 host-isolated=3/8 "
    "dod-net-prohibited=3/9 dod-host-prohibited=3/10 net-tos-unreachable=3/11 host-tos-unreachable=3/12 "
    "administratively-prohibited=3/13 host-precedence-unreachable=3/14 precedence-unreachable=3/15 source-quench=4 "
    "redirect=5 net-redirect=5/0 host-redirect=5/1 net-tos-redirect=5/2 host-tos-redirect=5/3 alternate-address=6 "
    "echo=8 router-advertisement=9 "
    "router-solicitation=10 time-exceeded=11 ttl-exceeded=11/0 reassembly-timeout=11/1 parameter-problem=12 "
    "general-parameter-problem=12/0 option-missing=12/1 no-room-for-option=12/2 "
    "timestamp-request=13 timestamp-reply=14 information-request=15 information-reply=16 mask-request=17 "
    "mask-reply=18 traceroute=30 conversion-error=31 mobile-redirect=32"
)
_FLAGS = frozenset({"established", "ack", "fin", "psh", "rst", "syn", "urg", "fragments", "log", "tracked"})
_WITH_WORD = frozenset({"dscp", "precedence", "tos", "time-range"})


def _names(text: str) -> dict[str, str]:
    """The names of numbers, with the numbers."""
    return {name: number for name, _, number in (each.partition("=") for each in text.split())}


def arista() -> Mapping[str, Slot]:
    """The slots of EOS."""
    protocols = _names(f"{_PROTOCOLS} ipinip=4 rsvp=46 vrrp=112")
    ports = {"tcp": f"{_BOTH} {_TCP} {_ARISTA_TCP}", "udp": f"{_BOTH} {_UDP} {_ARISTA_UDP}"}
    return _slots(protocols, ports, 2**32 - 1, _ends(_as_arista, lengths=True))


def nexus() -> Mapping[str, Slot]:
    """The slots of NX-OS, where an entry has one port or one range."""
    ports = {"tcp": f"{_BOTH} {_TCP} drip=3949", "udp": f"{_BOTH} {_UDP}"}
    return _slots(_names(_PROTOCOLS), ports, 2**32 - 1, _ends(_as_nexus, lengths=True), most=1)


def cisco() -> Mapping[str, Slot]:
    """The slots of IOS, where addresses have wildcard masks."""
    ports = {"tcp": f"{_IOS_TCP} {_BOTH} {_TCP}", "udp": f"{_BOTH} {_UDP}"}
    return _slots(_names(f"{_PROTOCOLS} ipinip=4"), ports, 2**31 - 1, _ends(_as_cisco, lengths=False))


def _slots(
    protocols: Mapping[str, str], ports: Mapping[str, str], largest: int, ends: Slot, most: int = 10
) -> Mapping[str, Slot]:
    return {
        "sequence": _sequence(largest),
        "ends": ends,
        "protocol": _protocol(protocols),
        **{f"{of}-ports": _ports(_names(text), most) for of, text in ports.items()},
        "icmp-message": _message,
        "of-packets": _of_packets,
    }


def _sequence(largest: int) -> Slot:
    def slot(words: Sequence[str], at: int) -> Taken:
        word = words[at]
        return (1, str(int(word))) if word.isdecimal() and 1 <= int(word) <= largest else None

    return slot


def _protocol(names: Mapping[str, str]) -> Slot:
    """A protocol that has no words of its own: those that have are known by name before it."""
    shown = {number: name for name, number in names.items()}

    def slot(words: Sequence[str], at: int) -> Taken:
        word = words[at].lower()
        if word == "ip" or (word in names and word not in ("tcp", "udp", "icmp")):
            return 1, word
        return (1, shown.get(word, word)) if word.isdecimal() and int(word) <= 255 else None

    return slot


def _ends(show: Callable[[int, int, str], str], lengths: bool) -> Slot:
    """One end of a packet's way: `any`, `host A`, `A WILDCARD`, and `A/LENGTH` where a make takes that."""

    def slot(words: Sequence[str], at: int) -> Taken:
        word, more = words[at].lower(), words[at + 1 : at + 2]
        try:
            if word == "any":
                return 1, "any"
            if word == "host":
                return 2, show(int(ipaddress.IPv4Address(more[0])), 0, "host")
            if "/" in word:
                found = ipaddress.IPv4Network(word, strict=False)
                return (1, show(int(found.network_address), int(found.hostmask), "/")) if lengths else None
            wildcard = int(ipaddress.IPv4Address(more[0]))
            return 2, show(int(ipaddress.IPv4Address(word)) & ~wildcard, wildcard, "")
        except (ValueError, IndexError):
            return None

    return slot


def _text(number: int) -> str:
    return str(ipaddress.IPv4Address(number))


def _length(wildcard: int) -> int | None:
    """How long the prefix is; None where the bits that may differ are not the last ones."""
    return None if wildcard & (wildcard + 1) else 32 - wildcard.bit_length()


def _as_arista(address: int, wildcard: int, typed: str) -> str:
    length = _length(wildcard)
    if length is None:
        return f"{_text(address)} {_text(wildcard)}"
    return {0: "any", 32: f"host {_text(address)}"}.get(length, f"{_text(address)}/{length}")


def _as_nexus(address: int, wildcard: int, typed: str) -> str:
    return f"{_text(address)}/{_length(wildcard)}" if typed else f"{_text(address)} {_text(wildcard)}"


def _as_cisco(address: int, wildcard: int, typed: str) -> str:
    if wildcard == 2**32 - 1:
        return "any"
    return f"{_text(address)} {_text(wildcard)}" if wildcard else f"host {_text(address)}"


def _ports(names: Mapping[str, str], most: int) -> Slot:
    """`eq` and `neq` with some ports, `gt` and `lt` with one, `range` with two."""
    shown = {number: name for name, number in names.items()}

    def port(word: str) -> str | None:
        if word.lower() in names:
            return shown[names[word.lower()]]
        return shown.get(str(int(word)), str(int(word))) if word.isdecimal() and int(word) <= 65535 else None

    def slot(words: Sequence[str], at: int) -> Taken:
        operator = words[at].lower()
        wanted = {"eq": most, "neq": most, "gt": 1, "lt": 1, "range": 2}.get(operator, 0)
        found: list[str] = []
        for word in words[at + 1 : at + 1 + wanted]:
            if (said := port(word)) is None:
                break
            found.append(said)
        if not found or (operator == "range" and len(found) < 2):
            return None
        return 1 + len(found), " ".join((operator, *found))

    return slot


_NUMBER_OF = _names(_MESSAGES)
_NAME_OF = {number: name for name, number in _NUMBER_OF.items()}


def _message(words: Sequence[str], at: int) -> Taken:
    """An ICMP message: its name, or its type and perhaps its code."""
    word = words[at].lower()
    if word in _NUMBER_OF:
        return 1, word
    numbers = [each for each in words[at : at + 2] if each.isdecimal() and int(each) <= 255]
    if not word.isdecimal() or not numbers:
        return None
    return len(numbers), _NAME_OF.get("/".join(numbers), " ".join(numbers))


def _of_packets(words: Sequence[str], at: int) -> Taken:
    """What else of a packet is looked at, in all words that are left."""
    left = [word.lower() for word in words[at:]]
    n = 0
    while n < len(left):
        with_number = left[n] == "ttl" and left[n + 1 : n + 2] == ["eq"]
        size = 1 if left[n] in _FLAGS else 2 if left[n] in _WITH_WORD else 3 if with_number else 0
        if not size or n + size > len(left):
            return None
        n += size
    return len(left), " ".join(left)


_BEHIND = 1 << 32
"""Where entries stand, behind all else that a list says."""


def entry(step: int, refusal: str) -> Special:
    """Keep an entry under its number, or the next that is free; an entry is taken away by its text too.

    One under the number of another is refused, as devices change none in its place: `refusal` is said.
    """

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        is_numbered = match.words[0].isdecimal()
        text = match.words[1:] if is_numbered else match.words
        held = {int(each.words[0]): each for each in node.children() if each.words[0].isdecimal()}
        same = [number for number, each in held.items() if each.words[1:] == text]
        if negated:
            for number in [int(match.words[0])] if is_numbered else same:
                node.drop((str(number),))
            return
        if same and not is_numbered and text[0] != "remark":
            return
        number = int(match.words[0]) if is_numbered else (max(held, default=0) // step + 1) * step
        if number in held and number not in same:
            raise Refused(len(match.words), match.words, refusal)
        found = rules.match((str(number), *" ".join(text).split()))
        assert isinstance(found, Match), text
        node.put(found).order = (_BEHIND, number)

    return special
