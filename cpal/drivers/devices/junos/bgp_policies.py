"""What a Junos device tells its neighbours beside what others told it, by policies of export that are cpal's. Pure.

    cpal-bgp             prefixes that are told where the device has a route to them, and others' routes, a term each
    cpal-bgp-VRF         the same of a VRF
    cpal-next-hop-self   the device is the next hop of what a neighbour is told of IPv4 and IPv6
    cpal-load-balance    packets go by all paths of a route that has several: else one of them is taken

Of the policies of export at BGP, at a group and at a neighbour, those of the innermost count alone. So the first stands
before others' at BGP, and holds for groups that have no policies of their own; a neighbour that gets a next hop has
those once more that it had from further out. What a policy neither accepts nor rejects is up to the next, and at last
told where BGP learned it.

Source: Junos OS BGP User Guide; Routing Policies User Guide, "Applying Routing Policies", "Routing Policy Match
Conditions", "Actions in Routing Policy Terms"; CLI Reference, "multipath (Protocols BGP)", "maximum-ecmp".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cpal.core.rows import VALUE, Row, Value
from cpal.drivers.devices.junos import export_policies
from cpal.drivers.devices.junos.export_policies import ACCEPT, CONNECTED, EXPORT, policy, write_list
from cpal.drivers.devices.junos.text import statements, value, values
from cpal.drivers.devices.junos.vlans import INSTANCES
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_bgp import LEARNED, NETWORKS, PATHS, of
from cpal.errors import Conflict
from cpal.model.of_device import IPV4, IPV6

MOST_PATHS = (16, 32, 64, 128)
"""How many next hops of one cost a device may have; the first where nobody says otherwise."""
_INET = {IPV4: "inet", IPV6: "inet6"}
_NETWORKS = {of(family, NETWORKS): f"{family}-networks" for family in _INET}
_LEARNED = {of(family, LEARNED): family for family in _INET}
TABLES = frozenset({PATHS, *_NETWORKS, *_LEARNED})
"""The tables of what an instance says, in the default one."""
PROTOCOL = ("protocols", "bgp")
FORWARDING = ("routing-options", "forwarding-table")
_MULTIPATH, _ANY_AS = "multipath", "multiple-as"
_OWN_HOP, _BALANCED = "cpal-next-hop-self", "cpal-load-balance"
_BALANCES = "then load-balance "


def told_by(above: Path) -> str:
    """The policy by which an instance tells what is declared."""
    return export_policies.name_of("bgp", above)


def settings(tree: Tree, above: Path) -> Iterator[tuple[str, tuple[str, ...], Value]]:
    """What an instance says of itself: the table of each setting, the words that it is about, its value."""
    for _, said in export_policies.terms(tree, (*above, *PROTOCOL), told_by(above)):
        yield from _told(said)
    protocol = section(tree, (*above, *PROTOCOL)) or {}
    if _ANY_AS in protocol.get(_MULTIPATH, {}) and _balances(tree):
        yield PATHS, (), int(value(tree.get("chassis", {}), "maximum-ecmp") or MOST_PATHS[0])


def _told(said: set[str]) -> Iterator[tuple[str, tuple[str, ...], Value]]:
    """What a term says, where it is one that a record can."""
    asked = {each.removeprefix("from ") for each in said - {ACCEPT}}
    if ACCEPT not in said or not asked:
        return
    prefixes = [words[1] for each in sorted(asked) if (words := each.split())[::2] == ["route-filter", "exact"]]
    if len(prefixes) == len(asked):
        yield from ((of(IPV6 if ":" in each else IPV4, NETWORKS), (each,), each) for each in prefixes)
    for family, inet in _INET.items():
        protocol = next((each.removeprefix("protocol ") for each in asked if each.startswith("protocol ")), "")
        if protocol and asked == {f"family {inet}", f"protocol {protocol}"}:
            yield of(family, LEARNED), (protocol,), protocol


def _balances(tree: Tree) -> bool:
    """Whether packets go by all paths of a route."""
    named = values(section(tree, FORWARDING) or {}, EXPORT)
    said = (statements(section(tree, policy(each)) or {}) for each in named)
    return any(_BALANCES in statement for each in said for statement in each)


def is_next_hop(exported: Sequence[str]) -> bool:
    """Whether the device is the next hop of what it tells by these policies."""
    return _OWN_HOP in exported


# ------------------------------------------------------------------------------------------------------------ writing


def write(tree: Tree, above: Path, table: str, row: Row) -> None:
    """Have an instance say what a row says, which is of that table.

    Raises:
        Conflict: others say which paths there are.
    """
    if table == PATHS:
        protocol = put(tree, (*above, *PROTOCOL))
        if _MULTIPATH in protocol and _ANY_AS not in protocol[_MULTIPATH]:
            why = f"others configured `{_MULTIPATH}` there, for paths of one AS"
            raise Conflict(why, key=str(row.key), remedy="take it away there; nothing was changed")
        put(protocol, (_MULTIPATH, _ANY_AS))
        return
    term, asked = _term(table, row.columns[VALUE])
    export_policies.write_term(tree, told_by(above), term, asked, _TERMS)


def _term(table: str, said: Value) -> tuple[str, tuple[str, ...]]:
    """The term of a row, and what it asks for."""
    if table in _NETWORKS:
        return f"term {_NETWORKS[table]}", (f"from route-filter {said} exact",)
    family = _LEARNED[table]
    return f"term {family}-{said}", (f"from family {_INET[family]}", f"from protocol {said}")


_TERMS = {
    *(f"term {name}" for name in _NETWORKS.values()),
    *(f"term {family}-{word}" for family in _INET for word in (CONNECTED, "static")),
}


def erase(tree: Tree, above: Path, table: str, row: Row) -> None:
    """Have an instance say nothing of a row, which is of that table."""
    if table == PATHS:
        paths = (*above, *PROTOCOL, _MULTIPATH)
        drop(tree, (*paths, _ANY_AS))
        if section(tree, paths) == {}:
            drop(tree, paths)
        return
    term, asked = _term(table, row.columns[VALUE])
    path = (*policy(told_by(above)), term)
    if table in _NETWORKS:
        word, _, told = asked[0].partition(" ")
        drop(tree, (*path, word, told))
        if section(tree, (*path, word)) != {}:
            return
    drop(tree, path)


def settle(tree: Tree, above: Path, neighbors: Sequence[tuple[Sequence[Tree], bool]]) -> None:
    """Have policies asked where they are to be, once terms are written.

    `neighbors` are the sections of each, the innermost first, and whether it gets the device as next hop.
    """
    path = (*above, *PROTOCOL)
    held = values(section(tree, path) or {}, EXPORT)
    if section(tree, policy(told_by(above))):
        put(tree, path)
    export_policies.settle(tree, path, told_by(above))
    for levels, gets_hop in neighbors:
        _give_hop(levels, held, values(section(tree, path) or {}, EXPORT), gets_hop)
    _keep(tree, _OWN_HOP, is_asked=any(_asks_hop(each) for each in (tree, *tree.get(INSTANCES, {}).values())))


def _give_hop(levels: Sequence[Tree], was: Sequence[str], now: Sequence[str], gets_hop: bool) -> None:
    """Have a neighbour told with the device as next hop, and by those policies that it has from further out.

    `was` are those of BGP before, `now` those that it has.
    """
    own, group = levels[0], values(levels[1], EXPORT)
    further, known = group or [*now], group or [*was]
    held = values(own, EXPORT)
    rest = [each for each in held if each != _OWN_HOP]
    is_copy = _OWN_HOP in held and rest == known
    if gets_hop and held and held == further:
        why = f"others say at it what holds for its group anyway, `{EXPORT} {' '.join(held)}`"
        raise Conflict(why, remedy="take it away at the neighbour; nothing was changed")
    if gets_hop:
        write_list(own, [_OWN_HOP, *(further if is_copy or not held else rest)])
    elif _OWN_HOP in held:
        write_list(own, [] if is_copy else rest)


def _asks_hop(instance: Tree) -> bool:
    asked = f"{EXPORT} {_OWN_HOP}"
    return any(each.endswith(asked) for each in statements(section(instance, PROTOCOL) or {}))


def _keep(tree: Tree, name: str, is_asked: bool) -> None:
    """Have a policy whose content is always the same, or not."""
    path = policy(name)
    if not is_asked:
        drop(tree, path)
    elif section(tree, path) is None:
        for each in _CONTENT[name]:
            put(tree, (*path, *each))


_CONTENT: Mapping[str, Sequence[Path]] = {
    _OWN_HOP: [
        (f"term {family}", *said)
        for family, inet in _INET.items()
        for said in (("from", f"family {inet}"), ("then", "next-hop self"))
    ],
    _BALANCED: [("then", "load-balance per-packet")],
}


def balance(tree: Tree, is_wanted: bool) -> None:
    """Have packets go by all paths, or as they go without cpal."""
    if is_wanted and not _balances(tree):
        _keep(tree, _BALANCED, is_asked=True)
        put(tree, (*FORWARDING, f"{EXPORT} {_BALANCED}"))
    elif not is_wanted:
        _keep(tree, _BALANCED, is_asked=False)
        drop(tree, (*FORWARDING, f"{EXPORT} {_BALANCED}"))


def refuse_left(above: Path, table: str, row: Row, found: Row | None) -> None:
    """See that what an instance says is what a row says, which is of that table.

    Raises:
        Conflict: others say otherwise.
    """
    if found is not None and found.columns == row.columns:
        return
    if table == PATHS and found is not None:
        why = f"the device uses {found.columns[VALUE]}: that is how many next hops of one cost it has"
        remedy = f"declare that, or write `chassis maximum-ecmp {row.columns[VALUE]}` there"
        raise Conflict(why, key=str(row.key), remedy=remedy)
    why = f"others say more in `policy-statement {told_by(above)}`"
    raise Conflict(why, key=str(row.key), remedy="take it away there; nothing was changed")


def refuse_unheard(tree: Tree, above: Path, address: str, exported: Sequence[str], where: str) -> None:
    """See that a neighbour is told what is declared of its instance, by the policies that count for it.

    Raises:
        Conflict: others say by policies of their own what it is told.
    """
    if section(tree, policy(told_by(above))) is not None and told_by(above) not in exported:
        why = f"others say what {address} is told, by `{EXPORT} {' '.join(exported)}` in `{where}`"
        remedy = "say there what is to be told, and leave it out of the document, or take it away there"
        raise Conflict(why, key=address, remedy=remedy)
