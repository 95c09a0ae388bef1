"""A make of switches whose configuration is lines: its writing, and what it lacks for what is declared. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cpal.core.driver import NO_ROWS
from cpal.core.driver import Rules as DriverRules
from cpal.core.rows import VALUE, Action, Op, Row, RowKey, is_same
from cpal.drivers.devices.built_in import refuse_lacking_ports
from cpal.drivers.devices.commands import Rules, commands
from cpal.drivers.devices.fabric_said import FabricWords
from cpal.drivers.devices.parse.tree import Dialect, Path, Tree, copied, lines_of, parsed, section
from cpal.drivers.devices.render_bgp import SOURCE, in_vrf, vrf_of
from cpal.drivers.devices.render_device import VRF
from cpal.drivers.devices.render_switch import EDGE_PORT, EDGE_TRUNK, INTERFACE_VRF, device_of, parts_of
from cpal.drivers.devices.settings import Setting, rows_of
from cpal.drivers.devices.words import Words
from cpal.errors import Conflict, Rejected


class Lacking(NamedTuple):
    """Why a VRF is none for protocols, and the way out."""

    why: str
    remedy: str


def lacking_section(section: str) -> Callable[[Tree, str], Lacking | None]:
    """What is lacking of a VRF where a configuration has not the section that makes it; `{}` is its name."""

    def lacking(tree: Tree, vrf: str) -> Lacking | None:
        is_there = section.format(vrf) in tree
        return None if is_there else Lacking(f"the switch has no VRF {vrf!r}", "declare it, or configure it there")

    return lacking


@dataclass(frozen=True)
class Make:
    """A make whose configuration is lines: its writing, its rules for commands, its settings.

    `implied` are rows that hold without a line. `needs` are lines of which one must be there already for those that
    begin as a pattern says, `/` between how sections begin and a line in them: they are others'. `hollow` are sections
    that are there only by what is in them. `lacks_vrf` says what a configuration lacks of a VRF for protocols in it. A
    device has what is in the tables `held_once` as it is said plainly, or with more words behind that, but not twice.
    """

    rules: DriverRules
    dialect: Dialect
    commands: Rules
    settings: Mapping[str, Setting]
    words: Words
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hollow: tuple[str, ...] = ()
    implied: Callable[[Tree, str], Iterable[Row]] = lambda tree, device: ()
    fabric: FabricWords | None = None
    lacks_vrf: Callable[[Tree, str], Lacking | None] = lambda tree, vrf: None
    held_once: Collection[str] = ()

    @property
    def lag(self) -> str:
        """How the interface of a LAG is called, before its number."""
        return self.words.lag

    @property
    def tells_trunks(self) -> bool:
        """Whether an edge port that is a trunk is written as one."""
        return EDGE_TRUNK in self.settings[EDGE_PORT].choices

    def tree(self, text: str) -> Tree:
        """The tree of a configuration."""
        return parsed(text, self.dialect)

    def rows(self, tree: Tree, device: str) -> dict[RowKey, Row]:
        """Every row that a configuration says of a device."""
        implied = {row.key: row for row in self.implied(tree, device)}
        return implied | rows_of(tree, device, list(self.settings.values()))

    def is_default(self, row: Row) -> bool:
        """Whether a setting is what it is without being configured."""
        return self.settings[row.key.table].is_absent(row)

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Mapping[RowKey, Row] = NO_ROWS) -> Tree:
        """The tree once the ops are done.

        Raises:
            Rejected: the device lacks what a line needs. Conflict: others configured something else.
        """
        refuse_lacking_ports(self.words, tree, ops)
        wanted = copied(tree)
        for op in ops:
            self._refuse_other(tree, op)
            if op.after is None:
                self.settings[op.key.table].erase(wanted, op.row)
        for op in ops:
            if op.after is not None and not (op.action is Action.ADOPT and is_same(op.before, op.after)):
                self.settings[op.key.table].write(wanted, op.after)
                if op.key.table in self.held_once and op.key not in ours:
                    self._refuse_saying_less(tree, op)
                self._refuse_lacking(tree, wanted, op)
        self._refuse_without_vrf(tree, wanted, ops)
        self._refuse_without_source(tree, wanted, ops)
        self._refuse_left_in_vrf(wanted, ops)
        for line in self.hollow:
            if not wanted.get(line) and tree.get(line):
                wanted.pop(line, None)
        return wanted

    def is_shared(self, key: RowKey) -> bool:
        """Whether a setting need not be cpal's to be wanted as well."""
        return self.settings[key.table].shared is not None

    def _refuse_other(self, tree: Tree, op: Op) -> None:
        """Raise Conflict where what others use as well is to be something else than they have."""
        if op.after is None or op.action not in (Action.CREATE, Action.ADOPT) or not self.is_shared(op.key):
            return
        if line := self.settings[op.key.table].other(tree, op.after):
            why = f"others configured `{line}` there, with what is in it"
            raise Conflict(why, key=str(op.key), remedy="declare that, or take it away there; nothing was changed")

    def _refuse_saying_less(self, tree: Tree, op: Op) -> None:
        """Raise Conflict where others say more of what the device has once: a plain line would take that away."""
        alone: Tree = {}
        self.settings[op.key.table].write(alone, op.row)
        for *above, plain in lines_of(alone):
            held = next((line for line in section(tree, (*above,)) or {} if line.startswith(f"{plain} ")), "")
            if held:
                remedy = "take it away there, or leave it out; nothing was changed"
                raise Conflict(f"others configured `{self.shown(held)}` there", key=str(op.key), remedy=remedy)

    def shown(self, line: str) -> str:
        """A line of a tree as the device has it."""
        return line

    def _refuse_lacking(self, before: Tree, wanted: Tree, op: Op) -> None:
        """Raise Rejected where a section that an op makes needs a line that the device does not have."""
        for start, needed in self.needs.items():
            if not any(line in before for line in needed) and _begin(wanted, start) - _begin(before, start):
                said = " or ".join(f"`{line}`" for line in needed)
                why = f"it needs {said}, which is not configured there"
                raise Rejected(why, key=str(op.key), remedy=f"configure {said}; nothing was changed")

    def _refuse_without_vrf(self, before: Tree, wanted: Tree, ops: Sequence[Op]) -> None:
        """Raise Rejected where a protocol is to be in a VRF that there is not, and was not in it before."""
        for op in (op for op in ops if op.after is not None):
            lacking = self.lacks_vrf(wanted, vrf) if (vrf := vrf_of(op.key)) else None
            held = self.rows(before, device_of(op.key)) if lacking is not None else {}
            if lacking is not None and not is_same(held.get(op.key), op.after):
                raise Rejected(lacking.why, key=device_of(op.key), remedy=lacking.remedy)

    def _refuse_without_source(self, before: Tree, wanted: Tree, ops: Sequence[Op]) -> None:
        """Raise Rejected where a session is to begin at an interface that there is not, and did not before."""
        for op in (op for op in ops if op.after is not None and op.key.table in (SOURCE, in_vrf(SOURCE))):
            device, interface = device_of(op.key), op.row.columns[VALUE]
            if self.has_interface(wanted, str(interface)) or is_same(self.rows(before, device).get(op.key), op.after):
                continue
            why = f"the switch has no interface {interface!r}, at which the session with {parts_of(op.key)[-1]} begins"
            raise Rejected(why, key=device, remedy=f"declare {device}/{interface}, or configure it there")

    def has_interface(self, tree: Tree, name: str) -> bool:
        """Whether a device has an interface of that name."""
        return f"interface {name}" in tree

    def _refuse_left_in_vrf(self, wanted: Tree, ops: Sequence[Op]) -> None:
        """Raise Rejected where an interface is to stay in a VRF that goes: the device would take its addresses away."""
        gone = {parts_of(op.key)[0] for op in ops if op.after is None and op.key.table == VRF}
        for key, row in self.rows(wanted, device_of(ops[0].key)).items() if gone else ():
            if key.table == INTERFACE_VRF and row.columns[VALUE] in gone:
                port, vrf = parts_of(key)[0], row.columns[VALUE]
                why = f"others put {port} into VRF {vrf!r}, which is to go"
                raise Rejected(why, key=device_of(key), remedy=f"take {port} out of it there; nothing was changed")

    def lines(self, before: Tree, after: Tree) -> list[str]:
        """What is typed to make one tree into the other."""
        return commands(before, after, self.commands)

    def is_ordered(self, line: str) -> bool:
        """None is: entries of lists have numbers."""
        return False


def _begin(tree: Tree, start: str) -> set[Path]:
    """The lines that begin as a pattern says, which may stand behind how the line of their section begins."""
    *above, last = start.split(" / ")
    within: dict[Path, Tree] = {(): tree}
    for begin in above:
        within = {(*path, line): below for path, inside in within.items() for line, below in inside.items()
                  if line.startswith(begin)}  # fmt: skip
    return {(*path, line) for path, below in within.items() for line in below if re.match(last, line)}


def refuse_left_without_vrf(ops: Sequence[Op], ours: Collection[RowKey]) -> None:
    """Raise Rejected where a protocol is to stay in a VRF that goes; `ours` are the rows that are cpal's before."""
    gone = {op.key for op in ops if op.after is None}
    for key in (key for key in gone if key.table == VRF):
        device, (vrf,) = device_of(key), parts_of(key)
        if any(vrf_of(each) == vrf and device_of(each) == device and each not in gone for each in ours):
            why = f"a protocol is declared in VRF {vrf!r}, which is to go"
            raise Rejected(why, key=device, remedy="take both out of the documents, or none")
