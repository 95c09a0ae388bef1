"""What a Junos configuration says of BGP, as rows, and how that is written. Pure.

The AS is the device's own, in `routing-options`, with the router ID of all protocols. A neighbour stands in a group;
what it does not say itself, its group says, and then `protocols bgp`. So a row tells what holds for a neighbour, and is
written at the neighbour itself: in the group of others where it is there already, else in one of two of cpal's, of
neighbours in the device's AS and in others. Families said at a neighbour are instead of its group's, so that all are
written of one that is to have others. Where there are none, it is spoken of that of its address.
What is told besides is said by policies (`bgp_policies`).

A session's end is an address of the device, and a reflector's cluster has the router ID as its ID.

Source: Junos OS BGP User Guide; CLI Reference, "group (Protocols BGP)", "neighbor (Protocols BGP)", "type (Protocols
BGP)", "peer-as", "local-address", "multihop", "cluster", "family (Protocols BGP)", "autonomous-system".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from cpal.core.rows import VALUE, Op, Row, RowKey, Value
from cpal.drivers.devices.junos import bgp_policies as policies
from cpal.drivers.devices.junos import export_policies
from cpal.drivers.devices.junos.services import vrfs
from cpal.drivers.devices.junos.text import quoted, value, values
from cpal.drivers.devices.junos.vlans import INSTANCES
from cpal.drivers.devices.parse.tree import Path, Tree, copied, drop, put, section
from cpal.drivers.devices.render_bgp import (
    BGP,
    CLIENTS,
    COMMUNITIES,
    DESCRIPTION,
    MULTIHOP,
    NEIGHBORS,
    PATHS,
    SELF,
    SOURCE,
    in_vrf,
    of,
)
from cpal.drivers.devices.render_switch import device_of, key_of, parts_of
from cpal.drivers.devices.settings import asn
from cpal.errors import Conflict, Rejected
from cpal.model.bgp import EVPN
from cpal.model.of_device import ADDRESS_FAMILIES, IPV4, IPV6

_FAMILIES = {IPV4: ("family inet", "unicast"), IPV6: ("family inet6", "unicast"), EVPN: ("family evpn", "signaling")}
_OF_FAMILY = {of(family, NEIGHBORS): family for family in _FAMILIES}
_SAID = of(EVPN, COMMUNITIES)
"""What holds of itself of neighbours that are spoken to of EVPN."""
_WORDS = {NEIGHBORS: "peer-as", DESCRIPTION: "description", SOURCE: "local-address", CLIENTS: "cluster"}
_OWN_HOP = {of(family, SELF): family for family in ADDRESS_FAMILIES}
_OF_VRFS = {in_vrf(table): table for table in (*_WORDS, MULTIHOP, *_OF_FAMILY, *_OWN_HOP, *policies.TABLES)}
TABLES = frozenset({BGP, *_OF_VRFS.values(), *_OF_VRFS})
"""The tables that are read and written here."""
_PROTOCOL, _OPTIONS = ("protocols", "bgp"), ("routing-options",)
_AS, _ROUTER_ID, _HOPS, _TTL = "autonomous-system", "router-id", "multihop", "ttl"
_NO_TTL = 64
"""Hops to a neighbour where only that there are some is said."""
_INTERNAL, _EXTERNAL = "group cpal-internal", "group cpal-external"
_GROUPS = {_INTERNAL: "internal", _EXTERNAL: "external"}
"""The groups of cpal's, with their types."""


def is_default(row: Row) -> bool:
    """Whether a setting is what it is without being configured."""
    return row.key.table == _SAID


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of BGP of a device."""
    found = [row for vrf, instance in (("", tree), *vrfs(tree)) for row in _of_instance(tree, instance, device, vrf)]
    if (own := _own_as(tree)) is not None:
        found.append(Row(key_of(BGP, device), {VALUE: own}))
    return {row.key: row for row in found}


def _own_as(tree: Tree) -> Value | None:
    said = value(section(tree, _OPTIONS) or {}, _AS)
    return None if said is None else asn(said.partition(" ")[0])


class _Neighbor(NamedTuple):
    """A neighbour: where it stands, and the sections that say something of it, the innermost first."""

    path: Path
    levels: tuple[Tree, ...]

    @property
    def address(self) -> str:
        """Its address, or what else it is called by."""
        return self.path[-1].removeprefix("neighbor ")

    def said(self, word: str) -> str | None:
        """What is said of it."""
        return next((said for each in self.levels if (said := value(each, word)) is not None), None)

    def exported(self) -> list[str]:
        """The policies that say what it is told."""
        return next(filter(None, (values(each, "export") for each in self.levels)), [])

    def hops(self) -> list[str]:
        """The families of which the device is the next hop of what it is told."""
        is_self, families = policies.is_next_hop(self.exported()), self.families()
        return [each for each in ADDRESS_FAMILIES if is_self and _FAMILIES[each][0] in families]

    def families(self) -> Tree:
        """The sections of the families that it is spoken to of."""
        every = ({line: below for line, below in each.items() if line.startswith("family ")} for each in self.levels)
        line, kind = _FAMILIES[IPV6 if ":" in self.address else IPV4]
        return next(filter(None, every), {line: {kind: {}}})


def _neighbors(instance: Tree) -> Iterator[_Neighbor]:
    protocol = section(instance, _PROTOCOL) or {}
    for group, below in protocol.items():
        for line, own in below.items() if group.startswith("group ") else ():
            if line.startswith("neighbor "):
                yield _Neighbor((*_PROTOCOL, group, line), (own, below, protocol))


def _of_instance(tree: Tree, instance: Tree, device: str, vrf: str) -> Iterator[Row]:
    found = [(table, (each.address,), said) for each in _neighbors(instance) for table, said in
             _settings(tree, instance, each)]  # fmt: skip
    above = (INSTANCES, vrf) if vrf else ()
    for table, about, said in (*found, *policies.settings(tree, above)):
        yield Row(key_of(in_vrf(table) if vrf else table, device, *above[1:], *about), {VALUE: said})


def _settings(tree: Tree, instance: Tree, neighbor: _Neighbor) -> Iterator[tuple[str, Value]]:
    peer, is_internal = neighbor.said(_WORDS[NEIGHBORS]), neighbor.said("type") == "internal"
    remote = asn(peer) if peer is not None else _own_as(tree) if is_internal else None
    if remote is None:
        return
    yield NEIGHBORS, remote
    for table in (DESCRIPTION, SOURCE):
        if (said := neighbor.said(_WORDS[table])) is not None:
            yield table, said
    router_id = next((said for each in (instance, tree) if (said := _router_id(each)) is not None), None)
    if (cluster := neighbor.said(_WORDS[CLIENTS])) is not None and cluster == router_id:
        yield CLIENTS, cluster
    hops = next((each[_HOPS] for each in neighbor.levels if _HOPS in each), None)
    if hops is not None:
        yield MULTIHOP, int(value(hops, _TTL) or _NO_TTL)
    families = neighbor.families()
    for table, family in _OF_FAMILY.items():
        line, kind = _FAMILIES[family]
        if kind in families.get(line, {}):
            yield table, neighbor.address
            if family == EVPN:
                yield _SAID, neighbor.address
    for family in neighbor.hops():
        yield of(family, SELF), neighbor.address


def _router_id(instance: Tree) -> str | None:
    return value(section(instance, _OPTIONS) or {}, _ROUTER_ID)


# ------------------------------------------------------------------------------------------------------------ writing


def edit(tree: Tree, before: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> None:
    """Have a tree say what ops say of BGP, with no section that is empty now and was not `before`.

    Raises:
        Conflict: others have the device in another AS, or a neighbour without one.
    """
    mine = sorted((op for op in ops if op.key.table in TABLES - {BGP}), key=lambda op: _table(op.key) != NEIGHBORS)
    of_as = next((op for op in ops if op.key.table == BGP), None)
    if of_as is not None and of_as.after is not None:
        _write_as(tree, of_as, ours)
    for op in mine:
        if op.after is None:
            _erase(tree, op.row)
    held = rows_of(tree, device_of(mine[0].key)) if mine else {}
    for op in mine:
        after = op.after
        if after is not None and (op.key not in held or held[op.key].columns != after.columns):
            _write(tree, after, held)
    places: dict[Path, None] = {(): None, **dict.fromkeys(_above(op.key) for op in mine)}
    for above in places:
        here = [op for op in mine if _above(op.key) == above]
        _speak(tree, before, above, here)
        _group(tree, above)
        policies.settle(tree, above, list(_hops(tree, before, above, here)))
    paths = [op for op in mine if _table(op.key) == PATHS]
    if paths:
        left = {*ours, *(op.key for op in paths)} - {op.key for op in paths if op.after is None}
        policies.balance(tree, is_wanted=any(_table(key) == PATHS for key in left))
    if of_as is not None and of_as.after is None and not any(map(_speaks, _instances(tree))):
        _drop_line(section(tree, _OPTIONS) or {}, _AS)
    for above in places:
        for path in (_PROTOCOL, _PROTOCOL[:1], policies.FORWARDING, _OPTIONS, export_policies.OPTIONS):
            if section(tree, (*above, *path)) == {} and section(before, (*above, *path)) != {}:
                drop(tree, (*above, *path))


def _hops(tree: Tree, before: Tree, above: Path, ops: Sequence[Op]) -> Iterator[tuple[Sequence[Tree], bool]]:
    """The sections of each neighbour, and whether ops leave it that the device is the next hop of what it is told."""
    known = {each.address: set(each.hops()) for each in _neighbors(section(before, above) or {})}
    for neighbor in _neighbors(section(tree, above) or {}):
        hops = known.get(neighbor.address, set())
        for op in ops:
            if _table(op.key) in _OWN_HOP and parts_of(op.key)[-1] == neighbor.address:
                said = {_OWN_HOP[_table(op.key)]}
                hops = hops | said if op.after is not None else hops - said
        yield neighbor.levels, bool(hops)


def _instances(tree: Tree) -> Iterator[Tree]:
    yield tree
    yield from tree.get(INSTANCES, {}).values()


def _speaks(instance: Tree) -> bool:
    """Whether an instance has sessions, for which the device is in an AS: with neighbours in one, or whoever comes."""
    groups = [below for line, below in (section(instance, _PROTOCOL) or {}).items() if line.startswith("group ")]
    return any(line.startswith(("allow ", "dynamic-neighbor ")) for below in groups for line in below) or any(
        each.said(_WORDS[NEIGHBORS]) is not None or each.said("type") == "internal" for each in _neighbors(instance)
    )


def _write_as(tree: Tree, op: Op, ours: Collection[RowKey]) -> None:
    """Have the device in an AS, with what is said behind it (`loops 2`)."""
    assert op.after is not None
    options = put(tree, _OPTIONS)
    wanted, held = op.after.columns[VALUE], _own_as(tree)
    if held not in (None, wanted) and op.key not in ours:
        raise Conflict(f"others configured `{_AS} {held}` there, with what is in it", key=str(op.key),
                       remedy="declare that, or take it away there; nothing was changed")  # fmt: skip
    if held != wanted:
        behind = (value(options, _AS) or "").partition(" ")[1:]
        _drop_line(options, _AS)
        options[f"{_AS} {wanted}{''.join(behind)}"] = {}


def _table(key: RowKey) -> str:
    return _OF_VRFS.get(key.table, key.table)


def _above(key: RowKey) -> Path:
    """The routing instance that a row is of; nothing for the device itself."""
    return (INSTANCES, parts_of(key)[0]) if key.table in _OF_VRFS else ()


def _found(tree: Tree, key: RowKey) -> _Neighbor | None:
    """The neighbour that a row is about, where it is there."""
    instance, address = section(tree, _above(key)) or {}, "".join(parts_of(key)[-1:])
    return next((each for each in _neighbors(instance) if each.address == address), None)


def _erase(tree: Tree, row: Row) -> None:
    neighbor, table = _found(tree, row.key), _table(row.key)
    if table in policies.TABLES:
        policies.erase(tree, _above(row.key), table, row)
    if neighbor is None or table in policies.TABLES:
        return
    if table == NEIGHBORS:
        drop(tree, (*_above(row.key), *neighbor.path))
    elif table == MULTIHOP:
        neighbor.levels[0].pop(_HOPS, None)
    elif table in _WORDS:
        _drop_line(neighbor.levels[0], _WORDS[table])


def _write(tree: Tree, row: Row, held: Collection[RowKey]) -> None:
    """Have a neighbour say what a row says, where it stands or in a group of cpal's."""
    neighbor, table, said = _found(tree, row.key), _table(row.key), row.columns[VALUE]
    if table in policies.TABLES:
        policies.write(tree, _above(row.key), table, row)
        return
    if table == NEIGHBORS and neighbor is not None and row.key not in held:
        why = f"others configured it in `{neighbor.path[-2]}`, in no AS"
        raise Conflict(why, key=str(row.key), remedy="say its peer-as there, or take it away; nothing was changed")
    path = (*_PROTOCOL, _EXTERNAL, f"neighbor {parts_of(row.key)[-1]}") if neighbor is None else neighbor.path
    own = put(tree, (*_above(row.key), *path))
    if table == MULTIHOP:
        hops = own.setdefault(_HOPS, {})
        _drop_line(hops, _TTL)
        hops[f"{_TTL} {said}"] = {}
    elif table in _WORDS:
        _drop_line(own, _WORDS[table])
        own[f"{_WORDS[table]} {quoted(str(said))}"] = {}


def _speak(tree: Tree, before: Tree, above: Path, ops: Sequence[Op]) -> None:
    """Have neighbours spoken to of the families that ops leave them: those are said of each, or none is."""
    known = {each.address: each for each in _neighbors(section(before, above) or {})}
    for neighbor in _neighbors(section(tree, above) or {}):
        of_it = [op for op in ops if parts_of(op.key)[-1:] == (neighbor.address,)]
        changed = {_OF_FAMILY[_table(op.key)]: op.after for op in of_it if _table(op.key) in _OF_FAMILY}
        held = known[neighbor.address].families() if neighbor.address in known else {}
        wanted = copied(held)
        for family, after in changed.items():
            line, kind = _FAMILIES[family]
            if after is not None:
                wanted.setdefault(line, {}).setdefault(kind, {})
            elif wanted.get(line, {}).pop(kind, None) is not None and not wanted[line]:
                del wanted[line]
        if changed and wanted != held:
            own = neighbor.levels[0]
            _drop_line(own, "family")
            own.update(wanted)


def _group(tree: Tree, above: Path) -> None:
    """Have each neighbour of cpal's groups in that of its AS, and no group without any."""
    instance = section(tree, above) or {}
    own = _own_as(tree)
    for neighbor in list(_neighbors(instance)):
        group, line = neighbor.path[-2:]
        right = _INTERNAL if asn(neighbor.said(_WORDS[NEIGHBORS]) or "") == own else _EXTERNAL
        if group in _GROUPS and group != right:
            drop(instance, neighbor.path)
            put(instance, (*_PROTOCOL, right))[line] = neighbor.levels[0]
    protocol = section(instance, _PROTOCOL) or {}
    for group, kind in _GROUPS.items():
        below = protocol.get(group)
        if below is not None and not below.keys() - {f"type {kind}"}:
            del protocol[group]
        elif below is not None and value(below, "type") is None:
            below[f"type {kind}"] = {}


def refuse_left(tree: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> None:
    """See that a tree says what ops say of BGP, and that neighbours of cpal's hear of it.

    Raises:
        Conflict: a group of others says something else, which a neighbour in it cannot unsay.
        Rejected: it belongs into a VRF that is not there.
    """
    mine = [op for op in ops if op.key.table in TABLES - {BGP}]
    held = rows_of(tree, device_of(mine[0].key)) if mine else {}
    there = {name for name, _ in vrfs(tree)}
    for op in mine:
        above, neighbor, found = _above(op.key), _found(tree, op.key), held.get(op.key)
        if above and op.after is not None and above[1] not in there:
            why = f"the switch has no VRF {above[1]!r}"
            raise Rejected(why, key=device_of(op.key), remedy="declare it, or configure it there")
        if neighbor is not None and (found and found.columns) != (op.after and op.after.columns):
            why = f"others say otherwise of all neighbours in `{neighbor.path[-2]}`"
            raise Conflict(why, key=str(op.key), remedy="take it away there, or move the neighbour")
        if _table(op.key) in policies.TABLES and op.after is not None:
            policies.refuse_left(above, _table(op.key), op.after, found)
    told = {_above(op.key) for op in mine if op.after is not None}
    for key in sorted({*ours, *(op.key for op in mine)}):
        neighbor = _found(tree, key) if _table(key) == NEIGHBORS and _above(key) in told else None
        if neighbor is not None and neighbor.families().keys() - {_FAMILIES[EVPN][0]}:
            policies.refuse_unheard(tree, _above(key), neighbor.address, neighbor.exported(), neighbor.path[-2])


def _drop_line(below: Tree, word: str) -> None:
    for line in [line for line in below if line.startswith(f"{word} ")]:
        del below[line]
