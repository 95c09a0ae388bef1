"""An EOS configuration: what a new device has, what some lines do beyond being kept, and how it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cpal.lab.emulate.access_lists import entry
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.editor import Editor, Special
from cpal.lab.emulate.eos.grammar import rules
from cpal.lab.emulate.grammar import Match, Rules
from cpal.lab.emulate.lists import (
    allowed_vlans,
    interface_vrf,
    member,
    numbered,
    passive_interface,
    put,
    shown_mode,
    tree_priority,
)
from cpal.lab.emulate.secrets import hashed
from cpal.lab.emulate.tree import Node, rendered

INDENT = 3
ALIASES = {"mlag": "mlag configuration"}
"""Lines that may be written shorter than EOS shows them."""
_WITH_SECRET = re.compile(r"(.*?)\bsecret (?:0 )?(\S+)$")
_HASHED = re.compile(r"secret (sha512|5|\*) ")

FACTORY = """
no aaa root
transceiver qsfp default-mode 4x10G
service routing protocols model multi-agent
spanning-tree mode mstp
no ip routing
no ipv6 unicast-routing
management api http-commands
no shutdown
"""


def factory(device: Device) -> Node:
    """The configuration of a new device: its user, its ports, eAPI switched on."""
    root = Node()
    editor = editing(device, root)
    for line in (
        *FACTORY.splitlines(),
        f"hostname {device.identity.name}",
        f"username {device.user} privilege 15 role network-admin secret {device.password}",
    ):
        editor.type(line)
    return root


def clean(device: Device) -> Node:
    """What a session has after `rollback clean-config`: ports, and the lines that EOS always shows."""
    root = Node()
    editor = editing(device, root)
    for line in ("no aaa root", "spanning-tree mode mstp", "no ip routing", "no ipv6 unicast-routing"):
        editor.type(line)
    return root


def editing(device: Device, root: Node) -> Editor:
    """One who types into a configuration, in which each port of the device has its section."""
    special = {**SPECIAL, "member": member(root, rules(), "Port-Channel", _MIXED)}
    editor = Editor(rules(), root, special, _clash)
    editor.have(device.ports)
    return editor


def shown(device: Device, root: Node, command: str) -> list[str]:
    """A configuration as text, with the lines that EOS puts around it."""
    head = [
        f"! Command: {command}",
        f"! device: {hostname(root)} ({device.identity.model}, EOS-{device.identity.version})",
    ]
    return [*head, "!", "! boot system flash:/EOS.swi", "!", *lines(root)]


def lines(root: Node) -> list[str]:
    """The lines of a configuration, to its `end`."""
    return [*rendered(root, INDENT), "!", "end"]


def hostname(root: Node) -> str:
    """What the device calls itself."""
    return root.value("hostname") or "localhost"


def knows(root: Node, user: str, password: str) -> bool:
    """Whether a user may come in."""
    kept = root.value("username", user) or ""
    return kept.endswith(("nopassword", f"secret sha512 {hashed(user, password)}"))


def serves_eapi(root: Node) -> bool:
    """Whether eAPI is switched on."""
    section = root.find("management", "api", "http-commands")
    return section is not None and section.has("no", "shutdown")


def _clash(held: Node, wanted: Match) -> str:
    if wanted.words[:2] == ("router", "bgp"):
        return f"BGP is already running with AS number {held.words[2]}"
    return f"{held.line} is configured already"


def _username(node: Node, match: Match, negated: bool, _: Rules) -> None:
    if negated:
        node.drop(("username", match.words[1]))
        return
    found = _WITH_SECRET.fullmatch(match.words[2])
    if found and not _HASHED.search(match.words[2]):
        secret = f"{found[1]}secret sha512 {hashed(match.words[1], found[2])}"
        match = Match(match.rule, (*match.words[:2], secret))
    node.put(match)


def _list_line(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """An entry written in one line with its list stands in the list's section."""
    section = rules.match(match.words[:3])
    assert isinstance(section, Match)
    assert section.rule.below
    words = " ".join((*(["no"] if negated else []), *match.words[3:]))
    Editor(section.rule.below, node.put(section), special=SPECIAL).type(words)


def _communities(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """`send-community add extended` adds to what is sent already."""
    start = match.words[:3]
    now = (node.value(*start) or "").split()
    word = match.words[4]
    held = [each for each in now if each != word] if negated else [*now, *([] if word in now else [word])]
    if held:
        put(node, rules, (*start, *held))


_MIXED = "the members of a channel group are all in mode on, or none of them"
SPECIAL: Mapping[str, Special] = {
    "secret": _username,
    "allowed": allowed_vlans,
    "passive": passive_interface,
    "tree": tree_priority,
    "tree-mode": shown_mode("mstp"),
    "vrf-of-interface": interface_vrf("vrf"),
    "numbered": numbered(10),
    "entry": entry(10, "Duplicate sequence number"),
    "list-numbered": numbered(10, "seq"),
    "list-line": _list_line,
    "communities": _communities,
}
"""What lines with these flags do."""
