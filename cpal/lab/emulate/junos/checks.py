"""What a Junos device finds wrong when a configuration is to be committed, which is right statement by statement.

Source: messages of the interface daemon, as collections of replies of devices have them (of tags, PyEZ's tests and
transcripts that others made public); of the routing daemon, as netlab's issue 2614 has it. That of a unit in two
instances is this emulator's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.lab.emulate.junos.statements import Wrong
from cpal.lab.emulate.tree import Node

FAILED = "configuration check-out failed"
OPTIONS = ("ether-options", "gigether-options")
_POLICIES = ("export", "import", "vrf-export", "vrf-import", "instance-import")
_ASKING = (
    "routing-instances", "switch-options", "routing-options", "forwarding-table", "protocols", "bgp", "group",
    "neighbor", "ospf", "ospf3", "isis", "rip", "evpn", "ip-prefix-routes",
)  # fmt: skip
"""The sections in which policies are asked."""


def faults(root: Node) -> Iterator[Wrong]:
    """Each fault of a configuration, with the section and the statement in it that is at fault."""
    held = root.find("interfaces")
    yield from _shared_units(root)
    for port in held.children() if held else ():
        yield from _tags(port)
        for unit in port.each("unit"):
            where = ("interfaces", *port.words)
            if lag_of(port):
                yield Wrong(where, unit.line, "logical unit is not allowed on aggregated links")
            yield from _unknown_filters(root, (*where, *unit.words), unit)
    yield from _trees_without_ports(root, held)
    yield from _unknown_policies(root)


def _unknown_policies(root: Node) -> Iterator[Wrong]:
    """A policy that says what is told, or taken, or forwarded, is there."""
    options, asked = root.find("policy-options"), [*_asked(root)]
    for name in dict.fromkeys(name for name in asked if not (options and options.has("policy-statement", name))):
        yield Wrong((), "", f"Policy error: Policy {name} referenced but not defined")


def _asked(section: Node) -> Iterator[str]:
    """The policies that a section asks by name, in whatever is in it."""
    for child in section.children():
        if child.words[0] in _POLICIES and len(child.words) == 2 and child.below is None:
            yield child.words[1]
        elif child.words[0] in _ASKING or section.words[:1] == ("routing-instances",):
            yield from _asked(child)


_TAGGING = ("vlan-tagging", "flexible-vlan-tagging")
_WITHOUT_TAGS = ("lo0", "irb", "fxp0", "em0", "me0", "vme")


def _tags(port: Node) -> Iterator[Wrong]:
    """The units of a port with tags have one each; those of another are one, without."""
    if port.words[0] in _WITHOUT_TAGS or port.words[0].startswith(("st0", "gr-", "fti")):
        return
    where, tagged = ("interfaces", *port.words), any(port.has(word) for word in _TAGGING)
    for unit in port.each("unit"):
        has_tag = unit.has("vlan-id")
        if has_tag and not tagged:
            yield Wrong(where, unit.line, "VLAN-ID can only be specified on tagged ethernet interfaces")
        elif unit.words[1] != "0" and not tagged:
            yield Wrong(where, unit.line, "Only unit 0 is valid for this encapsulation")
        elif tagged and not has_tag and not unit.has("family", "ethernet-switching"):
            yield Wrong(where, unit.line, "VLAN-ID must be specified on tagged ethernet interfaces")


def _shared_units(root: Node) -> Iterator[Wrong]:
    """A unit is in one instance: by what that says itself, or by a VLAN in it."""
    instances = root.find("routing-instances")
    known: dict[str, str] = {}
    for instance in instances.children() if instances else ():
        vlans = instance.find("vlans")
        of_vlans = (each.words[1] for vlan in (vlans.children() if vlans else ()) for each in vlan.each("interface"))
        for unit in dict.fromkeys((*(each.words[1] for each in instance.each("interface")), *of_vlans)):
            if (other := known.setdefault(unit, instance.words[0])) != instance.words[0]:
                said = f"Interface {unit} is already in the instance {other}"
                yield Wrong(("routing-instances", *instance.words), f"interface {unit}", said)


def _trees_without_ports(root: Node, interfaces: Node | None) -> Iterator[Wrong]:
    """An interface that a spanning tree protocol names is a port of the switch."""
    protocols = root.find("protocols")
    for word in ("rstp", "mstp", "vstp"):
        protocol = protocols.find(word) if protocols else None
        for named in protocol.each("interface") if protocol else ():
            port, _, number = named.words[1].partition(".")
            physical = interfaces.find(port) if interfaces else None
            unit = physical.find("unit", number or "0") if physical else None
            bridges = physical and any(each.value("encapsulation") == "vlan-bridge" for each in physical.each("unit"))
            if port != "all" and not bridges and not (unit and unit.has("family", "ethernet-switching")):
                said = f"XSTP : Interface {named.words[1]} is not enabled for Ethernet Switching"
                yield Wrong(("protocols", word), named.line, said)


def _unknown_filters(root: Node, where: tuple[str, ...], unit: Node) -> Iterator[Wrong]:
    """A filter that an interface asks is there, of the same family."""
    firewall = root.find("firewall")
    for family in unit.each("family"):
        known = firewall.find(*family.words) if firewall else None
        asked = family.find("filter")
        for direction in ("input", "output"):
            name = asked.value(direction) if asked else None
            if name is not None and not (known and known.has("filter", name)):
                yield Wrong((*where, *family.words), "filter", f"Referenced filter '{name}' is not defined")


def lag_of(port: Node) -> str:
    """The aggregated interface that an interface is a member of, or nothing."""
    named = (options.value("802.3ad") for word in OPTIONS if (options := port.find(word)) is not None)
    return next((name for name in named if name), "")
