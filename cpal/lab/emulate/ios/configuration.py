"""An IOS configuration: what a new device has, what some lines do beyond being kept, how it is read and shown."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from cpal.lab.emulate.access_lists import entry
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.editor import Editor, Refused, Special
from cpal.lab.emulate.grammar import Match, Rules
from cpal.lab.emulate.interface import lacks
from cpal.lab.emulate.ios import vrfs
from cpal.lab.emulate.ios.grammar import rules
from cpal.lab.emulate.ios.refusal import refusal
from cpal.lab.emulate.ios.state import Interface
from cpal.lab.emulate.lists import (
    allowed_vlans,
    member,
    passive_interface,
    put,
    shown_mode,
    starting_process,
    tree_priority,
)
from cpal.lab.emulate.secrets import hashed
from cpal.lab.emulate.tree import Node, rendered
from cpal.lab.emulate.words import expanded

INDENT = 1
TEXT_END = "^C"
"""What a banner is shown between: the caret and the letter, as IOS prints the one character that they stand for."""
FACTORY = """
service timestamps debug datetime msec
service timestamps log datetime msec
ip scp server enable
archive
 path flash:archive
spanning-tree mode pvst
line con 0
line vty 0 4
 login local
 transport input ssh
"""
"""What a new device has, beside its name, its user and its ports: files can be copied to it, and timers can revert."""

_SECRET = re.compile(r"(.*?)\b(?:secret|password) (?:0 )?(\S+)$")
_HASHED = re.compile(r"\b(?:secret|password) [5-9] \S+$")
_RANGE = re.compile(r"int(?:e(?:r(?:f(?:a(?:ce?)?)?)?)?)?\s+range\s+(.+)", re.I)
_SHORT = (
    (re.compile(r"(no )?ip domain-(name|lookup)\b"), r"\1ip domain \2"),
    (re.compile(r"(address-family ipv[46]) unicast(?= vrf|$)"), r"\1"),
    (re.compile(r"(encapsulation) dot1Q\b"), r"\1 dot1q"),
    (re.compile(r"((?:no )?logging) (?=\d+\.)"), r"\1 host "),
    (re.compile(r"((?:no )?logging host .*) transport udp port 514(?!\d)"), r"\1"),
    (re.compile(r"((?:no )?ip(?:v6)? route .*[\da-fA-F:]) 1(?= name| tag| permanent|$)"), r"\1"),
)
"""Lines that may be written otherwise than IOS shows them; what holds of itself is not shown: port 514, distance 1."""
_BANNER = re.compile(r"banner\s+(exec|incoming|login|motd)\s+(\S.*)", re.I | re.S)
_HEAD = re.compile(r"(Building configuration|Current configuration :|Using \d+ out of|end$)")
"""Lines around a configuration that are none of it."""


_NO_VRF = ("no vrf definition ", "no ip vrf ")


class Problem(NamedTuple):
    """A line of a file that was not taken, and what IOS says of it."""

    line: str
    said: str


def factory(device: Device) -> Node:
    """The configuration of a new device."""
    root = Node()
    editor = editing(device, root)
    for line in (
        f"version {device.identity.version}", f"hostname {device.identity.name}",
        f"username {device.user} privilege 15 secret {device.password}",
        f"interface {device.ports[-1]}", "no switchport", *FACTORY.splitlines(),
    ):  # fmt: skip
        editor.type(line)
    return root


def editing(device: Device, root: Node) -> Editor:
    """One who types into a configuration, in which each port of the device has its section."""
    notes: list[str] = []
    special = {
        **SPECIAL,
        "vrf-of-interface": vrfs.moving(notes),
        "address": vrfs.addressed(root),
        "portfast": _portfast(notes),
        "rd": vrfs.distinguished(device.leaving),
        "member": member(root, rules(), "Port-channel", _MIXED),
        "starts-process": starting_process(root, rules()),
    }
    editor = Editor(
        rules(), root, special, _clash, wrong=partial(_wrong, device, root), notes=notes, leaving=device.leaving
    )
    editor.have(device.ports)
    return editor


def typed(editor: Editor, line: str) -> None:
    """Type a line as IOS takes it: ranges of interfaces, `exit` and its like, words that stand for others.

    Raises:
        Refused: no mode knows it.
    """
    plain = " ".join(line.split())
    ranged = _RANGE.fullmatch(plain)
    if ranged:
        _open(editor, list(_names(ranged[1])))
    elif plain.lower() in ("exit", "exit-address-family"):
        editor.leave()
    else:
        for short, whole in _SHORT:
            plain = short.sub(whole, plain)
        gone = vrfs.section_of(editor.root, plain.split()[-1]) if plain.startswith(_NO_VRF) else None
        editor.type(plain)
        if gone is not None:
            vrfs.leave(gone, editor.leaving)
        if plain.startswith("no ") and ("vrf" in plain or "address-family" in plain):
            vrfs.settle(editor.root, editor.notes)


def _names(spec: str) -> Iterator[str]:
    stem = ""
    for part in re.sub(r"\s*([-,])\s*", r"\1", spec).split(","):
        found = re.fullmatch(r"([A-Za-z-]*\s*(?:\d+/)*)(\d+)(?:-(?:[A-Za-z-]*\s*(?:\d+/)*)(\d+))?", part)
        if found is None:
            raise Refused(2, ("interface", "range", part))
        stem = found[1] or stem
        yield from (f"{stem}{number}" for number in expanded(f"{found[2]}-{found[3] or found[2]}"))


def _open(editor: Editor, names: list[str]) -> None:
    nodes = []
    for name in names:
        editor.type(f"interface {name}")
        nodes += editor.mode.nodes
    editor.mode.nodes[:] = nodes


def banner(line: str) -> tuple[str, str, str] | None:
    """A banner's line, its end mark, and what follows the mark on the line; nothing where it is no banner."""
    found = _BANNER.fullmatch(line.strip())
    if found is None:
        return None
    mark = TEXT_END if found[2].startswith(TEXT_END) else found[2][0]
    return f"banner {found[1].lower()} {TEXT_END}", mark, found[2][len(mark) :]


def read(device: Device, root: Node, text: str) -> list[Problem]:
    """Type a file into a configuration; what of it was not taken."""
    editor, problems = editing(device, root), []
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    for line in lines:
        if not line.strip() or line.lstrip().startswith("!") or _HEAD.match(line.strip()):
            continue
        try:
            begun = banner(line)
            if begun:
                editor.type(begun[0], _until(lines, begun[1], begun[2]))
            else:
                typed(editor, line)
        except Refused as refused:
            problems.append(Problem(line.strip(), refusal(refused, line.strip(), 0)))
    return problems


def _until(lines: Iterator[str], mark: str, first: str) -> str:
    """A text to its end mark."""
    found = []
    line: str | None = first
    while line is not None and mark not in line:
        found.append(line)
        line = next(lines, None)
    return "\n".join([*found, (line or "").partition(mark)[0]]).strip("\n")


def lines(root: Node) -> list[str]:
    """The lines of a configuration, to its `end`."""
    return [*rendered(root, INDENT, end=TEXT_END), "!", "end"]


def shown(root: Node) -> str:
    """The running configuration as text, with the lines that IOS puts around it."""
    text = "\n".join(lines(root)) + "\n"
    at = time.strftime("%H:%M:%S UTC %a %b %d %Y", time.gmtime())
    head = f"Building configuration...\n\nCurrent configuration : {len(text)} bytes\n!\n"
    return f"{head}! Last configuration change at {at}\n!\n{text}"


def hostname(root: Node) -> str:
    """What the device calls itself."""
    return root.value("hostname") or "Switch"


def knows(root: Node, user: str, password: str) -> bool:
    """Whether a user may come in."""
    return (root.value("username", user) or "").endswith(f"secret 9 {hashed(user, password)}")


def privilege(root: Node, user: str) -> int:
    """The level at which a user begins."""
    found = re.search(r"privilege (\d+)", root.value("username", user) or "")
    return int(found[1]) if found else 1


def enables(root: Node, password: str) -> bool | None:
    """Whether a password leads to level 15; None where no password is set."""
    kept = root.value("enable", "secret") or root.value("enable", "password")
    return None if kept is None else kept.endswith(hashed("enable", password))


def serves_ssh(root: Node) -> bool:
    """Whether one may come in over SSH."""
    return any(
        set((node.value("transport", "input") or "ssh").split()) & {"ssh", "all"} for node in root.each("line", "vty")
    )


def has_archive(root: Node) -> bool:
    """Whether configurations are archived, without which no timer reverts."""
    section = root.find("archive")
    return section is not None and section.has("path")


def _wrong(device: Device, root: Node, match: Match) -> str:
    """A port is one of the model; BGP is in a VRF with a route distinguisher, and the same is said where there is none.

    Source: what devices were seen to say.
    """
    if match.words[0] == "interface" and lacks(device, Interface, match.words[1]):
        return "%Invalid interface type and number"
    if match.words[0] == "address-family" and match.words[2:3] == ("vrf",):
        vrf = vrfs.section_of(root, match.words[3])
        return "" if vrf is not None and vrf.has("rd") else f"% VRF {match.words[3]} does not have an RD configured."
    if match.words[:2] == ("ip", "route") and _has_host_bits(*match.words[2 + 2 * ("vrf" in match.words) :][:2]):
        return "%Inconsistent address and mask"
    return vrfs.refusal(root, match.words) or _without_vrf(root, match.words)


def _has_host_bits(address: str, mask: str) -> bool:
    return int(ipaddress.ip_address(address)) & ~int(ipaddress.ip_address(mask)) != 0


_NAMING_A_VRF = (("ntp", "server"), ("logging", "host"), ("ip", "route"), ("ipv6", "route"))
"""How lines begin that name a VRF which must be defined before."""


def _without_vrf(root: Node, words: tuple[str, ...]) -> str:
    """What is said of a line in a VRF that nobody defined. The sentence is that of a static route, for all of them.

    Source: what a collector of configurations expects devices to say.
    """
    vrf = words[words.index("vrf") + 1] if words[:2] in _NAMING_A_VRF and "vrf" in words else ""
    if not vrf or vrfs.section_of(root, vrf) is not None:
        return ""
    return f"%IP routing table VRF {vrf} does not exist. Create first"


def _clash(held: Node, wanted: Match) -> str:
    if wanted.words[:2] == ("router", "bgp"):
        return f"BGP is already running; AS is {held.words[2]}"
    if wanted.words[:2] == ("router", "ospf"):
        return "%VRF specified does not match existing router"
    return f"% {held.line} is configured already"


_CAUTION = (
    "%Warning: portfast should only be enabled on ports connected to a single\n host. Connecting hubs, concentrators, "
    "switches, bridges, etc... to this\n interface  when portfast is enabled, can cause temporary bridging loops.\n"
    " Use with CAUTION\n"
)
"""What IOS says where a port is to forward at once. Source: Cisco's documents, and devices that were seen."""


def _portfast(notes: list[str]) -> Special:
    """A port that forwards at once, of which IOS warns."""

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        node.drop(("spanning-tree", "portfast"))
        if not negated:
            node.put(match)
            notes.extend([_CAUTION] if "disable" not in match.words else [])

    return special


def _secret(node: Node, match: Match, negated: bool, _: Rules) -> None:
    if negated:
        node.drop(match.words[:2])
        return
    found = _SECRET.fullmatch(match.words[2])
    if found and not _HASHED.search(match.words[2]):
        kept = f"{found[1]}secret 9 {hashed(match.words[1], found[2])}"
        match = Match(match.rule, (*match.words[:2], kept))
    node.put(match)


def _enable(node: Node, match: Match, negated: bool, _: Rules) -> None:
    if negated:
        node.drop(match.words[:2])
        return
    words = match.words[2].split()
    if len(words) == 1 or words[0] == "0":
        match = Match(match.rule, (*match.words[:2], f"9 {hashed('enable', words[-1])}"))
    node.put(match)


def _prefix_list(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """Give an entry of a prefix list the next number; an entry is taken away by its text too."""
    start = (*match.words[:3], "seq")
    entries = list(node.each(*start))
    same = [each for each in entries if " ".join(each.words[5:]) == " ".join(match.words[3:])]
    if negated:
        for key in [key for each in same for key in node.matching(each.words)]:
            node.drop(key)
    elif not same:
        last = max((int(each.words[4]) for each in entries), default=0)
        put(node, rules, (*start, str((last // 5 + 1) * 5), *" ".join(match.words[3:]).split()))


def _options(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """`no redistribute connected subnets` takes the word away and leaves the rest: without words, all of it goes.

    Source: Cisco IOS IP Routing: Protocol-Independent Command Reference, `redistribute (IP)`.
    """
    held = node.find(*match.words[: len(match.rule.identity)])
    words = " ".join(match.words[len(match.rule.identity) :]).split() if negated else []
    if not words or held is None:
        for key in node.matching(match.words) if negated else ():
            node.drop(key)
        if not negated:
            node.put(match)
        return
    put(node, rules, [word for word in " ".join(held.words).split() if word not in words])


_MIXED = "Command rejected: the members of a channel are all in mode on, or none of them"
SPECIAL: Mapping[str, Special] = {
    "secret": _secret,
    "enable": _enable,
    "allowed": allowed_vlans,
    "passive": passive_interface,
    "tree": tree_priority,
    "tree-mode": shown_mode("pvst"),
    "entry": entry(10, "% Duplicate sequence number\n% Failed to add ace"),
    "prefix-list": _prefix_list,
    "options": _options,
}
"""What lines with these flags do."""
