"""VRFs of IOS: their two forms, and what becomes of addresses when an interface moves, or a VRF or a family of it goes.

Source: what devices say, as tools that type for people know it; Cisco IOS Interface and Hardware Component Command
Reference, `vrf forwarding`, `ip vrf forwarding`, `vrf definition`, `ip vrf`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cpal.lab.emulate.editor import Refused, Special
from cpal.lab.emulate.grammar import Match, Rules
from cpal.lab.emulate.tree import Node

DEFINED, OLDER = ("vrf", "definition"), ("ip", "vrf")
FORWARDING = (("vrf", "forwarding"), ("ip", "vrf", "forwarding"))
"""How the lines of interfaces begin that say which VRF they are in."""
_FAMILIES = {"ipv4": (("ip", "address"),), "ipv6": (("ipv6", "address"), ("ipv6", "enable"))}
"""What an interface has of each family."""


def section_of(root: Node, vrf: str) -> Node | None:
    """What is said of a VRF, in either form."""
    return root.find(*DEFINED, vrf) or root.find(*OLDER, vrf)


def vrf_of(interface: Node) -> str:
    """The VRF of an interface; "" the default one."""
    return next((value for start in FORWARDING if (value := interface.value(*start))), "")


def families_of(root: Node, vrf: str) -> tuple[str, ...]:
    """What a VRF routes: IPv4 where it is of the older form."""
    section = root.find(*DEFINED, vrf)
    if section is None:
        return ("ipv4",) if root.has(*OLDER, vrf) else ()
    return tuple(each.words[1] for each in section.each("address-family"))


def refusal(root: Node, words: Sequence[str]) -> str:
    """What is wrong with the VRF that a line names; "" nothing."""
    vrf = words[-1]
    if words[:2] in (FORWARDING[0], OLDER) and "forwarding" in words:
        if section_of(root, vrf) is None:
            return f"% VRF {vrf} not configured"
        if root.has(*OLDER, vrf) is not (words[0] == "ip"):
            form = "vrf forwarding" if words[0] == "ip" else "ip vrf forwarding"
            return f"% Use '{form}' command for VRF '{vrf}'"
    elif words[:2] in (DEFINED, OLDER) and root.has(*(OLDER if words[:2] == DEFINED else DEFINED), vrf):
        return f"% VRF {vrf} is configured by the other command already"
    elif words[:2] == ("router", "ospf") and "vrf" in words and section_of(root, vrf) is None:
        return "%Unknown VRF specified"
    return ""


def moving(notes: list[str]) -> Special:
    """An interface goes to another VRF, and loses its addresses; that is said in `notes`."""

    def special(node: Node, match: Match, negated: bool, _: Rules) -> None:
        held, wanted = vrf_of(node), "" if negated else match.words[-1]
        for start in FORWARDING:
            node.drop(start)
        if not negated:
            node.put(match)
        if held != wanted:
            why = f"enabling VRF {wanted}" if wanted else f"disabling VRF {held}"
            for family in _forget(node, _FAMILIES):
                notes.append(f"% Interface {node.words[1]} {family} disabled and address(es) removed due to {why}")

    return special


def distinguished(leaving: set[str]) -> Special:
    """A VRF gets or loses its route distinguisher; one that is deleted still, in `leaving`, takes none at first."""

    def special(node: Node, match: Match, negated: bool, _: Rules) -> None:
        vrf = node.words[-1]
        if negated:
            leave(node, leaving)
            node.drop(("rd",))
        elif vrf in leaving:
            leaving.discard(vrf)
            raise Refused(0, match.words, "% Deletion of RD in progress; wait for it to complete")
        else:
            node.put(match)

    return special


def leave(vrf: Node | None, leaving: set[str]) -> None:
    """Note that a VRF, or its route distinguisher, goes."""
    if vrf is not None and vrf.has("rd"):
        leaving.add(vrf.words[-1])


def addressed(root: Node) -> Special:
    """An interface gets an address of a family that its VRF routes."""

    def special(node: Node, match: Match, negated: bool, _: Rules) -> None:
        if negated:
            if match.words[0] == "ip" and len(match.words) == len(_PRIMARY) and _has_secondary(node):
                raise Refused(0, match.words, "Must delete secondary before deleting primary")
            for key in node.matching(match.words):
                node.drop(key)
            return
        vrf, family = vrf_of(node), "ipv6" if match.words[0] == "ipv6" else "ipv4"
        if vrf and family not in families_of(root, vrf):
            why = f"%{node.words[1]} is linked to a VRF. Enable {_title(family)} on that VRF first."
            raise Refused(0, match.words, why)
        node.put(match)

    return special


_PRIMARY = ("ip", "address", "ADDRESS", "MASK")


def _has_secondary(node: Node) -> bool:
    return any(each.words[-1] == "secondary" for each in node.each("ip", "address"))


def settle(root: Node, notes: list[str]) -> None:
    """What goes with VRFs and families of them that are there no more; what goes is said in `notes`."""
    gone: dict[str, set[str]] = {}
    for interface in root.each("interface"):
        if vrf := vrf_of(interface):
            routed = families_of(root, vrf)
            lost = _forget(interface, [family for family in _FAMILIES if family not in routed])
            gone.setdefault(vrf, set()).update(lost)
            for start in FORWARDING if section_of(root, vrf) is None else ():
                interface.drop(start)
    for vrf, families in gone.items():
        if families:
            notes.append(
                f"% {' and '.join(sorted(families))} addresses from all interfaces in VRF {vrf} have been removed"
            )
    for above, words in [*_in_vrfs(root)]:
        if section_of(root, words[words.index("vrf") + 1]) is None:
            for key in above.matching(words):
                above.drop(key)


def _in_vrfs(root: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Routes and protocols that are in VRFs, each below what it stands in."""
    for start in (("ip", "route", "vrf"), ("ipv6", "route", "vrf")):
        yield from ((root, each.words) for each in root.each(*start))
    yield from ((root, each.words) for each in root.each("router", "ospf") if "vrf" in each.words)
    for bgp in root.each("router", "bgp"):
        yield from ((bgp, each.words) for each in bgp.each("address-family") if "vrf" in each.words)


def _forget(interface: Node, families: Iterable[str]) -> list[str]:
    """Take addresses of families away; the titles of those that there were."""
    found = []
    for family in families:
        keys = [key for start in _FAMILIES[family] for key in interface.matching(start)]
        for key in keys:
            interface.drop(key)
        found += [_title(family)] if keys else []
    return found


def _title(family: str) -> str:
    return family.replace("ip", "IP")
