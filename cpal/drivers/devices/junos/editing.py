"""Rows written into a Junos configuration. Pure.

Theory. Ops are done to a copy of the tree, and what they have emptied goes. A VLAN leaves its EVPN instance before that
goes. When a VLAN comes, goes or is renamed,
lists of ports that are cpal's follow (`reading` says how cpal names VLANs); of the lists of others only a name that
would lead nowhere is exchanged, for the new name or the number, so that every port stays in its VLANs. A unit of `irb`
is bound to the VLAN of its number when it gets its first address, or the VLAN comes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from cpal.core.rows import VALUE, Op, Row, RowKey, Value
from cpal.drivers.devices.junos import bgp, classifiers, evpn, filters, lags, ospf, pairs, services, tagged, trees
from cpal.drivers.devices.junos.evpn import EVPN
from cpal.drivers.devices.junos.filters import FILTERS
from cpal.drivers.devices.junos.reading import (
    DISABLED,
    INET,
    INET6,
    LOGICAL,
    is_port,
    own_path,
    rows_of,
    unit_path,
)
from cpal.drivers.devices.junos.render_leaf import MAC
from cpal.drivers.devices.junos.services import SERVICES
from cpal.drivers.devices.junos.text import quoted, value, values
from cpal.drivers.devices.junos.trees import TREES
from cpal.drivers.devices.junos.vlans import INTERFACES, SWITCHING, UNIT, Vlans, vlan_sections
from cpal.drivers.devices.parse.tree import Path, Tree, copied, drop, put, section
from cpal.drivers.devices.render_device import MEMBERS
from cpal.drivers.devices.render_switch import (
    ACCESS_VLAN,
    ADDRESS,
    DESCRIPTION,
    ENABLED,
    INTERFACE,
    MODE,
    MTU,
    NATIVE_VLAN,
    TRUNK_VLANS,
    VLAN,
    VLAN_NAME,
    device_of,
    parts_of,
)
from cpal.errors import Conflict
from cpal.model.switch import ROUTED


def edited(tree: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> Tree:
    """The tree once the ops are done, all of one device; `ours` are the rows that were cpal's before.

    Raises:
        Conflict: what others configured is in the way.
    """
    if not ops:
        return tree
    device = device_of(ops[0].key)
    mine = frozenset(key for key in ours if device_of(key) == device)
    held = rows_of(tree, device)
    told = {
        parts_of(op.key)[0]
        for op in ops
        if op.key.table == TRUNK_VLANS and (op.after is None or not _says(held.get(op.key), op.after))
    }
    trunks = {parts_of(key)[0] for key in mine if key.table == TRUNK_VLANS}
    work = _edited(tagged.joined(tree, told | tagged.of_cpal(tree, trunks)), ops, mine)
    tagged.split(work, told | trunks)
    tagged.bind(work, tree, trunks)
    sized = {parts_of(key)[0] for key in mine if key.table == MTU} | {
        parts_of(op.key)[0] for op in ops if op.key.table == MTU
    }
    tagged.keep_mtus(work, tree, (told | trunks) - sized)
    return work


def _edited(tree: Tree, ops: Sequence[Op], mine: frozenset[RowKey]) -> Tree:
    """The same, where each of cpal's trunks is one unit."""
    work = _Edit(tree, mine)
    evpn.refuse_other_source(tree, ops, mine)
    gone = [op.row for op in ops if op.after is None]
    for row in (row for row in gone if row.key.table in EVPN):
        work.erase(row)
    for row in (row for row in reversed(gone) if row.key.table not in EVPN | _WHOLE):
        work.erase(row)
    bgp.edit(work.tree, tree, ops, mine)
    held = every_row(tree, device_of(ops[0].key))
    for op in ops:
        if op.after is not None and op.key.table not in _WHOLE and not _says(held.get(op.key), op.after):
            work.write(op.after)
    work.name_vlans()
    work.list_vlans()
    work.clean()
    work.bind()
    lags.settle(work.tree, tree, ops, mine)
    classifiers.edit(work.tree, tree, ops, mine)
    pairs.edit(work.tree, tree, ops, mine)
    bgp.refuse_left(work.tree, ops, mine)
    return work.tree


_WHOLE = bgp.TABLES | classifiers.TABLES | pairs.PAIRS
"""The tables whose ops are done all together."""


def every_row(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of a device."""
    of_others = (services, evpn, lags, pairs, filters, classifiers, ospf, bgp, trees)
    parts = (rows_of, *(each.rows_of for each in of_others))
    return {key: row for of in parts for key, row in of(tree, device).items()}


def _says(held: Row | None, wanted: Row) -> bool:
    """Whether a setting is as wanted, however it is written; that an interface is there is to be known all the same."""
    return held is not None and held.columns == wanted.columns and wanted.key.table != INTERFACE


class _Edit:
    """A tree as ops are done to it."""

    def __init__(self, tree: Tree, ours: frozenset[RowKey]) -> None:
        self.before, self.tree = tree, copied(tree)
        self.known = Vlans(tree)
        self._places = dict(self.known.paths)
        """Where each VLAN stands."""
        self._names: dict[int, str] = {}
        self._lists: dict[str, str] = {}
        """The VLANs of ports that ops say, as rows say them."""
        self._modes: dict[str, str] = {}
        """The modes of ports that ops say; "" where they take it away."""
        self._touched: dict[str, RowKey] = {}
        """The interfaces that ops name, each with one of the rows."""
        self._kept = {parts_of(key)[0] for key in ours if key.table == INTERFACE}
        self._listed = {parts_of(key)[0] for key in ours if key.table in (ACCESS_VLAN, TRUNK_VLANS)}
        """The ports whose lists are cpal's."""

    def erase(self, row: Row) -> None:
        """Have it say nothing of a row."""
        table = row.key.table
        if table in _ERASE:
            _ERASE[table](self.tree, self.before, row)
            return
        if table in EVPN:
            evpn.erase(self.tree, self.before, row, self._places)
            return
        name = parts_of(row.key)[0]
        if table == VLAN and int(name) in self._places:
            drop(self.tree, self._places.pop(int(name)))
        if table in (VLAN, VLAN_NAME):
            return
        self._touched[name] = row.key
        if table == MEMBERS:
            lags.erase(self.tree, row)
        elif table == INTERFACE:
            drop(self.tree, own_path(name))
            self._kept.discard(name)
        elif table == ADDRESS:
            drop(self.tree, address_path(name, parts_of(row.key)[1]))
        elif table == MODE:
            self._modes[name] = ""
        self._drop_value(*_place(table, name))

    def write(self, row: Row) -> None:
        """Have it say what a row says."""
        table = row.key.table
        if table in _WRITE:
            _WRITE[table](self.tree, row)
            return
        if table in EVPN:
            evpn.write(self.tree, row, self._places)
            return
        parts, said = parts_of(row.key), row.columns.get(VALUE)
        name = parts[0]
        if table == VLAN and int(name) not in self._places:
            self._names.setdefault(int(name), f"vlan{name}")
            self._places[int(name)] = ("vlans", f"{_NEW}{name}")
            put(self.tree, (*self._places[int(name)], f"vlan-id {name}"))
        if table == VLAN_NAME:
            self._names[int(name)] = str(said)
        if table in (VLAN, VLAN_NAME):
            return
        self._touched[name] = row.key
        path, word = _place(table, name)
        if table == MEMBERS:
            lags.write(self.tree, row)
        elif table == INTERFACE:
            self._kept.add(name)
            put(self.tree, path)
        elif table == ADDRESS:
            put(self.tree, address_path(name, parts[1]))
        elif table == TRUNK_VLANS or (table == ACCESS_VLAN and said != 1):
            self._lists[name] = str(said)
        else:
            self._drop_value(path, word)
            self._put_value(path, word, name, said)

    def _put_value(self, path: Path, word: str, name: str, said: Value | None) -> None:
        if word == DISABLED:
            if said is False:
                put(self.tree, (*path, word))
        elif word == _MODE:
            self._modes[name] = str(said)
            put(self.tree, (*unit_path(name), INET) if said == ROUTED else (*path, f"{word} {said}"))
        elif word != _MEMBERS:
            is_packet = word != _MTU or path[-1] == INET
            written = said if is_packet else int(str(said)) + tagged.overhead(section(self.tree, path) or {})
            put(self.tree, (*path, f"{word} {quoted(str(written))}"))

    def _drop_value(self, path: Path, word: str) -> None:
        for line in list(section(self.tree, path) or {}) if word else ():
            if line == word or line.startswith(f"{word} "):
                drop(self.tree, (*path, line))

    def name_vlans(self) -> None:
        """Give VLANs the names that ops say, all at once.

        Raises:
            Conflict: another VLAN of the device has that name.
        """
        found = Vlans(self.tree)
        names = {found.paths[number]: name for number, name in self._names.items() if number in found.paths}
        for above in dict.fromkeys(path[:-1] for path in names):
            below = section(self.tree, above) or {}
            held = list(below.items())
            below.clear()
            for old, content in held:
                name = names.get((*above, old), old)
                if name in below:
                    raise Conflict("the device has another VLAN of that name", key=f"VLAN {name}",
                                   remedy="give one of them another name")  # fmt: skip
                below[name] = content

    def list_vlans(self) -> None:
        """Have the lists of ports name their VLANs as these are called now."""
        now = Vlans(self.tree)
        for path, members in _lists(self.tree):
            is_own = path[2] == UNIT
            if is_own and path[1] in self._lists:
                continue
            said, is_ours = self.known.said(members), is_own and path[1] in self._listed
            if is_ours and members == self.known.written(said):
                new = now.written(said)
            else:
                new = [self._followed(member, now, is_ours) for member in members]
            if new != members:
                self._write_list(path, new)
        for name, said in self._lists.items():
            self._write_list((*unit_path(name), SWITCHING, "vlan"), now.written(said))

    def _followed(self, member: str, now: Vlans, is_ours: bool) -> str:
        """A member, or how its VLAN is called now: where its name leads nowhere or elsewhere, or, in ours, is new."""
        number = self.known.number(member)
        if number is None or (now.number(member) == number and not member.isdecimal()):
            return member
        is_new = number in now.names and number not in self.known.names
        return now.member(number) if not member.isdecimal() or (is_ours and is_new) else member

    def _write_list(self, path: Path, members: Sequence[str]) -> None:
        self._drop_value(path, _MEMBERS)
        for member in members:
            put(self.tree, (*path, f"{_MEMBERS} {quoted(member)}"))

    def clean(self) -> None:
        """Take away the sections that ops have emptied.

        Raises:
            Conflict: others have configured a unit otherwise, or deactivated what is to be.
        """
        for name, key in self._touched.items():
            for path in self._emptied(name):
                drop(self.tree, path)
            self._refuse_mixed(name, key)
        for above in (*vlan_sections(self.before), (INTERFACES,)):
            if section(self.tree, above) == {}:
                drop(self.tree, above)

    def bind(self) -> None:
        """Have VLANs know the unit of `irb` that routes for them."""
        now = Vlans(self.tree)
        for name in self._kept | self._touched.keys():
            number = int(name.partition(".")[2]) if name.startswith("irb.") else 0
            if number not in now.paths:
                continue
            was, line = number in self.known.paths and _is_routed(self.before, name), f"l3-interface {name}"
            vlan = put(self.tree, now.paths[number])
            if was and not _is_routed(self.tree, name):
                vlan.pop(line, None)
            elif not was and _is_routed(self.tree, name) and value(vlan, "l3-interface") is None:
                vlan[line] = {}

    def _emptied(self, name: str) -> Iterator[Path]:
        """The sections of an interface that have nothing in them any more, the innermost first."""
        unit, own = unit_path(name), own_path(name)
        old, mode = section(self.before, unit) or {}, self._modes.get(name)
        if mode is None:
            mode = "switched" if SWITCHING in old else ROUTED if INET in old and is_port(name) else ""
        stay = {(*unit, INET)} if mode == ROUTED else {(*unit, SWITCHING)} if mode else set[Path]()
        if name in self._kept:
            stay.add(own)
        ours = {(*unit, INET), (*unit, SWITCHING)} if name in self._modes else set[Path]()
        for path in (
            filters.asked_at(name),
            (*unit, SWITCHING, "vlan"),
            (*unit, SWITCHING),
            (*unit, INET),
            (*unit, INET6),
            unit,
            own,
            own[:2],
        ):
            held = section(self.tree, path) == {} and (path in ours or section(self.before, path) != {})
            if held and path not in stay:
                yield path

    def _refuse_mixed(self, name: str, key: RowKey) -> None:
        where = f"{device_of(key)} {name}"
        families = section(self.tree, unit_path(name)) or {}
        if SWITCHING in families and (INET in families or INET6 in families):
            left = next(iter(families[SWITCHING]), SWITCHING)
            raise Conflict(f"a unit is either switched or routed, and others configured {left!r} there", key=where,
                           remedy="take it away there first")  # fmt: skip
        own = own_path(name)
        for above, last in ((own[:1], own[1]), (unit_path(name)[:2], unit_path(name)[2])):
            if f"inactive: {last}" in (section(self.tree, above) or {}):
                raise Conflict("others have deactivated it there", key=where, remedy="activate it first")


_ERASE: Mapping[str, Callable[[Tree, Tree, Row], None]] = {
    **dict.fromkeys(SERVICES, services.erase),
    **dict.fromkeys(FILTERS, filters.erase),
    **dict.fromkeys(ospf.TABLES, ospf.erase),
    **dict.fromkeys(TREES, trees.erase),
}
_WRITE: Mapping[str, Callable[[Tree, Row], None]] = {
    **dict.fromkeys(SERVICES, services.write),
    **dict.fromkeys(FILTERS, filters.write),
    **dict.fromkeys(ospf.TABLES, ospf.write),
    **dict.fromkeys(TREES, trees.write),
}
"""How a row is written, and taken away, of those that stand beside VLANs and interfaces."""


def _is_routed(tree: Tree, name: str) -> bool:
    """Whether an interface has a family with addresses."""
    unit = section(tree, unit_path(name)) or {}
    return INET in unit or INET6 in unit


_NEW = "\0"
"""What a VLAN is called before it gets its name, with its number."""


def _place(table: str, name: str) -> tuple[Path, str]:
    """The section of a setting, and the word that its line begins with, or nothing where it has none."""
    if table == MTU and LOGICAL.fullmatch(name):
        return (*own_path(name), INET), _MTU
    if table == MODE:
        return (*unit_path(name), SWITCHING), _MODE
    if table in filters.WORDS:
        return filters.asked_at(name), filters.WORDS[table]
    if table in (ACCESS_VLAN, TRUNK_VLANS):
        return (*unit_path(name), SWITCHING, "vlan"), _MEMBERS
    return own_path(name), _WORDS.get(table, "")


_MODE, _MEMBERS, _MTU = "interface-mode", "members", "mtu"
_WORDS = {DESCRIPTION: "description", MAC: "mac", ENABLED: DISABLED, MTU: _MTU, NATIVE_VLAN: "native-vlan-id"}


def _lists(tree: Tree) -> list[tuple[Path, list[str]]]:
    """The section of each port's list of VLANs, and the list."""
    return [
        ((INTERFACES, physical, line, SWITCHING, "vlan"), members)
        for physical, below in tree.get(INTERFACES, {}).items()
        for line, unit in below.items()
        if (members := values(unit.get(SWITCHING, {}).get("vlan", {}), _MEMBERS))
    ]


def address_path(name: str, address: str) -> Path:
    """Where an address of an interface stands."""
    return (*unit_path(name), INET6 if ":" in address else INET, f"address {address}")
