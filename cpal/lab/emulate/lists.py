"""Lines that do more than being kept, the same in Arista's and Cisco's words: lists, and what moves an interface."""

from __future__ import annotations

from collections.abc import Sequence

from cpal.lab.emulate.editor import Refused, Special
from cpal.lab.emulate.grammar import Match, Rules
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import expanded, ranged


def allowed_vlans(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """`switchport trunk allowed vlan`, with `add`, `remove`, `except`, `all` and `none`."""
    key = ("switchport", "trunk", "allowed", "vlan")
    if negated and match.words[4:5] not in (("add",), ("remove",)):
        node.drop(key)
        return
    now = node.value(*key)
    held = set(range(1, 4095)) if now in (None, "all") else set() if now == "none" else set(expanded(now or ""))
    word = match.words[4]
    named = set(expanded(match.words[5])) if len(match.words) > 5 else set()
    if word in ("add", "remove"):
        held = held | named if (word == "add") is not negated else held - named
    elif word == "except":
        held = set(range(1, 4095)) - named
    elif word in ("none", "all"):
        held = set() if word == "none" else set(range(1, 4095))
    else:
        held = set(expanded(word))
    if len(held) == 4094:
        node.drop(key)
        return
    put(node, rules, (*key, ranged(sorted(held)) or "none"))


def put(node: Node, rules: Rules, words: Sequence[str]) -> None:
    """Keep a line in the form that the grammar has for it."""
    found = rules.match(words)
    assert isinstance(found, Match), words
    node.put(found)


def numbered(step: int, *before: str) -> Special:
    """Give an entry of a list the next number; an entry is taken away by its text too."""
    at = len(before)

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        entries = [each for each in node.children() if each.words[at].isdecimal()]
        same = [each for each in entries if each.words[at + 1 :] == match.words]
        if negated:
            for key in [key for each in same for key in node.matching(each.words)]:
                node.drop(key)
        elif not same:
            last = max((int(each.words[at]) for each in entries), default=0)
            words = (*before, str((last // step + 1) * step), *" ".join(match.words).split())
            put(node, rules, words)

    return special


def interface_vrf(*before: str, forgotten: Sequence[tuple[str, ...]] = ()) -> Special:
    """Moving an interface to another VRF takes its addresses away, and lines that begin with what is `forgotten`.

    `before` are the words before the VRF.
    """

    def special(node: Node, match: Match, negated: bool, _: Rules) -> None:
        held, wanted = node.value(*before), None if negated else match.words[len(before)]
        if negated:
            node.drop(before)
        else:
            node.put(match)
        if held != wanted:
            for start in (("ip", "address"), ("ipv6", "address"), *forgotten):
                for key in node.matching(start):
                    node.drop(key)

    return special


def tree_priority(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """`spanning-tree vlan 1,3-5 priority 4096`: each VLAN has one priority, and those with the same stand together."""
    start, named = match.words[:2], {*expanded(match.words[2])}
    by_priority: dict[str, set[int]] = {} if negated else {match.words[-1]: {*named}}
    for held in [each for each in node.each(*start) if each.words[3:4] == ("priority",)]:
        by_priority.setdefault(held.words[-1], set()).update({*expanded(held.words[2])} - named)
        node.drop(held.words[:-1])
    for priority, numbers in by_priority.items():
        if numbers:
            put(node, rules, (*start, ranged(sorted(numbers)), "priority", priority))


def shown_mode(usual: str) -> Special:
    """`spanning-tree mode` is always shown: what `no` leaves is the usual one."""

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        put(node, rules, (*match.words[:2], usual)) if negated else node.put(match)

    return special


def passive_interface(node: Node, match: Match, negated: bool, rules: Rules) -> None:
    """`passive-interface` in a process: of an interface, only what is not as it is by default is kept.

    With `default` all interfaces are passive, and without all speak, until something else is said of one again.
    """
    name, is_passive = match.words[-1], match.words[0] != "no" and not negated
    if name == "default":
        for key in node.matching(("passive-interface",)):
            node.drop(key)
        if is_passive:
            node.put(match)
        return
    node.drop(("passive-interface", name))
    if is_passive is not node.has("passive-interface", "default"):
        put(node, rules, ("passive-interface", name) if is_passive else ("no", "passive-interface", name))


def starting_process(root: Node, top: Rules) -> Special:
    """`ip ospf 1 area 0` of an interface starts the process that it names, in the interface's VRF."""

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        if negated:
            for key in node.matching(match.words):
                node.drop(key)
            return
        node.put(match)
        vrf = node.value("vrf", "forwarding")
        found = top.match(("router", "ospf", match.words[2], *(("vrf", vrf) if vrf else ())))
        assert isinstance(found, Match)
        if not root.has(*found.words[:3]):
            root.put(found)

    return special


def member(root: Node, top: Rules, port_channel: str, refusal: str) -> Special:
    """An interface joins a channel group, whose interface is there from then on.

    `on` is without LACP, and the members of a group are all with it or all without: else `refusal` is said.
    """

    def special(node: Node, match: Match, negated: bool, rules: Rules) -> None:
        node.drop(("channel-group",))
        if negated:
            return
        number, mode = match.words[1], match.words[-1]
        for other in root.each("interface"):
            held = other.find("channel-group", number)
            if held is not None and (held.words[-1] in ("on", number)) is not (mode in ("on", number)):
                raise Refused(len(match.words), match.words, refusal)
        node.put(match)
        found = top.match(("interface", f"{port_channel}{number}"))
        assert isinstance(found, Match)
        if not root.has(*found.words):
            root.put(found)

    return special
