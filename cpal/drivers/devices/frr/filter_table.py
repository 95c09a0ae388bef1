"""The packet filter of a VRF, as a table of nftables in its namespace: from rows, and back. Pure.

Theory. One table of the bridge family, `cpal`: what comes in by a port is asked before it is bridged or routed, what
goes out by a port after that. The chains that ask whose port it is, and what it sends from, are the same in every
table; each group has a chain for each direction and IP version, and sets say which ports are filtered, what each sends
from, which ports are in a group, and what addresses a rule means. So most changes are one element of a set. Each access
list has a chain, which is asked first, and sets of the ports that ask it.

A table is changed in one transaction of the kernel, and its chains stay: at any moment a packet meets the old rules or
the new, all of them. What did not change is not touched.

A rule of those that are always the same is known by its comment, which says the rule; one of a group or an access list
is read, and its comment is the id of the security group rule, or the number of the entry. What is there otherwise than
cpal would write it makes the whole table be written again.

Source: nft(8); libnftables-json(5).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, NamedTuple

from cpal.core.rows import VALUE, Row, RowKey
from cpal.drivers.devices.frr.render.acl import WAYS
from cpal.drivers.devices.frr.render.filters import written
from cpal.drivers.devices.frr.render.names import (
    ADDRESS_SET,
    ASKED_AT,
    ENTRY,
    FILTER,
    GROUP,
    LIST,
    MEMBER,
    RULE,
    SET_ADDRESS,
    SOURCE,
    vrf_key,
)

TABLE = "bridge cpal"
ALTERED = "altered"
"""The column of a filter whose table somebody changed otherwise than by its rows."""
NOBODY = "-"
"""The port whose filter stands for a table that has none."""
Element = tuple[str, ...]


class Rule(NamedTuple):
    """A rule as it is written, and its comment."""

    text: str
    comment: str


class Content(NamedTuple):
    """What is in a table: what each set holds, and its elements; each chain's hook, "" for none, and its rules."""

    sets: Mapping[str, tuple[str, frozenset[Element]]]
    chains: Mapping[str, tuple[str, tuple[Rule, ...]]]


_BY_INTERVAL = "; flags interval"
_SETS = {
    "secured": "type ifname",
    "macs": "type ifname . ether_addr",
    "sources4": "type ifname . ether_addr . ipv4_addr" + _BY_INTERVAL,
    "sources6": "type ifname . ether_addr . ipv6_addr" + _BY_INTERVAL,
}
_KINDS = {
    "m_": "type ifname",
    "i_": "type ifname",
    "o_": "type ifname",
    "a4_": "type ipv4_addr" + _BY_INTERVAL,
    "a6_": "type ipv6_addr" + _BY_INTERVAL,
}
"""What sets hold whose names begin so."""
_HOOKS = {
    "prerouting": "type filter hook prerouting priority -200; policy accept;",
    "postrouting": "type filter hook postrouting priority -200; policy accept;",
}
_ENTRY_SIDES = (("prerouting", "iifname", "i_", "from_port"), ("postrouting", "oifname", "o_", "to_port"))
"""Each hook, the interface that it knows, the ports whose lists it asks, and what it asks of ports with filters."""
_END = "end"
"""The comment of the rule by which an access list drops what none of its entries matches."""
_SAME = {
    "from_port": (
        "ether type { 8021q, 8021ad } drop",
        "iifname . ether saddr != @macs drop",
        "ether type arp goto from_arp",
        "ether type ip goto from_ip4",
        "ether type ip6 goto from_ip6",
    ),
    "from_arp": (
        "iifname . arp saddr ether . arp saddr ip @sources4 accept",
        "iifname . arp saddr ether @macs arp saddr ip 0.0.0.0 accept",
        "drop",
    ),
    "to_port": ("ether type ip goto to_ip4", "ether type ip6 goto to_ip6"),
}
"""Chains that are the same in every table. Sources: RFC 5227, section 2.1.1 (ARP probes)."""
_FIRST = {
    "from_ip4": (
        "udp sport 67 udp dport 68 drop",
        "ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
        "iifname . ether saddr . ip saddr != @sources4 drop",
        "udp sport 68 udp dport 67 accept",
    ),
    "from_ip6": (
        "udp sport 547 udp dport 546 drop",
        "icmpv6 type 134 drop",
        "ip6 saddr :: icmpv6 type { 131, 132, 135, 143 } accept",
        "iifname . ether saddr . ip6 saddr != @sources6 drop",
        "icmpv6 type 136 goto from_na",
        "icmpv6 type { 130, 131, 132, 133, 135, 143 } accept",
        "udp sport 546 udp dport 547 accept",
    ),
    "to_ip4": (),
    "to_ip6": ("icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } accept",),
}
"""How the chains begin that then ask the groups.

Nobody answers as a DHCP server or advertises as a router, and each may ask for an address; Neighbor Discovery and
Multicast Listener Discovery pass. Sources: RFC 4861, 4.1-4.5; RFC 4862, 5.4 (`::`); RFC 3810; RFC 6105 (RA-Guard).
"""
_ASKED = (("from_ip4", "iifname", "egress4"), ("from_ip6", "iifname", "egress6"),
          ("to_ip4", "oifname", "ingress4"), ("to_ip6", "oifname", "ingress6"))  # fmt: skip


def table_of(rows: Iterable[Row]) -> Content | None:
    """The table that these rows of one VRF are; None where there is none."""
    found = [row for row in rows if row.key.table != FILTER or _last(row) != NOBODY]
    if not found:
        return None
    of: dict[str, list[Row]] = {}
    for row in sorted(found, key=lambda row: row.key):
        of.setdefault(row.key.table, []).append(row)
    sources = [(row.key.name.split()[2], *str(row.columns[VALUE]).split()) for row in of.get(SOURCE, ())]
    groups = [_last(row) for row in of.get(GROUP, ())]
    sets: dict[str, set[Element]] = {
        "secured": {(_last(row),) for row in of.get(FILTER, ())},
        "macs": {(port, mac) for port, mac, _ in sources},
        "sources4": {each for each in sources if ":" not in each[2]},
        "sources6": {each for each in sources if ":" in each[2]},
    }
    sets |= {f"m_{group[2:]}": set() for group in groups} | {_last(row): set() for row in of.get(ADDRESS_SET, ())}
    for row in of.get(MEMBER, ()):
        sets.setdefault(f"m_{_last(row)[2:]}", set()).add((row.key.name.split()[2],))
    for row in of.get(SET_ADDRESS, ()):
        sets.setdefault(row.key.name.split()[2], set()).add((_last(row),))
    chains = {name: tuple(Rule(each, each) for each in texts) for name, texts in _SAME.items()}
    lists = [_last(row) for row in of.get(LIST, ())]
    sets |= {f"{way}{name[2:]}": set() for name in lists for way in WAYS.values()}
    for row in of.get(ASKED_AT, ()):
        _, _, name, way, port = row.key.name.split()
        sets.setdefault(f"{WAYS[way]}{name[2:]}", set()).add((port,))
    chains |= dict(_asking(groups)) | dict(_hooked(lists))
    chains["from_na"] = (*_own_targets(sources), Rule("drop", "drop"))
    for group in groups:
        chains |= {f"{group}_{way}": () for _, _, way in _ASKED}
    for name in lists:
        entries = [row for row in of.get(ENTRY, ()) if row.within and _last_of(row.within) == name]
        rules = (Rule(str(row.columns[VALUE]), _last(row)) for row in sorted(entries, key=_number))
        chains[name] = (*rules, Rule("drop", _END))
    for row in of.get(RULE, ()):
        name = _chain(row)
        chains[name] = (*chains.get(name, ()), Rule(str(row.columns["rule"]), _last(row)))
    return Content(
        {name: (_type(name), frozenset(elements)) for name, elements in sets.items()},
        {name: (_HOOKS.get(name, ""), rules) for name, rules in chains.items()},
    )


def _asking(groups: list[str]) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """The chains that ask each group whether it admits what comes from one of its ports, or goes there."""
    for name, side, way in _ASKED:
        texts = (*_FIRST[name], *(f"{side} @m_{group[2:]} jump {group}_{way}" for group in groups), "drop")
        yield name, tuple(Rule(each, each) for each in texts)


def _hooked(lists: list[str]) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """The chains by which it begins: access lists are of IPv4, and see no frame with a tag, which so goes nowhere."""
    for name, side, ports, then in _ENTRY_SIDES:
        texts = [text for each in lists for text in (
            f"{side} @{ports}{each[2:]} ether type {{ 8021q, 8021ad }} drop",
            f"{side} @{ports}{each[2:]} ether type ip jump {each}",
        )]  # fmt: skip
        yield name, tuple(Rule(each, each) for each in (*texts, f"{side} @secured jump {then}"))


def _number(row: Row) -> tuple[int, str]:
    """By which entries of a list are in order."""
    last = _last(row)
    return (int(last) if last.isdecimal() else -1, last)


def _last_of(key: RowKey) -> str:
    return key.name.split()[-1]


def _own_targets(sources: Iterable[Element]) -> Iterator[Rule]:
    """Who says to have an IPv6 address has it: a Neighbor Advertisement's target. Source: RFC 4861, 4.4."""
    for port, mac, prefix in sources:
        if ":" in prefix:
            network = ip_network(prefix)
            bits = int(network.network_address) >> (128 - network.prefixlen)
            target = f"@th,64,{network.prefixlen} {bits:#x} " if network.prefixlen else ""
            text = f"iifname {port} ether saddr {mac} {target}accept"
            yield Rule(text, text)


def _type(name: str) -> str:
    return _SETS.get(name) or next((held for start, held in _KINDS.items() if name.startswith(start)), "")


def _chain(row: Row) -> str:
    version = 6 if row.columns["ethertype"] == "IPv6" else 4
    return f"{row.key.name.split()[2]}_{row.columns['direction']}{version}"


def _last(row: Row) -> str:
    return row.key.name.split()[-1]


# ---------------------------------------------------------------------------------------------- what is there


def read(said: Mapping[str, Any]) -> Content | None:
    """What is in the table, from what nft says of it in JSON with numbers for names; None where there is none."""
    if "nftables" not in said:
        return None
    sets: dict[str, tuple[str, frozenset[Element]]] = {}
    chains: dict[str, tuple[str, tuple[Rule, ...]]] = {}
    for entry in said["nftables"]:
        for kind, each in entry.items():
            if kind == "set":
                sets[each["name"]] = (_said_type(each), frozenset(_element(one) for one in each.get("elem", ())))
            elif kind == "chain":
                chains[each["name"]] = (_said_hook(each), ())
            elif kind == "rule":
                hook, rules = chains[each["chain"]]
                chains[each["chain"]] = (hook, (*rules, _said_rule(each)))
            elif kind not in ("metainfo", "table"):
                sets[each["name"]] = (kind, frozenset())
    return Content(sets, chains)


def _said_type(each: Mapping[str, Any]) -> str:
    kind = each["type"]
    flags = f"; flags {','.join(each['flags'])}" if "flags" in each else ""
    return f"type {kind if isinstance(kind, str) else ' . '.join(kind)}{flags}"


def _element(said: Any) -> Element:
    parts = said["concat"] if isinstance(said, dict) and "concat" in said else [said]
    return tuple(_value(part) for part in parts)


def _value(said: Any) -> str:
    """An address, a prefix, a range, a number or a name."""
    if isinstance(said, dict):
        if "prefix" in said:
            return written(ip_network(f"{said['prefix']['addr']}/{said['prefix']['len']}"))
        if "range" in said:
            return f"{said['range'][0]}-{said['range'][1]}"
        return json.dumps(said)
    text = str(said)
    return written(ip_network(text)) if text.count(":") in range(2, 8) and "." in text else text


def _said_hook(each: Mapping[str, Any]) -> str:
    if "hook" not in each:
        return ""
    return f"type {each['type']} hook {each['hook']} priority {each['prio']}; policy {each['policy']};"


def _said_rule(each: Mapping[str, Any]) -> Rule:
    comment = each.get("comment", "")
    if comment and not each["chain"].startswith(("g_", "l_")):
        return Rule(comment, comment)
    return Rule(" ".join(_words(one) for one in each["expr"]), comment)


def _words(said: Mapping[str, Any]) -> str:
    """An expression of a rule."""
    [(kind, of)] = said.items()
    if kind == "match" and of["op"] == "==":
        [(left, about)] = of["left"].items()
        if left == "payload" and "field" in about:
            return f"{about['protocol']} {about['field']} {_value(of['right'])}"
        if left == "meta":
            return f"meta {about['key']} {_value(of['right'])}"
    return kind if of is None else json.dumps(said)


def rows_of(leaf: str, vrf: str, content: Content) -> dict[RowKey, Row]:
    """The rows that a table of a VRF is. What of it they do not say makes its filters `altered`."""
    at, within = f"{leaf} {vrf}", vrf_key(leaf, vrf)
    rows = [Row(RowKey(FILTER, f"{at} {port}"), {}, (), within) for port, *_ in _elements(content, "secured")]
    for name in ("sources4", "sources6"):
        for port, *source in _elements(content, name):
            key = RowKey(FILTER, f"{at} {port}")
            rows.append(Row(RowKey(SOURCE, f"{key.name} {' '.join(source)}"), {VALUE: " ".join(source)}, (), key))
    for name, (_, elements) in content.sets.items():
        if name.startswith("m_"):
            group = RowKey(GROUP, f"{at} g_{name[2:]}")
            rows.append(Row(group, {}, (), within))
            for port, *_ in elements:
                key = RowKey(FILTER, f"{at} {port}")
                rows.append(Row(RowKey(MEMBER, f"{key.name} g_{name[2:]}"), {VALUE: group}, (), key))
        elif name.startswith(("a4_", "a6_")):
            key = RowKey(ADDRESS_SET, f"{at} {name}")
            rows.append(Row(key, {}, (), within))
            rows += [
                Row(RowKey(SET_ADDRESS, f"{key.name} {prefix}"), {VALUE: prefix}, (), key) for prefix, *_ in elements
            ]
    for name, (_, rules) in content.chains.items():
        if name.startswith("g_"):
            group_name, _, way = name.rpartition("_")
            rows += [_rule_row(RowKey(GROUP, f"{at} {group_name}"), way, rule, n) for n, rule in enumerate(rules)]
        elif name.startswith("l_"):
            rows += _list_rows(RowKey(LIST, f"{at} {name}"), within, rules, content)
    found = {row.key: row for row in rows}
    if table_of(found.values()) != content:
        filters = [key for key in found if key.table == FILTER] or [RowKey(FILTER, f"{at} {NOBODY}")]
        found |= {key: Row(key, {ALTERED: True}, (), within) for key in filters}
    return found


def _list_rows(key: RowKey, within: RowKey, rules: Iterable[Rule], content: Content) -> Iterator[Row]:
    """An access list, its entries and the ports that ask it."""
    yield Row(key, {}, (), within)
    for number, rule in enumerate(rules):
        if rule.comment != _END:
            yield Row(RowKey(ENTRY, f"{key.name} {rule.comment or f'#{number}'}"), {VALUE: rule.text}, (), key)
    for way, start in WAYS.items():
        for port, *_ in _elements(content, f"{start}{_last_of(key)[2:]}"):
            yield Row(RowKey(ASKED_AT, f"{key.name} {way} {port}"), {VALUE: f"{way} {port}"}, (), key)


def _elements(content: Content, name: str) -> list[Element]:
    return sorted(content.sets[name][1]) if name in content.sets else []


def _rule_row(group: RowKey, way: str, rule: Rule, number: int) -> Row:
    ethertype = "IPv6" if way.endswith("6") else "IPv4"
    columns = {"direction": way[:-1], "ethertype": ethertype, "rule": rule.text}
    return Row(RowKey(RULE, f"{group.name} {rule.comment or f'#{number}'}"), {**columns}, (), group)


# ---------------------------------------------------------------------------------------------- what changes it


def change_lines(before: Content | None, after: Content | None, rebuild: bool) -> list[str]:
    """What nft is told, in one transaction, to make one table of another; `rebuild` is to write all of it again."""
    if after == before and not rebuild:
        return []
    lines = [f"add table {TABLE}"]
    if after is None:
        return [*lines, f"delete table {TABLE}"]
    if rebuild:
        lines += [f"delete table {TABLE}", f"add table {TABLE}"]
    held = before if before and not rebuild else Content({}, {})
    lines += [
        f"add set {TABLE} {name} {{ {kind}; }}" for name, (kind, _) in after.sets.items() if name not in held.sets
    ]
    for name, (hook, _) in after.chains.items():
        lines += [f"add chain {TABLE} {name}" + (f" {{ {hook} }}" if hook else "")] if name not in held.chains else []
    changed = [name for name, chain in after.chains.items() if held.chains.get(name) != chain]
    gone = [name for name in held.chains if name not in after.chains]
    lines += [f"flush chain {TABLE} {name}" for name in (*changed, *gone) if name in held.chains]
    for name in changed:
        lines += [f'add rule {TABLE} {name} {rule.text} comment "{rule.comment}"' for rule in after.chains[name][1]]
    for name, (_, elements) in after.sets.items():
        present = held.sets[name][1] if name in held.sets else frozenset[Element]()
        lines += _elements_line("delete", name, present - elements)
        lines += _elements_line("add", name, elements - present)
    lines += [f"delete chain {TABLE} {name}" for name in gone]
    return lines + [f"delete set {TABLE} {name}" for name in held.sets if name not in after.sets]


def _elements_line(verb: str, name: str, elements: frozenset[Element]) -> list[str]:
    if not elements:
        return []
    by_port = _type(name).startswith("type ifname")
    said = (" . ".join((f'"{each[0]}"', *each[1:]) if by_port else each) for each in sorted(elements))
    return [f"{verb} element {TABLE} {name} {{ {', '.join(said)} }}"]
