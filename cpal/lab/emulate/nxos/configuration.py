"""An NX-OS configuration: what a new device has, what some lines do beyond being kept, and how it is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import partial

from cpal.lab.emulate.access_lists import entry
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.editor import Editor, Refused, Special
from cpal.lab.emulate.grammar import Match, Rules
from cpal.lab.emulate.interface import lacks
from cpal.lab.emulate.lists import allowed_vlans, interface_vrf, member, numbered, put, tree_priority
from cpal.lab.emulate.nxos.grammar import rules
from cpal.lab.emulate.nxos.state import Interface, is_shut_by_itself
from cpal.lab.emulate.secrets import hashed
from cpal.lab.emulate.tree import Node, rendered
from cpal.lab.emulate.words import expanded

INDENT = 2
_PASSWORD = re.compile(r"(?:password (?:0 )?)(\S+)(.*)")
_SHORT = (
    (re.compile(r"(neighbor \S+) (remote-as \S+)"), r"\1\n\2"),
    (re.compile(r"(route-map \S+)"), r"\1 permit 10"),
)
"""Lines that stand for others."""


def typed(line: str) -> list[str]:
    """The lines that one stands for."""
    plain = line.strip()
    for short, whole in _SHORT:
        if short.fullmatch(plain):
            return short.sub(whole, plain).splitlines()
    return [plain]


def factory(device: Device) -> Node:
    """The configuration of a new device: its user, its ports, NX-API switched on."""
    root = Node()
    editor = editing(device, root)
    for line in (
        f"hostname {device.identity.name}", f"vdc {device.identity.name} id 1", "feature nxapi",
        f"username {device.user} password {device.password} role network-admin", "interface mgmt0",
        "vrf context management",
    ):  # fmt: skip
        editor.type(line)
    return root


def editing(device: Device, root: Node) -> Editor:
    """One who types into a configuration, in which each port of the device has its section."""

    def knows_line(match: Match) -> bool:
        return _known(root, match)

    joined = member(root, rules(), "port-channel", _MIXED)
    special = {**SPECIAL, "member": joined, "static": _static(joined)}
    editor = Editor(rules(), root, special, _clash, knows_line, partial(_wrong, device))
    editor.have(device.ports)
    return editor


def _known(root: Node, match: Match) -> bool:
    """Whether the features are on that a line needs."""
    needed = [flag.removeprefix("needs ") for flag in match.rule.flags if flag.startswith("needs ")]
    if match.words[0] == "interface" and match.words[1].startswith("Vlan"):
        needed.append("interface-vlan")
    if match.words[0] == "interface" and match.words[1].startswith("nve"):
        needed.append("nv overlay")
    return all(root.has("feature", *feature.split()) for feature in needed)


def _wrong(device: Device, match: Match) -> str:
    """A port is one of the model, as devices were seen to say; a VLAN none that the switch keeps for itself.

    Source: Cisco Nexus 9000 NX-OS Layer 2 Switching Configuration Guide, "Configuring VLANs", which says that there is
    an error message, not which.
    """
    if match.words[0] == "interface" and lacks(device, Interface, match.words[1]):
        return f"{' '.join(match.words)}\n{' ' * len('interface ')}^\nInvalid interface format at '^' marker.\n"
    if match.words[0] == "vlan" and not _RESERVED.isdisjoint(expanded(match.words[1])):
        return f"{' '.join(match.words)}\n{' ' * len('vlan ')}^\n% Invalid command at '^' marker.\n"
    return ""


_RESERVED = frozenset(range(3968, 4094 + 1))
"""The VLANs of `system vlan reserve`, where nothing else is said."""


def _clash(held: Node, wanted: Match) -> str:
    if wanted.words[:2] == ("router", "bgp"):
        return f"ERROR: BGP is already running; autonomous system is {held.words[2]}"
    return f"ERROR: {held.line} is configured already"


def shown(device: Device, root: Node, command: str) -> str:
    """A configuration as text, with the lines that NX-OS puts around it."""
    at = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime())
    head = f"\n!Command: {command}\n!Time: {at}\n\nversion {device.identity.version} Bios:version\n"
    return head + "\n".join(lines(root)) + "\n"


def lines(root: Node) -> list[str]:
    """The lines of a configuration."""
    return list(rendered(root, INDENT, ""))


def hostname(root: Node) -> str:
    """What the device calls itself."""
    return root.value("hostname") or "switch"


def knows(root: Node, user: str, password: str) -> bool:
    """Whether a user may come in."""
    return (root.value("username", user) or "").startswith(f"password 5 {hashed(user, password)}")


def serves_nxapi(root: Node) -> bool:
    """Whether NX-API is switched on."""
    return root.has("feature", "nxapi")


def _username(node: Node, match: Match, negated: bool, _: Rules) -> None:
    if negated:
        node.drop(("username", match.words[1]))
        return
    found = _PASSWORD.fullmatch(match.words[2])
    if found and found[1] != "5":
        match = Match(match.rule, (*match.words[:2], f"password 5 {hashed(match.words[1], found[1])}{found[2]}"))
    node.put(match)


def _feature(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """Switching a feature off takes away what needs it."""
    if not negated:
        node.put(match)
        return
    name = " ".join(match.words[1:])
    for key in node.matching(match.words):
        node.drop(key)
    for child in list(node.children()):
        gone = f"needs {name}" in child.flags or any(
            child.words[: len(words)] == words for words in _NEED.get(name, ())
        )
        gone |= name == "interface-vlan" and child.words[0] == "interface" and child.words[1].startswith("Vlan")
        for key in node.matching(child.words) if gone else ():
            node.drop(key)


_NEED = {"nv overlay": (("interface", "nve1"),)}


def _command(node: Node, match: Match, _: bool, __: Rules) -> None:
    """A job's commands stay in the order in which they were written."""
    node.put(match).order = (len(node.below or ()),)


def _state(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """`shutdown` and `no shutdown`: only what an interface is not by itself is kept."""
    node.drop(("shutdown",))
    if not negated and (match.words[0] == "no") is is_shut_by_itself(node.words[1]):
        node.put(match)


def _layer(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """`switchport` and `no switchport`: a port is one of the switch by itself. What asks lists at the other goes."""
    held = node.has("no", "switchport")
    node.drop(("switchport",))
    if not negated and match.words[0] == "no":
        node.put(match)
    if held is not node.has("no", "switchport"):
        for key in (*node.matching(("ip", "access-group")), *node.matching(("ip", "port", "access-group"))):
            node.drop(key)


def _port_list(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """`ip port access-group` is a command of ports of the switch.

    Source: Cisco Nexus 9000 Series NX-OS Security Configuration Guide, "Applying an IP ACL as a Port ACL".
    """
    if node.has("no", "switchport"):
        raise Refused(1, match.words)
    node.drop(("ip", "port", "access-group", "in"))
    if not negated:
        node.put(match)


def _tree_mode(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """`spanning-tree mode`: the usual one is not kept."""
    node.drop(match.words[:2])
    if not negated and match.words[-1] != "rapid-pvst":
        node.put(match)


def _mode(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """`switchport mode`: that of an access port is not kept."""
    node.drop(("switchport", "mode"))
    if not negated and match.words[-1] != "access":
        node.put(match)


def _keepalive(node: Node, match: Match, negated: bool, _: Rules) -> None:
    """A keepalive in the VRF of the management port is shown without it."""
    if negated:
        node.drop(match.words[:2])
        return
    words = match.words[:-2] if match.words[-2:] == ("vrf", "management") else match.words
    node.put(match._replace(words=words))


def _peer_link(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """A peer link becomes a port that leads to another switch; what it was before is not remembered."""
    if negated:
        node.drop(("vpc",))
        return
    node.put(match)
    put(node, rules, ("spanning-tree", "port", "type", "network"))


_MIXED = "command failed: port not compatible [Channel mode]"


def _static(joined: Special) -> Special:
    """A mode of `on` is not shown."""

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        joined(node, match._replace(words=match.words[:2]), negated, rules)

    return special


SPECIAL: Mapping[str, Special] = {
    "secret": _username,
    "keepalive": _keepalive,
    "peer-link": _peer_link,
    "state": _state,
    "layer": _layer,
    "port-list": _port_list,
    "mode": _mode,
    "feature": _feature,
    "command": _command,
    "vrf-of-interface": interface_vrf("vrf", "member", forgotten=(("ip", "router"), ("ip", "ospf"))),
    "allowed": allowed_vlans,
    "tree": tree_priority,
    "tree-mode": _tree_mode,
    "numbered": numbered(10),
    "entry": entry(10, "ERROR: Duplicate sequence number"),
}
"""What lines with these flags do."""
